// apply_product: products, their bills of materials, and the units and batches that were made.
#include "kinds.h"

#include "json.h" // json_get

static bool set_bill(struct store *store, const struct event *event, struct lg_error *error) {
    static const struct kind_statement insert = {
        "INSERT INTO bom (seq, product, material, quantity, amount, base)"
        " VALUES (:seq, :product, :material, :quantity, :amount, :base)",
        false};
    const cJSON *line;
    cJSON_ArrayForEach(line, json_get(event->body, "lines")) {
        if (!kind_execute(store, &insert, event, line, 0, error))
            return false;
    }
    return true;
}

const struct event_kind kinds_product[] = {
    {.name = "product.added",
     .fields = {{"product", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"pattern", FIELD_TEXT, false}, // of its serial numbers, e.g. BOX-{yy}-{nnnn}
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO products (seq, product, name, pattern, added_us)"
                     " VALUES (:seq, :product, :name, :pattern, :time_us)",
                     false}},
     .subjects = {"product"}},
    {.name = "bom.set",
     .fields = {{"product", FIELD_TEXT, true},
                {"lines", FIELD_LIST, true}, // {material, [quantity, amount, base]}: what one unit takes
                {"by", FIELD_TEXT, false}},
     .statements = {{"DELETE FROM bom WHERE product = :product", true}},
     .subjects = {"product"},
     .apply = set_bill},
    {.name = "unit.made",
     .fields = {{"unit", FIELD_TEXT, true},
                {"record", FIELD_TEXT, true},
                {"product", FIELD_TEXT, false},
                {"count", FIELD_INTEGER, true}, // 1, or the pieces of a batch
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO units (seq, unit, product, record, count, state, made_us, made_by)"
           " VALUES (:seq, :unit, :product, :record, :count, 'made', :time_us, coalesce(:by, :actor))",
           false}},
     .subjects = {"unit", "record"},
     .number = "unit"},
    {.name = "unit.scrapped",
     .fields = {{"unit", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE units SET state = 'scrapped', reason = :reason WHERE unit = :unit AND state = 'made'",
           false}},
     .subjects = {"unit"}},
    {.name = NULL},
};
