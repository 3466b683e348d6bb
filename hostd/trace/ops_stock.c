// ops_stock: what lots there are, and everything about one.
#include "common.h"

#include <inttypes.h>
#include <stdio.h>

#include "common_documents.h" // documents_missing
#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_format

// What the whole lot cost, as it was given: "149.90".
static void add_cost(cJSON *lot) {
    int64_t cents;
    char text[32];
    if (!json_integer(lot, "cost_cents", &cents))
        return;
    snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
    json_add_text(lot, "cost", text);
}

// Adds what was used and what is left, in the unit that the lot was received in.
static void add_balance(cJSON *lot) {
    int64_t on_hand = 0, consumed = 0;
    char text[QUANTITY_TEXT_MAX];
    const char *unit = json_text(lot, "unit");
    json_integer(lot, "on_hand_amount", &on_hand);
    json_integer(lot, "consumed_amount", &consumed);
    quantity_format(text, consumed, unit);
    json_add_text(lot, "consumed", text);
    quantity_format(text, on_hand, unit);
    json_add_text(lot, "on_hand", text);
    add_cost(lot);
}

bool stock_lot_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                    cJSON **answer, struct lg_error *error) {
    if (!common_filtered(ledger, "lot_list", args, answer, error))
        return false;
    cJSON *lot;
    cJSON_ArrayForEach(lot, *answer) {
        add_balance(lot);
    }
    return true;
}

static cJSON *subject_filter(const char *subject) {
    cJSON *filter = common_one("subject", subject);
    json_add_integer(filter, "limit", COMMON_EVENTS_SHOWN);
    return filter;
}

bool stock_lot_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                    cJSON **answer, struct lg_error *error) {
    const char *lot = json_text(args, "lot");
    cJSON *facts;
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    cJSON_Delete(facts);
    if (!common_row(ledger, "lot_get", common_one("lot", lot), answer, error))
        return false;
    add_balance(*answer);
    cJSON *of = common_one("lot", lot), *jobs = common_one("lot", lot), *missing;
    json_add_integer(jobs, "limit", COMMON_EVENTS_SHOWN);
    json_add_integer(of, "now_us", context->now_us);
    if (!documents_missing(ledger, context, lot, &missing, error)) {
        cJSON_Delete(of);
        cJSON_Delete(jobs);
        return false;
    }
    json_add(*answer, "missing_documents", missing);
    return common_add_list(ledger, *answer, "documents", "lot_documents", of, error) &&
           common_add_list(ledger, *answer, "jobs", "lot_jobs", jobs, error) &&
           common_add_list(ledger, *answer, "parents", "lot_parents", common_one("lot", lot), error) &&
           common_add_list(ledger, *answer, "pieces", "lot_pieces", common_one("lot", lot), error) &&
           common_add_list(ledger, *answer, "changes", "lot_changes", common_one("lot", lot), error) &&
           common_add_list(ledger, *answer, "notes", "note_list", subject_filter(lot), error) &&
           common_add_list(ledger, *answer, "corrections", "correction_list", common_one("subject", lot),
                           error) &&
           common_add_list(ledger, *answer, "events", "subject_events", subject_filter(lot), error);
}
