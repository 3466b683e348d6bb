// fault_vfs: a SQLite VFS whose disk fails on purpose.
//
// It wraps the default VFS and counts what changes a file: writes, syncs, truncations. At the Nth of them it does
// what the plan says. It also remembers what has been synced, so that a power cut can be played: what was not
// synced is gone, or gone in part. Threads: any, one plan at a time.
#ifndef LOTGATE_TESTS_FAULT_VFS_H
#define LOTGATE_TESTS_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_VFS_FILES_MAX 8 // files followed at the same time

enum fault_kind {
    FAULT_NONE,
    FAULT_IO_ONCE,    // the Nth operation fails
    FAULT_IO_FOREVER, // it and all that follow fail
    FAULT_FULL,       // from the Nth on, writes say that the disk is full
    FAULT_TORN,       // half of the Nth write arrives, then the power is gone; all that came before arrived
    FAULT_POWER,      // the power is gone at the Nth: what was not synced is lost
    FAULT_POWER_PART, // the same, but each write that was not synced may have arrived, by the seed
    FAULT_STALL,      // the Nth operation takes stall_us longer
    FAULT_KILL,       // the process kills itself with SIGKILL
    FAULT_KINDS
};
const char *fault_kind_name(enum fault_kind kind);

struct fault_plan {
    enum fault_kind kind;
    int64_t at;       // counts from 1
    int64_t stall_us; // FAULT_STALL
    uint32_t seed;    // FAULT_POWER_PART
};

struct fault_vfs;

// Registers the VFS under `name`, which must outlive it; free it when no connection uses it.
struct fault_vfs *fault_vfs_create(const char *name);
void fault_vfs_free(struct fault_vfs *vfs);

// Arms a plan (NULL: none, all works again) and counts from 0.
void fault_vfs_arm(struct fault_vfs *vfs, const struct fault_plan *plan);
int64_t fault_vfs_count(struct fault_vfs *vfs);
bool fault_vfs_hit(struct fault_vfs *vfs); // has the plan's moment come?

// Calls `during` from within each sync, by the thread that syncs: what others see then is what they see on a slow disk.
// NULL: no longer.
void fault_vfs_watch(struct fault_vfs *vfs, void (*during)(void *context), void *context);

// After FAULT_TORN or a power cut, with every connection closed: makes the files what the disk would hold.
void fault_vfs_power_on(struct fault_vfs *vfs);

#endif
