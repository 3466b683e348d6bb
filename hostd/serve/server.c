// The HTTP thread's loop: two libmicrohttpd daemons, answers that come back, events, deadlines; and its end.
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "json.h" // json_text
#include "ops.h"  // trace_run
#include "timefmt.h"

#define TURN_MS_MAX   1000 // the loop turns at least this often
#define PARTING_TURNS 20   // turns given to the last answers at the end
#define PARTING_MS    10
#define READY_MAX     32 // of the listeners that went away, and of all else, in one turn

void server_wake(void *context) {
    struct server *server = context;
    uint64_t one = 1;
    ssize_t written = write(server->wake_fd, &one, sizeof one);
    (void)written; // a counter that is full wakes as well
}

struct ledger *server_ledger(struct server *server, struct lg_error *error) {
    if (server->ledger)
        return server->ledger;
    struct ledger_options options = {.directory = server->data, .mode = LEDGER_READER};
    struct lg_error why;
    if (!ledger_open(&server->ledger, &options, &why)) {
        server->ledger = NULL;
        lg_fail(error, "ledger_unavailable", why.what_to_do, "The ledger cannot be read. %s", why.message);
    }
    return server->ledger;
}

cJSON *server_read(struct server *server, const char *actor, const char *op, const cJSON *args,
                   struct lg_error *error) {
    struct trace_context context = {.actor = actor, .now_us = time_now_us()};
    struct ledger *ledger = server_ledger(server, error);
    cJSON *answer = NULL;
    return ledger && trace_run(ledger, op, &context, args, &answer, error) ? answer : NULL;
}

// Whoever changed a lot, those who listen hear of it. Every such write comes back through here: the command line's,
// too, for while the daemon runs it goes by the socket.
static void tell_of_lot(struct server *server, const struct request *request) {
    const char *lot = request->ok ? json_text(request->answer, "lot") : NULL;
    if (!lot || strncmp(request->op, "lot.", 4) != 0)
        return;
    cJSON *event = cJSON_CreateObject();
    json_add_text(event, "lot", lot);
    json_add_text(event, "state", json_text(request->answer, "state"));
    json_add_text(event, "change", request->op + 4);
    char *text = json_print(event);
    stream_publish(server->stream, "lot", text);
    free(text);
    cJSON_Delete(event);
}

static void take_answers(struct server *server) {
    void *asker;
    for (struct request *request; (request = inbox_take(server->inbox, &asker));) {
        tell_of_lot(server, request); // before the answer, which takes the JSON away
        if (asker)
            exchange_arrived(asker, request);
        request_free(request);
    }
}

// Gives up on the exchanges whose time is over; all of them when the server closes.
static void expire(struct server *server, int64_t now) {
    struct exchange *next;
    for (struct exchange *x = server->waiting; x; x = next) {
        next = x->next;
        if (server->closing)
            exchange_give_up(x, "stopping", "lotgate is stopping; the answer did not come before that.");
        else if (now >= x->deadline)
            exchange_give_up(x, "no_answer", "The answer did not come in time.");
    }
}

static int64_t earliest(const struct server *server, int64_t now) {
    int64_t when = now + TURN_MS_MAX * 1000;
    int64_t beat = stream_next_heartbeat(server->stream);
    if (beat < when)
        when = beat;
    for (const struct exchange *x = server->waiting; x; x = x->next)
        if (x->deadline < when)
            when = x->deadline;
    return when;
}

// How long epoll may wait: until the earliest deadline, or what libmicrohttpd says.
static int patience(struct server *server) {
    int64_t now = time_monotonic_us();
    int64_t wait = (earliest(server, now) - now + 999) / 1000;
    struct door *doors[] = {&server->tcp, &server->unix_socket};
    for (int i = 0; i < 2; i++) {
        MHD_UNSIGNED_LONG_LONG most;
        if (MHD_get_timeout(doors[i]->daemon, &most) == MHD_YES && (int64_t)most < wait)
            wait = (int64_t)most;
    }
    return wait < 0 ? 0 : (int)wait;
}

static void turn(struct server *server, int wait_ms) {
    struct epoll_event ready[READY_MAX];
    uint64_t count;
    int events = epoll_wait(server->epoll, ready, READY_MAX, wait_ms);
    for (int i = 0; i < events; i++) // of the listeners: none of them is freed before MHD_run
        if (ready[i].data.ptr)
            stream_hung_up(ready[i].data.ptr);
    ssize_t taken = read(server->wake_fd, &count, sizeof count);
    (void)taken; // EAGAIN: nobody woke us
    take_answers(server);
    int64_t now = time_monotonic_us();
    stream_turn(server->stream, now);
    expire(server, now);
    MHD_run(server->tcp.daemon);
    MHD_run(server->unix_socket.daemon);
}

// libmicrohttpd aborts the process when it is stopped with a suspended connection: all are given an answer and
// resumed first, and have a moment to send it.
static void part(struct server *server) {
    server->closing = true;
    MHD_quiesce_daemon(server->tcp.daemon);
    MHD_quiesce_daemon(server->unix_socket.daemon);
    take_answers(server);
    stream_close(server->stream);
    for (int i = 0; i < PARTING_TURNS && server->connections; i++)
        turn(server, PARTING_MS);
    expire(server, INT64_MAX);
    MHD_stop_daemon(server->tcp.daemon);
    MHD_stop_daemon(server->unix_socket.daemon);
}

void *server_run(void *context) {
    struct server *server = context;
    while (!atomic_load(&server->stop))
        turn(server, patience(server));
    part(server);
    if (server->ledger)
        ledger_close(server->ledger); // on the thread that used it
    return NULL;
}
