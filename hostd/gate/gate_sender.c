// gate_sender.c: the sender's bytes: realtime bytes are taken out wherever they stand, the rest becomes lines.
//
// A line that lies whole in the chunk and holds nothing special is handed on where it is. All else goes
// through the line buffer byte by byte.
//
// Realtime bytes that stand inside a line keep their place if that line ends in the same chunk and is
// forwarded at once: the machine's stream is then byte for byte the sender's. In every other case they go
// ahead of the line.

#include "gate_internal.h"

#include <string.h>

void gate_sender_flavour(struct gate *g) {
    g->config.rules.asks = g->config.flavour == GRBL_FLUIDNC ? GCODE_ASKS_FLUIDNC
                           : g->config.flavour == GRBL_HAL   ? GCODE_ASKS_HAL
                                                             : GCODE_ASKS_GRBL;
    for (unsigned b = 0; b < 256; b++) {
        uint8_t kind = BYTE_TEXT;
        if (b == '\n' || b == '\r')
            kind = BYTE_END;
        else if (b >= 0x80)
            kind = BYTE_HIGH;
        else if (grbl_realtime(g->config.flavour, (uint8_t)b) != GRBL_DATA)
            kind = BYTE_REALTIME;
        g->sender.kind[b] = kind;
    }
}

void gate_sender_forget(struct gate *g) {
    g->sender.asked_here = false;
    g->sender.length = 0;
    g->sender.overlong = g->sender.utf8 = g->sender.after_cr = false;
    g->sender.pending_have = 0;
    g->sender.deferred_count = 0;
}

// --- realtime bytes

static bool may_pass(struct gate *g, enum grbl_realtime r) {
    bool stopped = g->faults || g->hold_active || !g->identity_ok;
    if (!g->machine_open)
        return false;
    if (grbl_is_safety(r))
        return true;
    switch (r) {
    case GRBL_MACRO: // a local start; one byte cannot wait its turn, so it is dropped
        if (g->job.open && !stopped && !g->job.ending)
            return true;
        g->notices |= NOTICE_MACRO;
        return false;
    case GRBL_CYCLE_START:
        if (!(g->faults & FAULT_UNAUTHORISED) && !(g->faults & FAULT_LEDGER && gate_job_goes_on(g)))
            return true;
        g->notices |= NOTICE_RESUME;
        return false;
    case GRBL_OTHER_REALTIME:
        return !stopped;
    default:
        return true;
    }
}

static void note_status_asked(struct gate *g) {
    g->sender.asked_us = g->now;
    if (g->own.poll) { // the firmware merges two `?`: the first report is the sender's
        g->own.poll = false;
        g->own.swallow = SWALLOW_AFTER_FIRST;
        g->own.swallow_us = g->now;
    } else if (g->own.swallow == SWALLOW_SECOND) {
        g->own.swallow = SWALLOW_NO;
    }
}

bool gate_realtime_note(struct gate *g, uint8_t byte) {
    enum grbl_realtime r = grbl_realtime(g->config.flavour, byte);
    if (!may_pass(g, r))
        return false;
    if (r == GRBL_STATUS)
        note_status_asked(g);
    else if (r == GRBL_HOLD)
        gate_job_pause(g, "feed hold");
    else if (r == GRBL_DOOR)
        gate_job_pause(g, "door");
    else if (r == GRBL_OVERRIDE && g->job.open)
        g->job.overrides++;
    else if (r == GRBL_MACRO)
        g->explained = g->job.unsure = true;
    return true;
}

void gate_realtime(struct gate *g, uint8_t byte) {
    if (grbl_realtime(g->config.flavour, byte) == GRBL_RESET) {
        if (g->machine_open)
            gate_out_byte(g, byte);
        gate_reset_machine(g, false);
        return;
    }
    // Out first, then noted: a safety byte waits for nothing.
    bool safety = grbl_is_safety(grbl_realtime(g->config.flavour, byte));
    if (safety && g->machine_open)
        gate_out_byte(g, byte);
    if (gate_realtime_note(g, byte) && !safety)
        gate_out_byte(g, byte);
}

static void release_deferred(struct gate *g) {
    uint8_t count = g->sender.deferred_count;
    g->sender.deferred_count = 0;
    for (uint8_t i = 0; i < count; i++)
        gate_realtime(g, g->sender.deferred[i].byte);
}

// True when the unfinished line ends in what is left of the chunk: what becomes of it is known within this
// call, and if it has to wait, the byte goes out ahead of it.
static bool keeps_place(struct gate *g, const uint8_t *p, const uint8_t *end) {
    if (g->sender.deferred_count == DEFERRED_MAX)
        return false;
    if (!g->sender.line_end || g->sender.line_end < p) {
        const uint8_t *q = p;
        while (q < end && g->sender.kind[*q] != BYTE_END)
            q++;
        g->sender.line_end = q;
    }
    return g->sender.line_end < end;
}

// --- polls
//
// LightBurn polls with `?` and an empty line, the others with `?` alone. So an empty line directly behind a `?` is the poll's
// if this sender mostly does so; every other empty line is one of the file.

static void poll_is_plain(struct gate *g) {
    bool asked = g->sender.asked_here;
    g->sender.asked_here = false;
    if (!asked || g->sender.poll_habit ==
                      HABIT_MAX) // so often is no chance: it leaves the line out when its window is full
        return;
    int habit = g->sender.poll_habit - HABIT_PLAIN;
    g->sender.poll_habit = (int8_t)(habit < -HABIT_MAX ? -HABIT_MAX : habit);
}

// An empty line ends: true when it is a poll's.
static bool poll_has_line(struct gate *g) {
    bool asked = g->sender.asked_here;
    bool polled = asked && g->sender.poll_habit >= 0;
    if (asked && g->sender.poll_habit < HABIT_MAX)
        g->sender.poll_habit++;
    g->sender.asked_here = false;
    return polled;
}

static void take_realtime(struct gate *g, uint8_t byte, const uint8_t *p, const uint8_t *end) {
    poll_is_plain(g);
    g->sender.asked_here = grbl_realtime(g->config.flavour, byte) == GRBL_STATUS;
    if (grbl_realtime(g->config.flavour, byte) == GRBL_RESET) {
        release_deferred(g);
        gate_realtime(g, byte);
    } else if (p && keeps_place(g, p, end)) {
        g->sender.deferred[g->sender.deferred_count++] =
            (struct deferred){.at = (uint16_t)g->sender.length, .byte = byte};
    } else {
        release_deferred(g);
        gate_realtime(g, byte);
    }
}

// --- lines

static void append(struct gate *g, uint8_t byte) {
    poll_is_plain(g);
    g->sender.after_cr = false;
    if (g->sender.length == GATE_LINE_MAX)
        g->sender.overlong = true;
    else
        g->sender.line[g->sender.length++] = byte;
}

// The line buffer holds a whole line: what is not forwarded with it goes ahead of it.
static void finish_line(struct gate *g, const uint8_t *ending, uint8_t ends) {
    struct line line = {
        .text = g->sender.line, .length = g->sender.length, .ends = ends, .utf8 = g->sender.utf8};
    bool overlong = g->sender.overlong;
    if (line.length == 0)
        line.polled = poll_has_line(g);
    poll_is_plain(g);
    memcpy(g->sender.line + g->sender.length, ending, ends);
    line.deferred = g->sender.deferred;
    line.deferred_count = g->sender.deferred_count;
    g->sender.deferred_count = 0;
    g->sender.length = 0;
    g->sender.utf8 = g->sender.overlong = false;
    if (overlong) // its place is kept by a line that is refused
        gate_line_overlong(g, &line);
    else
        gate_line_arrived(g, &line);
}

static const uint8_t *take_end(struct gate *g, const uint8_t *p, const uint8_t *end) {
    if (*p == '\n' && g->sender.after_cr) {
        g->sender.after_cr = false;
        release_deferred(g);
        gate_line_tail_arrived(g);
        return p + 1;
    }
    uint8_t ends = *p == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 1;
    g->sender.after_cr = *p == '\r' && ends == 1;
    finish_line(g, p, ends);
    return p + ends;
}

// --- UTF-8

static uint8_t sequence_length(uint8_t lead) {
    return lead >= 0xC2 && lead <= 0xDF   ? 2
           : lead >= 0xE0 && lead <= 0xEF ? 3
           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                          : 0;
}

// bCNC writes the realtime byte 0x90 as C2 90. Macros and bytes of no known meaning are not taken from such a
// pair: it is text then.
static bool is_encoded_realtime(const struct gate *g) {
    if (g->sender.length != 0 || g->sender.pending[0] != 0xC2)
        return false;
    enum grbl_realtime r = grbl_realtime(g->config.flavour, g->sender.pending[1]);
    return r != GRBL_DATA && r != GRBL_MACRO && r != GRBL_OTHER_REALTIME;
}

// The bytes that were waited for are no sequence: each is what it says.
static void pending_alone(struct gate *g, const uint8_t *p, const uint8_t *end) {
    uint8_t have = g->sender.pending_have;
    g->sender.pending_have = 0;
    for (uint8_t i = 0; i < have; i++) {
        uint8_t byte = g->sender.pending[i];
        if (grbl_realtime(g->config.flavour, byte) != GRBL_DATA)
            take_realtime(g, byte, p, end);
        else
            append(g, byte);
    }
}

void gate_sender_utf8_give_up(struct gate *g) {
    pending_alone(g, NULL, NULL);
}

static void sequence_complete(struct gate *g, const uint8_t *p, const uint8_t *end) {
    uint8_t have = g->sender.pending_have;
    g->sender.pending_have = 0;
    if (is_encoded_realtime(g)) {
        g->job.replaced++;
        take_realtime(g, g->sender.pending[1], p, end);
        return;
    }
    if (g->sender.length + have > GATE_LINE_MAX) {
        g->sender.overlong = true;
        return;
    }
    g->sender.utf8 = true;
    for (uint8_t i = 0; i < have; i++)
        append(g, g->sender.pending[i]);
}

static void take_high(struct gate *g, uint8_t byte, const uint8_t *p, const uint8_t *end) {
    uint8_t need = g->config.replace_utf8 ? sequence_length(byte) : 0;
    if (need) {
        g->sender.pending[0] = byte;
        g->sender.pending_have = 1;
        g->sender.pending_need = need;
        g->sender.pending_us = g->now;
    } else if (grbl_realtime(g->config.flavour, byte) != GRBL_DATA) {
        take_realtime(g, byte, p, end);
    } else {
        append(g, byte);
    }
}

// --- chunks

static const uint8_t *take_byte(struct gate *g, const uint8_t *p, const uint8_t *end) {
    uint8_t byte = *p;
    if (g->sender.pending_have) {
        if (byte >= 0x80 && byte <= 0xBF) {
            g->sender.pending[g->sender.pending_have++] = byte;
            if (g->sender.pending_have == g->sender.pending_need)
                sequence_complete(g, p, end);
            return p + 1;
        }
        pending_alone(g, p, end);
    }
    switch ((enum byte_kind)g->sender.kind[byte]) {
    case BYTE_TEXT:
        append(g, byte);
        return p + 1;
    case BYTE_END:
        return take_end(g, p, end);
    case BYTE_REALTIME:
        take_realtime(g, byte, p, end);
        return p + 1;
    case BYTE_HIGH:
        take_high(g, byte, p, end);
        return p + 1;
    }
    return p + 1;
}

// A whole plain line at `p`: handed on without being copied. NULL when it is none.
static const uint8_t *take_plain(struct gate *g, const uint8_t *p, const uint8_t *end) {
    const uint8_t *kind = g->sender.kind;
    const uint8_t *q = p;
    if (g->sender.length || g->sender.pending_have || g->sender.after_cr || g->sender.overlong ||
        g->sender.deferred_count)
        return NULL;
    while (q < end && kind[*q] == BYTE_TEXT)
        q++;
    if (q == end || kind[*q] != BYTE_END || q - p > GATE_LINE_MAX)
        return NULL;
    struct line line = {.text = p, .length = (size_t)(q - p), .ends = 1, .stable = true};
    if (*q == '\r' && q + 1 < end && q[1] == '\n')
        line.ends = 2;
    g->sender.after_cr = *q == '\r' && line.ends == 1;
    if (line.length == 0)
        line.polled = poll_has_line(g);
    poll_is_plain(g);
    gate_line_arrived(g, &line);
    return q + line.ends;
}

void gate_from_sender(struct gate *g, const uint8_t *bytes, size_t length, int64_t now) {
    const uint8_t *p = bytes, *end = bytes + length;
    gate_enter(g, now);
    g->sender.line_end = NULL;
    while (g->sender.present && p < end) {
        const uint8_t *next = take_plain(g, p, end);
        p = next ? next : take_byte(g, p, end);
    }
    release_deferred(g);
    gate_settle(g);
}
