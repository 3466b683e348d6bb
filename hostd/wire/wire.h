// wire: the loop, and on it every machine: its port, its gate and its way in for senders.
//
// Bytes that a sender sends are read, put through the gate and written to the machine in one turn of the loop:
// one read, one write, no allocation, no queue but what the kernel does not take. The floor above hears of
// facts through wire_events and acts through wire_gate. Thread: everything here runs on the thread that calls
// wire_run; from others use uv_async on wire_loop.
#ifndef LOTGATE_WIRE_H
#define LOTGATE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "error.h" // lg_error
#include "gate.h"  // gate_config, gate_fact
#include "port.h"  // port_place

#define WIRE_MACHINES_MAX 64
#define WIRE_TCP_MAX      7           // TCP ports per machine
#define WIRE_BACKLOG_MAX  4096        // bytes waiting for the machine above which the sender is not read
#define WIRE_ASK_US       1000        // a `?` that comes sooner behind another one is the same question
#define WIRE_PIECE_US     4000        // the rest of a reply is waited for so long: 46 bytes at 115200 baud
#define WIRE_TICK_MIN_US  1000        // a gate looks at the time at most so often
#define WIRE_RETRY_MIN_MS 250         // a port that is missing or busy is tried again after this,
#define WIRE_RETRY_MAX_MS (10 * 1000) // doubling up to this

struct wire;
struct wire_machine;

struct wire_machine_config {
    struct gate_config gate; // gate.name is the machine's id
    const char *device;      // see port.h
    uint32_t baud;
    const char *pty; // NULL: none
    const char *tcp[WIRE_TCP_MAX];
    size_t tcp_count;
};

struct wire_events {
    void *context;
    // From inside the gate: answer later, never call the gate from here (gate.h).
    void (*fact)(void *context, struct wire_machine *machine, const struct gate_fact *fact);
    // The port was opened, was lost, or cannot be opened for another reason than before.
    void (*port)(void *context, struct wire_machine *machine);
    // A sender came or went.
    void (*sender)(void *context, struct wire_machine *machine, const char *text);
};

// A look at a machine's ways in and out. Texts are valid until the next turn of the loop.
struct wire_look {
    const char *id, *device;
    bool port_open;
    const char *port_text, *what_to_do; // why it is not open; "" when it is
    const struct port_place *place;     // NULL while not open
    const char *sender;                 // who is connected, "" for nobody
    const char *pty;                    // path, or NULL
    const char *tcp[WIRE_TCP_MAX];      // as bound, with the real port
    size_t tcp_count;
};

// Makes the loop. NULL when memory is out.
struct wire *wire_create(const struct wire_events *events);
uv_loop_t *wire_loop(struct wire *wire);
// Adds a machine and opens its ways in for senders; the config is copied. Codes as in sender.h; NULL on failure.
struct wire_machine *wire_add(struct wire *wire, const struct wire_machine_config *config, void *owner,
                              struct lg_error *error);
// Opens every machine's port; one that cannot be opened is offline and tried again.
void wire_start(struct wire *wire);
// Runs the loop until wire_stop.
void wire_run(struct wire *wire);
void wire_stop(struct wire *wire);
// Writes out what the gates have said and closes everything; the caller has closed its own handles on the loop.
void wire_free(struct wire *wire);

size_t wire_count(const struct wire *wire);
struct wire_machine *wire_at(const struct wire *wire, size_t i);
struct wire_machine *wire_find(const struct wire *wire, const char *id); // NULL: no such machine
void *wire_owner(const struct wire_machine *machine);
void wire_look(const struct wire_machine *machine, struct wire_look *look);

// The machine's gate, to act on: what it says leaves before the loop waits again.
struct gate *wire_gate(struct wire_machine *machine);
// The same, only to look at.
const struct gate *wire_gate_look(const struct wire_machine *machine);

#endif
