// seed_ledger: fills a ledger's directory with jobs, through the same operations that the daemon uses.
//
//   seed_ledger DIRECTORY JOBS [MACHINES]
//
// For benches of large ledgers. Many jobs share a transaction; that is the only difference from a shop's life.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h" // json_parse
#include "ops.h"  // trace_run_inside

#define JOBS_PER_TRANSACTION 100 // what fits the page cache
#define JOBS_PER_LOT         100
#define JOB_SECONDS          90
#define FIRST_US             INT64_C(1735689600000000) // 2025-01-01

struct seed {
    struct ledger *ledger;
    int64_t now_us;
    char lot[65];
};

_Noreturn static void die(const char *what, const struct lg_error *error) {
    fprintf(stderr, "seed_ledger: %s: %s: %s %s\n", what, error->code, error->message, error->what_to_do);
    exit(1);
}

__attribute__((format(printf, 3, 4))) static cJSON *act(struct seed *s, const char *op, const char *format,
                                                        ...) {
    struct trace_context context = {"seed", s->now_us};
    struct lg_error error;
    char text[1024];
    cJSON *answer;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cJSON *args = json_parse(text, strlen(text), false, &error);
    if (!args || !trace_run_inside(s->ledger, trace_op_find(op), &context, args, &answer, &error))
        die(op, &error);
    cJSON_Delete(args);
    return answer;
}

static void begin(struct seed *s) {
    struct lg_error error;
    if (!ledger_begin(s->ledger, &error))
        die("begin", &error);
}

static void commit(struct seed *s) {
    struct lg_error error;
    if (!ledger_commit(s->ledger, &error))
        die("commit", &error);
}

static void make_shop(struct seed *s, long machines) {
    cJSON_Delete(act(s, "supplier.add", "{\"supplier\":\"ACME\",\"name\":\"Acme Plastics\"}"));
    cJSON_Delete(act(s, "material.add", "{\"material\":\"ACR\",\"name\":\"Acrylic, cast, 3 mm\"}"));
    cJSON_Delete(act(s, "operator.add", "{\"operator\":\"OP1\",\"name\":\"Kim Lee\",\"badge\":\"4711\"}"));
    for (long i = 1; i <= machines; i++)
        cJSON_Delete(act(s, "machine.register",
                         "{\"machine\":\"laser%ld\",\"board\":\"generic-grbl-laser\",\"kind\":\"laser\"}",
                         i));
}

static void receive_lot(struct seed *s, long number) {
    cJSON *answer =
        act(s, "lot.receive",
            "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"S%ld\",\"quantity\":\"%dsheet\"}",
            number, JOBS_PER_LOT);
    snprintf(s->lot, sizeof s->lot, "%s", json_text(answer, "lot"));
    cJSON_Delete(answer);
    cJSON_Delete(act(s, "lot.release", "{\"lot\":\"%s\",\"by\":\"OP1\"}", s->lot));
}

static void run_job(struct seed *s, long number, long machines) {
    if (number % JOBS_PER_LOT == 0)
        receive_lot(s, number / JOBS_PER_LOT);
    long machine = number % machines + 1;
    cJSON *declared = act(
        s, "declaration.make",
        "{\"machine\":\"laser%ld\",\"lots\":[{\"lot\":\"%s\",\"quantity\":\"1sheet\"}],\"operator\":\"OP1\"}",
        machine, s->lot);
    cJSON *started = act(s, "job.start", "{\"machine\":\"laser%ld\",\"declaration\":\"%s\"}", machine,
                         json_text(declared, "declaration"));
    s->now_us += JOB_SECONDS * INT64_C(1000000);
    cJSON_Delete(act(s, "job.end",
                     "{\"job\":\"%s\",\"state\":\"completed\",\"reason\":\"M2\",\"lines\":%ld,\"bytes\":%ld,"
                     "\"sha256\":\"%064lx\",\"work_um\":%ld,\"work_us\":80000000,\"errors\":0,\"pauses\":0,"
                     "\"path\":[[0,0,0],[%ld,0,1],[%ld,5000,1]]}",
                     json_text(started, "job"), 100 + number % 900, 3000 + number % 50000, number, number * 7,
                     1000 + number % 97, 1000 + number % 97));
    cJSON_Delete(declared);
    cJSON_Delete(started);
}

int main(int argc, char **argv) {
    long jobs = argc > 2 ? atol(argv[2]) : 0, machines = argc > 3 ? atol(argv[3]) : 4;
    if (argc < 3 || jobs < 1 || machines < 1) {
        fprintf(stderr, "usage: seed_ledger DIRECTORY JOBS [MACHINES]\n");
        return 2;
    }
    struct ledger_options options = {.directory = argv[1], .mode = LEDGER_WRITER};
    struct seed seed = {.now_us = FIRST_US};
    struct lg_error error;
    if (!ledger_open(&seed.ledger, &options, &error))
        die(argv[1], &error);
    begin(&seed);
    make_shop(&seed, machines);
    for (long i = 0; i < jobs; i++) {
        run_job(&seed, i, machines);
        if (i % JOBS_PER_TRANSACTION == JOBS_PER_TRANSACTION - 1) {
            commit(&seed);
            begin(&seed);
        }
    }
    commit(&seed);
    ledger_close(seed.ledger);
    printf("%ld jobs\n", jobs);
    return 0;
}
