// The hook in a machine's firmware, in the ledger: who it is, what it blocked, how it was paired.
#include "ledger_help.h"

#define HOOK(serial) "{\"machine\":\"laser1\",\"serial_number\":\"" serial "\",\"firmware\":\"f1\"}"

static int64_t head(struct help *h) {
    int64_t seq = -1;
    cJSON *answer = help_ask(h, "ledger.head", "{}");
    json_integer(answer, "seq", &seq);
    cJSON_Delete(answer);
    return seq;
}

static bool changed(struct help *h, const char *args) {
    cJSON *answer = help_ask(h, "machine.hook", args);
    bool is = json_flag(answer, "changed", false);
    cJSON_Delete(answer);
    return is;
}

static void the_nameplate_s_number_is_the_hook_s(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    assert_false(changed(&h, HOOK("TTS55P-2209-0417")));
    int64_t before = head(&h);
    assert_false(changed(&h, HOOK("TTS55P-2209-0417")));
    assert_int_equal(head(&h), before); // nothing new, nothing written
    assert_false(
        changed(&h, "{\"machine\":\"laser1\",\"serial_number\":\"TTS55P-2209-0417\",\"firmware\":\"f2\"}"));
    assert_int_equal(head(&h), before + 1);
    help_teardown(&h);
}

static void another_number_waits_for_a_person(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    assert_true(changed(&h, HOOK("OTHER")));
    int64_t before = head(&h);
    assert_true(changed(&h, HOOK("OTHER"))); // still
    assert_int_equal(head(&h), before);
    help_do(&h, "machine.confirm", "{\"machine\":\"laser1\",\"by\":\"OP1\"}");
    assert_int_equal(head(&h), before + 1);
    assert_false(changed(&h, HOOK("OTHER")));
    assert_false(changed(&h, HOOK("OTHER")));
    assert_true(changed(&h, HOOK("THIRD"))); // what was confirmed is the other one
    assert_false(changed(&h, HOOK("TTS55P-2209-0417")));
    assert_true(changed(&h, HOOK("OTHER"))); // confirmed once, but the nameplate's has been here since
    help_teardown(&h);
}

static void without_a_nameplate_the_first_one_counts(void **state) {
    struct help h;
    help_setup(&h);
    help_do(&h, "machine.register",
            "{\"machine\":\"laser1\",\"board\":\"generic-grbl-laser\",\"kind\":\"laser\"}");
    assert_false(changed(&h, HOOK("A")));
    assert_false(changed(&h, HOOK("A")));
    assert_true(changed(&h, HOOK("B")));
    help_teardown(&h);
}

static void what_it_blocked_and_how_it_was_paired_stand_in_the_ledger(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    help_do(&h, "machine.blocked", "{\"machine\":\"laser1\",\"source\":\"sd\"}");
    help_do(&h, "machine.blocked", "{\"machine\":\"laser1\",\"count\":3}");
    help_do(&h, "machine.paired", "{\"machine\":\"laser1\",\"outcome\":\"paired\",\"by\":\"OP1\"}");
    help_refused(&h, "machine.paired", "{\"machine\":\"laser1\",\"outcome\":\"perhaps\"}", "bad_argument");
    help_refused(&h, "machine.blocked", "{\"machine\":\"laser9\"}", "no_such_machine");
    cJSON *machine = help_ask(&h, "machine.show", "{\"machine\":\"laser1\"}");
    const cJSON *events = json_get(machine, "events");
    assert_string_equal(json_text(cJSON_GetArrayItem(events, 0), "kind"), "machine.paired");
    assert_string_equal(json_text(cJSON_GetArrayItem(events, 1), "kind"), "machine.blocked");
    cJSON_Delete(machine);
    help_teardown(&h);
}

static int64_t told(struct help *h, const char *args) {
    int64_t count = -1;
    cJSON *answer = help_ask(h, "machine.blocked", args);
    json_integer(answer, "count", &count);
    cJSON_Delete(answer);
    return count;
}

#define TOTAL(n) "{\"machine\":\"laser1\",\"total\":" n "}"

// A hook counts since its power-up, and says so each time it is connected: each start that it blocked is written down once.
static void what_was_blocked_while_nobody_listened_is_counted_once(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    assert_int_equal(told(&h, TOTAL("2")), 2);
    assert_int_equal(told(&h, TOTAL("2")), 0);
    help_do(&h, "machine.blocked", "{\"machine\":\"laser1\",\"source\":\"sd\",\"total\":3}");
    assert_int_equal(told(&h, TOTAL("3")), 0);
    assert_int_equal(told(&h, TOTAL("5")), 2);
    assert_int_equal(told(&h, TOTAL("1")), 1); // it was switched off
    help_do(&h, "machine.hook", HOOK("C"));    // another board
    assert_int_equal(told(&h, TOTAL("4")), 4);
    help_refused(&h, "machine.blocked", "{\"machine\":\"laser9\",\"total\":1}", "no_such_machine");
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nameplate_s_number_is_the_hook_s),
        cmocka_unit_test(another_number_waits_for_a_person),
        cmocka_unit_test(without_a_nameplate_the_first_one_counts),
        cmocka_unit_test(what_was_blocked_while_nobody_listened_is_counted_once),
        cmocka_unit_test(what_it_blocked_and_how_it_was_paired_stand_in_the_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
