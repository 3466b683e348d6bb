// test_gate_machine: the machine's side: what is taken out, what is rewritten, what is counted, what is lost.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_world.h"

#define SECOND 1000000LL

static void make_polling(struct world *w) {
    struct gate_config config;
    world_config(&config);
    config.poll = true;
    world_make(w, &config);
    world_pass(w, SECOND);
    world_forget(w);
}

// --- what lotgate asks itself: place() in gate_machine.c takes the answers out

static void test_own_polls_are_taken_out(void **state) {
    struct world w;
    make_polling(&w);
    world_pass(&w, 60 * SECOND);
    assert_int_equal(world_count(&w.machine, "?"), 12); // every 5 s
    assert_true(world_sender_is(&w, ""));
    assert_true(w.facts[GATE_FACT_STATUS] > 10);
    gate_sender_gone(w.gate, w.now);
    world_forget(&w);
    world_pass(&w, 60 * SECOND);
    assert_true(world_count(&w.machine, "?") >= 59); // every second
    world_free(&w);
}

static void test_no_poll_while_the_sender_asks(void **state) {
    struct world w;
    make_polling(&w);
    for (int i = 0; i < 100; i++) {
        world_send(&w, "?");
        world_pass(&w, SECOND / 5);
    }
    assert_int_equal(world_count(&w.machine, "?"), 100);
    assert_int_equal(world_count(&w.sender, "<Idle"), 100);
    world_free(&w);
}

// The firmware merges two `?` or answers both: the sender sees one report either way.
static void test_sender_asks_while_a_poll_is_out(void **state) {
    for (int reports = 1; reports <= 2; reports++) {
        struct world w;
        make_polling(&w);
        w.mute = true;
        world_pass(&w, 5 * SECOND);
        assert_true(world_machine_has(&w, "?"));
        world_send(&w, "?");
        for (int i = 0; i < reports; i++)
            world_reply(&w, "<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n");
        assert_true(world_sender_is(&w, "<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n"));
        world_send(&w, "?");
        world_reply(&w, "<Run|MPos:0.000,0.000,0.000|FS:0,0>\r\n"); // the next one is its own again
        assert_true(world_sender_has(&w, "<Run|"));
        world_free(&w);
    }
}

static void test_identity_is_asked_for(void **state) {
    struct gate_config config;
    struct world w;
    gate_config_default(&config);
    world_make(&w, &config);
    w.auto_identity = false;
    world_pass(&w, 200000);
    world_send(&w, "G21\n"); // waits
    assert_int_equal(world_state(&w), GATE_OFFLINE);
    world_pass(&w, SECOND);
    assert_string_equal(w.text[GATE_FACT_IDENTITY], "1.1h.20190830:");
    assert_false(world_machine_has(&w, "G21"));
    assert_true(world_sender_is(&w, ""));
    gate_identity_confirmed(w.gate, w.now);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    assert_true(world_machine_is(&w, "$I\n$G\nG21\n"));
    assert_true(world_sender_is(&w, "ok\r\n"));
    world_free(&w);
}

static void test_identity_is_asked_again(void **state) {
    struct gate_config config;
    struct world w;
    gate_config_default(&config);
    config.poll = false;
    world_make(&w, &config);
    w.mute = true; // still booting
    world_pass(&w, 5 * SECOND);
    assert_true(world_count(&w.machine, "$I\n") >= 2);
    model_reset(&w.model);
    world_reply(&w, "\r\nGrbl 1.1h ['$' for help]\r\n"); // an ESP32's second banner
    assert_true(world_sender_is(&w, "\r\nGrbl 1.1h ['$' for help]\r\n"));
    w.mute = false;
    w.reply = "error:8"; // it is moving
    world_pass(&w, SECOND);
    assert_int_equal(w.facts[GATE_FACT_IDENTITY], 0);
    world_pass(&w, 3 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_IDENTITY], 1);
    assert_true(world_sender_is(&w, "\r\nGrbl 1.1h ['$' for help]\r\n"));
    world_free(&w);
}

// A cable that kept replies back lets go of them: those to questions that were given up are no answers to the frame behind
// them, which still lies in the machine's buffer (answered() in gate_reply.c).
static void test_late_answers_are_none_to_a_frame(void **state) {
    static const char identity[] = "[VER:1.1h.20190830:SN-1]\r\n[OPT:V,15,128]\r\nok\r\n";
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.expect_identity = true;
    config.hook = GATE_HOOK_IF_ANY;
    world_make(&w, &config);
    w.mute = true;
    world_pass(&w, 5 * SECOND);
    assert_int_equal(world_count(&w.machine, "$I\n"), 3);
    for (int answer = 1; answer <= 3; answer++) {
        world_reply(&w, identity);
        assert_int_equal(world_count(&w.machine, "$LG HELLO"), 1);
    }
    world_reply(&w, "error:3\r\n");
    assert_int_equal(world_count(&w.machine, "$LG HELLO"),
                     2); // it is asked twice, and this is the first answer
    assert_true(world_sender_is(&w, ""));
    world_free(&w);
}

// Each line that the machine refuses raises doubt, and a doubt that lasted would hold the framing behind it
// (gate_own_answered in gate_own.c).
static void test_each_doubt_is_asked_away_at_once(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    config.rules.machine = GCODE_CNC;
    world_make(&w, &config);
    world_pass(&w, 3 * SECOND);
    for (int i = 0; i < 3; i++) {
        w.reply = "error:20";
        world_send(&w, "M7\n");
        world_answer(&w);
        world_send(&w, "G0 Z5\n");
        world_answer(&w);
        assert_int_equal(world_state(&w), GATE_LOCKED);
    }
    world_free(&w);
}

static void test_identity_refused_and_cleared(void **state) {
    struct gate_config config;
    struct world w;
    gate_config_default(&config);
    world_make(&w, &config);
    w.auto_identity = false;
    world_pass(&w, SECOND);
    gate_identity_refused(w.gate, w.now, "this is not TTS55P-2209-0417");
    assert_int_equal(world_state(&w), GATE_FAULT);
    gate_fault_cleared(w.gate, w.now);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_free(&w);
}

static void test_mks_answers_in_one_line(void **state) {
    struct gate_config config;
    struct world w;
    gate_config_default(&config);
    world_make(&w, &config);
    w.reply = "[PRODUCER: MKS DLC32] [VER:1.1h.2022102001:] [OPT:VMPH,63,500]\r\nok";
    world_pass(&w, SECOND);
    assert_string_equal(w.text[GATE_FACT_IDENTITY], "1.1h.2022102001:");
    assert_true(world_sender_is(&w, ""));
    world_forget(&w);
    w.mute = true;
    world_declare(&w);
    char lines[600] = "G1 X1 S500 M3\n";
    while (strlen(lines) < 460)
        strcat(lines, "X10 Y10\n");
    world_send(&w, lines);
    assert_true(world_machine_is(&w, lines)); // a receive buffer of 500
    world_free(&w);
}

// --- the held report: gate_shows_held() in gate_status.c

// LaserGRBL invents an `ok` after 10 s of Idle with a free Bf, and gives up after 5 s without a report.
static void test_held_report(void **state) {
    struct world w;
    make_polling(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    for (int i = 0; i < 600; i++) {
        world_forget(&w);
        world_send(&w, "?");
        world_pass(&w, SECOND);
        assert_true(world_sender_has(&w, "<Hold:0|MPos:0.000,0.000,0.000|FS:0,0>\r\n"));
        assert_false(world_sender_has(&w, "Idle"));
        assert_false(world_sender_has(&w, "Bf:"));
        assert_int_equal(world_count(&w.sender, "scan the material lot"), i % 30 == 29 ? 1 : 0);
    }
    world_forget(&w);
    w.state = "Door:0"; // what stops by itself is not hidden
    world_send(&w, "?");
    world_answer(&w);
    assert_true(world_sender_has(&w, "<Door:0|"));
    w.state = "Idle";
    world_declare(&w);
    world_answer(&w);
    world_forget(&w);
    world_send(&w, "?");
    world_answer(&w);
    assert_true(world_sender_has(&w, "<Idle|MPos:0.000,0.000,0.000|Bf:15,128|FS:0,0>\r\n"));
    world_free(&w);
}

static void test_messages_stand_between_lines(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_reply(&w, "<Idle|MPos:0.0");
    world_send(&w, "G1 X10 S500 F1000 M3\n"); // held: the message waits for the line's end
    assert_true(world_sender_is(&w, "<Idle|MPos:0.0"));
    world_reply(&w, "00,0.000,0.000>\r\n");
    assert_true(world_sender_is(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n"
                                    "[MSG:lotgate: scan the material lot for laser1]\r\n"));
    world_free(&w);
}

static void test_report_in_pieces_is_rewritten(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_forget(&w);
    const char *report = "<Run|MPos:1.000,0.000,0.000|Bf:15,128|FS:0,0>\r\n";
    world_send(&w, "G0 X1\n");
    for (const char *p = report; *p; p++)
        world_reply_bytes(&w, p, 1);
    assert_true(world_sender_has(&w, "<Hold:0|MPos:1.000,0.000,0.000|FS:0,0>\r\n"));
    world_free(&w);
}

// --- counting replies: answered() in gate_reply.c

static void test_spliced_replies_count(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    w.mute = true;
    world_send(&w, "G1 X10 S500 F1000 M3\nM2\n");
    world_reply(&w, "<Run|MPos:1.000,0.000,0.000|Ov:100,100,ok\r\n");
    assert_int_equal(w.facts[GATE_FACT_ENDED], 0);
    world_reply(&w, "<Idle|MPos:1.000,0.000,0.000|Ov:100,100,ok\r\n");
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    world_free(&w);
}

// A poll's report that carries a sender's `ok` is taken out, the `ok` is not.
static void test_spliced_reply_survives_a_poll(void **state) {
    struct world w;
    make_polling(&w);
    w.mute = true;
    world_send(&w, "G21\n");
    world_pass(&w, 5 * SECOND);
    assert_true(world_machine_has(&w, "?"));
    world_reply(&w, "<Idle|MPos:1.000,0.000,0.000|Ov:100,100,ok\r\n");
    assert_true(world_sender_is(&w, "ok\r\n"));
    world_free(&w);
}

static void test_errors_are_told_with_their_line(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    world_send(&w, "X1\n");
    world_answer(&w);
    w.reply = "error:2";
    world_send(&w, "X2SQ7\n");
    world_send(&w, "X3\nM2\n");
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ERROR_REPLY], 1);
    assert_string_equal(w.text[GATE_FACT_ERROR_REPLY], "X2SQ7");
    assert_int_equal(w.job.errors, 1);
    world_free(&w);
}

static void test_program_end_without_ok(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    w.mute = true;
    world_send(&w, "G1 X10 S500 F1000 M3\nM2\n");
    world_reply(&w, "ok\r\n[MSG:Pgm End]\r\n");
    world_reply(&w, "<Idle|MPos:1.000,0.000,0.000>\r\n"); // may still be from before its ok
    assert_int_equal(w.facts[GATE_FACT_ENDED], 0);
    world_pass(&w, SECOND);
    world_reply(&w, "<Idle|MPos:1.000,0.000,0.000>\r\n");
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    world_free(&w);
}

// After a reset in motion, an `ok` from before it, the alarm and the banner answer nothing that comes later.
static void test_reset_in_motion(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    w.mute = true;
    world_send(&w, "G1 X10 S500 F1000 M3\nG1 X20\n");
    world_send(&w, "\x18");
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    world_send(&w, "$X\nG21\nM2\n"); // sent before the banner: waits for it
    world_forget(&w);
    world_reply(&w, "ok\r\nALARM:3\r\n");
    world_pass(&w, SECOND / 2);
    assert_true(world_machine_is(&w, ""));
    world_reply(&w, "\r\nGrbl 1.1h ['$' for help]\r\n");
    assert_true(world_machine_is(&w, "$X\nG21\nM2\n"));
    struct gate_view view;
    gate_view(w.gate, &view);
    assert_int_equal(view.outstanding, 3);
    assert_int_equal(w.facts[GATE_FACT_ALARM], 1);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    world_free(&w);
}

static void test_reset_without_banner(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "\x18");
    world_send(&w, "$X\n");
    world_forget(&w);
    world_pass(&w, 3 * SECOND);
    assert_true(world_machine_is(&w, "$X\n"));
    world_free(&w);
}

// An `ok` lost on the line: the count starts anew once the machine has been idle for two seconds.
static void test_lost_reply(void **state) {
    struct world w;
    make_polling(&w);
    world_declare(&w);
    w.mute = true;
    world_send(&w, "G1 X10 S500 F1000 M3\nX1\n");
    world_reply(&w, "ok\r\nk\r\n"); // the second one is garbled
    w.mute = false;
    model_reset(&w.model);
    world_pass(&w, 20 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    world_free(&w);
}

static void test_a_dwell_is_no_lost_reply(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\nM5\n");
    world_answer(&w);
    w.mute = true;
    world_send(&w, "G4 P9.5\n");
    world_pass(&w, 9 * SECOND);
    world_reply(&w, "<Idle|MPos:1.000,0.000,0.000>\r\n"); // what Grbl says in a dwell
    struct gate_view view;
    gate_view(w.gate, &view);
    assert_int_equal(view.outstanding, 1);
    world_pass(&w, 5 * SECOND);
    for (int i = 0; i <= 2; i++) { // and goes on saying
        world_reply(&w, "<Idle|MPos:1.000,0.000,0.000>\r\n");
        world_pass(&w, SECOND);
    }
    gate_view(w.gate, &view);
    assert_int_equal(view.outstanding, 0);
    world_free(&w);
}

// Reports that the cable kept back for seconds are of before the lines: waited_us() in gate_status.c. Taken for news, they
// would make room for lines that the machine's buffer does not have, and what merges there nobody has sent.
static void test_reports_that_come_late_are_no_news(void **state) {
    static const char idle[] = "<Idle|MPos:0.000,0.000,0.000>\r\n";
    char line[101], late[40 * sizeof idle] = "";
    struct world w;
    world_make(&w, NULL);
    memset(line, 'X', 99);
    memcpy(line, "G0 X1 ;", 7);
    memcpy(line + 99, "\n", 2);
    for (int before = 0; before < 2; before++) { // with a report ahead of the silence, and without
        w.mute = true;
        world_send(&w, line);
        if (before)
            world_reply(&w, idle);
        world_send(&w, line); // does not fit
        world_forget(&w);
        world_pass(&w, 5 * SECOND);
        late[0] = '\0';
        for (int i = 0; i < 30; i++) {
            strcat(late, idle);
            world_reply(&w, idle);
            world_pass(&w, SECOND / 100);
        }
        world_reply(&w, late);
        assert_true(world_machine_is(&w, ""));
        w.mute = false;
        world_answer(&w);
        assert_true(world_machine_is(&w, line));
    }
    world_free(&w);
}

static void test_long_reply_passes(void **state) {
    for (size_t piece = 1; piece < 3000; piece += 611) {
        struct world w;
        char text[3000];
        world_make(&w, NULL);
        world_send(&w, "G1 X10 S500 F1000 M3\n"); // held: reports are kept back to be rewritten
        world_forget(&w);
        memset(text, 'x', sizeof text);
        text[0] = '<';
        memcpy(text + sizeof text - 6, ">\r\nok\n", 6);
        for (size_t at = 0; at < sizeof text; at += piece)
            world_reply_bytes(&w, text + at, sizeof text - at < piece ? sizeof text - at : piece);
        assert_int_equal(w.sender.length, sizeof text);
        assert_memory_equal(w.sender.at, text, sizeof text);
        world_free(&w);
    }
}

static void test_a_new_sender_sees_whole_lines_of_its_own(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "$$\n");
    world_reply(&w, "$0=10\r\n$1=");
    gate_sender_gone(w.gate, w.now);
    gate_sender_connected(w.gate, w.now);
    world_forget(&w);
    world_send(&w, "G21\n");
    world_reply(&w, "25\r\nok\r\nok\r\n");
    assert_true(world_sender_is(&w, "ok\r\n"));
    world_free(&w);
}

static void test_flavour_is_learnt(void **state) {
    struct world w;
    world_make(&w, NULL); // the profile says AVR
    w.mute = true;
    world_reply(&w, "\r\nGrblHAL 1.1f ['$' or '$HELP' for help]\r\n");
    world_send(&w, "G21\r\n");
    world_reply(&w, "ok\r\n");
    struct gate_view view;
    gate_view(w.gate, &view);
    assert_int_equal(view.outstanding, 0); // CR LF is one line end there
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_polls_are_taken_out),
        cmocka_unit_test(test_no_poll_while_the_sender_asks),
        cmocka_unit_test(test_sender_asks_while_a_poll_is_out),
        cmocka_unit_test(test_identity_is_asked_for),
        cmocka_unit_test(test_identity_is_asked_again),
        cmocka_unit_test(test_late_answers_are_none_to_a_frame),
        cmocka_unit_test(test_each_doubt_is_asked_away_at_once),
        cmocka_unit_test(test_identity_refused_and_cleared),
        cmocka_unit_test(test_mks_answers_in_one_line),
        cmocka_unit_test(test_held_report),
        cmocka_unit_test(test_messages_stand_between_lines),
        cmocka_unit_test(test_report_in_pieces_is_rewritten),
        cmocka_unit_test(test_spliced_replies_count),
        cmocka_unit_test(test_spliced_reply_survives_a_poll),
        cmocka_unit_test(test_errors_are_told_with_their_line),
        cmocka_unit_test(test_program_end_without_ok),
        cmocka_unit_test(test_reset_in_motion),
        cmocka_unit_test(test_reset_without_banner),
        cmocka_unit_test(test_lost_reply),
        cmocka_unit_test(test_a_dwell_is_no_lost_reply),
        cmocka_unit_test(test_reports_that_come_late_are_no_news),
        cmocka_unit_test(test_long_reply_passes),
        cmocka_unit_test(test_a_new_sender_sees_whole_lines_of_its_own),
        cmocka_unit_test(test_flavour_is_learnt),
    };
    return cmocka_run_group_tests_name("gate_machine", tests, NULL, NULL) ? 1 : 0;
}
