#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Cuts a text that filled its field at the last whole UTF-8 character.
static void cut_at_character(char *text, size_t room) {
    size_t n = strlen(text);
    if (n + 1 < room)
        return;
    size_t start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
        text[start - 1] = '\0';
}

bool lg_fail(struct lg_error *error, const char *code, const char *what_to_do, const char *format, ...) {
    if (error == NULL)
        return false;
    snprintf(error->code, sizeof error->code, "%s", code);
    snprintf(error->what_to_do, sizeof error->what_to_do, "%s", what_to_do);
    va_list list;
    va_start(list, format);
    vsnprintf(error->message, sizeof error->message, format, list);
    va_end(list);
    cut_at_character(error->message, sizeof error->message);
    cut_at_character(error->what_to_do, sizeof error->what_to_do);
    return false;
}

_Noreturn void lg_assert_failed(const char *file, int line, const char *condition) {
    fprintf(stderr, "lotgate: internal error at %s:%d: %s\n", file, line, condition);
    abort();
}
