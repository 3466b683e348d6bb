// json_write: see json_write.h.
#include "json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert

void json_write(struct json_text *t, const char *bytes, size_t length) {
    if (t->length + length + 1 > t->room) {
        t->room = (t->length + length + 1) * 2;
        t->bytes = realloc(t->bytes, t->room);
        lg_assert(t->bytes != NULL);
    }
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
    t->bytes[t->length] = '\0';
}

static void write_escape(struct json_text *t, unsigned char c) {
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; // pairs: the byte, its escape letter
    char buffer[8];
    for (const char *l = letters; *l != '\0'; l += 2)
        if ((unsigned char)*l == c) {
            json_write(t, (char[]){'\\', l[1]}, 2);
            return;
        }
    json_write(t, buffer, (size_t)snprintf(buffer, sizeof buffer, "\\u%04x", c));
}

void json_write_string(struct json_text *t, const char *s) {
    json_write(t, "\"", 1);
    for (;; s++) {
        size_t plain = 0;
        while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
            plain++;
        json_write(t, s, plain);
        s += plain;
        if (*s == '\0')
            break;
        write_escape(t, (unsigned char)*s);
    }
    json_write(t, "\"", 1);
}

void json_write_integer(struct json_text *t, int64_t value) {
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *--at = '-';
    json_write(t, at, (size_t)(digits + sizeof digits - at));
}
