// notes, correction: what stands beside lots, jobs and records, as lists; and putting right what was entered wrongly.
#include "cli_groups.h"
#include "cli_output.h"

static const struct cli_word about[] = {
    {.name = "MACHINE|LOT|JOB|MFG", .argument = "subject", .kind = CLI_LOT}, {0}};
static const struct cli_option note_options[] = {CLI_LIST("at, subject, note"), {0}};

const struct cli_command cli_notes_commands[] = {{.summary = "List the notes, all or those about one thing",
                                                  .words = about,
                                                  .options = note_options,
                                                  .op = "note.list",
                                                  .run = cli_run_list},
                                                 {0}};

static const struct cli_word correction_words[] = {
    {.name = "EVENT", .argument = "event", .flags = CLI_REQUIRED | CLI_INTEGER},
    {.name = "FIELD", .argument = "field", .flags = CLI_REQUIRED},
    {.name = "VALUE", .argument = "value", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option correction_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason", .flags = CLI_REQUIRED},
    CLI_BY,
    {0}};
static const struct cli_option corrections_options[] = {{.name = "subject",
                                                         .value = "ID",
                                                         .help = "about this lot, job, record or note alone",
                                                         .argument = "subject"},
                                                        CLI_LIST("at, subject"),
                                                        {0}};

const struct cli_command cli_correction_commands[] = {
    {.verb = "add",
     .summary = "Correct one field of an event that was entered wrongly",
     .words = correction_words,
     .options = correction_options,
     .details =
         "EVENT is its number, as `lotgate lot show`, `job show` and `record show` list them. What can be corrected: "
         "supplier_lot and purchase_order of a lot.received, operator of a job.started, order and product of a "
         "record.opened, text of a note.added. Both values stay: lists and reports show the new one and say what it was. What "
         "a job took of a lot is put right by `lotgate lot correct`.",
     .op = "correction.add",
     .done = "{subject}: {field} is now {value}. Correction {correction}.",
     .run = cli_run_act},
    {.verb = "list",
     .summary = "List the corrections, newest first",
     .options = corrections_options,
     .op = "correction.list",
     .run = cli_run_list},
    {0}};
