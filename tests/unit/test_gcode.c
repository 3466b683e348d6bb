// The scanner and the modal state: a line's words are those that Grbl would read, and the state is the one it
// would be in.
#include "unit.h"

#include <string.h>

#include "gcode.h" // gcode_scan

static struct gcode_block scan(const char *line) {
    struct gcode_block block;
    memset(&block, 0xA5, sizeof block); // what the scanner does not set must not matter
    gcode_scan(&block, (const uint8_t *)line, strlen(line));
    return block;
}

static void expect_word(const struct gcode_block *b, enum gcode_word w, int32_t mantissa, uint8_t decimals) {
    assert_true(gcode_has(b, w));
    assert_int_equal(b->value[w].mantissa, mantissa);
    assert_int_equal(b->value[w].decimals, decimals);
    assert_false(b->value[w].saturated);
}

static void test_words(void **state) {
    (void)state;
    struct gcode_block b = scan("N20 g1 X-10.25 y+.5 Z3. F1200 S500");
    assert_int_equal(b.shape, GCODE_WORDS_LINE);
    assert_int_equal(b.g_count, 1);
    assert_int_equal(b.g[0], 10);
    assert_int_equal(b.m_count, 0);
    expect_word(&b, GCODE_N, 20, 0);
    expect_word(&b, GCODE_X, -1025, 2);
    expect_word(&b, GCODE_Y, 5, 1);
    expect_word(&b, GCODE_Z, 3, 0);
    expect_word(&b, GCODE_F, 1200, 0);
    expect_word(&b, GCODE_S, 500, 0);
    assert_false(gcode_has(&b, GCODE_I));

    b = scan("G1X0.51F1524S255");
    expect_word(&b, GCODE_X, 51, 2);
    expect_word(&b, GCODE_F, 1524, 0);
    expect_word(&b, GCODE_S, 255, 0);

    b = scan("X123");
    assert_int_equal(b.shape, GCODE_WORDS_LINE);
    assert_int_equal(b.g_count, 0);
    expect_word(&b, GCODE_X, 123, 0);

    b = scan("G38.2 G43.1 G0 M03 M8");
    assert_int_equal(b.g_count, 3);
    assert_int_equal(b.g[0], 382);
    assert_int_equal(b.g[1], 431);
    assert_int_equal(b.g[2], 0);
    assert_int_equal(b.m_count, 2);
    assert_int_equal(b.m[0], 30);
    assert_int_equal(b.m[1], 80);
}

// Filler may stand anywhere, even in the middle of a number: Grbl drops it before it reads anything.
static void test_filler(void **state) {
    (void)state;
    static const char *const same[] = {
        "G1X10.5S20",
        "g1x10.5s20",
        "  G 1 X 1 0 . 5 S 2 0  ",
        "G(a)1(b)X1(c)0.5S20(d",
        "G1X10.5S20;X1",
        "(first)G1X10.5S20 ; (not) closed",
        "/G1X10.5S20",
        " / G1\tX10.5\rS20",
        "G1X(;)10.5S20",
        "\x01G1X10.5S20\x02",
    };
    struct gcode_block first = scan(same[0]);
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        struct gcode_block b = scan(same[i]);
        if (b.shape != first.shape || b.seen != first.seen || b.g_count != 1 || b.g[0] != 10)
            fail_msg("read differently: %s", same[i]);
        expect_word(&b, GCODE_X, 105, 1);
        expect_word(&b, GCODE_S, 20, 0);
    }
    assert_int_equal(scan("/G1").g_count, 1);
}

static void test_shapes(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum gcode_shape shape;
    } cases[] = {
        {"", GCODE_EMPTY},
        {" \t\r", GCODE_EMPTY},
        {"(comment)", GCODE_EMPTY},
        {"; comment \xC3\x84", GCODE_EMPTY},
        {"(\xC3\x84 never closed", GCODE_EMPTY},
        {"%", GCODE_PERCENT},
        {" % (start)", GCODE_PERCENT},
        {"% G1", GCODE_BAD},
        {"$$", GCODE_DOLLAR},
        {"  $H", GCODE_DOLLAR},
        {"(x) / $H", GCODE_DOLLAR},
        {"[ESP220]/a.nc", GCODE_BRACKET},
        {"N10", GCODE_WORDS_LINE},
        {"N3 G1 X1*35", GCODE_WORDS_LINE},
        {"N3 G1 X1 * 35 ; c", GCODE_WORDS_LINE},
        {"G", GCODE_BAD},
        {"X", GCODE_BAD},
        {"SQ7", GCODE_BAD},
        {"X.", GCODE_BAD},
        {"X-", GCODE_BAD},
        {"X--1", GCODE_BAD},
        {"X1.2.3", GCODE_BAD},
        {"G1 X1)", GCODE_BAD},
        {"G1/X1", GCODE_BAD},
        {"G1 $H", GCODE_BAD},
        {"1", GCODE_BAD},
        {"*35", GCODE_BAD},
        {"G1*", GCODE_BAD},
        {"G1*3X1", GCODE_BAD},
        {"G1*-3", GCODE_BAD},
        {"G1 X1\xC3\x84", GCODE_BAD},
        {"G1 X1\x7F", GCODE_BAD},
        {"S0 S500", GCODE_BAD}, // which of the two counts depends on the firmware
        {"G1 X1 #1=2", GCODE_BAD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gcode_block b = scan(cases[i].line);
        if (b.shape != cases[i].shape)
            fail_msg("\"%s\": shape %d, expected %d", cases[i].line, b.shape, cases[i].shape);
    }
    struct gcode_block b;
    gcode_scan(&b, (const uint8_t *)"G1\0X1", 5);
    assert_int_equal(b.shape, GCODE_BAD);
    struct gcode_block other = scan("B1");
    assert_true(gcode_has(&other, GCODE_OTHER));
    // The text of a system command begins at its mark.
    const char *line = " (a) $H ";
    b = scan(line);
    assert_ptr_equal(b.text, line + 5);
    assert_int_equal(b.length, 3);
}

static void test_limits(void **state) {
    (void)state;
    char line[GCODE_LINE_MAX + 2];
    memset(line, ' ', sizeof line);
    memcpy(line, "G1X1", 4);
    struct gcode_block b;
    gcode_scan(&b, (const uint8_t *)line, GCODE_LINE_MAX);
    assert_int_equal(b.shape, GCODE_WORDS_LINE);
    gcode_scan(&b, (const uint8_t *)line, GCODE_LINE_MAX + 1);
    assert_int_equal(b.shape, GCODE_BAD);
    gcode_scan(&b, (const uint8_t *)line, (size_t)1 << 20); // only the length is looked at
    assert_int_equal(b.shape, GCODE_BAD);

    assert_int_equal(scan("G0G1G2G3G4G17G18G19").shape, GCODE_WORDS_LINE);
    assert_int_equal(scan("G0G1G2G3G4G17G18G19").g_count, GCODE_MAX_CODES);
    assert_int_equal(scan("G0G1G2G3G4G17G18G19G20").shape, GCODE_BAD);
    assert_int_equal(scan("M0M1M2M3M4M5M7M8").shape, GCODE_WORDS_LINE);
    assert_int_equal(scan("M0M1M2M3M4M5M7M8M9").shape, GCODE_BAD);
}

static void test_numbers(void **state) {
    (void)state;
    struct gcode_block b = scan("X0.123456789123 Y999999999 Z1000000000 S0000000012 F0.0000000001 P-0");
    expect_word(&b, GCODE_X, 123456789, 9);
    expect_word(&b, GCODE_Y, 999999999, 0);
    assert_true(b.value[GCODE_Z].saturated);
    assert_int_equal(b.value[GCODE_Z].mantissa, 999999999);
    expect_word(&b, GCODE_S, 12, 0);
    assert_int_equal(b.value[GCODE_F].mantissa, 0);
    assert_int_equal(b.value[GCODE_P].mantissa, 0);

    static const struct {
        const char *line;
        uint32_t whole;
        int expected;
    } cases[] = {
        {"S20", 20, 0},
        {"S20.0", 20, 0},
        {"S20.001", 20, 1},
        {"S19.999", 20, -1},
        {"S0", 0, 0},
        {"S0.001", 0, 1},
        {"S-1", 0, -1},
        {"S999999999", UINT32_MAX, -1},
        {"S99999999999", 5, 1},
        {"S1.5", 1, 1},
        {"S1.5", 400000000, -1},
        {"S1.23456789", 1, 1},
        {"S999999999", 999999999, 0},
        {"S-99999999999", 0, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gcode_block line = scan(cases[i].line);
        int got = gcode_compare(&line.value[GCODE_S], cases[i].whole);
        if (got != cases[i].expected)
            fail_msg("%s against %u: %d", cases[i].line, cases[i].whole, got);
    }
}

// Codes that Grbl would read as another code than they look like are no codes to us: it keeps eight digits
// and eight bits (M259 is M3 to its AVR build).
static void test_codes_that_lie(void **state) {
    (void)state;
    static const char *const lies[] = {"M000000005",   "M259",  "M-5",    "G1.01",
                                       "M99999999999", "G6553", "G65.531"};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct gcode_block b = scan(lies[i]);
        struct gcode_rules rules = {.machine = GCODE_LASER};
        struct gcode_modal modal;
        gcode_modal_reset(&modal);
        if (gcode_classify(&rules, &modal, &b) != GCODE_UNKNOWN)
            fail_msg("%s was taken for a code", lies[i]);
    }
}

static void follow(struct gcode_modal *modal, const char *line) {
    struct gcode_block b = scan(line);
    gcode_modal_apply(modal, &b);
}

static void test_modal(void **state) {
    (void)state;
    struct gcode_modal m;
    memset(&m, 0xA5, sizeof m);
    gcode_modal_reset(&m);
    assert_int_equal(m.motion, 0);
    assert_int_equal(m.plane, 17);
    assert_int_equal(m.wcs, 54);
    assert_int_equal(m.spindle, GCODE_SPINDLE_OFF);
    assert_false(m.inches || m.relative || m.arc_absolute || m.inverse_time || m.fan_beam || m.doubt);
    assert_int_equal(m.s.mantissa, 0);

    follow(&m, "G20 G91 G18 G55 G93 G90.1 G2 M4 S300 F10.5");
    assert_int_equal(m.motion, 2);
    assert_int_equal(m.plane, 18);
    assert_int_equal(m.wcs, 55);
    assert_int_equal(m.spindle, GCODE_SPINDLE_CCW);
    assert_true(m.inches && m.relative && m.inverse_time && m.arc_absolute);
    assert_int_equal(m.s.mantissa, 300);
    assert_int_equal(m.f.mantissa, 105);

    // Non-modal codes leave the motion mode alone.
    follow(&m, "G4 P1");
    follow(&m, "G92 X0");
    follow(&m, "G28 Z0");
    follow(&m, "G53 G0 X0");
    assert_int_equal(m.motion, 0);
    follow(&m, "G38.2 Z-5");
    assert_int_equal(m.motion, 38);
    follow(&m, "G80");
    assert_int_equal(m.motion, 80);

    // Recorded from Grbl 1.1h: after M30 it reports G1 G54 G17 G21 G90 G94 M5 with F and S kept.
    follow(&m, "M30");
    assert_int_equal(m.motion, 1);
    assert_int_equal(m.plane, 17);
    assert_int_equal(m.wcs, 54);
    assert_int_equal(m.spindle, GCODE_SPINDLE_OFF);
    assert_false(m.relative || m.inverse_time);
    assert_true(m.inches); // units stay
    assert_int_equal(m.s.mantissa, 300);
    assert_int_equal(m.f.mantissa, 105);

    // What is not a line of words changes nothing, nor does a negative S, which Grbl refuses.
    struct gcode_modal same = m;
    follow(&m, "$J=G91 G20 X1 F100");
    follow(&m, "M3 S5 X");
    follow(&m, "; M3");
    follow(&m, "S-5");
    assert_memory_equal(&m, &same, sizeof m);
    // A startup block is executed when it is stored.
    follow(&m, "$N0=M4 S700");
    assert_int_equal(m.spindle, GCODE_SPINDLE_CCW);
    assert_int_equal(m.s.mantissa, 700);
    // Contradictions are taken for the worse.
    follow(&m, "M5");
    follow(&m, "M3 M5");
    assert_int_equal(m.spindle, GCODE_SPINDLE_CW);
}

static void test_fan_beam(void **state) {
    (void)state;
    struct gcode_modal m;
    gcode_modal_reset(&m);
    follow(&m, "M106 S100");
    assert_true(m.fan_beam);
    assert_int_equal(m.s.mantissa, 100);
    follow(&m, "G1 X1 S0"); // an S on a move does not dim a fan
    assert_int_equal(m.s.mantissa, 100);
    follow(&m, "M106 S0");
    assert_false(m.fan_beam);
    follow(&m, "M106");
    assert_true(m.fan_beam && m.s.saturated);
    follow(&m, "M107");
    assert_false(m.fan_beam);
}

static bool report(struct gcode_modal *m, const char *text) {
    return gcode_modal_from_report(m, (const uint8_t *)text, strlen(text));
}

static void test_report(void **state) {
    (void)state;
    struct gcode_modal m;
    gcode_modal_reset(&m);
    m.doubt = true;
    assert_true(report(&m, "G1 G54 G18 G20 G91 G94 M4 M9 T0 F1200 S500"));
    assert_int_equal(m.motion, 1);
    assert_int_equal(m.plane, 18);
    assert_true(m.inches && m.relative && !m.doubt);
    assert_int_equal(m.spindle, GCODE_SPINDLE_CCW);
    assert_int_equal(m.s.mantissa, 500);

    // grblHAL names more codes than a line may hold, and ends numbers with a point.
    m.doubt = true;
    assert_true(report(&m, "G0 G54 G17 G21 G90 G94 G49 G98 G50 M5 M9 T0 F0. S0."));
    assert_false(m.doubt);
    assert_int_equal(m.spindle, GCODE_SPINDLE_OFF);
    assert_int_equal(m.s.mantissa, 0);

    // A report that leaves something out clears no doubt.
    static const char *const partial[] = {"G54 G17 G21 G90 G94 M5 M9 T0 F0 S0", "G0 G54 G17 G90 M5 S0",
                                          "G0 G21 M5 S0", "G0 G21 G90 M9 S0", "G0 G21 G90 M5 F0"};
    for (size_t i = 0; i < sizeof partial / sizeof partial[0]; i++) {
        m.doubt = true;
        assert_true(report(&m, partial[i]));
        assert_true(m.doubt);
    }
    struct gcode_modal same = m;
    assert_false(report(&m, ""));
    assert_false(report(&m, "   "));
    assert_false(report(&m, "M3 S900 banana"));
    assert_memory_equal(&m, &same, sizeof m);
}

static void test_moves_and_ends(void **state) {
    (void)state;
    static const struct {
        const char *before, *line;
        bool moves, ends;
    } cases[] = {
        {"G0", "X1", true, false},          {"G80", "X1", false, false},
        {"G80", "G1 X1", true, false},      {"G0", "G1", false, false},
        {"G0", "G92 X0", false, false},     {"G0", "G10 L20 P1 X0", false, false},
        {"G0", "G28", true, false},         {"G0", "G30 Z1", true, false},
        {"G0", "G28.1", false, false},      {"G0", "G38.2 Z-1", true, false},
        {"G38.2", "Z-1", true, false},      {"G0", "S100 F10", false, false},
        {"G0", "$J=G91X1F1", false, false}, {"G0", "M2", false, true},
        {"G0", "G1 X1 M30", true, true},    {"G0", "M3", false, false},
        {"G0", "G1 I1", false, false},      {"G0", "A5", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gcode_modal m;
        gcode_modal_reset(&m);
        follow(&m, cases[i].before);
        struct gcode_block b = scan(cases[i].line);
        if (gcode_moves(&m, &b) != cases[i].moves || gcode_ends_program(&b) != cases[i].ends)
            fail_msg("%s after %s", cases[i].line, cases[i].before);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),   cmocka_unit_test(test_filler),
        cmocka_unit_test(test_shapes),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_codes_that_lie),
        cmocka_unit_test(test_modal),   cmocka_unit_test(test_fan_beam),
        cmocka_unit_test(test_report),  cmocka_unit_test(test_moves_and_ends),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
