// apply_record: manufacture records, what they need, and what came of them.
#include "kinds.h"

const struct event_kind kinds_record[] = {
    {.name = "record.opened",
     .fields = {{"record", FIELD_TEXT, true},
                {"job", FIELD_TEXT, true},
                {"order", FIELD_TEXT, false},
                {"product", FIELD_TEXT, false},
                {"count", FIELD_INTEGER, false}},
     .statements =
         {{"INSERT INTO records (seq, record, state, order_ref, product, count, opened_us)"
           " VALUES (:seq, :record, 'open', :order, :product, :count, :time_us)",
           false},
          {"UPDATE jobs SET record = :record WHERE job = :job AND state = 'running' AND record IS NULL",
           false}},
     .subjects = {"record", "job"},
     .number = "record"},
    // One more job of a record that is there.
    {.name = "record.joined",
     .fields = {{"record", FIELD_TEXT, true}, {"job", FIELD_TEXT, true}},
     .statements =
         {{"UPDATE jobs SET record = :record WHERE job = :job AND state = 'running' AND record IS NULL"
           " AND EXISTS (SELECT 1 FROM records WHERE record = :record AND state = 'open')",
           false}},
     .subjects = {"record", "job"}},
    // A material of the bill that the record does without, and who answers for it.
    {.name = "record.deviation",
     .fields = {{"record", FIELD_TEXT, true},
                {"material", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, true},
                {"by", FIELD_TEXT, true}},
     .statements = {{"INSERT INTO record_deviations (seq, record, material, reason, by, at_us)"
                     " VALUES (:seq, :record, :material, :reason, :by, :time_us)",
                     false}},
     .subjects = {"record"}},
    {.name = "record.closed",
     .fields = {{"record", FIELD_TEXT, true},
                {"good", FIELD_INTEGER, false},
                {"scrapped", FIELD_INTEGER, false},
                {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE records SET state = 'closed', closed_us = :time_us, closed_by = coalesce(:by, :actor),"
           "  good = coalesce(:good, good), scrapped = coalesce(:scrapped, scrapped)"
           " WHERE record = :record AND state = 'open'",
           false}},
     .subjects = {"record"}},
    {.name = NULL},
};
