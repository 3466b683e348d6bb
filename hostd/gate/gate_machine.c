// gate_machine.c: the machine's bytes on their way to the sender.
//
// They pass as they come, in pieces. Only a line that may have to be rewritten or taken out is kept back, from
// its first byte to its last. What a line means is found in gate_reply.c, after it has been passed on.

#include "gate_internal.h"

#include <string.h>

enum disposition { PASS_ON, TAKE_OUT, AS_HELD };

static bool head_is_own(struct gate *g) {
    const struct due *head = gate_due_head(&g->dues);
    return head && head->flags & DUE_OWN;
}

static bool must_keep(struct gate *g, uint8_t first) {
    if (head_is_own(g))
        return true;
    if (first == '[' && g->config.hook != GATE_HOOK_NEVER)
        return true; // it may be a frame of the hook
    if (first == '<')
        return gate_shows_held(g) || g->own.poll || g->own.swallow != SWALLOW_NO;
    return g->own.late && !g->dues.count && (first == 'o' || first == 'e');
}

static enum disposition place_status(struct gate *g) {
    if (g->own.poll) {
        g->own.poll = false;
        return TAKE_OUT;
    }
    if (g->own.swallow == SWALLOW_SECOND) {
        g->own.swallow = SWALLOW_NO;
        if (g->now - g->own.swallow_us < SECOND_US)
            return TAKE_OUT;
    }
    if (g->own.swallow == SWALLOW_AFTER_FIRST) {
        g->own.swallow = SWALLOW_SECOND;
        g->own.swallow_us = g->now;
    }
    return gate_shows_held(g) ? AS_HELD : PASS_ON;
}

static enum disposition place(struct gate *g, const struct grbl_reply *reply) {
    bool own = head_is_own(g);
    switch (reply->type) {
    case GRBL_REPLY_STATUS:
        return place_status(g);
    case GRBL_REPLY_OK:
    case GRBL_REPLY_ERROR:
        return own || (g->own.late && !g->dues.count && !g->stale) ? TAKE_OUT : PASS_ON;
    case GRBL_REPLY_GC:
    case GRBL_REPLY_VER:
    case GRBL_REPLY_OPT:
    case GRBL_REPLY_SETTING:
    case GRBL_REPLY_OTHER:
        return own ? TAKE_OUT : PASS_ON;
    case GRBL_REPLY_MSG:
        return own && g->own.line == OWN_IDENTITY ? TAKE_OUT : PASS_ON;
    default:
        return PASS_ON;
    }
}

// `ok`, `error:n` or `ALARM:n` at the end of a line that is taken out is still the sender's.
static void pass_trailing(struct gate *g, const struct grbl_reply *reply) {
    char text[24], number[GATE_DIGITS_MAX];
    if (reply->trailing == GRBL_REPLY_EMPTY || (reply->trailing != GRBL_REPLY_ALARM && head_is_own(g)))
        return;
    if (reply->trailing == GRBL_REPLY_OK) {
        gate_out_text(g, "ok\r\n");
        return;
    }
    gate_text_number(number, reply->trailing_number);
    gate_text_join(text, sizeof text, reply->trailing == GRBL_REPLY_ERROR ? "error:" : "ALARM:", number, "");
    gate_out_text(g, text);
    gate_out_text(g, "\r\n");
}

// A report as the sender shall see it: a hold instead of what it is, and without an answer to lotgate's own line.
static void pass_report(struct gate *g, const struct grbl_reply *reply, const uint8_t *line, size_t length,
                        bool as_held) {
    uint8_t whole[GATE_REPLY_MAX + 4], held[GATE_REPLY_MAX + 16];
    struct grbl_status status;
    bool cut = reply->trailing != GRBL_REPLY_EMPTY && reply->trailing != GRBL_REPLY_ALARM && head_is_own(g);
    if (cut && reply->length <= GATE_REPLY_MAX) {
        whole[0] = '<';
        memcpy(whole + 1, reply->text, reply->length);
        whole[reply->length + 1] = '>';
        line = whole;
        length = reply->length + 2u;
    }
    // A state that stops work by itself is never hidden.
    if (grbl_status_parse(&status, reply->text, reply->length) &&
        (status.state == GRBL_ALARMED || status.state == GRBL_DOOR_OPEN || status.state == GRBL_SLEEP))
        as_held = false;
    size_t made = as_held ? grbl_status_as_held(held, sizeof held, line, length) : 0;
    gate_out_sender(g, made ? held : line, made ? made : length);
    gate_out_flush(g);
    gate_out_text(g, "\r\n");
}

static void line_done(struct gate *g, const uint8_t *line, size_t length, size_t raw, bool passed);

// A line that lost its end, and so runs into the frame behind it.
static void piece_done(struct gate *g, const uint8_t *line, size_t length, bool passed) {
    bool to_sender = !passed && !head_is_own(g);
    line_done(g, line, length, length, passed);
    gate_out_flush(g);
    if (to_sender)
        gate_out_text(g, "\r\n");
}

// Of an EVENT that lost its end: the reply that came behind it, which is the sender's. Other frames come when no reply does, or may
// hold such words themselves.
static size_t stuck_reply(const uint8_t *frame, size_t length) {
    static const char event[] = "[LG:EVENT ", error[] = "error:";
    size_t at = length;
    if (memcmp(frame, event, length < sizeof event - 1 ? 5 : sizeof event - 1) != 0)
        return length;
    if (memcmp(frame + length - 2, "ok", 2) == 0)
        return length - 2;
    while (at && frame[at - 1] >= '0' && frame[at - 1] <= '9')
        at--;
    bool refused = at < length && at > sizeof error && memcmp(frame + at - 6, error, 6) == 0;
    return refused ? at - 6 : length;
}

// Takes out a frame of the hook, and lines that have stuck to it. False: there is no frame in the line.
static bool take_frame(struct gate *g, const uint8_t *line, size_t length, bool passed) {
    const uint8_t *frame = memmem(line, length, "[LG:", 4);
    if (!frame)
        return false;
    size_t before = (size_t)(frame - line), rest = length - before;
    if (before)
        piece_done(g, line, before, passed);
    const uint8_t *mark = memchr(frame, ']', rest);
    size_t whole = mark ? (size_t)(mark - frame) + 1 : stuck_reply(frame, rest);
    gate_link_heard(g, frame, whole);
    if (whole < rest)
        piece_done(g, frame + whole, rest - whole, passed);
    return true;
}

// A line, `length` without its end and `raw` with it. `passed`: the sender has had it already.
static void line_done(struct gate *g, const uint8_t *line, size_t length, size_t raw, bool passed) {
    static const struct grbl_reply ok = {.type = GRBL_REPLY_OK, .trailing = GRBL_REPLY_EMPTY};
    struct grbl_reply reply;
    if (length && line[length - 1] == '\r')
        length--;
    if (length > LINK_SHORTEST && g->config.hook != GATE_HOOK_NEVER && take_frame(g, line, length, passed))
        return;
    if (length == 2 && line[0] == 'o' && line[1] == 'k')
        reply = ok;
    else
        grbl_reply_parse(&reply, line, length);
    enum disposition d = place(g, &reply);
    if (!passed) {
        bool cut = reply.trailing != GRBL_REPLY_EMPTY && head_is_own(g);
        if (d == TAKE_OUT)
            pass_trailing(g, &reply);
        else if (reply.type == GRBL_REPLY_STATUS && (d == AS_HELD || cut))
            pass_report(g, &reply, line, length, d == AS_HELD);
        else
            gate_out_sender(g, line, raw);
    }
    gate_reply(g, &reply, line, length);
}

// A piece of a line that began in an earlier chunk, or does not end in this one.
static void take_piece(struct gate *g, const uint8_t *p, size_t length, bool ends) {
    if (g->machine.length == 0 && !g->machine.overflow)
        g->machine.kept = must_keep(g, *p);
    if (!g->machine.kept && !g->machine.skip)
        gate_out_sender(g, p, length);
    if (!g->machine.overflow && g->machine.length + length > GATE_REPLY_MAX) {
        g->machine.overflow = true;
        bool frame = link_is_frame(LINK_FROM_HOOK, (const char *)g->machine.line, g->machine.length);
        if (frame && g->config.hook != GATE_HOOK_NEVER) { // none that is known, but the hook's all the same
            g->machine.skip = true;
        } else if (g->machine.kept) { // too long to be rewritten: it passes
            gate_out_sender(g, g->machine.line, g->machine.length);
            gate_out_sender(g, p, length);
        }
        g->machine.kept = false;
        g->machine.length = 0;
    }
    if (!g->machine.overflow) {
        memcpy(g->machine.line + g->machine.length, p, length);
        g->machine.length += length;
    }
    if (!ends)
        return;
    size_t whole = g->machine.length;
    bool passed = !g->machine.kept;
    bool overflow = g->machine.overflow;
    g->machine.length = 0;
    g->machine.overflow = g->machine.kept = g->machine.skip = false;
    if (!overflow)
        line_done(g, g->machine.line, whole - 1, whole, passed);
    gate_out_flush(g); // the line buffer is used again
}

void gate_from_machine(struct gate *g, const uint8_t *bytes, size_t length, int64_t now) {
    const uint8_t *p = bytes, *end = bytes + length;
    gate_enter(g, now);
    if (!g->machine_open || length == 0)
        return;
    g->machine.byte_us = g->now;
    while (p < end) {
        const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
        const uint8_t *next = lf ? lf + 1 : end;
        if (lf && g->machine.length == 0 && !g->machine.overflow && lf - p < GATE_REPLY_MAX)
            line_done(g, p, (size_t)(lf - p), (size_t)(next - p), false);
        else
            take_piece(g, p, (size_t)(next - p), lf != NULL);
        p = next;
    }
    gate_settle(g);
}
