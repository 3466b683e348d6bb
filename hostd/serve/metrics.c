// Metrics: what the loop counts per machine and what this thread counts, in Prometheus' text form.
//
// The operation "metrics" answers {"machines": [{"machine": "laser1", "state": "held", "lines": n, …}], …}: each
// number of a machine becomes lotgate_machine_<name>{machine="…"}, each number beside `machines` lotgate_<name>.
#include <inttypes.h>
#include <string.h>

#include "exchange.h"
#include "json.h"
#include "server.h"

#define METRICS_MAX (256 * 1024)

static const char *const states[] = {"offline", "locked", "held", "armed", "running", "fault"};

// What is known of the usual members; others are given as they come, untyped.
static const struct measure {
    const char *name, *as, *type, *help;
} measures[] = {
    {"lines", "lines_total", "counter", "G-code lines forwarded to the machine"},
    {"bytes", "bytes_total", "counter", "bytes forwarded to the machine"},
    {"jobs", "jobs_total", "counter", "jobs started on the machine"},
    {"outstanding", "outstanding", "gauge", "lines forwarded whose reply has not come"},
    {"queued", "queued_bytes", "gauge", "bytes of the sender that wait"},
    {"errors", "errors_total", "counter", "lines the machine answered with an error"},
};

static const struct measure *measure_of(const char *name) {
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (strcmp(measures[i].name, name) == 0)
            return &measures[i];
    return NULL;
}

// A label's value: backslash, quote and line break are escaped.
static void label(struct text *out, const char *value) {
    for (const char *p = value; *p; p++) {
        if (*p == '\\' || *p == '"')
            text_add(out, "\\", 1);
        if (*p == '\n')
            text_puts(out, "\\n");
        else
            text_add(out, p, 1);
    }
}

static bool is_metric_name(const char *name) {
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
           (*name < '0' || *name > '9');
}

static void family(struct text *out, const char *prefix, const char *name) {
    const struct measure *known = measure_of(name);
    text_printf(out, "# HELP lotgate_%s%s %s\n# TYPE lotgate_%s%s %s\n", prefix, known ? known->as : name,
                known ? known->help : "as counted by the daemon", prefix, known ? known->as : name,
                known ? known->type : "untyped");
}

// One family per number that any machine has; Prometheus wants a family's samples side by side.
static void machine_numbers(struct text *out, const cJSON *machines) {
    const cJSON *first = machines ? machines->child : NULL, *member, *machine;
    cJSON_ArrayForEach(member, first) {
        if (!cJSON_IsNumber(member) || !is_metric_name(member->string))
            continue;
        family(out, "machine_", member->string);
        const struct measure *known = measure_of(member->string);
        cJSON_ArrayForEach(machine, machines) {
            const cJSON *value = json_get(machine, member->string);
            const char *name = json_text(machine, "machine");
            if (!cJSON_IsNumber(value) || !name)
                continue;
            text_printf(out, "lotgate_machine_%s{machine=\"", known ? known->as : member->string);
            label(out, name);
            text_printf(out, "\"} %.17g\n", value->valuedouble);
        }
    }
}

static void machine_states(struct text *out, const cJSON *machines) {
    const cJSON *machine;
    text_puts(out, "# HELP lotgate_machine_state 1 for the state the machine's gate is in\n"
                   "# TYPE lotgate_machine_state gauge\n");
    cJSON_ArrayForEach(machine, machines) {
        const char *name = json_text(machine, "machine"), *state = json_text(machine, "state");
        for (size_t i = 0; name && state && i < sizeof states / sizeof *states; i++) {
            text_puts(out, "lotgate_machine_state{machine=\"");
            label(out, name);
            text_printf(out, "\",state=\"%s\"} %d\n", states[i], strcmp(states[i], state) == 0);
        }
    }
}

static void own(struct text *out, const struct server *server) {
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } counts[] = {
        {"http_requests_total", "counter", "HTTP requests begun", server->requests},
        {"http_refused_total", "counter", "HTTP requests answered with an error", server->refused},
        {"http_connections", "gauge", "HTTP connections open", server->connections},
        {"event_listeners", "gauge", "listeners to server-sent events", stream_listeners(server->stream)},
        {"events_lost_total", "counter", "events that could not be passed on", stream_lost(server->stream)},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        text_printf(out, "# HELP lotgate_%s %s\n# TYPE lotgate_%s %s\nlotgate_%s %" PRIu64 "\n",
                    counts[i].name, counts[i].help, counts[i].name, counts[i].type, counts[i].name,
                    counts[i].value);
    text_printf(out,
                "# HELP lotgate_build_info which version runs\n# TYPE lotgate_build_info gauge\n"
                "lotgate_build_info{version=\"%s\"} 1\n",
                LOTGATE_VERSION);
}

static void metrics_known(struct exchange *x, struct request *request) {
    if (!request->ok) {
        exchange_error(x, &request->error);
        return;
    }
    struct text out;
    text_init(&out, METRICS_MAX);
    const cJSON *machines = json_get(request->answer, "machines"), *member;
    machine_states(&out, machines);
    machine_numbers(&out, machines);
    cJSON_ArrayForEach(member, request->answer) {
        if (!cJSON_IsNumber(member) || !is_metric_name(member->string))
            continue;
        family(&out, "", member->string);
        const struct measure *known = measure_of(member->string);
        text_printf(&out, "lotgate_%s %.17g\n", known ? known->as : member->string, member->valuedouble);
    }
    own(&out, x->server);
    exchange_text(x, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}

void handle_metrics(struct exchange *x) {
    exchange_ask(x, "metrics", cJSON_CreateObject(), EXCHANGE_HEALTH_US, metrics_known);
}
