// What can go wrong with a simulated machine, its card, and that the same calls give the same bytes.
#include "sim_talk.h"

#include <stdlib.h>

static void every_fault_has_a_name(void **state) {
    for (int i = 0; i < SIM_FAULTS; i++) {
        enum sim_fault fault;
        assert_true(sim_fault_from_name(sim_fault_name((enum sim_fault)i), &fault));
        assert_int_equal(fault, i);
    }
    enum sim_fault fault;
    assert_false(sim_fault_from_name("earthquake", &fault));
}

static void bytes_are_lost_and_garbled(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    sim_fault(t.sim, SIM_FAULT_DROP, 1, 0);
    talk_expect(&t, "\n", 20 * MS, "k\r\n");
    sim_fault(t.sim, SIM_FAULT_DROP_IN, 1, t.now);
    talk_expect(&t, "FG4P0\n", 20 * MS, "ok\r\n");
    sim_fault(t.sim, SIM_FAULT_GARBLE, 0, t.now);
    talk_say(&t, "\n", 20 * MS);
    assert_int_equal(t.length, 4);
    assert_string_not_equal(t.text, "ok\r\n");
    sim_fault(t.sim, SIM_FAULT_GARBLE_IN, 2, t.now);
    uint64_t bytes = talk_view(&t).bytes_in;
    talk_say(&t, "G21\n", 20 * MS);
    assert_int_equal(talk_view(&t).bytes_in, bytes + 4);
    talk_end(&t);
}

static void an_ok_is_swallowed(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    sim_fault(t.sim, SIM_FAULT_LOSE_OK, 1, 0);
    talk_expect(&t, "G21\nG99\nG90\n", 30 * MS, "error:20\r\nok\r\n");
    talk_end(&t);
}

static void a_reply_sticks_to_a_cut_report(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_MKS);
    talk_say(&t, "?", 20 * MS);
    sim_fault(t.sim, SIM_FAULT_SPLICE, 0, t.now);
    talk_expect(&t, "?\n", 20 * MS, "<Idle|MPos:0.000,0.000,0.000|FS:0,0|Ov:100,100,ok\r\n");
    talk_end(&t);
}

static void noise_and_stall(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    sim_fault(t.sim, SIM_FAULT_NOISE, 5, 0);
    talk_listen(&t, 20 * MS);
    assert_int_equal(t.length, 5);
    sim_fault(t.sim, SIM_FAULT_STALL, SECONDS, t.now);
    talk_expect(&t, "G21\n", 900 * MS, "");
    talk_listen(&t, 200 * MS);
    assert_string_equal(t.text, "ok\r\n");
    talk_end(&t);
}

static void a_stuck_machine_needs_a_restart(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    sim_fault(t.sim, SIM_FAULT_STUCK, 0, 0);
    talk_expect(&t, "?\x18G21\n", 10 * SECONDS, "");
    sim_fault(t.sim, SIM_FAULT_RESET, 0, t.now);
    talk_expect(&t, "G21\n", SECONDS, "\r\nGrbl 1.1h ['$' for help]\r\nok\r\n");
    talk_end(&t);
}

static void a_restart_by_itself_loses_everything(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "M4S500\nG1X50F1200\n", 500 * MS);
    assert_true(talk_view(&t).position[0] > 5);
    t.length = 0;
    sim_fault(t.sim, SIM_FAULT_RESET, 0, t.now);
    talk_listen(&t, 50 * MS);
    assert_string_equal(t.text, "\r\nGrbl 1.1h ['$' for help]\r\n");
    struct sim_view view = talk_view(&t);
    assert_true(view.position[0] == 0 && view.state == SIM_IDLE && !view.energised && view.planner_used == 0);
    talk_end(&t);
}

static void unplugging_and_plugging_in(void **state) {
    struct talk t;
    char byte = '?';
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "M4S500\nG1X50F1200\n", 500 * MS);
    sim_fault(t.sim, SIM_FAULT_UNPLUG, SECONDS, t.now);
    assert_int_equal(sim_write(t.sim, &byte, 1, t.now), -1);
    assert_int_equal(sim_read(t.sim, &byte, 1, t.now), -1);
    assert_false(talk_view(&t).plugged);
    assert_true(talk_view(&t).energised); // it has a supply of its own
    t.now += SECONDS;
    t.length = 0;
    assert_int_equal(sim_write(t.sim, &byte, 1, t.now), 1);
    talk_listen(&t, 20 * MS);
    talk_contains(&t, "<Run|");
    sim_open(t.sim, t.now); // DTR restarts an AVR
    assert_false(talk_view(&t).energised);
    t.length = 0;
    talk_listen(&t, SECONDS);
    assert_string_equal(t.text, "\r\nGrbl 1.1h ['$' for help]\r\n");
    sim_fault(t.sim, SIM_FAULT_UNPLUG, 0, t.now);
    t.now += 3600 * SECONDS;
    assert_int_equal(sim_read(t.sim, &byte, 1, t.now), -1);
    sim_fault(t.sim, SIM_FAULT_REPLUG, 0, t.now);
    assert_int_equal(sim_read(t.sim, &byte, 1, t.now), 0);
    talk_end(&t);
}

static void a_limit_switch_locks_until_a_reset(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "M4S500\nG1X50F1200\n", 500 * MS);
    t.length = 0;
    sim_fault(t.sim, SIM_FAULT_LIMIT, 0, t.now);
    assert_false(talk_view(&t).energised);
    talk_listen(&t, 50 * MS);
    assert_string_equal(t.text, "ALARM:1\r\n[MSG:Reset to continue]\r\n");
    talk_expect(&t, "?$X\n", SECONDS, "");
    talk_expect(&t, "\x18", SECONDS, "\r\nGrbl 1.1h ['$' for help]\r\n[MSG:'$H'|'$X' to unlock]\r\n");
    talk_end(&t);
}

static void an_open_door_does_not_resume(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_say(&t, "M4S500\nG1X50F1200\n", 500 * MS);
    t.length = 0;
    sim_fault(t.sim, SIM_FAULT_DOOR, 0, t.now);
    talk_listen(&t, 20 * MS);
    assert_string_equal(t.text, "[MSG:Check Door]\r\n");
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Door:2|");
    talk_listen(&t, 200 * MS);
    talk_say(&t, "~?", 20 * MS);
    talk_contains(&t, "<Door:1|");
    assert_false(talk_view(&t).energised);
    sim_fault(t.sim, SIM_FAULT_DOOR_CLOSE, 0, t.now);
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Door:0|");
    talk_say(&t, "~", 20 * MS);
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Run|");
    talk_end(&t);
}

static void a_job_from_the_card_runs_by_itself(void **state) {
    static const char job[] = "G90\nM4 S500\n; a comment\nG1 X20 F1200\nG1 X0\nM5\n";
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    assert_false(sim_card_store(t.sim, "/job.nc", job, strlen(job)));
    talk_end(&t);
    talk_begin(&t, SIM_LASER, GRBL_MKS);
    assert_false(sim_card_start(t.sim, 0)); // nothing on it
    assert_true(sim_card_store(t.sim, "/job.nc", job, strlen(job)));
    sim_watch(t.sim, false, 20, 0);
    assert_true(sim_card_start(t.sim, 0));
    talk_listen(&t, SECONDS);
    assert_string_equal(t.text, ""); // no reply for anybody
    assert_false(sim_card_start(t.sim, t.now));
    talk_say(&t, "?", 20 * MS);
    talk_contains(&t, "<Run|");
    talk_contains(&t, "|SD:");
    talk_contains(&t, ",/job.nc>");
    assert_true(talk_view(&t).forbidden_us > 500 * MS);
    talk_listen(&t, 2 * SECONDS);
    talk_contains(&t, "[MSG:SD print done]\r\n");
    assert_false(talk_view(&t).card_running);
    talk_end(&t);
}

static void a_card_job_is_started_by_a_command(void **state) {
    static const char *const commands[] = {"$SD/Run=/a.nc\n", "[ESP220]/a.nc\n", "[ESP700]/a.nc\n",
                                           "$LocalFS/Run=/a.nc\n"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct talk t;
        talk_begin(&t, SIM_LASER, GRBL_MKS);
        talk_expect(&t, commands[i], 20 * MS, "error:7\r\n");
        assert_true(sim_card_store(t.sim, "/a.nc", "G1X9F600\nG99\nG1X0\n", 19));
        talk_expect(&t, commands[i], SECONDS, "ok\r\nerror:20 in SD file at line 2\r\n");
        assert_int_equal(talk_view(&t).lines, 2 + 2);
        talk_listen(&t, SECONDS);
        assert_true(talk_view(&t).position[0] == 9);
        talk_end(&t);
    }
}

static void the_card_has_a_limit(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_MKS);
    char *text = calloc(1, SIM_CARD_MAX + 1);
    assert_non_null(text);
    assert_true(sim_card_store(t.sim, "/a", text, SIM_CARD_MAX));
    assert_false(sim_card_store(t.sim, "/a", text, SIM_CARD_MAX + 1));
    char name[SIM_TEXT_MAX + 1];
    memset(name, 'n', sizeof name);
    name[SIM_TEXT_MAX] = 0;
    assert_false(sim_card_store(t.sim, name, text, 1));
    free(text);
    talk_end(&t);
}

struct told {
    char text[1024];
    size_t length;
};

static void on_line(void *context, const struct sim_line *line) {
    struct told *told = context;
    told->length +=
        (size_t)snprintf(told->text + told->length, sizeof told->text - told->length, "%.*s=%u%s;",
                         (int)line->length, line->text, line->result, line->work ? "w" : "");
}

static void every_line_is_told(void **state) {
    struct talk t;
    struct told told = {.length = 0};
    struct sim_config config;
    sim_config_default(&config, SIM_LASER, GRBL_AVR);
    config.on_line = on_line;
    config.context = &told;
    talk_start(&t, &config);
    talk_say(&t, "M4 S9 (on)\nG1?X5 F100\nFOO\n\n$X\n", 100 * MS);
    assert_string_equal(told.text, "M4 S9 (on)=0;G1X5 F100=0w;FOO=2;=0;$X=0;");
    talk_end(&t);
}

// One busy minute with faults at their rates, called every `step`; returns a hash of what came back.
static uint64_t busy_minute(uint64_t seed, int64_t step, int64_t *energised) {
    struct talk t;
    struct sim_config config;
    sim_config_default(&config, SIM_LASER, GRBL_MKS);
    config.seed = seed;
    config.drop_ppm = config.garble_ppm = config.splice_ppm = 2000;
    talk_start(&t, &config);
    uint64_t hash = 14695981039346656037ULL;
    int64_t next_send = 0;
    for (t.now = 0; t.now < 60 * SECONDS; t.now += step) {
        if (t.now >= next_send) {
            talk_send(&t, "M4S300\nG1X5F3000\n?X0\nG2X4Y0I2J0\nX0Y0\n");
            next_send += SECONDS;
        }
        t.length = 0;
        talk_listen(&t, 0);
        for (size_t i = 0; i < t.length; i++)
            hash = (hash ^ (uint8_t)t.text[i]) * 1099511628211ULL;
    }
    *energised = talk_view(&t).energised_us;
    talk_end(&t);
    return hash;
}

static void it_does_not_matter_how_often_it_is_called(void **state) {
    int64_t a, b, c;
    uint64_t fine = busy_minute(7, 250, &a), coarse = busy_minute(7, 20 * MS, &b),
             other = busy_minute(8, 20 * MS, &c);
    assert_int_equal(fine, coarse);
    assert_int_equal(a, b);
    assert_true(a > SECONDS);
    assert_true(other != coarse);
}

// The deadline leads through everything that happens, and to the end of it.
static void deadlines_miss_nothing(void **state) {
    struct talk t;
    talk_begin(&t, SIM_LASER, GRBL_AVR);
    talk_send(&t, "M4S9\nG1X5F600\nG4P0.5\nM5\n?");
    unsigned turns = 0;
    for (int64_t next; (next = sim_deadline(t.sim, t.now)) != INT64_MAX; turns++) {
        assert_true(next >= t.now);
        assert_true(turns < 1000);
        talk_listen(&t, next - t.now);
    }
    assert_int_equal(talk_count(&t, "ok\r\n"), 4);
    assert_int_equal(talk_count(&t, "<"), 1);
    assert_true(t.now > SECONDS && t.now < 1200 * MS);
    talk_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_a_name),
        cmocka_unit_test(bytes_are_lost_and_garbled),
        cmocka_unit_test(an_ok_is_swallowed),
        cmocka_unit_test(a_reply_sticks_to_a_cut_report),
        cmocka_unit_test(noise_and_stall),
        cmocka_unit_test(a_stuck_machine_needs_a_restart),
        cmocka_unit_test(a_restart_by_itself_loses_everything),
        cmocka_unit_test(unplugging_and_plugging_in),
        cmocka_unit_test(a_limit_switch_locks_until_a_reset),
        cmocka_unit_test(an_open_door_does_not_resume),
        cmocka_unit_test(a_job_from_the_card_runs_by_itself),
        cmocka_unit_test(a_card_job_is_started_by_a_command),
        cmocka_unit_test(the_card_has_a_limit),
        cmocka_unit_test(every_line_is_told),
        cmocka_unit_test(it_does_not_matter_how_often_it_is_called),
        cmocka_unit_test(deadlines_miss_nothing),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
