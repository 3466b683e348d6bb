// fault_vfs: see fault_vfs.h. The file's own operations; what the disk remembers is in fault_disk.c.
#include "fault_vfs.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fault_disk.h" // disk_write

struct fault_vfs {
    sqlite3_vfs vfs; // pAppData points back here
    sqlite3_vfs *base;
    pthread_mutex_t mutex;
    struct fault_plan plan;
    int64_t count;
    bool hit, dead; // dead: the power is gone
    struct disk disk;
    void (*during)(void *context);
    void *context;
};

struct fault_file {
    sqlite3_file file; // first: SQLite sees this
    struct fault_vfs *vfs;
    struct disk_file *disk; // NULL: a temporary file, not followed
    sqlite3_file *real;
};

const char *fault_kind_name(enum fault_kind kind) {
    static const char *const names[FAULT_KINDS] = {"none",        "I/O error once", "I/O error for ever",
                                                   "disk full",   "torn write",     "power",
                                                   "power, part", "stall",          "kill"};
    return names[kind];
}

enum verdict { GO_ON, HALF, FAIL, FULL };

static void stall(int64_t us) {
    struct timespec t = {us / 1000000, (us % 1000000) * 1000};
    while (nanosleep(&t, &t) != 0)
        continue;
}

// What becomes of one operation. Called with the mutex held.
static enum verdict judge(struct fault_vfs *v, bool is_write) {
    if (v->dead)
        return FAIL;
    bool now = ++v->count == v->plan.at, later = v->count > v->plan.at;
    v->hit = v->hit || (now && v->plan.kind != FAULT_NONE);
    switch (v->plan.kind) {
    case FAULT_IO_ONCE:
        return now ? FAIL : GO_ON;
    case FAULT_IO_FOREVER:
        return now || later ? FAIL : GO_ON;
    case FAULT_FULL:
        return is_write && (now || later) ? FULL : GO_ON;
    case FAULT_TORN:
        v->dead = now;
        return now ? (is_write ? HALF : FAIL) : GO_ON;
    case FAULT_POWER:
    case FAULT_POWER_PART:
        v->dead = now;
        return now ? FAIL : GO_ON;
    case FAULT_STALL:
        if (now)
            stall(v->plan.stall_us);
        return GO_ON;
    case FAULT_KILL:
        if (now)
            kill(getpid(), SIGKILL);
        return GO_ON;
    default:
        return GO_ON;
    }
}

static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    struct fault_file *f = (struct fault_file *)file;
    if (!f->disk)
        return f->real->pMethods->xWrite(f->real, bytes, length, offset);
    pthread_mutex_lock(&f->vfs->mutex);
    enum verdict verdict = judge(f->vfs, true);
    int written = verdict == HALF ? length / 2 : length, code = SQLITE_OK;
    if (verdict == GO_ON || verdict == HALF) {
        code = f->real->pMethods->xWrite(f->real, bytes, written, offset);
        disk_write(f->disk, bytes, (size_t)written, offset);
    }
    if (verdict == FULL)
        code = SQLITE_FULL;
    else if (verdict != GO_ON)
        code = SQLITE_IOERR_WRITE;
    pthread_mutex_unlock(&f->vfs->mutex);
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct fault_file *f = (struct fault_file *)file;
    if (!f->disk)
        return f->real->pMethods->xTruncate(f->real, size);
    pthread_mutex_lock(&f->vfs->mutex);
    int code = SQLITE_IOERR_TRUNCATE;
    if (judge(f->vfs, false) == GO_ON) {
        code = f->real->pMethods->xTruncate(f->real, size);
        disk_truncate(f->disk, size);
    }
    pthread_mutex_unlock(&f->vfs->mutex);
    return code;
}

static int file_sync(sqlite3_file *file, int flags) {
    struct fault_file *f = (struct fault_file *)file;
    if (!f->disk)
        return SQLITE_OK;
    if (f->vfs->during)
        f->vfs->during(f->vfs->context);
    pthread_mutex_lock(&f->vfs->mutex);
    int code = SQLITE_IOERR_FSYNC;
    if (judge(f->vfs, false) == GO_ON) {
        // The tests play the disk themselves; really syncing would only make them slow.
        code = SQLITE_OK;
        disk_sync(f->disk);
    }
    pthread_mutex_unlock(&f->vfs->mutex);
    return code;
}

static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    struct fault_file *f = (struct fault_file *)file;
    pthread_mutex_lock(&f->vfs->mutex);
    bool dead = f->disk && f->vfs->dead;
    pthread_mutex_unlock(&f->vfs->mutex);
    return dead ? SQLITE_IOERR_READ : f->real->pMethods->xRead(f->real, bytes, length, offset);
}

static int file_close(sqlite3_file *file) {
    struct fault_file *f = (struct fault_file *)file;
    return f->real->pMethods->xClose(f->real);
}

#define REAL(file) ((struct fault_file *)(file))->real
static int file_size(sqlite3_file *f, sqlite3_int64 *size) {
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}
static int file_lock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xLock(REAL(f), level);
}
static int file_unlock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}
static int file_reserved(sqlite3_file *f, int *out) {
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int file_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int file_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int file_traits(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}
static void file_shm_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int file_shm_unmap(sqlite3_file *f, int remove) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    struct fault_vfs *v = vfs->pAppData;
    struct fault_file *f = (struct fault_file *)file;
    memset(f, 0, sizeof *f);
    pthread_mutex_lock(&v->mutex);
    bool dead = v->dead;
    if (name && !dead)
        f->disk = disk_open(&v->disk, name);
    pthread_mutex_unlock(&v->mutex);
    if (dead)
        return SQLITE_CANTOPEN;
    f->vfs = v;
    f->real = (sqlite3_file *)(f + 1);
    int code = v->base->xOpen(v->base, name, f->real, flags, out_flags);
    if (f->real->pMethods)
        f->file.pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory) {
    struct fault_vfs *v = vfs->pAppData;
    pthread_mutex_lock(&v->mutex);
    int code = SQLITE_IOERR_DELETE;
    if (!v->dead) {
        code = v->base->xDelete(v->base, name, 0);
        disk_delete(&v->disk, name, sync_directory != 0);
    }
    pthread_mutex_unlock(&v->mutex);
    return code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    struct fault_vfs *v = vfs->pAppData;
    return v->base->xAccess(v->base, name, flags, out);
}

static int vfs_path(sqlite3_vfs *vfs, const char *name, int room, char *out) {
    struct fault_vfs *v = vfs->pAppData;
    return v->base->xFullPathname(v->base, name, room, out);
}

struct fault_vfs *fault_vfs_create(const char *name) {
    struct fault_vfs *v = calloc(1, sizeof *v);
    if (!v)
        abort();
    v->base = sqlite3_vfs_find(NULL);
    pthread_mutex_init(&v->mutex, NULL);
    v->vfs = *v->base; // randomness, sleeping, time as they are
    v->vfs.pNext = NULL;
    v->vfs.zName = name;
    v->vfs.pAppData = v;
    v->vfs.szOsFile = (int)sizeof(struct fault_file) + v->base->szOsFile;
    v->vfs.xOpen = vfs_open;
    v->vfs.xDelete = vfs_delete;
    v->vfs.xAccess = vfs_access;
    v->vfs.xFullPathname = vfs_path;
    sqlite3_vfs_register(&v->vfs, 0);
    return v;
}

void fault_vfs_free(struct fault_vfs *v) {
    sqlite3_vfs_unregister(&v->vfs);
    disk_clear(&v->disk);
    pthread_mutex_destroy(&v->mutex);
    free(v);
}

void fault_vfs_arm(struct fault_vfs *v, const struct fault_plan *plan) {
    pthread_mutex_lock(&v->mutex);
    v->plan = plan ? *plan : (struct fault_plan){.kind = FAULT_NONE};
    v->count = 0;
    v->hit = v->dead = false;
    pthread_mutex_unlock(&v->mutex);
}

void fault_vfs_watch(struct fault_vfs *v, void (*during)(void *context), void *context) {
    v->during = during;
    v->context = context;
}

int64_t fault_vfs_count(struct fault_vfs *v) {
    pthread_mutex_lock(&v->mutex);
    int64_t count = v->count;
    pthread_mutex_unlock(&v->mutex);
    return count;
}

bool fault_vfs_hit(struct fault_vfs *v) {
    pthread_mutex_lock(&v->mutex);
    bool hit = v->hit;
    pthread_mutex_unlock(&v->mutex);
    return hit;
}

void fault_vfs_power_on(struct fault_vfs *v) {
    pthread_mutex_lock(&v->mutex);
    if (v->dead && v->plan.kind != FAULT_TORN)
        disk_restore(&v->disk, v->plan.kind == FAULT_POWER_PART ? v->plan.seed : 0);
    disk_clear(&v->disk);
    v->dead = false;
    v->plan.kind = FAULT_NONE;
    pthread_mutex_unlock(&v->mutex);
}
