#include "request.h"

#include <stdio.h>
#include <stdlib.h>

struct request *request_create(const char *op, const char *actor, cJSON *args, void (*done)(struct request *),
                               void *owner) {
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->args = args != NULL ? args : cJSON_CreateObject();
    if (request->args == NULL) {
        free(request);
        return NULL;
    }
    snprintf(request->op, sizeof request->op, "%s", op);
    snprintf(request->actor, sizeof request->actor, "%s", actor);
    request->done = done;
    request->owner = owner;
    return request;
}

void request_complete(struct request *request) {
    if (request->complete != NULL)
        request->complete(request);
    request->complete = NULL;
}

void request_worked(struct request *request) {
    if (request->facts == NULL)
        return;
    cJSON_Delete(request->args);
    request->args = NULL;
}

void request_free(struct request *request) {
    if (request == NULL)
        return;
    cJSON_Delete(request->args);
    free(request->facts);
    cJSON_Delete(request->answer);
    free(request);
}
