// gate_job.c: one job: its setup lines, its start, what its lines did, its end.
//
// Lines are hashed and metered as they are forwarded. Setup lines are forwarded before anyone knows whether a
// job follows, so the hash and the meter run from the first of them, and are thrown away when none does.

#include "gate_internal.h"

#include <string.h>

static void clear(struct gate *g) {
    if (g->job.open) {
        g->link.local = LOCAL_NONE;
        g->link.opening = false;
    }
    gate_out_flush(g); // the hash of what comes later must not hold the bytes of before
    g->job.open = g->job.active = g->job.moved = g->job.ending = g->job.orphan = false;
    g->job.next_waits = g->job.unsure = g->job.ledger_held = false;
    g->job.local = g->job.local_due = g->job.paused = g->job.pause_seen = g->job.program_end = false;
    g->job.tool_us = 0;
    g->job.errors = g->job.pauses = g->job.overrides = g->job.replaced = 0;
    g->sender.cr_hashed = false;
}

static void begin(struct gate *g) {
    gate_out_flush(g);
    g->job.active = true;
    g->job.first_us = g->job.last_us = g->now;
    crypto_hash_sha256_init(&g->job.sha);
    meter_reset(&g->job.meter, NULL);
}

// Grbl refuses M6, so senders stop there and send it as a comment: CNCjs writes `(M6)`.
static bool changes_tool(const struct line *line, const struct gcode_block *block) {
    for (uint8_t i = 0; i < block->m_count; i++)
        if (block->m[i] == 60)
            return true;
    return memmem(line->text, line->length, "(M6)", 4) != NULL;
}

// Moves by hand and probing belong to the change; the spindle ends it.
static void follow_tool(struct gate *g, const struct line *line, const struct gcode_block *block) {
    if (g->job.tool_us && block->shape == GCODE_WORDS_LINE && g->modal.spindle != GCODE_SPINDLE_OFF) {
        g->job.tool_us = 0;
        gate_job_resume(g);
    }
    if (g->job.open && changes_tool(line, block)) {
        g->job.tool_us = g->now;
        gate_job_pause(g, "tool change");
    }
}

bool gate_job_goes_on(const struct gate *g) {
    return g->machine_open && g->job.open && !g->job.ending;
}

void gate_job_line(struct gate *g, const struct line *line, const struct gcode_modal *before,
                   const struct gcode_block *block) {
    size_t total = line->length + line->ends;
    if (!g->job.active)
        begin(g);
    g->job.last_us = g->job.line_us = g->now;
    meter_line(&g->job.meter, &g->config.rules, before, &g->modal, block, total);
    gate_out_hash(g, line->text, total);
    if (g->config.rules.machine == GCODE_CNC)
        follow_tool(g, line, block);
}

void gate_job_tail(struct gate *g, const uint8_t *lf) {
    gate_out_hash(g, lf, 1);
    g->job.meter.result.bytes++;
}

void gate_job_want(struct gate *g, bool local) {
    if (g->start_pending)
        return;
    g->start_pending = true;
    g->start_cancelled = false;
    g->start_local = local;
    gate_fact(g, GATE_FACT_START_WANTED, g->hold_active ? g->held_text : "");
}

static void cancel_as(struct gate *g, enum gate_end end, const char *reason) {
    g->cancel_end = end;
    gate_text_set(g->cancel_text, sizeof g->cancel_text, reason);
}

void gate_job_cancel(struct gate *g, enum gate_end end, const char *reason) {
    if (g->start_cancelled)
        return;
    if (g->link.opening) {
        gate_job_not_started(g, end, reason);
        return;
    }
    g->start_cancelled = true;
    cancel_as(g, end, reason);
    gate_job_discard(g);
}

static void send_ended(struct gate *g, struct gate_job *job, const char *reason) {
    struct gate_fact fact = {.type = GATE_FACT_ENDED, .state = g->state, .previous = g->state, .job = job};
    fact.text = reason;
    gate_fact_send(g, &fact);
}

// A start that was made durable although nothing could start any more: one end for it, with nothing done.
static void end_cancelled(struct gate *g) {
    static const struct meter_result nothing;
    struct gate_job job = {.end = g->cancel_end, .meter = &nothing, .first_us = g->now, .last_us = g->now};
    crypto_hash_sha256(job.sha256, NULL, 0);
    send_ended(g, &job, g->cancel_text);
}

void gate_job_not_started(struct gate *g, enum gate_end end, const char *reason) {
    bool waits = g->hold_active && !g->link.local;
    g->link.opening = false;
    if (!g->start_pending) { // opened once, and closed again before its first line
        gate_job_end(g, end, reason);
        return;
    }
    cancel_as(g, end, reason);
    g->start_pending = g->hold_active = false;
    g->link.local = LOCAL_NONE;
    if (g->config.mode == GATE_EACH_JOB)
        g->declared = false;
    g->notices &= ~(unsigned)NOTICE_HELD;
    gate_job_discard(g);
    end_cancelled(g);
    if (waits && g->sender.present)
        gate_refuse_rest(g);
    gate_state_update(g);
}

void gate_start_committed(struct gate *g, int64_t now) {
    gate_enter(g, now);
    if (!g->start_pending || g->link.opening)
        return;
    if (!g->start_cancelled && gate_link_must_open(g)) {
        g->link.opening = true;
        g->link.open_by = g->now + LINK_OPEN_US;
    } else {
        gate_job_started(g);
    }
    gate_settle(g);
}

void gate_job_started(struct gate *g) {
    g->start_pending = false;
    if (g->config.mode == GATE_EACH_JOB)
        g->declared = false;
    if (g->start_cancelled) {
        g->start_cancelled = false;
        end_cancelled(g);
    } else {
        if (!g->job.active)
            begin(g);
        g->job.open = true;
        g->job.local_due = g->start_local && !g->link.local;
        g->job.line_us = g->now;
        g->own.restore = (struct gcode_number){0}; // too late: it is the job's S from now on
        g->hold_active = false;
        g->notices &= ~(unsigned)NOTICE_HELD;
        g->focus.on = false; // what is on now is the job's
    }
    gate_state_update(g);
}

void gate_job_end(struct gate *g, enum gate_end end, const char *reason) {
    struct gate_job job = {.end = end, .dry_run = !g->job.open};
    crypto_hash_sha256_state sha;
    bool recorded = g->job.active && (g->job.open || g->job.moved), unsure = g->job.unsure;
    if (!recorded) {
        clear(g);
        return;
    }
    gate_out_flush(g);
    sha = g->job.sha; // kept whole: finishing a hash destroys its state
    crypto_hash_sha256_final(&sha, job.sha256);
    job.meter = &g->job.meter.result;
    job.path = g->job.meter.path;
    job.points = g->job.meter.points;
    job.first_us = g->job.first_us;
    job.last_us = g->job.local && g->link.own_local ? g->now : g->job.last_us; // its lines are not seen here
    job.errors = g->job.errors;
    job.pauses = g->job.pauses;
    job.overrides = g->job.overrides;
    job.replaced = g->job.replaced;
    clear(g);
    if (unsure)
        gate_own_unseen(g);
    g->focus.used_us = 0;
    send_ended(g, &job, reason);
    gate_state_update(g);
    gate_focus_follow(g);
}

void gate_job_discard(struct gate *g) {
    if (!g->job.open)
        clear(g);
}

void gate_job_pause(struct gate *g, const char *why) {
    if (!g->job.open || g->job.paused)
        return;
    g->job.paused = true;
    g->job.pause_seen = false;
    g->job.pause_us = g->now;
    g->job.pauses++;
    gate_fact(g, GATE_FACT_PAUSED, why);
}

void gate_job_resume(struct gate *g) {
    if (!g->job.paused)
        return;
    g->job.paused = false;
    gate_fact(g, GATE_FACT_RESUMED, "");
}
