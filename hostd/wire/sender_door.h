// sender_door: what sender.c and its two kinds of door (pty, TCP) share. Nobody else includes it.
#ifndef LOTGATE_WIRE_SENDER_DOOR_H
#define LOTGATE_WIRE_SENDER_DOOR_H

#include "channel.h"
#include "sender.h"

struct door;

struct door_kind {
    bool is_pty;
    // The sender that came through this door is done with: close its descriptor, or wait on it for the next one.
    // `dropped`: it was sent away and may still have its end open.
    void (*take_back)(struct door *door, int fd, bool dropped);
    // True when another program may have written what was just read from the sender; NULL: cannot happen.
    bool (*is_crowded)(struct door *door);
    // Ends the door: its handles are closed with door_handle_closed, its descriptors at once.
    void (*close)(struct door *door);
};

struct door {
    const struct door_kind *kind;
    struct sender *sender;
    char label[SENDER_LABEL_MAX]; // what it is bound to
    void *own;
};

struct sender {
    uv_loop_t *loop;
    char machine[64];
    struct sender_events events;
    struct door doors[SENDER_DOORS_MAX];
    size_t door_count;
    struct door *through; // the door the present sender came through; NULL: nobody
    char label[SENDER_LABEL_MAX];
    char since[8];   // "10:31", local time
    bool overflowed; // it did not read its replies
    uint8_t *input;
    struct channel channel;
    uint8_t out[SENDER_OUT_MAX];
};

// A free place for a door, or NULL when all SENDER_DOORS_MAX are taken (then *error says so).
struct door *sender_new_door(struct sender *sender, const struct door_kind *kind, struct lg_error *error);
// Lets the sender on `fd` in. False when another has the machine: `refusal` then holds the message for it,
// and the fd stays the door's.
bool sender_claim(struct door *door, int fd, const char *label, char *refusal, size_t room);

// The sender's bytes can no longer be told from another program's: both are told so, and it is dropped.
void sender_crowded(struct sender *sender);

#endif
