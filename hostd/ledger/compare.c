// compare: see compare.h.
#include "compare.h"

#include <stdio.h>
#include <string.h>

#include "schema.h" // schema_tables

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int column) {
    int type = sqlite3_column_type(a, column);
    if (type != sqlite3_column_type(b, column))
        return false;
    if (type == SQLITE_INTEGER)
        return sqlite3_column_int64(a, column) == sqlite3_column_int64(b, column);
    if (type == SQLITE_NULL)
        return true;
    const void *x = sqlite3_column_blob(a, column), *y = sqlite3_column_blob(b, column);
    int length = sqlite3_column_bytes(a, column);
    return length == sqlite3_column_bytes(b, column) && (!length || memcmp(x, y, (size_t)length) == 0);
}

// The first column whose value differs, or -1.
static int different_column(sqlite3_stmt *a, sqlite3_stmt *b) {
    int columns = sqlite3_column_count(a);
    if (columns != sqlite3_column_count(b))
        return 0;
    for (int i = 0; i < columns; i++)
        if (!same_value(a, b, i))
            return i;
    return -1;
}

// Rows come in the order of their keys: of two whose keys differ, the lesser one has no other. <0, 0 (no key), >0.
static int key_order(sqlite3_stmt *a, sqlite3_stmt *b, int column, const char *order) {
    const char *name = sqlite3_column_name(a, column);
    for (int i = 0; i < column && order; i++)
        order = strstr(order, ", ") ? strstr(order, ", ") + 2 : NULL;
    if (!order || strncmp(order, name, strlen(name)) != 0)
        return 0;
    if (sqlite3_column_type(a, column) == SQLITE_INTEGER && sqlite3_column_type(b, column) == SQLITE_INTEGER)
        return sqlite3_column_int64(a, column) < sqlite3_column_int64(b, column) ? -1 : 1;
    const char *x = (const char *)sqlite3_column_text(a, column),
               *y = (const char *)sqlite3_column_text(b, column);
    return strcmp(x ? x : "", y ? y : "");
}

static const char comes_from_nowhere[] = "comes from no event", is_missing[] = "is missing";

// Tables are told by what makes a row findable: its first two columns (seq and number, or subject and seq).
static void describe(char *finding, size_t room, const char *table, sqlite3_stmt *row, const char *what) {
    const char *first = (const char *)sqlite3_column_text(row, 0),
               *second = (const char *)sqlite3_column_text(row, 1);
    snprintf(finding, room, "The table %s is not what the events make: the row %s / %s %s.", table,
             first ? first : "-", second ? second : "-", what);
}

static bool compare_rows(struct store *ledger, struct store *rebuilt, const char *name, const char *sql,
                         const char *order, char *finding, size_t room, struct lg_error *error) {
    sqlite3_stmt *a = store_prepare(ledger, sql, error), *b = a ? store_prepare(rebuilt, sql, error) : NULL;
    bool row_a = true, row_b = true, ok = b != NULL;
    while (ok && row_a && row_b && !*finding) {
        ok = store_step(ledger, a, &row_a, error) && store_step(rebuilt, b, &row_b, error);
        if (!ok || (!row_a && !row_b))
            break;
        char what[96];
        int column = row_a && row_b ? different_column(a, b) : -1;
        int lesser = column >= 0 ? key_order(a, b, column, order) : 0;
        if (lesser != 0) {
            describe(finding, room, name, lesser < 0 ? a : b, lesser < 0 ? comes_from_nowhere : is_missing);
        } else if (column >= 0) {
            snprintf(what, sizeof what, "differs in %s", sqlite3_column_name(a, column));
            describe(finding, room, name, a, what);
        } else if (row_a != row_b) {
            describe(finding, room, name, row_a ? a : b, row_a ? comes_from_nowhere : is_missing);
        }
    }
    store_done(a);
    store_done(b);
    return ok;
}

bool compare_schemas(struct store *ledger, struct store *rebuilt, char *finding, size_t room,
                     struct lg_error *error) {
    return compare_rows(
        ledger, rebuilt, "sqlite_schema",
        "SELECT name, type, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name", "name",
        finding, room, error);
}

bool compare_tables(struct store *ledger, struct store *rebuilt, char *finding, size_t room,
                    struct lg_error *error) {
    for (const struct schema_table *t = schema_tables; t->name && !*finding; t++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", t->name, t->order);
        if (!compare_rows(ledger, rebuilt, t->name, sql, t->order, finding, room, error))
            return false;
    }
    return true;
}
