// Pieces and their marks, merges, stock changes, and what a job took by its meter.
#include "ledger_help.h"

static int setup(void **state) {
    static struct help h;
    help_setup(&h);
    help_stock(&h);
    *state = &h;
    return 0;
}

static const char *piece_of(struct help *h, const char *lot, const char *quantity) {
    static char piece[65], args[256];
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"quantity\":\"%s\"}", lot, quantity);
    cJSON *answer = help_ask(h, "lot.split", args);
    snprintf(piece, sizeof piece, "%s", json_get(answer, "pieces")->child->valuestring);
    cJSON_Delete(answer);
    return piece;
}

static void on_hand(struct help *h, const char *lot, const char *wanted) {
    char args[128];
    snprintf(args, sizeof args, "{\"lot\":\"%s\"}", lot);
    help_says(help_ask(h, "lot.show", args), "on_hand", wanted);
}

static bool declare(struct help *h, const char *lot, const char *code) {
    char args[256];
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"%s\"}]}", lot);
    if (code) {
        help_refused(h, "declaration.make", args, code);
        return false;
    }
    help_do(h, "declaration.make", args);
    return true;
}

static void a_piece_is_declared_once_its_number_was_read_back(void **state) {
    struct help *h = *state;
    assert_string_equal(piece_of(h, "ACR-1126-001", "2sheet"), "ACR-1126-001/1");
    on_hand(h, "ACR-1126-001", "3sheet");
    on_hand(h, "ACR-1126-001/1", "2sheet");
    declare(h, "ACR-1126-001/1", "piece_not_marked");
    help_refused(h, "lot.mark", "{\"lot\":\"ACR-1126-001/1\",\"code\":\"ACR-1126-001\"}", "mark_differs");
    help_do(h, "lot.mark", "{\"lot\":\"ACR-1126-001/1\",\"code\":\"ACR-1126-001/1\",\"where\":\"edge\"}");
    declare(h, "ACR-1126-001/1", NULL);
    cJSON *piece = help_ask(h, "lot.show", "{\"lot\":\"ACR-1126-001/1\"}");
    assert_string_equal(json_text(piece, "heat"), "88-1204"); // its parent's
    assert_string_equal(json_text(json_get(piece, "parents")->child, "lot"), "ACR-1126-001");
    cJSON_Delete(piece);
}

static void after_a_job_somebody_looks_for_the_number(void **state) {
    struct help *h = *state;
    piece_of(h, "ACR-1126-001", "2sheet");
    help_do(h, "lot.mark", "{\"lot\":\"ACR-1126-001/1\",\"code\":\"ACR-1126-001/1\"}");
    declare(h, "ACR-1126-001/1", NULL);
    help_do(h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}");
    help_do(h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}");
    declare(h, "ACR-1126-001/1", "piece_not_marked");
    assert_non_null(strstr(h->error.message, "last job"));
    help_do(h, "lot.mark_lost", "{\"lot\":\"ACR-1126-001/1\",\"reason\":\"cut away\"}");
    declare(h, "ACR-1126-001/1", "piece_not_marked");
    help_do(h, "lot.mark", "{\"lot\":\"ACR-1126-001/1\",\"code\":\"ACR-1126-001/1\"}");
    declare(h, "ACR-1126-001/1", NULL);
    help_refused(h, "lot.mark_lost", "{\"lot\":\"ACR-1126-001\"}", "not_a_piece");
}

static void pieces_are_numbered_after_the_lot_that_came_in(void **state) {
    struct help *h = *state;
    assert_string_equal(piece_of(h, "ACR-1126-001", "3sheet"), "ACR-1126-001/1");
    assert_string_equal(piece_of(h, "ACR-1126-001/1", "2sheet"), "ACR-1126-001/2");
    assert_string_equal(piece_of(h, "ACR-1126-001", "1sheet"), "ACR-1126-001/3");
    assert_string_equal(piece_of(h, "ACR-1126-001/2", "1sheet"), "ACR-1126-001/4");
    help_refused(h, "lot.split", "{\"lot\":\"ACR-1126-001/2\",\"quantity\":\"2sheet\"}", "lot_used_up");
    help_refused(h, "lot.split", "{\"lot\":\"ACR-1126-001/2\",\"quantity\":\"1mm\"}", "unit_mismatch");
    help_refused(h, "lot.split", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\",\"count\":1001}",
                 "bad_argument");
}

static void a_lot_that_is_rejected_is_not_cut(void **state) {
    struct help *h = *state;
    help_do(h, "lot.reject", "{\"lot\":\"ACR-1126-001\",\"reason\":\"x\"}");
    help_refused(h, "lot.split", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\"}", "lot_rejected");
}

static void a_piece_of_a_quarantined_lot_is_quarantined(void **state) {
    struct help *h = *state;
    help_do(h, "lot.quarantine", "{\"lot\":\"ACR-1126-001\",\"reason\":\"doubt\"}");
    help_says(help_ask(h, "lot.show", "{\"lot\":\"ACR-1126-001\"}"), "state", "quarantined");
    piece_of(h, "ACR-1126-001", "1sheet");
    help_do(h, "lot.mark", "{\"lot\":\"ACR-1126-001/1\",\"code\":\"ACR-1126-001/1\"}");
    declare(h, "ACR-1126-001/1", "lot_quarantined");
}

static void lots_of_one_material_are_merged(void **state) {
    struct help *h = *state;
    help_do(
        h, "lot.receive",
        "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"2\",\"quantity\":\"3sheet\",\"expires\":\"2027-01-01\"}");
    help_refused(h, "lot.merge", "{\"lots\":[\"ACR-1126-001\",\"ACR-1126-002\"]}", "lot_quarantined");
    help_do(h, "lot.release", "{\"lot\":\"ACR-1126-002\"}");
    help_refused(h, "lot.merge", "{\"lots\":[\"ACR-1126-001\"]}", "bad_argument");
    help_refused(h, "lot.merge", "{\"lots\":[\"ACR-1126-001\",\"ACR-1126-001\"]}", "bad_argument");
    help_says(help_ask(h, "lot.merge", "{\"lots\":[\"ACR-1126-001\",\"ACR-1126-002\"]}"), "lot",
              "ACR-1126-003");
    on_hand(h, "ACR-1126-003", "8sheet");
    on_hand(h, "ACR-1126-001", "0sheet");
    declare(h, "ACR-1126-003", "piece_not_marked");
    cJSON *lot = help_ask(h, "lot.show", "{\"lot\":\"ACR-1126-003\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(lot, "parents")), 2);
    assert_non_null(json_text(lot, "expires")); // the earliest of them
    cJSON_Delete(lot);
    help_do(h, "material.add", "{\"material\":\"PLY\",\"name\":\"Plywood\"}");
    help_do(h, "lot.receive",
            "{\"material\":\"PLY\",\"supplier\":\"ACME\",\"supplier_lot\":\"3\",\"quantity\":\"3sheet\"}");
    help_do(h, "lot.release", "{\"lot\":\"PLY-1126-001\"}");
    help_refused(h, "lot.merge", "{\"lots\":[\"ACR-1126-003\",\"PLY-1126-001\"]}", "material_differs");
}

static void stock_is_put_right_with_a_reason(void **state) {
    struct help *h = *state;
    help_do(h, "lot.adjust",
            "{\"lot\":\"ACR-1126-001\",\"quantity\":\"-2sheet\",\"reason\":\"booked twice\"}");
    on_hand(h, "ACR-1126-001", "3sheet");
    help_do(h, "lot.adjust", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"+1sheet\",\"reason\":\"found\"}");
    help_refused(h, "lot.adjust", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"-9sheet\",\"reason\":\"x\"}",
                 "lot_used_up");
    help_refused(h, "lot.adjust", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"1kg\",\"reason\":\"x\"}",
                 "unit_mismatch");
    help_says(
        help_ask(h, "lot.count", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"3sheet\",\"reason\":\"yearly\"}"),
        "change", "-1sheet");
    help_says(
        help_ask(h, "lot.count", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"3sheet\",\"reason\":\"yearly\"}"),
        "change", "none");
    help_do(h, "lot.scrap", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\",\"reason\":\"scratched\"}");
    help_refused(h, "lot.scrap", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"5sheet\",\"reason\":\"x\"}",
                 "lot_used_up");
    help_do(h, "lot.count", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"0 sheets\",\"reason\":\"yearly\"}");
    help_says(help_ask(h, "lot.count", "{\"lot\":\"ACR-1126-001\",\"quantity\":\"0\",\"reason\":\"yearly\"}"),
              "change", "none");
    on_hand(h, "ACR-1126-001", "0sheet");
    declare(h, "ACR-1126-001", "lot_used_up");
    cJSON *lot = help_ask(h, "lot.show", "{\"lot\":\"ACR-1126-001\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(lot, "changes")), 5);
    cJSON_Delete(lot);
}

static void what_a_job_took_is_put_right(void **state) {
    struct help *h = *state;
    help_job(h);
    on_hand(h, "ACR-1126-001", "4sheet");
    help_do(
        h, "lot.correct",
        "{\"job\":\"JOB-000001\",\"lot\":\"ACR-1126-001\",\"quantity\":\"2sheet\",\"reason\":\"two were spoiled\"}");
    on_hand(h, "ACR-1126-001", "3sheet");
    help_do(h, "lot.correct",
            "{\"job\":\"JOB-000001\",\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\",\"reason\":\"no\"}");
    on_hand(h, "ACR-1126-001", "4sheet");
    help_do(h, "lot.correct", // it ran in the air: kept by quantity_parse_found
            "{\"job\":\"JOB-000001\",\"lot\":\"ACR-1126-001\",\"quantity\":\"0sheet\",\"reason\":\"no\"}");
    on_hand(h, "ACR-1126-001", "5sheet");
    help_refused(h, "lot.correct",
                 "{\"job\":\"JOB-000001\",\"lot\":\"ACR-1126-001\",\"quantity\":\"0mm\",\"reason\":\"x\"}",
                 "unit_mismatch");
    help_refused(h, "lot.correct",
                 "{\"job\":\"JOB-000001\",\"lot\":\"ACR-1126-001\",\"quantity\":\"9sheet\",\"reason\":\"x\"}",
                 "lot_used_up");
    help_refused(h, "lot.correct",
                 "{\"job\":\"JOB-000007\",\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\",\"reason\":\"x\"}",
                 "no_such_job");
}

// A job whose work lies in a box of 100 mm by 50 mm, under a declaration without a quantity.
static void metered(struct help *h, const char *quantity, const char *wanted) {
    char args[512];
    snprintf(args, sizeof args,
             "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"m\",\"quantity\":\"%s\"}",
             quantity);
    cJSON *lot = help_ask(h, "lot.receive", args);
    char number[65];
    snprintf(number, sizeof number, "%s", json_text(lot, "lot"));
    cJSON_Delete(lot);
    snprintf(args, sizeof args, "{\"lot\":\"%s\"}", number);
    help_do(h, "lot.release", args);
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"%s\"}]}", number);
    cJSON *declared = help_ask(h, "declaration.make", args);
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"declaration\":\"%s\"}",
             json_text(declared, "declaration"));
    cJSON_Delete(declared);
    cJSON *started = help_ask(h, "job.start", args);
    snprintf(args, sizeof args,
             "{\"job\":\"%s\",\"state\":\"completed\",\"work_box\":[0,0,0,100000,50000,0]}",
             json_text(started, "job"));
    cJSON_Delete(started);
    help_do(h, "job.end", args);
    on_hand(h, number, wanted);
}

static void the_meter_tells_what_was_taken(void **state) {
    struct help *h = *state;
    metered(h, "1m2", "0.994939m2"); // 100.4 mm x 50.4 mm = 5060.16 mm2, rounded up
    metered(h, "1m", "0.8996m");     // the longer side
    metered(h, "1l", "0.984817l");   // times 3 mm
    metered(h, "1kg", "0.981932kg"); // times 1.19 g/cm3: 15183 mm3 -> 18068 mg
    metered(h, "3sheet", "3sheet");  // counted things are not guessed
    metered(h, "1cm2", "0cm2");      // no more than there is
}

static void deep_and_wide_genealogies_are_kept(void **state) {
    struct help *h = *state;
    char lot[65] = "ACR-1126-002", args[256];
    help_do(h, "lot.receive",
            "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"deep\",\"quantity\":\"1000m2\"}");
    assert_true(ledger_begin(h->ledger, &h->error));
    const struct trace_op *op = trace_op_find("lot.split");
    struct trace_context context = {"test", h->now_us};
    for (int depth = 0; depth < 10000; depth++) {
        cJSON *answer, *object;
        snprintf(args, sizeof args, "{\"lot\":\"%s\",\"quantity\":\"%dmm2\"}", lot, 1000000 - depth);
        object = help_json(args);
        if (!trace_run_inside(h->ledger, op, &context, object, &answer, &h->error))
            fail_msg("%s", h->error.message);
        cJSON_Delete(object);
        snprintf(lot, sizeof lot, "%s", json_get(answer, "pieces")->child->valuestring);
        cJSON_Delete(answer);
    }
    assert_true(ledger_commit(h->ledger, &h->error));
    assert_string_equal(lot, "ACR-1126-002/10000");
    on_hand(h, lot, "990001mm2");
    cJSON *found = help_ask(h, "recall.look", "{\"lot\":\"ACR-1126-002\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(found, "descendants")), 10000);
    cJSON_Delete(found);
    found = help_ask(h, "recall.look", "{\"lot\":\"ACR-1126-002/10000\"}");
    assert_int_equal(cJSON_GetArraySize(json_get(found, "ancestors")), 10000);
    cJSON_Delete(found);
}

// The supplier's number of the lot was misread: every piece shows the right one.
static void correct_all(struct help *h, const char *piece) {
    char args[200];
    cJSON *received =
        help_ask(h, "event.list", "{\"kind\":\"lot.received\",\"sort\":\"seq:desc\",\"limit\":1}");
    snprintf(args, sizeof args,
             "{\"event\":%d,\"field\":\"supplier_lot\",\"value\":\"R-2\",\"reason\":\"misread\"}",
             json_get(received->child, "seq")->valueint);
    cJSON_Delete(received);
    help_do(h, "correction.add", args);
    snprintf(args, sizeof args, "{\"lot\":\"%s\"}", piece);
    help_says(help_ask(h, "lot.show", args), "supplier_lot", "R-2");
}

// A family of so many pieces: sheets of a roll, each cut again. Sanitizers take their time for each event.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SHEETS = 10, PIECES_OF_EACH = 1000 };
#else
enum { SHEETS = 100, PIECES_OF_EACH = 1000 };
#endif

static void split_inside(struct help *h, const char *lot, const char *quantity, int count) {
    char args[256];
    struct trace_context context = {"test", h->now_us};
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"quantity\":\"%s\",\"count\":%d}", lot, quantity, count);
    cJSON *object = help_json(args), *answer;
    if (!trace_run_inside(h->ledger, trace_op_find("lot.split"), &context, object, &answer, &h->error))
        fail_msg("%s", h->error.message);
    cJSON_Delete(object);
    cJSON_Delete(answer);
}

static int64_t member(const cJSON *answer, const char *of, const char *name) {
    int64_t value = -1;
    assert_true(json_integer(json_get(answer, of), name, &value));
    return value;
}

static void a_recall_finds_each_of_a_hundred_thousand_pieces(void **state) {
    struct help *h = *state;
    char lot[65], last[80], args[160];
    help_do(h, "lot.receive",
            "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"roll\",\"quantity\":\"1000m2\"}");
    assert_true(ledger_begin(h->ledger, &h->error));
    split_inside(h, "ACR-1126-002", "9m2", SHEETS);
    for (int sheet = 1; sheet <= SHEETS; sheet++) {
        snprintf(lot, sizeof lot, "ACR-1126-002/%d", sheet);
        split_inside(h, lot, "89cm2", PIECES_OF_EACH - 1);
    }
    assert_true(ledger_commit(h->ledger, &h->error));
    snprintf(last, sizeof last, "ACR-1126-002/%d", SHEETS * PIECES_OF_EACH);
    help_do(h, "lot.release", "{\"lot\":\"ACR-1126-002\"}");
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"quantity\":\"1cm2\",\"reason\":\"chipped\"}", last);
    help_do(h, "lot.scrap", args);

    cJSON *found = help_ask(h, "recall.look", "{\"lot\":\"ACR-1126-002\"}");
    assert_int_equal(member(found, "counts", "descendants"), SHEETS * PIECES_OF_EACH);
    assert_int_equal(member(found, "counts", "stock_at_risk"), SHEETS * PIECES_OF_EACH + 1);
    const cJSON *amounts = json_get(json_get(found, "balance"), "amounts");
    int64_t received = 0, on_hand = 0, scrapped = 0;
    assert_true(json_integer(amounts, "received", &received) && json_integer(amounts, "on_hand", &on_hand) &&
                json_integer(amounts, "scrapped", &scrapped));
    assert_true(received == INT64_C(1000000000) && scrapped == 100 && on_hand == received - scrapped);
    cJSON_Delete(found);

    snprintf(args, sizeof args, "{\"id\":\"%s\"}", last);
    cJSON *trace = help_ask(h, "trace.show", args); // backward: the piece, its sheet, the roll, the supplier
    assert_int_equal(cJSON_GetArraySize(json_get(trace, "nodes")), 4);
    cJSON_Delete(trace);
    trace = help_ask(h, "trace.show", "{\"id\":\"ACR-1126-002\"}");
    assert_int_equal(json_flag(trace, "cut", false), SHEETS * PIECES_OF_EACH > 5000); // and it says so
    cJSON_Delete(trace);
    correct_all(h, last);
}

// Are the tables what the events make? Made anew in place as well where there is time for it: in the long sweeps, and where there are
// few pieces.
static int teardown_compared(void **state) {
    struct help *h = *state;
    struct ledger_verdict verdict;
    if (SHEETS < 100 || getenv("LOTGATE_REBUILDS"))
        return help_teardown_checked(state);
    assert_true(ledger_verify(h->ledger, NULL, &verdict, &h->error));
    assert_string_equal(verdict.finding, "");
    help_teardown(h);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_piece_is_declared_once_its_number_was_read_back, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(after_a_job_somebody_looks_for_the_number, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(pieces_are_numbered_after_the_lot_that_came_in, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_lot_that_is_rejected_is_not_cut, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_piece_of_a_quarantined_lot_is_quarantined, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(lots_of_one_material_are_merged, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(stock_is_put_right_with_a_reason, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(what_a_job_took_is_put_right, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(the_meter_tells_what_was_taken, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(deep_and_wide_genealogies_are_kept, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_recall_finds_each_of_a_hundred_thousand_pieces, setup,
                                        teardown_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
