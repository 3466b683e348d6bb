// common: what the families of operations share.
//
// Objects handed to a function as `taken` are freed by it, so that a call can make them on the spot.
#ifndef LOTGATE_TRACE_COMMON_H
#define LOTGATE_TRACE_COMMON_H

#include "ops.h"

#define COMMON_LIST_DEFAULT 100 // rows of a list when no limit is given
#define COMMON_EVENTS_SHOWN 200 // newest events, jobs shown with one thing

// {name: value}
cJSON *common_one(const char *name, const char *value);
// Copies the named members (NULL-terminated list) from `from` that are there. Returns `to`.
cJSON *common_copy(cJSON *to, const cJSON *from, const char *const *names);

// The first row of a query, owned by the caller, or NULL in *row when it has none. False when it failed.
bool common_row(struct ledger *ledger, const char *query, cJSON *taken, cJSON **row, struct lg_error *error);
// The same, but none is an error: `code`, "There is no <what> <id>." and `what_to_do`.
bool common_need(struct ledger *ledger, const char *query, cJSON *taken, cJSON **row, const char *code,
                 const char *what, const char *id, const char *what_to_do, struct lg_error *error);
bool common_need_machine(struct ledger *ledger, const char *machine, cJSON **facts, struct lg_error *error);
bool common_need_lot(struct ledger *ledger, const char *lot, cJSON **facts, struct lg_error *error);

// All rows, as an answer; and as a member of an answer.
bool common_list(struct ledger *ledger, const char *query, cJSON *taken, cJSON **rows,
                 struct lg_error *error);
bool common_add_list(struct ledger *ledger, cJSON *answer, const char *name, const char *query, cJSON *taken,
                     struct lg_error *error);
// A list whose filters are the operation's own arguments, with `limit` filled in and bounded.
bool common_filtered(struct ledger *ledger, const char *query, const cJSON *args, cJSON **rows,
                     struct lg_error *error);

// Operator id of an id or a badge; code operator_unknown.
bool common_operator(struct ledger *ledger, const char *code, char out[65], struct lg_error *error);

bool common_append(struct ledger *ledger, const struct trace_context *context, const char *kind, cJSON *taken,
                   struct lg_error *error);
// Takes the next number of a sequence and adds it to the body as `member`; `out` gets it too.
bool common_number(struct ledger *ledger, const char *sequence, cJSON *body, const char *member, char out[65],
                   struct lg_error *error);
// The sequence of a material's lots by the time of receipt, UTC: <MAT>-<MMYY>.
void common_lot_sequence(char out[65], const char *material, int64_t now_us);
// Adds amount, unit and text of the parsed quantity to an object ("quantity", "amount", "base" and, where
// `with_unit`, "unit").
bool common_add_quantity(cJSON *object, const char *text, bool with_unit, struct lg_error *error);
// The same of an item of a list, where it may be left out; a number without a unit is refused, not passed over.
bool common_item_quantity(cJSON *object, const cJSON *item, struct lg_error *error);

#endif
