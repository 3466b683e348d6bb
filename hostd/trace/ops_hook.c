// ops_hook: the hook in a machine's firmware: who it says it is, what it blocked, and when it was paired.
//
// Its serial number is the nameplate's, or, where the configuration names none, the first one seen. Another one may be
// another machine: it counts only when a person has confirmed it.
#include "common.h"

#include <string.h>

#include "families.h"
#include "json.h" // json_text

static bool same(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

// What the ledger knows of the hook: the last one seen, and whether it counts.
struct known {
    cJSON *row; // NULL: none was seen
    const char *serial_number, *firmware;
    bool counts;
};

static bool find_known(struct ledger *ledger, const char *machine, struct known *known,
                       struct lg_error *error) {
    *known = (struct known){0};
    if (!common_row(ledger, "hook_last", common_one("machine", machine), &known->row, error))
        return false;
    known->serial_number = json_text(known->row, "serial_number");
    known->firmware = json_text(known->row, "firmware");
    int64_t changed = 0, confirmed = 0;
    json_integer(known->row, "changed", &changed);
    json_integer(known->row, "confirmed", &confirmed);
    known->counts = known->row && (!changed || confirmed);
    return true;
}

static bool see(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                const char *nameplate, const struct known *known, cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "serial_number", "firmware", NULL};
    const char *seen = json_text(args, "serial_number"), *firmware = json_text(args, "firmware");
    bool again = same(seen, known->serial_number);
    bool first = !nameplate && !known->row;
    bool changed = !first && !same(seen, nameplate) && !(again && known->counts);
    *answer = common_one("machine", json_text(args, "machine"));
    json_add(*answer, "changed", cJSON_CreateBool(changed));
    json_add_text(*answer, "was", nameplate ? nameplate : known->serial_number);
    bool news = !again || changed == known->counts || (firmware && !same(firmware, known->firmware));
    if (!news)
        return true;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add(body, "changed", cJSON_CreateBool(changed));
    return common_append(ledger, context, "machine.hook_seen", body, error);
}

bool hook_seen(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
               struct lg_error *error) {
    const char *machine = json_text(args, "machine");
    struct known known;
    cJSON *row;
    if (!common_need_machine(ledger, machine, &row, error))
        return false;
    bool ok = find_known(ledger, machine, &known, error) &&
              see(ledger, context, args, json_text(row, "serial_number"), &known, answer, error);
    cJSON_Delete(known.row);
    cJSON_Delete(row);
    return ok;
}

bool hook_waits_for_confirmation(struct ledger *ledger, const char *machine, bool *waits,
                                 struct lg_error *error) {
    struct known known;
    if (!find_known(ledger, machine, &known, error))
        return false;
    *waits = known.row && !known.counts;
    cJSON_Delete(known.row);
    return true;
}

static bool append(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                   const char *kind, const char *const *members, cJSON **answer, struct lg_error *error) {
    cJSON *row;
    if (!common_need_machine(ledger, json_text(args, "machine"), &row, error))
        return false;
    cJSON_Delete(row);
    *answer = common_one("machine", json_text(args, "machine"));
    return common_append(ledger, context, kind, common_copy(cJSON_CreateObject(), args, members), error);
}

// How many of the `total` that a hook has counted since its power-up are not written down yet. A smaller total than before: it
// was switched off and on.
static bool not_yet_told(struct ledger *ledger, const char *machine, int64_t total, int64_t *count,
                         struct lg_error *error) {
    cJSON *row;
    int64_t before = 0;
    if (!common_row(ledger, "hook_blocked_total", common_one("machine", machine), &row, error))
        return false;
    json_integer(row, "total", &before);
    cJSON_Delete(row);
    *count = total >= before ? total - before : total;
    return true;
}

bool hook_blocked(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                  cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "source", "count", "total", NULL};
    const char *machine = json_text(args, "machine");
    int64_t total = 0, count = 0;
    bool whole =
        !json_text(args, "source") && !json_get(args, "count") && json_integer(args, "total", &total);
    if (!whole)
        return append(ledger, context, args, "machine.blocked", members, answer, error);
    cJSON *row;
    if (!common_need_machine(ledger, machine, &row, error))
        return false;
    cJSON_Delete(row);
    if (!not_yet_told(ledger, machine, total, &count, error))
        return false;
    *answer = common_one("machine", machine);
    json_add_integer(*answer, "count", count);
    if (count == 0)
        return true;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add_integer(body, "count", count);
    return common_append(ledger, context, "machine.blocked", body, error);
}

bool hook_paired(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"machine", "outcome", "reason", "by", NULL};
    const char *outcome = json_text(args, "outcome");
    if (!same(outcome, "paired") && !same(outcome, "refused"))
        return lg_fail(error, "bad_argument", "Use paired or refused.", "A pairing can't end as \"%s\".",
                       outcome);
    return append(ledger, context, args, "machine.paired", members, answer, error);
}
