// queries: see queries.h.
#include "queries.h"

#include <stddef.h>
#include <string.h>

#include "corrected.h" // CORRECTED
#include "ledger.h"    // LEDGER_ROWS_MAX

// --- pieces ---------------------------------------------------------------------------------------------

#define ON_HAND "(l.received + l.adjusted - l.consumed - l.scrapped - l.parted)"

#define LOT_COLUMNS                                                                                                                                \
    "l.lot, l.origin, l.material, m.name AS material_name, l.supplier, s.name AS supplier_name, l.supplier_lot, l.heat,"                           \
    " l.cert_heat, l.match, l.state, l.state_reason AS reason, l.state_by, l.state_us AS \"state_since@time\","                                    \
    " l.mark, l.quantity, l.unit, l.base, l.received AS received_amount, l.consumed AS consumed_amount,"                                           \
    " l.scrapped AS scrapped_amount, l.parted AS parted_amount, l.adjusted AS adjusted_amount, " ON_HAND                                           \
    " AS on_hand_amount,"                                                                                                                          \
    " l.purchase_order, l.cost_cents, l.currency, l.expires_us AS \"expires@time\", l.received_us AS \"received@time\", l.received_by," CORRECTED( \
        CORRECTIONS_OF_LOT) " FROM lots l JOIN materials m USING (material) LEFT JOIN suppliers s USING (supplier)"

#define JOB_LOTS                                                                                             \
    "(SELECT json_group_array(json_object('lot', lot, 'quantity', quantity, 'material', material)) FROM"     \
    " (SELECT jl.lot, jl.quantity, l.material FROM job_lots jl JOIN lots l USING (lot)"                      \
    "  WHERE jl.job = j.job ORDER BY jl.seq)) AS \"lots@json\""

#define DOCUMENT_OBJECT                                                                                      \
    "json_object('document', document, 'kind', kind, 'name', name, 'sha256', sha256, 'size', size,"          \
    " 'issuer', issuer, 'scope', scope)"

// Lots with where they came from and what vouches for them.
#define JOB_LOTS_IN_FULL                                                                                                                   \
    "(SELECT json_group_array(json_object('lot', lot, 'quantity', quantity, 'material', material,"                                         \
    "  'material_name', material_name, 'grade', grade, 'supplier', supplier, 'supplier_name', supplier_name,"                              \
    "  'supplier_lot', supplier_lot, 'heat', heat, 'cert_heat', cert_heat, 'state', state,"                                                \
    "  'corrected', json(corrected), 'documents', json(documents))) FROM"                                                                  \
    " (SELECT jl.lot, jl.quantity, l.material, m.name AS material_name, m.grade, l.supplier,"                                              \
    "   s.name AS supplier_name, l.supplier_lot, l.heat, l.cert_heat, l.state," CORRECTED_AS(                                              \
        CORRECTIONS_OF_LOT,                                                                                                                \
        "corrected") ","                                                                                                                   \
                     "   (SELECT json_group_array(" DOCUMENT_OBJECT ") FROM (SELECT * FROM documents d"                                    \
                     "     WHERE d.lot = l.lot OR d.material = l.material ORDER BY d.seq)) AS documents"                                   \
                     "  FROM job_lots jl JOIN lots l USING (lot) JOIN materials m USING (material) LEFT JOIN suppliers s USING (supplier)" \
                     "  WHERE jl.job = j.job ORDER BY jl.seq)) AS \"lots@json\""

#define JOB_COLUMNS(lots)                                                                                          \
    "j.job, j.machine, j.serial_number, " lots ", j.operator, o.name AS operator_name, j.record,"                  \
    " r.order_ref AS \"order\", r.product, r.count, j.state, j.reason, j.lines, j.bytes, j.sha256,"                \
    " j.started_us AS \"started@time\", j.ended_us AS \"ended@time\", j.held_us AS \"held@time\", j.line,"         \
    " j.declaration, j.rapid_um, j.feed_um, j.work_um, j.work_us, j.s_min_milli, j.s_max_milli, j.arcs, j.errors," \
    " j.pauses, j.overrides, j.replaced, j.box AS \"box@json\", j.work_box AS \"work_box@json\","                  \
    " (j.path IS NOT NULL) AS \"has_path@flag\"," CORRECTED(                                                       \
        CORRECTIONS_OF_JOB) " FROM jobs j LEFT JOIN records r USING (record) LEFT JOIN operators o USING (operator)"

#define DECLARATION_COLUMNS                                                                                  \
    "d.declaration, d.machine, d.mode, d.state,"                                                             \
    " (SELECT json_group_array(json_object('lot', lot, 'quantity', quantity)) FROM (SELECT lot, quantity"    \
    "   FROM declaration_lots dl WHERE dl.declaration = d.declaration ORDER BY position)) AS \"lots@json\"," \
    " d.operator, o.name AS operator_name, d.order_ref AS \"order\", d.product, d.count, d.record,"          \
    " d.made_us AS \"made@time\", d.made_by, d.closed_us AS \"closed@time\", d.closed_by, d.reason"          \
    " FROM declarations d LEFT JOIN operators o USING (operator)"

#define MACHINE_FACTS                                                                                        \
    "m.machine, m.name, m.board, m.kind, m.serial_number, m.identity, m.usb_path, m.serial, m.firmware,"     \
    " m.seen_usb_path, m.seen_serial, m.seen_firmware"

#define MACHINE_COLUMNS                                                                                          \
    MACHINE_FACTS                                                                                                \
    ", m.seen_us AS \"seen@time\", m.confirmed_by,"                                                              \
    " m.registered_us AS \"registered@time\","                                                                   \
    " (SELECT declaration FROM declarations d WHERE d.machine = m.machine AND d.state = 'open') AS declaration," \
    " (SELECT job FROM jobs j WHERE j.machine = m.machine AND j.state = 'running') AS running_job,"              \
    " (SELECT job FROM jobs j WHERE j.machine = m.machine AND j.state = 'held') AS held_job"                     \
    " FROM machines m"

#define EVENT_LIST_COLUMNS                                                                                   \
    "e.seq, e.time_us AS \"time@time\", e.kind, e.actor, e.body AS \"body@json\", lower(hex(e.hash)) AS hash"

// --- the table ------------------------------------------------------------------------------------------

static const struct ledger_named_query base[] = {
    // people and materials
    {"supplier_list", "SELECT s.supplier, s.name, s.email, s.phone, s.address, s.added_us AS \"added@time\","
                      " coalesce(n.received, 0) AS lots, coalesce(n.rejected, 0) AS rejected"
                      " FROM suppliers s LEFT JOIN supplier_lots n USING (supplier)"
                      " WHERE 1{supplier| AND ~s.supplier = :supplier}"},
    {"material_list",
     "SELECT material, name, form, grade, thickness_um, diameter_um, density_mg_cm3,"
     " requires AS \"requires@json\", hazards AS \"hazards@json\", added_us AS \"added@time\" FROM materials"
     " m WHERE 1{material| AND ~m.material = :material}{form| AND ~m.form = :form}"},
    {"operator_list",
     "SELECT operator, name, badge, role, pin IS NOT NULL AS \"has_pin@flag\", added_us AS \"added@time\" FROM operators"
     " o WHERE 1{role| AND ~o.role = :role}"},
    {"operator_find", "SELECT operator, name, badge FROM operators WHERE operator = :code"
                      " UNION ALL SELECT operator, name, badge FROM operators WHERE badge = :code LIMIT 1"},

    // lots
    {"lot_list",
     "SELECT " LOT_COLUMNS " WHERE 1{state| AND ~l.state = :state}{material| AND ~l.material = :material}"
     "{supplier| AND ~l.supplier = :supplier}"},
    {"lot_get", "SELECT " LOT_COLUMNS " WHERE l.lot = :lot"},
    {"lot_facts",
     "SELECT l.lot, l.origin, l.material, l.supplier, l.heat, l.cert_heat, l.match, l.state, l.state_reason AS reason,"
     " l.mark, l.quantity, l.unit, l.base, l.received AS amount, " ON_HAND " AS left, l.expires_us,"
     " (SELECT requires IS NOT NULL FROM materials m WHERE m.material = l.material) AS \"needs_documents@flag\""
     " FROM lots l WHERE l.lot = :lot"},
    {"lot_jobs",
     "SELECT j.job, j.machine, j.serial_number, j.record, j.state, j.operator, jl.quantity,"
     " j.started_us AS \"started@time\", j.ended_us AS \"ended@time\"," CORRECTED(
         CORRECTIONS_OF_JOB) " FROM job_lots jl JOIN jobs j USING (job) WHERE jl.lot = :lot"
                             "{after| AND jl.seq < (SELECT seq FROM job_lots WHERE lot = :lot AND job = :after)}"
                             " ORDER BY jl.seq DESC LIMIT :limit"},

    // machines
    {"machine_list", "SELECT " MACHINE_COLUMNS " WHERE 1{kind| AND ~m.kind = :kind}"},
    {"machine_facts", "SELECT " MACHINE_FACTS " FROM machines m WHERE m.machine = :machine"},
    {"machine_get", "SELECT " MACHINE_COLUMNS " WHERE m.machine = :machine"},

    // The hook that a machine showed last, and whether a person has confirmed the machine since.
    {"hook_last",
     "SELECT json_extract(e.body, '$.serial_number') AS serial_number,"
     " json_extract(e.body, '$.firmware') AS firmware, json_extract(e.body, '$.changed') AS changed,"
     " EXISTS (SELECT 1 FROM event_subjects cx JOIN events c USING (seq) WHERE cx.subject = :machine"
     "  AND c.seq > e.seq AND c.kind = 'machine.confirmed') AS confirmed"
     " FROM event_subjects x JOIN events e USING (seq)"
     " WHERE x.subject = :machine AND e.kind = 'machine.hook_seen' ORDER BY e.seq DESC LIMIT 1"},

    // What the hook's own count was when it was last written down. Another hook, or another firmware, counts anew.
    {"hook_blocked_total",
     "SELECT json_extract(e.body, '$.total') AS total FROM event_subjects x JOIN events e USING (seq)"
     " WHERE x.subject = :machine AND e.kind = 'machine.blocked'"
     " AND e.seq > coalesce((SELECT max(hx.seq) FROM event_subjects hx JOIN events h USING (seq)"
     "  WHERE hx.subject = :machine AND h.kind = 'machine.hook_seen'), 0)"
     " ORDER BY e.seq DESC LIMIT 1"},

    // declarations
    {"declaration_list", "SELECT " DECLARATION_COLUMNS
                         " WHERE 1{machine| AND ~d.machine = :machine}{state| AND ~d.state = :state}"},
    {"declaration_get", "SELECT " DECLARATION_COLUMNS " WHERE d.declaration = :declaration"},
    {"declaration_open", "SELECT declaration FROM declarations WHERE machine = :machine AND state = 'open'"},
    {"declaration_lots",
     "SELECT lot, quantity, amount, base FROM declaration_lots WHERE declaration = :declaration"
     " ORDER BY position"},
    {"declarations_open",
     "SELECT declaration, machine FROM declarations WHERE state = 'open' ORDER BY machine LIMIT 1000"},

    // jobs and records
    {"job_list",
     "SELECT " JOB_COLUMNS(
         JOB_LOTS) " WHERE 1{machine| AND ~j.machine = :machine}{state| AND ~j.state = :state}"
                   "{from| AND j.at_us >= :from}{to| AND j.at_us < :to}{record| AND ~j.record = :record}"
                   "{lot| AND j.job IN (SELECT job FROM job_lots WHERE lot = :lot)}"},
    {"job_get", "SELECT " JOB_COLUMNS(JOB_LOTS_IN_FULL) " WHERE j.job = :job"},
    {"job_path",
     "SELECT path, box AS \"box@json\", work_box AS \"work_box@json\" FROM jobs WHERE job = :job"},
    {"job_facts", "SELECT job, machine, state, record, declaration FROM jobs WHERE job = :job"},
    // Two statements with the state written out: with `state = :state` the partial indexes are only found by SQLite's
    // compiling the statement anew for each value.
    {"job_running", "SELECT job, state, record FROM jobs WHERE machine = :machine AND state = 'running'"},
    {"job_held", "SELECT job, state, record FROM jobs WHERE machine = :machine AND state = 'held'"},
    {"jobs_open", "SELECT job, state FROM jobs WHERE state IN ('held', 'running') ORDER BY seq LIMIT 1000"},
    {"record_list",
     "SELECT r.record, r.state, r.order_ref AS \"order\", r.product, r.count,"
     " r.opened_us AS \"opened@time\", r.closed_us AS \"closed@time\", r.closed_by,"
     " (SELECT json_group_array(job) FROM (SELECT job FROM jobs j WHERE j.record = r.record"
     "   ORDER BY j.seq)) AS \"jobs@json\"," CORRECTED(CORRECTIONS_OF(
         "r.record")) " FROM records r WHERE 1{state| AND ~r.state = :state}{product| AND ~r.product = :product}"
                      "{order| AND ~r.order_ref = :order}"},
    {"record_get",
     "SELECT r.record, r.state, r.order_ref AS \"order\", r.product, r.count, r.good, r.scrapped,"
     " r.opened_us AS \"opened@time\", r.closed_us AS \"closed@time\", r.closed_by," CORRECTED(
         CORRECTIONS_OF("r.record")) " FROM records r WHERE r.record = :record"},
    {"record_jobs",
     "SELECT " JOB_COLUMNS(JOB_LOTS_IN_FULL) " WHERE j.record = :record ORDER BY j.seq LIMIT 1000"},

    // notes, corrections, events
    {"note_list", "SELECT n.note, n.subject, n.text, n.photo, n.at_us AS \"at@time\", n.by," CORRECTED(
                      CORRECTIONS_OF("n.note")) " FROM notes n WHERE 1{subject| AND ~n.subject = :subject}"},
    {"correction_list",
     "SELECT correction, event, subject, field, was, value, reason, at_us AS \"at@time\", by"
     " FROM corrections WHERE subject = :subject ORDER BY seq LIMIT 1000"},
    {"correction_log",
     "SELECT c.correction, c.event, c.subject, c.field, c.was, c.value, c.reason, c.at_us AS \"at@time\", c.by"
     " FROM corrections c WHERE 1{subject| AND ~c.subject = :subject}"},
    {"correction_last",
     "SELECT value FROM corrections WHERE subject = :subject AND event = :event AND field = :field"
     " ORDER BY seq DESC LIMIT 1"},
    {"event_list", "SELECT " EVENT_LIST_COLUMNS " FROM events e WHERE 1{kind| AND ~e.kind = :kind}"},
    {"event_get", "SELECT " EVENT_LIST_COLUMNS " FROM events e WHERE e.seq = :seq"},
    {"subject_events", "SELECT " EVENT_LIST_COLUMNS " FROM event_subjects x JOIN events e USING (seq)"
                       " WHERE x.subject = :subject ORDER BY x.seq DESC LIMIT :limit"},

    // the ledger itself
    {"ledger_head",
     "SELECT seq, lower(hex(hash)) AS hash, time_us AS \"time@time\", seq AS events FROM events"
     " ORDER BY seq DESC LIMIT 1"},
    {"checkpoint_last",
     "SELECT seq, head, hash, signature, public_key, at_us AS \"time@time\" FROM checkpoints"
     " ORDER BY seq DESC LIMIT 1"},

    // what a scanned or typed code is; where two things share it, the first of this order
    {"lookup", "SELECT 'lot' AS type, lot AS id, 1 AS rank FROM lots WHERE lot = :code"
               " UNION ALL SELECT 'operator', operator, 2 FROM operators WHERE badge = :code"
               " UNION ALL SELECT 'operator', operator, 3 FROM operators WHERE operator = :code"
               " UNION ALL SELECT 'machine', machine, 4 FROM machines WHERE machine = :code"
               " UNION ALL SELECT 'machine', machine, 5 FROM machines WHERE serial_number = :code"
               " UNION ALL SELECT 'record', record, 6 FROM records WHERE record = :code"
               " UNION ALL SELECT 'job', job, 7 FROM jobs WHERE job = :code"
               " UNION ALL SELECT 'material', material, 8 FROM materials WHERE material = :code"
               " UNION ALL SELECT 'supplier', supplier, 9 FROM suppliers WHERE supplier = :code"
               " ORDER BY rank LIMIT 1"},
    {NULL, NULL},
};

const struct ledger_query_family ledger_queries[] = {
    {base, LEDGER_ROWS_MAX},
    {queries_custody, LEDGER_ROWS_MAX},
    {queries_recall, LEDGER_RECALL_MAX},
    {queries_quality, LEDGER_ROWS_MAX},
    {queries_receiving, LEDGER_ROWS_MAX},
    {queries_product, LEDGER_ROWS_MAX},
    {queries_order, LEDGER_ROWS_MAX},
    {NULL, 0},
};

const struct ledger_named_query *ledger_query_find(const char *name, int *most) {
    for (const struct ledger_query_family *family = ledger_queries; family->queries; family++)
        for (const struct ledger_named_query *q = family->queries; q->name; q++)
            if (*q->name == *name && strcmp(q->name, name) == 0) {
                *most = family->most;
                return q;
            }
    return NULL;
}
