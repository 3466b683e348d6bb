// gate_answer.c: what lotgate itself says to the sender: answers to $LOT and $OP, refusals, notices.
//
// Each answer takes its turn: it comes when every line forwarded before it has been answered, and only
// between two reply lines of the machine.

#include "gate_internal.h"

#include <string.h>

// --- $LOT and $OP

enum wish { WISH_NONE, WISH_QUERY, WISH_DECLARE, WISH_OPERATOR };

// The `?` of `$LOT?` is a realtime byte and has been taken out already: `$LOT` alone asks.
static enum wish wish_of(const struct line *line, const uint8_t **value, size_t *length) {
    static const struct {
        char key[4];
        bool has_value;
        enum wish wish;
    } wishes[] = {{"LOT", true, WISH_DECLARE}, {"LOT", false, WISH_QUERY}, {"OP", true, WISH_OPERATOR}};
    const uint8_t *p = line->text, *end = p + line->length;
    char key[5];
    size_t used = 0;
    while (p < end && *p <= ' ')
        p++;
    if (p == end || *p++ != '$')
        return WISH_NONE;
    for (; p < end && *p != '='; p++) {
        if (*p <= ' ')
            continue;
        if (used == sizeof key - 1)
            return WISH_NONE;
        key[used++] = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
    }
    key[used] = '\0';
    bool has_value = p < end;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        if (wishes[i].has_value != has_value || strcmp(wishes[i].key, key) != 0)
            continue;
        *value = has_value ? p + 1 : end;
        *length = (size_t)(end - *value);
        return wishes[i].wish;
    }
    return WISH_NONE;
}

static uint32_t new_slot(struct gate *g, enum wish wish) {
    if (g->answer_count == GATE_ANSWERS_MAX)
        return ANSWER_SPILL;
    uint32_t slot = (g->answer_first + g->answer_count++) % GATE_ANSWERS_MAX;
    g->answers[slot] = (struct answer){.query = wish == WISH_QUERY, .done = wish == WISH_QUERY};
    g->answers[slot].accepted = wish == WISH_QUERY;
    return slot;
}

// The frames of the link are lotgate's: a sender's are refused like a command that the firmware does not know.
static void answer_link_line(struct gate *g, const struct line *line) {
    gate_out_flush(g);
    for (uint8_t i = 0; i < line->deferred_count; i++)
        gate_realtime(g, line->deferred[i].byte);
    g->link.sender_lines++;
    if (g->overflowed || !gate_queue_mark(&g->queue, ITEM_ANSWER, ANSWER_LINK, line->ends))
        g->overflowed++;
    gate_line_pump(g);
}

bool gate_answer_wanted(struct gate *g, const struct line *line) {
    const uint8_t *value;
    size_t length;
    if (line->length == 0 || (line->text[0] != '$' && line->text[0] > ' '))
        return false;
    if (gate_link_is_own_line(line)) {
        answer_link_line(g, line);
        return true;
    }
    enum wish wish = wish_of(line, &value, &length);
    if (wish == WISH_NONE)
        return false;
    gate_out_flush(g);
    for (uint8_t i = 0; i < line->deferred_count; i++)
        gate_realtime(g, line->deferred[i].byte);
    uint32_t slot = g->overflowed ? ANSWER_SPILL : new_slot(g, wish);
    if (g->overflowed || !gate_queue_mark(&g->queue, ITEM_ANSWER, slot, line->ends)) {
        if (slot != ANSWER_SPILL)
            g->answer_count--;
        g->overflowed++;
    } else if (slot != ANSWER_SPILL && wish != WISH_QUERY) {
        char text[GATE_TEXT_MAX];
        gate_text_copy(text, sizeof text, value, length);
        gate_fact(g, wish == WISH_DECLARE ? GATE_FACT_DECLARE : GATE_FACT_OPERATOR, text);
    }
    gate_line_pump(g);
    return true;
}

void gate_declare_answer(struct gate *g, int64_t now, bool accepted, const char *message) {
    gate_enter(g, now);
    if (g->answers_lost) { // its line was dropped by a reset: the words are still of use
        g->answers_lost--;
        gate_text_set(g->late_answer, sizeof g->late_answer, message);
        g->notices |= NOTICE_LATE_ANSWER;
        gate_settle(g);
        return;
    }
    for (uint32_t i = 0; i < g->answer_count; i++) {
        struct answer *a = &g->answers[(g->answer_first + i) % GATE_ANSWERS_MAX];
        if (a->done)
            continue;
        a->done = true;
        a->accepted = accepted;
        // The reply has to wait behind what is held; why the declaration is refused is wanted now.
        bool at_once = !accepted && g->hold_active;
        gate_text_set(at_once ? g->late_answer : a->text, sizeof a->text, message);
        if (at_once)
            g->notices |= NOTICE_LATE_ANSWER;
        break;
    }
    gate_settle(g);
}

void gate_set_declaration_text(struct gate *g, const char *text) {
    gate_text_set(g->declaration, sizeof g->declaration, text);
}

void gate_answers_forget(struct gate *g) {
    for (uint32_t i = 0; i < g->answer_count; i++)
        g->answers_lost += !g->answers[(g->answer_first + i) % GATE_ANSWERS_MAX].done;
    g->answer_count = 0;
}

// The replies to one line: with CR LF a machine that takes each for a line end would answer twice.
static void reply(struct gate *g, const char *first, uint8_t ends) {
    gate_out_text(g, first);
    if (ends == 2 && !grbl_folds_crlf(g->config.flavour))
        gate_out_text(g, "ok\r\n");
    g->sender.cr_passed = false;
}

bool gate_answer_item(struct gate *g, const struct item *item) {
    if (item->length < GATE_ANSWERS_MAX && !g->answers[item->length].done)
        return false;
    if (!gate_line_quiet(g))
        return false;
    if (item->length == ANSWER_LINK) {
        reply(g, "error:3\r\n", item->ends);
        return true;
    }
    if (item->length == ANSWER_OVERLONG) {
        reply(g, "error:11\r\n", item->ends);
        return true;
    }
    if (item->length == ANSWER_SPILL) {
        gate_out_message(g, "several declarations wait for their answer already");
        reply(g, "error:9\r\n", item->ends);
        return true;
    }
    const struct answer *a = &g->answers[item->length];
    const char *text = a->text;
    if (a->query)
        text = g->declaration[0] ? g->declaration : "no lot is declared";
    if (text[0])
        gate_out_message(g, text);
    reply(g, a->accepted ? "ok\r\n" : "error:9\r\n", item->ends);
    g->answer_first = (g->answer_first + 1) % GATE_ANSWERS_MAX;
    g->answer_count--;
    return true;
}

// --- refusals

bool gate_answer_refuse(struct gate *g, uint8_t ends) {
    if (!gate_line_quiet(g))
        return false;
    reply(g, "error:9\r\n", ends);
    return true;
}

static void repeat(struct gate *g, const char *line, uint64_t times) {
    char batch[32 * 9 + 1];
    size_t one = strlen(line);
    while (times) {
        size_t n = times < 32 ? (size_t)times : 32;
        for (size_t i = 0; i < n; i++)
            memcpy(batch + i * one, line, one + 1);
        gate_out_text(g, batch);
        times -= n;
    }
}

bool gate_answer_empties(struct gate *g, struct item *item) {
    if (!gate_line_quiet(g))
        return false;
    uint64_t each = item->ends == 2 && !grbl_folds_crlf(g->config.flavour) ? 2 : 1;
    repeat(g, "ok\r\n", item->length * each);
    g->sender.cr_passed = false;
    return true;
}

void gate_answer_overflowed(struct gate *g) {
    if (!gate_line_quiet(g))
        return;
    repeat(g, "error:9\r\n", g->overflowed);
    g->overflowed = 0;
    g->job.line_us = g->now;
}

void gate_refuse_rest(struct gate *g) {
    g->refusing = true;
    g->refuse_items = g->queue.count;
    g->job.line_us = g->now;
}

void gate_refuse(struct gate *g, const char *reason) {
    gate_text_set(g->refused_text, sizeof g->refused_text, reason);
    g->notices = (g->notices & ~(unsigned)NOTICE_HELD) | NOTICE_REFUSED;
    bool starting = g->start_pending;
    if (starting) // its start is written, or being written: it will have an end, and is no job that was merely held
        gate_job_cancel(g, GATE_END_ABORTED, reason);
    g->hold_active = false;
    gate_refuse_rest(g);
    gate_job_discard(g);
    if (!starting)
        gate_fact(g, GATE_FACT_REFUSED, g->refused_text);
    gate_state_update(g);
    gate_line_pump(g);
}

void gate_answer_overflow(struct gate *g) {
    static const char reason[] = "the sender sent more than can wait: it ignores flow control";
    if (g->refuse_items)
        return;
    if (!g->job.open) {
        gate_refuse(g, reason);
        return;
    }
    gate_job_end(g, GATE_END_ABORTED, reason);
    gate_refuse_rest(g);
    gate_line_pump(g);
}

void gate_drop_held(struct gate *g, enum gate_end end, const char *reason) {
    bool held = g->hold_active;
    gate_out_flush(g);
    if (g->start_pending) {
        gate_job_cancel(g, end, reason); // the host is about to write its start: it will be told of the end
    } else if (held) {
        gate_text_set(g->refused_text, sizeof g->refused_text, reason);
        gate_job_discard(g);
        gate_fact(g, GATE_FACT_REFUSED, g->refused_text);
    }
    g->hold_active = false;
    g->notices &= ~(unsigned)NOTICE_HELD;
    gate_sender_drop_lines(g);
}

void gate_sender_drop_lines(struct gate *g) {
    g->refusing = false;
    g->refuse_items = g->overflowed = 0;
    gate_queue_clear(&g->queue);
    gate_answers_forget(g);
}

// --- notices

static void say(struct gate *g, enum notice notice) {
    const struct {
        enum notice notice;
        const char *before, *subject, *behind;
    } sentences[] = {
        {NOTICE_HELD, "scan the material lot for ", g->config.name, ""},
        {NOTICE_FAULT, "", g->fault_text, ""},
        {NOTICE_OFFLINE, "", g->config.name, " is offline: lines are dropped; check its power and USB cable"},
        {NOTICE_MACRO, "a macro key runs only in an open job: it was dropped", "", ""},
        {NOTICE_RESUME, "resume is locked: ", g->fault_text, ""},
        {NOTICE_REFUSED, "job refused: ", g->refused_text, ""},
        {NOTICE_LATE_ANSWER, "", g->late_answer, ""},
        {NOTICE_SILENT, "", g->config.name,
         " does not answer: switch it on, and check its baud rate and cable"},
        {NOTICE_RESUMABLE, "the ledger can be written again: resume the job on ", g->config.name, ""},
    };
    char text[GATE_TEXT_MAX + GATE_NAME_MAX];
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (sentences[i].notice != notice)
            continue;
        gate_text_join(text, sizeof text, sentences[i].before, sentences[i].subject, sentences[i].behind);
        if (text[0])
            gate_out_message(g, text);
    }
}

// What a sender whose lines wait is told again and again.
static unsigned lasting_notice(const struct gate *g) {
    return g->hold_active                         ? NOTICE_HELD
           : g->faults && g->queue.count          ? NOTICE_FAULT
           : gate_unanswered(g) && g->queue.count ? NOTICE_SILENT
                                                  : 0;
}

bool gate_notice_lasts(const struct gate *g) {
    return lasting_notice(g) != 0;
}

void gate_notices(struct gate *g) {
    unsigned lasting = lasting_notice(g);
    if (lasting && g->now >= g->notice_us) {
        g->notices |= lasting;
        g->notice_us = g->now + NOTICE_US;
    }
    if (g->notices & NOTICE_OFFLINE && g->now < g->offline_us)
        g->notices &= ~(unsigned)NOTICE_OFFLINE;
    if (!g->notices || !gate_line_between(g))
        return;
    for (unsigned bit = 1; bit <= NOTICE_RESUMABLE; bit <<= 1) {
        if (!(g->notices & bit))
            continue;
        if (bit == NOTICE_OFFLINE)
            g->offline_us = g->now + OFFLINE_US;
        say(g, (enum notice)bit);
    }
    g->notices = 0;
}
