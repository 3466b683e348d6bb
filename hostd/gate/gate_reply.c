// gate_reply.c: what a reply line means: which forwarded line it answers, and what has happened to the machine.

#include "gate_internal.h"

#include <string.h>

struct heard {
    const struct grbl_reply *reply;
    const uint8_t *line;
    size_t length;
};

// --- ok and error

static void line_refused(struct gate *g, const struct due *due, uint16_t number) {
    if (due->flags & (DUE_GCODE | DUE_BEAM))
        gate_own_refused(g);
    if (due->flags & DUE_OWN)
        return;
    char text[DUE_TEXT + 1];
    struct gate_fact fact = {.type = GATE_FACT_ERROR_REPLY, .state = g->state, .previous = g->state};
    if (due->flags & DUE_END)
        g->job.ending = g->job.orphan;
    if (g->job.active)
        g->job.errors++;
    gate_text_copy(text, sizeof text, due->text, due->length);
    fact.number = number;
    fact.text = text;
    gate_fact_send(g, &fact);
    if (due->flags & DUE_END)
        gate_link_end_refused(g);
}

// Beam or spindle are off, but what an earlier line left behind as S is not known: the most is believed.
static void beam_is_off(struct gate *g) {
    static const struct gcode_number most = {.mantissa = 999999999, .saturated = true};
    if (!g->modal.doubt || g->config.rules.beam_on_fan)
        return;
    g->modal.doubt = false;
    g->modal.spindle = GCODE_SPINDLE_OFF;
    g->modal.s = most;
}

static void line_done(struct gate *g, const struct due *due, bool alone) {
    if (due->flags & DUE_BEAM_OFF && alone)
        beam_is_off(g);
    if (due->flags & DUE_END && g->job.ending)
        gate_job_end(g, GATE_END_COMPLETED, "program end");
}

static void answered(struct gate *g, bool ok, uint16_t number) {
    struct due *due = gate_due_head(&g->dues);
    if (!due) { // of a line from before a reset, or one that was given up
        if (g->own.late && !g->stale) {
            g->own.late--;
            g->link.unended = false;
        }
        return;
    }
    g->replied_us = g->now;
    if (g->own.line == OWN_LINK && g->own.late) {
        g->own.late--; // of a question that was given up: the answer to the frame comes behind it
        return;
    }
    if (!due->answered) {
        due->answered = true;
        if ((due->flags & (DUE_GCODE | DUE_OWN)) == DUE_GCODE)
            g->job.line_us = g->now; // idle time begins here: M5 is answered when all motion is done
        if (due->flags & DUE_MOVES)
            g->moved_us = g->now;
        if (due->flags & DUE_OWN && g->own.line != OWN_NONE)
            gate_own_answered(g, ok);
        if (!ok)
            line_refused(g, due, number);
        else if (due->flags & (DUE_BEAM_OFF | DUE_END))
            line_done(g, due, g->dues.count == 1);
    }
    if (--due->replies == 0)
        gate_due_pop(&g->dues);
}

static void on_ok(struct gate *g, const struct heard *h) {
    answered(g, true, 0);
}

static void on_error(struct gate *g, const struct heard *h) {
    answered(g, false, h->reply->number);
}

// --- what happens to the machine

static void alarm(struct gate *g, uint16_t number) {
    struct gate_fact fact = {
        .type = GATE_FACT_ALARM, .state = g->state, .previous = g->state, .number = number};
    bool was_open = g->job.open;
    fact.text = "";
    gate_fact_send(g, &fact);
    if (g->job.active)
        gate_job_end(g, GATE_END_ALARM, "the machine raised an alarm");
    if (was_open)
        gate_refuse_rest(g);
}

static void on_alarm(struct gate *g, const struct heard *h) {
    alarm(g, h->reply->number);
}

static bool contains(const struct heard *h, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= h->length; i++)
        if (memcmp(h->line + i, word, n) == 0)
            return true;
    return false;
}

// The profile may name a relative of the firmware; what the machine says of itself counts.
static void learn_flavour(struct gate *g, const struct heard *h) {
    static const struct {
        const char *word;
        enum grbl_flavour flavour;
    } words[] = {{"GrblHAL ", GRBL_HAL},
                 {"grblHAL", GRBL_HAL},
                 {"FluidNC", GRBL_FLUIDNC},
                 {"[PRODUCER: MKS", GRBL_MKS}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!contains(h, words[i].word) || g->config.flavour == words[i].flavour)
            continue;
        g->config.flavour = words[i].flavour;
        gate_sender_flavour(g);
        return;
    }
}

static void on_banner(struct gate *g, const struct heard *h) {
    bool asked = g->stale, was_open = g->job.open;
    bool held = g->hold_active || g->start_pending;
    learn_flavour(g, h);
    gate_machine_forget(g);
    gcode_modal_reset(&g->modal);
    g->own.modal_us = g->now; // a question of before the banner is over: no need to wait for its time
    gate_own_unseen(g);
    gate_link_restarted(g);
    g->explained = false;
    if (g->job.active && !held)
        gate_job_end(g, was_open ? GATE_END_MACHINE_LOST : GATE_END_ABORTED,
                     "the machine restarted by itself");
    if (was_open)
        gate_refuse_rest(g);
    if (held && !asked) // the setup lines that went before are forgotten by the machine
        gate_refuse(g, "the machine restarted while the job was held: send it again");
    gate_focus_follow(g);
}

static void on_msg(struct gate *g, const struct heard *h) {
    const struct due *head = gate_due_head(&g->dues);
    if (contains(h, "Pgm End") && g->job.ending) {
        g->job.program_end = true;
        g->job.program_end_us = g->now;
    }
    // Leaving check mode is a reset: what comes before the banner could be thrown away or executed.
    if (head && head->flags & DUE_CHECK && contains(h, "Disabled")) {
        gate_machine_forget(g);
        gate_own_doubt(g);
        g->stale = true;
        g->stale_us = g->now;
    }
}

static void on_gc(struct gate *g, const struct heard *h) {
    const struct due *head = gate_due_head(&g->dues);
    if (g->stale || g->dues.count > 1 || (head && head->flags & DUE_GCODE))
        return; // lines behind the question may have changed the state since
    if (gcode_modal_from_report(&g->modal, h->reply->text, h->reply->length) && !g->job.open)
        gate_focus_follow(g); // it may tell of a beam that nobody knew of
}

static void on_opt(struct gate *g, const struct heard *h) {
    uint16_t planner, rx;
    gate_text_copy(g->machine.options, sizeof g->machine.options, h->reply->text, h->reply->length);
    if (grbl_opt_buffers(h->reply->text, h->reply->length, &planner, &rx) && rx > g->config.rx_buffer)
        g->config.rx_buffer = rx;
}

static void on_ver(struct gate *g, const struct heard *h) {
    struct grbl_reply opt = {.type = GRBL_REPLY_OPT};
    gate_text_copy(g->machine.version, sizeof g->machine.version, h->reply->text, h->reply->length);
    learn_flavour(g, h);
    if (grbl_find_field(h->line, h->length, "[OPT:", &opt.text, &opt.length))
        on_opt(g, &(struct heard){&opt, h->line, h->length});
}

static void on_other(struct gate *g, const struct heard *h) {
    if (h->length && h->line[0] == '>') // a startup block was executed
        gate_own_doubt(g);
    if (contains(h, "[FIRMWARE:") || contains(h, "[PRODUCER:"))
        learn_flavour(g, h);
}

static void on_status(struct gate *g, const struct heard *h) {
    gate_status(g, h->reply);
}

static void on_setting(struct gate *g, const struct heard *h) {
    if (h->reply->number == 30)
        gate_focus_learn(g, h->reply->text, h->reply->length);
}

static void on_nothing(struct gate *g, const struct heard *h) {}

void gate_reply(struct gate *g, const struct grbl_reply *reply, const uint8_t *line, size_t length) {
    static void (*const handlers[])(struct gate * g, const struct heard *h) = {
        [GRBL_REPLY_EMPTY] = on_nothing, [GRBL_REPLY_OK] = on_ok,           [GRBL_REPLY_ERROR] = on_error,
        [GRBL_REPLY_ALARM] = on_alarm,   [GRBL_REPLY_STATUS] = on_status,   [GRBL_REPLY_MSG] = on_msg,
        [GRBL_REPLY_BANNER] = on_banner, [GRBL_REPLY_GC] = on_gc,           [GRBL_REPLY_VER] = on_ver,
        [GRBL_REPLY_OPT] = on_opt,       [GRBL_REPLY_SETTING] = on_setting, [GRBL_REPLY_OTHER] = on_other,
    };
    struct heard heard = {reply, line, length};
    handlers[reply->type](g, &heard);
    if (reply->trailing == GRBL_REPLY_OK)
        answered(g, true, 0);
    else if (reply->trailing == GRBL_REPLY_ERROR)
        answered(g, false, reply->trailing_number);
    else if (reply->trailing == GRBL_REPLY_ALARM)
        alarm(g, reply->trailing_number);
}
