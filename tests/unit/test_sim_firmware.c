// The simulated firmware: lines, realtime bytes, holds, resets, `$` commands, in sessions of our own.
#include "sim_talk.h"

static void lines_end_with_cr_and_with_lf(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "G21\r\n", 20 * MS, "ok\r\nok\r\n");
    talk_expect(&t, "\n", 20 * MS, "ok\r\n");
    talk_end(&t);
    talk_begin(&t, SIM_LASER, GRBL_FLUIDNC);
    talk_expect(&t, "G21\r\n", 20 * MS, "ok\r\n");
    talk_expect(&t, "\n\n", 20 * MS, "ok\r\nok\r\n");
    talk_expect(&t, "\r\r\n", 20 * MS, "ok\r\nok\r\n");
    talk_end(&t);
}

static void a_line_has_79_significant_characters(void **state) {
    struct talk t;
    char line[128];
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    snprintf(line, sizeof line, "G4P0.%074d\n", 0);
    assert_int_equal(strlen(line), 79 + 1);
    talk_expect(&t, line, 50 * MS, "ok\r\n");
    snprintf(line, sizeof line, "G4P0.%075d\n", 0);
    talk_expect(&t, line, 50 * MS, "error:11\r\n");
    snprintf(line, sizeof line, "( %080d )G4P0 ;%010d\n", 0, 0);
    talk_expect(&t, line, 50 * MS, "ok\r\n");
    talk_end(&t);
}

static void bytes_take_time_on_the_wire(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "\n", 400); // 87 µs in, 250 µs of computing, 4 × 87 µs out
    assert_string_equal(t.text, "");
    talk_listen(&t, 100);
    assert_string_equal(t.text, "o");
    talk_listen(&t, 300);
    assert_string_equal(t.text, "ok\r\n");
    talk_end(&t);
    struct sim_config config;
    sim_config_default(&config, SIM_LASER, GRBL_AVR);
    config.baud = 0;
    talk_start(&t, &config);
    talk_expect(&t, "\n", 250, "ok\r\n");
    talk_end(&t);
}

static void the_receive_buffer_overflows(void **state) {
    struct talk t;
    struct sim_config config;
    sim_config_default(&config, SIM_LASER, GRBL_AVR);
    talk_start(&t, &config);
    talk_say(&t, "G4 P1\n", 10 * MS); // the main loop waits in the dwell
    char bytes[200];
    memset(bytes, '\n', sizeof bytes);
    assert_int_equal(sim_write(t.sim, bytes, sizeof bytes, t.now), sizeof bytes);
    talk_listen(&t, 2 * SECONDS);
    assert_int_equal(talk_view(&t).rx_overflow, 200 - 128);
    assert_int_equal(talk_count(&t, "ok"), 1 + 128);
    talk_end(&t);
}

static void the_wire_takes_no_more_than_its_limit(void **state) {
    struct talk t;
    static char bytes[SIM_WIRE_MAX + 10];
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    memset(bytes, ' ', sizeof bytes);
    assert_int_equal(sim_write(t.sim, bytes, sizeof bytes, 0), SIM_WIRE_MAX);
    assert_int_equal(sim_write(t.sim, bytes, 1, 0), 0);
    t.now = SECONDS;
    assert_int_equal(sim_write(t.sim, bytes, sizeof bytes, t.now), SIM_WIRE_MAX);
    talk_end(&t);
}

static void unread_output_is_lost_beyond_its_limit(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    for (int i = 0; i < 60; i++) {
        talk_send(&t, "$$\n");
        t.now += 100 * MS;
        sim_advance(t.sim, t.now);
    }
    assert_true(talk_view(&t).out_lost > 0);
    talk_listen(&t, SECONDS);
    assert_int_equal(t.length, SIM_OUT_MAX);
    talk_end(&t);
}

static void status_shows_offsets_and_overrides_in_turn(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "?", 20 * MS, "<Idle|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>\r\n");
    talk_expect(&t, "?", 20 * MS, "<Idle|MPos:0.000,0.000,0.000|FS:0,0|Ov:100,100,100>\r\n");
    for (int i = 0; i < 8; i++)
        talk_expect(&t, "?", 20 * MS, "<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n");
    talk_expect(&t, "?", 20 * MS, "<Idle|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>\r\n");
    talk_say(&t, "$10=2\nG10 L20 P1 X5\n\x91", 50 * MS);
    talk_expect(&t, "?", 20 * MS,
                "<Idle|WPos:5.000,0.000,0.000|Bf:15,128|FS:0,0|WCO:-5.000,0.000,0.000>\r\n");
    talk_expect(&t, "?", 20 * MS, "<Idle|WPos:5.000,0.000,0.000|Bf:15,128|FS:0,0|Ov:110,100,100>\r\n");
    talk_end(&t);
}

static void nothing_is_answered_in_hold(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "M4S500\nG1X50F1200\n", 100 * MS, "ok\r\nok\r\n");
    talk_say(&t, "!", 10 * MS);
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Hold:1|");
    talk_expect(&t, "~", 100 * MS, ""); // lost: the axes still slow down
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Hold:0|");
    assert_false(talk_view(&t).energised);
    talk_expect(&t, "G1X0\n", 5 * SECONDS, "");
    talk_expect(&t, "~", 50 * MS, "[MSG:Restoring spindle]\r\nok\r\n");
    assert_true(talk_view(&t).energised);
    talk_end(&t);
}

static void a_hold_at_rest_is_a_hold_too(void **state) {
    struct talk t;
    talk_begin(&t, SIM_CNC, GRBL_AVR);
    talk_say(&t, "!?", 20 * MS);
    talk_contains(&t, "<Hold:0|");
    talk_expect(&t, "G21\n", SECONDS, "");
    talk_expect(&t, "~", 50 * MS, "ok\r\n");
    talk_end(&t);
}

static void a_reset_in_motion_is_an_alarm(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "M4S500\nG1X50F1200\n", 500 * MS);
    talk_say(&t, "\x18", 400 * MS);
    assert_string_equal(t.text, "ALARM:3\r\n");
    assert_false(talk_view(&t).energised);
    talk_listen(&t, 200 * MS);
    assert_string_equal(t.text, "ALARM:3\r\n\r\nGrbl 1.1h ['$' for help]\r\n[MSG:'$H'|'$X' to unlock]\r\n");
    talk_expect(&t, "G1X1\n", 20 * MS, "error:9\r\n");
    talk_expect(&t, "$X\n", 20 * MS, "[MSG:Caution: Unlocked]\r\nok\r\n");
    talk_expect(&t, "G1X1F100\n", 20 * MS, "ok\r\n");
    talk_end(&t);
}

static void a_reset_of_a_waiting_line_still_gives_its_ok(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "G1X50F1200\nM5\nM3\n", 500 * MS, "ok\r\nok\r\n"); // M3 waits for the axes
    talk_say(&t, "\x18", SECONDS);
    assert_string_equal(t.text,
                        "ALARM:3\r\nok\r\n\r\nGrbl 1.1h ['$' for help]\r\n[MSG:'$H'|'$X' to unlock]\r\n");
    talk_end(&t);
}

static void a_reset_at_rest_is_a_banner(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "G91\n", 20 * MS);
    talk_expect(&t, "\x18", SECONDS, "\r\nGrbl 1.1h ['$' for help]\r\n");
    talk_expect(&t, "$G\n", 50 * MS, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n");
    talk_end(&t);
}

static void run_refuses_what_grbl_refuses(void **state) {
    static const char *const busy[] = {"$$\n", "$I\n",    "$#\n",     "$N\n",   "$H\n",
                                       "$C\n", "$10=1\n", "$RST=$\n", "$SLP\n", "$J=X1F1\n"};
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "G1X50F600\n", 50 * MS);
    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++)
        talk_expect(&t, busy[i], 20 * MS, "error:8\r\n");
    talk_expect(&t, "$X\n", 20 * MS, "ok\r\n");
    talk_say(&t, "$G\n", 20 * MS);
    talk_contains(&t, "[GC:G1 ");
    talk_end(&t);
}

static void jogs_are_cancelled_and_keep_modes(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "$J=G91X100F1200\n", 100 * MS, "ok\r\n");
    talk_expect(&t, "G1X1F1\n", 20 * MS, "error:9\r\n");
    talk_expect(&t, "$J=G91X5\n", 20 * MS, "error:22\r\n");
    talk_expect(&t, "$J=G91X5F100M3\n", 20 * MS, "error:16\r\n");
    talk_expect(&t, "$JX5F100\n", 20 * MS, "error:3\r\n");
    talk_expect(&t, "\x85", 200 * MS, "");
    struct sim_view view = talk_view(&t);
    assert_int_equal(view.state, SIM_IDLE);
    assert_true(view.position[0] > 2 && view.position[0] < 10);
    talk_expect(&t, "$G\n", 50 * MS, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n");
    talk_end(&t);
}

static void check_mode_moves_nothing(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "$C\n", 20 * MS, "[MSG:Enabled]\r\nok\r\n");
    talk_expect(&t, "M3S1000\nG1X9F100\nG4P9\nM30\n", 100 * MS, "ok\r\nok\r\nok\r\n[MSG:Pgm End]\r\nok\r\n");
    assert_int_equal(talk_view(&t).work_lines, 0);
    assert_int_equal(talk_view(&t).energised_us, 0);
    talk_expect(&t, "$C\n", 200 * MS, "[MSG:Disabled]\r\nok\r\n\r\nGrbl 1.1h ['$' for help]\r\n");
    assert_true(talk_view(&t).position[0] == 0);
    talk_end(&t);
}

static void settings_are_kept_and_checked(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "$110=500.5\n", 20 * MS, "ok\r\n");
    talk_say(&t, "$$\n", 200 * MS);
    talk_contains(&t, "$110=500.500\r\n");
    talk_contains(&t, "$32=1\r\n");
    talk_expect(&t, "$0=2\n", 20 * MS, "error:6\r\n");
    talk_expect(&t, "$110=-1\n", 20 * MS, "error:4\r\n");
    talk_expect(&t, "$99=1\n", 20 * MS, "error:3\r\n");
    talk_expect(&t, "$20=1\n", 20 * MS, "error:10\r\n");
    talk_expect(&t, "$H\n", 20 * MS, "error:5\r\n");
    talk_expect(&t, "$x=1\n", 20 * MS, "error:3\r\n");
    talk_expect(&t, "$q=1\n", 20 * MS, "error:2\r\n");
    talk_expect(&t, "$I=TTS55P-1\n", 20 * MS, "ok\r\n");
    talk_expect(&t, "$I\n", 50 * MS, "[VER:1.1h.20190830:TTS55P-1]\r\n[OPT:V,15,128]\r\nok\r\n");
    talk_expect(&t, "$RST=*\n", 300 * MS,
                "[MSG:Restoring defaults]\r\nok\r\n\r\nGrbl 1.1h ['$' for help]\r\n");
    talk_expect(&t, "$I\n", 50 * MS, "[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n");
    talk_end(&t);
}

static void startup_lines_run_after_a_banner(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "$N0=G20\n", 20 * MS, "ok\r\n");
    talk_expect(&t, "$N1=G99\n", 20 * MS, "error:20\r\n");
    talk_expect(&t, "\x18", 300 * MS, "\r\nGrbl 1.1h ['$' for help]\r\n>G20:ok\r\n");
    talk_end(&t);
}

static void homing_ends_at_the_pull_off(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_expect(&t, "$22=1\nG1X20F3000\n", SECONDS, "ok\r\nok\r\n");
    talk_say(&t, "$H\n", 100 * MS);
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Home|");
    talk_listen(&t, 20 * SECONDS);
    talk_contains(&t, "ok\r\n");
    assert_true(talk_view(&t).position[0] == -1);
    talk_end(&t);
}

static void an_esp32_prints_two_late_banners(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_MKS);
    sim_open(t.sim, 0);
    talk_send(&t, "G21\n"); // lost: it is still starting
    talk_listen(&t, 2590 * MS);
    assert_string_equal(t.text, "");
    talk_listen(&t, 20 * MS);
    assert_string_equal(t.text, "\r\nGrbl 1.1 ['$' for help]\r\n");
    talk_listen(&t, 2400 * MS);
    assert_int_equal(talk_count(&t, "Grbl 1.1"), 2);
    talk_say(&t, "$I\n", 50 * MS);
    talk_contains(&t, "[PRODUCER: MKS DLC32]");
    talk_end(&t);
}

static void flavours_know_other_realtime_bytes(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_HAL);
    talk_say(&t, "\x80", 20 * MS);
    talk_contains(&t, "<Idle|");
    talk_say(&t, "\x82\x80", 20 * MS);
    talk_contains(&t, "<Hold:0|");
    talk_say(&t, "\x81\x80", 20 * MS);
    talk_contains(&t, "<Idle|");
    talk_expect(&t, "G99\n", 20 * MS, "error:2\r\n");
    talk_end(&t);
    talk_begin(&t, SIM_LASER, GRBL_FLUIDNC);
    talk_say(&t, "\xC2\x91", 20 * MS); // UTF-8 for 0x91
    talk_say(&t, "?", 20 * MS);
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "Ov:110,100,100");
    talk_say(&t, "(\xC3\x84)G4P0\n", 20 * MS); // no door: it is a letter here
    assert_string_equal(t.text, "ok\r\n");
    talk_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_cr_and_with_lf),
        cmocka_unit_test(a_line_has_79_significant_characters),
        cmocka_unit_test(bytes_take_time_on_the_wire),
        cmocka_unit_test(the_receive_buffer_overflows),
        cmocka_unit_test(the_wire_takes_no_more_than_its_limit),
        cmocka_unit_test(unread_output_is_lost_beyond_its_limit),
        cmocka_unit_test(status_shows_offsets_and_overrides_in_turn),
        cmocka_unit_test(nothing_is_answered_in_hold),
        cmocka_unit_test(a_hold_at_rest_is_a_hold_too),
        cmocka_unit_test(a_reset_in_motion_is_an_alarm),
        cmocka_unit_test(a_reset_of_a_waiting_line_still_gives_its_ok),
        cmocka_unit_test(a_reset_at_rest_is_a_banner),
        cmocka_unit_test(run_refuses_what_grbl_refuses),
        cmocka_unit_test(jogs_are_cancelled_and_keep_modes),
        cmocka_unit_test(check_mode_moves_nothing),
        cmocka_unit_test(settings_are_kept_and_checked),
        cmocka_unit_test(startup_lines_run_after_a_banner),
        cmocka_unit_test(homing_ends_at_the_pull_off),
        cmocka_unit_test(an_esp32_prints_two_late_banners),
        cmocka_unit_test(flavours_know_other_realtime_bytes),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
