// cli_completion: completion for bash, from the command table.
#ifndef LOTGATE_CLI_COMPLETION_H
#define LOTGATE_CLI_COMPLETION_H

#include <stdio.h>

#include "cli_command.h"

// Writes the script that bash sources.
void cli_completion_bash(FILE *out);

// Prints the words of a kind that the script asks for ("lots", "machines" ...), one a line. Says nothing when the
// ledger can't be read: completion must not disturb. Returns an exit status.
int cli_completion_words(struct cli_call *call, const char *kind);

#endif
