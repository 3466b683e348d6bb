// sequence: see sequence.h.
#include "sequence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_OF_LOTS 3

static const struct {
    const char *sequence;
    int digits;
} widths[] = {{"MFG", 4}, {"JOB", 6},  {"DEC", 6}, {"DOC", 6}, {"NOTE", 6},
              {"COR", 6}, {"CUST", 5}, {"SHP", 6}, {"NC", 4},  {"RCL", 4}};

static int digits_of(const char *sequence) {
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (strcmp(widths[i].sequence, sequence) == 0)
            return widths[i].digits;
    return DIGITS_OF_LOTS;
}

bool sequence_next(struct store *store, const char *sequence, char *out, size_t room,
                   struct lg_error *error) {
    sqlite3_stmt *statement =
        store_prepare_literal(store, "SELECT last FROM sequences WHERE name = ?1", error);
    bool row = false;
    bool ok = statement && sqlite3_bind_text(statement, 1, sequence, -1, SQLITE_STATIC) == SQLITE_OK &&
              store_step(store, statement, &row, error);
    int64_t last = row ? sqlite3_column_int64(statement, 0) : 0;
    store_done(statement);
    if (!ok)
        return false;
    size_t end = strlen(sequence);
    bool piece = end && sequence[end - 1] == '/';
    int length = piece ? snprintf(out, room, "%s%" PRId64, sequence, last + 1)
                       : snprintf(out, room, "%s-%0*" PRId64, sequence, digits_of(sequence), last + 1);
    return (length > 0 && (size_t)length < room) ||
           lg_fail(error, "number_too_long", "Book it anew under a shorter number.",
                   "The next number behind %s would be too long.", sequence);
}

bool sequence_use(struct store *store, const char *number, struct lg_error *error) {
    const char *slash = strchr(number, '/'), *dash = slash ? slash : strrchr(number, '-');
    size_t digits = dash ? strspn(dash + 1, "0123456789") : 0;
    if (!digits || digits > SEQUENCE_DIGITS_MAX || dash[1 + digits])
        return true;
    sqlite3_stmt *statement =
        store_prepare_literal(store,
                              "INSERT INTO sequences (name, last) VALUES (?1, ?2)"
                              " ON CONFLICT (name) DO UPDATE SET last = max(last, excluded.last)",
                              error);
    bool row;
    bool ok = statement &&
              sqlite3_bind_text(statement, 1, number, (int)(dash - number) + (slash != NULL),
                                SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_int64(statement, 2, strtoll(dash + 1, NULL, 10)) == SQLITE_OK &&
              store_step(store, statement, &row, error);
    store_done(statement);
    return ok;
}
