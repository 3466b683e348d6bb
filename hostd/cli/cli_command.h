// cli_command: what a command is. One table row is usage text, parser, completion and man page at once.
//
// A group is the first word of a command ("lot"), a command its second ("receive"); a group whose only command
// has no verb is a command by itself ("declare"). Each cli_<group>.c holds the rows of its groups beside the
// functions that they run. All of it is constant; nothing here allocates.
#ifndef LOTGATE_CLI_COMMAND_H
#define LOTGATE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli.h"       // cli_hooks, exit status
#include "cli_paths.h" // cli_paths
#include "cli_table.h" // cli_column

#define CLI_WORDS_MAX  40 // positional arguments on one line
#define CLI_VALUES_MAX 64 // options on one line

// What a value stands for: how bash completes it.
enum cli_kind {
    CLI_ANY,
    CLI_FILE,
    CLI_DIRECTORY,
    CLI_LOT,
    CLI_LOTS,
    CLI_MACHINE,
    CLI_MATERIAL,
    CLI_SUPPLIER,
    CLI_OPERATOR,
    CLI_RECORD,
    CLI_JOB,
    CLI_ORDER,
    CLI_PRODUCT,
    CLI_UNIT,
    CLI_RECALL,
    CLI_PAPER, // an attached document, by its number
    CLI_COMMANDS,
    CLI_KINDS
};

enum { CLI_REQUIRED = 1, CLI_REPEATS = 2, CLI_INTEGER = 4, CLI_HIDDEN = 8, CLI_NO_CSV = 16 };

struct cli_option {
    const char *name;  // without its dashes: "supplier-lot"
    const char *value; // what stands for its value in the usage: "N"; NULL: a flag
    const char *help;
    const char *argument; // the operation's argument that it fills; NULL: the command's function takes it
    enum cli_kind kind;
    unsigned flags; // CLI_REQUIRED, CLI_REPEATS, CLI_INTEGER
};

struct cli_word { // a positional argument
    const char *name;
    const char *argument; // as above
    enum cli_kind kind;
    unsigned flags; // CLI_REQUIRED, CLI_REPEATS (the last one only)
};

struct cli_call;

struct cli_command {
    const char *verb;                 // NULL: the group's name is the whole command
    const char *summary;              // one line, no full stop
    const char *details;              // sentences for help and man page; may be NULL
    const struct cli_word *words;     // ends with a NULL name; may be NULL
    const struct cli_option *options; // the same
    const char *op;   // operation asked for; NULL: the function knows. report/listing.h knows its columns
    const char *done; // what to say after an act: "Lot {lot} is {state}."
    int (*run)(struct cli_call *call);
    unsigned
        flags; // CLI_HIDDEN: left out of usage, man page and completion; CLI_NO_CSV: though its operation is a list
};

struct cli_group {
    const char *name;
    const char *summary;                // one line
    const struct cli_command *commands; // ends with a NULL run
};

extern const struct cli_group cli_groups[];          // ends with a NULL name
extern const struct cli_option cli_global_options[]; // ends with a NULL name; -c stands as "c"

const struct cli_group *cli_group_find(const char *name);
const struct cli_command *cli_command_find(const struct cli_group *group, const char *verb);

struct cli_door;

// One line as it was typed, taken apart. Texts point into argv.
struct cli_call {
    const struct cli_hooks *hooks;
    const struct cli_group *group;
    const struct cli_command *command;
    const char *words[CLI_WORDS_MAX];
    size_t word_count;
    struct cli_given {
        const struct cli_option *option;
        const char *text;    // NULL for a flag
    } given[CLI_VALUES_MAX]; // in the order given
    size_t given_count;
    const char *config, *data; // -c, --data; NULL when not given
    bool json, csv, help, version;
    struct cli_paths paths; // found before the command runs
    struct cli_door *door;  // opened at the first question
};

// The value of an option (the last one given), or NULL; whether a flag was given.
const char *cli_given(const struct cli_call *call, const char *option);
bool cli_flag(const struct cli_call *call, const char *option);

#endif
