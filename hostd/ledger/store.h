// store: one SQLite connection: opening it safely, prepared statements kept ready, values bound by name.
//
// Everything in this folder that talks to SQLite does it through here, so that a failure of SQLite becomes the
// same sentence everywhere. A store belongs to one thread.
#ifndef LOTGATE_LEDGER_STORE_H
#define LOTGATE_LEDGER_STORE_H

#include <cjson/cJSON.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h" // lg_error

#define STORE_STATEMENTS_MAX 160   // prepared statements kept; the one unused for longest makes room
#define STORE_CACHE_KIB      1024  // SQLite's page cache of one connection
#define STORE_BULK_CACHE_KIB 65536 // ... where very much is written or read at once
#define STORE_BULK_LOG_PAGES 16000 // pages of the write-ahead log before it is copied into the database, then
#define STORE_BUSY_MS        2000  // how long to wait for another program's lock
#define STORE_READ_BUSY_MS                                                                                   \
    10000 // ... before reading: only a writer that begins or ends keeps readers out, and not for long

enum store_mode {
    STORE_WRITER, // read and write; made when missing; WAL, synchronous=FULL
    STORE_READER, // read-only, never checkpoints
    STORE_SCRATCH // a private temporary database, gone when closed
};

struct store_statement {
    char *sql;
    const char *literal; // where it is found by address: the text it was made from, and which pieces of that
    uint32_t pieces;
    sqlite3_stmt *statement;
    uint64_t used;
};

struct store {
    sqlite3 *db;
    uint64_t clock;
    struct store_statement statements[STORE_STATEMENTS_MAX];
    uint8_t places[256]; // by a hash of address and pieces: where the statement probably is
};

// Opens `path` (ignored for a scratch store) through `vfs` (NULL: SQLite's default). Does not yet touch the
// journal mode: a file that turns out to be another program's stays as it is. Close it in every case.
bool store_open(struct store *store, const char *path, enum store_mode mode, const char *vfs,
                struct lg_error *error);
// How much of the database may be kept in memory; STORE_CACHE_KIB when it was opened.
bool store_cache(struct store *store, int kib, struct lg_error *error);
// WAL and synchronous=FULL, from the first write on. Writer only.
bool store_make_durable(struct store *store, struct lg_error *error);
// Copies what it can of the log into the database. While it does, others read; what is left for the closing of the last
// connection, which keeps them out, is to delete the log. Writer only; a failure costs nothing.
void store_settle(struct store *store);
void store_close(struct store *store);

// Runs statements that answer nothing, for example a schema.
bool store_execute(struct store *store, const char *sql, struct lg_error *error);
// Runs one statement, a literal, that is run again and again: BEGIN was a twentieth of a page when it was compiled each time.
bool store_run(struct store *store, const char *sql, struct lg_error *error);
// One integer from a statement without parameters; 0 when it answers no row.
bool store_integer(struct store *store, const char *sql, int64_t *value, struct lg_error *error);

// A prepared statement, unbound, owned by the store; give it back with store_done. NULL on failure.
sqlite3_stmt *store_prepare(struct store *store, const char *sql, struct lg_error *error);
// The same for a text that lives as long as the program: found again by its address, without comparing texts.
sqlite3_stmt *store_prepare_literal(struct store *store, const char *sql, struct lg_error *error);
// A literal of which some pieces are left out: store_find looks by its address and `pieces` (a bit for each), store_keep
// makes the statement of the text that was put together, where store_find gave NULL.
sqlite3_stmt *store_find(struct store *store, const char *literal, uint32_t pieces);
sqlite3_stmt *store_keep(struct store *store, const char *literal, uint32_t pieces, const char *sql,
                         struct lg_error *error);
void store_done(sqlite3_stmt *statement); // NULL is fine
// Steps once; *row says whether there is one.
bool store_step(struct store *store, sqlite3_stmt *statement, bool *row, struct lg_error *error);

// Binds one JSON value: integers, texts, flags; lists and objects as compact JSON text; NULL and null as NULL.
// Code bad_event for a number that is not an integer.
bool store_bind_json(struct store *store, sqlite3_stmt *statement, int index, const cJSON *value,
                     struct lg_error *error);

// Fills `error` from the connection's last failure and returns false. Code ledger_unavailable, or bad_event
// where a constraint of the schema refused.
bool store_failed(struct store *store, struct lg_error *error);

#endif
