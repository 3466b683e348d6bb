// What may happen to a lot, and which lots may be declared.
#include "ledger_help.h"

static void receive(struct help *h, const char *lot, const char *more) {
    char args[512];
    snprintf(
        args, sizeof args,
        "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"2sheet\",\"lot\":\"%s\"%s}",
        lot, more);
    help_do(h, "lot.receive", args);
}

static const char *lot_args(const char *lot, const char *more) {
    static char args[512];
    snprintf(args, sizeof args, "{\"lot\":\"%s\"%s}", lot, more);
    return args;
}

static const char *declare_args(const char *lots, const char *more) {
    static char args[1024];
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"lots\":[%s]%s}", lots, more);
    return args;
}

static void a_heat_number_that_differs_can_never_be_released(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    cJSON *answer =
        help_ask(&h, "lot.receive",
                 "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"2sheet\","
                 "\"heat\":\" 88-1204 \",\"cert_heat\":\"88-1205\"}");
    assert_string_equal(json_text(answer, "match"), "mismatch");
    help_says(answer, "state", "quarantined");
    help_refused(&h, "lot.release", lot_args("ACR-1126-001", ""), "heat_mismatch");
    assert_non_null(strstr(h.error.message, "88-1204"));
    assert_non_null(strstr(h.error.message, "88-1205"));
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"ACR-1126-001\"}", ""), "lot_quarantined");
    // inspected again with numbers that still differ
    help_says(help_ask(&h, "lot.inspect",
                       lot_args("ACR-1126-001", ",\"heat\":\"88-1204\",\"cert_heat\":\"88-1206\"")),
              "state", "quarantined");
    help_refused(&h, "lot.release", lot_args("ACR-1126-001", ""), "heat_mismatch");
    // re-certified: both numbers agree; it still takes a release
    help_says(help_ask(&h, "lot.inspect",
                       lot_args("ACR-1126-001", ",\"heat\":\"88-1204\",\"cert_heat\":\"88-1204\"")),
              "match", "matched");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"ACR-1126-001\"}", ""), "lot_quarantined");
    help_says(help_ask(&h, "lot.release", lot_args("ACR-1126-001", "")), "state", "released");
    help_do(&h, "declaration.make", declare_args("{\"lot\":\"ACR-1126-001\"}", ""));
    help_teardown(&h);
}

static void one_heat_number_alone_must_be_compared_first(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    receive(&h, "L1", ",\"heat\":\"88\"");
    receive(&h, "L2", ",\"cert_heat\":\"88\"");
    receive(&h, "L3", "");
    help_refused(&h, "lot.release", lot_args("L1", ""), "not_inspected");
    help_refused(&h, "lot.release", lot_args("L2", ""), "not_inspected");
    help_do(&h, "lot.release", lot_args("L3", ""));
    help_do(&h, "lot.inspect", lot_args("L1", ",\"heat\":\"88\",\"cert_heat\":\"88\""));
    help_do(&h, "lot.release", lot_args("L1", ""));
    help_do(&h, "lot.inspect", lot_args("L1", ",\"heat\":\"88\",\"cert_heat\":\"89\"")); // found out later
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"L1\"}", ""), "lot_quarantined");
    help_teardown(&h);
}

// Kept by common_item_quantity: what is no text was passed over, and the lot declared without its quantity.
static void a_quantity_in_a_list_is_a_text_with_a_unit(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"ACR-1126-001\",\"quantity\":3}", ""),
                 "bad_quantity");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"ACR-1126-001\",\"quantity\":\"\"}", ""),
                 "bad_quantity");
    help_do(&h, "product.add", "{\"product\":\"BOX\",\"name\":\"Box\"}");
    help_refused(&h, "product.bom",
                 "{\"product\":\"BOX\",\"materials\":[{\"material\":\"ACR\",\"quantity\":1}]}",
                 "bad_quantity");
    help_do(&h, "declaration.make", declare_args("{\"lot\":\"ACR-1126-001\",\"quantity\":null}", ""));
    help_teardown(&h);
}

static void states_change_only_as_they_may(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    receive(&h, "L1", "");
    help_do(&h, "lot.release", lot_args("L1", ""));
    help_refused(&h, "lot.release", lot_args("L1", ""), "already_released");
    help_do(&h, "lot.quarantine", lot_args("L1", ",\"reason\":\"scratches\""));
    help_refused(&h, "lot.quarantine", lot_args("L1", ",\"reason\":\"scratches\""), "already_quarantined");
    help_refused(&h, "lot.reject", lot_args("L1", ""), "bad_argument"); // a reason is needed
    help_do(&h, "lot.release", lot_args("L1", ",\"note\":\"looked at\""));
    help_do(&h, "lot.reject", lot_args("L1", ",\"reason\":\"wrong material\",\"by\":\"4711\""));
    help_refused(&h, "lot.release", lot_args("L1", ""), "lot_rejected");
    help_refused(&h, "lot.inspect", lot_args("L1", ",\"heat\":\"1\",\"cert_heat\":\"1\""), "lot_rejected");
    help_refused(&h, "lot.quarantine", lot_args("L1", ",\"reason\":\"x\""), "lot_rejected");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"L1\"}", ""), "lot_rejected");
    help_refused(&h, "lot.release", lot_args("L9", ""), "no_such_lot");
    cJSON *lot = help_ask(&h, "lot.show", lot_args("L1", ""));
    assert_string_equal(json_text(lot, "state_by"), "OP1"); // the badge became the operator
    assert_string_equal(json_text(lot, "reason"), "wrong material");
    assert_int_equal(cJSON_GetArraySize(json_get(lot, "events")), 5);
    cJSON_Delete(lot);
    help_teardown(&h);
}

static void a_lot_waits_for_the_documents_its_material_requires(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    help_store(&h, HELP_PAPER);
    help_do(&h, "material.add", "{\"material\":\"STL\",\"name\":\"Steel\",\"requires\":[\"mtr\",\"rohs\"]}");
    help_do(
        &h, "lot.receive",
        "{\"material\":\"STL\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1.5kg\",\"lot\":\"S1\"}");
    help_refused(&h, "lot.release", lot_args("S1", ""), "certificate_missing");
    assert_non_null(strstr(h.error.message, "mtr, rohs"));
    assert_non_null(strstr(h.error.what_to_do, "`lotgate lot document S1 FILE --kind mtr`"));
    help_do(&h, "document.attach",
            "{\"material\":\"STL\",\"sha256\":" HELP_PAPER_SHA
            ",\"name\":\"rohs.pdf\",\"size\":9,\"kind\":\"rohs\"}");
    help_do(&h, "document.attach",
            "{\"lot\":\"S1\",\"sha256\":" HELP_PAPER_SHA
            ",\"name\":\"old.pdf\",\"size\":9,\"kind\":\"mtr\",\"expires\":\"2026-11-22\"}");
    help_refused(&h, "lot.release", lot_args("S1", ""),
                 "certificate_missing"); // the mill test report has expired
    assert_null(strstr(h.error.message, "rohs"));
    help_do(&h, "document.attach",
            "{\"lot\":\"S1\",\"sha256\":" HELP_PAPER_SHA
            ",\"name\":\"mtr.pdf\",\"size\":9,\"kind\":\"mtr\",\"expires\":\"2026-11-23\"}");
    help_do(&h, "lot.release", lot_args("S1", ""));
    help_refused(&h, "document.attach",
                 "{\"sha256\":" HELP_PAPER_SHA ",\"name\":\"x\",\"size\":9,\"kind\":\"mtr\"}",
                 "bad_argument");
    help_refused(&h, "document.attach",
                 "{\"lot\":\"S1\",\"material\":\"STL\",\"sha256\":" HELP_PAPER_SHA
                 ",\"name\":\"x\",\"size\":9,\"kind\":\"mtr\"}",
                 "bad_argument");
    help_refused(&h, "document.attach",
                 "{\"lot\":\"S9\",\"sha256\":" HELP_PAPER_SHA ",\"name\":\"x\",\"size\":9,\"kind\":\"mtr\"}",
                 "no_such_lot");
    help_teardown(&h);
}

static void receiving_needs_what_it_names(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    help_refused(
        &h, "lot.receive",
        "{\"material\":\"PVC\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\"}",
        "no_such_material");
    help_refused(
        &h, "lot.receive",
        "{\"material\":\"ACR\",\"supplier\":\"NONE\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\"}",
        "no_such_supplier");
    help_refused(&h, "lot.receive",
                 "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"many\"}",
                 "bad_quantity");
    receive(&h, "L1", "");
    help_refused(
        &h, "lot.receive",
        "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\",\"lot\":\"L1\"}",
        "already_exists");
    help_refused(
        &h, "lot.receive",
        "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\",\"lot\":\"MFG-0009\"}",
        "bad_argument");
    help_teardown(&h);
}

static void only_a_usable_lot_can_be_declared(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    receive(&h, "NEW", "");
    receive(&h, "OLD", ",\"expires\":\"2026-11-22\"");
    receive(&h, "TODAY", ",\"expires\":\"2026-11-23\"");
    receive(&h, "GOOD", "");
    help_do(&h, "lot.release", lot_args("OLD", ""));
    help_do(&h, "lot.release", lot_args("TODAY", ""));
    help_do(&h, "lot.release", lot_args("GOOD", ""));
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"NONE\"}", ""), "no_such_lot");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"NEW\"}", ""), "lot_quarantined");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"OLD\"}", ""), "lot_expired");
    assert_non_null(strstr(h.error.message, "until 2026-11-22.")); // the day that was given
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\",\"quantity\":\"3sheet\"}", ""),
                 "lot_used_up");
    assert_non_null(strstr(h.error.message, "2 sheet"));
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\",\"quantity\":\"100g\"}", ""),
                 "unit_mismatch");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\"},{\"lot\":\"GOOD\"}", ""),
                 "bad_argument");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\"},{\"lot\":\"OLD\"}", ""),
                 "lot_expired");
    help_refused(&h, "declaration.make", declare_args("", ""), "bad_argument");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\"}", ",\"operator\":\"999\""),
                 "operator_unknown");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\"}", ",\"require\":[\"operator\"]"),
                 "operator_required");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\"}", ",\"mode\":\"sometimes\""),
                 "bad_argument");
    help_refused(&h, "declaration.make", "{\"machine\":\"laser9\",\"lots\":[{\"lot\":\"GOOD\"}]}",
                 "no_such_machine");
    help_says(help_ask(&h, "declaration.make",
                       declare_args("{\"lot\":\"GOOD\",\"quantity\":\"1sheet\"},{\"lot\":\"TODAY\"}",
                                    ",\"operator\":\"4711\",\"require\":[\"operator\"]")),
              "text", "GOOD (1 sheet), TODAY, operator OP1");
    help_refused(&h, "declaration.make", declare_args("{\"lot\":\"GOOD\"}", ""), "already_declared");
    help_teardown(&h);
}

static void a_declaration_takes_at_most_so_many_lots(void **state) {
    struct help h;
    char lots[2048] = "", lot[32];
    help_setup(&h);
    help_shop(&h);
    for (int i = 0; i < 17; i++) { // ARGS_LOTS_MAX and one
        snprintf(lot, sizeof lot, "L%d", i);
        receive(&h, lot, "");
        help_do(&h, "lot.release", lot_args(lot, ""));
        snprintf(lots + strlen(lots), sizeof lots - strlen(lots), "%s{\"lot\":\"L%d\"}", i ? "," : "", i);
    }
    help_refused(&h, "declaration.make", declare_args(lots, ""), "bad_argument");
    *strrchr(lots, ',') = '\0';
    help_do(&h, "declaration.make", declare_args(lots, ""));
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heat_number_that_differs_can_never_be_released),
        cmocka_unit_test(one_heat_number_alone_must_be_compared_first),
        cmocka_unit_test(a_quantity_in_a_list_is_a_text_with_a_unit),
        cmocka_unit_test(states_change_only_as_they_may),
        cmocka_unit_test(a_lot_waits_for_the_documents_its_material_requires),
        cmocka_unit_test(receiving_needs_what_it_names),
        cmocka_unit_test(only_a_usable_lot_can_be_declared),
        cmocka_unit_test(a_declaration_takes_at_most_so_many_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
