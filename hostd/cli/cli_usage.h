// cli_usage: the command table as text for people.
#ifndef LOTGATE_CLI_USAGE_H
#define LOTGATE_CLI_USAGE_H

#include <stdio.h>

#include "cli_command.h"

#define CLI_USAGE_COLUMNS 79

// All commands, one line each. / The usage lines of a group, of a command. / One command in full.
void cli_usage_all(FILE *out);
void cli_usage_lines(FILE *out, const struct cli_group *group, const struct cli_command *command);
void cli_usage_group(FILE *out, const struct cli_group *group);
void cli_usage_command(FILE *out, const struct cli_group *group, const struct cli_command *command);

// What stands for one option or word in a usage line: "[--heat H]", "LOT[=QTY] …".
void cli_usage_option(char *out, size_t room, const struct cli_option *option);
void cli_usage_word(char *out, size_t room, const struct cli_word *word);

#endif
