#include "sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sender_door.h"

static void let_go(struct sender *s, const char *why, bool dropped) {
    struct door *door = s->through;
    int fd = channel_release(&s->channel);
    s->through = NULL;
    s->overflowed = false;
    s->events.gone(s->events.context, why);
    door->kind->take_back(door, fd, dropped);
}

void sender_crowded(struct sender *s) {
    char text[SENDER_LABEL_MAX + 160];
    if (s->through == NULL)
        return;
    snprintf(text, sizeof text,
             "[MSG:lotgate: two programs have this port open; close both, then connect one to %s]\r\n",
             s->through->label);
    sender_write(s, (const uint8_t *)text, strlen(text));
    sender_flush(s);
    let_go(s, "shared its port with another program: neither is listened to until it connects again", true);
}

static void on_bytes(void *context, const uint8_t *bytes, size_t length) {
    struct sender *s = context;
    if (s->through->kind->is_crowded != NULL && s->through->kind->is_crowded(s->through))
        sender_crowded(s);
    else
        s->events.bytes(s->events.context, bytes, length);
}

static void on_broken(void *context, int error) {
    let_go(context, "closed its connection", false);
}

static void on_drained(void *context) {}

struct sender *sender_create(uv_loop_t *loop, const char *machine, const struct sender_events *events,
                             uint8_t *input) {
    struct sender *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->loop = loop;
    s->events = *events;
    s->input = input;
    snprintf(s->machine, sizeof s->machine, "%s", machine);
    static const struct channel_events channel_events = {on_bytes, on_broken, on_drained};
    channel_init(&s->channel, &channel_events, s, s->out, sizeof s->out, input, SENDER_READ_MAX);
    return s;
}

void sender_free(struct sender *s) {
    if (s == NULL)
        return;
    if (s->through != NULL) {
        int fd = channel_release(&s->channel);
        s->through->kind->take_back(s->through, fd, true); // it is still there: nobody else may be looked for
    }
    for (size_t i = 0; i < s->door_count; i++)
        s->doors[i].kind->close(&s->doors[i]);
    free(s);
}

struct door *sender_new_door(struct sender *s, const struct door_kind *kind, struct lg_error *error) {
    if (s->door_count == SENDER_DOORS_MAX) {
        lg_fail(error, "listen_failed", "Configure fewer ports.",
                "a machine has at most %d ways in for senders", SENDER_DOORS_MAX);
        return NULL;
    }
    struct door *door = &s->doors[s->door_count++];
    memset(door, 0, sizeof *door);
    door->kind = kind;
    door->sender = s;
    return door;
}

bool sender_claim(struct door *door, int fd, const char *label, char *refusal, size_t room) {
    struct sender *s = door->sender;
    if (s->through != NULL) {
        snprintf(refusal, room, "[MSG:lotgate: %s is in use by %s, since %s: close that one first]\r\n",
                 s->machine, s->label, s->since);
        return false;
    }
    if (channel_open(&s->channel, s->loop, fd) != 0) {
        snprintf(refusal, room, "[MSG:lotgate: %s cannot take a sender now]\r\n", s->machine);
        return false;
    }
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(s->since, sizeof s->since, "%H:%M", &local);
    s->through = door;
    s->overflowed = false;
    snprintf(s->label, sizeof s->label, "%s", label);
    s->events.connected(s->events.context, s->label);
    return true;
}

const char *sender_door(const struct sender *s, size_t i, bool *is_pty) {
    if (i >= s->door_count)
        return NULL;
    if (is_pty != NULL)
        *is_pty = s->doors[i].kind->is_pty;
    return s->doors[i].label;
}

const char *sender_label(const struct sender *s) {
    return s->through != NULL ? s->label : "";
}

void sender_write(struct sender *s, const uint8_t *bytes, size_t length) {
    if (s->through != NULL && !channel_write(&s->channel, bytes, length))
        s->overflowed = true;
}

bool sender_flush(struct sender *s) {
    return channel_flush(&s->channel) && !s->overflowed;
}

bool sender_is_in_line(const struct sender *s) {
    return channel_is_in_line(&s->channel);
}

void sender_drop(struct sender *s, const char *why) {
    if (s->through != NULL)
        let_go(s, s->overflowed ? "did not read its replies" : why, s->overflowed);
}

void sender_read(struct sender *s, bool on) {
    channel_read(&s->channel, on);
}
