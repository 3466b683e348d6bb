#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timefmt.h" // time_monotonic_us

// A sender that asks without end must not fill the port with it: one that is asked twice within the time of some bytes
// answers once. (Grbl merges all that come before its report is written, which takes milliseconds.)
static bool asks_again(struct wire_machine *m, enum grbl_realtime kind) {
    if (kind != GRBL_STATUS)
        return false;
    int64_t now = time_monotonic_us();
    bool again = now - m->asked_at < WIRE_ASK_US;
    if (!again)
        m->asked_at = now;
    return again;
}

static bool write_realtime(struct wire_machine *m, uint8_t byte, enum grbl_realtime kind) {
    return asks_again(m, kind) || channel_write_urgent(&m->line, byte, kind);
}

// A line for a port that takes no more: the realtime bytes in it need not wait.
static bool write_behind(struct wire_machine *m, const uint8_t *bytes, size_t length) {
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        enum grbl_realtime kind = grbl_realtime(m->flavour, bytes[i]);
        if (kind == GRBL_DATA)
            continue;
        if (!channel_write(&m->line, bytes + from, i - from) || !write_realtime(m, bytes[i], kind))
            return false;
        from = i + 1;
    }
    return channel_write(&m->line, bytes + from, length - from);
}

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct wire_machine *m = context;
    if (!channel_is_open(&m->line))
        return;
    enum grbl_realtime kind = length == 1 ? grbl_realtime(m->flavour, bytes[0]) : GRBL_DATA;
    bool taken = kind != GRBL_DATA             ? write_realtime(m, bytes[0], kind)
                 : channel_is_behind(&m->line) ? write_behind(m, bytes, length)
                                               : channel_write(&m->line, bytes, length);
    if (!taken)
        m->overflowed = true;
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {
    struct wire_machine *m = context;
    sender_write(m->sender, bytes, length);
}

static void on_fact(void *context, const struct gate_fact *fact) {
    struct wire_machine *m = context;
    m->events.fact(m->events.context, m, fact);
}

void machine_tick(struct wire_machine *m, int64_t now) {
    m->tick_at = ALARM_NEVER;
    gate_tick(m->gate, now);
    machine_settle(m, now);
}

void machine_touch(struct wire_machine *m) {
    m->touched = m->common->touched = true;
}

// A deadline that moved later is left to fire early: setting the alarm for each line would cost more.
static void want_tick(struct wire_machine *m, int64_t now) {
    int64_t deadline = gate_deadline(m->gate);
    if (m->piece_at < deadline)
        deadline = m->piece_at;
    if (deadline >= m->tick_at)
        return;
    m->tick_at = deadline < now + WIRE_TICK_MIN_US ? now + WIRE_TICK_MIN_US : deadline;
    alarm_set(&m->common->alarm, m->tick_at);
}

static void on_retry(uv_timer_t *timer) {
    machine_open(timer->data);
}

static void try_again_later(struct wire_machine *m) {
    uv_timer_start(&m->retry, on_retry, m->retry_ms, 0);
    m->retry_ms = m->retry_ms * 2 < WIRE_RETRY_MAX_MS ? m->retry_ms * 2 : WIRE_RETRY_MAX_MS;
}

static void lose(struct wire_machine *m, const char *why, int64_t now) {
    channel_release(&m->line);
    port_close(m->port);
    m->port = NULL;
    m->overflowed = false;
    lg_fail(&m->trouble, "port_lost",
            "Switch the machine on and plug in its USB cable; lotgate connects again by itself.",
            "%.200s: %s", m->device, why);
    gate_machine_lost(m->gate, now, why);
    m->retry_ms = WIRE_RETRY_MIN_MS;
    try_again_later(m);
    m->events.port(m->events.context, m);
}

static void on_machine_bytes(void *context, const uint8_t *bytes, size_t length) {
    struct wire_machine *m = context;
    int64_t now = time_monotonic_us();
    if (memchr(bytes, '>', length) != NULL)
        m->asked_at = now - WIRE_ASK_US; // a report has ended: who asks from now on wants the next
    gate_from_machine(m->gate, bytes, length, now);
    machine_settle(m, now);
}

static void on_machine_broken(void *context, int error) {
    struct wire_machine *m = context;
    int64_t now = time_monotonic_us();
    lose(m, "the machine was unplugged or switched off", now);
    machine_settle(m, now);
}

static void on_machine_drained(void *context) {
    struct wire_machine *m = context;
    machine_settle(m, time_monotonic_us());
}

static void on_sender_connected(void *context, const char *label) {
    struct wire_machine *m = context;
    int64_t now = time_monotonic_us();
    gate_sender_connected(m->gate, now);
    m->events.sender(m->events.context, m, label);
    machine_settle(m, now);
}

static void on_sender_bytes(void *context, const uint8_t *bytes, size_t length) {
    struct wire_machine *m = context;
    int64_t now = time_monotonic_us();
    gate_from_sender(m->gate, bytes, length, now);
    machine_settle(m, now);
}

// May come from inside machine_settle: only the gate is told, and the machine is settled once more.
static void on_sender_gone(void *context, const char *why) {
    struct wire_machine *m = context;
    gate_sender_gone(m->gate, time_monotonic_us());
    machine_touch(m);
    m->events.sender(m->events.context, m, why);
}

// A port gives a reply as its bytes come, a report in ten pieces. A sender can do nothing with a piece: it leaves with its line's
// end, or when that is long in coming. That spares both programs a third of their turns.
static bool piece_waits(struct wire_machine *m, int64_t now) {
    if (!sender_is_in_line(m->sender)) {
        m->piece_at = ALARM_NEVER;
        return false;
    }
    if (m->piece_at == ALARM_NEVER)
        m->piece_at = now + WIRE_PIECE_US;
    if (now < m->piece_at)
        return true;
    m->piece_at = ALARM_NEVER;
    return false;
}

void machine_settle(struct wire_machine *m, int64_t now) {
    m->touched = false;
    if (m->overflowed || !channel_flush(&m->line))
        lose(m,
             m->overflowed ? "the machine's port takes no bytes any more"
                           : "the machine's port cannot be written",
             now);
    if (!piece_waits(m, now) && !sender_flush(m->sender))
        sender_drop(m->sender, "closed its connection");
    sender_read(m->sender, gate_wants_sender(m->gate) && channel_backlog(&m->line) <= WIRE_BACKLOG_MAX);
    want_tick(m, now);
}

void machine_open(struct wire_machine *m) {
    struct lg_error trouble;
    int64_t now = time_monotonic_us();
    if (!port_open(&m->port, m->loop, m->device, m->baud, &trouble)) {
        bool new_trouble = strcmp(trouble.code, m->trouble.code) != 0;
        if (new_trouble) {
            port_name_holder(m->device, &trouble);
            m->trouble = trouble;
        }
        try_again_later(m);
        if (new_trouble)
            m->events.port(m->events.context, m);
        return;
    }
    int rc = channel_open(&m->line, m->loop, m->port->fd);
    if (rc != 0) {
        port_close(m->port);
        m->port = NULL;
        lg_fail(&m->trouble, "port_failed", "", "the loop cannot watch %.200s: %s", m->device,
                uv_strerror(rc));
        try_again_later(m);
        return;
    }
    memset(&m->trouble, 0, sizeof m->trouble);
    m->retry_ms = WIRE_RETRY_MIN_MS;
    m->events.port(m->events.context, m);
    gate_machine_opened(m->gate, now);
    machine_settle(m, now);
}

static void on_handle_closed(uv_handle_t *handle) {
    free(handle->data);
}

static bool open_doors(struct wire_machine *m, const struct wire_machine_config *config,
                       struct lg_error *error) {
    if (config->pty != NULL && !sender_listen_pty(m->sender, config->pty, error))
        return false;
    for (size_t i = 0; i < config->tcp_count; i++)
        if (!sender_listen_tcp(m->sender, config->tcp[i], error))
            return false;
    return true;
}

struct wire_machine *machine_create(uv_loop_t *loop, const struct wire_machine_config *config,
                                    const struct wire_events *events, struct wire_common *common, void *owner,
                                    struct lg_error *error) {
    static const struct channel_events line_events = {on_machine_bytes, on_machine_broken,
                                                      on_machine_drained};
    struct wire_machine *m = calloc(1, sizeof *m);
    lg_assert(m != NULL); // only at start
    m->loop = loop;
    m->common = common;
    m->events = *events;
    m->owner = owner;
    m->baud = config->baud;
    m->flavour = config->gate.flavour;
    m->tick_at = m->piece_at = ALARM_NEVER;
    m->retry_ms = WIRE_RETRY_MIN_MS;
    snprintf(m->id, sizeof m->id, "%s", config->gate.name);
    snprintf(m->device, sizeof m->device, "%s", config->device);
    channel_init(&m->line, &line_events, m, m->out, sizeof m->out, common->input, CHANNEL_READ_MAX);
    const struct gate_output output = {m, to_machine, to_sender, on_fact};
    const struct sender_events sender_events = {m, on_sender_connected, on_sender_bytes, on_sender_gone};
    m->gate = gate_create(&config->gate, &output);
    m->sender = sender_create(loop, m->id, &sender_events, common->input);
    lg_assert(m->gate != NULL && m->sender != NULL);
    gate_tick(m->gate, time_monotonic_us()); // offline since now, not since the clock began
    uv_timer_init(loop, &m->retry);
    m->retry.data = m;
    if (open_doors(m, config, error))
        return m;
    machine_free(m);
    return NULL;
}

void machine_free(struct wire_machine *m) {
    channel_flush(&m->line);
    sender_flush(m->sender);
    sender_free(m->sender);
    channel_release(&m->line);
    port_close(m->port);
    gate_free(m->gate);
    uv_close((uv_handle_t *)&m->retry, on_handle_closed);
}
