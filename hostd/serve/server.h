// server: what the HTTP thread owns. Internal to serve.
#ifndef LOTGATE_SERVE_SERVER_H
#define LOTGATE_SERVE_SERVER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "exchange.h"
#include "inbox.h"
#include "ledger.h" // struct ledger
#include "serve.h"
#include "stream.h"

// One of the two ways in.
struct door {
    struct server *server;
    struct MHD_Daemon *daemon;
    int socket;
    bool local; // the Unix socket
};

struct server {
    struct serve_backend backend;
    char *data; // the ledger's directory
    char *socket_path, *address;
    int port;
    struct door tcp, unix_socket;
    int epoll, wake_fd;
    struct inbox *inbox;
    struct stream *stream;
    struct ledger *ledger;    // read-only, opened when first needed
    struct exchange *waiting; // exchanges whose answer is away
    unsigned connections;
    uint64_t requests, refused; // for metrics
    struct text openapi;        // made once, when first asked for
    bool closing;               // HTTP thread: the end has begun
    atomic_bool stop;           // any thread: please end
    pthread_t thread;
};

// The read-only connection; NULL with ledger_unavailable.
struct ledger *server_ledger(struct server *server, struct lg_error *error);

// Runs a reading operation on it. NULL with an error.
cJSON *server_read(struct server *server, const char *actor, const char *op, const cJSON *args,
                   struct lg_error *error);

// The thread's loop; ends after `stop` was set and `wake_fd` written.
void *server_run(void *context);
void server_wake(void *context); // any thread

#endif
