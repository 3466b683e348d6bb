// The ledger on a disk that fails: a small session, broken at every write, sync and truncation, in every way.
//
// After each: SQLite's integrity check, the chain and the tables verify, what was acknowledged is there, and the
// ledger can be opened and written again.
#include "ledger_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "fault_vfs.h"

#define VFS_NAME "lotgate-fault"

static const struct {
    const char *op, *args;
} session[] = {
    {"host.start", "{\"version\":\"test\"}"},
    {"supplier.add", "{\"supplier\":\"ACME\",\"name\":\"Acme Plastics\"}"},
    {"material.add", "{\"material\":\"ACR\",\"name\":\"Acrylic\"}"},
    {"operator.add", "{\"operator\":\"OP1\",\"name\":\"Kim Lee\"}"},
    {"machine.register", "{\"machine\":\"laser1\",\"board\":\"b\",\"kind\":\"laser\"}"},
    {"lot.receive",
     "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"88\",\"quantity\":\"5sheet\",\"lot\":\"L1\"}"},
    {"lot.release", "{\"lot\":\"L1\"}"},
    {"declaration.make",
     "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"L1\",\"quantity\":\"1sheet\"}],\"operator\":\"OP1\"}"},
    {"job.hold", "{\"machine\":\"laser1\",\"line\":\"G1 X1 S500\"}"},
    {"job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}"},
    {"job.pause", "{\"job\":\"JOB-000001\",\"reason\":\"feed hold\"}"},
    {"job.end", "{\"job\":\"JOB-000001\"," HELP_END "}"},
    {"ledger.checkpoint", "{}"},
};
#define STEPS (sizeof session / sizeof *session)

// What has been answered so far: the last event's number and hash, and whether the job's start was among it.
struct acknowledged {
    int64_t seq;
    char hash[65];
    size_t steps;
};

static bool step(struct help *h, size_t i, struct acknowledged *known) {
    cJSON *answer = help_try(h, session[i].op, session[i].args);
    if (!answer) {
        // A failing disk is told as such, in a sentence, never as a programmer's error.
        assert_string_equal(h->error.code, "ledger_unavailable");
        assert_true(strlen(h->error.message) > 20 && strlen(h->error.what_to_do) > 20);
        return false;
    }
    cJSON_Delete(answer);
    known->steps = i + 1;
    cJSON *head = help_try(h, "ledger.head", "{}");
    if (head) {
        json_integer(head, "seq", &known->seq);
        snprintf(known->hash, sizeof known->hash, "%s", json_text(head, "hash"));
        cJSON_Delete(head);
    }
    return true;
}

static bool open_faulty(struct help *h) {
    struct ledger_options options = {.directory = h->directory, .mode = LEDGER_WRITER, .vfs = h->vfs};
    return ledger_open(&h->ledger, &options, &h->error);
}

// Runs until the first refusal. With `mend`, the disk recovers at that moment, and the very same connection goes on
// to the end.
static void run_session(struct help *h, struct fault_vfs *vfs, bool mend, struct acknowledged *known) {
    for (int attempt = 0; !open_faulty(h); attempt++) {
        assert_string_equal(h->error.code, "ledger_unavailable");
        if (!mend)
            return;
        assert_int_equal(attempt, 0);
        fault_vfs_arm(vfs, NULL);
    }
    for (size_t i = 0; i < STEPS; i++) {
        if (step(h, i, known))
            continue;
        if (!mend)
            return;
        fault_vfs_arm(vfs, NULL);
        assert_true(step(h, i, known));
    }
}

// False when there is no database yet.
static bool check_integrity(const struct help *h) {
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/ledger.db", h->directory);
    if (access(path, F_OK) != 0)
        return false;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return true;
}

static void check_acknowledged(struct help *h, const struct acknowledged *known) {
    if (!known->seq)
        return;
    char args[64];
    snprintf(args, sizeof args, "{\"after\":%lld,\"limit\":1}", (long long)known->seq - 1);
    cJSON *events = help_ask(h, "event.list", args);
    assert_int_equal(cJSON_GetArraySize(events), 1);
    assert_string_equal(json_text(cJSON_GetArrayItem(events, 0), "hash"), known->hash);
    cJSON_Delete(events);
}

// A job that was acknowledged as started has exactly one end after the next start of lotgate.
static void check_jobs(struct help *h) {
    help_do(h, "host.start", "{\"version\":\"after\"}");
    cJSON *jobs = help_ask(h, "job.list", "{}");
    const cJSON *job;
    cJSON_ArrayForEach(job, jobs) {
        const char *state = json_text(job, "state");
        assert_true(strcmp(state, "running") != 0 && strcmp(state, "held") != 0);
    }
    cJSON_Delete(jobs);
    cJSON *ends = help_ask(h, "event.list", "{\"kind\":\"job.ended\",\"after\":0}");
    cJSON *starts = help_ask(h, "event.list", "{\"kind\":\"job.started\",\"after\":0}");
    assert_int_equal(cJSON_GetArraySize(ends), cJSON_GetArraySize(starts));
    cJSON_Delete(ends);
    cJSON_Delete(starts);
}

static void check_afterwards(struct help *h, const struct acknowledged *known) {
    struct ledger_verdict verdict;
    h->vfs = NULL;
    if (!check_integrity(h))
        assert_int_equal(known->seq, 0);
    help_open(h, LEDGER_WRITER);
    check_acknowledged(h, known);
    check_jobs(h);
    if (!ledger_verify(h->ledger, NULL, &verdict, &h->error))
        fail_msg("verify: %s", h->error.message);
    assert_string_equal(verdict.finding, "");
    help_teardown(h);
}

// Where a sweep begins: with an empty directory, so that making the ledger is swept too, or with one that is there.
enum begin { FRESH, MADE };

static void copy_file(const char *from, const char *to, const char *name) {
    char path[128], bytes[65536];
    snprintf(path, sizeof path, "%s/%s", from, name);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "%s/%s", to, name);
    int out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(in >= 0 && out >= 0);
    for (ssize_t n; (n = read(in, bytes, sizeof bytes)) > 0;)
        assert_true(write(out, bytes, (size_t)n) == n);
    close(in);
    close(out);
}

static struct help made; // an empty ledger, copied for each run

static int make_ledger(void **state) {
    help_setup(&made);
    ledger_close(made.ledger);
    return 0;
}

static int remove_ledger(void **state) {
    help_remove(made.directory);
    return 0;
}

static void begin_run(struct help *h, enum begin begin) {
    help_make_directory(h);
    h->vfs = VFS_NAME;
    for (int i = 0; begin == MADE && i < 3; i++)
        copy_file(made.directory, h->directory, (const char *[]){"ledger.db", "ledger.key", "ledger.pub"}[i]);
}

static int64_t count_operations(struct fault_vfs *vfs, enum begin begin) {
    struct help h;
    struct acknowledged known = {0};
    begin_run(&h, begin);
    fault_vfs_arm(vfs, NULL);
    run_session(&h, vfs, false, &known);
    assert_int_equal(known.steps, STEPS);
    ledger_close(h.ledger);
    int64_t count = fault_vfs_count(vfs);
    help_remove(h.directory);
    fault_vfs_power_on(vfs); // forget the files
    return count;
}

static void sweep(enum fault_kind kind, enum begin begin, bool mend, uint32_t seed) {
    struct fault_vfs *vfs = fault_vfs_create(VFS_NAME);
    int64_t operations = count_operations(vfs, begin);
    assert_true(operations > 30); // a session that hardly writes would prove nothing
    for (int64_t at = 1; at <= operations; at++) {
        struct help h;
        struct acknowledged known = {0};
        struct fault_plan plan = {.kind = kind, .at = at, .seed = seed + (uint32_t)at};
        begin_run(&h, begin);
        fault_vfs_arm(vfs, &plan);
        run_session(&h, vfs, mend, &known);
        if (mend)
            assert_int_equal(known.steps, STEPS);
        ledger_close(h.ledger);
        if (!mend)
            assert_true(fault_vfs_hit(vfs));
        fault_vfs_power_on(vfs);
        check_afterwards(&h, &known);
    }
    print_message("%s%s: broken at each of %lld operations\n", fault_kind_name(kind), mend ? ", mended" : "",
                  (long long)operations);
    fault_vfs_free(vfs);
}

static void after_an_io_error_the_connection_goes_on(void **state) {
    sweep(FAULT_IO_ONCE, MADE, true, 0);
}
static void an_io_error_for_ever_loses_nothing_acknowledged(void **state) {
    sweep(FAULT_IO_FOREVER, MADE, false, 0);
}
static void when_room_is_made_the_connection_goes_on(void **state) {
    sweep(FAULT_FULL, MADE, true, 0);
}
static void a_torn_write_loses_nothing_acknowledged(void **state) {
    sweep(FAULT_TORN, MADE, false, 0);
}
static void a_power_cut_loses_nothing_acknowledged(void **state) {
    sweep(FAULT_POWER, MADE, false, 0);
}
static void a_power_cut_that_kept_some_writes_loses_nothing_acknowledged(void **state) {
    sweep(FAULT_POWER_PART, MADE, false, 7);
}
static void a_ledger_half_made_in_a_power_cut_is_made_whole(void **state) {
    sweep(FAULT_POWER, FRESH, false, 0);
}

// --- kill -9 --------------------------------------------------------------------------------------------

// The child: runs the session and writes each acknowledgement into the pipe; killed at operation `at`.
static void be_killed(const char *directory, int64_t at, int pipe_end) {
    struct help h = {.now_us = HELP_NOW, .vfs = VFS_NAME};
    struct acknowledged known = {0};
    struct fault_plan plan = {.kind = FAULT_KILL, .at = at};
    snprintf(h.directory, sizeof h.directory, "%s", directory);
    struct fault_vfs *vfs = fault_vfs_create(VFS_NAME);
    fault_vfs_arm(vfs, &plan);
    if (!open_faulty(&h))
        _exit(2);
    for (size_t i = 0; i < STEPS; i++) {
        if (!step(&h, i, &known) || write(pipe_end, &known, sizeof known) != sizeof known)
            _exit(3);
    }
    ledger_close(h.ledger);
    _exit(0);
}

// Returns whether the child was killed (and did not come to its end before).
static bool kill_at(int64_t at) {
    struct help h;
    struct acknowledged known = {0}, next;
    int ends[2], status;
    begin_run(&h, MADE);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_killed(h.directory, at, ends[1]);
    close(ends[1]);
    while (read(ends[0], &next, sizeof next) == sizeof next)
        known = next;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    assert_true(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    check_afterwards(&h, &known);
    return killed;
}

static void kill_9_loses_nothing_acknowledged(void **state) {
    int64_t at = 1;
    while (kill_at(at))
        at++;
    assert_true(at > 30);
    print_message("killed at each of %lld operations\n", (long long)at - 1);
}

// The disk that these tests play is only as good as its own memory: without the sync in COMMIT the sweep must fail.
static void the_sweep_would_notice_a_missing_sync(void **state) {
    struct fault_vfs *vfs = fault_vfs_create(VFS_NAME);
    char path[] = "/tmp/lotgate-test-XXXXXX", file[64];
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/x.db", path);
    sqlite3 *db;
    struct fault_plan plan = {.kind = FAULT_POWER, .at = INT64_MAX};
    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, VFS_NAME),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db,
            "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL; CREATE TABLE t (x); PRAGMA wal_checkpoint(TRUNCATE);"
            "PRAGMA synchronous=NORMAL",
            NULL, NULL, NULL),
        SQLITE_OK);
    fault_vfs_arm(vfs, &plan);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
    plan.at = 1;
    fault_vfs_arm(vfs, &plan);
    sqlite3_exec(db, "INSERT INTO t VALUES (2)", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_true(fault_vfs_hit(vfs));
    fault_vfs_power_on(vfs);
    fault_vfs_free(vfs);
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 0); // the acknowledged row is gone
    sqlite3_finalize(statement);
    sqlite3_close(db);
    help_remove(path);
}

struct watcher {
    const char *directory;
    int readers, refused;
    char why[sizeof(struct lg_error)];
};

// Another program that reads while this one's disk is busy.
static void read_meanwhile(void *context) {
    struct watcher *w = context;
    struct ledger_options options = {.directory = w->directory, .mode = LEDGER_READER};
    struct trace_context asks = {.actor = "test", .now_us = HELP_NOW};
    struct lg_error error = {.code = ""};
    struct ledger *reader;
    cJSON *args = cJSON_CreateObject(), *answer = NULL;
    w->readers++;
    if (!ledger_open(&reader, &options, &error) ||
        !trace_run(reader, "ledger.head", &asks, args, &answer, &error)) {
        w->refused++;
        snprintf(w->why, sizeof w->why, "%s %s", error.code, error.message);
    }
    ledger_close(reader);
    cJSON_Delete(answer);
    cJSON_Delete(args);
}

// The last writer copies its log into the database when it closes. On a busy disk that takes seconds, in which whoever reads
// must not be told that the database is locked.
static void a_reader_is_not_kept_waiting_by_a_writer_that_closes(void **state) {
    struct fault_vfs *vfs = fault_vfs_create(VFS_NAME);
    struct help h;
    struct acknowledged known = {.seq = 0};
    help_make_directory(&h);
    h.vfs = VFS_NAME;
    assert_true(open_faulty(&h));
    for (size_t i = 0; i < STEPS; i++)
        assert_true(step(&h, i, &known));
    struct watcher w = {.directory = h.directory};
    fault_vfs_watch(vfs, read_meanwhile, &w);
    ledger_close(h.ledger);
    fault_vfs_watch(vfs, NULL, NULL);
    assert_true(w.readers >= 2); // the log, then the database
    if (w.refused)
        fail_msg("%d of %d: %s", w.refused, w.readers, w.why);
    fault_vfs_free(vfs);
    help_remove(h.directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sweep_would_notice_a_missing_sync),
        cmocka_unit_test(after_an_io_error_the_connection_goes_on),
        cmocka_unit_test(an_io_error_for_ever_loses_nothing_acknowledged),
        cmocka_unit_test(when_room_is_made_the_connection_goes_on),
        cmocka_unit_test(a_torn_write_loses_nothing_acknowledged),
        cmocka_unit_test(a_power_cut_loses_nothing_acknowledged),
        cmocka_unit_test(a_power_cut_that_kept_some_writes_loses_nothing_acknowledged),
        cmocka_unit_test(a_ledger_half_made_in_a_power_cut_is_made_whole),
        cmocka_unit_test(a_reader_is_not_kept_waiting_by_a_writer_that_closes),
        cmocka_unit_test(kill_9_loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests(tests, make_ledger, remove_ledger) ? 1 : 0;
}
