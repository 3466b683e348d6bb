// ops_quality: what was found wrong and what was decided, hazards that somebody has read, procedures and who is trained in them,
// and who may do what.
#include "common.h"

#include <sodium/crypto_pwhash.h>
#include <sodium/utils.h>
#include <string.h>

#include "common_documents.h" // documents_stored
#include "common_hazard.h"    // hazard_rules_for
#include "common_people.h"    // people_trained
#include "families.h"
#include "json.h" // json_text

// --- nonconformances -------------------------------------------------------------------------------------------

static bool nonconformance_open(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                                cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"subject", "text", "photo", "by", NULL};
    const char *photo = json_text(args, "photo");
    int64_t size;
    char number[65];
    if (photo && !documents_stored(ledger, photo, true, &size, error))
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members), *found;
    if (!common_row(ledger, "lookup", common_one("code", json_text(args, "subject")), &found, error)) {
        cJSON_Delete(body);
        return false;
    }
    bool known = found != NULL;
    cJSON_Delete(found);
    if (!known || !common_number(ledger, "NC", body, "nonconformance", number, error)) {
        cJSON_Delete(body);
        return !known && lg_fail(error, "no_such_subject", "Name a lot, machine, job, record or unit.",
                                 "There is nothing called %s.", json_text(args, "subject"));
    }
    *answer = common_one("nonconformance", number);
    return common_append(ledger, context, "nonconformance.opened", body, error);
}

static bool nonconformance_close(struct ledger *ledger, const struct trace_context *context,
                                 const cJSON *args, cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"nonconformance", "disposition", "reason", "by", NULL};
    static const char *const ways[] = {"use_as_is", "rework", "scrap", "return"};
    const char *number = json_text(args, "nonconformance"), *way = json_text(args, "disposition");
    bool known = false;
    cJSON *row;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        known |= strcmp(ways[i], way) == 0;
    if (!known)
        return lg_fail(error, "bad_argument", "Use use_as_is, rework, scrap or return.",
                       "There is no disposition \"%s\".", way);
    if (!common_need(ledger, "nonconformance_get", common_one("nonconformance", number), &row,
                     "no_such_nonconformance", "nonconformance", number, "See `lotgate nonconformance list`.",
                     error))
        return false;
    bool open = strcmp(json_text(row, "state"), "open") == 0;
    cJSON_Delete(row);
    if (!open)
        return lg_fail(error, "nonconformance_closed", "Write a note instead.", "%s is closed already.",
                       number);
    *answer = common_copy(cJSON_CreateObject(), args, members);
    return common_append(ledger, context, "nonconformance.closed",
                         common_copy(cJSON_CreateObject(), args, members), error);
}

static bool nonconformance_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                                cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "nonconformance_list", args, answer, error);
}

// --- hazards ---------------------------------------------------------------------------------------------------

static bool hazard_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    cJSON *machine;
    if (!common_need_machine(ledger, json_text(args, "machine"), &machine, error))
        return false;
    *answer = hazard_rules_for(ledger, json_text(machine, "kind"), json_text(args, "lot"), error);
    cJSON_Delete(machine);
    return *answer != NULL;
}

static bool hazard_acknowledge(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                               cJSON **answer, struct lg_error *error) {
    const char *lot = json_text(args, "lot"), *machine = json_text(args, "machine");
    char operator_id[65];
    cJSON *rules;
    if (!common_operator(ledger, json_text(args, "by"), operator_id, error) ||
        !hazard_list(ledger, context, args, &rules, error))
        return false;
    const cJSON *rule;
    bool ok = true;
    int count = 0;
    cJSON_ArrayForEach(rule, rules) {
        cJSON *filter = common_one("lot", lot), *known;
        const char *name = json_text(rule, "rule");
        json_add_text(filter, "machine", machine);
        json_add_text(filter, "rule", name);
        if (!ok || !(ok = common_row(ledger, "hazard_acknowledged", filter, &known, error)))
            break;
        bool told = known != NULL || strcmp(json_text(rule, "verdict"), "warn") != 0;
        cJSON_Delete(known);
        if (told)
            continue;
        cJSON *body = common_one("lot", lot);
        json_add_text(body, "machine", machine);
        json_add_text(body, "rule", name);
        json_add_text(body, "by", operator_id);
        ok = common_append(ledger, context, "hazard.acknowledged", body, error);
        count++;
    }
    cJSON_Delete(rules);
    if (!ok)
        return false;
    *answer = common_one("lot", lot);
    json_add_text(*answer, "machine", machine);
    json_add_text(*answer, "by", operator_id);
    json_add_integer(*answer, "warnings", count);
    return true;
}

// --- procedures and training -----------------------------------------------------------------------------------

static bool procedure_issue(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                            cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"procedure", "title", "text", "document", "by", NULL};
    const char *document = json_text(args, "document");
    int64_t version = 0, size;
    cJSON *row, *body;
    if ((document && !documents_stored(ledger, document, false, &size, error)) ||
        !common_row(ledger, "procedure_newest", common_one("procedure", json_text(args, "procedure")), &row,
                    error))
        return false;
    json_integer(row, "version", &version);
    cJSON_Delete(row);
    body = common_copy(cJSON_CreateObject(), args, members);
    json_add_integer(body, "version", version + 1);
    *answer = common_one("procedure", json_text(args, "procedure"));
    json_add_integer(*answer, "version", version + 1);
    return common_append(ledger, context, "procedure.issued", body, error);
}

static bool procedure_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                           cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "procedure_list", args, answer, error);
}

// The operator signs the newest version, by PIN where there is one.
static bool training_sign(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    const char *procedure = json_text(args, "procedure");
    int64_t version = 0;
    char operator_id[65];
    cJSON *row;
    if (!common_operator(ledger, json_text(args, "operator"), operator_id, error) ||
        !people_pin_check(ledger, operator_id, json_text(args, "pin"), error) ||
        !common_need(ledger, "procedure_newest", common_one("procedure", procedure), &row,
                     "no_such_procedure", "procedure", procedure, "See `lotgate procedure list`.", error))
        return false;
    json_integer(row, "version", &version);
    cJSON_Delete(row);
    *answer = common_one("operator", operator_id);
    json_add_text(*answer, "procedure", procedure);
    json_add_integer(*answer, "version", version);
    bool trained;
    if (!people_trained(ledger, operator_id, procedure, &trained, error))
        return false;
    cJSON *body = trained ? NULL : cJSON_Duplicate(*answer, true);
    json_add_text(body, "by", body ? json_text(args, "by") : NULL);
    return trained || common_append(ledger, context, "training.signed", body, error);
}

static bool training_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "training_list", args, answer, error);
}

// --- people ----------------------------------------------------------------------------------------------------

static bool operator_role(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    const char *role = json_text(args, "role");
    char operator_id[65];
    if (!people_role_known(role))
        return lg_fail(error, "bad_argument", "Use operator, receiver, quality or owner.",
                       "There is no role \"%s\".", role);
    if (!common_operator(ledger, json_text(args, "operator"), operator_id, error))
        return false;
    cJSON *body = common_one("operator", operator_id);
    json_add_text(body, "role", role);
    json_add_text(body, "by", json_text(args, "by"));
    *answer = cJSON_Duplicate(body, true);
    return common_append(ledger, context, "operator.role", body, error);
}

// Only a hash of the PIN is kept.
static bool operator_pin(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON **answer, struct lg_error *error) {
    const char *pin = json_text(args, "pin");
    char operator_id[65], hash[crypto_pwhash_STRBYTES];
    if (strlen(pin) < PEOPLE_PIN_MIN || strlen(pin) > PEOPLE_PIN_MAX)
        return lg_fail(error, "bad_argument", "Choose 4 to 64 characters.", "That is no PIN.");
    if (!common_operator(ledger, json_text(args, "operator"), operator_id, error))
        return false;
    if (crypto_pwhash_str(hash, pin, strlen(pin), PEOPLE_PIN_OPS, PEOPLE_PIN_MEMORY) != 0)
        return lg_fail(error, "ledger_unavailable", "Close other programs.",
                       "There is not enough memory to hash the PIN.");
    cJSON *body = common_one("operator", operator_id);
    json_add_text(body, "pin", hash);
    json_add_text(body, "by", json_text(args, "by"));
    *answer = common_one("operator", operator_id);
    return common_append(ledger, context, "operator.pin", body, error);
}

const struct trace_op quality_ops[] = {
    {"nonconformance.open", true, TAKES("!subject", "!text", "photo", "by"),
     "Say what was found wrong with a thing.", nonconformance_open},
    {"nonconformance.close", true, TAKES("!nonconformance", "!disposition", "!reason", "by"),
     "Decide what becomes of it: use_as_is, rework, scrap or return.", nonconformance_close},
    {"nonconformance.list", false, TAKES("state", "subject", "limit", "after", "sort"),
     "List the nonconformances, newest first.", nonconformance_list},
    {"hazard.list", false, TAKES("!lot", "!machine"),
     "What is to be known before a lot is worked by a machine.", hazard_list},
    {"hazard.acknowledge", true, TAKES("!lot", "!machine", "!by"),
     "Say that the warnings for a lot on a machine have been read.", hazard_acknowledge},
    {"procedure.issue", true, TAKES("!procedure", "!title", "text", "document", "by"),
     "Issue a procedure, or its next version: who signed an earlier one signs again.", procedure_issue},
    {"procedure.list", false, TAKES("procedure", "limit", "after", "sort"),
     "List the procedures and their versions.", procedure_list},
    {"training.sign", true, TAKES("!operator", "!procedure", "pin", "by"),
     "An operator signs the newest version of a procedure.", training_sign},
    {"training.list", false, TAKES("operator", "procedure", "limit", "after", "sort"),
     "List who signed what, newest first.", training_list},
    {"operator.role", true, TAKES("!operator", "!role", "by"), "Give an operator a role.", operator_role},
    {"operator.pin", true, TAKES("!operator", "!pin", "by"), "Set an operator's PIN; only a hash is kept.",
     operator_pin},
    {NULL, false, NULL, NULL, NULL},
};
