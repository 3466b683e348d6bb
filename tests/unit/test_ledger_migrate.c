// A ledger of each earlier version, opened by this one: nothing that happened is changed, and all views are there.
#include "ledger_help.h"

#include "internal.h" // replay_events
#include "schema.h"   // schema_1
#include "store.h"

static char *read_text(const char *path) {
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there: run the test from the project's top", path);
    static char text[65536];
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    assert_true(n < sizeof text - 1);
    text[n] = '\0';
    return text;
}

static void write_key(const struct help *h, const char *text) {
    char path[128];
    const char *key = strstr(text, "ledger.key: ");
    assert_non_null(key);
    snprintf(path, sizeof path, "%s/ledger.key", h->directory);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%.64s\n", key + strlen("ledger.key: "));
    fclose(f);
    assert_int_equal(chmod(path, 0600), 0);
}

// Today's events also fill tables that came with a later version: they have a stand-in meanwhile.
static bool replay_as_then(struct store *store, struct lg_error *error) {
    return store_execute(store,
                         "CREATE TABLE supplier_lots (supplier TEXT PRIMARY KEY, received INTEGER,"
                         " rejected INTEGER NOT NULL DEFAULT 0)",
                         error) &&
           replay_events(store, error) && store_execute(store, "DROP TABLE supplier_lots", error);
}

// The ledger as a version made it: of version 1, and taken over by each one up to that.
static void make_version(struct help *h, int version) {
    static const struct schema_migration all[] = {{1, schema_1, false},
                                                  {2, schema_2, true},
                                                  {3, schema_3, false},
                                                  {4, schema_4, false},
                                                  {5, schema_5, false}};
    struct schema_migration until[3][sizeof all / sizeof *all + 1] = {{{0, NULL, false}}};
    memcpy(until[0], all, sizeof *all);
    memcpy(until[1], all, (size_t)(version < 3 ? version : 3) * sizeof *all); // made by replay
    memcpy(until[2], all, (size_t)version * sizeof *all);
    struct store store;
    char path[128];
    help_make_directory(h);
    const char *text = read_text("tests/data/ledger-v1.sql");
    write_key(h, text);
    snprintf(path, sizeof path, "%s/ledger.db", h->directory);
    assert_true(store_open(&store, path, STORE_WRITER, NULL, &h->error));
    assert_true(schema_migrate(&store, until[0], NULL, &h->error));
    if (!store_execute(&store, text, &h->error))
        fail_msg("%s", h->error.message);
    if (!schema_migrate(&store, until[1], replay_as_then, &h->error) ||
        !schema_migrate(&store, until[2], NULL, &h->error))
        fail_msg("%s", h->error.message);
    store_close(&store);
}

static void is_taken_over_whole(int version) {
    struct help h;
    struct ledger_verdict verdict;
    make_version(&h, version);
    help_open(&h, LEDGER_WRITER);
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_string_equal(verdict.finding, "");
    assert_int_equal(verdict.events, 25);
    cJSON *jobs = help_ask(&h, "job.list", "{}");
    assert_int_equal(cJSON_GetArraySize(jobs), 3);
    cJSON_Delete(jobs);
    // numbers go on where they were
    help_says(help_ask(&h, "note.add", "{\"subject\":\"JOB-000001\",\"text\":\"seen\"}"), "note",
              "NOTE-000001");
    int64_t events;
    assert_true(ledger_rebuild(h.ledger, &events, &h.error));
    assert_int_equal(events, 26);
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_string_equal(verdict.finding, "");
    help_teardown(&h);
}

static void a_ledger_of_version_1_is_taken_over_whole(void **state) {
    is_taken_over_whole(1);
}

static void a_ledger_of_version_2_is_taken_over_whole(void **state) {
    is_taken_over_whole(2);
}

// The tables that were made anew take the same words as before, and no others.
static void only_known_words_are_kept(void **state) {
    static const char *const columns[][9] = {
        {"UPDATE lots SET origin = ", "received", "split", "merged"},
        {"UPDATE lots SET match = ", "none", "unchecked", "matched", "mismatch"},
        {"UPDATE lots SET state = ", "received", "quarantined", "released", "rejected", "recalled"},
        {"UPDATE lots SET mark = ", "none", "unmarked", "marked", "asked"},
        {"UPDATE declarations SET state = ", "used", "cancelled"},
        {"UPDATE jobs SET state = ", "refused", "completed", "aborted", "alarm", "machine_lost",
         "sender_lost", "host_lost"},
        {"UPDATE job_lots SET basis = ", "declared", "metered", "corrected"},
        {"INSERT OR REPLACE INTO orders (seq, order_ref, customer, ordered_us, added_us, state) SELECT 1, 'O', 'C', 1, 1, ",
         "open", "shipped", "cancelled"},
    };
    struct help h;
    struct store store;
    char path[128], sql[256];
    make_version(&h, 2);
    help_open(&h, LEDGER_WRITER);
    ledger_close(h.ledger);
    snprintf(path, sizeof path, "%s/ledger.db", h.directory);
    assert_true(store_open(&store, path, STORE_WRITER, NULL, &h.error));
    assert_true(store_execute(&store, "PRAGMA foreign_keys=OFF", &h.error));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        for (size_t k = 1; k < 9 && columns[i][k]; k++) {
            snprintf(sql, sizeof sql, "%s'%s'", columns[i][0], columns[i][k]);
            if (!store_execute(&store, sql, &h.error))
                fail_msg("%s: %s", sql, h.error.message);
            assert_true(sqlite3_changes(store.db) > 0);
        }
        snprintf(sql, sizeof sql, "%s'nonsense'", columns[i][0]);
        if (store_execute(&store, sql, &h.error))
            fail_msg("%s was taken", sql);
        assert_string_equal(h.error.code, "bad_event");
    }
    store_close(&store);
    help_remove(h.directory);
}

static void a_ledger_of_version_3_is_taken_over_whole(void **state) {
    is_taken_over_whole(3);
}

static void a_ledger_of_version_5_is_taken_over_whole(void **state) {
    is_taken_over_whole(5);
}

static void a_reader_of_an_earlier_version_is_told_what_to_do(void **state) {
    struct help h;
    make_version(&h, 2);
    struct ledger_options options = {.directory = h.directory, .site = "A", .mode = LEDGER_READER};
    assert_false(ledger_open(&h.ledger, &options, &h.error));
    assert_string_equal(h.error.code, "ledger_unavailable");
    assert_non_null(strstr(h.error.what_to_do, "Start lotgate once"));
    help_remove(h.directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ledger_of_version_1_is_taken_over_whole),
        cmocka_unit_test(a_ledger_of_version_2_is_taken_over_whole),
        cmocka_unit_test(only_known_words_are_kept),
        cmocka_unit_test(a_ledger_of_version_3_is_taken_over_whole),
        cmocka_unit_test(a_ledger_of_version_5_is_taken_over_whole),
        cmocka_unit_test(a_reader_of_an_earlier_version_is_told_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
