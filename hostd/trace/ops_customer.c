// ops_customer: whom the shop delivers to: what a recall must reach.
#include "common.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common_orders.h"
#include "families.h"
#include "json.h" // json_text

static const char *const particulars[] = {"name", "email", "phone", "address", "source", "by", NULL};

bool customer_need(struct ledger *ledger, const char *customer, cJSON **row, struct lg_error *error) {
    return common_need(ledger, "customer_get", common_one("customer", customer), row, "no_such_customer",
                       "customer", customer,
                       "See `lotgate customer list`, or add it with `lotgate customer add`.", error);
}

void customer_small_email(cJSON *object) {
    const char *email = object ? json_text(object, "email") : NULL;
    if (!email)
        return;
    char *small = strdup(email);
    lg_assert(small);
    for (char *p = small; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    cJSON_DeleteItemFromObjectCaseSensitive(object, "email");
    json_add_text(object, "email", *small ? small : NULL);
    free(small);
}

bool customer_append(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     char customer[65], struct lg_error *error) {
    const char *given = json_text(args, "customer");
    cJSON *body = common_copy(cJSON_CreateObject(), args, particulars);
    customer_small_email(body);
    if (given) {
        strncpy(customer, given, 64)[64] = '\0';
        json_add_text(body, "customer", given);
    } else if (!common_number(ledger, "CUST", body, "customer", customer, error)) {
        cJSON_Delete(body);
        return false;
    }
    return common_append(ledger, context, "customer.added", body, error);
}

static bool customer_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    const char *given = json_text(args, "customer");
    char customer[65];
    cJSON *row = NULL;
    if (given && !common_row(ledger, "customer_get", common_one("customer", given), &row, error))
        return false;
    cJSON_Delete(row);
    if (row)
        return lg_fail(error, "already_exists", "Choose another id, or change the one that is there.",
                       "The customer %s is already there.", given);
    if (!customer_append(ledger, context, args, customer, error))
        return false;
    *answer = common_one("customer", customer);
    return true;
}

static bool customer_change(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                            cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"customer", "name", "email", "phone", "address", "by", NULL};
    const char *customer = json_text(args, "customer");
    cJSON *row;
    if (!customer_need(ledger, customer, &row, error))
        return false;
    cJSON_Delete(row);
    bool changes = false;
    for (const char *const *m = members + 1; strcmp(*m, "by") != 0; m++)
        changes |= json_get(args, *m) != NULL;
    if (!changes)
        return lg_fail(error, "bad_argument", "Give a name, e-mail, phone or address.",
                       "Nothing of customer %s would change.", customer);
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    customer_small_email(body);
    *answer = common_one("customer", customer);
    return common_append(ledger, context, "customer.changed", body, error);
}

static bool customer_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    cJSON *filter = cJSON_Duplicate(args, true);
    customer_small_email(filter);
    bool ok = common_filtered(ledger, "customer_list", filter, answer, error);
    cJSON_Delete(filter);
    return ok;
}

static cJSON *limited(const char *name, const char *value) {
    cJSON *filter = common_one(name, value);
    json_add_integer(filter, "limit", COMMON_EVENTS_SHOWN);
    return filter;
}

static bool customer_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    const char *customer = json_text(args, "customer");
    return customer_need(ledger, customer, answer, error) &&
           common_add_list(ledger, *answer, "orders", "customer_orders", limited("customer", customer),
                           error) &&
           common_add_list(ledger, *answer, "events", "subject_events", limited("subject", customer), error);
}

const struct trace_op customer_ops[] = {
    {"customer.add", true, TAKES("customer", "!name", "email", "phone", "address", "source", "by"),
     "Add a customer; without an id one is given.", customer_add},
    {"customer.change", true, TAKES("!customer", "name", "email", "phone", "address", "by"),
     "Change how a customer is reached; what was there before stays in the ledger.", customer_change},
    {"customer.list", false, TAKES("email", "limit", "after", "sort"), "List the customers.", customer_list},
    {"customer.show", false, TAKES("!customer"), "Show a customer with the orders.", customer_show},
    {NULL, false, NULL, NULL, NULL},
};
