// The meter against lengths, boxes and times worked out by hand, and the picture against the job it shows.
// tests/e2e/test_meter_samples.py compares whole files with an oracle of another construction.
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h" // meter_line

#define PI 3.14159265358979323846

static const struct gcode_rules laser = {.machine = GCODE_LASER, .focus_limit = 20};
static const struct gcode_rules cnc = {.machine = GCODE_CNC};
static const struct gcode_rules printer = {.machine = GCODE_PRINTER};

static struct meter meter; // large: the path is inside
static struct gcode_modal modal;

static void feed_line(const struct gcode_rules *rules, const char *line, size_t length) {
    struct gcode_block block;
    struct gcode_modal before = modal;
    gcode_scan(&block, (const uint8_t *)line, length);
    gcode_modal_apply(&modal, &block);
    meter_line(&meter, rules, &before, &modal, &block, length + 1);
}

static const struct meter_result *run(const struct gcode_rules *rules, const char *program) {
    gcode_modal_reset(&modal);
    meter_reset(&meter, NULL);
    while (*program) {
        size_t length = strcspn(program, "\n");
        feed_line(rules, program, length);
        program += length + (program[length] == '\n');
    }
    return &meter.result;
}

static void expect_lengths(const struct meter_result *r, int64_t rapid, int64_t feed, int64_t work) {
    if (llabs(r->rapid_um - rapid) > 1 || llabs(r->feed_um - feed) > 1 || llabs(r->work_um - work) > 1)
        fail_msg("rapid %lld feed %lld work %lld", (long long)r->rapid_um, (long long)r->feed_um,
                 (long long)r->work_um);
}

static void expect_box(const int32_t min[3], const int32_t max[3], int x0, int y0, int z0, int x1, int y1,
                       int z1) {
    const int want[6] = {x0, y0, z0, x1, y1, z1};
    for (int i = 0; i < 3; i++)
        if (abs(min[i] - want[i]) > 1 || abs(max[i] - want[i + 3]) > 1)
            fail_msg("axis %d: %d..%d", i, min[i], max[i]);
}

static void test_laser_square(void **state) {
    (void)state;
    const struct meter_result *r =
        run(&laser, "G21 G90\nM4 S0\nG0 X10 Y10\nG1 X40 S500 F1200\nY50 S300.5\nX10 S0\nG1 Y10 S10\n"
                    "G1 S0\nM5\nG0 X0 Y0\nM2\n");
    assert_int_equal(r->lines, 11);
    assert_int_equal(r->bytes, 93);
    expect_lengths(r, 2 * 14142, 30000 + 40000, 30000 + 40000);
    expect_box(r->box_min_um, r->box_max_um, 0, 0, 0, 40000, 50000, 0);
    expect_box(r->work_box_min_um, r->work_box_max_um, 10000, 10000, 0, 40000, 50000, 0);
    assert_true(r->has_s);
    assert_int_equal(r->s_min_milli, 300500);
    assert_int_equal(r->s_max_milli, 500000);
    assert_int_equal(r->work_us, 3500000); // 70 mm at 20 mm/s
    assert_int_equal(r->feed_us, 7000000);
    assert_int_equal(r->arcs, 0);
    assert_true(meter.position_known);
}

static void test_nothing_yet(void **state) {
    (void)state;
    const struct meter_result *r = run(&laser, "; a comment\n\nM3 S500\nG4 P1\n$$\nbanana\n");
    assert_int_equal(r->lines, 6);
    expect_lengths(r, 0, 0, 0);
    assert_false(r->has_box || r->has_work_box || r->has_s);
    assert_int_equal(meter.points, 0);
    assert_false(meter.position_known);
}

static void test_units_and_distance(void **state) {
    (void)state;
    // 1 inch at 10 inch/min, then 25.4 mm at that same feed.
    const struct meter_result *r = run(&laser, "G20\nM3 S100\nG1 X1 F10\nG21\nG1 X50.8\n");
    expect_lengths(r, 0, 0, 50800);
    assert_int_equal(r->work_us, 12000000);
    // Relative moves, from an unknown position: it is taken as 0.
    r = run(&laser, "G91\nM3 S100\nG1 X3 Y4 F60\nX-3 Y-4\n");
    expect_lengths(r, 0, 0, 10000);
    assert_false(meter.position_known);
    expect_box(r->box_min_um, r->box_max_um, 0, 0, 0, 3000, 4000, 0);
    // Inverse time: F is moves per minute.
    r = run(&laser, "M3 S100\nG93\nG1 X10 F2\n");
    assert_int_equal(r->work_us, 30000000);
    // Without any F there is no time.
    r = run(&laser, "M3 S100\nG1 X10\n");
    assert_int_equal(r->work_us, 0);
    // An F from before the job counts.
    gcode_modal_reset(&modal);
    feed_line(&laser, "F600", 4);
    meter_reset(&meter, NULL);
    feed_line(&laser, "G1 X10", 6);
    assert_int_equal(meter.result.feed_us, 1000000);
}

static void test_position(void **state) {
    (void)state;
    const double at[3] = {5, 6, 7};
    gcode_modal_reset(&modal);
    meter_reset(&meter, at);
    assert_true(meter.position_known);
    feed_line(&laser, "G0 X15", 6);
    expect_lengths(&meter.result, 10000, 0, 0);
    expect_box(meter.result.box_min_um, meter.result.box_max_um, 5000, 6000, 7000, 15000, 6000, 7000);
    feed_line(&laser, "G92 X0", 6);
    feed_line(&laser, "G0 X10", 6);
    expect_lengths(&meter.result, 20000, 0, 0);
    feed_line(&laser, "G53 G0 X0", 9);
    assert_false(meter.position_known);
    expect_lengths(&meter.result, 20000, 0, 0);
    feed_line(&laser, "G0 X20", 6);
    assert_true(meter.position_known);
    expect_lengths(&meter.result, 30000, 0, 0);
    static const char *const unsure[] = {"G28",   "G30 X20",      "G55", "G10 L20 P1 X0",
                                         "G92.1", "$J=G91X1F100", "$H"};
    for (size_t i = 0; i < sizeof unsure / sizeof unsure[0]; i++) {
        meter.position_known = true;
        feed_line(&laser, unsure[i], strlen(unsure[i]));
        if (meter.position_known)
            fail_msg("still sure of the position after %s", unsure[i]);
    }
    expect_lengths(&meter.result, 30000, 0, 0);
    feed_line(&laser, "G28 X30 Y6", 10); // rapid to the point between
    expect_lengths(&meter.result, 40000, 0, 0);
}

static void test_arcs(void **state) {
    (void)state;
    const int64_t quarter = llround(10000 * PI / 2);
    // A quarter, counterclockwise, from (10,0) to (0,10) about the origin.
    const struct meter_result *r = run(&laser, "G0 X10\nM3 S100\nG3 X0 Y10 I-10 J0 F600\n");
    expect_lengths(r, 10000, 0, quarter);
    expect_box(r->work_box_min_um, r->work_box_max_um, 0, 0, 0, 10000, 10000, 0);
    assert_int_equal(r->arcs, 1);
    // The same end points clockwise: three quarters, and the box reaches out.
    r = run(&laser, "G0 X10\nM3 S100\nG2 X0 Y10 I-10 J0 F600\n");
    expect_lengths(r, 10000, 0, 3 * quarter);
    expect_box(r->work_box_min_um, r->work_box_max_um, -10000, -10000, 0, 10000, 10000, 0);
    // By radius, short and long.
    r = run(&laser, "G0 X10\nM3 S100\nG3 X0 Y10 R10 F600\n");
    expect_lengths(r, 10000, 0, quarter);
    r = run(&laser, "G0 X10\nM3 S100\nG2 X0 Y10 R-10 F600\n");
    expect_lengths(r, 10000, 0, 3 * quarter);
    // A full circle, relative, inches.
    r = run(&laser, "G20 G91\nM3 S100\nG2 X0 Y0 I1 F100\n");
    expect_lengths(r, 0, 0, llround(2 * PI * 25400));
    expect_box(r->work_box_min_um, r->work_box_max_um, 0, -25400, 0, 50800, 25400, 0);
    // Absolute centre.
    r = run(&laser, "G90.1\nG0 X10\nM3 S100\nG3 X0 Y10 I0 J0 F600\n");
    expect_lengths(r, 10000, 0, quarter);
    // Helix: a full turn of radius 10 that sinks 5.
    r = run(&cnc, "M3 S1000\nG0 X10\nG2 X10 Y0 Z-5 I-10 F600\n");
    expect_lengths(r, 10000, 0, llround(1000 * sqrt(400 * PI * PI + 25)));
    expect_box(r->work_box_min_um, r->work_box_max_um, -10000, -10000, -5000, 10000, 10000, 0);
    // The other planes: G18 is ZX, G19 is YZ.
    r = run(&cnc, "M3\nG18\nG0 X10\nG2 X0 Z10 I-10 K0 F600\n"); // from +X clockwise in ZX is away from +Z
    expect_lengths(r, 10000, 0, quarter);
    r = run(&cnc, "M3\nG19\nG0 Y10\nG3 Y0 Z10 J-10 K0 F600\n");
    expect_lengths(r, 10000, 0, quarter);
    expect_box(r->work_box_min_um, r->work_box_max_um, 0, 0, 0, 0, 10000, 10000);
}

// Grbl answers these with an error and stays where it is.
static void test_refused_arcs(void **state) {
    (void)state;
    static const char *const refused[] = {"G2 X10",       "G2 I5",        "G2 X10 R1", "G2 X0 Y0 R5",
                                          "G2 X10 Y0 I1", "G18 G2 Y5 I1", "G2 X10 K5"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char program[64];
        snprintf(program, sizeof program, "M3 S100 F100\n%s\n", refused[i]);
        const struct meter_result *r = run(&laser, program);
        if (r->arcs != 0 || r->work_um != 0 || meter.at[0] != 0)
            fail_msg("metered: %s", refused[i]);
    }
}

static void test_what_is_work(void **state) {
    (void)state;
    expect_lengths(run(&laser, "M3 S500\nG0 X10\n"), 10000, 0, 0);
    expect_lengths(run(&laser, "M3 S20\nG1 X10\n"), 0, 10000, 0);
    expect_lengths(run(&laser, "M3 S21\nG1 X10\n"), 0, 0, 10000);
    expect_lengths(run(&laser, "M3 S500\nG1 X10 M5\n"), 0, 10000, 0);
    expect_lengths(run(&laser, "M3 S500 G91\nG1 X10 M2\n"), 0, 0, 10000); // the end comes after the move
    expect_lengths(run(&laser, "M3 S500 G1 G91\nX10 M2\n"), 0, 0, 10000);
    expect_lengths(run(&cnc, "G1 X10\nM3\nX20\nG38.2 Z-5\n"), 0, 15000, 10000);
    expect_lengths(run(&cnc, "M3 G80\nX10\n"), 0, 0, 0);
    expect_lengths(run(&printer, "G1 X10\nG1 X20 E1\nG1 X30 E-1\nG1 E5\n"), 0, 20000, 10000);
    expect_lengths(run(&laser, "G92 X5\nG10 L2 P1 X9\n"), 0, 0, 0);
}

static void test_doubt(void **state) {
    (void)state;
    gcode_modal_reset(&modal);
    modal.doubt = true;
    meter_reset(&meter, NULL);
    feed_line(&laser, "G1 X10 S0", 9);
    feed_line(&laser, "X20 M5", 6);
    expect_lengths(&meter.result, 0, 20000, 0);
    feed_line(&laser, "X30", 3);
    expect_lengths(&meter.result, 0, 20000, 10000);
}

static void test_saturation(void **state) {
    (void)state;
    const struct meter_result *r =
        run(&laser, "G20\nM3 S99999999999 F1\nG1 X99999999999 Y-99999999999\nX-99999999999\n");
    assert_int_equal(r->box_max_um[0], 2147483000);
    assert_int_equal(r->box_min_um[1], -2147483000);
    assert_true(r->s_max_milli == UINT32_MAX);
    assert_true(r->work_um > 0);
    assert_true(r->work_us == METER_SUM_MAX && r->feed_us == METER_SUM_MAX);
}

// --- the picture

// Distance of a point to the nearest work segment of the picture.
static double picture_distance(double x, double y) {
    double best = INFINITY;
    for (uint32_t i = 1; i < meter.points; i++) {
        const struct meter_point *a = &meter.path[i - 1], *b = &meter.path[i];
        if (!b->work)
            continue;
        double bx = b->x_um - (double)a->x_um, by = b->y_um - (double)a->y_um;
        double px = x - a->x_um, py = y - a->y_um, square = bx * bx + by * by;
        double t = square > 0 ? fmin(1, fmax(0, (px * bx + py * by) / square)) : 0;
        best = fmin(best, hypot(px - t * bx, py - t * by));
    }
    return best;
}

static double picture_work_length(void) {
    double sum = 0;
    for (uint32_t i = 1; i < meter.points; i++)
        if (meter.path[i].work)
            sum += hypot(meter.path[i].x_um - (double)meter.path[i - 1].x_um,
                         meter.path[i].y_um - (double)meter.path[i - 1].y_um);
    return sum;
}

static void begin(void) {
    gcode_modal_reset(&modal);
    meter_reset(&meter, NULL);
    feed_line(&laser, "G21 G90 M4 S0 F6000", 19);
}

static void line_to(const char *motion, double x, double y, int power) {
    char line[80];
    int n = snprintf(line, sizeof line, "%s X%.4f Y%.4f S%d", motion, x, y, power);
    feed_line(&laser, line, (size_t)n);
}

static void test_picture_of_a_square(void **state) {
    (void)state;
    run(&laser, "M3 S100\nG0 X10 Y10\nG1 X15\nX20\nY15\nY20\nX10\nY10\nG0 X0 Y0\n");
    static const struct meter_point want[] = {
        {0, 0, false},        {10000, 10000, false}, {20000, 10000, true}, {20000, 20000, true},
        {10000, 20000, true}, {10000, 10000, true},  {0, 0, false}};
    assert_int_equal(meter.points, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(meter.path[i].x_um, want[i].x_um);
        assert_int_equal(meter.path[i].y_um, want[i].y_um);
        assert_int_equal(meter.path[i].work, want[i].work);
    }
    run(&cnc, "M3\nG0 X5 Y5\nG1 Z-3\nG0 Z5\n"); // a hole
    assert_int_equal(meter.points, 3);
    assert_true(meter.path[2].work && meter.path[2].x_um == 5000);
}

// A slow curve of many short lines must not be swallowed by one long one: the cone in cone_allows() keeps it.
static void test_picture_of_a_curve(void **state) {
    (void)state;
    begin();
    feed_line(&laser, "G0 X50 Y0", 9);
    for (int i = 1; i <= 20000; i++)
        line_to("G1", 50 * cos(i * 2 * PI / 20000), 50 * sin(i * 2 * PI / 20000), 500);
    assert_true(meter.points < 300);
    for (int i = 0; i < 1000; i++)
        assert_true(picture_distance(50000 * cos(i * 2 * PI / 1000), 50000 * sin(i * 2 * PI / 1000)) < 25);
    assert_true(fabs(picture_work_length() / meter.result.work_um - 1) < 0.001);
}

// Rasters with more strokes than there are points, there and back and one-way, must still cover the area.
static void raster(bool both_ways, double pitch, int strokes) {
    begin();
    for (int i = 0; i < strokes; i++) {
        double y = i * pitch, from = both_ways && i % 2 ? 60 : 10, to = 70 - from;
        line_to("G1", from + (from < to ? -5 : 5), y, 0);
        line_to("G1", from, y, 0);
        for (int part = 1; part <= 5; part++)
            line_to("G1", from + (to - from) * part / 5, y, 100 + part);
        line_to("G1", to + (from < to ? 5 : -5), y, 0);
    }
    assert_true(meter.points > 100 && meter.points <= METER_PATH_MAX);
    double height = strokes * pitch;
    for (int i = 0; i < 500; i++) {
        double x = 10000 + 50000 * ((i * 7919) % 500) / 500.0, y = (strokes - 1) * pitch * 1000 * i / 500;
        if (picture_distance(x, y) > 20 * height)
            fail_msg("nothing drawn within %.0f um of (%.0f, %.0f)", 20 * height, x, y);
    }
    // and draws no work outside of it
    for (uint32_t i = 1; i < meter.points; i++) {
        if (!meter.path[i].work)
            continue;
        for (int end = 0; end < 2; end++) {
            const struct meter_point *p = &meter.path[i - (uint32_t)end];
            assert_in_range(p->x_um, 10000 - 20 * height, 60000 + 20 * height);
        }
    }
}

static void test_picture_of_rasters(void **state) {
    (void)state;
    raster(true, 0.1, 500);
    raster(false, 0.1, 500);
    raster(true, 0.05, 8000);
    raster(false, 0.05, 8000);
}

// Nothing that can be written makes the path overflow, and the end of the job is where it ended.
static void test_picture_of_noise(void **state) {
    (void)state;
    uint32_t seed = 1;
    begin();
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525u + 1013904223u;
        double x = (seed >> 8) % 400000 / 1000.0, y = (seed >> 20) % 4000 / 10.0;
        line_to(seed & 64 ? "G0" : "G1", x, y, (int)(seed >> 3 & 1023));
        assert_true(meter.points <= METER_PATH_MAX);
    }
    const struct meter_point *last = &meter.path[meter.points - 1];
    assert_int_equal(last->x_um, meter.at_um[0]);
    assert_int_equal(last->y_um, meter.at_um[1]);
    assert_true(meter.points > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laser_square),
        cmocka_unit_test(test_nothing_yet),
        cmocka_unit_test(test_units_and_distance),
        cmocka_unit_test(test_position),
        cmocka_unit_test(test_arcs),
        cmocka_unit_test(test_refused_arcs),
        cmocka_unit_test(test_what_is_work),
        cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_doubt),
        cmocka_unit_test(test_picture_of_a_square),
        cmocka_unit_test(test_picture_of_a_curve),
        cmocka_unit_test(test_picture_of_rasters),
        cmocka_unit_test(test_picture_of_noise),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
