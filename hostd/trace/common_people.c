// common_people: see common_people.h.
#include "common_people.h"

#include <sodium/crypto_pwhash.h>
#include <string.h>

#include "common.h"
#include "json.h" // json_text

static const char *const roles[] = {"operator", "receiver", "quality", "owner"};

static int rank_of(const char *role) {
    for (int i = 0; role && i < (int)(sizeof roles / sizeof *roles); i++)
        if (strcmp(roles[i], role) == 0)
            return i;
    return -1;
}

bool people_role_known(const char *role) {
    return rank_of(role) >= 0;
}

// What is not here may be done by everybody.
static const struct {
    const char *op, *role;
} needs[] = {
    {"lot.receive", "receiver"},      {"lot.inspect", "receiver"},    {"document.attach", "receiver"},
    {"lot.split", "receiver"},        {"lot.merge", "receiver"},      {"lot.adjust", "receiver"},
    {"lot.count", "receiver"},        {"lot.release", "quality"},     {"lot.quarantine", "quality"},
    {"lot.reject", "quality"},        {"correction.add", "quality"},  {"lot.correct", "quality"},
    {"recall.open", "quality"},       {"recall.close", "quality"},    {"nonconformance.close", "quality"},
    {"record.deviate", "quality"},    {"procedure.issue", "quality"}, {"operator.add", "owner"},
    {"operator.role", "owner"},       {"operator.pin", "owner"},      {"supplier.add", "receiver"},
    {"supplier.contact", "receiver"}, {"material.add", "quality"},    {"product.add", "quality"},
    {"product.bom", "quality"},       {"order.import", "receiver"},
};

static const char *role_for(const char *op) {
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (strcmp(needs[i].op, op) == 0)
            return needs[i].role;
    return NULL;
}

static bool find_operator(struct ledger *ledger, const char *by, cJSON **row, struct lg_error *error) {
    *row = NULL;
    return !by || common_row(ledger, "operator_person", common_one("code", by), row, error);
}

// The first owner is named by whoever runs lotgate, in nobody's name: else a shop whose first role was another one could
// never give a role again.
static bool names_owner(const char *op, const cJSON *args) {
    const char *role = json_text(args, "role");
    return (strcmp(op, "operator.role") == 0 || strcmp(op, "operator.add") == 0) && role &&
           strcmp(role, "owner") == 0 && !json_text(args, "by");
}

bool people_may(struct ledger *ledger, const char *op, const cJSON *args, struct lg_error *error) {
    const char *role = role_for(op), *by = json_text(args, "by");
    cJSON *row;
    if (!role)
        return true;
    if (!common_row(ledger, "operators_with_roles", NULL, &row, error))
        return false;
    bool checked = row != NULL, owned = checked && strcmp(json_text(row, "role"), "owner") == 0;
    cJSON_Delete(row);
    if (!checked || (!owned && names_owner(op, args)))
        return true;
    if (!find_operator(ledger, by, &row, error))
        return false;
    bool may = row && rank_of(json_text(row, "role")) >= rank_of(role);
    cJSON_Delete(row);
    if (may)
        return true;
    if (!owned && strcmp(role, "owner") == 0)
        return lg_fail(error, "role_required",
                       "Nobody is yet: name one with `lotgate operator role OPERATOR owner`.",
                       "%s needs an owner.", op);
    return by ? lg_fail(error, "role_required", "Ask somebody who has that role.",
                        "%s needs the role %s, which %s does not have.", op, role, by)
              : lg_fail(error, "role_required", "Say who does it: --by OPERATOR.",
                        "%s needs somebody with the role %s.", op, role);
}

bool people_pin_check(struct ledger *ledger, const char *operator_id, const char *pin,
                      struct lg_error *error) {
    cJSON *row;
    if (!find_operator(ledger, operator_id, &row, error))
        return false;
    const char *hash = row ? json_text(row, "pin") : NULL;
    bool right = !hash || (pin && crypto_pwhash_str_verify(hash, pin, strlen(pin)) == 0);
    cJSON_Delete(row);
    return right || lg_fail(error, "wrong_pin", "Type it again, or have the owner set a new one.",
                            pin ? "That is not the PIN of %s." : "%s has a PIN: give it.", operator_id);
}

bool people_trained(struct ledger *ledger, const char *operator_id, const char *procedure, bool *trained,
                    struct lg_error *error) {
    cJSON *filter = common_one("operator", operator_id), *row;
    json_add_text(filter, "procedure", procedure);
    if (!common_row(ledger, "training_missing", filter, &row, error))
        return false;
    *trained = row == NULL;
    cJSON_Delete(row);
    return true;
}
