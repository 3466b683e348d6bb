#include "stream.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "mailbox.h"
#include "serve.h" // SERVE_EVENTS_KEPT, SERVE_SUBSCRIBERS_MAX

#define STREAM_BLOCK 4096 // bytes given to libmicrohttpd at a time

// One event as it goes over the wire, without its id line. Shared by the ring and the listeners that are in
// the middle of it; counted on the HTTP thread alone.
struct event {
    unsigned uses;
    uint64_t number;
    size_t length;
    char text[];
};

struct listener {
    struct stream *stream;
    struct MHD_Connection *connection;
    struct listener *next, *previous;
    uint64_t wanted;       // number of the next event to give
    struct event *current; // being given
    size_t given;          // bytes of it
    int socket;            // -1: not watched
    bool suspended, greet, reset, beat, gone;
};

struct stream {
    struct mailbox *published;
    atomic_uint_fast64_t lost;
    char start[24];
    struct event *ring[SERVE_EVENTS_KEPT];
    uint64_t next; // number of the next event; the ring holds up to SERVE_EVENTS_KEPT before it
    struct listener *listeners;
    atomic_uint count; // of listeners; written by the HTTP thread alone
    int64_t beat_at;
    int epoll;
    bool closed;
};

struct stream *stream_create(int64_t started_us, int epoll, void (*wake)(void *context), void *context) {
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->published = mailbox_create(wake, context);
    if (!stream->published) {
        free(stream);
        return NULL;
    }
    snprintf(stream->start, sizeof stream->start, "%" PRIx64, (uint64_t)started_us);
    stream->next = 1;
    stream->epoll = epoll;
    return stream;
}

static void event_release(struct event *event) {
    if (event && --event->uses == 0)
        free(event);
}

void stream_free(struct stream *stream) {
    if (!stream)
        return;
    lg_assert(stream->count == 0);
    for (struct event *event; (event = mailbox_take(stream->published));)
        free(event);
    for (size_t i = 0; i < SERVE_EVENTS_KEPT; i++)
        event_release(stream->ring[i]);
    mailbox_free(stream->published);
    free(stream);
}

static struct event *event_make(const char *format, const char *one, const char *two) {
    size_t length = strlen(format) + strlen(one) + strlen(two) + 1;
    struct event *event = malloc(sizeof *event + length);
    if (!event)
        return NULL;
    event->uses = 1;
    event->number = 0;
    char *out = event->text;
    const char *parts[] = {one, two};
    unsigned part = 0;
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            *out++ = *p;
            continue;
        }
        for (const char *q = parts[part++]; *q; q++)
            *out++ = *q == '\n' || *q == '\r' ? ' ' : *q; // a line break would end the event
    }
    event->length = (size_t)(out - event->text);
    return event;
}

void stream_publish(struct stream *stream, const char *type, const char *json) {
    struct event *event =
        strlen(json) > STREAM_EVENT_MAX ? NULL : event_make("event: %\ndata: %\n\n", type, json);
    if (!event || !mailbox_put(stream->published, event)) {
        free(event);
        atomic_fetch_add(&stream->lost, 1);
    }
}

static void wake_listener(struct listener *listener) {
    if (!listener->suspended)
        return;
    listener->suspended = false;
    MHD_resume_connection(listener->connection);
}

void stream_turn(struct stream *stream, int64_t monotonic_us) {
    bool news = false;
    for (struct event *event; (event = mailbox_take(stream->published)); news = true) {
        struct event **place = &stream->ring[stream->next % SERVE_EVENTS_KEPT];
        event_release(*place);
        event->number = stream->next++;
        *place = event;
    }
    bool beat = monotonic_us >= stream->beat_at;
    if (beat)
        stream->beat_at = monotonic_us + STREAM_HEARTBEAT_US;
    for (struct listener *listener = stream->listeners; (news || beat) && listener;
         listener = listener->next) {
        listener->beat = listener->beat || beat;
        wake_listener(listener);
    }
}

int64_t stream_next_heartbeat(const struct stream *stream) {
    return stream->beat_at;
}

static uint64_t oldest(const struct stream *stream) {
    return stream->next > SERVE_EVENTS_KEPT ? stream->next - SERVE_EVENTS_KEPT : 1;
}

// Where a listener that saw `last_id` goes on.
static void place_listener(struct listener *listener, const char *last_id) {
    const struct stream *stream = listener->stream;
    listener->wanted = stream->next;
    if (!last_id || !*last_id)
        return;
    size_t mark = strlen(stream->start);
    char *end = NULL;
    bool ours = strncmp(last_id, stream->start, mark) == 0 && last_id[mark] == '-';
    uint64_t seen = ours ? strtoull(last_id + mark + 1, &end, 10) : 0;
    if (ours && end && !*end && seen + 1 >= oldest(stream) && seen < stream->next)
        listener->wanted = seen + 1;
    else
        listener->reset = true;
}

// What the listener gets next; NULL when there is nothing to say.
static struct event *next_event(struct listener *listener) {
    struct stream *stream = listener->stream;
    char number[24];
    if (listener->greet) {
        listener->greet = false;
        snprintf(number, sizeof number, "%d", STREAM_RETRY_MS);
        return event_make("retry: %\n: %\n\n", number, "lotgate");
    }
    if (listener->wanted < oldest(stream)) { // too slow: the ring has gone round
        listener->wanted = stream->next;
        listener->reset = true;
    }
    if (listener->reset) {
        listener->reset = false;
        snprintf(number, sizeof number, "%" PRIu64, listener->wanted - 1);
        return event_make("id: %-%\nevent: reset\ndata: {}\n\n", stream->start, number);
    }
    if (listener->wanted < stream->next) {
        struct event *event = stream->ring[listener->wanted++ % SERVE_EVENTS_KEPT];
        event->uses++;
        return event;
    }
    if (!listener->beat)
        return NULL;
    listener->beat = false;
    return event_make(": %\n\n", "still here", "");
}

// libmicrohttpd asks for more bytes of the response.
static ssize_t listener_read(void *context, uint64_t position, char *buffer, size_t room) {
    struct listener *listener = context;
    struct stream *stream = listener->stream;
    if (!listener->current) {
        if (stream->closed || listener->gone)
            return MHD_CONTENT_READER_END_OF_STREAM;
        listener->current = next_event(listener);
        listener->given = 0;
        if (!listener->current) {
            listener->suspended = true;
            MHD_suspend_connection(listener->connection);
            return 0;
        }
        if (listener->current->number &&
            room > 64) { // the id line stands before the event, made on the way out
            int length =
                snprintf(buffer, room, "id: %s-%" PRIu64 "\n", stream->start, listener->current->number);
            return length;
        }
    }
    struct event *event = listener->current;
    size_t part = event->length - listener->given < room ? event->length - listener->given : room;
    memcpy(buffer, event->text + listener->given, part);
    listener->given += part;
    if (listener->given == event->length) {
        event_release(event);
        listener->current = NULL;
    }
    return (ssize_t)part;
}

void stream_hung_up(void *listener) {
    struct listener *l = listener;
    l->gone = true;
    wake_listener(l);
}

static void watch(struct listener *listener) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(listener->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct epoll_event interest = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = listener};
    listener->socket = info ? info->connect_fd : -1;
    if (info && epoll_ctl(listener->stream->epoll, EPOLL_CTL_ADD, listener->socket, &interest) != 0)
        listener->socket = -1; // the heartbeat will notice
}

static void listener_free(void *context) {
    struct listener *listener = context;
    struct stream *stream = listener->stream;
    if (listener->socket >= 0)
        epoll_ctl(stream->epoll, EPOLL_CTL_DEL, listener->socket, NULL);
    if (listener->previous)
        listener->previous->next = listener->next;
    else
        stream->listeners = listener->next;
    if (listener->next)
        listener->next->previous = listener->previous;
    stream->count--;
    event_release(listener->current);
    free(listener);
}

struct MHD_Response *stream_subscribe(struct stream *stream, struct MHD_Connection *connection,
                                      const char *last_id, struct lg_error *error) {
    struct listener *listener = NULL;
    if (!stream->closed && stream->count < SERVE_SUBSCRIBERS_MAX)
        listener = calloc(1, sizeof *listener);
    if (!listener) {
        lg_fail(error, "too_many_listeners", "Close a page that watches, or try again in a moment.",
                "%u listeners take events already.", stream_listeners(stream));
        return NULL;
    }
    listener->stream = stream;
    listener->connection = connection;
    listener->greet = true;
    place_listener(listener, last_id);
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
                                                                      listener_read, listener, listener_free);
    if (!response) {
        free(listener);
        lg_fail(error, "out_of_memory", "Try again.", "Memory is out.");
        return NULL;
    }
    listener->next = stream->listeners;
    if (listener->next)
        listener->next->previous = listener;
    stream->listeners = listener;
    stream->count++;
    watch(listener);
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    return response;
}

void stream_close(struct stream *stream) {
    stream->closed = true;
    for (struct listener *listener = stream->listeners; listener; listener = listener->next)
        wake_listener(listener);
}

unsigned stream_listeners(const struct stream *stream) {
    return atomic_load(&stream->count);
}

uint64_t stream_lost(const struct stream *stream) {
    return atomic_load(&stream->lost);
}
