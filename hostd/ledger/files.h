// files: the ledger's directory: making it, the lock that lets only one process write, the signing key.
#ifndef LOTGATE_LEDGER_FILES_H
#define LOTGATE_LEDGER_FILES_H

#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h" // lg_error

#define LEDGER_FILE "ledger.db"

// directory/name; false with code ledger_unavailable when it is longer than a path may be.
bool files_path(char out[PATH_MAX], const char *directory, const char *name, struct lg_error *error);

// Makes the directory (0700) when it is missing, with its parents' existence taken for granted.
bool files_make_directory(const char *directory, struct lg_error *error);

// Takes the writer's lock and writes the process id into it. *lock is closed by the caller to give it back (and by
// the system when the process ends, however it ends). Code ledger_busy names the process that holds it.
bool files_lock(const char *directory, int *lock, struct lg_error *error);

struct files_key {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
};

// Loads ledger.key, or makes it (0600, synced) when `may_make`. A missing or wrong key is
// refused: without it the chain could not be signed by the key it began with.
bool files_key_load(struct files_key *key, const char *directory, bool may_make, struct lg_error *error);

// Writes ledger.pub where it is missing. It comes last, when the tables are durable: where it is, there was a ledger.
bool files_key_publish(const struct files_key *key, const char *directory, struct lg_error *error);

// Reads ledger.pub. False, without an error, when there is none or it is no key.
bool files_public_key(uint8_t public_key[crypto_sign_PUBLICKEYBYTES], const char *directory);

// Whether the files that a writer has open are still the ones that their names lead to. A file that was deleted or moved
// takes writes as before, and all of them would be lost: see files_in_place.
struct files_seen {
    char path[PATH_MAX]; // of ledger.db; its log lies beside it
    struct {
        bool known;
        dev_t device;
        ino_t number;
    } file[2]; // ledger.db, ledger.db-wal; a file is known once it has been seen
};
// Looks at both files: the first sight of each is kept, later ones must be the same. Code ledger_unavailable.
bool files_in_place(struct files_seen *seen, struct lg_error *error);
// A ledger that has a key but no database has lost its database: no new one is begun in its place.
bool files_not_lost(const char *directory, struct lg_error *error);

bool files_sync_directory(const char *directory);

// Gives what root has just made in the directory to the directory's owner: a command by root on the folder of a
// service must leave nothing that the service's own user cannot read. Others may not and need not.
bool files_give_to_owner(int fd, const char *directory);

#endif
