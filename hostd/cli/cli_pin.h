// cli_pin: a PIN from standard input, not shown while it is typed.
#ifndef LOTGATE_CLI_PIN_H
#define LOTGATE_CLI_PIN_H

#include "cli_command.h"
#include "error.h"

#define CLI_PIN_MAX 128

// Reads one line, asking for it with `prompt` when standard input is a terminal. False at its end.
bool cli_pin_read(const char *prompt, char pin[CLI_PIN_MAX], struct lg_error *error);

// A command's run function: asks the command's operation with the words, the options and a PIN. With `training.sign` a PIN is
// asked for on a terminal alone, and an empty one is left out.
int cli_run_pin(struct cli_call *call);

#endif
