// link_world: a gate, and a simulated machine that has the real hook, on a line that can lose, double and garble frames.
// Virtual time; the host's part (identity, serial number, durable starts) is played by the world, as the test asks.
//
// The world watches: no work is executed before its start was committed; nothing of the link reaches the sender; a frame
// never goes out while a line is unanswered.
#ifndef LOTGATE_TESTS_LINK_WORLD_H
#define LOTGATE_TESTS_LINK_WORLD_H

#include "gate.h"
#include "sim.h"

#define LINK_WORLD_BYTES 65536
#define SECOND           1000000LL

enum mishap { LOSE, DOUBLE, GARBLE, CUT, MISHAPS }; // CUT: its second half is lost, and its line end

struct link_world {
    struct gate_config config;
    struct sim_config machine;
    struct gate *gate;
    struct sim *sim;
    int64_t now;
    bool auto_start, auto_serial; // START_WANTED and HOOK_SEEN are answered at once
    bool start_wanted, seen, committed;
    bool plugged;
    // one kind of frame that does not come through: `from` LINK_FROM_HOST or LINK_FROM_HOOK
    const char *verb; // NULL: none; "" all
    enum link_side from;
    enum mishap mishap;
    int times;                                                      // so many of them
    char to_sender[LINK_WORLD_BYTES], to_machine[LINK_WORLD_BYTES]; // NUL-terminated
    size_t sender_length, machine_length;
    char line[GATE_REPLY_MAX]; // of the machine, so far
    size_t line_length;
    unsigned outstanding; // lines without ok or error
    bool open_frame;      // a frame was cut, and the machine takes the next line for more of it
    unsigned facts[GATE_FACT_STATUS + 1];
    char text[GATE_FACT_STATUS + 1][GATE_TEXT_MAX];
    uint16_t number[GATE_FACT_STATUS + 1];
    char options[GATE_TEXT_MAX];
    enum gate_end end; // of the last job
    uint8_t store[SIM_HOOK_STORE];
    unsigned job; // number of the last job
    char screen[LINK_TEXT_MAX + 1];
};

// A small job; its lines are answered one by one, and it ends with M2.
extern const char link_world_cut[];
#define assert_text_has(w, what) assert_non_null(strstr(link_world_text(w), what))

struct link_world *link_world_new(void);
void link_world_drop(struct link_world *w);        // link_world_free, and its memory
const char *link_world_text(struct link_world *w); // held line or fault; valid until the next call
// Opens the hook for a job, and shuts the gate for `us` before the job's first line.
void link_world_shut_for(struct link_world *w, int64_t us);

// What a world begins with: a laser with a card (MKS), serial number SN-1, its hook paired with the gate's key.
void link_world_begin(struct link_world *w); // fills config and machine, to be changed
void link_world_make(struct link_world *w);  // then makes it; the machine has been up for long
void link_world_free(struct link_world *w);
void link_world_settled(struct link_world *w); // begin, make, and ten seconds

void link_world_run(struct link_world *w, int64_t us);
bool link_world_until(struct link_world *w, enum gate_state state, int64_t us); // false: not by then
void link_world_send(struct link_world *w, const char *text);
void link_world_declare(struct link_world *w);
void link_world_spoil(struct link_world *w, enum link_side from, const char *verb, enum mishap mishap,
                      int times);
// The gate is gone and comes again, as after a crash; the machine stays as it is.
void link_world_restart(struct link_world *w);
// The machine is unplugged, paired with another host's key, and comes again.
void link_world_rekey(struct link_world *w, const uint8_t key[16]);

enum gate_state link_world_state(struct link_world *w);
struct gate_hook_view link_world_hook(struct link_world *w); // what the gate knows
enum link_state link_world_truth(struct link_world *w);      // what the hook is
uint64_t link_world_denied(struct link_world *w);            // lines that the hook did not let pass
size_t link_world_count(const char *in, const char *what);

#endif
