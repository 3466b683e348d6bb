// declare, cancel: what the next job of a machine is made of.
#include <stdlib.h>
#include <string.h>

#include "cli_args.h" // cli_args_object
#include "cli_door.h" // cli_ask
#include "cli_groups.h"
#include "cli_output.h"
#include "json.h"

// "ACR-1126-001=1sheet" -> {"lot": "ACR-1126-001", "quantity": "1sheet"}
static cJSON *lot_of(const char *text) {
    cJSON *lot = cJSON_CreateObject();
    lg_assert(lot != NULL);
    const char *equals = strchr(text, '=');
    char *name = strndup(text, equals != NULL ? (size_t)(equals - text) : strlen(text));
    lg_assert(name != NULL);
    json_add_text(lot, "lot", name);
    if (equals != NULL)
        json_add_text(lot, "quantity", equals + 1);
    free(name);
    return lot;
}

static int declare(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error), *answer = NULL;
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    cJSON *lots = cJSON_CreateArray();
    json_add(args, "lots", lots);
    for (size_t i = 1; i < call->word_count; i++)
        cJSON_AddItemToArray(lots, lot_of(call->words[i]));
    int status = cli_ask(call, "machine.declare", args, &answer, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json) {
        cli_print_json(answer);
    } else if (json_text(answer, "text") != NULL) {
        printf("%s: ", call->words[0]);
        cli_print_done(stdout, "{text} declared.", answer);
    } else {
        printf("%s: declared.\n", call->words[0]);
    }
    cJSON_Delete(answer);
    return CLI_DONE;
}

static const struct cli_word declare_words[] = {
    {.name = "MACHINE", .argument = "machine", .kind = CLI_MACHINE, .flags = CLI_REQUIRED},
    {.name = "LOT[=QTY]", .kind = CLI_LOTS, .flags = CLI_REQUIRED | CLI_REPEATS},
    {0}};
static const struct cli_option declare_options[] = {
    {.name = "operator",
     .value = "O",
     .help = "who works at the machine",
     .argument = "operator",
     .kind = CLI_OPERATOR},
    {.name = "order", .value = "ORD", .help = "the order that it is for", .argument = "order"},
    {.name = "product", .value = "P", .help = "what is made", .argument = "product"},
    {.name = "count", .value = "N", .help = "how many are made", .argument = "count", .flags = CLI_INTEGER},
    {.name = "record",
     .value = "MFG",
     .help = "go on with this record (default: each job opens one)",
     .argument = "record",
     .kind = CLI_RECORD},
    {0}};

const struct cli_command cli_declare_commands[] = {
    {.summary = "Declare the lots of a machine's next, or held, job",
     .words = declare_words,
     .details =
         "Without a declaration no job streams. Only released lots can be declared; the quantity is what the "
         "job takes from the lot.",
     .options = declare_options,
     .op = "machine.declare",
     .run = declare},
    {0}};

static const struct cli_word machine_word[] = {
    {.name = "MACHINE", .argument = "machine", .kind = CLI_MACHINE, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option cancel_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason"}, {0}};

static void tell_cancelled(const struct cli_call *call, const cJSON *answer) {
    (void)answer;
    printf("%s: the declaration is taken back.\n", call->words[0]);
}

static int cancel(struct cli_call *call) {
    return cli_run_and_tell(call, tell_cancelled);
}

const struct cli_command cli_cancel_commands[] = {
    {.summary = "Take a machine's declaration back",
     .words = machine_word,
     .options = cancel_options,
     .details = "A job that runs goes on; the next one needs a declaration again.",
     .op = "machine.cancel",
     .run = cancel},
    {0}};
