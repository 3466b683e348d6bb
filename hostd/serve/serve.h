// serve: HTTP on its own thread: REST, server-sent events, pages, metrics.
//
// Two doors, one thread: a TCP address and a Unix socket in the data directory (the command line's way in,
// mode 0600, which also takes POST /api/v1/op/<operation>). Reads are answered from its own read-only
// connection; writes and live machine acts are handed to the backend as requests and answered when they
// come back. Limits: SERVE_CONNECTIONS_MAX, SERVE_PER_ADDRESS_MAX, SERVE_BODY_MAX, SERVE_SUBSCRIBERS_MAX,
// SERVE_IDLE_SECONDS.
#ifndef LOTGATE_SERVE_H
#define LOTGATE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "request.h"

#define SERVE_CONNECTIONS_MAX 128
#define SERVE_PER_ADDRESS_MAX 64
#define SERVE_BODY_MAX        (256 * 1024)
#define SERVE_SUBSCRIBERS_MAX 64
#define SERVE_EVENTS_KEPT     1024 // for Last-Event-ID
#define SERVE_IDLE_SECONDS    60

struct serve;

// What the daemon does for the HTTP side. `submit` is called on the HTTP thread and takes the request over when
// it returns true: operations of trace/ops.h that write go to the ledger thread; "machine.declare",
// "machine.cancel", "machine.hold", "machine.resume", "machine.reset", "machine.confirm", "machine.live" and
// "metrics" go to the loop. The request comes back by request->done, from any thread.
struct serve_backend {
    void *context;
    bool (*submit)(void *context, struct request *request);
};

struct serve_options {
    const char *listen;      // "127.0.0.1:8390" or "[::1]:8390"; port 0: any free port
    const char *socket_path; // Unix socket
    const char *data;        // the ledger's directory, opened read-only
    const char *address;     // the shop's own, below the letters that are drafted; NULL or "": none is known
    struct serve_backend backend;
};

// Binds and starts the thread. Refuses any address but loopback with code "login_needed" (there are no users
// yet); "address_in_use" names the address.
struct serve *serve_start(const struct serve_options *options, struct lg_error *error);
int serve_port(const struct serve *serve); // the TCP port bound
// Broadcasts one event to all subscribers; any thread; copies. `type`: machine, job, lot, alarm. `json` compact.
void serve_publish(struct serve *serve, const char *type, const char *json);
bool serve_is_watched(const struct serve *serve); // somebody listens to events; any thread
void serve_stop(struct serve *serve);             // resumes and ends every connection, joins the thread

#endif
