// sim_pty: one simulated machine on a pseudo-terminal, for lotgate-sim and for tests with real processes.
//
// The terminal is raw before its name is known to anybody, and one slave handle stays open so that the
// machine does not see a hang-up whenever a sender closes. Unplugging closes both ends; plugging in again
// makes a new terminal under the same link. One thread.
#ifndef LOTGATE_SIM_PTY_H
#define LOTGATE_SIM_PTY_H

#include <limits.h>

#include "sim.h"

#define SIM_PTY_PENDING 512

struct sim_pty {
    struct sim *sim;
    int master, slave;                // -1 while unplugged
    int log;                          // -1: none
    char link[PATH_MAX];              // "": none
    char memory[PATH_MAX];            // file that stands for the hook's memory, "": none
    char name[PATH_MAX];              // of the terminal, "/dev/pts/4"
    uint8_t pending[SIM_PTY_PENDING]; // read from the terminal, the machine's line had no room yet
    size_t pending_length;
};

// Makes the machine and its terminal, the link (replacing a link that is there, nothing else) and the log
// (appended to; each line by one write, so that a kill loses none). With a hook, `memory` is a file that keeps what the hook
// stores: read now, written with each store; what its screen shows goes to the log. `link`, `log` and `memory` may be "".
// Takes over config->on_line, on_store and on_screen. False with a sentence in `error`; nothing is left open then.
bool sim_pty_open(struct sim_pty *p, const struct sim_config *config, const char *link, const char *log,
                  const char *memory, int64_t now, char *error, size_t room);
// Removes the link, closes everything, frees the machine.
void sim_pty_close(struct sim_pty *p);
// Moves bytes both ways; `readable` when poll said so. Follows unplugging.
void sim_pty_turn(struct sim_pty *p, bool readable, int64_t now);
// True when the terminal should be polled for reading.
bool sim_pty_wants(const struct sim_pty *p);

#endif
