// ops_people: suppliers and materials as they are added, operators.
#include "common.h"

#include <ctype.h>
#include <string.h>

#include "common_documents.h" // documents_need
#include "common_people.h"    // people_role_known
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

// The shapes in which material comes; other names for them are brought into these.
static bool add_form(cJSON *body, const cJSON *args, struct lg_error *error) {
    static const char *const forms[] = {"sheet", "plate", "bar", "tube", "spool", "resin", "block"};
    static const char *const others[][2] = {
        {"rod", "bar"}, {"pipe", "tube"}, {"filament", "spool"}, {"wire", "spool"}};
    const char *form = json_text(args, "form");
    for (size_t i = 0; form && i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i][0], form) == 0)
            form = others[i][1];
    for (size_t i = 0; form && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i], form) == 0) {
            json_add_text(body, "form", form);
            return true;
        }
    return !form || lg_fail(error, "bad_argument", "Use sheet, plate, bar, tube, spool, resin or block.",
                            "There is no form \"%.40s\" of a material.", form);
}

// Kinds of document, each once.
static bool add_requires(cJSON *body, const cJSON *args, struct lg_error *error) {
    const cJSON *given, *known;
    if (!json_get(args, "requires"))
        return true;
    cJSON *needs = cJSON_CreateArray();
    json_add(body, "requires", needs);
    cJSON_ArrayForEach(given, json_get(args, "requires")) {
        char need[DOCUMENTS_NEED_MAX];
        bool twice = false;
        if (!cJSON_IsString(given))
            return lg_fail(error, "bad_argument", "Give words such as mtr, coc, sds, rohs, mtr:3.1.",
                           "The argument \"requires\" holds something that is no kind of document.");
        if (!documents_need(given->valuestring, need, error))
            return false;
        cJSON_ArrayForEach(known, needs) {
            twice = twice || strcmp(known->valuestring, need) == 0;
        }
        if (!twice)
            cJSON_AddItemToArray(needs, cJSON_CreateString(need));
    }
    return true;
}

bool people_material_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"material", "name", "grade", "hazards", NULL};
    const char *material = json_text(args, "material");
    if (strchr(material, '/') || !isalnum((unsigned char)material[0]))
        return lg_fail(
            error, "bad_argument", "Choose another one, like ACR or PLY-3.",
            "The material's id \"%.60s\" can't begin lot numbers: it begins with a mark or holds a slash.",
            material);
    if (!refuse_known(ledger, "material_list", "material", material, error))
        return false;
    const cJSON *hazard;
    cJSON_ArrayForEach(hazard, json_get(args, "hazards")) {
        if (!cJSON_IsString(hazard))
            return lg_fail(error, "bad_argument", "Give words such as pvc or mdf, or none.",
                           "The argument \"hazards\" holds something that is no word.");
    }
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    if (!add_form(body, args, error) || !add_requires(body, args, error) ||
        !add_length(body, args, "thickness", "thickness_um", error) ||
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

bool people_material_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    const char *material = json_text(args, "material");
    cJSON *filter = common_one("material", material), *documents = common_one("material", material);
    json_add_integer(filter, "limit", 1);
    json_add_integer(documents, "limit", COMMON_EVENTS_SHOWN);
    json_add_integer(documents, "now_us", context->now_us);
    if (!common_need(ledger, "material_list", filter, answer, "no_such_material", "material", material,
                     "See `lotgate material list`.", error)) {
        cJSON_Delete(documents);
        return false;
    }
    add_sizes(*answer);
    return common_add_list(ledger, *answer, "documents", "document_list", documents, error);
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
