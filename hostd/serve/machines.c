// Machines: the loop's live view merged with what the ledger knows of them.
#include <string.h>

#include "download.h"
#include "exchange.h"
#include "json.h"

static cJSON *find(cJSON *list, const char *machine) {
    cJSON *item;
    cJSON_ArrayForEach(item, list) {
        const char *name = json_text(item, "machine");
        if (name && strcmp(name, machine) == 0)
            return item;
    }
    return NULL;
}

// Adds what the ledger knows and the live view does not say.
static void fill(cJSON *live, const cJSON *known) {
    const cJSON *member;
    cJSON_ArrayForEach(member, known) {
        if (!json_get(live, member->string))
            json_add(live, member->string, cJSON_Duplicate(member, true));
    }
}

// A machine with a history that is not configured now.
static cJSON *absent(const cJSON *known) {
    cJSON *machine = cJSON_CreateObject();
    json_add_text(machine, "state", "offline");
    json_add_text(machine, "text", "This machine is not in the configuration.");
    json_add_text(machine, "what_to_do", "Add it to lotgate.json to use it again; its history stays.");
    fill(machine, known);
    json_add(machine, "configured", cJSON_CreateFalse());
    return machine;
}

// Takes the list out of the live answer and merges the ledger's in. A ledger that cannot be read hides nothing
// that the loop knows.
static cJSON *merged(struct exchange *x, struct request *request) {
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(request->answer, "machines");
    cJSON *item;
    if (!list)
        list = cJSON_CreateArray();
    cJSON_ArrayForEach(item, list) {
        json_add(item, "configured", cJSON_CreateTrue());
    }
    struct lg_error error;
    cJSON *none = cJSON_CreateObject();
    cJSON *known = exchange_read(x, "machine.list", none, &error);
    cJSON_Delete(none);
    cJSON_ArrayForEach(item, known) {
        const char *name = json_text(item, "machine");
        cJSON *live = name ? find(list, name) : NULL;
        if (live)
            fill(live, item);
        else if (name)
            cJSON_AddItemToArray(list, absent(item));
    }
    cJSON_Delete(known);
    return list;
}

static void all_known(struct exchange *x, struct request *request) {
    if (!request->ok) {
        exchange_error(x, &request->error);
        return;
    }
    cJSON *list = merged(x, request);
    if (exchange_form(x) == ACCEPT_CSV) {
        download_whole(x, route_listing(x->route), list);
        return;
    }
    cJSON *answer = cJSON_CreateObject();
    json_add(answer, "machines", list);
    exchange_json(x, 200, answer);
}

static void one_known(struct exchange *x, struct request *request) {
    if (!request->ok) {
        exchange_error(x, &request->error);
        return;
    }
    cJSON *list = merged(x, request);
    cJSON *machine = find(list, x->id);
    struct lg_error error;
    lg_fail(&error, "no_such_machine", "See " ROUTE_PREFIX "/machines for all machines.",
            "There is no machine %.60s.", x->id);
    if (machine)
        exchange_json(x, 200, cJSON_DetachItemViaPointer(list, machine));
    else
        exchange_error(x, &error);
    cJSON_Delete(list);
}

void handle_machines(struct exchange *x) {
    cJSON *args = exchange_form(x) == ACCEPT_NONE ? NULL : exchange_arguments(x);
    if (args)
        exchange_ask(x, "machine.live", args, EXCHANGE_WAIT_US, all_known);
}

void handle_machine(struct exchange *x) {
    cJSON *args = exchange_arguments(x);
    if (!args)
        return;
    // All are asked for: the loop need not know a machine whose history alone is here.
    cJSON_DeleteItemFromObjectCaseSensitive(args, "machine");
    exchange_ask(x, "machine.live", args, EXCHANGE_WAIT_US, one_known);
}
