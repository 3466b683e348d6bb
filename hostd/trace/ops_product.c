// ops_product: what the shop makes, and what goes into it.
#include "common.h"

#include <string.h>

#include "args.h"           // args_is_id
#include "common_product.h" // pattern_check
#include "families.h"
#include "json.h" // json_text

bool product_need(struct ledger *ledger, const char *product, cJSON **row, struct lg_error *error) {
    return common_need(ledger, "product_get", common_one("product", product), row, "no_such_product",
                       "product", product,
                       "See `lotgate product list`, or add it with `lotgate product add`.", error);
}

static bool product_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"product", "name", "pattern", "by", NULL};
    const char *product = json_text(args, "product"), *pattern = json_text(args, "pattern");
    cJSON *row;
    if (!args_is_id(product, ARGS_MATERIAL_MAX))
        return lg_fail(error, "bad_argument", "Use letters, digits and . _ / - only, at most 40 of them.",
                       "\"%.60s\" can't be a product's id: its serial numbers begin with it.", product);
    if (pattern && !pattern_check(pattern, error))
        return false;
    if (!common_row(ledger, "product_get", common_one("product", product), &row, error))
        return false;
    cJSON_Delete(row);
    if (row)
        return lg_fail(error, "already_exists", "Choose another id.", "The product %s is already there.",
                       product);
    *answer = common_one("product", product);
    return common_append(ledger, context, "product.added", common_copy(cJSON_CreateObject(), args, members),
                         error);
}

// --- the bill of materials -----------------------------------------------------------------------------------

static bool add_line(struct ledger *ledger, cJSON *lines, const cJSON *given, struct lg_error *error) {
    static const char *const keys[] = {"material", "quantity", NULL};
    const char *material = cJSON_IsString(given) ? given->valuestring : json_text(given, "material");
    if (material == NULL)
        material = "";
    const cJSON *other;
    cJSON *row, *filter = common_one("material", material);
    json_add_integer(filter, "limit", 1);
    if (cJSON_IsObject(given) && !json_only_keys(given, keys, error)) {
        cJSON_Delete(filter);
        return false;
    }
    if (!common_need(ledger, "material_list", filter, &row, "no_such_material", "material",
                     material[0] ? material : "\"\"", "Add it with `lotgate material add`.", error))
        return false;
    cJSON_Delete(row);
    cJSON_ArrayForEach(other, lines) {
        if (strcmp(json_text(other, "material"), material) == 0)
            return lg_fail(error, "bad_argument", "Name each material once.",
                           "Material %s stands twice in the bill.", material);
    }
    cJSON *line = common_one("material", material);
    cJSON_AddItemToArray(lines, line);
    return common_item_quantity(line, given, error);
}

static bool product_bom(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    const char *product = json_text(args, "product");
    const cJSON *given;
    cJSON *row;
    if (!product_need(ledger, product, &row, error))
        return false;
    cJSON_Delete(row);
    cJSON *body = common_one("product", product), *lines = cJSON_CreateArray();
    json_add(body, "lines", lines);
    json_add_text(body, "by", json_text(args, "by"));
    cJSON_ArrayForEach(given, json_get(args, "materials")) {
        if (!add_line(ledger, lines, given, error)) {
            cJSON_Delete(body);
            return false;
        }
    }
    *answer = common_one("product", product);
    json_add_integer(*answer, "materials", cJSON_GetArraySize(lines));
    return common_append(ledger, context, "bom.set", body, error);
}

static bool product_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "product_list", args, answer, error);
}

static bool product_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    const char *product = json_text(args, "product");
    cJSON *events = common_one("subject", product);
    json_add_integer(events, "limit", COMMON_EVENTS_SHOWN);
    if (product_need(ledger, product, answer, error))
        return common_add_list(ledger, *answer, "events", "subject_events", events, error);
    cJSON_Delete(events);
    return false;
}

const struct trace_op product_ops[] = {
    {"product.add", true, TAKES("!product", "!name", "pattern", "by"),
     "Add a product, with the pattern of its serial numbers.", product_add},
    {"product.bom", true, TAKES("!product", "!materials", "by"),
     "Set a product's bill of materials: a record of it can't be closed without a lot of each.", product_bom},
    {"product.list", false, TAKES("limit", "after", "sort"), "List the products.", product_list},
    {"product.show", false, TAKES("!product"), "Show a product with its bill of materials.", product_show},
    {NULL, false, NULL, NULL, NULL},
};
