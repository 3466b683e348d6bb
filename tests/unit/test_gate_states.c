// test_gate_states: the life of a job, state by state.
#include "unit.h"

#include <string.h>

#include "gate_world.h"

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
    world_make(&w, NULL);
    world_send(&w, "G21\nG90\nM4 S0\nG1 X10 S500 F1000\nG1 X0\nM5\nM2\n");
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
    assert_true(world_machine_is(&w, "G21\nG90\nM4 S0\nG1 X10 S500 F1000\nG1 X0\nM5\nM2\n"));
    assert_int_equal(w.replies, 7);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.job.end, GATE_END_COMPLETED);
    assert_false(w.job.dry_run);
    assert_int_equal(w.meter.lines, 7);
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setup_passes_while_locked),
        cmocka_unit_test(test_held_declared_run_ended),
    };
    return cmocka_run_group_tests_name("gate_states", tests, NULL, NULL) ? 1 : 0;
}
