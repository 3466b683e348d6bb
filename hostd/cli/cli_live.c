// cli_live: the live view. See cli_live.h.
#include "cli_live.h"

#include <string.h>

#include "cli_door.h" // cli_ask
#include "json.h"

static cJSON *find(cJSON *rows, const char *machine) {
    cJSON *row = NULL;
    cJSON_ArrayForEach(row, rows) {
        const char *name = json_text(row, "machine");
        if (name != NULL && strcmp(name, machine) == 0)
            return row;
    }
    return NULL;
}

static bool no_such_machine(const char *machine, struct lg_error *error) {
    return lg_fail(error, "no_such_machine", "`lotgate machine list` shows those there are.",
                   "There is no machine %.60s.", machine);
}

// Adds what `known` says and the live view does not.
static void fill(cJSON *live, const cJSON *known) {
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, known) {
        if (json_get(live, member->string) == NULL)
            json_add(live, member->string, cJSON_Duplicate(member, true));
    }
}

// The daemon's list, detached from its answer.
static int live_list(struct cli_call *call, cJSON **list, struct lg_error *error) {
    cJSON *answer = NULL;
    int status = cli_ask(call, "machine.live", cJSON_CreateObject(), &answer, error);
    if (status != CLI_DONE)
        return status;
    *list = cJSON_DetachItemFromObjectCaseSensitive(answer, "machines");
    cJSON_Delete(answer);
    if (cJSON_IsArray(*list))
        return CLI_DONE;
    cJSON_Delete(*list);
    *list = NULL;
    lg_fail(error, "bad_answer", "Is the lotgate that runs of another version? Restart it.",
            "The daemon's answer holds no machines.");
    return CLI_NO_DAEMON;
}

// The machine as it is now, taken out of `live` when it is there.
static cJSON *now(cJSON *live, const cJSON *known) {
    const char *name = json_text(known, "machine");
    cJSON *row = name != NULL ? find(live, name) : NULL;
    if (row == NULL) {
        row = cJSON_CreateObject();
        json_add_text(row, "state", "offline");
    } else {
        cJSON_DetachItemViaPointer(live, row);
    }
    fill(row, known);
    return row;
}

int cli_machines(struct cli_call *call, cJSON *args, cJSON **rows, struct lg_error *error) {
    cJSON *live = NULL, *known = NULL, *row = NULL;
    bool all = cJSON_GetArraySize(args) == 0;
    *rows = NULL;
    int status = cli_daemon_runs(call) ? live_list(call, &live, error) : CLI_DONE;
    if (status != CLI_DONE) {
        cJSON_Delete(args);
        return status;
    }
    status = cli_ask(call, "machine.list", args, &known, error);
    if (status == CLI_DONE) {
        *rows = cJSON_CreateArray();
        lg_assert(*rows != NULL);
        cJSON_ArrayForEach(row, known) {
            cJSON_AddItemToArray(*rows, now(live, row));
        }
        while (all && (row = cJSON_DetachItemFromArray(live, 0)) != NULL)
            cJSON_AddItemToArray(*rows, row);
    }
    cJSON_Delete(known);
    cJSON_Delete(live);
    return status;
}

int cli_machine(struct cli_call *call, const char *id, cJSON **machine, struct lg_error *error) {
    struct lg_error absent = {0};
    cJSON *args = cJSON_CreateObject(), *known = NULL, *live = NULL;
    json_add_text(args, "machine", id);
    *machine = NULL;
    int status = cli_ask(call, "machine.show", args, &known, error);
    if (status != CLI_DONE)
        return status;
    // Known to the ledger but not to the daemon: it is no longer configured.
    if (!cli_daemon_runs(call) || cli_machine_live(call, id, &live, &absent) != CLI_DONE) {
        live = cJSON_CreateObject();
        json_add_text(live, "state", "offline");
    }
    fill(live, known);
    cJSON_Delete(known);
    *machine = live;
    return CLI_DONE;
}

int cli_machine_live(struct cli_call *call, const char *id, cJSON **machine, struct lg_error *error) {
    cJSON *list = NULL;
    *machine = NULL;
    int status = live_list(call, &list, error);
    if (status != CLI_DONE)
        return status;
    cJSON *found = find(list, id);
    if (found != NULL)
        *machine = cJSON_DetachItemViaPointer(list, found);
    cJSON_Delete(list);
    if (found == NULL)
        return no_such_machine(id, error) ? CLI_DONE : CLI_REFUSED;
    return CLI_DONE;
}
