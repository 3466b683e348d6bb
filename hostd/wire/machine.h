// machine: one machine on the loop: port + gate + sender. wire.c and machine.c share this; nobody else.
#ifndef LOTGATE_WIRE_MACHINE_H
#define LOTGATE_WIRE_MACHINE_H

#include "channel.h"
#include "sender.h"
#include "wire.h"

// Room for what a gate can say to the machine in one turn: all that was held, and one read of the sender.
#define MACHINE_OUT_MAX (GATE_QUEUE_MAX + SENDER_READ_MAX + WIRE_BACKLOG_MAX)

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
    bool dirty;              // the gate was touched: settle before the loop waits
    bool overflowed;         // the machine's port took nothing for too long
    struct lg_error trouble; // why the port is not open
    uv_timer_t tick, retry;
    int64_t asked_at; // when a `?` went last
    int64_t tick_at;  // monotonic µs for which `tick` is armed; INT64_MAX: not
    uint64_t retry_ms;
    int handles; // libuv handles not yet closed
    uint8_t out[MACHINE_OUT_MAX];
};

// `input` is the loop's shared read buffer of CHANNEL_READ_MAX bytes.
struct wire_machine *machine_create(uv_loop_t *loop, const struct wire_machine_config *config,
                                    const struct wire_events *events, uint8_t *input, void *owner,
                                    struct lg_error *error);
void machine_open(struct wire_machine *m);
// Writes out what the gate has said, decides whether the sender is read, and arms the timer.
void machine_settle(struct wire_machine *m, int64_t now);
// Closes everything; the memory goes when libuv has let go of the timers.
void machine_free(struct wire_machine *m);

#endif
