// gate_status.c: what a status report means: pauses, ends, lost replies, and a machine that runs by itself.

#include "gate_internal.h"

bool gate_shows_held(const struct gate *g) {
    bool shut = g->faults || !g->identity_ok || g->link.opening || gate_link_unsettled(g);
    return g->hold_active || g->start_pending || (g->queue.count && shut);
}

// After a reset, reports that were asked for behind it show that the reset is done, with or without a banner. One alone may
// have been kept back by the cable since before: a machine that would execute what it gets has to be seen for a while.
static void end_stale(struct gate *g, const struct grbl_status *s) {
    int64_t asked = g->sender.asked_us > g->own.poll_us ? g->sender.asked_us : g->own.poll_us;
    if (!g->stale || asked <= g->stale_us || g->now - g->stale_us < SETTLE_US)
        return;
    if (!g->machine.up_us)
        g->machine.up_us = g->now;
    if (s->state == GRBL_ALARMED || g->now - g->machine.up_us >= SETTLE_US)
        g->stale = false;
}

static void follow_pause(struct gate *g, const struct grbl_status *s) {
    const struct due *head = gate_due_head(&g->dues);
    if (s->state == GRBL_HOLDING || s->state == GRBL_TOOL)
        gate_job_pause(g, head && head->flags & DUE_PAUSE ? "program pause" : "feed hold");
    else if (s->state == GRBL_DOOR_OPEN)
        gate_job_pause(g, "door");
    else if (g->job.paused && !g->job.tool_us && (g->job.pause_seen || g->now - g->job.pause_us > SECOND_US))
        gate_job_resume(g);
    if (s->state == GRBL_HOLDING || s->state == GRBL_DOOR_OPEN || s->state == GRBL_TOOL)
        g->job.pause_seen = true;
}

static void follow_check(struct gate *g, const struct grbl_status *s) {
    bool was = g->machine.check;
    if (s->state != GRBL_CHECK)
        g->machine.check = false;
    else if (!g->stale && g->dues.count == 0) // a line that is unanswered could be the $C that leaves it
        g->machine.check = g->machine.check_asked;
    if (was && !g->machine.check)
        gate_focus_follow(g);
}

static void follow_motion(struct gate *g, const struct grbl_status *s) {
    if (s->state == GRBL_IDLE && g->dues.count == 0 && g->now - g->moved_us >= SETTLE_US)
        g->explained = false;
    if (s->state == GRBL_IDLE && g->dues.count == 0 && s->has_buffer && s->rx_free > g->config.rx_buffer)
        g->config.rx_buffer = s->rx_free;
}

// A file of the machine's own; one that dwells shows Idle.
static bool file_runs(const struct grbl_status *s) {
    return s->has_sd && s->sd_permille < 1000 && (s->state == GRBL_RUN || s->state == GRBL_IDLE);
}

// Invariant 3's other half: what did not come through the gate is stopped.
static void stop_unauthorised(struct gate *g, const struct grbl_status *s, const struct grbl_reply *reply) {
    bool bad = file_runs(s) && !g->job.local;
    if (s->state == GRBL_RUN && !g->job.open && !g->explained)
        bad = true;
    if (!bad || g->stale || gate_link_explains(g))
        return;
    char text[GATE_TEXT_MAX];
    gate_out_byte(g, '!');
    gate_own_unseen(g);
    if (g->faults & FAULT_UNAUTHORISED)
        return;
    gate_text_copy(text, sizeof text, reply->text, reply->length);
    gate_fault(
        g, FAULT_UNAUTHORISED,
        "the machine ran without a job: it was stopped; look at it, then clear the fault at the panel");
    gate_fact(g, GATE_FACT_UNAUTHORISED, text);
}

// How long reports have shown, one upon the other, a machine that waits for work. Reports that a cable or a computer kept
// back come late and all at once: they are no such row, and what they show may be of before the lines.
static int64_t waited_us(struct gate *g, const struct grbl_status *s) {
    bool waits = s->state == GRBL_IDLE || s->state == GRBL_ALARMED || s->state == GRBL_CHECK;
    int64_t last = g->machine.waits_us;
    g->machine.waits_us = waits ? g->now : 0;
    if (!last || g->now - last > ROW_GAP_US || g->machine.row_us < g->replied_us ||
        g->machine.row_us < g->sent_us)
        g->machine.row_us = g->now;
    return waits ? g->now - g->machine.row_us : 0;
}

// The machine waits for work and yet a reply is missing: it was lost, and the count starts anew.
static void count_anew(struct gate *g, const struct grbl_status *s) {
    const struct due *head = gate_due_head(&g->dues);
    int64_t waited = waited_us(g, s);
    if (!head && waited >= RESYNC_US)
        g->own.late = g->own.frame_room = 0; // no answer is late any more
    if (!head || waited < RESYNC_US || g->now - g->replied_us < RESYNC_US + head->dwell_s * SECOND_US)
        return;
    if (g->own.line == OWN_LINK)
        gate_link_lost(g);
    else if (g->own.line != OWN_NONE)
        g->own.late++;
    g->own.line = OWN_NONE;
    gate_due_clear(&g->dues);
    gate_own_refused(g); // it may have been an error
}

static void end_by_report(struct gate *g, const struct grbl_status *s) {
    bool idle = s->state == GRBL_IDLE || s->state == GRBL_CHECK;
    if (!idle || file_runs(s) || !g->job.active || g->hold_active || g->start_pending || g->link.local ||
        g->link.opening)
        return;
    // Some forks give no `ok` for M2.
    if (g->job.ending && g->job.program_end && g->now - g->job.program_end_us >= PGM_END_US) {
        bool end = false;
        while (g->dues.count && !end) {
            end = gate_due_head(&g->dues)->flags & DUE_END;
            gate_due_pop(&g->dues);
        }
        gate_job_end(g, GATE_END_COMPLETED, "program end");
        return;
    }
    bool more = g->queue.count && !g->job.ending && !g->job.next_waits;
    // A sender that polls with `?` and an empty line has one of them unanswered at every report.
    bool tool = g->job.tool_us && g->now < g->job.tool_us + TOOL_US;
    if (more || tool || g->dues.gcode || g->now < g->job.line_us + g->config.idle_us)
        return;
    gate_job_end(g, GATE_END_COMPLETED, "no line came and the machine is idle");
}

static void tell(struct gate *g, const struct grbl_status *s) {
    if (g->machine.status_fact_us && g->now - g->machine.status_fact_us < STATUS_FACT_US)
        return;
    struct gate_fact fact = {.type = GATE_FACT_STATUS, .state = g->state, .previous = g->state, .status = s};
    fact.text = "";
    g->machine.status_fact_us = g->now;
    gate_fact_send(g, &fact);
}

void gate_status(struct gate *g, const struct grbl_reply *reply) {
    struct grbl_status s;
    if (!grbl_status_parse(&s, reply->text, reply->length))
        return;
    g->machine.status = s;
    g->machine.has_status = true;
    g->machine.status_us = g->now;
    end_stale(g, &s);
    follow_pause(g, &s);
    follow_check(g, &s);
    stop_unauthorised(g, &s, reply);
    count_anew(g, &s);
    end_by_report(g, &s);
    follow_motion(g, &s);
    gate_link_status(g, &s);
    tell(g, &s);
}
