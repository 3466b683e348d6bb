// ops_job: a job from the line that was held to its one end. What starts a job is one transaction: the start, the
// record and what is taken from each lot are durable together or not at all.
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"         // ARGS_POINTS_MAX
#include "common_lots.h"  // lots_check
#include "common_meter.h" // meter_book
#include "families.h"
#include "json.h" // json_text

// `query`: job_held or job_running.
static bool refuse_open(struct ledger *ledger, const char *machine, const char *query,
                        struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, query, common_one("machine", machine), &row, error))
        return false;
    if (row)
        lg_fail(error, "job_open", "End that job first.", "Machine %s has the job %s, which is %s.", machine,
                json_text(row, "job"), json_text(row, "state"));
    cJSON_Delete(row);
    return !row;
}

// The serial number that a job is recorded with: the nameplate's, or what the board itself says.
static void add_serial_number(cJSON *body, const cJSON *machine) {
    const char *nameplate = json_text(machine, "serial_number");
    json_add_text(body, "serial_number", nameplate ? nameplate : json_text(machine, "serial"));
}

// A body that begins with the machine and a new job number.
static cJSON *begin_body(struct ledger *ledger, const char *machine, char job[65], struct lg_error *error) {
    cJSON *row, *body = NULL;
    if (!common_need_machine(ledger, machine, &row, error))
        return NULL;
    body = common_one("machine", machine);
    add_serial_number(body, row);
    cJSON_Delete(row);
    if (job && !common_number(ledger, "JOB", body, "job", job, error)) {
        cJSON_Delete(body);
        return NULL;
    }
    return body;
}

bool job_hold(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
              struct lg_error *error) {
    const char *machine = json_text(args, "machine");
    char job[65];
    cJSON *body = begin_body(ledger, machine, job, error);
    if (!body)
        return false;
    json_add_text(body, "line", json_text(args, "line"));
    if (!refuse_open(ledger, machine, "job_held", error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("job", job);
    return common_append(ledger, context, "job.held", body, error);
}

// --- start ----------------------------------------------------------------------------------------------

// The record that the declaration goes on with may have been closed since.
static bool check_record(struct ledger *ledger, const cJSON *declaration, struct lg_error *error) {
    const char *record = json_text(declaration, "record");
    cJSON *row;
    if (!record)
        return true;
    if (!common_row(ledger, "record_get", common_one("record", record), &row, error))
        return false;
    bool open = row && strcmp(json_text(row, "state"), "open") == 0;
    cJSON_Delete(row);
    return open || lg_fail(error, "record_closed", "Declare anew, with another record or none.",
                           "Record %s was closed since the declaration.", record);
}

// The declaration must be open, of this machine, and each of its lots must still be usable.
static bool check_declaration(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                              cJSON **declaration, cJSON **lots, struct lg_error *error) {
    const char *id = json_text(args, "declaration"), *machine = json_text(args, "machine");
    if (!common_need(ledger, "declaration_get", common_one("declaration", id), declaration,
                     "no_such_declaration", "declaration", id, "Declare the lot anew.", error))
        return false;
    if (strcmp(json_text(*declaration, "machine"), machine) != 0 ||
        strcmp(json_text(*declaration, "state"), "open") != 0)
        return lg_fail(error, "declaration_closed", "Declare the lot anew.",
                       "Declaration %s is not open for machine %s.", id, machine);
    if (!common_list(ledger, "declaration_lots", common_one("declaration", id), lots, error))
        return false;
    const cJSON *lot;
    cJSON_ArrayForEach(lot, *lots) {
        if (!lots_check(ledger, context, lot, error))
            return false;
    }
    return declaration_operator_check(ledger, args, *declaration, error) &&
           check_record(ledger, *declaration, error);
}

// The job that is meant: the one given, else the one that the machine holds, else a new one.
static bool choose_job(struct ledger *ledger, const cJSON *args, cJSON *body, char job[65],
                       struct lg_error *error) {
    const char *machine = json_text(args, "machine"), *given = json_text(args, "job");
    cJSON *row;
    if (!common_row(ledger, "job_held", common_one("machine", machine), &row, error))
        return false;
    const char *held = row ? json_text(row, "job") : NULL;
    bool ok = !given || (held && strcmp(given, held) == 0) ||
              lg_fail(error, "job_not_held", "Send the job again.", "Job %s is not held by machine %s.",
                      given, machine);
    if (ok && held) {
        snprintf(job, 65, "%s", held);
        json_add_text(body, "job", held);
    }
    cJSON_Delete(row);
    return ok && (held || common_number(ledger, "JOB", body, "job", job, error));
}

// The job is one more of the record that its declaration names, or opens one.
static bool join_record(struct ledger *ledger, const struct trace_context *context, const char *job,
                        const char *record, struct lg_error *error) {
    cJSON *body = common_one("record", record);
    json_add_text(body, "job", job);
    return common_append(ledger, context, "record.joined", body, error);
}

static bool open_record(struct ledger *ledger, const struct trace_context *context, const cJSON *declaration,
                        const char *job, const char *record, struct lg_error *error) {
    static const char *const members[] = {"order", "product", "count", NULL};
    cJSON *body = common_one("record", record), *known = cJSON_CreateObject();
    json_add_text(body, "job", job);
    // the view says null where nothing was declared; an event leaves it out
    for (const char *const *m = members; *m; m++)
        if (!cJSON_IsNull(json_get(declaration, *m)))
            common_copy(known, declaration, (const char *const[]){*m, NULL});
    common_copy(body, known, members);
    cJSON_Delete(known);
    return common_append(ledger, context, "record.opened", body, error);
}

static bool consume(struct ledger *ledger, const struct trace_context *context, const cJSON *lot,
                    const char *job, const char *record, struct lg_error *error) {
    cJSON *body = common_one("lot", json_text(lot, "lot"));
    int64_t amount;
    json_add_text(body, "job", job);
    json_add_text(body, "record", record);
    if (json_integer(lot, "amount", &amount)) {
        json_add_text(body, "quantity", json_text(lot, "quantity"));
        json_add_integer(body, "amount", amount);
        json_add_text(body, "base", json_text(lot, "base"));
    }
    return common_append(ledger, context, "lot.consumed", body, error);
}

static bool append_start(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         const cJSON *declaration, const cJSON *lots, cJSON **answer,
                         struct lg_error *error) {
    char job[65], record[65];
    cJSON *body = begin_body(ledger, json_text(args, "machine"), NULL, error);
    if (!body)
        return false;
    json_add_text(body, "declaration", json_text(declaration, "declaration"));
    json_add_text(body, "operator", json_text(declaration, "operator"));
    const char *joins = json_text(declaration, "record");
    snprintf(record, sizeof record, "%s", joins ? joins : "");
    json_add_text(body, "record", joins);
    if (!choose_job(ledger, args, body, job, error) ||
        (!joins && !common_number(ledger, "MFG", body, "record", record, error))) {
        cJSON_Delete(body);
        return false;
    }
    if (!common_append(ledger, context, "job.started", body, error))
        return false;
    if (!(joins ? join_record(ledger, context, job, record, error)
                : open_record(ledger, context, declaration, job, record, error)))
        return false;
    const cJSON *lot;
    cJSON_ArrayForEach(lot, lots) {
        if (!consume(ledger, context, lot, job, record, error))
            return false;
    }
    *answer = common_one("job", job);
    json_add_text(*answer, "record", record);
    return true;
}

bool job_start(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
               struct lg_error *error) {
    cJSON *declaration = NULL, *lots = NULL;
    bool ok = check_declaration(ledger, context, args, &declaration, &lots, error) &&
              refuse_open(ledger, json_text(args, "machine"), "job_running", error) &&
              append_start(ledger, context, args, declaration, lots, answer, error);
    cJSON_Delete(declaration);
    cJSON_Delete(lots);
    return ok;
}

// --- end ------------------------------------------------------------------------------------------------

// The job in the state that the act needs; otherwise job_ended, or what it is instead.
static bool need_job(struct ledger *ledger, const char *job, const char *state, char record[65],
                     struct lg_error *error) {
    cJSON *row;
    if (!common_need(ledger, "job_facts", common_one("job", job), &row, "no_such_job", "job", job,
                     "See `lotgate job list`.", error))
        return false;
    const char *is = json_text(row, "state"), *mfg = json_text(row, "record");
    snprintf(record, 65, "%s", mfg ? mfg : "");
    bool ok = strcmp(is, state) == 0;
    bool open = strcmp(is, "held") == 0 || strcmp(is, "running") == 0;
    if (!ok)
        lg_fail(error, open ? "job_not_in_state" : "job_ended",
                "Nothing is to be done; `lotgate job show` tells more.", "Job %s is %s, not %s.", job, is,
                state);
    cJSON_Delete(row);
    return ok;
}

static bool append_about(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         const char *kind, const char *state, cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"job", "reason", NULL};
    const char *job = json_text(args, "job");
    char record[65];
    if (!need_job(ledger, job, state, record, error))
        return false;
    *answer = common_one("job", job);
    return common_append(ledger, context, kind, common_copy(cJSON_CreateObject(), args, members), error);
}

bool job_refuse(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
                struct lg_error *error) {
    return append_about(ledger, context, args, "job.refused", "held", answer, error);
}

bool job_pause(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
               struct lg_error *error) {
    return append_about(ledger, context, args, "job.paused", "running", answer, error);
}

static bool check_box(const cJSON *args, const char *name, struct lg_error *error) {
    const cJSON *box = json_get(args, name), *item;
    bool ok = !box || cJSON_GetArraySize(box) == 6;
    cJSON_ArrayForEach(item, box) {
        ok = ok && cJSON_IsNumber(item) && (double)(int64_t)item->valuedouble == item->valuedouble;
    }
    return ok || lg_fail(error, "bad_argument", "Give minimum x, y, z and maximum x, y, z in micrometres.",
                         "The argument \"%s\" is not six whole numbers.", name);
}

// Three members: two numbers of 32 bits and whether the move works.
static bool read_point(const cJSON *point, int *x, int *y, bool *works) {
    const cJSON *a = cJSON_GetArrayItem(point, 0), *b = cJSON_GetArrayItem(point, 1),
                *work = cJSON_GetArrayItem(point, 2);
    if (cJSON_GetArraySize(point) != 3 || !cJSON_IsNumber(a) || !cJSON_IsNumber(b) ||
        a->valuedouble != (double)a->valueint || b->valuedouble != (double)b->valueint)
        return false;
    *x = a->valueint;
    *y = b->valueint;
    *works = cJSON_IsTrue(work) || (cJSON_IsNumber(work) && work->valueint);
    return true;
}

// [[x_um, y_um, work], ...] in the shortest form; NULL with an error. Owned by the caller.
static char *path_text(const cJSON *path, struct lg_error *error) {
    enum { POINT_MAX = 32 }; // bytes of one point: two numbers of 32 bits, a digit, punctuation
    size_t room = (size_t)cJSON_GetArraySize(path) * POINT_MAX + 3, length = 0;
    char *text = malloc(room);
    lg_assert(text);
    const cJSON *point;
    cJSON_ArrayForEach(point, path) {
        int x, y;
        bool works;
        if (!read_point(point, &x, &y, &works)) {
            free(text);
            lg_fail(error, "bad_argument", "Give [x_um, y_um, work] for each point.",
                    "The argument \"path\" holds something that is no point.");
            return NULL;
        }
        length +=
            (size_t)snprintf(text + length, room - length, "%c[%d,%d,%d]", length ? ',' : '[', x, y, works);
    }
    snprintf(text + length, room - length, "]");
    return text;
}

// Copies what was metered; stores the path and names it by its hash.
static bool add_metered(struct ledger *ledger, const cJSON *args, cJSON *body, struct lg_error *error) {
    static const char *const members[] = {"reason",  "lines",    "bytes",   "sha256",      "rapid_um",
                                          "feed_um", "work_um",  "work_us", "s_min_milli", "s_max_milli",
                                          "arcs",    "errors",   "pauses",  "overrides",   "replaced",
                                          "box",     "work_box", NULL};
    int64_t time;
    char hash[65];
    const cJSON *path = json_get(args, "path");
    if (!check_box(args, "box", error) || !check_box(args, "work_box", error))
        return false;
    common_copy(body, args, members);
    if (json_integer(args, "started", &time))
        json_add_integer(body, "started_us", time);
    if (json_integer(args, "ended", &time))
        json_add_integer(body, "ended_us", time);
    if (!path || !path->child)
        return true;
    char *text = path_text(path, error);
    bool ok = text && ledger_blob_put(ledger, text, strlen(text), hash, error);
    free(text);
    if (ok)
        json_add_text(body, "path", hash);
    return ok;
}

static bool is_end(const char *state) {
    static const char *const ends[] = {"completed",    "aborted",     "alarm",
                                       "machine_lost", "sender_lost", "host_lost"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(ends[i], state) == 0)
            return true;
    return false;
}

bool job_end(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
             struct lg_error *error) {
    const char *job = json_text(args, "job"), *state = json_text(args, "state");
    char record[65];
    if (!is_end(state))
        return lg_fail(error, "bad_argument",
                       "Use completed, aborted, alarm, machine_lost, sender_lost or host_lost.",
                       "A job can't end as \"%s\".", state);
    if (!need_job(ledger, job, "running", record, error))
        return false;
    cJSON *body = common_one("job", job);
    json_add_text(body, "state", state);
    if (!add_metered(ledger, args, body, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("job", job);
    json_add_text(*answer, "record", record);
    return common_append(ledger, context, "job.ended", body, error) &&
           meter_book(ledger, context, job, args, error);
}

bool job_dry_run(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    char job[65];
    cJSON *body = begin_body(ledger, json_text(args, "machine"), job, error);
    if (!body)
        return false;
    if (!add_metered(ledger, args, body, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("job", job);
    return common_append(ledger, context, "job.dry_run", body, error);
}
