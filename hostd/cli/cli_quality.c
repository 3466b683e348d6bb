// procedure, training, nonconformance: who knows how, and what went wrong.
#include "cli_document.h" // cli_run_with_photo
#include "cli_groups.h"
#include "cli_output.h"
#include "cli_pin.h" // cli_run_pin

static const struct cli_word issue_words[] = {
    {.name = "PROCEDURE", .argument = "procedure", .flags = CLI_REQUIRED},
    {.name = "TITLE", .argument = "title", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option issue_options[] = {
    {.name = "text", .value = "TEXT", .help = "what it says", .argument = "text"}, CLI_BY, {0}};
static const struct cli_option procedure_options[] = {
    {.name = "procedure", .value = "P", .help = "the versions of this one alone", .argument = "procedure"},
    CLI_LIST("procedure, title, issued"),
    {0}};

const struct cli_command cli_procedure_commands[] = {
    {.verb = "issue",
     .summary = "Issue a procedure, or its next version",
     .words = issue_words,
     .options = issue_options,
     .details =
         "Who has signed an earlier version signs again. Where a machine requires training, only an operator who has "
         "signed the newest version of every procedure may declare.",
     .op = "procedure.issue",
     .done = "Procedure {procedure} is issued, version {version}.",
     .run = cli_run_act},
    {.verb = "list",
     .summary = "List the procedures and their versions",
     .options = procedure_options,
     .op = "procedure.list",
     .run = cli_run_list},
    {0}};

static const struct cli_word sign_words[] = {
    {.name = "OPERATOR", .argument = "operator", .kind = CLI_OPERATOR, .flags = CLI_REQUIRED},
    {.name = "PROCEDURE", .argument = "procedure", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option by_options[] = {CLI_BY, {0}};
static const struct cli_option training_options[] = {
    {.name = "operator",
     .value = "O",
     .help = "of this operator alone",
     .argument = "operator",
     .kind = CLI_OPERATOR},
    {.name = "procedure", .value = "P", .help = "for this procedure alone", .argument = "procedure"},
    CLI_LIST("at, operator, procedure"),
    {0}};

const struct cli_command cli_training_commands[] = {
    {.verb = "sign",
     .summary = "An operator signs the newest version of a procedure",
     .words = sign_words,
     .options = by_options,
     .op = "training.sign",
     .done = "{operator} has signed {procedure}, version {version}.",
     .run = cli_run_pin},
    {.verb = "list",
     .summary = "List who signed what",
     .options = training_options,
     .op = "training.list",
     .run = cli_run_list},
    {0}};

static const struct cli_word open_words[] = {
    {.name = "LOT|MACHINE|JOB|MFG", .argument = "subject", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "TEXT", .argument = "text", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option open_options[] = {CLI_PHOTO, CLI_BY, {0}};
static const struct cli_word close_words[] = {
    {.name = "NUMBER", .argument = "nonconformance", .flags = CLI_REQUIRED},
    {.name = "DECISION", .argument = "disposition", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option close_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason", .flags = CLI_REQUIRED},
    CLI_BY,
    {0}};
static const struct cli_option nonconformance_options[] = {
    {.name = "state", .value = "STATE", .help = "open or closed", .argument = "state"},
    {.name = "subject", .value = "ID", .help = "about this thing alone", .argument = "subject"},
    CLI_LIST("at, subject, nonconformance"),
    {0}};

const struct cli_command cli_nonconformance_commands[] = {
    {.verb = "open",
     .summary = "Say what was found wrong with a thing",
     .words = open_words,
     .options = open_options,
     .op = "nonconformance.open",
     .done = "{nonconformance}",
     .run = cli_run_with_photo},
    {.verb = "close",
     .summary = "Decide: use_as_is, rework, scrap or return",
     .words = close_words,
     .options = close_options,
     .op = "nonconformance.close",
     .done = "{nonconformance} is closed: {disposition}.",
     .run = cli_run_act},
    {.verb = "list",
     .summary = "List the nonconformances, newest first",
     .options = nonconformance_options,
     .op = "nonconformance.list",
     .run = cli_run_list},
    {0}};
