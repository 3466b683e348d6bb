// Board profiles: every one that is shipped loads, and each kind of damage is refused with its sentence.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"

#define SHIPPED_LEAST 30

static void every_shipped_profile_loads(void **state) {
    char id[PROFILE_ID_MAX];
    size_t n = 0;
    for (; profile_id_at(n, id); n++) {
        struct profile p;
        struct lg_error error = {0};
        if (!profile_find(id, &p, &error))
            fail_msg("%s: %s", id, error.message);
        assert_string_equal(p.id, id); // the file is named after it
    }
    assert_true(n >= SHIPPED_LEAST);
}

static void a_profile_says_what_is_established(void **state) {
    struct profile p;
    struct lg_error error;
    assert_true(profile_find("twotrees-tts-55-pro", &p, &error));
    assert_int_equal(p.kind, PROFILE_LASER);
    assert_true(p.has_flavour && p.flavour == PROFILE_MKS);
    assert_true(p.has_baud && p.baud == 115200);
    assert_true(p.has_area[0] && p.area_mm[0] == 300 && p.has_area[1] && !p.has_area[2]);
    assert_true(p.has_s_max && p.s_max == 1000);
    assert_true(p.has_laser_mode && p.laser_mode);
    assert_true(p.has_homing && !p.homing);
    assert_false(p.has_banner_wait || p.has_beam_on_fan || p.has_rx_buffer);
    assert_int_equal(p.usb_count, 1);
    assert_int_equal(p.usb[0].vendor, 0x1a86);
    assert_false(p.usb[0].has_product);
    assert_string_equal(p.settings_differ, "lks");
    assert_true(profile_find("twotrees-ttc3018-pro", &p, &error));
    assert_true(p.kind == PROFILE_CNC && p.banner_wait_ms == 7000);
}

// No USB product number was seen in a Twotrees source, so none may be shipped.
static void no_profile_guesses_a_usb_product(void **state) {
    char id[PROFILE_ID_MAX];
    for (size_t n = 0; profile_id_at(n, id); n++) {
        struct profile p;
        assert_true(profile_find(id, &p, NULL));
        for (size_t i = 0; i < p.usb_count; i++)
            assert_false(p.usb[i].has_product);
    }
}

static void an_unknown_board_is_named(void **state) {
    struct profile p;
    struct lg_error error;
    assert_false(profile_find("twotrees-tts-56", &p, &error));
    assert_string_equal(error.code, "no_such_board");
    assert_non_null(strstr(error.message, "twotrees-tts-56"));
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_false(profile_find(longest, &p, &error));
}

#define WHOLE "\"id\":\"a\",\"name\":\"A\",\"kind\":\"laser\",\"sources\":[\"s\"]"

static void damage_is_refused_with_its_sentence(void **state) {
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"[]", "must be a JSON object"},
        {"{\"id\":\"a\"", "line 1"},
        {"{}", "\"id\" is missing"},
        {"{\"id\":\"a\",\"name\":\"A\",\"kind\":\"laser\"}", "\"sources\" is missing"},
        {"{" WHOLE ",\"colour\":\"red\"}", "no key \"colour\""},
        {"{" WHOLE ",\"kind\":\"cnc\"}", "\"kind\" stands twice"},
        {"{\"id\":\"A b\",\"name\":\"A\",\"kind\":\"laser\",\"sources\":[]}",
         "\"id\" may hold small letters"},
        {"{\"id\":1,\"name\":\"A\",\"kind\":\"laser\",\"sources\":[]}", "\"id\" must be a text"},
        {"{\"id\":\"a\",\"name\":\"A\",\"kind\":\"lathe\",\"sources\":[]}",
         "\"kind\" must be \"laser\" or \"cnc\""},
        {"{\"id\":\"a\",\"name\":\"A\",\"kind\":\"cnc\",\"baud\":9600,\"sources\":[]}",
         "where the facts come from"},
        {"{" WHOLE ",\"flavour\":\"marlin\"}", "\"flavour\" must be"},
        {"{" WHOLE ",\"baud\":\"115200\"}", "\"baud\" must be a whole number"},
        {"{" WHOLE ",\"baud\":9600.5}", "\"baud\" must be a whole number"},
        {"{" WHOLE ",\"baud\":10}", "\"baud\" must be from 1200 to"},
        {"{" WHOLE ",\"baud\":1e300}", "\"baud\" must be from 1200 to"},
        {"{" WHOLE ",\"rx_buffer\":65536}", "\"rx_buffer\" must be from 32 to 8192"},
        {"{" WHOLE ",\"work_area_mm\":[1,2]}", "\"work_area_mm\" must be an object"},
        {"{" WHOLE ",\"work_area_mm\":{\"x\":1}}", "\"y\" is missing"},
        {"{" WHOLE ",\"work_area_mm\":{\"x\":1,\"y\":1,\"a\":1}}", "no key \"a\""},
        {"{" WHOLE ",\"work_area_mm\":{\"x\":0,\"y\":1}}", "\"x\" must be from 1 to 10000"},
        {"{" WHOLE ",\"work_area_mm\":{\"x\":\"1\",\"y\":1}}", "\"x\" must be a number"},
        {"{" WHOLE ",\"s_max\":0}", "\"s_max\" must be from 1 to"},
        {"{" WHOLE ",\"laser_mode\":1}", "\"laser_mode\" must be true or false"},
        {"{" WHOLE ",\"focus_s_percent\":11}", "\"focus_s_percent\" must be from 0 to 10"},
        {"{" WHOLE ",\"homing\":\"no\"}", "\"homing\" must be true or false"},
        {"{" WHOLE ",\"beam_on_fan\":null}", "\"beam_on_fan\" must be true or false"},
        {"{" WHOLE ",\"hook\":1}", "\"hook\" must be true or false"},
        {"{" WHOLE ",\"banner_wait_ms\":60001}", "\"banner_wait_ms\" must be from 0 to 60000"},
        {"{" WHOLE ",\"controller\":\"\"}", "\"controller\" must not be empty"},
        {"{" WHOLE ",\"usb\":{}}", "\"usb\" must be a list"},
        {"{" WHOLE ",\"usb\":[1]}", "\"usb\" must hold objects"},
        {"{" WHOLE ",\"usb\":[{\"vendor\":\"1A86\"}]}", "\"usb.vendor\" must be four"},
        {"{" WHOLE ",\"usb\":[{\"vendor\":\"1a86\",\"product\":7523}]}", "\"usb.product\" must be four"},
        {"{" WHOLE ",\"usb\":[{\"vendor\":\"1a86\",\"serial\":\"1\"}]}", "\"serial\""},
        {"{" WHOLE ",\"notes\":\"n\"}", "\"notes\" must be a list"},
        {"{" WHOLE ",\"notes\":[1]}", "\"notes\" must be a text"},
        {"{" WHOLE ",\"notes\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}",
         "\"notes\" has more than 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct profile p;
        struct lg_error error = {0};
        if (profile_parse(cases[i].text, strlen(cases[i].text), &p, &error))
            fail_msg("taken although it is wrong: %s", cases[i].text);
        if (!strstr(error.message, cases[i].sentence))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, error.message, cases[i].sentence);
    }
}

static void limits_are_reached(void **state) {
    char text[4096], long_text[PROFILE_TEXT_MAX + 1], list[PROFILE_LIST_MAX * 4 + 4] = "\"8\"";
    struct profile p;
    struct lg_error error;
    memset(long_text, 'x', sizeof long_text);
    for (size_t length = PROFILE_TEXT_MAX - 1; length <= PROFILE_TEXT_MAX; length++) {
        snprintf(text, sizeof text, "{" WHOLE ",\"notes\":[\"%.*s\"]}", (int)length, long_text);
        assert_int_equal(profile_parse(text, strlen(text), &p, &error), length < PROFILE_TEXT_MAX);
    }
    assert_non_null(strstr(error.message, "\"notes\" is too long"));
    for (int i = 1; i < PROFILE_LIST_MAX; i++)
        memcpy(list + 4 * i - 1, ",\"8\"", 5);
    snprintf(text, sizeof text, "{" WHOLE ",\"notes\":[%s]}", list);
    assert_true(profile_parse(text, strlen(text), &p, &error));
    assert_int_equal(p.note_count, PROFILE_LIST_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_profile_loads),
        cmocka_unit_test(a_profile_says_what_is_established),
        cmocka_unit_test(no_profile_guesses_a_usb_product),
        cmocka_unit_test(an_unknown_board_is_named),
        cmocka_unit_test(damage_is_refused_with_its_sentence),
        cmocka_unit_test(limits_are_reached),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
