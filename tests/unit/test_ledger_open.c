// Opening: who may write, what is refused and with which word, and that a refusal changes nothing.
#include "ledger_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "schema.h"

static bool try_open(struct help *h, enum ledger_mode mode) {
    struct ledger_options options = {.directory = h->directory, .mode = mode};
    return ledger_open(&h->ledger, &options, &h->error);
}

static void open_refused(struct help *h, enum ledger_mode mode, const char *code) {
    if (try_open(h, mode))
        fail_msg("opened, instead of %s", code);
    assert_null(h->ledger);
    assert_string_equal(h->error.code, code);
    assert_true(strlen(h->error.message) > 20 && strlen(h->error.what_to_do) > 10);
}

static void path_of(char out[128], const struct help *h, const char *name) {
    snprintf(out, 128, "%s/%s", h->directory, name);
}

static void execute(const struct help *h, const char *sql, int expected) {
    char path[128];
    sqlite3 *db;
    path_of(path, h, "ledger.db");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code != expected)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void file_hash(const struct help *h, const char *name, uint8_t hash[32]) {
    char path[128], bytes[65536];
    path_of(path, h, name);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        crypto_hash_sha256_update(&state, (unsigned char *)bytes, n);
    fclose(file);
    crypto_hash_sha256_final(&state, hash);
}

static void only_one_writes_and_many_read(void **state) {
    struct help h, second, reader;
    help_setup(&h);
    help_stock(&h);
    second = reader = h;
    open_refused(&second, LEDGER_WRITER, "ledger_busy");
    char pid[24];
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    assert_non_null(strstr(second.error.message, pid)); // files_lock reads it from lotgate.lock
    help_open(&reader, LEDGER_READER);
    help_says(help_ask(&reader, "lookup", "{\"code\":\"4711\"}"), "id", "OP1"); // while the writer lives
    help_do(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"Lu\"}");
    help_says(help_ask(&reader, "lookup", "{\"code\":\"OP2\"}"), "id", "OP2");
    ledger_close(reader.ledger);
    ledger_close(h.ledger);
    help_open(&reader, LEDGER_READER); // and when no daemon runs
    help_says(help_ask(&reader, "lookup", "{\"code\":\"OP2\"}"), "id", "OP2");
    help_teardown(&reader);
}

static void a_reader_knows_the_public_key_and_cannot_write(void **state) {
    struct help h, reader;
    help_setup(&h);
    help_shop(&h);
    reader = h;
    help_open(&reader, LEDGER_READER);
    assert_string_equal(ledger_public_key(reader.ledger), ledger_public_key(h.ledger));
    assert_int_equal(strlen(ledger_public_key(reader.ledger)), 64);
    help_refused(&reader, "operator.add", "{\"operator\":\"OP2\",\"name\":\"Lu\"}", "ledger_unavailable");
    ledger_close(reader.ledger);
    help_teardown(&h);
}

static void there_is_nothing_to_read_before_the_first_start(void **state) {
    struct help h;
    help_make_directory(&h);
    open_refused(&h, LEDGER_READER, "ledger_unavailable");
    help_remove(h.directory);
    open_refused(&h, LEDGER_READER, "ledger_unavailable");
}

static void the_directory_is_made_for_its_owner_alone(void **state) {
    struct help h;
    struct stat status;
    char path[128];
    help_make_directory(&h);
    assert_int_equal(rmdir(h.directory), 0);
    help_open(&h, LEDGER_WRITER);
    assert_int_equal(stat(h.directory, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    path_of(path, &h, "ledger.key");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    help_teardown(&h);
}

static void a_ledger_of_a_later_version_is_left_alone(void **state) {
    struct help h;
    uint8_t before[32], after[32];
    help_setup(&h);
    help_shop(&h);
    ledger_close(h.ledger);
    execute(&h, "PRAGMA user_version=99", SQLITE_OK);
    file_hash(&h, "ledger.db", before);
    open_refused(&h, LEDGER_WRITER, "ledger_newer");
    assert_non_null(strstr(h.error.what_to_do, "later")); // schema_check
    open_refused(&h, LEDGER_READER, "ledger_newer");
    file_hash(&h, "ledger.db", after);
    assert_memory_equal(before, after, 32);
    help_remove(h.directory);
}

static void what_is_no_ledger_is_refused_and_kept(void **state) {
    struct help h;
    uint8_t before[32], after[32];
    char path[128];
    help_make_directory(&h);
    execute(&h, "CREATE TABLE somebody_elses (x)", SQLITE_OK);
    file_hash(&h, "ledger.db", before);
    open_refused(&h, LEDGER_WRITER, "ledger_corrupt");
    file_hash(&h, "ledger.db", after);
    assert_memory_equal(before, after, 32);
    path_of(path, &h, "ledger.key");
    assert_int_not_equal(access(path, F_OK), 0); // nothing was made beside it
    path_of(path, &h, "ledger.db");
    FILE *file = fopen(path, "wb");
    fputs(
        "this is not a database, but a text that is long enough to have a header, or so it seems to SQLite.\n",
        file);
    fclose(file);
    open_refused(&h, LEDGER_WRITER, "ledger_corrupt");
    open_refused(&h, LEDGER_READER, "ledger_corrupt");
    help_remove(h.directory);
}

static void without_its_key_nothing_is_written(void **state) {
    struct help h;
    char key[128], away[128], public_key[128];
    help_setup(&h);
    help_shop(&h);
    ledger_close(h.ledger);
    path_of(key, &h, "ledger.key");
    path_of(away, &h, "away");
    path_of(public_key, &h, "ledger.pub");
    assert_int_equal(rename(key, away), 0);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
    assert_non_null(strstr(h.error.message, "ledger.key"));
    assert_int_not_equal(access(key, F_OK), 0); // no new key for an old chain: files_key_load
    assert_int_equal(unlink(public_key), 0);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable"); // not even with both gone
    FILE *file = fopen(key, "w");
    fputs("0123\n", file);
    fclose(file);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
    assert_int_equal(rename(away, key), 0);
    help_open(&h, LEDGER_WRITER); // the public key is made again from the secret one
    assert_int_equal(access(public_key, F_OK), 0);
    ledger_close(h.ledger);
    file = fopen(public_key, "w");
    for (int i = 0; i < 64; i++)
        fputc('0', file);
    fclose(file);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable"); // a stranger's public key
    help_remove(h.directory);
}

// A file that has lost its name takes writes, and every one of them would be lost with it.
static void nothing_is_written_to_a_file_that_was_moved_or_replaced(void **state) {
    static const char *const names[] = {"ledger.db", "ledger.db-wal"};
    static const char *const added[] = {"{\"operator\":\"OP2\",\"name\":\"Lu\"}",
                                        "{\"operator\":\"OP3\",\"name\":\"Lu\"}"};
    struct help h;
    help_setup(&h);
    help_shop(&h);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128], away[140];
        path_of(path, &h, names[i]);
        snprintf(away, sizeof away, "%s.away", path);
        assert_int_equal(rename(path, away), 0);
        help_refused(&h, "operator.add", added[i], "ledger_unavailable");
        assert_non_null(strstr(h.error.message, names[i]));
        assert_non_null(strstr(h.error.what_to_do, "backup"));
        fclose(fopen(path, "w")); // another file of the same name is not it
        help_refused(&h, "operator.add", added[i], "ledger_unavailable");
        assert_int_equal(rename(away, path), 0); // put back, it goes on
        help_do(&h, "operator.add", added[i]);
    }
    help_teardown(&h);
}

static void a_lost_database_is_not_replaced_by_an_empty_one(void **state) {
    struct help h;
    char path[128];
    help_setup(&h);
    help_shop(&h);
    ledger_close(h.ledger);
    path_of(path, &h, "ledger.db");
    assert_int_equal(truncate(path, 0), 0);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
    assert_non_null(strstr(h.error.message, "is empty"));
    assert_int_equal(unlink(path), 0);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
    assert_int_not_equal(access(path, F_OK), 0);
    path_of(path, &h, "ledger.key"); // without the key of the old one, a new one may begin
    unlink(path);
    path_of(path, &h, "ledger.pub");
    unlink(path);
    help_open(&h, LEDGER_WRITER);
    help_teardown(&h);
}

static void a_directory_that_may_not_be_written_is_told(void **state) {
    struct help h;
    if (geteuid() == 0) { // permissions don't hold root: a directory where no file can be made does
        h = (struct help){.directory = "/proc/self/fdinfo"};
        open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
        return;
    }
    help_make_directory(&h);
    chmod(h.directory, 0500);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
    chmod(h.directory, 0700);
    help_remove(h.directory);
}

// The disk was filled while lotgate did not run. A limit on the size of files stands for it: what fails is the same.
static void a_start_on_a_full_disk_is_told(void **state) {
    struct help h;
    struct rlimit limit, small;
    char path[128];
    help_setup(&h);
    ledger_close(h.ledger);
    h.ledger = NULL;
    path_of(path, &h, "ledger.db-shm");
    unlink(path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    open_refused(&h, LEDGER_WRITER, "ledger_unavailable");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_non_null(strstr(h.error.what_to_do, "Free some space"));
    assert_true(try_open(&h, LEDGER_WRITER));
    help_teardown(&h);
}

static void a_database_locked_by_another_program_is_told_and_then_goes_on(void **state) {
    struct help h;
    char path[128];
    sqlite3 *other;
    help_setup(&h);
    help_shop(&h);
    path_of(path, &h, "ledger.db");
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    help_refused(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"Lu\"}", "ledger_unavailable");
    assert_non_null(strstr(h.error.message, "locked"));
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    help_do(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"Lu\"}");
    help_teardown(&h);
}

static void other_programs_cannot_change_what_happened(void **state) {
    static const char *const attempts[] = {
        "UPDATE events SET actor = 'x' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 1",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 1",
        "INSERT INTO events SELECT seq + 1000, site, time_us, kind, actor, body, prev_hash, hash FROM events",
        "UPDATE checkpoints SET hash = 'x'",
        "DELETE FROM checkpoints",
        "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
        "UPDATE blobs SET data = x'00'",
        "DELETE FROM blobs",
        "INSERT OR REPLACE INTO blobs SELECT hash, x'00' FROM blobs",
    };
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    help_do(&h, "ledger.checkpoint", "{}");
    ledger_close(h.ledger);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        execute(&h, attempts[i], SQLITE_CONSTRAINT);
    help_remove(h.directory);
}

// --- migrations -----------------------------------------------------------------------------------------

static const struct schema_migration to_one[] = {{1, "CREATE TABLE a (x) STRICT;", false}, {0, NULL, false}};
static const struct schema_migration to_one_typed[] = {
    {1, "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);", false}, {0, NULL, false}};
static const struct schema_migration to_three[] = {
    {1, "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);", false},
    {2, "ALTER TABLE a ADD COLUMN y INTEGER;", false},
    {3, "UPDATE a SET y = x + 1;", false},
    {0, NULL, false},
};
static const struct schema_migration to_failure[] = {
    {1, "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);", false},
    {2, "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE nothing SET z = 1;", false},
    {0, NULL, false},
};

static void migrations_run_from_any_version_and_fail_whole(void **state) {
    struct store store;
    struct lg_error error;
    int64_t value;
    int version;
    assert_true(store_open(&store, NULL, STORE_SCRATCH, NULL, &error));
    assert_true(
        store_execute(&store, "PRAGMA journal_mode=MEMORY", &error)); // a scratch store keeps no journal
    assert_false(schema_migrate(&store, to_one, NULL, &error)); // STRICT refuses a column without a type
    assert_true(schema_check(&store, to_one, &version, &error));
    assert_int_equal(version, 0);
    assert_true(schema_migrate(&store, to_one_typed, NULL, &error));
    assert_false(schema_migrate(&store, to_failure, NULL, &error)); // nothing of version 2 stays
    assert_true(schema_check(&store, to_three, &version, &error));
    assert_int_equal(version, 1);
    assert_true(schema_migrate(&store, to_three, NULL, &error));
    assert_true(store_integer(&store, "SELECT y FROM a", &value, &error));
    assert_int_equal(value, 8);
    assert_true(schema_migrate(&store, to_three, NULL, &error)); // once more: nothing to do
    assert_false(schema_migrate(&store, to_one_typed, NULL, &error));
    assert_string_equal(error.code, "ledger_newer");
    store_close(&store);
}

// A table that schema_tables forgot would be neither compared nor rebuilt.
static void every_table_but_events_and_blobs_is_a_view(void **state) {
    struct store store;
    struct lg_error error;
    int64_t tables, listed = 0;
    assert_true(store_open(&store, NULL, STORE_SCRATCH, NULL, &error));
    assert_true(schema_migrate(&store, schema_migrations, NULL, &error));
    assert_true(
        store_integer(&store, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'", &tables, &error));
    for (const struct schema_table *t = schema_tables; t->name; t++)
        listed++;
    assert_int_equal(tables, listed + 2);
    store_close(&store);
}

static void the_writer_syncs_and_stays_small(void **state) {
    struct store store;
    struct lg_error error;
    struct help h;
    int64_t value;
    char path[128];
    help_make_directory(&h);
    path_of(path, &h, "x.db");
    assert_true(store_open(&store, path, STORE_WRITER, NULL, &error) && store_make_durable(&store, &error));
    assert_true(store_integer(&store, "PRAGMA synchronous", &value, &error));
    assert_int_equal(value, 2); // FULL: store_make_durable
    assert_true(store_integer(&store, "PRAGMA cache_size", &value, &error));
    assert_int_equal(value, -STORE_CACHE_KIB);
    assert_true(store_integer(&store, "PRAGMA foreign_keys", &value, &error));
    assert_int_equal(value, 1);
    assert_false(
        store_execute(&store, "SELECT \"no such column\"", &error)); // double quotes never are strings
    store_close(&store);
    help_remove(h.directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_writes_and_many_read),
        cmocka_unit_test(a_reader_knows_the_public_key_and_cannot_write),
        cmocka_unit_test(there_is_nothing_to_read_before_the_first_start),
        cmocka_unit_test(the_directory_is_made_for_its_owner_alone),
        cmocka_unit_test(a_ledger_of_a_later_version_is_left_alone),
        cmocka_unit_test(what_is_no_ledger_is_refused_and_kept),
        cmocka_unit_test(without_its_key_nothing_is_written),
        cmocka_unit_test(nothing_is_written_to_a_file_that_was_moved_or_replaced),
        cmocka_unit_test(a_lost_database_is_not_replaced_by_an_empty_one),
        cmocka_unit_test(a_directory_that_may_not_be_written_is_told),
        cmocka_unit_test(a_start_on_a_full_disk_is_told),
        cmocka_unit_test(a_database_locked_by_another_program_is_told_and_then_goes_on),
        cmocka_unit_test(other_programs_cannot_change_what_happened),
        cmocka_unit_test(migrations_run_from_any_version_and_fail_whole),
        cmocka_unit_test(every_table_but_events_and_blobs_is_a_view),
        cmocka_unit_test(the_writer_syncs_and_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
