// test_gate_faults: refusals, limits, a machine that runs by itself, a machine that is not there.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_world.h"

#define SECOND 1000000LL

// --- a machine that runs by itself: stop_unauthorised() in gate_status.c

static void test_unauthorised_run(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    world_make(&w, &config);
    w.state = "Run";
    world_pass(&w, 6 * SECOND); // seen by lotgate's own poll
    assert_true(world_machine_has(&w, "!"));
    assert_int_equal(world_state(&w), GATE_FAULT);
    assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 1);
    assert_memory_equal(w.text[GATE_FACT_UNAUTHORISED], "Run|MPos", 8);
    assert_true(world_sender_has(&w, "[MSG:lotgate: the machine ran without a job"));
    world_forget(&w);
    world_send(&w, "~"); // resume is locked
    assert_true(world_machine_is(&w, ""));
    assert_true(world_sender_has(&w, "[MSG:lotgate: resume is locked"));
    world_send(&w, "G0 X1\n\x91");
    assert_true(world_machine_is(&w, "\x91")); // overrides pass, lines do not
    w.state = "Idle";
    gate_fault_cleared(w.gate, w.now);
    assert_true(world_machine_is(&w, "\x91$G\n")); // what ran there may have left its beam on
    world_answer(&w);
    assert_true(world_machine_is(&w, "\x91$G\nG0 X1\n"));
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_free(&w);
}

static void test_sd_job_is_unauthorised_even_in_a_job(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\n");
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_reply(&w, "<Run|MPos:0.000,0.000,0.000|SD:12.5,/x.nc>\r\n");
    assert_int_equal(world_state(&w), GATE_FAULT);
    world_free(&w);
}

// Rapid moves, jogs, homing and what is left of a job that was cut are motion that came through the gate.
static void test_motion_that_is_explained(void **state) {
    static const char *const lines[] = {"G0 X100\n", "$J=G91X10F100\n", "$H\n", "G38.2 Z-1 F10\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct world w;
        world_make(&w, NULL);
        world_send(&w, lines[i]);
        world_answer(&w);
        world_reply(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n"); // it has not begun yet
        world_pass(&w, SECOND / 10);
        world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\n");
        assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 0);
        world_pass(&w, 10 * SECOND);
        world_reply(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n");
        world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\n"); // but this one is not
        assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 1);
        world_free(&w);
    }
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    gate_sender_gone(w.gate, w.now);
    world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\n");
    assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 0);
    world_free(&w);
}

static void test_macro_keys(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.flavour = GRBL_FLUIDNC;
    world_make(&w, &config);
    world_send(&w, "\x87");
    assert_true(world_machine_is(&w, ""));
    assert_true(world_sender_has(&w, "[MSG:lotgate: a macro key"));
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    world_forget(&w);
    world_send(&w, "\x87");
    assert_true(world_machine_is(&w, "\x87"));
    gate_ledger_failed(w.gate, w.now, "full");
    world_send(&w, "\x87");
    assert_true(world_machine_is(&w, "\x87!"));
    world_free(&w);
}

// --- a machine that is not there

static void test_offline_lines_are_dropped(void **state) {
    struct world w;
    world_make(&w, NULL);
    gate_machine_lost(w.gate, w.now, "unplugged");
    world_forget(&w);
    for (int i = 0; i < 60; i++) {
        world_send(&w, "G0 X1\n?");
        world_pass(&w, SECOND / 5);
    }
    assert_int_equal(world_count(&w.sender, "[MSG:lotgate: laser1 is offline"), 3); // every 5 s in 12 s
    assert_int_equal(w.replies, 0);
    gate_machine_opened(w.gate, w.now);
    world_pass(&w, 10 * SECOND);
    assert_true(world_machine_is(&w, ""));
    world_send(&w, "$LOT=A\n"); // lotgate's own lines need no machine
    gate_machine_lost(w.gate, w.now, "unplugged");
    world_send(&w, "$LOT=A\n");
    assert_int_equal(w.facts[GATE_FACT_DECLARE], 2);
    world_free(&w);
}

// One that is switched off, or set to another baud rate: its port is open, and nothing comes.
static void test_a_machine_that_says_nothing_is_told(void **state) {
    static const char silent[] = "[MSG:lotgate: laser1 does not answer: ";
    struct gate_config config;
    struct world w;
    struct gate_view view;
    world_config(&config);
    config.expect_identity = true;
    world_make(&w, &config);
    w.mute = true;
    world_pass(&w, 60 * SECOND);
    assert_int_equal(world_count(&w.sender, silent), 0); // no line of the sender's waits
    gate_machine_lost(w.gate, w.now, "unplugged");
    gate_machine_opened(w.gate, w.now);
    world_send(&w, "G21\n");
    world_pass(&w, 7 * SECOND);
    assert_int_equal(world_count(&w.sender, silent), 0); // it may have to start first
    world_pass(&w, 2 * SECOND);
    assert_int_equal(world_count(&w.sender, silent), 1);
    world_pass(&w, 30 * SECOND);
    assert_int_equal(world_count(&w.sender, silent), 2);
    gate_view(w.gate, &view);
    assert_true(view.unanswered);
    w.mute = false;
    world_reply(&w, "\r\nGrbl 1.1h ['$' for help]\r\n");
    world_pass(&w, 3 * SECOND);
    world_answer(&w);
    gate_view(w.gate, &view);
    assert_false(view.unanswered);
    assert_true(world_machine_has(&w, "G21\n"));
    world_free(&w);
}

static void test_declaring(void **state) {
    struct gate_config config;
    struct world w;
    const char *code;
    world_config(&config);
    config.expect_identity = true;
    world_make(&w, &config);
    w.auto_identity = false;
    assert_false(gate_may_declare(w.gate, &code));
    assert_string_equal(code, "machine_offline");
    gate_identity_confirmed(w.gate, w.now);
    assert_true(gate_may_declare(w.gate, &code));
    gate_ledger_failed(w.gate, w.now, "full");
    assert_false(gate_declared(w.gate, w.now, &code));
    assert_string_equal(code, "machine_fault");
    gate_ledger_recovered(w.gate, w.now);
    assert_true(gate_declared(w.gate, w.now, &code));
    assert_false(gate_declared(w.gate, w.now, &code));
    assert_string_equal(code, "already_declared");
    gate_machine_lost(w.gate, w.now, "unplugged");
    assert_false(gate_may_declare(w.gate, &code));
    assert_string_equal(code, "machine_offline");
    world_free(&w);
}

// Its lines wait then: what is in the machine's buffer would end with the beam on, on the spot.
static void test_a_job_whose_ledger_fails_is_held(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_arm_and_start(&w);
    world_forget(&w);
    world_send(&w, "M3 S500\nG1 X10 F1000\n");
    gate_ledger_failed(w.gate, w.now, "full");
    gate_ledger_failed(w.gate, w.now, "full"); // said twice, held once
    world_send(&w, "X0\n~");
    assert_true(world_machine_is(&w, "M3 S500\nG1 X10 F1000\n!"));
    assert_true(world_sender_has(&w, "[MSG:lotgate: resume is locked: full]"));
    assert_int_equal(w.facts[GATE_FACT_PAUSED], 1);
    gate_ledger_recovered(w.gate, w.now);
    assert_true(
        world_sender_has(&w, "[MSG:lotgate: the ledger can be written again: resume the job on laser1]"));
    world_send(&w, "~");
    assert_true(world_machine_is(&w, "M3 S500\nG1 X10 F1000\n!X0\n~"));
    world_answer(&w);
    world_send(&w, "M5\nM2\n");
    gate_ledger_failed(w.gate, w.now, "full"); // all of it is with the machine: it ends by itself
    assert_true(world_machine_is(&w, "M3 S500\nG1 X10 F1000\n!X0\n~M5\nM2\n"));
    world_free(&w);
}

// --- refusals

static void test_refused_after_a_time(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.held = GATE_REFUSE;
    config.held_us = 20 * SECOND;
    world_make(&w, &config);
    world_send(&w, "G21\nG1 X1 S500 M3\nX2\n");
    world_answer(&w);
    world_forget(&w);
    world_pass(&w, 19 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 0);
    world_pass(&w, 2 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    assert_true(world_sender_is(
        &w, "error:9\r\nerror:9\r\n[MSG:lotgate: job refused: no lot was declared in time]\r\n"));
    world_forget(&w);
    world_send(&w, "X3\n$G\n\nM2\n"); // the rest of it; queries pass
    world_answer(&w);
    assert_true(world_machine_is(&w, "$G\n\n"));
    assert_int_equal(world_count(&w.sender, "error:9"), 2);
    world_send(&w, "G1 X1 S500 M3\n"); // behind M2 another job
    assert_int_equal(w.facts[GATE_FACT_HELD], 2);
    world_free(&w);
}

static void test_a_pause_ends_a_refusal(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.held = GATE_REFUSE;
    config.held_us = SECOND;
    world_make(&w, &config);
    world_send(&w, "G1 X1 S500 M3\n");
    world_pass(&w, 2 * SECOND);
    world_forget(&w);
    for (int i = 0; i < 10; i++) { // a sender that goes on and on is refused on and on
        world_pass(&w, SECOND);
        world_send(&w, "X3\n");
    }
    assert_int_equal(w.replies, 10);
    world_pass(&w, 3 * SECOND);
    world_send(&w, "G1 X1 S500 M3\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

// Sent again after a reset at the panel: the comment or empty line with which many files begin passes even in a refusal, and
// must not prolong it (is_refused in gate_line.c).
static void test_a_job_sent_again_begins_with_a_comment(void **state) {
    static const char *const first[] = {"; LightBurn 1.2.01\n", "\n", "$G\n"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        struct world w;
        world_make(&w, NULL);
        world_send(&w, "G1 X1 S500 M3\n");
        gate_reset(w.gate, w.now);
        world_answer(&w);
        world_pass(&w, 10 * SECOND);
        world_send(&w, first[i]);
        world_answer(&w);
        world_send(&w, "G1 X1 S500 M3\n");
        assert_int_equal(world_state(&w), GATE_HELD);
        world_free(&w);
    }
}

// --- limits

// GATE_QUEUE_MAX: more than that while held, and the job is refused; each line has its answer.
static void test_queue_overflow_while_held(void **state) {
    struct world w;
    const int lines = GATE_QUEUE_MAX / 16 + 100;
    world_make(&w, NULL);
    world_send(&w, "G1 X1 S500 M3\n");
    for (int i = 0; i < lines; i++)
        world_send(&w, "G1 X10 Y10 S500\n");
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_int_equal(w.replies, lines + 1);
    assert_int_equal(world_count(&w.sender, "error:9"), lines + 1);
    assert_true(world_machine_is(&w, ""));
    world_free(&w);
}

// The same while an earlier reply is still to come: nothing is answered out of turn.
static void test_overflow_waits_for_its_turn(void **state) {
    struct world w;
    const int lines = GATE_QUEUE_MAX / 16 + 100;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "G21\nG1 X1 S500 M3\n");
    for (int i = 0; i < lines; i++)
        world_send(&w, "G1 X10 Y10 S500\n");
    assert_int_equal(w.replies, 0);
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    world_reply(&w, "ok\r\n");
    assert_int_equal(w.replies, lines + 2);
    assert_memory_equal(w.sender.at + w.sender.length - 9, "error:9\r\n", 9);
    world_free(&w);
}

// GATE_QUEUE_ITEMS: lines so short that their number counts.
static void test_queue_items(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G1 X1 S500 M3\n");
    for (int i = 0; i < GATE_QUEUE_ITEMS - 1; i++)
        world_send(&w, "X\n");
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 0);
    world_send(&w, "X\n");
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_int_equal(w.replies, GATE_QUEUE_ITEMS + 1);
    world_free(&w);
}

static void test_empty_run(void **state) {
    struct world w;
    static char many[10000];
    memset(many, '\n', sizeof many);
    world_make(&w, NULL);
    world_send(&w, "G1 X1 S500 M3\n");
    for (int i = 0; i < GATE_EMPTY_RUN_MAX / (int)sizeof many; i++)
        world_send_bytes(&w, many, sizeof many);
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 0);
    struct gate_view view;
    gate_view(w.gate, &view);
    assert_true(view.queued < 64);
    world_send(&w, "\n");
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_int_equal(w.replies, GATE_EMPTY_RUN_MAX + 2);
    world_free(&w);
}

// GCODE_LINE_MAX: a longer line is unknown, so held; GATE_LINE_MAX: a still longer one never reaches the machine.
static void test_long_lines(void **state) {
    static char line[GATE_LINE_MAX + 10];
    struct world w;
    world_make(&w, NULL);
    memset(line, 'x', sizeof line);
    line[0] = ';';
    line[GCODE_LINE_MAX + 1] = '\n';
    world_send_bytes(&w, line, GCODE_LINE_MAX + 2);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_declare(&w);
    assert_int_equal(w.machine.length, GCODE_LINE_MAX + 2);
    world_answer(&w);
    world_forget(&w);
    line[GCODE_LINE_MAX + 1] = 'x';
    for (size_t i = 0; i < sizeof line; i++)
        world_send_bytes(&w, line + i, 1);
    world_send(&w, "\nX1\n");
    world_answer(&w);
    assert_true(world_machine_is(&w, "X1\n"));
    assert_true(world_sender_is(&w, "error:11\r\nok\r\n"));
    line[GATE_LINE_MAX] = '\n';
    world_send_bytes(&w, line, GATE_LINE_MAX + 1); // the longest that is taken
    assert_int_equal(w.machine.length, 3 + GATE_LINE_MAX + 1);
    world_free(&w);
}

// GATE_OUTSTANDING_MAX: with a machine that says its buffer is huge, the count of lines is the limit.
static void test_outstanding(void **state) {
    struct gate_config config;
    struct world w;
    struct gate_view view;
    world_config(&config);
    config.rx_buffer = 65535;
    world_make(&w, &config);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    w.mute = true;
    for (int i = 0; i < GATE_OUTSTANDING_MAX + 50; i++)
        world_send(&w, "X1\n");
    gate_view(w.gate, &view);
    assert_int_equal(view.outstanding, GATE_OUTSTANDING_MAX);
    assert_true(view.queued > 0);
    w.mute = false;
    world_answer(&w);
    assert_int_equal(w.replies, GATE_OUTSTANDING_MAX + 51);
    world_free(&w);
}

// GATE_ANSWERS_MAX: one more is refused, in its turn.
static void test_answers(void **state) {
    struct world w;
    world_make(&w, NULL);
    for (int i = 0; i <= GATE_ANSWERS_MAX; i++)
        world_send(&w, "$LOT=A\n");
    assert_int_equal(w.facts[GATE_FACT_DECLARE], GATE_ANSWERS_MAX);
    assert_true(world_sender_is(&w, ""));
    for (int i = 0; i < GATE_ANSWERS_MAX; i++)
        gate_declare_answer(w.gate, w.now, true, "");
    assert_true(world_sender_is(
        &w, "ok\r\nok\r\nok\r\nok\r\n"
            "[MSG:lotgate: several declarations wait for their answer already]\r\nerror:9\r\n"));
    world_free(&w);
}

// --- focus: gate_focus_left() in gate_own.c

static void test_focus_time(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "M3 S10\n");
    world_answer(&w);
    world_send(&w, "G1 X1 F100\n");
    world_answer(&w);
    assert_true(world_machine_is(&w, "M3 S10\nG1 X1 F100\n"));
    world_forget(&w);
    world_pass(&w, 61 * SECOND);
    assert_true(world_machine_is(&w, "M5\n")); // lotgate switches it off
    assert_true(world_sender_is(&w, ""));      // and keeps the reply
    world_send(&w, "M3 S10\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

static void test_focus_time_adds_up(void **state) {
    struct world w;
    world_make(&w, NULL);
    for (int i = 0; i < 12; i++) {
        world_send(&w, "M3 S10\n");
        world_pass(&w, 5 * SECOND);
        world_send(&w, "M5\n");
        world_pass(&w, SECOND);
    }
    world_send(&w, "M3 S10\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
    world_make(&w, NULL);
    world_send(&w, "M3 S10\n");
    world_pass(&w, 50 * SECOND);
    world_send(&w, "M5\n");
    world_pass(&w, 61 * SECOND); // off for as long as it may be on: it begins anew
    world_send(&w, "M3 S10\n");
    world_pass(&w, 50 * SECOND);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    assert_int_equal(world_count(&w.machine, "M5"), 1);
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unauthorised_run),
        cmocka_unit_test(test_sd_job_is_unauthorised_even_in_a_job),
        cmocka_unit_test(test_motion_that_is_explained),
        cmocka_unit_test(test_macro_keys),
        cmocka_unit_test(test_offline_lines_are_dropped),
        cmocka_unit_test(test_a_machine_that_says_nothing_is_told),
        cmocka_unit_test(test_a_job_whose_ledger_fails_is_held),
        cmocka_unit_test(test_declaring),
        cmocka_unit_test(test_refused_after_a_time),
        cmocka_unit_test(test_a_pause_ends_a_refusal),
        cmocka_unit_test(test_a_job_sent_again_begins_with_a_comment),
        cmocka_unit_test(test_queue_overflow_while_held),
        cmocka_unit_test(test_overflow_waits_for_its_turn),
        cmocka_unit_test(test_queue_items),
        cmocka_unit_test(test_empty_run),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_outstanding),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_focus_time),
        cmocka_unit_test(test_focus_time_adds_up),
    };
    return cmocka_run_group_tests_name("gate_faults", tests, NULL, NULL) ? 1 : 0;
}
