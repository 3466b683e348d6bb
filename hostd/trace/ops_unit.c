// ops_unit: what was made: things with a serial number each, or batches with one code.
#include "common.h"

#include <inttypes.h>
#include <string.h>

#include "args.h"           // ARGS_UNITS_MAX
#include "common_product.h" // pattern_next
#include "families.h"
#include "json.h" // json_text

struct making {
    struct ledger *ledger;
    const struct trace_context *context;
    const char *record, *product, *pattern, *by;
    cJSON *made;
};

static bool append_unit(struct making *m, const char *unit, int64_t count, struct lg_error *error) {
    cJSON *row, *body;
    if (!common_row(m->ledger, "unit_get", common_one("unit", unit), &row, error))
        return false;
    cJSON_Delete(row);
    if (row)
        return lg_fail(error, "already_exists", "Choose another number, or let lotgate give one.",
                       "The unit %s is already there; a number is never used twice.", unit);
    body = common_one("unit", unit);
    json_add_text(body, "record", m->record);
    json_add_text(body, "product", m->product);
    json_add_integer(body, "count", count);
    json_add_text(body, "by", m->by);
    cJSON_AddItemToArray(m->made, cJSON_CreateString(unit));
    return common_append(m->ledger, m->context, "unit.made", body, error);
}

// A batch has the code given, or the next number; single things have a number each.
static bool make_all(struct making *m, const cJSON *args, struct lg_error *error) {
    const char *batch = json_text(args, "batch"), *given = json_text(args, "unit");
    int64_t count = 1;
    char number[65];
    json_integer(args, "count", &count);
    if (count < 1 || (!batch && count > ARGS_UNITS_MAX))
        return lg_fail(error, "bad_argument", "Make them in several steps, or as a batch.",
                       "%" PRId64 " units can't be made at once.", count);
    if (batch)
        return append_unit(m, batch, count, error);
    if (given && count == 1)
        return append_unit(m, given, 1, error);
    if (given || !m->product)
        return lg_fail(error, "bad_argument",
                       given ? "Give one number for one unit." : "Give the product, or a number of your own.",
                       given ? "One number can't be that of several units." : "Record %s is of no product.",
                       m->record);
    for (int64_t i = 0; i < count; i++)
        if (!pattern_next(m->ledger, m->pattern, m->product, m->context->now_us, number, error) ||
            !append_unit(m, number, 1, error))
            return false;
    return true;
}

static bool unit_make(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    cJSON *record, *product = NULL;
    struct making m = {.ledger = ledger, .context = context, .record = json_text(args, "record")};
    if (!common_need(ledger, "record_get", common_one("record", m.record), &record, "no_such_record",
                     "manufacture record", m.record, "See `lotgate record list`.", error))
        return false;
    m.product = json_text(args, "product") ? json_text(args, "product") : json_text(record, "product");
    m.by = json_text(args, "by");
    m.made = cJSON_CreateArray();
    bool ok =
        !m.product || common_row(ledger, "product_get", common_one("product", m.product), &product, error);
    if (ok && json_text(args, "product") && !product)
        ok = lg_fail(error, "no_such_product",
                     "See `lotgate product list`, or add it with `lotgate product add`.",
                     "There is no product %s.", m.product);
    if (ok && !product)
        m.product = NULL; // the record names what this ledger has no product for
    m.pattern = product ? json_text(product, "pattern") : NULL;
    ok = ok && make_all(&m, args, error);
    cJSON_Delete(record);
    cJSON_Delete(product);
    if (!ok) {
        cJSON_Delete(m.made);
        return false;
    }
    *answer = common_one("record", json_text(args, "record"));
    json_add(*answer, "units", m.made);
    return true;
}

static bool need_unit(struct ledger *ledger, const char *unit, cJSON **row, struct lg_error *error) {
    return common_need(ledger, "unit_get", common_one("unit", unit), row, "no_such_unit", "unit", unit,
                       "Check the number on the label; `lotgate unit list` lists them.", error);
}

// What is with a customer can't be scrapped here; code unit_not_in_house.
static bool check_here(struct ledger *ledger, const char *unit, struct lg_error *error) {
    cJSON *row;
    int64_t here = 0;
    if (!common_row(ledger, "unit_stock", common_one("unit", unit), &row, error))
        return false;
    json_integer(row, "in_house", &here);
    cJSON_Delete(row);
    return here > 0 ||
           lg_fail(error, "unit_not_in_house",
                   "Book its return first: `lotgate order return`. What a customer destroyed in a "
                   "recall is booked with `lotgate recall-case destroyed`.",
                   "Unit %s has left the house.", unit);
}

static bool unit_scrap(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"unit", "reason", "by", NULL};
    cJSON *row;
    if (!need_unit(ledger, json_text(args, "unit"), &row, error))
        return false;
    bool made = strcmp(json_text(row, "state"), "made") == 0;
    cJSON_Delete(row);
    if (!made)
        return lg_fail(error, "unit_scrapped", "Nothing is to be done.", "Unit %s was scrapped already.",
                       json_text(args, "unit"));
    if (!check_here(ledger, json_text(args, "unit"), error))
        return false;
    *answer = common_one("unit", json_text(args, "unit"));
    return common_append(ledger, context, "unit.scrapped", common_copy(cJSON_CreateObject(), args, members),
                         error);
}

static bool unit_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "unit_list", args, answer, error);
}

static bool unit_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    const char *unit = json_text(args, "unit");
    if (!need_unit(ledger, unit, answer, error))
        return false;
    cJSON *events = common_one("subject", unit);
    json_add_integer(events, "limit", COMMON_EVENTS_SHOWN);
    const char *record = json_text(*answer, "record");
    return common_add_list(ledger, *answer, "lots", "record_lots", common_one("record", record), error) &&
           common_add_list(ledger, *answer, "shipments", "unit_shipments", common_one("unit", unit), error) &&
           common_add_list(ledger, *answer, "set_apart", "unit_allocations", common_one("unit", unit),
                           error) &&
           common_add_list(ledger, *answer, "events", "subject_events", events, error);
}

const struct trace_op unit_ops[] = {
    {"unit.make", true, TAKES("!record", "product", "count", "batch", "unit", "by"),
     "Give numbers to what a record made: one for each, or one for a batch.", unit_make},
    {"unit.scrap", true, TAKES("!unit", "!reason", "by"), "Scrap a unit.", unit_scrap},
    {"unit.list", false, TAKES("record", "product", "limit", "after", "sort"),
     "List the units, newest first.", unit_list},
    {"unit.show", false, TAKES("!unit"), "Show a unit: its record, lots, and where it went.", unit_show},
    {NULL, false, NULL, NULL, NULL},
};
