// cli_door: how a command reaches the ledger: through the daemon when it runs, by itself when it does not.
//
// The daemon's Unix socket in the data directory is tried first. Nobody there: the ledger is opened in this
// process, for reading or, taking the lock, for writing; so the same command gives the same answer either way.
// Live machines exist only in the daemon. One thread.
#ifndef LOTGATE_CLI_DOOR_H
#define LOTGATE_CLI_DOOR_H

#include <cjson/cJSON.h>

#include "cli_command.h"
#include "ledger.h" // enum ledger_mode

#define CLI_BUSY_WAIT_US 5000000 // another command may hold the lock for a moment: wait this long for it

// Asks one operation of trace/ops.h or a live machine act ("machine.declare"). Takes `args` over. Returns
// CLI_DONE with *answer (owned by the caller), or another exit status with *error.
int cli_ask(struct cli_call *call, const char *op, cJSON *args, cJSON **answer, struct lg_error *error);

// True when a daemon listens in the data directory.
bool cli_daemon_runs(const struct cli_call *call);

// Opens the ledger itself, whether or not a daemon runs (a writer is refused when one does). NULL with *status
// and *error. It stays the door's and is closed by cli_door_close.
struct ledger *cli_ledger(struct cli_call *call, enum ledger_mode mode, int *status, struct lg_error *error);

// Connects to the daemon for a longer talk (events). The caller closes the descriptor; -1 with *error.
int cli_daemon_connect(const struct cli_call *call, struct lg_error *error);

void cli_door_close(struct cli_call *call);

#endif
