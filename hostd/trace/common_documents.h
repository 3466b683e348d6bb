// common_documents: kinds of document, what a material requires, and what a lot lacks of it.
#ifndef LOTGATE_TRACE_COMMON_DOCUMENTS_H
#define LOTGATE_TRACE_COMMON_DOCUMENTS_H

#include "ops.h"

#define DOCUMENTS_SAY_MAX  400 // bytes of what is missing, in words
#define DOCUMENTS_NEED_MAX 24  // bytes of a requirement: "test_report", "mtr:3.1"

// Why a lot is quarantined at its receipt: it may be declared once it has them and somebody has released it.
#define DOCUMENTS_LACKING "it lacks documents that its material requires"

// The kind's own name for one of its names ("cofc" is coc), a constant. NULL with code bad_argument and all the kinds.
const char *documents_kind(const char *given, struct lg_error *error);
// "mill test report"; the kind itself where it has no words.
const char *documents_kind_say(const char *kind);
// Code bad_argument unless it is NULL or one of EN 10204's types, and the kind is one that has types.
bool documents_type_check(const char *kind, const char *type, struct lg_error *error);
// One of a material's requirements, a kind or "mtr:3.1" with the least type, in its own form.
bool documents_need(const char *given, char out[DOCUMENTS_NEED_MAX], struct lg_error *error);

// What the lot lacks of what its material requires, now: [{asked, kind, type, expired, has_type}], where `expired` is
// the last day of the one that is there, and `has_type` a type that is less than asked for.
bool documents_missing(struct ledger *ledger, const struct trace_context *context, const char *lot,
                       cJSON **missing, struct lg_error *error);
// "mtr (expired 2026-11-22), rohs"
void documents_say(char out[DOCUMENTS_SAY_MAX], const cJSON *missing);
// `facts` is a row of lot_facts. Code certificate_missing.
bool documents_check(struct ledger *ledger, const struct trace_context *context, const cJSON *facts,
                     struct lg_error *error);

// Gives each of a job's lots ([{lot ...}]) as `documents` all that vouch for it, also those of what it was cut from, of
// its material and of its supplier.
bool documents_add(struct ledger *ledger, const struct trace_context *context, const cJSON *lots,
                   struct lg_error *error);

// An event never names a file that is not there: code no_such_document; with `picture`, wrong_type for what is none.
bool documents_stored(struct ledger *ledger, const char *sha256, bool picture, int64_t *size,
                      struct lg_error *error);

#endif
