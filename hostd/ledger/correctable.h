// correctable: which fields of which events a correction may replace in the views.
//
// Whatever else was entered wrongly is mended by an act of its own (an inspection, a quarantine, a note).
#ifndef LOTGATE_LEDGER_CORRECTABLE_H
#define LOTGATE_LEDGER_CORRECTABLE_H

struct ledger_correctable {
    const char *kind, *field; // of the event
    const char *key;          // member of the event's body that names the lot, job, record or note
    const char *sql;          // puts :value in the view of :subject
};

extern const struct ledger_correctable ledger_correctables[]; // ends with a NULL kind
const struct ledger_correctable *ledger_correctable_find(const char *kind, const char *field);

#endif
