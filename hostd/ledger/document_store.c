// document_store: see document_store.h.
#include "document_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h" // files_path

#define FOLDER "documents"
#define DRAFT  ".draft-"
// How often the kernel is told to start writing, so that the fsync at the end is short.
#define WRITEBACK_BYTES (1024 * 1024)
#define READ_BYTES      65536

struct document_draft {
    int file;
    uint64_t size, started; // bytes written; bytes whose writing the kernel has begun
    crypto_hash_sha256_state hash;
    uint8_t head[DOCUMENT_TYPE_HEAD]; // its beginning
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

// Makes the file and locks it. A sweep that came between the two has taken it away: then another one is made.
static bool open_draft(struct document_draft *draft, struct lg_error *error) {
    for (;;) {
        struct stat facts;
        if (!files_path(draft->path, draft->folder, DRAFT "XXXXXX", error))
            return false;
        draft->file = mkostemp(draft->path, O_CLOEXEC);
        if (draft->file < 0)
            return failed(error, draft->folder);
        bool known = flock(draft->file, LOCK_EX) == 0 && fstat(draft->file, &facts) == 0;
        if (known && facts.st_nlink > 0)
            return true;
        if (!known) { // a file system without locks
            failed(error, draft->folder);
            close(draft->file);
            unlink(draft->path);
            return false;
        }
        close(draft->file);
    }
}

struct document_draft *document_store_begin(const char *data, struct lg_error *error) {
    struct document_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        failed(error, data);
        return NULL;
    }
    bool named = files_path(draft->folder, data, FOLDER, error);
    if (named && !make_folder(data, draft->folder))
        failed(error, draft->folder);
    else if (named && open_draft(draft, error)) {
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

// Keeps the beginning; true when it has just become whole.
static bool keep_head(struct document_draft *draft, const void *bytes, size_t length) {
    if (draft->size >= sizeof draft->head)
        return false;
    size_t room = sizeof draft->head - (size_t)draft->size;
    memcpy(draft->head + draft->size, bytes, length < room ? length : room);
    return length >= room;
}

enum document_type document_store_type(const struct document_draft *draft) {
    return document_type_sniff(draft->head,
                               draft->size < sizeof draft->head ? (size_t)draft->size : sizeof draft->head);
}

// Has the kernel begin to write what is new, and waits for what it began DOCUMENT_STORE_BEHIND bytes ago: a large
// document must not fill the memory with pages that wait for a slow card.
static void write_back(struct document_draft *draft) {
    sync_file_range(draft->file, (off_t)draft->started, (off_t)(draft->size - draft->started),
                    SYNC_FILE_RANGE_WRITE);
    draft->started = draft->size;
    if (draft->size > DOCUMENT_STORE_BEHIND)
        sync_file_range(draft->file, 0, (off_t)(draft->size - DOCUMENT_STORE_BEHIND),
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

bool document_store_write(struct document_draft *draft, const void *bytes, size_t length,
                          struct lg_error *error) {
    if (length > DOCUMENT_STORE_MAX - draft->size)
        return lg_fail(error, "too_large", "Take a smaller file.", "The document has more than %d MiB.",
                       DOCUMENT_STORE_MAX / 1024 / 1024);
    bool whole_head = keep_head(draft, bytes, length);
    crypto_hash_sha256_update(&draft->hash, bytes, length);
    if (!write_all(draft->file, bytes, length))
        return failed(error, draft->folder);
    draft->size += length;
    if (whole_head && !document_type_check(document_store_type(draft), NULL, NULL, false, error))
        return false;
    if (draft->size - draft->started >= WRITEBACK_BYTES)
        write_back(draft);
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
    fine = fine && document_type_check(document_store_type(draft), NULL, NULL, false, error);
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

bool document_store_look(const char *data, const char *sha256, enum document_type *type, uint64_t *size) {
    uint8_t head[DOCUMENT_TYPE_HEAD];
    int file = document_store_open(data, sha256, size);
    if (file < 0)
        return false;
    ssize_t length = pread(file, head, sizeof head, 0);
    close(file);
    *type = document_type_sniff(head, length > 0 ? (size_t)length : 0);
    return length >= 0;
}

// Piece by piece: documents are larger than the memory that may be taken for them.
static bool hash_file(int file, char sha256[DOCUMENT_STORE_SHA256_MAX]) {
    unsigned char buffer[READ_BYTES], digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state hash;
    crypto_hash_sha256_init(&hash);
    for (ssize_t n = 1; n != 0;) {
        n = read(file, buffer, sizeof buffer);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            crypto_hash_sha256_update(&hash, buffer, (unsigned long long)n);
    }
    crypto_hash_sha256_final(&hash, digest);
    sodium_bin2hex(sha256, DOCUMENT_STORE_SHA256_MAX, digest, sizeof digest);
    return true;
}

bool document_store_verify(const char *data, const char *sha256, const char **why) {
    char found[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    int file = document_store_open(data, sha256, &size);
    if (file < 0) {
        *why = errno == EACCES ? "may not be read by this user" : "is missing";
        return false;
    }
    bool readable = hash_file(file, found);
    close(file);
    *why = readable ? "was changed after it was stored" : "can't be read";
    return readable && strcmp(found, sha256) == 0;
}

unsigned document_store_sweep(const char *data) {
    char folder[PATH_MAX], path[PATH_MAX];
    unsigned swept = 0;
    DIR *directory = files_path(folder, data, FOLDER, NULL) ? opendir(folder) : NULL;
    for (struct dirent *e; directory != NULL && (e = readdir(directory)) != NULL;) {
        if (strncmp(e->d_name, DRAFT, strlen(DRAFT)) != 0 || !files_path(path, folder, e->d_name, NULL))
            continue;
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (file < 0)
            continue;
        if (flock(file, LOCK_EX | LOCK_NB) == 0 && unlink(path) == 0)
            swept++;
        close(file);
    }
    if (directory != NULL)
        closedir(directory);
    return swept;
}
