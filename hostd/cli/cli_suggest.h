// cli_suggest: "did you mean ...?": the nearest of the words that would have been right.
#ifndef LOTGATE_CLI_SUGGEST_H
#define LOTGATE_CLI_SUGGEST_H

#include <stddef.h>

#define CLI_WORD_MAX 64 // longer words get no suggestion

// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other, ignoring case.
// CLI_WORD_MAX when one of them is too long.
size_t cli_edit_distance(const char *a, const char *b);

// Remembers in *best the nearest word so far to `typed`; start with {NULL, 0}. A word counts as near when at most
// a third of it, and at least one letter, differs.
struct cli_suggestion {
    const char *word;
    size_t distance;
};
void cli_suggest(struct cli_suggestion *best, const char *typed, const char *word);

#endif
