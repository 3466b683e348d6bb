// queries_custody: pieces and their parents, stock changes, what each job took.
#include "queries.h"

#include <stddef.h>

const struct ledger_named_query queries_custody[] = {
    {"job_lot",
     "SELECT job, lot, record, quantity, amount, base, basis FROM job_lots WHERE job = :job AND lot = :lot"},
    {"job_lots_open",
     "SELECT jl.lot, l.unit, l.base, l.received + l.adjusted - l.consumed - l.scrapped - l.parted AS left,"
     " m.thickness_um, m.density_mg_cm3 FROM job_lots jl JOIN lots l USING (lot)"
     " JOIN materials m USING (material) WHERE jl.job = :job AND jl.amount IS NULL ORDER BY jl.seq"},
    {"lot_pieces", "SELECT p.child AS lot, l.quantity, l.state, l.mark, p.seq FROM lot_parents p"
                   " JOIN lots l ON l.lot = p.child WHERE p.parent = :lot ORDER BY p.seq LIMIT 1000"},
    {"lot_parents", "SELECT p.parent AS lot, l.material, l.state, p.amount FROM lot_parents p"
                    " JOIN lots l ON l.lot = p.parent WHERE p.child = :lot ORDER BY p.parent LIMIT 1000"},
    {"lot_changes", "SELECT kind, quantity, reason, job, at_us AS \"at@time\", by FROM lot_changes"
                    " WHERE lot = :lot ORDER BY seq LIMIT 1000"},
    {NULL, NULL},
};
