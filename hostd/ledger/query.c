// query: runs a named query and turns its rows into JSON. See queries.h for the notation.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"    // json_add
#include "lists.h"   // ledger_list_tail
#include "queries.h" // ledger_query_find
#include "timefmt.h" // time_format

#define SQL_MAX      12288
#define ARGUMENT_MAX 32
#define COLUMNS_MAX  64   // of a query
#define FEW_ROWS     1000 // are sorted in a moment

static bool is_given(const cJSON *args, const char *name, size_t length) {
    char text[ARGUMENT_MAX];
    lg_assert(length < sizeof text);
    memcpy(text, name, length);
    text[length] = '\0';
    const cJSON *value = args ? json_get(args, text) : NULL;
    return value && !cJSON_IsNull(value);
}

// Which of the {name|text} pieces are kept: a bit for each, from the first.
static uint32_t pieces_given(const char *sql, const cJSON *args) {
    uint32_t given = 0, bit = 1;
    while ((sql = strchr(sql, '{'))) {
        const char *bar = strchr(sql, '|');
        lg_assert(bar && bit);
        if (is_given(args, sql + 1, (size_t)(bar - sql - 1)))
            given |= bit;
        bit <<= 1;
        sql = bar;
    }
    return given;
}

// Writes the SQL with its pieces kept or left out; ~ becomes `mark`.
static void expand(char out[SQL_MAX], const char *sql, uint32_t given, const char *mark) {
    size_t length = 0;
    for (bool keep = true; *sql; sql++) {
        if (*sql == '{') {
            keep = given & 1;
            given >>= 1;
            sql = strchr(sql, '|');
        } else if (*sql == '}') {
            keep = true;
        } else if (keep && *sql == '~') {
            length += (size_t)snprintf(out + length, SQL_MAX - length, "%s", mark);
        } else if (keep) {
            out[length++] = *sql;
        }
        lg_assert(length < SQL_MAX - 1);
    }
    out[length] = '\0';
}

static cJSON *column_value(sqlite3_stmt *s, int column) {
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        return cJSON_CreateNumber((double)sqlite3_column_int64(s, column));
    case SQLITE_TEXT:
        return cJSON_CreateString((const char *)sqlite3_column_text(s, column));
    default:
        return cJSON_CreateNull();
    }
}

static cJSON *time_value(sqlite3_stmt *s, int column) {
    char text[TIME_TEXT_MAX];
    time_format(text, sqlite3_column_int64(s, column));
    return cJSON_CreateString(text);
}

static cJSON *json_value(sqlite3_stmt *s, int column) {
    const char *text = (const char *)sqlite3_column_text(s, column);
    cJSON *value = json_parse(text, (size_t)sqlite3_column_bytes(s, column), false, NULL);
    return value ? value : cJSON_CreateNull();
}

static cJSON *flag_value(sqlite3_stmt *s, int column) {
    return cJSON_CreateBool(sqlite3_column_int(s, column) != 0);
}

static const struct {
    const char *suffix;
    cJSON *(*value)(sqlite3_stmt *, int);
} conversions[] = {{"@time", time_value}, {"@json", json_value}, {"@flag", flag_value}};

// What the columns of a statement are called in the answer, and how their values become JSON; read once for all rows.
struct columns {
    int count;
    struct {
        char name[ARGUMENT_MAX];
        cJSON *(*value)(sqlite3_stmt *, int); // of what is not NULL
    } each[COLUMNS_MAX];
};

static void read_columns(struct columns *columns, sqlite3_stmt *s) {
    columns->count = sqlite3_column_count(s);
    lg_assert(columns->count <= COLUMNS_MAX);
    for (int c = 0; c < columns->count; c++) {
        const char *label = sqlite3_column_name(s, c);
        size_t length = strcspn(label, "@");
        lg_assert(length < ARGUMENT_MAX);
        memcpy(columns->each[c].name, label, length);
        columns->each[c].name[length] = '\0';
        columns->each[c].value = column_value;
        for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
            if (strcmp(label + length, conversions[i].suffix) == 0)
                columns->each[c].value = conversions[i].value;
    }
}

static cJSON *read_row(const struct columns *columns, sqlite3_stmt *s) {
    cJSON *row = cJSON_CreateObject();
    for (int c = 0; c < columns->count; c++) {
        bool null = sqlite3_column_type(s, c) == SQLITE_NULL;
        json_add(row, columns->each[c].name, null ? cJSON_CreateNull() : columns->each[c].value(s, c));
    }
    return row;
}

static bool bind_arguments(struct ledger *ledger, sqlite3_stmt *s, const cJSON *args,
                           struct lg_error *error) {
    for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
        const cJSON *value = args ? json_get(args, sqlite3_bind_parameter_name(s, i) + 1) : NULL;
        if (!store_bind_json(&ledger->store, s, i, value, error))
            return false;
    }
    return true;
}

// Do many rows fit the conditions of a list that is asked for in an order of its own? Then they are met soon on the way along
// that order, while finding them first would mean sorting all of them.
static bool many_fit(struct ledger *ledger, const struct ledger_list *list, const char *sql,
                     const cJSON *args) {
    char conditions[SQL_MAX], text[SQL_MAX];
    const char *where = sql;
    for (const char *next = sql; (next = strstr(next, " WHERE 1")) != NULL; next++)
        where = next; // the last one
    lg_assert(where != sql);
    expand(conditions, where, pieces_given(where, args), "");
    if (!is_given(args, "sort", strlen("sort")) || !strcmp(conditions, " WHERE 1"))
        return false;
    snprintf(text, sizeof text, "SELECT count(*) FROM (SELECT 1 FROM %.200s%.8000s LIMIT %d)", list->table,
             conditions, FEW_ROWS);
    sqlite3_stmt *s = store_prepare(&ledger->store, text, NULL);
    bool row = false, many = s && bind_arguments(ledger, s, args, NULL) &&
                             store_step(&ledger->store, s, &row, NULL) && row &&
                             sqlite3_column_int(s, 0) == FEW_ROWS;
    store_done(s);
    return many;
}

static sqlite3_stmt *prepare(struct ledger *ledger, const struct ledger_named_query *named, const cJSON *args,
                             struct lg_error *error) {
    uint32_t given = pieces_given(named->sql, args);
    sqlite3_stmt *found = store_find(&ledger->store, named->sql, given);
    char text[SQL_MAX];
    if (found)
        return found;
    expand(text, named->sql, given, "");
    return store_keep(&ledger->store, named->sql, given, text, error);
}

// Steps through a bound statement. `rows` may hold some already; more than `most` are refused.
static bool take_rows(struct ledger *ledger, sqlite3_stmt *s, int most, cJSON *rows, struct lg_error *error) {
    struct columns columns;
    columns.count = 0; // of no row yet
    bool row = false, ok;
    int count = cJSON_GetArraySize(rows);
    while ((ok = store_step(&ledger->store, s, &row, error)) && row) {
        if (++count > most)
            return lg_fail(error, "too_many_rows", "Ask for fewer at a time, with limit and after.",
                           "The answer would have more than %d rows.", most);
        if (!columns.count)
            read_columns(&columns, s);
        cJSON_AddItemToArray(rows, read_row(&columns, s)); // at the end: cJSON knows its last item
    }
    return ok;
}

// The row that `after` names. A cursor that names nothing is told, not answered by an empty page that looks like the end.
static sqlite3_stmt *find_place(struct ledger *ledger, const struct ledger_list_order *order,
                                const cJSON *args, struct lg_error *error) {
    char sql[LIST_TAIL_MAX];
    ledger_list_place(order, sql);
    sqlite3_stmt *s = store_prepare(&ledger->store, sql, error);
    bool row = false,
         ok = s && bind_arguments(ledger, s, args, error) && store_step(&ledger->store, s, &row, error);
    if (ok && row)
        return s;
    store_done(s);
    if (ok)
        lg_fail(error, "bad_argument", "Begin the list anew, without after.",
                "The argument \"after\" names nothing that is in this list.");
    return NULL;
}

// The rest of a bound part: where the last page ended, and how many rows are still wanted.
static bool bind_place(struct ledger *ledger, sqlite3_stmt *s, sqlite3_stmt *place, int same, int64_t left,
                       struct lg_error *error) {
    bool ok = sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, ":limit"), left) == SQLITE_OK;
    for (int i = 0; place && ok && i <= same; i++) {
        char name[24];
        snprintf(name, sizeof name, ":place%d", i);
        ok = sqlite3_bind_value(s, sqlite3_bind_parameter_index(s, name), sqlite3_column_value(place, i)) ==
             SQLITE_OK;
    }
    return ok || store_failed(&ledger->store, error);
}

// A list's own text with its order behind it, part by part until there are as many rows as were asked for.
static bool list_rows(struct ledger *ledger, const struct ledger_named_query *named,
                      const struct ledger_list *list, const cJSON *args, int most, cJSON *rows,
                      struct lg_error *error) {
    struct ledger_list_order order;
    sqlite3_stmt *place = NULL;
    char sql[SQL_MAX];
    int64_t limit;
    lg_assert(json_integer(args, "limit", &limit)); // trace sees to it
    if (!ledger_list_order(list, args, &order, error) ||
        (order.goes_on && !(place = find_place(ledger, &order, args, error))))
        return false;
    expand(sql, named->sql, pieces_given(named->sql, args),
           many_fit(ledger, list, named->sql, args) ? "+" : "");
    size_t length = strlen(sql);
    lg_assert(length + LIST_TAIL_MAX < SQL_MAX);
    bool ok = true;
    for (int same = place ? order.columns - 1 : 0; ok && same >= 0 && cJSON_GetArraySize(rows) < limit;
         same--) {
        ledger_list_tail(&order, same, sql + length);
        sqlite3_stmt *s = store_prepare(&ledger->store, sql, error);
        ok = s && bind_arguments(ledger, s, args, error) &&
             bind_place(ledger, s, place, same, limit - cJSON_GetArraySize(rows), error) &&
             take_rows(ledger, s, most, rows, error);
        store_done(s);
    }
    store_done(place);
    return ok;
}

cJSON *ledger_query(struct ledger *ledger, const char *query, const cJSON *args, struct lg_error *error) {
    int most;
    const struct ledger_named_query *named = ledger_query_find(query, &most);
    lg_assert(named);
    const struct ledger_list *list = ledger_list_find(named->name);
    cJSON *rows = cJSON_CreateArray();
    bool ok;
    if (list) {
        ok = list_rows(ledger, named, list, args, most, rows, error);
    } else {
        sqlite3_stmt *s = prepare(ledger, named, args, error);
        ok = s && bind_arguments(ledger, s, args, error) && take_rows(ledger, s, most, rows, error);
        store_done(s);
    }
    if (ok)
        return rows;
    cJSON_Delete(rows);
    return NULL;
}
