// backup: a consistent copy of the live database. See ledger.h.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// All pages in one step: the copy is one moment of the ledger, and the writer is not in the way of its own log.
static bool copy(struct ledger *ledger, struct store *target, struct lg_error *error) {
    sqlite3_backup *backup = sqlite3_backup_init(target->db, "main", ledger->store.db, "main");
    if (!backup)
        return store_failed(target, error);
    sqlite3_backup_step(backup, -1);
    return sqlite3_backup_finish(backup) == SQLITE_OK || store_failed(target, error);
}

bool ledger_backup(struct ledger *ledger, const char *path, struct lg_error *error) {
    lg_assert(!ledger->in_transaction);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return lg_fail(error, errno == EEXIST ? "file_exists" : "ledger_unavailable",
                       "Give the name of a new file in a folder that this user may write in.",
                       "The backup %s can't be made: %s.", path, strerror(errno));
    close(fd);
    struct store target;
    bool ok = store_open(&target, path, STORE_WRITER, NULL, error) && copy(ledger, &target, error);
    store_close(&target);
    if (!ok)
        unlink(path);
    return ok;
}
