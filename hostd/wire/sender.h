// sender: the sender's side of the wire: a pseudo-terminal and TCP ports, one sender at a time over all of them.
//
// A second sender is told who has the machine and is closed (TCP) or ignored until it closes (pty), and the first one goes on
// undisturbed. Two programs on one pseudo-terminal, which only root can bring about, are both dropped. A sender
// that does not read SENDER_OUT_MAX bytes of replies is dropped. Sender ports carry G-code only, so they may
// listen on any address. Thread: the loop's.
#ifndef LOTGATE_WIRE_SENDER_H
#define LOTGATE_WIRE_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "error.h" // lg_error

#define SENDER_OUT_MAX    (256 * 1024) // bytes of replies that a sender may leave unread
#define SENDER_DOORS_MAX  8            // ways in per machine: one pty, the rest TCP listeners
#define PTY_TERMINALS_MAX 8    // pseudo-terminals of a pty door: one on offer, one in use, the rest ignored
#define SENDER_READ_MAX   4096 // bytes taken at once; more only fills the machine's buffer
#define SENDER_LABEL_MAX  128  // "127.0.0.1:4711", "/run/lotgate/laser1"

struct sender_events {
    void *context;
    void (*connected)(void *context, const char *label);
    void (*bytes)(void *context, const uint8_t *bytes, size_t length);
    void (*gone)(void *context, const char *why); // a sentence part: "closed its connection"
};

struct sender;

// `machine` is named in messages; `input` is the loop's shared read buffer. Owned by the caller until
// sender_free, which takes a turn of the loop to finish. NULL when memory is out.
struct sender *sender_create(uv_loop_t *loop, const char *machine, const struct sender_events *events,
                             uint8_t *input);
void sender_free(struct sender *sender);

// Opens a way in. Codes: pty_failed, bad_address, address_in_use, listen_failed.
bool sender_listen_pty(struct sender *sender, const char *path, struct lg_error *error);
bool sender_listen_tcp(struct sender *sender, const char *address, struct lg_error *error);

// The ways in as bound, with the real port: door 0, 1, ...; NULL past the last.
const char *sender_door(const struct sender *sender, size_t i, bool *is_pty);

// Who is connected, "" for nobody.
const char *sender_label(const struct sender *sender);

// Collects replies; they leave at sender_flush. Without a sender they are dropped. Neither calls back, but a
// sender that failed or is full is reported by sender_flush returning false: then call sender_drop.
void sender_write(struct sender *sender, const uint8_t *bytes, size_t length);
bool sender_flush(struct sender *sender);
bool sender_is_in_line(const struct sender *sender); // what was collected ends within a line
// Ends the connection; `gone` is called.
void sender_drop(struct sender *sender, const char *why);
// Whether to read what the sender sends.
void sender_read(struct sender *sender, bool on);

#endif
