// route: every address the server knows, in one table: dispatcher, OpenAPI document and test oracle at once.
//
// A route names an operation (of trace/ops.h, or a live one of route_live_ops) and says how the path and the
// query become its arguments. Pure: no sockets here.
#ifndef LOTGATE_SERVE_ROUTE_H
#define LOTGATE_SERVE_ROUTE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "listing.h"

#define ROUTE_PREFIX    "/api/v1"
#define ROUTE_ID_MAX    128 // bytes of a decoded path parameter
#define ROUTE_ALLOW_MAX 64  // bytes of an Allow header
#define ROUTE_QUERY_MAX 16  // parameters in one query string

// What kind of work a route is; exchange.c has one function for each.
enum route_kind {
    ROUTE_OPERATION, // run `op`, answer its JSON
    ROUTE_MACHINES,  // live view and ledger merged, all machines
    ROUTE_MACHINE,   // one of them
    ROUTE_PICTURE,   // job.path as SVG
    ROUTE_EVENTS,    // server-sent events
    ROUTE_UPLOAD,    // a document's file, or JSON that names a stored one; `op` attaches it
    ROUTE_PHOTO,     // JSON, or a picture as the body with the rest in the query; `op` takes its `photo`
    ROUTE_DOCUMENT,  // a stored file
    ROUTE_ANY_OP,    // op/{name}: any operation, on the Unix socket alone
    ROUTE_OPENAPI,
    ROUTE_METRICS,
    ROUTE_HEALTH,
    ROUTE_PAGE, // a built-in file; `op` is its name
    ROUTE_FILE, // web/{file}
    ROUTE_KINDS
};

struct route {
    const char *method;
    const char *pattern; // from the root; "{name}" stands for one segment
    enum route_kind kind;
    const char *op;       // operation, or the page's file
    const char *argument; // the operation's argument that the path parameter fills; NULL: none
    unsigned status;      // when all is well
    const char *summary;  // NULL: not part of the API (pages)
};

// By family, each in a file of its own and ending with a NULL method; ends with NULL.
extern const struct route *const routes[];
extern const struct route routes_order[]; // routes_order.c
#define ROUTE_EACH(route)                                                                                    \
    for (const struct route *const *family_ = routes; *family_; family_++)                                   \
        for (const struct route *route = *family_; route->method; route++)

// An operation of a live machine: answered by the daemon's loop, not by trace/ops.h.
struct route_live_op {
    const char *name;
    const char *const *arguments; // as in trace_op: NULL-terminated, '!' marks a required one
};
extern const struct route_live_op route_live_ops[]; // ends with a NULL name

// Arguments of an operation, live or of the ledger; NULL when there is no such operation.
const char *const *route_arguments_of(const char *op);
// True when the operation goes to the backend: it writes, or it is a live one.
bool route_goes_away(const char *op);

// Finds the route of a method and a path (still percent-encoded). `id` gets the decoded path parameter. NULL
// with code not_found, or method_not_allowed with the allowed methods in `allow` (empty otherwise).
const struct route *route_find(const char *method, const char *path, char id[ROUTE_ID_MAX],
                               char allow[ROUTE_ALLOW_MAX], struct lg_error *error);

struct route_pair {
    const char *name, *value; // decoded; value NULL when there was no '='
};

// Decodes %XX in place. False when it is malformed, holds %00, or is not UTF-8 that a person could have typed
// (control characters).
bool route_decode(char *text);

// Makes the operation's arguments from the path parameter, the query and the body (JSON object; length 0: none).
// NULL with bad_json or bad_argument. Owned by the caller.
cJSON *route_arguments(const struct route *route, const char *id, const struct route_pair *query,
                       size_t pairs, const char *body, size_t length, struct lg_error *error);

// The list that a GET of this address answers, which can also be had as CSV; NULL: it answers none.
const struct listing *route_listing(const struct route *route);

// Whether Accept is looked at: where the answer is an operation's JSON, or all machines.
bool route_negotiates(const struct route *route);

// The HTTP status that an error has on a route: 400, 404, 405, 406, 409, 413, 503.
unsigned route_status(const struct route *route, const char *code);

#endif
