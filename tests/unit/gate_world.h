// gate_world: a gate between a scripted sender and a fake Grbl, with virtual time. For the gate's tests.
//
// The fake answers lines as Grbl does (`ok`, or what the test tells it), keeps what it was sent, and reports
// the state that the test sets. It is also an oracle: work that arrives before a start is committed fails the test.
// Nothing happens but what a test asks for: world_answer lets the fake answer
// what it has, world_run lets time pass with everyone at work.
#ifndef LOTGATE_TESTS_GATE_WORLD_H
#define LOTGATE_TESTS_GATE_WORLD_H

#include "gate.h"
#include "gate_model.h"

#define WORLD_BYTES (8 * 1024 * 1024)

struct world_bytes {
    uint8_t *at;
    size_t length;
};

struct world {
    struct gate *gate;
    struct gate_config config;
    int64_t now;
    struct world_bytes machine, sender; // all that reached each of them
    struct model model;                 // executes it, and aborts the test when work came before its commit
    const char *state;                  // what it reports: "Idle", "Run", ...
    const char *settings;               // what it answers to $$; NULL: `ok` alone
    const char *more;                   // further fields of the report, with their `|`
    bool mute;                          // the fake answers nothing
    bool auto_start;                    // START_WANTED is answered at once (after the call)
    bool start_wanted;
    bool auto_identity;
    bool identity_seen;
    const char *reply; // instead of `ok`, once
    size_t replies;    // ok and error lines that reached the sender
    size_t calls;      // how often to_machine was called
    unsigned facts[GATE_FACT_STATUS + 1];
    char text[GATE_FACT_STATUS + 1][GATE_TEXT_MAX]; // the last fact's text
    struct gate_job job;                            // the last end's
    struct meter_result meter;
};

// A gate with a machine opened and a sender connected; no identity check, no polls, unless config says so.
// NULL config: those defaults.
void world_make(struct world *w, const struct gate_config *config);
void world_free(struct world *w);
void world_config(struct gate_config *config); // the defaults of world_make, to be changed

void world_send(struct world *w, const char *text); // from the sender, one chunk
void world_send_bytes(struct world *w, const void *bytes, size_t length);
void world_reply(struct world *w, const char *text); // from the machine, one chunk
void world_reply_bytes(struct world *w, const void *bytes, size_t length);
void world_answer(struct world *w);           // the fake answers all it has not answered
bool world_answer_one(struct world *w);       // ... one thing; false when there is none
void world_pass(struct world *w, int64_t us); // time passes; timers run; the fake answers
void world_declare(struct world *w);
void world_arm_and_start(struct world *w); // declared, and starts are committed at once
void world_forget(struct world *w);        // empties what was recorded of both streams

bool world_machine_is(struct world *w,
                      const char *text); // exactly this reached the machine since world_forget
bool world_sender_is(struct world *w, const char *text);
bool world_machine_has(struct world *w, const char *text);
bool world_sender_has(struct world *w, const char *text);
size_t world_count(const struct world_bytes *b, const char *text);
enum gate_state world_state(struct world *w);

#endif
