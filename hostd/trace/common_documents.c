// common_documents: see common_documents.h.
#include "common_documents.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "document_store.h" // document_store_look
#include "json.h"           // json_text
#include "timefmt.h"        // time_format

#define KINDS_SAID "mtr, coc, sds, rohs, reach, packing_slip, test_report or other"

static const struct {
    const char *kind, *say;
    bool typed; // may carry a type of EN 10204
} kinds[] = {{"mtr", "mill test report", true},     {"coc", "certificate of conformance", true},
             {"sds", "safety data sheet", false},   {"rohs", "RoHS declaration", false},
             {"reach", "REACH declaration", false}, {"packing_slip", "packing slip", false},
             {"test_report", "test report", false}, {"other", "document", false}};
#define KINDS (sizeof kinds / sizeof *kinds)

static const char *const other_names[][2] = {{"cofc", "coc"},
                                             {"mtc", "mtr"},
                                             {"msds", "sds"},
                                             {"packing", "packing_slip"},
                                             {"packing-slip", "packing_slip"},
                                             {"test-report", "test_report"}};

static size_t find_kind(const char *kind) {
    size_t i = 0;
    while (i < KINDS && strcmp(kinds[i].kind, kind) != 0)
        i++;
    return i;
}

const char *documents_kind(const char *given, struct lg_error *error) {
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
        if (strcmp(other_names[i][0], given) == 0)
            return other_names[i][1];
    size_t i = find_kind(given);
    if (i < KINDS)
        return kinds[i].kind;
    lg_fail(error, "bad_argument", "Use " KINDS_SAID ".", "There is no kind of document called \"%.40s\".",
            given);
    return NULL;
}

const char *documents_kind_say(const char *kind) {
    size_t i = find_kind(kind);
    return i < KINDS ? kinds[i].say : kind;
}

bool documents_type_check(const char *kind, const char *type, struct lg_error *error) {
    static const char *const types[] = {"2.1", "2.2", "3.1", "3.2"};
    if (!type)
        return true;
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known |= strcmp(types[i], type) == 0;
    size_t i = find_kind(kind);
    if (!known)
        return lg_fail(error, "bad_argument", "Use 2.1, 2.2, 3.1 or 3.2.", "EN 10204 has no type \"%.20s\".",
                       type);
    return (i < KINDS && kinds[i].typed) ||
           lg_fail(error, "bad_argument", "Leave the type out.", "A %s has no type of EN 10204.",
                   documents_kind_say(kind));
}

bool documents_need(const char *given, char out[DOCUMENTS_NEED_MAX], struct lg_error *error) {
    char name[DOCUMENTS_NEED_MAX];
    size_t length = strcspn(given, ":");
    const char *type = given[length] ? given + length + 1 : NULL;
    snprintf(name, sizeof name, "%.*s", (int)length, given);
    const char *kind = documents_kind(name, error);
    if (!kind || !documents_type_check(kind, type, error))
        return false;
    snprintf(out, DOCUMENTS_NEED_MAX, "%s%s%s", kind, type ? ":" : "", type ? type : "");
    return true;
}

// `expires` is the first moment after the last day.
static void add_last_day(cJSON *row) {
    int64_t expires;
    char text[TIME_TEXT_MAX];
    bool expired = json_integer(row, "expired_us", &expires);
    cJSON_DeleteItemFromObjectCaseSensitive(row, "expired_us");
    if (!expired)
        return;
    time_format(text, expires - 1);
    text[strlen("2026-11-22")] = '\0';
    json_add_text(row, "expired", text);
}

bool documents_missing(struct ledger *ledger, const struct trace_context *context, const char *lot,
                       cJSON **missing, struct lg_error *error) {
    cJSON *filter = common_one("lot", lot), *row;
    json_add_integer(filter, "now_us", context->now_us);
    if (!common_list(ledger, "lot_missing_documents", filter, missing, error))
        return false;
    cJSON_ArrayForEach(row, *missing) {
        add_last_day(row);
    }
    return true;
}

void documents_say(char out[DOCUMENTS_SAY_MAX], const cJSON *missing) {
    const cJSON *row;
    size_t length = 0;
    out[0] = '\0';
    cJSON_ArrayForEach(row, missing) {
        const char *expired = json_text(row, "expired"), *type = json_text(row, "has_type");
        int n = snprintf(out + length, DOCUMENTS_SAY_MAX - length, "%s%s", length ? ", " : "",
                         json_text(row, "asked"));
        length += (size_t)n < DOCUMENTS_SAY_MAX - length ? (size_t)n : DOCUMENTS_SAY_MAX - length - 1;
        if (expired)
            n = snprintf(out + length, DOCUMENTS_SAY_MAX - length, " (expired %s)", expired);
        else if (type && json_text(row, "type"))
            n = snprintf(out + length, DOCUMENTS_SAY_MAX - length, " (there is a %s)", type);
        else
            continue;
        length += (size_t)n < DOCUMENTS_SAY_MAX - length ? (size_t)n : DOCUMENTS_SAY_MAX - length - 1;
    }
}

bool documents_check(struct ledger *ledger, const struct trace_context *context, const cJSON *facts,
                     struct lg_error *error) {
    const char *lot = json_text(facts, "lot");
    cJSON *missing;
    if (!json_flag(facts, "needs_documents", false))
        return true;
    if (!documents_missing(ledger, context, lot, &missing, error))
        return false;
    bool none = missing->child == NULL;
    if (!none) {
        char said[DOCUMENTS_SAY_MAX], hint[384];
        documents_say(said, missing);
        snprintf(
            hint, sizeof hint,
            "Ask the supplier for them: `lotgate lot request %.64s` drafts the letter. Attach each with `lotgate lot "
            "document %.64s FILE --kind %.24s` or in the office pages.",
            lot, lot, json_text(missing->child, "kind"));
        lg_fail(error, "certificate_missing", hint,
                "Lot %s lacks documents that its material %s requires: %s.", lot,
                json_text(facts, "material"), said);
    }
    cJSON_Delete(missing);
    return none;
}

bool documents_add(struct ledger *ledger, const struct trace_context *context, const cJSON *lots,
                   struct lg_error *error) {
    for (cJSON *lot = lots ? lots->child : NULL; lot; lot = lot->next) {
        cJSON *filter = common_one("lot", json_text(lot, "lot"));
        json_add_integer(filter, "now_us", context->now_us);
        cJSON_DeleteItemFromObjectCaseSensitive(lot, "documents");
        if (!common_add_list(ledger, lot, "documents", "lot_documents", filter, error))
            return false;
    }
    return true;
}

bool documents_stored(struct ledger *ledger, const char *sha256, bool picture, int64_t *size,
                      struct lg_error *error) {
    enum document_type type;
    uint64_t bytes;
    if (!document_store_look(ledger_directory(ledger), sha256, &type, &bytes))
        return lg_fail(error, "no_such_document", "Send the file first: it is then known by its SHA-256.",
                       "No file with the SHA-256 %.12s… is stored here.", sha256);
    *size = (int64_t)bytes;
    return document_type_check(type, NULL, NULL, picture, error);
}
