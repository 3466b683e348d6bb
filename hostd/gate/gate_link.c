// gate_link.c: the hook in the machine's firmware: which frame goes to it next, what is wrong with it, and the jobs that
// wait until it has opened. See gate_link.h for how it is thought.

#include "gate_internal.h"

#include <sodium/utils.h> // sodium_memzero
#include <string.h>

#define NEVER INT64_MAX

const char *gate_hook_presence_name(enum gate_hook_presence p) {
    static const char *const names[] = {"unknown", "absent", "silent", "present"};
    return (unsigned)p < sizeof names / sizeof names[0] ? names[p] : "unknown";
}

// --- what is known

static bool any_key(const struct gate_link *l) {
    return l->has_key[0] || l->has_key[1];
}

// A machine for which there is a key has had a hook.
static bool expected(const struct gate *g) {
    return g->config.hook == GATE_HOOK_EXPECTED || any_key(&g->link);
}

static bool busy(const struct gate_link *l) {
    return l->state == LINK_OPENED || l->state == LINK_RUNNING;
}

static bool own(const struct gate_link *l) {
    return l->own_job[0] && strcmp(l->job, l->own_job) == 0;
}

static bool idle(const struct gate *g) {
    return g->link.idle_us && g->now - g->link.idle_us >= LINK_IDLE_US;
}

// It serves this host: what it was told to do, it does.
static bool ready(const struct gate_link *l) {
    return l->fresh && l->proven != LINK_SLOT_NONE && l->serial_ok;
}

// Closing cuts a job that the machine runs by itself; the lines of one from here have passed the hook already.
static bool may_close(const struct gate *g) {
    const struct gate_link *l = &g->link;
    return l->state == LINK_OPENED || (own(l) && !l->own_local) || idle(g);
}

static enum link_trouble trouble_of(const struct gate *g) {
    const struct gate_link *l = &g->link;
    if (g->config.hook == GATE_HOOK_NEVER || !g->machine_open || l->presence == GATE_HOOK_UNKNOWN)
        return LINK_NO_TROUBLE;
    if (l->presence == GATE_HOOK_SILENT)
        return expected(g) ? LINK_IS_SILENT : LINK_NO_TROUBLE;
    if (l->presence == GATE_HOOK_ABSENT)
        return expected(g) ? LINK_IS_ABSENT : LINK_NO_TROUBLE;
    if (!l->version_ok)
        return LINK_OTHER_VERSION;
    if (l->state == LINK_UNPAIRED)
        return expected(g) ? LINK_IS_UNPAIRED : LINK_NO_TROUBLE;
    if (!any_key(l))
        return LINK_NO_KEY;
    if (l->other_key)
        return LINK_OTHER_KEY;
    if (ready(l) && l->state == LINK_RUNNING && !g->job.open && !may_close(g))
        return LINK_OTHER_JOB;
    return l->not_opened ? LINK_NOT_OPENED : LINK_NO_TROUBLE;
}

const char *gate_link_sentence(const struct gate *g) {
    static const char *const sentences[LINK_TROUBLES] = {
        [LINK_NO_TROUBLE] = "",
        [LINK_IS_SILENT] = "the machine's hook does not answer: look at its cable and its firmware",
        [LINK_IS_ABSENT] =
            "the machine's firmware has no hook, although there should be one: has it been replaced?",
        [LINK_OTHER_VERSION] =
            "the machine's hook speaks another version of the link: update its firmware or lotgate",
        [LINK_IS_UNPAIRED] =
            "the machine's hook is not paired and lets everything pass: run `lotgate machine pair`",
        [LINK_NO_KEY] =
            "the machine's hook is paired and its key is not here: hold its pairing button and run "
            "`lotgate machine pair`",
        [LINK_OTHER_KEY] =
            "the machine's hook holds another key than this host: hold its pairing button and run "
            "`lotgate machine pair`",
        [LINK_OTHER_JOB] = "the machine still works on a job that was begun before: wait for its end",
        [LINK_NOT_OPENED] = "the machine's hook did not open for the job",
    };
    return sentences[g->link.trouble];
}

static void follow_trouble(struct gate *g) {
    enum link_trouble trouble = trouble_of(g);
    if (trouble == g->link.trouble)
        return;
    g->link.trouble = trouble;
    gate_fault_over(g, FAULT_HOOK);
    if (trouble != LINK_NO_TROUBLE)
        gate_fault(g, FAULT_HOOK, gate_link_sentence(g));
}

static void tell(struct gate *g) {
    const struct gate_link *l = &g->link;
    uint32_t now = (uint32_t)l->presence | (uint32_t)l->state << 2 |
                   (uint32_t)(l->proven != LINK_SLOT_NONE) << 5 | l->blocked << 6;
    if (now == l->told)
        return;
    g->link.told = now;
    gate_fact(g, GATE_FACT_HOOK, gate_hook_presence_name(l->presence));
}

// --- life

void gate_link_create(struct gate *g) {
    for (int i = 0; i < GATE_KEYS; i++) {
        g->link.has_key[i] = g->config.has_key[i];
        memcpy(g->link.secret[i].key, g->config.key[i], SIPHASH_KEY);
        sodium_memzero(g->config.key[i], SIPHASH_KEY);
    }
    g->link.proven = LINK_SLOT_NONE;
}

void gate_link_wipe(struct gate *g) {
    sodium_memzero(g->link.secret, sizeof g->link.secret);
    sodium_memzero(g->link.frame, sizeof g->link.frame);
}

void gate_link_again(struct gate *g, int64_t wait_us) {
    struct gate_link *l = &g->link;
    l->fresh = false;
    l->proven = LINK_SLOT_NONE;
    l->next_us = g->now + wait_us;
}

void gate_link_forget(struct gate *g) {
    g->link.asked = ASK_NONE;
    g->link.unended = false;
    g->link.idle_us = 0;
    gate_link_again(g, QUIET_US);
}

void gate_link_machine_opened(struct gate *g) {
    struct gate_link *l = &g->link;
    gate_link_again(g, 0);
    l->presence = GATE_HOOK_UNKNOWN;
    l->state = LINK_LOCKED;
    l->serial_ok = l->was_ready = l->other_key = l->not_opened = false;
    l->tail = true;
    l->unended = false;
    l->serial[0] = l->firmware[0] = l->job[0] = l->shown[0] = '\0';
    l->misses = l->refusals = l->wrong = 0;
    l->trying = 0;
    l->ask_plainly = false;
    l->trouble = LINK_NO_TROUBLE;
    gate_fault_over(g, FAULT_HOOK | FAULT_HOOK_SERIAL);
}

void gate_link_restarted(struct gate *g) {
    struct gate_link *l = &g->link;
    l->misses = l->refusals = 0;
    l->unended = false;
    l->shown[0] = '\0';
    if (l->presence == GATE_HOOK_SILENT) // it may have been the start-up that was silent
        l->presence = GATE_HOOK_UNKNOWN;
}

// --- which frame is next

static enum link_ask prove(const struct gate_link *l) {
    return l->ask_plainly ? ASK_TRY : ASK_PROVE;
}

static enum link_ask next_of_pairing(const struct gate_link *l) {
    bool may_have = l->pair_sent && l->state != LINK_UNPAIRED && !l->other_key;
    return may_have && l->proven == LINK_SLOT_NONE ? prove(l) : ASK_PAIR;
}

static enum link_ask next_of_opening(const struct gate *g) {
    const struct gate_link *l = &g->link;
    if (busy(l) && !own(l))
        return may_close(g) ? ASK_CLOSE : ASK_NONE;
    return l->used ? ASK_HELLO : ASK_OPEN;
}

// The hook waits for the job's first line, or for the person at the machine.
static bool waits_for_start(const struct gate *g) {
    return g->job.open && g->link.state == LINK_OPENED && !g->link.local &&
           g->job.meter.result.lines == g->link.open_lines;
}

static bool wants_show(const struct gate *g) {
    char text[LINK_TEXT_MAX + 1];
    bool runs = g->job.open && g->link.local != LOCAL_WAITING;
    return !runs && strcmp(gate_link_wanted_text(g, text), g->link.shown) != 0;
}

static bool gives_up(const struct gate *g) {
    const struct gate_link *l = &g->link;
    bool none = l->presence == GATE_HOOK_ABSENT || l->presence == GATE_HOOK_SILENT;
    return g->config.hook == GATE_HOOK_NEVER || (none && !expected(g));
}

static enum link_ask next(const struct gate *g) {
    const struct gate_link *l = &g->link;
    if (gives_up(g))
        return ASK_NONE;
    if (!l->fresh)
        return ASK_HELLO;
    if (!l->version_ok)
        return ASK_NONE;
    if (l->pairing)
        return next_of_pairing(l);
    if (l->state == LINK_UNPAIRED || !any_key(l))
        return ASK_NONE;
    if (l->proven == LINK_SLOT_NONE)
        return prove(l);
    if (!l->serial_ok)
        return ASK_NONE; // the host looks at who it is
    if (l->opening)
        return next_of_opening(g);
    if (busy(l) && !g->job.open)
        return may_close(g) ? ASK_CLOSE : ASK_NONE;
    if (l->local == LOCAL_RUNNING && idle(g) && g->now >= l->look_us)
        return ASK_HELLO;
    if (waits_for_start(g) && g->now >= l->ping_us)
        return ASK_PING;
    return wants_show(g) ? ASK_SHOW : ASK_NONE;
}

// What time alone brings about.
static int64_t by_time(const struct gate *g) {
    const struct gate_link *l = &g->link;
    int64_t rests = l->idle_us + LINK_IDLE_US;
    if (!ready(l))
        return NEVER;
    if (waits_for_start(g))
        return l->ping_us;
    if (l->local == LOCAL_RUNNING && l->idle_us)
        return l->look_us > rests ? l->look_us : rests;
    return l->state == LINK_RUNNING && l->idle_us && !g->job.open ? rests : NEVER;
}

int64_t gate_link_due(const struct gate *g) {
    const struct gate_link *l = &g->link;
    if (g->config.hook == GATE_HOOK_NEVER)
        return NEVER;
    if (next(g) != ASK_NONE)
        return l->next_us;
    int64_t at = by_time(g);
    return at > g->now ? at : NEVER;
}

void gate_link_ask(struct gate *g) {
    struct gate_link *l = &g->link;
    enum link_ask what = next(g);
    if (what == ASK_HELLO && l->fresh)
        gate_link_again(g, 0);
    l->look_us = g->now + LINK_IDLE_US;
    if (what == ASK_NONE)
        return;
    if (!gate_link_write(
            g, what)) { // what was lost before may still fill the machine's buffer: see count_anew()
        l->next_us = g->now + LINK_WAIT_US;
        return;
    }
    l->asked = what;
    if (what == ASK_OPEN)
        l->used = true;
    if (what == ASK_PAIR)
        l->pair_sent = true;
}

// --- what does not come

void gate_link_lost(struct gate *g) {
    struct gate_link *l = &g->link;
    enum link_ask asked = l->asked;
    l->asked = ASK_NONE;
    l->unended = true;
    g->own.modal_us = g->now; // $G, which would end it, may go at once
    gate_link_again(g, 0);
    if (asked == ASK_PROVE || asked == ASK_TRY)
        l->ask_plainly = asked == ASK_PROVE; // a MAC that is wrong is not answered either
    if (l->misses < LINK_TRIES)
        l->misses++;
    if (l->misses < LINK_TRIES)
        return;
    l->presence = GATE_HOOK_SILENT;
    l->next_us = g->now + LINK_LATER_US;
}

void gate_link_refused(struct gate *g) {
    struct gate_link *l = &g->link;
    bool hello = l->asked == ASK_HELLO;
    l->asked = ASK_NONE;
    gate_link_again(g, 0);
    if (!hello || ++l->refusals < LINK_REFUSALS)
        return;
    l->refusals = 0;
    l->presence = GATE_HOOK_ABSENT;
    l->next_us = g->now + LINK_LATER_US;
}

int64_t gate_link_limit(const struct gate *g) {
    const struct gate_link *l = &g->link;
    int64_t limit = NEVER;
    if (l->opening)
        limit = l->open_by;
    if (l->pairing && l->pair_by < limit)
        limit = l->pair_by;
    if (l->local == LOCAL_WAITING && l->start_by < limit)
        limit = l->start_by;
    if (l->message[0] && l->message_us < limit)
        limit = l->message_us;
    if (l->local == LOCAL_RUNNING && l->idle_us && l->idle_us + LINK_FORGOTTEN_US < limit)
        limit = l->idle_us + LINK_FORGOTTEN_US;
    return limit;
}

void gate_link_over(struct gate *g) {
    struct gate_link *l = &g->link;
    if (l->opening && g->now >= l->open_by)
        gate_link_not_opened(g, "");
    if (l->pairing && g->now >= l->pair_by)
        gate_link_paired(g, false, "the machine's hook did not answer: run `lotgate machine pair` again");
    if (l->message[0] && g->now >= l->message_us)
        l->message[0] = '\0';
    gate_link_local_step(g);
}

// --- jobs

bool gate_link_must_open(const struct gate *g) {
    const struct gate_link *l = &g->link;
    if (gives_up(g))
        return false;
    return !(l->presence == GATE_HOOK_PRESENT && l->fresh && l->state == LINK_UNPAIRED && !expected(g));
}

bool gate_link_unsettled(const struct gate *g) {
    return g->config.hook == GATE_HOOK_EXPECTED && !g->link.was_ready;
}

bool gate_link_explains(const struct gate *g) {
    const struct gate_link *l = &g->link;
    bool known =
        l->fresh || gives_up(g) || l->presence == GATE_HOOK_ABSENT || l->presence == GATE_HOOK_SILENT;
    bool guarded = l->fresh && l->state != LINK_UNPAIRED && !l->other_key;
    return expected(g) && (!known || (guarded && (l->tail || l->state == LINK_RUNNING)));
}

void gate_link_opened(struct gate *g) {
    struct gate_link *l = &g->link;
    if (!l->opening)
        return;
    l->opening = false;
    l->open_lines = g->job.meter.result.lines;
    l->ping_us = g->now + g->config.hook_life_s * SECOND_US / 3;
    if (g->start_pending)
        gate_job_started(g);
    if (!g->job.open || !g->job.active)
        return;
    l->open_lines = g->job.meter.result.lines;
    if (l->local != LOCAL_HELD)
        return;
    l->local = LOCAL_WAITING;
    l->own_local = g->job.local = true;
    l->last_look = false;
    l->start_by = g->now + g->config.hook_life_s * SECOND_US;
    gate_link_local_told(g);
}

void gate_link_not_opened(struct gate *g, const char *word) {
    struct gate_link *l = &g->link;
    char reason[GATE_TEXT_MAX];
    if (!l->opening)
        return;
    enum link_trouble trouble = trouble_of(g);
    gate_text_join(reason, sizeof reason, "the machine's hook did not open for the job", *word ? ": " : "",
                   word);
    if (trouble != LINK_NO_TROUBLE) {
        l->trouble = trouble;
        gate_text_set(reason, sizeof reason, gate_link_sentence(g));
        l->trouble = LINK_NO_TROUBLE;
    }
    l->not_opened = true;
    gate_link_again(g, 0);
    gate_job_not_started(g, GATE_END_ABORTED, reason);
}

// --- the host

void gate_hook_job(struct gate *g, const char *job, const char *lot) {
    gate_text_set(g->link.own_job, sizeof g->link.own_job, job);
    gate_text_set(g->link.lot, sizeof g->link.lot, lot);
    g->link.own_local = false;
}

void gate_hook_confirmed(struct gate *g, int64_t now) {
    gate_enter(g, now);
    g->link.serial_ok = true;
    gate_fault_over(g, FAULT_HOOK_SERIAL);
    gate_settle(g);
}

void gate_hook_refused(struct gate *g, int64_t now, const char *sentence) {
    gate_enter(g, now);
    g->link.serial_ok = false;
    gate_fault(g, FAULT_HOOK_SERIAL, sentence);
    gate_settle(g);
}

void gate_hook_show(struct gate *g, int64_t now, const char *text) {
    gate_enter(g, now);
    gate_text_set(g->link.message, sizeof g->link.message, text);
    g->link.message_us = g->now + LINK_MESSAGE_US;
    gate_settle(g);
}

// --- at every call of the gate

void gate_link_status(struct gate *g, const struct grbl_status *s) {
    bool rests = s->state == GRBL_IDLE && !s->has_sd && !g->dues.count;
    // A sender that polls with lines has one unanswered at every report.
    if (s->state == GRBL_IDLE && !s->has_sd && !g->dues.gcode && g->own.line == OWN_NONE)
        g->link.tail = false;
    if (!rests)
        g->link.idle_us = 0;
    else if (!g->link.idle_us)
        g->link.idle_us = g->now;
}

void gate_link_step(struct gate *g) {
    struct gate_link *l = &g->link;
    if (g->config.hook == GATE_HOOK_NEVER)
        return;
    if (l->opening && !gate_link_must_open(g)) // it is known now that there is no hook
        gate_link_opened(g);
    gate_link_local_step(g);
    bool deaf = g->now >= l->ping_us + g->config.hook_life_s * SECOND_US * 2 / 3;
    if (deaf && !l->opening &&
        waits_for_start(g)) { // the hook has closed by itself, as when this host was asleep
        gate_link_again(g, 0);
        gate_link_open_again(g);
    }
    bool paired_or_none = ready(l) || (l->fresh && l->state == LINK_UNPAIRED && l->serial_ok);
    l->was_ready |= paired_or_none;
    follow_trouble(g);
    tell(g);
}

void gate_link_look(const struct gate *g, struct gate_hook_view *view) {
    const struct gate_link *l = &g->link;
    *view = (struct gate_hook_view){.presence = l->presence, .state = l->state, .blocked = l->blocked};
    view->paired =
        l->presence == GATE_HOOK_PRESENT && l->state != LINK_UNPAIRED && l->has_key[0] && !l->other_key;
    gate_text_set(view->job, sizeof view->job, busy(l) ? l->job : "");
    gate_text_set(view->serial_number, sizeof view->serial_number, l->serial);
    gate_text_set(view->firmware, sizeof view->firmware, l->firmware);
}
