// alarm: a deadline on the loop that costs nothing until it is there.
//
// A uv_timer_t gives each wait of the loop a time of its own, which the kernel arms and disarms around every line that passes:
// 2 of 27 µs of processor time per line were that. A timerfd is armed once. Linux alone has it. Thread: the loop's.
#ifndef LOTGATE_WIRE_ALARM_H
#define LOTGATE_WIRE_ALARM_H

#include <stdint.h>
#include <uv.h>

#define ALARM_NEVER INT64_MAX

struct alarm {
    uv_poll_t poll;
    int fd;
    int64_t at; // monotonic µs for which it is armed; ALARM_NEVER: not
    void (*rang)(struct alarm *alarm, int64_t now);
    void *owner;
};

// 0 or a libuv error (no descriptor left). The struct must stay until the loop has run after alarm_close.
int alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*rang)(struct alarm *alarm, int64_t now),
               void *owner);
// Rings at `deadline` (monotonic µs) or earlier: an earlier one stays. Once; who wants it again says so in `rang`.
void alarm_set(struct alarm *alarm, int64_t deadline);
void alarm_close(struct alarm *alarm);

#endif
