// cli_document: storing and attaching. See cli_document.h.
#include "cli_document.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_door.h" // cli_ask
#include "document_store.h"
#include "json.h" // json_add_text

static bool unreadable(struct lg_error *error, const char *file, const char *why) {
    return lg_fail(error, "document_unreadable", "Check the name, and that you may read it.",
                   "The document %s can't be taken: %s.", file, why);
}

bool cli_document_check(const struct cli_document *document, struct lg_error *error) {
    struct stat s;
    if (document->kind == NULL)
        return lg_fail(error, "usage", "Say what it is: --kind mtr, coc, sds, rohs, reach, packing …",
                       "The document %s has no kind.", document->file);
    if (stat(document->file, &s) != 0 || access(document->file, R_OK) != 0)
        return unreadable(error, document->file, strerror(errno));
    if (!S_ISREG(s.st_mode))
        return unreadable(error, document->file, "it is no ordinary file");
    if (s.st_size == 0 || s.st_size > DOCUMENT_STORE_MAX)
        return unreadable(error, document->file, s.st_size == 0 ? "it is empty" : "it is larger than 32 MiB");
    return true;
}

static bool store(const char *data, const char *name, int from, char sha256[DOCUMENT_STORE_SHA256_MAX],
                  uint64_t *size, struct lg_error *error) {
    char buffer[65536];
    struct document_draft *draft = document_store_begin(data, error);
    bool fine = draft != NULL;
    for (ssize_t n = 1; fine && n != 0;) {
        n = read(from, buffer, sizeof buffer);
        if (n > 0)
            fine = document_store_write(draft, buffer, (size_t)n, error);
        else if (n < 0 && errno != EINTR)
            fine = unreadable(error, name, strerror(errno));
    }
    if (fine)
        return document_store_finish(draft, sha256, size, error);
    document_store_abandon(draft);
    return false;
}

int cli_document_attach(struct cli_call *call, const struct cli_document *document, const char *lot,
                        cJSON **answer, struct lg_error *error) {
    *answer = NULL;
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size = 0;
    int from = open(document->file, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        unreadable(error, document->file, strerror(errno));
        return CLI_REFUSED;
    }
    bool stored = store(call->paths.data, document->file, from, sha256, &size, error);
    close(from);
    if (!stored)
        return CLI_REFUSED;
    const char *slash = strrchr(document->file, '/');
    cJSON *args = cJSON_CreateObject();
    lg_assert(args != NULL);
    json_add_text(args, "lot", lot);
    json_add_text(args, "sha256", sha256);
    json_add_text(args, "name", slash != NULL ? slash + 1 : document->file);
    json_add_integer(args, "size", (int64_t)size);
    json_add_text(args, "kind", document->kind);
    json_add_text(args, "issuer", document->issuer);
    json_add_text(args, "issued", document->issued);
    json_add_text(args, "expires", document->valid_until);
    json_add_text(args, "scope", document->scope);
    json_add_text(args, "by", cli_given(call, "by"));
    return cli_ask(call, "document.attach", args, answer, error);
}
