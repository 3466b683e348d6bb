// ops_custody: a lot cut into pieces, pieces joined, and the number that stands on each.
//
// A piece is numbered after the lot that came in (`ACR-1126-001/7`, whatever piece it was cut from), and can't be declared
// before its number was read back from it. After a job on a marked piece somebody must say that the number is still there.
#include "common.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h" // ARGS_PIECES_MAX
#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_parse

static bool is_final(const cJSON *facts) {
    const char *state = json_text(facts, "state");
    return strcmp(state, "rejected") == 0 || strcmp(state, "recalled") == 0;
}

// What `taken` asks for must be of the lot's kind of unit and there.
static bool check_left(const cJSON *facts, const struct quantity *wanted, int64_t times,
                       struct lg_error *error) {
    const char *lot = json_text(facts, "lot");
    char left_text[QUANTITY_TEXT_MAX];
    int64_t left = 0;
    json_integer(facts, "left", &left);
    if (strcmp(wanted->base, json_text(facts, "base")) != 0)
        return lg_fail(error, "unit_mismatch", "Give the quantity in a unit of the same kind.",
                       "Lot %s is kept in %s.", lot, json_text(facts, "unit"));
    quantity_say(left_text, left, json_text(facts, "unit"));
    return wanted->amount <= left / times ||
           lg_fail(error, "lot_used_up", "Take less, or mend the stock with `lotgate lot count`.",
                   "Lot %s has only %s left.", lot, left_text);
}

// --- splitting ---------------------------------------------------------------------------------------------

static bool append_piece(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                         cJSON *pieces, struct lg_error *error) {
    static const char *const members[] = {"reason", "by", NULL};
    const char *lot = json_text(args, "lot");
    char root[ARGS_ID_MAX + 2], piece[65];
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    snprintf(root, sizeof root, "%.*s/", (int)strcspn(lot, "/"), lot);
    json_add_text(body, "parent", lot);
    if (!common_number(ledger, root, body, "lot", piece, error) ||
        !common_add_quantity(body, json_text(args, "quantity"), true, error)) {
        cJSON_Delete(body);
        return false;
    }
    cJSON_AddItemToArray(pieces, cJSON_CreateString(piece));
    return common_append(ledger, context, "lot.split", body, error);
}

static bool lot_split(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    const char *lot = json_text(args, "lot");
    int64_t count = 1;
    struct quantity each;
    cJSON *facts;
    json_integer(args, "count", &count);
    if (count < 1 || count > ARGS_PIECES_MAX)
        return lg_fail(error, "bad_argument", "Give 1 to 1000.",
                       "A lot can't be cut into %" PRId64 " pieces at once.", count);
    if (!quantity_parse(json_text(args, "quantity"), &each, error) ||
        !common_need_lot(ledger, lot, &facts, error))
        return false;
    bool ok = is_final(facts) ? lg_fail(error, "lot_rejected", "Take another lot.", "Lot %s is %s.", lot,
                                        json_text(facts, "state"))
                              : check_left(facts, &each, count, error);
    cJSON_Delete(facts);
    cJSON *pieces = cJSON_CreateArray();
    for (int64_t i = 0; ok && i < count; i++)
        ok = append_piece(ledger, context, args, pieces, error);
    if (!ok) {
        cJSON_Delete(pieces);
        return false;
    }
    *answer = common_one("lot", lot);
    json_add(*answer, "pieces", pieces);
    json_add_text(
        *answer, "what_next",
        "Write its number on each piece, then read it back with `lotgate lot mark`: until then none can be declared.");
    return true;
}

// --- merging -------------------------------------------------------------------------------------------------

struct merge {
    const char *material, *unit, *base;
    int64_t amount, expires_us;
    cJSON *parents, *first; // facts of the first, which the texts above point into
};

// Takes all that is left of one more lot.
static bool add_parent(struct ledger *ledger, struct merge *m, const char *lot, struct lg_error *error) {
    cJSON *facts;
    int64_t left = 0, expires;
    char text[QUANTITY_TEXT_MAX];
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    if (!m->first) {
        m->first = facts;
        m->material = json_text(facts, "material");
        m->unit = json_text(facts, "unit");
        m->base = json_text(facts, "base");
    }
    json_integer(facts, "left", &left);
    bool ok = true;
    if (strcmp(json_text(facts, "state"), "released") != 0)
        ok = lg_fail(error, "lot_quarantined", "Release it first, or leave it out.",
                     "Lot %s is %s, not released.", lot, json_text(facts, "state"));
    else if (left <= 0)
        ok = lg_fail(error, "lot_used_up", "Leave it out.", "Lot %s is used up.", lot);
    else if (strcmp(json_text(facts, "material"), m->material) != 0 ||
             strcmp(json_text(facts, "base"), m->base) != 0)
        ok = lg_fail(
            error, "material_differs", "Only lots of one material, kept in one kind of unit, can be merged.",
            "Lot %s is of %s, kept in %s.", lot, json_text(facts, "material"), json_text(facts, "unit"));
    if (ok) {
        cJSON *parent = common_one("parent", lot);
        quantity_format(text, left, m->unit);
        json_add_text(parent, "quantity", text);
        json_add_integer(parent, "amount", left);
        cJSON_AddItemToArray(m->parents, parent);
        m->amount += left;
        if (json_integer(facts, "expires_us", &expires) && (!m->expires_us || expires < m->expires_us))
            m->expires_us = expires;
    }
    if (facts != m->first)
        cJSON_Delete(facts);
    return ok;
}

static bool gather(struct ledger *ledger, struct merge *m, const cJSON *lots, struct lg_error *error) {
    const cJSON *item, *other;
    if (cJSON_GetArraySize(lots) < 2)
        return lg_fail(error, "bad_argument", "Name two lots or more.",
                       "One lot can't be merged with nothing.");
    cJSON_ArrayForEach(item, lots) {
        const char *lot = cJSON_IsString(item) ? item->valuestring : json_text(item, "lot");
        if (!lot)
            return lg_fail(error, "bad_argument", "Give the lots' numbers.",
                           "The list of lots holds something else.");
        for (other = lots->child; other != item; other = other->next)
            if (cJSON_IsString(other) && strcmp(other->valuestring, lot) == 0)
                return lg_fail(error, "bad_argument", "Name each lot once.", "Lot %s stands twice.", lot);
        if (!add_parent(ledger, m, lot, error))
            return false;
    }
    return m->amount <= QUANTITY_AMOUNT_MAX ||
           lg_fail(error, "bad_quantity", "Merge fewer.", "Together they are more than can be kept.");
}

static cJSON *merged_body(const struct merge *m, const cJSON *args) {
    static const char *const members[] = {"reason", "by", NULL};
    char text[QUANTITY_TEXT_MAX];
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    quantity_format(text, m->amount, m->unit);
    json_add_text(body, "material", m->material);
    json_add_text(body, "quantity", text);
    json_add_text(body, "unit", m->unit);
    json_add_integer(body, "amount", m->amount);
    json_add_text(body, "base", m->base);
    if (m->expires_us)
        json_add_integer(body, "expires_us", m->expires_us);
    json_add(body, "parents", cJSON_Duplicate(m->parents, true));
    return body;
}

static bool lot_merge(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    struct merge m = {.parents = cJSON_CreateArray()};
    char sequence[65], lot[65];
    bool ok = gather(ledger, &m, json_get(args, "lots"), error);
    cJSON *body = ok ? merged_body(&m, args) : NULL;
    if (ok) {
        common_lot_sequence(sequence, m.material, context->now_us);
        ok = common_number(ledger, sequence, body, "lot", lot, error);
    }
    if (ok) {
        *answer = common_one("lot", lot);
        json_add_text(*answer, "quantity", json_text(body, "quantity"));
        ok = common_append(ledger, context, "lot.merged", body, error);
    } else {
        cJSON_Delete(body);
    }
    cJSON_Delete(m.parents);
    cJSON_Delete(m.first);
    return ok;
}

// --- marks -----------------------------------------------------------------------------------------------------

// The number must be read from the piece itself: what was scanned is compared.
static bool lot_mark(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"lot", "where", "by", NULL};
    const char *lot = json_text(args, "lot"), *code = json_text(args, "code");
    cJSON *facts;
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    bool had = strcmp(json_text(facts, "mark"), "marked") == 0,
         piece = strcmp(json_text(facts, "mark"), "none") != 0;
    cJSON_Delete(facts);
    if (!piece)
        return lg_fail(error, "not_a_piece", "Nothing is to be done.",
                       "Lot %s carries its label; it is no piece.", lot);
    if (strcmp(lot, code) != 0)
        return lg_fail(error, "mark_differs", "Set the piece apart until it is clear which one it is.",
                       "What stands on the piece is \"%.60s\", not %s.", code, lot);
    *answer = common_one("lot", lot);
    json_add_text(*answer, "mark", "marked");
    return had || common_append(ledger, context, "lot.marked",
                                common_copy(cJSON_CreateObject(), args, members), error);
}

static bool lot_mark_lost(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"lot", "reason", "by", NULL};
    const char *lot = json_text(args, "lot");
    cJSON *facts;
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    bool piece = strcmp(json_text(facts, "mark"), "none") != 0;
    cJSON_Delete(facts);
    if (!piece)
        return lg_fail(error, "not_a_piece", "Nothing is to be done.",
                       "Lot %s carries its label; it is no piece.", lot);
    *answer = common_one("lot", lot);
    json_add_text(*answer, "mark", "unmarked");
    return common_append(ledger, context, "lot.mark_lost", common_copy(cJSON_CreateObject(), args, members),
                         error);
}

const struct trace_op custody_ops[] = {
    {"lot.split", true, TAKES("!lot", "!quantity", "count", "reason", "by"),
     "Cut pieces off a lot: each has a number of its own and can't be declared until that was read back.",
     lot_split},
    {"lot.merge", true, TAKES("!lots", "reason", "by"), "Join what is left of lots of one material.",
     lot_merge},
    {"lot.mark", true, TAKES("!lot", "!code", "where", "by"),
     "Confirm that a piece carries its number, by what was read from it.", lot_mark},
    {"lot.mark_lost", true, TAKES("!lot", "reason", "by"), "Say that a piece no longer carries its number.",
     lot_mark_lost},
    {NULL, false, NULL, NULL, NULL},
};
