// cli_door: the way to the ledger. See cli_door.h.
#include "cli_door.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_http.h" // cli_http_connect
#include "json.h"     // json_parse, json_print
#include "ops.h"      // trace_run
#include "timefmt.h"  // time_now_us

struct cli_door {
    struct ledger *ledger;
    enum ledger_mode mode;
};

// "cli:kim": who the ledger says has asked.
static void actor(char *out, size_t room) {
    const struct passwd *user = getpwuid(getuid());
    if (user != NULL)
        snprintf(out, room, "cli:%s", user->pw_name);
    else
        snprintf(out, room, "cli:%u", (unsigned)getuid());
}

static int no_daemon(const struct cli_call *call, const char *what, struct lg_error *error) {
    char hint[sizeof error->what_to_do];
    if (call->data != NULL)
        snprintf(hint, sizeof hint, "Start it: lotgate serve --data %.200s", call->data);
    else if (call->config != NULL)
        snprintf(hint, sizeof hint, "Start it: lotgate serve -c %.200s", call->config);
    else
        snprintf(hint, sizeof hint, "Start it: lotgate serve (or: systemctl start lotgate).");
    lg_fail(error, "no_daemon", hint, "%s, and none runs on %.300s.", what, call->paths.data);
    return CLI_NO_DAEMON;
}

static int not_allowed(const struct cli_call *call, struct lg_error *error) {
    lg_fail(error, "no_daemon", "Run the command as the user that the daemon runs as (sudo -u lotgate …).",
            "A daemon runs on %.300s, but you may not talk to it.", call->paths.data);
    return CLI_NO_DAEMON;
}

bool cli_daemon_runs(const struct cli_call *call) {
    int fd = cli_http_connect(call->paths.data, CLI_SOCKET_NAME);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int cli_daemon_connect(const struct cli_call *call, struct lg_error *error) {
    int fd = cli_http_connect(call->paths.data, CLI_SOCKET_NAME);
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        not_allowed(call, error);
    else if (fd < 0)
        no_daemon(call, "This needs the daemon", error);
    return fd;
}

// Turns {"error":{...}} into *error.
static int refused(int http, const cJSON *answer, struct lg_error *error) {
    const cJSON *shape = json_get(answer, "error");
    const char *code = json_text(shape, "code"), *message = json_text(shape, "message");
    const char *hint = json_text(shape, "what_to_do");
    if (code == NULL || message == NULL) {
        lg_fail(error, "bad_answer", "Is the lotgate that runs of another version? Restart it.",
                "The daemon answered with status %d and no reason.", http);
        return CLI_NO_DAEMON;
    }
    lg_fail(error, code, hint != NULL ? hint : "", "%s", message);
    return strcmp(code, "bad_argument") == 0 ? CLI_USAGE : CLI_REFUSED;
}

static int ask_daemon(int fd, const char *op, const cJSON *args, cJSON **answer, struct lg_error *error) {
    char target[128], who[64], headers[160];
    snprintf(target, sizeof target, "/api/v1/op/%s", op);
    actor(who, sizeof who);
    snprintf(headers, sizeof headers,
             "Accept: application/json\r\nConnection: close\r\nX-Lotgate-Actor: %s\r\n", who);
    int64_t deadline = time_monotonic_us() + CLI_HTTP_DEADLINE_US;
    char *text = json_print(args), *body = NULL;
    int http = 0;
    size_t length = 0;
    bool ok = cli_http_send(fd, "POST", target, headers, text, deadline, error) &&
              cli_http_receive(fd, &http, &body, &length, deadline, error);
    free(text);
    if (!ok)
        return CLI_NO_DAEMON;
    struct lg_error why = {0};
    cJSON *value = json_parse(body, length, false, &why);
    free(body);
    if (value == NULL) {
        lg_fail(error, "bad_answer", "Is the lotgate that runs of another version? Restart it.",
                "The daemon's answer (status %d) is no JSON: %s", http, why.message);
        return CLI_NO_DAEMON;
    }
    if (http >= 200 && http < 300) {
        *answer = value;
        return CLI_DONE;
    }
    int status = refused(http, value, error);
    cJSON_Delete(value);
    return status;
}

static bool ledger_exists(const struct cli_call *call) {
    char path[PATH_MAX];
    struct stat s;
    return cli_paths_join(path, sizeof path, call->paths.data, "ledger.db") &&
           (stat(path, &s) == 0 || errno == EACCES);
}

struct ledger *cli_ledger(struct cli_call *call, enum ledger_mode mode, int *status, struct lg_error *error) {
    *status = CLI_REFUSED;
    if (call->door == NULL)
        call->door = calloc(1, sizeof *call->door);
    lg_assert(call->door != NULL);
    struct cli_door *door = call->door;
    if (door->ledger != NULL && (door->mode == mode || door->mode == LEDGER_WRITER))
        return door->ledger;
    ledger_close(door->ledger);
    door->ledger = NULL;
    if (mode == LEDGER_READER && !ledger_exists(call)) {
        lg_fail(error, "no_ledger",
                "Name the right directory with --data DIR, or start with `lotgate supplier add`.",
                "There is no ledger in %.400s yet.", call->paths.data);
        return NULL;
    }
    if (mode == LEDGER_WRITER)
        cli_paths_make_parents(&call->paths);
    struct ledger_options options = {
        .directory = call->paths.data, .site = call->paths.site, .mode = mode, .brief = true};
    door->mode = mode;
    if (!ledger_open(&door->ledger, &options, error))
        return NULL;
    return door->ledger;
}

// Opens the ledger in this process, or finds that a daemon has come up meanwhile (*fd >= 0).
static struct ledger *open_here(struct cli_call *call, bool writes, int *fd, int *status,
                                struct lg_error *error) {
    int64_t give_up = time_monotonic_us() + CLI_BUSY_WAIT_US;
    for (;;) {
        struct ledger *ledger = cli_ledger(call, writes ? LEDGER_WRITER : LEDGER_READER, status, error);
        if (ledger != NULL || strcmp(error->code, "ledger_busy") != 0)
            return ledger;
        *fd = cli_http_connect(call->paths.data, CLI_SOCKET_NAME);
        if (*fd >= 0)
            return NULL;
        if (time_monotonic_us() > give_up) {
            *status = CLI_NO_DAEMON;
            lg_fail(error, "no_daemon",
                    "Wait until it has ended (a daemon that starts or stops, another command).",
                    "Another process holds the ledger in %.300s and does not answer at its socket.",
                    call->paths.data);
            return NULL;
        }
        poll(NULL, 0, 20); // the holder tells nobody when it lets go: look again
    }
}

static int ask_here(struct cli_call *call, const struct trace_op *op, const cJSON *args, cJSON **answer,
                    struct lg_error *error) {
    int status = CLI_REFUSED, fd = -1;
    struct ledger *ledger = open_here(call, op->writes, &fd, &status, error);
    if (fd >= 0) {
        status = ask_daemon(fd, op->name, args, answer, error);
        close(fd);
        return status;
    }
    if (ledger == NULL)
        return status;
    char who[64];
    actor(who, sizeof who);
    struct trace_context context = {who, time_now_us()};
    if (trace_run(ledger, op->name, &context, args, answer, error))
        return CLI_DONE;
    return strcmp(error->code, "bad_argument") == 0 ? CLI_USAGE : CLI_REFUSED;
}

int cli_ask(struct cli_call *call, const char *op, cJSON *args, cJSON **answer, struct lg_error *error) {
    *answer = NULL;
    int status, fd = cli_http_connect(call->paths.data, CLI_SOCKET_NAME);
    const struct trace_op *known = trace_op_find(op);
    if (fd >= 0) {
        status = ask_daemon(fd, op, args, answer, error);
        close(fd);
    } else if (errno == EACCES || errno == EPERM) {
        status = not_allowed(call, error);
    } else if (known == NULL) {
        status = no_daemon(call, "Machines are driven by the daemon", error);
    } else {
        status = ask_here(call, known, args, answer, error);
    }
    cJSON_Delete(args);
    return status;
}

void cli_door_close(struct cli_call *call) {
    if (call->door == NULL)
        return;
    ledger_close(call->door->ledger);
    free(call->door);
    call->door = NULL;
}
