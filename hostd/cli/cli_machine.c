// machine: what the ledger knows of the machines, with what the daemon sees of them now.
#include "cli_args.h" // cli_args_object
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_live.h" // cli_machines
#include "cli_output.h"
#include "csv_write.h"

static const struct column fields[] = {{"Machine", "machine", CELL_TEXT, false},
                                       {"Name", "name", CELL_TEXT, false},
                                       {"State", "state", CELL_STATE, false},
                                       {"Why", "text", CELL_TEXT, false},
                                       {"What to do", "what_to_do", CELL_TEXT, false},
                                       {"Declared", "declaration", CELL_TEXT, false},
                                       {"Job", "job", CELL_TEXT, false},
                                       {"Reports", "status", CELL_TEXT, false},
                                       {"Board", "board", CELL_TEXT, false},
                                       {"Kind", "kind", CELL_TEXT, false},
                                       {"Serial number", "serial_number", CELL_TEXT, false},
                                       {"Identity", "identity", CELL_TEXT, false},
                                       {"USB path", "usb_path", CELL_TEXT, false},
                                       {"Board's serial", "serial", CELL_TEXT, false},
                                       {"Firmware", "firmware", CELL_TEXT, false},
                                       {"Last seen USB path", "seen_usb_path", CELL_TEXT, false},
                                       {"Last seen serial", "seen_serial", CELL_TEXT, false},
                                       {"Last seen firmware", "seen_firmware", CELL_TEXT, false},
                                       {"Last seen", "seen", CELL_TIME, false},
                                       {"Confirmed by", "confirmed_by", CELL_TEXT, false},
                                       {"Registered", "registered", CELL_TIME, false},
                                       {"Hook", "hook", CELL_TEXT, false},
                                       {"Sender's pty", "pty", CELL_TEXT, false},
                                       {"Sender's TCP", "tcp", CELL_TEXT, false},
                                       {"Sender there", "sender", CELL_TEXT, false},
                                       {0}};

static const struct column job_columns[] = {{"JOB", "job", CELL_TEXT, false},
                                            {"STATE", "state", CELL_STATE, false},
                                            {"LOTS", "lots", CELL_TEXT, false},
                                            {"OPERATOR", "operator", CELL_TEXT, false},
                                            {"RECORD", "record", CELL_TEXT, false},
                                            {"STARTED", "started", CELL_TIME, false},
                                            COLUMN_CORRECTED,
                                            {0}};

static int list(struct cli_call *call) {
    struct lg_error error = {0};
    const struct column *columns = listing_find(call->command->op)->columns;
    cJSON *rows = NULL, *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    int status = cli_machines(call, args, &rows, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json) {
        cli_print_json(rows);
    } else if (call->csv) {
        csv_write_head(stdout, columns);
        csv_write_rows(stdout, rows, columns);
    } else if (cJSON_GetArraySize(rows) == 0) {
        fputs("None.\n", stderr);
    } else {
        cli_table_print(stdout, rows, columns, cli_wants_colour(stdout));
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

static void tell_done(const struct cli_call *call, const cJSON *answer) {
    (void)answer;
    printf("%s: %s\n", call->words[0], call->command->done);
}

static int act(struct cli_call *call) {
    return cli_run_and_tell(call, tell_done);
}

static const struct cli_word machine_word[] = {
    {.name = "ID", .argument = "machine", .kind = CLI_MACHINE, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option confirm_options[] = {CLI_BY, {0}};

static const struct cli_option declaration_options[] = {
    {.name = "machine",
     .value = "M",
     .help = "of this machine only",
     .argument = "machine",
     .kind = CLI_MACHINE},
    {.name = "state", .value = "STATE", .help = "open, used or cancelled", .argument = "state"},
    CLI_LIST("made, machine, state"),
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
     .run = list},
    {.verb = "declarations",
     .summary = "List what was declared on the machines, newest first",
     .options = declaration_options,
     .op = "declaration.list",
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
     .done = "confirmed.",
     .run = act},
    {.verb = "pair",
     .summary = "Give the hook in a machine's firmware a new key",
     .words = machine_word,
     .options = confirm_options,
     .details =
         "The hook then lets no work start, whatever the way, unless this host has opened it for that job. A hook that is "
         "paired already takes a new key only while its pairing button is held. The key is kept in the data folder, under "
         "keys; the ledger records that it was given, and never the key.",
     .op = "machine.pair",
     .done = "paired.",
     .run = act},
    {0}};
