// blobs: bytes beside the events, addressed by their hash. See ledger.h.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static bool blob_known(struct ledger *ledger, const char *hash, bool *known, struct lg_error *error) {
    sqlite3_stmt *s = store_prepare(&ledger->store, "SELECT 1 FROM blobs WHERE hash = ?1", error);
    bool ok = s && sqlite3_bind_text(s, 1, hash, -1, SQLITE_STATIC) == SQLITE_OK &&
              store_step(&ledger->store, s, known, error);
    store_done(s);
    return ok;
}

bool ledger_blob_put(struct ledger *ledger, const void *data, size_t length, char hash[65],
                     struct lg_error *error) {
    lg_assert(ledger->mode == LEDGER_WRITER && ledger->in_transaction);
    if (length > LEDGER_BLOB_MAX)
        return lg_fail(error, "too_large", "Store less: a path has at most 4,000 points.",
                       "A blob of %zu bytes is larger than the %d that are kept.", length, LEDGER_BLOB_MAX);
    uint8_t digest[LEDGER_HASH_BYTES];
    crypto_hash_sha256(digest, data, length);
    chain_hex(hash, digest, sizeof digest);
    bool known, row;
    if (!blob_known(ledger, hash, &known, error))
        return false;
    if (known)
        return true;
    sqlite3_stmt *s = store_prepare(&ledger->store, "INSERT INTO blobs (hash, data) VALUES (?1, ?2)", error);
    bool ok = s && sqlite3_bind_text(s, 1, hash, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_blob(s, 2, length ? data : "", (int)length, SQLITE_STATIC) == SQLITE_OK &&
              store_step(&ledger->store, s, &row, error);
    store_done(s);
    return ok;
}

bool ledger_blob_get(struct ledger *ledger, const char *hash, void **data, size_t *length,
                     struct lg_error *error) {
    sqlite3_stmt *s = store_prepare(&ledger->store, "SELECT data FROM blobs WHERE hash = ?1", error);
    bool row = false;
    bool ok = s && sqlite3_bind_text(s, 1, hash, -1, SQLITE_STATIC) == SQLITE_OK &&
              store_step(&ledger->store, s, &row, error);
    if (ok && !row)
        ok = lg_fail(error, "no_such_blob", "", "The ledger holds nothing with the hash %s.", hash);
    if (ok) {
        *length = (size_t)sqlite3_column_bytes(s, 0);
        *data = malloc(*length + 1);
        lg_assert(*data);
        if (*length)
            memcpy(*data, sqlite3_column_blob(s, 0), *length);
        ((char *)*data)[*length] = '\0';
    }
    store_done(s);
    return ok;
}
