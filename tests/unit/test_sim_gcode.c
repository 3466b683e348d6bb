// The simulated machine's own interpreter: which lines it refuses and why, where the axes go, when the beam is out.
#include "sim_talk.h"

#include <math.h>

static void each_error_has_its_number(void **state) {
    static const struct {
        const char *line;
        unsigned error;
    } cases[] = {
        {"%", 1},          {"*1", 1},           {"G1X", 2},         {"FOO", 2},
        {"G1X1F-1", 4},    {"G5", 20},          {"M6", 20},         {"M7", 20},
        {"G1.5", 20},      {"G1Q1", 20},        {"G0G1X1", 24},     {"G20G21", 21},
        {"M3M4", 21},      {"G1X1F0", 22},      {"G1X1", 22},       {"M3.5", 23},
        {"G28G92X1", 24},  {"G1X1X2F1", 25},    {"G92", 26},        {"G4", 28},
        {"G10L2X1", 28},   {"G10P9L2X1", 29},   {"G10P1L3X1", 20},  {"G53G2X1Y1I1F1", 30},
        {"G80X1", 31},     {"G17G2Z1I1F9", 32}, {"G2X5Y0I1F9", 33}, {"G2X0Y0R5F9", 33},
        {"G2X50R5F9", 34}, {"G2X5F9", 35},      {"G21P5", 36},      {"G43.1X1", 37},
        {"G93G1X1", 22},   {"G38.2X0F1", 33},
    };
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[64], reply[32];
        snprintf(line, sizeof line, "%s\n", cases[i].line);
        snprintf(reply, sizeof reply, "error:%u\r\n", cases[i].error);
        talk_expect(&t, line, 30 * MS, reply);
    }
    assert_int_equal(talk_view(&t).errors, sizeof cases / sizeof cases[0]);
    assert_true(talk_view(&t).position[0] == 0);
    talk_end(&t);
}

static void ends_at(struct talk *t, const char *lines, double x, double y, double z) {
    talk_say(t, lines, 60 * SECONDS);
    struct sim_view view = talk_view(t);
    assert_int_equal(view.state, SIM_IDLE);
    if (fabs(view.position[0] - x) > 0.001 || fabs(view.position[1] - y) > 0.001 ||
        fabs(view.position[2] - z) > 0.001)
        fail_msg("%s ended at %f %f %f", lines, view.position[0], view.position[1], view.position[2]);
}

static void axes_go_where_the_lines_say(void **state) {
    struct talk t;
    talk_begin(&t, SIM_CNC, GRBL_AVR);
    ends_at(&t, "G1X10Y5F1000\n", 10, 5, 0);
    ends_at(&t, "G91\nX-1\nX-1\nG90\n", 8, 5, 0);
    ends_at(&t, "G20\nG0X1\nG21\n", 25.4, 5, 0);
    ends_at(&t, "G10L20P2X0Y0\nG55\nG0X1Y1\nG54\n", 26.4, 6, 0);
    ends_at(&t, "G92X0Y0\nG0X1Y0\nG92.1\n", 27.4, 6, 0);
    ends_at(&t, "G53G0X2Y2Z1\n", 2, 2, 1);
    ends_at(&t, "G28.1\nG0X9\nG28\n", 2, 2, 1);
    ends_at(&t, "G0Z0\nG2X12Y2I5J0F600\n", 12, 2, 0);
    ends_at(&t, "G3X2Y2R5\n", 2, 2, 0);
    ends_at(&t, "G18G2X12Z0I5K0\nG17\n", 12, 2, 0);
    ends_at(&t, "G43.1Z2\nG0Z1\nG49\n", 12, 2, 3);
    ends_at(&t, "G93G1X22F60\nG94\n", 22, 2, 3);
    ends_at(&t, "n10 g1 (to) x 1 y 1 z0 f 900 ; end\n", 1, 1, 0);
    ends_at(&t, "/G1X2F900\n", 2, 1, 0);
    talk_end(&t);
}

static void an_arc_stays_on_its_circle(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_send(&t, "G2X20Y0I10J0F1200\n");
    double highest = 0;
    do {
        talk_listen(&t, 5 * MS);
        struct sim_view view = talk_view(&t);
        double r = hypot(view.position[0] - 10, view.position[1]);
        assert_true(fabs(r - 10) < 0.003); // $12 is 0.002 mm
        highest = view.position[1] > highest ? view.position[1] : highest;
    } while (talk_view(&t).position[0] < 19.999 && t.now < 10 * SECONDS);
    assert_true(highest > 9.9); // clockwise: over the top
    talk_end(&t);
}

static void moves_take_their_time(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "G1X20F1200\nG4P0\n", 900 * MS); // 20 mm at 20 mm/s
    assert_int_equal(talk_count(&t, "ok"), 1);
    talk_listen(&t, 200 * MS);
    assert_int_equal(talk_count(&t, "ok"), 2);
    talk_say(&t, "G1X0F1200\nG4P0\n\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91", 600 * MS); // 200 %
    assert_int_equal(talk_count(&t, "ok"), 2);
    talk_say(&t, "G0Z50\nG4P0\n", 2900 * MS); // $112 is 1000 mm/min
    assert_int_equal(talk_count(&t, "ok"), 1);
    talk_end(&t);
}

static void a_full_planner_withholds_the_ok(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "F60\n", 20 * MS); // a millimetre a second
    for (int i = 1; i <= 20; i++) {
        char line[16];
        snprintf(line, sizeof line, "G1X%d\n", i);
        talk_send(&t, line);
        talk_listen(&t, 10 * MS);
    }
    assert_int_equal(talk_count(&t, "ok"), 1 + 15);
    assert_int_equal(talk_view(&t).planner_used, 15);
    talk_listen(&t, SECONDS);
    assert_int_equal(talk_count(&t, "ok"), 1 + 16);
    talk_end(&t);
}

// Lines behind a move whose `ok` waits until the axes stand.
static void what_drains_the_planner(void **state) {
    static const char *const drains[] = {"M5", "M2", "M30", "G4P0", "M8", "G92X0", "G55", "G10L2P1X0"};
    for (size_t i = 0; i < sizeof drains / sizeof drains[0]; i++) {
        struct talk t;
        char lines[64];
        talk_begin(&t, SIM_LASER, GRBL_AVR);
        snprintf(lines, sizeof lines, "M4S9\nG1X10F600\n%s\n", drains[i]);
        talk_say(&t, lines, 900 * MS);
        assert_int_equal(talk_count(&t, "ok"), 2);
        talk_listen(&t, SECONDS);
        assert_int_equal(talk_count(&t, "ok"), 3);
        talk_end(&t);
    }
}

static void power_on_the_fly_only_in_laser_mode(void **state) {
    struct talk t;
    for (int laser = 0; laser < 2; laser++) {
        talk_begin(&t, laser ? SIM_LASER : SIM_CNC, GRBL_AVR);
        talk_say(&t, "M3S100\nG1X10F600\nX20S200\n", 900 * MS);
        assert_int_equal(talk_count(&t, "ok"), laser ? 3 : 2);
        assert_true(talk_view(&t).power == 100);
        talk_listen(&t, 900 * MS);
        assert_true(talk_view(&t).power == 200);
        talk_end(&t);
    }
}

static void program_pause_and_end(void **state) {
    struct talk t;
    talk_begin(&t, SIM_CNC, GRBL_AVR);
    talk_say(&t, "M3S500\nG91\nM0\nG1X1F600\n", 500 * MS);
    assert_int_equal(talk_count(&t, "ok"), 2);
    assert_int_equal(talk_view(&t).state, SIM_HOLD);
    assert_true(talk_view(&t).energised); // a spindle goes on turning
    talk_expect(&t, "~", 500 * MS, "ok\r\nok\r\n");
    talk_expect(&t, "M30\n", 50 * MS, "[MSG:Pgm End]\r\nok\r\n");
    assert_false(talk_view(&t).energised);
    talk_expect(&t, "$G\n", 50 * MS, "[GC:G1 G54 G17 G21 G90 G94 M5 M9 T0 F600 S500]\r\nok\r\n");
    talk_end(&t);
}

static void the_beam_is_out_when_it_should_be(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "M4S500\n", 50 * MS);
    assert_false(talk_view(&t).energised); // M4: only in motion
    talk_say(&t, "G0X10\n", 50 * MS);
    assert_true(talk_view(&t).position[0] > 0);
    assert_false(talk_view(&t).energised); // never in a rapid
    talk_listen(&t, SECONDS);
    talk_say(&t, "G1X20F1200\n", 100 * MS);
    assert_true(talk_view(&t).energised);
    talk_listen(&t, SECONDS);
    assert_false(talk_view(&t).energised);
    int64_t before = talk_view(&t).energised_us;
    assert_true(before > 480 * MS && before < 560 * MS); // 10 mm at 20 mm/s
    talk_say(&t, "M3S300\n", 50 * MS);                   // in G1: it stands and burns
    assert_true(talk_view(&t).energised);
    talk_say(&t, "G0\n", 50 * MS);
    assert_false(talk_view(&t).energised);
    talk_say(&t, "G1M5\n", 50 * MS);
    assert_false(talk_view(&t).energised);
    talk_end(&t);
}

static void the_watchman_counts_what_was_not_allowed(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    sim_watch(t.sim, false, 20, 0);
    talk_say(&t, "M3S20\nG1X5F1000\n", SECONDS); // focus level
    assert_int_equal(talk_view(&t).forbidden_us, 0);
    assert_int_equal(talk_view(&t).forbidden_lines, 0);
    talk_say(&t, "G1X10S21\n", SECONDS);
    assert_true(talk_view(&t).forbidden_us > 300 * MS);
    assert_int_equal(talk_view(&t).forbidden_lines, 1);
    sim_watch(t.sim, true, 20, t.now);
    int64_t before = talk_view(&t).forbidden_us;
    talk_say(&t, "G1X20S900\n", SECONDS);
    assert_int_equal(talk_view(&t).forbidden_us, before);
    assert_int_equal(talk_view(&t).work_lines, 2);
    talk_end(&t);
    talk_begin(&t, SIM_CNC, GRBL_AVR);
    sim_watch(t.sim, false, 0, 0);
    talk_say(&t, "G1X5F1000\nM3S100\nG0X0\n", SECONDS);
    assert_int_equal(talk_view(&t).forbidden_lines, 1); // the spindle's start
    assert_true(talk_view(&t).forbidden_us > 300 * MS);
    talk_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_its_number),
        cmocka_unit_test(axes_go_where_the_lines_say),
        cmocka_unit_test(an_arc_stays_on_its_circle),
        cmocka_unit_test(moves_take_their_time),
        cmocka_unit_test(a_full_planner_withholds_the_ok),
        cmocka_unit_test(what_drains_the_planner),
        cmocka_unit_test(power_on_the_fly_only_in_laser_mode),
        cmocka_unit_test(program_pause_and_end),
        cmocka_unit_test(the_beam_is_out_when_it_should_be),
        cmocka_unit_test(the_watchman_counts_what_was_not_allowed),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
