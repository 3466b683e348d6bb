// ops_document: the papers that vouch for a lot, a material or a supplier.
//
// A newer edition supersedes an older one, which is kept and shown as superseded: the one that is named, or the same
// paper (owner, kind, type, issuer, scope) with another revision or day of issue.
#include "common.h"

#include <stdio.h>
#include <string.h>

#include "common_documents.h" // documents_kind
#include "families.h"
#include "json.h" // json_text

// Exactly one of lot, material, supplier, and it exists.
static bool check_owner(struct ledger *ledger, const cJSON *args, struct lg_error *error) {
    static const struct {
        const char *name, *query, *code;
    } owners[] = {{"lot", "lot_facts", "no_such_lot"},
                  {"material", "material_list", "no_such_material"},
                  {"supplier", "supplier_list", "no_such_supplier"}};
    int given = 0;
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const char *id = json_text(args, owners[i].name);
        if (!id)
            continue;
        given++;
        cJSON *filter = common_one(owners[i].name, id), *row;
        json_add_integer(filter, "limit", 1);
        if (!common_need(ledger, owners[i].query, filter, &row, owners[i].code, owners[i].name, id,
                         "Check the number, or add it first.", error))
            return false;
        cJSON_Delete(row);
    }
    return given == 1 || lg_fail(error, "bad_argument", "Give one of the three.",
                                 "A document belongs to exactly one lot, material or supplier.");
}

static bool same_text(const cJSON *a, const cJSON *b, const char *name) {
    const char *x = json_text(a, name), *y = json_text(b, name);
    return x && y ? strcmp(x, y) == 0 : x == y;
}

// The document that the new one is to supersede must be one of the same owner and kind, and the newest itself.
static bool check_superseded(struct ledger *ledger, const cJSON *args, const char *kind,
                             struct lg_error *error) {
    const char *old = json_text(args, "supersedes");
    cJSON *row;
    if (!old)
        return true;
    if (!common_need(ledger, "document_owner", common_one("document", old), &row, "no_such_document",
                     "document", old, "See `lotgate document list`.", error))
        return false;
    bool ok = same_text(args, row, "lot") && same_text(args, row, "material") &&
              same_text(args, row, "supplier") && strcmp(json_text(row, "kind"), kind) == 0;
    if (!ok)
        lg_fail(error, "document_differs", "Name a document of the same kind and of the same thing.",
                "%s is no earlier edition of this document.", old);
    else if (json_text(row, "superseded_by"))
        ok = lg_fail(error, "document_superseded", "Name the newest edition.",
                     "%s is superseded by %s already.", old, json_text(row, "superseded_by"));
    cJSON_Delete(row);
    return ok;
}

// Everything that can be told of a document before its file is here: who sends a large one need not wait for its end.
static bool check(struct ledger *ledger, const cJSON *args, const char **kind, struct lg_error *error) {
    int64_t issued, expires;
    *kind = documents_kind(json_text(args, "kind"), error);
    if (!*kind || !documents_type_check(*kind, json_text(args, "type"), error))
        return false;
    if (json_integer(args, "issued", &issued) && json_integer(args, "expires", &expires) && expires <= issued)
        return lg_fail(error, "bad_argument", "Check the two dates.",
                       "The document expires before it was issued.");
    return check_owner(ledger, args, error) && check_superseded(ledger, args, *kind, error);
}

static bool document_check(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                           cJSON **answer, struct lg_error *error) {
    const char *kind;
    if (!check(ledger, args, &kind, error))
        return false;
    *answer = common_one("kind", kind);
    return true;
}

static bool supersede(struct ledger *ledger, const struct trace_context *context, const char *old,
                      const char *new, const cJSON *args, struct lg_error *error) {
    cJSON *body = common_one("document", old);
    json_add_text(body, "superseded_by", new);
    json_add_text(body, "by", json_text(args, "by"));
    return common_append(ledger, context, "document.superseded", body, error);
}

// The one that was named, and the editions found. Who attaches an edition that was issued before one that is there has
// found an old paper: then it is the new document that is superseded.
static bool supersede_all(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          const cJSON *editions, const char *document, struct lg_error *error) {
    const char *named = json_text(args, "supersedes"), *newer = NULL;
    int64_t issued = 0, other;
    bool dated = json_integer(args, "issued", &issued), ok = true;
    const cJSON *row;
    if (named && !supersede(ledger, context, named, document, args, error))
        return false;
    cJSON_ArrayForEach(row, editions) {
        const char *old = json_text(row, "document");
        if (!ok || (named && strcmp(old, named) == 0))
            continue;
        if (dated && json_integer(row, "issued_us", &other) && other > issued)
            newer = old;
        else
            ok = supersede(ledger, context, old, document, args, error);
    }
    return ok && (!newer || supersede(ledger, context, document, newer, args, error));
}

static cJSON *attached_body(const cJSON *args, const char *kind, int64_t size) {
    static const char *const members[] = {"lot",    "material", "supplier", "sha256", "name", "type",
                                          "issuer", "revision", "scope",    "by",     NULL};
    int64_t time;
    cJSON *body = common_copy(cJSON_CreateObject(), args, members);
    json_add_text(body, "kind", kind);
    json_add_integer(body, "size", size);
    if (json_integer(args, "issued", &time))
        json_add_integer(body, "issued_us", time);
    if (json_integer(args, "expires", &time))
        json_add_integer(body, "expires_us", time);
    return body;
}

// What a lot still lacks, and the step after that.
static bool add_next_step(struct ledger *ledger, const struct trace_context *context, const char *lot,
                          cJSON *answer, struct lg_error *error) {
    cJSON *missing, *facts;
    if (!lot)
        return true;
    if (!common_need_lot(ledger, lot, &facts, error))
        return false;
    bool released = strcmp(json_text(facts, "state"), "released") == 0;
    cJSON_Delete(facts);
    if (!documents_missing(ledger, context, lot, &missing, error))
        return false;
    char said[DOCUMENTS_SAY_MAX], next[DOCUMENTS_SAY_MAX + 160];
    documents_say(said, missing);
    if (*said)
        snprintf(next, sizeof next, "It still lacks %s: `lotgate lot request %s` drafts the letter.", said,
                 lot);
    else
        snprintf(next, sizeof next,
                 "It has the documents that its material requires: `lotgate lot release %s`.", lot);
    if (*said || !released)
        json_add_text(answer, "what_next", next);
    json_add(answer, "missing", missing);
    return true;
}

static bool document_attach(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                            cJSON **answer, struct lg_error *error) {
    static const char *const owners[] = {"lot", "material", "supplier", NULL};
    static const char *const same[] = {"lot",   "material", "supplier", "type", "issuer",
                                       "scope", "sha256",   "revision", NULL};
    const char *kind;
    int64_t size, given;
    char document[65];
    cJSON *editions;
    if (!check(ledger, args, &kind, error) ||
        !documents_stored(ledger, json_text(args, "sha256"), false, &size, error))
        return false;
    if (json_integer(args, "size", &given) && given != size)
        return lg_fail(error, "bad_argument", "Leave the size out, or send the file again.",
                       "The stored file has another size than was given.");
    cJSON *filter = common_copy(cJSON_CreateObject(), args, same);
    cJSON *body = attached_body(args, kind, size);
    json_add_text(filter, "kind", kind);
    if (json_integer(args, "issued", &given))
        json_add_integer(filter, "issued_us", given);
    if (!common_list(ledger, "document_editions", filter, &editions, error)) {
        cJSON_Delete(body);
        return false;
    }
    bool ok = common_number(ledger, "DOC", body, "document", document, error);
    if (!ok)
        cJSON_Delete(body);
    *answer = common_copy(cJSON_CreateObject(), args, owners);
    json_add_text(*answer, "document", ok ? document : NULL);
    ok = ok && common_append(ledger, context, "document.attached", body, error) &&
         supersede_all(ledger, context, args, editions, document, error) &&
         add_next_step(ledger, context, json_text(args, "lot"), *answer, error);
    cJSON_Delete(editions);
    return ok;
}

static bool document_list(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    cJSON *filters = cJSON_Duplicate(args, true);
    json_add_integer(filters, "now_us", context->now_us);
    bool ok = common_filtered(ledger, "document_list", filters, answer, error);
    cJSON_Delete(filters);
    return ok;
}

static bool document_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                          cJSON **answer, struct lg_error *error) {
    const char *id = json_text(args, "id");
    cJSON *filter = common_one("document", id);
    json_add_integer(filter, "now_us", context->now_us);
    return common_need(ledger, "document_get", filter, answer, "no_such_document", "document", id,
                       "See `lotgate document list`.", error);
}

#define PARTICULARS                                                                                          \
    "lot", "material", "supplier", "!kind", "type", "revision", "issuer", "issued", "expires", "scope",      \
        "supersedes", "by"

const struct trace_op document_ops[] = {
    {"document.attach", true, TAKES(PARTICULARS, "!sha256", "!name", "size"),
     "Attach a stored document to a lot, a material or a supplier; a newer edition supersedes the older.",
     document_attach},
    {"document.check", false, TAKES(PARTICULARS, "name"), "Would a document with these particulars be taken?",
     document_check},
    {"document.list", false, TAKES("lot", "material", "supplier", "kind", "state", "limit", "after", "sort"),
     "List the documents, newest first; state is current, expired or superseded.", document_list},
    {"document.show", false, TAKES("!id"), "Show one document's particulars.", document_show},
    {NULL, false, NULL, NULL, NULL},
};
