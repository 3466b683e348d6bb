// demo-data: a made-up shop in an empty data folder.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli_door.h" // cli_ledger
#include "cli_groups.h"
#include "cli_output.h"
#include "demo.h"
#include "timefmt.h" // time_monotonic_us

static void progress(void *context, int64_t jobs) {
    if (isatty(STDERR_FILENO) && jobs % 10000 == 0)
        fprintf(stderr, "\r%lld jobs ", (long long)jobs);
}

static bool number(const struct cli_call *call, const char *option, int64_t *value, struct lg_error *error) {
    const char *text = cli_given(call, option);
    char *end;
    if (!text)
        return true;
    long long n = strtoll(text, &end, 10);
    *value = n;
    return (end != text && !*end) ||
           lg_fail(error, "usage", "Give a whole number.", "--%s %s is no number.", option, text);
}

static int demo_data(struct cli_call *call) {
    struct demo_options options = {
        .machines = 3, .customers = 400, .jobs = 1000, .seed = 1, .progress = progress};
    struct lg_error error = {0};
    int64_t seed = 1;
    int status = CLI_DONE;
    if (!number(call, "machines", &options.machines, &error) ||
        !number(call, "customers", &options.customers, &error) ||
        !number(call, "jobs", &options.jobs, &error) || !number(call, "seed", &seed, &error))
        return cli_fail(CLI_USAGE, &error);
    options.seed = (uint64_t)seed;
    struct ledger *ledger = cli_ledger(call, LEDGER_WRITER, &status, &error);
    if (!ledger)
        return cli_fail(status, &error);
    int64_t began = time_monotonic_us(), events = 0;
    if (!demo_fill(ledger, &options, &error))
        return cli_fail(CLI_REFUSED, &error);
    cJSON *head = NULL;
    if (cli_ask(call, "ledger.head", cJSON_CreateObject(), &head, &error) == CLI_DONE) {
        const cJSON *seq = cJSON_GetObjectItemCaseSensitive(head, "seq");
        events = seq ? (int64_t)seq->valuedouble : 0;
        cJSON_Delete(head);
    }
    double seconds = (double)(time_monotonic_us() - began) / 1e6;
    printf("%lld jobs, %lld customers, %lld events in %.1f s (%.0f a second).\n"
           "Try: lotgate recall " DEMO_STORY_LOT "\n",
           (long long)options.jobs, (long long)options.customers, (long long)events, seconds,
           (double)events / seconds);
    return CLI_DONE;
}

static const struct cli_option options_table[] = {
    {.name = "machines", .value = "N", .help = "machines (3)", .flags = CLI_INTEGER},
    {.name = "customers", .value = "N", .help = "customers (400)", .flags = CLI_INTEGER},
    {.name = "jobs", .value = "N", .help = "jobs (1000)", .flags = CLI_INTEGER},
    {.name = "seed", .value = "N", .help = "another shop of that size (1)", .flags = CLI_INTEGER},
    {0}};

const struct cli_command cli_demo_commands[] = {
    {.summary = "Fill an empty data folder with a made-up shop",
     .details =
         "Everything goes through the same acts as a real shop's. One lot, " DEMO_STORY_LOT
         ", went into three records whose units went to 34 of the customers: `lotgate recall` finds them.",
     .options = options_table,
     .run = demo_data},
    {0}};
