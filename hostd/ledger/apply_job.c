// apply_job: a job from the line that was held to its one end.
#include "kinds.h"

// What was metered on the stream; the same for a job and for a dry run.
#define METERED_FIELDS                                                                                       \
    {"lines", FIELD_INTEGER, false}, {"bytes", FIELD_INTEGER, false}, {"sha256", FIELD_TEXT, false},         \
        {"started_us", FIELD_INTEGER, false}, {"ended_us", FIELD_INTEGER, false},                            \
        {"rapid_um", FIELD_INTEGER, false}, {"feed_um", FIELD_INTEGER, false},                               \
        {"work_um", FIELD_INTEGER, false}, {"work_us", FIELD_INTEGER, false},                                \
        {"s_min_milli", FIELD_INTEGER, false}, {"s_max_milli", FIELD_INTEGER, false},                        \
        {"arcs", FIELD_INTEGER, false}, {"errors", FIELD_INTEGER, false}, {"pauses", FIELD_INTEGER, false},  \
        {"overrides", FIELD_INTEGER, false}, {"replaced", FIELD_INTEGER, false}, {"box", FIELD_LIST, false}, \
        {"work_box", FIELD_LIST, false}, {                                                                   \
        "path", FIELD_TEXT, false                                                                            \
    }

#define METERED_COLUMNS                                                                                          \
    "lines, bytes, sha256, rapid_um, feed_um, work_um, work_us, s_min_milli, s_max_milli, arcs, errors, pauses," \
    " overrides, replaced, box, work_box, path"
#define METERED_VALUES                                                                                              \
    ":lines, :bytes, :sha256, :rapid_um, :feed_um, :work_um, :work_us, :s_min_milli, :s_max_milli, :arcs, :errors," \
    " :pauses, :overrides, :replaced, :box, :work_box, :path"

const struct event_kind kinds_job[] = {
    {.name = "job.held",
     .fields = {{"job", FIELD_TEXT, true},
                {"machine", FIELD_TEXT, true},
                {"line", FIELD_TEXT, true},
                {"serial_number", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO jobs (seq, job, machine, serial_number, at_us, state, line, held_us)"
                     " VALUES (:seq, :job, :machine, :serial_number, :time_us, 'held', :line, :time_us)",
                     false}},
     .subjects = {"job"},
     .number = "job"},
    {.name = "job.refused",
     .fields = {{"job", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}},
     .statements = {{"UPDATE jobs SET state = 'refused', reason = :reason, ended_us = :time_us"
                     " WHERE job = :job AND state = 'held'",
                     false}},
     .subjects = {"job"}},
    // A job that was held goes on; any other number is new. A job that has started once cannot start again.
    {.name = "job.started",
     .fields = {{"job", FIELD_TEXT, true},
                {"machine", FIELD_TEXT, true},
                {"declaration", FIELD_TEXT, true},
                {"record", FIELD_TEXT, true},
                {"operator", FIELD_TEXT, false},
                {"serial_number", FIELD_TEXT, false}},
     .statements =
         {{"INSERT INTO jobs (seq, job, machine, serial_number, at_us, state, declaration, operator,"
           "  started_us)"
           " VALUES (:seq, :job, :machine, :serial_number, :time_us, 'running', :declaration, :operator,"
           "  :time_us)"
           " ON CONFLICT (job) DO UPDATE SET state = 'running', serial_number = excluded.serial_number,"
           "  declaration = excluded.declaration, operator = excluded.operator,"
           "  started_us = excluded.started_us WHERE state = 'held' AND machine = excluded.machine",
           false},
          // each-job: this job uses the declaration up
          {"UPDATE declarations SET state = 'used', closed_us = :time_us"
           " WHERE declaration = :declaration AND mode = 'each-job' AND state = 'open'",
           true}},
     .subjects = {"job", "record"},
     .number = "job"},
    {.name = "job.paused",
     .fields = {{"job", FIELD_TEXT, true}, {"reason", FIELD_TEXT, true}},
     .statements = {{"UPDATE jobs SET paused = paused + 1 WHERE job = :job AND state = 'running'", false}},
     .subjects = {"job"}},
    // Exactly one end: only a running job has one, and with it it runs no more.
    {.name = "job.ended",
     .fields = {{"job", FIELD_TEXT, true},
                {"state", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, false},
                METERED_FIELDS},
     .statements =
         {{"UPDATE jobs SET state = :state, reason = :reason, started_us = coalesce(:started_us, started_us),"
           "  ended_us = coalesce(:ended_us, :time_us), (" METERED_COLUMNS ") = (" METERED_VALUES ")"
           " WHERE job = :job AND state = 'running' AND :state <> 'held' AND :state <> 'refused'"
           "  AND :state <> 'running' AND :state <> 'dry_run'", // NOT IN would build a table of them each time
           false}},
     .subjects = {"job"}},
    {.name = "job.dry_run",
     .fields = {{"job", FIELD_TEXT, true},
                {"machine", FIELD_TEXT, true},
                {"serial_number", FIELD_TEXT, false},
                {"reason", FIELD_TEXT, false},
                METERED_FIELDS},
     .statements =
         {{"INSERT INTO jobs (seq, job, machine, serial_number, at_us, state, reason, started_us, ended_us,"
           "  " METERED_COLUMNS ")"
           " VALUES (:seq, :job, :machine, :serial_number, :time_us, 'dry_run', :reason,"
           "  coalesce(:started_us, :time_us), coalesce(:ended_us, :time_us), " METERED_VALUES ")",
           false}},
     .subjects = {"job"},
     .number = "job"},
    {.name = NULL},
};
