// apply_note: notes, and corrections of what was entered wrongly.
#include "kinds.h"

#include <string.h>

#include "correctable.h" // ledger_correctables
#include "json.h"        // json_text

// What was cut off a lot came from the same supplier under the same number.
#define PIECES_TOO                                                                                           \
    "WITH RECURSIVE cut (lot) AS (SELECT :subject UNION SELECT p.child FROM cut"                             \
    " JOIN lot_parents p ON p.parent = cut.lot JOIN lots c ON c.lot = p.child WHERE c.origin = 'split')"     \
    " SELECT lot FROM cut"

const struct ledger_correctable ledger_correctables[] = {
    {"lot.received", "supplier_lot", "lot",
     "UPDATE lots SET supplier_lot = :value WHERE lot IN (" PIECES_TOO ")"},
    {"lot.received", "purchase_order", "lot", "UPDATE lots SET purchase_order = :value WHERE lot = :subject"},
    {"job.started", "operator", "job", "UPDATE jobs SET operator = :value WHERE job = :subject"},
    {"record.opened", "order", "record", "UPDATE records SET order_ref = :value WHERE record = :subject"},
    {"record.opened", "product", "record", "UPDATE records SET product = :value WHERE record = :subject"},
    {"note.added", "text", "note", "UPDATE notes SET text = :value WHERE note = :subject"},
    {NULL, NULL, NULL, NULL},
};

const struct ledger_correctable *ledger_correctable_find(const char *kind, const char *field) {
    for (const struct ledger_correctable *c = ledger_correctables; c->kind; c++)
        if (strcmp(c->kind, kind) == 0 && strcmp(c->field, field) == 0)
            return c;
    return NULL;
}

static bool correct_view(struct store *store, const struct event *event, struct lg_error *error) {
    const struct ledger_correctable *c =
        ledger_correctable_find(json_text(event->body, "of"), json_text(event->body, "field"));
    if (!c)
        return lg_fail(error, "bad_event", "", "The correction names a field that cannot be corrected.");
    struct kind_statement statement = {c->sql, false};
    return kind_execute(store, &statement, event, NULL, 0, error);
}

const struct event_kind kinds_note[] = {
    {.name = "note.added",
     .fields = {{"note", FIELD_TEXT, true},
                {"subject", FIELD_TEXT, true},
                {"text", FIELD_TEXT, true},
                {"photo", FIELD_TEXT, false}, // SHA-256 of a stored file
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO notes (seq, note, subject, text, photo, at_us, by)"
                     " VALUES (:seq, :note, :subject, :text, :photo, :time_us, coalesce(:by, :actor))",
                     false}},
     .subjects = {"subject", "note"},
     .number = "note"},
    {.name = "correction.made",
     .fields = {{"correction", FIELD_TEXT, true},
                {"event", FIELD_INTEGER, true}, // seq of the event that was wrong
                {"of", FIELD_TEXT, true},       // its kind
                {"subject", FIELD_TEXT, true},  // what it is about: the lot, job, record or note
                {"field", FIELD_TEXT, true},
                {"was", FIELD_TEXT, false},
                {"value", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, true},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO corrections (seq, correction, event, subject, field, was, value, reason, at_us, by)"
           " VALUES (:seq, :correction, :event, :subject, :field, :was, :value, :reason, :time_us,"
           "  coalesce(:by, :actor))",
           false}},
     .subjects = {"subject"},
     .number = "correction",
     .apply = correct_view},
    {.name = NULL},
};
