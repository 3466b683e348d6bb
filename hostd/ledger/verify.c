// verify: does the chain hold, are the signatures right, are the tables what the events make? See ledger.h.
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"      // compare_tables
#include "schema.h"       // schema_migrate
#include "timefmt.h"      // time_monotonic_us
#include "verify_chain.h" // verify_chain_start

struct check {
    struct ledger *ledger;
    struct store scratch; // the tables as the events make them
    int64_t last;         // what is checked ends with this event
    // What is wrong with the tables is told only where the chain holds.
    char schema[sizeof((struct ledger_verdict *)NULL)->finding],
        apply[sizeof((struct ledger_verdict *)NULL)->finding];
    int64_t bad_event; // the one that can't be applied
    struct ledger_verdict *verdict;
};

// Always true: something was found, and reading did not fail.
static bool finding_at(struct check *check, int64_t seq, const char *finding) {
    snprintf(check->verdict->finding, sizeof check->verdict->finding, "%s", finding);
    check->verdict->first_bad = seq;
    return true;
}

// Makes the tables anew in the scratch store. False when reading failed.
static bool replay(struct check *check, struct lg_error *error) {
    sqlite3_stmt *s = store_prepare(
        &check->ledger->store, "SELECT " EVENT_COLUMNS " FROM events WHERE seq <= ?1 ORDER BY seq", error);
    bool row = true, ok = s && sqlite3_bind_int64(s, 1, check->last) == SQLITE_OK;
    while (ok && !*check->apply && (ok = store_step(&check->ledger->store, s, &row, error)) && row) {
        struct stored_event event;
        struct lg_error why;
        event_read(s, &event);
        if (event_replay(&check->scratch, &event, &why))
            continue;
        check->bad_event = event.chain.seq;
        snprintf(check->apply, sizeof check->apply, "Event %" PRId64 " (%.64s) can't be applied: %.350s",
                 event.chain.seq, event.chain.kind, why.message);
    }
    store_done(s);
    return ok;
}

static bool walk_blobs(struct check *check, struct lg_error *error) {
    sqlite3_stmt *s =
        store_prepare(&check->ledger->store, "SELECT hash, data FROM blobs ORDER BY rowid", error);
    bool row = true, ok = s != NULL;
    while (ok && (ok = store_step(&check->ledger->store, s, &row, error)) && row) {
        uint8_t digest[LEDGER_HASH_BYTES];
        char hash[2 * LEDGER_HASH_BYTES + 1], text[256];
        int length = sqlite3_column_bytes(s, 1);
        crypto_hash_sha256(digest, length ? sqlite3_column_blob(s, 1) : "", (unsigned long long)length);
        chain_hex(hash, digest, sizeof digest);
        const char *name = (const char *)sqlite3_column_text(s, 0);
        if (strcmp(name, hash) == 0)
            continue;
        snprintf(text, sizeof text, "The stored bytes called %.64s were changed: their hash is %s.", name,
                 hash);
        finding_at(check, 0, text);
        break;
    }
    store_done(s);
    return ok;
}

// A path that an event names must be there.
static bool check_paths(struct check *check, struct lg_error *error) {
    sqlite3_stmt *s = store_prepare(&check->ledger->store,
                                    "SELECT j.job FROM jobs j LEFT JOIN blobs b ON b.hash = j.path"
                                    " WHERE j.path IS NOT NULL AND b.hash IS NULL LIMIT 1",
                                    error);
    bool row = false, ok = s && store_step(&check->ledger->store, s, &row, error);
    char text[256];
    if (row) {
        snprintf(text, sizeof text, "The path of job %.64s is missing from the ledger.",
                 (const char *)sqlite3_column_text(s, 0));
        finding_at(check, 0, text);
    }
    store_done(s);
    return ok;
}

// An empty ledger's tables. Once its schema is compared, the indexes of the tables that grow with each job, which only serve
// questions, would but cost time.
static bool open_scratch(struct check *check, struct lg_error *error) {
    struct store *scratch = &check->scratch;
    if (!store_open(scratch, NULL, STORE_SCRATCH, NULL, error) ||
        !store_cache(scratch, STORE_BULK_CACHE_KIB, error) ||
        !schema_migrate(scratch, schema_migrations, NULL, error) ||
        !compare_schemas(&check->ledger->store, scratch, check->schema, sizeof check->schema, error))
        return false;
    return schema_drop_indexes(scratch, error) && store_execute(scratch, "BEGIN", error);
}

// What the chain's threads do meanwhile is told first; then what the tables lack, and the stored bytes.
static bool tell_tables(struct check *check, struct lg_error *error) {
    char *finding = check->verdict->finding;
    if (*check->apply)
        return finding_at(check, check->bad_event, check->apply);
    if (*check->schema)
        return finding_at(check, 0, check->schema);
    return compare_tables(&check->ledger->store, &check->scratch, finding, sizeof check->verdict->finding,
                          error) &&
           (*finding || walk_blobs(check, error)) && (*finding || check_paths(check, error));
}

// The chain is checked by threads of its own while this one makes the tables anew.
static bool check_all(struct check *check, const char *public_key_hex, bool tables, struct lg_error *error) {
    if (!store_integer(&check->ledger->store, "SELECT coalesce(max(seq), 0) FROM events", &check->last,
                       error))
        return false;
    struct verify_chain *chain = verify_chain_start(check->ledger, check->last,
                                                    verify_chain_pieces(check->last), public_key_hex, error);
    if (!chain)
        return false;
    struct lg_error reading;
    bool read = !tables || (open_scratch(check, &reading) && replay(check, &reading));
    if (!verify_chain_finish(chain, check->verdict, error))
        return false;
    if (*check->verdict->finding || !tables)
        return true;
    if (read)
        return tell_tables(check, error);
    *error = reading;
    return false;
}

static bool verify(struct ledger *ledger, const char *public_key_hex, bool tables,
                   struct ledger_verdict *verdict, struct lg_error *error) {
    lg_assert(!ledger->in_transaction);
    memset(verdict, 0, sizeof *verdict);
    struct check check = {.ledger = ledger, .verdict = verdict};
    int64_t start = time_monotonic_us();
    // One transaction: what is compared is one moment of the ledger, while the writer goes on.
    bool ok =
        store_execute(&ledger->store, "BEGIN", error) && check_all(&check, public_key_hex, tables, error);
    verdict->elapsed_us = time_monotonic_us() - start;
    ok = ok && (!tables || *verdict->finding || verify_documents(ledger, verdict, error));
    if (!sqlite3_get_autocommit(ledger->store.db))
        store_execute(&ledger->store, "ROLLBACK", NULL);
    store_close(&check.scratch);
    verdict->ok = ok && !*verdict->finding;
    return ok;
}

bool ledger_verify(struct ledger *ledger, const char *public_key_hex, struct ledger_verdict *verdict,
                   struct lg_error *error) {
    return verify(ledger, public_key_hex, true, verdict, error);
}

bool ledger_verify_chain(struct ledger *ledger, const char *public_key_hex, struct ledger_verdict *verdict,
                         struct lg_error *error) {
    return verify(ledger, public_key_hex, false, verdict, error);
}
