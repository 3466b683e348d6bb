// apply_quality: what was found wrong, what was decided, what was warned of, and recalls.
#include "kinds.h"

#include "json.h" // json_get

static bool add_orders(struct store *store, const struct event *event, struct lg_error *error) {
    static const struct kind_statement insert = {
        "INSERT INTO recall_orders (recall, order_ref, customer, pieces)"
        " VALUES (:recall, :order, :customer, :pieces)",
        false};
    const cJSON *order;
    cJSON_ArrayForEach(order, json_get(event->body, "orders")) {
        if (!kind_execute(store, &insert, event, order, 0, error))
            return false;
    }
    return true;
}

#define RECALL_OPEN "recall IN (SELECT recall FROM recalls WHERE recall = :recall AND state = 'open')"

const struct event_kind kinds_quality[] = {
    {.name = "nonconformance.opened",
     .fields = {{"nonconformance", FIELD_TEXT, true},
                {"subject", FIELD_TEXT, true},
                {"text", FIELD_TEXT, true},
                {"photo", FIELD_TEXT, false}, // SHA-256 of a stored file
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO nonconformances (seq, nonconformance, subject, text, photo, state, at_us, by)"
           " VALUES (:seq, :nonconformance, :subject, :text, :photo, 'open', :time_us,"
           "  coalesce(:by, :actor))",
           false}},
     .subjects = {"nonconformance", "subject"},
     .number = "nonconformance"},
    {.name = "nonconformance.closed",
     .fields = {{"nonconformance", FIELD_TEXT, true},
                {"disposition", FIELD_TEXT, true}, // use_as_is, rework, scrap, return
                {"reason", FIELD_TEXT, true},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE nonconformances SET state = 'closed', disposition = :disposition, reason = :reason,"
           "  closed_us = :time_us, closed_by = coalesce(:by, :actor)"
           " WHERE nonconformance = :nonconformance AND state = 'open'",
           false}},
     .subjects = {"nonconformance"}},
    // Somebody has read the warning for this material on this machine.
    {.name = "hazard.acknowledged",
     .fields = {{"lot", FIELD_TEXT, true},
                {"machine", FIELD_TEXT, true},
                {"rule", FIELD_TEXT, true},
                {"by", FIELD_TEXT, true}},
     .statements = {{"INSERT INTO hazard_acknowledgements (seq, lot, machine, rule, at_us, by)"
                     " VALUES (:seq, :lot, :machine, :rule, :time_us, :by)",
                     false}},
     .subjects = {"lot", "machine"}},
    {.name = "recall.opened",
     .fields = {{"recall", FIELD_TEXT, true},
                {"lot", FIELD_TEXT, true},
                {"kind", FIELD_TEXT, true}, // real, mock
                {"reason", FIELD_TEXT, true},
                {"lots", FIELD_LIST, true},   // numbers: the lot, its ancestors and descendants
                {"orders", FIELD_LIST, true}, // {order, customer, pieces}
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO recalls (seq, recall, lot, kind, state, reason, opened_us, opened_by)"
                     " VALUES (:seq, :recall, :lot, :kind, 'open', :reason, :time_us, coalesce(:by, :actor))",
                     false}},
     .subjects = {"recall", "lot"},
     .number = "recall",
     .apply = add_orders},
    {.name = "recall.contacted",
     .fields = {{"recall", FIELD_TEXT, true}, {"customer", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE recall_orders SET contacted_us = coalesce(contacted_us, :time_us)"
                     " WHERE customer = :customer AND " RECALL_OPEN,
                     false}},
     .subjects = {"recall", "customer"}},
    {.name = "recall.answered",
     .fields = {{"recall", FIELD_TEXT, true}, {"customer", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE recall_orders SET answered_us = coalesce(answered_us, :time_us)"
                     " WHERE customer = :customer AND " RECALL_OPEN,
                     false}},
     .subjects = {"recall", "customer"}},
    {.name = "recall.returned",
     .fields = {{"recall", FIELD_TEXT, true},
                {"order", FIELD_TEXT, true},
                {"count", FIELD_INTEGER, true},
                {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE recall_orders SET returned = returned + :count"
                     " WHERE order_ref = :order AND " RECALL_OPEN,
                     false}},
     .subjects = {"recall", "order"}},
    {.name = "recall.destroyed",
     .fields = {{"recall", FIELD_TEXT, true},
                {"order", FIELD_TEXT, true},
                {"count", FIELD_INTEGER, true},
                {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE recall_orders SET destroyed = destroyed + :count"
                     " WHERE order_ref = :order AND " RECALL_OPEN,
                     false}},
     .subjects = {"recall", "order"}},
    {.name = "recall.closed",
     .fields = {{"recall", FIELD_TEXT, true}, {"conclusion", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE recalls SET state = 'closed', closed_us = :time_us, closed_by = coalesce(:by, :actor),"
           "  conclusion = :conclusion WHERE recall = :recall AND state = 'open'",
           false}},
     .subjects = {"recall"}},
    {.name = NULL},
};
