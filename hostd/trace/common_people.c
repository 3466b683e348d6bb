// common_people: see common_people.h.
#include "common_people.h"

#include <sodium/crypto_pwhash.h>
#include <stdio.h>
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

// Every act that takes a `by`. What needs no more than an operator may be done by everybody, named or not: who must be
// named at a machine is said by the machine's `require`.
static const struct {
    const char *op, *role;
} needs[] = {
    {"lot.mark", "operator"},
    {"lot.mark_lost", "operator"},
    {"declaration.cancel", "operator"},
    {"hazard.acknowledge", "operator"},
    {"note.add", "operator"},
    {"nonconformance.open", "operator"},
    {"training.sign", "operator"},
    {"unit.make", "operator"},
    {"unit.scrap", "operator"},
    {"machine.paired", "operator"}, // tells how it went: to refuse it would undo nothing
    // what comes in, goes out and lies on the shelf
    {"supplier.add", "receiver"},
    {"supplier.contact", "receiver"},
    {"lot.receive", "receiver"},
    {"lot.inspect", "receiver"},
    {"document.attach", "receiver"},
    {"lot.split", "receiver"},
    {"lot.merge", "receiver"},
    {"lot.adjust", "receiver"},
    {"lot.count", "receiver"},
    {"lot.scrap", "receiver"},
    {"customer.add", "receiver"},
    {"customer.change", "receiver"},
    {"order.add", "receiver"},
    {"order.import", "receiver"},
    {"order.cancel", "receiver"},
    {"unit.allocate", "receiver"},
    {"order.ship", "receiver"},
    {"shipment.return", "receiver"},
    // what is good enough
    {"material.add", "quality"},
    {"product.add", "quality"},
    {"product.bom", "quality"},
    {"procedure.issue", "quality"},
    {"lot.release", "quality"},
    {"lot.quarantine", "quality"},
    {"lot.reject", "quality"},
    {"lot.correct", "quality"},
    {"correction.add", "quality"},
    {"record.close", "quality"},
    {"record.deviate", "quality"},
    {"nonconformance.close", "quality"},
    {"recall.open", "quality"},
    {"recall.contacted", "quality"},
    {"recall.answered", "quality"},
    {"recall.returned", "quality"},
    {"recall.destroyed", "quality"},
    {"recall.close", "quality"},
    {"machine.confirm", "quality"},
    // who may do what
    {"operator.add", "owner"},
    {"operator.role", "owner"},
    {"operator.pin", "owner"},
};

const char *people_role_for(const char *op) {
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

// In the words of the command line: "lot mark-lost" for lot.mark_lost.
static bool refuse(const char *op, const char *role, const char *by, bool ownerless, struct lg_error *error) {
    char act[48];
    snprintf(act, sizeof act, "%s", op);
    for (char *c = act; *c; c++)
        *c = *c == '.' ? ' ' : *c == '_' ? '-' : *c;
    if (ownerless && strcmp(role, "owner") == 0)
        return lg_fail(error, "role_required",
                       "Nobody is yet: name one with `lotgate operator role OPERATOR owner`.",
                       "\"%s\" needs an owner.", act);
    return by ? lg_fail(error, "role_required", "Ask somebody who has that role.",
                        "\"%s\" needs the role %s, which %s does not have.", act, role, by)
              : lg_fail(error, "role_required", "Say who does it: --by OPERATOR.",
                        "\"%s\" needs somebody with the role %s.", act, role);
}

bool people_may(struct ledger *ledger, const char *op, const cJSON *args, struct lg_error *error) {
    const char *role = people_role_for(op), *by = json_text(args, "by");
    cJSON *row;
    if (rank_of(role) <= 0)
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
    return refuse(op, role, by, !owned, error);
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
