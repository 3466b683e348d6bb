// gate_link_local.c: jobs that are started at the machine itself, from its card or panel, and the machine's screen.
//
// The hook blocks the first try and says so: that counts as the wish to start. The gate holds, a declaration makes the
// start durable, the hook is opened, and the person at the machine starts it again. Its end comes from the hook.

#include "gate_internal.h"

#include <string.h>

static void blocked(struct gate *g, enum link_source source) {
    static const char held[] = "a job was started at the machine itself";
    bool busy = g->job.open || g->start_pending || g->hold_active || g->faults;
    if (g->link.blocked < UINT16_MAX)
        g->link.blocked++;
    gate_link_tell_blocked(g, link_source_word(source));
    if (busy || source == LINK_USB || gate_link_unsettled(g))
        return;
    g->link.local = LOCAL_HELD;
    g->hold_active = true;
    g->held_us = g->now;
    g->notice_us = g->now + NOTICE_US;
    g->notices |= NOTICE_HELD;
    gate_text_set(g->held_text, sizeof g->held_text, held);
    gate_fact(g, GATE_FACT_HELD, g->held_text);
    gate_state_update(g);
}

bool gate_link_tail(const struct gate *g) {
    return g->link.tail && g->link.own_local && !g->job.open;
}

bool gate_link_has_file(const struct gate *g) {
    const struct gate_link *l = &g->link;
    bool of_before = l->state == LINK_RUNNING && !g->job.open && !l->idle_us;
    return l->local >= LOCAL_WAITING || gate_link_tail(g) || of_before;
}

// The file takes the place of a job that a sender had begun, or its setup: what is left of that is not begun in its middle. A
// sender that started the file itself has lost nothing.
static void take_over(struct gate *g) {
    struct gate_link *l = &g->link;
    bool by_sender = g->job.local && l->local == LOCAL_NONE;
    uint64_t begun = l->local == LOCAL_WAITING ? l->open_lines : g->job.meter.result.lines;
    if (begun && !by_sender && g->sender.present)
        gate_refuse_rest(g);
}

static void started(struct gate *g, enum link_source source) {
    struct gate_link *l = &g->link;
    l->state = LINK_RUNNING;
    l->idle_us = 0;
    l->look_us = g->now + LINK_IDLE_US;
    if (source == LINK_USB && l->local == LOCAL_NONE)
        return;
    if (l->local != LOCAL_RUNNING)
        take_over(g);
    l->local = LOCAL_RUNNING;
    l->own_local = g->job.local = g->job.unsure = true;
    g->explained = true;
}

// Motion may go on for a while: it is the job's.
static void over(struct gate *g, enum gate_end end, const char *reason) {
    g->link.tail = g->link.own_local;
    g->explained = true;
    g->moved_us = g->now;
    gate_job_end(g, end, reason);
}

static void ended(struct gate *g) {
    struct gate_link *l = &g->link;
    bool local = l->local == LOCAL_RUNNING || l->local == LOCAL_WAITING;
    l->state = LINK_LOCKED;
    l->job[0] = l->shown[0] = '\0';
    if (local) {
        over(g, GATE_END_COMPLETED, "the machine has ended its file");
    } else if (!g->job.ending && !l->opening) {
        over(g, GATE_END_ABORTED, "the machine's hook has ended the job");
        gate_refuse_rest(g);
    }
}

// The hook ends a job with M2; the firmware, locked by an alarm, then refuses that line. What follows would be blocked. A
// machine without the hook goes on with its job.
void gate_link_end_refused(struct gate *g) {
    const struct gate_link *l = &g->link;
    bool hook = l->presence == GATE_HOOK_PRESENT && l->state == LINK_LOCKED;
    if (!g->job.open || l->local != LOCAL_NONE || !l->own_job[0] || !hook)
        return;
    over(g, GATE_END_ABORTED, "the machine refused the program's end, and its hook has closed");
    gate_refuse_rest(g);
}

void gate_link_local_event(struct gate *g, enum link_event event, enum link_source source, const char *job) {
    struct gate_link *l = &g->link;
    bool own = l->own_job[0] && strcmp(job, l->own_job) == 0;
    if (event == LINK_BLOCKED) {
        blocked(g, source);
        return;
    }
    if (!own || !g->job.open) { // of a job that is over here
        if (strcmp(job, l->job) == 0 || event == LINK_STARTED) {
            l->state = event == LINK_STARTED ? LINK_RUNNING : LINK_LOCKED;
            l->idle_us = 0;
            l->shown[0] = '\0';
            gate_text_set(l->job, sizeof l->job, event == LINK_STARTED ? job : "");
        }
        return;
    }
    if (event == LINK_STARTED)
        started(g, source);
    else
        ended(g);
}

// Opened for a job whose first line has not gone out yet, the hook has closed again: it heard too little of us.
void gate_link_open_again(struct gate *g) {
    g->link.opening = true;
    g->link.open_by = g->now + LINK_OPEN_US;
}

static void not_started(struct gate *g) {
    g->link.own_local = false; // nothing to be spared: it is closed at once
    gate_job_end(g, GATE_END_ABORTED, "it was not started at the machine");
}

void gate_link_local_told(struct gate *g) {
    struct gate_link *l = &g->link;
    bool has = (l->state == LINK_OPENED || l->state == LINK_RUNNING) && strcmp(l->job, l->own_job) == 0;
    if (!g->job.open || l->opening)
        return;
    if (has && l->state == LINK_RUNNING && l->local == LOCAL_WAITING)
        started(g, LINK_PANEL); // its EVENT was lost
    else if (l->local == LOCAL_WAITING && (l->state == LINK_EXPIRED || (has && l->last_look)))
        not_started(g);
    if (has || !g->job.open) // one that is over is not opened again
        return;
    if (l->local >= LOCAL_WAITING) // locked and not expired: it was started, and that is over
        over(g, GATE_END_COMPLETED, "the machine has ended its file");
    else if (!l->local && g->job.meter.result.lines == l->open_lines && !g->dues.count)
        gate_link_open_again(g);
}

void gate_link_local_step(struct gate *g) {
    struct gate_link *l = &g->link;
    if (l->local == LOCAL_HELD && !g->hold_active && !g->start_pending)
        l->local = LOCAL_NONE; // refused, or dropped by a reset
    if (l->local == LOCAL_HELD && g->declared && !g->faults && !g->start_pending)
        gate_job_want(g, true);
    if (l->local == LOCAL_RUNNING && l->idle_us && g->now - l->idle_us >= LINK_FORGOTTEN_US)
        over(g, GATE_END_ABORTED, "the machine rests, and its hook has not said that the job is over");
    if (l->local != LOCAL_WAITING || g->now < l->start_by)
        return;
    if (l->last_look) {
        not_started(g);
        return;
    }
    l->last_look = true; // it may have been started, and the line lost the word of it
    l->start_by = g->now + LINK_TRIES * LINK_ANSWER_US;
    gate_link_again(g, 0);
}

// --- the screen

const char *gate_link_wanted_text(const struct gate *g, char room[LINK_TEXT_MAX + 1]) {
    const struct gate_link *l = &g->link;
    if (l->message[0])
        return l->message;
    if (l->local == LOCAL_WAITING)
        gate_text_join(room, LINK_TEXT_MAX + 1, "lot ", l->lot, "|start again");
    else if (g->state == GATE_HELD)
        gate_text_set(room, LINK_TEXT_MAX + 1, "scan the lot");
    else if (g->state == GATE_ARMED)
        gate_text_join(room, LINK_TEXT_MAX + 1, "lot ", g->declaration, "");
    else
        room[0] = '\0';
    return room;
}
