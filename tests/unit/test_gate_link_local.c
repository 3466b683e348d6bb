// test_gate_link_local: jobs that are started at the machine itself, what a restart of lotgate finds, scanner and screen.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link_world.h"

static void stock_card(struct link_world *w) {
    assert_true(sim_card_store(w->sim, "/job.nc", link_world_cut, strlen(link_world_cut)));
}

static void test_a_card_job_is_held_declared_and_run(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    assert_false(sim_card_start(w->sim, w->now));
    assert_true(link_world_until(w, GATE_HELD, SECOND));
    assert_string_equal(w->text[GATE_FACT_HOOK_BLOCKED], "sd");
    link_world_run(w, SECOND);
    assert_string_equal(w->screen, "scan the lot");
    link_world_declare(w);
    link_world_run(w, 2 * SECOND);
    assert_int_equal(link_world_state(w), GATE_RUNNING);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
    assert_string_equal(w->screen, "lot ACR-1126-001|start again");
    assert_true(sim_card_start(w->sim, w->now));
    link_world_send(w, "M4 S400\nG1 X5 F1000\n"); // waits for the machine's own job
    link_world_run(w, 20 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_int_equal(w->facts[GATE_FACT_UNAUTHORISED], 0);
    assert_int_equal(link_world_state(w), GATE_HELD); // the sender's
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    link_world_drop(w);
}

static void test_a_card_job_that_was_declared_before(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    gate_sender_gone(w->gate, w->now);
    link_world_declare(w);
    link_world_run(w, SECOND);
    assert_string_equal(w->screen, "lot ACR-1126-001");
    assert_false(sim_card_start(w->sim, w->now));
    link_world_run(w, 2 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 20 * SECOND);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

static void test_a_card_job_that_nobody_starts_again(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    sim_card_start(w->sim, w->now);
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, 29 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 0);
    link_world_run(w, 2 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_ABORTED);
    assert_string_equal(w->text[GATE_FACT_ENDED], "it was not started at the machine");
    assert_int_equal(link_world_truth(w) == LINK_OPENED, false);
    assert_false(sim_card_start(w->sim, w->now)); // that is a new wish
    assert_true(link_world_until(w, GATE_HELD, SECOND));
    link_world_drop(w);
}

// A message on the screen keeps the hook open for longer than the job may wait: it is closed all the same.
static void test_a_card_job_that_waits_too_long_is_closed(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    sim_card_start(w->sim, w->now);
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, 20 * SECOND);
    gate_hook_show(w->gate, w->now, "hurry");
    link_world_run(w, 12 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_ABORTED);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    link_world_drop(w);
}

static void wait_at_the_machine(struct link_world *w);

// Nothing was asked while the machine was held, and by then the hook has closed by itself: the job is over, and not opened again.
static void test_a_card_job_that_expired_is_not_opened_again(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    gate_hold(w->gate, w->now);
    link_world_run(w, 30 * SECOND);
    gate_resume(w->gate, w->now);
    w->machine_length = 0;
    link_world_run(w, 8 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(link_world_count(w->to_machine, "$LG OPEN"), 0);
    link_world_drop(w);
}

// 20 s in motion, and lines that are read as there is room for them; after its M2 the file goes on.
static void stock_long_card(struct link_world *w) {
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "G21\nG91\nM4 S500\n");
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "G1 X%d F600\n", i % 2 ? -5 : 5);
    used += (size_t)snprintf(text + used, sizeof text - used, "M5\nM2\nG4 P2\nG4 P2\nG4 P2\n");
    assert_true(sim_card_store(w->sim, "/job.nc", text, used));
}

static void wait_at_the_machine(struct link_world *w) {
    link_world_settled(w);
    stock_long_card(w);
    sim_card_start(w->sim, w->now);
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, 2 * SECOND);
}

static void assert_completed(struct link_world *w) {
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    assert_int_equal(w->facts[GATE_FACT_UNAUTHORISED], 0);
}

// Started in the very moment in which it is given up: it would be work without a record.
static void test_a_card_job_that_starts_when_it_is_given_up_is_cut(void **state) {
    struct link_world *w = link_world_new();
    struct sim_view view;
    wait_at_the_machine(w);
    link_world_run(w, 18 * SECOND);
    gate_hook_show(w->gate, w->now, "hurry");
    link_world_spoil(w, LINK_FROM_HOST, "CLOSE", LOSE, 1);
    for (int i = 0; i < 200 && !w->facts[GATE_FACT_ENDED]; i++)
        link_world_run(w, SECOND / 10);
    assert_int_equal(w->end, GATE_END_ABORTED);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 4 * SECOND);
    sim_view(w->sim, &view, w->now);
    assert_false(view.card_running);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    link_world_drop(w);
}

static void test_a_card_file_that_goes_on_behind_its_end(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    gate_sender_gone(w->gate, w->now);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    link_world_drop(w);
}

static void test_a_stop_of_lotgate_holds_wire_jobs_alone(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, SECOND);
    w->machine_length = 0;
    gate_shutdown(w->gate, w->now);
    assert_int_equal(w->end, GATE_END_HOST_LOST);
    assert_int_equal(link_world_count(w->to_machine, "!"), 0);
    link_world_drop(w);
    w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "G91\nM4 S500\nG1 X100 F600\n");
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, SECOND);
    w->machine_length = 0;
    gate_shutdown(w->gate, w->now);
    assert_string_equal(w->to_machine, "!");
    link_world_drop(w);
}

static void test_a_restart_of_the_machine_while_the_hook_opens(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "OPEN", LOSE, 1);
    link_world_send(w, link_world_cut);
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, SECOND / 5);
    sim_fault(w->sim, SIM_FAULT_RESET, 0, w->now);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->facts[GATE_FACT_REFUSED], 0); // it has an end already
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

static void test_the_word_of_a_card_job_s_start_is_lost(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    link_world_run(w, 20 * SECOND);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 1);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 10 * SECOND); // its time to be started is over: the hook says that it runs
    assert_int_equal(link_world_hook(w).state, LINK_RUNNING);
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    link_world_drop(w);
}

static void test_the_word_of_a_card_job_s_end_is_lost(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 2 * SECOND);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 1);
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    link_world_drop(w);
}

static void test_both_words_of_a_card_job_are_lost(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 2);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    link_world_drop(w);
}

static void test_a_card_job_whose_end_nobody_tells(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 2 * SECOND);
    link_world_spoil(w, LINK_FROM_HOOK, "", LOSE, 100000);
    link_world_run(w, 100 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 0);
    link_world_run(w, 100 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_ABORTED);
    link_world_drop(w);
}

static void test_a_card_job_outlives_its_sender_and_not_a_reset(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    sim_card_start(w->sim, w->now);
    link_world_run(w, SECOND);
    gate_sender_gone(w->gate, w->now);
    assert_int_equal(link_world_state(w), GATE_HELD);
    link_world_declare(w);
    link_world_run(w, 2 * SECOND);
    assert_true(sim_card_start(w->sim, w->now));
    gate_sender_connected(w->gate, w->now);
    link_world_run(w, SECOND / 4);
    gate_sender_gone(w->gate, w->now);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 0);
    gate_reset(w->gate, w->now);
    assert_int_equal(w->end, GATE_END_ABORTED);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    link_world_drop(w);
}

static void test_a_blocked_start_in_a_running_job_is_only_told(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    link_world_send(w, "M4 S500\n");
    link_world_declare(w);
    link_world_run(w, SECOND);
    assert_false(sim_card_start(w->sim, w->now));
    link_world_run(w, SECOND);
    assert_int_equal(w->facts[GATE_FACT_HOOK_BLOCKED], 1);
    assert_int_equal(link_world_state(w), GATE_RUNNING);
    assert_int_equal(link_world_hook(w).blocked, 1);
    link_world_drop(w);
}

// --- lotgate dies and comes again

static void test_an_open_hook_of_before_is_closed(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_shut_for(w, SECOND);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
    link_world_restart(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

static void test_a_running_job_of_before_may_finish(void **state) {
    struct link_world *w = link_world_new();
    static const char slow[] = "G21\nG90\nM4 S500\nG1 X100 F600\nG1 X0 S300\n"; // 20 s, and no M2
    link_world_settled(w);
    assert_true(sim_card_store(w->sim, "/job.nc", slow, sizeof slow - 1));
    sim_card_start(w->sim, w->now);
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, SECOND);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, SECOND);
    link_world_restart(w);
    w->machine_length = 0;
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "!"), 0); // it is not stopped
    link_world_run(w, 40 * SECOND);
    struct sim_view view;
    sim_view(w->sim, &view, w->now);
    assert_int_equal(view.state, SIM_IDLE);
    assert_int_equal((int)view.position[0], 0);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

// Nobody sees what the file sets: a line between its lines could change its modes, and be judged by modes that are no more.
static void test_no_line_comes_between_the_lines_of_a_file(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    w->machine_length = 0;
    link_world_send(w, "G91\n"); // while the file waits for its start
    link_world_run(w, SECOND);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_send(w, "\n(a comment)\n$#\nM3\n");
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "G91"), 0);
    link_world_run(w, 40 * SECOND);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_int_equal(link_world_denied(w), 0);
    link_world_drop(w);
}

// What changes no mode passes, and what a file leaves behind is asked for: its S, with M3, would be a beam.
static void test_the_modes_behind_a_file_are_asked_for(void **state) {
    struct link_world *w = link_world_new();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, SECOND);
    w->machine_length = 0;
    link_world_send(w, "\n(a comment)\n$#\nM3\n");
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "(a comment)\n$#\n"), 1);
    assert_int_equal(link_world_count(w->to_machine, "M3"), 0);
    link_world_run(w, 40 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(link_world_count(w->to_machine, "$G\n"), 1);
    assert_int_equal(link_world_state(w), GATE_HELD); // M3 at the file's S500
    assert_int_equal(link_world_denied(w), 0);
    link_world_drop(w);
}

static void open_for_a_sender(struct link_world *w, const char *begun) {
    link_world_settled(w);
    stock_long_card(w);
    link_world_send(w, begun);
    assert_true(link_world_until(w, GATE_HELD, SECOND));
    link_world_declare(w);
    for (int i = 0; i < 4000 && link_world_truth(w) != LINK_OPENED; i++)
        link_world_run(w, 100);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
}

// The hook was opened for a sender's job, and the file is quicker than its first line: the lines behind it are no job's.
static void test_a_file_that_takes_a_senders_job(void **state) {
    struct link_world *w = link_world_new();
    open_for_a_sender(w, "G21\nG90\nM4 S400\nG1 X5 F1000\n");
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, SECOND);
    w->machine_length = 0;
    link_world_send(w, "G1 X9\nG1 X8\n");
    link_world_run(w, 40 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "G1 X"), 0);
    assert_true(link_world_count(w->to_sender, "error:9") >= 2);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

// The sender starts the file itself: what it sends behind that waits for the file's end, and is another job.
static void test_lines_behind_a_senders_own_file_wait(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_long_card(w);
    link_world_send(w, "$SD/Run=/job.nc\nG90\nM4 S400\nG1 X5 F1000\n");
    assert_true(link_world_until(w, GATE_HELD, SECOND));
    link_world_declare(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_state(w), GATE_RUNNING);
    assert_int_equal(link_world_count(w->to_machine, "G90"), 0);
    link_world_run(w, 40 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(link_world_state(w), GATE_HELD);
    assert_int_equal(link_world_count(w->to_machine, "G90"), 1);
    assert_int_equal(link_world_count(w->to_machine, "M4 S400"), 0);
    assert_int_equal(link_world_count(w->to_sender, "error:9"), 0);
    assert_int_equal(link_world_denied(w), 0);
    link_world_drop(w);
}

// The first report after the restart says Idle; the file is started after it, while the hook is not heard.
static void test_a_job_started_at_a_restart_is_not_cut(void **state) {
    struct link_world *w = link_world_new();
    struct sim_view view;
    wait_at_the_machine(w);
    link_world_restart(w);
    gate_sender_connected(w->gate, w->now);
    link_world_spoil(w, LINK_FROM_HOOK, "HELLO", LOSE, 3);
    link_world_run(w, SECOND * 5 / 2);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 10 * SECOND);
    sim_view(w->sim, &view, w->now);
    assert_true(view.card_running);
    assert_int_equal(link_world_count(w->to_machine, "$LG CLOSE"), 0);
    assert_int_equal(link_world_count(w->to_machine, "M5\n"), 0); // nor goes on with no beam
    link_world_run(w, 60 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

static void test_a_wire_job_cut_by_a_crash_is_closed_when_the_machine_rests(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "G91\nM4 S500\nG1 X100 F600\n");
    link_world_declare(w);
    link_world_run(w, SECOND);
    assert_int_equal(link_world_truth(w), LINK_RUNNING);
    link_world_restart(w);
    w->machine_length = 0;
    link_world_run(w, 4 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "begun before");
    assert_int_equal(link_world_count(w->to_machine, "!"), 0);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

// --- scanner and screen

static void test_a_scan_is_told_and_answered_on_the_screen(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    sim_hook_scan(w->sim, "ACR-1126-001,1 sheet", w->now);
    link_world_run(w, SECOND);
    assert_string_equal(w->text[GATE_FACT_SCAN], "ACR-1126-001,1 sheet");
    w->machine_length = 0;
    gate_hook_show(w->gate, w->now,
                   "no lot has this number: look at the label and scan it once more, please");
    link_world_run(w, SECOND);
    assert_non_null(strstr(w->screen, "no lot has this"));
    link_world_run(w, 10 * SECOND);
    assert_string_equal(w->screen, "locked"); // the hook's own
    assert_int_equal(link_world_count(w->to_machine, "$LG SHOW"), 2);
    assert_int_equal(link_world_count(w->to_machine, "$LG HELLO"),
                     0); // each was answered, by the PONG behind it
    link_world_drop(w);
}

static void test_blocked_starts_that_the_line_lost_are_counted(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 100);
    for (int i = 0; i < 3; i++) {
        sim_card_start(w->sim, w->now);
        link_world_run(w, 2 * SECOND);
    }
    assert_int_equal(w->facts[GATE_FACT_HOOK_BLOCKED], 0);
    link_world_send(w, "\x18"); // behind the banner the hook is asked again
    link_world_run(w, 5 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_HOOK_BLOCKED], 1);
    assert_int_equal(w->number[GATE_FACT_HOOK_BLOCKED], 3);
    assert_int_equal(link_world_hook(w).blocked, 3);
    link_world_drop(w);
}

// What was blocked while lotgate was down is told once it is up, as the hook's count; the ledger knows what of it is new.
static void test_blocked_starts_of_before_are_told(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    stock_card(w);
    assert_int_equal(w->facts[GATE_FACT_HOOK_BLOCKED], 0);
    w->plugged = false;
    for (int i = 0; i < 2; i++) {
        sim_card_start(w->sim, w->now);
        link_world_run(w, 2 * SECOND);
    }
    w->plugged = true;
    link_world_restart(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_HOOK_BLOCKED], 1);
    assert_string_equal(w->text[GATE_FACT_HOOK_BLOCKED], "");
    assert_int_equal(w->number[GATE_FACT_HOOK_BLOCKED], 2);
    sim_card_start(w->sim, w->now);
    link_world_run(w, 2 * SECOND);
    assert_string_equal(w->text[GATE_FACT_HOOK_BLOCKED], "sd");
    assert_int_equal(w->number[GATE_FACT_HOOK_BLOCKED], 3);
    link_world_drop(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_card_job_is_held_declared_and_run),
        cmocka_unit_test(test_a_card_job_that_was_declared_before),
        cmocka_unit_test(test_a_card_job_that_nobody_starts_again),
        cmocka_unit_test(test_a_card_job_that_waits_too_long_is_closed),
        cmocka_unit_test(test_a_card_job_that_expired_is_not_opened_again),
        cmocka_unit_test(test_a_card_job_that_starts_when_it_is_given_up_is_cut),
        cmocka_unit_test(test_a_card_file_that_goes_on_behind_its_end),
        cmocka_unit_test(test_a_stop_of_lotgate_holds_wire_jobs_alone),
        cmocka_unit_test(test_a_restart_of_the_machine_while_the_hook_opens),
        cmocka_unit_test(test_the_word_of_a_card_job_s_start_is_lost),
        cmocka_unit_test(test_the_word_of_a_card_job_s_end_is_lost),
        cmocka_unit_test(test_both_words_of_a_card_job_are_lost),
        cmocka_unit_test(test_a_card_job_whose_end_nobody_tells),
        cmocka_unit_test(test_a_card_job_outlives_its_sender_and_not_a_reset),
        cmocka_unit_test(test_a_blocked_start_in_a_running_job_is_only_told),
        cmocka_unit_test(test_an_open_hook_of_before_is_closed),
        cmocka_unit_test(test_a_running_job_of_before_may_finish),
        cmocka_unit_test(test_no_line_comes_between_the_lines_of_a_file),
        cmocka_unit_test(test_the_modes_behind_a_file_are_asked_for),
        cmocka_unit_test(test_a_file_that_takes_a_senders_job),
        cmocka_unit_test(test_lines_behind_a_senders_own_file_wait),
        cmocka_unit_test(test_a_job_started_at_a_restart_is_not_cut),
        cmocka_unit_test(test_a_wire_job_cut_by_a_crash_is_closed_when_the_machine_rests),
        cmocka_unit_test(test_a_scan_is_told_and_answered_on_the_screen),
        cmocka_unit_test(test_blocked_starts_that_the_line_lost_are_counted),
        cmocka_unit_test(test_blocked_starts_of_before_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
