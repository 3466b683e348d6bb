// files: see files.h.
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h" // chain_hex

#define KEY_FILE    "ledger.key"
#define PUBLIC_FILE "ledger.pub"
#define LOCK_FILE   "lotgate.lock"
#define HEX_KEY     (2 * crypto_sign_SEEDBYTES)

static bool unavailable(struct lg_error *error, const char *doing, const char *path) {
    return lg_fail(
        error, "ledger_unavailable",
        "Check that the data folder is right, that its disk is there and not full, and that this user may "
        "write in it.",
        "%s %s failed: %s.", doing, path, strerror(errno));
}

bool files_path(char out[PATH_MAX], const char *directory, const char *name, struct lg_error *error) {
    int length = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    return (length > 0 && length < PATH_MAX) ||
           lg_fail(error, "ledger_unavailable", "Use a data folder with a shorter name.",
                   "The data folder's name is too long.");
}

bool files_make_directory(const char *directory, struct lg_error *error) {
    struct stat status;
    if (mkdir(directory, 0700) == 0 ||
        (errno == EEXIST && stat(directory, &status) == 0 && S_ISDIR(status.st_mode)))
        return true;
    return unavailable(error, "Making the data folder", directory);
}

bool files_give_to_owner(int fd, const char *directory) {
    struct stat owner;
    return geteuid() != 0 || (stat(directory, &owner) == 0 && fchown(fd, owner.st_uid, owner.st_gid) == 0);
}

bool files_sync_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

bool files_in_place(struct files_seen *seen, struct lg_error *error) {
    static const char *const ends[] = {"", "-wal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[PATH_MAX + 8];
        struct stat status;
        snprintf(path, sizeof path, "%s%s", seen->path, ends[i]);
        bool there = stat(path, &status) == 0;
        bool same = there && status.st_dev == seen->file[i].device && status.st_ino == seen->file[i].number;
        if (seen->file[i].known && !same)
            return lg_fail(
                error, "ledger_unavailable",
                "Put it back where it was. If it is lost, stop lotgate and restore ledger.db from a backup; nothing runs "
                "until then.",
                "The ledger's file %.200s was moved, deleted or replaced under the running lotgate.", path);
        if (there) {
            seen->file[i].known = true;
            seen->file[i].device = status.st_dev;
            seen->file[i].number = status.st_ino;
        }
    }
    return true;
}

bool files_not_lost(const char *directory, struct lg_error *error) {
    char database[PATH_MAX], key[PATH_MAX], log[PATH_MAX + 8];
    struct stat status;
    if (!files_path(database, directory, LEDGER_FILE, error) ||
        !files_path(key, directory, PUBLIC_FILE, error))
        return false;
    snprintf(log, sizeof log, "%s-wal", database);
    if (stat(key, &status) != 0)
        return true;
    bool there = stat(database, &status) == 0, gone = !there && errno == ENOENT;
    bool emptied = there && status.st_size == 0 && (stat(log, &status) != 0 || status.st_size == 0);
    if (!gone && !emptied)
        return true;
    return lg_fail(
        error, "ledger_unavailable",
        "Restore ledger.db from a backup. To begin a new ledger on purpose, move ledger.key and ledger.pub "
        "away first.",
        "The ledger's database %.200s is %s, though its key is there.", database, gone ? "gone" : "empty");
}

bool files_lock(const char *directory, int *lock, struct lg_error *error) {
    char path[PATH_MAX], text[24] = "";
    if (!files_path(path, directory, LOCK_FILE, error))
        return false;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return unavailable(error, "Opening", path);
    files_give_to_owner(fd, directory); // a file system without owners has nothing to give
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        long pid = read(fd, text, sizeof text - 1) > 0 ? strtol(text, NULL, 10) : 0;
        close(fd);
        return lg_fail(error, "ledger_busy", "Let that process do it, or stop it first.",
                       "The ledger in %s is being written by process %ld.", directory, pid);
    }
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    // The number is for people; the lock itself does not depend on it.
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
        close(fd);
        return unavailable(error, "Writing", path);
    }
    *lock = fd;
    return true;
}

// A whole file or none: written beside, synced, renamed, the directory synced.
static bool write_durably(const char *directory, const char *name, const char *text, mode_t mode,
                          struct lg_error *error) {
    char path[PATH_MAX], beside[PATH_MAX];
    if (!files_path(path, directory, name, error) || !files_path(beside, directory, ".new-key", error))
        return false;
    unlink(beside);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return unavailable(error, "Writing", path);
    files_give_to_owner(fd, directory);
    bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    ok = ok && rename(beside, path) == 0 && files_sync_directory(directory);
    return ok || unavailable(error, "Writing", path);
}

// Reads 64 hex digits and a line end. *missing tells a file that is not there from one that is wrong.
static bool read_key_file(uint8_t bytes[32], const char *directory, const char *name, bool *missing) {
    char path[PATH_MAX], text[HEX_KEY + 2] = "";
    *missing = false;
    if (!files_path(path, directory, name, NULL))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *missing = errno == ENOENT;
        return false;
    }
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count < HEX_KEY || (count > HEX_KEY && text[HEX_KEY] != '\n'))
        return false;
    text[HEX_KEY] = '\0';
    bool ok = chain_unhex(bytes, 32, text);
    sodium_memzero(text, sizeof text);
    return ok;
}

bool files_public_key(uint8_t public_key[crypto_sign_PUBLICKEYBYTES], const char *directory) {
    bool missing;
    return read_key_file(public_key, directory, PUBLIC_FILE, &missing);
}

static bool write_key(const char *directory, const char *name, const uint8_t bytes[32], mode_t mode,
                      struct lg_error *error) {
    char text[HEX_KEY + 2];
    chain_hex(text, bytes, 32);
    memcpy(text + HEX_KEY, "\n", 2); // the line end and the NUL
    bool ok = write_durably(directory, name, text, mode, error);
    sodium_memzero(text, sizeof text);
    return ok;
}

bool files_key_load(struct files_key *key, const char *directory, bool may_make, struct lg_error *error) {
    uint8_t seed[crypto_sign_SEEDBYTES], known[crypto_sign_PUBLICKEYBYTES];
    bool no_key, no_public;
    bool have_key = read_key_file(seed, directory, KEY_FILE, &no_key);
    bool have_public = read_key_file(known, directory, PUBLIC_FILE, &no_public);
    if (no_key && no_public && may_make) {
        randombytes_buf(seed, sizeof seed);
        if (!write_key(directory, KEY_FILE, seed, 0600, error))
            return false;
        have_key = true;
    }
    if (!have_key)
        return lg_fail(
            error, "ledger_unavailable",
            "Restore ledger.key from a backup, readable by this user; the ledger itself is unharmed.",
            "The key that signs this ledger, %s/" KEY_FILE ", %s.", directory,
            no_key ? "is missing" : "can't be read or is damaged");
    crypto_sign_seed_keypair(key->public_key, key->secret_key, seed);
    sodium_memzero(seed, sizeof seed);
    if (no_public)
        return true;
    if (!have_public || memcmp(known, key->public_key, sizeof known) != 0)
        return lg_fail(error, "ledger_unavailable", "Restore the two files from the same backup.",
                       "The files " KEY_FILE " and " PUBLIC_FILE " in %s don't belong together.", directory);
    return true;
}

bool files_key_publish(const struct files_key *key, const char *directory, struct lg_error *error) {
    uint8_t known[crypto_sign_PUBLICKEYBYTES];
    bool missing;
    return read_key_file(known, directory, PUBLIC_FILE, &missing) || !missing ||
           write_key(directory, PUBLIC_FILE, key->public_key, 0644, error);
}
