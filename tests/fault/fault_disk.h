// fault_disk: what a disk holds after a power cut: the bytes last synced, and of the rest whatever luck kept.
#ifndef LOTGATE_TESTS_FAULT_DISK_H
#define LOTGATE_TESTS_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault_vfs.h" // FAULT_VFS_FILES_MAX

struct disk_change; // a write or a truncation that has not been synced

struct disk_file {
    char name[512];        // "" = unused
    unsigned char *synced; // the bytes at the last sync
    size_t length;
    bool durable; // was there at a sync: survives a power cut
    struct disk_change *first, **last;
};

struct disk {
    struct disk_file files[FAULT_VFS_FILES_MAX];
};

// The file's record, made with what the file holds now when it is new here. Valid until disk_clear.
struct disk_file *disk_open(struct disk *disk, const char *name);
void disk_write(struct disk_file *file, const void *bytes, size_t length, int64_t offset);
void disk_truncate(struct disk_file *file, int64_t size);
void disk_sync(struct disk_file *file);
void disk_delete(struct disk *disk, const char *name, bool durably);
// Writes every file as it would be found; seed 0 keeps no change that was not synced.
void disk_restore(struct disk *disk, uint32_t seed);
void disk_clear(struct disk *disk);

#endif
