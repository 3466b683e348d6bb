// ops_record: jobs and manufacture records as they are read, with everything they are linked to.
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common_documents.h" // documents_add
#include "families.h"
#include "json.h" // json_text

bool record_job_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "job_list", args, answer, error);
}

static bool need_job(struct ledger *ledger, const char *query, const char *job, cJSON **row,
                     struct lg_error *error) {
    return common_need(ledger, query, common_one("job", job), row, "no_such_job", "job", job,
                       "See `lotgate job list`.", error);
}

static bool add_history(struct ledger *ledger, cJSON *answer, const char *subject, struct lg_error *error) {
    cJSON *limited = common_one("subject", subject);
    json_add_integer(limited, "limit", COMMON_EVENTS_SHOWN);
    cJSON *notes = cJSON_Duplicate(limited, true);
    return common_add_list(ledger, answer, "notes", "note_list", notes, error) &&
           common_add_list(ledger, answer, "corrections", "correction_list", common_one("subject", subject),
                           error) &&
           common_add_list(ledger, answer, "events", "subject_events", limited, error);
}

bool record_job_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     cJSON **answer, struct lg_error *error) {
    const char *job = json_text(args, "job");
    return need_job(ledger, "job_get", job, answer, error) &&
           documents_add(ledger, context, json_get(*answer, "lots"), error) &&
           add_history(ledger, *answer, job, error);
}

bool record_job_path(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     cJSON **answer, struct lg_error *error) {
    const char *job = json_text(args, "job");
    if (!need_job(ledger, "job_path", job, answer, error))
        return false;
    const char *hash = json_text(*answer, "path");
    void *text = NULL;
    size_t length = 0;
    if (hash && !ledger_blob_get(ledger, hash, &text, &length, error))
        return false;
    cJSON *points = hash ? json_parse(text, length, false, error) : cJSON_CreateArray();
    free(text);
    if (!points)
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(*answer, "path");
    json_add_text(*answer, "job", job);
    json_add(*answer, "points", points);
    return true;
}

bool record_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "record_list", args, answer, error);
}

static bool need_record(struct ledger *ledger, const char *record, cJSON **row, struct lg_error *error) {
    return common_need(ledger, "record_get", common_one("record", record), row, "no_such_record",
                       "manufacture record", record, "See `lotgate record list`.", error);
}

static bool add_documents(struct ledger *ledger, const struct trace_context *context, const cJSON *jobs,
                          struct lg_error *error) {
    const cJSON *job;
    bool ok = true;
    cJSON_ArrayForEach(job, jobs) {
        ok = ok && documents_add(ledger, context, json_get(job, "lots"), error);
    }
    return ok;
}

bool record_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    const char *record = json_text(args, "record");
    return need_record(ledger, record, answer, error) &&
           common_add_list(ledger, *answer, "jobs", "record_jobs", common_one("record", record), error) &&
           add_documents(ledger, context, json_get(*answer, "jobs"), error) &&
           common_add_list(ledger, *answer, "units", "record_units", common_one("record", record), error) &&
           common_add_list(ledger, *answer, "deviations", "record_deviations", common_one("record", record),
                           error) &&
           add_history(ledger, *answer, record, error);
}

// A record is closed once, and not while its job runs.
static bool check_close(struct ledger *ledger, const cJSON *row, struct lg_error *error) {
    const char *record = json_text(row, "record");
    if (strcmp(json_text(row, "state"), "open") != 0)
        return lg_fail(error, "record_closed", "Nothing is to be done.", "Record %s is closed already.",
                       record);
    cJSON *jobs;
    const cJSON *job;
    if (!common_list(ledger, "record_jobs", common_one("record", record), &jobs, error))
        return false;
    bool ok = true;
    cJSON_ArrayForEach(job, jobs) {
        if (ok && strcmp(json_text(job, "state"), "running") == 0)
            ok = lg_fail(error, "job_open", "Close it when the job has ended.",
                         "Job %s of record %s still runs.", json_text(job, "job"), record);
    }
    cJSON_Delete(jobs);
    return ok;
}

// A record of a product with a bill needs a lot of each of its materials, or somebody who answers for its absence.
static bool check_bill(struct ledger *ledger, const cJSON *row, struct lg_error *error) {
    const char *record = json_text(row, "record"), *product = json_text(row, "product");
    char names[200] = "";
    cJSON *filter = common_one("record", record), *missing;
    json_add_text(filter, "product", product);
    if (!common_list(ledger, "record_missing", filter, &missing, error))
        return false;
    const cJSON *line;
    cJSON_ArrayForEach(line, missing) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "",
                 json_text(line, "material"));
    }
    cJSON_Delete(missing);
    return !*names ||
           lg_fail(error, "bom_incomplete",
                   "Run the missing jobs into this record, or answer for it with `lotgate record deviate`.",
                   "Record %s can't be closed: it holds no lot of %s, which product %s needs.", record, names,
                   product);
}

bool record_deviate(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                    cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"record", "material", "reason", "by", NULL};
    cJSON *row;
    if (!need_record(ledger, json_text(args, "record"), &row, error))
        return false;
    bool open = strcmp(json_text(row, "state"), "open") == 0;
    cJSON_Delete(row);
    if (!open)
        return lg_fail(error, "record_closed", "Write a note instead.", "Record %s is closed already.",
                       json_text(args, "record"));
    *answer = common_copy(cJSON_CreateObject(), args, members);
    return common_append(ledger, context, "record.deviation",
                         common_copy(cJSON_CreateObject(), args, members), error);
}

bool record_close(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                  cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"record", "good", "scrapped", "by", NULL};
    cJSON *row;
    if (!need_record(ledger, json_text(args, "record"), &row, error))
        return false;
    bool ok = check_close(ledger, row, error) && check_bill(ledger, row, error);
    cJSON_Delete(row);
    if (!ok)
        return false;
    *answer = common_one("record", json_text(args, "record"));
    json_add_text(*answer, "state", "closed");
    return common_append(ledger, context, "record.closed", common_copy(cJSON_CreateObject(), args, members),
                         error);
}
