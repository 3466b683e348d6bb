// The session of the README, operation by operation, on a ledger of its own.
#include "ledger_help.h"

static void a_session_leaves_a_record_that_links_everything(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    help_says(
        help_ask(
            &h, "lot.receive",
            "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"88-1204\",\"heat\":\"88-1204\","
            "\"cert_heat\":\"88-1204\",\"quantity\":\"5sheet\"}"),
        "lot", "ACR-1126-001");
    help_says(help_ask(&h, "lot.release", "{\"lot\":\"ACR-1126-001\",\"by\":\"4711\"}"), "state", "released");
    cJSON *declared = help_ask(
        &h, "declaration.make",
        "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\"}],\"operator\":\"OP1\"}");
    assert_string_equal(json_text(declared, "text"), "ACR-1126-001 (1 sheet), operator OP1");
    assert_string_equal(json_text(declared, "declaration"), "DEC-000001");
    cJSON_Delete(declared);
    help_says(help_ask(&h, "job.hold", "{\"machine\":\"laser1\",\"line\":\"G1 X10 S500\"}"), "job",
              "JOB-000001");
    help_says(help_ask(&h, "job.start",
                       "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\",\"job\":\"JOB-000001\"}"),
              "record", "MFG-0001");
    help_says(help_ask(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}"), "record", "MFG-0001");

    cJSON *jobs = help_ask(&h, "job.list", "{\"machine\":\"laser1\"}"), *job = cJSON_GetArrayItem(jobs, 0);
    assert_int_equal(cJSON_GetArraySize(jobs), 1);
    assert_string_equal(json_text(job, "serial_number"), "TTS55P-2209-0417");
    assert_string_equal(json_text(job, "state"), "completed");
    assert_string_equal(json_text(job, "started"), "2026-11-23T10:06:01.000000Z");
    assert_string_equal(json_text(cJSON_GetArrayItem(json_get(job, "lots"), 0), "quantity"), "1sheet");
    cJSON_Delete(jobs);

    cJSON *record = help_ask(&h, "record.show", "{\"record\":\"MFG-0001\"}");
    job = cJSON_GetArrayItem(json_get(record, "jobs"), 0);
    const cJSON *lot = cJSON_GetArrayItem(json_get(job, "lots"), 0);
    assert_string_equal(json_text(job, "operator_name"), "Kim Lee");
    assert_string_equal(json_text(lot, "supplier_name"), "Acme Plastics");
    assert_string_equal(json_text(lot, "supplier_lot"), "88-1204");
    assert_string_equal(json_text(lot, "heat"), "88-1204");
    cJSON_Delete(record);

    cJSON *path = help_ask(&h, "job.path", "{\"job\":\"JOB-000001\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(path, "points")), 3);
    cJSON_Delete(path);
    help_says(help_ask(&h, "lot.show", "{\"lot\":\"ACR-1126-001\"}"), "on_hand", "4sheet");

    struct ledger_verdict verdict;
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_string_equal(verdict.finding, "");
    assert_true(verdict.ok);
    help_teardown(&h);
}

// Every reading operation answers, before anything has happened and after.
static void every_read_answers(void **state) {
    static const struct {
        const char *op, *args;
    } reads[] = {
        {"supplier.list", "{}"},
        {"material.list", "{\"sort\":\"name:desc\"}"},
        {"operator.list", "{}"},
        {"machine.list", "{}"},
        {"lot.list", "{\"state\":\"released\",\"material\":\"ACR\",\"limit\":5}"},
        {"declaration.list", "{\"machine\":\"laser1\"}"},
        {"job.list",
         "{\"machine\":\"laser1\",\"from\":\"2026-11-01\",\"to\":\"2026-11-30\",\"state\":\"completed\"}"},
        {"job.list", "{\"sort\":\"machine\"}"},
        {"record.list", "{\"limit\":\"10\"}"},
        {"event.list", "{\"after\":\"0\"}"},
        {"event.list", "{\"kind\":\"lot.received\",\"after\":2}"},
        {"ledger.head", "{}"},
        {"note.list", "{\"subject\":\"laser1\"}"},
    };
    struct help h;
    help_setup(&h);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
            help_do(&h, reads[i].op, reads[i].args);
        if (round == 0) {
            help_stock(&h);
            help_job(&h);
        }
    }
    help_do(&h, "machine.show", "{\"machine\":\"laser1\"}");
    help_do(&h, "job.show", "{\"job\":\"JOB-000001\"}");
    help_says(help_ask(&h, "lookup", "{\"code\":\"4711\"}"), "id", "OP1");
    help_says(help_ask(&h, "lookup", "{\"code\":\"TTS55P-2209-0417\"}"), "type", "machine");
    help_refused(&h, "lookup", "{\"code\":\"nothing\"}", "unknown_code");
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_leaves_a_record_that_links_everything),
        cmocka_unit_test(every_read_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
