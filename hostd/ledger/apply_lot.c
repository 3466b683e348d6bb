// apply_lot: a lot from its receipt to its release or rejection, and the documents that vouch for it.
#include "kinds.h"

// A change of state is one statement that names the states it may start from: a rejected lot never comes back.
#define LOT_STATE(to, from)                                                                                  \
    "UPDATE lots SET state = '" to                                                                           \
    "', state_us = :time_us, state_by = coalesce(:by, :actor), state_reason = :reason"                       \
    " WHERE lot = :lot AND state IN (" from ")"

const struct event_kind kinds_lot[] = {
    {.name = "lot.received",
     .fields = {{"lot", FIELD_TEXT, true},
                {"material", FIELD_TEXT, true},
                {"supplier", FIELD_TEXT, true},
                {"supplier_lot", FIELD_TEXT, true},
                {"quantity", FIELD_TEXT, true},
                {"unit", FIELD_TEXT, true},
                {"amount", FIELD_INTEGER, true},
                {"base", FIELD_TEXT, true},
                {"match", FIELD_TEXT, true},
                {"state", FIELD_TEXT, true},
                {"heat", FIELD_TEXT, false},
                {"cert_heat", FIELD_TEXT, false},
                {"reason", FIELD_TEXT, false},
                {"purchase_order", FIELD_TEXT, false},
                {"cost_cents", FIELD_INTEGER, false}, // of the whole lot
                {"currency", FIELD_TEXT, false},
                {"expires_us", FIELD_INTEGER, false},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO lots (seq, lot, material, supplier, supplier_lot, heat, cert_heat, match, state,"
           "  state_us, state_by, state_reason, quantity, unit, base, received, purchase_order, cost_cents,"
           "  currency, expires_us, received_us, received_by)"
           " VALUES (:seq, :lot, :material, :supplier, :supplier_lot, :heat, :cert_heat, :match, :state,"
           "  :time_us, coalesce(:by, :actor), :reason, :quantity, :unit, :base, :amount, :purchase_order,"
           "  :cost_cents, :currency, :expires_us, :time_us, coalesce(:by, :actor))",
           false},
          {"INSERT INTO supplier_lots (supplier, received) VALUES (:supplier, 1)"
           " ON CONFLICT (supplier) DO UPDATE SET received = received + 1",
           false}},
     .subjects = {"lot"},
     .number = "lot"},
    {.name = "lot.inspected",
     .fields = {{"lot", FIELD_TEXT, true},
                {"heat", FIELD_TEXT, true},
                {"cert_heat", FIELD_TEXT, true},
                {"match", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     // A mismatch puts the lot in quarantine, whatever it was; a match leaves its state to the release.
     .statements = {{"UPDATE lots SET heat = :heat, cert_heat = :cert_heat, match = :match"
                     " WHERE lot = :lot AND state <> 'rejected'",
                     false},
                    {LOT_STATE("quarantined",
                               "'received', 'released', 'quarantined'") " AND :match = 'mismatch'",
                     true}},
     .subjects = {"lot"}},
    {.name = "lot.released",
     .fields = {{"lot", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}, {"note", FIELD_TEXT, false}},
     .statements = {{LOT_STATE("released",
                               "'received', 'quarantined', 'recalled'") " AND match IN ('none', 'matched')",
                     false}},
     .subjects = {"lot"}},
    {.name = "lot.quarantined",
     .fields = {{"lot", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{LOT_STATE("quarantined", "'received', 'released'"), false}},
     .subjects = {"lot"}},
    {.name = "lot.rejected",
     .fields = {{"lot", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{LOT_STATE("rejected", "'received', 'released', 'quarantined', 'recalled'"), false},
                    {"UPDATE supplier_lots SET rejected = rejected + 1 WHERE supplier ="
                     " (SELECT supplier FROM lots WHERE lot = :lot AND origin = 'received')",
                     true}}, // a piece is no delivery
     .subjects = {"lot"}},
    {.name = "lot.consumed",
     .fields = {{"lot", FIELD_TEXT, true},
                {"job", FIELD_TEXT, true},
                {"record", FIELD_TEXT, true},
                {"quantity", FIELD_TEXT, false},
                {"amount", FIELD_INTEGER, false},
                {"base", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO job_lots (seq, job, record, lot, quantity, amount, base)"
                     " VALUES (:seq, :job, :record, :lot, :quantity, :amount, :base)",
                     false},
                    {"UPDATE lots SET consumed = consumed + coalesce(:amount, 0),"
                     "  mark = CASE mark WHEN 'marked' THEN 'asked' ELSE mark END"
                     " WHERE lot = :lot AND state = 'released'",
                     false}},
     .subjects = {"lot", "record"}},
    {.name = "document.attached",
     .fields = {{"document", FIELD_TEXT, true},
                {"lot", FIELD_TEXT, false},
                {"material", FIELD_TEXT, false},
                {"supplier", FIELD_TEXT, false},
                {"sha256", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"size", FIELD_INTEGER, true},
                {"kind", FIELD_TEXT, true},
                {"type", FIELD_TEXT, false}, // of a mill test report: 2.1, 2.2, 3.1 or 3.2 of EN 10204
                {"revision", FIELD_TEXT, false},
                {"issuer", FIELD_TEXT, false},
                {"issued_us", FIELD_INTEGER, false},
                {"expires_us", FIELD_INTEGER, false},
                {"scope", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO documents (seq, document, lot, material, supplier, sha256, name, size, kind, type,"
           "  revision, issuer, issued_us, expires_us, scope, attached_us, attached_by)"
           " VALUES (:seq, :document, :lot, :material, :supplier, :sha256, :name, :size, :kind, :type,"
           "  :revision, :issuer, :issued_us, :expires_us, :scope, :time_us, coalesce(:by, :actor))",
           false}},
     .subjects = {"lot", "material", "supplier"},
     .number = "document"},
    {.name = "document.superseded",
     .fields = {{"document", FIELD_TEXT, true},
                {"superseded_by", FIELD_TEXT, true},
                {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE documents SET superseded_by = :superseded_by WHERE document = :document",
                     false}},
     .subjects = {"document"}},
    {.name = NULL},
};
