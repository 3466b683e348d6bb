// test_gate_corners: what only shows when two things meet: a reply that comes late, a question that is out, a
// report from before, a reset by someone else. Each of these fails if its line in the gate is taken away.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_world.h"

#define SECOND 1000000LL

static void make(struct world *w, bool poll, enum grbl_flavour flavour) {
    struct gate_config config;
    world_config(&config);
    config.poll = poll;
    config.flavour = flavour;
    world_make(w, &config);
}

static uint32_t outstanding(struct world *w) {
    struct gate_view view;
    gate_view(w->gate, &view);
    return view.outstanding;
}

// --- check mode: follow_check() in gate_status.c

static void test_no_local_start_in_check_mode(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "$C\n");
    world_answer(&w);
    world_send(&w, "?");
    world_answer(&w);
    world_send(&w, "$SD/Run=/a.nc\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

// `Check` in a report from before the $C that leaves it: the line behind would be for real.
static void test_check_report_from_before(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "$C\n");
    world_answer(&w);
    world_send(&w, "?");
    world_answer(&w);
    world_forget(&w);
    w.mute = true;
    world_send(&w, "$C\n");
    world_reply(&w, "<Check|MPos:0.000,0.000,0.000>\r\n");
    world_send(&w, "G1 X1 S500 M3\n");
    assert_true(world_machine_is(&w, "$C\n"));
    world_free(&w);
}

// --- lotgate's own lines: blocked() in gate_line.c, ask_due() and own_lost() in gate_own.c

static void test_lines_wait_while_lotgate_asks(void **state) {
    struct gate_config config;
    struct world w;
    gate_config_default(&config);
    config.poll = false;
    world_make(&w, &config);
    w.auto_identity = false;
    w.mute = true;
    world_pass(&w, SECOND);
    world_reply(&w, "[VER:1.1h.20190830:]\r\nok\r\n"); // now $G is out
    gate_identity_confirmed(w.gate, w.now);
    world_send(&w, "G21\n");
    assert_true(world_machine_is(&w, "$I\n$G\n"));
    world_reply(&w, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n");
    assert_true(world_machine_is(&w, "$I\n$G\nG21\n"));
    assert_true(world_sender_is(&w, ""));
    world_reply(&w, "ok\r\n");
    assert_true(world_sender_is(&w, "ok\r\n"));
    world_free(&w);
}

static void test_asks_only_when_nothing_is_outstanding(void **state) {
    struct world w;
    make(&w, true, GRBL_AVR);
    world_pass(&w, SECOND);
    world_forget(&w);
    w.mute = true;
    world_send(&w, "G21\nG90\n");
    world_reply(&w, "error:2\r\n"); // in doubt: $G would tell
    world_pass(&w, SECOND);
    assert_false(world_machine_has(&w, "$G"));
    world_reply(&w, "ok\r\n");
    assert_true(world_machine_has(&w, "$G\n"));
    world_reply(&w, "error:9\r\n"); // lotgate's own error is nobody else's
    assert_int_equal(w.facts[GATE_FACT_ERROR_REPLY], 1);
    assert_int_equal(world_count(&w.sender, "error"), 1);
    world_free(&w);
}

// A second reset within the time of the first one's question: without an answer of its own the framing behind it would be
// taken for work, and use the declaration up (on_banner in gate_reply.c).
static void test_each_banner_is_asked_behind_at_once(void **state) {
    struct world w;
    make(&w, true, GRBL_AVR);
    world_declare(&w);
    for (int i = 1; i <= 2; i++) {
        world_send(&w, "\x18");
        world_answer(&w);
        world_pass(&w, SECOND / 2);
        assert_int_equal(world_count(&w.machine, "$G\n"), i);
    }
    world_send(&w, "G0 X1\nG0 X0\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_ARMED);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 0);
    world_free(&w);
}

static void test_late_answer_to_lotgate(void **state) {
    struct world w;
    make(&w, true, GRBL_AVR);
    world_pass(&w, 3 * SECOND); // the question behind the banner is over
    w.reply = "error:2";
    world_send(&w, "G21\n");
    world_answer_one(&w);
    assert_true(world_machine_has(&w, "$G\n"));
    w.mute = true;
    world_pass(&w, 3 * SECOND); // given up, and asked again
    assert_int_equal(world_count(&w.machine, "$G\n"), 2);
    world_forget(&w);
    world_reply(&w, "ok\r\nok\r\n");
    assert_true(world_sender_is(&w, ""));
    world_reply(&w, "ok\r\n"); // two were lotgate's, this one is not
    assert_true(world_sender_is(&w, "ok\r\n"));
    world_free(&w);
}

// A machine in a critical alarm reads nothing: what lotgate asks must not fill its buffer (ask_due in gate_own.c), and takes
// room there until it is known to be read (fits in gate_line.c).
static void test_questions_do_not_pile_up(void **state) {
    struct world w;
    make(&w, true, GRBL_AVR);
    world_pass(&w, 3 * SECOND);
    world_send(&w, "G4 P0\n");
    world_forget(&w);
    w.mute = true;
    world_reply(&w, "error:2\r\n"); // now it asks
    world_pass(&w, 600 * SECOND);
    assert_int_equal(world_count(&w.machine, "$G\n"), 8);
    char line[102];
    memset(line, ';', 100);
    memcpy(line + 100, "\n", 2);
    world_send(&w, line);
    world_forget(&w);
    world_send(&w, "\n\n\n"); // 127 with the second
    assert_true(world_machine_is(&w, "\n\n"));
    world_reply(&w, "\r\nGrbl 1.1h ['$' for help]\r\n");
    assert_true(world_machine_has(&w, "$G\n"));
    world_reply(&w, "ok\r\n");   // says nothing of modes
    world_reply(&w, "ok\r\n");   // the third empty line
    world_pass(&w, 60 * SECOND); // eight more are lost
    assert_int_equal(world_count(&w.machine, "$G\n"), 9);
    w.mute = false;
    model_reset(&w.model);
    world_forget(&w);
    world_pass(&w, 10 * SECOND); // but it waits for work
    assert_true(world_machine_has(&w, "$G\n"));
    world_free(&w);
}

// The focus time is over while a line is unanswered: nothing of the sender goes before lotgate's M5.
static void test_focus_over_while_outstanding(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "M3 S10\n");
    world_answer(&w);
    w.mute = true;
    world_send(&w, "G4 P90\n");
    world_pass(&w, 61 * SECOND);
    world_forget(&w);
    world_send(&w, "G0 X5\n");
    assert_true(world_machine_is(&w, ""));
    world_reply(&w, "ok\r\n");
    assert_true(world_machine_is(&w, "M5\n"));
    world_reply(&w, "ok\r\n");
    assert_true(world_machine_is(&w, "M5\nG0 X5\n"));
    assert_int_equal(w.replies, 1);
    world_free(&w);
}

// --- doubt: gate_reply.c

static void test_m5_clears_doubt(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.reply = "error:2";
    world_send(&w, "G21\n");
    world_answer(&w);
    world_send(&w, "M5\n");
    world_answer(&w);
    world_send(&w, "G1 X5 F100\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_free(&w);
    world_make(&w, NULL); // and without it the beam may be on
    w.reply = "error:2";
    world_send(&w, "G21\n");
    world_answer(&w);
    world_send(&w, "G1 X5 F100\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

// $G, and behind it M3: the report says M5, and was true when it was made.
static void test_report_from_before_a_line(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "$G\nM3\n");
    world_reply(&w, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\nok\r\n");
    world_send(&w, "S500\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

static void test_startup_block_raises_doubt(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_reply(&w, ">M3S500:ok\r\n");
    world_send(&w, "G1 X5 F100\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

static void test_reset_without_banner_raises_doubt(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "\x18");
    world_pass(&w, 3 * SECOND);
    world_send(&w, "G1 X5 F100\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

// --- resets: end_stale() in gate_status.c, on_banner() in gate_reply.c

static void test_report_behind_a_reset(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "\x18");
    world_send(&w, "$X\n");
    world_forget(&w);
    world_send(&w, "?");
    world_forget(&w);
    world_pass(&w, 100000);
    world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\n"); // so soon it may have been made before the reset
    assert_true(world_machine_is(&w, ""));
    world_send(&w, "\x18");
    world_send(&w, "$X\n");
    world_forget(&w);
    world_pass(&w, 600000);
    world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\n"); // not asked for behind the reset
    assert_true(world_machine_is(&w, ""));
    assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 0);
    world_send(&w, "?");
    world_reply(&w, "<Alarm|MPos:0.000,0.000,0.000>\r\n");
    assert_true(world_machine_is(&w, "?$X\n"));
    world_free(&w);
}

// A cable that keeps reports back delivers those of before the reset together: they are no sign that lines are read.
static void test_reports_kept_back_over_a_reset(void **state) {
    static const char idle[] = "<Idle|MPos:0.000,0.000,0.000>\r\n";
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "\x18?");
    world_send(&w, "; G1 X1 S1000\n"); // its end alone would burn
    world_pass(&w, 1500000);
    world_send(&w, "?");
    world_forget(&w);
    for (int i = 0; i < 5; i++) {
        world_reply(&w, idle);
        world_pass(&w, 1000);
    }
    assert_true(world_machine_is(&w, ""));
    world_reply(&w, "\r\nGrbl 1.1h ['$' for help]\r\n");
    assert_true(world_machine_is(&w, "; G1 X1 S1000\n"));
    world_free(&w);
    world_make(&w, NULL); // one that has no banner is believed after a while
    w.mute = true;
    world_send(&w, "\x18");
    world_send(&w, "G21\n");
    world_forget(&w);
    world_pass(&w, 600000);
    world_send(&w, "?");
    world_reply(&w, idle);
    world_pass(&w, 600000);
    world_forget(&w);
    world_reply(&w, idle);
    assert_true(world_machine_is(&w, "G21\n"));
    world_free(&w);
}

static void test_machine_restarts_while_held(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G91\nG1 X1 S500 M3\n");
    world_answer(&w);
    world_forget(&w);
    world_reply(&w, "\r\nGrbl 1.1h ['$' for help]\r\n"); // it has forgotten G91
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_true(world_sender_has(&w, "error:9\r\n"));
    world_declare(&w);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 0);
    world_free(&w);
}

static void cut_and_go_on(void (*cut)(struct world *w)) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.mode = GATE_UNTIL_CHANGED;
    world_make(&w, &config);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    cut(&w);
    world_answer(&w);
    world_forget(&w);
    for (int i = 0; i < 20; i++) { // a sender that has not noticed
        world_send(&w, "G1 X2 S500 M3\n");
        world_pass(&w, SECOND);
    }
    assert_true(world_machine_is(&w, ""));
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 1);
    world_free(&w);
}

static void reset_at_the_panel(struct world *w) {
    world_pass(w, 10 * SECOND); // a long cut: no line for a while
    gate_reset(w->gate, w->now);
}

static void replug(struct world *w) {
    gate_machine_lost(w->gate, w->now, "unplugged");
    for (int i = 0; i < 10; i++) {
        world_pass(w, SECOND);
        world_send(w, "G1 X2 S500 M3\n");
    }
    gate_machine_opened(w->gate, w->now);
    model_reset(&w->model);
}

static void test_a_cut_job_is_not_begun_in_the_middle(void **state) {
    cut_and_go_on(reset_at_the_panel);
    cut_and_go_on(replug);
}

// --- refusal

static void test_queued_jogs_of_a_refused_job(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.held = GATE_REFUSE;
    config.held_us = SECOND;
    world_make(&w, &config);
    world_send(&w, "G1 X1 S500 M3\n$J=G91X50F1000\n\n");
    world_pass(&w, 2 * SECOND);
    assert_true(world_machine_is(&w, "")); // minutes later nobody expects the jog
    assert_int_equal(w.replies, 3);
    world_free(&w);
}

static void test_declared_in_time_is_not_refused(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.held = GATE_REFUSE;
    config.held_us = SECOND;
    world_make(&w, &config);
    w.auto_start = false;
    world_send(&w, "G1 X1 S500 M3\n");
    world_declare(&w);
    world_pass(&w, 20 * SECOND); // the disk takes its time
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 0);
    w.auto_start = true;
    world_pass(&w, 1);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_free(&w);
}

// --- a start that is awaited

static void test_starting_shows_a_hold(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.auto_start = false;
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n?");
    world_answer(&w);
    assert_true(world_sender_has(&w, "<Hold:0|MPos"));
    w.mute = true; // nor does a report of check mode open the way
    world_reply(&w, "<Check|MPos:0.000,0.000,0.000>\r\n");
    assert_true(world_machine_is(&w, "?"));
    world_free(&w);
}

// The beam that a job finds on is the job's: no M5 of lotgate's in its middle.
static void test_focus_time_ends_with_the_start(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "M3 S10\n");
    world_answer(&w);
    world_declare(&w);
    world_send(&w, "G1 X1 S500\n");
    world_pass(&w, 100 * SECOND);
    world_send(&w, "X2\n");
    assert_true(world_machine_is(&w, "M3 S10\nG1 X1 S500\nX2\n"));
    world_free(&w);
}

// M5 is answered, and M3 behind it is on its way: the beam is not known to be off.
static void test_m5_with_lines_behind_it(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    w.reply = "error:2";
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    w.mute = true;
    world_send(&w, "M5\nM3 S500\n");
    world_reply(&w, "ok\r\n");
    gate_sender_gone(w.gate, w.now);
    world_reply(&w, "ok\r\n");
    gate_sender_connected(w.gate, w.now);
    world_send(&w, "G1 X9 F100\n");
    assert_false(world_machine_has(&w, "G1 X9")); // lotgate switches it off first
    world_free(&w);
}

// A sender that leaves in mid-job leaves the beam on: lotgate switches it off before anything else passes.
static void test_a_beam_left_on_is_switched_off(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "M3 S500\nG1 X1 F100\n");
    world_answer(&w);
    gate_sender_gone(w.gate, w.now);
    gate_sender_connected(w.gate, w.now);
    w.mute = true;
    world_send(&w, "G21\n");
    assert_true(world_machine_is(&w, "M3 S500\nG1 X1 F100\nM5\n"));
    world_forget(&w);
    world_reply(&w, "ok\r\n");
    assert_true(world_machine_is(&w, "G21\n"));
    assert_true(world_sender_is(&w, ""));
    world_free(&w);
}

// --- bytes

static void test_unknown_realtime_bytes(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "\xa5");
    assert_true(world_machine_is(&w, "\xa5"));
    world_send(&w, "G1 X1 S500 M3\n\xa6\x9e");
    assert_true(world_machine_is(&w, "\xa5\x9e")); // held: what is not known does not pass, an override does
    world_free(&w);
}

static void test_macro_key_inside_a_line(void **state) {
    struct world w;
    make(&w, false, GRBL_FLUIDNC);
    world_send(&w, "G0 X1\x87 Y1\n");
    assert_true(world_machine_is(&w, "G0 X1 Y1\n"));
    world_free(&w);
}

// A degree sign is no macro key, though its second byte alone would be one.
static void test_degree_sign_at_the_line_start(void **state) {
    struct world w;
    make(&w, false, GRBL_FLUIDNC);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    world_forget(&w);
    world_send(&w, "\xc2\xb0\n");
    assert_true(world_machine_is(&w, "_\n"));
    world_free(&w);
}

static void test_cr_lf_has_two_replies(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "G21\r\n");
    world_reply(&w, "ok\r\n");
    assert_int_equal(outstanding(&w), 1);
    world_reply(&w, "ok\r\n");
    assert_int_equal(outstanding(&w), 0);
    world_free(&w);
}

static void test_cr_lf_polls_are_one_item(void **state) {
    struct world w;
    struct gate_view view;
    world_make(&w, NULL);
    world_send(&w, "G1 X1 S500 M3\n");
    for (int i = 0; i < 20000; i++)
        world_send(&w, "?\r\n");
    gate_view(w.gate, &view);
    assert_true(view.queued < 64);
    world_free(&w);
}

// --- ends

static void test_idle_just_after_a_line_is_no_end(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    world_pass(&w, SECOND);
    world_reply(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n");
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_pass(&w, 2 * SECOND);
    assert_int_equal(world_state(&w), GATE_RUNNING); // nobody has said that it is idle now
    world_reply(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n");
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    world_free(&w);
}

// M5 is answered when all motion has drained, which takes longer than a job may be idle: its sender still has M2 to send.
static void test_idle_time_begins_at_the_reply(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    w.mute = true;
    world_send(&w, "M5\n");
    world_pass(&w, 10 * SECOND);
    world_reply(&w, "ok\r\n<Idle|MPos:0.000,0.000,0.000>\r\n");
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_send(&w, "M2\n");
    world_reply(&w, "ok\r\n");
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.meter->lines, 3);
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_local_start_in_check_mode),
        cmocka_unit_test(test_check_report_from_before),
        cmocka_unit_test(test_lines_wait_while_lotgate_asks),
        cmocka_unit_test(test_asks_only_when_nothing_is_outstanding),
        cmocka_unit_test(test_each_banner_is_asked_behind_at_once),
        cmocka_unit_test(test_late_answer_to_lotgate),
        cmocka_unit_test(test_questions_do_not_pile_up),
        cmocka_unit_test(test_focus_over_while_outstanding),
        cmocka_unit_test(test_m5_clears_doubt),
        cmocka_unit_test(test_report_from_before_a_line),
        cmocka_unit_test(test_startup_block_raises_doubt),
        cmocka_unit_test(test_reset_without_banner_raises_doubt),
        cmocka_unit_test(test_report_behind_a_reset),
        cmocka_unit_test(test_reports_kept_back_over_a_reset),
        cmocka_unit_test(test_machine_restarts_while_held),
        cmocka_unit_test(test_a_cut_job_is_not_begun_in_the_middle),
        cmocka_unit_test(test_queued_jogs_of_a_refused_job),
        cmocka_unit_test(test_declared_in_time_is_not_refused),
        cmocka_unit_test(test_starting_shows_a_hold),
        cmocka_unit_test(test_focus_time_ends_with_the_start),
        cmocka_unit_test(test_m5_with_lines_behind_it),
        cmocka_unit_test(test_a_beam_left_on_is_switched_off),
        cmocka_unit_test(test_unknown_realtime_bytes),
        cmocka_unit_test(test_macro_key_inside_a_line),
        cmocka_unit_test(test_degree_sign_at_the_line_start),
        cmocka_unit_test(test_cr_lf_has_two_replies),
        cmocka_unit_test(test_cr_lf_polls_are_one_item),
        cmocka_unit_test(test_idle_just_after_a_line_is_no_end),
        cmocka_unit_test(test_idle_time_begins_at_the_reply),
    };
    return cmocka_run_group_tests_name("gate_corners", tests, NULL, NULL) ? 1 : 0;
}
