// gate_own.c: what lotgate asks the machine by itself, the focus beam's time, and every timer of the gate.
//
// Own lines go out only when nothing is outstanding, and while one is out the sender's lines wait: the two
// never mix, and the reply is taken out again. `?` is a realtime byte and needs no such care.

#include "gate_internal.h"

#include <string.h>

#define NEVER  INT64_MAX
#define S_TEXT 24 // of an S with its decimals

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

// --- focus

static bool beam_on(const struct gate *g) {
    const struct gcode_rules *r = &g->config.rules;
    bool on = g->modal.spindle != GCODE_SPINDLE_OFF || (r->beam_on_fan && g->modal.fan_beam);
    return r->machine == GCODE_LASER && !g->job.open && on && g->modal.s.mantissa > 0;
}

void gate_focus_follow(struct gate *g) {
    bool on = g->machine_open && !g->machine.check && beam_on(g); // in check mode nothing is switched
    if (on && !g->focus.on) {
        if (g->now - g->focus.off_us >= g->config.focus_us)
            g->focus.used_us = 0;
        g->focus.since_us = g->now;
    } else if (!on && g->focus.on) {
        g->focus.used_us += g->now - g->focus.since_us;
        g->focus.off_us = g->now;
    }
    g->focus.on = on;
}

bool gate_focus_left(const struct gate *g) {
    if (g->focus.on)
        return g->focus.used_us + g->now - g->focus.since_us < g->config.focus_us;
    return g->focus.used_us < g->config.focus_us || g->now - g->focus.off_us >= g->config.focus_us;
}

// A job that was cut short leaves its beam at full power: with no lot declared that is no focus beam.
static bool left_on(const struct gate *g) {
    return !g->declared && gcode_compare(&g->modal.s, g->config.rules.focus_limit) > 0;
}

bool gate_focus_over(const struct gate *g) {
    return g->focus.on && (left_on(g) || !gate_focus_left(g));
}

// A share of the largest S is harmless; the same S is full power to a machine whose $30 is small. So $30 is asked for, and until
// it is known no beam counts as one for focusing. A gate that may not ask takes the limit as it is.
static bool asks(const struct gate *g) {
    return g->config.poll || g->config.expect_identity;
}

static bool wants_s_max(const struct gate *g) {
    return g->config.s_max && asks(g) && g->config.rules.machine == GCODE_LASER && !g->focus.known;
}

void gate_focus_forget(struct gate *g) {
    g->focus.known = false;
    g->focus.asked = 0;
    g->focus.ask_us = g->now;
    g->config.rules.focus_limit = wants_s_max(g) ? 0 : g->focus.limit;
}

void gate_focus_learn(struct gate *g, const uint8_t *value, size_t length) {
    uint64_t s_max = 0;
    for (size_t i = 0; i < length && value[i] >= '0' && value[i] <= '9' && s_max < g->config.s_max; i++)
        s_max = s_max * 10 + (uint64_t)(value[i] - '0');
    if (!g->config.s_max)
        return;
    if (s_max > g->config.s_max)
        s_max = g->config.s_max;
    g->focus.known = true;
    g->config.rules.focus_limit = (uint32_t)(g->focus.limit * s_max / g->config.s_max);
}

// --- own lines

void gate_own_doubt(struct gate *g) {
    if (!g->modal.doubt)
        g->own.modal_us = later(g->own.modal_us, g->now);
    g->modal.doubt = true;
}

// A startup block behind a banner, a macro, a file on the machine: each may have set S or a mode unseen, so the modes are asked
// for. A gate that may not ask trusts the banner, and what was sent.
void gate_own_unseen(struct gate *g) {
    if (asks(g))
        gate_own_doubt(g);
}

// The hook has no answer to read: it takes a refused line's beam to be on until it sees M5 with S0. So that line is sent when `$G` has
// told that beam and spindle are off, and the S of before is put back.
void gate_own_refused(struct gate *g) {
    gate_own_doubt(g);
    g->link.doubt = g->link.presence == GATE_HOOK_PRESENT;
}

static bool locked_out(const struct gate *g) {
    return g->machine.has_status && g->machine.status.state == GRBL_ALARMED;
}

bool gate_own_says_off(const struct gate *g) {
    const struct gcode_modal *m = &g->modal;
    return g->link.doubt && asks(g) && !g->job.open && !g->config.rules.beam_on_fan && !m->doubt &&
           m->spindle == GCODE_SPINDLE_OFF && !m->s.saturated && !locked_out(g);
}

static void restore_s(struct gate *g) {
    char text[S_TEXT] = "S", digits[S_TEXT];
    size_t length = 1, count = 0;
    for (int32_t rest = g->own.restore.mantissa; rest || count <= g->own.restore.decimals; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count) {
        if (count == g->own.restore.decimals)
            text[length++] = '.';
        text[length++] = digits[--count];
    }
    memcpy(text + length, "\n", 2);
    g->own.restore = (struct gcode_number){0};
    gate_line_send_own(g, OWN_RESTORE_S, text);
}

size_t gate_own_unread(const struct gate *g) {
    return (size_t)g->own.late * OWN_LINE_BYTES + g->own.frame_room;
}

// In these states a line is not answered before the machine leaves them.
static bool silent(const struct gate *g) {
    enum grbl_run_state s = g->machine.status.state;
    return g->machine.has_status && (s == GRBL_HOLDING || s == GRBL_DOOR_OPEN || s == GRBL_SLEEP);
}

bool gate_own_ends_frame(const struct gate *g) {
    return g->link.unended && asks(g) && !gate_link_has_file(g);
}

static enum own wish(const struct gate *g) {
    if (gate_focus_over(g) && !gate_link_has_file(g))
        return OWN_BEAM_OFF;
    bool link = gate_link_due(g) <= g->now;
    if (link && g->config.hook == GATE_HOOK_EXPECTED) // it tells why a machine runs that was not told to
        return OWN_LINK;
    if (g->config.expect_identity && !g->own.identity_asked)
        return OWN_IDENTITY;
    if (link)
        return OWN_LINK;
    if (gate_own_ends_frame(g))
        return OWN_MODAL;
    bool waits = g->job.open || g->hold_active || g->start_pending || g->faults || gate_link_has_file(g);
    bool doubt = g->modal.doubt && asks(g);
    if (!waits && wants_s_max(g) && g->focus.asked < SETTINGS_ASKED && (!doubt || g->focus.ask_us <= g->now))
        return OWN_SETTINGS;
    if (waits)
        return OWN_NONE;
    if (g->own.restore.mantissa > 0)
        return OWN_RESTORE_S;
    return doubt ? OWN_MODAL : gate_own_says_off(g) ? OWN_SAYS_OFF : OWN_NONE;
}

static int64_t wish_due(const struct gate *g) {
    switch (wish(g)) {
    case OWN_BEAM_OFF:
        return g->own.beam_off_us;
    case OWN_IDENTITY:
        return later(g->own.identity_us, g->machine.byte_us + QUIET_US);
    case OWN_MODAL:
        return g->own.modal_us;
    case OWN_SAYS_OFF:
        return g->own.says_off_us;
    case OWN_RESTORE_S:
        return g->now;
    case OWN_SETTINGS:
        return g->focus.ask_us;
    default:
        return gate_link_due(g);
    }
}

static int64_t ask_due(const struct gate *g) {
    if (!g->machine_open || g->dues.count || g->stale || g->own.line != OWN_NONE || silent(g))
        return NEVER;
    bool full = gate_own_unread(g) + OWN_LINE_BYTES >= g->config.rx_buffer;
    if (full || g->own.late >= OWN_LATE_MAX) // each lies in the machine's buffer and must not fill it
        return NEVER;
    int64_t clear = g->machine.length || g->machine.overflow ? g->machine.byte_us + STUCK_US : 0;
    int64_t due = wish_due(g), link = gate_link_due(g);
    // A frame that is due later may come before what else is wished for, but not before who the machine is.
    if (link < due &&
        (g->own.identity_asked || !g->config.expect_identity || g->config.hook == GATE_HOOK_EXPECTED))
        due = link;
    return later(clear, due);
}

static void ask(struct gate *g) {
    enum own what = wish(g);
    if (what == OWN_BEAM_OFF) {
        g->own.beam_off_us = g->now + SECOND_US;
        gate_line_send_own(g, what, "M5\n");
        gate_focus_follow(g);
    } else if (what == OWN_LINK) {
        gate_link_ask(g);
    } else if (what == OWN_IDENTITY) {
        g->own.identity_us = g->now + OWN_TIMEOUT_US;
        g->machine.version[0] = g->machine.options[0] = '\0';
        gate_line_send_own(g, what, "$I\n");
    } else if (what == OWN_SETTINGS) {
        g->focus.asked++;
        g->focus.ask_us = g->now + OWN_TIMEOUT_US;
        gate_line_send_own(g, what, "$$\n");
    } else if (what == OWN_SAYS_OFF) {
        g->own.says_off_us = g->now + OWN_TIMEOUT_US;
        g->own.restore = g->modal.s;
        gate_line_send_own(g, what, "M5S0\n");
    } else if (what == OWN_RESTORE_S) {
        restore_s(g);
    } else {
        g->own.modal_us = g->now + OWN_TIMEOUT_US;
        gate_line_send_own(g, what, "$G\n");
    }
}

void gate_own_answered(struct gate *g, bool ok) {
    enum own what = g->own.line;
    g->own.line = OWN_NONE;
    g->link.unended = false;
    if (what == OWN_LINK)
        gate_link_refused(g); // the hook answers with a frame
    if (what == OWN_SAYS_OFF && ok)
        g->link.doubt = false;
    if (what == OWN_MODAL && !g->modal.doubt)
        g->own.modal_us = g->now; // it has told all: the next doubt need not wait
    if (what != OWN_IDENTITY || !ok)
        return;
    struct gate_fact fact = {.type = GATE_FACT_IDENTITY, .state = g->state, .previous = g->state};
    if (!g->machine.version[0] && g->own.nameless < NAMELESS_MAX) {
        g->own.nameless++; // an unfinished line of before lay in its buffer, and swallowed the question
        return;
    }
    fact.text = g->machine.version;
    fact.options = g->machine.options;
    g->own.identity_asked = true;
    g->own.modal_us = g->now;
    gate_fact_send(g, &fact);
}

static int64_t own_lost_due(const struct gate *g) {
    int64_t wait = g->own.line == OWN_LINK ? LINK_ANSWER_US : OWN_TIMEOUT_US;
    return g->own.line != OWN_NONE && !silent(g) ? g->own.sent_us + wait : NEVER;
}

static void own_lost(struct gate *g) {
    bool link = g->own.line == OWN_LINK;
    if (link)
        g->own.frame_room = (uint16_t)(g->own.frame_room + g->dues.bytes);
    gate_due_clear(&g->dues); // it was the only one
    g->own.line = OWN_NONE;
    if (link) {
        gate_link_lost(g);
        return;
    }
    g->own.late++;
    gate_own_doubt(g);
}

// --- polls

static int64_t poll_due(const struct gate *g) {
    if (!g->config.poll || !g->machine_open)
        return NEVER;
    if (g->own.poll)
        return g->own.poll_us + POLL_LOST_US;
    int64_t last = g->own.poll_us;
    if (g->sender.present)
        last = later(last, g->sender.asked_us);
    bool lost =
        (g->dues.count || gate_own_unread(g)) && g->machine.waits_us; // a reply may be: see count_anew()
    bool seldom = g->sender.present && !g->faults && !lost && !gate_link_tail(g);
    int64_t due = last + (seldom ? 5 : 1) * SECOND_US;
    bool waits = g->queue.count && !g->job.ending && !g->job.next_waits;
    if (g->job.active && !g->dues.count && !waits && !g->hold_active) { // it may have ended
        int64_t soon = later(last + SECOND_US, g->job.line_us + g->config.idle_us + SECOND_US / 2);
        due = soon < due ? soon : due;
    }
    return due;
}

static void poll(struct gate *g) {
    g->own.poll = true;
    g->own.poll_us = g->now;
    gate_out_byte(g, '?');
}

void gate_own_step(struct gate *g) {
    if (ask_due(g) <= g->now)
        ask(g);
    if (poll_due(g) <= g->now)
        poll(g);
}

// --- timers

static int64_t utf8_due(const struct gate *g) {
    return g->sender.pending_have ? g->sender.pending_us + UTF8_WAIT_US : NEVER;
}

static int64_t stale_due(const struct gate *g) {
    return g->stale ? g->stale_us + STALE_US : NEVER;
}

static void stale_over(struct gate *g) {
    g->stale = false;
}

static int64_t refuse_due(const struct gate *g) {
    bool counts = g->hold_active && g->config.held == GATE_REFUSE && !g->start_pending && !g->declared;
    return counts ? g->held_us + g->config.held_us : NEVER;
}

static void refuse(struct gate *g) {
    gate_refuse(g, "no lot was declared in time");
}

static int64_t notice_due(const struct gate *g) {
    return gate_notice_lasts(g) ? g->notice_us : NEVER;
}

static int64_t focus_due(const struct gate *g) {
    bool runs = g->focus.on && !gate_focus_over(g);
    return runs ? g->focus.since_us + g->config.focus_us - g->focus.used_us : NEVER;
}

// act NULL: gate_settle, which follows, does it.
static const struct {
    int64_t (*due)(const struct gate *g);
    void (*act)(struct gate *g);
} timers[] = {
    {utf8_due, gate_sender_utf8_give_up},
    {stale_due, stale_over},
    {refuse_due, refuse},
    {own_lost_due, own_lost},
    {gate_link_limit, gate_link_over},
    {notice_due, NULL},
    {focus_due, NULL},
    {ask_due, NULL},
    {poll_due, NULL},
};

int64_t gate_deadline(const struct gate *g) {
    int64_t first = NEVER;
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
        int64_t due = timers[i].due(g);
        first = due < first ? due : first;
    }
    return first;
}

void gate_tick(struct gate *g, int64_t now) {
    gate_enter(g, now);
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        if (timers[i].act && timers[i].due(g) <= g->now)
            timers[i].act(g);
    gate_settle(g);
}
