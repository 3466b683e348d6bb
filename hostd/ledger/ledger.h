// ledger: the event ledger. The only code that holds SQL, and the only code that writes.
//
// Everything that happens is an event: appended, chained by SHA-256, never changed. ledger_append validates
// the event, chains it and applies it to the tables inside the caller's transaction. The tables are a view:
// ledger_rebuild makes them anew from the events, identically.
//
// The byte layout that is hashed, the schema and the kinds of event are told in hostd/ledger/README.md.
// One directory holds everything: ledger.db (SQLite, WAL, synchronous=FULL), ledger.key (Ed25519 seed, 0600),
// ledger.pub, documents/ (by SHA-256), lotgate.lock. Exactly one process may hold the writer (the lock).
// A connection belongs to the thread that uses it.
#ifndef LOTGATE_LEDGER_H
#define LOTGATE_LEDGER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define LEDGER_HASH_BYTES        32
#define LEDGER_BODY_MAX          (256 * 1024) // bytes of one event's body
#define LEDGER_BLOB_MAX          (256 * 1024) // bytes of one stored blob (a job's path)
#define LEDGER_ROWS_MAX          1000         // rows that one query answers
#define LEDGER_RECALL_MAX        250000 // ... that a question of a recall answers: nothing may be left out
#define LEDGER_CHECKPOINT_EVENTS 1000   // a signed checkpoint at least every so many events
// What a program that opens the ledger for one act leaves unsigned: fewer events than this, none older than that.
#define LEDGER_BRIEF_EVENTS 20
#define LEDGER_BRIEF_US     INT64_C(3600000000)

enum ledger_mode { LEDGER_WRITER, LEDGER_READER };

struct ledger;

struct ledger_options {
    const char *directory; // made (0700) when missing, in writer mode
    const char *site;      // letter(s) of this host, part of each event; "A" by default
    enum ledger_mode mode;
    const char *vfs; // SQLite VFS to use; NULL: the default. The fault tests name theirs
    bool brief;      // opened for one act, many times a day: not each closing is signed
};

// Opens, and in writer mode takes the lock, makes or migrates the schema and loads or makes the signing key.
// Codes: ledger_busy (another process writes), ledger_newer (made by a later version), ledger_corrupt,
// ledger_unavailable. On failure *out is NULL and nothing was changed.
bool ledger_open(struct ledger **out, const struct ledger_options *options, struct lg_error *error);
// NULL is fine. In writer mode signs a last checkpoint, unless it was opened `brief` and there is little to sign.
void ledger_close(struct ledger *ledger);

bool ledger_is_writer(const struct ledger *ledger);
// Where its files are: the documents lie in a folder there (document_store.h).
const char *ledger_directory(const struct ledger *ledger);
// The key that signs, hex, valid as long as the ledger; "" where a reader finds no ledger.pub.
const char *ledger_public_key(const struct ledger *ledger);

// Transactions. ledger_commit returns true only when SQLite has committed with synchronous=FULL.
bool ledger_begin(struct ledger *ledger, struct lg_error *error);
bool ledger_commit(struct ledger *ledger, struct lg_error *error);
void ledger_rollback(struct ledger *ledger);

// For a program that fills a ledger with very many events: a larger page cache, and the log copied into the database less
// often. Nothing of what a commit promises changes. Writer only.
bool ledger_expect_much(struct ledger *ledger, struct lg_error *error);

// Appends one event and applies it; *seq (may be NULL) gets its number. `body` must be an object of the kind's
// shape; it stays the caller's. Code bad_event when the shape is wrong (a programming error upstairs).
bool ledger_append(struct ledger *ledger, const char *kind, const char *actor, int64_t time_us,
                   const cJSON *body, int64_t *seq, struct lg_error *error);

// Next number of a sequence ("MFG" -> "MFG-0001", "JOB" -> "JOB-000001", lots "PLY-0524" -> "PLY-0524-001").
// Valid inside the transaction; it is used up by the event that carries it.
bool ledger_next_number(struct ledger *ledger, const char *sequence, char *out, size_t room,
                        struct lg_error *error);

// Named queries, listed in queries.h. `args` is an object of named parameters (absent: NULL). The answer is an
// array of objects, owned by the caller; NULL on failure.
cJSON *ledger_query(struct ledger *ledger, const char *query, const cJSON *args, struct lg_error *error);

// Blobs beside the events, addressed by their SHA-256 (hex, 64 digits + NUL); an event that names the hash
// makes them part of the chain.
bool ledger_blob_put(struct ledger *ledger, const void *data, size_t length, char hash[65],
                     struct lg_error *error);
bool ledger_blob_get(struct ledger *ledger, const char *hash, void **data, size_t *length,
                     struct lg_error *error);

// A JSON text that is built into the program, parsed at its first use and kept with this connection, which owns it.
// Asserts that it is JSON.
const cJSON *ledger_constant(struct ledger *ledger, const char *text, size_t length);

// What verification found. `first_bad` is the seq of the first bad event, 0 when none.
struct ledger_verdict {
    bool ok;
    int64_t events, checkpoints, first_bad;
    int64_t documents; // stored files that events name and that are as they were
    int64_t unchecked; // ... that could not be looked at: this is a copy of ledger.db without its documents
    int64_t elapsed_us,
        chain_us; // of all but the documents, and of the chain and the signatures, which are checked beside the tables
    char head[65];     // hash of the last event, hex
    char finding[512]; // a sentence: what is wrong and where, or "" when ok
};
// Checks chain, signatures (with the directory's ledger.pub or `public_key_hex`), that the tables are what the events
// make, and that the stored documents have the bytes that they had. Needs only read access.
bool ledger_verify(struct ledger *ledger, const char *public_key_hex, struct ledger_verdict *verdict,
                   struct lg_error *error);
// The chain and the signatures alone.
bool ledger_verify_chain(struct ledger *ledger, const char *public_key_hex, struct ledger_verdict *verdict,
                         struct lg_error *error);
// Makes the tables anew from the events, in one transaction.
bool ledger_rebuild(struct ledger *ledger, int64_t *events, struct lg_error *error);
// Signs the head and appends the checkpoint event.
bool ledger_checkpoint(struct ledger *ledger, int64_t time_us, struct lg_error *error);
// Copies the live database, consistently, to `path` (must not exist).
bool ledger_backup(struct ledger *ledger, const char *path, struct lg_error *error);

#endif
