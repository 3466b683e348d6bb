// sender_pty: pseudo-terminals as a way in, for senders that know serial ports alone.
//
// The door's name is a link to a fresh pseudo-terminal. inotify tells when a program opens it; from then on that terminal is
// this program's alone, and the link leads to another fresh one. So each program has bytes, mode and replies of its own: a
// second one is told who is there and ignored, a sender's going is the hang-up of its terminal, and none finds what the one
// before has left.
//
// Two on one terminal are possible all the same: root may open it by its own name in spite of TIOCEXCL. The kernel does not tell
// whose bytes are whose, and of two programs' bytes lines could be made that neither has sent. So nothing that was read
// together with the news of a second opener goes to the gate: both are told and ignored until they close. What
// stays open: two that open the same terminal before the loop has seen the first (inotify merges the two
// events), which takes two programs started within a turn of the loop.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "pty_pair.h"
#include "sender_door.h"

struct terminal {
    struct pty_pair pair;
    struct door *door;
    struct channel ignored; // open while its program is ignored
};

struct pty_door {
    uv_poll_t opening; // on the inotify descriptor
    int inotify;
    struct terminal terminals[PTY_TERMINALS_MAX];
    struct terminal *published; // the link's; NULL: every terminal is in use
    struct terminal *active;    // the sender's
    bool crowded;               // another program has opened the sender's terminal
};

static bool publish_another(struct door *door, struct lg_error *error) {
    struct pty_door *d = door->own;
    for (size_t i = 0; i < PTY_TERMINALS_MAX; i++) {
        struct terminal *t = &d->terminals[i];
        if (t->pair.master >= 0)
            continue;
        if (!pty_pair_make(&t->pair, d->inotify, error))
            return false;
        if (pty_pair_publish(&t->pair, door->label, error)) {
            d->published = t;
            return true;
        }
        pty_pair_close(&t->pair, d->inotify);
        return false;
    }
    return lg_fail(error, "pty_failed", "", "too many programs have %.100s open", door->label);
}

// No terminal to offer: whoever opens the link would meet one that is another program's.
static void publish_or_withdraw(struct door *door, const struct terminal *taken) {
    struct lg_error ignored;
    if (!publish_another(door, &ignored))
        pty_pair_unpublish(&taken->pair, door->label);
}

static void release(struct terminal *t) {
    struct door *door = t->door;
    struct pty_door *d = door->own;
    struct lg_error ignored;
    pty_pair_close(&t->pair, d->inotify);
    if (d->published == NULL)
        publish_another(door, &ignored);
}

static void ignore_bytes(void *context, const uint8_t *bytes, size_t length) {}

static void ignored_left(void *context, int error) {
    struct terminal *t = context;
    channel_release(&t->ignored);
    release(t);
}

static void ignored_drained(void *context) {}

static void ignore_until_closed(struct terminal *t) {
    if (channel_open(&t->ignored, t->door->sender->loop, t->pair.master) != 0)
        release(t);
}

static void opened(struct terminal *t) {
    struct door *door = t->door;
    struct pty_door *d = door->own;
    char refusal[320];
    d->published = NULL;
    pty_pair_taken(&t->pair);
    publish_or_withdraw(door, t);
    if (sender_claim(door, t->pair.master, door->label, refusal, sizeof refusal)) {
        d->active = t;
        return;
    }
    (void)!write(t->pair.master, refusal, strlen(refusal));
    ignore_until_closed(t);
}

static struct terminal *by_watch(struct pty_door *d, int watch) {
    for (size_t i = 0; i < PTY_TERMINALS_MAX; i++)
        if (d->terminals[i].pair.master >= 0 && d->terminals[i].pair.watch == watch)
            return &d->terminals[i];
    return NULL;
}

static void take_event(struct pty_door *d, const struct inotify_event *event) {
    struct terminal *t = by_watch(d, event->wd);
    if ((event->mask & IN_Q_OVERFLOW) != 0)
        d->crowded = d->active != NULL; // nobody knows: believed to be so
    else if (t == NULL || (event->mask & IN_OPEN) == 0)
        return;
    else if (t == d->published)
        opened(t);
    else if (t == d->active)
        d->crowded = true;
}

static void take_events(struct door *door) {
    struct pty_door *d = door->own;
    union {
        struct inotify_event align;
        char bytes[1024];
    } told;
    ssize_t n;
    while ((n = read(d->inotify, told.bytes, sizeof told.bytes)) > 0) {
        const struct inotify_event *event;
        for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof *event + event->len)) {
            event = (const struct inotify_event *)(const void *)(told.bytes + at);
            take_event(d, event);
        }
    }
}

static void on_opening(uv_poll_t *poll, int status, int events) {
    struct door *door = poll->data;
    if (door == NULL || status != 0)
        return;
    take_events(door);
    const struct pty_door *d = door->own;
    if (d->crowded)
        sender_crowded(door->sender);
}

static bool pty_is_crowded(struct door *door) {
    const struct pty_door *d = door->own;
    take_events(door);
    return d->crowded;
}

static void pty_take_back(struct door *door, int fd, bool dropped) {
    struct pty_door *d = door->own;
    struct terminal *t = d->active;
    d->active = NULL;
    d->crowded = false;
    if (dropped)
        ignore_until_closed(t);
    else
        release(t);
}

static void on_handle_closed(uv_handle_t *handle) {
    free(handle); // the poll handle is the door's first member
}

static void pty_close(struct door *door) {
    struct pty_door *d = door->own;
    if (d->published != NULL)
        pty_pair_unpublish(&d->published->pair, door->label);
    for (size_t i = 0; i < PTY_TERMINALS_MAX; i++) {
        channel_release(&d->terminals[i].ignored);
        if (d->terminals[i].pair.master >= 0)
            pty_pair_close(&d->terminals[i].pair, d->inotify);
    }
    uv_poll_stop(&d->opening);
    close(d->inotify);
    d->opening.data = NULL;
    uv_close((uv_handle_t *)&d->opening, on_handle_closed);
}

static const struct door_kind pty_kind = {true, pty_take_back, pty_is_crowded, pty_close};

static struct pty_door *make_door(struct door *door, struct lg_error *error) {
    static const struct channel_events ignoring = {ignore_bytes, ignored_left, ignored_drained};
    struct pty_door *d = calloc(1, sizeof *d);
    lg_assert(d != NULL); // only at start
    for (size_t i = 0; i < PTY_TERMINALS_MAX; i++) {
        struct terminal *t = &d->terminals[i];
        t->door = door;
        t->pair.master = t->pair.kept = t->pair.watch = -1;
        channel_init(&t->ignored, &ignoring, t, NULL, 0, door->sender->input, SENDER_READ_MAX);
    }
    d->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (d->inotify >= 0)
        return d;
    lg_fail(error, "pty_failed", "Raise fs.inotify.max_user_instances with sysctl.",
            "the pseudo-terminal cannot be watched: %s", strerror(errno));
    free(d);
    return NULL;
}

bool sender_listen_pty(struct sender *sender, const char *path, struct lg_error *error) {
    struct door *door = sender_new_door(sender, &pty_kind, error);
    if (door == NULL)
        return false;
    struct pty_door *d = make_door(door, error);
    door->own = d;
    snprintf(door->label, sizeof door->label, "%.127s", path);
    bool fits = strlen(path) < sizeof door->label;
    if (!fits)
        lg_fail(error, "pty_failed", "Use a shorter path.",
                "the path %.300s is too long for a pseudo-terminal", path);
    if (d != NULL && fits && publish_another(door, error) &&
        uv_poll_init(sender->loop, &d->opening, d->inotify) == 0) {
        d->opening.data = door;
        uv_poll_start(&d->opening, UV_READABLE, on_opening);
        return true;
    }
    if (d != NULL) {
        if (d->published != NULL) {
            pty_pair_unpublish(&d->published->pair, path);
            pty_pair_close(&d->published->pair, d->inotify);
        }
        close(d->inotify);
        free(d);
    }
    sender->door_count--;
    return false;
}
