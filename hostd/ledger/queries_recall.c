// queries_recall: from a lot to everything that was made of it, and to whom it went; from anything to where it came from.
//
// A lot's descendants are found by a walk that remembers where it has been (UNION, not UNION ALL): it ends whatever the
// genealogy looks like, and has no depth limit. Ancestors are shown; what was made is followed from the lot and its
// descendants alone. CROSS JOIN holds SQLite to that order: left to itself it begins with all units, of which there are many.
#include "queries.h"

#include <stddef.h>

#include "corrected.h" // CORRECTED

#define DOWN                                                                                                 \
    "WITH RECURSIVE down (lot) AS (SELECT :lot UNION"                                                        \
    " SELECT p.child FROM lot_parents p JOIN down d ON p.parent = d.lot)"
#define UP                                                                                                   \
    "WITH RECURSIVE up (lot) AS (SELECT :lot UNION"                                                          \
    " SELECT p.parent FROM lot_parents p JOIN up u ON p.child = u.lot)"
#define RECORDS                                                                                              \
    DOWN ", recs (record) AS (SELECT DISTINCT jl.record FROM down CROSS JOIN job_lots jl USING (lot))"

#define STOCK_COLUMNS                                                                                        \
    "l.lot, l.origin, l.material, l.state, l.unit, l.base, l.quantity,"                                      \
    " l.received + l.adjusted - l.consumed - l.scrapped - l.parted AS on_hand_amount"

// What reached an order: units that left for it, units set apart for it, records that name it.
#define HITS                                                                                                 \
    RECORDS                                                                                                  \
    ", un (unit) AS (SELECT u.unit FROM recs CROSS JOIN units u USING (record)), hits AS ("                  \
    " SELECT s.order_ref, su.count - su.returned AS gone, su.returned AS back, 0 AS apart, 0 AS named"       \
    "  FROM un CROSS JOIN shipment_units su USING (unit) JOIN shipments s USING (shipment)"                  \
    " UNION ALL SELECT a.order_ref, 0, 0, a.count, 0 FROM un CROSS JOIN allocations a USING (unit)"          \
    " UNION ALL SELECT r.order_ref, 0, 0, 0, 1 FROM recs CROSS JOIN records r USING (record)"                \
    "  WHERE r.order_ref IS NOT NULL)"

// The recalled lot, or the lot of an open recall, that the records of some rows were made of; +lot: SQLite walks up only where there is
// an open recall at all.
#define KEEPS_BACK(table, which)                                                                             \
    "SELECT l.lot FROM " table " x JOIN job_lots jl USING (record) JOIN lots l USING (lot)"                  \
    " WHERE " which " AND l.state = 'recalled'"                                                              \
    " UNION ALL SELECT r.lot FROM recalls r WHERE r.kind = 'real' AND r.state = 'open' AND +r.lot IN ("      \
    "  WITH RECURSIVE up (lot) AS (SELECT jl.lot FROM " table " x JOIN job_lots jl USING (record)"           \
    "   WHERE " which " UNION SELECT p.parent FROM lot_parents p JOIN up ON p.child = up.lot)"               \
    "  SELECT lot FROM up) LIMIT 1"

const struct ledger_named_query queries_recall[] = {
    {"recall_down", DOWN " SELECT " STOCK_COLUMNS
                         " FROM down CROSS JOIN lots l USING (lot) WHERE l.lot <> :lot ORDER BY l.seq"},
    {"recall_up",
     UP " SELECT " STOCK_COLUMNS " FROM up JOIN lots l USING (lot) WHERE l.lot <> :lot ORDER BY l.seq"},
    {"recall_stock",
     DOWN " SELECT " STOCK_COLUMNS " FROM down CROSS JOIN lots l USING (lot)"
          " WHERE l.received + l.adjusted - l.consumed - l.scrapped - l.parted > 0 ORDER BY l.seq"},
    // `outside`: what came into the family from lots that are not of it
    {"recall_balance", DOWN
     " SELECT sum(CASE l.origin WHEN 'received' THEN l.received ELSE 0 END)"
     " + coalesce((SELECT sum(p.amount) FROM lot_parents p WHERE p.child IN (SELECT lot FROM down)"
     "    AND p.parent NOT IN (SELECT lot FROM down)), 0) AS received,"
     " sum(l.adjusted - l.counted) AS adjusted, sum(l.consumed) AS consumed, sum(l.scrapped) AS scrapped,"
     " sum(l.received + l.adjusted - l.consumed - l.scrapped - l.parted) AS on_hand, -sum(l.counted) AS unaccounted,"
     " (SELECT count(*) FROM job_lots jl WHERE jl.lot IN (SELECT lot FROM down) AND jl.amount IS NULL) AS unknown_jobs"
     " FROM down CROSS JOIN lots l USING (lot)"},
    {"recall_jobs", DOWN
     " SELECT j.job, j.machine, j.serial_number, j.state, j.record, j.operator, jl.lot, jl.quantity, jl.basis,"
     " j.started_us AS \"started@time\", j.ended_us AS \"ended@time\"," CORRECTED(
         CORRECTIONS_OF_JOB) " FROM down CROSS JOIN job_lots jl USING (lot) JOIN jobs j USING (job) ORDER BY jl.seq"},
    {"recall_records", RECORDS
     " SELECT r.record, r.state, r.product, r.order_ref AS \"order\", r.count, r.good, r.scrapped," CORRECTED(
         CORRECTIONS_OF("r.record")) " FROM recs CROSS JOIN records r USING (record) ORDER BY r.seq"},
    {"recall_units", RECORDS
     " SELECT u.unit, u.product, u.record, u.count, u.state,"
     " u.count - coalesce((SELECT sum(count - returned) FROM shipment_units su WHERE su.unit = u.unit), 0)"
     "  AS in_house FROM recs CROSS JOIN units u USING (record) ORDER BY u.seq"},
    {"recall_orders",
     HITS " SELECT o.order_ref AS \"order\", o.state, o.customer, c.name, c.email, c.phone, c.address,"
          " sum(h.gone) AS pieces_out, sum(h.back) AS pieces_returned, sum(h.apart) AS pieces_set_apart,"
          " max(h.named) AS \"by_record@flag\", o.ordered_us AS \"ordered@time\","
          " (SELECT max(shipped_us) FROM shipments s WHERE s.order_ref = o.order_ref) AS \"shipped@time\""
          " FROM hits h CROSS JOIN orders o USING (order_ref) JOIN customers c USING (customer)"
          " GROUP BY o.order_ref ORDER BY o.customer, o.seq"},
    {"recall_orders_unknown",
     RECORDS " SELECT DISTINCT r.order_ref AS \"order\", r.record," CORRECTED(CORRECTIONS_OF(
         "r.record")) " FROM recs CROSS JOIN records r USING (record)"
                      " WHERE r.order_ref IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_ref = r.order_ref)"
                      " ORDER BY r.seq"},
    // cases
    {"recall_list",
     "SELECT r.recall, r.lot, r.kind, r.state, r.reason, r.opened_us AS \"opened@time\", r.opened_by,"
     " r.closed_us AS \"closed@time\", r.closed_by, r.conclusion FROM recalls r WHERE 1"
     "{lot| AND ~r.lot = :lot}{state| AND ~r.state = :state}"},
    {"recall_get",
     "SELECT r.recall, r.lot, r.kind, r.state, r.reason, r.opened_us AS \"opened@time\", r.opened_by,"
     " r.closed_us AS \"closed@time\", r.closed_by, r.conclusion FROM recalls r WHERE r.recall = :recall"},
    {"recall_progress",
     "SELECT x.order_ref AS \"order\", x.customer, c.name, c.email, c.phone, c.address, x.pieces,"
     " x.contacted_us AS \"contacted@time\", x.answered_us AS \"answered@time\", x.returned, x.destroyed"
     " FROM recall_orders x JOIN customers c USING (customer) WHERE x.recall = :recall ORDER BY x.customer, x.order_ref"},
    // the open recall that a lot is in: of itself, or of what it was cut or merged from
    {"recall_of_lot", UP " SELECT r.recall FROM up CROSS JOIN recalls r USING (lot)"
                         " WHERE r.kind = 'real' AND r.state = 'open' ORDER BY r.seq LIMIT 1"},
    // the lot that keeps a unit in the house
    {"recall_of_unit", KEEPS_BACK("units", "x.unit = :unit")},
    // the same for an order that is shipped without units: by the records that name it
    {"recall_of_order", KEEPS_BACK("records", "x.order_ref = :order")},
    // one step of the trace, forward (to what it became) and backward (to what it was made of)
    {"trace_from_lot", "SELECT 'lot' AS type, child AS id FROM lot_parents WHERE parent = :id"
                       " UNION SELECT 'job', job FROM job_lots WHERE lot = :id ORDER BY 1, 2"},
    {"trace_from_job",
     "SELECT 'record' AS type, record AS id FROM jobs WHERE job = :id AND record IS NOT NULL"},
    {"trace_from_record",
     "SELECT 'unit' AS type, unit AS id FROM units WHERE record = :id"
     " UNION SELECT 'order', order_ref FROM records WHERE record = :id AND order_ref IS NOT NULL ORDER BY 1, 2"},
    {"trace_from_unit",
     "SELECT 'order' AS type, s.order_ref AS id FROM shipment_units su JOIN shipments s USING (shipment) WHERE su.unit = :id"
     " UNION SELECT 'order', order_ref FROM allocations WHERE unit = :id ORDER BY 1, 2"},
    {"trace_from_order", "SELECT 'customer' AS type, customer AS id FROM orders WHERE order_ref = :id"},
    {"trace_to_order",
     "SELECT 'unit' AS type, su.unit AS id FROM shipment_units su JOIN shipments s USING (shipment) WHERE s.order_ref = :id"
     " UNION SELECT 'unit', unit FROM allocations WHERE order_ref = :id"
     " UNION SELECT 'record', record FROM records WHERE order_ref = :id ORDER BY 1, 2"},
    {"trace_to_unit", "SELECT 'record' AS type, record AS id FROM units WHERE unit = :id"},
    {"trace_to_record", "SELECT 'job' AS type, job AS id FROM jobs WHERE record = :id ORDER BY 2"},
    {"trace_to_job", "SELECT 'lot' AS type, lot AS id FROM job_lots WHERE job = :id ORDER BY 2"},
    {"trace_to_lot",
     "SELECT 'lot' AS type, parent AS id FROM lot_parents WHERE child = :id"
     " UNION SELECT 'supplier', supplier FROM lots WHERE lot = :id AND origin = 'received' ORDER BY 1, 2"},
    {"trace_to_customer",
     "SELECT 'order' AS type, order_ref AS id FROM orders WHERE customer = :id ORDER BY seq"},
    {"trace_from_supplier",
     "SELECT 'lot' AS type, lot AS id FROM lots WHERE supplier = :id AND origin = 'received'"
     " ORDER BY seq"},
    {"trace_what",
     "SELECT 'unit' AS type, unit AS id, 1 AS rank FROM units WHERE unit = :id"
     " UNION ALL SELECT 'lot', lot, 2 FROM lots WHERE lot = :id"
     " UNION ALL SELECT 'order', order_ref, 3 FROM orders WHERE order_ref = :id"
     " UNION ALL SELECT 'record', record, 4 FROM records WHERE record = :id"
     " UNION ALL SELECT 'job', job, 5 FROM jobs WHERE job = :id"
     " UNION ALL SELECT 'customer', customer, 6 FROM customers WHERE customer = :id"
     " UNION ALL SELECT 'supplier', supplier, 7 FROM suppliers WHERE supplier = :id ORDER BY rank LIMIT 1"},
    {"trace_label",
     "SELECT coalesce("
     " (SELECT m.name FROM lots l JOIN materials m USING (material) WHERE :type = 'lot' AND l.lot = :id),"
     " (SELECT coalesce(p.name, r.product) FROM records r LEFT JOIN products p USING (product)"
     "   WHERE :type = 'record' AND r.record = :id),"
     // on which machine, by whom
     " (SELECT j.machine || coalesce(' (' || j.serial_number || ')', '') || coalesce(', ' || j.operator, '') FROM jobs j"
     "   WHERE :type = 'job' AND j.job = :id),"
     " (SELECT coalesce(p.name, u.product) FROM units u LEFT JOIN products p USING (product)"
     "   WHERE :type = 'unit' AND u.unit = :id),"
     " (SELECT state FROM orders WHERE :type = 'order' AND order_ref = :id),"
     " (SELECT name FROM customers WHERE :type = 'customer' AND customer = :id),"
     " (SELECT name FROM suppliers WHERE :type = 'supplier' AND supplier = :id)) AS label,"
     " coalesce((SELECT state FROM lots WHERE :type = 'lot' AND lot = :id),"
     "  (SELECT state FROM jobs WHERE :type = 'job' AND job = :id)) AS state," CORRECTED(CORRECTIONS_OF(
         "CASE WHEN :type IN ('lot', 'record', 'job') THEN :id END, (SELECT rtrim(rtrim(lot, '0123456789'), '/')"
         " FROM lots WHERE :type = 'lot' AND lot = :id AND origin = 'split')") " AND (c.subject = :id OR c.field = 'supplier_lot')")},
    {NULL, NULL},
};
