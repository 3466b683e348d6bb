#include "daemon.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli.h"       // exit status
#include "cli_door.h"  // CLI_BUSY_WAIT_US
#include "cli_http.h"  // cli_http_connect
#include "cli_paths.h" // cli_paths_find
#include "commands.h"
#include "document_store.h" // document_store_sweep
#include "json.h"           // json_text
#include "ledger.h"
#include "ops.h"     // trace_run
#include "timefmt.h" // time_now_us

#define STOP_SECONDS_MAX 10 // for the ends of jobs to become durable
#define LOOK_AGAIN_MS    5  // for the ledger to be let go

struct options {
    const char *config, *data, *listen;
    bool simulate;
};

void daemon_log(const struct daemon *d, const char *format, ...) {
    va_list list;
    char text[1024];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "lotgate: %s\n", text);
}

static int complain(const struct lg_error *error, int status) {
    fprintf(stderr, "lotgate: %s\n", error->message);
    if (error->what_to_do[0] != '\0')
        fprintf(stderr, "  %s\n", error->what_to_do);
    return status;
}

struct station *daemon_find(const struct daemon *d, const char *machine) {
    const struct wire_machine *m = wire_find(d->wire, machine);
    return m != NULL ? wire_owner(m) : NULL;
}

void daemon_wake(struct daemon *d) {
    uv_async_send(&d->wake);
}

// --- threads

static bool is_among(const char *op, const char *const ops[]) {
    while (*ops != NULL && strcmp(*ops, op) != 0)
        ops++;
    return *ops != NULL;
}

// Acts after which a machine that is armed with the lot must not start: the loop is told which lots.
static bool stops_lots(const char *op) {
    static const char *const ops[] = {"lot.quarantine", "lot.reject", "recall.open", NULL};
    return is_among(op, ops);
}

// Acts that may leave nothing of a lot, show that its numbers differ, or take away its mark, its certificate or its
// operator's training: the loop has what is declared looked at again.
static bool casts_doubt(const char *op) {
    static const char *const ops[] = {"lot.inspect",     "lot.scrap",       "lot.adjust",     "lot.count",
                                      "lot.correct",     "lot.split",       "lot.merge",      "lot.mark_lost",
                                      "document.attach", "procedure.issue", "correction.add", NULL};
    return is_among(op, ops);
}

static void tell_loop(struct daemon *d, const char *op, cJSON *args) {
    struct request *told = request_create(op, "lotgate", args, request_free, NULL);
    if (told != NULL && !mailbox_put(d->asked, told))
        request_free(told);
}

// If the mailbox is full the machine stays armed, and its start is refused by the ledger.
static void tell_stopped(struct daemon *d, const struct request *request) {
    const cJSON *lots = json_get(request->answer, "lots");
    cJSON *args = cJSON_CreateObject();
    if (lots != NULL) {
        const char *kind = json_text(request->answer, "kind");
        json_add(args, "lots",
                 kind != NULL && strcmp(kind, "mock") == 0 ? cJSON_CreateArray()
                                                           : cJSON_Duplicate(lots, true));
    } else {
        json_add(args, "lots", cJSON_CreateArray());
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(args, "lots"),
                             cJSON_CreateString(json_text(request->args, "lot")));
    }
    json_add_text(args, "op", request->op);
    tell_loop(d, "lots.stopped", args);
}

// On the ledger thread: everything that writes comes through here.
static void run_request(struct ledger *ledger, struct request *request) {
    const struct trace_context context = {request->actor, time_now_us()};
    if (hook_run(request))
        return;
    request_complete(request);
    request->ok = trace_run(ledger, request->op, &context, request->args, &request->answer, &request->error);
    if (request->ok && request->passage != NULL && casts_doubt(request->op))
        tell_loop(request->passage, "lots.doubtful", NULL);
    else if (request->ok && request->passage != NULL)
        tell_stopped(request->passage, request);
    request_worked(request);
}

// On the HTTP thread.
static bool submit(void *context, struct request *request) {
    struct daemon *d = context;
    request->passage = stops_lots(request->op) || casts_doubt(request->op) ? d : NULL;
    return live_takes(request->op) ? mailbox_put(d->asked, request) : ledger_writer_put(d->writer, request);
}

static void wake_from_mailbox(void *context) {
    daemon_wake(context);
}

// --- stopping

static void notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET"); // systemd's
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(fd);
}

static bool all_written(const struct daemon *d) {
    for (size_t i = 0; i < d->station_count; i++)
        if (!station_idle(&d->stations[i]))
            return false;
    return true;
}

static void stop_when_written(struct daemon *d) {
    if (d->stopping && (d->forced || all_written(d) || d->stopping_seconds > STOP_SECONDS_MAX))
        wire_stop(d->wire);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct daemon *d = handle->data;
    d->forced = d->stopping;
    if (!d->stopping) {
        d->stopping = true;
        daemon_log(d, "stopping");
        notify("STOPPING=1");
        for (size_t i = 0; i < d->station_count; i++) {
            struct station *s = &d->stations[i];
            gate_shutdown(wire_gate(s->machine), time_monotonic_us());
            station_withdraw(s, "lotgate was stopped", NULL, NULL);
        }
    }
    stop_when_written(d);
}

// --- the loop

static void on_wake(uv_async_t *async) {
    struct daemon *d = async->data;
    for (struct request *request; (request = mailbox_take(d->asked)) != NULL;)
        live_answer(d, request);
    for (struct request *request; (request = mailbox_take(d->answers)) != NULL;) {
        station_answered(request->owner, request);
        request_free(request);
    }
    for (size_t i = 0; i < d->station_count; i++) {
        station_pump(&d->stations[i]);
        view_flush(&d->stations[i]);
    }
    stop_when_written(d);
}

static void on_second(struct alarm *alarm, int64_t now) {
    struct daemon *d = alarm->owner;
    alarm_set(alarm, now + DAEMON_RETRY_US);
    d->stopping_seconds += d->stopping;
    for (size_t i = 0; i < d->station_count; i++) {
        struct station *s = &d->stations[i];
        int64_t armed_us = s->config.armed_seconds * 1000000;
        if (armed_us > 0 && s->declaration[0] != '\0' && !s->job_started && now - s->declared_us > armed_us)
            station_withdraw(s, "the time it may stay declared has passed", NULL, NULL);
        station_pump(s); // what could not be written is tried again
    }
    stop_when_written(d);
}

static void start_handles(struct daemon *d) {
    uv_loop_t *loop = wire_loop(d->wire);
    uv_async_init(loop, &d->wake, on_wake);
    int rc = alarm_open(&d->every_second, loop, on_second, d);
    lg_assert(rc == 0); // only at start
    uv_signal_init(loop, &d->interrupt);
    uv_signal_init(loop, &d->terminate);
    d->wake.data = d->interrupt.data = d->terminate.data = d;
    alarm_set(&d->every_second, time_monotonic_us() + DAEMON_RETRY_US);
    uv_signal_start(&d->interrupt, on_signal, SIGINT);
    uv_signal_start(&d->terminate, on_signal, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static void close_handles(struct daemon *d) {
    uv_close((uv_handle_t *)&d->wake, NULL);
    alarm_close(&d->every_second);
    uv_close((uv_handle_t *)&d->interrupt, NULL);
    uv_close((uv_handle_t *)&d->terminate, NULL);
}

// --- start and end

static bool read_options(struct options *options, int argc, char **argv) {
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"simulate", no_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "c:", known, NULL)) != -1;) {
        if (c == 'c')
            options->config = optarg;
        else if (c == 'd')
            options->data = optarg;
        else if (c == 'l')
            options->listen = optarg;
        else if (c == 's')
            options->simulate = true;
        else
            return false;
    }
    return optind == argc;
}

// The configuration, and with it the data directory. Returns CLI_DONE or an exit status, having told why.
static int read_config(struct daemon *d, const struct options *options, struct cli_paths *paths) {
    struct lg_error error;
    struct config_report *report = calloc(1, sizeof *report);
    lg_assert(report != NULL);
    int status = CLI_DONE;
    config_default(&d->config);
    if (options->config != NULL && !config_load(&d->config, options->config, report))
        status = CLI_USAGE;
    else if (!cli_paths_find(paths, options->config, options->data, &error))
        status = complain(&error, CLI_USAGE);
    else if (options->config == NULL && paths->config[0] != '\0' &&
             !config_load(&d->config, paths->config, report))
        status = CLI_USAGE;
    if (status == CLI_USAGE && report->mistakes > 0)
        fprintf(stderr, "%s\n  %s\n", report->text,
                report->unread
                    ? "Name the configuration with -c FILE, or leave -c out: without one, lotgate takes the "
                      "machines that are connected."
                    : "Mend that and start lotgate again; `man lotgate.json` tells of every key.");
    if (options->listen != NULL)
        snprintf(d->config.listen, sizeof d->config.listen, "%s", options->listen);
    free(report);
    return status;
}

// "Written by process N" is all that the ledger can say; where a daemon answers, a second one was started by mistake.
static bool another_runs(const struct cli_paths *paths, struct lg_error *error) {
    int fd = cli_http_connect(paths->data, CLI_SOCKET_NAME);
    if (fd < 0)
        return false;
    close(fd);
    lg_fail(
        error, "already_running",
        "Use the one that runs, or stop it first (Ctrl-C where it was started, or systemctl stop lotgate); a second "
        "one needs a --data and a --listen of its own.",
        "lotgate already runs on %.400s.", paths->data);
    return true;
}

// A command may hold the ledger for a moment; the daemon lets it end, as commands do among themselves.
static bool open_ledger(struct daemon *d, const struct cli_paths *paths, struct ledger **ledger,
                        struct lg_error *error) {
    const struct ledger_options options = {
        .directory = paths->data, .site = d->config.site, .mode = LEDGER_WRITER};
    int64_t give_up = time_monotonic_us() + CLI_BUSY_WAIT_US;
    while (!ledger_open(ledger, &options, error)) {
        if (strcmp(error->code, "ledger_busy") != 0 || another_runs(paths, error) ||
            time_monotonic_us() > give_up)
            return false;
        poll(NULL, 0, LOOK_AGAIN_MS); // the holder tells nobody when it lets go
    }
    return true;
}

// Opens the ledger, ends what a crash left open and registers the machines, before any other thread is there.
static bool start_ledger(struct daemon *d, const struct cli_paths *paths, struct lg_error *error) {
    struct ledger *ledger;
    cli_paths_make_parents(paths);
    if (!open_ledger(d, paths, &ledger, error))
        return false;
    document_store_sweep(paths->data); // what a kill left of uploads
    if (!setup_ledger(d, ledger, error)) {
        ledger_close(ledger);
        return false;
    }
    d->writer = ledger_writer_start(ledger, run_request);
    if (d->writer != NULL)
        return true;
    ledger_close(ledger);
    return lg_fail(error, "ledger_unavailable", "", "The ledger's thread cannot be started.");
}

static bool start_serve(struct daemon *d, const struct cli_paths *paths, struct lg_error *error) {
    char socket_path[PATH_MAX];
    if (!cli_paths_join(socket_path, sizeof socket_path, paths->data, CLI_SOCKET_NAME))
        return lg_fail(error, "bad_path", "Use a shorter --data.", "The data directory's name is too long.");
    const struct serve_options options = {.listen = d->config.listen,
                                          .socket_path = socket_path,
                                          .data = paths->data,
                                          .address = d->config.address,
                                          .backend = {d, submit}};
    d->serve = serve_start(&options, error);
    return d->serve != NULL;
}

static void say_where(const struct daemon *d, const struct cli_paths *paths) {
    const char *colon = strrchr(d->config.listen, ':');
    printf("lotgate " LOTGATE_VERSION ", data in %s\n", paths->data);
    printf("panel     http://%.*s:%d/\n", (int)(colon - d->config.listen), d->config.listen,
           serve_port(d->serve));
    for (size_t i = 0; i < d->station_count; i++) {
        struct wire_look look;
        wire_look(d->stations[i].machine, &look);
        printf("%-9s %s on %s; senders connect to\n", look.id, d->stations[i].config.board, look.device);
        for (size_t k = 0; k < look.tcp_count; k++)
            printf("%9s   TCP %s\n", "", look.tcp[k]);
        if (look.pty != NULL)
            printf("%9s   %s\n", "", look.pty);
    }
    if (isatty(STDOUT_FILENO))
        printf("Ctrl-C ends it.\n");
    fflush(stdout);
}

static void request_done_here(struct request *request) {
    request_free(request);
}

static void stop_threads(struct daemon *d) {
    struct lg_error error;
    lg_fail(&error, "stopping", "Start lotgate again.", "lotgate is stopping.");
    if (d->serve != NULL)
        serve_stop(d->serve);
    d->serve = NULL;
    if (d->writer != NULL) {
        struct request *last = request_create("host.stop", "lotgate", NULL, request_done_here, NULL);
        if (last != NULL && !ledger_writer_put(d->writer, last))
            request_free(last);
        ledger_writer_stop(d->writer);
    }
    for (struct request *request; (request = mailbox_take(d->asked)) != NULL;) {
        request->ok = false;
        request->error = error;
        request->done(request);
    }
    for (struct request *request; (request = mailbox_take(d->answers)) != NULL;)
        request_free(request);
}

static int run(struct daemon *d, const struct options *options, const struct cli_paths *paths) {
    struct lg_error error;
    snprintf(d->data, sizeof d->data, "%s", paths->data);
    if (!setup_machines(d, paths->config[0] != '\0' || options->config != NULL, options->simulate, &error))
        return complain(&error, strcmp(error.code, "bad_config") == 0 ? CLI_USAGE : CLI_REFUSED);
    if (!start_ledger(d, paths, &error) || !setup_wire(d, paths->data, &error) ||
        !start_serve(d, paths, &error))
        return complain(&error, CLI_REFUSED);
    wire_start(d->wire);
    say_where(d, paths);
    notify("READY=1");
    setpriority(PRIO_PROCESS, 0, DAEMON_NICE); // this thread's alone; where it may not, lines take their turn
    wire_run(d->wire);
    return CLI_DONE;
}

int command_serve(int argc, char **argv) {
    struct options options = {0};
    struct cli_paths paths;
    if (!read_options(&options, argc, argv)) {
        fprintf(stderr, "usage: lotgate serve [-c FILE] [--data DIR] [--listen ADDRESS] [--simulate]\n");
        return CLI_USAGE;
    }
    struct daemon *d = calloc(1, sizeof *d);
    lg_assert(d != NULL);
    int status = read_config(d, &options, &paths);
    if (status != CLI_DONE) {
        free(d);
        return status;
    }
    const struct wire_events events = {d, facts_on_fact, facts_on_port, facts_on_sender};
    d->wire = wire_create(&events);
    d->answers = mailbox_create(wake_from_mailbox, d);
    d->asked = mailbox_create(wake_from_mailbox, d);
    lg_assert(d->wire != NULL && d->answers != NULL && d->asked != NULL);
    start_handles(d);
    status = run(d, &options, &paths);
    stop_threads(d);
    for (size_t i = 0; i < d->station_count; i++)
        station_free(&d->stations[i]);
    close_handles(d);
    wire_free(d->wire);
    mailbox_free(d->answers);
    mailbox_free(d->asked);
    free(d->stations);
    free(d);
    return status;
}
