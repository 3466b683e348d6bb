// cli_live: machines as the ledger knows them, with what the daemon sees now, where it runs.
#ifndef LOTGATE_CLI_LIVE_H
#define LOTGATE_CLI_LIVE_H

#include "cli_command.h"
#include "error.h"

// Asks for the machines. `args` (taken over) are those of machine.list; empty, also machines are named that the ledger does
// not know yet. *rows is an array of objects, the caller's: the live members win. Without a daemon the state is "offline". An
// exit status.
int cli_machines(struct cli_call *call, cJSON *args, cJSON **rows, struct lg_error *error);

// One machine with its history (machine.show), and its live view where the daemon runs.
int cli_machine(struct cli_call *call, const char *id, cJSON **machine, struct lg_error *error);

// Asks the daemon alone for one machine's live view: CLI_NO_DAEMON when there is none. *machine is the caller's.
int cli_machine_live(struct cli_call *call, const char *id, cJSON **machine, struct lg_error *error);

#endif
