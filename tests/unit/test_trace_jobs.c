// Jobs: started once, ended once, whatever comes between; and what a crash leaves is ended at the next start.
#include "ledger_help.h"

static void declare(struct help *h, const char *quantity, const char *mode) {
    char args[256];
    snprintf(
        args, sizeof args,
        "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\"%s%s%s}],\"mode\":\"%s\",\"order\":\"ORD-1\",\"product\":\"BOX\",\"count\":4}",
        quantity ? ",\"quantity\":\"" : "", quantity ? quantity : "", quantity ? "\"" : "", mode);
    help_do(h, "declaration.make", args);
}

static void start(struct help *h, const char *declaration, const char *record) {
    char args[128];
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"declaration\":\"%s\"}", declaration);
    help_says(help_ask(h, "job.start", args), "record", record);
}

static void on_hand(struct help *h, const char *expected) {
    help_says(help_ask(h, "lot.show", "{\"lot\":\"ACR-1126-001\"}"), "on_hand", expected);
}

static void state_of(struct help *h, const char *job, const char *expected) {
    char args[64];
    snprintf(args, sizeof args, "{\"job\":\"%s\"}", job);
    help_says(help_ask(h, "job.show", args), "state", expected);
}

static void each_job_uses_its_declaration_up(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    declare(&h, "2sheet", "each-job");
    start(&h, "DEC-000001", "MFG-0001");
    on_hand(&h, "3sheet");
    help_refused(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}",
                 "declaration_closed");
    declare(&h, NULL, "each-job"); // already possible, for the next job
    help_refused(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000002\"}", "job_open");
    help_do(&h, "job.end", "{\"job\":\"JOB-000001\",\"state\":\"aborted\",\"reason\":\"reset\"}");
    start(&h, "DEC-000002", "MFG-0002");
    on_hand(&h, "3sheet"); // no quantity declared: the link is kept, nothing is taken
    help_do(&h, "job.end", "{\"job\":\"JOB-000002\"," HELP_END "}");
    cJSON *record = help_ask(&h, "record.show", "{\"record\":\"MFG-0001\"}");
    assert_string_equal(json_text(record, "order"), "ORD-1");
    assert_string_equal(json_text(record, "product"), "BOX");
    cJSON_Delete(record);
    cJSON *lot = help_ask(&h, "lot.show", "{\"lot\":\"ACR-1126-001\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(lot, "jobs")), 2);
    cJSON_Delete(lot);
    help_teardown(&h);
}

static void until_changed_goes_on_until_the_lot_is_used_up(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    declare(&h, "2sheet", "until-changed");
    start(&h, "DEC-000001", "MFG-0001");
    help_do(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}");
    start(&h, "DEC-000001", "MFG-0002");
    help_do(&h, "job.end", "{\"job\":\"JOB-000002\"," HELP_END "}");
    on_hand(&h, "1sheet");
    help_refused(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}", "lot_used_up");
    help_do(&h, "declaration.cancel", "{\"declaration\":\"DEC-000001\",\"reason\":\"empty\",\"by\":\"OP1\"}");
    help_refused(&h, "declaration.cancel", "{\"declaration\":\"DEC-000001\",\"reason\":\"empty\"}",
                 "declaration_closed");
    help_refused(&h, "declaration.cancel", "{\"declaration\":\"DEC-9\",\"reason\":\"empty\"}",
                 "no_such_declaration");
    declare(&h, "1sheet", "until-changed");
    start(&h, "DEC-000002", "MFG-0003");
    help_do(&h, "job.end", "{\"job\":\"JOB-000003\"," HELP_END "}");
    help_refused(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000002\"}", "lot_used_up");
    help_teardown(&h);
}

// Between the declaration and the job's first line the lot may have been quarantined.
static void the_lot_is_looked_at_again_when_the_job_starts(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    declare(&h, "1sheet", "each-job");
    help_do(&h, "lot.quarantine", "{\"lot\":\"ACR-1126-001\",\"reason\":\"recalled by the supplier\"}");
    help_refused(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}",
                 "lot_quarantined");
    on_hand(&h, "5sheet"); // nothing of the refused start stays
    help_refused(&h, "record.show", "{\"record\":\"MFG-0001\"}", "no_such_record");
    help_teardown(&h);
}

static void a_held_job_goes_on_or_is_refused(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_do(&h, "job.hold", "{\"machine\":\"laser1\",\"line\":\"G1 X1 S500\"}");
    help_refused(&h, "job.hold", "{\"machine\":\"laser1\",\"line\":\"G1 X1 S500\"}", "job_open");
    help_refused(&h, "job.end", "{\"job\":\"JOB-000001\",\"state\":\"completed\"}", "job_not_in_state");
    help_do(&h, "job.refuse", "{\"job\":\"JOB-000001\",\"reason\":\"the sender went away\"}");
    help_refused(&h, "job.refuse", "{\"job\":\"JOB-000001\",\"reason\":\"again\"}", "job_ended");
    state_of(&h, "JOB-000001", "refused");
    help_do(&h, "job.hold", "{\"machine\":\"laser1\",\"line\":\"G1 X1 S500\"}");
    declare(&h, "1sheet", "each-job");
    help_refused(&h, "job.start",
                 "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\",\"job\":\"JOB-000001\"}",
                 "job_not_held");
    help_says(help_ask(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}"), "job",
              "JOB-000002");
    help_refused(&h, "job.refuse", "{\"job\":\"JOB-000002\",\"reason\":\"too late\"}", "job_not_in_state");
    help_do(&h, "job.pause", "{\"job\":\"JOB-000002\",\"reason\":\"feed hold\"}");
    help_do(&h, "job.end", "{\"job\":\"JOB-000002\"," HELP_END "}");
    help_refused(&h, "job.pause", "{\"job\":\"JOB-000002\",\"reason\":\"feed hold\"}", "job_ended");
    help_teardown(&h);
}

// host.start writes the missing ends, exactly once: end_jobs in ops_host.c.
static void what_a_crash_left_open_is_ended_once(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_do(&h, "machine.register", "{\"machine\":\"laser2\",\"board\":\"b\",\"kind\":\"laser\"}");
    declare(&h, "1sheet", "until-changed");
    start(&h, "DEC-000001", "MFG-0001");
    help_do(&h, "job.hold", "{\"machine\":\"laser2\",\"line\":\"G1 X1 S500\"}");
    cJSON *answer = help_ask(&h, "host.start", "{\"version\":\"1\"}");
    assert_string_equal(cJSON_GetArrayItem(json_get(answer, "ended"), 0)->valuestring, "JOB-000001");
    assert_string_equal(cJSON_GetArrayItem(json_get(answer, "refused"), 0)->valuestring, "JOB-000002");
    assert_string_equal(cJSON_GetArrayItem(json_get(answer, "cancelled"), 0)->valuestring, "DEC-000001");
    cJSON_Delete(answer);
    state_of(&h, "JOB-000001", "host_lost");
    state_of(&h, "JOB-000002", "refused");
    on_hand(&h, "4sheet"); // the sheet was on the machine: it counts as used
    help_refused(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}", "job_ended");
    answer = help_ask(&h, "host.start", "{\"version\":\"1\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(answer, "ended")), 0);
    cJSON_Delete(answer);
    declare(&h, "1sheet", "each-job");
    help_do(&h, "host.stop", "{}");
    cJSON *open = help_ask(&h, "declaration.list", "{\"state\":\"open\"}");
    assert_int_equal(cJSON_GetArraySize(open), 0);
    cJSON_Delete(open);
    help_teardown(&h);
}

static void what_was_metered_is_checked(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    declare(&h, "1sheet", "each-job");
    start(&h, "DEC-000001", "MFG-0001");
    static const char *const wrong[] = {
        "\"state\":\"finished\"",
        "\"state\":\"held\"",
        "\"state\":\"completed\",\"lines\":-1",
        "\"state\":\"completed\",\"lines\":1.5",
        "\"state\":\"completed\",\"bytes\":1e300",
        "\"state\":\"completed\",\"sha256\":\"abc\"",
        "\"state\":\"completed\",\"box\":[1,2,3]",
        "\"state\":\"completed\",\"box\":[1,2,3,4,5,6,7]",
        "\"state\":\"completed\",\"box\":[1,2,3,4,5,\"6\"]",
        "\"state\":\"completed\",\"path\":[[1,2]]",
        "\"state\":\"completed\",\"path\":[[1,2,3,4]]",
        "\"state\":\"completed\",\"path\":[[1.5,2,true]]",
        "\"state\":\"completed\",\"path\":[5]",
        "\"state\":\"completed\",\"started\":\"yesterday\"",
    };
    char args[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(args, sizeof args, "{\"job\":\"JOB-000001\",%s}", wrong[i]);
        help_refused(&h, "job.end", args, "bad_argument");
    }
    help_do(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}");
    cJSON *job = help_ask(&h, "job.show", "{\"job\":\"JOB-000001\"}");
    int64_t value;
    assert_true(json_integer(job, "work_um", &value) && value == 300000);
    assert_int_equal(cJSON_GetArraySize(json_get(job, "box")), 6);
    assert_true(json_flag(job, "has_path", false));
    cJSON_Delete(job);
    help_teardown(&h);
}

// ARGS_POINTS_MAX points of the widest numbers fit into a blob; one more point is refused.
static void a_path_has_a_limit(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    cJSON *args = help_json("{\"machine\":\"laser1\",\"lines\":1}"), *path = cJSON_CreateArray(), *answer;
    for (int i = 0; i < 4000; i++) {
        cJSON *point = cJSON_CreateArray();
        cJSON_AddItemToArray(point, cJSON_CreateNumber(INT32_MIN));
        cJSON_AddItemToArray(point, cJSON_CreateNumber(INT32_MIN));
        cJSON_AddItemToArray(point, cJSON_CreateBool(i % 2));
        cJSON_AddItemToArray(path, point);
    }
    json_add(args, "path", path);
    struct trace_context context = {"test", HELP_NOW};
    assert_true(trace_run(h.ledger, "job.dry_run", &context, args, &answer, &h.error));
    cJSON_Delete(answer);
    answer = help_ask(&h, "job.path", "{\"job\":\"JOB-000001\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(answer, "points")), 4000);
    cJSON_Delete(answer);
    cJSON_AddItemToArray(path, help_json("[0,0,0]"));
    assert_false(trace_run(h.ledger, "job.dry_run", &context, args, &answer, &h.error));
    assert_string_equal(h.error.code, "bad_argument");
    cJSON_Delete(args);
    help_teardown(&h);
}

static void a_record_is_closed_once_and_after_its_job(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    declare(&h, "1sheet", "each-job");
    start(&h, "DEC-000001", "MFG-0001");
    help_refused(&h, "record.close", "{\"record\":\"MFG-0001\"}", "job_open");
    help_do(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}");
    help_says(help_ask(&h, "record.close", "{\"record\":\"MFG-0001\",\"by\":\"4711\"}"), "state", "closed");
    help_refused(&h, "record.close", "{\"record\":\"MFG-0001\"}", "record_closed");
    help_says(help_ask(&h, "record.show", "{\"record\":\"MFG-0001\"}"), "closed_by", "OP1");
    help_teardown(&h);
}

static void jobs_page_by_cursor(void **state) {
    struct help h;
    char args[128] = "{\"limit\":3}";
    int seen = 0;
    help_setup(&h);
    help_stock(&h);
    for (int i = 0; i < 10; i++)
        help_do(&h, "job.dry_run", "{\"machine\":\"laser1\",\"lines\":1}");
    for (int page = 0; page < 5; page++) {
        cJSON *jobs = help_ask(&h, "job.list", args);
        const cJSON *job;
        cJSON_ArrayForEach(job, jobs) {
            char expected[16];
            snprintf(expected, sizeof expected, "JOB-%06d",
                     10 - seen++); // newest first, none twice, none left out
            assert_string_equal(json_text(job, "job"), expected);
            snprintf(args, sizeof args, "{\"limit\":\"3\",\"after\":\"%s\"}", expected);
        }
        cJSON_Delete(jobs);
    }
    assert_int_equal(seen, 10);
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_uses_its_declaration_up),
        cmocka_unit_test(until_changed_goes_on_until_the_lot_is_used_up),
        cmocka_unit_test(the_lot_is_looked_at_again_when_the_job_starts),
        cmocka_unit_test(a_held_job_goes_on_or_is_refused),
        cmocka_unit_test(what_a_crash_left_open_is_ended_once),
        cmocka_unit_test(what_was_metered_is_checked),
        cmocka_unit_test(a_path_has_a_limit),
        cmocka_unit_test(a_record_is_closed_once_and_after_its_job),
        cmocka_unit_test(jobs_page_by_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
