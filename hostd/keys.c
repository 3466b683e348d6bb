// keys: see keys.h.
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h" // files_sync_directory

#define DIGITS (2 * SIPHASH_KEY)

static bool fail(const char *path, struct lg_error *error) {
    return lg_fail(error, "key_unwritable", "Make room on the disk, or see to whom the folder belongs.",
                   "The pairing key %.200s cannot be written: %s.", path, strerror(errno));
}

static bool make_path(char out[PATH_MAX], const char *data, const char *machine, const char *ending,
                      struct lg_error *error) {
    int n = snprintf(out, PATH_MAX, "%s/keys/%s.key%s", data, machine, ending);
    errno = ENAMETOOLONG;
    return (n > 0 && n < PATH_MAX) || fail(machine, error);
}

static bool sync_folder(const char *data, struct lg_error *error) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.4000s/keys", data);
    return files_sync_directory(folder) || fail(folder, error);
}

static bool read_key(int fd, uint8_t key[SIPHASH_KEY]) {
    char text[DIGITS + 2];
    size_t used = 0;
    ssize_t n = read(fd, text, sizeof text);
    bool whole = n == DIGITS + 1 && text[DIGITS] == '\n' &&
                 sodium_hex2bin(key, SIPHASH_KEY, text, DIGITS, NULL, &used, NULL) == 0 &&
                 used == SIPHASH_KEY;
    sodium_memzero(text, sizeof text);
    return whole;
}

bool keys_load(const char *data, const char *machine, bool fresh, uint8_t key[SIPHASH_KEY], bool *there,
               struct lg_error *error) {
    char path[PATH_MAX];
    struct stat st;
    *there = false;
    if (!make_path(path, data, machine, fresh ? ".new" : "", error))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return true;
    bool safe = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0;
    if (safe)
        *there = read_key(fd, key);
    close(fd);
    return safe ||
           lg_fail(error, "key_unsafe",
                   "Take the rights away (chmod 600); if others may have read it, pair the machine anew.",
                   "The pairing key %.200s can be read by others.", path);
}

static bool write_key(const char *path, const uint8_t key[SIPHASH_KEY], struct lg_error *error) {
    char text[DIGITS + 2];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(path, error);
    sodium_bin2hex(text, sizeof text, key, SIPHASH_KEY);
    text[DIGITS] = '\n';
    bool ok = fchmod(fd, 0600) == 0 && write(fd, text, DIGITS + 1) == DIGITS + 1 && fsync(fd) == 0;
    sodium_memzero(text, sizeof text);
    if (!ok)
        fail(path, error);
    close(fd);
    return ok;
}

static bool move(const char *data, const char *from, const char *to, struct lg_error *error) {
    return (rename(from, to) == 0 || fail(to, error)) && sync_folder(data, error);
}

bool keys_keep(const char *data, const char *machine, const uint8_t key[SIPHASH_KEY],
               struct lg_error *error) {
    char folder[PATH_MAX], path[PATH_MAX], half[PATH_MAX];
    snprintf(folder, sizeof folder, "%.4000s/keys", data);
    if (mkdir(folder, 0700) == 0 ? !files_sync_directory(data) : errno != EEXIST)
        return fail(folder, error);
    if (!make_path(path, data, machine, ".new", error) || !make_path(half, data, machine, ".new.half", error))
        return false;
    return write_key(half, key, error) && move(data, half, path, error);
}

bool keys_promote(const char *data, const char *machine, struct lg_error *error) {
    char from[PATH_MAX], to[PATH_MAX];
    return make_path(from, data, machine, ".new", error) && make_path(to, data, machine, "", error) &&
           move(data, from, to, error);
}

bool keys_drop(const char *data, const char *machine, struct lg_error *error) {
    char path[PATH_MAX];
    if (!make_path(path, data, machine, ".new", error))
        return false;
    if (unlink(path) != 0)
        return errno == ENOENT || fail(path, error);
    return sync_folder(data, error);
}
