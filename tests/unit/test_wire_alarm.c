// The alarm: a deadline on the loop that leaves its waits without a time of their own.
#include "unit.h"

#include "alarm.h"
#include "wire_help.h"

#define SOON_US  2000
#define LATER_US 3600000000LL

struct fixture {
    uv_loop_t loop;
    struct alarm alarm;
    int rings;
    int64_t rang_at, again_after_us; // 0: not again
};

static void on_ring(struct alarm *alarm, int64_t now) {
    struct fixture *f = alarm->owner;
    f->rings++;
    f->rang_at = now;
    if (f->again_after_us > 0)
        alarm_set(alarm, now + f->again_after_us);
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    return f == NULL || uv_loop_init(&f->loop) != 0 || alarm_open(&f->alarm, &f->loop, on_ring, f) != 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    alarm_close(&f->alarm);
    while (uv_run(&f->loop, UV_RUN_DEFAULT) != 0) {
    }
    int left = uv_loop_close(&f->loop);
    free(f);
    return left;
}

static bool has_rung(void *context) {
    return ((struct fixture *)context)->rings > 0;
}

static bool has_rung_thrice(void *context) {
    return ((struct fixture *)context)->rings >= 3;
}

static void rings_once_and_not_before_its_time(void **state) {
    struct fixture *f = *state;
    int64_t deadline = time_monotonic_us() + SOON_US;
    alarm_set(&f->alarm, deadline);
    assert_true(help_until(&f->loop, has_rung, f));
    assert_true(f->rang_at >= deadline);
    assert_int_equal(f->alarm.at, ALARM_NEVER);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(f->rings, 1);
}

static void an_earlier_deadline_takes_the_place_and_a_later_one_does_not(void **state) {
    struct fixture *f = *state;
    int64_t now = time_monotonic_us();
    alarm_set(&f->alarm, now + LATER_US);
    alarm_set(&f->alarm, now + SOON_US);
    alarm_set(&f->alarm, now + LATER_US);
    assert_int_equal(f->alarm.at, now + SOON_US);
    assert_true(help_until(&f->loop, has_rung, f));
}

static void a_deadline_that_has_passed_rings_at_once(void **state) {
    struct fixture *f = *state;
    alarm_set(&f->alarm, 0); // would disarm a timerfd
    assert_true(help_until(&f->loop, has_rung, f));
}

static void may_be_set_again_while_it_rings(void **state) {
    struct fixture *f = *state;
    f->again_after_us = SOON_US;
    alarm_set(&f->alarm, time_monotonic_us() + SOON_US);
    assert_true(help_until(&f->loop, has_rung_thrice, f));
    f->again_after_us = 0;
}

// What it is for: with a uv_timer_t the wait would have a timeout, which the kernel arms for each line.
static void the_loop_waits_without_a_timeout(void **state) {
    struct fixture *f = *state;
    alarm_set(&f->alarm, time_monotonic_us() + LATER_US);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(uv_backend_timeout(&f->loop), -1);
    assert_int_equal(f->rings, 0);
}

#define with_alarm(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_alarm(rings_once_and_not_before_its_time),
        with_alarm(an_earlier_deadline_takes_the_place_and_a_later_one_does_not),
        with_alarm(a_deadline_that_has_passed_rings_at_once),
        with_alarm(may_be_set_again_while_it_rings),
        with_alarm(the_loop_waits_without_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
