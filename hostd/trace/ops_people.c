// ops_people: suppliers, materials, operators.
#include "common.h"

#include <string.h>

#include "common_people.h" // people_role_known
#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_decimal

static bool refuse_known(struct ledger *ledger, const char *query, const char *key, const char *value,
                         struct lg_error *error) {
    cJSON *filter = common_one(key, value), *row;
    json_add_integer(filter, "limit", 1);
    if (!common_row(ledger, query, filter, &row, error))
        return false;
    cJSON_Delete(row);
    return !row || lg_fail(error, "already_exists", "Choose another id, or use the one that is there.",
                           "The %s %s is already there.", key, value);
}

bool people_supplier_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"supplier", "name", "email", "phone", "address", NULL};
    const char *supplier = json_text(args, "supplier");
    if (!refuse_known(ledger, "supplier_list", "supplier", supplier, error) ||
        !common_append(ledger, context, "supplier.added", common_copy(cJSON_CreateObject(), args, members),
                       error))
        return false;
    *answer = common_one("supplier", supplier);
    return true;
}

bool people_supplier_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "supplier_list", args, answer, error);
}

static bool add_length(cJSON *body, const cJSON *args, const char *name, const char *member,
                       struct lg_error *error) {
    const char *text = json_text(args, name);
    struct quantity length;
    if (!text)
        return true;
    if (!quantity_parse(text, &length, error))
        return false;
    if (strcmp(length.base, "um") != 0)
        return lg_fail(error, "bad_quantity", "Write it like 3mm.", "The %s \"%.40s\" is not a length.", name,
                       text);
    json_add_integer(body, member, length.amount);
    return true;
}

// g/cm3 as given, mg/cm3 as kept.
static bool add_density(cJSON *body, const cJSON *args, struct lg_error *error) {
    const char *text = json_text(args, "density"), *end;
    int64_t density;
    if (!text)
        return true;
    if (!quantity_decimal(text, 1000, &density, &end) || *end || !density)
        return lg_fail(error, "bad_argument", "Write it in g/cm3 with at most three decimals, like 1.19.",
                       "The density \"%.40s\" is not a number.", text);
    json_add_integer(body, "density_mg_cm3", density);
    return true;
}

static bool check_requires(const cJSON *args, struct lg_error *error) {
    const cJSON *kind;
    cJSON_ArrayForEach(kind, json_get(args, "requires")) {
        if (!cJSON_IsString(kind) || !*kind->valuestring)
            return lg_fail(error, "bad_argument", "Give words such as mtr, coc, sds, rohs.",
                           "The argument \"requires\" holds something that is no kind of document.");
    }
    return true;
}

bool people_material_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"material", "name", "form", "grade", "requires", "hazards", NULL};
    const char *material = json_text(args, "material");
    if (!refuse_known(ledger, "material_list", "material", material, error) || !check_requires(args, error))
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    if (!add_length(body, args, "thickness", "thickness_um", error) ||
        !add_length(body, args, "diameter", "diameter_um", error) || !add_density(body, args, error)) {
        cJSON_Delete(body);
        return false;
    }
    if (!common_append(ledger, context, "material.added", body, error))
        return false;
    *answer = common_one("material", material);
    return true;
}

// The lengths and the density as a person writes them, beside the integers.
static void add_sizes(cJSON *material) {
    int64_t value;
    char text[QUANTITY_TEXT_MAX];
    if (json_integer(material, "thickness_um", &value)) {
        quantity_format(text, value, "mm");
        json_add_text(material, "thickness", text);
    }
    if (json_integer(material, "diameter_um", &value)) {
        quantity_format(text, value, "mm");
        json_add_text(material, "diameter", text);
    }
    if (json_integer(material, "density_mg_cm3", &value)) {
        quantity_format(text, value, "g"); // thousandths, like grams in milligrams
        text[strlen(text) - 1] = '\0';
        json_add_text(material, "density", text);
    }
}

bool people_material_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    if (!common_filtered(ledger, "material_list", args, answer, error))
        return false;
    cJSON *material;
    cJSON_ArrayForEach(material, *answer) {
        add_sizes(material);
    }
    return true;
}

// An id that is somebody's badge, or the reverse, would make a scan ambiguous.
static bool code_is_free(struct ledger *ledger, const char *code, struct lg_error *error) {
    cJSON *row;
    if (!code)
        return true;
    if (!common_row(ledger, "operator_find", common_one("code", code), &row, error))
        return false;
    if (row)
        lg_fail(error, "already_exists", "Choose another id or badge.",
                "%s already is the id or the badge of operator %s.", code, json_text(row, "operator"));
    cJSON_Delete(row);
    return !row;
}

bool people_operator_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"operator", "name", "badge", "role", NULL};
    const char *id = json_text(args, "operator");
    if (json_text(args, "role") && !people_role_known(json_text(args, "role")))
        return lg_fail(error, "bad_argument", "Use operator, receiver, quality or owner.",
                       "There is no role \"%s\".", json_text(args, "role"));
    if (!code_is_free(ledger, id, error) || !code_is_free(ledger, json_text(args, "badge"), error) ||
        !common_append(ledger, context, "operator.added", common_copy(cJSON_CreateObject(), args, members),
                       error))
        return false;
    *answer = common_one("operator", id);
    return true;
}

bool people_operator_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "operator_list", args, answer, error);
}
