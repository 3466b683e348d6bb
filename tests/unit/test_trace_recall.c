// What an open recall keeps in the house: lots, pieces, units.
#include "ledger_help.h"

static int setup(void **state) {
    static struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    help_do(&h, "customer.add", "{\"customer\":\"C1\",\"name\":\"Ada\"}");
    help_do(&h, "order.add", "{\"order\":\"A\",\"customer\":\"C1\"}");
    help_do(&h, "product.add", "{\"product\":\"BOX\",\"name\":\"Box\"}");
    help_do(&h, "unit.make", "{\"record\":\"MFG-0001\",\"product\":\"BOX\",\"count\":3}");
    *state = &h;
    return 0;
}

static void recall(struct help *h, const char *lot, bool mock) {
    char args[128];
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"reason\":\"notice\",\"mock\":%s}", lot,
             mock ? "true" : "false");
    help_do(h, "recall.open", args);
}

// Kept by check_recall in ops_lot.c.
static void a_lot_is_not_released_out_of_an_open_recall(void **state) {
    struct help *h = *state;
    help_do(h, "lot.split", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\"}");
    recall(h, "ACR-1126-001", false);
    for (int i = 0; i < 2;
         i++) { // the piece alone is as good as its lot, with an inspection between them or not
        help_refused(h, "lot.release", "{\"lot\":\"ACR-1126-001\"}", "lot_recalled");
        help_refused(h, "lot.release", "{\"lot\":\"ACR-1126-001/1\"}", "lot_recalled");
        help_refused(h, "lot.quarantine", "{\"lot\":\"ACR-1126-001\",\"reason\":\"x\"}", "lot_recalled");
        help_do(h, "lot.inspect", "{\"lot\":\"ACR-1126-001\",\"heat\":\"1\",\"cert_heat\":\"2\"}");
        help_do(h, "lot.inspect", "{\"lot\":\"ACR-1126-001\",\"heat\":\"1\",\"cert_heat\":\"1\"}");
    }
    help_do(h, "recall.close", "{\"recall\":\"RCL-0001\",\"conclusion\":\"the notice was withdrawn\"}");
    help_do(h, "lot.release", "{\"lot\":\"ACR-1126-001/1\"}");
}

// Kept by check_recall in ops_order.c.
static void what_was_made_of_a_recalled_lot_is_not_shipped(void **state) {
    struct help *h = *state;
    recall(h, "ACR-1126-001", true);
    help_do(h, "order.ship",
            "{\"order\":\"A\",\"units\":[\"BOX-0001\"],\"partial\":true}"); // an exercise stops nothing
    help_do(h, "unit.allocate", "{\"order\":\"A\",\"unit\":\"BOX-0002\"}");
    recall(h, "ACR-1126-001", false);
    help_refused(h, "order.ship", "{\"order\":\"A\"}", "lot_recalled"); // set apart before
    help_refused(h, "order.ship", "{\"order\":\"A\",\"units\":[\"BOX-0003\"]}", "lot_recalled");
    help_refused(h, "unit.allocate", "{\"order\":\"A\",\"unit\":\"BOX-0003\"}", "lot_recalled");
    help_do(h, "recall.close", "{\"recall\":\"RCL-0002\",\"conclusion\":\"done\"}");
    help_refused(h, "order.ship", "{\"order\":\"A\",\"units\":[\"BOX-0003\"]}",
                 "lot_recalled"); // until it is released
    help_do(h, "lot.release", "{\"lot\":\"ACR-1126-001\"}");
    help_do(h, "order.ship", "{\"order\":\"A\",\"units\":[\"BOX-0003\"]}");
}

// A lot that was rejected before it was recalled keeps its state; the case counts all the same, for what was made before.
static void units_of_a_rejected_lot_stay_too(void **state) {
    struct help *h = *state;
    help_do(h, "lot.reject", "{\"lot\":\"ACR-1126-001\",\"reason\":\"cracks\"}");
    recall(h, "ACR-1126-001", false);
    help_refused(h, "order.ship", "{\"order\":\"A\",\"units\":[\"BOX-0003\"]}", "lot_recalled");
}

// Kept by check_order_recall.
static void an_order_without_units_is_held_back_by_its_records(void **state) {
    struct help *h = *state;
    help_do(h, "order.add", "{\"order\":\"B\",\"customer\":\"C1\"}");
    cJSON *events = help_ask(h, "event.list", "{\"kind\":\"record.opened\"}");
    char args[160];
    int64_t seq = 0;
    assert_true(json_integer(events->child, "seq", &seq));
    cJSON_Delete(events);
    snprintf(args, sizeof args, "{\"event\":%lld,\"field\":\"order\",\"value\":\"B\",\"reason\":\"x\"}",
             (long long)seq);
    help_do(h, "correction.add", args);
    recall(h, "ACR-1126-001", false);
    help_refused(h, "order.ship", "{\"order\":\"B\"}", "lot_recalled");
    help_do(h, "order.ship", "{\"order\":\"A\"}"); // nothing of it was made for this one
}

static void a_shipment_takes_units_with_a_count_and_nothing_else(void **state) {
    struct help *h = *state;
    help_refused(h, "order.ship", "{\"order\":\"A\",\"units\":[{\"unit\":\"BOX-0001\",\"quantity\":3}]}",
                 "unknown_key");
    help_refused(h, "order.ship", "{\"order\":\"A\",\"units\":[]}", "bad_argument");
}

// Kept by check_here in ops_unit.c.
static void what_a_customer_has_is_not_scrapped_here(void **state) {
    struct help *h = *state;
    help_do(h, "order.ship", "{\"order\":\"A\",\"units\":[\"BOX-0001\"]}");
    help_refused(h, "unit.scrap", "{\"unit\":\"BOX-0001\",\"reason\":\"x\"}", "unit_not_in_house");
    help_do(h, "shipment.return", "{\"shipment\":\"SHP-000001\",\"unit\":\"BOX-0001\",\"reason\":\"x\"}");
    help_do(h, "unit.scrap", "{\"unit\":\"BOX-0001\",\"reason\":\"x\"}");
}

// The layers of a trace: supplier, lot, job, record, unit; a job says on which machine it ran, and who worked there.
static void a_trace_goes_through_the_jobs(void **state) {
    static const char *const wanted[][2] = {{"supplier", "Acme Plastics"},
                                            {"lot", "Acrylic, cast, 3 mm"},
                                            {"job", "laser1 (TTS55P-2209-0417), OP1"},
                                            {"record", NULL},
                                            {"unit", "Box"}};
    struct help *h = *state;
    cJSON *trace = help_ask(h, "trace.show", "{\"id\":\"BOX-0001\"}");
    const cJSON *node;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bool found = false;
        cJSON_ArrayForEach(node, json_get(trace, "nodes")) {
            const char *label = json_text(node, "label");
            found = found || (strcmp(json_text(node, "type"), wanted[i][0]) == 0 &&
                              (!wanted[i][1] || (label && strcmp(label, wanted[i][1]) == 0)));
        }
        if (!found)
            fail_msg("no %s %s", wanted[i][0], wanted[i][1] ? wanted[i][1] : "");
    }
    cJSON_Delete(trace);
    help_says(help_ask(h, "trace.show", "{\"id\":\"JOB-000001\"}"), "type", "job");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lot_is_not_released_out_of_an_open_recall, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(what_was_made_of_a_recalled_lot_is_not_shipped, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(units_of_a_rejected_lot_stay_too, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(what_a_customer_has_is_not_scrapped_here, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_trace_goes_through_the_jobs, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(an_order_without_units_is_held_back_by_its_records, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_shipment_takes_units_with_a_count_and_nothing_else, setup,
                                        help_teardown_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
