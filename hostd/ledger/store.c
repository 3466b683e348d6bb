// store: see store.h.
#include "store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "canonical.h" // canonical_print

// What a person is told for each kind of failure of SQLite. The last entry takes the rest.
static const struct {
    int code;
    const char *name;
    const char *message;
    const char *what_to_do;
} failures[] = {
    {SQLITE_FULL, "ledger_unavailable", "The disk that holds the ledger is full",
     "Free some space on that disk. Nothing was lost: a lotgate that runs goes on by itself as soon as it can write; one that has ended is to be started again."},
    {SQLITE_IOERR, "ledger_unavailable", "The disk that holds the ledger could not be read or written",
     "Look at the system log for disk errors; change the disk or SD card if they repeat. Nothing runs until the ledger can be written."},
    {SQLITE_BUSY, "ledger_unavailable", "Another program holds the ledger's database locked",
     "Close the program that has ledger.db open for writing (lsof shows which), then try again."},
    {SQLITE_LOCKED, "ledger_unavailable", "Another program holds the ledger's database locked",
     "Close the program that has ledger.db open for writing (lsof shows which), then try again."},
    {SQLITE_READONLY, "ledger_unavailable", "The ledger's database may not be written",
     "Check the owner and the permissions of the data folder and of ledger.db."},
    {SQLITE_CANTOPEN, "ledger_unavailable", "The ledger's database can't be opened",
     "Check that the data folder is right and that this user may read and write it."},
    {SQLITE_PERM, "ledger_unavailable", "The ledger's database may not be opened by this user",
     "Check the owner and the permissions of the data folder and of ledger.db."},
    {SQLITE_CORRUPT, "ledger_unavailable", "The ledger's database is damaged",
     "Stop lotgate, keep the damaged file, and restore ledger.db from a backup."},
    {SQLITE_NOTADB, "ledger_unavailable", "The file ledger.db is not a database",
     "Stop lotgate, keep the file, and restore ledger.db from a backup."},
    {SQLITE_NOMEM, "ledger_unavailable", "There is not enough memory to use the ledger",
     "Close other programs or restart the host."},
    {SQLITE_CONSTRAINT, "bad_event", "The ledger refused an event that contradicts what it holds", ""},
    {SQLITE_OK, "ledger_unavailable", "The ledger could not be used",
     "Run `lotgate ledger verify`; the message above says what SQLite found."},
};

// On a full disk the write-ahead log's index is what cannot grow, and SQLite calls that an error of the disk.
static int primary_code(sqlite3 *db) {
    return sqlite3_extended_errcode(db) == SQLITE_IOERR_SHMSIZE ? SQLITE_FULL : sqlite3_errcode(db) & 0xff;
}

bool store_failed(struct store *store, struct lg_error *error) {
    int code = store->db ? primary_code(store->db) : SQLITE_NOMEM;
    size_t i = 0;
    while (failures[i].code != code && failures[i].code != SQLITE_OK)
        i++;
    return lg_fail(error, failures[i].name, failures[i].what_to_do, "%s (%s).", failures[i].message,
                   store->db ? sqlite3_errmsg(store->db) : "out of memory");
}

bool store_cache(struct store *store, int kib, struct lg_error *error) {
    char sql[48];
    snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", kib);
    return store_execute(store, sql, error);
}

static bool configure(struct store *store, struct lg_error *error) {
    static const struct {
        int option, value;
    } switches[] = {
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
    };
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (sqlite3_db_config(store->db, switches[i].option, switches[i].value, (int *)NULL) != SQLITE_OK)
            return store_failed(store, error);
    sqlite3_extended_result_codes(store->db, 1);
    return store_cache(store, STORE_CACHE_KIB, error) && store_execute(store, "PRAGMA mmap_size=0", error);
}

// A database on a read-only medium can only be read as immutable; that is safe when no write-ahead log is left.
static bool is_immutable(const char *path) {
    char log[PATH_MAX];
    struct stat status;
    if (snprintf(log, sizeof log, "%s-wal", path) >= (int)sizeof log || stat(path, &status) != 0)
        return false;
    return stat(log, &status) != 0 || status.st_size == 0;
}

static int open_reader(struct store *store, const char *path, const char *vfs) {
    int code = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, vfs);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(store->db, STORE_READ_BUSY_MS); // before the first look at the file
        code = sqlite3_exec(store->db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
    }
    if (code != SQLITE_CANTOPEN || !is_immutable(path))
        return code;
    sqlite3_close(store->db);
    char *uri = sqlite3_mprintf("file:%s?immutable=1", path);
    code =
        sqlite3_open_v2(uri, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, vfs);
    sqlite3_free(uri);
    return code;
}

bool store_open(struct store *store, const char *path, enum store_mode mode, const char *vfs,
                struct lg_error *error) {
    memset(store, 0, sizeof *store);
    int code;
    if (mode == STORE_READER)
        code = open_reader(store, path, vfs);
    else
        code = sqlite3_open_v2(mode == STORE_SCRATCH ? "" : path, &store->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
    if (code != SQLITE_OK)
        return store_failed(store, error);
    sqlite3_busy_timeout(store->db, mode == STORE_READER ? STORE_READ_BUSY_MS : STORE_BUSY_MS);
    if (!configure(store, error))
        return false;
    // Who writes keeps what a statement would undo in memory: in a file it costs more writes than the events themselves.
    return mode == STORE_READER ||
           store_execute(store,
                         mode == STORE_WRITER
                             ? "PRAGMA temp_store=MEMORY"
                             : "PRAGMA temp_store=MEMORY; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF",
                         error);
}

bool store_make_durable(struct store *store, struct lg_error *error) {
    // EXTRA while a new file becomes a WAL one: its rollback journal must not come back after a power cut. Then
    // FULL: SQLite returns from COMMIT only after the log has been synced. Invariant 1 of the gate hangs on it.
    if (!store_execute(store, "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
                       error))
        return false;
    if (sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL) != SQLITE_OK)
        return store_failed(store, error);
    return true;
}

void store_settle(struct store *store) {
    store_execute(store, "PRAGMA wal_checkpoint(PASSIVE)", NULL);
}

void store_close(struct store *store) {
    for (size_t i = 0; i < STORE_STATEMENTS_MAX; i++) {
        sqlite3_finalize(store->statements[i].statement);
        free(store->statements[i].sql);
    }
    if (store->db)
        lg_assert(sqlite3_close(store->db) == SQLITE_OK);
    memset(store, 0, sizeof *store);
}

bool store_execute(struct store *store, const char *sql, struct lg_error *error) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_failed(store, error);
}

bool store_run(struct store *store, const char *sql, struct lg_error *error) {
    sqlite3_stmt *statement = store_prepare_literal(store, sql, error);
    bool row, ok = statement && store_step(store, statement, &row, error);
    store_done(statement);
    return ok;
}

bool store_integer(struct store *store, const char *sql, int64_t *value, struct lg_error *error) {
    sqlite3_stmt *statement = store_prepare(store, sql, error);
    bool row = false;
    bool ok = statement && store_step(store, statement, &row, error);
    *value = row ? sqlite3_column_int64(statement, 0) : 0;
    store_done(statement);
    return ok;
}

// The slot that is free, or unused for longest.
static struct store_statement *free_slot(struct store *store) {
    struct store_statement *slot = NULL;
    for (size_t i = 0; i < STORE_STATEMENTS_MAX; i++) {
        struct store_statement *s = &store->statements[i];
        if (!sqlite3_stmt_busy(s->statement) && (!slot || s->used < slot->used))
            slot = s;
    }
    lg_assert(slot); // far fewer statements are in use at a time than are kept
    return slot;
}

static sqlite3_stmt *use(struct store *store, struct store_statement *s) {
    s->used = ++store->clock;
    return s->statement;
}

static uint8_t *place_of(struct store *store, const char *literal, uint32_t pieces) {
    uint64_t mixed =
        ((uint64_t)(uintptr_t)literal ^ pieces * UINT64_C(0x9E3779B1)) * UINT64_C(0x9E3779B97F4A7C15);
    return &store->places[mixed >> 56];
}

sqlite3_stmt *store_find(struct store *store, const char *literal, uint32_t pieces) {
    uint8_t *place = place_of(store, literal, pieces);
    struct store_statement *s = &store->statements[*place];
    if (s->literal == literal && s->pieces == pieces && !sqlite3_stmt_busy(s->statement))
        return use(store, s);
    for (s = store->statements; s < store->statements + STORE_STATEMENTS_MAX; s++)
        if (s->literal == literal && s->pieces == pieces && !sqlite3_stmt_busy(s->statement)) {
            *place = (uint8_t)(s - store->statements);
            return use(store, s);
        }
    return NULL;
}

sqlite3_stmt *store_keep(struct store *store, const char *literal, uint32_t pieces, const char *sql,
                         struct lg_error *error) {
    struct store_statement *slot = free_slot(store);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        store_failed(store, error);
        return NULL;
    }
    sqlite3_finalize(slot->statement);
    free(slot->sql);
    *slot = (struct store_statement){strdup(sql), literal, pieces, statement, 0};
    lg_assert(slot->sql);
    return use(store, slot);
}

sqlite3_stmt *store_prepare_literal(struct store *store, const char *sql, struct lg_error *error) {
    sqlite3_stmt *statement = store_find(store, sql, 0);
    return statement ? statement : store_keep(store, sql, 0, sql, error);
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql, struct lg_error *error) {
    for (size_t i = 0; i < STORE_STATEMENTS_MAX; i++) {
        struct store_statement *s = &store->statements[i];
        if (s->sql && strcmp(s->sql, sql) == 0 && !sqlite3_stmt_busy(s->statement))
            return use(store, s);
    }
    return store_keep(store, NULL, 0, sql, error);
}

void store_done(sqlite3_stmt *statement) {
    if (!statement)
        return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

bool store_step(struct store *store, sqlite3_stmt *statement, bool *row, struct lg_error *error) {
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE || store_failed(store, error);
}

bool store_bind_json(struct store *store, sqlite3_stmt *statement, int index, const cJSON *value,
                     struct lg_error *error) {
    int code;
    if (!value || cJSON_IsNull(value)) {
        code = sqlite3_bind_null(statement, index);
    } else if (cJSON_IsString(value)) {
        code = sqlite3_bind_text(statement, index, value->valuestring, -1, SQLITE_TRANSIENT);
    } else if (cJSON_IsBool(value)) {
        code = sqlite3_bind_int(statement, index, cJSON_IsTrue(value));
    } else if (cJSON_IsNumber(value)) {
        int64_t integer;
        if (!canonical_integer(value->valuedouble, &integer, error))
            return false;
        code = sqlite3_bind_int64(statement, index, integer);
    } else {
        // Structures go through the canonical printer, which refuses what is not exact.
        size_t length;
        char *text = canonical_print(value, &length, error);
        if (!text)
            return false;
        code = sqlite3_bind_text(statement, index, text, (int)length, SQLITE_TRANSIENT);
        free(text);
    }
    return code == SQLITE_OK || store_failed(store, error);
}
