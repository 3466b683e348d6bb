// pty_pair: one pseudo-terminal of a door, for one program that opens it. sender_pty.c alone uses it.
#ifndef LOTGATE_WIRE_PTY_PAIR_H
#define LOTGATE_WIRE_PTY_PAIR_H

#include <stdbool.h>

#include "error.h" // lg_error

#define PTY_NAME_MAX 64

struct pty_pair {
    int master; // -1: none
    int kept;   // lotgate's own handle on the slave until somebody opens it, else -1
    int watch;  // of inotify, on the slave
    char slave[PTY_NAME_MAX];
};

// Makes a raw pair that senders may open (group dialout), whose openings `inotify` tells. Nothing stays on failure.
bool pty_pair_make(struct pty_pair *pair, int inotify, struct lg_error *error);
// Somebody has opened it: no other program may, short of root, and its closing will be seen as a hang-up.
void pty_pair_taken(struct pty_pair *pair);
void pty_pair_close(struct pty_pair *pair, int inotify);
// Makes `path` a link to the slave in one step, so that a sender never finds it missing or half made.
bool pty_pair_publish(const struct pty_pair *pair, const char *path, struct lg_error *error);
// Takes the link away again if it is this pair's.
void pty_pair_unpublish(const struct pty_pair *pair, const char *path);

#endif
