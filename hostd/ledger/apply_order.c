// apply_order: customers, their orders, and which unit went where.
#include "kinds.h"

#include "json.h" // json_get

static bool each(struct store *store, const struct event *event, const char *list,
                 const struct kind_statement *statement, struct lg_error *error) {
    int64_t position = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, json_get(event->body, list)) {
        if (!kind_execute(store, statement, event, item, ++position, error))
            return false;
    }
    return true;
}

static bool add_lines(struct store *store, const struct event *event, struct lg_error *error) {
    static const struct kind_statement insert = {
        "INSERT INTO order_lines (order_ref, position, product, title, count, price_cents, currency)"
        " VALUES (:order, :position, :product, :title, :count, :price_cents, :currency)",
        false};
    return each(store, event, "lines", &insert, error);
}

static bool add_units(struct store *store, const struct event *event, struct lg_error *error) {
    static const struct kind_statement insert = {
        "INSERT INTO shipment_units (shipment, unit, count) VALUES (:shipment, :unit, :count)", false};
    // what was set apart for the order has now left
    static const struct kind_statement release = {
        "DELETE FROM allocations WHERE unit = :unit AND order_ref = :order", true};
    return each(store, event, "units", &insert, error) && each(store, event, "units", &release, error);
}

const struct event_kind kinds_order[] = {
    {.name = "customer.added",
     .fields = {{"customer", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"email", FIELD_TEXT, false},
                {"phone", FIELD_TEXT, false},
                {"address", FIELD_TEXT, false},
                {"source", FIELD_TEXT, false}, // the import that brought it
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO customers (seq, customer, name, email, phone, address, source, added_us)"
                     " VALUES (:seq, :customer, :name, :email, :phone, :address, :source, :time_us)",
                     false}},
     .subjects = {"customer"},
     .number = "customer"},
    // What is given replaces what was there; the rest stays.
    {.name = "customer.changed",
     .fields = {{"customer", FIELD_TEXT, true},
                {"name", FIELD_TEXT, false},
                {"email", FIELD_TEXT, false},
                {"phone", FIELD_TEXT, false},
                {"address", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE customers SET name = coalesce(:name, name), email = coalesce(:email, email),"
                     "  phone = coalesce(:phone, phone), address = coalesce(:address, address)"
                     " WHERE customer = :customer",
                     false}},
     .subjects = {"customer"}},
    {.name = "order.added",
     .fields = {{"order", FIELD_TEXT, true},
                {"customer", FIELD_TEXT, true},
                {"ordered_us", FIELD_INTEGER, false},
                {"source", FIELD_TEXT, false},
                {"lines", FIELD_LIST, false}, // {[product], [title], count, [price_cents, currency]}
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO orders (seq, order_ref, customer, state, source, ordered_us, added_us)"
           " VALUES (:seq, :order, :customer, 'open', :source, coalesce(:ordered_us, :time_us), :time_us)",
           false}},
     .subjects = {"order", "customer"},
     .number = "order",
     .apply = add_lines},
    {.name = "order.cancelled",
     .fields = {{"order", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE orders SET state = 'cancelled' WHERE order_ref = :order AND state = 'open'",
                     false}},
     .subjects = {"order"}},
    // A unit is set apart for an order; it has not left the house.
    {.name = "unit.allocated",
     .fields = {{"unit", FIELD_TEXT, true},
                {"order", FIELD_TEXT, true},
                {"count", FIELD_INTEGER, true},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO allocations (unit, order_ref, seq, count) VALUES (:unit, :order, :seq, :count)"
           " ON CONFLICT (unit, order_ref) DO UPDATE SET count = count + excluded.count",
           false}},
     .subjects = {"unit", "order"}},
    {.name = "order.shipped",
     .fields = {{"shipment", FIELD_TEXT, true},
                {"order", FIELD_TEXT, true},
                {"units", FIELD_LIST,
                 true}, // {unit, count}; empty: what was sent is told by the order's records
                {"complete", FIELD_FLAG, true},
                {"carrier", FIELD_TEXT, false},
                {"tracking", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO shipments (seq, shipment, order_ref, carrier, tracking, shipped_us, shipped_by)"
           " VALUES (:seq, :shipment, :order, :carrier, :tracking, :time_us, coalesce(:by, :actor))",
           false},
          {"UPDATE orders SET state = CASE WHEN :complete THEN 'shipped' ELSE state END"
           " WHERE order_ref = :order AND state = 'open'",
           false}},
     .subjects = {"order", "shipment"},
     .number = "shipment",
     .apply = add_units},
    {.name = "shipment.returned",
     .fields = {{"shipment", FIELD_TEXT, true},
                {"unit", FIELD_TEXT, true},
                {"count", FIELD_INTEGER, true},
                {"reason", FIELD_TEXT, true},
                {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE shipment_units SET returned = returned + :count"
                     " WHERE shipment = :shipment AND unit = :unit",
                     false}},
     .subjects = {"shipment", "unit"}},
    {.name = NULL},
};
