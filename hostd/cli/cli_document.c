// cli_document: storing and attaching. See cli_document.h.
#include "cli_document.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_door.h" // cli_ask
#include "json.h"     // json_add_text

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
    if (s.st_size == 0 || s.st_size > CLI_DOCUMENT_MAX)
        return unreadable(error, document->file, s.st_size == 0 ? "it is empty" : "it is larger than 32 MiB");
    return true;
}

static bool storage_failed(struct lg_error *error, const char *where) {
    return lg_fail(error, "storage_failed",
                   "Look at the disk (is it full, read-only?) and at who owns the directory.",
                   "The document can't be stored in %s: %s.", where, strerror(errno));
}

// Copies `from` to `to`, hashing on the way.
static bool copy(int from, int to, crypto_hash_sha256_state *hash, int64_t *size) {
    char buffer[65536];
    for (*size = 0; *size <= CLI_DOCUMENT_MAX;) {
        ssize_t n = read(from, buffer, sizeof buffer);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        crypto_hash_sha256_update(hash, (const unsigned char *)buffer, (unsigned long long)n);
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(to, buffer + done, (size_t)(n - done));
            if (w < 0 && errno != EINTR)
                return false;
            done += w > 0 ? w : 0;
        }
        *size += n;
    }
    errno = EFBIG; // it grew since it was checked
    return false;
}

static bool sync_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

// Under its final name only when it is whole and on the disk.
static bool store(const char *data, int from, char hash[65], int64_t *size, struct lg_error *error) {
    char directory[PATH_MAX], draft[PATH_MAX], final[PATH_MAX];
    if (!cli_paths_join(directory, sizeof directory, data, "documents") ||
        !cli_paths_join(draft, sizeof draft, directory, ".taken-XXXXXX")) {
        errno = ENAMETOOLONG;
        return storage_failed(error, data);
    }
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return storage_failed(error, directory);
    int to = mkostemp(draft, O_CLOEXEC); // 0600
    if (to < 0)
        return storage_failed(error, directory);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    bool ok = copy(from, to, &state, size) && fsync(to) == 0;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hash, 65, digest, sizeof digest);
    ok = ok && cli_paths_join(final, sizeof final, directory, hash) && rename(draft, final) == 0 &&
         sync_directory(directory);
    if (!ok)
        storage_failed(error, directory);
    close(to);
    if (!ok)
        unlink(draft);
    return ok;
}

int cli_document_attach(struct cli_call *call, const struct cli_document *document, const char *lot,
                        cJSON **answer, struct lg_error *error) {
    *answer = NULL;
    char hash[65];
    int64_t size = 0;
    int from = open(document->file, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        unreadable(error, document->file, strerror(errno));
        return CLI_REFUSED;
    }
    bool stored = store(call->paths.data, from, hash, &size, error);
    close(from);
    if (!stored)
        return CLI_REFUSED;
    const char *slash = strrchr(document->file, '/');
    cJSON *args = cJSON_CreateObject();
    lg_assert(args != NULL);
    json_add_text(args, "lot", lot);
    json_add_text(args, "sha256", hash);
    json_add_text(args, "name", slash != NULL ? slash + 1 : document->file);
    json_add_integer(args, "size", size);
    json_add_text(args, "kind", document->kind);
    json_add_text(args, "issuer", document->issuer);
    json_add_text(args, "issued", document->issued);
    json_add_text(args, "expires", document->valid_until);
    json_add_text(args, "scope", document->scope);
    json_add_text(args, "by", cli_given(call, "by"));
    return cli_ask(call, "document.attach", args, answer, error);
}
