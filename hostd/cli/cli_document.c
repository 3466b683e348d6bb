// cli_document: storing and attaching. See cli_document.h.
#include "cli_document.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_args.h"   // cli_args_object
#include "cli_door.h"   // cli_ask
#include "cli_output.h" // cli_fail
#include "json.h"       // json_add_text

#define READ_BYTES 65536

bool cli_document_take(struct cli_document *document, const char *option, const char *text) {
    const struct {
        const char *name;
        const char **field;
    } fields[] = {{"kind", &document->kind},         {"en10204", &document->type},
                  {"revision", &document->revision}, {"issuer", &document->issuer},
                  {"issued", &document->issued},     {"valid-until", &document->valid_until},
                  {"scope", &document->scope},       {"supersedes", &document->supersedes}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, option) == 0) {
            *fields[i].field = text;
            return true;
        }
    return false;
}

static bool unreadable(struct lg_error *error, const char *file, const char *why) {
    return lg_fail(error, "document_unreadable", "Check the name, and that you may read it.",
                   "The document %s can't be taken: %s.", file, why);
}

static bool check_file(const char *file, struct lg_error *error) {
    struct stat s;
    if (stat(file, &s) != 0 || access(file, R_OK) != 0)
        return unreadable(error, file, strerror(errno));
    if (!S_ISREG(s.st_mode))
        return unreadable(error, file, "it is no ordinary file");
    if (s.st_size == 0 || s.st_size > DOCUMENT_STORE_MAX)
        return unreadable(error, file, s.st_size == 0 ? "it is empty" : "it is larger than 256 MiB");
    return true;
}

bool cli_document_check(const struct cli_document *document, struct lg_error *error) {
    if (document->kind == NULL)
        return lg_fail(error, "usage", "Say what it is: --kind mtr, coc, sds, rohs, reach, packing_slip …",
                       "The document %s has no kind.", document->file);
    return check_file(document->file, error);
}

// What the file is, is known with its first piece: a wrong one is refused before the rest is read.
static bool copy(int from, const char *name, bool picture, struct document_draft *draft,
                 struct lg_error *error) {
    char buffer[READ_BYTES];
    bool fine = true, first = true;
    for (ssize_t n = 1; fine && n != 0;) {
        n = read(from, buffer, sizeof buffer);
        if (n > 0)
            fine = document_store_write(draft, buffer, (size_t)n, error);
        else if (n < 0 && errno != EINTR)
            fine = unreadable(error, name, strerror(errno));
        if (fine && n > 0 && first)
            fine = document_type_check(document_store_type(draft), name, NULL, picture, error);
        first = first && n <= 0;
    }
    return fine;
}

bool cli_document_store(const char *data, const char *file, bool picture,
                        char sha256[DOCUMENT_STORE_SHA256_MAX], uint64_t *size, struct lg_error *error) {
    int from = open(file, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return unreadable(error, file, strerror(errno));
    struct document_draft *draft = document_store_begin(data, error);
    bool fine = draft != NULL && copy(from, file, picture, draft, error);
    close(from);
    if (fine)
        return document_store_finish(draft, sha256, size, error);
    document_store_abandon(draft);
    return false;
}

static cJSON *particulars(struct cli_call *call, const struct cli_document *document, const char *owner,
                          const char *id) {
    const char *slash = strrchr(document->file, '/');
    cJSON *args = cJSON_CreateObject();
    lg_assert(args != NULL);
    json_add_text(args, owner, id);
    json_add_text(args, "name", slash != NULL ? slash + 1 : document->file);
    json_add_text(args, "kind", document->kind);
    json_add_text(args, "type", document->type);
    json_add_text(args, "revision", document->revision);
    json_add_text(args, "issuer", document->issuer);
    json_add_text(args, "issued", document->issued);
    json_add_text(args, "expires", document->valid_until);
    json_add_text(args, "scope", document->scope);
    json_add_text(args, "supersedes", document->supersedes);
    json_add_text(args, "by", cli_given(call, "by"));
    return args;
}

int cli_document_attach(struct cli_call *call, const struct cli_document *document, const char *owner,
                        const char *id, cJSON **answer, struct lg_error *error) {
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size = 0;
    cJSON *args = particulars(call, document, owner, id), *checked = NULL;
    int status = cli_ask(call, "document.check", cJSON_Duplicate(args, true), &checked, error);
    cJSON_Delete(checked);
    *answer = NULL;
    if (status == CLI_DONE &&
        !cli_document_store(call->paths.data, document->file, false, sha256, &size, error))
        status = CLI_REFUSED;
    if (status != CLI_DONE) {
        cJSON_Delete(args);
        return status;
    }
    json_add_text(args, "sha256", sha256);
    json_add_integer(args, "size", (int64_t)size);
    return cli_ask(call, "document.attach", args, answer, error);
}

int cli_run_with_photo(struct cli_call *call) {
    struct lg_error error = {0};
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    const char *photo = cli_given(call, "photo");
    cJSON *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    if (photo != NULL && (!check_file(photo, &error) ||
                          !cli_document_store(call->paths.data, photo, true, sha256, &size, &error))) {
        cJSON_Delete(args);
        return cli_fail(CLI_REFUSED, &error);
    }
    json_add_text(args, "photo", photo != NULL ? sha256 : NULL);
    return cli_say(call, args);
}
