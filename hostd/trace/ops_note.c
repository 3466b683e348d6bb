// ops_note: notes, and corrections of what was entered wrongly. Neither changes an event: a correction is one more.
#include "common.h"

#include <string.h>

#include "args.h"             // ARGS_LINE_MAX
#include "common_documents.h" // documents_stored
#include "correctable.h"      // ledger_correctable_find
#include "families.h"
#include "json.h" // json_text

// Notes are about machines, lots, jobs and records.
static bool check_subject(struct ledger *ledger, const char *subject, struct lg_error *error) {
    cJSON *row;
    if (!common_row(ledger, "lookup", common_one("code", subject), &row, error))
        return false;
    cJSON_Delete(row);
    return row || lg_fail(error, "no_such_subject",
                          "Give the number of a lot, a job or a record, or a machine's id.",
                          "There is nothing called %s to write a note about.", subject);
}

bool note_add(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
              struct lg_error *error) {
    static const char *const members[] = {"subject", "text", "photo", "by", NULL};
    const char *photo = json_text(args, "photo");
    int64_t size;
    char note[65];
    if (!check_subject(ledger, json_text(args, "subject"), error) ||
        (photo && !documents_stored(ledger, photo, true, &size, error)))
        return false;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    if (!common_number(ledger, "NOTE", body, "note", note, error)) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_one("note", note);
    return common_append(ledger, context, "note.added", body, error);
}

bool note_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
               struct lg_error *error) {
    if (!common_filtered(ledger, "note_list", args, answer, error))
        return false;
    cJSON *note;
    cJSON_ArrayForEach(note, *answer) {
        cJSON *filter = common_one("subject", json_text(note, "note"));
        if (!common_add_list(ledger, note, "corrections", "correction_list", filter, error))
            return false;
    }
    return true;
}

bool note_corrections(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                      cJSON **answer, struct lg_error *error) {
    return common_filtered(ledger, "correction_log", args, answer, error);
}

// --- corrections ----------------------------------------------------------------------------------------

// The event that was wrong, and what may be corrected in it; NULL with an error.
static const struct ledger_correctable *find_event(struct ledger *ledger, const cJSON *args, cJSON **event,
                                                   struct lg_error *error) {
    int64_t seq = 0;
    const char *field = json_text(args, "field");
    cJSON *filter = cJSON_CreateObject();
    json_integer(args, "event", &seq);
    json_add_integer(filter, "seq", seq);
    if (!common_row(ledger, "event_get", filter, event, error))
        return NULL;
    if (!*event) {
        lg_fail(error, "no_such_event", "See the events with `lotgate lot show` or `lotgate job show`.",
                "There is no event %lld.", (long long)seq);
        return NULL;
    }
    const char *kind = json_text(*event, "kind");
    const struct ledger_correctable *correctable = ledger_correctable_find(kind, field);
    if (!correctable)
        lg_fail(error, "not_correctable",
                "Write a note, or do the act that mends it: inspect, quarantine, reject.",
                "The field %s of an event %s can't be corrected.", field, kind);
    return correctable;
}

// What stands in the view now: the last correction's value, else the event's own.
static bool add_was(struct ledger *ledger, cJSON *body, const cJSON *event_body, struct lg_error *error) {
    static const char *const members[] = {"subject", "event", "field", NULL};
    const char *field = json_text(body, "field");
    cJSON *row;
    if (!common_row(ledger, "correction_last", common_copy(cJSON_CreateObject(), body, members), &row, error))
        return false;
    const char *was = row ? json_text(row, "value") : json_text(event_body, field);
    json_add_text(body, "was", was);
    cJSON_Delete(row);
    return true;
}

static bool add_value(struct ledger *ledger, const cJSON *args, cJSON *body, struct lg_error *error) {
    const char *value = json_text(args, "value");
    char operator_id[65];
    if (strcmp(json_text(args, "field"), "operator") == 0) {
        if (!common_operator(ledger, value, operator_id, error))
            return false;
        value = operator_id;
    }
    static const char *const ids[] = {"operator", "order", "product"}; // what others are found by
    bool is_id = false;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        is_id |= strcmp(json_text(args, "field"), ids[i]) == 0;
    if (is_id && (strlen(value) > ARGS_LINE_MAX || strpbrk(value, "\r\n\t")))
        return lg_fail(error, "bad_argument", "Write it on one line of at most 200 bytes.",
                       "The new value is not one short line.");
    json_add_text(body, "value", value);
    return true;
}

static bool make_correction(struct ledger *ledger, const cJSON *args, const cJSON *event,
                            const struct ledger_correctable *correctable, cJSON *body,
                            struct lg_error *error) {
    static const char *const members[] = {"event", "field", "reason", "by", NULL};
    const cJSON *event_body = json_get(event, "body");
    char correction[65];
    common_copy(body, args, members);
    json_add_text(body, "of", json_text(event, "kind"));
    json_add_text(body, "subject", json_text(event_body, correctable->key));
    return add_was(ledger, body, event_body, error) && add_value(ledger, args, body, error) &&
           common_number(ledger, "COR", body, "correction", correction, error);
}

bool note_correct(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                  cJSON **answer, struct lg_error *error) {
    static const char *const members[] = {"correction", "subject", "field", "was", "value", NULL};
    cJSON *event = NULL, *body = cJSON_CreateObject();
    const struct ledger_correctable *correctable = find_event(ledger, args, &event, error);
    bool ok = correctable && make_correction(ledger, args, event, correctable, body, error);
    cJSON_Delete(event);
    if (!ok) {
        cJSON_Delete(body);
        return false;
    }
    *answer = common_copy(cJSON_CreateObject(), body, members);
    return common_append(ledger, context, "correction.made", body, error);
}
