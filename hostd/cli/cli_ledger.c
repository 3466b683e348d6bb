// ledger: the chain of events itself.
#include "ledger.h"

#include "cli_args.h" // cli_args_object
#include "cli_door.h" // cli_ledger
#include "cli_groups.h"
#include "cli_output.h"
#include "json.h"

static double per_second(int64_t events, int64_t elapsed_us) {
    return elapsed_us > 0 ? (double)events * 1e6 / (double)elapsed_us : 0;
}

static void tell_json(const struct ledger_verdict *verdict) {
    cJSON *answer = cJSON_CreateObject();
    lg_assert(answer != NULL);
    json_add(answer, "ok", cJSON_CreateBool(verdict->ok));
    json_add_integer(answer, "events", verdict->events);
    json_add_integer(answer, "checkpoints", verdict->checkpoints);
    json_add_text(answer, "head", verdict->head);
    json_add_integer(answer, "documents", verdict->documents);
    json_add_integer(answer, "documents_unchecked", verdict->unchecked);
    json_add_integer(answer, "elapsed_us", verdict->elapsed_us);
    json_add_integer(answer, "events_per_second", (int64_t)per_second(verdict->events, verdict->elapsed_us));
    json_add_integer(answer, "chain_us", verdict->chain_us);
    json_add_integer(answer, "chain_events_per_second",
                     (int64_t)per_second(verdict->events, verdict->chain_us));
    if (!verdict->ok) {
        json_add_integer(answer, "first_bad", verdict->first_bad);
        json_add_text(answer, "finding", verdict->finding);
    }
    cli_print_json(answer);
    cJSON_Delete(answer);
}

static void tell_documents(const struct ledger_verdict *verdict) {
    if (verdict->documents > 0)
        printf("documents    %lld\n", (long long)verdict->documents);
    if (verdict->unchecked > 0)
        printf("documents    %lld not looked at: no folder of documents lies beside this copy\n",
               (long long)verdict->unchecked);
}

static int verify(struct cli_call *call) {
    struct lg_error error = {0};
    struct ledger_verdict verdict = {0};
    int status = CLI_REFUSED;
    struct ledger *ledger = cli_ledger(call, LEDGER_READER, &status, &error);
    bool chain = cli_flag(call, "chain");
    if (ledger == NULL || !(chain ? ledger_verify_chain
                                  : ledger_verify)(ledger, cli_given(call, "public-key"), &verdict, &error))
        return cli_fail(status, &error);
    if (call->json) {
        tell_json(&verdict);
    } else {
        printf("events       %lld (%.0f per second; chain and signatures alone %.0f)\ncheckpoints  %lld\n"
               "head         %s\n",
               (long long)verdict.events, per_second(verdict.events, verdict.elapsed_us),
               per_second(verdict.events, verdict.chain_us), (long long)verdict.checkpoints, verdict.head);
        tell_documents(&verdict);
        if (verdict.ok && chain)
            puts("The chain and the signatures are right; the tables were not looked at.");
        else if (verdict.ok)
            printf("The chain, the signatures%s are right.\n",
                   verdict.documents > 0 ? ", the tables and the stored documents" : " and the tables");
    }
    if (verdict.ok)
        return CLI_DONE;
    lg_fail(&error, "ledger_bad", "Keep this file as it is, and compare it with a backup.",
            "The ledger is not right: %s", verdict.finding);
    return cli_fail(CLI_REFUSED, &error);
}

static int rebuild(struct cli_call *call) {
    struct lg_error error = {0};
    int status = CLI_REFUSED;
    int64_t events = 0;
    if (cli_daemon_runs(call)) {
        lg_fail(&error, "ledger_busy", "Stop it first: systemctl stop lotgate.",
                "The tables can't be made anew while the daemon writes to them.");
        return cli_fail(CLI_REFUSED, &error);
    }
    struct ledger *ledger = cli_ledger(call, LEDGER_WRITER, &status, &error);
    if (ledger == NULL || !ledger_expect_much(ledger, &error) || !ledger_rebuild(ledger, &events, &error))
        return cli_fail(status, &error);
    if (call->json)
        printf("{\"events\": %lld}\n", (long long)events);
    else
        printf("The tables are made anew from %lld events.\n", (long long)events);
    return CLI_DONE;
}

static int backup(struct cli_call *call) {
    struct lg_error error = {0};
    int status = CLI_REFUSED;
    struct ledger *ledger = cli_ledger(call, LEDGER_READER, &status, &error);
    if (ledger == NULL || !ledger_backup(ledger, call->words[0], &error))
        return cli_fail(status, &error);
    if (!call->json)
        printf(
            "The ledger is copied to %s. Its documents and keys lie beside it: copy %s/documents, ledger.pub and "
            "ledger.key as well. Without ledger.key nothing can be added to it; keep that where nobody else can read it.\n",
            call->words[0], call->paths.data);
    return CLI_DONE;
}

static int export_events(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    return cli_ask_pages(call, args, LONG_MAX - 1, cli_print_lines, NULL, NULL);
}

static const struct cli_word file_word[] = {{.name = "FILE", .kind = CLI_FILE, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option verify_options[] = {
    {.name = "public-key",
     .value = "HEX",
     .help = "the key to check signatures with (default: ledger.pub beside it)"},
    {.name = "chain", .help = "only the chain and the signatures: much faster"},
    {0}};
static const struct cli_option export_options[] = {
    {.name = "after",
     .value = "SEQ",
     .help = "only the events after this number",
     .argument = "after",
     .flags = CLI_INTEGER},
    {.name = "kind", .value = "KIND", .help = "only events of this kind: lot.released", .argument = "kind"},
    {0}};

static const struct cli_option event_options[] = {
    {.name = "kind", .value = "KIND", .help = "of this kind alone: lot.released", .argument = "kind"},
    CLI_LIST("seq"),
    {0}};

const struct cli_command cli_ledger_commands[] = {
    {.verb = "verify",
     .summary = "Check the chain, the signatures, the tables and the stored documents",
     .options = verify_options,
     .details =
         "Exit status 1, with the first bad event, when something is wrong. Works while the daemon runs, and on "
         "a copy on another machine.",
     .run = verify},
    {.verb = "rebuild",
     .summary = "Make the tables anew from the events; the daemon must be stopped",
     .run = rebuild},
    {.verb = "events",
     .summary = "List the events, in order",
     .options = event_options,
     .op = "event.list",
     .run = cli_run_list},
    {.verb = "export",
     .summary = "Write the events to standard output, one JSON object a line",
     .options = export_options,
     .op = "event.list",
     .run = export_events,
     .flags = CLI_NO_CSV},
    {.verb = "checkpoint",
     .summary = "Sign the head of the chain",
     .op = "ledger.checkpoint",
     .done = "Event {seq} is signed: {hash}",
     .run = cli_run_act},
    {.verb = "backup",
     .summary = "Copy the ledger, consistently, while everything runs",
     .words = file_word,
     .run = backup},
    {0}};
