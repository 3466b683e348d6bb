// The ledger's side of the world: requests are committed when their time has come, and their answers come back a
// little later, so that a crash can fall between the two.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ops.h"
#include "world.h"
#include "world_inside.h"

static struct wire_machine *machine_of(struct world *w, const struct request *request) {
    struct station *s = request->owner;
    return &w->machines[s - w->stations];
}

// Clocks are set while jobs run; no job may end before it began.
static void check_span(struct world *w, const struct wire_machine *m, const struct request *request) {
    const char *started = json_text(request->args, "started"), *ended = json_text(request->args, "ended");
    if (started == NULL || ended == NULL || strcmp(started, ended) > 0)
        world_trouble(w, "%s: a job ended at %s that started at %s", m->id, ended, started);
}

// Keeps the truth about what is durable, from the outcome of each request.
static void note_commit(struct world *w, const struct request *request) {
    struct wire_machine *m = machine_of(w, request);
    if (strcmp(request->op, "job.start") == 0) {
        if (m->started_durable)
            world_trouble(w, "%s: a second job was started while one is open", m->id);
        m->started_durable = true;
        m->starts++;
        w->jobs_started++;
    } else if (strcmp(request->op, "job.end") == 0) {
        if (!m->started_durable)
            world_trouble(w, "%s: a job ended that was not open", m->id);
        check_span(w, m, request);
        m->started_durable = false;
        m->ends++;
        w->jobs_ended++;
    }
}

// The job's end must come to the ledger all the same.
static bool spoil_end(struct world *w, struct request *request) {
    bool metered = json_get(request->args, "errors") != NULL;
    if (strcmp(request->op, "job.end") != 0 || !metered || !w->spoils_ends || w->now % 16 != 0)
        return false;
    json_add_text(request->args, "spoilt", "by the test");
    w->ends_spoilt++;
    return true;
}

static void execute(struct world *w, struct request *request) {
    struct trace_context context = {request->actor, w->now + w->utc_offset};
    if (w->ledger_down) {
        request->ok = lg_fail(&request->error, "ledger_unavailable", "Make room.", "the disk is full");
        w->refused_commits++;
        return;
    }
    if (hook_run(request))
        return;
    request_complete(request);
    bool spoilt = spoil_end(w, request);
    request->ok =
        trace_run(w->ledger, request->op, &context, request->args, &request->answer, &request->error);
    if (request->ok)
        note_commit(w, request);
    else if (!spoilt && (strcmp(request->error.code, "bad_argument") == 0 ||
                         strcmp(request->error.code, "bad_event") == 0))
        world_trouble(w, "%s: %s (%s)", request->op, request->error.message, request->error.code);
}

static void hand_back(struct world *w, size_t i) {
    struct request *request = w->pending[i].request;
    struct station *s = request->owner;
    w->pending_count--;
    memmove(w->pending + i, w->pending + i + 1, (w->pending_count - i) * sizeof w->pending[0]);
    station_answered(s, request);
    request_free(request);
}

void office_work(struct world *w) {
    for (size_t i = 0; i < w->pending_count;) {
        struct pending *p = &w->pending[i];
        if (p->due > w->now) {
            i++;
        } else if (!p->executed) {
            execute(w, p->request);
            p->executed = true;
            p->due = w->now + (int64_t)world_random(w, 3000);
            i++;
        } else {
            hand_back(w, i);
            i = 0; // the join may have sent more
        }
    }
}

int64_t office_deadline(const struct world *w) {
    int64_t at = INT64_MAX;
    for (size_t i = 0; i < w->pending_count; i++)
        if (w->pending[i].due < at)
            at = w->pending[i].due;
    return at;
}

void office_forget(struct world *w) {
    for (size_t i = 0; i < w->pending_count; i++)
        request_free(w->pending[i].request);
    w->pending_count = 0;
}

// --- the shop's books, before the day begins and after a crash

cJSON *office_must(struct world *w, const char *op, const char *json) {
    struct trace_context context = {"test", w->now + w->utc_offset};
    struct lg_error error;
    cJSON *args = json_parse(json, strlen(json), false, &error), *answer = NULL;
    lg_assert(args != NULL);
    if (!trace_run(w->ledger, op, &context, args, &answer, &error)) {
        fprintf(stderr, "%s %s: %s\n", op, json, error.message);
        abort();
    }
    cJSON_Delete(args);
    return answer;
}

void office_open(struct world *w) {
    struct ledger_options options = {.directory = w->directory, .site = "A", .mode = LEDGER_WRITER};
    struct lg_error error;
    if (!ledger_open(&w->ledger, &options, &error)) {
        fprintf(stderr, "world: %s\n", error.message);
        abort();
    }
}

void office_stock(struct world *w) {
    static const char *const steps[][2] = {
        {"supplier.add", "{\"supplier\":\"ACME\",\"name\":\"Acme\"}"},
        {"material.add", "{\"material\":\"ACR\",\"name\":\"Acrylic\"}"},
        {"operator.add", "{\"operator\":\"OP1\",\"name\":\"Kim\",\"badge\":\"4711\"}"},
        {"lot.receive",
         "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"1\",\"quantity\":\"100000sheet\",\"lot\":\"GOOD\"}"},
        {"lot.receive",
         "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"2\",\"quantity\":\"1sheet\",\"lot\":\"BAD\"}"},
        {"lot.release", "{\"lot\":\"GOOD\"}"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        cJSON_Delete(office_must(w, steps[i][0], steps[i][1]));
}
