// daemon: the one struct that everything hangs from, and what its files share. Not for use outside hostd/*.c.
//
//   daemon.c    start, threads, stop            setup.c    configuration -> machines on the wire
//   station.c   one machine's queue to the ledger, in order, tried again until it is durable
//   facts.c     what the gate tells -> the ledger      replies.c  what the ledger answers -> the gate
//   live.c      acts and looks from the panel and the command line     views.c  machines as JSON, and events
//
// The gate and the ledger never meet but here. Thread: the loop's, except where a function says otherwise.
#ifndef LOTGATE_DAEMON_H
#define LOTGATE_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "alarm.h" // alarm
#include "config.h"
#include "gate.h"    // gate_mode
#include "mailbox.h" // mailbox
#include "request.h" // request
#include "serve.h"   // serve_publish
#include "wire.h"    // wire_machine
#include "writer.h"  // ledger_writer

#define STATION_QUEUE_MAX  64 // posts that wait for the ledger
#define STATION_SPARE      16 // of them kept for what must not be lost: starts and ends of jobs
#define STATION_NUMBER_MAX 64 // job, record, declaration and operator numbers
#define DAEMON_RETRY_US    1000000
#define DAEMON_NICE        (-10) // the loop's: lines go before a browser on the same Pi

struct daemon;
struct station;
struct post;

// What becomes of a post. The functions are called outside the gate.
struct post_kind {
    const char *op;
    bool must; // a job's start or end: has a place kept in the queue
    // Adds what is known only when the turn has come. False: no longer wanted.
    bool (*ready)(struct station *s, struct post *post);
    void (*done)(struct station *s, struct post *post, const cJSON *answer);
    void (*failed)(struct station *s, struct post *post, const struct lg_error *error);
    // Makes the args whole from the post's facts, on the ledger thread.
    void (*complete)(struct request *request);
};

// Who else waits for a post's outcome.
enum post_from {
    POST_FROM_LOTGATE, // nobody: it is tried again until it is written
    POST_FROM_SENDER,  // a line of the sender's
    POST_FROM_SCANNER  // a person at the machine, whose screen tells
};

struct post {
    const struct post_kind *kind;
    cJSON *args;
    struct request *asker; // who waits for the outcome at the panel or command line; NULL: nobody
    void *facts;           // for kind->complete; NULL while it is away
    enum post_from from;
};

// One machine and what the ledger knows of it now.
struct station {
    struct daemon *daemon;
    struct wire_machine *machine;
    struct config_machine config;
    char kind[16];
    enum gate_mode mode;
    // the queue to the ledger; the first post is away while `asking`
    struct post posts[STATION_QUEUE_MAX];
    size_t first, count;
    bool asking, ledger_failed;
    char ledger_advice[384]; // what to do about it, in the ledger's own words
    bool changed;            // the panel has not been told yet
    uint64_t dropped;
    // the present declaration and job
    bool declaring;                       // a declaration from the panel or command line is away
    char declaration[STATION_NUMBER_MAX]; // "": none
    cJSON *declared;                      // what declaration.make answered
    int64_t declared_us;                  // monotonic
    char job[STATION_NUMBER_MAX], record[STATION_NUMBER_MAX];
    bool job_started;
    bool held_told;                       // the gate has told of a held job, and not yet of what became of it
    int64_t job_us, job_clock_us;         // when it started: UTC, and monotonic
    char operator_id[STATION_NUMBER_MAX]; // signed on by $OP, or by a badge at the machine's scanner
    char scanned[STATION_NUMBER_MAX];     // the quantity on the label that was scanned last at the machine
    // pairing with the machine's hook (hook.c)
    bool pairing;
    struct request *pairing_asker;       // NULL: nobody waits any more
    uint8_t new_key[SIPHASH_KEY];        // wiped when the gate has it
    uint64_t jobs, lines, bytes, errors; // since the daemon started, of ended jobs
};

struct daemon {
    struct config config;
    struct wire *wire;
    struct ledger_writer *writer;
    struct serve *serve;
    struct mailbox *answers; // from the ledger thread
    struct mailbox *asked;   // from the HTTP thread
    uv_async_t wake;
    struct alarm every_second;
    uv_signal_t interrupt, terminate;
    struct station *stations;
    size_t station_count;
    char data[PATH_MAX]; // the data folder
    bool stopping, forced;
    uint64_t stopping_seconds;
};

// --- station.c
// Queues a post, taking over args; false when there is no room (args and post are dropped and counted).
bool station_post(struct station *s, const struct post_kind *kind, cJSON *args);
bool station_post_for(struct station *s, const struct post_kind *kind, cJSON *args, struct request *asker,
                      enum post_from from);
// Before all that waits: only in place of a post that has just been answered.
void station_post_next(struct station *s, const struct post_kind *kind, cJSON *args);
// Takes over `facts` too, a block of malloc.
bool station_post_facts(struct station *s, const struct post_kind *kind, cJSON *args, void *facts);
void station_pump(struct station *s);                              // sends the next post, if none is away
void station_answered(struct station *s, struct request *request); // the ledger's answer to it
bool station_idle(const struct station *s);                        // nothing waits and nothing is away
// Withdraws the declaration, unless a job uses it up; `by` and `asker` may be NULL. False when nothing was done.
bool station_withdraw(struct station *s, const char *reason, const char *by, struct request *asker);
void station_free(struct station *s); // answers who still waits; the writer has stopped

// --- facts.c: wire_events
void facts_on_fact(void *context, struct wire_machine *machine, const struct gate_fact *fact);
void facts_on_port(void *context, struct wire_machine *machine);
void facts_on_sender(void *context, struct wire_machine *machine, const char *text);

// --- replies.c: the kinds of post
extern const struct post_kind post_hold, post_refuse, post_declare, post_cancel, post_start, post_pause,
    post_end, post_dry_run, post_identity, post_confirm, post_unauthorised, post_operator, post_probe,
    post_check;
void station_forget_declaration(struct station *s);
// Tells who waits for the outcome: the panel or command line, the sender's own line, or the machine's screen.
void station_tell(struct station *s, struct post *post, const cJSON *answer, const struct lg_error *error);

// --- hook.c: the hook in the machine's firmware
typedef void fact_handler(struct station *s, const struct gate_fact *fact);
fact_handler hook_on_seen, hook_on_blocked, hook_on_key, hook_on_paired, hook_on_scan;
void hook_forget(struct station *s); // who waits is told that lotgate stops; the key is wiped
void hook_pair(struct station *s, struct request *request); // machine.pair, answered when it is over
void hook_name_job(struct station *s);                      // before its start is told to the gate
bool hook_run(struct request *request); // on the ledger thread: the key files; false: not its affair
cJSON *hook_view(const struct gate_view *view);

// --- live.c: machine.* and metrics
bool live_takes(const char *op);
void live_answer(struct daemon *d, struct request *request);
// Adds to a declaration what the machine knows: its id, mode, the operator signed on, what the config requires.
void live_complete_declaration(const struct station *s, cJSON *args);
// What the machine's configuration requires of a declaration, as the argument `require`.
void live_add_requirements(const struct station *s, cJSON *args);
// The sentence for a code of gate_may_declare.
void live_refusal(const struct station *s, const char *code, struct lg_error *error);

// --- views.c
cJSON *view_machine(const struct station *s);
void view_publish_machine(struct station *s); // soon: at the next wake
void view_publish_status(struct station *s);  // the machine has moved: the same, if anybody watches
void view_flush(struct station *s);
void view_publish_job(const struct station *s, const char *what);
void view_publish_alarm(const struct station *s, const char *text);

// --- daemon.c
struct station *daemon_find(const struct daemon *d, const char *machine); // NULL: no such machine
void daemon_wake(struct daemon *d); // the queues are looked at outside the gate; any thread
void daemon_log(const struct daemon *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

// --- setup.c: in this order, before any other thread runs
bool setup_machines(struct daemon *d, bool configured, bool simulate,
                    struct lg_error *error); // stations; code bad_config
bool setup_ledger(struct daemon *d, struct ledger *ledger, struct lg_error *error);
bool setup_wire(struct daemon *d, const char *data, struct lg_error *error);

#endif
