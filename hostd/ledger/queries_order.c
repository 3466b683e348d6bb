// queries_order: customers, their orders, and what left the house for them.
#include "queries.h"

#include <stddef.h>

#include "corrected.h" // CORRECTED

#define CUSTOMER_COLUMNS                                                                                     \
    "c.customer, c.name, c.email, c.phone, c.address, c.source, c.added_us AS \"added@time\" FROM customers c"

#define ORDER_COLUMNS                                                                                        \
    "o.order_ref AS \"order\", o.customer, c.name AS customer_name, c.email, o.state, o.source,"             \
    " o.ordered_us AS \"ordered@time\","                                                                     \
    " (SELECT json_group_array(json_object('position', position, 'product', product, 'title', title,"        \
    "   'count', count, 'price_cents', price_cents, 'currency', currency)) FROM"                             \
    "   (SELECT * FROM order_lines l WHERE l.order_ref = o.order_ref ORDER BY position)) AS \"lines@json\"," \
    " (SELECT max(shipped_us) FROM shipments s WHERE s.order_ref = o.order_ref) AS \"shipped@time\""         \
    " FROM orders o JOIN customers c USING (customer)"

#define SHIPMENT_COLUMNS                                                                                     \
    "s.shipment, s.order_ref AS \"order\", o.customer, s.carrier, s.tracking,"                               \
    " s.shipped_us AS \"shipped@time\", s.shipped_by,"                                                       \
    " (SELECT json_group_array(json_object('unit', unit, 'count', count, 'returned', returned)) FROM"        \
    "   (SELECT * FROM shipment_units u WHERE u.shipment = s.shipment ORDER BY unit)) AS \"units@json\""     \
    " FROM shipments s JOIN orders o USING (order_ref)"

const struct ledger_named_query queries_order[] = {
    {"customer_list", "SELECT " CUSTOMER_COLUMNS " WHERE 1{email| AND ~c.email = :email}"},
    {"customer_get", "SELECT " CUSTOMER_COLUMNS " WHERE c.customer = :customer"},
    {"customer_by_email", "SELECT " CUSTOMER_COLUMNS " WHERE c.email = :email ORDER BY c.seq LIMIT 1"},
    {"customer_by_name", "SELECT " CUSTOMER_COLUMNS " WHERE c.name = :name AND c.address IS :address"
                         " AND c.email IS NULL ORDER BY c.seq LIMIT 1"},
    {"customer_orders",
     "SELECT o.order_ref AS \"order\", o.state, o.ordered_us AS \"ordered@time\" FROM orders o"
     " WHERE o.customer = :customer ORDER BY o.seq DESC LIMIT :limit"},
    {"order_list", "SELECT " ORDER_COLUMNS " WHERE 1{state| AND ~o.state = :state}"
                   "{customer| AND ~o.customer = :customer}"},
    {"order_get", "SELECT " ORDER_COLUMNS " WHERE o.order_ref = :order"},
    {"order_shipments", "SELECT " SHIPMENT_COLUMNS " WHERE s.order_ref = :order ORDER BY s.seq LIMIT 1000"},
    {"order_allocations",
     "SELECT unit, count FROM allocations WHERE order_ref = :order ORDER BY unit LIMIT 1000"},
    {"order_records",
     "SELECT r.record, r.state, r.product, r.count," CORRECTED(
         CORRECTIONS_OF("r.record")) " FROM records r WHERE r.order_ref = :order ORDER BY r.seq LIMIT 1000"},
    {"shipment_list", "SELECT " SHIPMENT_COLUMNS " WHERE 1{order| AND ~s.order_ref = :order}"},
    {"shipment_unit", "SELECT s.shipment, u.unit, u.count, u.returned FROM shipments s JOIN shipment_units u"
                      " USING (shipment) WHERE s.shipment = :shipment AND u.unit = :unit"},
    {"shipment_facts", "SELECT shipment, order_ref AS \"order\" FROM shipments WHERE shipment = :shipment"},
    // how many pieces of a unit or batch are in the house, and how many of those are set apart
    {"unit_stock",
     "SELECT u.unit, u.product, u.state, u.count,"
     " u.count - coalesce((SELECT sum(count - returned) FROM shipment_units s WHERE s.unit = u.unit), 0) AS in_house,"
     " coalesce((SELECT sum(count) FROM allocations a WHERE a.unit = u.unit), 0) AS set_apart,"
     " coalesce((SELECT sum(count) FROM allocations a WHERE a.unit = u.unit AND a.order_ref = :order), 0)"
     "  AS set_apart_here"
     " FROM units u WHERE u.unit = :unit"},
    {NULL, NULL},
};
