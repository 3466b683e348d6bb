#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITEBACK_BYTES                                                                                      \
    (1024 * 1024) // how often the kernel is told to start writing, so that the fsync is short

struct upload {
    int file;
    uint64_t size, started; // bytes written; bytes whose writing the kernel has begun
    crypto_hash_sha256_state hash;
    char directory[UPLOAD_PATH_MAX];
    char path[UPLOAD_PATH_MAX + 32];
};

static bool storage_failed(struct lg_error *error, const char *what) {
    return lg_fail(error, "storage_failed", "Look at the disk: is it full, or mounted read-only?",
                   "The document could not be %s: %s.", what, strerror(errno));
}

struct upload *upload_begin(const char *data, struct lg_error *error) {
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        storage_failed(error, "taken in");
        return NULL;
    }
    snprintf(upload->directory, sizeof upload->directory, "%s/documents", data);
    snprintf(upload->path, sizeof upload->path, "%s/.upload-XXXXXX", upload->directory);
    if (mkdir(upload->directory, 0700) != 0 && errno != EEXIST)
        storage_failed(error, "stored");
    else if ((upload->file = mkostemp(upload->path, O_CLOEXEC)) < 0)
        storage_failed(error, "stored");
    else {
        crypto_hash_sha256_init(&upload->hash);
        return upload;
    }
    free(upload);
    return NULL;
}

bool upload_write(struct upload *upload, const void *bytes, size_t length, struct lg_error *error) {
    if (length > UPLOAD_MAX - upload->size)
        return lg_fail(error, "too_large", "Send a smaller file.", "The document has more than %d MiB.",
                       UPLOAD_MAX / 1024 / 1024);
    crypto_hash_sha256_update(&upload->hash, bytes, length);
    for (size_t done = 0; done < length;) {
        ssize_t part = write(upload->file, (const char *)bytes + done, length - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return storage_failed(error, "written");
        done += (size_t)part;
    }
    upload->size += length;
    if (upload->size - upload->started >= WRITEBACK_BYTES) {
        sync_file_range(upload->file, (off_t)upload->started, (off_t)(upload->size - upload->started),
                        SYNC_FILE_RANGE_WRITE);
        upload->started = upload->size;
    }
    return true;
}

// The new name must be on the disk too.
static bool sync_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

bool upload_finish(struct upload *upload, char sha256[UPLOAD_SHA256_MAX], uint64_t *size,
                   struct lg_error *error) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    char final[UPLOAD_PATH_MAX + UPLOAD_SHA256_MAX + 1];
    crypto_hash_sha256_final(&upload->hash, digest);
    sodium_bin2hex(sha256, UPLOAD_SHA256_MAX, digest, sizeof digest);
    snprintf(final, sizeof final, "%s/%s", upload->directory, sha256);
    *size = upload->size;
    bool fine = upload->size > 0 ||
                lg_fail(error, "bad_argument", "Send the file as the body.", "The file is empty.");
    if (fine && (fchmod(upload->file, 0600) != 0 || fsync(upload->file) != 0 ||
                 rename(upload->path, final) != 0 || !sync_directory(upload->directory)))
        fine = storage_failed(error, "stored");
    if (fine)
        upload->path[0] = '\0';
    upload_abandon(upload);
    return fine;
}

void upload_abandon(struct upload *upload) {
    if (!upload)
        return;
    close(upload->file);
    if (upload->path[0])
        unlink(upload->path);
    free(upload);
}

bool upload_is_hash(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

int upload_open(const char *data, const char *sha256, uint64_t *size) {
    char path[UPLOAD_PATH_MAX];
    struct stat facts;
    if (!upload_is_hash(sha256))
        return -1;
    int length = snprintf(path, sizeof path, "%s/documents/%s", data, sha256);
    int file = length < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (file >= 0 && (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))) {
        close(file);
        return -1;
    }
    if (file >= 0)
        *size = (uint64_t)facts.st_size;
    return file;
}
