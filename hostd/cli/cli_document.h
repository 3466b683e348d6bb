// cli_document: files that belong to a lot, a material, a supplier or a note: certificates, test reports, photos.
//
// The file is streamed into DATA/documents under its SHA-256, durably, before the ledger hears of it: an event
// never names a document that is not there. What can be refused without the file is refused before.
#ifndef LOTGATE_CLI_DOCUMENT_H
#define LOTGATE_CLI_DOCUMENT_H

#include "cli_command.h"
#include "document_store.h" // DOCUMENT_STORE_SHA256_MAX
#include "error.h"

#define CLI_DOCUMENTS_MAX 16 // on one command line

// One document as the command line describes it; texts point into argv, NULL when not given.
struct cli_document {
    const char *file, *kind, *type, *revision, *issuer, *issued, *valid_until, *scope, *supersedes;
};

// Takes one particular (an option's name and text) into the document; false when the name is none.
bool cli_document_take(struct cli_document *document, const char *option, const char *text);

// Can it be read, and is it of a size that is kept? Told before anything is changed.
bool cli_document_check(const struct cli_document *document, struct lg_error *error);

// Stores a file, a picture where one is wanted; false with a code of document_store.h or document_unreadable.
bool cli_document_store(const char *data, const char *file, bool picture,
                        char sha256[DOCUMENT_STORE_SHA256_MAX], uint64_t *size, struct lg_error *error);

// Stores the file and attaches it to what `owner` ("lot", "material", "supplier") of number `id` is. An exit status;
// *answer is the operation's answer, the caller's.
int cli_document_attach(struct cli_call *call, const struct cli_document *document, const char *owner,
                        const char *id, cJSON **answer, struct lg_error *error);

// An act whose operation takes a `photo`: the file of --photo is stored, and the operation asked with its SHA-256.
int cli_run_with_photo(struct cli_call *call);

// The option --photo of such an act.
#define CLI_PHOTO                                                                                            \
    { .name = "photo", .value = "FILE", .help = "a picture of it: PNG, JPEG or WebP", .kind = CLI_FILE }

#endif
