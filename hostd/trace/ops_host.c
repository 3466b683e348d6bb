// ops_host: lotgate's own start and stop. A start writes the ends that a crash left out: each job that was open ends
// exactly once, and no declaration outlives the gate that it was made for.
#include "common.h"

#include <string.h>

#include "families.h"
#include "json.h" // json_text

static bool end_job(struct ledger *ledger, const struct trace_context *context, const cJSON *job,
                    cJSON *answer, struct lg_error *error) {
    bool running = strcmp(json_text(job, "state"), "running") == 0;
    cJSON *body = common_one("job", json_text(job, "job"));
    if (running)
        json_add_text(body, "state", "host_lost");
    json_add_text(body, "reason",
                  running ? "lotgate stopped while the job ran" : "lotgate stopped while the job was held");
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(answer, running ? "ended" : "refused"),
                         cJSON_CreateString(json_text(job, "job")));
    return common_append(ledger, context, running ? "job.ended" : "job.refused", body, error);
}

static bool end_jobs(struct ledger *ledger, const struct trace_context *context, cJSON *answer,
                     struct lg_error *error) {
    cJSON *jobs;
    const cJSON *job;
    if (!common_list(ledger, "jobs_open", NULL, &jobs, error))
        return false;
    bool ok = true;
    cJSON_ArrayForEach(job, jobs) {
        ok = ok && end_job(ledger, context, job, answer, error);
    }
    cJSON_Delete(jobs);
    return ok;
}

static bool cancel_declarations(struct ledger *ledger, const struct trace_context *context,
                                const char *reason, cJSON *answer, struct lg_error *error) {
    cJSON *rows, *cancelled = cJSON_CreateArray();
    const cJSON *row;
    json_add(answer, "cancelled", cancelled);
    if (!common_list(ledger, "declarations_open", NULL, &rows, error))
        return false;
    bool ok = true;
    cJSON_ArrayForEach(row, rows) {
        cJSON *body = common_one("declaration", json_text(row, "declaration"));
        json_add_text(body, "reason", reason);
        cJSON_AddItemToArray(cancelled, cJSON_CreateString(json_text(row, "declaration")));
        ok = common_append(ledger, context, "declaration.cancelled", body, error);
        if (!ok)
            break;
    }
    cJSON_Delete(rows);
    return ok;
}

bool host_start(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
                struct lg_error *error) {
    *answer = cJSON_CreateObject();
    json_add(*answer, "ended", cJSON_CreateArray());
    json_add(*answer, "refused", cJSON_CreateArray());
    return common_append(ledger, context, "host.started", common_one("version", json_text(args, "version")),
                         error) &&
           end_jobs(ledger, context, *answer, error) &&
           cancel_declarations(ledger, context, "lotgate was restarted", *answer, error);
}

bool host_stop(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
               struct lg_error *error) {
    *answer = cJSON_CreateObject();
    return cancel_declarations(ledger, context, "lotgate was stopped", *answer, error) &&
           common_append(ledger, context, "host.stopped", cJSON_CreateObject(), error);
}
