// live: what the panel and the command line ask of a machine, answered on the loop.
#include "daemon.h"

#include <stdio.h>
#include <string.h>

#include "json.h"    // json_text
#include "timefmt.h" // time_monotonic_us

struct refusal {
    const char *code, *message, *what_to_do; // one %s in message: the machine
};

static const struct refusal refusals[] = {
    {"machine_offline", "%s is offline.",
     "Switch it on and plug in its USB cable; lotgate connects by itself."},
    {"machine_fault", "%s is in fault.", "The panel says why; look at the machine, then confirm it."},
    {"already_declared", "A lot is declared for %s already.",
     "Use it, or cancel it first: lotgate cancel MACHINE."},
    {"no_hook", "The firmware of %s has no hook that answers.",
     "Is the machine on, and does its firmware have the hook? `lotgate machine show` tells what is known."},
    {"job_running", "A job runs on %s.", "Wait for its end."},
    {"pairing", "%s is being paired already.", "Wait for the outcome."},
    {"ledger_unavailable", "The ledger cannot be written, so nothing may start on %s.", ""},
    {NULL, "%s cannot take a declaration now.", "Try again in a moment."}};

void live_refusal(const struct station *s, const char *code, struct lg_error *error) {
    // A job that was cut by the end of lotgate leaves its machine in a feed hold, for one.
    static const char silent_advice[] =
        "A machine in a feed hold, asleep or in an alarm answers no line: reset it. Else wait a moment.";
    const struct refusal *row = refusals;
    struct wire_look look;
    char message[256];
    while (row->code != NULL && (code == NULL || strcmp(row->code, code) != 0))
        row++;
    wire_look(s->machine, &look);
    if (row->code != NULL && strcmp(row->code, "machine_offline") == 0 && look.port_open) {
        lg_fail(error, row->code, silent_advice, "%s is connected but has not said who it is.", s->config.id);
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(message, sizeof message, row->message, s->config.id);
#pragma GCC diagnostic pop
    const char *what_to_do =
        s->ledger_failed && row->what_to_do[0] == '\0' ? s->ledger_advice : row->what_to_do;
    lg_fail(error, row->code != NULL ? row->code : "refused", what_to_do, "%s", message);
}

void live_add_requirements(const struct station *s, cJSON *args) {
    cJSON *require = cJSON_CreateArray();
    for (size_t i = 0; i < s->config.require_count; i++)
        cJSON_AddItemToArray(require, cJSON_CreateString(s->config.require[i]));
    cJSON_DeleteItemFromObjectCaseSensitive(args, "require");
    json_add(args, "require", require);
}

void live_complete_declaration(const struct station *s, cJSON *args) {
    cJSON_DeleteItemFromObjectCaseSensitive(args, "machine");
    json_add_text(args, "machine", s->config.id);
    if (json_get(args, "mode") == NULL)
        json_add_text(args, "mode", s->mode == GATE_EACH_JOB ? "each-job" : "until-changed");
    if (json_get(args, "operator") == NULL && s->operator_id[0] != '\0')
        json_add_text(args, "operator", s->operator_id);
    live_add_requirements(s, args);
}

static void answer(struct request *request, cJSON *value) {
    request->ok = true;
    request->answer = value;
    request->done(request);
}

static void refuse(struct request *request, const char *code, const char *what_to_do, const char *message) {
    request->ok = false;
    lg_fail(&request->error, code, what_to_do, "%s", message);
    request->done(request);
}

static cJSON *named(const struct station *s) {
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "machine", s->config.id);
    return value;
}

// --- lots that must not be used any more

static bool names(const cJSON *lots, const char *lot) {
    const cJSON *item;
    cJSON_ArrayForEach(item, lots) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, lot) == 0)
            return true;
    }
    return false;
}

// Said by the ledger's thread, never by HTTP (no address names it): disarms what is armed with one of the lots.
static void look_stopped(struct daemon *d, struct request *request) {
    const cJSON *lots = json_get(request->args, "lots");
    bool recalled = strcmp(json_text(request->args, "op"), "recall.open") == 0;
    for (size_t i = 0; i < d->station_count; i++) {
        struct station *s = &d->stations[i];
        const cJSON *declared;
        bool hit = false;
        cJSON_ArrayForEach(declared, json_get(s->declared, "lots")) {
            hit = hit || (json_text(declared, "lot") != NULL && names(lots, json_text(declared, "lot")));
        }
        if (hit && s->declaration[0] != '\0' && !s->job_started)
            station_withdraw(s, recalled ? "the lot was recalled" : "the lot was taken out of use", NULL,
                             NULL);
    }
    answer(request, cJSON_CreateObject());
}

// The same after acts that may make a declaration void: each that is open is looked at again.
static void look_doubtful(struct daemon *d, struct request *request) {
    for (size_t i = 0; i < d->station_count; i++) {
        struct station *s = &d->stations[i];
        if (s->declaration[0] != '\0' && !s->job_started)
            station_post(s, &post_check, cJSON_CreateObject());
    }
    answer(request, cJSON_CreateObject());
}

// --- acts

static void act_declare(struct station *s, struct request *request) {
    const char *code = NULL, *mode = json_text(request->args, "mode");
    if (mode != NULL && strcmp(mode, s->mode == GATE_EACH_JOB ? "each-job" : "until-changed") != 0) {
        refuse(request, "bad_argument", "Set \"mode\" of this machine's \"gate\" in lotgate.json.",
               "The declaration mode belongs to the machine and cannot be chosen for one declaration.");
        return;
    }
    if (s->declaring)
        code = "already_declared";
    else if (s->ledger_failed)
        code = "ledger_unavailable";
    if (code != NULL || !gate_may_declare(wire_gate_look(s->machine), &code)) {
        live_refusal(s, code, &request->error);
        request->ok = false;
        request->done(request);
        return;
    }
    cJSON *args = cJSON_Duplicate(request->args, true);
    live_complete_declaration(s, args);
    s->declaring = station_post_for(s, &post_declare, args, request, POST_FROM_LOTGATE);
    if (!s->declaring)
        refuse(request, "ledger_unavailable", "Try again in a moment.",
               "Too much waits for the ledger already.");
}

static void act_cancel(struct station *s, struct request *request) {
    const char *reason = json_text(request->args, "reason");
    if (s->declaration[0] == '\0')
        refuse(
            request, "nothing_declared",
            "There is nothing to cancel. A job that waits for its lot is dropped by a reset of the machine.",
            "No lot is declared for this machine.");
    else if (!station_withdraw(s, reason != NULL ? reason : "cancelled", json_text(request->args, "by"),
                               request))
        refuse(request, "job_running", "Wait for the job's end, or reset the machine.",
               "The declared lot is being worked on: it cannot be cancelled.");
}

static bool is_open(const struct station *s, struct request *request) {
    struct wire_look look;
    wire_look(s->machine, &look);
    if (look.port_open)
        return true;
    live_refusal(s, "machine_offline", &request->error);
    request->ok = false;
    request->done(request);
    return false;
}

static void act_hold(struct station *s, struct request *request) {
    if (!is_open(s, request))
        return;
    gate_hold(wire_gate(s->machine), time_monotonic_us());
    answer(request, named(s));
}

static void act_resume(struct station *s, struct request *request) {
    if (!is_open(s, request))
        return;
    gate_resume(wire_gate(s->machine), time_monotonic_us());
    answer(request, named(s));
}

static void act_reset(struct station *s, struct request *request) {
    if (!is_open(s, request))
        return;
    gate_reset(wire_gate(s->machine), time_monotonic_us());
    answer(request, named(s));
}

static void act_confirm(struct station *s, struct request *request) {
    cJSON *args = named(s);
    json_add_text(args, "by", json_text(request->args, "by"));
    if (!station_post_for(s, &post_confirm, args, request, POST_FROM_LOTGATE))
        refuse(request, "ledger_unavailable", "Try again in a moment.",
               "Too much waits for the ledger already.");
}

// --- looks

static void look_machines(struct daemon *d, struct request *request) {
    const char *one = json_text(request->args, "machine");
    cJSON *value = cJSON_CreateObject(), *list = cJSON_CreateArray();
    for (size_t i = 0; i < d->station_count; i++)
        if (one == NULL || strcmp(d->stations[i].config.id, one) == 0)
            cJSON_AddItemToArray(list, view_machine(&d->stations[i]));
    json_add(value, "machines", list);
    answer(request, value);
}

static void look_metrics(struct daemon *d, struct request *request) {
    cJSON *value = cJSON_CreateObject(), *list = cJSON_CreateArray();
    for (size_t i = 0; i < d->station_count; i++) {
        const struct station *s = &d->stations[i];
        struct gate_view view;
        gate_view(wire_gate_look(s->machine), &view);
        bool open = s->job_started;
        cJSON *machine = named(s);
        json_add_text(machine, "state", gate_state_name(view.state));
        json_add_integer(machine, "lines", (int64_t)(s->lines + (open ? view.lines : 0)));
        json_add_integer(machine, "bytes", (int64_t)(s->bytes + (open ? view.bytes : 0)));
        json_add_integer(machine, "errors", (int64_t)(s->errors + (open ? view.errors : 0)));
        json_add_integer(machine, "jobs", (int64_t)s->jobs);
        json_add_integer(machine, "outstanding", view.outstanding);
        json_add_integer(machine, "queued", view.queued);
        json_add_integer(machine, "waiting_posts", (int64_t)s->count);
        json_add_integer(machine, "dropped_posts", (int64_t)s->dropped);
        cJSON_AddItemToArray(list, machine);
    }
    json_add(value, "machines", list);
    answer(request, value);
}

static const struct live_op {
    const char *name;
    void (*act)(struct station *s, struct request *request); // on one machine
    void (*look)(struct daemon *d, struct request *request); // on all
} live_ops[] = {{"machine.live", NULL, look_machines},  {"metrics", NULL, look_metrics},
                {"lots.stopped", NULL, look_stopped},   {"lots.doubtful", NULL, look_doubtful},
                {"machine.declare", act_declare, NULL}, {"machine.cancel", act_cancel, NULL},
                {"machine.hold", act_hold, NULL},       {"machine.resume", act_resume, NULL},
                {"machine.reset", act_reset, NULL},     {"machine.confirm", act_confirm, NULL},
                {"machine.pair", hook_pair, NULL},      {NULL, NULL, NULL}};

static const struct live_op *find(const char *name) {
    const struct live_op *op = live_ops;
    while (op->name != NULL && strcmp(op->name, name) != 0)
        op++;
    return op->name != NULL ? op : NULL;
}

bool live_takes(const char *name) {
    return find(name) != NULL;
}

void live_answer(struct daemon *d, struct request *request) {
    const struct live_op *op = find(request->op);
    if (op->look != NULL) {
        op->look(d, request);
        return;
    }
    const char *machine = json_text(request->args, "machine");
    struct station *s = machine != NULL ? daemon_find(d, machine) : NULL;
    if (s == NULL) {
        char message[128];
        snprintf(message, sizeof message, "There is no machine %.60s in the configuration.",
                 machine != NULL ? machine : "");
        refuse(request, "no_such_machine", "See `lotgate machine list` for all machines.",
               machine != NULL ? message : "No machine is named.");
    } else {
        op->act(s, request);
    }
}
