// record, note: what was made of what, and what people have to say about it.
#include "cli_document.h" // cli_run_with_photo
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_job.h" // cli_job_print
#include "cli_output.h"
#include "json.h"

static const struct column fields[] = {{"Manufacture record", "record", CELL_TEXT, false},
                                       {"State", "state", CELL_STATE, false},
                                       {"Order", "order", CELL_TEXT, false},
                                       {"Product", "product", CELL_TEXT, false},
                                       {"Count", "count", CELL_TEXT, false},
                                       {"Good", "good", CELL_TEXT, false},
                                       {"Scrapped", "scrapped", CELL_TEXT, false},
                                       {"Opened", "opened", CELL_TIME, false},
                                       {"Closed", "closed", CELL_TIME, false},
                                       {"Closed by", "closed_by", CELL_TEXT, false},
                                       {"Corrected", "corrected", CELL_TEXT, false},
                                       {0}};

static const struct column unit_columns[] = {{"UNIT", "unit", CELL_TEXT, false},
                                             {"PRODUCT", "product", CELL_TEXT, false},
                                             {"COUNT", "count", CELL_NUMBER, false},
                                             {"STATE", "state", CELL_STATE, false},
                                             {0}};
static const struct column deviation_columns[] = {{"MATERIAL", "material", CELL_TEXT, false},
                                                  {"REASON", "reason", CELL_TEXT, false},
                                                  {"BY", "by", CELL_TEXT, false},
                                                  {0}};

static void tell(const struct cli_call *call, const cJSON *answer) {
    (void)call;
    cli_print_fields(stdout, answer, fields);
    const cJSON *job = NULL;
    cJSON_ArrayForEach(job, json_get(answer, "jobs")) {
        putchar('\n');
        cli_job_print(stdout, job);
    }
    cli_print_section(answer, "units", "Units", unit_columns);
    cli_print_section(answer, "deviations", "Deviations", deviation_columns);
    cli_print_history(answer);
}

static int show(struct cli_call *call) {
    return cli_run_and_tell(call, tell);
}

static const struct cli_word record_word[] = {
    {.name = "MFG", .argument = "record", .kind = CLI_RECORD, .flags = CLI_REQUIRED}, {0}};

static const struct cli_option list_options[] = {
    {.name = "state", .value = "STATE", .help = "open or closed", .argument = "state"},
    {.name = "product",
     .value = "P",
     .help = "of this product alone",
     .argument = "product",
     .kind = CLI_PRODUCT},
    {.name = "order",
     .value = "ORDER",
     .help = "for this order alone",
     .argument = "order",
     .kind = CLI_ORDER},
    CLI_LIST("opened, state, record"),
    {0}};
static const struct cli_option close_options[] = {
    {.name = "good", .value = "N", .help = "pieces that are good", .argument = "good", .flags = CLI_INTEGER},
    {.name = "scrapped",
     .value = "N",
     .help = "pieces that were scrapped",
     .argument = "scrapped",
     .flags = CLI_INTEGER},
    CLI_BY,
    {0}};
static const struct cli_word deviate_words[] = {
    {.name = "MFG", .argument = "record", .kind = CLI_RECORD, .flags = CLI_REQUIRED},
    {.name = "MATERIAL", .argument = "material", .kind = CLI_MATERIAL, .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option deviate_options[] = {{.name = "reason",
                                                     .value = "TEXT",
                                                     .help = "why it does without",
                                                     .argument = "reason",
                                                     .flags = CLI_REQUIRED},
                                                    {.name = "by",
                                                     .value = "OPERATOR",
                                                     .help = "who answers for it",
                                                     .argument = "by",
                                                     .kind = CLI_OPERATOR,
                                                     .flags = CLI_REQUIRED},
                                                    {0}};

const struct cli_command cli_record_commands[] = {
    {.verb = "list",
     .summary = "List the manufacture records, newest first",
     .options = list_options,
     .op = "record.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show a record: jobs, machine, operator, lots with supplier, heat and documents",
     .words = record_word,
     .op = "record.show",
     .run = show},
    {.verb = "close",
     .summary = "Close a record: no job joins it any more",
     .words = record_word,
     .options = close_options,
     .op = "record.close",
     .done = "Record {record} is {state}.",
     .run = cli_run_act},
    {.verb = "deviate",
     .summary = "Answer for a material of the bill that a record does without",
     .words = deviate_words,
     .options = deviate_options,
     .op = "record.deviate",
     .done = "Record {record} does without {material}: {reason}",
     .run = cli_run_act},
    {0}};

static const struct cli_word note_words[] = {
    {.name = "MACHINE|LOT|JOB|MFG", .argument = "subject", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "TEXT", .argument = "text", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option note_options[] = {CLI_PHOTO, CLI_BY, {0}};

const struct cli_command cli_note_commands[] = {
    {.summary = "Write a note; it is time-stamped and never edited",
     .words = note_words,
     .options = note_options,
     .op = "note.add",
     .done = "Note {note} is written.",
     .run = cli_run_with_photo},
    {0}};
