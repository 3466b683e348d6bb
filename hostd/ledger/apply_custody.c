// apply_custody: what becomes of a lot after its receipt: pieces and their marks, stock changes, consumption put right.
#include "kinds.h"

#include "json.h" // json_get

static bool join(struct store *store, const struct event *event, struct lg_error *error) {
    static const struct kind_statement link = {
        "INSERT INTO lot_parents (seq, child, parent, amount) VALUES (:seq, :lot, :parent, :amount)", false};
    static const struct kind_statement take = {"UPDATE lots SET parted = parted + :amount WHERE lot = :parent"
                                               " AND material = (SELECT material FROM lots WHERE lot = :lot)",
                                               false};
    int64_t position = 0;
    const cJSON *parent;
    cJSON_ArrayForEach(parent, json_get(event->body, "parents")) {
        if (!kind_execute(store, &link, event, parent, ++position, error) ||
            !kind_execute(store, &take, event, parent, position, error))
            return false;
    }
    return position > 0 || lg_fail(error, "bad_event", "", "A merge joins nothing.");
}

// What a job took of a lot is replaced, not added to.
#define CONSUMPTION(basis)                                                                                   \
    {"UPDATE lots SET consumed = consumed + :amount"                                                         \
     "  - coalesce((SELECT amount FROM job_lots WHERE job = :job AND lot = :lot), 0) WHERE lot = :lot",      \
     false},                                                                                                 \
    {                                                                                                        \
        "UPDATE job_lots SET quantity = :quantity, amount = :amount, base = :base, basis = '" basis          \
        "' WHERE job = :job AND lot = :lot",                                                                 \
            false                                                                                            \
    }
#define CONSUMPTION_FIELDS                                                                                   \
    {"job", FIELD_TEXT, true}, {"lot", FIELD_TEXT, true}, {"quantity", FIELD_TEXT, true},                    \
        {"amount", FIELD_INTEGER, true}, {                                                                   \
        "base", FIELD_TEXT, true                                                                             \
    }
#define CHANGE(kind)                                                                                         \
    {                                                                                                        \
        "INSERT INTO lot_changes (seq, lot, kind, quantity, amount, reason, job, at_us, by)"                 \
        " VALUES (:seq, :lot, '" kind                                                                        \
        "', :quantity, :amount, :reason, :job, :time_us, coalesce(:by, :actor))",                            \
            false                                                                                            \
    }
#define CHANGE_FIELDS                                                                                        \
    {"lot", FIELD_TEXT, true}, {"quantity", FIELD_TEXT, true}, {"amount", FIELD_INTEGER, true},              \
        {"reason", FIELD_TEXT, true}, {"job", FIELD_TEXT, false}, {                                          \
        "by", FIELD_TEXT, false                                                                              \
    }

const struct event_kind kinds_custody[] = {
    // One piece. It is of its parent's material and state, and carries its parent's heat number and certificate.
    {.name = "lot.split",
     .fields = {{"lot", FIELD_TEXT, true}, // the piece
                {"parent", FIELD_TEXT, true},
                {"quantity", FIELD_TEXT, true},
                {"unit", FIELD_TEXT, true},
                {"amount", FIELD_INTEGER, true},
                {"base", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO lots (seq, lot, origin, material, supplier, supplier_lot, heat, cert_heat, match, state,"
           "  state_us, state_by, state_reason, mark, quantity, unit, base, received, expires_us, received_us,"
           "  received_by)"
           " SELECT :seq, :lot, 'split', material, supplier, supplier_lot, heat, cert_heat, match, state,"
           "  :time_us, coalesce(:by, :actor), state_reason, 'unmarked', :quantity, :unit, :base, :amount,"
           "  expires_us, :time_us, coalesce(:by, :actor) FROM lots WHERE lot = :parent AND base = :base",
           false},
          {"INSERT INTO lot_parents (seq, child, parent, amount) VALUES (:seq, :lot, :parent, :amount)",
           false},
          {"UPDATE lots SET parted = parted + :amount WHERE lot = :parent", false}},
     .subjects = {"lot", "parent"},
     .number = "lot"},
    {.name = "lot.merged",
     .fields = {{"lot", FIELD_TEXT, true},
                {"parents", FIELD_LIST, true}, // {parent, quantity, amount}
                {"material", FIELD_TEXT, true},
                {"quantity", FIELD_TEXT, true},
                {"unit", FIELD_TEXT, true},
                {"amount", FIELD_INTEGER, true},
                {"base", FIELD_TEXT, true},
                {"expires_us", FIELD_INTEGER, false}, // the earliest of the parents'
                {"reason", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO lots (seq, lot, origin, material, match, state, state_us, state_by, mark, quantity,"
           "  unit, base, received, expires_us, received_us, received_by)"
           " VALUES (:seq, :lot, 'merged', :material, 'none', 'released', :time_us, coalesce(:by, :actor),"
           "  'unmarked', :quantity, :unit, :base, :amount, :expires_us, :time_us, coalesce(:by, :actor))",
           false}},
     .subjects = {"lot"},
     .number = "lot",
     .apply = join},
    // The number on the piece was read back, after it was put there or after a job may have taken it away.
    {.name = "lot.marked",
     .fields = {{"lot", FIELD_TEXT, true}, {"where", FIELD_TEXT, false}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE lots SET mark = 'marked' WHERE lot = :lot", false}},
     .subjects = {"lot"}},
    {.name = "lot.mark_lost",
     .fields = {{"lot", FIELD_TEXT, true}, {"reason", FIELD_TEXT, false}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE lots SET mark = 'unmarked' WHERE lot = :lot AND mark <> 'none'", false}},
     .subjects = {"lot"}},
    // A signed amount: something was booked wrongly.
    {.name = "lot.adjusted",
     .fields = {CHANGE_FIELDS},
     .statements = {CHANGE("adjusted"),
                    {"UPDATE lots SET adjusted = adjusted + :amount WHERE lot = :lot", false}},
     .subjects = {"lot"}},
    // A signed amount: what a stock count found against the books.
    {.name = "lot.counted",
     .fields = {CHANGE_FIELDS},
     .statements =
         {CHANGE("counted"),
          {"UPDATE lots SET adjusted = adjusted + :amount, counted = counted + :amount WHERE lot = :lot",
           false}},
     .subjects = {"lot"}},
    {.name = "lot.scrapped",
     .fields = {CHANGE_FIELDS},
     .statements = {CHANGE("scrapped"),
                    {"UPDATE lots SET scrapped = scrapped + :amount WHERE lot = :lot", false}},
     .subjects = {"lot", "job"}},
    {.name = "lot.metered",
     .fields = {CONSUMPTION_FIELDS},
     .statements = {CONSUMPTION("metered")},
     .subjects = {"lot", "job"}},
    {.name = "lot.consumption_corrected",
     .fields = {CONSUMPTION_FIELDS, {"reason", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {CONSUMPTION("corrected")},
     .subjects = {"lot", "job"}},
    {.name = "lot.recalled",
     .fields = {{"lot", FIELD_TEXT, true},
                {"recall", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, true},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE lots SET state = 'recalled', state_us = :time_us, state_by = coalesce(:by, :actor),"
           "  state_reason = :reason WHERE lot = :lot AND state IN ('received', 'quarantined', 'released')",
           false}},
     .subjects = {"lot", "recall"}},
    {.name = NULL},
};
