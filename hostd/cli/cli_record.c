// record, note: what was made of what, and what people have to say about it.
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_job.h" // cli_job_print
#include "cli_output.h"
#include "json.h"

static const struct cli_column columns[] = {
    {"RECORD", "record", CLI_CELL_TEXT, false}, {"STATE", "state", CLI_CELL_STATE, false},
    {"ORDER", "order", CLI_CELL_TEXT, false},   {"PRODUCT", "product", CLI_CELL_TEXT, false},
    {"COUNT", "count", CLI_CELL_NUMBER, false}, {"JOBS", "jobs", CLI_CELL_TEXT, false},
    {"OPENED", "opened", CLI_CELL_TIME, false}, {"CLOSED", "closed", CLI_CELL_TIME, false},
    {"BY", "closed_by", CLI_CELL_TEXT, false},  {0}};

static const struct cli_column fields[] = {{"Manufacture record", "record", CLI_CELL_TEXT, false},
                                           {"State", "state", CLI_CELL_STATE, false},
                                           {"Order", "order", CLI_CELL_TEXT, false},
                                           {"Product", "product", CLI_CELL_TEXT, false},
                                           {"Count", "count", CLI_CELL_TEXT, false},
                                           {"Opened", "opened", CLI_CELL_TIME, false},
                                           {"Closed", "closed", CLI_CELL_TIME, false},
                                           {"Closed by", "closed_by", CLI_CELL_TEXT, false},
                                           {0}};

static int show(struct cli_call *call) {
    cJSON *answer = NULL;
    int status = cli_ask_command(call, &answer);
    if (status != CLI_DONE)
        return status;
    if (call->json) {
        cli_print_json(answer);
        cJSON_Delete(answer);
        return CLI_DONE;
    }
    cli_print_fields(stdout, answer, fields);
    const cJSON *job = NULL;
    cJSON_ArrayForEach(job, json_get(answer, "jobs")) {
        putchar('\n');
        cli_job_print(stdout, job);
    }
    cli_print_history(answer);
    cJSON_Delete(answer);
    return CLI_DONE;
}

static const struct cli_word record_word[] = {
    {.name = "MFG", .argument = "record", .kind = CLI_RECORD, .flags = CLI_REQUIRED}, {0}};

static const struct cli_option list_options[] = {{.name = "limit",
                                                  .value = "N",
                                                  .help = "so many at the most (a table: 100)",
                                                  .argument = "limit",
                                                  .flags = CLI_INTEGER},
                                                 {0}};
static const struct cli_option close_options[] = {CLI_BY, {0}};

const struct cli_command cli_record_commands[] = {
    {.verb = "list",
     .summary = "List the manufacture records, newest first",
     .options = list_options,
     .op = "record.list",
     .page = "record",
     .columns = columns,
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show a record: jobs, machine, operator, lots with supplier, heat and documents",
     .words = record_word,
     .op = "record.show",
     .run = show},
    {.verb = "close",
     .summary = "Close a record: nothing can be added to it any more",
     .words = record_word,
     .options = close_options,
     .op = "record.close",
     .done = "Record {record} is {state}.",
     .run = cli_run_act},
    {0}};

static const struct cli_word note_words[] = {
    {.name = "MACHINE|LOT|JOB|MFG", .argument = "subject", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "TEXT", .argument = "text", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option note_options[] = {CLI_BY, {0}};

const struct cli_command cli_note_commands[] = {
    {.summary = "Write a note; it is time-stamped and never edited",
     .words = note_words,
     .options = note_options,
     .op = "note.add",
     .done = "Note {note} is written.",
     .run = cli_run_act},
    {0}};
