// serve_help: a server with a real ledger behind it, a backend on a thread of its own, and a plain HTTP client.
#ifndef LOTGATE_TESTS_SERVE_HELP_H
#define LOTGATE_TESTS_SERVE_HELP_H

#include "ledger_help.h"

#include <pthread.h>
#include <stdatomic.h>

#include "mailbox.h"
#include "serve.h"
#include "timefmt.h"

#define SERVE_HELP_KEPT 512 // requests that the backend can keep to itself

struct shop {
    struct help help; // the ledger that writes: the backend thread's
    struct serve *serve;
    char socket[108]; // what a Unix address holds
    pthread_t thread;
    struct mailbox *box;
    atomic_bool keep; // requests wait with the backend until shop_release
    atomic_int submitted, kept_count;
    struct request *kept[SERVE_HELP_KEPT];
};

bool shop_submit(void *context, struct request *request); // the backend's
int shop_setup(void **state);
int shop_teardown(void **state);
void shop_stop(struct shop *shop);                // stops the server alone
void shop_release(struct shop *shop);             // answers what was kept
void shop_until(atomic_int *count, int at_least); // fails after ten seconds

// --- a client that sends exactly the bytes it is given

struct answer {
    int status; // 0: the connection was closed without an answer
    char head[4096];
    char *body; // NUL-terminated
    size_t length;
};

int client_open(const struct shop *shop, bool local); // a connected socket
void client_send(int fd, const char *bytes, size_t length);
// Reads one answer; fails when it does not come within ten seconds.
struct answer client_answer(int fd);
// One request on a connection of its own. `type` NULL: no body. `headers` are whole lines, or "".
struct answer client_ask(const struct shop *shop, bool local, const char *method, const char *path,
                         const char *headers, const char *type, const char *body);
// Reads until `text` has come; gives what came (free()). Fails after `seconds`.
char *client_until(int fd, const char *text, int seconds);
bool client_closed(int fd); // waits up to ten seconds for the end of the stream
void answer_free(struct answer *answer);
// The answer must have this status, and this error code unless it is NULL; frees it.
void answer_is(struct answer answer, int status, const char *code);

#endif
