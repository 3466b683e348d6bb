// cli_document: files that belong to a lot: certificates, test reports, declarations.
//
// The file is copied into DATA/documents under its SHA-256, durably, before the ledger hears of it: an event
// never names a document that is not there.
#ifndef LOTGATE_CLI_DOCUMENT_H
#define LOTGATE_CLI_DOCUMENT_H

#include "cli_command.h"
#include "error.h"

#define CLI_DOCUMENTS_MAX 16 // on one command line

// One document as the command line describes it; texts point into argv, NULL when not given.
struct cli_document {
    const char *file, *kind, *issuer, *issued, *valid_until, *scope;
};

// Can it be read, and is it of a size that is kept? Told before anything is changed.
bool cli_document_check(const struct cli_document *document, struct lg_error *error);

// Stores the file and attaches it to the lot. An exit status; *answer is the operation's answer, the caller's.
int cli_document_attach(struct cli_call *call, const struct cli_document *document, const char *lot,
                        cJSON **answer, struct lg_error *error);

#endif
