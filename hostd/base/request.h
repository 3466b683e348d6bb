// request: one operation on its way between threads, and its answer on the way back.
//
// The HTTP thread, the loop and the command line all ask in the same form: the name of an operation of
// trace/ops.h ("lot.receive") or of a live machine ("machine.declare"), and a JSON object of arguments.
// The struct is allocated by the one that asks and comes back to it through `done`, on the thread that
// finished it; `done` hands it to the asker's mailbox.
#ifndef LOTGATE_BASE_REQUEST_H
#define LOTGATE_BASE_REQUEST_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "error.h"

#define REQUEST_OP_MAX    48
#define REQUEST_ACTOR_MAX 64

struct request {
    char op[REQUEST_OP_MAX];
    char actor[REQUEST_ACTOR_MAX]; // who asks: "cli:root", "panel:laser1", "sender:laser1", "lotgate"
    cJSON *args;                   // object, owned by the request
    // What the asker measured, from which `complete` makes the rest of args on the thread that works. NULL: args are whole.
    // One block of malloc, owned by the request; the asker may take it back with the answer.
    void *facts;
    void (*complete)(struct request *request);
    bool ok;
    cJSON *answer;         // when ok; owned by the request
    struct lg_error error; // when not ok
    void (*done)(struct request *request);
    void *owner;   // the asker's
    void *passage; // used by whoever works on it meanwhile
};

// Takes over `args` (NULL: an empty object). NULL when memory is out.
struct request *request_create(const char *op, const char *actor, cJSON *args, void (*done)(struct request *),
                               void *owner);
// Makes args whole. For the thread that works on the request, before it looks at them.
void request_complete(struct request *request);
// Frees args that were made from facts, so that the asker's thread need not. For the thread that worked, at its end.
void request_worked(struct request *request);
void request_free(struct request *request); // frees args, facts and answer

#endif
