// test_gate_states: the life of a job, state by state, and how jobs begin and end.
#include "unit.h"

#include <sodium/crypto_hash_sha256.h>
#include <stdio.h>
#include <string.h>

#include "gate_world.h"

#define SECOND 1000000LL

static const char job[] = "G21\nG90\nM4 S0\nG1 X10 S500 F1000\nG1 X0\nM5\nM2\n";

static void test_setup_passes_while_locked(void **state) {
    struct world w;
    world_make(&w, NULL);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_send(&w, "G21\nG90\nM5\n$J=G91X1F500\n");
    world_answer(&w);
    assert_true(world_machine_is(&w, "G21\nG90\nM5\n$J=G91X1F500\n"));
    assert_true(world_sender_is(&w, "ok\r\nok\r\nok\r\nok\r\n"));
    world_free(&w);
}

static void test_held_declared_run_ended(void **state) {
    struct world w;
    uint8_t sha[32];
    world_make(&w, NULL);
    world_send(&w, job);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    assert_string_equal(w.text[GATE_FACT_HELD], "G1 X10 S500 F1000");
    assert_true(world_machine_is(&w, "G21\nG90\nM4 S0\n"));
    assert_true(world_sender_has(&w, "[MSG:lotgate: scan the material lot for laser1]\r\n"));
    world_declare(&w);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 1);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    assert_true(world_machine_is(&w, job));
    assert_int_equal(w.replies, 7);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_false(w.job.dry_run);
    assert_int_equal(w.meter.lines, 7);
    assert_int_equal(w.meter.bytes, strlen(job));
    crypto_hash_sha256(sha, (const uint8_t *)job, strlen(job));
    assert_memory_equal(w.job.sha256, sha, 32);
    world_free(&w);
}

// What belongs to a job's bytes: setup, comments and empty lines do; queries, a poll's empty line, lotgate's own lines and
// realtime bytes do not.
static void test_what_is_hashed(void **state) {
    struct world w;
    uint8_t sha[32];
    static const char hashed[] = "; \xc3\x84 box\r\nG21\n\nG1 X1 S500 M3\nM2\n";
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "; \xc3\x84 box\r\n$G\n?\nG2?1\n\n$LOT?\nG1 X1 S500 M3\n$$\nM2\n");
    world_answer(&w);
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    crypto_hash_sha256(sha, (const uint8_t *)hashed, strlen(hashed));
    assert_memory_equal(w.job.sha256, sha, 32);
    assert_int_equal(w.meter.bytes, strlen(hashed));
    assert_int_equal(w.job.replaced, 1);
    world_free(&w);
}

static void test_armed_starts_at_the_first_work_line(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.auto_start = false;
    world_declare(&w);
    assert_int_equal(world_state(&w), GATE_ARMED);
    world_send(&w, "G21\nG1 X1 S500 M3\n");
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 1);
    assert_true(world_machine_is(&w, "G21\n"));
    world_pass(&w, 5 * SECOND); // a slow disk: nothing moves, and it is not asked again
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 1);
    assert_true(world_machine_is(&w, "G21\n"));
    w.auto_start = true;
    world_pass(&w, 1);
    assert_true(world_machine_is(&w, "G21\nG1 X1 S500 M3\n"));
    world_free(&w);
}

static void test_until_changed_stays_armed(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.mode = GATE_UNTIL_CHANGED;
    world_make(&w, &config);
    world_declare(&w);
    for (unsigned i = 1; i <= 3; i++) {
        world_send(&w, job);
        world_answer(&w);
        assert_int_equal(w.facts[GATE_FACT_ENDED], i);
        assert_int_equal(world_state(&w), GATE_ARMED);
    }
    gate_disarm(w.gate, w.now);
    world_send(&w, job);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

static void test_two_jobs_in_one_chunk(void **state) {
    struct world w;
    char two[2 * sizeof job];
    world_make(&w, NULL);
    snprintf(two, sizeof two, "%s%s", job, job);
    world_declare(&w);
    world_send(&w, two);
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1); // each-job: the second waits for its own lot
    assert_int_equal(world_state(&w), GATE_HELD);
    assert_int_equal(w.meter.lines, 7 + 3); // the setup behind M2 came before its reply: the first one's tail
    world_declare(&w);
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 2);
    assert_true(world_machine_is(&w, two));
    world_free(&w);
}

static void test_framing_is_a_dry_run(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G90\nG0 X0 Y0\nG1 X50 F3000\nG1 Y50\nM5\nM2\n");
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_true(w.job.dry_run);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 0);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_send(&w, "G21\nM2\n"); // no motion: nothing to record
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    world_free(&w);
}

static void test_idle_ends(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    world_make(&w, &config);
    world_pass(&w, SECOND);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    w.state = "Run";
    world_pass(&w, 30 * SECOND); // still moving, however long
    assert_int_equal(world_state(&w), GATE_RUNNING);
    w.state = "Idle";
    world_pass(&w, 5 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_true(w.job.last_us < w.now - 30 * SECOND);
    world_free(&w);
}

// A hold, a door, a program pause: none of them is an end, and each counts once.
static void test_pauses(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    world_send(&w, "!");
    w.state = "Hold:0";
    for (int i = 0; i < 50; i++) {
        world_pass(&w, SECOND / 5);
        world_send(&w, "?");
    }
    assert_int_equal(world_state(&w), GATE_RUNNING);
    assert_int_equal(w.facts[GATE_FACT_PAUSED], 1);
    assert_string_equal(w.text[GATE_FACT_PAUSED], "feed hold");
    world_send(&w, "~");
    w.state = "Run";
    world_send(&w, "?");
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_RESUMED], 1);
    w.mute = true;
    world_send(&w, "M0\n");
    world_reply(&w, "<Hold:0|MPos:0.000,0.000,0.000>\r\n");
    assert_int_equal(w.facts[GATE_FACT_PAUSED], 2);
    assert_string_equal(w.text[GATE_FACT_PAUSED], "program pause");
    world_reply(&w, "<Run|MPos:0.000,0.000,0.000>\r\nok\r\n");
    world_reply(&w, "<Door:0|MPos:0.000,0.000,0.000>\r\n");
    assert_string_equal(w.text[GATE_FACT_PAUSED], "door");
    assert_int_equal(w.facts[GATE_FACT_PAUSED], 3);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 0);
    world_free(&w);
}

// Each way a job can end, and that it ends once (invariant 5: gate_job_end clears job.open before it tells).
static void ends_as(enum gate_end end, void (*how)(struct world *w)) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\nG1 X0\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    how(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, end);
    gate_shutdown(w.gate, w.now);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    world_free(&w);
}

static void by_reset(struct world *w) {
    world_send(w, "\x18");
}
static void by_panel_reset(struct world *w) {
    gate_reset(w->gate, w->now);
    assert_true(world_machine_has(w, "\x18"));
}
static void by_alarm(struct world *w) {
    world_reply(w, "ALARM:1\r\n");
    assert_int_equal(w->facts[GATE_FACT_ALARM], 1);
}
static void by_banner(struct world *w) {
    world_reply(w, "\r\nGrbl 1.1h ['$' for help]\r\n");
}
static void by_unplugging(struct world *w) {
    gate_machine_lost(w->gate, w->now, "unplugged");
    assert_int_equal(world_state(w), GATE_OFFLINE);
}
static void by_sender_leaving(struct world *w) {
    gate_sender_gone(w->gate, w->now);
}
static void by_shutdown(struct world *w) {
    world_forget(w);
    gate_shutdown(w->gate, w->now);
    assert_true(world_machine_is(w, "!"));
}

// A tool change is no end, however the sender tells of it; the jogging within it does not end it, the spindle does. Left for
// longer than TOOL_US the job has ended (follow_tool in gate_job.c, end_by_report in gate_status.c).
static void test_a_tool_change_is_no_end(void **state) {
    static const char *const change[] = {"(M6) T2\n", "M6 T2\n"};
    for (int i = 0; i < 4; i++) {
        struct gate_config config;
        struct world w;
        world_config(&config);
        config.rules.machine = GCODE_CNC;
        config.poll = true;
        world_make(&w, &config);
        world_arm_and_start(&w);
        world_send(&w, "G21\nM3 S1000\nG1 X1 F100\nM5\n");
        world_answer(&w);
        w.reply = i % 2 ? "error:20" : NULL;
        world_send(&w, change[i % 2]);
        world_answer(&w);
        assert_int_equal(w.facts[GATE_FACT_PAUSED], 1);
        assert_string_equal(w.text[GATE_FACT_PAUSED], "tool change");
        world_pass(&w, 600 * SECOND);
        world_send(&w, "G91\nG0 Z10\nG90\n");
        world_answer(&w);
        world_pass(&w, (i < 2 ? 600 : 3600) * SECOND);
        assert_int_equal(world_state(&w), i < 2 ? GATE_RUNNING : GATE_LOCKED);
        assert_int_equal(w.facts[GATE_FACT_RESUMED], 0);
        if (i < 2) {
            world_send(&w, "M3 S1000\nG1 X2\n");
            world_answer(&w);
            assert_int_equal(w.facts[GATE_FACT_RESUMED], 1);
            world_pass(&w, 10 * SECOND);
        }
        assert_int_equal(world_state(&w), GATE_LOCKED);
        assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
        world_free(&w);
    }
}

static void test_ends(void **state) {
    ends_as(GATE_END_ABORTED, by_reset);
    ends_as(GATE_END_ABORTED, by_panel_reset);
    ends_as(GATE_END_ALARM, by_alarm);
    ends_as(GATE_END_MACHINE_LOST, by_banner);
    ends_as(GATE_END_MACHINE_LOST, by_unplugging);
    ends_as(GATE_END_SENDER_LOST, by_sender_leaving);
    ends_as(GATE_END_HOST_LOST, by_shutdown);
}

// After an end that it did not ask for, a sender that goes on does not get its job begun in the middle.
static void test_rest_of_a_cut_job_is_refused(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.mode = GATE_UNTIL_CHANGED;
    world_make(&w, &config);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    world_reply(&w, "ALARM:1\r\n");
    world_forget(&w);
    world_send(&w, "G1 X20\nG1 X30\nM2\n");
    assert_true(world_machine_is(&w, ""));
    assert_true(world_sender_is(&w, "error:9\r\nerror:9\r\nerror:9\r\n"));
    world_send(&w, "G1 X10 S500 F1000 M3\n"); // behind M2: another job
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_free(&w);
}

// No hook has closed with it: the machine goes on, and so does the job (gate_link_end_refused).
static void test_a_refused_program_end_without_a_hook(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_arm_and_start(&w);
    gate_hook_job(w.gate, "JOB-000001", "ACR-1"); // told for each job, hook or not
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    w.reply = "error:21";
    world_send(&w, "M2 M30\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_forget(&w);
    world_send(&w, "G1 X20\nM2\n");
    world_answer(&w);
    assert_true(world_machine_is(&w, "G1 X20\nM2\n"));
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_int_equal(w.job.errors, 1);
    world_free(&w);
}

static void test_sender_leaves_behind_m2(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    w.mute = true;
    world_send(&w, "M5\nM2\n");
    gate_sender_gone(w.gate, w.now);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    gate_sender_connected(w.gate, w.now);
    world_send(&w, "G21\n"); // of a new sender: not part of it
    world_forget(&w);
    w.mute = false;
    world_answer(&w);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_int_equal(w.meter.lines, 3);
    assert_true(world_machine_is(&w, "G21\n"));
    assert_true(world_sender_is(&w, "[MSG:Pgm End]\r\nok\r\n")); // M5 and M2 were another's
    world_free(&w);
}

// The reply waits behind the held line; why it was refused would be of no use by then.
static void test_a_refused_declaration_is_told_while_held(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_send(&w, "$LOT=NOPE\n");
    world_forget(&w);
    gate_declare_answer(w.gate, w.now, false, "there is no lot NOPE");
    assert_true(world_sender_is(&w, "[MSG:lotgate: there is no lot NOPE]\r\n"));
    world_forget(&w);
    world_declare(&w);
    world_answer(&w);
    assert_true(world_sender_is(&w, "ok\r\nerror:9\r\n")); // once, and in their turns
    world_free(&w);
}

static void test_local_start_is_a_job_of_its_own(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    world_make(&w, &config);
    world_send(&w, "$SD/Run=/box.nc\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_declare(&w);
    world_answer(&w);
    assert_true(world_machine_has(&w, "$SD/Run=/box.nc\n"));
    w.state = "Run";
    w.more = "|SD:12.5,/box.nc";
    world_pass(&w, 10 * SECOND);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    w.state = "Idle";
    w.more = "";
    world_pass(&w, 5 * SECOND);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 0);
    world_free(&w);
}

// A plain firmware's file too: it may dwell at Idle, and what follows it is another job.
static void test_lines_behind_a_local_start_wait_for_its_end(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    world_make(&w, &config);
    world_send(&w, "$SD/Run=/box.nc\nG91\n$#\n");
    world_answer(&w);
    world_declare(&w);
    world_answer(&w);
    w.more = "|SD:12.5,/box.nc"; // the state is Idle
    world_pass(&w, 10 * SECOND);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    assert_false(world_machine_has(&w, "G91"));
    w.more = "";
    world_pass(&w, 10 * SECOND);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_true(world_machine_has(&w, "G91\n$#\n"));
    world_free(&w);
}

static void test_local_start_in_a_job_waits(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.poll = true;
    config.mode = GATE_UNTIL_CHANGED;
    world_make(&w, &config);
    world_pass(&w, SECOND);
    world_declare(&w);
    w.auto_start = false;
    world_send(&w, "G1 X10 S500 F1000 M3\n$SD/Run=/box.nc\n");
    w.auto_start = true;
    world_pass(&w, 1);
    w.auto_start = false;
    assert_false(world_machine_has(&w, "$SD/Run"));
    world_pass(&w, 5 * SECOND);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 2);
    assert_false(world_machine_has(&w, "$SD/Run"));
    w.auto_start = true;
    world_pass(&w, 1);
    assert_true(world_machine_has(&w, "$SD/Run=/box.nc\n"));
    world_free(&w);
}

static void test_check_mode_is_a_dry_run(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "$C\n");
    world_answer(&w);
    world_send(&w, "?");
    world_answer(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\nM2\n");
    world_answer(&w);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_true(w.job.dry_run);
    world_send(&w, "$C\nG1 X10 S500 F1000 M3\n"); // leaves check mode: the line behind it is for real
    world_answer(&w);
    world_pass(&w, SECOND);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

static void test_names(void **state) {
    assert_string_equal(gate_state_name(GATE_OFFLINE), "offline");
    assert_string_equal(gate_state_name(GATE_FAULT), "fault");
    assert_string_equal(gate_state_name(GATE_STATES), "unknown");
    assert_string_equal(gate_end_name(GATE_END_COMPLETED), "completed");
    assert_string_equal(gate_end_name(GATE_END_HOST_LOST), "host_lost");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setup_passes_while_locked),
        cmocka_unit_test(test_held_declared_run_ended),
        cmocka_unit_test(test_what_is_hashed),
        cmocka_unit_test(test_armed_starts_at_the_first_work_line),
        cmocka_unit_test(test_until_changed_stays_armed),
        cmocka_unit_test(test_two_jobs_in_one_chunk),
        cmocka_unit_test(test_framing_is_a_dry_run),
        cmocka_unit_test(test_idle_ends),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_a_tool_change_is_no_end),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_rest_of_a_cut_job_is_refused),
        cmocka_unit_test(test_a_refused_program_end_without_a_hook),
        cmocka_unit_test(test_sender_leaves_behind_m2),
        cmocka_unit_test(test_a_refused_declaration_is_told_while_held),
        cmocka_unit_test(test_local_start_is_a_job_of_its_own),
        cmocka_unit_test(test_lines_behind_a_local_start_wait_for_its_end),
        cmocka_unit_test(test_local_start_in_a_job_waits),
        cmocka_unit_test(test_check_mode_is_a_dry_run),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("gate_states", tests, NULL, NULL) ? 1 : 0;
}
