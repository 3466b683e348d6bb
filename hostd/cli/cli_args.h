// cli_args: takes a command line apart by the command table.
//
// Options may stand anywhere, before and after what they belong to; global options before the command as well.
// `--name=value` and `--name value` are the same; after `--` everything is a word. Pure.
#ifndef LOTGATE_CLI_ARGS_H
#define LOTGATE_CLI_ARGS_H

#include <cjson/cJSON.h>

#include "cli_command.h"
#include "error.h"

// Fills group, command, words, given and the global options of *call. Returns false with code "usage" when the
// line is wrong: then call->group and call->command tell whose usage to show (both may be NULL). A line that
// asks for help (--help, -h) or the version is right whatever else it lacks.
bool cli_args_parse(struct cli_call *call, int argc, char **argv, struct lg_error *error);

// The operation's arguments that words and options fill, as a JSON object owned by the caller. NULL with code
// "usage" when a whole number is asked for and something else was typed.
cJSON *cli_args_object(const struct cli_call *call, struct lg_error *error);

#endif
