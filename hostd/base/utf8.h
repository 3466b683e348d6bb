// utf8: texts as characters, where a byte at a time would not do.
#ifndef LOTGATE_UTF8_H
#define LOTGATE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct utf8_range {
    uint32_t first, last; // both belong to it
};

#define UTF8_IN(table, character) utf8_in(table, sizeof(table) / sizeof(table)[0], character)

// Decodes one character of `length` > 0 bytes. Returns its bytes, or 0 when they are no valid UTF-8 (overlong forms and
// surrogates are not).
size_t utf8_decode(const char *text, size_t length, uint32_t *character);
bool utf8_valid(const char *text, size_t length); // all of it is
bool utf8_in(const struct utf8_range *ranges, size_t count, uint32_t character);
// A character that acts instead of being seen: controls, and those that turn the direction of what follows.
bool utf8_acts(uint32_t character);
// Writes the first character of `length` > 0 bytes so that it does nothing: \x1b or \u202e for one that acts, \xff for a byte that is
// no UTF-8. Returns its bytes.
size_t utf8_write(FILE *out, const char *text, size_t length);

#endif
