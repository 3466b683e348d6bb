// station: one machine's queue to the ledger. Posts go one at a time and in order, so that held, start and end of
// a job arrive as they happened. What the ledger cannot write stays first and is tried again each second; until it
// is durable the gate stays shut.
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"    // json_add_text
#include "timefmt.h" // time_monotonic_us

static void clear(struct post *post) {
    cJSON_Delete(post->args);
    free(post->facts);
}

static void drop(struct station *s, struct post *post, const struct lg_error *error) {
    if (post->kind->failed != NULL)
        post->kind->failed(s, post, error);
    clear(post);
}

static bool put(struct station *s, struct post post) {
    size_t room = post.kind->must ? STATION_QUEUE_MAX : STATION_QUEUE_MAX - STATION_SPARE;
    lg_assert(!post.kind->must || s->count < STATION_QUEUE_MAX); // the gate opens one job at a time
    if (s->count >= room) {
        s->dropped++;
        clear(&post);
        return false;
    }
    s->posts[(s->first + s->count++) % STATION_QUEUE_MAX] = post;
    daemon_wake(s->daemon);
    return true;
}

void station_post_next(struct station *s, const struct post_kind *kind, cJSON *args) {
    lg_assert(s->count < STATION_QUEUE_MAX); // the answered post's place is free
    s->first = (s->first + STATION_QUEUE_MAX - 1) % STATION_QUEUE_MAX;
    s->posts[s->first] = (struct post){.kind = kind, .args = args, .from = POST_FROM_LOTGATE};
    s->count++;
    daemon_wake(s->daemon);
}

bool station_post_for(struct station *s, const struct post_kind *kind, cJSON *args, struct request *asker,
                      enum post_from from) {
    return put(s, (struct post){.kind = kind, .args = args, .asker = asker, .from = from});
}

bool station_post_facts(struct station *s, const struct post_kind *kind, cJSON *args, void *facts) {
    return put(s, (struct post){.kind = kind, .args = args, .facts = facts});
}

bool station_post(struct station *s, const struct post_kind *kind, cJSON *args) {
    return station_post_for(s, kind, args, NULL, POST_FROM_LOTGATE);
}

static struct post take_first(struct station *s) {
    struct post post = s->posts[s->first];
    s->first = (s->first + 1) % STATION_QUEUE_MAX;
    s->count--;
    return post;
}

// On the ledger thread.
static void on_written(struct request *request) {
    struct station *s = request->owner;
    bool put = mailbox_put(s->daemon->answers, request);
    lg_assert(put); // one per machine is away, and machines are fewer than MAILBOX_MAX
}

static void ledger_trouble(struct station *s, const struct lg_error *error) {
    char sentence[GATE_TEXT_MAX];
    if (s->ledger_failed)
        return;
    s->ledger_failed = true;
    snprintf(s->ledger_advice, sizeof s->ledger_advice, "%s", error->what_to_do);
    daemon_log(s->daemon, "%s: %s %s", s->config.id, error->message, error->what_to_do);
    snprintf(sentence, sizeof sentence, "the ledger cannot be written: %.200s", error->message);
    gate_ledger_failed(wire_gate(s->machine), time_monotonic_us(), sentence);
    view_publish_machine(s);
}

static void ledger_well(struct station *s) {
    if (!s->ledger_failed)
        return;
    s->ledger_failed = false;
    daemon_log(s->daemon, "%s: the ledger can be written again", s->config.id);
    gate_ledger_recovered(wire_gate(s->machine), time_monotonic_us());
    view_publish_machine(s);
}

static void take_back(struct post *post, struct request *request) {
    post->facts = request->facts;
    request->facts = NULL;
}

void station_pump(struct station *s) {
    while (!s->asking && s->count > 0) {
        struct post *post = &s->posts[s->first];
        if (post->kind->ready != NULL && !post->kind->ready(s, post)) {
            struct post gone = take_first(s);
            clear(&gone);
            continue;
        }
        static const char *const actors[] = {"lotgate", "sender:", "scanner:"};
        char actor[REQUEST_ACTOR_MAX];
        snprintf(actor, sizeof actor, "%s%s", actors[post->from],
                 post->from != POST_FROM_LOTGATE ? s->config.id : "");
        struct request *request =
            request_create(post->kind->op, post->asker != NULL ? post->asker->actor : actor,
                           post->args != NULL ? cJSON_Duplicate(post->args, true) : NULL, on_written, s);
        lg_assert(request != NULL);
        request->facts = post->facts; // it goes along, and comes back with the answer
        request->complete = post->kind->complete;
        post->facts = NULL;
        s->asking = ledger_writer_put(s->daemon->writer, request);
        if (!s->asking) { // the writer's queue is full: the next second tries again
            take_back(post, request);
            request_free(request);
            return;
        }
    }
}

// A person who waits is told at once, and a start is asked for anew by the gate; all else that the machine did is
// tried again until it is written.
static bool is_tried_again(const struct post *post) {
    return post->asker == NULL && post->from == POST_FROM_LOTGATE && post->kind != &post_start;
}

void station_answered(struct station *s, struct request *request) {
    bool unwritable = !request->ok && strcmp(request->error.code, "ledger_unavailable") == 0;
    s->asking = false;
    take_back(&s->posts[s->first], request);
    if (unwritable && s->posts[s->first].asker == NULL)
        ledger_trouble(s, &request->error);
    if (unwritable && is_tried_again(&s->posts[s->first]))
        return;
    struct post post = take_first(s);
    if (request->ok) {
        ledger_well(s);
        if (post.kind->done != NULL)
            post.kind->done(s, &post, request->answer);
        clear(&post);
    } else
        drop(s, &post, &request->error);
    station_pump(s);
}

bool station_idle(const struct station *s) {
    return s->count == 0 && !s->asking;
}

bool station_withdraw(struct station *s, const char *reason, const char *by, struct request *asker) {
    struct gate_view view;
    gate_view(wire_gate_look(s->machine), &view);
    bool used = s->mode == GATE_EACH_JOB && (s->job_started || view.starting);
    if (s->declaration[0] == '\0' || used || s->count >= STATION_QUEUE_MAX - STATION_SPARE)
        return false;
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "declaration", s->declaration);
    json_add_text(args, "reason", reason);
    json_add_text(args, "by", by);
    gate_disarm(wire_gate(s->machine), time_monotonic_us());
    station_forget_declaration(s);
    return station_post_for(s, &post_cancel, args, asker, POST_FROM_LOTGATE);
}

void station_free(struct station *s) {
    struct lg_error error;
    lg_fail(&error, "ledger_unavailable", "Start lotgate again.", "lotgate is stopping.");
    while (s->count > 0) {
        struct post post = take_first(s);
        drop(s, &post, &error);
    }
    cJSON_Delete(s->declared);
    hook_forget(s);
}
