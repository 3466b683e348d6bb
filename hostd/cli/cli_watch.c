// watch: the machines live, from the daemon's stream of events.
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_door.h" // cli_daemon_connect
#include "cli_groups.h"
#include "cli_http.h"
#include "cli_output.h"
#include "cli_sse.h"
#include "cli_table.h"
#include "cli_text.h"
#include "json.h"
#include "timefmt.h"

#define WATCH_MACHINES_MAX 64
#define WATCH_LINE_MAX     512
#define WATCH_RETRY_MS     500
#define WATCH_AWAY_US      30000000 // a daemon that restarts is waited for so long

struct watch {
    struct cli_call *call;
    const char *only; // one machine, or NULL
    bool screen, colour;
    size_t count, drawn; // machines known; lines on the screen
    struct {
        char name[64], state[24], line[WATCH_LINE_MAX];
        char key[WATCH_LINE_MAX]; // what must change for a new line where there is no screen
    } machines[WATCH_MACHINES_MAX];
    struct cli_http_reader http;
    struct cli_sse sse;
    int signals;
};

// --- one line per machine

static void add(char *line, size_t room, const char *lead, const char *text) {
    size_t n = strlen(line);
    if (text != NULL && text[0] != '\0' && n + 1 < room)
        snprintf(line + n, room - n, "%s%s", lead, text);
}

static void add_number(char *line, size_t room, const cJSON *object, const char *key, const char *format) {
    char text[48];
    const cJSON *n = json_get(object, key);
    if (!cJSON_IsNumber(n))
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, n->valuedouble);
#pragma GCC diagnostic pop
    add(line, room, "", text);
}

// What stays the same while a job runs on, then what changes with every report.
static void describe(const cJSON *machine, char key[WATCH_LINE_MAX], char line[WATCH_LINE_MAX]) {
    const cJSON *job = json_get(machine, "job"), *status = json_get(machine, "status");
    key[0] = '\0';
    add(key, WATCH_LINE_MAX, "  ", json_text(job, "job"));
    add(key, WATCH_LINE_MAX, "  ", json_text(json_get(machine, "declaration"), "text"));
    add(key, WATCH_LINE_MAX, "  ", json_text(machine, "text"));
    snprintf(line, WATCH_LINE_MAX, "%s", key);
    add_number(line, WATCH_LINE_MAX, job, "lines", "  %.0f lines");
    add_number(line, WATCH_LINE_MAX, job, "work_mm", "  %.0f mm");
    add(line, WATCH_LINE_MAX, "  ", json_text(status, "state"));
    add_number(line, WATCH_LINE_MAX, status, "x_mm", " X%.2f");
    add_number(line, WATCH_LINE_MAX, status, "y_mm", " Y%.2f");
    add_number(line, WATCH_LINE_MAX, status, "z_mm", " Z%.2f");
}

static void erase(struct watch *w) {
    if (w->drawn > 0)
        printf("\x1b[%zuA\r\x1b[J", w->drawn);
    w->drawn = 0;
}

static size_t screen_columns(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

// Writes as much of a text as fits into `room` columns.
static void put_cut(const char *text, size_t room) {
    char *safe = cli_text_harmless(text);
    size_t end = strlen(safe);
    while (cli_text_width(safe) > room && end > 0) {
        do
            end--;
        while (end > 0 && ((unsigned char)safe[end] & 0xc0) == 0x80);
        safe[end] = '\0';
    }
    fputs(safe, stdout);
    free(safe);
}

static void put_machine(const struct watch *w, size_t i, const char *text, size_t columns) {
    const char *paint = w->colour ? cli_state_colour(w->machines[i].state) : "";
    char head[128];
    snprintf(head, sizeof head, "%-12s ", w->machines[i].name);
    put_cut(head, columns);
    printf("%s%-8s%s", paint, w->machines[i].state, paint[0] != '\0' ? CLI_COLOUR_END : "");
    put_cut(text, columns > 24 ? columns - 24 : 1);
    putchar('\n');
}

static void draw(struct watch *w) {
    erase(w);
    size_t columns = screen_columns();
    for (size_t i = 0; i < w->count; i++)
        put_machine(w, i, w->machines[i].line, columns);
    w->drawn = w->count;
    fflush(stdout);
}

static void stamp(void) {
    char now[TIME_TEXT_MAX];
    time_format(now, time_now_us());
    printf("%.8sZ ", now + 11);
}

static void take_machine(struct watch *w, const cJSON *machine) {
    const char *name = json_text(machine, "machine"), *state = json_text(machine, "state");
    char key[WATCH_LINE_MAX], line[WATCH_LINE_MAX];
    if (name == NULL || state == NULL || (w->only != NULL && strcmp(w->only, name) != 0))
        return;
    size_t i = 0;
    while (i < w->count && strcmp(w->machines[i].name, name) != 0)
        i++;
    if (i == WATCH_MACHINES_MAX)
        return;
    bool new = i == w->count;
    if (new)
        snprintf(w->machines[w->count++].name, sizeof w->machines[i].name, "%s", name);
    describe(machine, key, line);
    bool changed = new || strcmp(key, w->machines[i].key) != 0 || strcmp(state, w->machines[i].state) != 0;
    bool moved = strcmp(line, w->machines[i].line) != 0; // position, lines, what the machine reports
    snprintf(w->machines[i].state, sizeof w->machines[i].state, "%s", state);
    memcpy(w->machines[i].key, key, sizeof key);
    memcpy(w->machines[i].line, line, sizeof line);
    if (w->screen && (changed || moved)) {
        draw(w);
    } else if (!w->screen && changed) {
        stamp();
        put_machine(w, i, key, WATCH_LINE_MAX);
        fflush(stdout);
    }
}

// --- events

static int refresh(struct watch *w, struct lg_error *error) {
    cJSON *answer = NULL, *machine = NULL;
    int status = cli_ask(w->call, "machine.live", cJSON_CreateObject(), &answer, error);
    if (status != CLI_DONE)
        return status;
    bool found = false;
    cJSON_ArrayForEach(machine, json_get(answer, "machines")) {
        const char *name = json_text(machine, "machine");
        found = found || (name != NULL && w->only != NULL && strcmp(name, w->only) == 0);
        if (!w->call->json)
            take_machine(w, machine);
    }
    cJSON_Delete(answer);
    if (w->only == NULL || found)
        return CLI_DONE;
    lg_fail(error, "no_such_machine", "`lotgate machine list` shows those there are.",
            "There is no machine %.60s.", w->only);
    return CLI_REFUSED;
}

static void tell(struct watch *w, const char *type, const cJSON *data) {
    static const char *const members[] = {"machine", "job", "lot", "state", "record", "text"};
    erase(w);
    stamp();
    fputs(type, stdout);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *text = json_text(data, members[i]);
        if (text != NULL && text[0] != '\0') {
            putchar(' ');
            cli_text_write(stdout, text);
        }
    }
    putchar('\n');
    if (w->screen)
        draw(w);
    fflush(stdout);
}

static void on_event(void *context, const char *type, const char *text) {
    struct watch *w = context;
    struct lg_error error = {0};
    cJSON *data = json_parse(text, strlen(text), false, &error);
    const char *machine = json_text(data, "machine");
    bool wanted = w->only == NULL || machine == NULL || strcmp(machine, w->only) == 0;
    if (strcmp(type, "reset") == 0) {
        refresh(w, &error); // events were lost: look again
    } else if (data != NULL && wanted && w->call->json) {
        printf("{\"event\":\"%s\",\"data\":", type);
        cli_text_write_json(stdout, text);
        puts("}");
        fflush(stdout);
    } else if (data != NULL && wanted && strcmp(type, "machine") == 0) {
        take_machine(w, data);
    } else if (data != NULL && wanted) {
        tell(w, type, data);
    }
    cJSON_Delete(data);
}

static bool on_body(void *context, const char *bytes, size_t length) {
    struct watch *w = context;
    return w->http.status != 200 || cli_sse_feed(&w->sse, bytes, length);
}

enum outcome { LOST, INTERRUPTED, REFUSED };

// Reads events until the stream ends or a signal comes.
static enum outcome follow(struct watch *w, int fd, struct lg_error *error) {
    char headers[160], buffer[16384];
    snprintf(headers, sizeof headers, "Accept: text/event-stream\r\n");
    if (w->sse.id[0] != '\0')
        snprintf(headers, sizeof headers, "Accept: text/event-stream\r\nLast-Event-ID: %s\r\n", w->sse.id);
    if (!cli_http_send(fd, "GET", "/api/v1/events", headers, NULL, time_monotonic_us() + CLI_HTTP_DEADLINE_US,
                       error))
        return LOST;
    cli_http_reader_init(&w->http, w, on_body);
    for (;;) {
        struct pollfd p[2] = {{fd, POLLIN, 0}, {w->signals, POLLIN, 0}};
        poll(p, 2, -1);
        if (p[1].revents != 0)
            return INTERRUPTED;
        if (p[0].revents == 0)
            continue;
        ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0)
            return LOST;
        cli_http_feed(&w->http, buffer, (size_t)n);
        if (w->http.status >= 300 || w->http.state == CLI_HTTP_FAILED) {
            lg_fail(error, "bad_answer", "Too many may be watching: close another one.",
                    "The daemon sends no events (status %d).", w->http.status);
            return REFUSED;
        }
        if (w->http.state == CLI_HTTP_DONE)
            return LOST;
    }
}

// Connects again to a daemon that restarts. -1 when it stays away (with *error) or a signal came (*interrupted).
static int reconnect(struct watch *w, bool *interrupted, struct lg_error *error) {
    int64_t give_up = time_monotonic_us() + WATCH_AWAY_US;
    erase(w);
    fputs("lotgate: The daemon has gone; waiting for it.\n", stderr);
    for (;;) {
        struct pollfd p = {w->signals, POLLIN, 0};
        *interrupted = poll(&p, 1, WATCH_RETRY_MS) > 0;
        int fd = *interrupted ? -1 : cli_daemon_connect(w->call, error);
        if (fd >= 0 || *interrupted || time_monotonic_us() > give_up)
            return fd;
    }
}

static int watch_on(struct watch *w, int fd) {
    struct lg_error error = {0};
    bool interrupted = false;
    while (fd >= 0 && !interrupted) {
        int status = refresh(w, &error);
        enum outcome outcome = status == CLI_DONE ? follow(w, fd, &error) : LOST;
        close(fd);
        fd = -1;
        if (status == CLI_REFUSED || outcome == REFUSED)
            return cli_fail(status == CLI_REFUSED ? CLI_REFUSED : CLI_NO_DAEMON, &error);
        interrupted = outcome == INTERRUPTED;
        if (!interrupted)
            fd = reconnect(w, &interrupted, &error);
    }
    return interrupted ? CLI_DONE : cli_fail(CLI_NO_DAEMON, &error);
}

static int watch(struct cli_call *call) {
    struct lg_error error = {0};
    int fd = cli_daemon_connect(call, &error);
    if (fd < 0)
        return cli_fail(CLI_NO_DAEMON, &error);
    struct watch *w = calloc(1, sizeof *w);
    lg_assert(w != NULL);
    w->call = call;
    w->only = call->word_count > 0 ? call->words[0] : NULL;
    w->screen = isatty(STDOUT_FILENO) && !call->json;
    w->colour = cli_wants_colour(stdout);
    cli_sse_init(&w->sse, w, on_event);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    w->signals = signalfd(-1, &set, SFD_CLOEXEC);
    int status = watch_on(w, fd);
    close(w->signals);
    cli_sse_free(&w->sse);
    free(w);
    return status;
}

static const struct cli_word words[] = {{.name = "MACHINE", .kind = CLI_MACHINE}, {0}};

const struct cli_command cli_watch_commands[] = {
    {.summary = "Follow the machines live: a line for each, and events as they come; Ctrl-C ends it",
     .words = words,
     .details = "With --json one JSON object a line: the event's kind and its data.",
     .run = watch},
    {0}};
