// machine: one machine on the loop: port + gate + sender. wire.c and machine.c share this; nobody else.
#ifndef LOTGATE_WIRE_MACHINE_H
#define LOTGATE_WIRE_MACHINE_H

#include "alarm.h"
#include "channel.h"
#include "sender.h"
#include "wire.h"

// Room for what a gate can say to the machine in one turn: all that was held, and one read of the sender.
#define MACHINE_OUT_MAX (GATE_QUEUE_MAX + SENDER_READ_MAX + WIRE_BACKLOG_MAX)

// What the machines of a loop have in common.
struct wire_common {
    struct alarm alarm; // for the machine whose gate wants the time first
    bool touched;       // one of them is
    uint8_t *input;     // the loop's read buffer of CHANNEL_READ_MAX bytes
};

struct wire_machine {
    uv_loop_t *loop;
    struct wire_events events;
    void *owner;
    char id[GATE_NAME_MAX];
    char device[PATH_MAX];
    uint32_t baud;
    enum grbl_flavour flavour;
    struct gate *gate;
    struct sender *sender;
    struct port *port; // NULL while not open
    struct channel line;
    struct wire_common *common;
    bool touched;            // the gate has been outside its own turn: settle before the loop waits
    bool overflowed;         // the machine's port took nothing for too long
    struct lg_error trouble; // why the port is not open
    uv_timer_t retry;
    int64_t asked_at; // when a `?` went last
    int64_t tick_at;  // monotonic µs at which machine_tick is wanted; ALARM_NEVER: not
    int64_t piece_at; // monotonic µs at which a reply's first part leaves alone; ALARM_NEVER: none waits
    uint64_t retry_ms;
    uint8_t out[MACHINE_OUT_MAX];
};

struct wire_machine *machine_create(uv_loop_t *loop, const struct wire_machine_config *config,
                                    const struct wire_events *events, struct wire_common *common, void *owner,
                                    struct lg_error *error);
void machine_open(struct wire_machine *m);
// Writes out what the gate has said, decides whether the sender is read, and sets the alarm.
void machine_settle(struct wire_machine *m, int64_t now);
void machine_tick(struct wire_machine *m, int64_t now); // the gate looks at the time
void machine_touch(struct wire_machine *m);             // machine_settle is called before the loop waits
// Closes everything; the memory goes when libuv has let go of the timer.
void machine_free(struct wire_machine *m);

#endif
