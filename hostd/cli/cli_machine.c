// machine: what the ledger knows of the machines, with what the daemon sees of them now.
#include "cli_args.h" // cli_args_object
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_live.h" // cli_machines
#include "cli_output.h"

static const struct cli_column list_columns[] = {{"MACHINE", "machine", CLI_CELL_TEXT, false},
                                                 {"STATE", "state", CLI_CELL_STATE, false},
                                                 {"BOARD", "board", CLI_CELL_TEXT, false},
                                                 {"KIND", "kind", CLI_CELL_TEXT, false},
                                                 {"SERIAL NUMBER", "serial_number", CLI_CELL_TEXT, false},
                                                 {"IDENTITY", "identity", CLI_CELL_TEXT, false},
                                                 {"DECLARED", "declaration", CLI_CELL_TEXT, false},
                                                 {0}};

static const struct cli_column fields[] = {{"Machine", "machine", CLI_CELL_TEXT, false},
                                           {"Name", "name", CLI_CELL_TEXT, false},
                                           {"State", "state", CLI_CELL_STATE, false},
                                           {"Why", "text", CLI_CELL_TEXT, false},
                                           {"What to do", "what_to_do", CLI_CELL_TEXT, false},
                                           {"Declared", "declaration", CLI_CELL_TEXT, false},
                                           {"Job", "job", CLI_CELL_TEXT, false},
                                           {"Reports", "status", CLI_CELL_TEXT, false},
                                           {"Board", "board", CLI_CELL_TEXT, false},
                                           {"Kind", "kind", CLI_CELL_TEXT, false},
                                           {"Serial number", "serial_number", CLI_CELL_TEXT, false},
                                           {"Identity", "identity", CLI_CELL_TEXT, false},
                                           {"USB path", "usb_path", CLI_CELL_TEXT, false},
                                           {"Board's serial", "serial", CLI_CELL_TEXT, false},
                                           {"Firmware", "firmware", CLI_CELL_TEXT, false},
                                           {"Last seen USB path", "seen_usb_path", CLI_CELL_TEXT, false},
                                           {"Last seen serial", "seen_serial", CLI_CELL_TEXT, false},
                                           {"Last seen firmware", "seen_firmware", CLI_CELL_TEXT, false},
                                           {"Last seen", "seen", CLI_CELL_TIME, false},
                                           {"Confirmed by", "confirmed_by", CLI_CELL_TEXT, false},
                                           {"Registered", "registered", CLI_CELL_TIME, false},
                                           {"Hook", "hook", CLI_CELL_TEXT, false},
                                           {"Sender's pty", "pty", CLI_CELL_TEXT, false},
                                           {"Sender's TCP", "tcp", CLI_CELL_TEXT, false},
                                           {"Sender there", "sender", CLI_CELL_TEXT, false},
                                           {0}};

static const struct cli_column job_columns[] = {{"JOB", "job", CLI_CELL_TEXT, false},
                                                {"STATE", "state", CLI_CELL_STATE, false},
                                                {"LOTS", "lots", CLI_CELL_TEXT, false},
                                                {"OPERATOR", "operator", CLI_CELL_TEXT, false},
                                                {"RECORD", "record", CLI_CELL_TEXT, false},
                                                {"STARTED", "started", CLI_CELL_TIME, false},
                                                CLI_CORRECTED,
                                                {0}};

static int list(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *rows = NULL, *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    int status = cli_machines(call, args, &rows, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json) {
        cli_print_json(rows);
    } else if (call->csv) {
        cli_csv_head(stdout, list_columns);
        cli_csv_rows(stdout, rows, list_columns);
    } else if (cJSON_GetArraySize(rows) == 0) {
        fputs("None.\n", stderr);
    } else {
        cli_table_print(stdout, rows, list_columns, cli_wants_colour(stdout));
    }
    cJSON_Delete(rows);
    return CLI_DONE;
}

static int show(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *machine = NULL;
    int status = cli_machine(call, call->words[0], &machine, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json) {
        cli_print_json(machine);
    } else {
        cli_print_fields(stdout, machine, fields);
        cli_print_section(machine, "jobs", "Last jobs", job_columns);
        cli_print_history(machine);
    }
    cJSON_Delete(machine);
    return CLI_DONE;
}

// Asks, and says in one word what has been done.
static int act(struct cli_call *call, const char *done) {
    cJSON *answer = NULL;
    int status = cli_ask_command(call, &answer);
    if (status != CLI_DONE)
        return status;
    if (call->json)
        cli_print_json(answer);
    else
        printf("%s: %s.\n", call->words[0], done);
    cJSON_Delete(answer);
    return CLI_DONE;
}

static int confirm(struct cli_call *call) {
    return act(call, "confirmed");
}

static int pair(struct cli_call *call) {
    return act(call, "paired");
}

static const struct cli_word machine_word[] = {
    {.name = "ID", .argument = "machine", .kind = CLI_MACHINE, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option confirm_options[] = {CLI_BY, {0}};

static const struct cli_column declaration_columns[] = {{"DECLARATION", "declaration", CLI_CELL_TEXT, false},
                                                        {"MACHINE", "machine", CLI_CELL_TEXT, false},
                                                        {"STATE", "state", CLI_CELL_STATE, false},
                                                        {"LOTS", "lots", CLI_CELL_TEXT, false},
                                                        {"OPERATOR", "operator", CLI_CELL_TEXT, false},
                                                        {"ORDER", "order", CLI_CELL_TEXT, false},
                                                        {"PRODUCT", "product", CLI_CELL_TEXT, false},
                                                        {"COUNT", "count", CLI_CELL_NUMBER, true},
                                                        {"MODE", "mode", CLI_CELL_TEXT, true},
                                                        {"MADE", "made", CLI_CELL_TIME, false},
                                                        {"BY", "made_by", CLI_CELL_TEXT, true},
                                                        {"CLOSED", "closed", CLI_CELL_TIME, false},
                                                        {"REASON", "reason", CLI_CELL_TEXT, false},
                                                        {0}};
static const struct cli_option declaration_options[] = {
    {.name = "machine",
     .value = "M",
     .help = "of this machine only",
     .argument = "machine",
     .kind = CLI_MACHINE},
    {.name = "state", .value = "STATE", .help = "open, used or cancelled", .argument = "state"},
    CLI_LIST("made, machine"),
    {0}};

static const struct cli_option list_options[] = {
    {.name = "kind", .value = "KIND", .help = "laser, cnc or printer", .argument = "kind"},
    CLI_LIST("machine, kind, board, registered"),
    {0}};

const struct cli_command cli_machine_commands[] = {
    {.verb = "list",
     .summary = "List the machines; with the daemon running, what they do now",
     .options = list_options,
     .op = "machine.list",
     .columns = list_columns,
     .run = list},
    {.verb = "declarations",
     .summary = "List what was declared on the machines, newest first",
     .options = declaration_options,
     .op = "declaration.list",
     .page = "declaration",
     .columns = declaration_columns,
     .run = cli_run_list},
    {.verb = "show", .summary = "Show one machine", .words = machine_word, .run = show},
    {.verb = "confirm",
     .summary = "Say that a machine's changed identity, or its fault, has been looked at",
     .words = machine_word,
     .options = confirm_options,
     .details =
         "A machine whose serial number or USB path has changed, or that ran without a declaration, stays shut "
         "until a person has looked at it.",
     .op = "machine.confirm",
     .run = confirm},
    {.verb = "pair",
     .summary = "Give the hook in a machine's firmware a new key",
     .words = machine_word,
     .options = confirm_options,
     .details =
         "The hook then lets no work start, whatever the way, unless this host has opened it for that job. A hook that is "
         "paired already takes a new key only while its pairing button is held. The key is kept in the data folder, under "
         "keys; the ledger records that it was given, and never the key.",
     .op = "machine.pair",
     .run = pair},
    {0}};
