// replies: the kinds of post, and what the ledger's answer to each means for the gate.
#include "daemon.h"

#include <stdio.h>
#include <string.h>

#include "job_facts.h"
#include "json.h"    // json_text
#include "timefmt.h" // time_monotonic_us

static struct gate *gate_of(struct station *s) {
    return wire_gate(s->machine);
}

static void keep(char out[STATION_NUMBER_MAX], const cJSON *answer, const char *key) {
    const char *text = json_text(answer, key);
    if (text != NULL)
        snprintf(out, STATION_NUMBER_MAX, "%s", text);
}

static void replace_text(cJSON *args, const char *key, const char *value) {
    cJSON_DeleteItemFromObjectCaseSensitive(args, key);
    json_add_text(args, key, value);
}

static void log_failure(struct station *s, struct post *post, const struct lg_error *error) {
    daemon_log(s->daemon, "%s: %s was not written: %s", s->config.id, post->kind->op, error->message);
}

// --- held, refused, paused

static void hold_done(struct station *s, struct post *post, const cJSON *answer) {
    keep(s->job, answer, "job");
    s->job_started = false;
    view_publish_job(s, "held");
}

const struct post_kind post_hold = {"job.hold", false, NULL, hold_done, log_failure, NULL};

static bool held_job_ready(struct station *s, struct post *post) {
    if (s->job[0] == '\0' || s->job_started)
        return false;
    replace_text(post->args, "job", s->job);
    return true;
}

static void refuse_done(struct station *s, struct post *post, const cJSON *answer) {
    view_publish_job(s, "refused");
    s->job[0] = '\0';
}

const struct post_kind post_refuse = {"job.refuse", false, held_job_ready, refuse_done, log_failure, NULL};

static bool started_job_ready(struct station *s, struct post *post) {
    if (s->job[0] == '\0' || !s->job_started)
        return false;
    replace_text(post->args, "job", s->job);
    return true;
}

const struct post_kind post_pause = {"job.pause", false, started_job_ready, NULL, log_failure, NULL};

// --- declarations

void station_forget_declaration(struct station *s) {
    s->declaration[0] = '\0';
    cJSON_Delete(s->declared);
    s->declared = NULL;
    gate_set_declaration_text(gate_of(s), "");
    view_publish_machine(s);
}

void station_tell(struct station *s, struct post *post, const cJSON *answer, const struct lg_error *error) {
    struct request *asker = post->asker;
    char message[GATE_TEXT_MAX];
    if (asker != NULL) {
        asker->ok = error == NULL;
        if (error != NULL)
            asker->error = *error;
        else
            asker->answer = cJSON_Duplicate(answer, true);
        asker->done(asker);
    }
    if (post->from == POST_FROM_SCANNER)
        gate_hook_show(gate_of(s), time_monotonic_us(),
                       error != NULL ? error->message : json_text(answer, "text"));
    if (post->from != POST_FROM_SENDER)
        return;
    if (error != NULL)
        snprintf(message, sizeof message, "%.150s %.100s", error->message, error->what_to_do);
    else
        snprintf(message, sizeof message, "declared %.200s", json_text(answer, "text"));
    gate_declare_answer(gate_of(s), time_monotonic_us(), error == NULL, message);
}

// A declaration by $LOT= or the machine's scanner is checked when its turn has come: the gate must not be asked from inside itself.
static bool declare_ready(struct station *s, struct post *post) {
    struct lg_error error;
    const char *code = NULL;
    if (post->from == POST_FROM_LOTGATE || json_get(post->args, "machine") != NULL)
        return true;
    if (gate_may_declare(wire_gate_look(s->machine), &code)) {
        live_complete_declaration(s, post->args);
        return true;
    }
    live_refusal(s, code, &error);
    station_tell(s, post, NULL, &error);
    return false;
}

static void cancel_declaration(struct station *s, const char *declaration, const char *reason) {
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "declaration", declaration);
    json_add_text(args, "reason", reason);
    station_post(s, &post_cancel, args);
}

static void declare_done(struct station *s, struct post *post, const cJSON *answer) {
    struct lg_error error;
    const char *code = NULL, *text = json_text(answer, "text"), *number = json_text(answer, "declaration");
    s->declaring = false;
    lg_assert(number != NULL);
    // The machine may have gone while the ledger wrote.
    if (!gate_may_declare(wire_gate_look(s->machine), &code)) {
        cancel_declaration(s, number, "the machine could not take it any more");
        live_refusal(s, code, &error);
        station_tell(s, post, NULL, &error);
        return;
    }
    snprintf(s->declaration, sizeof s->declaration, "%s", number);
    cJSON_Delete(s->declared);
    s->declared = cJSON_Duplicate(answer, true);
    s->declared_us = time_monotonic_us();
    gate_set_declaration_text(gate_of(s), text != NULL ? text : "");
    station_tell(s, post, answer, NULL);
    bool taken = gate_declared(gate_of(s), time_monotonic_us(), &code);
    lg_assert(taken); // gate_may_declare said so in this very turn
    view_publish_machine(s);
}

static void declare_failed(struct station *s, struct post *post, const struct lg_error *error) {
    s->declaring = false;
    station_tell(s, post, NULL, error);
}

const struct post_kind post_declare = {"declaration.make", false,          declare_ready,
                                       declare_done,       declare_failed, NULL};

static void answer_asker(struct station *s, struct post *post, const cJSON *answer) {
    station_tell(s, post, answer, NULL);
}

static void cancel_failed(struct station *s, struct post *post, const struct lg_error *error) {
    log_failure(s, post, error);
    station_tell(s, post, NULL, error);
}

const struct post_kind post_cancel = {"declaration.cancel", false, NULL, answer_asker, cancel_failed, NULL};

// Something was written that may make a declaration void: the ledger is asked whether it would still be taken.
static bool check_ready(struct station *s, struct post *post) {
    if (s->declaration[0] == '\0' || s->job_started)
        return false;
    replace_text(post->args, "declaration", s->declaration);
    live_add_requirements(s, post->args);
    return true;
}

static void check_failed(struct station *s, struct post *post, const struct lg_error *error) {
    const char *checked = json_text(post->args, "declaration");
    bool same = checked != NULL && strcmp(checked, s->declaration) == 0;
    if (same && !s->job_started && strcmp(error->code, "ledger_unavailable") != 0 &&
        station_withdraw(s, error->message, NULL, NULL))
        view_publish_alarm(s, error->message);
}

const struct post_kind post_check = {"declaration.check", false, check_ready, NULL, check_failed, NULL};

static const char unknown_badge[] = "no operator has this badge";

static void operator_done(struct station *s, struct post *post, const cJSON *answer) {
    const char *type = json_text(answer, "type"), *id = json_text(answer, "id");
    char message[GATE_TEXT_MAX];
    bool known = type != NULL && id != NULL && strcmp(type, "operator") == 0;
    if (known)
        snprintf(s->operator_id, sizeof s->operator_id, "%s", id);
    snprintf(message, sizeof message, known ? "operator %.60s signed on" : "%s", known ? id : unknown_badge);
    gate_declare_answer(gate_of(s), time_monotonic_us(), known, message);
}

static void operator_failed(struct station *s, struct post *post, const struct lg_error *error) {
    bool unwritable = strcmp(error->code, "ledger_unavailable") == 0;
    gate_declare_answer(gate_of(s), time_monotonic_us(), false, unwritable ? error->message : unknown_badge);
}

const struct post_kind post_operator = {"lookup", false, NULL, operator_done, operator_failed, NULL};

// --- start and end

// A start that waited behind a post that the ledger could not write has been taken back: the gate asks anew.
static bool start_ready(struct station *s, struct post *post) {
    struct gate_view view;
    gate_view(wire_gate_look(s->machine), &view);
    if (!view.start_asked)
        return false;
    replace_text(post->args, "declaration", s->declaration);
    live_add_requirements(s, post->args);
    if (s->job[0] != '\0' && !s->job_started)
        replace_text(post->args, "job", s->job);
    return true;
}

static void start_done(struct station *s, struct post *post, const cJSON *answer) {
    keep(s->job, answer, "job");
    keep(s->record, answer, "record");
    s->job_started = true;
    s->held_told = false;
    s->job_us = time_now_us();
    s->job_clock_us = time_monotonic_us();
    s->jobs++;
    hook_name_job(s);
    gate_start_committed(gate_of(s), time_monotonic_us());
    view_publish_job(s, "started");
    view_publish_machine(s);
}

// Two ways to fail. The ledger cannot write: the gate forgets that it asked and asks again once it can, so this
// post is not tried again (its start would have no end) but a checkpoint is, until one is durable. Or the ledger
// refuses, since the lot was quarantined or used up after it was declared: the declaration is void.
static void start_failed(struct station *s, struct post *post, const struct lg_error *error) {
    int64_t now = time_monotonic_us();
    daemon_log(s->daemon, "%s: the job was not started: %s", s->config.id, error->message);
    if (strcmp(error->code, "ledger_unavailable") == 0) {
        station_post(s, &post_probe, NULL);
        return;
    }
    if (s->declaration[0] != '\0')
        cancel_declaration(s, s->declaration, error->message);
    station_forget_declaration(s);
    gate_disarm(gate_of(s), now);
    gate_ledger_failed(gate_of(s), now, error->message); // takes the start back and tells the sender why
    gate_ledger_recovered(gate_of(s), now);
    view_publish_alarm(s, error->message);
}

const struct post_kind post_probe = {"ledger.checkpoint", true, NULL, NULL, log_failure, NULL};
const struct post_kind post_start = {"job.start", true, start_ready, start_done, start_failed, NULL};

static void forget_job(struct station *s) {
    s->job[0] = s->record[0] = '\0';
    s->job_started = false;
    if (s->mode == GATE_EACH_JOB)
        station_forget_declaration(s);
    view_publish_machine(s);
}

static void end_done(struct station *s, struct post *post, const cJSON *answer) {
    view_publish_job(s, json_text(post->args, "state"));
    forget_job(s);
}

static void bare_end_failed(struct station *s, struct post *post, const struct lg_error *error) {
    log_failure(s, post, error);
    forget_job(s);
}

static const struct post_kind post_bare_end = {"job.end",       true, started_job_ready, end_done,
                                               bare_end_failed, NULL};

// The ledger takes an end with anything odd among what was metered for a mistake. That the job is over is true all the same, and as
// long as it is not written no other job starts.
static void end_failed(struct station *s, struct post *post, const struct lg_error *error) {
    if (strcmp(error->code, "ledger_unavailable") == 0) { // lotgate stops; its next start writes the end
        bare_end_failed(s, post, error);
        return;
    }
    char reason[sizeof error->message + 64], started[TIME_TEXT_MAX], ended[TIME_TEXT_MAX];
    time_format(started, s->job_us);
    time_format(ended, s->job_us + time_monotonic_us() - s->job_clock_us);
    snprintf(reason, sizeof reason, "what was metered could not be recorded: %s", error->message);
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "state", json_text(post->args, "state"));
    json_add_text(args, "reason", reason);
    json_add_text(args, "started", started);
    json_add_text(args, "ended", ended);
    log_failure(s, post, error);
    station_post_next(s, &post_bare_end, args);
}

const struct post_kind post_end = {"job.end", true,       started_job_ready,
                                   end_done,  end_failed, job_facts_complete};

static void dry_run_done(struct station *s, struct post *post, const cJSON *answer) {
    view_publish_machine(s);
}

const struct post_kind post_dry_run = {"job.dry_run", false,       NULL,
                                       dry_run_done,  log_failure, job_facts_complete};

// --- who the machine is

static void identity_done(struct station *s, struct post *post, const cJSON *answer) {
    int64_t now = time_monotonic_us();
    const char *was = json_text(answer, "was");
    char sentence[GATE_TEXT_MAX];
    if (!json_flag(answer, "changed", false)) {
        gate_identity_confirmed(gate_of(s), now);
        return;
    }
    snprintf(
        sentence, sizeof sentence,
        "this is not the machine that was here before%s%.120s: check it, then `lotgate machine confirm %s`",
        was != NULL ? ": was " : "", was != NULL ? was : "", s->config.id);
    gate_identity_refused(gate_of(s), now, sentence);
    view_publish_alarm(s, sentence);
}

const struct post_kind post_identity = {"machine.identity", false, NULL, identity_done, log_failure, NULL};

static void confirm_done(struct station *s, struct post *post, const cJSON *answer) {
    gate_fault_cleared(gate_of(s), time_monotonic_us());
    gate_identity_confirmed(gate_of(s), time_monotonic_us());
    station_tell(s, post, answer, NULL);
    view_publish_machine(s);
}

static void confirm_failed(struct station *s, struct post *post, const struct lg_error *error) {
    station_tell(s, post, NULL, error);
}

const struct post_kind post_confirm = {"machine.confirm", false, NULL, confirm_done, confirm_failed, NULL};
const struct post_kind post_unauthorised = {"machine.unauthorised", false, NULL, NULL, log_failure, NULL};
