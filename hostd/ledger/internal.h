// internal: what the files of this folder share about an open ledger.
#ifndef LOTGATE_LEDGER_INTERNAL_H
#define LOTGATE_LEDGER_INTERNAL_H

#include <limits.h>

#include "chain.h" // CHAIN_SITE_MAX
#include "files.h" // files_key
#include "kinds.h" // event
#include "ledger.h"
#include "store.h"

#define LEDGER_CONSTANTS_MAX 4 // built-in texts that one connection keeps parsed

struct ledger {
    struct store store;
    enum ledger_mode mode;
    bool brief;      // as given at the opening
    const char *vfs; // as given at the opening
    char directory[PATH_MAX];
    char site[CHAIN_SITE_MAX + 1];
    char public_key[2 * crypto_sign_PUBLICKEYBYTES + 1]; // hex; "" when there is no ledger.pub
    int lock;
    struct files_key key; // writer only
    struct files_seen seen;
    struct {
        const char *text;
        cJSON *value;
    } constants[LEDGER_CONSTANTS_MAX];
    // Valid inside a transaction: read anew at its beginning, so that a rollback needs no undoing here.
    bool in_transaction, spoiled; // spoiled: an append failed half-way, only a rollback is possible
    struct {
        int64_t seq, time_us, checkpoint; // last event, its time, last checkpoint event
        int64_t signed_us;                // the time of that
        uint8_t hash[LEDGER_HASH_BYTES];
    } head;
};

// One stored event as the chain holds it. Texts and hashes are valid until the next step.
struct stored_event {
    struct chain_event chain;
    const uint8_t *hash;
    size_t hash_length, prev_length;
};
void event_read(sqlite3_stmt *statement, struct stored_event *event); // columns as in EVENT_COLUMNS
#define EVENT_COLUMNS "seq, site, time_us, kind, actor, body, prev_hash, hash"

// Applies a stored event's body to `store`. Codes bad_event, bad_json.
bool event_replay(struct store *store, const struct stored_event *event, struct lg_error *error);

// Looks at each stored file that an event names; what is wrong is in verdict->finding. False when reading failed.
bool verify_documents(struct ledger *ledger, struct ledger_verdict *verdict, struct lg_error *error);

// Fills the empty view tables of a store from its own events, inside the caller's transaction.
bool replay_events(struct store *store, struct lg_error *error);

#endif
