// ops_machine: the machines of this host and what they say they are.
//
// The first identity that is seen is the machine's own. Another one on the same name may be a swapped board: it
// is kept as seen, and counts as the machine's only when a person has confirmed it.
#include "common.h"

#include <stdio.h>
#include <string.h>

#include "families.h"
#include "json.h" // json_text

// True where both are known and differ, or, with `strict`, where one is missing.
static bool differs(const char *a, const char *b, bool strict) {
    if (!a || !b)
        return strict && a != b;
    return strcmp(a, b) != 0;
}

bool machine_register(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "board", "kind", "serial_number", "name", NULL};
    cJSON *row;
    if (!common_row(ledger, "machine_get", common_one("machine", json_text(args, "machine")), &row, error))
        return false;
    bool changed = !row;
    for (const char *const *m = members; row && *m; m++)
        changed = changed || differs(json_text(row, *m), json_text(args, *m), true);
    cJSON_Delete(row);
    *answer = common_one("machine", json_text(args, "machine"));
    json_add(*answer, "changed", cJSON_CreateBool(changed));
    return !changed || common_append(ledger, context, "machine.registered",
                                     common_copy(cJSON_CreateObject(), args, members), error);
}

// The confirmed identity in words, "" when there is none.
static void describe(char *out, size_t room, const cJSON *row) {
    const char *serial = json_text(row, "serial"), *usb = json_text(row, "usb_path");
    snprintf(out, room, "%s%s%s", serial ? serial : "", serial && usb ? " at " : "", usb ? usb : "");
}

static bool same_as_seen(const cJSON *row, const cJSON *args) {
    return !differs(json_text(row, "seen_usb_path"), json_text(args, "usb_path"), true) &&
           !differs(json_text(row, "seen_serial"), json_text(args, "serial"), true) &&
           !differs(json_text(row, "seen_firmware"), json_text(args, "firmware"), true);
}

static bool see(struct ledger *ledger, const struct trace_context *context, const cJSON *row,
                const cJSON *args, cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "usb_path", "serial", "firmware", NULL};
    bool known = strcmp(json_text(row, "identity"), "unknown") != 0;
    // A new firmware is the same machine; another serial number or another port may not be.
    bool changed = known && (differs(json_text(row, "serial"), json_text(args, "serial"), false) ||
                             differs(json_text(row, "usb_path"), json_text(args, "usb_path"), false));
    bool was_changed = strcmp(json_text(row, "identity"), "changed") == 0;
    char was[512];
    describe(was, sizeof was, row);
    *answer = common_one("machine", json_text(args, "machine"));
    json_add(*answer, "known", cJSON_CreateBool(known));
    json_add(*answer, "changed", cJSON_CreateBool(changed));
    json_add_text(*answer, "was", was);
    if (known && changed == was_changed && same_as_seen(row, args))
        return true; // nothing new
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add(body, "changed", cJSON_CreateBool(changed));
    return common_append(ledger, context, "machine.identity_seen", body, error);
}

bool machine_identity(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    cJSON *row;
    if (!common_need_machine(ledger, json_text(args, "machine"), &row, error))
        return false;
    bool ok = see(ledger, context, row, args, answer, error);
    cJSON_Delete(row);
    return ok;
}

bool machine_confirm(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "by", NULL};
    const char *machine = json_text(args, "machine");
    cJSON *row;
    if (!common_need_machine(ledger, machine, &row, error))
        return false;
    bool changed = strcmp(json_text(row, "identity"), "changed") == 0, hook;
    cJSON_Delete(row);
    if (!hook_waits_for_confirmation(ledger, machine, &hook, error))
        return false;
    changed = changed || hook;
    *answer = common_one("machine", machine);
    json_add(*answer, "changed", cJSON_CreateBool(changed));
    return !changed || common_append(ledger, context, "machine.confirmed",
                                     common_copy(cJSON_CreateObject(), args, members), error);
}

bool machine_unauthorised(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "status", NULL};
    cJSON *row;
    if (!common_need_machine(ledger, json_text(args, "machine"), &row, error))
        return false;
    cJSON_Delete(row);
    *answer = cJSON_CreateObject();
    return common_append(ledger, context, "machine.unauthorised",
                         common_copy(cJSON_CreateObject(), args, members), error);
}

bool machine_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                  cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "machine_list", args, answer, error);
}

bool machine_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                  cJSON **answer, struct lg_error *error) {
    const char *machine = json_text(args, "machine");
    cJSON *facts;
    if (!common_need_machine(ledger, machine, &facts, error))
        return false;
    cJSON_Delete(facts);
    if (!common_row(ledger, "machine_get", common_one("machine", machine), answer, error))
        return false;
    cJSON *jobs = common_one("machine", machine), *events = common_one("subject", machine);
    json_add_integer(jobs, "limit", 20);
    json_add_integer(events, "limit", COMMON_EVENTS_SHOWN);
    cJSON *notes = cJSON_Duplicate(events, true);
    return common_add_list(ledger, *answer, "jobs", "job_list", jobs, error) &&
           common_add_list(ledger, *answer, "events", "subject_events", events, error) &&
           common_add_list(ledger, *answer, "notes", "note_list", notes, error);
}
