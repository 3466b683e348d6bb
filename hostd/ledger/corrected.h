// corrected: a column of a named query that says what of its row was corrected: from what, when, by whom, why.
//
// A row shows what holds now; {corrected} is NULL, or a list of {correction, subject, field, was, value, reason, at, by},
// oldest first. Wherever a query shows a field that can be corrected (apply_note.c, and what a job took of a lot), it has
// this column too.
#ifndef LOTGATE_LEDGER_CORRECTED_H
#define LOTGATE_LEDGER_CORRECTED_H

// Of the things whose numbers stand in `subjects`.
#define CORRECTIONS_OF(subjects)                                                                             \
    "SELECT c.seq AS seq, c.correction AS correction, c.subject AS subject, c.field AS field, c.was AS was," \
    " c.value AS value, c.reason AS reason, c.at_us AS at_us, c.by AS by FROM corrections c"                 \
    " WHERE c.subject IN (" subjects ")"

// Of what jobs took: k is the row of job_lots, whose seq is the event by which the job took of the lot first.
#define CORRECTED_QUANTITIES(condition)                                                                      \
    "SELECT e.seq, NULL, k.lot, 'quantity', coalesce("                                                       \
    "(SELECT json_extract(p.body, '$.quantity') FROM event_subjects y JOIN events p USING (seq)"             \
    "  WHERE y.subject = k.job AND y.seq < e.seq AND p.kind IN ('lot.metered', 'lot.consumption_corrected')" \
    "  AND json_extract(p.body, '$.lot') = k.lot ORDER BY y.seq DESC LIMIT 1),"                              \
    " (SELECT json_extract(p.body, '$.quantity') FROM events p WHERE p.seq = k.seq)),"                       \
    " json_extract(e.body, '$.quantity'), json_extract(e.body, '$.reason'), e.time_us,"                      \
    " coalesce(json_extract(e.body, '$.by'), e.actor)"                                                       \
    " FROM job_lots k CROSS JOIN event_subjects x ON x.subject = k.job CROSS JOIN events e ON e.seq = x.seq" \
    " WHERE k.basis = 'corrected' AND " condition                                                            \
    " AND e.kind = 'lot.consumption_corrected' AND json_extract(e.body, '$.lot') = k.lot"

// A piece shows its lot's supplier's number (l: the row of lots); pieces are numbered <lot>/<n>.
#define CORRECTIONS_OF_LOT                                                                                   \
    CORRECTIONS_OF("l.lot, CASE l.origin WHEN 'split' THEN rtrim(rtrim(l.lot, '0123456789'), '/') END")      \
    " AND (c.subject = l.lot OR c.field = 'supplier_lot')"
// A job shows its record's order and product, and what it took (j: the row of jobs).
#define CORRECTIONS_OF_JOB                                                                                   \
    CORRECTIONS_OF("j.job, j.record") " UNION ALL " CORRECTED_QUANTITIES("k.job = j.job")
// A job's lot (jl: the row of job_lots, l: of lots).
#define CORRECTIONS_OF_JOB_LOT                                                                               \
    CORRECTIONS_OF_LOT " UNION ALL " CORRECTED_QUANTITIES("k.job = jl.job AND k.lot = jl.lot")

#define CORRECTED_AS(rows, name)                                                                               \
    "(SELECT CASE WHEN count(*) THEN json_group_array(json_object('correction', correction,"                   \
    " 'subject', subject, 'field', field, 'was', was, 'value', value, 'reason', reason,"                       \
    " 'at', strftime('%Y-%m-%dT%H:%M:%S', at_us / 1000000, 'unixepoch') || printf('.%06dZ', at_us % 1000000)," \
    " 'by', by)) END FROM (" rows " ORDER BY seq)) AS " name
#define CORRECTED(rows) CORRECTED_AS(rows, "\"corrected@json\"")

#endif
