// gate_line.c: what becomes of a sender's line: it is forwarded, waits, is held, or asks for a start.
//
// Invariant 1 rests on this file: gate_line_take is the only way by which a sender's line reaches the
// machine, and the table `permissions` lets work pass in a running job and in check mode only.

#include "gate_internal.h"

#include <assert.h>
#include <string.h>

enum permission {
    PASS,  // to the machine
    FOCUS, // passes while focus time is left; then as work
    HOLD,  // the first of them makes the state held
    START, // asks the host for a durable start, and waits for it
    WAIT   // until the job before it has ended
};

enum situation { LOCKED, ARMED, RUNNING, OWN_FILE, ENDING, CHECKING };

static const uint8_t permissions[][6] = {
    // setup, lotgate, focus, work, local start, unknown
    [LOCKED] = {PASS, WAIT, FOCUS, HOLD, HOLD, HOLD},
    [ARMED] = {PASS, WAIT, FOCUS, START, START, START},
    [RUNNING] = {PASS, WAIT, PASS, PASS, WAIT, PASS},
    [OWN_FILE] = {WAIT, WAIT, WAIT, WAIT, WAIT, WAIT}, // nobody sees what the file sets: see permit
    [ENDING] = {PASS, WAIT, WAIT, WAIT, WAIT, WAIT},   // M2 is on its way: setup behind it belongs to the job
    [CHECKING] = {PASS, WAIT, PASS, PASS, HOLD, PASS},
};

static enum situation situation(const struct gate *g) {
    if (g->job.local || gate_link_has_file(g)) // the machine's own job is not mixed with a sender's
        return OWN_FILE;
    if (g->job.ending)
        return ENDING;
    if (g->job.open)
        return RUNNING;
    if (g->machine.check)
        return CHECKING;
    return g->declared ? ARMED : LOCKED;
}

// --- forwarding

// Nothing of a sender goes out now, whatever it is.
static bool blocked(const struct gate *g) {
    return !g->machine_open || !g->identity_ok || g->faults || g->stale || g->start_pending ||
           g->job.orphan || g->own.line != OWN_NONE || gate_focus_over(g) || g->link.opening ||
           gate_link_unsettled(g) || gate_own_ends_frame(g);
}

static bool fits(const struct gate *g, size_t bytes) {
    if (g->dues.count == GATE_OUTSTANDING_MAX)
        return false;
    return g->dues.bytes == 0 || g->dues.bytes + gate_own_unread(g) + bytes < g->config.rx_buffer;
}

// A line whose class follows from lines that are not answered yet: one of them might be refused.
static bool unsettled(const struct gate *g, const struct gcode_block *block) {
    return !g->job.open && g->dues.beam && block->shape != GCODE_EMPTY;
}

// The byte order mark that editors put before a file's first line: part of the file and its hash, and nothing to a machine.
static size_t mark_of(const struct line *line) {
    return line->utf8 && line->length >= 3 && memcmp(line->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

// Text with `_` for each UTF-8 sequence and the realtime bytes in their places.
static void write_composed(struct gate *g, const struct line *line) {
    uint8_t *out = g->sender.wire;
    size_t total = line->length + line->ends, at = mark_of(line), used = 0;
    uint8_t next = 0;
    g->job.replaced += at != 0;
    while (at < total || next < line->deferred_count) {
        if (next < line->deferred_count && line->deferred[next].at <= at) {
            uint8_t byte = line->deferred[next++].byte;
            if (gate_realtime_note(g, byte))
                out[used++] = byte;
            continue;
        }
        if (line->utf8 && line->text[at] >= 0xC2) { // realtime bytes are taken out: this leads a sequence
            g->job.replaced++;
            out[used++] = '_';
            at++;
            while (at < line->length && line->text[at] >= 0x80 && line->text[at] <= 0xBF)
                at++;
            continue;
        }
        out[used++] = line->text[at++];
    }
    assert(used <= sizeof g->sender.wire);
    gate_out_flush(g);
    gate_out_machine(g, out, used);
    gate_out_flush(g);
}

static void write_line(struct gate *g, const struct line *line) {
    if (line->utf8 || line->deferred_count) {
        write_composed(g, line);
        return;
    }
    gate_out_machine(g, line->text, line->length + line->ends);
    if (!line->stable)
        gate_out_flush(g);
}

static uint8_t replies_to(const struct gate *g, uint8_t ends) {
    return ends == 2 && !grbl_folds_crlf(g->config.flavour) ? 2 : 1;
}

static bool is_command(const struct gcode_block *block, char letter) {
    return block->shape == GCODE_DOLLAR && block->length >= 2 && (block->text[1] & 0xDF) == letter;
}

static bool has_m(const struct gcode_block *block, uint16_t code) {
    for (uint8_t i = 0; i < block->m_count; i++)
        if (block->m[i] == code)
            return true;
    return false;
}

static uint8_t m_flags(const struct gate *g, const struct gcode_block *block) {
    bool ends = gcode_ends_program(block);
    uint8_t flags = DUE_BEAM;
    if (ends)
        flags |= DUE_END;
    if ((ends || has_m(block, 50)) && g->modal.spindle == GCODE_SPINDLE_OFF)
        flags |= DUE_BEAM_OFF;
    if (has_m(block, 0) || has_m(block, 10) || has_m(block, 60))
        flags |= DUE_PAUSE;
    return flags;
}

static uint8_t due_flags(const struct gate *g, const struct gcode_block *block) {
    uint8_t flags = 0;
    if (is_command(block, 'C'))
        return DUE_CHECK;
    if (is_command(block, 'N'))
        return DUE_BEAM; // startup blocks are run when they are stored
    if (block->shape == GCODE_DOLLAR)
        return 0;
    if (block->shape != GCODE_EMPTY)
        flags |= DUE_GCODE;
    if (gcode_has(block, GCODE_S))
        flags |= DUE_BEAM;
    if (block->m_count)
        flags |= m_flags(g, block);
    return flags;
}

// How long a G4 keeps its reply back, in whole seconds.
static uint16_t dwell_of(const struct gcode_block *block) {
    const struct gcode_number *p = &block->value[GCODE_P];
    bool dwells = false;
    for (uint8_t i = 0; i < block->g_count; i++)
        dwells |= block->g[i] == 40;
    if (block->shape == GCODE_DOLLAR || !dwells || !gcode_has(block, GCODE_P) || p->mantissa <= 0)
        return 0;
    if (gcode_compare(p, DWELL_MAX_S) >= 0)
        return DWELL_MAX_S;
    uint32_t seconds = (uint32_t)p->mantissa;
    for (uint8_t i = 0; i < p->decimals; i++)
        seconds /= 10;
    return (uint16_t)(seconds + 1);
}

static void remember_due(struct gate *g, const struct line *line, const struct gcode_block *block,
                         bool moves) {
    struct due *due = gate_due_push(&g->dues);
    assert(due); // fits() has been asked
    size_t total = line->length + line->ends;
    g->sent_us = g->now;
    due->bytes = (uint16_t)total;
    due->replies = replies_to(g, line->ends);
    due->flags = due_flags(g, block) | (moves ? DUE_MOVES : 0);
    due->dwell_s = dwell_of(block);
    due->length = (uint8_t)(line->length < DUE_TEXT ? line->length : DUE_TEXT);
    memcpy(due->text, line->text, due->length);
    gate_due_count(&g->dues, due);
    if (due->flags & DUE_CHECK) {
        g->machine.check = false; // until a report says so again
        g->machine.check_asked = true;
    }
    if (due->flags & DUE_END)
        g->job.ending = true;
}

// Whether a line is one of a job's: of its hash, its meter, its times. Behind M2 empty lines are nobody's: whether they come
// before its reply depends on the sender.
static bool is_of_job(const struct gate *g, const struct line *line, const struct gcode_block *block) {
    if (line->length == 0)
        return !line->polled && !g->job.ending;
    return block->shape != GCODE_DOLLAR;
}

static void forward(struct gate *g, const struct line *line, const struct gcode_block *block) {
    struct gcode_modal before = g->modal;
    gcode_modal_apply(&g->modal, block);
    bool counts = is_of_job(g, line, block);
    if (g->dues.count == 0)
        g->replied_us = g->now; // the wait for replies begins
    bool moves = gcode_moves(&before, block) || is_command(block, 'J') || is_command(block, 'H');
    remember_due(g, line, block, moves);
    if (counts)
        gate_job_line(g, line, &before, block);
    if (moves) {
        g->explained = true;
        g->moved_us = g->now;
        g->job.moved |= counts;
    }
    g->sender.cr_passed = true;
    g->sender.cr_hashed = counts;
    write_line(g, line);
    if (!g->job.open)
        gate_focus_follow(g);
}

// --- deciding

static void hold(struct gate *g, const struct line *line) {
    g->hold_active = true;
    g->held_us = g->now;
    g->notice_us = g->now + NOTICE_US;
    g->notices |= NOTICE_HELD;
    gate_text_copy(g->held_text, sizeof g->held_text, line->text + mark_of(line),
                   line->length - mark_of(line));
    gate_fact(g, GATE_FACT_HELD, g->held_text);
    gate_state_update(g);
}

static bool permit(struct gate *g, const struct line *line, const struct gcode_block *block,
                   enum gcode_class class) {
    enum situation s = situation(g);
    enum permission p = (enum permission)permissions[s][class];
    bool gcode = block->shape != GCODE_DOLLAR && block->shape != GCODE_BRACKET && block->shape != GCODE_EMPTY;
    if (s == OWN_FILE && class == GCODE_SETUP && !gcode)
        return true; // changes no mode of the file's
    if (s == RUNNING && class == GCODE_LOCAL_START && g->job.local_due) {
        g->job.local_due = false;
        g->job.local = true;
        g->explained = true;
        return true;
    }
    if (p == FOCUS)
        p = gate_focus_left(g) ? PASS : (enum permission)permissions[s][GCODE_WORK];
    if (p == HOLD && !g->hold_active)
        hold(g, line);
    if (p == WAIT && (s == RUNNING || s == OWN_FILE))
        g->job.next_waits = true;
    if (p == START)
        gate_job_want(g, class == GCODE_LOCAL_START);
    return p == PASS;
}

// Of a job that was refused: no G-code line passes until its end. Queries and jogs do, unless they waited.
static bool is_refused(struct gate *g, const struct gcode_block *block) {
    if (g->refuse_items)
        return true;
    if (g->now - g->job.line_us > g->config.idle_us)
        g->refusing = false; // a pause: what comes now is another job, though it begin with a comment
    return g->refusing && block->shape != GCODE_DOLLAR && block->shape != GCODE_EMPTY;
}

static bool take_refused(struct gate *g, const struct line *line, const struct gcode_block *block) {
    if (!gate_answer_refuse(g, line->ends))
        return false;
    g->job.line_us = g->now;
    g->sender.cr_passed = false;
    if (gcode_ends_program(block))
        g->refusing = false;
    return true;
}

// What the line may do, here. The machine takes a line that is longer than its buffer only while it reads on; in a hold it
// would lose the end, and execute a beginning that means something else.
static enum gcode_class class_of(const struct gate *g, const struct line *line,
                                 const struct gcode_block *block) {
    enum gcode_class class = gcode_classify(&g->config.rules, &g->modal, block);
    if (class < GCODE_WORK && line->length + line->ends >= g->config.rx_buffer)
        return GCODE_UNKNOWN;
    bool system = block->shape == GCODE_DOLLAR || block->shape == GCODE_BRACKET;
    if (class == GCODE_UNKNOWN && system && g->machine.check)
        return GCODE_LOCAL_START; // check mode has no say in what is no G-code
    return class;
}

// True when the line has been dealt with, false when it must wait.
static bool gate_line_take(struct gate *g, const struct line *line) {
    struct gcode_block block;
    gcode_scan(&block, line->text + mark_of(line), line->length - mark_of(line));
    if (is_refused(g, &block))
        return take_refused(g, line, &block);
    if (blocked(g))
        return false;
    if (g->hold_active && !g->job.open) {
        if (g->declared)
            gate_job_want(g, gcode_classify(&g->config.rules, &g->modal, &block) == GCODE_LOCAL_START);
        return false;
    }
    if (unsettled(g, &block) || !fits(g, line->length + line->ends))
        return false;
    enum gcode_class class = class_of(g, line, &block);
    if (!g->job.open && g->link.doubt) { // the hook will take the beam to be on
        struct gcode_modal as_hook = g->modal;
        as_hook.doubt = true;
        enum gcode_class there = gcode_classify(&g->config.rules, &as_hook, &block);
        if (there > class && gate_own_says_off(g))
            return false;
        class = there > class ? there : class;
    }
    if (!permit(g, line, &block, class))
        return false;
    if (g->job.open && class >= GCODE_LOCAL_START) {
        g->job.unsure = true;
        if (block.shape == GCODE_DOLLAR || block.shape == GCODE_BRACKET)
            gate_focus_forget(g);
    }
    forward(g, line, &block);
    return true;
}

// --- arriving

static void push(struct gate *g, const struct line *line) {
    gate_out_flush(g); // the queue may move its text
    for (uint8_t i = 0; i < line->deferred_count; i++)
        gate_realtime(g, line->deferred[i].byte);
    if (g->overflowed == 0) {
        bool empty = line->length == 0;
        if (empty ? gate_queue_empty_line(&g->queue, line) : gate_queue_line(&g->queue, line))
            return;
        gate_answer_overflow(g);
    }
    g->overflowed++;
}

void gate_line_arrived(struct gate *g, const struct line *line) {
    if (gate_answer_wanted(g, line))
        return;
    if (!g->machine_open) { // never executed later: dropped
        g->sender.cr_passed = false;
        g->notices |= NOTICE_OFFLINE;
        g->job.line_us = g->now; // a job that was cut is still being sent
        return;
    }
    if (g->queue.count == 0 && g->overflowed == 0 && gate_line_take(g, line))
        return;
    push(g, line);
}

void gate_line_overlong(struct gate *g, const struct line *line) {
    for (uint8_t i = 0; i < line->deferred_count; i++)
        gate_realtime(g, line->deferred[i].byte);
    g->sender.cr_passed = false;
    if (!g->machine_open)
        return;
    gate_out_flush(g);
    if (!gate_queue_mark(&g->queue, ITEM_ANSWER, ANSWER_OVERLONG, line->ends))
        g->overflowed++;
    gate_line_pump(g);
}

// --- lines that waited

static bool take_empty(struct gate *g, struct item *item) {
    static const uint8_t lf[] = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
    static const uint8_t cr[] = "\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r";
    static const uint8_t crlf[] = "\r\n";
    static const struct gcode_block nothing = {.shape = GCODE_EMPTY};
    if (g->refuse_items)
        return gate_answer_empties(g, item);
    if (blocked(g) || (g->hold_active && !g->job.open))
        return false;
    struct line line = {.text = item->ends == 2 ? crlf : item->end == '\r' ? cr : lf, .ends = item->ends};
    line.stable = true;
    line.polled = item->polled;
    const uint8_t *run = line.text;
    for (uint32_t i = 0; item->length && fits(g, item->ends); i++, item->length--) {
        line.text = item->ends == 2 ? run : run + i % 32; // one write for up to 32 of them
        forward(g, &line, &nothing);
    }
    return item->length == 0;
}

// The LF of a CR LF whose line came in another chunk.
static bool take_tail(struct gate *g) {
    static const uint8_t lf[] = "\n";
    bool folds = grbl_folds_crlf(g->config.flavour);
    if (!g->sender.cr_passed) { // the machine has not seen the CR and shall not see this
        if (!folds && !gate_line_quiet(g))
            return false;
        if (!folds)
            gate_out_text(g, "ok\r\n");
        return true;
    }
    if (blocked(g) || !fits(g, 1))
        return false;
    if (g->sender.cr_hashed)
        gate_job_tail(g, lf);
    if (!folds) {
        struct due *due = gate_due_push(&g->dues);
        assert(due); // fits() has been asked
        due->bytes = 1;
        gate_due_count(&g->dues, due);
    }
    gate_out_machine(g, lf, 1);
    g->sender.cr_passed = g->sender.cr_hashed = false;
    return true;
}

void gate_line_tail_arrived(struct gate *g) {
    if (!g->machine_open)
        return;
    if (g->queue.count == 0 && g->overflowed == 0 && take_tail(g))
        return;
    gate_out_flush(g);
    if (g->overflowed || !gate_queue_mark(&g->queue, ITEM_TAIL, 0, 1))
        return; // behind a line that was refused for want of room
}

static bool take_item(struct gate *g, struct item *item) {
    struct line line = {
        .text = gate_queue_text(&g->queue), .ends = item->ends, .utf8 = item->utf8, .stable = true};
    switch ((enum item_type)item->type) {
    case ITEM_LINE:
        line.length = item->length - item->ends;
        return gate_line_take(g, &line);
    case ITEM_EMPTY:
        return take_empty(g, item);
    case ITEM_TAIL:
        return take_tail(g);
    case ITEM_ANSWER:
        return gate_answer_item(g, item);
    }
    return false;
}

void gate_line_pump(struct gate *g) {
    struct item *item;
    while ((item = gate_queue_head(&g->queue)) != NULL) {
        if (!take_item(g, item))
            return;
        gate_queue_pop(&g->queue);
        if (g->refuse_items)
            g->refuse_items--;
    }
    if (g->overflowed)
        gate_answer_overflowed(g);
}

bool gate_line_between(const struct gate *g) {
    return !g->machine.overflow && (g->machine.length == 0 || g->machine.kept);
}

bool gate_line_quiet(const struct gate *g) {
    return g->dues.count == 0 && gate_line_between(g);
}

void gate_line_send_own(struct gate *g, enum own what, const char *text) {
    struct gcode_block block;
    struct line line = {.text = (const uint8_t *)text, .length = strlen(text) - 1, .ends = 1};
    gcode_scan(&block, line.text, line.length);
    gcode_modal_apply(&g->modal, &block);
    remember_due(g, &line, &block, false);
    gate_due_head(&g->dues)->flags |= DUE_OWN;
    g->own.line = what;
    g->own.sent_us = g->now;
    gate_out_machine(g, line.text, line.length + 1);
    gate_out_flush(g);
}

// Not G-code: nothing of the modal state follows from it.
bool gate_line_send_frame(struct gate *g, const char *frames, size_t length) {
    if (gate_own_unread(g) + length >= g->config.rx_buffer)
        return false;
    struct due *due = gate_due_push(&g->dues);
    assert(due); // nothing is outstanding
    due->bytes = (uint16_t)length;
    due->flags = DUE_OWN;
    gate_due_count(&g->dues, due);
    g->own.line = OWN_LINK;
    g->own.sent_us = g->now;
    gate_out_flush(g);
    gate_out_machine(g, (const uint8_t *)frames, length);
    gate_out_flush(g);
    return true;
}

void gate_line_frame_answered(struct gate *g) {
    if (g->own.line != OWN_LINK)
        return;
    g->own.line = OWN_NONE;
    g->link.unended = false;
    g->own.frame_room = 0; // all before it has been read too
    if (gate_due_head(&g->dues))
        gate_due_pop(&g->dues);
}
