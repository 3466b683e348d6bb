// ops_supplier: where material comes from: whom to ask there, and how much of what came had to be rejected.
#include "common.h"

#include "families.h"
#include "json.h" // json_text

#define NO_SUPPLIER_HINT "See `lotgate supplier list`, or add it with `lotgate supplier add`."

// Of the lots that were delivered, in percent with one decimal; null while there are none. Pieces are no deliveries.
static void add_rate(cJSON *supplier) {
    int64_t lots = 0, rejected = 0;
    json_integer(supplier, "lots", &lots);
    json_integer(supplier, "rejected", &rejected);
    int64_t permille = lots ? (rejected * 1000 + lots / 2) / lots : 0;
    json_add(supplier, "rejected_percent",
             lots ? cJSON_CreateNumber((double)permille / 10) : cJSON_CreateNull());
}

static bool supplier_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    if (!common_filtered(ledger, "supplier_list", args, answer, error))
        return false;
    cJSON *supplier;
    cJSON_ArrayForEach(supplier, *answer) {
        add_rate(supplier);
    }
    return true;
}

static bool need_supplier(struct ledger *ledger, const cJSON *args, cJSON **row, struct lg_error *error) {
    const char *supplier = json_text(args, "supplier");
    return common_need(ledger, "supplier_get", common_one("supplier", supplier), row, "no_such_supplier",
                       "supplier", supplier, NO_SUPPLIER_HINT, error);
}

static bool supplier_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    const char *supplier = json_text(args, "supplier");
    if (!need_supplier(ledger, args, answer, error))
        return false;
    add_rate(*answer);
    cJSON *documents = common_one("supplier", supplier), *lots = common_one("supplier", supplier);
    json_add_integer(documents, "now_us", context->now_us);
    json_add_integer(documents, "limit", COMMON_EVENTS_SHOWN);
    json_add_integer(lots, "limit", COMMON_EVENTS_SHOWN);
    return common_add_list(ledger, *answer, "contacts", "supplier_contacts", common_one("supplier", supplier),
                           error) &&
           common_add_list(ledger, *answer, "documents", "document_list", documents, error) &&
           common_add_list(ledger, *answer, "newest_lots", "supplier_newest_lots", lots, error);
}

// A contact of the same name is changed.
static bool supplier_contact(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                             cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"supplier", "name", "role", "email", "phone", "by", NULL};
    cJSON *row;
    if (!need_supplier(ledger, args, &row, error))
        return false;
    cJSON_Delete(row);
    if (!json_text(args, "email") && !json_text(args, "phone"))
        return lg_fail(error, "bad_argument", "Give an e-mail address or a telephone number.",
                       "A contact that can't be reached is none.");
    *answer = common_one("supplier", json_text(args, "supplier"));
    json_add_text(*answer, "name", json_text(args, "name"));
    return common_append(ledger, context, "supplier.contact",
                         common_copy(cJSON_CreateObject(), args, members), error);
}

const struct trace_op supplier_ops[] = {
    {"supplier.list", false, TAKES("limit", "after", "sort"),
     "List the suppliers, with how much was rejected.", supplier_list},
    {"supplier.show", false, TAKES("!supplier"),
     "Show a supplier with contacts, documents, newest lots and how much was rejected.", supplier_show},
    {"supplier.contact", true, TAKES("!supplier", "!name", "role", "email", "phone", "by"),
     "Add a person to ask at a supplier, or change what is known of one.", supplier_contact},
    {NULL, false, NULL, NULL, NULL},
};
