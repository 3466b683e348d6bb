// Machines and their identity, people, notes, corrections.
#include "ledger_help.h"

static int64_t head(struct help *h) {
    int64_t seq = -1;
    cJSON *answer = help_ask(h, "ledger.head", "{}");
    json_integer(answer, "seq", &seq);
    cJSON_Delete(answer);
    return seq;
}

static void sees(struct help *h, const char *args, bool known, bool changed, const char *was) {
    cJSON *answer = help_ask(h, "machine.identity", args);
    assert_int_equal(json_flag(answer, "known", !known), known);
    assert_int_equal(json_flag(answer, "changed", !changed), changed);
    help_says(answer, "was", was);
}

static void identity_is(struct help *h, const char *expected) {
    help_says(help_ask(h, "machine.show", "{\"machine\":\"laser1\"}"), "identity", expected);
}

#define PORT "\"machine\":\"laser1\",\"usb_path\":\"/dev/serial/by-id/a\""

static void registering_again_writes_nothing(void **state) {
    static const char args[] = "{\"machine\":\"laser1\",\"board\":\"twotrees-tts-55-pro\",\"kind\":\"laser\","
                               "\"serial_number\":\"TTS55P-2209-0417\"}";
    struct help h;
    help_setup(&h);
    help_shop(&h);
    int64_t before = head(&h);
    help_do(&h, "machine.register", args);
    assert_int_equal(head(&h), before);
    help_do(&h, "machine.register",
            "{\"machine\":\"laser1\",\"board\":\"twotrees-tts-55-pro\",\"kind\":\"laser\"}");
    assert_int_equal(head(&h), before + 1);
    help_teardown(&h);
}

static void a_changed_identity_waits_for_a_person(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    identity_is(&h, "unknown");
    sees(&h, "{" PORT ",\"serial\":\"S1\",\"firmware\":\"1.1f\"}", false, false, "");
    identity_is(&h, "confirmed"); // the first one seen is the machine's own
    int64_t before = head(&h);
    sees(&h, "{" PORT ",\"serial\":\"S1\",\"firmware\":\"1.1f\"}", true, false, "S1 at /dev/serial/by-id/a");
    assert_int_equal(head(&h), before); // nothing new, nothing written
    sees(&h, "{" PORT ",\"serial\":\"S1\",\"firmware\":\"1.1h\"}", true, false,
         "S1 at /dev/serial/by-id/a"); // updated
    sees(&h, "{" PORT ",\"firmware\":\"1.1h\"}", true, false,
         "S1 at /dev/serial/by-id/a"); // it did not say its serial
    sees(&h, "{" PORT ",\"serial\":\"S2\",\"firmware\":\"1.1h\"}", true, true,
         "S1 at /dev/serial/by-id/a"); // another board
    identity_is(&h, "changed");
    before = head(&h);
    sees(&h, "{" PORT ",\"serial\":\"S2\",\"firmware\":\"1.1h\"}", true, true,
         "S1 at /dev/serial/by-id/a"); // still
    assert_int_equal(head(&h), before);
    help_do(&h, "machine.confirm", "{\"machine\":\"laser1\",\"by\":\"4711\"}");
    identity_is(&h, "confirmed");
    sees(&h, "{" PORT ",\"serial\":\"S2\",\"firmware\":\"1.1h\"}", true, false, "S2 at /dev/serial/by-id/a");
    sees(&h, "{\"machine\":\"laser1\",\"usb_path\":\"/dev/serial/by-id/b\",\"serial\":\"S2\"}", true, true,
         "S2 at /dev/serial/by-id/a");
    sees(&h, "{" PORT ",\"serial\":\"S2\"}", true, false, "S2 at /dev/serial/by-id/a"); // plugged back
    identity_is(&h, "confirmed");
    help_refused(&h, "machine.identity", "{\"machine\":\"laser9\"}", "no_such_machine");
    help_teardown(&h);
}

static void ids_and_badges_are_not_given_twice(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    help_refused(&h, "supplier.add", "{\"supplier\":\"ACME\",\"name\":\"x\"}", "already_exists");
    help_refused(&h, "material.add", "{\"material\":\"ACR\",\"name\":\"x\"}", "already_exists");
    help_refused(&h, "operator.add", "{\"operator\":\"OP1\",\"name\":\"x\"}", "already_exists");
    help_refused(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"x\",\"badge\":\"4711\"}",
                 "already_exists");
    help_refused(&h, "operator.add", "{\"operator\":\"4711\",\"name\":\"x\"}", "already_exists");
    help_refused(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"x\",\"badge\":\"OP1\"}",
                 "already_exists");
    help_do(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"x\"}");
    help_do(&h, "operator.add", "{\"operator\":\"OP3\",\"name\":\"x\"}"); // two without a badge
    help_teardown(&h);
}

static void the_serial_number_is_the_nameplates_or_the_boards_own(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    help_do(&h, "machine.register", "{\"machine\":\"laser2\",\"board\":\"b\",\"kind\":\"laser\"}");
    help_do(&h, "machine.identity", "{\"machine\":\"laser2\",\"serial\":\"CH-77\"}");
    help_do(&h, "job.dry_run", "{\"machine\":\"laser2\",\"lines\":1}");
    help_do(&h, "job.dry_run", "{\"machine\":\"laser1\",\"lines\":1}");
    help_says(help_ask(&h, "job.show", "{\"job\":\"JOB-000001\"}"), "serial_number", "CH-77");
    help_says(help_ask(&h, "job.show", "{\"job\":\"JOB-000002\"}"), "serial_number", "TTS55P-2209-0417");
    help_teardown(&h);
}

static void notes_belong_to_something(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_refused(&h, "note.add", "{\"subject\":\"nothing\",\"text\":\"x\"}", "no_such_subject");
    help_says(help_ask(&h, "note.add",
                       "{\"subject\":\"ACR-1126-001\",\"text\":\"two\\nlines \\u00e4\",\"by\":\"4711\"}"),
              "note", "NOTE-000001");
    cJSON *notes = help_ask(&h, "note.list", "{\"subject\":\"ACR-1126-001\"}");
    assert_string_equal(json_text(cJSON_GetArrayItem(notes, 0), "text"), "two\nlines \xc3\xa4");
    assert_string_equal(json_text(cJSON_GetArrayItem(notes, 0), "by"), "OP1");
    cJSON_Delete(notes);
    help_teardown(&h);
}

// The seq of the newest event of a kind.
static int64_t event_of(struct help *h, const char *kind) {
    char args[64];
    int64_t seq = 0;
    snprintf(args, sizeof args, "{\"kind\":\"%s\"}", kind);
    cJSON *events = help_ask(h, "event.list", args);
    assert_true(json_integer(cJSON_GetArrayItem(events, cJSON_GetArraySize(events) - 1), "seq", &seq));
    cJSON_Delete(events);
    return seq;
}

static const char *correction(int64_t event, const char *field, const char *value) {
    static char args[256];
    snprintf(args, sizeof args,
             "{\"event\":%lld,\"field\":\"%s\",\"value\":\"%s\",\"reason\":\"misread\",\"by\":\"OP1\"}",
             (long long)event, field, value);
    return args;
}

static void a_correction_changes_the_view_and_keeps_both(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    int64_t received = event_of(&h, "lot.received");
    help_says(help_ask(&h, "correction.add", correction(received, "supplier_lot", "88-1205")), "was",
              "88-1204");
    help_says(help_ask(&h, "correction.add", correction(received, "supplier_lot", "88-1206")), "was",
              "88-1205");
    cJSON *lot = help_ask(&h, "lot.show", "{\"lot\":\"ACR-1126-001\"}");
    assert_string_equal(json_text(lot, "supplier_lot"), "88-1206");
    const cJSON *first = cJSON_GetArrayItem(json_get(lot, "corrections"), 0);
    assert_string_equal(json_text(first, "was"), "88-1204");
    assert_string_equal(json_text(first, "by"), "OP1");
    assert_string_equal(json_text(first, "reason"), "misread");
    assert_non_null(json_text(first, "at"));
    cJSON_Delete(lot);
    help_do(&h, "operator.add", "{\"operator\":\"OP2\",\"name\":\"Lu\",\"badge\":\"4712\"}");
    help_do(&h, "correction.add", correction(event_of(&h, "job.started"), "operator", "4712"));
    help_says(help_ask(&h, "job.show", "{\"job\":\"JOB-000001\"}"), "operator_name", "Lu");
    help_do(&h, "correction.add", correction(event_of(&h, "record.opened"), "order", "ORD-7"));
    help_says(help_ask(&h, "record.show", "{\"record\":\"MFG-0001\"}"), "order", "ORD-7");
    help_do(&h, "note.add", "{\"subject\":\"laser1\",\"text\":\"teh\"}");
    help_do(&h, "correction.add", correction(event_of(&h, "note.added"), "text", "the"));
    cJSON *notes = help_ask(&h, "note.list", "{\"subject\":\"laser1\"}");
    assert_string_equal(json_text(cJSON_GetArrayItem(notes, 0), "text"), "the");
    assert_int_equal(cJSON_GetArraySize(json_get(cJSON_GetArrayItem(notes, 0), "corrections")), 1);
    cJSON_Delete(notes);
    struct ledger_verdict verdict;
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_string_equal(verdict.finding, "");
    help_teardown(&h);
}

static void what_cannot_be_corrected_is_told(void **state) {
    struct help h;
    help_setup(&h);
    help_stock(&h);
    help_job(&h);
    int64_t received = event_of(&h, "lot.received");
    help_refused(&h, "correction.add", correction(received, "heat", "x"), "not_correctable");
    help_refused(&h, "correction.add", correction(9999, "supplier_lot", "x"), "no_such_event");
    help_refused(&h, "correction.add", correction(event_of(&h, "record.opened"), "product", "two\\nlines"),
                 "bad_argument");
    help_refused(&h, "correction.add", correction(event_of(&h, "job.started"), "operator", "nobody"),
                 "operator_unknown");
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registering_again_writes_nothing),
        cmocka_unit_test(a_changed_identity_waits_for_a_person),
        cmocka_unit_test(ids_and_badges_are_not_given_twice),
        cmocka_unit_test(the_serial_number_is_the_nameplates_or_the_boards_own),
        cmocka_unit_test(notes_belong_to_something),
        cmocka_unit_test(a_correction_changes_the_view_and_keeps_both),
        cmocka_unit_test(what_cannot_be_corrected_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
