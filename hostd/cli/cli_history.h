// cli_history: what has been said about a thing and what happened to it: notes, corrections, events.
#ifndef LOTGATE_CLI_HISTORY_H
#define LOTGATE_CLI_HISTORY_H

#include <cjson/cJSON.h>

#include "cli_command.h"

// Prints a heading and the table of the answer's member `key`; nothing when it is absent or empty.
void cli_print_section(const cJSON *answer, const char *key, const char *title, const struct column *columns);

struct cli_section { // a member of an answer that is a list of its own
    const char *key, *title;
    const struct column *columns;
};

// A command that shows one thing: its fields, its sections (the last has no key) and what happened to it, or the answer as
// JSON. Returns the exit status; a failure is told.
int cli_show(struct cli_call *call, const struct column *fields, const struct cli_section *sections);

// Prints the members notes, corrections and events of an answer.
void cli_print_history(const cJSON *answer);

#endif
