// cli_groups: the table of all commands, in the order in which help and man page list them.
#include "cli_groups.h"

const struct cli_group cli_groups[] = {
    {"serve", "run the daemon", cli_serve_commands},
    {"devices", "serial ports, what board each looks like, what to put in the configuration",
     cli_devices_commands},
    {"machine", "the machines and their identity", cli_machine_commands},
    {"lot", "material lots: receive, inspect, release", cli_lot_commands},
    {"declare", "say which lots the next job of a machine uses", cli_declare_commands},
    {"cancel", "take a machine's declaration back", cli_cancel_commands},
    {"send", "stream a G-code file to a machine", cli_send_commands},
    {"watch", "follow the machines live", cli_watch_commands},
    {"job", "the jobs that ran or were refused", cli_job_commands},
    {"record", "manufacture records", cli_record_commands},
    {"supplier", "where material comes from", cli_supplier_commands},
    {"material", "what lots are made of", cli_material_commands},
    {"operator", "who declares and works", cli_operator_commands},
    {"note", "write a note on a machine, lot, job or record", cli_note_commands},
    {"ledger", "check, copy and export the ledger", cli_ledger_commands},
    {"completion", "completion for the shell", cli_completion_commands},
    {"help", "this list, or a command in full", cli_help_commands},
    {"version", "the version", cli_version_commands},
    {0},
};

const struct cli_option cli_global_options[] = {
    {.name = "c",
     .value = "FILE",
     .help = "the configuration file (default: /etc/lotgate/lotgate.json, if there)",
     .kind = CLI_FILE},
    {.name = "data",
     .value = "DIR",
     .help = "the data directory (default: as the configuration says)",
     .kind = CLI_DIRECTORY},
    {.name = "json", .help = "print the answer as JSON"},
    {.name = "csv", .help = "print a listing as CSV"},
    {.name = "help", .help = "tell about the command"},
    {.name = "h", .help = "the same"},
    {.name = "version", .help = "print the version"},
    {0},
};
