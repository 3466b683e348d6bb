// queries_product: products, what goes into them, and what was made.
#include "queries.h"

#include <stddef.h>

#include "corrected.h" // CORRECTED

#define PRODUCT_COLUMNS                                                                                      \
    "p.product, p.name, p.pattern, p.added_us AS \"added@time\","                                            \
    " (SELECT json_group_array(json_object('material', material, 'quantity', quantity)) FROM"                \
    "   (SELECT * FROM bom b WHERE b.product = p.product ORDER BY material)) AS \"bom@json\""                \
    " FROM products p"

#define UNIT_COLUMNS                                                                                         \
    "u.unit, u.product, p.name AS product_name, u.record, u.count, u.state, u.reason,"                       \
    " u.made_us AS \"made@time\", u.made_by FROM units u LEFT JOIN products p USING (product)"

const struct ledger_named_query queries_product[] = {
    {"product_list", "SELECT " PRODUCT_COLUMNS " WHERE 1"},
    {"product_get", "SELECT " PRODUCT_COLUMNS " WHERE p.product = :product"},
    {"unit_list",
     "SELECT " UNIT_COLUMNS " WHERE 1{record| AND ~u.record = :record}{product| AND ~u.product = :product}"},
    {"unit_get", "SELECT " UNIT_COLUMNS " WHERE u.unit = :unit"},
    {"unit_shipments",
     "SELECT s.shipment, s.order_ref AS \"order\", o.customer, c.name AS customer_name, su.count, su.returned,"
     " s.shipped_us AS \"shipped@time\" FROM shipment_units su JOIN shipments s USING (shipment)"
     " JOIN orders o USING (order_ref) JOIN customers c USING (customer) WHERE su.unit = :unit ORDER BY s.seq LIMIT 1000"},
    {"unit_allocations", "SELECT a.order_ref AS \"order\", o.customer, a.count FROM allocations a"
                         " JOIN orders o USING (order_ref) WHERE a.unit = :unit ORDER BY a.seq LIMIT 1000"},
    // the lots that a record took, with what of each
    {"record_lots",
     "SELECT jl.lot, l.material, m.name AS material_name, l.supplier, l.supplier_lot, l.heat, jl.job, jl.quantity,"
     " jl.amount, jl.base, jl.basis," CORRECTED(
         CORRECTIONS_OF_JOB_LOT) " FROM job_lots jl JOIN lots l USING (lot) JOIN materials m USING (material)"
                                 " WHERE jl.record = :record ORDER BY jl.seq LIMIT 1000"},
    // materials of the product's bill that no lot of the record is of, and that nobody has answered for
    {"record_missing",
     "SELECT b.material FROM bom b WHERE b.product = :product"
     " AND NOT EXISTS (SELECT 1 FROM job_lots jl JOIN lots l USING (lot)"
     "  WHERE jl.record = :record AND l.material = b.material)"
     " AND NOT EXISTS (SELECT 1 FROM record_deviations d WHERE d.record = :record AND d.material = b.material)"
     " ORDER BY b.material LIMIT 1000"},
    {"record_deviations", "SELECT material, reason, by, at_us AS \"at@time\" FROM record_deviations"
                          " WHERE record = :record ORDER BY seq LIMIT 1000"},
    {"record_units", "SELECT " UNIT_COLUMNS " WHERE u.record = :record ORDER BY u.seq LIMIT 1000"},
    {NULL, NULL},
};
