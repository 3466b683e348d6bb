// gate.c: the gate's life, what the host tells it, and the state that follows from it all.

#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

const char *gate_state_name(enum gate_state s) {
    static const char *const names[] = {"offline", "locked", "held", "armed", "running", "fault"};
    return (unsigned)s < GATE_STATES ? names[s] : "unknown";
}

const char *gate_end_name(enum gate_end e) {
    static const char *const names[] = {"completed",    "aborted",     "alarm",
                                        "machine_lost", "sender_lost", "host_lost"};
    return (unsigned)e < GATE_ENDS ? names[e] : "unknown";
}

void gate_config_default(struct gate_config *c) {
    *c = (struct gate_config){
        .flavour = GRBL_AVR,
        .rules = {.machine = GCODE_LASER, .focus_limit = 20},
        .mode = GATE_EACH_JOB,
        .held = GATE_WAIT,
        .idle_us = 2 * SECOND_US,
        .focus_us = 60 * SECOND_US,
        .rx_buffer = 128,
        .expect_identity = true,
        .poll = true,
        .replace_utf8 = true,
        .hook = GATE_HOOK_NEVER,
        .hook_life_s = 60,
    };
    gate_text_set(c->name, sizeof c->name, "machine");
}

struct gate *gate_create(const struct gate_config *config, const struct gate_output *output) {
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->config = *config;
    g->out = *output;
    g->state = GATE_OFFLINE;
    g->focus.limit = config->rules.focus_limit;
    gcode_modal_reset(&g->modal);
    g->modal.doubt = true;
    gate_sender_flavour(g);
    gate_link_create(g);
    return g;
}

void gate_free(struct gate *g) {
    if (g)
        gate_link_wipe(g);
    free(g);
}

void gate_enter(struct gate *g, int64_t now) {
    if (g->now == 0)
        g->since_us = now; // the first that it hears of the time
    if (now > g->now)
        g->now = now;
}

void gate_settle(struct gate *g) {
    gate_link_step(g);
    gate_own_step(g); // what is in doubt is asked for before more lines go
    gate_line_pump(g);
    gate_notices(g);
    gate_own_step(g);
    gate_out_flush(g);
    gate_state_update(g);
}

// --- the state

static enum gate_state state_of(const struct gate *g) {
    if (!g->machine_open)
        return GATE_OFFLINE;
    if (g->faults)
        return GATE_FAULT;
    if (!g->identity_ok || gate_link_unsettled(g))
        return GATE_OFFLINE;
    if (g->job.open)
        return GATE_RUNNING;
    if (g->hold_active)
        return GATE_HELD;
    return g->declared ? GATE_ARMED : GATE_LOCKED;
}

bool gate_unanswered(const struct gate *g) {
    return g->machine_open && !g->identity_ok && !g->faults;
}

void gate_state_update(struct gate *g) {
    enum gate_state next = state_of(g);
    if (next == g->state)
        return;
    struct gate_fact fact = {.type = GATE_FACT_STATE, .state = next, .previous = g->state, .text = ""};
    if (next == GATE_FAULT)
        fact.text = g->fault_text;
    g->state = next;
    g->since_us = g->now;
    gate_fact_send(g, &fact);
}

void gate_fault(struct gate *g, enum fault fault, const char *sentence) {
    g->faults |= fault;
    gate_text_set(g->fault_text, sizeof g->fault_text, sentence);
    g->notices |= NOTICE_FAULT;
    g->notice_us = g->now + NOTICE_US;
    gate_state_update(g);
}

// Where one fault of several is over, the hook's sentence is the one to be told again.
void gate_fault_over(struct gate *g, unsigned faults) {
    bool any = g->faults & faults;
    g->faults &= ~faults;
    if (any && g->faults & FAULT_HOOK)
        gate_text_set(g->fault_text, sizeof g->fault_text, gate_link_sentence(g));
}

void gate_machine_forget(struct gate *g) {
    gate_out_flush(g);
    gate_due_clear(&g->dues);
    g->stale = false;
    g->machine.check = g->machine.check_asked = false;
    g->machine.up_us = 0;
    g->own.line = OWN_NONE;
    g->own.poll = false;
    g->own.swallow = SWALLOW_NO;
    g->own.late = g->own.frame_room = 0;
    g->own.restore = (struct gcode_number){0};
    g->link.doubt = false; // the hook starts anew with its machine
    g->own.identity_us = g->now + QUIET_US;
    gate_link_forget(g);
}

// --- the machine's port

void gate_machine_opened(struct gate *g, int64_t now) {
    gate_enter(g, now);
    gate_machine_forget(g);
    gcode_modal_reset(&g->modal);
    g->modal.doubt = true;
    g->machine_open = true;
    g->notice_us = g->now + SILENT_US;
    g->identity_ok = !g->config.expect_identity;
    gate_fault_over(g, FAULT_IDENTITY);
    gate_link_machine_opened(g);
    g->machine.length = 0;
    g->machine.overflow = g->machine.kept = g->machine.skip = g->machine.has_status = false;
    // A machine that has been up for long answers at once. One that restarts on opening eats the question and sends its
    // banner, behind which it is asked again.
    g->machine.byte_us = g->now - QUIET_US;
    g->own.identity_us = g->own.modal_us = g->now;
    g->explained = false;
    g->own.identity_asked = false;
    g->own.nameless = 0;
    g->own.poll_us = g->now;
    g->focus.on = false;
    g->focus.used_us = 0;
    gate_focus_forget(g);
    gate_settle(g);
}

void gate_machine_lost(struct gate *g, int64_t now, const char *why) {
    gate_enter(g, now);
    if (!g->machine_open)
        return;
    bool cut = g->job.open || g->hold_active || g->start_pending;
    gate_out_flush(g);
    g->machine_open = false;
    gate_drop_held(g, GATE_END_MACHINE_LOST, why);
    gate_job_end(g, GATE_END_MACHINE_LOST, why);
    gate_machine_forget(g);
    g->machine.length = 0;
    g->machine.overflow = g->machine.kept = g->machine.skip = g->machine.has_status = false;
    if (cut && g->sender.present) // what the sender still has of that job is not begun in the middle
        gate_refuse_rest(g);
    gate_focus_follow(g);
    gate_settle(g);
}

void gate_identity_confirmed(struct gate *g, int64_t now) {
    gate_enter(g, now);
    if (!g->machine_open)
        return;
    g->identity_ok = true;
    gate_fault_over(g, FAULT_IDENTITY);
    gate_settle(g);
}

void gate_identity_refused(struct gate *g, int64_t now, const char *sentence) {
    gate_enter(g, now);
    if (!g->machine_open)
        return;
    g->identity_ok = false;
    gate_fault(g, FAULT_IDENTITY, sentence);
    gate_settle(g);
}

// --- the sender

void gate_sender_connected(struct gate *g, int64_t now) {
    gate_enter(g, now);
    if (g->sender.present)
        return;
    g->sender.present = true;
    g->sender.poll_habit = 0;
    g->machine.skip = g->machine.length || g->machine.overflow; // the rest of a line is nothing to it
    g->notices = 0;
    if (g->faults)
        g->notices |= NOTICE_FAULT;
    gate_settle(g);
}

void gate_sender_gone(struct gate *g, int64_t now) {
    static const char reason[] = "the sender went away";
    gate_enter(g, now);
    if (!g->sender.present)
        return;
    gate_out_flush(g);
    gate_sender_forget(g);
    // With M2 on its way to the machine the job is whole: its end comes with the reply.
    g->job.orphan = g->job.open && g->job.ending && !g->queue.count;
    if (!g->link.local) // a job of the machine's own does not depend on a sender
        gate_drop_held(g, GATE_END_SENDER_LOST, reason);
    else
        gate_sender_drop_lines(g);
    if (!g->job.orphan && !g->link.local)
        gate_job_end(g, GATE_END_SENDER_LOST, reason);
    gate_due_disown(&g->dues);
    g->sender.present = false;
    g->own.swallow = SWALLOW_NO;
    g->notices = 0;
    gate_settle(g);
}

bool gate_wants_sender(const struct gate *g) {
    if (!g->job.open)
        return true;
    return g->queue.bytes + GATE_READ_MAX <= GATE_QUEUE_MAX &&
           g->queue.count + GATE_READ_MAX / 2 <= GATE_QUEUE_ITEMS;
}

// --- declarations

bool gate_may_declare(const struct gate *g, const char **code) {
    *code = "";
    if (!g->machine_open || ((!g->identity_ok || gate_link_unsettled(g)) && !g->faults))
        *code = "machine_offline";
    else if (g->faults)
        *code = "machine_fault";
    else if (g->declared || g->job.open || g->start_pending)
        *code = "already_declared";
    return !**code;
}

bool gate_declared(struct gate *g, int64_t now, const char **code) {
    gate_enter(g, now);
    if (!gate_may_declare(g, code))
        return false;
    g->declared = true;
    gate_settle(g);
    return true;
}

void gate_disarm(struct gate *g, int64_t now) {
    gate_enter(g, now);
    g->declared = false;
    gate_settle(g);
}

// --- faults

void gate_ledger_failed(struct gate *g, int64_t now, const char *sentence) {
    gate_enter(g, now);
    bool unwanted = g->start_pending && g->start_cancelled && !g->link.opening;
    if (!g->link.opening)
        g->start_pending = g->start_cancelled = false; // it will be asked for again
    if (unwanted)
        gate_fact(g, GATE_FACT_REFUSED, g->cancel_text);
    // Its lines wait from now on. A machine that runs dry with the beam on would burn on the spot: it is held. A file of the
    // machine's own does not run dry.
    if (!(g->faults & FAULT_LEDGER) && gate_job_goes_on(g) && !g->link.local) {
        gate_realtime(g, '!');
        g->job.ledger_held = true;
    }
    gate_fault(g, FAULT_LEDGER, sentence);
    gate_settle(g);
}

void gate_ledger_recovered(struct gate *g, int64_t now) {
    gate_enter(g, now);
    if (g->faults & FAULT_LEDGER && g->job.ledger_held)
        g->notices |= NOTICE_RESUMABLE;
    g->job.ledger_held = false;
    gate_fault_over(g, FAULT_LEDGER);
    gate_settle(g);
}

void gate_fault_cleared(struct gate *g, int64_t now) {
    gate_enter(g, now);
    if (g->faults & FAULT_IDENTITY && g->machine_open)
        g->identity_ok = true;
    if (g->faults & FAULT_HOOK_SERIAL)
        g->link.serial_ok = true;
    gate_fault_over(g, FAULT_UNAUTHORISED | FAULT_IDENTITY | FAULT_HOOK_SERIAL);
    gate_settle(g);
}

// --- the panel's keys

void gate_hold(struct gate *g, int64_t now) {
    gate_enter(g, now);
    gate_realtime(g, '!');
    gate_settle(g);
}

void gate_resume(struct gate *g, int64_t now) {
    gate_enter(g, now);
    gate_realtime(g, '~');
    gate_settle(g);
}

void gate_reset_machine(struct gate *g, bool from_panel) {
    bool cut = g->job.open || g->hold_active || g->start_pending;
    const char *reason = from_panel ? "reset at the panel" : "reset by the sender";
    gate_drop_held(g, GATE_END_ABORTED, reason);
    gate_job_end(g, GATE_END_ABORTED, reason);
    gate_machine_forget(g);
    gcode_modal_reset(&g->modal);
    g->modal.doubt = true; // until the banner
    g->stale = true;
    g->stale_us = g->now;
    if (!from_panel)
        gate_sender_forget(g);
    else if (cut && g->sender.present) // the sender did not ask for it and may go on
        gate_refuse_rest(g);
    gate_focus_follow(g);
    gate_state_update(g);
}

void gate_reset(struct gate *g, int64_t now) {
    gate_enter(g, now);
    if (g->machine_open) {
        gate_out_byte(g, 0x18);
        gate_reset_machine(g, true);
    }
    gate_settle(g);
}

void gate_shutdown(struct gate *g, int64_t now) {
    static const char reason[] = "lotgate is going down";
    gate_enter(g, now);
    if (g->job.open && g->machine_open &&
        !g->link.own_local) // a file of the machine's own may run to its end
        gate_out_byte(g, '!');
    gate_drop_held(g, GATE_END_HOST_LOST, reason);
    gate_job_end(g, GATE_END_HOST_LOST, reason);
    gate_out_flush(g);
    gate_state_update(g);
}

// --- a look

void gate_view(const struct gate *g, struct gate_view *view) {
    *view = (struct gate_view){
        .state = g->state,
        .sender_present = g->sender.present,
        .machine_open = g->machine_open,
        .unanswered = gate_unanswered(g),
        .starting = g->start_pending && !g->start_cancelled,
        .start_asked = g->start_pending && !g->link.opening,
        .dry_run = g->job.active && !g->job.open && g->job.moved,
        .queued = g->queue.bytes,
        .outstanding = g->dues.count,
        .errors = g->job.errors,
        .since_us = g->since_us,
        .has_status = g->machine.has_status,
        .status = g->machine.status,
        .link_lines = g->link.sender_lines,
    };
    gate_link_look(g, &view->hook);
    if (g->job.active) {
        view->lines = g->job.meter.result.lines;
        view->bytes = g->job.meter.result.bytes;
        view->work_um = (uint64_t)g->job.meter.result.work_um;
    }
    gate_text_set(view->text, sizeof view->text,
                  g->faults        ? g->fault_text
                  : g->hold_active ? g->held_text
                                   : "");
}
