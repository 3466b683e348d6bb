// The ground floor: JSON is taken strictly or not at all, errors keep whole characters, times round-trip,
// mailboxes lose nothing.
#include "unit.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "mailbox.h"
#include "request.h"
#include "timefmt.h"

static void refuse(const char *text, const char *expected) {
    struct lg_error error;
    cJSON *value = json_parse(text, strlen(text), false, &error);
    if (value != NULL)
        fail_msg("taken although it is wrong: %s", text);
    if (strstr(error.message, expected) == NULL)
        fail_msg("%s: message is \"%s\", expected \"%s\"", text, error.message, expected);
}

static void test_json_refuses_what_cjson_takes(void **state) {
    (void)state;
    refuse("{} x", "line 1, column 4: nothing may follow");
    refuse("{\"a\":1,\"a\":2}", "\"a\" stands twice");
    refuse("{\"a\":{\"b\":1,\"b\":2}}", "\"b\" stands twice");
    refuse("\"\\u0000\"", "must not contain");
    refuse("\"\xC3\"", "not UTF-8");
    refuse("\"\xED\xA0\x80\"", "not UTF-8");
    refuse("\"\xC0\x80\"", "not UTF-8");
    refuse("\"\\ud800\"", "surrogate");
    refuse("\"\\udc00\"", "surrogate");
    refuse("[1,]", "line 1, column 4: a value is expected; the comma before this `]` is one too many");
    refuse("{\"a\": 1,\n}",
           "line 2, column 1: a member is expected; the comma before this `}` is one too many");
    refuse("{\"a\": 1\n\"b\": 2}", "line 2, column 1: `,` or `}` is expected before this");
    refuse("{\"a\" 1}", "`:` is expected");
    refuse("{,}", "double quotes");
    refuse("[1 2]", "`,` or `]`");
    refuse("01", "nothing may follow");
    refuse("1.", "behind the point");
    refuse("1e", "in the exponent");
    refuse("+1", "a value is expected");
    refuse("nul", "a value is expected");
    refuse("", "a value is expected");
    refuse("\"a", "does not end");
    refuse("\"a\nb\"", "control character");
    refuse("\"\\q\"", "unknown escape");
    refuse("{\n  \"a\": tru\n}", "line 2, column 8");
    refuse("// no\n1", "a value is expected");
}

static void test_json_limits(void **state) {
    (void)state;
    char deep[2 * JSON_DEPTH_MAX + 8];
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    struct lg_error error;
    cJSON *value = json_parse(deep, 2 * JSON_DEPTH_MAX, false, &error);
    assert_non_null(value);
    cJSON_Delete(value);
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    assert_null(json_parse(deep, JSON_DEPTH_MAX + 1, false, &error));
    assert_non_null(strstr(error.message, "nested too deeply"));

    char *large = malloc(JSON_BODY_MAX + 1);
    memset(large, ' ', JSON_BODY_MAX + 1);
    large[0] = '1';
    value = json_parse(large, JSON_BODY_MAX, false, &error);
    assert_non_null(value);
    cJSON_Delete(value);
    assert_null(json_parse(large, JSON_BODY_MAX + 1, false, &error));
    assert_string_equal(error.code, "too_large");
    free(large);

    char *wide = malloc(16 * (JSON_MEMBERS_MAX + 2));
    for (int extra = 0; extra <= 1; extra++) {
        size_t at = (size_t)sprintf(wide, "{\"k\":0");
        for (int i = 1; i < JSON_MEMBERS_MAX + extra; i++)
            at += (size_t)sprintf(wide + at, ",\"%d\":0", i);
        at += (size_t)sprintf(wide + at, "}");
        value = json_parse(wide, at, false, &error);
        assert_int_equal(value != NULL, extra == 0);
        cJSON_Delete(value);
    }
    free(wide);
}

static void test_json_takes_what_is_right(void **state) {
    (void)state;
    const char *text =
        "{ // a comment with \"quotes\"\n \"u\": \"\\u00e9 \\ud83d\\ude00 // none\", /* two\n lines */ \"n\": "
        "9007199254740992, \"f\": 1.5, \"t\": true }";
    struct lg_error error;
    cJSON *value = json_parse(text, strlen(text), true, &error);
    assert_non_null(value);
    assert_string_equal(json_text(value, "u"), "\xC3\xA9 \xF0\x9F\x98\x80 // none");
    int64_t n;
    assert_true(json_integer(value, "n", &n));
    assert_true(n == 9007199254740992LL);
    assert_false(json_integer(value, "f", &n));
    assert_false(json_integer(value, "u", &n));
    assert_false(json_integer(value, "missing", &n));
    assert_true(json_flag(value, "t", false));
    assert_null(json_get(value, "U")); // keys are case-sensitive
    cJSON_Delete(value);
    assert_null(json_parse("1 /* open", 9, true, &error));
    assert_non_null(strstr(error.message, "does not end"));
}

static void test_json_integers_stay_exact(void **state) {
    (void)state;
    cJSON *object = cJSON_CreateObject();
    json_add_integer(object, "big", 9007199254740993LL);
    json_add_integer(object, "small", -42);
    char *text = json_print(object);
    assert_string_equal(text, "{\"big\":9007199254740993,\"small\":-42}");
    int64_t n;
    assert_true(json_integer(object, "big", &n));
    assert_true(n == 9007199254740993LL);
    free(text);
    cJSON_Delete(object);
}

static void test_json_is_printed_as_it_was_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "[0,-1,1000000000000000,1795428360000000,-9007199254740992]",
        "[0.5,-0.1,1e+300,1.7976931348623157e+308]",
        "{\"a\":[true,false,null,{\"b\":\"\"}],\"c\":{\"d\":[]}}",
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \u00e4\u20ac\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lg_error error;
        cJSON *value = json_parse(texts[i], strlen(texts[i]), false, &error);
        assert_non_null(value);
        char *text = json_print(value);
        assert_string_equal(text, texts[i]);
        free(text);
        cJSON_Delete(value);
    }
    cJSON *none = cJSON_CreateNumber(HUGE_VAL); // JSON has no such number
    char *text = json_print(none);
    assert_string_equal(text, "null");
    free(text);
    cJSON_Delete(none);
}

static void test_json_only_keys_names_the_stranger(void **state) {
    (void)state;
    static const char *const keys[] = {"a", "b", NULL};
    struct lg_error error;
    cJSON *value = json_parse("{\"a\":1,\"c\":2}", 13, false, &error);
    assert_false(json_only_keys(value, keys, &error));
    assert_string_equal(error.code, "unknown_key");
    assert_non_null(strstr(error.message, "\"c\""));
    cJSON_Delete(value);
}

static void test_error_is_cut_at_a_whole_character(void **state) {
    (void)state;
    struct lg_error error;
    char text[600];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA4", 2);
    text[sizeof text - 2] = '\0';
    assert_false(lg_fail(&error, "c", "do", "x%s", text));
    size_t n = strlen(error.message);
    assert_true(n < sizeof error.message && n > sizeof error.message - 4);
    assert_int_equal((unsigned char)error.message[n - 1], 0xA4);
    assert_int_equal(n % 2, 1); // the x and whole pairs
    assert_false(lg_fail(NULL, "c", "", "nobody listens"));
}

static void test_time_round_trip(void **state) {
    (void)state;
    char out[TIME_TEXT_MAX];
    int64_t t;
    time_format(out, 1795428360123456LL);
    assert_string_equal(out, "2026-11-23T10:06:00.123456Z");
    assert_true(time_parse(out, &t));
    assert_true(t == 1795428360123456LL);
    time_format(out, -1);
    assert_string_equal(out, "1969-12-31T23:59:59.999999Z");
    assert_true(time_parse("2026-11-23", &t));
    assert_true(time_parse("2026-11-23T10:06", &t));
    assert_true(time_parse("2026-11-23 10:06:07Z", &t));
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-13-01",
                                        "2026-02-30",
                                        "2026-11-23T",
                                        "2026-11-23T25:00",
                                        "2026-11-23T10:06:00.",
                                        "2026-11-23x",
                                        "26-11-23"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(time_parse(wrong[i], &t));
}

static void count_wake(void *context) {
    ++*(int *)context;
}

static void test_mailbox_is_bounded_and_in_order(void **state) {
    (void)state;
    int wakes = 0;
    struct mailbox *box = mailbox_create(count_wake, &wakes);
    static char messages[MAILBOX_MAX + 1];
    assert_null(mailbox_take(box));
    for (size_t i = 0; i < MAILBOX_MAX; i++)
        assert_true(mailbox_put(box, &messages[i]));
    assert_false(mailbox_put(box, &messages[MAILBOX_MAX]));
    assert_int_equal(mailbox_count(box), MAILBOX_MAX);
    assert_int_equal(wakes, MAILBOX_MAX);
    for (size_t i = 0; i < MAILBOX_MAX; i++)
        assert_ptr_equal(mailbox_take(box), &messages[i]);
    mailbox_close(box);
    assert_false(mailbox_put(box, &messages[0]));
    assert_null(mailbox_wait(box));
    mailbox_free(box);
}

#define SENDERS 4
#define EACH    20000

struct crowd {
    struct mailbox *box;
    uintptr_t first;
};

static void *send_many(void *argument) {
    struct crowd *crowd = argument;
    for (uintptr_t i = 0; i < EACH; i++)
        while (!mailbox_put(crowd->box, (void *)(crowd->first + i)))
            sched_yield();
    return NULL;
}

static void test_mailbox_loses_nothing_between_threads(void **state) {
    (void)state;
    struct mailbox *box = mailbox_create(NULL, NULL);
    struct crowd crowd[SENDERS];
    pthread_t threads[SENDERS];
    uintptr_t last[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        crowd[i] = (struct crowd){box, 1 + (uintptr_t)i * EACH};
        last[i] = 0;
        pthread_create(&threads[i], NULL, send_many, &crowd[i]);
    }
    for (int n = 0; n < SENDERS * EACH; n++) {
        uintptr_t message = (uintptr_t)mailbox_wait(box) - 1;
        assert_int_equal(message % EACH, last[message / EACH]++); // each sender's own order is kept
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(mailbox_count(box), 0);
    mailbox_free(box);
}

static void test_request_owns_its_json(void **state) {
    (void)state;
    struct request *request = request_create("lot.show", "cli:kim", NULL, NULL, NULL);
    assert_true(cJSON_IsObject(request->args));
    request->answer = cJSON_CreateArray();
    request_free(request); // the leak checker is the witness
    request_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_refuses_what_cjson_takes),
        cmocka_unit_test(test_json_limits),
        cmocka_unit_test(test_json_takes_what_is_right),
        cmocka_unit_test(test_json_integers_stay_exact),
        cmocka_unit_test(test_json_is_printed_as_it_was_read),
        cmocka_unit_test(test_json_only_keys_names_the_stranger),
        cmocka_unit_test(test_error_is_cut_at_a_whole_character),
        cmocka_unit_test(test_time_round_trip),
        cmocka_unit_test(test_mailbox_is_bounded_and_in_order),
        cmocka_unit_test(test_mailbox_loses_nothing_between_threads),
        cmocka_unit_test(test_request_owns_its_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
