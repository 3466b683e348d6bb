// fault_disk: see fault_disk.h.
#include "fault_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk_change {
    struct disk_change *next;
    bool truncation; // offset is the new size
    int64_t offset;
    size_t length;
    unsigned char bytes[];
};

static void *checked(void *memory) {
    if (!memory)
        abort();
    return memory;
}

static void load(struct disk_file *f) {
    FILE *in = fopen(f->name, "rb");
    if (!in)
        return;
    fseek(in, 0, SEEK_END);
    f->length = (size_t)ftell(in);
    rewind(in);
    f->synced = checked(realloc(f->synced, f->length + 1));
    f->length = fread(f->synced, 1, f->length, in);
    f->durable = true; // it was there before this story began
    fclose(in);
}

struct disk_file *disk_open(struct disk *disk, const char *name) {
    struct disk_file *unused = NULL;
    for (int i = 0; i < FAULT_VFS_FILES_MAX; i++) {
        struct disk_file *f = &disk->files[i];
        if (strcmp(f->name, name) == 0)
            return f;
        if (!*f->name && !unused)
            unused = f;
    }
    if (!unused || strlen(name) >= sizeof unused->name)
        abort();
    strcpy(unused->name, name);
    unused->last = &unused->first;
    load(unused);
    return unused;
}

static void add_change(struct disk_file *f, bool truncation, int64_t offset, const void *bytes,
                       size_t length) {
    struct disk_change *c = checked(malloc(sizeof *c + length));
    *c = (struct disk_change){.truncation = truncation, .offset = offset, .length = length};
    if (length)
        memcpy(c->bytes, bytes, length);
    *f->last = c;
    f->last = &c->next;
}

void disk_write(struct disk_file *f, const void *bytes, size_t length, int64_t offset) {
    add_change(f, false, offset, bytes, length);
}

void disk_truncate(struct disk_file *f, int64_t size) {
    add_change(f, true, size, NULL, 0);
}

static void resize(struct disk_file *f, size_t length) {
    f->synced = checked(realloc(f->synced, length + 1));
    if (length > f->length)
        memset(f->synced + f->length, 0, length - f->length);
    f->length = length;
}

static void apply(struct disk_file *f, const struct disk_change *c) {
    size_t end = (size_t)c->offset + c->length;
    if (c->truncation || end > f->length)
        resize(f, end);
    if (c->length)
        memcpy(f->synced + c->offset, c->bytes, c->length);
}

// Takes over the changes that `keep` says, and forgets all.
static void settle(struct disk_file *f, bool (*keep)(void *context), void *context) {
    while (f->first) {
        struct disk_change *c = f->first;
        if (keep(context))
            apply(f, c);
        f->first = c->next;
        free(c);
    }
    f->last = &f->first;
}

static bool keep_all(void *context) {
    return true;
}

static bool keep_by_luck(void *context) {
    uint32_t *seed = context;
    if (!*seed)
        return false;
    *seed = *seed * 1664525 + 1013904223;
    *seed |= !*seed; // never becomes 0
    return *seed >> 31;
}

void disk_sync(struct disk_file *f) {
    settle(f, keep_all, NULL);
    f->durable = true;
}

void disk_delete(struct disk *disk, const char *name, bool durably) {
    struct disk_file *f = disk_open(disk, name);
    uint32_t none = 0;
    settle(f, keep_by_luck, &none);
    if (durably) {
        f->length = 0;
        f->durable = false;
    } else {
        add_change(f, true, 0, NULL, 0); // may be undone by a power cut: then the old content is back
    }
}

void disk_restore(struct disk *disk, uint32_t seed) {
    for (int i = 0; i < FAULT_VFS_FILES_MAX; i++) {
        struct disk_file *f = &disk->files[i];
        char shared[600];
        if (!*f->name)
            continue;
        settle(f, keep_by_luck, &seed);
        snprintf(shared, sizeof shared, "%s-shm", f->name); // memory, not disk
        unlink(shared);
        unlink(f->name);
        if (!f->durable)
            continue;
        FILE *out = checked(fopen(f->name, "wb"));
        if (f->length && fwrite(f->synced, 1, f->length, out) != f->length)
            abort();
        fclose(out);
    }
}

void disk_clear(struct disk *disk) {
    uint32_t none = 0;
    for (int i = 0; i < FAULT_VFS_FILES_MAX; i++) {
        struct disk_file *f = &disk->files[i];
        if (*f->name)
            settle(f, keep_by_luck, &none);
        free(f->synced);
        memset(f, 0, sizeof *f);
    }
}
