// What the kinds of route do: operations, events, health, stored documents.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document_store.h"
#include "download.h"
#include "exchange.h"
#include "json.h"
#include "openapi.h"
#include "server.h"

// A list as CSV, where that was asked for.
static void give_csv(struct exchange *x, cJSON *args) {
    const struct listing *listing = route_listing(x->route);
    if (listing->after) {
        download_list(x, listing, args);
        return;
    }
    struct lg_error error;
    cJSON *answer = exchange_read(x, x->route->op, args, &error);
    cJSON_Delete(args);
    if (answer)
        download_whole(x, listing, answer);
    else
        exchange_error(x, &error);
}

void handle_operation(struct exchange *x) {
    enum accept_form form = route_negotiates(x->route) ? exchange_form(x) : ACCEPT_JSON;
    cJSON *args = form == ACCEPT_NONE ? NULL : exchange_arguments(x);
    if (args && form == ACCEPT_CSV)
        give_csv(x, args);
    else if (args)
        exchange_operate(x, x->route->op, args);
}

void handle_any_op(struct exchange *x) {
    struct lg_error error = {.code = "out_of_memory"};
    if (!x->local || !route_arguments_of(x->id)) {
        if (x->local)
            lg_fail(&error, "not_found", "See " ROUTE_PREFIX "/openapi.json for what there is.",
                    "There is no operation %.48s.", x->id);
        else
            lg_fail(&error, "not_found", "Use the addresses of " ROUTE_PREFIX "/openapi.json.",
                    "Operations by name are answered on the Unix socket alone.");
        exchange_error(x, &error);
        return;
    }
    cJSON *args =
        x->body.length ? json_parse(x->body.data, x->body.length, false, &error) : cJSON_CreateObject();
    if (args && cJSON_IsObject(args)) {
        exchange_operate(x, x->id, args);
        return;
    }
    if (args)
        lg_fail(&error, "bad_argument", "Send one JSON object with the arguments.",
                "The body is not a JSON object.");
    cJSON_Delete(args);
    exchange_error(x, &error);
}

void handle_events(struct exchange *x) {
    struct lg_error error;
    struct MHD_Response *response =
        stream_subscribe(x->server->stream, x->connection, exchange_header(x, "Last-Event-ID"), &error);
    if (response)
        exchange_response(x, 200, response);
    else
        exchange_error(x, &error);
}

static void health_known(struct exchange *x, struct request *request) {
    struct lg_error ledger_error, error;
    cJSON *none = cJSON_CreateObject();
    cJSON *head = none ? exchange_read(x, "ledger.head", none, &ledger_error) : NULL;
    cJSON_Delete(none);
    if (request->ok && head) {
        cJSON *answer = cJSON_CreateObject();
        json_add_text(answer, "status", "ok");
        json_add(answer, "ledger", head);
        exchange_json(x, 200, answer);
        return;
    }
    lg_fail(&error, "unhealthy", "Look at lotgate's log; restart it when it does not come back by itself.",
            "%s%s%s", request->ok ? "" : "The loop that serves the machines does not answer.",
            request->ok || head ? "" : " ", head ? "" : ledger_error.message);
    cJSON_Delete(head);
    exchange_error(x, &error);
}

void handle_health(struct exchange *x) {
    exchange_ask(x, "machine.live", cJSON_CreateObject(), EXCHANGE_HEALTH_US, health_known);
}

void handle_openapi(struct exchange *x) {
    struct server *server = x->server;
    if (!server->openapi.data)
        openapi_write(&server->openapi);
    struct text copy;
    text_init(&copy, server->openapi.limit);
    if (server->openapi.data)
        text_add(&copy, server->openapi.data, server->openapi.length);
    copy.failed = copy.failed || server->openapi.failed;
    exchange_text(x, 200, "application/json", &copy);
}

void handle_document(struct exchange *x) {
    struct lg_error error;
    uint64_t size = 0;
    int file = document_store_open(x->server->data, x->id, &size);
    struct MHD_Response *response = file >= 0 ? MHD_create_response_from_fd64(size, file) : NULL;
    if (!response) {
        if (file >= 0)
            close(file);
        lg_fail(&error, "not_found", "Look at the lot for the documents it has.",
                "There is no such document.");
        exchange_error(x, &error);
        return;
    }
    // Whatever was uploaded is given as a file to keep, never shown as a page of ours.
    MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    MHD_add_response_header(response, "Content-Disposition", "attachment");
    MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; sandbox");
    exchange_response(x, 200, response);
}

// Ends the upload: its bytes must be what its name and its sender say, and a picture where one is wanted. The draft is
// gone in every case.
static bool end_upload(struct exchange *x, bool picture, char sha256[DOCUMENT_STORE_SHA256_MAX],
                       struct lg_error *error) {
    struct document_draft *upload = x->upload;
    uint64_t size;
    x->upload = NULL;
    enum document_type type = document_store_type(upload);
    if (type == DOCUMENT_UNKNOWN || // of that the store has a word, and of an empty one
        document_type_check(type, json_text(x->query, "name"), exchange_header(x, "Content-Type"), picture,
                            error))
        return document_store_finish(upload, sha256, &size, error);
    document_store_abandon(upload);
    return false;
}

// The file's hash stands where the operation wants it; who sends the file does not name one.
static void operate_with_file(struct exchange *x, const char *argument, bool picture) {
    struct lg_error error;
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    bool named = json_get(x->query, argument) || json_get(x->query, "size");
    bool fine =
        !named || lg_fail(&error, "bad_argument", "Leave it out.", "The file itself says its hash and size.");
    if (!fine || !end_upload(x, picture, sha256, &error)) {
        exchange_error(x, &error);
        return;
    }
    cJSON *args = x->query;
    x->query = NULL;
    json_add_text(args, argument, sha256);
    exchange_operate(x, x->route->op, args);
}

// A JSON body tells of a file that is stored already; any other body is the file.
void handle_upload(struct exchange *x) {
    if (x->upload)
        operate_with_file(x, "sha256", false);
    else
        handle_operation(x);
}

void handle_photo(struct exchange *x) {
    if (x->upload)
        operate_with_file(x, "photo", true);
    else
        handle_operation(x);
}
