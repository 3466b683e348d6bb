// Verification finds each kind of tampering and names it; rebuilding makes the same tables; a copy can be checked
// elsewhere, also by a program that shares nothing with lotgate.
#include "ledger_help.h"

#include <sodium.h>
#include <sqlite3.h>

#include "schema.h"       // schema_tables
#include "verify_chain.h" // verify_chain_start

// A ledger with a bit of everything, closed.
static void make(struct help *h) {
    help_setup(h);
    help_stock(h);
    help_job(h);
    help_do(h, "note.add", "{\"subject\":\"laser1\",\"text\":\"Bett gereinigt \\u00e4\\nund ge\\u00f6lt\"}");
    help_do(
        h, "correction.add",
        "{\"event\":5,\"field\":\"supplier_lot\",\"value\":\"88-1205\",\"reason\":\"misread\",\"by\":\"OP1\"}");
    help_do(h, "ledger.checkpoint", "{}");
    help_do(h, "job.dry_run", "{\"machine\":\"laser1\",\"lines\":3}");
    help_store(h, HELP_PAPER);
    help_do(h, "document.attach",
            "{\"lot\":\"ACR-1126-001\",\"sha256\":" HELP_PAPER_SHA
            ",\"name\":\"mtr.pdf\",\"size\":9,\"kind\":\"mtr\"}");
    ledger_close(h->ledger);
}

static void execute(const struct help *h, const char *sql) {
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/ledger.db", h->directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void verify(struct help *h, const char *key, struct ledger_verdict *verdict) {
    help_open(h, LEDGER_READER);
    if (!ledger_verify(h->ledger, key, verdict, &h->error))
        fail_msg("verify: %s", h->error.message);
    ledger_close(h->ledger);
}

// Changes the file as somebody with a database tool could, who knows that triggers can be dropped and put back.
static void tamper(const struct help *h, const char *table, const char *sql) {
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *statement;
    char triggers[16][512];
    int count = 0;
    snprintf(path, sizeof path, "%s/ledger.db", h->directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?",
                           -1, &statement, NULL),
        SQLITE_OK);
    sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    char drop[1024] = "";
    while (sqlite3_step(statement) == SQLITE_ROW) {
        snprintf(triggers[count++], sizeof triggers[0], "%s", sqlite3_column_text(statement, 1));
        snprintf(drop + strlen(drop), sizeof drop - strlen(drop), "DROP TRIGGER %s;",
                 sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    for (int i = 0; i < count; i++)
        assert_int_equal(sqlite3_exec(db, triggers[i], NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void each_tampering_is_found_and_named(void **state) {
    static const struct {
        const char *table, *sql, *says;
        int64_t first_bad; // 0: no single event is bad
    } cases[] = {
        {"events", "UPDATE events SET body = replace(body, 'Acme', 'Best') WHERE seq = 1",
         "Event 1 (supplier.added) was changed", 1},
        {"events", "UPDATE events SET actor = 'somebody' WHERE seq = 6", "Event 6 (lot.released) was changed",
         6},
        {"events", "UPDATE events SET time_us = time_us + 1 WHERE seq = 7", "Event 7", 7},
        {"events", "UPDATE events SET hash = zeroblob(32) WHERE seq = 4", "Event 4", 4},
        {"events", "UPDATE events SET prev_hash = zeroblob(32) WHERE seq = 3", "does not follow", 3},
        {"events", "DELETE FROM events WHERE seq = 8", "Event 8 is missing", 8},
        {"lots", "UPDATE lots SET state = 'rejected'", "The table lots is not what the events make", 0},
        {"jobs", "DELETE FROM job_lots", "job_lots", 0},
        {"notes", "INSERT INTO notes VALUES (999, 'NOTE-9', 'x', 'x', NULL, 1, 'x')", "comes from no event",
         0},
        {"sequences", "UPDATE sequences SET last = 0 WHERE name = 'MFG'", "sequences", 0},
        {"blobs", "UPDATE blobs SET data = x'00'", "stored bytes", 0},
        {"blobs", "DELETE FROM blobs", "path of job JOB-000001 is missing", 0},
        {"lots", "DROP TRIGGER events_no_delete", "the row events_no_delete / trigger is missing", 0},
        // of two rows that differ in their key the one that has no other is named, kept by key_order
        {"sequences", "DELETE FROM sequences WHERE name = 'DEC'", "the row DEC / 1 is missing", 0},
        {"sequences", "INSERT INTO sequences VALUES ('ABC', 7)", "the row ABC / 7 comes from no event", 0},
        {"lots", "CREATE TRIGGER quiet AFTER INSERT ON lots BEGIN SELECT 1; END", "sqlite_schema", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct help h;
        struct ledger_verdict verdict;
        make(&h);
        verify(&h, NULL, &verdict);
        assert_string_equal(verdict.finding, "");
        assert_true(verdict.ok && verdict.checkpoints == 2 && verdict.first_bad == 0);
        tamper(&h, cases[i].table, cases[i].sql);
        verify(&h, NULL, &verdict);
        assert_false(verdict.ok);
        if (!strstr(verdict.finding, cases[i].says))
            fail_msg("%s: found \"%s\"", cases[i].sql, verdict.finding);
        assert_int_equal(verdict.first_bad, cases[i].first_bad);
        help_remove(h.directory);
    }
}

static void check_in_pieces(struct help *h, int64_t last, int pieces, struct ledger_verdict *verdict) {
    memset(verdict, 0, sizeof *verdict);
    help_open(h, LEDGER_READER);
    struct verify_chain *chain = verify_chain_start(h->ledger, last, pieces, NULL, &h->error);
    assert_non_null(chain);
    assert_true(verify_chain_finish(chain, verdict, &h->error));
    ledger_close(h->ledger);
}

static void copy(const struct help *h, const char *from, const char *to) {
    char command[300];
    snprintf(command, sizeof command, "cd %s && cp %s %s && rm -f ledger.db-*", h->directory, from, to);
    assert_int_equal(system(command), 0);
}

// Wherever the pieces are cut, the same is found.
static void a_chain_in_pieces_is_judged_as_in_one(void **state) {
    static const char *const ways[] = {"DELETE FROM events", "UPDATE events SET actor = 'x'",
                                       "UPDATE events SET hash = zeroblob(32)",
                                       "UPDATE events SET prev_hash = randomblob(32)"};
    struct help h;
    struct ledger_verdict one, many;
    make(&h);
    verify(&h, NULL, &one);
    assert_string_equal(one.finding, "");
    int last = (int)one.events;
    check_in_pieces(&h, last, 7, &many);
    assert_int_equal(many.events, last);
    assert_memory_equal(one.head, many.head, sizeof one.head);
    assert_int_equal(one.checkpoints, many.checkpoints);
    copy(&h, "ledger.db", "kept");
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++)
        for (int seq = 1; seq <= last; seq++) {
            char sql[96];
            snprintf(sql, sizeof sql, "%s WHERE seq %s %d", ways[way], seq % 3 ? "=" : ">=", seq);
            tamper(&h, "events", sql);
            check_in_pieces(&h, last, 1, &one);
            check_in_pieces(&h, last, VERIFY_THREADS_MAX, &many);
            if (strcmp(one.finding, many.finding) != 0)
                fail_msg("%s: \"%s\" in one piece, \"%s\" in many", sql, one.finding, many.finding);
            assert_true(*one.finding && one.first_bad == many.first_bad);
            assert_memory_equal(one.head, many.head, sizeof one.head);
            copy(&h, "kept", "ledger.db");
        }
    help_remove(h.directory);
}

static void the_chain_can_be_checked_alone(void **state) {
    struct help h;
    struct ledger_verdict verdict;
    make(&h);
    tamper(&h, "lots", "UPDATE lots SET state = 'rejected'");
    help_open(&h, LEDGER_READER);
    assert_true(ledger_verify_chain(h.ledger, NULL, &verdict, &h.error));
    assert_true(verdict.ok && verdict.events > 10 && verdict.checkpoints == 2);
    ledger_close(h.ledger);
    tamper(&h, "events", "UPDATE events SET actor = 'somebody' WHERE seq = 6");
    help_open(&h, LEDGER_READER);
    assert_true(ledger_verify_chain(h.ledger, NULL, &verdict, &h.error));
    assert_int_equal(verdict.first_bad, 6);
    ledger_close(h.ledger);
    help_remove(h.directory);
}

static void another_key_does_not_fit(void **state) {
    struct help h;
    struct ledger_verdict verdict;
    char path[128];
    make(&h);
    verify(&h, "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29", &verdict);
    assert_non_null(strstr(verdict.finding, "another key"));
    snprintf(path, sizeof path, "%s/ledger.pub", h.directory);
    unlink(path);
    help_open(&h, LEDGER_READER);
    assert_false(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_string_equal(h.error.code, "no_public_key");
    assert_false(ledger_verify(h.ledger, "xyz", &verdict, &h.error));
    assert_string_equal(h.error.code, "no_public_key");
    ledger_close(h.ledger);
    help_remove(h.directory);
}

// A signature by the right person over another head: the chain is made anew from a point on, hashes and all.
static void a_chain_made_anew_fails_at_its_first_signature(void **state) {
    struct help h, forged;
    struct ledger_verdict verdict;
    char key[65];
    make(&h);
    help_open(&h, LEDGER_READER);
    snprintf(key, sizeof key, "%s", ledger_public_key(h.ledger));
    ledger_close(h.ledger);
    make(&forged); // the same story, told by somebody else
    verify(&forged, NULL, &verdict);
    assert_true(verdict.ok);
    verify(&forged, key, &verdict); // and checked with the shop's key
    assert_false(verdict.ok);
    assert_true(verdict.first_bad > 0);
    help_remove(h.directory);
    help_remove(forged.directory);
}

// --- rebuild and copies ---------------------------------------------------------------------------------

static int64_t hash_tables(const struct help *h, uint8_t hash[32]) {
    char path[128], sql[128];
    sqlite3 *db;
    crypto_hash_sha256_state state;
    int64_t rows = 0;
    crypto_hash_sha256_init(&state);
    snprintf(path, sizeof path, "%s/ledger.db", h->directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (const struct schema_table *t = schema_tables; t->name; t++) {
        sqlite3_stmt *s;
        snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", t->name, t->order);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
        while (sqlite3_step(s) == SQLITE_ROW) {
            rows++;
            for (int i = 0; i < sqlite3_column_count(s); i++) {
                const char *text = (const char *)sqlite3_column_text(s, i);
                crypto_hash_sha256_update(&state, (const unsigned char *)(text ? text : "<null>"),
                                          strlen(text ? text : "<null>") + 1);
            }
        }
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    crypto_hash_sha256_final(&state, hash);
    return rows;
}

static void rebuilding_makes_the_same_tables(void **state) {
    struct help h;
    uint8_t before[32], damaged[32], after[32];
    int64_t events = 0;
    make(&h);
    assert_true(hash_tables(&h, before) > 30);
    execute(
        &h,
        "DELETE FROM event_subjects; UPDATE lots SET state = 'rejected'; DELETE FROM job_lots; DELETE FROM notes");
    hash_tables(&h, damaged);
    assert_memory_not_equal(before, damaged, 32);
    help_open(&h, LEDGER_WRITER);
    assert_true(ledger_rebuild(h.ledger, &events, &h.error));
    assert_true(events > 10);
    struct ledger_verdict verdict;
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_string_equal(verdict.finding, "");
    hash_tables(&h, after);
    assert_memory_equal(before, after, 32);
    help_do(&h, "operator.add", "{\"operator\":\"OP9\",\"name\":\"Lu\"}"); // and it goes on
    help_teardown(&h);
}

static void a_backup_can_be_verified_elsewhere_with_the_public_key_alone(void **state) {
    struct help h, copy;
    struct ledger_verdict verdict;
    char path[128], partial[140], key[65];
    make(&h);
    help_open(&h, LEDGER_WRITER);
    snprintf(key, sizeof key, "%s", ledger_public_key(h.ledger));
    help_make_directory(&copy);
    snprintf(path, sizeof path, "%s/ledger.db", copy.directory);
    snprintf(partial, sizeof partial, "%s.partial", path);
    FILE *left = fopen(partial, "w"); // of a backup that was cut short
    fputs("half a page", left);
    fclose(left);
    assert_true(ledger_backup(h.ledger, path, &h.error));
    assert_int_not_equal(access(partial, F_OK), 0);
    assert_false(ledger_backup(h.ledger, path, &h.error)); // never over a file that is there
    assert_string_equal(h.error.code, "file_exists");
    verify(&copy, key, &verdict);
    assert_string_equal(verdict.finding, "");
    assert_true(verdict.events > 10);
    help_teardown(&h);
    help_remove(copy.directory);
}

// --- the other program ----------------------------------------------------------------------------------

static const char *checker(void) {
    static const char *const places[] = {"tests/tools/ledger_check.py", "../tests/tools/ledger_check.py"};
    if (system("python3 -c 'import sqlite3, hashlib' 2>/dev/null") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

static int run_checker(const struct help *h) {
    char command[512];
    snprintf(command, sizeof command, "python3 %s %s >/dev/null", checker(), h->directory);
    return system(command);
}

static void a_program_that_shares_nothing_agrees(void **state) {
    struct help h;
    if (!checker()) {
        print_message("skipped: python3 or tests/tools/ledger_check.py is missing\n");
        skip();
    }
    make(&h);
    assert_int_equal(run_checker(&h), 0);
    tamper(&h, "events", "UPDATE events SET body = replace(body, 'Acme', 'Best') WHERE seq = 1");
    assert_int_not_equal(run_checker(&h), 0);
    help_remove(h.directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tampering_is_found_and_named),
        cmocka_unit_test(a_chain_in_pieces_is_judged_as_in_one),
        cmocka_unit_test(the_chain_can_be_checked_alone),
        cmocka_unit_test(another_key_does_not_fit),
        cmocka_unit_test(a_chain_made_anew_fails_at_its_first_signature),
        cmocka_unit_test(rebuilding_makes_the_same_tables),
        cmocka_unit_test(a_backup_can_be_verified_elsewhere_with_the_public_key_alone),
        cmocka_unit_test(a_program_that_shares_nothing_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
