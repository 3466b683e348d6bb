// The whole line path with virtual time: four machines, senders of every kind, faults from a seed, a real ledger.
//
// What is checked on every step: no line that works reaches a machine unless its job is durable (the machine's own
// interpreter is the witness); a reset passes at once; a machine that is `running` has a durable job; a job starts and
// ends once. At the end of a day: every started job has a lot and exactly one end, and the chain verifies.
//
// LOTGATE_SEEDS=n runs n seeds (200 without it), from LOTGATE_FIRST on (1 without it); LOTGATE_SEED=n runs that one and
// says what happened.
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ops.h"
#include "world.h"
#include "world_inside.h"

#define DAY_ACTIONS 120

// --- random days

static void break_something(struct world *w, struct wire_machine *m) {
    static const enum sim_fault faults[] = {SIM_FAULT_DROP,      SIM_FAULT_GARBLE, SIM_FAULT_LOSE_OK,
                                            SIM_FAULT_SPLICE,    SIM_FAULT_NOISE,  SIM_FAULT_STALL,
                                            SIM_FAULT_RESET,     SIM_FAULT_UNPLUG, SIM_FAULT_DROP_IN,
                                            SIM_FAULT_GARBLE_IN, SIM_FAULT_LIMIT,  SIM_FAULT_STUCK};
    enum sim_fault fault = faults[world_random(w, sizeof faults / sizeof faults[0])];
    if (fault == SIM_FAULT_DROP_IN || fault == SIM_FAULT_GARBLE_IN || fault == SIM_FAULT_UNPLUG)
        m->inbound_trusted =
            false; // the machine may now read what nobody wrote, or the rest of a line cut in two
    sim_fault(m->sim, fault, fault == SIM_FAULT_UNPLUG ? 2 * WORLD_SECOND : 0, w->now);
}

static void start_card(struct world *w, struct wire_machine *m) {
    static const char file[] = "G21\nG91\nM3 S500\nG1 X10 F600\nG1 X-10\nM5\nM2\n";
    if (sim_card_store(m->sim, "/job.nc", file, sizeof file - 1))
        sim_card_start(m->sim, w->now);
}

static void mishap(struct world *w, struct wire_machine *m) {
    switch (world_random(w, 10)) {
    case 0:
        world_act(w, m, "machine.reset");
        break;
    case 1:
        world_act(w, m, "machine.hold");
        break;
    case 2:
        world_act(w, m, "machine.cancel");
        break;
    case 3:
        world_disconnect(w, m);
        break;
    case 4:
        w->ledger_down = !w->ledger_down;
        break;
    case 5:
        start_card(w, m);
        break;
    case 8: // the clock is set, by up to a day either way
        w->utc_offset += (int64_t)world_random(w, 2 * 86400) * WORLD_SECOND - 86400 * WORLD_SECOND;
        break;
    case 6:
        if (world_random(w, 3) == 0)
            world_crash(w);
        break;
    default:
        break_something(w, m);
    }
}

// A person at the machine with the hook: presses start, and again when the screen says so; scans a lot.
static bool at_the_machine(struct world *w, struct wire_machine *m) {
    struct sim_hook_view hook;
    sim_hook_look(m->sim, &hook);
    if (!m->hooked || world_random(w, 3) == 0)
        return false;
    if (hook.state == LINK_OPENED && strstr(hook.screen, "start again"))
        sim_card_start(m->sim, w->now);
    else if (world_random(w, 4) == 0)
        sim_hook_scan(m->sim, world_random(w, 3) ? "GOOD" : "4711", w->now);
    else if (world_random(w, 3) == 0)
        start_card(w, m);
    else
        return false;
    return true;
}

static void act(struct world *w, struct wire_machine *m) {
    static const char *const lots[] = {"GOOD", "GOOD", "GOOD", "BAD", "NONE"};
    enum gate_state state = world_state_of(m);
    if (at_the_machine(w, m))
        return;
    if (world_random(w, 6) == 0)
        mishap(w, m);
    else if (state == GATE_FAULT)
        world_act(w, m, world_random(w, 2) ? "machine.confirm" : "machine.reset");
    else if (!m->sender_on) {
        world_connect(w, m, (enum actor_kind)world_random(w, ACTOR_KINDS));
        if (world_random(w, 3) == 0)
            world_append_job(w, m);
    } else if (actor_finished(&m->actor) && world_random(w, 2))
        world_disconnect(w, m);
    else if (state == GATE_RUNNING)
        world_act(w, m, "machine.resume");
    else
        world_declare(w, m, lots[world_random(w, 5)]);
}

// The evening: the disk has room again, senders go home, a person looks at what stands in fault.
static void evening(struct world *w) {
    w->ledger_down = false;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < WORLD_MACHINES; i++) {
            struct wire_machine *m = &w->machines[i];
            world_disconnect(w, m);
            sim_fault(m->sim, SIM_FAULT_REPLUG, 0, w->now);
            if (m->hooked && round == 0) // its firmware may hang
                sim_fault(m->sim, SIM_FAULT_RESET, 0, w->now);
            world_act(w, m, round == 0 ? "machine.reset" : "machine.confirm");
        }
        world_run(w, w->now + 15 * WORLD_SECOND);
    }
}

static int64_t count_rows(struct world *w, const char *op, const char *args, const char *key,
                          const char *not_value) {
    cJSON *rows = office_must(w, op, args);
    int64_t count = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows) {
        const char *text = json_text(row, key);
        count += text != NULL && strcmp(text, not_value) != 0;
    }
    cJSON_Delete(rows);
    return count;
}

// Nothing is stuck: with the line whole again, the hook is closed and the machine ready.
static void check_hook_rests(struct world *w) {
    struct wire_machine *m = &w->machines[WORLD_HOOKED];
    struct sim_hook_view hook;
    struct gate_view view;
    sim_hook_look(m->sim, &hook);
    gate_view(m->gate, &view);
    if (hook.state != LINK_LOCKED && hook.state != LINK_EXPIRED)
        world_trouble(w, "the hook is %s in the evening", link_state_word(hook.state));
    if (view.state != GATE_LOCKED && view.state != GATE_ARMED)
        world_trouble(w, "the machine with the hook is %s in the evening: %s", gate_state_name(view.state),
                      view.text);
}

// Every started job has a lot and one end; the ledger holds together.
static void check_books(struct world *w) {
    cJSON *jobs = office_must(w, "job.list", "{\"limit\":1000}");
    const cJSON *job;
    cJSON_ArrayForEach(job, jobs) {
        const char *state = json_text(job, "state"), *number = json_text(job, "job");
        const cJSON *lots = json_get(job, "lots");
        if (state == NULL || strcmp(state, "running") == 0 || strcmp(state, "held") == 0)
            world_trouble(w, "%s is still %s in the evening", number, state);
        else if (json_text(job, "record") != NULL && cJSON_GetArraySize(lots) < 1)
            world_trouble(w, "%s (%s) was started with no lot", number, state);
    }
    cJSON_Delete(jobs);
    if (count_rows(w, "event.list", "{\"kind\":\"job.started\",\"limit\":1000}", "kind", "") !=
        count_rows(w, "event.list", "{\"kind\":\"job.ended\",\"limit\":1000}", "kind", ""))
        world_trouble(w, "starts and ends do not match");
    struct ledger_verdict verdict;
    struct lg_error error;
    if (!ledger_verify(w->ledger, NULL, &verdict, &error))
        world_trouble(w, "the ledger cannot be verified: %s", error.message);
    else if (!verdict.ok)
        world_trouble(w, "the ledger does not verify: %s", verdict.finding);
}

static void print_machines(struct world *w) {
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        struct gate_view view;
        gate_view(w->machines[i].gate, &view);
        printf("# %s: %s, queued %u, outstanding %u, job %s, \"%s\"\n", w->machines[i].id,
               gate_state_name(view.state), view.queued, view.outstanding, w->stations[i].job, view.text);
    }
}

static uint64_t opened; // OPENs of all days

// One day. Returns the hash of everything that went over every wire; the trouble, if any, is left in w.
static uint64_t live_a_day(struct world *w, uint64_t seed, bool tell) {
    char *directory = world_directory();
    world_begin(w, seed, directory);
    w->spoils_ends = true;
    for (int i = 0; i < DAY_ACTIONS && w->trouble[0] == '\0'; i++) {
        act(w, &w->machines[world_random(w, WORLD_MACHINES)]);
        world_run(w, w->now + 100000 + (int64_t)world_random(w, 4 * WORLD_SECOND));
    }
    evening(w);
    if (w->trouble[0] == '\0')
        check_books(w);
    if (w->trouble[0] == '\0')
        check_hook_rests(w);
    opened += w->machines[WORLD_HOOKED].opens;
    if (tell)
        print_machines(w);
    uint64_t hash = w->hash;
    world_end(w);
    world_remove_directory(directory);
    return hash;
}

static struct world *new_world(void) {
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    return w;
}

static void test_random_days_keep_the_invariants(void **state) {
    (void)state;
    const char *one = getenv("LOTGATE_SEED"), *many = getenv("LOTGATE_SEEDS");
    const char *from = one != NULL ? one : getenv("LOTGATE_FIRST");
    uint64_t first = from != NULL ? strtoull(from, NULL, 10) : 1;
    uint64_t count = one != NULL ? 1 : many != NULL ? strtoull(many, NULL, 10) : 200;
    uint64_t started = 0, crashes = 0, refused = 0, overtaken = 0, spoilt = 0;
    struct world *w = new_world();
    for (uint64_t seed = first; seed < first + count; seed++) {
        live_a_day(w, seed, one != NULL);
        started += w->jobs_started;
        crashes += w->crashes;
        refused += w->refused_commits;
        overtaken += w->overtaken;
        spoilt += w->ends_spoilt;
        if (w->trouble[0] != '\0')
            fail_msg("%s (run it alone with LOTGATE_SEED=%llu)", w->trouble, (unsigned long long)seed);
    }
    printf(
        "# %llu days: %llu jobs started, %llu crashes, %llu commits refused, %llu times a hook was told to open, "
        "%llu lines overtaken by a file, %llu ends without what was metered\n",
        (unsigned long long)count, (unsigned long long)started, (unsigned long long)crashes,
        (unsigned long long)refused, (unsigned long long)opened, (unsigned long long)overtaken,
        (unsigned long long)spoilt);
    free(w);
    assert_true(one != NULL || opened >= count / 2);
    assert_true(one != NULL || spoilt >= count / 20);
    assert_true(started >= 2 * count); // days on which nothing runs would prove nothing
}

static void test_the_same_seed_gives_the_same_day(void **state) {
    (void)state;
    struct world *w = new_world();
    uint64_t first = live_a_day(w, 7, false), again = live_a_day(w, 7, false),
             other = live_a_day(w, 8, false);
    free(w);
    assert_true(first == again);
    assert_true(first != other);
}

// --- quiet days: one sender of each kind, held for ten minutes, declared, finished

static void hash_text(const char *text, size_t length, char out[65]) {
    unsigned char hash[32];
    crypto_hash_sha256(hash, (const unsigned char *)text, length);
    sodium_bin2hex(out, 65, hash, sizeof hash);
}

static void hold_and_finish(struct world *w, struct wire_machine *m, enum actor_kind kind) {
    world_run(w, w->now + 10 * WORLD_SECOND); // banners are over
    world_connect(w, m, kind);
    world_wait_state(w, m, GATE_HELD, 20 * WORLD_SECOND);
    uint32_t answers = m->actor.answers;
    world_run(w, w->now + 600 * WORLD_SECOND);
    // LaserGRBL would invent `ok`s when Idle with a free buffer is all it hears; none of them may be tempted.
    assert_int_equal(m->actor.faked, 0);
    assert_int_equal(m->actor.answers, answers);
    assert_true(m->actor.reports > 0 && m->actor.longest_report_gap < 5 * WORLD_SECOND);
    assert_true(m->actor.messages >= 1);
    world_declare(w, m, "GOOD");
    world_wait_state(w, m, GATE_RUNNING, 20 * WORLD_SECOND);
    world_wait_state(w, m, GATE_LOCKED, 300 * WORLD_SECOND);
    world_run(w, w->now + 10 * WORLD_SECOND); // the ledger may be slow
    for (int i = 0; i < 100 && !actor_finished(&m->actor);
         i++) // one that polls has a poll under way now and then
        world_run(w, w->now + WORLD_SECOND / 10);
}

static void check_finished(struct world *w, struct wire_machine *m) {
    char expected[65];
    struct sim_view view;
    if (w->trouble[0] != '\0')
        fail_msg("%s", w->trouble);
    assert_true(actor_finished(&m->actor));
    assert_int_equal(m->actor.errors, 0);
    assert_int_equal(m->actor.answers,
                     m->actor.lines_sent + (m->actor.kind == ACTOR_POLLS ? m->actor.polls_sent : 0));
    sim_view(m->sim, &view, w->now);
    assert_int_equal(view.rx_overflow, 0);
    cJSON *jobs = office_must(w, "job.list", "{}");
    const cJSON *job = cJSON_GetArrayItem(jobs, 0);
    assert_string_equal(json_text(job, "state"), "completed");
    assert_string_equal(json_text(job, "operator"), "OP1");
    hash_text(m->program, m->program_length, expected);
    assert_string_equal(json_text(job, "sha256"), expected);
    cJSON_Delete(jobs);
}

static void quiet_day(enum actor_kind kind) {
    for (uint64_t seed = 1; seed <= 6; seed++) {
        char *directory = world_directory();
        struct world *w = new_world();
        world_begin(w, seed, directory);
        hold_and_finish(w, &w->machines[0], kind);
        check_finished(w, &w->machines[0]);
        check_books(w);
        if (w->trouble[0] != '\0')
            fail_msg("%s", w->trouble);
        world_end(w);
        free(w);
        world_remove_directory(directory);
    }
}

static void test_held_ten_minutes_counting_characters(void **state) {
    (void)state;
    quiet_day(ACTOR_COUNTS);
}

static void test_held_ten_minutes_line_by_line(void **state) {
    (void)state;
    quiet_day(ACTOR_BY_LINE);
}

static void test_held_ten_minutes_polling_with_lines(void **state) {
    (void)state;
    quiet_day(ACTOR_POLLS);
}

static void test_held_ten_minutes_after_a_soft_reset(void **state) {
    (void)state;
    quiet_day(ACTOR_RESETS);
}

static void test_held_ten_minutes_ignoring_flow_control(void **state) {
    (void)state;
    quiet_day(ACTOR_DUMPS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_ten_minutes_counting_characters),
        cmocka_unit_test(test_held_ten_minutes_line_by_line),
        cmocka_unit_test(test_held_ten_minutes_polling_with_lines),
        cmocka_unit_test(test_held_ten_minutes_after_a_soft_reset),
        cmocka_unit_test(test_held_ten_minutes_ignoring_flow_control),
        cmocka_unit_test(test_the_same_seed_gives_the_same_day),
        cmocka_unit_test(test_random_days_keep_the_invariants),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
