// cli_suggest: edit distance. See cli_suggest.h.
#include "cli_suggest.h"

#include <ctype.h>
#include <string.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static int same(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t cli_edit_distance(const char *a, const char *b) {
    size_t la = strlen(a), lb = strlen(b);
    if (la >= CLI_WORD_MAX || lb >= CLI_WORD_MAX)
        return CLI_WORD_MAX;
    // Three rows of the usual table: the swap of neighbours looks two rows back.
    size_t rows[3][CLI_WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= lb; j++)
        last[j] = j;
    for (size_t i = 1; i <= la; i++) {
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t replace = last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            now[j] = least(replace, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *old = before;
        before = last;
        last = now;
        now = old;
    }
    return last[lb];
}

void cli_suggest(struct cli_suggestion *best, const char *typed, const char *word) {
    size_t distance = cli_edit_distance(typed, word);
    size_t allowed = strlen(word) < 6 ? 1 + strlen(word) / 4 : strlen(word) / 3;
    if (distance > allowed)
        return;
    if (best->word == NULL || distance < best->distance) {
        best->word = word;
        best->distance = distance;
    }
}
