// ops_declaration: which lots lie on which machine. A declaration opens the gate for one job (each-job) or until
// something changes (until-changed); it does not outlive a restart of lotgate, since the gate starts locked.
#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "common_hazard.h" // hazard_check
#include "common_lots.h"   // lots_check
#include "common_people.h" // people_trained
#include "families.h"
#include "json.h" // json_text

static bool is_required(const cJSON *args, const char *what) {
    const cJSON *item;
    cJSON_ArrayForEach(item, json_get(args, "require")) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, what) == 0)
            return true;
    }
    return false;
}

static bool check_open(struct ledger *ledger, const char *machine, struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, "declaration_open", common_one("machine", machine), &row, error))
        return false;
    if (row)
        lg_fail(error, "already_declared",
                "Start the job, or cancel the declaration first: `lotgate cancel`.",
                "Machine %s already has the declaration %s.", machine, json_text(row, "declaration"));
    cJSON_Delete(row);
    return !row;
}

static bool add_operator(struct ledger *ledger, const cJSON *args, cJSON *body, struct lg_error *error) {
    const char *code = json_text(args, "operator");
    char id[65];
    if (!code)
        return (!is_required(args, "operator") && !is_required(args, "trained")) ||
               lg_fail(error, "operator_required", "Scan your badge, or give the operator with the lot.",
                       "This machine takes a declaration only with an operator.");
    if (!common_operator(ledger, code, id, error))
        return false;
    json_add_text(body, "operator", id);
    bool trained = true;
    if (is_required(args, "trained") && !people_trained(ledger, id, NULL, &trained, error))
        return false;
    return trained ||
           lg_fail(
               error, "operator_not_trained",
               "Read the procedures and sign them (`lotgate training sign`), or let somebody else declare.",
               "%s has not signed the newest version of every procedure.", id);
}

static bool add_lots(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     const char *kind, cJSON *body, struct lg_error *error) {
    cJSON *lots = lots_normalise(json_get(args, "lots"), error);
    if (!lots)
        return false;
    json_add(body, "lots", lots);
    const cJSON *lot;
    cJSON_ArrayForEach(lot, lots) {
        if (!lots_check(ledger, context, lot, error) ||
            !hazard_check(ledger, json_text(args, "machine"), kind, json_text(lot, "lot"), error))
            return false;
    }
    return true;
}

static bool add_mode(const cJSON *args, cJSON *body, struct lg_error *error) {
    const char *mode = json_text(args, "mode");
    if (mode && strcmp(mode, "each-job") != 0 && strcmp(mode, "until-changed") != 0)
        return lg_fail(error, "bad_argument", "Use each-job or until-changed.",
                       "There is no declaration mode \"%s\".", mode);
    json_add_text(body, "mode", mode ? mode : "each-job");
    return true;
}

// Jobs go on with a record only while it is open.
static bool check_record(struct ledger *ledger, const cJSON *args, struct lg_error *error) {
    const char *record = json_text(args, "record");
    cJSON *row;
    if (!record)
        return true;
    if (!common_need(ledger, "record_get", common_one("record", record), &row, "no_such_record",
                     "manufacture record", record,
                     "See `lotgate record list`, or leave it out: a job then opens one.", error))
        return false;
    bool open = strcmp(json_text(row, "state"), "open") == 0;
    cJSON_Delete(row);
    return open || lg_fail(error, "record_closed", "Leave it out: the job then opens a record of its own.",
                           "Record %s is closed.", record);
}

static bool make_body(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON *body, struct lg_error *error) {
    static const char *const members[] = {"machine", "order", "product", "count", "record", NULL};
    const char *machine = json_text(args, "machine");
    char declaration[65];
    cJSON *row;
    if (!common_need_machine(ledger, machine, &row, error))
        return false;
    common_copy(body, args, members);
    bool ok = add_mode(args, body, error) && check_open(ledger, machine, error) &&
              check_record(ledger, args, error) &&
              add_lots(ledger, context, args, json_text(row, "kind"), body, error) &&
              add_operator(ledger, args, body, error) &&
              common_number(ledger, "DEC", body, "declaration", declaration, error);
    cJSON_Delete(row);
    return ok;
}

static cJSON *make_answer(const cJSON *body) {
    static const char *const members[] = {"declaration", "machine", "mode", "operator", NULL};
    static const char *const lot_members[] = {"lot", "quantity", NULL};
    cJSON *answer = common_copy(cJSON_CreateObject(), body, members), *lots = cJSON_CreateArray();
    char *text = lots_say(json_get(body, "lots"), json_text(body, "operator"));
    json_add_text(answer, "text", text);
    free(text);
    const cJSON *lot;
    cJSON_ArrayForEach(lot, json_get(body, "lots")) {
        cJSON_AddItemToArray(lots, common_copy(cJSON_CreateObject(), lot, lot_members));
    }
    json_add(answer, "lots", lots);
    return answer;
}

bool declaration_make(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    cJSON *body = cJSON_CreateObject();
    if (!make_body(ledger, context, args, body, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = make_answer(body);
    return common_append(ledger, context, "declaration.made", body, error);
}

bool declaration_cancel(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"declaration", "reason", "by", NULL};
    const char *declaration = json_text(args, "declaration");
    cJSON *row;
    if (!common_need(ledger, "declaration_get", common_one("declaration", declaration), &row,
                     "no_such_declaration", "declaration", declaration,
                     "See what is declared with `lotgate machine list`.", error))
        return false;
    bool open = strcmp(json_text(row, "state"), "open") == 0;
    if (!open)
        lg_fail(error, "declaration_closed", "Nothing is to be done.", "Declaration %s is %s already.",
                declaration, json_text(row, "state"));
    cJSON_Delete(row);
    *answer = common_one("declaration", declaration);
    return open && common_append(ledger, context, "declaration.cancelled",
                                 common_copy(cJSON_CreateObject(), args, members), error);
}

// The operator of a declaration, as its machine requires one: a procedure may have got a new version since.
bool declaration_operator_check(struct ledger *ledger, const cJSON *args, const cJSON *declaration,
                                struct lg_error *error) {
    cJSON *again = common_one("operator", json_text(declaration, "operator")), *unused = cJSON_CreateObject();
    if (json_get(args, "require"))
        json_add(again, "require", cJSON_Duplicate(json_get(args, "require"), true));
    bool ok = add_operator(ledger, again, unused, error);
    cJSON_Delete(again);
    cJSON_Delete(unused);
    return ok;
}

// What makes a declaration void after it was made, in the words that it would be refused with now: a lot used up,
// mismatched, without its certificate, unmarked; an operator who has not signed the newest procedures.
static bool check_again(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        const cJSON *declaration, struct lg_error *error) {
    const char *machine = json_text(declaration, "machine"), *id = json_text(declaration, "declaration");
    cJSON *lots = NULL, *row;
    if (!declaration_operator_check(ledger, args, declaration, error) ||
        !common_need_machine(ledger, machine, &row, error))
        return false;
    bool ok = common_list(ledger, "declaration_lots", common_one("declaration", id), &lots, error);
    const cJSON *lot;
    cJSON_ArrayForEach(lot, lots) {
        ok = ok && lots_check(ledger, context, lot, error) &&
             hazard_check(ledger, machine, json_text(row, "kind"), json_text(lot, "lot"), error);
    }
    cJSON_Delete(lots);
    cJSON_Delete(row);
    return ok;
}

bool declaration_check(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    const char *id = json_text(args, "declaration");
    cJSON *row;
    if (!common_need(ledger, "declaration_get", common_one("declaration", id), &row, "no_such_declaration",
                     "declaration", id, "See what is declared with `lotgate machine list`.", error))
        return false;
    bool ok = check_again(ledger, context, args, row, error);
    cJSON_Delete(row);
    *answer = ok ? common_one("declaration", id) : NULL;
    return ok;
}

bool declaration_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "declaration_list", args, answer, error);
}
