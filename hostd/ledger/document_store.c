// document_store: see document_store.h.
#include "document_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h" // files_path

#define FOLDER "documents"
// How often the kernel is told to start writing, so that the fsync at the end is short.
#define WRITEBACK_BYTES (1024 * 1024)

struct document_draft {
    int file;
    uint64_t size, started; // bytes written; bytes whose writing the kernel has begun
    crypto_hash_sha256_state hash;
    char folder[PATH_MAX];
    char path[PATH_MAX]; // "" once it has its final name
};

static bool failed(struct lg_error *error, const char *folder) {
    return lg_fail(error, "storage_failed",
                   "Look at the disk (is it full, read-only?) and at who owns the folder.",
                   "The document can't be stored in %s: %s.", folder, strerror(errno));
}

static bool make_folder(const char *data, const char *folder) {
    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    files_give_to_owner(fd, data);
    close(fd);
    return true;
}

struct document_draft *document_store_begin(const char *data, struct lg_error *error) {
    struct document_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        failed(error, data);
        return NULL;
    }
    bool named = files_path(draft->folder, data, FOLDER, error) &&
                 files_path(draft->path, draft->folder, ".draft-XXXXXX", error);
    if (named && !make_folder(data, draft->folder))
        failed(error, draft->folder);
    else if (named && (draft->file = mkostemp(draft->path, O_CLOEXEC)) < 0)
        failed(error, draft->folder);
    else if (named) {
        files_give_to_owner(draft->file, data);
        crypto_hash_sha256_init(&draft->hash);
        return draft;
    }
    free(draft);
    return NULL;
}

static bool write_all(int file, const char *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t part = write(file, bytes + done, length - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return false;
        done += (size_t)part;
    }
    return true;
}

bool document_store_write(struct document_draft *draft, const void *bytes, size_t length,
                          struct lg_error *error) {
    if (length > DOCUMENT_STORE_MAX - draft->size)
        return lg_fail(error, "too_large", "Take a smaller file.", "The document has more than %d MiB.",
                       DOCUMENT_STORE_MAX / 1024 / 1024);
    crypto_hash_sha256_update(&draft->hash, bytes, length);
    if (!write_all(draft->file, bytes, length))
        return failed(error, draft->folder);
    draft->size += length;
    if (draft->size - draft->started >= WRITEBACK_BYTES) {
        sync_file_range(draft->file, (off_t)draft->started, (off_t)(draft->size - draft->started),
                        SYNC_FILE_RANGE_WRITE);
        draft->started = draft->size;
    }
    return true;
}

// The new name must be on the disk too.
static bool make_durable(struct document_draft *draft, const char *final) {
    if (fchmod(draft->file, 0600) != 0 || fsync(draft->file) != 0 || rename(draft->path, final) != 0)
        return false;
    draft->path[0] = '\0';
    return files_sync_directory(draft->folder);
}

bool document_store_finish(struct document_draft *draft, char sha256[DOCUMENT_STORE_SHA256_MAX],
                           uint64_t *size, struct lg_error *error) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    char final[PATH_MAX];
    crypto_hash_sha256_final(&draft->hash, digest);
    sodium_bin2hex(sha256, DOCUMENT_STORE_SHA256_MAX, digest, sizeof digest);
    *size = draft->size;
    bool fine =
        draft->size > 0 || lg_fail(error, "bad_argument", "Take the right file.", "The file is empty.");
    fine = fine && files_path(final, draft->folder, sha256, error);
    if (fine && !make_durable(draft, final))
        fine = failed(error, draft->folder);
    document_store_abandon(draft);
    return fine;
}

void document_store_abandon(struct document_draft *draft) {
    if (draft == NULL)
        return;
    close(draft->file);
    if (draft->path[0] != '\0')
        unlink(draft->path);
    free(draft);
}

int document_store_open(const char *data, const char *sha256, uint64_t *size) {
    char folder[PATH_MAX], path[PATH_MAX];
    struct stat facts;
    if (strlen(sha256) != 64 || strspn(sha256, "0123456789abcdef") != 64 ||
        !files_path(folder, data, FOLDER, NULL) || !files_path(path, folder, sha256, NULL))
        return -1;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0 && (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))) {
        close(file);
        return -1;
    }
    if (file >= 0)
        *size = (uint64_t)facts.st_size;
    return file;
}
