// exchange: one HTTP request from its first header to its answer. Internal to serve; HTTP thread only.
//
// libmicrohttpd calls exchange_handle several times for a request: with the headers, with pieces of the body,
// with nothing left to come. While a question is away the connection is suspended; when the answer is there it
// is resumed, and exchange_handle is called once more to queue the response that was made meanwhile.
#ifndef LOTGATE_SERVE_EXCHANGE_H
#define LOTGATE_SERVE_EXCHANGE_H

#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "accept.h"
#include "error.h"
#include "request.h"
#include "route.h"
#include "text.h"

#define EXCHANGE_WAIT_US   30000000 // how long an answer may stay away
#define EXCHANGE_HEALTH_US 2000000  // the same for healthz
#define EXCHANGE_DRAIN_MAX                                                                                   \
    (1024 * 1024) // bytes of a body too large that are read before the connection is cut

struct away;
struct server;
struct document_draft;

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    const struct route *route; // NULL while not found
    bool local;                // came over the Unix socket
    char method[8];
    char id[ROUTE_ID_MAX]; // decoded path parameter
    struct text body;
    uint64_t excess; // bytes read beyond the limit
    struct document_draft *upload;
    cJSON *query; // with an upload: the arguments that the address gave
    bool drains;  // who sends a file reads an answer only when all is sent: a refusal waits for that

    // While away.
    struct away *away;
    int64_t deadline; // monotonic microseconds
    bool suspended;
    void (*arrived)(struct exchange *exchange, struct request *request); // request->ok or request->error
    struct exchange *next, *previous;                                    // server's list of those away

    // The answer.
    struct MHD_Response *response;
    unsigned status;
};

// libmicrohttpd's callbacks; `context` is a struct door.
enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data, size_t *size,
                                void **state);
void exchange_completed(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode how);

// Makes the answer. Exactly one of these per request; the functions take over what they are given.
void exchange_json(struct exchange *exchange, unsigned status, cJSON *answer);
void exchange_text(struct exchange *exchange, unsigned status, const char *type, struct text *text);
void exchange_error(struct exchange *exchange, const struct lg_error *error);
void exchange_response(struct exchange *exchange, unsigned status, struct MHD_Response *response);

// The operation's arguments from path, query and body; NULL when an error was answered.
cJSON *exchange_arguments(struct exchange *exchange);
// The same without the body, which need not be here yet; NULL with an error. Once for a request.
cJSON *exchange_query(struct exchange *exchange, struct lg_error *error);
// Sends an operation to the backend; `arrived` is called with the answer, or with an error made here. Takes over
// `args`.
void exchange_ask(struct exchange *exchange, const char *op, cJSON *args, int64_t wait_us,
                  void (*arrived)(struct exchange *exchange, struct request *request));
// Runs a reading operation on the HTTP thread's own connection. NULL with an error.
cJSON *exchange_read(struct exchange *exchange, const char *op, const cJSON *args, struct lg_error *error);
// What the client wants of this address; ACCEPT_NONE after an error was answered.
enum accept_form exchange_form(struct exchange *exchange);
// Runs any operation where it belongs and answers its JSON with the route's status. Takes over `args`.
void exchange_operate(struct exchange *exchange, const char *op, cJSON *args);

// An answer came back, or did not in time: called by the server's turn.
void exchange_arrived(struct exchange *exchange, struct request *request);
void exchange_give_up(struct exchange *exchange, const char *code, const char *message);

// Who asks, for the ledger: the name given on the Unix socket, "panel:<machine>" or "web".
void exchange_actor(const struct exchange *exchange, char actor[REQUEST_ACTOR_MAX]);
const char *exchange_header(const struct exchange *exchange, const char *name);

// What the kinds of route do, one function each (handlers.c, pages.c).
void handle_operation(struct exchange *exchange);
void handle_machines(struct exchange *exchange);
void handle_machine(struct exchange *exchange);
void handle_picture(struct exchange *exchange);
void handle_events(struct exchange *exchange);
void handle_upload(struct exchange *exchange);
void handle_photo(struct exchange *exchange);
void handle_document(struct exchange *exchange);
void handle_any_op(struct exchange *exchange);
void handle_openapi(struct exchange *exchange);
void handle_metrics(struct exchange *exchange);
void handle_health(struct exchange *exchange);
void handle_page(struct exchange *exchange);
void handle_file(struct exchange *exchange);

#endif
