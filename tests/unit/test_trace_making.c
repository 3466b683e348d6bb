// Products, bills of materials, units and batches, and records that gather several jobs.
#include "ledger_help.h"

static int setup(void **state) {
    static struct help h;
    help_setup(&h);
    help_stock(&h);
    *state = &h;
    return 0;
}

// A whole job under a declaration with these further members; its record.
static void job(struct help *h, const char *more, char record[65]) {
    char args[1024];
    snprintf(args, sizeof args,
             "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\"}]%s}",
             more);
    cJSON *declared = help_ask(h, "declaration.make", args);
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"declaration\":\"%s\"}",
             json_text(declared, "declaration"));
    cJSON_Delete(declared);
    cJSON *started = help_ask(h, "job.start", args);
    snprintf(record, 65, "%s", json_text(started, "record"));
    snprintf(args, sizeof args, "{\"job\":\"%s\"," HELP_END "}", json_text(started, "job"));
    cJSON_Delete(started);
    help_do(h, "job.end", args);
}

static void a_record_gathers_several_jobs(void **state) {
    struct help *h = *state;
    char record[65], again[65];
    job(h, ",\"product\":\"BOX\"", record);
    job(h, ",\"record\":\"MFG-0001\"", again);
    assert_string_equal(record, again);
    cJSON *shown = help_ask(h, "record.show", "{\"record\":\"MFG-0001\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(shown, "jobs")), 2);
    cJSON_Delete(shown);
    help_refused(h, "declaration.make",
                 "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\"}],\"record\":\"MFG-9\"}",
                 "no_such_record");
    help_do(h, "record.close", "{\"record\":\"MFG-0001\",\"good\":3,\"scrapped\":1}");
    help_refused(h, "declaration.make",
                 "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\"}],\"record\":\"MFG-0001\"}",
                 "record_closed");
}

static void a_record_closed_meanwhile_takes_no_job(void **state) {
    struct help *h = *state;
    char record[65];
    job(h, "", record);
    help_do(h, "declaration.make",
            "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\"}],\"record\":\"MFG-0001\"}");
    help_do(h, "record.close", "{\"record\":\"MFG-0001\"}");
    help_refused(h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000002\"}", "record_closed");
}

static void a_record_is_closed_when_its_bill_is_met(void **state) {
    struct help *h = *state;
    char record[65];
    help_do(h, "material.add", "{\"material\":\"PLY\",\"name\":\"Plywood\"}");
    help_do(h, "product.add", "{\"product\":\"BOX\",\"name\":\"Box\"}");
    help_do(
        h, "product.bom",
        "{\"product\":\"BOX\",\"materials\":[{\"material\":\"ACR\",\"quantity\":\"1sheet\"},{\"material\":\"PLY\"}]}");
    help_refused(h, "product.bom", "{\"product\":\"BOX\",\"materials\":[\"XXX\"]}", "no_such_material");
    help_refused(h, "product.bom", "{\"product\":\"BOX\",\"materials\":[\"ACR\",\"ACR\"]}", "bad_argument");
    job(h, ",\"product\":\"BOX\"", record);
    help_refused(h, "record.close", "{\"record\":\"MFG-0001\"}", "bom_incomplete");
    assert_non_null(strstr(h->error.message, "PLY"));
    assert_null(strstr(h->error.message, "ACR"));
    help_refused(h, "record.deviate", "{\"record\":\"MFG-0001\",\"material\":\"PLY\",\"reason\":\"x\"}",
                 "bad_argument");
    help_do(h, "record.deviate",
            "{\"record\":\"MFG-0001\",\"material\":\"PLY\",\"reason\":\"lid left out\",\"by\":\"OP1\"}");
    help_do(h, "record.close", "{\"record\":\"MFG-0001\"}");
    cJSON *shown = help_ask(h, "record.show", "{\"record\":\"MFG-0001\"}");
    assert_string_equal(json_text(json_get(shown, "deviations")->child, "by"), "OP1");
    cJSON_Delete(shown);
    // a bill that is emptied asks for nothing
    help_do(h, "product.bom", "{\"product\":\"BOX\",\"materials\":[]}");
    job(h, ",\"product\":\"BOX\"", record);
    help_do(h, "record.close", "{\"record\":\"MFG-0002\"}");
}

static const char *first_unit(struct help *h, const char *args) {
    static char unit[65];
    cJSON *answer = help_ask(h, "unit.make", args);
    snprintf(unit, sizeof unit, "%s", json_get(answer, "units")->child->valuestring);
    cJSON_Delete(answer);
    return unit;
}

static void units_are_numbered_by_the_products_pattern(void **state) {
    struct help *h = *state;
    char record[65];
    help_do(h, "product.add", "{\"product\":\"BOX\",\"name\":\"Box\",\"pattern\":\"B{yyyy}-{mm}-{nnnn}\"}");
    help_do(h, "product.add", "{\"product\":\"CUP\",\"name\":\"Cup\"}");
    job(h, ",\"product\":\"BOX\"", record);
    assert_string_equal(first_unit(h, "{\"record\":\"MFG-0001\",\"count\":3}"), "B2026-11-0001");
    assert_string_equal(first_unit(h, "{\"record\":\"MFG-0001\"}"), "B2026-11-0004");
    assert_string_equal(first_unit(h, "{\"record\":\"MFG-0001\",\"product\":\"CUP\"}"), "CUP-0001");
    h->now_us += INT64_C(31) * 86400 * 1000000;
    assert_string_equal(first_unit(h, "{\"record\":\"MFG-0001\"}"), "B2026-12-0001");
    assert_string_equal(first_unit(h, "{\"record\":\"MFG-0001\",\"batch\":\"L77\",\"count\":500}"), "L77");
    help_refused(h, "unit.make", "{\"record\":\"MFG-0001\",\"batch\":\"L77\"}", "already_exists");
    help_refused(h, "unit.make", "{\"record\":\"MFG-0001\",\"unit\":\"X\",\"count\":2}", "bad_argument");
    help_refused(h, "unit.make", "{\"record\":\"MFG-0001\",\"count\":1001}", "bad_argument");
    help_refused(h, "unit.make", "{\"record\":\"MFG-0001\",\"product\":\"NONE\"}", "no_such_product");
    help_refused(h, "unit.make", "{\"record\":\"MFG-0009\"}", "no_such_record");
}

static void a_pattern_is_checked_when_it_is_given(void **state) {
    static const char *const bad[] = {
        "BOX",         "BOX-{n}x",
        "BOX{nnnn}",   "{nnnn}",
        "-{nnnn}",     "B {yy}-{nnnn}",
        "B{day}-{nn}", "B-{nnnnnnnnnn}",
        "B{yy-{nnnn}", "A23456789012345678901234567890123456789012345678901234567890-{nnnn}"};
    struct help *h = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char args[256];
        snprintf(args, sizeof args, "{\"product\":\"P%zu\",\"name\":\"x\",\"pattern\":\"%s\"}", i, bad[i]);
        help_refused(h, "product.add", args, "bad_argument");
    }
    help_refused(h, "product.add", "{\"product\":\"A b\",\"name\":\"x\"}", "bad_argument");
}

static void a_unit_tells_where_it_came_from(void **state) {
    struct help *h = *state;
    char record[65];
    job(h, "", record);
    help_do(h, "unit.make", "{\"record\":\"MFG-0001\",\"unit\":\"ONE\"}");
    cJSON *unit = help_ask(h, "unit.show", "{\"unit\":\"ONE\"}");
    assert_string_equal(json_text(json_get(unit, "lots")->child, "lot"), "ACR-1126-001");
    assert_string_equal(json_text(json_get(unit, "lots")->child, "heat"), "88-1204");
    cJSON_Delete(unit);
    help_do(h, "unit.scrap", "{\"unit\":\"ONE\",\"reason\":\"broken\"}");
    help_refused(h, "unit.scrap", "{\"unit\":\"ONE\",\"reason\":\"broken\"}", "unit_scrapped");
    help_says(help_ask(h, "unit.show", "{\"unit\":\"ONE\"}"), "state", "scrapped");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_gathers_several_jobs, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_record_closed_meanwhile_takes_no_job, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_record_is_closed_when_its_bill_is_met, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(units_are_numbered_by_the_products_pattern, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_pattern_is_checked_when_it_is_given, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_unit_tells_where_it_came_from, setup, help_teardown_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
