// test_gate_attacks: what someone would try who wants a beam or a spindle without a lot. The fake machine is an oracle: it
// aborts the test when work reaches it before a start was committed; where it believes what the gate believes, the
// stream itself is looked at.
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "gate_world.h"

#define SECOND 1000000LL

static void make(struct world *w, enum gcode_machine machine, enum grbl_flavour flavour) {
    struct gate_config config;
    world_config(&config);
    config.rules.machine = machine;
    config.flavour = flavour;
    config.poll = true;
    world_make(w, &config);
    world_pass(w, 3 * SECOND); // what lotgate asks behind the banner is answered
    world_forget(w);
}

// --- lines that look harmless

static void test_lines_that_would_burn_are_held(void **state) {
    static const char *const lasers[] = {
        "G1X5M3S500M5\n",       "M3S500\n",         "m03 s5e2\n",
        "M4(S0)S500\n",         "/M3S500G1X1\n",    "N7M3S500\n",
        "G1.0X1M3S500\n",       "M03 S0021\n",      "M3 S 5 0 0\n",
        "G01X1F100S500M04\n",   "M3S500;S0\n",      "(a)M3(b)S500\n",
        "M3\tS500\n",           "G2X1Y1I1M3S500\n", "G38.2X1F10M3S500\n",
        "M3S500M2\n",           "$30=20\n",         "$32=0\n",
        "$N0=M3S500\n",         "$RST=*\n",         "M3S+21\n",
        "M3S20.01\n",           "M3S021.\n",        "G4P0M3S99999999999999\n",
        "$J=G91X1F100M3S500\n", "G0X1)M3S500\n",    "M3S500*71\n",
        "G28M3S500\n",          "\x0bM3S500\n",     "M3 S500 (\n"};
    for (size_t i = 0; i < sizeof lasers / sizeof lasers[0]; i++) {
        struct world w;
        make(&w, GCODE_LASER, GRBL_AVR);
        world_send(&w, lasers[i]);
        world_answer(&w);
        if (world_state(&w) != GATE_HELD)
            fail_msg("passed: %s", lasers[i]);
        world_free(&w);
    }
}

static void test_steps_that_would_burn_end_held(void **state) {
    static const char *const steps[][4] = {
        {"M3S0\n", "G1X1F100\n", "S500\n"},         // modal alone
        {"S500\n", "G1X1F100\n", "M3\n"},           // power before the beam
        {"M3S0\n", "G91\n", "X1S500\n"},            // motion alone
        {"S500\n", "G0X1\n", "M4G1X2\n"},           //
        {"M3S10\n", "G1X1F100\n", "G1X2S500\n"},    // a focus beam made strong
        {"S20\n", "M3\n", "S21\n"},                 //
        {"G92X0\n", "G10L2P1X5\n", "M3S500G1X1\n"}, // coordinates are nobody's licence
        {"$X\n", "$H\n", "M3S500\n"},               //
        {"$J=G91X5F100\n", "\x85", "M3S500\n"},     //
        {"M5\nM2\n", "M30\n", "M3S500\n"},          //
        {"$C\n", "M3S500\n", ""},                   // not in check mode before a report says so
        {"$N0=G90\n", "M3S500\n", ""}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct world w;
        make(&w, GCODE_LASER, GRBL_AVR);
        for (size_t k = 0; k < 4 && steps[i][k]; k++) {
            world_send(&w, steps[i][k]);
            world_answer(&w);
        }
        if (world_state(&w) != GATE_HELD)
            fail_msg("passed: %s", steps[i][0]);
        world_free(&w);
    }
}

// A machine in a hold loses the end of a line that its buffer does not hold: class_of() in gate_line.c.
static void test_the_beginning_of_a_long_line(void **state) {
    struct world w;
    char line[200];
    make(&w, GCODE_LASER, GRBL_AVR);
    world_send(&w, "S500\n");
    world_answer(&w);
    memset(line, 'x', sizeof line);
    memcpy(line, "M3 (", 4);
    memcpy(line + 120, ")S0\n", 5); // 124 bytes: dark as a whole, and whole it arrives
    world_send(&w, line);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_send(&w, "M5\n");
    world_answer(&w);
    memset(line, 'x', sizeof line);
    memcpy(line, "M3 (", 4);
    memcpy(line + 124, ")S0\n", 5); // 128: an AVR keeps 127
    world_forget(&w);
    world_send(&w, line);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    assert_false(world_machine_has(&w, "M3"));
    world_free(&w);
}

// --- what a job leaves behind: job.unsure in gate_line.c, on_gc() in gate_reply.c

static void run_job(struct world *w, const char *job) {
    world_declare(w);
    world_send(w, job);
    world_answer(w);
    assert_int_equal(world_state(w), GATE_RUNNING);
}

// A line that the gate cannot read has switched the beam on, and the job ends without M5.
static void test_a_beam_left_on_by_what_nobody_reads(void **state) {
    static const char *const jobs[] = {"G1X1F100\nM3S[5*100]\n", "#1=500\nM3S#1\n", "$SD/Run=/on.nc\n",
                                       "G1X1S500M3\nM5\nM62P1\n", "$RM=1\n"};
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        struct world w;
        make(&w, GCODE_LASER, GRBL_HAL);
        run_job(&w, jobs[i]);
        world_forget(&w);
        world_pass(&w, 3 * SECOND); // its end, and the question
        assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
        assert_true(world_machine_has(&w, "$G\n"));
        world_free(&w);
    }
}

static void test_a_reported_beam_is_switched_off(void **state) {
    struct world w;
    make(&w, GCODE_LASER, GRBL_HAL);
    run_job(&w, "M3S[500]\n");
    w.mute = true;
    for (int i = 0; i < 5; i++) {
        world_pass(&w, SECOND);
        world_reply(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n");
    }
    assert_true(world_machine_has(&w, "$G\n"));
    world_send(&w, "G1X50F1000\n");
    world_forget(&w);
    world_reply(&w, "[GC:G1 G54 G17 G21 G90 G94 M3 M9 T0 F100 S500]\r\nok\r\n");
    assert_true(world_machine_is(&w, "M5\n")); // before anything of the sender's
    world_free(&w);
}

// A macro key too.
static void test_a_macro_key_in_a_job(void **state) {
    struct world w;
    make(&w, GCODE_LASER, GRBL_HAL);
    run_job(&w, "G1X1F100S500M3\nM5\nG0X0\n");
    world_send(&w, "\xb0");
    world_forget(&w);
    world_pass(&w, 3 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_true(world_machine_has(&w, "$G\n"));
    world_free(&w);
}

// --- what an S means: gate_focus_learn() in gate_own.c

static enum gate_state after_focus(const char *settings, const char *line) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    config.s_max = 1000;
    world_make(&w, &config);
    w.settings = settings;
    world_pass(&w, 20 * SECOND);
    assert_true(world_count(&w.machine, "$$\n") <= 3); // not for ever
    assert_false(world_sender_has(&w, "$30"));
    world_send(&w, line);
    enum gate_state state = world_state(&w);
    world_free(&w);
    return state;
}

static void test_a_focus_beam_is_a_share_of_the_machines_largest_s(void **state) {
    assert_int_equal(after_focus("$0=10\r\n$30=1000", "M3S20\n"), GATE_LOCKED);
    assert_int_equal(after_focus("$0=10\r\n$30=1000.000", "M3S21\n"), GATE_HELD);
    assert_int_equal(after_focus("$30=255", "M3S5\n"), GATE_LOCKED);
    assert_int_equal(after_focus("$30=255", "M3S6\n"), GATE_HELD);
    assert_int_equal(after_focus("$30=20", "M3S1\n"), GATE_HELD);
    assert_int_equal(after_focus("$30=99999999999", "M3S21\n"), GATE_HELD); // never more than configured
    assert_int_equal(after_focus(NULL, "M3S1\n"), GATE_HELD);               // not told: none is harmless
    assert_int_equal(after_focus(NULL, "M3S0\n"), GATE_LOCKED);
}

// A declared job may change $30: what it means afterwards is asked for again.
static void test_a_job_that_changes_what_an_s_means(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    config.s_max = 1000;
    world_make(&w, &config);
    w.settings = "$30=1000";
    world_pass(&w, 3 * SECOND);
    run_job(&w, "$30=20\nG1X1F100S20M3\nM5\n");
    w.settings = "$30=20";
    world_forget(&w);
    world_send(&w, "M2\n");
    world_answer(&w);
    assert_true(world_machine_has(&w, "$$\n"));
    world_send(&w, "M3S20\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

// --- check mode: follow_check() in gate_status.c

static void test_check_reports_of_before_a_reset(void **state) {
    struct world w;
    world_make(&w, NULL); // one that asks nothing, which would shut the gate for a while
    world_send(&w, "$C\n");
    world_answer(&w);
    world_send(&w, "?");
    world_answer(&w);
    w.mute = true;
    world_send(&w, "\x18");
    world_pass(&w, 3 * SECOND); // no banner yet: the cable keeps it back
    world_reply(&w, "<Check|MPos:0.000,0.000,0.000>\r\n");
    world_forget(&w);
    world_send(&w, "M3S500\n");
    assert_false(world_machine_has(&w, "M3"));
    world_free(&w);
}

static void test_check_mode_is_for_gcode(void **state) {
    static const char *const lines[] = {"$30=20\n", "[ESP444]RESTART\n", "$Bye\n", "$SD/Run=/a.nc\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct world w;
        make(&w, GCODE_LASER, GRBL_MKS);
        world_send(&w, "$C\n");
        world_answer(&w);
        world_send(&w, "?");
        world_answer(&w);
        world_send(&w, "M3S500\nM62P1\n");
        world_answer(&w);
        assert_true(world_machine_has(&w, "M3S500\nM62P1\n"));
        world_send(&w, lines[i]);
        assert_int_equal(world_state(&w), GATE_HELD);
        world_free(&w);
    }
}

// --- one job's lot for another's work

static void test_two_jobs_without_a_gap(void **state) {
    struct world w;
    make(&w, GCODE_LASER, GRBL_AVR);
    w.mute = true;
    world_declare(&w);
    world_send(&w, "M3S500\nG1X1F100\nM2\nG90\nG1X9S500M3\nM2\n");
    for (int i = 0; i < 4; i++)
        world_answer_one(&w);
    assert_false(world_machine_has(&w, "X9"));
    w.mute = false;
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(world_state(&w), GATE_HELD);
    assert_false(world_machine_has(&w, "X9"));
    world_free(&w);
}

// $X behind an alarm, a wake-up behind $SLP: neither opens anything.
static void test_alarm_and_sleep_open_nothing(void **state) {
    struct world w;
    make(&w, GCODE_LASER, GRBL_AVR);
    run_job(&w, "M3S500\nG1X1F100\n");
    world_reply(&w, "ALARM:1\r\n");
    assert_int_equal(w.job.end, GATE_END_ALARM);
    world_send(&w, "\x18");
    world_answer(&w);
    world_send(&w, "$X\n");
    world_answer(&w);
    world_forget(&w);
    world_send(&w, "G1X5S500M3\n");
    assert_false(world_machine_has(&w, "X5"));
    world_send(&w, "\x18");
    world_answer(&w);
    world_send(&w, "$SLP\n\x18");
    world_answer(&w);
    world_send(&w, "M3S500\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

// An unfinished comment that lay in the machine's buffer swallows `$I`: it answers `ok` and no name.
static void test_identity_behind_an_unfinished_line(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.expect_identity = true;
    world_make(&w, &config);
    w.auto_identity = false;
    w.reply = "ok";
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_IDENTITY], 0);
    world_pass(&w, 5 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_IDENTITY], 1);
    assert_string_equal(w.text[GATE_FACT_IDENTITY], "1.1h.20190830:");
    world_free(&w);
}

// --- spindles

static void test_spindles(void **state) {
    static const char *const lines[] = {"M3\n", "M4S0\n", "M3S0\n", "M03\n", "G0X1M3\n", "T1M6\n", "M5M3\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct world w;
        make(&w, GCODE_CNC, GRBL_AVR);
        world_send(&w, lines[i]);
        if (world_state(&w) != GATE_HELD)
            fail_msg("passed: %s", lines[i]);
        world_free(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_that_would_burn_are_held),
        cmocka_unit_test(test_steps_that_would_burn_end_held),
        cmocka_unit_test(test_the_beginning_of_a_long_line),
        cmocka_unit_test(test_a_beam_left_on_by_what_nobody_reads),
        cmocka_unit_test(test_a_reported_beam_is_switched_off),
        cmocka_unit_test(test_a_macro_key_in_a_job),
        cmocka_unit_test(test_a_focus_beam_is_a_share_of_the_machines_largest_s),
        cmocka_unit_test(test_a_job_that_changes_what_an_s_means),
        cmocka_unit_test(test_check_reports_of_before_a_reset),
        cmocka_unit_test(test_check_mode_is_for_gcode),
        cmocka_unit_test(test_two_jobs_without_a_gap),
        cmocka_unit_test(test_alarm_and_sleep_open_nothing),
        cmocka_unit_test(test_identity_behind_an_unfinished_line),
        cmocka_unit_test(test_spindles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
