// ledger_reads: how long questions take on a reading connection of this process.
//
//   ledger_reads DIRECTORY < questions
//
// A question is a line: a label, the operation and its arguments as JSON, with tabs between. Prints one line of JSON: for each
// label, in the order in which they came, how many were asked, and p50, p99 and the most in microseconds.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ops.h"
#include "timefmt.h" // time_monotonic_us

#define LABELS_MAX 200
#define LINE_MAX   4096

struct times {
    char label[64];
    int64_t *us;
    size_t count, room;
};

static struct times *times_of(struct times *all, size_t *count, const char *label) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(all[i].label, label) == 0)
            return &all[i];
    if (*count == LABELS_MAX)
        return NULL;
    snprintf(all[*count].label, sizeof all->label, "%s", label);
    return &all[(*count)++];
}

static void add(struct times *times, int64_t us) {
    if (times->count == times->room) {
        times->room = 2 * times->room + 16;
        times->us = realloc(times->us, times->room * sizeof *times->us);
        lg_assert(times->us);
    }
    times->us[times->count++] = us;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool ask(struct ledger *ledger, struct times *all, size_t *count, char *line) {
    char *label = strtok(line, "\t"), *op = strtok(NULL, "\t"), *text = strtok(NULL, "\n");
    struct times *times = text ? times_of(all, count, label) : NULL;
    struct lg_error error = {0};
    cJSON *args = times ? json_parse(text, strlen(text), false, &error) : NULL, *answer = NULL;
    struct trace_context context = {"bench", time_now_us()};
    if (!args)
        return false;
    int64_t began = time_monotonic_us();
    bool ok = trace_run(ledger, op, &context, args, &answer, &error);
    add(times, time_monotonic_us() - began);
    cJSON_Delete(answer);
    cJSON_Delete(args);
    if (!ok)
        fprintf(stderr, "ledger_reads: %s: %s\n", op, error.message);
    return ok;
}

int main(int argc, char **argv) {
    static struct times all[LABELS_MAX];
    static char line[LINE_MAX];
    size_t count = 0;
    struct ledger *ledger;
    struct lg_error error = {0};
    struct ledger_options options = {.directory = argc == 2 ? argv[1] : "", .mode = LEDGER_READER};
    if (!ledger_open(&ledger, &options, &error)) {
        fprintf(stderr, "ledger_reads: %s\n", error.message);
        return 1;
    }
    while (fgets(line, sizeof line, stdin))
        if (!ask(ledger, all, &count, line))
            return 1;
    ledger_close(ledger);
    for (size_t i = 0; i < count; i++) {
        struct times *t = &all[i];
        qsort(t->us, t->count, sizeof *t->us, ascending);
        printf("%s\"%s\": [%zu, %" PRId64 ", %" PRId64 ", %" PRId64 "]", i ? ", " : "{", t->label, t->count,
               t->us[t->count / 2], t->us[(t->count * 99 - 1) / 100], t->us[t->count - 1]);
        free(t->us);
    }
    puts("}");
    return 0;
}
