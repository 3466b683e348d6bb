// stream: server-sent events: a ring of the last SERVE_EVENTS_KEPT events and those who listen.
//
// Any thread publishes (through a mailbox); all else belongs to the HTTP thread. Each event has an id
// "<start>-<number>", where <start> marks this run of the daemon: a listener that comes back with a Last-Event-ID
// is given what it missed, or the event `reset` when that is no longer known, and should then ask anew.
#ifndef LOTGATE_SERVE_STREAM_H
#define LOTGATE_SERVE_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define STREAM_EVENT_MAX    (64 * 1024) // bytes of one event's JSON; longer ones are counted as lost
#define STREAM_HEARTBEAT_US 10000000
#define STREAM_RETRY_MS     1000 // what listeners are told to wait before they come back

struct stream;

// `wake` is called on the publishing thread. `epoll` is watched by the HTTP thread, and stays the caller's: a listener whose other
// end has gone is an event of it whose data.ptr goes to stream_hung_up. NULL when memory is out.
struct stream *stream_create(int64_t started_us, int epoll, void (*wake)(void *context), void *context);
void stream_free(struct stream *stream); // nobody may listen any more

// Any thread. Copies.
void stream_publish(struct stream *stream, const char *type, const char *json);

// Moves what was published into the ring and wakes the listeners; every STREAM_HEARTBEAT_US they get a comment.
void stream_turn(struct stream *stream, int64_t monotonic_us);
int64_t stream_next_heartbeat(const struct stream *stream); // monotonic microseconds

// A response that gives the events after `last_id` (NULL: from now on) on this connection, until it closes. NULL
// with too_many_listeners when SERVE_SUBSCRIBERS_MAX listen.
struct MHD_Response *stream_subscribe(struct stream *stream, struct MHD_Connection *connection,
                                      const char *last_id, struct lg_error *error);

// A page that was closed or loaded anew has gone at once, not at the next heartbeat: it would keep its place from others.
void stream_hung_up(void *listener);

// Ends all listeners' responses; none can subscribe afterwards.
void stream_close(struct stream *stream);

unsigned stream_listeners(const struct stream *stream); // any thread
uint64_t stream_lost(const struct stream *stream);      // events that found the mailbox full or were too long

#endif
