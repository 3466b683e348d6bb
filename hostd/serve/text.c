#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(struct text *text, size_t limit) {
    memset(text, 0, sizeof *text);
    text->limit = limit;
}

void text_free(struct text *text) {
    free(text->data);
    text->data = NULL;
    text->length = text->room = 0;
}

// Makes room for `more` bytes and the NUL; false marks the buffer as failed.
static bool text_grow(struct text *text, size_t more) {
    if (text->failed || more > text->limit - text->length) {
        text->failed = true;
        return false;
    }
    size_t need = text->length + more + 1;
    if (need <= text->room)
        return true;
    size_t room = text->room ? text->room : 256;
    while (room < need)
        room *= 2;
    char *data = realloc(text->data, room);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->room = room;
    return true;
}

void text_add(struct text *text, const void *bytes, size_t length) {
    if (!text_grow(text, length))
        return;
    if (length)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_puts(struct text *text, const char *string) {
    text_add(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...) {
    char small[512];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(small, sizeof small, format, list);
    va_end(list);
    if (length < 0) {
        text->failed = true;
    } else if ((size_t)length < sizeof small) {
        text_add(text, small, (size_t)length);
    } else if (text_grow(text, (size_t)length)) {
        va_start(list, format);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, list);
        va_end(list);
        text->length += (size_t)length;
    }
}

void text_xml(struct text *text, const char *string) {
    for (const char *p = string; p && *p; p++) {
        switch (*p) {
        case '&':
            text_puts(text, "&amp;");
            break;
        case '<':
            text_puts(text, "&lt;");
            break;
        case '>':
            text_puts(text, "&gt;");
            break;
        case '"':
            text_puts(text, "&quot;");
            break;
        default:
            if ((unsigned char)*p >= 0x20) // control characters are not allowed in XML
                text_add(text, p, 1);
        }
    }
}

char *text_take(struct text *text, size_t *length) {
    if (text->failed || !text_grow(text, 0)) {
        text_free(text);
        return NULL;
    }
    char *data = text->data;
    data[text->length] = '\0';
    *length = text->length;
    text_init(text, text->limit);
    return data;
}
