// json_write: a text that grows, and how strings and whole numbers stand in JSON. For the printers (json_print.c, the ledger's
// canonical.c), so that both write them alike. Allocates; runs out of memory by an assertion.
#ifndef LOTGATE_BASE_JSON_WRITE_H
#define LOTGATE_BASE_JSON_WRITE_H

#include <stddef.h>
#include <stdint.h>

struct json_text { // begins as {0}; always NUL-terminated once something was added
    char *bytes;   // free() is the owner's
    size_t length, room;
};

void json_write(struct json_text *t, const char *bytes, size_t length);
// In quotes: `"`, `\` and control bytes escaped, everything else as it is.
void json_write_string(struct json_text *t, const char *s);
void json_write_integer(struct json_text *t, int64_t value);

#endif
