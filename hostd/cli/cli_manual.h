// cli_manual: the COMMANDS and OPTIONS of the man page, from the command table.
#ifndef LOTGATE_CLI_MANUAL_H
#define LOTGATE_CLI_MANUAL_H

#include <stdio.h>

// Writes the part of lotgate(1) that lies between its "begin commands" and "end commands" marks, as mdoc.
void cli_manual_commands(FILE *out);

#endif
