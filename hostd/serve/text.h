// text: a growing buffer with a limit, for answers whose length is not known before they are written.
//
// Once the limit or the memory is passed the buffer is `failed`: later additions do nothing and text_take gives
// NULL, so that a writer checks once, at the end. One thread.
#ifndef LOTGATE_SERVE_TEXT_H
#define LOTGATE_SERVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data; // NUL-terminated when not NULL
    size_t length, room, limit;
    bool failed;
};

void text_init(struct text *text, size_t limit); // limit: most bytes it may hold
void text_free(struct text *text);               // frees the bytes; the struct is the caller's
void text_add(struct text *text, const void *bytes, size_t length);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Adds a string as XML character data (also right inside a quoted attribute); NULL adds nothing.
void text_xml(struct text *text, const char *string);
// Gives the bytes to the caller (free()) and leaves the buffer empty; NULL when it failed.
char *text_take(struct text *text, size_t *length);

#endif
