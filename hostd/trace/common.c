// common: see common.h.
#include "common.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "json.h"     // json_text
#include "quantity.h" // quantity_parse

cJSON *common_one(const char *name, const char *value) {
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, name, value);
    return object;
}

cJSON *common_copy(cJSON *to, const cJSON *from, const char *const *names) {
    for (; *names; names++) {
        const cJSON *value = json_get(from, *names);
        if (value)
            json_add(to, *names, cJSON_Duplicate(value, true));
    }
    return to;
}

bool common_list(struct ledger *ledger, const char *query, cJSON *taken, cJSON **rows,
                 struct lg_error *error) {
    *rows = ledger_query(ledger, query, taken, error);
    cJSON_Delete(taken);
    return *rows != NULL;
}

bool common_row(struct ledger *ledger, const char *query, cJSON *taken, cJSON **row, struct lg_error *error) {
    cJSON *rows;
    *row = NULL;
    if (!common_list(ledger, query, taken, &rows, error))
        return false;
    *row = cJSON_DetachItemFromArray(rows, 0);
    cJSON_Delete(rows);
    return true;
}

bool common_need(struct ledger *ledger, const char *query, cJSON *taken, cJSON **row, const char *code,
                 const char *what, const char *id, const char *what_to_do, struct lg_error *error) {
    return common_row(ledger, query, taken, row, error) &&
           (*row || lg_fail(error, code, what_to_do, "There is no %s %s.", what, id));
}

bool common_need_machine(struct ledger *ledger, const char *machine, cJSON **facts, struct lg_error *error) {
    return common_need(
        ledger, "machine_facts", common_one("machine", machine), facts, "no_such_machine", "machine", machine,
        "See `lotgate machine list` for the machines of this host; a new one goes into lotgate.json.", error);
}

bool common_need_lot(struct ledger *ledger, const char *lot, cJSON **facts, struct lg_error *error) {
    return common_need(ledger, "lot_facts", common_one("lot", lot), facts, "no_such_lot", "lot", lot,
                       "Check the number on the label, or receive the lot with `lotgate lot receive`.",
                       error);
}

bool common_add_list(struct ledger *ledger, cJSON *answer, const char *name, const char *query, cJSON *taken,
                     struct lg_error *error) {
    cJSON *rows;
    if (!common_list(ledger, query, taken, &rows, error))
        return false;
    json_add(answer, name, rows);
    return true;
}

bool common_filtered(struct ledger *ledger, const char *query, const cJSON *args, cJSON **rows,
                     struct lg_error *error) {
    cJSON *filters = cJSON_Duplicate(args, true);
    lg_assert(filters);
    int64_t limit;
    if (!json_integer(filters, "limit", &limit) || limit < 1)
        limit = COMMON_LIST_DEFAULT;
    if (limit > LEDGER_ROWS_MAX)
        limit = LEDGER_ROWS_MAX;
    cJSON_DeleteItemFromObjectCaseSensitive(filters, "limit");
    json_add_integer(filters, "limit", limit);
    return common_list(ledger, query, filters, rows, error);
}

bool common_operator(struct ledger *ledger, const char *code, char out[65], struct lg_error *error) {
    cJSON *row;
    if (!common_need(ledger, "operator_find", common_one("code", code), &row, "operator_unknown",
                     "operator or badge", code,
                     "Add the operator with `lotgate operator add`, or scan another badge.", error))
        return false;
    snprintf(out, 65, "%s", json_text(row, "operator"));
    cJSON_Delete(row);
    return true;
}

bool common_append(struct ledger *ledger, const struct trace_context *context, const char *kind, cJSON *taken,
                   struct lg_error *error) {
    bool ok = ledger_append(ledger, kind, context->actor, context->now_us, taken, NULL, error);
    cJSON_Delete(taken);
    return ok;
}

bool common_number(struct ledger *ledger, const char *sequence, cJSON *body, const char *member, char out[65],
                   struct lg_error *error) {
    if (!ledger_next_number(ledger, sequence, out, 65, error))
        return false;
    json_add_text(body, member, out);
    return true;
}

bool common_add_quantity(cJSON *object, const char *text, bool with_unit, struct lg_error *error) {
    struct quantity quantity;
    char canonical[QUANTITY_TEXT_MAX];
    if (!quantity_parse(text, &quantity, error))
        return false;
    quantity_format(canonical, quantity.amount, quantity.unit);
    json_add_text(object, "quantity", canonical);
    json_add_integer(object, "amount", quantity.amount);
    json_add_text(object, "base", quantity.base);
    if (with_unit)
        json_add_text(object, "unit", quantity.unit);
    return true;
}

bool common_item_quantity(cJSON *object, const cJSON *item, struct lg_error *error) {
    const cJSON *quantity = cJSON_IsObject(item) ? json_get(item, "quantity") : NULL;
    if (!quantity || cJSON_IsNull(quantity))
        return true;
    if (!cJSON_IsString(quantity))
        return lg_fail(error, "bad_quantity", "Write it in quotes, with its unit, such as \"5sheet\".",
                       "A quantity in the list is not a text.");
    return common_add_quantity(object, quantity->valuestring, false, error);
}

void common_lot_sequence(char out[65], const char *material, int64_t now_us) {
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(out, 65, "%.40s-%02d%02d", material, tm.tm_mon + 1, tm.tm_year % 100);
}
