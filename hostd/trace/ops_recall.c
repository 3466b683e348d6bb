// ops_recall: what a lot became and whom it reached, with a balance that closes; and recall cases with their progress.
//
// Nothing is guessed: jobs whose quantity nobody gave are named as such, orders that a record names but the ledger does not
// know are listed by their number, and what a stock count could not find stands in the balance.
#include "common.h"

#include <string.h>

#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_format
#include "timefmt.h"  // time_monotonic_us

static int64_t number(const cJSON *row, const char *name) {
    int64_t value = 0;
    json_integer(row, name, &value);
    return value;
}

static void put_amount(cJSON *object, const char *name, int64_t amount, const char *unit) {
    char text[QUANTITY_TEXT_MAX + 1];
    text[0] = '-';
    quantity_format(text + 1, amount < 0 ? -amount : amount, unit);
    json_add_text(object, name, amount < 0 ? text : text + 1);
}

// --- the balance ---------------------------------------------------------------------------------------------

static bool add_balance(struct ledger *ledger, const char *lot, const char *unit, cJSON *answer,
                        struct lg_error *error) {
    static const char *const names[] = {"received", "adjusted", "consumed",
                                        "scrapped", "on_hand",  "unaccounted"};
    cJSON *row;
    if (!common_row(ledger, "recall_balance", common_one("lot", lot), &row, error))
        return false;
    cJSON *balance = cJSON_CreateObject(), *amounts = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put_amount(balance, names[i], number(row, names[i]), unit);
        json_add_integer(amounts, names[i], number(row, names[i]));
    }
    int64_t in = number(row, "received") + number(row, "adjusted"),
            out = number(row, "consumed") + number(row, "scrapped") + number(row, "on_hand") +
                  number(row, "unaccounted");
    json_add(balance, "amounts", amounts);
    json_add(balance, "closes", cJSON_CreateBool(in == out));
    json_add_integer(balance, "jobs_without_quantity", number(row, "unknown_jobs"));
    json_add(answer, "balance", balance);
    cJSON_Delete(row);
    return true;
}

static bool add_stock(struct ledger *ledger, const char *lot, const char *name, const char *query,
                      cJSON *answer, struct lg_error *error) {
    cJSON *rows, *row;
    if (!common_list(ledger, query, common_one("lot", lot), &rows, error))
        return false;
    cJSON_ArrayForEach(row, rows) {
        put_amount(row, "on_hand", number(row, "on_hand_amount"), json_text(row, "unit"));
    }
    json_add(answer, name, rows);
    return true;
}

// --- orders and customers ------------------------------------------------------------------------------------

// The goods are with the customer: units that left and have not come back, or a record that was made for the order.
static bool has_reached(const cJSON *order) {
    bool shipped = strcmp(json_text(order, "state"), "shipped") == 0;
    bool units =
        number(order, "pieces_out") + number(order, "pieces_returned") + number(order, "pieces_set_apart") >
        0;
    return number(order, "pieces_out") > 0 || (shipped && !units && json_flag(order, "by_record", false));
}

// The orders come sorted by customer: a customer's orders follow one another.
static cJSON *customer_of(cJSON *customers, cJSON *last, const cJSON *order) {
    static const char *const members[] = {"customer", "name", "email", "phone", "address", NULL};
    if (last && strcmp(json_text(last, "customer"), json_text(order, "customer")) == 0)
        return last;
    cJSON *customer = common_copy(cJSON_CreateObject(), order, members);
    json_add(customer, "orders", cJSON_CreateArray());
    json_add_integer(customer, "pieces", 0);
    cJSON_AddItemToArray(customers, customer);
    return customer;
}

struct reached {
    cJSON *shipped, *open, *returned, *customers, *last;
};

static void sort_order(struct reached *r, cJSON *order) {
    if (has_reached(order)) {
        r->last = customer_of(r->customers, r->last, order);
        cJSON *pieces = cJSON_GetObjectItemCaseSensitive(r->last, "pieces");
        lg_assert(pieces != NULL); // customer_of() made it
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(r->last, "orders"),
                             cJSON_CreateString(json_text(order, "order")));
        cJSON_SetNumberValue(pieces, pieces->valuedouble + (double)number(order, "pieces_out"));
        cJSON_AddItemToArray(r->shipped, order);
        return;
    }
    bool is_open = strcmp(json_text(order, "state"), "open") == 0;
    cJSON_AddItemToArray(is_open ? r->open : r->returned, order);
}

static cJSON *list_in(cJSON *answer, const char *name) {
    cJSON *list = cJSON_CreateArray();
    json_add(answer, name, list);
    return list;
}

static bool add_orders(struct ledger *ledger, const char *lot, cJSON *answer, struct lg_error *error) {
    cJSON *rows, *order;
    if (!common_list(ledger, "recall_orders", common_one("lot", lot), &rows, error))
        return false;
    struct reached r = {.customers = list_in(answer, "customers"),
                        .shipped = list_in(answer, "orders_shipped"),
                        .open = list_in(answer, "orders_open"),
                        .returned = list_in(answer, "orders_returned")};
    while ((order = cJSON_DetachItemFromArray(rows, 0)) != NULL)
        sort_order(&r, order);
    cJSON_Delete(rows);
    return common_add_list(ledger, answer, "orders_unknown", "recall_orders_unknown", common_one("lot", lot),
                           error);
}

static bool fill(struct ledger *ledger, const char *lot, const char *unit, cJSON *answer,
                 struct lg_error *error) {
    return add_balance(ledger, lot, unit, answer, error) &&
           add_stock(ledger, lot, "ancestors", "recall_up", answer, error) &&
           add_stock(ledger, lot, "descendants", "recall_down", answer, error) &&
           add_stock(ledger, lot, "stock_at_risk", "recall_stock", answer, error) &&
           common_add_list(ledger, answer, "jobs", "recall_jobs", common_one("lot", lot), error) &&
           common_add_list(ledger, answer, "records", "recall_records", common_one("lot", lot), error) &&
           common_add_list(ledger, answer, "units", "recall_units", common_one("lot", lot), error) &&
           add_orders(ledger, lot, answer, error);
}

static cJSON *counts_of(const cJSON *answer) {
    static const char *const lists[] = {"descendants",     "ancestors",      "jobs",           "records",
                                        "units",           "customers",      "orders_shipped", "orders_open",
                                        "orders_returned", "orders_unknown", "stock_at_risk"};
    cJSON *counts = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_add_integer(counts, lists[i], cJSON_GetArraySize(json_get(answer, lists[i])));
    return counts;
}

static bool recall_look(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {
        "lot",   "material", "material_name", "supplier", "supplier_name", "supplier_lot", "heat",
        "state", "quantity", "corrected",     NULL};
    const char *lot = json_text(args, "lot");
    int64_t began = time_monotonic_us();
    cJSON *row;
    if (!common_need(ledger, "lot_get", common_one("lot", lot), &row, "no_such_lot", "lot", lot,
                     "Check the number; `lotgate lot list` lists them.", error))
        return false;
    *answer = common_copy(cJSON_CreateObject(), row, members);
    bool ok = fill(ledger, lot, json_text(row, "unit"), *answer, error);
    cJSON_Delete(row);
    if (!ok) {
        cJSON_Delete(*answer);
        *answer = NULL;
        return false;
    }
    json_add(*answer, "counts", counts_of(*answer));
    json_add_integer(*answer, "took_us", time_monotonic_us() - began);
    return true;
}

// --- cases -----------------------------------------------------------------------------------------------------

static void add_case_orders(cJSON *body, const cJSON *orders) {
    cJSON *list = cJSON_GetObjectItemCaseSensitive(body, "orders");
    const cJSON *order;
    cJSON_ArrayForEach(order, orders) {
        cJSON *item = common_one("order", json_text(order, "order"));
        json_add_text(item, "customer", json_text(order, "customer"));
        json_add_integer(item, "pieces", number(order, "pieces_out"));
        cJSON_AddItemToArray(list, item);
    }
}

// The stock of the lot and its descendants is taken out of use at once.
static bool set_apart(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      const char *recall, const cJSON *lots, struct lg_error *error) {
    const cJSON *lot;
    cJSON_ArrayForEach(lot, lots) {
        cJSON *facts;
        if (!common_need_lot(ledger, lot->valuestring, &facts, error))
            return false;
        const char *state = json_text(facts, "state");
        bool usable = strcmp(state, "rejected") != 0 && strcmp(state, "recalled") != 0;
        cJSON_Delete(facts);
        if (!usable)
            continue;
        cJSON *body = common_one("lot", lot->valuestring);
        json_add_text(body, "recall", recall);
        json_add_text(body, "reason", json_text(args, "reason"));
        json_add_text(body, "by", json_text(args, "by"));
        if (!common_append(ledger, context, "lot.recalled", body, error))
            return false;
    }
    return true;
}

static cJSON *family_of(const cJSON *found) {
    cJSON *lots = cJSON_CreateArray();
    const cJSON *lot;
    cJSON_AddItemToArray(lots, cJSON_CreateString(json_text(found, "lot")));
    cJSON_ArrayForEach(lot, json_get(found, "descendants")) {
        cJSON_AddItemToArray(lots, cJSON_CreateString(json_text(lot, "lot")));
    }
    return lots;
}

static bool append_case(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        const cJSON *found, bool mock, cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"lot", "reason", "by", NULL};
    char recall[65];
    cJSON *body = common_copy(cJSON_CreateObject(), args, members), *lots = family_of(found);
    json_add_text(body, "kind", mock ? "mock" : "real");
    json_add(body, "lots", cJSON_Duplicate(lots, true));
    json_add(body, "orders", cJSON_CreateArray());
    add_case_orders(body, json_get(found, "orders_shipped"));
    bool ok = common_number(ledger, "RCL", body, "recall", recall, error);
    if (!ok)
        cJSON_Delete(body);
    ok = ok && common_append(ledger, context, "recall.opened", body, error) &&
         (mock || set_apart(ledger, context, args, recall, lots, error));
    if (ok) {
        *answer = common_one("recall", recall);
        json_add_text(*answer, "lot", json_text(args, "lot"));
        json_add_text(*answer, "kind", mock ? "mock" : "real");
        json_add(*answer, "lots", cJSON_Duplicate(lots, true));
        json_add(*answer, "counts", cJSON_Duplicate(json_get(found, "counts"), true));
    }
    cJSON_Delete(lots);
    return ok;
}

static bool recall_open(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    cJSON *found;
    if (!recall_look(ledger, context, args, &found, error))
        return false;
    bool ok = append_case(ledger, context, args, found, json_flag(args, "mock", false), answer, error);
    cJSON_Delete(found);
    return ok;
}

static bool need_case(struct ledger *ledger, const char *recall, bool open, cJSON **row,
                      struct lg_error *error) {
    if (!common_need(ledger, "recall_get", common_one("recall", recall), row, "no_such_recall", "recall",
                     recall, "See `lotgate recall-case list`.", error))
        return false;
    if (!open || strcmp(json_text(*row, "state"), "open") == 0)
        return true;
    cJSON_Delete(*row);
    return lg_fail(error, "recall_closed", "Write a note instead.", "Recall %s is closed already.", recall);
}

static bool recall_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    const char *recall = json_text(args, "recall");
    if (!need_case(ledger, recall, false, answer, error) ||
        !common_add_list(ledger, *answer, "orders", "recall_progress", common_one("recall", recall), error))
        return false;
    int64_t pieces = 0, back = 0, contacted = 0, answered = 0, orders = 0;
    const cJSON *order;
    cJSON_ArrayForEach(order, json_get(*answer, "orders")) {
        orders++;
        pieces += number(order, "pieces");
        back += number(order, "returned") + number(order, "destroyed");
        contacted += json_text(order, "contacted") != NULL;
        answered += json_text(order, "answered") != NULL;
    }
    json_add_integer(*answer, "pieces", pieces);
    json_add_integer(*answer, "reconciled", back);
    json_add_integer(*answer, "reconciled_percent", pieces ? back * 100 / pieces : 100);
    json_add_integer(*answer, "orders_contacted", contacted);
    json_add_integer(*answer, "orders_answered", answered);
    json_add_integer(*answer, "orders_count", orders);
    return true;
}

static bool about_case(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       const char *kind, const char *const *members, cJSON **answer, struct lg_error *error) {
    cJSON *row;
    if (!need_case(ledger, json_text(args, "recall"), true, &row, error))
        return false;
    cJSON_Delete(row);
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    *answer = common_copy(cJSON_CreateObject(), args, members);
    if (common_append(ledger, context, kind, body, error))
        return true;
    cJSON_Delete(*answer);
    *answer = NULL;
    if (strcmp(error->code, "bad_event") == 0)
        lg_fail(error, "not_in_recall", "See `lotgate recall-case show` for whom it concerns.",
                "Recall %s does not concern that customer or order.", json_text(args, "recall"));
    return false;
}

static bool recall_contacted(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                             cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"recall", "customer", "by", NULL};
    return about_case(ledger, context, args, "recall.contacted", members, answer, error);
}

static bool recall_answered(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                            cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"recall", "customer", "by", NULL};
    return about_case(ledger, context, args, "recall.answered", members, answer, error);
}

// Pieces that came back or were destroyed: not more than are out.
static bool check_pieces(struct ledger *ledger, const cJSON *args, struct lg_error *error) {
    cJSON *orders;
    const cJSON *order;
    int64_t left = -1;
    if (!common_list(ledger, "recall_progress", common_one("recall", json_text(args, "recall")), &orders,
                     error))
        return false;
    cJSON_ArrayForEach(order, orders) {
        if (strcmp(json_text(order, "order"), json_text(args, "order")) == 0)
            left = number(order, "pieces") - number(order, "returned") - number(order, "destroyed");
    }
    cJSON_Delete(orders);
    if (left < 0)
        return lg_fail(error, "not_in_recall", "See `lotgate recall-case show` for whom it concerns.",
                       "Recall %s does not concern order %s.", json_text(args, "recall"),
                       json_text(args, "order"));
    return (number(args, "count") >= 1 && number(args, "count") <= left) ||
           lg_fail(error, "not_so_many", "Give a count that is still out.",
                   "Of order %s %d pieces are still out.", json_text(args, "order"), (int)left);
}

static bool recall_returned(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                            cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"recall", "order", "count", "by", NULL};
    return check_pieces(ledger, args, error) &&
           about_case(ledger, context, args, "recall.returned", members, answer, error);
}

static bool recall_destroyed(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                             cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"recall", "order", "count", "by", NULL};
    return check_pieces(ledger, args, error) &&
           about_case(ledger, context, args, "recall.destroyed", members, answer, error);
}

static bool recall_close(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"recall", "conclusion", "by", NULL};
    return about_case(ledger, context, args, "recall.closed", members, answer, error);
}

static bool recall_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "recall_list", args, answer, error);
}

const struct trace_op recall_ops[] = {
    {"recall.look", false, TAKES("!lot"),
     "Follow a lot to jobs, records, units, orders and customers, with a balance. Changes nothing.",
     recall_look},
    {"recall.open", true, TAKES("!lot", "!reason", "mock", "by"),
     "Open a recall: takes the stock out of use at once, and keeps whom it concerns; a mock one is an exercise.",
     recall_open},
    {"recall.list", false, TAKES("lot", "state", "limit", "after", "sort"), "List the recalls, newest first.",
     recall_list},
    {"recall.show", false, TAKES("!recall"), "Show a recall: whom it concerns and what has come back.",
     recall_show},
    {"recall.contacted", true, TAKES("!recall", "!customer", "by"), "Say that a customer was told.",
     recall_contacted},
    {"recall.answered", true, TAKES("!recall", "!customer", "by"), "Say that a customer has answered.",
     recall_answered},
    {"recall.returned", true, TAKES("!recall", "!order", "!count", "by"), "Book pieces that came back.",
     recall_returned},
    {"recall.destroyed", true, TAKES("!recall", "!order", "!count", "by"), "Book pieces that were destroyed.",
     recall_destroyed},
    {"recall.close", true, TAKES("!recall", "!conclusion", "by"), "Close a recall.", recall_close},
    {NULL, false, NULL, NULL, NULL},
};
