// world: a workshop in virtual time: machines, gates, senders and a real ledger, driven by one seed.
//
// The daemon's own join of gate and ledger (hostd/station.c, facts.c, replies.c, live.c, views.c) is linked as it is;
// only the wire below it and the threads beside it are replaced: bytes go from gate to simulated machine and
// back at virtual times, and the ledger's answers come late, fail for a while, or never (a crash). The same seed gives
// the same run, byte for byte: world_hash tells.
#ifndef LOTGATE_TESTS_WORLD_H
#define LOTGATE_TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actor.h"
#include "daemon.h"
#include "gate.h"
#include "ledger.h"
#include "sim.h"

#define WORLD_MACHINES    4
#define WORLD_HOOKED      3    // the machine with the hook in its firmware
#define WORLD_PENDING_MAX 64   // requests under way to the ledger
#define WORLD_LINES_MAX   8192 // lines forwarded to a machine that it has not executed yet
#define WORLD_PROGRAM_MAX 16384
#define WORLD_SECOND      1000000LL

// A line that the gate let through, and whether a job was durable at that moment.
struct world_line {
    uint32_t hash;
    bool job_open;
    uint64_t resets; // of the machine, as far as was known
    uint64_t files;  // of the machine's card, that the gate had been told of
    uint64_t errors; // likewise
};

struct wire_machine {
    struct world *world;
    struct station *station;
    struct gate *gate;
    struct sim *sim;
    char id[16];
    bool port_open, sender_on;
    int64_t reopen_at;
    struct actor actor;
    char program[WORLD_PROGRAM_MAX];
    size_t program_length;
    uint8_t to_machine[65536], to_sender[65536]; // what the gate wrote, not yet handed on
    size_t machine_filled, sender_filled;
    // what the checks need
    bool started_durable;          // a job.start was committed and its end was not
    uint32_t starts, ends;         // committed, this run of the daemon
    bool inbound_trusted;          // no fault has changed what the machine received
    bool hooked;                   // its firmware has the hook
    uint64_t resets, opens;        // restarts seen; OPEN frames that went out
    uint64_t files;                // of the card: starts of which word has reached the gate
    uint64_t errors, errors_heard; // lines that the machine refused; of which word has reached the gate
    char heard[GATE_REPLY_MAX];
    size_t heard_length;
    struct world_line lines[WORLD_LINES_MAX];
    uint32_t first_line, line_count;
    char forward[GCODE_LINE_MAX];
    size_t forward_length;
    void (*on_executed)(void *context, const struct sim_line *line); // NULL: nobody asks
    void *executed_context;
    bool saw_reset, saw_gcode; // 0x18, a line that is no `$` query reached the machine in this call
};

struct pending {
    struct request *request;
    int64_t due;
    bool executed; // committed, the answer is still on its way
};

struct world {
    uint64_t random, seed;
    int64_t now, utc_offset, deadline;
    struct daemon daemon;
    struct station stations[WORLD_MACHINES];
    struct wire_machine machines[WORLD_MACHINES];
    struct ledger *ledger;
    char directory[128];
    struct pending pending[WORLD_PENDING_MAX];
    size_t pending_count;
    bool ledger_down; // the disk is full
    bool spoils_ends; // now and then what was metered of a job is nothing that the ledger takes
    bool woken;
    uint64_t hash, steps, jobs_started, jobs_ended, crashes, refused_commits, overtaken, ends_spoilt;
    char trouble[512]; // the first broken invariant, "" when none
};

uint64_t world_random(struct world *w, uint64_t below);

// Makes the world in `directory` (empty), with suppliers, operators and released lots. Never fails: asserts.
void world_begin(struct world *w, uint64_t seed, const char *directory);
void world_end(struct world *w);

// Lets time pass until `until` or until trouble; every step checks the invariants.
void world_run(struct world *w, int64_t until);

// Acts. Declaring goes the way of the panel: through live_answer. `code` gets "" or the refusal's code at once or
// later (it is looked at by tests that wait for it).
void world_connect(struct world *w, struct wire_machine *m, enum actor_kind kind);
// The same with a program of the caller's, who keeps it.
void world_connect_with(struct world *w, struct wire_machine *m, enum actor_kind kind, const char *program,
                        size_t length);
// The sender goes on with another job at the heels of the first.
void world_append_job(struct world *w, struct wire_machine *m);
void world_disconnect(struct world *w, struct wire_machine *m);
void world_declare(struct world *w, struct wire_machine *m, const char *lot);
void world_act(struct world *w, struct wire_machine *m, const char *op); // machine.cancel, .hold, .reset ...
// kill -9: everything but the ledger's files and the machines is gone; the daemon starts again.
void world_crash(struct world *w);

void world_trouble(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

// --- world_help.c
char *world_directory(void); // a fresh folder in memory; static storage
void world_remove_directory(const char *path);
enum gate_state world_state_of(const struct wire_machine *m);
// Lets time pass until the machine is in that state; trouble when it is not within `limit` µs.
void world_wait_state(struct world *w, struct wire_machine *m, enum gate_state wanted, int64_t limit);

// --- world_program.c: a small job of its own for this machine; its length.
size_t world_program(struct world *w, char *out, size_t room);

#endif
