// kinds: every kind of event: what its body must hold, and what it does to the tables.
//
// One table per family stands in an apply_*.c. Most kinds are a list of statements whose parameters are named
// like the body's members; a few add a function. Applying depends on nothing but the event and the tables, so
// that the tables can always be made anew.
#ifndef LOTGATE_LEDGER_KINDS_H
#define LOTGATE_LEDGER_KINDS_H

#include "store.h"

#define KIND_FIELDS_MAX     32
#define KIND_STATEMENTS_MAX 4
#define KIND_SUBJECTS_MAX   4

enum field_type { FIELD_END, FIELD_TEXT, FIELD_INTEGER, FIELD_FLAG, FIELD_LIST };

struct kind_field {
    const char *name;
    enum field_type type;
    bool required;
};

struct kind_statement {
    const char *sql; // parameters: members of the body, and :seq :time_us :actor
    bool may_miss;   // otherwise it must change at least one row, or the event is refused
};

struct event {
    int64_t seq, time_us;
    const char *site, *kind, *actor;
    const cJSON *body;
};

struct event_kind {
    const char *name;
    struct kind_field fields[KIND_FIELDS_MAX];
    struct kind_statement statements[KIND_STATEMENTS_MAX];
    // Members that name what the event is about: the event is listed with that lot, job, record or machine.
    const char *subjects[KIND_SUBJECTS_MAX];
    const char *number; // member that carries a number of a sequence, which is thereby used up
    bool (*apply)(struct store *store, const struct event *event,
                  struct lg_error *error); // after the statements
};

const struct event_kind *kind_find(const char *name); // NULL when there is none

// Checks the body's shape (code bad_event) and applies the event.
bool kind_check(const struct event_kind *kind, const cJSON *body, struct lg_error *error);
bool kind_apply(struct store *store, const struct event_kind *kind, const struct event *event,
                struct lg_error *error);

// Runs one statement with parameters from `item` (may be NULL), then the body, then the event itself. :position
// is `position`.
bool kind_execute(struct store *store, const struct kind_statement *statement, const struct event *event,
                  const cJSON *item, int64_t position, struct lg_error *error);

// The families; each ends with a NULL name.
extern const struct event_kind kinds_people[], kinds_lot[], kinds_machine[], kinds_declaration[], kinds_job[],
    kinds_record[], kinds_note[], kinds_ledger[], kinds_custody[], kinds_product[], kinds_order[],
    kinds_quality[];

#endif
