// document_store: the bytes of documents, kept in DATA/documents under their SHA-256.
//
// Written as they come into documents/.draft-XXXXXX and hashed on the way; renamed to documents/<sha256> when whole and
// on the disk, so an event never names a file that is not there. No more than DOCUMENT_STORE_BEHIND bytes wait for the
// disk, however large the document is. A draft is locked by who writes it: one without a lock was left by a process
// that was killed. Needs no ledger. Thread: any, one per draft.
#ifndef LOTGATE_LEDGER_DOCUMENT_STORE_H
#define LOTGATE_LEDGER_DOCUMENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document_type.h"
#include "error.h" // lg_error

#define DOCUMENT_STORE_MAX        (256 * 1024 * 1024) // bytes of one document
#define DOCUMENT_STORE_BEHIND     (4 * 1024 * 1024)   // bytes that may wait for the disk
#define DOCUMENT_STORE_SHA256_MAX 65                  // hex digits and NUL

struct document_draft;

// Begins a document, making the folder (0700) when it is missing. The draft is the caller's until it is finished or
// abandoned. NULL with code storage_failed when the folder cannot be written.
struct document_draft *document_store_begin(const char *data, struct lg_error *error);

// Appends bytes. Code too_large when there would be more than DOCUMENT_STORE_MAX, wrong_type when the beginning is that
// of no document which is kept, or storage_failed; after any of them the draft can only be abandoned.
bool document_store_write(struct document_draft *draft, const void *bytes, size_t length,
                          struct lg_error *error);

// What the bytes written so far are.
enum document_type document_store_type(const struct document_draft *draft);

// Makes the file durable under its hash, readable by its owner only, and frees the draft in every case. On failure
// nothing is left of it. Codes bad_argument (empty), wrong_type, storage_failed. *size in bytes.
bool document_store_finish(struct document_draft *draft, char sha256[DOCUMENT_STORE_SHA256_MAX],
                           uint64_t *size, struct lg_error *error);

// Removes what was written and frees the draft; NULL is fine.
void document_store_abandon(struct document_draft *draft);

// Opens a stored document for reading; the descriptor is the caller's. -1 when there is none, or when the text is not
// 64 lower-case hex digits. *size gets its length in bytes.
int document_store_open(const char *data, const char *sha256, uint64_t *size);

// What a stored document is, and its length in bytes. False when there is none.
bool document_store_look(const char *data, const char *sha256, enum document_type *type, uint64_t *size);

// Does a stored document still have the bytes that it had? False with *why, a constant.
bool document_store_verify(const char *data, const char *sha256, const char **why);

// Removes the drafts that nobody writes any more; how many there were.
unsigned document_store_sweep(const char *data);

#endif
