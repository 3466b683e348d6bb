// ops_ledger: the ledger seen from outside: its head, its events, its signatures; and what a scanned code is.
#include "common.h"

#include <stdlib.h>

#include "families.h"
#include "json.h" // json_text

bool ledger_op_checkpoint(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    return ledger_checkpoint(ledger, context->now_us, error) &&
           common_row(ledger, "checkpoint_last", NULL, answer, error);
}

bool ledger_op_events(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    cJSON *filters = cJSON_Duplicate(args, true);
    int64_t after = 0;
    char *end = NULL;
    const char *text = json_text(args, "after"); // a number, or one written as text
    if (text)
        after = strtoll(text, &end, 10);
    else
        json_integer(args, "after", &after);
    if (text && *end) {
        cJSON_Delete(filters);
        return lg_fail(error, "bad_argument", "Give the seq of the last event seen.",
                       "The argument \"after\" is not an event's number: %s.", text);
    }
    if (json_get(args, "after")) {
        cJSON_DeleteItemFromObjectCaseSensitive(filters, "after");
        json_add_integer(filters, "after", after);
    }
    bool ok = common_filtered(ledger, "event_list", filters, answer, error);
    cJSON_Delete(filters);
    return ok;
}

bool ledger_op_head(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                    cJSON **answer, struct lg_error *error) {
    if (!common_row(ledger, "ledger_head", NULL, answer, error))
        return false;
    if (!*answer) { // nothing has happened yet: the hash that the first event will name
        *answer = cJSON_CreateObject();
        json_add_integer(*answer, "seq", 0);
        json_add_text(*answer, "hash", "0000000000000000000000000000000000000000000000000000000000000000");
        json_add(*answer, "time", cJSON_CreateNull());
        json_add_integer(*answer, "events", 0);
    }
    json_add_text(*answer, "public_key", ledger_public_key(ledger));
    return true;
}

bool ledger_op_lookup(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    const char *code = json_text(args, "code");
    if (!common_need(ledger, "lookup", common_one("code", code), answer, "unknown_code",
                     "lot, badge, machine, record or job", code, "Check the label, or receive the lot first.",
                     error))
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(*answer, "rank");
    return true;
}
