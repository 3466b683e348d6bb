// ops_order: orders, and which unit went to which of them.
//
// A unit is set apart for an order (allocated) or has left the house for it (shipped). A recall follows both, and an order
// that a record names when no units were made.
#include "common.h"

#include <inttypes.h>
#include <string.h>

#include "args.h"          // ARGS_NOTE_MAX
#include "common_orders.h" // order_lines
#include "families.h"
#include "json.h" // json_text

bool order_need(struct ledger *ledger, const char *order, cJSON **row, struct lg_error *error) {
    return common_need(ledger, "order_get", common_one("order", order), row, "no_such_order", "order", order,
                       "See `lotgate order list`, or add it with `lotgate order add`.", error);
}

// --- adding -----------------------------------------------------------------------------------------------

static bool line_is_right(const cJSON *line, struct lg_error *error) {
    static const char *const keys[] = {"product", "title", "count", "price_cents", "currency", NULL};
    static const char *advice = "Give a list like [{\"product\": \"BOX\", \"count\": 2}].";
    const char *product = json_text(line, "product"), *title = json_text(line, "title");
    int64_t count, price;
    if (!cJSON_IsObject(line) || (!product && !title))
        return lg_fail(error, "bad_argument", advice, "A line of the order names neither product nor title.");
    if (!json_only_keys(line, keys, error))
        return false;
    if (!json_integer(line, "count", &count) || count < 1)
        return lg_fail(error, "bad_argument", advice, "A line of the order has no count of 1 or more.");
    if (json_get(line, "price_cents") && (!json_integer(line, "price_cents", &price) || price < 0))
        return lg_fail(error, "bad_argument", advice,
                       "A line of the order has a price that is no whole cents.");
    const char *const texts[] = {product, title, json_text(line, "currency")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] && strlen(texts[i]) > ARGS_NOTE_MAX)
            return lg_fail(error, "bad_argument", "Make it shorter.",
                           "A line of the order is longer than %d bytes.", ARGS_NOTE_MAX);
    return true;
}

cJSON *order_lines(const cJSON *lines, struct lg_error *error) {
    const cJSON *line;
    cJSON_ArrayForEach(line, lines) {
        if (!line_is_right(line, error))
            return NULL;
    }
    return lines ? cJSON_Duplicate(lines, true) : cJSON_CreateArray();
}

static bool refuse_known(struct ledger *ledger, const char *order, struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, "order_get", common_one("order", order), &row, error))
        return false;
    cJSON_Delete(row);
    return !row || lg_fail(error, "already_exists", "See `lotgate order show`.",
                           "The order %s is already there.", order);
}

static bool order_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"order", "customer", "source", "by", NULL};
    const char *order = json_text(args, "order");
    int64_t ordered;
    cJSON *row;
    if (!refuse_known(ledger, order, error) ||
        !customer_need(ledger, json_text(args, "customer"), &row, error))
        return false;
    cJSON_Delete(row);
    cJSON *lines = order_lines(json_get(args, "items"), error);
    if (!lines)
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add(body, "lines", lines);
    if (json_integer(args, "ordered", &ordered))
        json_add_integer(body, "ordered_us", ordered);
    *answer = common_one("order", order);
    return common_append(ledger, context, "order.added", body, error);
}

// --- an order that is there --------------------------------------------------------------------------------

static bool need_open(struct ledger *ledger, const char *order, struct lg_error *error) {
    cJSON *row;
    if (!order_need(ledger, order, &row, error))
        return false;
    bool open = strcmp(json_text(row, "state"), "open") == 0;
    if (!open)
        lg_fail(error, "order_closed", "Nothing is to be done; `lotgate order show` tells more.",
                "Order %s is %s already.", order, json_text(row, "state"));
    cJSON_Delete(row);
    return open;
}

static bool order_cancel(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"order", "reason", "by", NULL};
    if (!need_open(ledger, json_text(args, "order"), error))
        return false;
    *answer = common_one("order", json_text(args, "order"));
    return common_append(ledger, context, "order.cancelled", common_copy(cJSON_CreateObject(), args, members),
                         error);
}

// How many pieces of a unit could still go to this order; code no_such_unit, unit_scrapped, unit_not_in_house.
static bool check_stock(struct ledger *ledger, const char *order, const char *unit, int64_t count,
                        struct lg_error *error) {
    cJSON *filter = common_one("unit", unit), *row;
    int64_t house = 0, apart = 0, here = 0;
    json_add_text(filter, "order", order);
    if (!common_need(ledger, "unit_stock", filter, &row, "no_such_unit", "unit", unit,
                     "Check the number on the label; `lotgate unit list` lists them.", error))
        return false;
    json_integer(row, "in_house", &house);
    json_integer(row, "set_apart", &apart);
    json_integer(row, "set_apart_here", &here);
    bool made = strcmp(json_text(row, "state"), "made") == 0;
    cJSON_Delete(row);
    int64_t free = house - (apart - here);
    if (!made)
        return lg_fail(error, "unit_scrapped", "Take another one.", "Unit %s was scrapped.", unit);
    return count <= free || lg_fail(error, "unit_not_in_house", "Take another one, or free it first.",
                                    "Of unit %s only %" PRId64
                                    " can go to order %s: the rest has left the house or is set apart.",
                                    unit, free < 0 ? 0 : free, order);
}

// What was made of a recalled lot stays in the house; code lot_recalled.
static bool check_recall(struct ledger *ledger, const char *unit, struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, "recall_of_unit", common_one("unit", unit), &row, error))
        return false;
    if (row)
        lg_fail(error, "lot_recalled", "Set it apart: `lotgate recall` tells what else is concerned.",
                "Unit %s was made of lot %s, which is recalled.", unit, json_text(row, "lot"));
    cJSON_Delete(row);
    return !row;
}

// The same of an order whose things have no numbers.
static bool check_order_recall(struct ledger *ledger, const char *order, struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, "recall_of_order", common_one("order", order), &row, error))
        return false;
    if (row)
        lg_fail(error, "lot_recalled", "Set it apart: `lotgate recall` tells what else is concerned.",
                "What was made for order %s is of lot %s, which is recalled.", order, json_text(row, "lot"));
    cJSON_Delete(row);
    return !row;
}

static bool unit_allocate(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"unit", "order", "by", NULL};
    const char *order = json_text(args, "order"), *unit = json_text(args, "unit");
    int64_t count = 1;
    json_integer(args, "count", &count);
    if (count < 1)
        return lg_fail(error, "bad_argument", "Give 1 or more.", "The count of pieces is %" PRId64 ".",
                       count);
    if (!need_open(ledger, order, error) || !check_stock(ledger, order, unit, count, error) ||
        !check_recall(ledger, unit, error))
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add_integer(body, "count", count);
    *answer = common_copy(cJSON_CreateObject(), args, members);
    return common_append(ledger, context, "unit.allocated", body, error);
}

// --- shipping ----------------------------------------------------------------------------------------------

// The units as an event holds them: [{unit, count}]. Without the argument: what is set apart for the order.
static cJSON *units_of(struct ledger *ledger, const cJSON *args, struct lg_error *error) {
    static const char *const keys[] = {"unit", "count", NULL};
    const cJSON *given = json_get(args, "units"), *item;
    cJSON *units = cJSON_CreateArray();
    if (!given) {
        cJSON_Delete(units);
        return common_list(ledger, "order_allocations", common_one("order", json_text(args, "order")), &units,
                           error)
                   ? units
                   : NULL;
    }
    if (!given->child) {
        cJSON_Delete(units);
        lg_fail(error, "bad_argument", "Name the units, or leave the list out: then goes what is set apart.",
                "The list \"units\" is empty.");
        return NULL;
    }
    cJSON_ArrayForEach(item, given) {
        const char *unit = cJSON_IsString(item) ? item->valuestring : json_text(item, "unit");
        int64_t count = 1;
        if (!unit || !args_is_id(unit, ARGS_ID_MAX) ||
            (json_get(item, "count") && (!json_integer(item, "count", &count) || count < 1))) {
            lg_fail(error, "bad_argument", "Give a list like [{\"unit\": \"BOX-0001\", \"count\": 1}].",
                    "The argument \"units\" holds something that names no unit.");
            cJSON_Delete(units);
            return NULL;
        }
        if (cJSON_IsObject(item) && !json_only_keys(item, keys, error)) {
            cJSON_Delete(units);
            return NULL;
        }
        cJSON *one = common_one("unit", unit);
        json_add_integer(one, "count", count);
        cJSON_AddItemToArray(units, one);
    }
    return units;
}

static bool check_units(struct ledger *ledger, const char *order, const cJSON *units,
                        struct lg_error *error) {
    const cJSON *item, *other;
    if (!units->child && !check_order_recall(ledger, order, error))
        return false;
    cJSON_ArrayForEach(item, units) {
        int64_t count = 0;
        json_integer(item, "count", &count);
        if (!check_stock(ledger, order, json_text(item, "unit"), count, error) ||
            !check_recall(ledger, json_text(item, "unit"), error))
            return false;
        for (other = item->next; other; other = other->next)
            if (strcmp(json_text(item, "unit"), json_text(other, "unit")) == 0)
                return lg_fail(error, "bad_argument", "Name each unit once, with its whole count.",
                               "Unit %s stands twice in the shipment.", json_text(item, "unit"));
    }
    return true;
}

static bool order_ship(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"order", "carrier", "tracking", "by", NULL};
    const char *order = json_text(args, "order");
    char shipment[65];
    if (!need_open(ledger, order, error))
        return false;
    cJSON *units = units_of(ledger, args, error);
    if (!units || !check_units(ledger, order, units, error)) {
        cJSON_Delete(units);
        return false;
    }
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add(body, "units", units);
    json_add(body, "complete", cJSON_CreateBool(!json_flag(args, "partial", false)));
    if (!common_number(ledger, "SHP", body, "shipment", shipment, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("shipment", shipment);
    json_add_text(*answer, "order", order);
    json_add_integer(*answer, "units", cJSON_GetArraySize(units));
    return common_append(ledger, context, "order.shipped", body, error);
}

static bool shipment_return(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                            cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"shipment", "unit", "reason", "by", NULL};
    const char *shipment = json_text(args, "shipment"), *unit = json_text(args, "unit");
    int64_t count = 1, sent = 0, returned = 0;
    cJSON *filter = common_one("shipment", shipment), *row;
    json_integer(args, "count", &count);
    json_add_text(filter, "unit", unit);
    if (!common_need(ledger, "shipment_unit", filter, &row, "no_such_shipment", "shipment with that unit:",
                     shipment, "See `lotgate order show` for what was sent.", error))
        return false;
    json_integer(row, "count", &sent);
    json_integer(row, "returned", &returned);
    cJSON_Delete(row);
    if (count < 1 || count > sent - returned)
        return lg_fail(error, "bad_argument", "Give a count that is still out.",
                       "Of unit %s only %" PRId64 " of shipment %s are still out.", unit, sent - returned,
                       shipment);
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add_integer(body, "count", count);
    *answer = common_copy(cJSON_CreateObject(), args, members);
    return common_append(ledger, context, "shipment.returned", body, error);
}

// --- looking -----------------------------------------------------------------------------------------------

static bool order_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "order_list", args, answer, error);
}

static bool shipment_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "shipment_list", args, answer, error);
}

static bool order_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    const char *order = json_text(args, "order");
    cJSON *events = common_one("subject", order);
    json_add_integer(events, "limit", COMMON_EVENTS_SHOWN);
    if (!order_need(ledger, order, answer, error)) {
        cJSON_Delete(events);
        return false;
    }
    return common_add_list(ledger, *answer, "events", "subject_events", events, error) &&
           common_add_list(ledger, *answer, "shipments", "order_shipments", common_one("order", order),
                           error) &&
           common_add_list(ledger, *answer, "set_apart", "order_allocations", common_one("order", order),
                           error) &&
           common_add_list(ledger, *answer, "records", "order_records", common_one("order", order), error);
}

const struct trace_op order_ops[] = {
    {"order.add", true, TAKES("!order", "!customer", "ordered", "items", "source", "by"),
     "Add a customer's order.", order_add},
    {"order.cancel", true, TAKES("!order", "!reason", "by"), "Cancel an open order.", order_cancel},
    {"order.ship", true, TAKES("!order", "units", "carrier", "tracking", "partial", "by"),
     "Ship an order: the units given, or those set apart for it; with `partial` it stays open.", order_ship},
    {"unit.allocate", true, TAKES("!unit", "!order", "count", "by"), "Set a unit apart for an order.",
     unit_allocate},
    {"shipment.return", true, TAKES("!shipment", "!unit", "count", "!reason", "by"),
     "Book what a customer has sent back.", shipment_return},
    {"order.list", false, TAKES("state", "customer", "limit", "after", "sort"),
     "List the orders, newest first.", order_list},
    {"order.show", false, TAKES("!order"), "Show an order with its lines, shipments and records.",
     order_show},
    {"shipment.list", false, TAKES("order", "limit", "after", "sort"), "List the shipments, newest first.",
     shipment_list},
    {NULL, false, NULL, NULL, NULL},
};
