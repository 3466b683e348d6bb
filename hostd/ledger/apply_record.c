// apply_record: manufacture records.
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
    {.name = "record.closed",
     .fields = {{"record", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE records SET state = 'closed', closed_us = :time_us, closed_by = coalesce(:by, :actor)"
           " WHERE record = :record AND state = 'open'",
           false}},
     .subjects = {"record"}},
    {.name = NULL},
};
