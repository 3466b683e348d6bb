// channel: one descriptor on the loop, read as bytes come and written through a bounded buffer.
//
// Serial ports, pseudo-terminals, sockets and the simulator's pair all look the same from here. What is
// written in a turn is collected and leaves in one write at channel_flush; what the kernel does not take
// waits for POLLOUT. Nothing is allocated after channel_open. Thread: the loop's.
#ifndef LOTGATE_WIRE_CHANNEL_H
#define LOTGATE_WIRE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "urgent.h"

#define CHANNEL_READ_MAX  65536 // bytes taken by one read
#define CHANNEL_PLACE_MAX 512   // bytes of one turn behind which a realtime byte may stand
#define CHANNEL_LINE_MAX  512   // bytes of a reply that may still be waiting for its line's end

struct channel;

struct channel_events {
    // Bytes came. They are valid during the call, which may close the channel.
    void (*bytes)(void *context, const uint8_t *bytes, size_t length);
    // The other end is gone, or reading or writing failed (errno value; 0: end of file). The channel has
    // stopped watching and the callee closes or releases it.
    void (*broken)(void *context, int error);
    // What waited has been written.
    void (*drained)(void *context);
};

struct channel {
    struct channel_events events;
    void *context;
    uv_poll_t *poll; // on the heap, since libuv frees it a turn later; NULL: closed
    int fd;
    int watched; // UV_READABLE | UV_WRITABLE as told to libuv
    bool reading, behind;
    uint8_t *input; // the loop's shared read buffer
    size_t slice;   // how much of it one read may use
    uint8_t *out;
    size_t room, start, length;
    struct urgent urgent;
    bool started; // a `~` waits among the lines
    bool spilled; // overrides wait among the lines: later ones must not overtake them
};

// Gives the channel its output buffer of `room` bytes and its input buffer (shared, `slice` bytes used).
// The buffers stay the caller's. Closed until channel_open.
void channel_init(struct channel *c, const struct channel_events *events, void *context, uint8_t *out,
                  size_t room, uint8_t *input, size_t slice);
// Starts watching `fd`, which becomes non-blocking; takes it over. Returns 0 or a negative libuv code, and
// then the fd is still the caller's.
int channel_open(struct channel *c, uv_loop_t *loop, int fd);
bool channel_is_open(const struct channel *c);
// Stops watching and forgets what waits. channel_close closes the descriptor, channel_release gives it back.
void channel_close(struct channel *c);
int channel_release(struct channel *c);

// Collects bytes for the next flush. False, and nothing taken, when they do not fit.
bool channel_write(struct channel *c, const uint8_t *bytes, size_t length);
// A realtime byte, which need not wait behind lines that the kernel has not taken yet. A reset drops those lines: the
// machine would run them after it. False, and nothing taken, when it does not fit.
bool channel_write_urgent(struct channel *c, uint8_t byte, enum grbl_realtime kind);
// True while the kernel takes no more.
bool channel_is_behind(const struct channel *c);
// Writes what was collected. False when the channel broke; errno tells why. `broken` is not called.
bool channel_flush(struct channel *c);
// What waits ends within a line, and is little enough to be one: more than CHANNEL_LINE_MAX is not worth waiting with.
bool channel_is_in_line(const struct channel *c);
// Bytes that wait to be written.
size_t channel_backlog(const struct channel *c);
// Whether to watch for input.
void channel_read(struct channel *c, bool on);

#endif
