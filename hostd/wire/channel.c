#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_event(uv_poll_t *handle, int status, int events);

static void watch(struct channel *c) {
    int wanted = (c->reading ? UV_READABLE : 0) | (c->behind ? UV_WRITABLE : 0);
    if (c->poll == NULL || wanted == c->watched)
        return;
    c->watched = wanted;
    if (wanted == 0)
        uv_poll_stop(c->poll);
    else
        uv_poll_start(c->poll, wanted, on_event);
}

static void on_handle_closed(uv_handle_t *handle) {
    free(handle);
}

static void stop(struct channel *c) {
    uv_poll_stop(c->poll);
    c->poll->data = NULL;
    uv_close((uv_handle_t *)c->poll, on_handle_closed);
    c->poll = NULL;
    c->watched = 0;
    c->reading = c->behind = false;
    c->start = c->length = c->urgent.count = 0;
    c->started = c->spilled = false;
}

static void broke(struct channel *c, int error) {
    uv_poll_stop(c->poll); // libuv reports a dead descriptor once; watching on would spin
    c->watched = 0;
    c->events.broken(c->context, error);
}

static void on_readable(struct channel *c) {
    ssize_t n = read(c->fd, c->input, c->slice);
    if (n > 0)
        c->events.bytes(c->context, c->input, (size_t)n);
    else if (n == 0)
        broke(c, 0);
    else if (errno != EAGAIN && errno != EINTR)
        broke(c, errno);
}

static void on_event(uv_poll_t *handle, int status, int events) {
    struct channel *c = handle->data;
    if (c == NULL)
        return;
    if (status != 0) {
        broke(c, -status);
        return;
    }
    if ((events & UV_WRITABLE) != 0) {
        if (!channel_flush(c)) {
            broke(c, errno);
            return;
        }
        if (!c->behind)
            c->events.drained(c->context);
    }
    if (handle->data != NULL && c->reading && (events & UV_READABLE) != 0)
        on_readable(c);
}

void channel_init(struct channel *c, const struct channel_events *events, void *context, uint8_t *out,
                  size_t room, uint8_t *input, size_t slice) {
    memset(c, 0, sizeof *c);
    c->events = *events;
    c->context = context;
    c->out = out;
    c->room = room;
    c->input = input;
    c->slice = slice;
    c->fd = -1;
}

int channel_open(struct channel *c, uv_loop_t *loop, int fd) {
    uv_poll_t *poll = malloc(sizeof *poll);
    if (poll == NULL)
        return UV_ENOMEM;
    int rc = uv_poll_init(loop, poll, fd);
    if (rc != 0) {
        free(poll);
        return rc;
    }
    poll->data = c;
    c->poll = poll;
    c->fd = fd;
    c->start = c->length = c->urgent.count = 0;
    c->started = c->spilled = false;
    channel_read(c, true);
    return 0;
}

bool channel_is_open(const struct channel *c) {
    return c->poll != NULL;
}

int channel_release(struct channel *c) {
    if (c->poll == NULL)
        return -1;
    int fd = c->fd;
    stop(c);
    c->fd = -1;
    return fd;
}

void channel_close(struct channel *c) {
    int fd = channel_release(c);
    if (fd >= 0)
        close(fd);
}

bool channel_write(struct channel *c, const uint8_t *bytes, size_t length) {
    if (c->poll == NULL || length > c->room - c->length)
        return false;
    if (length > c->room - c->start - c->length) {
        memmove(c->out, c->out + c->start, c->length);
        c->start = 0;
    }
    memcpy(c->out + c->start + c->length, bytes, length);
    c->length += length;
    return true;
}

// A byte that counts each time keeps its place among its like.
static bool write_counted(struct channel *c, uint8_t byte, enum grbl_realtime kind) {
    if (c->behind && !c->spilled && urgent_add(&c->urgent, byte, kind))
        return true;
    c->spilled = channel_write(c, &byte, 1);
    return c->spilled;
}

bool channel_write_urgent(struct channel *c, uint8_t byte, enum grbl_realtime kind) {
    if (c->poll == NULL)
        return false;
    if (urgent_is_counted(kind))
        return write_counted(c, byte, kind);
    if (!c->behind && c->length <= CHANNEL_PLACE_MAX) {
        c->started |= kind == GRBL_CYCLE_START;
        return channel_write(c, &byte, 1);
    }
    if (kind == GRBL_RESET) {
        c->length = 0;
        c->started = c->spilled = false;
    }
    // A hold overtakes the `~` before it, too: it is said again behind it.
    if (c->started && kind != GRBL_STATUS && !channel_write(c, &byte, 1))
        return false;
    return urgent_add(&c->urgent, byte, kind);
}

bool channel_is_behind(const struct channel *c) {
    return c->behind;
}

// Bytes written, 0 when the kernel takes none now, -1 on failure.
static ssize_t put(int fd, const uint8_t *bytes, size_t length) {
    ssize_t n;
    do
        n = write(fd, bytes, length);
    while (n < 0 && errno == EINTR);
    return n < 0 && errno == EAGAIN ? 0 : n;
}

bool channel_flush(struct channel *c) {
    if (c->poll == NULL)
        return true;
    if (c->urgent.count > 0) {
        ssize_t n = put(c->fd, c->urgent.bytes, c->urgent.count);
        if (n < 0)
            return false;
        urgent_left(&c->urgent, (size_t)n);
    }
    if (c->urgent.count == 0 && c->length > 0) {
        ssize_t n = put(c->fd, c->out + c->start, c->length);
        if (n < 0)
            return false;
        c->start += (size_t)n;
        c->length -= (size_t)n;
    }
    if (c->length == 0) {
        c->start = 0;
        c->started = c->spilled = false;
    }
    c->behind = channel_backlog(c) > 0;
    watch(c);
    return true;
}

bool channel_is_in_line(const struct channel *c) {
    return c->length > 0 && c->length <= CHANNEL_LINE_MAX && c->out[c->start + c->length - 1] != '\n';
}

size_t channel_backlog(const struct channel *c) {
    return c->length + c->urgent.count;
}

void channel_read(struct channel *c, bool on) {
    c->reading = on;
    watch(c);
}
