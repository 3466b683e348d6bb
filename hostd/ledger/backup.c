// backup: a consistent copy of the live database. See ledger.h.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// All pages in one step: the copy is one moment of the ledger, and the writer is not in the way of its own log.
static bool copy(struct ledger *ledger, struct store *target, struct lg_error *error) {
    sqlite3_backup *backup = sqlite3_backup_init(target->db, "main", ledger->store.db, "main");
    if (!backup)
        return store_failed(target, error);
    sqlite3_backup_step(backup, -1);
    return sqlite3_backup_finish(backup) == SQLITE_OK || store_failed(target, error);
}

static bool cannot_make(const char *path, struct lg_error *error) {
    return lg_fail(error, errno == EEXIST ? "file_exists" : "ledger_unavailable",
                   "Give the name of a new file in a folder that this user may write in.",
                   "The backup %s can't be made: %s.", path, strerror(errno));
}

static void remove_partial(const char *path) {
    static const char *const ends[] = {"", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[PATH_MAX + 16];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

// Never over what has come meanwhile, where the file system can promise that.
static bool take_name(const char *partial, const char *path) {
    char folder[PATH_MAX];
    if (renameat2(AT_FDCWD, partial, AT_FDCWD, path, RENAME_NOREPLACE) != 0 &&
        (errno != EINVAL || rename(partial, path) != 0))
        return false;
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[1] = '\0';
    files_sync_directory(slash ? folder : "."); // some file systems can't; the copy itself is synced
    return true;
}

// The copy gets its name when it is whole: one that was cut short must not be taken for a backup.
bool ledger_backup(struct ledger *ledger, const char *path, struct lg_error *error) {
    char partial[PATH_MAX];
    struct stat status;
    struct store target;
    lg_assert(!ledger->in_transaction);
    if (snprintf(partial, sizeof partial, "%s.partial", path) >= (int)sizeof partial) {
        errno = ENAMETOOLONG;
        return cannot_make(path, error);
    }
    if (lstat(path, &status) == 0) {
        errno = EEXIST;
        return cannot_make(path, error);
    }
    remove_partial(partial); // what an earlier attempt has left
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot_make(path, error);
    close(fd);
    bool ok = store_open(&target, partial, STORE_WRITER, NULL, error) && copy(ledger, &target, error);
    store_close(&target);
    if (ok && !take_name(partial, path))
        ok = cannot_make(path, error);
    remove_partial(partial);
    return ok;
}
