// Answers: how JSON, texts and errors leave the server, and with which headers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exchange.h"
#include "json.h"
#include "server.h"

void exchange_response(struct exchange *x, unsigned status, struct MHD_Response *response) {
    static const char *const always[][2] = {
        {"X-Content-Type-Options", "nosniff"}, {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"},    {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-cache"},
    };
    lg_assert(response); // out of memory
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        MHD_add_response_header(response, always[i][0], always[i][1]);
    if (!MHD_get_response_header(response, "Content-Security-Policy"))
        MHD_add_response_header(
            response, "Content-Security-Policy",
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
    if (x->route && route_listing(x->route))
        MHD_add_response_header(response, "Vary", "Accept");
    if (x->response)
        MHD_destroy_response(x->response);
    x->response = response;
    x->status = status;
    if (status >= 400)
        x->server->refused++;
}

void exchange_text(struct exchange *x, unsigned status, const char *type, struct text *text) {
    size_t length;
    char *data = text_take(text, &length);
    if (!data) {
        struct lg_error error;
        lg_fail(&error, "too_busy", "Ask for less.", "The answer has grown too long.");
        exchange_error(x, &error);
        return;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(length, data, MHD_RESPMEM_MUST_FREE);
    if (response)
        MHD_add_response_header(response, "Content-Type", type);
    exchange_response(x, status, response);
}

void exchange_json(struct exchange *x, unsigned status, cJSON *answer) {
    char *text = json_print(answer);
    cJSON_Delete(answer);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response)
        MHD_add_response_header(response, "Content-Type", "application/json");
    exchange_response(x, status, response);
}

void exchange_error(struct exchange *x, const struct lg_error *error) {
    cJSON *body = cJSON_CreateObject(), *inner = cJSON_CreateObject();
    lg_assert(body && inner);
    json_add_text(inner, "code", error->code);
    json_add_text(inner, "message", error->message);
    json_add_text(inner, "what_to_do", error->what_to_do);
    json_add(body, "error", inner);
    unsigned status = route_status(x->route, error->code);
    exchange_json(x, status, body);
    if (status == 503)
        MHD_add_response_header(x->response, "Retry-After", "1");
}

const char *exchange_header(const struct exchange *x, const char *name) {
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

void exchange_actor(const struct exchange *x, char actor[REQUEST_ACTOR_MAX]) {
    const char *given = x->local ? exchange_header(x, "X-Lotgate-Actor") : NULL;
    if (given && *given)
        snprintf(actor, REQUEST_ACTOR_MAX, "%s", given);
    else if (x->local)
        snprintf(actor, REQUEST_ACTOR_MAX, "cli");
    else if (x->route->argument && strcmp(x->route->argument, "machine") == 0)
        snprintf(actor, REQUEST_ACTOR_MAX, "panel:%.50s", x->id);
    else
        snprintf(actor, REQUEST_ACTOR_MAX, "web");
}

static enum MHD_Result take_accept(void *context, enum MHD_ValueKind kind, const char *key,
                                   const char *value) {
    (void)kind;
    if (strcasecmp(key, "Accept") == 0 && value)
        accept_add(context, value);
    return MHD_YES;
}

enum accept_form exchange_form(struct exchange *x) {
    bool csv = route_listing(x->route) != NULL;
    struct accept accept = {.given = false};
    struct lg_error error;
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, take_accept, &accept);
    enum accept_form form = accept_choose(&accept, csv);
    if (form != ACCEPT_NONE)
        return form;
    lg_fail(&error, "not_acceptable", "Ask for one of these with the header Accept, or leave it out.",
            "This address answers application/json%s, and nothing else.", csv ? " or text/csv" : "");
    exchange_error(x, &error);
    return form;
}

struct collected {
    struct route_pair pairs[ROUTE_QUERY_MAX];
    size_t count;
    bool bad;
};

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *key, const char *value) {
    struct collected *query = context;
    // The texts are ours to decode in place: libmicrohttpd was told to leave them as they came.
    if (query->count == ROUTE_QUERY_MAX || !route_decode((char *)(uintptr_t)key) ||
        (value && !route_decode((char *)(uintptr_t)value))) {
        query->bad = true;
        return MHD_NO;
    }
    query->pairs[query->count++] = (struct route_pair){key, value};
    return MHD_YES;
}

cJSON *exchange_query(struct exchange *x, struct lg_error *error) {
    struct collected query = {.count = 0};
    MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, collect, &query);
    if (!query.bad)
        return route_arguments(x->route, x->id, query.pairs, query.count, x->body.data, x->body.length,
                               error);
    lg_fail(error, "bad_argument", "Check the address.",
            "The query is malformed or has more than %d parameters.", ROUTE_QUERY_MAX);
    return NULL;
}

cJSON *exchange_arguments(struct exchange *x) {
    struct lg_error error;
    cJSON *args = exchange_query(x, &error);
    if (!args)
        exchange_error(x, &error);
    return args;
}

cJSON *exchange_read(struct exchange *x, const char *op, const cJSON *args, struct lg_error *error) {
    char actor[REQUEST_ACTOR_MAX];
    exchange_actor(x, actor);
    return server_read(x->server, actor, op, args, error);
}

static void operated(struct exchange *x, struct request *request) {
    if (!request->ok) {
        exchange_error(x, &request->error);
        return;
    }
    cJSON *answer = request->answer ? request->answer : cJSON_CreateObject();
    request->answer = NULL;
    exchange_json(x, x->route->status, answer);
}

void exchange_operate(struct exchange *x, const char *op, cJSON *args) {
    // The configuration knows the shop's own address; who asks need not.
    if (strcmp(op, "lot.request") == 0 && !json_get(args, "address") && *x->server->address)
        json_add_text(args, "address", x->server->address);
    if (route_goes_away(op)) {
        exchange_ask(x, op, args, EXCHANGE_WAIT_US, operated);
        return;
    }
    struct lg_error error;
    cJSON *answer = exchange_read(x, op, args, &error);
    cJSON_Delete(args);
    if (answer)
        exchange_json(x, x->route->status, answer);
    else
        exchange_error(x, &error);
}
