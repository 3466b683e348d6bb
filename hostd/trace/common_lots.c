// common_lots: see common_lots.h.
#include "common_lots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"             // args_is_id
#include "common.h"           // common_need_lot
#include "common_documents.h" // documents_check
#include "json.h"             // json_text
#include "quantity.h"
#include "timefmt.h" // time_format

static bool check_state(const cJSON *facts, struct lg_error *error) {
    const char *lot = json_text(facts, "lot"), *state = json_text(facts, "state"),
               *reason = json_text(facts, "reason");
    if (strcmp(state, "released") == 0)
        return true;
    if (strcmp(state, "rejected") == 0)
        return lg_fail(error, "lot_rejected", "Take another lot and set this one apart.",
                       "Lot %s was rejected%s%s.", lot, reason ? ": " : "", reason ? reason : "");
    if (strcmp(state, "quarantined") == 0)
        return lg_fail(error, "lot_quarantined", "Take another lot, or ask quality to release this one.",
                       "Lot %s is in quarantine%s%s.", lot, reason ? ": " : "", reason ? reason : "");
    if (strcmp(state, "recalled") == 0)
        return lg_fail(error, "lot_recalled", "Set it apart and take another lot.", "Lot %s is recalled%s%s.",
                       lot, reason ? ": " : "", reason ? reason : "");
    return lg_fail(error, "lot_quarantined", "Release it with `lotgate lot release`, or take another lot.",
                   "Lot %s has been received but not released.", lot);
}

// The critical step: no cutting until the number stands on the piece and has been read back.
static bool check_mark(const cJSON *facts, struct lg_error *error) {
    const char *lot = json_text(facts, "lot"), *mark = json_text(facts, "mark");
    if (strcmp(mark, "unmarked") == 0)
        return lg_fail(error, "piece_not_marked",
                       "Write the number on the piece, then scan it there: `lotgate lot mark`.",
                       "The piece %s does not carry its number yet.", lot);
    if (strcmp(mark, "asked") == 0)
        return lg_fail(
            error, "piece_not_marked",
            "Scan the number on the piece (`lotgate lot mark`), or say that it is gone (`lotgate lot mark-lost`).",
            "Since the last job nobody has looked whether %s still carries its number.", lot);
    return true;
}

static bool check_expiry(const cJSON *facts, int64_t now_us, struct lg_error *error) {
    int64_t expires;
    if (!json_integer(facts, "expires_us", &expires) || now_us < expires)
        return true;
    char text[TIME_TEXT_MAX];
    time_format(text, expires - 1); // ledgers from before keep the next day's beginning
    text[strcspn(text, "T")] = '\0';
    return lg_fail(error, "lot_expired", "Take another lot, or ask quality about this one.",
                   "Lot %s has expired: it was good until %s.", json_text(facts, "lot"), text);
}

static bool check_balance(const cJSON *facts, const cJSON *wanted, struct lg_error *error) {
    const char *lot = json_text(facts, "lot"), *base = json_text(wanted, "base");
    int64_t left = 0, amount = 0;
    char left_text[QUANTITY_TEXT_MAX];
    json_integer(facts, "left", &left);
    if (left <= 0)
        return lg_fail(error, "lot_used_up", "Take another lot.", "Lot %s is used up.", lot);
    if (!json_integer(wanted, "amount", &amount))
        return true;
    quantity_say(left_text, left, json_text(facts, "unit"));
    if (strcmp(base, json_text(facts, "base")) != 0)
        return lg_fail(error, "unit_mismatch",
                       "Give the quantity in a unit of the same kind, or leave it out.",
                       "Lot %s is kept in %s; %s can't be taken from it.", lot, json_text(facts, "unit"),
                       json_text(wanted, "quantity"));
    if (amount > left)
        return lg_fail(error, "lot_used_up", "Declare less, or take another lot as well.",
                       "Lot %s has only %s left.", lot, left_text);
    return true;
}

// A lot that waits for its documents is told apart from one that somebody has set apart.
static bool waits_for_documents(const cJSON *facts) {
    const char *state = json_text(facts, "state"), *reason = json_text(facts, "reason");
    return strcmp(state, "received") == 0 || strcmp(state, "released") == 0 ||
           (strcmp(state, "quarantined") == 0 && reason && strcmp(reason, DOCUMENTS_LACKING) == 0);
}

bool lots_check(struct ledger *ledger, const struct trace_context *context, const cJSON *wanted,
                struct lg_error *error) {
    cJSON *facts;
    if (!common_need_lot(ledger, json_text(wanted, "lot"), &facts, error))
        return false;
    bool ok = (!waits_for_documents(facts) || documents_check(ledger, context, facts, error)) &&
              check_state(facts, error) && check_mark(facts, error) &&
              check_expiry(facts, context->now_us, error) && check_balance(facts, wanted, error);
    cJSON_Delete(facts);
    return ok;
}

static bool add_lot(cJSON *out, const cJSON *item, struct lg_error *error) {
    static const char *const keys[] = {"lot", "quantity", NULL};
    const char *lot = cJSON_IsObject(item) ? json_text(item, "lot") : NULL;
    if (!lot || !args_is_id(lot, ARGS_ID_MAX))
        return lg_fail(error, "bad_argument",
                       "Give a list like [{\"lot\": \"ACR-1126-001\", \"quantity\": \"1sheet\"}].",
                       "The argument \"lots\" holds something that names no lot.");
    if (!json_only_keys(item, keys, error))
        return false;
    const cJSON *other;
    cJSON_ArrayForEach(other, out) {
        if (strcmp(json_text(other, "lot"), lot) == 0)
            return lg_fail(error, "bad_argument", "Name each lot once, with the whole quantity.",
                           "Lot %s is declared twice.", lot);
    }
    cJSON *object = common_one("lot", lot);
    cJSON_AddItemToArray(out, object);
    return common_item_quantity(object, item, error);
}

cJSON *lots_normalise(const cJSON *lots, struct lg_error *error) {
    cJSON *out = cJSON_CreateArray();
    const cJSON *item;
    bool ok = cJSON_GetArraySize(lots) > 0 || lg_fail(error, "bad_argument", "Name at least one lot.",
                                                      "A declaration without a lot declares nothing.");
    cJSON_ArrayForEach(item, lots) {
        ok = ok && add_lot(out, item, error);
    }
    if (ok)
        return out;
    cJSON_Delete(out);
    return NULL;
}

#define SAY_MAX (ARGS_LOTS_MAX * (ARGS_ID_MAX + QUANTITY_TEXT_MAX + 8) + ARGS_ID_MAX + 32)

char *lots_say(const cJSON *lots, const char *operator_id) {
    char *text = malloc(SAY_MAX);
    lg_assert(text);
    size_t length = 0;
    const cJSON *lot;
    text[0] = '\0';
    cJSON_ArrayForEach(lot, lots) {
        struct quantity quantity;
        char said[QUANTITY_TEXT_MAX];
        const char *given = json_text(lot, "quantity");
        length += (size_t)snprintf(text + length, SAY_MAX - length, "%s%s", length ? ", " : "",
                                   json_text(lot, "lot"));
        if (given && quantity_parse(given, &quantity, NULL)) {
            quantity_say(said, quantity.amount, quantity.unit);
            length += (size_t)snprintf(text + length, SAY_MAX - length, " (%s)", said);
        }
    }
    if (operator_id)
        snprintf(text + length, SAY_MAX - length, ", operator %s", operator_id);
    return text;
}
