// test_gate_invariants: what the gate promises in gate.h, one group of tests per promise. Each names the code
// that keeps it. Besides, every test that uses gate_world has the oracle of gate_model.h behind it.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_world.h"

#define SECOND 1000000LL

// --- 1. No work before the start is committed: permit() in gate_line.c lets work pass in RUNNING only, and
// gate_start_committed() in gate_job.c alone sets job.open.

static const char *const work_lines[] = {
    "G1 X10 S500 F1000 M3\n",
    "M3 S1000\n",
    "M4 S21\n",
    "FOO\n",
    "G99\n",
    "$SD/Run=/a.nc\n",
    "[ESP220]/a.nc\n",
    "$RM=1\n",
    "$N0=M3 S900\n",
    "G1 X",
    "$30=10\n",
    "M106 S255\n",
    "T1 M6\n",
    "M3 S1e9\n",
    "G5 X1\n",
    "$LOTX=1\n",
};

static void test_1_work_is_held_in_every_form(void **state) {
    for (size_t i = 0; i < sizeof work_lines / sizeof work_lines[0]; i++) {
        struct world w;
        world_make(&w, NULL);
        w.auto_start = false;
        world_send(&w, work_lines[i]);
        if (!strchr(work_lines[i], '\n'))
            world_send(&w, "\n");
        world_pass(&w, 100 * SECOND);
        if (world_state(&w) != GATE_HELD || w.machine.length != 0)
            fail_msg("passed: %s", work_lines[i]);
        world_declare(&w); // asked for, not committed
        world_pass(&w, 100 * SECOND);
        assert_true(world_machine_is(&w, ""));
        world_free(&w);
    }
}

// A modal line is work because of what stands before it.
static void test_1_modal_work_is_held(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G1 F1000\nM4 S0\nG0 X1\nX5\nS400\nX10\n");
    world_answer(&w);
    assert_true(world_machine_is(&w, "G1 F1000\nM4 S0\nG0 X1\nX5\n"));
    assert_string_equal(w.text[GATE_FACT_HELD], "S400");
    world_free(&w);
}

// unsettled() in gate_line.c: M3 alone is harmless only if the S0 before it was accepted.
static void test_1_a_refused_line_does_not_excuse_the_next(void **state) {
    struct gate_config config;
    struct world w;
    world_config(&config);
    config.mode = GATE_UNTIL_CHANGED;
    world_make(&w, &config);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\nM2\n");
    world_answer(&w);
    gate_disarm(w.gate, w.now);
    assert_int_equal(world_state(&w), GATE_LOCKED); // S is 500 in the machine now
    w.reply = "error:2";                            // a garbled byte
    world_send(&w, "S0\nM3\nG1 X20\n");
    world_answer(&w);
    world_pass(&w, SECOND);
    assert_int_equal(world_state(&w), GATE_HELD);
    assert_string_equal(w.text[GATE_FACT_HELD], "M3");
    world_free(&w);
}

// beam_is_off() in gate_reply.c: after M5 the beam is off, but the S that an error left behind is not known.
static void test_1_m5_does_not_make_s_known(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.reply = "error:2";
    world_send(&w, "S0\n");
    world_answer(&w);
    world_send(&w, "M5\n");
    world_answer(&w);
    world_send(&w, "M3\n");
    assert_int_equal(world_state(&w), GATE_HELD);
    world_free(&w);
}

static void test_1_a_report_clears_doubt(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.reply = "error:2";
    world_send(&w, "S0\n");
    world_answer(&w);
    world_send(&w, "$G\n"); // the fake says M5 S0
    world_answer(&w);
    world_send(&w, "M3\nG1 X5 F100\n");
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_LOCKED);
    assert_true(world_machine_has(&w, "G1 X5 F100\n"));
    world_free(&w);
}

static void test_1_a_dropped_job_is_never_executed_later(void **state) {
    void (*const drops[])(struct gate * g, int64_t now) = {gate_reset, gate_sender_gone, gate_shutdown};
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        struct world w;
        world_make(&w, NULL);
        world_send(&w, "G1 X10 S500 F1000 M3\nG1 X20\n");
        drops[i](w.gate, w.now);
        assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
        gate_sender_connected(w.gate, w.now);
        world_answer(&w);
        world_declare(&w);
        world_pass(&w, 10 * SECOND);
        assert_int_equal(w.facts[GATE_FACT_START_WANTED], 0);
        assert_false(world_machine_has(&w, "G1"));
        world_free(&w);
    }
}

// --- 2. Safety passes at once: gate_realtime() in gate_sender.c writes it before it considers anything.

static const char safety[] = {'?', '!', 0x18, (char)0x84, (char)0x85};

static void assert_safety_passes(struct world *w, const char *where) {
    for (size_t i = 0; i < sizeof safety; i++) {
        size_t before = w->machine.length;
        world_send_bytes(w, &safety[i], 1);
        if (w->machine.length <= before || w->machine.at[before] != (uint8_t)safety[i])
            fail_msg("%s: 0x%02x was kept back", where, (unsigned)(uint8_t)safety[i]);
    }
}

static void make_held(struct world *w) {
    world_send(w, "G1 X10 S500 F1000 M3\n");
}
static void make_held_in_mid_line(struct world *w) {
    world_send(w, "G1 X10 S500 F1000 M3\nG1 X");
}
static void make_starting(struct world *w) {
    w->auto_start = false;
    make_held(w);
    world_declare(w);
}
static void make_full(struct world *w) {
    make_starting(w);
    w->auto_start = true;
    world_pass(w, 1);
    w->mute = true; // no reply comes: the machine's buffer is full and lines wait
    for (int i = 0; i < 50; i++)
        world_send(w, "G1 X10 Y10\n");
}
static void make_unauthorised(struct world *w) {
    world_reply(w, "<Run|MPos:0.000,0.000,0.000>\r\n");
}
static void make_ledger_fault(struct world *w) {
    gate_ledger_failed(w->gate, w->now, "the disk is full");
}
static void make_identity_fault(struct world *w) {
    gate_identity_refused(w->gate, w->now, "another machine");
}

static void test_2_safety_passes_in_every_state(void **state) {
    static const struct {
        const char *where;
        void (*make)(struct world *w);
    } cases[] = {{"held", make_held},
                 {"held, in mid-line", make_held_in_mid_line},
                 {"starting", make_starting},
                 {"running, buffer full", make_full},
                 {"unauthorised", make_unauthorised},
                 {"ledger", make_ledger_fault},
                 {"identity", make_identity_fault}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_make(&w, NULL);
        cases[i].make(&w);
        w.mute = true;
        assert_safety_passes(&w, cases[i].where);
        world_free(&w);
    }
}

static void test_2_safety_passes_before_the_identity_is_known(void **state) {
    struct gate_config config;
    struct world w;
    gate_config_default(&config);
    world_make(&w, &config);
    w.mute = true;
    assert_int_equal(world_state(&w), GATE_OFFLINE);
    assert_safety_passes(&w, "offline");
    world_free(&w);
}

static void test_2_inside_comments_and_ahead_of_the_queue(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G1 X10 S500 F1000 M3\n(what ! now)\nG1 X2\n?");
    assert_true(world_machine_is(&w, "!?"));
    world_free(&w);
}

// --- 3. In doubt a line waits: blocked() in gate_line.c.

static void test_3_a_ledger_that_fails_stops_a_job(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    make_ledger_fault(&w);
    assert_int_equal(world_state(&w), GATE_FAULT);
    world_forget(&w);
    world_send(&w, "G1 X20\nG21\n$$\n\n");
    world_pass(&w, 60 * SECOND);
    world_reply(&w, "<Idle|MPos:0.000,0.000,0.000>\r\n"); // no end: lines of the job wait
    assert_int_equal(w.facts[GATE_FACT_ENDED], 0);
    assert_true(world_machine_is(&w, ""));
    assert_true(world_sender_has(&w, "[MSG:lotgate: the disk is full]\r\n"));
    gate_ledger_recovered(w.gate, w.now);
    assert_true(world_machine_is(&w, "G1 X20\nG21\n$$\n\n"));
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_free(&w);
}

static void test_3_a_start_that_could_not_be_written(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.auto_start = false;
    make_held(&w);
    world_declare(&w);
    make_ledger_fault(&w);
    gate_start_committed(w.gate, w.now); // nobody asks for it any more
    assert_true(world_machine_is(&w, ""));
    gate_ledger_recovered(w.gate, w.now);
    assert_int_equal(w.facts[GATE_FACT_START_WANTED], 2);
    assert_true(world_machine_is(&w, ""));
    world_free(&w);
}

// --- 4. Unchanged and in order. The captures test it with real sessions; here with chunks of every size.

static const char session[] =
    "$$\n; LightBurn\nG21\r\nG90\r\nM4 S0\n\nG0 X1 Y1\rG1 X10 S500 F1000\nX20\nX30 (a \xc3\x84)\n\n"
    "Y5 S0\r\nM5\nG0 X0\nM2\n$G\n";

static void run_in_chunks(struct world *w, size_t chunk, enum grbl_flavour flavour) {
    struct gate_config config;
    world_config(&config);
    config.flavour = flavour;
    world_make(w, &config);
    world_declare(w);
    for (size_t at = 0; at < sizeof session - 1; at += chunk) {
        size_t n = sizeof session - 1 - at < chunk ? sizeof session - 1 - at : chunk;
        world_send_bytes(w, session + at, n);
        if (flavour == GRBL_AVR || at % 3 == 0) // answers sooner or later: no difference either
            world_answer(w);
    }
    world_answer(w);
}

static void test_4_chunks_make_no_difference(void **state) {
    for (int flavour = GRBL_AVR; flavour <= GRBL_HAL; flavour++) {
        struct world whole;
        run_in_chunks(&whole, sizeof session, (enum grbl_flavour)flavour);
        assert_int_equal(whole.facts[GATE_FACT_ENDED], 1);
        for (size_t chunk = 1; chunk < sizeof session; chunk++) {
            struct world w;
            run_in_chunks(&w, chunk, (enum grbl_flavour)flavour);
            assert_int_equal(w.machine.length, whole.machine.length);
            assert_memory_equal(w.machine.at, whole.machine.at, w.machine.length);
            assert_int_equal(w.replies, whole.replies);
            assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
            assert_memory_equal(w.job.sha256, whole.job.sha256, 32);
            assert_int_equal(w.meter.bytes, whole.meter.bytes);
            world_free(&w);
        }
        world_free(&whole);
    }
}

static void test_4_realtime_bytes_keep_their_place(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G0 X2 ? Y2\n?\nG0 ~X3\n");
    assert_true(world_machine_is(&w, "G0 X2 ? Y2\n?\nG0 ~X3\n"));
    world_forget(&w);
    world_send(&w, "G0 X?4"); // no end in this chunk: the byte does not wait for it
    assert_true(world_machine_is(&w, "?"));
    world_send(&w, "\n");
    assert_true(world_machine_is(&w, "?G0 X4\n"));
    world_free(&w);
}

static void test_4_many_lines_are_one_write(void **state) {
    struct gate_config config;
    struct world w;
    char text[4000] = "";
    world_config(&config);
    config.rx_buffer = 65535;
    world_make(&w, &config);
    world_declare(&w);
    world_send(&w, "G1 X10 S500 F1000 M3\n");
    world_answer(&w);
    world_forget(&w);
    for (int i = 0; i < 300; i++)
        strcat(text, "X10.5 S100\n");
    world_send(&w, text);
    assert_true(world_machine_is(&w, text));
    assert_int_equal(w.calls, 1);
    world_free(&w);
}

// --- 5. One end for each committed start: gate_job_end() and end_cancelled() in gate_job.c.

static void machine_restarts(struct gate *gate, int64_t now) {
    static const char banner[] = "\r\nGrbl 1.1h ['$' for help]\r\n";
    gate_from_machine(gate, (const uint8_t *)banner, sizeof banner - 1, now);
}

// One that could not be written after all was a job that was held, and is refused.
static void test_5_a_start_that_failed_and_is_not_wanted(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.auto_start = false;
    make_held(&w);
    world_declare(&w);
    gate_sender_gone(w.gate, w.now);
    gate_ledger_failed(w.gate, w.now, "full");
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_string_equal(w.text[GATE_FACT_REFUSED], "the sender went away");
    gate_ledger_failed(w.gate, w.now, "full");
    assert_int_equal(w.facts[GATE_FACT_REFUSED], 1);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 0);
    world_free(&w);
}

static void test_5_a_start_that_comes_too_late_has_its_end(void **state) {
    void (*const drops[])(struct gate * g, int64_t now) = {gate_reset, gate_sender_gone, machine_restarts};
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        struct world w;
        world_make(&w, NULL);
        w.auto_start = false;
        make_held(&w);
        world_declare(&w);
        drops[i](w.gate, w.now);
        assert_int_equal(w.facts[GATE_FACT_REFUSED], 0);
        assert_int_equal(w.facts[GATE_FACT_ENDED], 0);
        gate_start_committed(w.gate, w.now);
        assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
        assert_int_equal(w.job.end, i == 1 ? GATE_END_SENDER_LOST : GATE_END_ABORTED);
        assert_int_not_equal(world_state(&w), GATE_RUNNING);
        gate_start_committed(w.gate, w.now);
        gate_shutdown(w.gate, w.now);
        assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
        world_free(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_1_work_is_held_in_every_form),
        cmocka_unit_test(test_1_modal_work_is_held),
        cmocka_unit_test(test_1_a_refused_line_does_not_excuse_the_next),
        cmocka_unit_test(test_1_m5_does_not_make_s_known),
        cmocka_unit_test(test_1_a_report_clears_doubt),
        cmocka_unit_test(test_1_a_dropped_job_is_never_executed_later),
        cmocka_unit_test(test_2_safety_passes_in_every_state),
        cmocka_unit_test(test_2_safety_passes_before_the_identity_is_known),
        cmocka_unit_test(test_2_inside_comments_and_ahead_of_the_queue),
        cmocka_unit_test(test_3_a_ledger_that_fails_stops_a_job),
        cmocka_unit_test(test_3_a_start_that_could_not_be_written),
        cmocka_unit_test(test_4_chunks_make_no_difference),
        cmocka_unit_test(test_4_realtime_bytes_keep_their_place),
        cmocka_unit_test(test_4_many_lines_are_one_write),
        cmocka_unit_test(test_5_a_start_that_comes_too_late_has_its_end),
        cmocka_unit_test(test_5_a_start_that_failed_and_is_not_wanted),
    };
    return cmocka_run_group_tests_name("gate_invariants", tests, NULL, NULL) ? 1 : 0;
}
