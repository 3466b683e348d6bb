// verify_documents: are the files that events name still there, with the bytes that they had?
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "document_store.h" // document_store_verify

// Each file once, with one thing that names it.
#define NAMED_FILES                                                                                          \
    "SELECT sha256, min(named) FROM (SELECT sha256, document AS named FROM documents"                        \
    " UNION ALL SELECT photo, note FROM notes WHERE photo IS NOT NULL"                                       \
    " UNION ALL SELECT photo, nonconformance FROM nonconformances WHERE photo IS NOT NULL"                   \
    " UNION ALL SELECT document, procedure FROM procedures WHERE document IS NOT NULL)"                      \
    " GROUP BY sha256 ORDER BY sha256"

// A copy of ledger.db is checked on another machine without its documents. Where the signing key lies beside it, it is no
// copy, and the documents belong there.
static bool is_bare_copy(const struct ledger *ledger) {
    char path[PATH_MAX];
    struct stat facts;
    if (!files_path(path, ledger->directory, "documents", NULL) || stat(path, &facts) == 0 || errno != ENOENT)
        return false;
    return files_path(path, ledger->directory, "ledger.key", NULL) && stat(path, &facts) != 0;
}

bool verify_documents(struct ledger *ledger, struct ledger_verdict *verdict, struct lg_error *error) {
    bool bare = is_bare_copy(ledger), row = true;
    sqlite3_stmt *s = store_prepare(&ledger->store, NAMED_FILES, error);
    bool ok = s != NULL;
    while (ok && !*verdict->finding && (ok = store_step(&ledger->store, s, &row, error)) && row) {
        const char *sha256 = (const char *)sqlite3_column_text(s, 0), *why;
        if (bare)
            verdict->unchecked++;
        else if (document_store_verify(ledger->directory, sha256, &why))
            verdict->documents++;
        else
            snprintf(verdict->finding, sizeof verdict->finding, "The file of %.64s (%.64s) %s.",
                     (const char *)sqlite3_column_text(s, 1), sha256, why);
    }
    store_done(s);
    return ok;
}
