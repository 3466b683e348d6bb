// test_gate_link: the gate and the hook in the machine's firmware, over a good line and a bad one.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link_world.h"

#define CUT_LINES 7

static const uint8_t new_key[SIPHASH_KEY] = {9, 8, 7, 6, 5, 4, 3, 2, 1};

// --- a good line

static void test_the_hook_is_found_and_proved(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    link_world_make(w);
    assert_int_equal(link_world_state(w), GATE_OFFLINE);
    assert_true(link_world_until(w, GATE_LOCKED, 2 * SECOND));
    struct gate_hook_view hook = link_world_hook(w);
    assert_int_equal(hook.presence, GATE_HOOK_PRESENT);
    assert_int_equal(hook.state, LINK_LOCKED);
    assert_true(hook.paired);
    assert_string_equal(hook.serial_number, "SN-1");
    assert_string_equal(w->text[GATE_FACT_HOOK_SEEN], "SN-1");
    assert_string_equal(w->to_sender, "");
    link_world_drop(w);
}

static void run_job(struct link_world *w) {
    size_t ended = w->facts[GATE_FACT_ENDED];
    link_world_send(w, link_world_cut);
    for (int i = 0; i < 600 && w->facts[GATE_FACT_ENDED] == ended; i++) {
        if (link_world_state(w) == GATE_HELD)
            link_world_declare(w);
        link_world_run(w, SECOND / 10);
    }
    if (w->facts[GATE_FACT_ENDED] != ended + 1)
        fail_msg("the job has not ended: gate %d (%s), hook %d; after %s", link_world_state(w),
                 link_world_text(w), link_world_truth(w), w->to_machine);
    link_world_run(w, 20 * SECOND);
}

static void test_a_job_is_opened_run_and_closed(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    run_job(w);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    const char *open = strstr(w->to_machine, "$LG OPEN j=JOB-000001 l=ACR-1126-001 t=001E m=");
    assert_non_null(open);
    assert_true(open > strstr(w->to_machine, "G90")); // setup needs no opening
    assert_true(open < strstr(w->to_machine, "M4 S500"));
    assert_int_equal(link_world_count(w->to_sender, "ok\r\n"), CUT_LINES);
    assert_int_equal(link_world_count(w->to_sender, "error"), 0);
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

// The machine gets the sender's bytes as they were, with lotgate's own lines between them and never in them.
static void test_what_is_forwarded_is_the_sender_s(void **state) {
    struct link_world *w = link_world_new();
    char plain[LINK_WORLD_BYTES];
    size_t used = 0;
    link_world_settled(w);
    run_job(w);
    for (char *line = strtok(w->to_machine, "\n"); line; line = strtok(NULL, "\n")) {
        while (*line == '?')
            line++;
        if (*line && *line != '$')
            used += (size_t)snprintf(plain + used, sizeof plain - used, "%s\n", line);
    }
    assert_string_equal(plain, link_world_cut);
    link_world_drop(w);
}

static void test_no_frame_goes_out_while_a_job_streams(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "M4 S500\n");
    link_world_declare(w);
    link_world_run(w, SECOND);
    assert_int_equal(link_world_state(w), GATE_RUNNING);
    w->machine_length = 0;
    for (int i = 0; i < 100; i++) {
        char line[32];
        snprintf(line, sizeof line, "G1 X%d F3000\n", i % 20);
        link_world_send(w, line);
        link_world_run(w, SECOND / 2);
    }
    assert_int_equal(link_world_count(w->to_machine, "$LG"), 0);
    assert_int_equal(link_world_state(w), GATE_RUNNING);
    link_world_drop(w);
}

static void test_a_job_that_ends_by_idling_is_closed(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "M4 S500\nG1 X1 F1000\nM5\n");
    link_world_declare(w);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_true(link_world_count(w->to_machine, "$LG CLOSE j=JOB-000001") == 1);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    link_world_drop(w);
}

// The hook closes with the line that the firmware then refuses, so the job cannot go on behind it.
static void test_a_refused_program_end_ends_the_job(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "G21\nM4 S500\nG1 X10 F1000\nM2 P7\nM4 S300\n");
    for (int i = 0; i < 600 && w->facts[GATE_FACT_ENDED] == 0; i++) {
        if (link_world_state(w) == GATE_HELD)
            link_world_declare(w);
        link_world_run(w, SECOND / 10);
    }
    link_world_run(w, SECOND);
    assert_int_equal(w->end, GATE_END_ABORTED);
    assert_string_equal(w->text[GATE_FACT_ENDED],
                        "the machine refused the program's end, and its hook has closed");
    assert_int_equal(link_world_denied(w), 0);
    link_world_drop(w);
}

static void test_two_jobs_are_opened_one_by_one(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    run_job(w);
    run_job(w);
    assert_int_equal(link_world_count(w->to_machine, "$LG OPEN"), 2);
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 2);
    link_world_drop(w);
}

// --- a bad line: at each step each frame is lost, doubled, garbled

static void spoilt_job(enum link_side from, const char *verb, enum mishap mishap, int times) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    link_world_spoil(w, from, verb, mishap, times);
    link_world_make(w);
    link_world_run(w, 15 * SECOND);
    link_world_spoil(w, from, verb, mishap, times);
    run_job(w);
    if (w->end != GATE_END_COMPLETED || link_world_truth(w) != LINK_LOCKED ||
        link_world_state(w) != GATE_LOCKED)
        fail_msg("%s of side %d, mishap %d, %d times: end %d, hook %d, gate %d (%s)", verb, from, mishap,
                 times, w->end, link_world_truth(w), link_world_state(w), link_world_text(w));
    assert_int_equal(link_world_denied(w), 0);
    if (link_world_count(w->to_sender, "ok\r\n") != CUT_LINES)
        fail_msg("%s of side %d, mishap %d, %d times: %s behind %s", verb, from, mishap, times, w->to_sender,
                 w->to_machine);
    link_world_drop(w);
}

static void test_frames_lost_doubled_garbled(void **state) {
    static const char *const verbs[] = {"HELLO", "PING", "PONG", "OPEN", "CLOSE", "SHOW", "EVENT", ""};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        for (int mishap = 0; mishap < MISHAPS; mishap++)
            for (int times = 1; times <= 3; times++)
                for (int side = 0; side < 2; side++)
                    spoilt_job(side ? LINK_FROM_HOOK : LINK_FROM_HOST, verbs[i], (enum mishap)mishap, times);
}

// The line that comes behind a cut frame is swallowed with it by a firmware that reads whole lines. It is never a sender's, however
// often frames are cut, nor when the hook is given up.
static void test_no_line_of_a_sender_is_swallowed_behind_a_cut_frame(void **state) {
    for (int times = 1; times <= 9; times++) {
        for (int hook = GATE_HOOK_IF_ANY; hook <= GATE_HOOK_EXPECTED; hook++) {
            struct link_world *w = link_world_new();
            link_world_begin(w);
            w->config.hook = (enum gate_hook)hook;
            w->config.has_key[0] = hook == GATE_HOOK_EXPECTED;
            link_world_spoil(w, LINK_FROM_HOST, "", CUT, times);
            link_world_make(w);
            for (int i = 0; i < 200; i++) {
                link_world_send(w, "G21\n");
                link_world_run(w, SECOND / 10);
            }
            link_world_run(w, 60 * SECOND);
            size_t oks = link_world_count(w->to_sender, "ok\r\n");
            if (oks != 200)
                fail_msg("hook %d, %d frames cut: %zu lines answered; %s", hook, times, oks, w->to_machine);
            link_world_drop(w);
        }
    }
}

static void test_a_job_that_is_not_opened_ends_once(void **state) {
    for (int side = 0; side < 2; side++) {
        struct link_world *w = link_world_new();
        link_world_settled(w);
        link_world_spoil(w, side ? LINK_FROM_HOOK : LINK_FROM_HOST, "OPEN", LOSE, 1000);
        run_job(w);
        assert_int_equal(w->end, GATE_END_ABORTED);
        assert_non_null(strstr(w->text[GATE_FACT_ENDED], "did not open"));
        assert_true(link_world_count(w->to_machine, "M4") == 0);
        assert_int_equal(link_world_count(w->to_sender, "error:9"), CUT_LINES - 2);
        // The hook may have opened, and its word of it been lost: it is closed again.
        assert_int_equal(link_world_truth(w), LINK_LOCKED);
        link_world_spoil(w, LINK_FROM_HOST, NULL, LOSE, 0);
        run_job(w);
        assert_int_equal(w->end, GATE_END_COMPLETED);
        link_world_drop(w);
    }
}

static void test_a_hook_that_falls_silent_is_a_fault_until_it_answers(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "", LOSE, 1000);
    run_job(w);
    assert_int_equal(w->end, GATE_END_ABORTED);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "does not answer");
    link_world_spoil(w, LINK_FROM_HOOK, NULL, LOSE, 0);
    assert_true(link_world_until(w, GATE_LOCKED, 20 * SECOND));
    run_job(w);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    link_world_drop(w);
}

static void test_the_sender_goes_while_the_hook_opens(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "OPEN", LOSE, 1);
    link_world_send(w, link_world_cut);
    link_world_declare(w);
    link_world_run(w, SECOND / 2);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 0);
    gate_sender_gone(w->gate, w->now);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_SENDER_LOST);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    link_world_drop(w);
}

static void test_a_reset_while_the_hook_opens(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "OPEN", LOSE, 1);
    link_world_send(w, link_world_cut);
    link_world_declare(w);
    link_world_run(w, SECOND / 2);
    link_world_send(w, "\x18");
    assert_int_equal(w->end, GATE_END_ABORTED);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    run_job(w);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    link_world_drop(w);
}

static void test_a_frame_that_stuck_to_other_lines_is_taken_out(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    static const char stuck[] = "[MSG:x][LG:SCAN d=ACR-1*0000]ok\r\n[MSG:y][LG:\r\n";
    gate_from_machine(w->gate, (const uint8_t *)stuck, sizeof stuck - 1, w->now);
    assert_string_equal(w->to_sender, "[MSG:x]\r\nok\r\n[MSG:y]\r\n");
    assert_int_equal(w->facts[GATE_FACT_SCAN], 0); // its crc is wrong
    link_world_drop(w);
}

// --- who the hook is

static void test_a_plain_machine_goes_on_alone(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    w->config.hook = GATE_HOOK_IF_ANY;
    w->config.has_key[0] = w->machine.hook = false;
    link_world_make(w);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_hook(w).presence, GATE_HOOK_ABSENT);
    assert_int_equal(link_world_count(w->to_machine, "$LG HELLO"), 2);
    assert_string_equal(w->to_sender, "");
    run_job(w);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_int_equal(link_world_count(w->to_machine, "$LG"), 2);
    link_world_drop(w);
}

static void test_a_machine_that_should_have_a_hook_and_has_none(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    w->config.has_key[0] = w->machine.hook = false;
    link_world_make(w);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "has no hook");
    link_world_drop(w);
}

static void test_silence_is_a_fault_only_where_a_hook_should_be(void **state) {
    for (int expected = 0; expected < 2; expected++) {
        struct link_world *w = link_world_new();
        link_world_begin(w);
        w->config.hook = expected ? GATE_HOOK_EXPECTED : GATE_HOOK_IF_ANY;
        w->config.has_key[0] = w->machine.hook = false;
        link_world_spoil(w, LINK_FROM_HOST, "HELLO", LOSE, 1000);
        link_world_make(w);
        link_world_run(w, 10 * SECOND);
        assert_int_equal(link_world_hook(w).presence, GATE_HOOK_SILENT);
        assert_int_equal(link_world_state(w), expected ? GATE_FAULT : GATE_LOCKED);
        if (!expected) {
            run_job(w);
            assert_int_equal(w->end, GATE_END_COMPLETED);
        }
        link_world_drop(w);
    }
}

static void test_another_serial_number_waits_for_a_person(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    w->auto_serial = false;
    link_world_make(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_state(w), GATE_OFFLINE);
    gate_hook_refused(w->gate, w->now, "this is another machine");
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "another machine");
    link_world_run(w, 5 * SECOND);
    gate_fault_cleared(w->gate, w->now);
    assert_true(link_world_until(w, GATE_LOCKED, 2 * SECOND));
    link_world_drop(w);
}

static void test_another_key_is_a_fault(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    link_world_make(w);
    link_world_run(w, 5 * SECOND);
    w->config.key[0][3] ^= 1;
    link_world_restart(w);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "another key");
    assert_int_equal(link_world_count(w->to_machine, "OPEN"), 0);
    link_world_drop(w);
}

// A key that may have been given last is forgotten once the hook has proved to hold the one before: a machine that comes with
// it later is another one.
static void test_a_key_that_was_never_taken_is_forgotten(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    link_world_make(w);
    memcpy(w->config.key[1], new_key, sizeof new_key);
    w->config.has_key[1] = true;
    link_world_restart(w);
    assert_true(link_world_until(w, GATE_LOCKED, 20 * SECOND));
    assert_int_equal(w->number[GATE_FACT_HOOK_KEY], 0);
    link_world_rekey(w, new_key);
    link_world_run(w, 30 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "another key");
    link_world_drop(w);
}

static void test_a_paired_hook_without_a_key_here_is_a_fault(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    w->config.hook = GATE_HOOK_IF_ANY;
    link_world_make(w);
    link_world_run(w, 5 * SECOND);
    w->config.has_key[0] = false;
    link_world_restart(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "lotgate machine pair");
    link_world_drop(w);
}

static void test_an_unpaired_hook(void **state) {
    for (int expected = 0; expected < 2; expected++) {
        struct link_world *w = link_world_new();
        link_world_begin(w);
        w->config.hook = expected ? GATE_HOOK_EXPECTED : GATE_HOOK_IF_ANY;
        w->config.has_key[0] = false;
        link_world_make(w);
        link_world_run(w, 5 * SECOND);
        assert_int_equal(link_world_state(w), expected ? GATE_FAULT : GATE_LOCKED);
        assert_int_equal(link_world_hook(w).state, LINK_UNPAIRED);
        assert_false(link_world_hook(w).paired);
        if (!expected)
            run_job(w);
        link_world_drop(w);
    }
}

// --- pairing

static void pair(struct link_world *w) {
    const char *code;
    assert_true(gate_hook_pair(w->gate, w->now, new_key, &code));
    assert_false(gate_hook_may_pair(w->gate, &code));
    assert_string_equal(code, "pairing");
    link_world_run(w, 30 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_HOOK_PAIRED], 1);
}

static void test_pairing_over_a_bad_line(void **state) {
    static const char *const verbs[] = {"PAIR", "HELLO", "PING", "PONG"};
    for (int i = 0; i < 4 * MISHAPS * 2; i++) {
        struct link_world *w = link_world_new();
        link_world_begin(w);
        w->config.has_key[0] = false;
        link_world_make(w);
        link_world_run(w, 5 * SECOND);
        link_world_spoil(w, i % 2 ? LINK_FROM_HOOK : LINK_FROM_HOST, verbs[i / 2 % 4], (enum mishap)(i / 8),
                         1);
        pair(w);
        assert_string_equal(w->text[GATE_FACT_HOOK_PAIRED], "");
        assert_int_equal(w->number[GATE_FACT_HOOK_PAIRED], 1);
        assert_int_equal(w->number[GATE_FACT_HOOK_KEY], 1);
        assert_true(link_world_until(w, GATE_LOCKED, 5 * SECOND));
        run_job(w);
        assert_int_equal(w->end, GATE_END_COMPLETED);
        link_world_drop(w);
    }
}

static void test_a_paired_hook_wants_its_button_held(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    pair(w);
    assert_int_equal(w->number[GATE_FACT_HOOK_PAIRED], 0);
    assert_non_null(strstr(w->text[GATE_FACT_HOOK_PAIRED], "pairing button"));
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    run_job(w); // with the old key
    assert_int_equal(w->end, GATE_END_COMPLETED);
    w->facts[GATE_FACT_HOOK_PAIRED] = 0;
    sim_hook_button(w->sim, true);
    pair(w);
    assert_int_equal(w->number[GATE_FACT_HOOK_PAIRED], 1);
    run_job(w);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    link_world_drop(w);
}

// lotgate dies at any moment of pairing: with both keys at hand, the next one finds out which the hook holds.
static void test_a_crash_at_each_moment_of_pairing(void **state) {
    for (int64_t moment = 0; moment < 80000; moment += 1000) {
        struct link_world *w = link_world_new();
        const char *code;
        link_world_settled(w);
        sim_hook_button(w->sim, true);
        assert_true(gate_hook_pair(w->gate, w->now, new_key, &code));
        link_world_run(w, moment);
        bool known = w->facts[GATE_FACT_HOOK_KEY] && w->number[GATE_FACT_HOOK_KEY] == 1;
        memcpy(w->config.key[known ? 0 : 1], new_key, sizeof new_key);
        w->config.has_key[1] = !known;
        memset(w->facts, 0, sizeof w->facts);
        link_world_restart(w);
        assert_true(link_world_until(w, GATE_LOCKED, 20 * SECOND));
        assert_true(link_world_hook(w).paired);
        assert_int_equal(w->facts[GATE_FACT_HOOK_KEY], 1);
        gate_sender_connected(w->gate, w->now);
        run_job(w);
        assert_int_equal(w->end, GATE_END_COMPLETED);
        link_world_drop(w);
    }
}

static void test_pairing_is_refused(void **state) {
    struct link_world *w = link_world_new();
    const char *code;
    link_world_settled(w);
    link_world_send(w, "M4 S500\n");
    link_world_run(w, SECOND);
    link_world_declare(w);
    assert_false(gate_hook_pair(w->gate, w->now, new_key, &code));
    assert_string_equal(code, "job_running");
    gate_machine_lost(w->gate, w->now, "unplugged");
    assert_false(gate_hook_may_pair(w->gate, &code));
    assert_string_equal(code, "machine_offline");
    gate_machine_opened(w->gate, w->now);
    assert_false(gate_hook_may_pair(w->gate, &code));
    assert_string_equal(code, "no_hook");
    link_world_drop(w);
}

// --- senders

static void test_a_sender_s_frames_are_refused(void **state) {
    struct link_world *w = link_world_new();
    struct gate_view view;
    link_world_settled(w);
    link_world_send(w, "$LG OPEN j=1 t=0009 m=00*1234\n $lg HELLO\n$ L g\nG0 X1\n");
    link_world_run(w, SECOND);
    assert_string_equal(w->to_sender, "error:3\r\nerror:3\r\nerror:3\r\nok\r\n");
    assert_int_equal(link_world_count(w->to_machine, "LG O") + link_world_count(w->to_machine, "lg"), 0);
    gate_view(w->gate, &view);
    assert_int_equal(view.link_lines, 3);
    link_world_drop(w);
}

// --- life

static void test_an_opened_hook_is_kept_alive_until_the_first_line(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_shut_for(w, 300 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
    assert_true(link_world_count(w->to_machine, "$LG PING") >= 30);
    gate_ledger_recovered(w->gate, w->now);
    link_world_run(w, SECOND);
    assert_int_equal(link_world_truth(w), LINK_RUNNING);
    assert_int_equal(link_world_denied(w), 0);
    link_world_drop(w);
}

// The job's line waits for it, runs, and the job ends by itself.
static void assert_opened_again(struct link_world *w) {
    link_world_run(w, 15 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "M4 S500"), 1);
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_COMPLETED);
}

static void test_a_hook_that_expired_is_opened_again_for_the_same_job(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_shut_for(w, SECOND);
    link_world_spoil(w, LINK_FROM_HOST, "", LOSE, 1000);
    link_world_run(w, 33 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_EXPIRED);
    link_world_spoil(w, LINK_FROM_HOST, "OPEN", LOSE, 1);
    gate_ledger_recovered(w->gate, w->now);
    assert_opened_again(w);
    link_world_drop(w);
}

// The host slept: by its clock nothing was due, and then much time has passed at once.
static void test_a_host_that_slept_opens_again_before_the_first_line(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_shut_for(w, SECOND);
    w->now += 100 * SECOND;
    gate_ledger_recovered(w->gate, w->now);
    assert_opened_again(w);
    link_world_drop(w);
}

static void test_a_pong_counts_by_its_mac(void **state) {
    struct link_world *w = link_world_new();
    struct link_secret other = {.key = {1}};
    struct link_writer writer;
    char frame[LINK_FRAME_MAX + 3];
    link_world_begin(w);
    link_world_spoil(w, LINK_FROM_HOOK, "PONG", LOSE, 1);
    link_world_make(w);
    link_world_run(w, SECOND / 10);
    assert_int_equal(link_world_count(w->to_machine, "$LG PING c=0001"), 1);
    link_begin(&writer, frame, LINK_FROM_HOOK, LINK_PONG);
    link_put_number(&writer, "c", 1);
    link_put_word(&writer, "st", LINK_STATE_WORD + LINK_LOCKED);
    link_put_mac(&writer, &other);
    gate_from_machine(w->gate, (const uint8_t *)frame, link_end(&writer), w->now);
    link_world_run(w, SECOND / 10);
    assert_int_equal(link_world_state(w), GATE_OFFLINE);
    assert_true(link_world_until(w, GATE_LOCKED, 5 * SECOND));
    link_world_drop(w);
}

// A board that was starting up ate the question.
static void test_a_hook_that_was_silent_is_asked_again_behind_a_banner(void **state) {
    struct link_world *w = link_world_new();
    link_world_begin(w);
    w->config.hook = GATE_HOOK_IF_ANY;
    w->config.has_key[0] = false;
    link_world_spoil(w, LINK_FROM_HOST, "HELLO", LOSE, 4);
    link_world_make(w);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(link_world_hook(w).presence, GATE_HOOK_SILENT);
    link_world_send(w, "\x18");
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_hook(w).presence, GATE_HOOK_PRESENT);
    link_world_drop(w);
}

// The hook takes a refused line's beam to be on until M5 S0; the gate knows better from `$G`, and tells it.
static void test_a_refused_line_leaves_no_doubt_in_the_hook(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "S300\nG1 X1\n"); // no feed: error
    link_world_run(w, SECOND);
    assert_int_equal(link_world_count(w->to_sender, "error:"), 1);
    assert_int_equal(link_world_count(w->to_machine, "$G\nM5S0\nS300\n"), 1); // and its S is as before
    link_world_send(w, "G1 X1 F1000\n");
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    assert_int_equal(link_world_count(w->to_sender, "ok"), 2);
    link_world_drop(w);
}

// Until it is told, what would be a cut with the beam on is not let through to be blocked.
static void test_a_line_waits_until_the_hook_knows_that_the_beam_is_off(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    link_world_send(w, "G1 X1\n");
    while (!link_world_count(w->to_sender, "error:"))
        link_world_run(w, 100);
    link_world_send(w, "G1 X1 F1000\n");
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(link_world_count(w->to_sender, "ok"), 1);
    link_world_drop(w);
}

// Locked by an alarm the machine refuses M5 too: lotgate does not try it again and again, and what may cut is held.
static void test_a_locked_machine_is_not_told(void **state) {
    struct link_world *w = link_world_new();
    link_world_settled(w);
    sim_fault(w->sim, SIM_FAULT_LIMIT, 0, w->now);
    link_world_run(w, 2 * SECOND);
    link_world_send(w, "\x18");
    link_world_run(w, 2 * SECOND);
    w->machine_length = 0;
    link_world_send(w, "G21\n"); // error:9
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "M5S0"), 0);
    link_world_send(w, "$X\n");
    link_world_run(w, 7 * SECOND);
    assert_int_equal(link_world_count(w->to_machine, "M5S0\n"), 1);
    link_world_send(w, "G1 X1 F1000\n");
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_denied(w), 0);
    link_world_drop(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_hook_is_found_and_proved),
        cmocka_unit_test(test_a_job_is_opened_run_and_closed),
        cmocka_unit_test(test_what_is_forwarded_is_the_sender_s),
        cmocka_unit_test(test_no_frame_goes_out_while_a_job_streams),
        cmocka_unit_test(test_a_job_that_ends_by_idling_is_closed),
        cmocka_unit_test(test_a_refused_program_end_ends_the_job),
        cmocka_unit_test(test_two_jobs_are_opened_one_by_one),
        cmocka_unit_test(test_frames_lost_doubled_garbled),
        cmocka_unit_test(test_no_line_of_a_sender_is_swallowed_behind_a_cut_frame),
        cmocka_unit_test(test_a_job_that_is_not_opened_ends_once),
        cmocka_unit_test(test_a_hook_that_falls_silent_is_a_fault_until_it_answers),
        cmocka_unit_test(test_the_sender_goes_while_the_hook_opens),
        cmocka_unit_test(test_a_reset_while_the_hook_opens),
        cmocka_unit_test(test_a_frame_that_stuck_to_other_lines_is_taken_out),
        cmocka_unit_test(test_a_plain_machine_goes_on_alone),
        cmocka_unit_test(test_a_machine_that_should_have_a_hook_and_has_none),
        cmocka_unit_test(test_silence_is_a_fault_only_where_a_hook_should_be),
        cmocka_unit_test(test_another_serial_number_waits_for_a_person),
        cmocka_unit_test(test_another_key_is_a_fault),
        cmocka_unit_test(test_a_key_that_was_never_taken_is_forgotten),
        cmocka_unit_test(test_a_paired_hook_without_a_key_here_is_a_fault),
        cmocka_unit_test(test_an_unpaired_hook),
        cmocka_unit_test(test_pairing_over_a_bad_line),
        cmocka_unit_test(test_a_paired_hook_wants_its_button_held),
        cmocka_unit_test(test_a_crash_at_each_moment_of_pairing),
        cmocka_unit_test(test_pairing_is_refused),
        cmocka_unit_test(test_a_sender_s_frames_are_refused),
        cmocka_unit_test(test_an_opened_hook_is_kept_alive_until_the_first_line),
        cmocka_unit_test(test_a_hook_that_expired_is_opened_again_for_the_same_job),
        cmocka_unit_test(test_a_host_that_slept_opens_again_before_the_first_line),
        cmocka_unit_test(test_a_pong_counts_by_its_mac),
        cmocka_unit_test(test_a_hook_that_was_silent_is_asked_again_behind_a_banner),
        cmocka_unit_test(test_a_refused_line_leaves_no_doubt_in_the_hook),
        cmocka_unit_test(test_a_line_waits_until_the_hook_knows_that_the_beam_is_off),
        cmocka_unit_test(test_a_locked_machine_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
