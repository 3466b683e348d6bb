// inbox: requests that are away (with the ledger thread or the loop), and their way back to the HTTP thread.
//
// A request may come back after its asker stopped waiting, and even after the server is gone: the inbox outlives
// the server until the last one has come back. All functions belong to the HTTP thread, except that requests
// come back from any thread.
#ifndef LOTGATE_SERVE_INBOX_H
#define LOTGATE_SERVE_INBOX_H

#include <stdbool.h>

#include "request.h"
#include "serve.h" // serve_backend

#define INBOX_AWAY_MAX 256 // requests away at a time; more are refused with too_busy

struct inbox;
struct away; // one request that is out

// `wake` is called, on the answering thread, after each request that came back. NULL when memory is out.
struct inbox *inbox_create(void (*wake)(void *context), void *context);
// Sends a request; takes over `args` in every case. NULL with too_busy or stopping.
struct away *inbox_send(struct inbox *inbox, const struct serve_backend *backend, const char *op,
                        const char *actor, cJSON *args, void *asker, struct lg_error *error);
// The asker waits no longer: the answer will be thrown away. The ticket is not to be used afterwards.
void inbox_forget(struct away *away);
// Next answer, NULL when there is none. `*asker` is NULL when it was forgotten. The caller frees the request.
struct request *inbox_take(struct inbox *inbox, void **asker);
// The server goes: what comes back from now on is thrown away. Frees the inbox once nothing is out.
void inbox_close(struct inbox *inbox);

#endif
