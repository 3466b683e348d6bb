// send: a file to a machine, through its gate.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli_door.h" // cli_ask
#include "cli_groups.h"
#include "cli_live.h" // cli_machine_live
#include "cli_output.h"
#include "cli_sender.h"
#include "json.h"
#include "timefmt.h" // time_now_us

#define CLI_LOT_MAX 100 // bytes of a lot with its quantity

struct sending {
    struct cli_call *call;
    const char *machine;
};

// The gate ends a job without M2 by itself once the machine rests; closing earlier would make it "sender lost".
static bool job_over(void *context) {
    struct sending *sending = context;
    struct lg_error error = {0};
    cJSON *live = NULL;
    if (cli_machine_live(sending->call, sending->machine, &live, &error) != CLI_DONE)
        return true; // there is no gate any more: the result below tells
    const char *state = json_text(live, "state");
    bool over = state == NULL || (strcmp(state, "running") != 0 && strcmp(state, "held") != 0 &&
                                  !json_flag(live, "starting", false));
    cJSON_Delete(live);
    return over;
}

// Why a machine can't take a file now.
static bool ready(const cJSON *live, const char *machine, struct lg_error *error) {
    const char *state = json_text(live, "state"), *text = json_text(live, "text");
    const char *what_to_do = json_text(live, "what_to_do");
    if (state != NULL && (strcmp(state, "offline") == 0 || strcmp(state, "fault") == 0))
        return lg_fail(error, strcmp(state, "fault") == 0 ? "machine_fault" : "machine_offline",
                       what_to_do != NULL ? what_to_do : "", "%.60s is in state %s%s%.300s", machine, state,
                       text != NULL && text[0] != '\0' ? ": " : ".", text != NULL ? text : "");
    if (json_flag(live, "sender", false))
        return lg_fail(error, "sender_busy", "Close the other sender first.",
                       "Another sender is connected to %.60s.", machine);
    return true;
}

static int connect_to(const cJSON *live, const char *machine, struct lg_error *error) {
    const cJSON *tcp = json_get(live, "tcp"), *first = cJSON_GetArrayItem(tcp, 0);
    const char *pty = json_text(live, "pty");
    if (cJSON_IsString(first))
        return cli_sender_open_tcp(first->valuestring, error);
    if (pty != NULL)
        return cli_sender_open_pty(pty, error);
    lg_fail(error, "no_sender_port", "Give it a \"sender\" in lotgate.json.",
            "%.60s has no port for senders.", machine);
    return -1;
}

// Finds what became of the job: the newest of the machine, if it began after `since`.
static int tell_result(struct cli_call *call, const char *machine, int64_t since, bool ok) {
    struct lg_error error = {0};
    cJSON *args = cJSON_CreateObject(), *rows = NULL;
    json_add_text(args, "machine", machine);
    json_add_integer(args, "limit", 1);
    int status = cli_ask(call, "job.list", args, &rows, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    char began[TIME_TEXT_MAX];
    time_format(began, since);
    const cJSON *job = cJSON_GetArrayItem(rows, 0);
    const char *at = json_text(job, "ended"), *state = json_text(job, "state");
    bool ours = at != NULL && strcmp(at, began) >= 0;
    if (ours && call->json)
        cli_print_json(job);
    else if (ours)
        cli_print_done(
            stdout, json_text(job, "record") != NULL ? "{job}: {state}, record {record}." : "{job}: {state}.",
            job);
    else if (ok)
        puts("Sent. There was no work in it, so there is no job.");
    ok = ok &&
         (!ours || (state != NULL && (strcmp(state, "completed") == 0 || strcmp(state, "dry_run") == 0)));
    cJSON_Delete(rows);
    return ok ? CLI_DONE : CLI_REFUSED;
}

static int catch_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    sigaddset(&set, SIGPIPE); // a connection that is gone is told by write
    sigprocmask(SIG_BLOCK, &set, NULL);
    return fd;
}

// What follows $LOT= is one line: nothing else may be smuggled into it.
static bool fit_lot(const char *lot, struct lg_error *error) {
    bool fit = lot == NULL || (lot[0] != '\0' && strlen(lot) < CLI_LOT_MAX);
    for (const char *c = lot; fit && c != NULL && *c != '\0'; c++)
        fit = *c > ' ' && *c < 0x7f && strchr("?!~", *c) == NULL;
    return fit || lg_fail(error, "usage", "Give it as in `lotgate lot list`: --lot ACR-1126-001=1sheet",
                          "What stands after --lot is no lot.");
}

static bool checked_file(const char *path, FILE **file, uint64_t *lines, struct lg_error *error) {
    *file = fopen(path, "re");
    if (*file == NULL)
        return lg_fail(error, "file_unreadable", "Check the name, and that you may read it.",
                       "%s can't be read: %s.", path, strerror(errno));
    if (cli_sender_check(*file, lines, error))
        return true;
    fclose(*file);
    return false;
}

static int send_file(struct cli_call *call) {
    struct lg_error error = {0};
    const char *machine = call->words[0];
    struct sending sending = {call, machine};
    struct cli_sender sender = {.machine = machine, .context = &sending, .job_over = job_over};
    sender.lot = cli_given(call, "lot");
    if (!fit_lot(sender.lot, &error))
        return cli_fail(CLI_USAGE, &error);
    if (!checked_file(call->words[1], &sender.file, &sender.total, &error))
        return cli_fail(CLI_REFUSED, &error);
    cJSON *live = NULL;
    int status = cli_machine_live(call, machine, &live, &error);
    if (status == CLI_DONE &&
        (!ready(live, machine, &error) || (sender.fd = connect_to(live, machine, &error)) < 0))
        status = CLI_REFUSED;
    cJSON_Delete(live);
    if (status != CLI_DONE) {
        fclose(sender.file);
        return cli_fail(status, &error);
    }
    sender.signals = catch_signals();
    sender.line_by_line = cli_flag(call, "line-by-line");
    sender.keep_going = cli_flag(call, "keep-going");
    sender.bar = isatty(STDERR_FILENO) && cli_wants_colour(stderr);
    int64_t since = time_now_us();
    bool ok = cli_sender_run(&sender);
    close(sender.fd);
    close(sender.signals);
    fclose(sender.file);
    return tell_result(call, machine, since, ok);
}

static const struct cli_word words[] = {{.name = "MACHINE", .kind = CLI_MACHINE, .flags = CLI_REQUIRED},
                                        {.name = "FILE", .kind = CLI_FILE, .flags = CLI_REQUIRED},
                                        {0}};
static const struct cli_option options[] = {
    {.name = "lot",
     .value = "LOT[=QTY]",
     .help = "declare this lot first, as the $LOT= line does",
     .kind = CLI_LOT},
    {.name = "line-by-line", .help = "wait for each line's answer instead of filling the machine's buffer"},
    {.name = "keep-going", .help = "go on when the machine refuses a line (it is counted)"},
    {0}};

const struct cli_command cli_send_commands[] = {
    {.summary = "Stream a G-code file to a machine through its gate, and wait for the job's end",
     .words = words,
     .options = options,
     .details =
         "The file's bytes are sent as they are, but for carriage returns, a byte order mark, lines of a lone `%' "
         "and comments with bytes that would act on the machine at once. A job without a declared lot waits until one is "
         "declared. Ctrl-C stops the machine with a reset; again, it leaves at once. Exit status 1 when the "
         "machine refused a line, raised an alarm, or the job was not completed.",
     .run = send_file},
    {0}};
