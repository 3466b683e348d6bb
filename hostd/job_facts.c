#include "job_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"    // json_add_text
#include "timefmt.h" // time_now_us

struct job_facts {
    char reason[GATE_TEXT_MAX];
    uint8_t sha256[32];
    struct meter_result meter;
    int64_t started_us, ended_us; // UTC
    uint32_t errors, pauses, overrides, replaced;
    uint32_t points;
    struct meter_point path[];
};

static int64_t to_utc(int64_t monotonic_us) {
    return time_now_us() - (time_monotonic_us() - monotonic_us);
}

struct job_facts *job_facts_keep(const struct gate_job *job, const char *reason, int64_t start_us,
                                 int64_t start_clock_us) {
    size_t path = job->points * sizeof job->path[0];
    struct job_facts *f = malloc(sizeof *f + path);
    lg_assert(f != NULL);
    snprintf(f->reason, sizeof f->reason, "%s", reason);
    memcpy(f->sha256, job->sha256, sizeof f->sha256);
    f->meter = *job->meter;
    // A job starts when its start is durable; its first setup lines can have come before its declaration. Its end is
    // counted on from there: a clock that is set meanwhile (a small computer without one asks the network after it has
    // started) must neither stretch the job nor let it end before it began.
    int64_t lasted_us = job->last_us - start_clock_us;
    f->started_us = job->dry_run ? to_utc(job->first_us) : start_us;
    f->ended_us = job->dry_run ? to_utc(job->last_us) : start_us + (lasted_us > 0 ? lasted_us : 0);
    f->errors = job->errors;
    f->pauses = job->pauses;
    f->overrides = job->overrides;
    f->replaced = job->replaced;
    f->points = job->points;
    if (path > 0)
        memcpy(f->path, job->path, path);
    return f;
}

static void add_box(cJSON *args, const char *key, bool has, const int32_t low[3], const int32_t high[3]) {
    if (!has)
        return;
    cJSON *box = cJSON_CreateArray();
    for (int i = 0; i < 6; i++)
        cJSON_AddItemToArray(box, cJSON_CreateNumber(i < 3 ? low[i] : high[i - 3]));
    json_add(args, key, box);
}

static void add_path(cJSON *args, const struct job_facts *f) {
    if (f->points == 0)
        return;
    cJSON *path = cJSON_CreateArray();
    for (uint32_t i = 0; i < f->points; i++) {
        const int point[3] = {f->path[i].x_um, f->path[i].y_um, f->path[i].work};
        cJSON_AddItemToArray(path, cJSON_CreateIntArray(point, 3));
    }
    json_add(args, "path", path);
}

static void add_time(cJSON *args, const char *key, int64_t utc_us) {
    char text[TIME_TEXT_MAX];
    time_format(text, utc_us);
    json_add_text(args, key, text);
}

struct number {
    const char *key;
    int64_t value;
};

static void add_numbers(cJSON *args, const struct number *numbers, size_t count) {
    for (size_t i = 0; i < count; i++)
        json_add_integer(args, numbers[i].key, numbers[i].value);
}

// What was counted on the line. The file of a job that the machine ran from its card never passed here: it has none of these,
// rather than the hash of nothing.
static void add_meter(cJSON *args, const struct job_facts *f) {
    const struct meter_result *m = &f->meter;
    const struct number numbers[] = {{"lines", (int64_t)m->lines},
                                     {"bytes", (int64_t)m->bytes},
                                     {"rapid_um", m->rapid_um},
                                     {"feed_um", m->feed_um},
                                     {"work_um", m->work_um},
                                     {"work_us", (int64_t)m->work_us},
                                     {"arcs", m->arcs}};
    char sha256[65];
    for (size_t i = 0; i < sizeof f->sha256; i++)
        snprintf(sha256 + 2 * i, 3, "%02x", f->sha256[i]);
    json_add_text(args, "sha256", sha256);
    add_numbers(args, numbers, sizeof numbers / sizeof *numbers);
    if (m->has_s) {
        json_add_integer(args, "s_min_milli", m->s_min_milli);
        json_add_integer(args, "s_max_milli", m->s_max_milli);
    }
    add_box(args, "box", m->has_box, m->box_min_um, m->box_max_um);
    add_box(args, "work_box", m->has_work_box, m->work_box_min_um, m->work_box_max_um);
}

void job_facts_complete(struct request *request) {
    const struct job_facts *f = request->facts;
    cJSON *args = request->args;
    const struct number numbers[] = {
        {"errors", f->errors}, {"pauses", f->pauses}, {"overrides", f->overrides}, {"replaced", f->replaced}};
    json_add_text(args, "reason", f->reason);
    add_time(args, "started", f->started_us);
    add_time(args, "ended", f->ended_us);
    if (f->meter.bytes > 0)
        add_meter(args, f);
    add_numbers(args, numbers, sizeof numbers / sizeof *numbers);
    add_path(args, f);
}
