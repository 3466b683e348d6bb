// ops_change: what a lot's balance gains or loses without a job: mistakes, stock counts, scrap; and what a job took, put right.
#include "common.h"

#include <inttypes.h>
#include <string.h>

#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_parse

// A quantity with a sign before it, "-2sheet"; no sign is plus.
static bool parse_signed(const char *text, struct quantity *out, struct lg_error *error) {
    bool minus = text[0] == '-';
    if (!quantity_parse(text + (minus || text[0] == '+'), out, error))
        return false;
    if (minus)
        out->amount = -out->amount;
    return true;
}

static bool same_base(const cJSON *facts, const struct quantity *q, struct lg_error *error) {
    return strcmp(q->base, json_text(facts, "base")) == 0 ||
           lg_fail(error, "unit_mismatch", "Give the quantity in a unit of the same kind.",
                   "Lot %s is kept in %s.", json_text(facts, "lot"), json_text(facts, "unit"));
}

static bool enough(const cJSON *facts, int64_t change, struct lg_error *error) {
    int64_t left = 0;
    char text[QUANTITY_TEXT_MAX];
    json_integer(facts, "left", &left);
    quantity_say(text, left, json_text(facts, "unit"));
    return left + change >= 0 || lg_fail(error, "lot_used_up", "Give at most that much.",
                                         "Lot %s has only %s left.", json_text(facts, "lot"), text);
}

static void say_signed(char out[QUANTITY_TEXT_MAX + 1], int64_t amount, const char *unit) {
    out[0] = amount < 0 ? '-' : '+';
    quantity_format(out + 1, amount < 0 ? -amount : amount, unit);
}

static bool append_change(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          const cJSON *facts, const char *kind, int64_t amount, cJSON **answer,
                          struct lg_error *error) {
    static const char *const members[] = {"lot", "reason", "job", "by", NULL};
    char text[QUANTITY_TEXT_MAX + 1], left_text[QUANTITY_TEXT_MAX];
    const char *unit = json_text(facts, "unit");
    int64_t left = 0;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    bool scrapped = strcmp(kind, "lot.scrapped") == 0;
    if (scrapped)
        quantity_format(text, amount, unit);
    else
        say_signed(text, amount, unit);
    json_add_text(body, "quantity", text);
    json_add_integer(body, "amount", amount);
    json_integer(facts, "left", &left);
    quantity_say(left_text, scrapped ? left - amount : left + amount, unit);
    *answer = common_one("lot", json_text(args, "lot"));
    json_add_text(*answer, "change", text);
    json_add_text(*answer, "on_hand", left_text);
    return common_append(ledger, context, kind, body, error);
}

static bool lot_adjust(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    struct quantity q;
    cJSON *facts;
    if (!parse_signed(json_text(args, "quantity"), &q, error) ||
        !common_need_lot(ledger, json_text(args, "lot"), &facts, error))
        return false;
    bool ok = same_base(facts, &q, error) && enough(facts, q.amount, error) &&
              append_change(ledger, context, args, facts, "lot.adjusted", q.amount, answer, error);
    cJSON_Delete(facts);
    return ok;
}

// "0" of anything: nothing is left on the shelf.
static bool parse_count(const char *text, const cJSON *facts, int64_t *amount, struct lg_error *error) {
    struct quantity q;
    *amount = 0;
    if (strcmp(text, "0") == 0)
        return true;
    if (!quantity_parse_found(text, &q, error) || !same_base(facts, &q, error))
        return false;
    *amount = q.amount;
    return true;
}

static bool lot_count(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    const char *lot = json_text(args, "lot");
    int64_t found, left = 0;
    cJSON *facts;
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    json_integer(facts, "left", &left);
    bool ok = parse_count(json_text(args, "quantity"), facts, &found, error);
    if (ok && found == left) {
        *answer = common_one("lot", lot);
        json_add_text(*answer, "change", "none");
        json_add_text(*answer, "on_hand", json_text(args, "quantity"));
    } else if (ok) {
        ok = append_change(ledger, context, args, facts, "lot.counted", found - left, answer, error);
    }
    cJSON_Delete(facts);
    return ok;
}

static bool lot_scrap(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    struct quantity q;
    cJSON *facts;
    if (!quantity_parse(json_text(args, "quantity"), &q, error) ||
        !common_need_lot(ledger, json_text(args, "lot"), &facts, error))
        return false;
    bool ok = same_base(facts, &q, error) && enough(facts, -q.amount, error) &&
              append_change(ledger, context, args, facts, "lot.scrapped", q.amount, answer, error);
    cJSON_Delete(facts);
    return ok;
}

// --- what a job took -------------------------------------------------------------------------------------------

static bool lot_correct(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"job", "lot", "reason", "by", NULL};
    const char *lot = json_text(args, "lot"), *job = json_text(args, "job");
    int64_t was = 0;
    struct quantity q;
    cJSON *filter = common_one("job", job), *row, *facts;
    json_add_text(filter, "lot", lot);
    if (!common_need(ledger, "job_lot", filter, &row, "no_such_job", "job that took of this lot:", job,
                     "See `lotgate lot show` for the jobs of a lot.", error))
        return false;
    json_integer(row, "amount", &was);
    cJSON_Delete(row);
    if (!quantity_parse_found(json_text(args, "quantity"), &q, error) ||
        !common_need_lot(ledger, lot, &facts, error))
        return false;
    bool ok = same_base(facts, &q, error) && enough(facts, was - q.amount, error);
    cJSON_Delete(facts);
    if (!ok)
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    char canonical[QUANTITY_TEXT_MAX];
    *answer = common_copy(cJSON_CreateObject(), args, members);
    json_add_text(*answer, "quantity", json_text(args, "quantity"));
    quantity_format(canonical, q.amount, q.unit);
    json_add_text(body, "quantity", canonical);
    json_add_integer(body, "amount", q.amount);
    json_add_text(body, "base", q.base);
    return common_append(ledger, context, "lot.consumption_corrected", body, error);
}

const struct trace_op change_ops[] = {
    {"lot.adjust", true, TAKES("!lot", "!quantity", "!reason", "by"),
     "Put a lot's stock right by a signed quantity, such as -2sheet: something was booked wrongly.",
     lot_adjust},
    {"lot.count", true, TAKES("!lot", "!quantity", "!reason", "by"),
     "Book a stock count: the difference to the books is kept as what nobody can account for.", lot_count},
    {"lot.scrap", true, TAKES("!lot", "!quantity", "!reason", "job", "by"), "Scrap some of a lot.",
     lot_scrap},
    {"lot.correct", true, TAKES("!job", "!lot", "!quantity", "!reason", "by"),
     "Put right what a job took of a lot; the earlier quantity stays readable.", lot_correct},
    {NULL, false, NULL, NULL, NULL},
};
