// ops_lot: a lot from its receipt to its release or rejection.
//
// The heat number on the material must be the one on its certificate. Where both are known and differ, the lot
// is received into quarantine and can only be rejected, or inspected again with numbers that agree.
#include "common.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "args.h"             // ARGS_LOT_OWN_MAX
#include "common_documents.h" // documents_check
#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_decimal

static const char *match_of(const char *heat, const char *cert_heat) {
    if (!heat && !cert_heat)
        return "none";
    if (!heat || !cert_heat)
        return "unchecked";
    return strcmp(heat, cert_heat) == 0 ? "matched" : "mismatch";
}

#define MISMATCH_REASON "the heat number on the material is not the one on the certificate"

static bool begins_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// A number that was given stays as it is, but must be new and not look like a record's or a job's.
static bool check_given_number(struct ledger *ledger, const char *lot, struct lg_error *error) {
    cJSON *row;
    if (begins_with(lot, "MFG-") || begins_with(lot, "JOB-"))
        return lg_fail(error, "bad_argument", "Choose another number, or let lotgate give one.",
                       "Lot numbers don't begin with MFG- or JOB-: those are records and jobs.");
    if (strlen(lot) > ARGS_LOT_OWN_MAX || strchr(lot, '/') || !isalnum((unsigned char)lot[0]) ||
        !isalnum((unsigned char)lot[strlen(lot) - 1]))
        return lg_fail(
            error, "bad_argument", "Choose another number, or let lotgate give one.",
            "A lot number has at most %d characters and no slash, which its pieces have; the first and "
            "the last are letters or digits.",
            ARGS_LOT_OWN_MAX);
    if (!common_row(ledger, "lot_facts", common_one("lot", lot), &row, error))
        return false;
    cJSON_Delete(row);
    return !row || lg_fail(error, "already_exists", "Choose another number, or let lotgate give one.",
                           "The lot %s is already there; a lot number is never used twice.", lot);
}

static bool number_lot(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON *body, char lot[65], struct lg_error *error) {
    const char *given = json_text(args, "lot");
    char sequence[65];
    if (given) {
        snprintf(lot, 65, "%s", given);
        json_add_text(body, "lot", lot);
        return check_given_number(ledger, given, error);
    }
    common_lot_sequence(sequence, json_text(args, "material"), context->now_us);
    return common_number(ledger, sequence, body, "lot", lot, error);
}

// *needs: its material requires documents.
static bool check_origin(struct ledger *ledger, const cJSON *args, bool *needs, struct lg_error *error) {
    const char *material = json_text(args, "material"), *supplier = json_text(args, "supplier");
    cJSON *filter = common_one("material", material), *row;
    json_add_integer(filter, "limit", 1);
    if (!common_need(ledger, "material_list", filter, &row, "no_such_material", "material", material,
                     "Add it with `lotgate material add`.", error))
        return false;
    *needs = cJSON_GetArraySize(json_get(row, "requires")) > 0;
    cJSON_Delete(row);
    filter = common_one("supplier", supplier);
    json_add_integer(filter, "limit", 1);
    if (!common_need(ledger, "supplier_list", filter, &row, "no_such_supplier", "supplier", supplier,
                     "Add it with `lotgate supplier add`.", error))
        return false;
    cJSON_Delete(row);
    return true;
}

static const char *next_step(const char *match) {
    if (strcmp(match, "mismatch") == 0)
        return "Set it apart: the heat numbers differ. Reject it, or inspect it again when a right certificate has come.";
    if (strcmp(match, "unchecked") == 0)
        return "Inspect it: compare the heat number on the material with the certificate, then release it.";
    return "Release it with `lotgate lot release`, then it can be declared.";
}

// What the whole lot cost: "149.90", kept in cents.
static bool add_cost(cJSON *body, const cJSON *args, struct lg_error *error) {
    const char *cost = json_text(args, "cost"), *currency = json_text(args, "currency"), *end;
    int64_t cents;
    if (currency && (strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3))
        return lg_fail(error, "bad_argument", "Write it in three capitals: EUR.",
                       "\"%.20s\" is no code of a currency.", currency);
    if (!cost)
        return !currency || lg_fail(error, "bad_argument", "Give the cost as well, or leave both out.",
                                    "There is a currency, but no cost.");
    if (!quantity_decimal(cost, 100, &cents, &end) || *end)
        return lg_fail(error, "bad_argument", "Write it like 149.90, and the currency for itself.",
                       "The cost \"%.40s\" is no sum of money.", cost);
    json_add_integer(body, "cost_cents", cents);
    json_add_text(body, "currency", currency);
    return true;
}

static bool receive(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                    cJSON *body, char lot[65], bool *needs, struct lg_error *error) {
    static const char *const members[] = {"material",  "supplier",       "supplier_lot", "heat",
                                          "cert_heat", "purchase_order", "by",           NULL};
    int64_t expires;
    const char *match = match_of(json_text(args, "heat"), json_text(args, "cert_heat"));
    bool mismatch = strcmp(match, "mismatch") == 0;
    common_copy(body, args, members);
    json_add_text(body, "match", match);
    json_add_text(body, "state", mismatch ? "quarantined" : "received");
    json_add_text(body, "reason", mismatch ? MISMATCH_REASON : NULL);
    if (json_integer(args, "expires", &expires))
        json_add_integer(body, "expires_us", expires);
    return check_origin(ledger, args, needs, error) && add_cost(body, args, error) &&
           common_add_quantity(body, json_text(args, "quantity"), true, error) &&
           number_lot(ledger, context, args, body, lot, error);
}

// A lot that lacks a document which its material requires is set apart at once, until it has it and is released.
static bool set_apart(struct ledger *ledger, const struct trace_context *context, const char *lot,
                      const char *by, cJSON *answer, struct lg_error *error) {
    char said[DOCUMENTS_SAY_MAX], next[DOCUMENTS_SAY_MAX + 200];
    cJSON *missing;
    if (!documents_missing(ledger, context, lot, &missing, error))
        return false;
    documents_say(said, missing);
    json_add(answer, "missing", missing);
    bool apart = *said && strcmp(json_text(answer, "state"), "received") == 0;
    if (*said) {
        snprintf(
            next, sizeof next,
            "It lacks %s: attach each with `lotgate lot document %s FILE --kind KIND`; `lotgate lot request %s` "
            "drafts the letter to the supplier.",
            said, lot, lot);
        cJSON_ReplaceItemInObjectCaseSensitive(
            answer, "what_next",
            cJSON_CreateString(strcmp(json_text(answer, "match"), "mismatch") == 0 ? next_step("mismatch")
                                                                                   : next));
    }
    if (!apart)
        return true;
    cJSON_ReplaceItemInObjectCaseSensitive(answer, "state", cJSON_CreateString("quarantined"));
    cJSON *body = common_one("lot", lot);
    json_add_text(body, "reason", DOCUMENTS_LACKING);
    json_add_text(body, "by", by);
    return common_append(ledger, context, "lot.quarantined", body, error);
}

bool lot_receive(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    cJSON *body = cJSON_CreateObject();
    char lot[65];
    bool needs;
    if (!receive(ledger, context, args, body, lot, &needs, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("lot", lot);
    json_add_text(*answer, "state", json_text(body, "state"));
    json_add_text(*answer, "match", json_text(body, "match"));
    json_add_text(*answer, "quantity", json_text(body, "quantity"));
    json_add_text(*answer, "what_next", next_step(json_text(body, "match")));
    return common_append(ledger, context, "lot.received", body, error) &&
           (!needs || set_apart(ledger, context, lot, json_text(args, "by"), *answer, error));
}

// The facts of a lot that may still change state; code lot_rejected.
static bool need_open_lot(struct ledger *ledger, const char *lot, cJSON **facts, struct lg_error *error) {
    if (!common_need_lot(ledger, lot, facts, error))
        return false;
    if (strcmp(json_text(*facts, "state"), "rejected") != 0)
        return true;
    cJSON_Delete(*facts);
    *facts = NULL;
    return lg_fail(error, "lot_rejected",
                   "Take another lot; receive this material anew if it was rejected by mistake.",
                   "Lot %s was rejected, and that is final.", lot);
}

bool lot_inspect(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"lot", "heat", "cert_heat", "by", NULL};
    const char *lot = json_text(args, "lot"),
               *match = match_of(json_text(args, "heat"), json_text(args, "cert_heat"));
    bool mismatch = strcmp(match, "mismatch") == 0;
    cJSON *facts;
    if (!need_open_lot(ledger, lot, &facts, error))
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add_text(body, "match", match);
    json_add_text(body, "reason", mismatch ? MISMATCH_REASON : NULL);
    *answer = common_one("lot", lot);
    json_add_text(*answer, "state", mismatch ? "quarantined" : json_text(facts, "state"));
    json_add_text(*answer, "match", match);
    json_add_text(*answer, "what_next", next_step(match));
    cJSON_Delete(facts);
    return common_append(ledger, context, "lot.inspected", body, error);
}

// No state hides an open recall: what is in one is set apart until it is closed; code lot_recalled.
static bool check_recall(struct ledger *ledger, const char *lot, struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, "recall_of_lot", common_one("lot", lot), &row, error))
        return false;
    if (row)
        lg_fail(error, "lot_recalled",
                "Take another lot. When it is settled, close the recall with `lotgate recall-case close`.",
                "Lot %s is in the open recall %s.", lot, json_text(row, "recall"));
    cJSON_Delete(row);
    return !row;
}

static bool check_release(struct ledger *ledger, const struct trace_context *context, const cJSON *facts,
                          struct lg_error *error) {
    const char *lot = json_text(facts, "lot"), *match = json_text(facts, "match"),
               *heat = json_text(facts, "heat"), *cert = json_text(facts, "cert_heat");
    if (strcmp(json_text(facts, "state"), "released") == 0)
        return lg_fail(error, "already_released", "Nothing is to be done.", "Lot %s is released already.",
                       lot);
    if (strcmp(match, "mismatch") == 0)
        return lg_fail(
            error, "heat_mismatch",
            "Reject it with `lotgate lot reject`, or inspect it again when a certificate with the right number has come.",
            "Lot %s can't be released: the material says heat %s, the certificate %s.", lot, heat, cert);
    if (strcmp(match, "unchecked") == 0)
        return lg_fail(error, "not_inspected", "Inspect it first: `lotgate lot inspect` with both numbers.",
                       "Lot %s can't be released: %s %s has not been compared with the %s.", lot,
                       heat ? "its heat number" : "its certificate's heat number", heat ? heat : cert,
                       heat ? "certificate" : "number on the material");
    return check_recall(ledger, lot, error) && documents_check(ledger, context, facts, error);
}

static bool change_state(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         const char *kind, const char *state, cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"lot", "reason", "by", "note", NULL};
    if (!common_append(ledger, context, kind, common_copy(cJSON_CreateObject(), args, members), error))
        return false;
    *answer = common_one("lot", json_text(args, "lot"));
    json_add_text(*answer, "state", state);
    return true;
}

bool lot_release(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                 cJSON **answer, struct lg_error *error) {
    cJSON *facts;
    if (!need_open_lot(ledger, json_text(args, "lot"), &facts, error))
        return false;
    bool ok = check_release(ledger, context, facts, error);
    cJSON_Delete(facts);
    return ok && change_state(ledger, context, args, "lot.released", "released", answer, error);
}

bool lot_quarantine(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                    cJSON **answer, struct lg_error *error) {
    cJSON *facts;
    if (!need_open_lot(ledger, json_text(args, "lot"), &facts, error))
        return false;
    bool already = strcmp(json_text(facts, "state"), "quarantined") == 0;
    cJSON_Delete(facts);
    if (already)
        return lg_fail(error, "already_quarantined", "Nothing is to be done.",
                       "Lot %s is in quarantine already.", json_text(args, "lot"));
    if (!check_recall(ledger, json_text(args, "lot"), error))
        return false;
    return change_state(ledger, context, args, "lot.quarantined", "quarantined", answer, error);
}

bool lot_reject(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
                struct lg_error *error) {
    cJSON *facts;
    if (!need_open_lot(ledger, json_text(args, "lot"), &facts, error))
        return false;
    cJSON_Delete(facts);
    return change_state(ledger, context, args, "lot.rejected", "rejected", answer, error);
}
