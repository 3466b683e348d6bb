// ops_stock: what lots there are, everything about one, and the documents that vouch for them.
#include "common.h"

#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_format

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
    static const char *const owners[] = {"lot", "material", "supplier", NULL};
    cJSON *facts;
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    cJSON_Delete(facts);
    if (!common_row(ledger, "lot_get", common_one("lot", lot), answer, error))
        return false;
    add_balance(*answer);
    cJSON *of = common_copy(cJSON_CreateObject(), *answer, owners), *jobs = common_one("lot", lot);
    json_add_integer(jobs, "limit", COMMON_EVENTS_SHOWN);
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

// Exactly one of lot, material, supplier, and it exists.
static bool check_owner(struct ledger *ledger, const cJSON *args, struct lg_error *error) {
    static const struct {
        const char *name, *query, *code;
    } owners[] = {{"lot", "lot_facts", "no_such_lot"},
                  {"material", "material_list", "no_such_material"},
                  {"supplier", "supplier_list", "no_such_supplier"}};
    int given = 0;
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const char *id = json_text(args, owners[i].name);
        if (!id)
            continue;
        given++;
        cJSON *filter = common_one(owners[i].name, id), *row;
        json_add_integer(filter, "limit", 1);
        if (!common_need(ledger, owners[i].query, filter, &row, owners[i].code, owners[i].name, id,
                         "Check the number, or add it first.", error))
            return false;
        cJSON_Delete(row);
    }
    return given == 1 || lg_fail(error, "bad_argument", "Give one of the three.",
                                 "A document belongs to exactly one lot, material or supplier.");
}

bool stock_document_attach(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                           cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"lot",  "material", "supplier", "sha256", "name", "size",
                                          "kind", "issuer",   "scope",    "by",     NULL};
    int64_t time;
    char document[65];
    if (!check_owner(ledger, args, error))
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    if (json_integer(args, "issued", &time))
        json_add_integer(body, "issued_us", time);
    if (json_integer(args, "expires", &time))
        json_add_integer(body, "expires_us", time);
    if (!common_number(ledger, "DOC", body, "document", document, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("document", document);
    return common_append(ledger, context, "document.attached", body, error);
}
