// verify: does the chain hold, are the signatures right, are the tables what the events make? See ledger.h.
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compare.h" // compare_tables
#include "json.h"    // json_parse
#include "schema.h"  // schema_migrate
#include "timefmt.h" // time_monotonic_us

struct check {
    struct ledger *ledger;
    struct store scratch; // the tables as the events make them
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    char public_hex[2 * crypto_sign_PUBLICKEYBYTES + 1];
    uint8_t previous[LEDGER_HASH_BYTES];
    struct ledger_verdict *verdict;
};

// Notes the first finding; returns false so that the walk stops there.
__attribute__((format(printf, 3, 4))) static bool found(struct check *check, int64_t seq, const char *format,
                                                        ...) {
    va_list arguments;
    va_start(arguments, format);
    // clang 14 forgets va_start when it looks at several files in one run. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    vsnprintf(check->verdict->finding, sizeof check->verdict->finding, format, arguments);
    va_end(arguments);
    check->verdict->first_bad = seq;
    return false;
}

static bool check_links(struct check *check, const struct stored_event *event) {
    const struct chain_event *e = &event->chain;
    uint8_t hash[LEDGER_HASH_BYTES];
    int64_t expected = check->verdict->events + 1;
    if (e->seq != expected)
        return found(check, expected,
                     "Event %" PRId64 " is missing: event %" PRId64 " follows directly on the one before it.",
                     expected, e->seq);
    if (event->prev_length != LEDGER_HASH_BYTES || event->hash_length != LEDGER_HASH_BYTES)
        return found(check, e->seq, "Event %" PRId64 " has no proper hash.", e->seq);
    if (memcmp(e->prev_hash, check->previous, LEDGER_HASH_BYTES) != 0)
        return found(check, e->seq,
                     "Event %" PRId64 " (%s) does not follow on the event before it: the chain is cut there.",
                     e->seq, e->kind);
    chain_hash(e, hash);
    if (memcmp(event->hash, hash, sizeof hash) != 0)
        return found(check, e->seq,
                     "Event %" PRId64
                     " (%s) was changed after it was written: its hash is not that of its content.",
                     e->seq, e->kind);
    memcpy(check->previous, hash, sizeof hash);
    return true;
}

// A checkpoint signs the event just before it, so `head_hash` is that event's.
static bool check_signature(struct check *check, const struct chain_event *e,
                            const uint8_t head_hash[LEDGER_HASH_BYTES]) {
    cJSON *body = json_parse(e->body, e->body_length, false, NULL);
    int64_t head = 0;
    uint8_t message[CHAIN_MESSAGE_MAX], signature[crypto_sign_BYTES];
    char hash[2 * LEDGER_HASH_BYTES + 1];
    chain_hex(hash, head_hash, LEDGER_HASH_BYTES);
    const char *key = body ? json_text(body, "public_key") : NULL,
               *named = body ? json_text(body, "hash") : NULL,
               *signed_hex = body ? json_text(body, "signature") : NULL;
    bool ok = key && named && signed_hex && json_integer(body, "head", &head) && head == e->seq - 1 &&
              strcmp(named, hash) == 0 && strlen(e->site) <= CHAIN_SITE_MAX &&
              chain_unhex(signature, sizeof signature, signed_hex);
    bool same_key = key && strcmp(key, check->public_hex) == 0;
    cJSON_Delete(body);
    if (!ok)
        return found(check, e->seq, "The checkpoint in event %" PRId64 " does not name the event before it.",
                     e->seq);
    if (!same_key)
        return found(check, e->seq,
                     "The checkpoint in event %" PRId64 " is signed with another key than the one given.",
                     e->seq);
    size_t length = chain_checkpoint_message(message, e->site, head, head_hash);
    if (crypto_sign_verify_detached(signature, message, length, check->public_key) != 0)
        return found(check, e->seq, "The signature of the checkpoint in event %" PRId64 " is wrong.", e->seq);
    check->verdict->checkpoints++;
    return true;
}

static bool check_event(struct check *check, const struct stored_event *event) {
    uint8_t head_hash[LEDGER_HASH_BYTES];
    struct lg_error error;
    memcpy(head_hash, check->previous, sizeof head_hash);
    if (!check_links(check, event))
        return false;
    if (strcmp(event->chain.kind, "checkpoint") == 0 && !check_signature(check, &event->chain, head_hash))
        return false;
    if (!event_replay(&check->scratch, event, &error))
        return found(check, event->chain.seq, "Event %" PRId64 " (%s) can't be applied: %s", event->chain.seq,
                     event->chain.kind, error.message);
    check->verdict->events++;
    return true;
}

// False when reading failed; what was found wrong is in the verdict.
static bool walk_events(struct check *check, struct lg_error *error) {
    sqlite3_stmt *s =
        store_prepare(&check->ledger->store, "SELECT " EVENT_COLUMNS " FROM events ORDER BY seq", error);
    bool row = true, ok = s != NULL;
    while (ok && (ok = store_step(&check->ledger->store, s, &row, error)) && row) {
        struct stored_event event;
        event_read(s, &event);
        if (!check_event(check, &event))
            break;
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
        char hash[2 * LEDGER_HASH_BYTES + 1];
        int length = sqlite3_column_bytes(s, 1);
        crypto_hash_sha256(digest, length ? sqlite3_column_blob(s, 1) : "", (unsigned long long)length);
        chain_hex(hash, digest, sizeof digest);
        const char *name = (const char *)sqlite3_column_text(s, 0);
        if (strcmp(name, hash) != 0 &&
            !found(check, 0, "The stored bytes called %.64s were changed: their hash is %s.", name, hash))
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
    if (row)
        found(check, 0, "The path of job %s is missing from the ledger.",
              (const char *)sqlite3_column_text(s, 0));
    store_done(s);
    return ok;
}

static bool find_key(struct check *check, const char *public_key_hex, struct lg_error *error) {
    const char *hex = public_key_hex ? public_key_hex : check->ledger->public_key;
    if (!*hex)
        return lg_fail(error, "no_public_key",
                       "Put the ledger.pub of that ledger beside it, or give the key's 64 hex digits.",
                       "There is no public key to check the signatures with.");
    if (!chain_unhex(check->public_key, sizeof check->public_key, hex))
        return lg_fail(error, "no_public_key", "Give the 64 hex digits that stand in ledger.pub.",
                       "The public key is not 64 small hex digits.");
    snprintf(check->public_hex, sizeof check->public_hex, "%s", hex);
    return true;
}

static bool check_all(struct check *check, struct lg_error *error) {
    if (!store_open(&check->scratch, NULL, STORE_SCRATCH, NULL, error) ||
        !schema_migrate(&check->scratch, schema_migrations, NULL, error) ||
        !store_execute(&check->scratch, "BEGIN", error) || !walk_events(check, error))
        return false;
    char *finding = check->verdict->finding;
    if (!*finding && !compare_tables(&check->ledger->store, &check->scratch, finding,
                                     sizeof check->verdict->finding, error))
        return false;
    if (!*finding && !walk_blobs(check, error))
        return false;
    return *finding || check_paths(check, error);
}

bool ledger_verify(struct ledger *ledger, const char *public_key_hex, struct ledger_verdict *verdict,
                   struct lg_error *error) {
    lg_assert(!ledger->in_transaction);
    memset(verdict, 0, sizeof *verdict);
    struct check check = {.ledger = ledger, .verdict = verdict};
    int64_t start = time_monotonic_us();
    if (!find_key(&check, public_key_hex, error))
        return false;
    // One transaction: what is compared is one moment of the ledger, while the writer goes on.
    bool ok = store_execute(&ledger->store, "BEGIN", error) && check_all(&check, error);
    if (!sqlite3_get_autocommit(ledger->store.db))
        store_execute(&ledger->store, "ROLLBACK", NULL);
    store_close(&check.scratch);
    chain_hex(verdict->head, check.previous, sizeof check.previous);
    verdict->elapsed_us = time_monotonic_us() - start;
    verdict->ok = ok && !*verdict->finding;
    return ok;
}
