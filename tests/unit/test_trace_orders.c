// Customers, orders, shipments, returns, and their import.
#include "ledger_help.h"

static int setup(void **state) {
    static struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    *state = &h;
    return 0;
}

// Units are appended as the ledger holds them: making them is another family's act.
static void make_unit(struct help *h, const char *unit, int64_t count) {
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "unit", unit);
    json_add_text(body, "record", "MFG-0001");
    json_add_integer(body, "count", count);
    assert_true(ledger_begin(h->ledger, &h->error));
    if (!ledger_append(h->ledger, "unit.made", "test", h->now_us, body, NULL, &h->error))
        fail_msg("%s", h->error.message);
    assert_true(ledger_commit(h->ledger, &h->error));
    cJSON_Delete(body);
}

static int64_t number(cJSON *taken, const char *name) {
    int64_t value = -1;
    json_integer(taken, name, &value);
    cJSON_Delete(taken);
    return value;
}

static void a_customer_is_added_and_changed(void **state) {
    struct help *h = *state;
    help_says(help_ask(h, "customer.add", "{\"name\":\"Ada\",\"email\":\"ada@x.example\"}"), "customer",
              "CUST-00001");
    help_says(help_ask(h, "customer.add", "{\"customer\":\"BOB\",\"name\":\"Bob\"}"), "customer", "BOB");
    help_refused(h, "customer.add", "{\"customer\":\"BOB\",\"name\":\"Bob\"}", "already_exists");
    help_do(h, "customer.change", "{\"customer\":\"BOB\",\"phone\":\"+1\"}");
    // by the e-mail a customer is known again: kept by customer_small_email
    help_do(h, "customer.change", "{\"customer\":\"BOB\",\"email\":\"Bob@X.example\"}");
    cJSON *found = help_ask(h, "customer.list", "{\"email\":\"BOB@x.example\"}");
    assert_int_equal(cJSON_GetArraySize(found), 1);
    cJSON_Delete(found);
    found =
        help_ask(h, "order.import",
                 "{\"orders\":[{\"order\":\"I1\",\"customer\":{\"name\":\"B\",\"email\":\"bob@x.example\"},"
                 "\"items\":[{\"title\":\"Box\",\"count\":1}]}]}");
    assert_string_equal(json_text(json_get(found, "orders")->child, "customer"), "BOB");
    cJSON_Delete(found);
    help_says(help_ask(h, "customer.show", "{\"customer\":\"BOB\"}"), "phone", "+1");
    help_refused(h, "customer.change", "{\"customer\":\"BOB\"}", "bad_argument");
    help_refused(h, "customer.show", "{\"customer\":\"EVE\"}", "no_such_customer");
}

static void an_order_is_shipped_with_its_units(void **state) {
    struct help *h = *state;
    help_do(h, "customer.add", "{\"customer\":\"C1\",\"name\":\"Ada\"}");
    help_do(h, "order.add",
            "{\"order\":\"#1001\",\"customer\":\"C1\",\"items\":[{\"title\":\"Box\",\"count\":2}]}");
    help_refused(h, "order.add", "{\"order\":\"#1001\",\"customer\":\"C1\"}", "already_exists");
    help_refused(h, "order.add", "{\"order\":\"#1\",\"customer\":\"C9\"}", "no_such_customer");
    help_refused(h, "order.add", "{\"order\":\"#1\",\"customer\":\"C1\",\"items\":[{\"count\":2}]}",
                 "bad_argument");
    make_unit(h, "BOX-1", 1);
    make_unit(h, "BATCH-1", 10);
    help_do(h, "unit.allocate", "{\"unit\":\"BOX-1\",\"order\":\"#1001\"}");
    help_refused(h, "unit.allocate", "{\"unit\":\"BOX-1\",\"order\":\"#1001\",\"count\":2}",
                 "unit_not_in_house");
    help_do(h, "unit.allocate", "{\"unit\":\"BATCH-1\",\"order\":\"#1001\",\"count\":4}");
    help_says(help_ask(h, "order.ship", "{\"order\":\"#1001\",\"carrier\":\"DHL\"}"), "shipment",
              "SHP-000001");
    cJSON *order = help_ask(h, "order.show", "{\"order\":\"#1001\"}");
    assert_string_equal(json_text(order, "state"), "shipped");
    assert_int_equal(cJSON_GetArraySize(json_get(order, "set_apart")), 0);
    assert_int_equal(cJSON_GetArraySize(json_get(json_get(order, "shipments")->child, "units")), 2);
    cJSON_Delete(order);
    help_refused(h, "order.ship", "{\"order\":\"#1001\"}", "order_closed");
    help_refused(h, "order.cancel", "{\"order\":\"#1001\",\"reason\":\"x\"}", "order_closed");
}

static void what_has_left_cannot_leave_again_until_it_returns(void **state) {
    struct help *h = *state;
    help_do(h, "customer.add", "{\"customer\":\"C1\",\"name\":\"Ada\"}");
    help_do(h, "order.add", "{\"order\":\"A\",\"customer\":\"C1\"}");
    help_do(h, "order.add", "{\"order\":\"B\",\"customer\":\"C1\"}");
    make_unit(h, "BOX-1", 1);
    help_do(h, "order.ship", "{\"order\":\"A\",\"units\":[\"BOX-1\"]}");
    help_refused(h, "order.ship", "{\"order\":\"B\",\"units\":[\"BOX-1\"]}", "unit_not_in_house");
    help_refused(h, "order.ship", "{\"order\":\"B\",\"units\":[\"BOX-1\",\"BOX-1\"]}", "unit_not_in_house");
    help_refused(h, "order.ship", "{\"order\":\"B\",\"units\":[\"BOX-9\"]}", "no_such_unit");
    help_refused(h, "shipment.return",
                 "{\"shipment\":\"SHP-000001\",\"unit\":\"BOX-1\",\"count\":2,\"reason\":\"x\"}",
                 "bad_argument");
    help_do(h, "shipment.return", "{\"shipment\":\"SHP-000001\",\"unit\":\"BOX-1\",\"reason\":\"broken\"}");
    help_do(h, "order.ship",
            "{\"order\":\"B\",\"units\":[{\"unit\":\"BOX-1\",\"count\":1}],\"partial\":true}");
    help_says(help_ask(h, "order.show", "{\"order\":\"B\"}"), "state", "open");
    help_do(h, "order.cancel", "{\"order\":\"B\",\"reason\":\"changed their mind\"}");
}

#define ADA  "\"customer\":{\"name\":\"Ada\",\"email\":\"Ada@X.example\",\"address\":\"Main St 1\\nBerlin\"}"
#define LINE "\"items\":[{\"title\":\"Box\",\"count\":1,\"price_cents\":995,\"currency\":\"EUR\"}]"

static int64_t events_of(struct help *h) {
    return number(help_ask(h, "ledger.head", "{}"), "seq");
}

static void the_same_file_twice_changes_nothing(void **state) {
    static const char *batch = "{\"source\":\"shopify\",\"orders\":[{\"order\":\"#1\"," ADA "," LINE
                               "},{\"order\":\"#2\"," ADA "," LINE "}]}";
    struct help *h = *state;
    help_do(h, "order.import", batch);
    cJSON *customers = help_ask(h, "customer.list", "{}");
    assert_int_equal(cJSON_GetArraySize(customers), 1); // one person, two orders
    assert_string_equal(json_text(customers->child, "email"), "ada@x.example");
    cJSON_Delete(customers);
    int64_t events = events_of(h);
    cJSON *again = help_ask(h, "order.import", batch);
    const cJSON *row;
    cJSON_ArrayForEach(row, json_get(again, "orders")) {
        assert_string_equal(json_text(row, "what"), "same");
    }
    cJSON_Delete(again);
    assert_int_equal(events_of(h), events);
}

static void a_dry_run_shows_what_would_change_and_changes_nothing(void **state) {
    struct help *h = *state;
    int64_t events = events_of(h);
    cJSON *answer = help_ask(h, "order.import",
                             "{\"dry_run\":true,\"orders\":[{\"order\":\"#1\"," ADA "," LINE
                             "},{\"order\":\"#2\"," ADA "," LINE "}]}");
    const cJSON *rows = json_get(answer, "orders");
    assert_string_equal(json_text(rows->child, "customer_is"), "new");
    assert_string_equal(json_text(rows->child->next, "customer_is"), "known");
    cJSON_Delete(answer);
    assert_int_equal(events_of(h), events);
}

static void a_bad_order_is_told_and_the_others_are_taken(void **state) {
    static const struct {
        const char *order, *problem;
    } bad[] = {
        {"{\"order\":\"\"," ADA "," LINE "}", "no number"},
        {"{\"order\":\"#3\",\"customer\":{\"email\":\"a@b\"}," LINE "}", "no customer's name"},
        {"{\"order\":\"#3\",\"customer\":{\"name\":\"A\",\"email\":\"nobody\"}," LINE "}",
         "no e-mail address"},
        {"{\"order\":\"#3\"," ADA ",\"items\":[]}", "has no line"},
        {"{\"order\":\"#3\"," ADA ",\"items\":[{\"title\":\"x\",\"count\":0}]}", "no count"},
        {"{\"order\":\"#1\"," ADA ",\"items\":[{\"title\":\"other\",\"count\":1}]}", "other lines"},
    };
    struct help *h = *state;
    help_do(h, "order.import", "{\"orders\":[{\"order\":\"#1\"," ADA "," LINE "}]}");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char args[2048], good[16];
        snprintf(good, sizeof good, "#G%zu", i);
        snprintf(args, sizeof args, "{\"orders\":[%s,{\"order\":\"%s\"," ADA "," LINE "}]}", bad[i].order,
                 good);
        cJSON *answer = help_ask(h, "order.import", args);
        const cJSON *row = json_get(answer, "orders")->child;
        assert_string_equal(json_text(row, "what"), "bad");
        if (!strstr(json_text(row, "problem"), bad[i].problem))
            fail_msg("%s", json_text(row, "problem"));
        assert_string_equal(json_text(row->next, "what"), "new");
        cJSON_Delete(answer);
    }
}

static void without_an_email_name_and_address_tell_people_apart(void **state) {
    struct help *h = *state;
    help_do(h, "order.import",
            "{\"orders\":[{\"order\":\"1\",\"customer\":{\"name\":\"Bo\",\"address\":\"A\"}," LINE "},"
            "{\"order\":\"2\",\"customer\":{\"name\":\"Bo\",\"address\":\"B\"}," LINE "},"
            "{\"order\":\"3\",\"customer\":{\"name\":\"Bo\",\"address\":\"A\"}," LINE "},"
            "{\"order\":\"4\",\"customer\":{\"name\":\"Bo\"}," LINE
            "},{\"order\":\"5\",\"customer\":{\"name\":\"Bo\"}," LINE "}]}");
    cJSON *customers = help_ask(h, "customer.list", "{}");
    assert_int_equal(cJSON_GetArraySize(customers), 3);
    cJSON_Delete(customers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_customer_is_added_and_changed, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(an_order_is_shipped_with_its_units, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(what_has_left_cannot_leave_again_until_it_returns, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(the_same_file_twice_changes_nothing, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_dry_run_shows_what_would_change_and_changes_nothing, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(a_bad_order_is_told_and_the_others_are_taken, setup,
                                        help_teardown_checked),
        cmocka_unit_test_setup_teardown(without_an_email_name_and_address_tell_people_apart, setup,
                                        help_teardown_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
