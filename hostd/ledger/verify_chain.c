// verify_chain: see verify_chain.h.
#include "verify_chain.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"    // json_parse
#include "timefmt.h" // time_monotonic_us

struct piece {
    struct verify_chain *chain;
    pthread_t thread;
    bool alone; // on a thread of its own
    struct store store;
    int64_t from, to; // the first of all pieces takes what stands before event 1 as well
    uint8_t previous[LEDGER_HASH_BYTES];
    int64_t events, checkpoints, first_bad, ended_us;
    char finding[sizeof((struct ledger_verdict *)NULL)->finding];
    bool read; // otherwise `error` tells why not
    struct lg_error error;
};

struct verify_chain {
    char path[PATH_MAX];
    const char *vfs;
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    char public_hex[2 * crypto_sign_PUBLICKEYBYTES + 1];
    int64_t began_us;
    int count;
    struct piece pieces[VERIFY_THREADS_MAX];
};

// Notes the first finding; returns false so that the walk stops there.
__attribute__((format(printf, 3, 4))) static bool found(struct piece *piece, int64_t seq, const char *format,
                                                        ...) {
    va_list arguments;
    va_start(arguments, format);
    // clang 14 forgets va_start when it looks at several files in one run. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    vsnprintf(piece->finding, sizeof piece->finding, format, arguments);
    va_end(arguments);
    piece->first_bad = seq;
    return false;
}

static bool check_links(struct piece *piece, const struct stored_event *event) {
    const struct chain_event *e = &event->chain;
    uint8_t hash[LEDGER_HASH_BYTES];
    int64_t expected = piece->from + piece->events;
    if (e->seq != expected)
        return found(piece, expected,
                     "Event %" PRId64 " is missing: event %" PRId64 " follows directly on the one before it.",
                     expected, e->seq);
    if (event->prev_length != LEDGER_HASH_BYTES || event->hash_length != LEDGER_HASH_BYTES)
        return found(piece, e->seq, "Event %" PRId64 " has no proper hash.", e->seq);
    if (memcmp(e->prev_hash, piece->previous, LEDGER_HASH_BYTES) != 0)
        return found(piece, e->seq,
                     "Event %" PRId64 " (%s) does not follow on the event before it: the chain is cut there.",
                     e->seq, e->kind);
    chain_hash(e, hash);
    if (memcmp(event->hash, hash, sizeof hash) != 0)
        return found(piece, e->seq,
                     "Event %" PRId64
                     " (%s) was changed after it was written: its hash is not that of its content.",
                     e->seq, e->kind);
    memcpy(piece->previous, hash, sizeof hash);
    return true;
}

// A checkpoint signs the event just before it, so `head_hash` is that event's.
static bool check_signature(struct piece *piece, const struct chain_event *e,
                            const uint8_t head_hash[LEDGER_HASH_BYTES]) {
    const struct verify_chain *chain = piece->chain;
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
    bool same_key = key && strcmp(key, chain->public_hex) == 0;
    cJSON_Delete(body);
    if (!ok)
        return found(piece, e->seq, "The checkpoint in event %" PRId64 " does not name the event before it.",
                     e->seq);
    if (!same_key)
        return found(piece, e->seq,
                     "The checkpoint in event %" PRId64 " is signed with another key than the one given.",
                     e->seq);
    size_t length = chain_checkpoint_message(message, e->site, head, head_hash);
    if (crypto_sign_verify_detached(signature, message, length, chain->public_key) != 0)
        return found(piece, e->seq, "The signature of the checkpoint in event %" PRId64 " is wrong.", e->seq);
    piece->checkpoints++;
    return true;
}

static bool check_event(struct piece *piece, const struct stored_event *event) {
    uint8_t head_hash[LEDGER_HASH_BYTES];
    memcpy(head_hash, piece->previous, sizeof head_hash);
    if (!check_links(piece, event) ||
        (strcmp(event->chain.kind, "checkpoint") == 0 && !check_signature(piece, &event->chain, head_hash)))
        return false;
    piece->events++;
    return true;
}

// Begins with what the event before says its hash is; zeros before the first. Where that event is missing, the piece that
// should end with it says so.
static bool read_previous(struct piece *piece) {
    sqlite3_stmt *s = store_prepare(&piece->store, "SELECT hash FROM events WHERE seq = ?1", &piece->error);
    bool row = false;
    bool ok = s && sqlite3_bind_int64(s, 1, piece->from - 1) == SQLITE_OK &&
              store_step(&piece->store, s, &row, &piece->error);
    if (row && sqlite3_column_bytes(s, 0) == LEDGER_HASH_BYTES)
        memcpy(piece->previous, sqlite3_column_blob(s, 0), LEDGER_HASH_BYTES);
    store_done(s);
    return ok;
}

static bool walk_events(struct piece *piece) {
    sqlite3_stmt *s = store_prepare(
        &piece->store, "SELECT " EVENT_COLUMNS " FROM events WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
        &piece->error);
    bool row = true;
    bool ok = s && sqlite3_bind_int64(s, 1, piece->from == 1 ? INT64_MIN : piece->from) == SQLITE_OK &&
              sqlite3_bind_int64(s, 2, piece->to) == SQLITE_OK;
    while (ok && (ok = store_step(&piece->store, s, &row, &piece->error)) && row) {
        struct stored_event event;
        event_read(s, &event);
        if (!check_event(piece, &event))
            break;
    }
    store_done(s);
    return ok;
}

// The last events of a piece may be missing: the next one that is there begins another piece.
static bool check_end(struct piece *piece) {
    int64_t expected = piece->from + piece->events, next = 0;
    if (*piece->finding || expected > piece->to)
        return true;
    sqlite3_stmt *s =
        store_prepare(&piece->store, "SELECT min(seq) FROM events WHERE seq > ?1", &piece->error);
    bool row = false, ok = s && sqlite3_bind_int64(s, 1, expected) == SQLITE_OK &&
                           store_step(&piece->store, s, &row, &piece->error);
    if (row)
        next = sqlite3_column_int64(s, 0);
    store_done(s);
    if (ok)
        found(piece, expected,
              "Event %" PRId64 " is missing: event %" PRId64 " follows directly on the one before it.",
              expected, next);
    return ok;
}

static void *check_piece(void *context) {
    struct piece *piece = context;
    piece->read =
        store_open(&piece->store, piece->chain->path, STORE_READER, piece->chain->vfs, &piece->error) &&
        read_previous(piece) && walk_events(piece) && check_end(piece);
    store_close(&piece->store);
    piece->ended_us = time_monotonic_us();
    return NULL;
}

static bool find_key(struct verify_chain *chain, const struct ledger *ledger, const char *public_key_hex,
                     struct lg_error *error) {
    const char *hex = public_key_hex ? public_key_hex : ledger->public_key;
    if (!*hex)
        return lg_fail(error, "no_public_key",
                       "Put the ledger.pub of that ledger beside it, or give the key's 64 hex digits.",
                       "There is no public key to check the signatures with.");
    if (!chain_unhex(chain->public_key, sizeof chain->public_key, hex))
        return lg_fail(error, "no_public_key", "Give the 64 hex digits that stand in ledger.pub.",
                       "The public key is not 64 small hex digits.");
    snprintf(chain->public_hex, sizeof chain->public_hex, "%s", hex);
    return true;
}

int verify_chain_pieces(int64_t events) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t count = events / VERIFY_PIECE_MIN;
    count = count > VERIFY_THREADS_MAX ? VERIFY_THREADS_MAX : count;
    count = count > processors ? processors : count;
    return count < 1 ? 1 : (int)count;
}

static void cut(struct verify_chain *chain, int64_t last) {
    for (int i = 0; i < chain->count; i++) {
        chain->pieces[i].chain = chain;
        chain->pieces[i].from = last / chain->count * i + 1;
        chain->pieces[i].to = i + 1 < chain->count ? last / chain->count * (i + 1) : last;
    }
}

struct verify_chain *verify_chain_start(struct ledger *ledger, int64_t last, int pieces,
                                        const char *public_key_hex, struct lg_error *error) {
    lg_assert(pieces >= 1 && pieces <= VERIFY_THREADS_MAX);
    struct verify_chain *chain = calloc(1, sizeof *chain);
    lg_assert(chain);
    chain->vfs = ledger->vfs;
    chain->began_us = time_monotonic_us();
    if (!files_path(chain->path, ledger->directory, LEDGER_FILE, error) ||
        !find_key(chain, ledger, public_key_hex, error)) {
        free(chain);
        return NULL;
    }
    chain->count = pieces;
    cut(chain, last);
    for (int i = 0; i < chain->count; i++) {
        struct piece *piece = &chain->pieces[i];
        piece->alone = pthread_create(&piece->thread, NULL, check_piece, piece) == 0;
        if (!piece->alone)
            check_piece(piece); // no thread is to be had: it only takes longer
    }
    return chain;
}

bool verify_chain_finish(struct verify_chain *chain, struct ledger_verdict *verdict, struct lg_error *error) {
    bool ok = true;
    int64_t ended_us = chain->began_us;
    for (int i = 0; i < chain->count; i++) {
        struct piece *piece = &chain->pieces[i];
        if (piece->alone)
            pthread_join(piece->thread, NULL);
        if (piece->ended_us > ended_us)
            ended_us = piece->ended_us;
        if (!ok || *verdict->finding)
            continue; // what comes after the first bad event says nothing
        ok = piece->read;
        if (!ok && error)
            *error = piece->error;
        verdict->events += piece->events;
        verdict->checkpoints += piece->checkpoints;
        verdict->first_bad = piece->first_bad;
        memcpy(verdict->finding, piece->finding, sizeof verdict->finding);
        chain_hex(verdict->head, piece->previous, sizeof piece->previous);
    }
    verdict->chain_us = ended_us - chain->began_us;
    free(chain);
    return ok;
}
