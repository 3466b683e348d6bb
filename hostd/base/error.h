// error: a failure as a value that reaches a person as a sentence with what to do next.
#ifndef LOTGATE_BASE_ERROR_H
#define LOTGATE_BASE_ERROR_H

#include <stdbool.h>

// `code` is a stable word for programs (no_such_lot), `message` a sentence, `what_to_do` the next step.
struct lg_error {
    char code[48];
    char message[512];
    char what_to_do[384];
};

// Fills *error (which may be NULL) and returns false, so that a function can `return lg_fail(...)`.
// `what_to_do` may be "". Long texts are cut at a UTF-8 boundary.
bool lg_fail(struct lg_error *error, const char *code, const char *what_to_do, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// A programmer's error: writes file, line and condition to stderr and aborts; stays on in production.
#define lg_assert(condition) ((condition) ? (void)0 : lg_assert_failed(__FILE__, __LINE__, #condition))
_Noreturn void lg_assert_failed(const char *file, int line, const char *condition);

#endif
