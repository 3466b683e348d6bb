// The course of one request: headers checked, body collected, work started, answer queued.
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "document_store.h"
#include "guard.h"
#include "json.h"
#include "server.h"
#include "timefmt.h" // time_monotonic_us

// What each kind of route does once the whole request is there.
static void (*const handlers[ROUTE_KINDS])(struct exchange *) = {
    [ROUTE_OPERATION] = handle_operation, [ROUTE_MACHINES] = handle_machines,
    [ROUTE_MACHINE] = handle_machine,     [ROUTE_PICTURE] = handle_picture,
    [ROUTE_EVENTS] = handle_events,       [ROUTE_UPLOAD] = handle_upload,
    [ROUTE_PHOTO] = handle_photo,         [ROUTE_DOCUMENT] = handle_document,
    [ROUTE_ANY_OP] = handle_any_op,       [ROUTE_OPENAPI] = handle_openapi,
    [ROUTE_METRICS] = handle_metrics,     [ROUTE_HEALTH] = handle_health,
    [ROUTE_PAGE] = handle_page,           [ROUTE_FILE] = handle_file,
};

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *key,
                                    const char *value) {
    struct guard_headers *headers = context;
    if (strcasecmp(key, "Host") == 0) {
        headers->hosts++;
        headers->host = value;
    } else if (strcasecmp(key, "Content-Length") == 0) {
        headers->lengths++;
        headers->length = value ? value : "";
    } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
        headers->encodings++;
        headers->encoding = value ? value : "";
    } else if (strcasecmp(key, "Origin") == 0) {
        headers->origin = value;
    } else if (strcasecmp(key, "Content-Type") == 0) {
        headers->content_type = value;
    }
    return MHD_YES;
}

static bool is_read(const struct exchange *x) {
    return strcmp(x->method, "GET") == 0 || strcmp(x->method, "HEAD") == 0;
}

// Refuses what a page of somebody else's could send through a browser on this machine. The Unix socket is
// guarded by its file mode instead.
static bool from_here(const struct exchange *x, const struct guard_headers *headers, struct lg_error *error) {
    if (x->local)
        return true;
    if (!guard_host(headers->host, is_read(x) ? 0 : x->server->port))
        return lg_fail(error, "host_not_local",
                       "Open lotgate by its own address, as it printed it at the start.",
                       "The request is addressed to %.60s, which is not this server.",
                       headers->host ? headers->host : "nobody");
    if (!is_read(x) && headers->origin && !guard_origin(headers->origin, headers->host))
        return lg_fail(error, "foreign_origin", "Use lotgate's own pages.",
                       "The request comes from a page of %.60s.", headers->origin);
    return true;
}

// Where JSON may have a picture in its place.
static bool is_picture(const struct exchange *x, const struct guard_headers *headers) {
    return x->route->kind == ROUTE_PHOTO && !guard_is_form(headers->content_type) &&
           !guard_is_json(headers->content_type);
}

// The body's type must be one that a browser does not send to a foreign server without asking it first.
static bool type_fits(const struct exchange *x, const struct guard_headers *headers, uint64_t length,
                      struct lg_error *error) {
    if (is_read(x) || (!headers->content_type && !length && !headers->encodings))
        return true;
    if (x->route->kind == ROUTE_UPLOAD || is_picture(x, headers))
        return !guard_is_form(headers->content_type) ||
               lg_fail(error, "not_a_file",
                       "Send the file itself as the body, with its own type, such as application/pdf.",
                       "A form is not taken here.");
    return guard_is_json(headers->content_type) ||
           lg_fail(error, "not_json", "Send Content-Type: application/json.",
                   "The body is not declared as JSON.");
}

// Begins to take a file. What can be refused without it is refused before it is sent: no such lot, no such kind.
static bool begin_upload(struct exchange *x, struct lg_error *error) {
    x->query = exchange_query(x, error);
    if (!x->query)
        return false;
    if (x->route->kind == ROUTE_UPLOAD) {
        cJSON *args = cJSON_Duplicate(x->query, true);
        cJSON_DeleteItemFromObjectCaseSensitive(args, "sha256"); // handle_upload has a word for these
        cJSON_DeleteItemFromObjectCaseSensitive(args, "size");
        cJSON *answer = exchange_read(x, "document.check", args, error);
        cJSON_Delete(args);
        cJSON_Delete(answer);
        if (!answer)
            return false;
    }
    x->upload = document_store_begin(x->server->data, error);
    return x->upload != NULL;
}

static void begin(struct exchange *x, const char *url, const char *version) {
    struct lg_error error;
    struct guard_headers headers = {.http11 = strcmp(version, "HTTP/1.1") == 0};
    char allow[ROUTE_ALLOW_MAX] = "";
    uint64_t length;
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_header, &headers);
    bool fine = guard_framing(&headers, &length, &error) && from_here(x, &headers, &error);
    if (fine && x->server->connections > SERVE_CONNECTIONS_MAX)
        fine = lg_fail(&error, "too_many_connections", "Try again in a moment.", "%u connections are open.",
                       x->server->connections);
    if (fine) {
        x->route = route_find(x->method, url, x->id, allow, &error);
        fine = x->route && type_fits(x, &headers, length, &error);
    }
    bool file = fine && (is_picture(x, &headers) ||
                         (x->route->kind == ROUTE_UPLOAD && !guard_is_json(headers.content_type)));
    uint64_t limit = file ? DOCUMENT_STORE_MAX : SERVE_BODY_MAX;
    if (fine && length > limit)
        fine = lg_fail(&error, "too_large", "Send less.", "The body has %llu bytes; %llu are taken at most.",
                       (unsigned long long)length, (unsigned long long)limit);
    if (fine && file) {
        fine = begin_upload(x, &error);
        x->drains = !exchange_header(x, "Expect"); // else it waits for a word before it sends
    }
    if (fine)
        return;
    exchange_error(x, &error);
    if (x->drains)
        return;
    if (*allow)
        MHD_add_response_header(x->response, "Allow", allow);
    if (length || headers.encodings || strcmp(error.code, "bad_request") == 0 || !x->route)
        MHD_add_response_header(x->response, "Connection",
                                "close"); // what follows is not a request we know the start of
}

// Takes one piece of the body; false: the connection is to be cut.
static bool take_body(struct exchange *x, const char *data, size_t size) {
    if (x->response || x->excess) {
        x->excess += size;
    } else if (x->upload) {
        struct lg_error error;
        if (!document_store_write(x->upload, data, size, &error)) {
            document_store_abandon(x->upload); // at once: the disk may be full of it
            x->upload = NULL;
            exchange_error(x, &error);
        }
    } else if (size > SERVE_BODY_MAX - x->body.length) {
        x->excess = size;
    } else {
        text_add(&x->body, data, size);
    }
    return x->excess <= (x->drains ? DOCUMENT_STORE_MAX : EXCHANGE_DRAIN_MAX);
}

static void finish(struct exchange *x) {
    struct lg_error error;
    if (x->server->closing) {
        lg_fail(&error, "stopping", "Try again when it is back.", "lotgate is stopping.");
        exchange_error(x, &error);
    } else if (x->excess || x->body.failed) {
        lg_fail(&error, "too_large", "Send less.", "The body has more than %d bytes.", SERVE_BODY_MAX);
        exchange_error(x, &error);
    } else {
        handlers[x->route->kind](x);
    }
}

static enum MHD_Result queue(struct exchange *x) {
    enum MHD_Result result = MHD_queue_response(x->connection, x->status, x->response);
    MHD_destroy_response(x->response);
    x->response = NULL;
    return result;
}

enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data, size_t *size,
                                void **state) {
    struct door *door = context;
    struct exchange *x = *state;
    if (!x) {
        x = calloc(1, sizeof *x);
        if (!x)
            return MHD_NO;
        *state = x;
        x->server = door->server;
        x->connection = connection;
        x->local = door->local;
        snprintf(x->method, sizeof x->method, "%s", method);
        text_init(&x->body, SERVE_BODY_MAX);
        door->server->requests++;
        begin(x, url, version);
        return x->response && !x->drains ? queue(x) : MHD_YES;
    }
    if (*size) {
        bool go_on = take_body(x, data, *size);
        *size = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    if (!x->response && !x->away)
        finish(x);
    if (x->response)
        return queue(x);
    x->suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

void exchange_completed(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode how) {
    struct exchange *x = *state;
    if (!x)
        return;
    lg_assert(!x->away); // a suspended connection is not completed
    if (x->response)
        MHD_destroy_response(x->response);
    document_store_abandon(x->upload);
    cJSON_Delete(x->query);
    text_free(&x->body);
    free(x);
    *state = NULL;
}

// --- asking and waiting

static void unlink_waiting(struct exchange *x) {
    if (x->previous)
        x->previous->next = x->next;
    else
        x->server->waiting = x->next;
    if (x->next)
        x->next->previous = x->previous;
    x->next = x->previous = NULL;
    x->away = NULL;
}

void exchange_ask(struct exchange *x, const char *op, cJSON *args, int64_t wait_us,
                  void (*arrived)(struct exchange *exchange, struct request *request)) {
    struct lg_error error;
    char actor[REQUEST_ACTOR_MAX];
    exchange_actor(x, actor);
    x->away = inbox_send(x->server->inbox, &x->server->backend, op, actor, args, x, &error);
    x->arrived = arrived;
    if (!x->away) {
        struct request refused = {.ok = false, .error = error};
        arrived(x, &refused);
        return;
    }
    x->deadline = time_monotonic_us() + wait_us;
    x->next = x->server->waiting;
    if (x->next)
        x->next->previous = x;
    x->server->waiting = x;
}

void exchange_arrived(struct exchange *x, struct request *request) {
    unlink_waiting(x);
    x->arrived(x, request);
    if (x->suspended && x->response) { // else `arrived` has asked a further question
        x->suspended = false;
        MHD_resume_connection(x->connection);
    }
}

void exchange_give_up(struct exchange *x, const char *code, const char *message) {
    struct request none = {.ok = false};
    lg_fail(&none.error, code, "Look whether it was done before you repeat it.", "%s", message);
    inbox_forget(x->away);
    exchange_arrived(x, &none);
}
