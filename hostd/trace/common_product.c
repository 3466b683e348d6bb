// common_product: see common_product.h.
#include "common_product.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "args.h" // args_is_id

static bool bad(const char *pattern, const char *why, struct lg_error *error) {
    return lg_fail(error, "bad_argument", "Write it like BOX-{yy}-{nnnn}.", "The pattern \"%.60s\" %s.",
                   pattern, why);
}

// What a pattern's words stand for.
static bool word(char *out, size_t room, const char *name, size_t length, const struct tm *tm) {
    if (length == 2 && memcmp(name, "yy", 2) == 0)
        snprintf(out, room, "%02d", tm->tm_year % 100);
    else if (length == 4 && memcmp(name, "yyyy", 4) == 0)
        snprintf(out, room, "%04d", tm->tm_year + 1900);
    else if (length == 2 && memcmp(name, "mm", 2) == 0)
        snprintf(out, room, "%02d", tm->tm_mon + 1);
    else
        return false;
    return true;
}

// The text before "-{n...}" with its words filled in, and how many digits the number has. `why` on failure.
static bool expand(const char *pattern, const struct tm *tm, char out[65], size_t *digits, const char **why) {
    const char *end = strrchr(pattern, '{');
    size_t used = 0;
    *digits = end ? strspn(end + 1, "n") : 0;
    *why = "does not end with a running number like -{nnnn}";
    if (!end || end < pattern + 2 || end[-1] != '-' || !*digits || *digits > PATTERN_DIGITS_MAX ||
        strcmp(end + 1 + *digits, "}") != 0)
        return false;
    for (const char *p = pattern; p < end - 1; p++) {
        char piece[16] = {*p};
        const char *close = *p == '{' ? strchr(p, '}') : NULL;
        *why = "holds something in { } that is none of yy, yyyy, mm";
        if (*p == '{' && (!close || !word(piece, sizeof piece, p + 1, (size_t)(close - p - 1), tm)))
            return false;
        *why = "makes numbers that are too long";
        if (used + strlen(piece) + 1 + *digits > ARGS_ID_MAX)
            return false;
        memcpy(out + used, piece, strlen(piece));
        used += strlen(piece);
        p = close ? close : p;
    }
    out[used] = '\0';
    *why = "holds a character that numbers don't have";
    return args_is_id(out, ARGS_ID_MAX);
}

bool pattern_check(const char *pattern, struct lg_error *error) {
    const struct tm tm = {.tm_year = 126};
    const char *why;
    char out[65];
    size_t digits;
    return expand(pattern, &tm, out, &digits, &why) || bad(pattern, why, error);
}

bool pattern_next(struct ledger *ledger, const char *pattern, const char *product, int64_t now_us,
                  char out[65], struct lg_error *error) {
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm tm;
    char own[ARGS_ID_MAX + 16], sequence[65], number[65];
    const char *why;
    size_t digits;
    gmtime_r(&seconds, &tm);
    snprintf(own, sizeof own, "%.40s-{nnnn}", product);
    if (!expand(pattern ? pattern : own, &tm, sequence, &digits, &why))
        return bad(pattern ? pattern : own, why, error);
    if (!ledger_next_number(ledger, sequence, number, sizeof number, error))
        return false;
    long long next = strtoll(strrchr(number, '-') + 1, NULL, 10);
    int length = snprintf(out, 65, "%s-%0*lld", sequence, (int)digits, next);
    return length < 65 || lg_fail(error, "bad_argument", "Give the product a shorter pattern.",
                                  "The serial number of %s would be too long.", product);
}
