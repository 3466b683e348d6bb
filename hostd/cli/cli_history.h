// cli_history: what has been said about a thing and what happened to it: notes, corrections, events.
#ifndef LOTGATE_CLI_HISTORY_H
#define LOTGATE_CLI_HISTORY_H

#include <cjson/cJSON.h>

#include "cli_table.h"

// Prints a heading and the table of the answer's member `key`; nothing when it is absent or empty.
void cli_print_section(const cJSON *answer, const char *key, const char *title,
                       const struct cli_column *columns);

// Prints the members notes, corrections and events of an answer.
void cli_print_history(const cJSON *answer);

#endif
