// ops_import: many orders at once, each judged by itself. Whoever reads the file (a CSV export of a shop) gives them in batches.
//
// An order that is there already with the same lines is the same order: nothing is written, so that the same file twice
// changes nothing. A customer is known again by e-mail, or, without one, by name and address.
#include "common.h"

#include <stdio.h>
#include <string.h>

#include "args.h"          // args_is_id
#include "common_orders.h" // order_lines
#include "families.h"
#include "json.h" // json_text

struct import {
    struct ledger *ledger;
    const struct trace_context *context;
    const char *source, *by;
    bool dry_run;
    cJSON *seen; // e-mails and names of customers that a dry run would have added, as members
};

// E-mail addresses are compared in small letters.
static bool find_customer(struct import *import, const cJSON *customer, cJSON **row, struct lg_error *error) {
    const char *email = json_text(customer, "email");
    cJSON *filter;
    if (email)
        return common_row(import->ledger, "customer_by_email", common_one("email", email), row, error);
    filter = common_one("name", json_text(customer, "name"));
    json_add_text(filter, "address", json_text(customer, "address"));
    return common_row(import->ledger, "customer_by_name", filter, row, error);
}

// A dry run writes nothing, so it remembers whom it would have added.
static bool seen_before(struct import *import, const cJSON *customer) {
    char key[2 * ARGS_NOTE_MAX + 2];
    const char *email = json_text(customer, "email"), *address = json_text(customer, "address");
    snprintf(key, sizeof key, "%s\n%s", email ? email : json_text(customer, "name"),
             email || !address ? "" : address);
    if (json_get(import->seen, key))
        return true;
    cJSON_AddItemToObject(import->seen, key, cJSON_CreateTrue());
    return false;
}

// The customer's id in `id`, "" where a dry run would make it. `what`: "known" or "new".
static bool take_customer(struct import *import, const cJSON *customer, char id[65], const char **what,
                          struct lg_error *error) {
    cJSON *row;
    id[0] = '\0';
    if (!find_customer(import, customer, &row, error))
        return false;
    if (row) {
        snprintf(id, 65, "%s", json_text(row, "customer"));
        cJSON_Delete(row);
        *what = "known";
        return true;
    }
    *what = import->dry_run && seen_before(import, customer) ? "known" : "new";
    if (import->dry_run)
        return true;
    cJSON *args = cJSON_Duplicate(customer, true);
    json_add_text(args, "source", import->source);
    json_add_text(args, "by", import->by);
    bool ok = customer_append(import->ledger, import->context, args, id, error);
    cJSON_Delete(args);
    return ok;
}

// --- is the order right? -------------------------------------------------------------------------------------

static bool text_is_right(const cJSON *object, const char *name, size_t max, struct lg_error *error) {
    const char *text = json_text(object, name);
    for (const char *p = text; p && *p; p++)
        if ((unsigned char)*p < 0x20 && *p != '\n')
            return lg_fail(error, "bad_argument", "Mend it in the file.", "The %s holds a control character.",
                           name);
    return !text || strlen(text) <= max ||
           lg_fail(error, "bad_argument", "Shorten it in the file.", "The %s is longer than %zu bytes.", name,
                   max);
}

static bool customer_is_right(const cJSON *customer, struct lg_error *error) {
    const char *name = json_text(customer, "name"), *email = json_text(customer, "email");
    if (!name || !*name)
        return lg_fail(error, "bad_argument", "Without a name a recall can't reach anybody.",
                       "The order has no customer's name.");
    if (email && (!strchr(email, '@') || strchr(email, ' ')))
        return lg_fail(error, "bad_argument", "Mend it in the file.", "\"%.60s\" is no e-mail address.",
                       email);
    return text_is_right(customer, "name", ARGS_NOTE_MAX, error) &&
           text_is_right(customer, "email", ARGS_LINE_MAX, error) &&
           text_is_right(customer, "phone", ARGS_LINE_MAX, error) &&
           text_is_right(customer, "address", ARGS_NOTE_MAX, error);
}

static bool order_is_right(const cJSON *order, struct lg_error *error) {
    const char *number = json_text(order, "order");
    if (!number || !*number)
        return lg_fail(error, "bad_argument", "Mend it in the file.", "The order has no number.");
    if (!text_is_right(order, "order", ARGS_ID_MAX, error) ||
        !customer_is_right(json_get(order, "customer"), error))
        return false;
    if (cJSON_GetArraySize(json_get(order, "items")) == 0)
        return lg_fail(error, "bad_argument", "Mend it in the file.", "Order %s has no line.", number);
    return cJSON_GetArraySize(json_get(order, "items")) <= ARGS_ITEMS_MAX ||
           lg_fail(error, "bad_argument", "Split it.", "Order %s has more than %d lines.", number,
                   ARGS_ITEMS_MAX);
}

// --- the same as the one that is there? ----------------------------------------------------------------------

static bool same_text(const cJSON *a, const cJSON *b, const char *name) {
    const char *x = json_text(a, name), *y = json_text(b, name);
    return (!x && !y) || (x && y && strcmp(x, y) == 0);
}

static bool same_number(const cJSON *a, const cJSON *b, const char *name) {
    int64_t x = -1, y = -1;
    json_integer(a, name, &x);
    json_integer(b, name, &y);
    return x == y;
}

static bool same_lines(const cJSON *there, const cJSON *given) {
    if (cJSON_GetArraySize(there) != cJSON_GetArraySize(given))
        return false;
    const cJSON *other = given->child;
    for (const cJSON *line = there->child; line; line = line->next, other = other->next)
        if (!same_text(line, other, "product") || !same_text(line, other, "title") ||
            !same_number(line, other, "count") || !same_number(line, other, "price_cents"))
            return false;
    return true;
}

static bool append_order(struct import *import, const cJSON *order, cJSON *lines, const char *customer,
                         struct lg_error *error) {
    cJSON *body = common_one("order", json_text(order, "order"));
    int64_t ordered;
    json_add_text(body, "customer", customer);
    json_add_text(body, "source", import->source);
    json_add_text(body, "by", import->by);
    if (json_integer(order, "ordered_us", &ordered))
        json_add_integer(body, "ordered_us", ordered);
    json_add(body, "lines", lines);
    return common_append(import->ledger, import->context, "order.added", body, error);
}

// What becomes of one order: its state in `what`. False when the ledger failed; a bad order is no failure: `problem`.
static bool take_order(struct import *import, const cJSON *order, cJSON *said, struct lg_error *problem,
                       struct lg_error *error) {
    cJSON *row, *lines;
    char customer[65];
    const char *who;
    problem->code[0] = '\0';
    if (!order_is_right(order, problem) || !(lines = order_lines(json_get(order, "items"), problem)))
        return true;
    if (!common_row(import->ledger, "order_get", common_one("order", json_text(order, "order")), &row,
                    error)) {
        cJSON_Delete(lines);
        return false;
    }
    if (row) {
        bool same = same_lines(json_get(row, "lines"), lines);
        if (!same)
            lg_fail(problem, "order_differs",
                    "Look at both; a changed order gets a new number, or a correction.",
                    "Order %s is there already with other lines.", json_text(order, "order"));
        json_add_text(said, "what", same ? "same" : NULL);
        json_add_text(said, "customer", json_text(row, "customer"));
        cJSON_Delete(row);
        cJSON_Delete(lines);
        return true;
    }
    if (!take_customer(import, json_get(order, "customer"), customer, &who, error)) {
        cJSON_Delete(lines);
        return false;
    }
    json_add_text(said, "what", "new");
    json_add_text(said, "customer", *customer ? customer : NULL);
    json_add_text(said, "customer_is", who);
    if (!import->dry_run)
        return append_order(import, order, lines, customer, error);
    cJSON_Delete(lines);
    return true;
}

// A copy with the e-mail as it is kept.
static cJSON *prepared(const cJSON *order) {
    cJSON *copy = cJSON_Duplicate(order, true);
    customer_small_email(cJSON_GetObjectItemCaseSensitive(copy, "customer"));
    return copy;
}

static bool take_all(struct import *import, const cJSON *orders, cJSON *answer, struct lg_error *error) {
    const cJSON *order;
    cJSON *rows = cJSON_CreateArray();
    json_add(answer, "orders", rows);
    cJSON_ArrayForEach(order, orders) {
        struct lg_error problem;
        cJSON *said = cJSON_CreateObject(), *copy = prepared(order);
        cJSON_AddItemToArray(rows, said);
        json_add_text(said, "order", json_text(copy, "order"));
        bool ok = take_order(import, copy, said, &problem, error);
        cJSON_Delete(copy);
        if (!ok)
            return false;
        if (*problem.code) {
            json_add_text(said, "what", "bad");
            json_add_text(said, "problem", problem.message);
            json_add_text(said, "what_to_do", problem.what_to_do);
        }
    }
    return true;
}

static bool order_import(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    struct import import = {.ledger = ledger,
                            .context = context,
                            .source = json_text(args, "source"),
                            .by = json_text(args, "by"),
                            .dry_run = json_flag(args, "dry_run", false),
                            .seen = cJSON_CreateObject()};
    *answer = cJSON_CreateObject();
    bool ok = take_all(&import, json_get(args, "orders"), *answer, error);
    cJSON_Delete(import.seen);
    if (ok)
        return true;
    cJSON_Delete(*answer);
    *answer = NULL;
    return false;
}

const struct trace_op import_ops[] = {
    {"order.import", true, TAKES("!orders", "source", "dry_run", "by"),
     "Take orders from elsewhere, with their customers: what is there already is left as it is.",
     order_import},
    {NULL, false, NULL, NULL, NULL},
};
