// test_gate_link: the gate and the hook in the machine's firmware, over a good line and a bad one.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link_world.h"

static const char cut[] = "G21\nG90\nM4 S500\nG1 X10 F1000\nG1 X0 S300\nM5\nM2\n";
#define CUT_LINES 7

static struct link_world *new_world(void) {
    struct link_world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    return w;
}

static void free_world(struct link_world *w) {
    link_world_free(w);
    free(w);
}

static void stock_card(struct link_world *w) {
    assert_true(sim_card_store(w->sim, "/job.nc", cut, sizeof cut - 1));
}

static const char *text_of(struct link_world *w) {
    static struct gate_view view;
    gate_view(w->gate, &view);
    return view.text;
}

#define assert_text_has(w, what) assert_non_null(strstr(text_of(w), what))

// --- a good line

static void test_the_hook_is_found_and_proved(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void run_job(struct link_world *w) {
    size_t ended = w->facts[GATE_FACT_ENDED];
    link_world_send(w, cut);
    for (int i = 0; i < 600 && w->facts[GATE_FACT_ENDED] == ended; i++) {
        if (link_world_state(w) == GATE_HELD)
            link_world_declare(w);
        link_world_run(w, SECOND / 10);
    }
    if (w->facts[GATE_FACT_ENDED] != ended + 1)
        fail_msg("the job has not ended: gate %d (%s), hook %d; after %s", link_world_state(w), text_of(w),
                 link_world_truth(w), w->to_machine);
    link_world_run(w, 20 * SECOND);
}

static void test_a_job_is_opened_run_and_closed(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// The machine gets the sender's bytes as they were, with lotgate's own lines between them and never in them.
static void test_what_is_forwarded_is_the_sender_s(void **state) {
    struct link_world *w = new_world();
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
    assert_string_equal(plain, cut);
    free_world(w);
}

static void test_no_frame_goes_out_while_a_job_streams(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_a_job_that_ends_by_idling_is_closed(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    link_world_send(w, "M4 S500\nG1 X1 F1000\nM5\n");
    link_world_declare(w);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    assert_true(link_world_count(w->to_machine, "$LG CLOSE j=JOB-000001") == 1);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    free_world(w);
}

static void test_two_jobs_are_opened_one_by_one(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    run_job(w);
    run_job(w);
    assert_int_equal(link_world_count(w->to_machine, "$LG OPEN"), 2);
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 2);
    free_world(w);
}

// --- a bad line: at each step each frame is lost, doubled, garbled

static void spoilt_job(enum link_side from, const char *verb, enum mishap mishap, int times) {
    struct link_world *w = new_world();
    link_world_begin(w);
    link_world_spoil(w, from, verb, mishap, times);
    link_world_make(w);
    link_world_run(w, 15 * SECOND);
    link_world_spoil(w, from, verb, mishap, times);
    run_job(w);
    if (w->end != GATE_END_COMPLETED || link_world_truth(w) != LINK_LOCKED ||
        link_world_state(w) != GATE_LOCKED)
        fail_msg("%s of side %d, mishap %d, %d times: end %d, hook %d, gate %d (%s)", verb, from, mishap,
                 times, w->end, link_world_truth(w), link_world_state(w), text_of(w));
    assert_int_equal(link_world_denied(w), 0);
    assert_int_equal(link_world_count(w->to_sender, "ok\r\n"), CUT_LINES);
    free_world(w);
}

static void test_frames_lost_doubled_garbled(void **state) {
    static const char *const verbs[] = {"HELLO", "PING", "PONG", "OPEN", "CLOSE", "SHOW", "EVENT", ""};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        for (int mishap = 0; mishap < MISHAPS; mishap++)
            for (int times = 1; times <= 3; times++)
                for (int side = 0; side < 2; side++)
                    spoilt_job(side ? LINK_FROM_HOOK : LINK_FROM_HOST, verbs[i], (enum mishap)mishap, times);
}

static void test_a_job_that_is_not_opened_ends_once(void **state) {
    for (int side = 0; side < 2; side++) {
        struct link_world *w = new_world();
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
        free_world(w);
    }
}

static void test_a_hook_that_falls_silent_is_a_fault_until_it_answers(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_the_sender_goes_while_the_hook_opens(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "OPEN", LOSE, 1);
    link_world_send(w, cut);
    link_world_declare(w);
    link_world_run(w, SECOND / 2);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 0);
    gate_sender_gone(w->gate, w->now);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_SENDER_LOST);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    free_world(w);
}

static void test_a_reset_while_the_hook_opens(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "OPEN", LOSE, 1);
    link_world_send(w, cut);
    link_world_declare(w);
    link_world_run(w, SECOND / 2);
    link_world_send(w, "\x18");
    assert_int_equal(w->end, GATE_END_ABORTED);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    run_job(w);
    assert_int_equal(w->end, GATE_END_COMPLETED);
    free_world(w);
}

static void test_a_frame_that_stuck_to_other_lines_is_taken_out(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    static const char stuck[] = "[MSG:x][LG:SCAN d=ACR-1*0000]ok\r\n[MSG:y][LG:\r\n";
    gate_from_machine(w->gate, (const uint8_t *)stuck, sizeof stuck - 1, w->now);
    assert_string_equal(w->to_sender, "[MSG:x]\r\nok\r\n[MSG:y]\r\n");
    assert_int_equal(w->facts[GATE_FACT_SCAN], 0); // its crc is wrong
    free_world(w);
}

// --- who the hook is

static void test_a_plain_machine_goes_on_alone(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_a_machine_that_should_have_a_hook_and_has_none(void **state) {
    struct link_world *w = new_world();
    link_world_begin(w);
    w->config.has_key[0] = w->machine.hook = false;
    link_world_make(w);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "has no hook");
    free_world(w);
}

static void test_silence_is_a_fault_only_where_a_hook_should_be(void **state) {
    for (int expected = 0; expected < 2; expected++) {
        struct link_world *w = new_world();
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
        free_world(w);
    }
}

static void test_another_serial_number_waits_for_a_person(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_another_key_is_a_fault(void **state) {
    struct link_world *w = new_world();
    link_world_begin(w);
    link_world_make(w);
    link_world_run(w, 5 * SECOND);
    w->config.key[0][3] ^= 1;
    link_world_restart(w);
    link_world_run(w, 20 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "another key");
    assert_int_equal(link_world_count(w->to_machine, "OPEN"), 0);
    free_world(w);
}

static void test_a_paired_hook_without_a_key_here_is_a_fault(void **state) {
    struct link_world *w = new_world();
    link_world_begin(w);
    w->config.hook = GATE_HOOK_IF_ANY;
    link_world_make(w);
    link_world_run(w, 5 * SECOND);
    w->config.has_key[0] = false;
    link_world_restart(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_state(w), GATE_FAULT);
    assert_text_has(w, "lotgate machine pair");
    free_world(w);
}

static void test_an_unpaired_hook(void **state) {
    for (int expected = 0; expected < 2; expected++) {
        struct link_world *w = new_world();
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
        free_world(w);
    }
}

// --- pairing

static const uint8_t new_key[SIPHASH_KEY] = {9, 8, 7, 6, 5, 4, 3, 2, 1};

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
        struct link_world *w = new_world();
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
        free_world(w);
    }
}

static void test_a_paired_hook_wants_its_button_held(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// lotgate dies at any moment of pairing: with both keys at hand, the next one finds out which the hook holds.
static void test_a_crash_at_each_moment_of_pairing(void **state) {
    for (int64_t moment = 0; moment < 80000; moment += 1000) {
        struct link_world *w = new_world();
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
        free_world(w);
    }
}

static void test_pairing_is_refused(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// --- senders

static void test_a_sender_s_frames_are_refused(void **state) {
    struct link_world *w = new_world();
    struct gate_view view;
    link_world_settled(w);
    link_world_send(w, "$LG OPEN j=1 t=0009 m=00*1234\n $lg HELLO\n$ L g\nG0 X1\n");
    link_world_run(w, SECOND);
    assert_string_equal(w->to_sender, "error:3\r\nerror:3\r\nerror:3\r\nok\r\n");
    assert_int_equal(link_world_count(w->to_machine, "LG O") + link_world_count(w->to_machine, "lg"), 0);
    gate_view(w->gate, &view);
    assert_int_equal(view.link_lines, 3);
    free_world(w);
}

// --- life

static void shut_for(struct link_world *w, int64_t us) {
    link_world_send(w, "M4 S500\n");
    link_world_run(w, SECOND);
    link_world_declare(w);
    gate_ledger_failed(w->gate, w->now,
                       "the disk is full"); // the start is durable: the hook opens all the same
    link_world_run(w, us);
}

static void test_an_opened_hook_is_kept_alive_until_the_first_line(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    shut_for(w, 300 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
    assert_true(link_world_count(w->to_machine, "$LG PING") >= 30);
    gate_ledger_recovered(w->gate, w->now);
    link_world_run(w, SECOND);
    assert_int_equal(link_world_truth(w), LINK_RUNNING);
    assert_int_equal(link_world_denied(w), 0);
    free_world(w);
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
    struct link_world *w = new_world();
    link_world_settled(w);
    shut_for(w, SECOND);
    link_world_spoil(w, LINK_FROM_HOST, "", LOSE, 1000);
    link_world_run(w, 33 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_EXPIRED);
    link_world_spoil(w, LINK_FROM_HOST, "OPEN", LOSE, 1);
    gate_ledger_recovered(w->gate, w->now);
    assert_opened_again(w);
    free_world(w);
}

// The host slept: by its clock nothing was due, and then much time has passed at once.
static void test_a_host_that_slept_opens_again_before_the_first_line(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    shut_for(w, SECOND);
    w->now += 100 * SECOND;
    gate_ledger_recovered(w->gate, w->now);
    assert_opened_again(w);
    free_world(w);
}

static void test_a_pong_counts_by_its_mac(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// A board that was starting up ate the question.
static void test_a_hook_that_was_silent_is_asked_again_behind_a_banner(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// --- jobs of the machine's own

static void test_a_card_job_is_held_declared_and_run(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_a_card_job_that_was_declared_before(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_a_card_job_that_nobody_starts_again(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// A message on the screen keeps the hook open for longer than the job may wait: it is closed all the same.
static void test_a_card_job_that_waits_too_long_is_closed(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
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
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_a_card_file_that_goes_on_behind_its_end(void **state) {
    struct link_world *w = new_world();
    wait_at_the_machine(w);
    gate_sender_gone(w->gate, w->now);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    free_world(w);
}

static void test_a_stop_of_lotgate_holds_wire_jobs_alone(void **state) {
    struct link_world *w = new_world();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, SECOND);
    w->machine_length = 0;
    gate_shutdown(w->gate, w->now);
    assert_int_equal(w->end, GATE_END_HOST_LOST);
    assert_int_equal(link_world_count(w->to_machine, "!"), 0);
    free_world(w);
    w = new_world();
    link_world_settled(w);
    link_world_send(w, "G91\nM4 S500\nG1 X100 F600\n");
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, SECOND);
    w->machine_length = 0;
    gate_shutdown(w->gate, w->now);
    assert_string_equal(w->to_machine, "!");
    free_world(w);
}

static void test_a_restart_of_the_machine_while_the_hook_opens(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    link_world_spoil(w, LINK_FROM_HOOK, "OPEN", LOSE, 1);
    link_world_send(w, cut);
    link_world_run(w, SECOND);
    link_world_declare(w);
    link_world_run(w, SECOND / 5);
    sim_fault(w->sim, SIM_FAULT_RESET, 0, w->now);
    link_world_run(w, 10 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->facts[GATE_FACT_REFUSED], 0); // it has an end already
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    free_world(w);
}

static void test_the_word_of_a_card_job_s_start_is_lost(void **state) {
    struct link_world *w = new_world();
    wait_at_the_machine(w);
    link_world_run(w, 20 * SECOND);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 1);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 10 * SECOND); // its time to be started is over: the hook says that it runs
    assert_int_equal(link_world_hook(w).state, LINK_RUNNING);
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    free_world(w);
}

static void test_the_word_of_a_card_job_s_end_is_lost(void **state) {
    struct link_world *w = new_world();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 2 * SECOND);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 1);
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    free_world(w);
}

static void test_both_words_of_a_card_job_are_lost(void **state) {
    struct link_world *w = new_world();
    wait_at_the_machine(w);
    link_world_spoil(w, LINK_FROM_HOOK, "EVENT", LOSE, 2);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 60 * SECOND);
    assert_completed(w);
    free_world(w);
}

static void test_a_card_job_whose_end_nobody_tells(void **state) {
    struct link_world *w = new_world();
    wait_at_the_machine(w);
    assert_true(sim_card_start(w->sim, w->now));
    link_world_run(w, 2 * SECOND);
    link_world_spoil(w, LINK_FROM_HOOK, "", LOSE, 100000);
    link_world_run(w, 100 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 0);
    link_world_run(w, 100 * SECOND);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->end, GATE_END_ABORTED);
    free_world(w);
}

static void test_a_card_job_outlives_its_sender_and_not_a_reset(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_a_blocked_start_in_a_running_job_is_only_told(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// --- lotgate dies and comes again

static void test_an_open_hook_of_before_is_closed(void **state) {
    struct link_world *w = new_world();
    link_world_settled(w);
    shut_for(w, SECOND);
    assert_int_equal(link_world_truth(w), LINK_OPENED);
    link_world_restart(w);
    link_world_run(w, 5 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    free_world(w);
}

static void test_a_running_job_of_before_may_finish(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// The first report after the restart says Idle; the file is started after it, while the hook is not heard.
static void test_a_job_started_at_a_restart_is_not_cut(void **state) {
    struct link_world *w = new_world();
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
    link_world_run(w, 60 * SECOND);
    assert_int_equal(link_world_truth(w), LINK_LOCKED);
    assert_int_equal(link_world_state(w), GATE_LOCKED);
    free_world(w);
}

static void test_a_wire_job_cut_by_a_crash_is_closed_when_the_machine_rests(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

// --- scanner and screen

static void test_a_scan_is_told_and_answered_on_the_screen(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

static void test_blocked_starts_that_the_line_lost_are_counted(void **state) {
    struct link_world *w = new_world();
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
    free_world(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_hook_is_found_and_proved),
        cmocka_unit_test(test_a_job_is_opened_run_and_closed),
        cmocka_unit_test(test_what_is_forwarded_is_the_sender_s),
        cmocka_unit_test(test_no_frame_goes_out_while_a_job_streams),
        cmocka_unit_test(test_a_job_that_ends_by_idling_is_closed),
        cmocka_unit_test(test_two_jobs_are_opened_one_by_one),
        cmocka_unit_test(test_frames_lost_doubled_garbled),
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
        cmocka_unit_test(test_a_card_job_is_held_declared_and_run),
        cmocka_unit_test(test_a_card_job_that_was_declared_before),
        cmocka_unit_test(test_a_card_job_that_nobody_starts_again),
        cmocka_unit_test(test_a_card_job_that_waits_too_long_is_closed),
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
        cmocka_unit_test(test_a_job_started_at_a_restart_is_not_cut),
        cmocka_unit_test(test_a_wire_job_cut_by_a_crash_is_closed_when_the_machine_rests),
        cmocka_unit_test(test_a_scan_is_told_and_answered_on_the_screen),
        cmocka_unit_test(test_blocked_starts_that_the_line_lost_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
