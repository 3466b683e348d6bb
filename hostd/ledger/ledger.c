// ledger: opening and closing, transactions, appending. See ledger.h.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "canonical.h" // canonical_print
#include "json.h"      // json_add_text
#include "schema.h"    // schema_migrate
#include "sequence.h"  // sequence_next
#include "timefmt.h"   // time_now_us

#define ACTOR_MAX 64

static bool open_writer(struct ledger *ledger, const char *path, const char *vfs, struct lg_error *error) {
    int version;
    int64_t events = 0;
    if (!files_make_directory(ledger->directory, error) ||
        !files_lock(ledger->directory, &ledger->lock, error) || !files_not_lost(ledger->directory, error) ||
        !store_open(&ledger->store, path, STORE_WRITER, vfs, error) ||
        !schema_check(&ledger->store, schema_migrations, &version, error))
        return false;
    if (version && !store_integer(&ledger->store, "SELECT coalesce(max(seq), 0) FROM events", &events, error))
        return false;
    // Taking over an earlier version's tables may be much work: with a large cache, which is given back afterwards.
    bool much = version && version < schema_newest(schema_migrations);
    if (much && !store_cache(&ledger->store, STORE_BULK_CACHE_KIB, error))
        return false;
    // The key stands before the first table: a ledger that holds anything has one.
    if (!files_key_load(&ledger->key, ledger->directory, events == 0, error) ||
        !store_make_durable(&ledger->store, error) ||
        !schema_migrate(&ledger->store, schema_migrations, replay_events, error) ||
        !files_key_publish(&ledger->key, ledger->directory, error) ||
        (much && !store_cache(&ledger->store, STORE_CACHE_KIB, error)))
        return false;
    files_sync_directory(ledger->directory);
    snprintf(ledger->seen.path, sizeof ledger->seen.path, "%s", path);
    if (!files_in_place(&ledger->seen, error))
        return false;
    chain_hex(ledger->public_key, ledger->key.public_key, sizeof ledger->key.public_key);
    return true;
}

static bool open_reader(struct ledger *ledger, const char *path, const char *vfs, struct lg_error *error) {
    int version;
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    if (!store_open(&ledger->store, path, STORE_READER, vfs, error) ||
        !schema_check(&ledger->store, schema_migrations, &version, error))
        return false;
    if (version < schema_migrations[0].version)
        return lg_fail(error, "ledger_unavailable", "Start lotgate once on this data folder.",
                       "There is no ledger in %s yet.", ledger->directory);
    if (version < schema_newest(schema_migrations))
        return lg_fail(error, "ledger_unavailable",
                       "Start lotgate once on this data folder: it takes the ledger over.",
                       "The ledger in %s was made by an earlier version of lotgate.", ledger->directory);
    if (files_public_key(key, ledger->directory))
        chain_hex(ledger->public_key, key, sizeof key);
    return true;
}

bool ledger_open(struct ledger **out, const struct ledger_options *options, struct lg_error *error) {
    *out = NULL;
    const char *site = options->site ? options->site : "A";
    if (strlen(options->directory) >= PATH_MAX || !*site || strlen(site) > CHAIN_SITE_MAX)
        return lg_fail(error, "ledger_unavailable", "Use a shorter one.",
                       "The data folder's name or the site's name is too long or empty.");
    if (sodium_init() < 0)
        return lg_fail(error, "ledger_unavailable", "", "The system has no source of random numbers.");
    // Counting each allocation under a lock costs a twentieth of all work here. Refused, rightly, once SQLite is in use.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return lg_fail(error, "ledger_unavailable", "Close other programs.", "There is not enough memory.");
    ledger->lock = -1;
    ledger->mode = options->mode;
    ledger->vfs = options->vfs;
    ledger->brief = options->brief;
    snprintf(ledger->directory, sizeof ledger->directory, "%s", options->directory); // lengths checked above
    snprintf(ledger->site, sizeof ledger->site, "%s", site);
    char path[PATH_MAX];
    bool ok = files_path(path, options->directory, LEDGER_FILE, error) &&
              (options->mode == LEDGER_WRITER ? open_writer(ledger, path, options->vfs, error)
                                              : open_reader(ledger, path, options->vfs, error));
    if (ok) {
        *out = ledger;
        return true;
    }
    int code = ledger->store.db ? sqlite3_errcode(ledger->store.db) & 0xff : SQLITE_OK;
    if (error && (code == SQLITE_CORRUPT || code == SQLITE_NOTADB))
        snprintf(error->code, sizeof error->code, "ledger_corrupt");
    ledger->mode = LEDGER_READER; // nothing to sign
    ledger_close(ledger);
    return false;
}

static bool wants_signature(const struct ledger *ledger, int64_t now) {
    int64_t unsigned_events = ledger->head.seq - ledger->head.checkpoint;
    return unsigned_events > 0 && (!ledger->brief || unsigned_events >= LEDGER_BRIEF_EVENTS ||
                                   now - ledger->head.signed_us >= LEDGER_BRIEF_US);
}

void ledger_close(struct ledger *ledger) {
    if (!ledger)
        return;
    if (ledger->in_transaction)
        ledger_rollback(ledger);
    // A last signature, so that everything up to an orderly stop is signed. Its failure costs no event.
    if (ledger->mode == LEDGER_WRITER && ledger_begin(ledger, NULL)) {
        int64_t now = time_now_us();
        if (!wants_signature(ledger, now) || !ledger_checkpoint(ledger, now, NULL) ||
            !ledger_commit(ledger, NULL))
            ledger_rollback(ledger);
    }
    if (ledger->mode == LEDGER_WRITER)
        store_settle(&ledger->store);
    for (size_t i = 0; i < LEDGER_CONSTANTS_MAX; i++)
        cJSON_Delete(ledger->constants[i].value);
    store_close(&ledger->store);
    if (ledger->lock >= 0)
        close(ledger->lock);
    sodium_memzero(&ledger->key, sizeof ledger->key);
    free(ledger);
}

bool ledger_is_writer(const struct ledger *ledger) {
    return ledger->mode == LEDGER_WRITER;
}

const char *ledger_directory(const struct ledger *ledger) {
    return ledger->directory;
}

const char *ledger_public_key(const struct ledger *ledger) {
    return ledger->public_key;
}

const cJSON *ledger_constant(struct ledger *ledger, const char *text, size_t length) {
    size_t i = 0;
    while (ledger->constants[i].text && ledger->constants[i].text != text)
        lg_assert(++i < LEDGER_CONSTANTS_MAX);
    if (!ledger->constants[i].text) {
        ledger->constants[i].value = json_parse(text, length, false, NULL);
        lg_assert(ledger->constants[i].value);
        ledger->constants[i].text = text;
    }
    return ledger->constants[i].value;
}

static bool read_head(struct ledger *ledger, struct lg_error *error) {
    memset(&ledger->head, 0, sizeof ledger->head);
    sqlite3_stmt *statement = store_prepare_literal(
        &ledger->store,
        "SELECT seq, time_us, hash, (SELECT coalesce(max(seq), 0) FROM checkpoints),"
        " (SELECT at_us FROM checkpoints ORDER BY seq DESC LIMIT 1) FROM events ORDER BY seq DESC LIMIT 1",
        error);
    bool row = false;
    bool ok = statement && store_step(&ledger->store, statement, &row, error);
    if (row) {
        ledger->head.seq = sqlite3_column_int64(statement, 0);
        ledger->head.time_us = sqlite3_column_int64(statement, 1);
        if (sqlite3_column_bytes(statement, 2) == LEDGER_HASH_BYTES)
            memcpy(ledger->head.hash, sqlite3_column_blob(statement, 2), LEDGER_HASH_BYTES);
        ledger->head.checkpoint = sqlite3_column_int64(statement, 3);
        ledger->head.signed_us = sqlite3_column_int64(statement, 4);
    }
    store_done(statement);
    return ok;
}

bool ledger_begin(struct ledger *ledger, struct lg_error *error) {
    lg_assert(!ledger->in_transaction);
    bool writer = ledger->mode == LEDGER_WRITER;
    if (!store_run(&ledger->store, writer ? "BEGIN IMMEDIATE" : "BEGIN", error))
        return false;
    ledger->in_transaction = true;
    ledger->spoiled = false;
    if (!writer || read_head(ledger, error))
        return true;
    ledger_rollback(ledger);
    return false;
}

bool ledger_commit(struct ledger *ledger, struct lg_error *error) {
    lg_assert(ledger->in_transaction && !ledger->spoiled);
    bool in_place = ledger->mode != LEDGER_WRITER || files_in_place(&ledger->seen, error);
    if (!in_place || !store_run(&ledger->store, "COMMIT", error)) {
        ledger_rollback(ledger);
        return false;
    }
    ledger->in_transaction = false;
    return true;
}

void ledger_rollback(struct ledger *ledger) {
    // Some failures make SQLite roll back by itself.
    if (!sqlite3_get_autocommit(ledger->store.db))
        store_run(&ledger->store, "ROLLBACK", NULL);
    ledger->in_transaction = false;
}

bool ledger_expect_much(struct ledger *ledger, struct lg_error *error) {
    lg_assert(ledger->mode == LEDGER_WRITER && !ledger->in_transaction);
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA wal_autocheckpoint=%d", STORE_BULK_LOG_PAGES);
    return store_cache(&ledger->store, STORE_BULK_CACHE_KIB, error) &&
           store_execute(&ledger->store, sql, error);
}

static bool insert_event(struct ledger *ledger, const struct chain_event *e,
                         const uint8_t hash[LEDGER_HASH_BYTES], struct lg_error *error) {
    sqlite3_stmt *s = store_prepare_literal(
        &ledger->store, "INSERT INTO events (" EVENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        error);
    if (!s)
        return false;
    bool row, ok = sqlite3_bind_int64(s, 1, e->seq) == SQLITE_OK &&
                   sqlite3_bind_text(s, 2, e->site, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_bind_int64(s, 3, e->time_us) == SQLITE_OK &&
                   sqlite3_bind_text(s, 4, e->kind, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_bind_text(s, 5, e->actor, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_bind_text(s, 6, e->body, (int)e->body_length, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_bind_blob(s, 7, e->prev_hash, LEDGER_HASH_BYTES, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_bind_blob(s, 8, hash, LEDGER_HASH_BYTES, SQLITE_STATIC) == SQLITE_OK;
    ok = ok ? store_step(&ledger->store, s, &row, error) : store_failed(&ledger->store, error);
    store_done(s);
    return ok;
}

static bool append(struct ledger *ledger, const char *kind_name, const char *actor, int64_t time_us,
                   const cJSON *body, struct lg_error *error) {
    const struct event_kind *kind = kind_find(kind_name);
    if (!kind)
        return lg_fail(error, "bad_event", "", "There is no kind of event called \"%s\".", kind_name);
    if (!*actor || strlen(actor) > ACTOR_MAX)
        return lg_fail(error, "bad_event", "", "The actor of an event has 1 to %d bytes.", ACTOR_MAX);
    size_t length;
    char *text = kind_check(kind, body, error) ? canonical_print(body, &length, error) : NULL;
    if (!text)
        return false;
    bool ok =
        length <= LEDGER_BODY_MAX ||
        lg_fail(error, "bad_event", "", "The body of an event is longer than %d bytes.", LEDGER_BODY_MAX);
    struct chain_event e = {.site = ledger->site,
                            .kind = kind->name,
                            .actor = actor,
                            .body = text,
                            .body_length = length,
                            .seq = ledger->head.seq + 1,
                            .time_us = time_us,
                            .prev_hash = ledger->head.hash};
    struct event event = {e.seq, time_us, e.site, e.kind, actor, body};
    uint8_t hash[LEDGER_HASH_BYTES];
    if (ok)
        chain_hash(&e, hash);
    ok = ok && insert_event(ledger, &e, hash, error) && kind_apply(&ledger->store, kind, &event, error);
    free(text);
    if (ok) {
        ledger->head.seq = e.seq;
        ledger->head.time_us = time_us;
        memcpy(ledger->head.hash, hash, sizeof hash);
    }
    return ok;
}

bool ledger_append(struct ledger *ledger, const char *kind, const char *actor, int64_t time_us,
                   const cJSON *body, int64_t *seq, struct lg_error *error) {
    lg_assert(ledger->mode == LEDGER_WRITER && ledger->in_transaction && !ledger->spoiled);
    bool ok = append(ledger, kind, actor, time_us, body, error);
    if (ok && seq)
        *seq = ledger->head.seq;
    if (ok && ledger->head.seq - ledger->head.checkpoint >= LEDGER_CHECKPOINT_EVENTS - 1)
        ok = ledger_checkpoint(ledger, time_us, error);
    ledger->spoiled = !ok;
    return ok;
}

bool ledger_checkpoint(struct ledger *ledger, int64_t time_us, struct lg_error *error) {
    lg_assert(ledger->mode == LEDGER_WRITER && ledger->in_transaction);
    uint8_t message[CHAIN_MESSAGE_MAX], signature[crypto_sign_BYTES];
    char hash[2 * LEDGER_HASH_BYTES + 1], signed_hex[2 * crypto_sign_BYTES + 1];
    size_t length = chain_checkpoint_message(message, ledger->site, ledger->head.seq, ledger->head.hash);
    crypto_sign_detached(signature, NULL, message, length, ledger->key.secret_key);
    chain_hex(hash, ledger->head.hash, LEDGER_HASH_BYTES);
    chain_hex(signed_hex, signature, sizeof signature);
    cJSON *body = cJSON_CreateObject();
    json_add_integer(body, "head", ledger->head.seq);
    json_add_text(body, "hash", hash);
    json_add_text(body, "signature", signed_hex);
    json_add_text(body, "public_key", ledger->public_key);
    bool ok = append(ledger, "checkpoint", "lotgate", time_us, body, error);
    cJSON_Delete(body);
    if (ok)
        ledger->head.checkpoint = ledger->head.seq;
    else
        ledger->spoiled = true;
    return ok;
}

bool ledger_next_number(struct ledger *ledger, const char *sequence, char *out, size_t room,
                        struct lg_error *error) {
    lg_assert(ledger->in_transaction);
    return sequence_next(&ledger->store, sequence, out, room, error);
}
