// lists: by which fields a list can be sorted, and how its next page begins.
//
// A list's named query stops before its order; what follows is made here: the place where `after` left off, the order, the
// limit. Every order ends with the row's own seq or id, so that it is total: pages laid end to end are the whole list,
// whatever is added meanwhile. Each order of a list that grows stands in an index. Nothing that a user typed becomes SQL:
// a field is looked up here.
#ifndef LOTGATE_LEDGER_LISTS_H
#define LOTGATE_LEDGER_LISTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define LIST_SORTS_MAX   8
#define LIST_COLUMNS_MAX 3
#define LIST_TAIL_MAX    1024 // bytes of what is made

struct ledger_sort {
    const char *field; // as people name it: a member of the rows
    const char
        *columns[LIST_COLUMNS_MAX + 1]; // never NULL in a row; together they are different in every row
};

struct ledger_list {
    const char *query;
    const char *table; // whose row `after` names, with its short name: "jobs j"
    const char *
        cursor; // the column that `after` holds; NULL: the number that is sorted by, whether its row is there or not
    bool newest_first;                            // the first sort runs downward when none is asked for
    struct ledger_sort sorts[LIST_SORTS_MAX + 1]; // the first one holds when none is asked for
};

extern const struct ledger_list ledger_lists[]; // ends with a NULL query
const struct ledger_list *ledger_list_find(const char *query);

// How a list was asked for.
struct ledger_list_order {
    const struct ledger_list *list;
    const struct ledger_sort *sort;
    int columns;  // of the sort
    bool down;    // from the greatest
    bool goes_on; // behind the row that `after` names
};

// By the arguments sort ("field", "field:asc", "field:desc") and after. False with code bad_argument and the fields that there
// are.
bool ledger_list_order(const struct ledger_list *list, const cJSON *args, struct ledger_list_order *order,
                       struct lg_error *error);
// The end of the list's SQL. What goes on behind a row is asked in parts, each a range of the sort's index: first the rows that are
// like it in all columns but the last (`same` is their number), then those that are like it in one column less, down to `same` 0.
// One comparison of all columns (a, b) > (x, y) would read every row with that a.
void ledger_list_tail(const struct ledger_list_order *order, int same, char tail[LIST_TAIL_MAX]);
// The SQL that finds the row which :after names, if it is there: its columns are :place0, :place1 ... of the tail.
void ledger_list_place(const struct ledger_list_order *order, char sql[LIST_TAIL_MAX]);

#endif
