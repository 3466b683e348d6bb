// Appending: what is refused, the limits, numbers, blobs and signed checkpoints.
#include "ledger_help.h"

#include "args.h"
#include "kinds.h"
#include "lists.h"
#include "queries.h"
#include "timefmt.h" // time_now_us

static void append_refused(struct help *h, const char *kind, const char *actor, const char *body,
                           const char *says) {
    cJSON *object = help_json(body);
    int64_t seq;
    assert_true(ledger_begin(h->ledger, &h->error));
    assert_false(ledger_append(h->ledger, kind, actor, HELP_NOW, object, &seq, &h->error));
    ledger_rollback(h->ledger);
    assert_string_equal(h->error.code, "bad_event");
    if (!strstr(h->error.message, says))
        fail_msg("%s: %s", body, h->error.message);
    cJSON_Delete(object);
}

static void events_of_the_wrong_shape_are_refused(void **state) {
    static const struct {
        const char *kind, *body, *says;
    } wrong[] = {
        {"lot.melted", "{}", "no kind of event"},
        {"supplier.added", "[]", "not an object"},
        {"supplier.added", "{\"supplier\":\"B\"}", "lacks \"name\""},
        {"supplier.added", "{\"supplier\":\"B\",\"name\":5}", "wrong type"},
        {"supplier.added", "{\"supplier\":\"B\",\"name\":\"x\",\"colour\":\"red\"}", "does not have"},
        {"supplier.added", "{\"supplier\":\"ACME\",\"name\":\"again\"}", "contradicts"},
        {"document.attached",
         "{\"document\":\"D\",\"lot\":\"X\",\"sha256\":\"x\",\"name\":\"n\",\"size\":1.5,\"kind\":\"k\"}",
         "whole number"},
        {"job.ended", "{\"job\":\"JOB-000001\",\"state\":\"completed\"}", "contradicts"},
        {"job.ended", "{\"job\":\"JOB-999999\",\"state\":\"completed\"}", "contradicts"},
        {"job.started",
         "{\"job\":\"JOB-000001\",\"machine\":\"laser1\",\"declaration\":\"DEC-000001\",\"record\":\"MFG-0001\"}",
         "contradicts"},
        {"lot.released", "{\"lot\":\"ACR-1126-001\"}", "contradicts"},
        {"declaration.made",
         "{\"declaration\":\"DEC-9\",\"machine\":\"laser1\",\"mode\":\"each-job\",\"lots\":[]}", "no lot"},
        {"lot.consumed",
         "{\"lot\":\"ACR-1126-001\",\"job\":\"JOB-000001\",\"record\":\"MFG-0001\",\"amount\":99}",
         "contradicts"},
    };
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        append_refused(&h, wrong[i].kind, "test", wrong[i].body, wrong[i].says);
    append_refused(&h, "host.stopped", "", "{}", "actor");
    append_refused(&h, "host.stopped", "12345678901234567890123456789012345678901234567890123456789012345",
                   "{}", "actor");
    help_job(&h); // refusals left nothing behind
    struct ledger_verdict verdict;
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error) && verdict.ok);
    help_teardown(&h);
}

// Exactly one end: the WHERE of job.ended in apply_job.c, and the table keeps it even against the domain's code.
static void a_job_ends_once(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    help_refused(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}", "job_ended");
    cJSON *ends = help_ask(&h, "event.list", "{\"kind\":\"job.ended\"}");
    assert_int_equal(cJSON_GetArraySize(ends), 1);
    cJSON_Delete(ends);
    help_teardown(&h);
}

static void a_body_has_a_limit(void **state) {
    struct help h;
    help_setup(&h);
    char *text = malloc(LEDGER_BODY_MAX + 1);
    memset(text, 'x', LEDGER_BODY_MAX);
    text[LEDGER_BODY_MAX] = '\0';
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "supplier", "S");
    json_add_text(body, "name", text);
    assert_true(ledger_begin(h.ledger, &h.error));
    assert_false(ledger_append(h.ledger, "supplier.added", "test", 0, body, NULL, &h.error));
    assert_string_equal(h.error.code, "bad_event");
    ledger_rollback(h.ledger);
    text[LEDGER_BODY_MAX - strlen("{\"name\":\"\",\"supplier\":\"S\"}")] = '\0';
    cJSON_DeleteItemFromObjectCaseSensitive(body, "name");
    json_add_text(body, "name", text);
    assert_true(ledger_begin(h.ledger, &h.error));
    assert_true(ledger_append(h.ledger, "supplier.added", "test", 0, body, NULL, &h.error));
    assert_true(ledger_commit(h.ledger, &h.error));
    cJSON_Delete(body);
    free(text);
    help_teardown(&h);
}

static void blobs_have_a_limit_and_are_found_by_their_hash(void **state) {
    struct help h;
    char hash[65], again[65];
    void *data;
    size_t length;
    char *bytes = calloc(1, LEDGER_BLOB_MAX + 1);
    help_setup(&h);
    assert_true(ledger_begin(h.ledger, &h.error));
    assert_false(ledger_blob_put(h.ledger, bytes, LEDGER_BLOB_MAX + 1, hash, &h.error));
    assert_string_equal(h.error.code, "too_large");
    assert_true(ledger_blob_put(h.ledger, bytes, LEDGER_BLOB_MAX, hash, &h.error));
    assert_true(ledger_blob_put(h.ledger, bytes, LEDGER_BLOB_MAX, again, &h.error)); // kept once
    assert_string_equal(hash, again);
    assert_true(ledger_blob_put(h.ledger, "", 0, again, &h.error));
    assert_true(ledger_commit(h.ledger, &h.error));
    assert_true(ledger_blob_get(h.ledger, hash, &data, &length, &h.error));
    assert_int_equal(length, LEDGER_BLOB_MAX);
    free(data);
    assert_true(ledger_blob_get(h.ledger, again, &data, &length, &h.error));
    assert_int_equal(length, 0);
    free(data);
    assert_false(ledger_blob_get(h.ledger, "nothing", &data, &length, &h.error));
    assert_string_equal(h.error.code, "no_such_blob");
    free(bytes);
    help_teardown(&h);
}

// A checkpoint at least every LEDGER_CHECKPOINT_EVENTS events (ledger_append), and one at an orderly close.
static void checkpoints_come_by_themselves(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    const struct trace_op *add = trace_op_find("note.add");
    struct trace_context context = {"test", HELP_NOW};
    cJSON *args = help_json("{\"subject\":\"laser1\",\"text\":\"x\"}"), *answer;
    assert_true(ledger_begin(h.ledger, &h.error));
    for (int i = 0; i < 2 * LEDGER_CHECKPOINT_EVENTS; i++) {
        assert_true(trace_run_inside(h.ledger, add, &context, args, &answer, &h.error));
        cJSON_Delete(answer);
    }
    assert_true(ledger_commit(h.ledger, &h.error));
    cJSON_Delete(args);
    cJSON *points = help_ask(&h, "event.list", "{\"kind\":\"checkpoint\"}");
    assert_int_equal(cJSON_GetArraySize(points), 2);
    int64_t first, second;
    json_integer(cJSON_GetArrayItem(points, 0), "seq", &first);
    json_integer(cJSON_GetArrayItem(points, 1), "seq", &second);
    assert_int_equal(first, LEDGER_CHECKPOINT_EVENTS);
    assert_int_equal(second, 2 * LEDGER_CHECKPOINT_EVENTS);
    cJSON_Delete(points);
    ledger_close(h.ledger);
    help_open(&h, LEDGER_READER);
    struct ledger_verdict verdict;
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_true(verdict.ok);
    assert_int_equal(verdict.checkpoints, 3);
    help_teardown(&h);
}

static void closing_twice_without_events_signs_once(void **state) {
    struct help h;
    help_setup(&h);
    ledger_close(h.ledger); // nothing has happened: nothing to sign
    help_open(&h, LEDGER_WRITER);
    help_says(help_ask(&h, "ledger.head", "{}"), "hash",
              "0000000000000000000000000000000000000000000000000000000000000000");
    help_shop(&h);
    ledger_close(h.ledger);
    for (int i = 0; i < 2; i++) {
        help_open(&h, LEDGER_WRITER);
        cJSON *points = help_ask(&h, "event.list", "{\"kind\":\"checkpoint\"}");
        assert_int_equal(cJSON_GetArraySize(points), 1);
        cJSON_Delete(points);
        ledger_close(h.ledger);
    }
    help_remove(h.directory);
}

static int64_t checkpoints_after(struct help *h, int64_t now_us, int notes) {
    struct ledger_options options = {
        .directory = h->directory, .site = "A", .mode = LEDGER_WRITER, .brief = true};
    struct ledger_verdict verdict;
    assert_true(ledger_open(&h->ledger, &options, &h->error));
    for (int i = 0; i < notes; i++) {
        struct trace_context context = {"test", now_us};
        cJSON *args = help_json("{\"subject\":\"laser1\",\"text\":\"x\"}"), *answer;
        assert_true(trace_run(h->ledger, "note.add", &context, args, &answer, &h->error));
        cJSON_Delete(answer);
        cJSON_Delete(args);
    }
    ledger_close(h->ledger);
    help_open(h, LEDGER_READER);
    assert_true(ledger_verify(h->ledger, NULL, &verdict, &h->error));
    assert_true(verdict.ok);
    ledger_close(h->ledger);
    return verdict.checkpoints;
}

static void who_opens_it_for_one_act_signs_now_and_then(void **state) {
    struct help h;
    int64_t now = time_now_us();
    help_setup(&h);
    help_shop(&h);
    ledger_close(h.ledger);
    assert_int_equal(checkpoints_after(&h, now, LEDGER_BRIEF_EVENTS - 1), 1);
    assert_int_equal(checkpoints_after(&h, now, 1), 2);
    assert_int_equal(checkpoints_after(&h, now, 1), 2);
    help_open(&h, LEDGER_WRITER); // the last signature is an old one
    assert_true(ledger_begin(h.ledger, &h.error));
    assert_true(ledger_checkpoint(h.ledger, now - LEDGER_BRIEF_US, &h.error));
    assert_true(ledger_commit(h.ledger, &h.error));
    ledger_close(h.ledger);
    assert_int_equal(checkpoints_after(&h, now, 0), 3); // nothing happened since
    assert_int_equal(checkpoints_after(&h, now, 1), 4);
    help_remove(h.directory);
}

static void numbers_are_never_given_twice(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    static const char args[] =
        "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\"}";
    help_says(help_ask(&h, "lot.receive", args), "lot", "ACR-1126-001");
    // a number given by hand is used up too
    help_says(
        help_ask(&h, "lot.receive",
                 "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\","
                 "\"lot\":\"ACR-1126-007\"}"),
        "lot", "ACR-1126-007");
    help_says(help_ask(&h, "lot.receive", args), "lot", "ACR-1126-008");
    // one that was asked for in a transaction that failed comes again; one that was committed does not
    char number[65];
    assert_true(ledger_begin(h.ledger, &h.error));
    assert_true(ledger_next_number(h.ledger, "MFG", number, sizeof number, &h.error));
    ledger_rollback(h.ledger);
    assert_string_equal(number, "MFG-0001");
    h.now_us += INT64_C(31) * 86400 * 1000000; // next month
    help_says(help_ask(&h, "lot.receive", args), "lot", "ACR-1226-001");
    help_teardown(&h);
}

// --- the tables of the code itself ----------------------------------------------------------------------

static void every_argument_has_a_type_and_every_name_is_unique(void **state) {
    for (const struct trace_op *const *family = trace_ops; *family; family++)
        for (const struct trace_op *op = *family; op->name; op++) {
            assert_ptr_equal(trace_op_find(op->name), op);
            assert_true(op->summary && op->run);
            for (const char *const *a = op->arguments; *a; a++)
                if (!args_known(**a == '!' ? *a + 1 : *a))
                    fail_msg("%s: the argument %s has no type", op->name, *a);
        }
    int most;
    for (const struct ledger_query_family *family = ledger_queries; family->queries; family++)
        for (const struct ledger_named_query *q = family->queries; q->name; q++)
            assert_ptr_equal(ledger_query_find(q->name, &most), q);
}

static void must_answer(struct help *h, const char *query, const cJSON *args) {
    cJSON *rows = ledger_query(h->ledger, query, args, &h->error);
    if (!rows)
        fail_msg("%s: %s", query, h->error.message);
    cJSON_Delete(rows);
}

// Each named query is valid SQL, with every filter and with none, also the ones that no operation uses today.
static void every_query_runs(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    cJSON *all = help_json(
        "{\"supplier\":\"ACME\",\"material\":\"ACR\",\"after\":\"0\",\"limit\":10,\"state\":\"released\","
        "\"machine\":\"laser1\",\"from\":0,\"to\":1,\"kind\":\"x\",\"lot\":\"ACR-1126-001\",\"job\":\"JOB-000001\","
        "\"record\":\"MFG-0001\",\"subject\":\"x\",\"code\":\"x\",\"seq\":1,\"event\":1,\"field\":\"x\",\"now_us\":1,"
        "\"declaration\":\"DEC-000001\"}");
    cJSON *none = help_json("{\"limit\":10}");
    for (const struct ledger_query_family *family = ledger_queries; family->queries; family++)
        for (const struct ledger_named_query *q = family->queries; q->name; q++) {
            cJSON *given = cJSON_Duplicate(all, true);
            if (ledger_list_find(q->name)) // whose `after` must be a row: test_trace_lists
                cJSON_DeleteItemFromObjectCaseSensitive(given, "after");
            must_answer(&h, q->name, given);
            cJSON_Delete(given);
            must_answer(&h, q->name, none);
        }
    cJSON_Delete(all);
    cJSON_Delete(none);
    help_teardown(&h);
}

static void an_answer_has_at_most_so_many_rows(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    const struct trace_op *add = trace_op_find("note.add");
    struct trace_context context = {"test", HELP_NOW};
    cJSON *args = help_json("{\"subject\":\"laser1\",\"text\":\"x\"}"), *answer;
    assert_true(ledger_begin(h.ledger, &h.error));
    for (int i = 0; i < LEDGER_ROWS_MAX + 5; i++) {
        assert_true(trace_run_inside(h.ledger, add, &context, args, &answer, &h.error));
        cJSON_Delete(answer);
    }
    assert_true(ledger_commit(h.ledger, &h.error));
    cJSON_Delete(args);
    cJSON *rows = help_ask(&h, "note.list", "{\"subject\":\"laser1\",\"limit\":5000}");
    assert_int_equal(cJSON_GetArraySize(rows), LEDGER_ROWS_MAX); // common_filtered bounds it
    cJSON_Delete(rows);
    rows = help_ask(&h, "note.list", "{\"subject\":\"laser1\",\"after\":\"NOTE-001000\"}");
    assert_int_equal(cJSON_GetArraySize(rows), 5); // and the rest comes with the cursor
    cJSON_Delete(rows);
    args = help_json("{\"subject\":\"laser1\",\"limit\":5000}");
    assert_null(ledger_query(h.ledger, "note_list", args, &h.error)); // without the bound: refused, never cut
    assert_string_equal(h.error.code, "too_many_rows");
    cJSON_Delete(args);
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_the_wrong_shape_are_refused),
        cmocka_unit_test(a_job_ends_once),
        cmocka_unit_test(a_body_has_a_limit),
        cmocka_unit_test(blobs_have_a_limit_and_are_found_by_their_hash),
        cmocka_unit_test(checkpoints_come_by_themselves),
        cmocka_unit_test(closing_twice_without_events_signs_once),
        cmocka_unit_test(who_opens_it_for_one_act_signs_now_and_then),
        cmocka_unit_test(numbers_are_never_given_twice),
        cmocka_unit_test(every_argument_has_a_type_and_every_name_is_unique),
        cmocka_unit_test(every_query_runs),
        cmocka_unit_test(an_answer_has_at_most_so_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
