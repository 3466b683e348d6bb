// apply_declaration: which lots lie on which machine.
#include "kinds.h"

#include "json.h" // json_get

static bool add_lots(struct store *store, const struct event *event, struct lg_error *error) {
    static const struct kind_statement insert = {
        "INSERT INTO declaration_lots (declaration, position, lot, quantity, amount, base)"
        " VALUES (:declaration, :position, :lot, :quantity, :amount, :base)",
        false};
    int64_t position = 0;
    const cJSON *lot;
    cJSON_ArrayForEach(lot, json_get(event->body, "lots")) {
        if (!kind_execute(store, &insert, event, lot, ++position, error))
            return false;
    }
    return position > 0 || lg_fail(error, "bad_event", "", "A declaration names no lot.");
}

const struct event_kind kinds_declaration[] = {
    {.name = "declaration.made",
     .fields = {{"declaration", FIELD_TEXT, true},
                {"machine", FIELD_TEXT, true},
                {"mode", FIELD_TEXT, true},
                {"lots", FIELD_LIST, true}, // {lot, [quantity, amount, base]}
                {"operator", FIELD_TEXT, false},
                {"order", FIELD_TEXT, false},
                {"product", FIELD_TEXT, false},
                {"count", FIELD_INTEGER, false},
                {"record", FIELD_TEXT, false}}, // goes on with this record; otherwise each job opens one
     .statements =
         {{"INSERT INTO declarations (seq, declaration, machine, mode, state, operator, order_ref, product,"
           "  count, record, made_us, made_by)"
           " VALUES (:seq, :declaration, :machine, :mode, 'open', :operator, :order, :product, :count, :record,"
           "  :time_us, :actor)",
           false}},
     .subjects = {"declaration"},
     .number = "declaration",
     .apply = add_lots},
    {.name = "declaration.cancelled",
     .fields = {{"declaration", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE declarations SET state = 'cancelled', closed_us = :time_us,"
                     "  closed_by = coalesce(:by, :actor), reason = :reason"
                     " WHERE declaration = :declaration AND state = 'open'",
                     false}},
     .subjects = {"declaration"}},
    {.name = NULL},
};
