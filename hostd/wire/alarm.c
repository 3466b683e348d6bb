#include "alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "error.h"   // lg_assert
#include "timefmt.h" // time_monotonic_us

static void on_ring(uv_poll_t *poll, int status, int events) {
    struct alarm *alarm = poll->data;
    uint64_t rings;
    if (read(alarm->fd, &rings, sizeof rings) != (ssize_t)sizeof rings)
        return; // it was set anew between the wait and here
    alarm->at = ALARM_NEVER;
    alarm->rang(alarm, time_monotonic_us());
}

int alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*rang)(struct alarm *alarm, int64_t now),
               void *owner) {
    alarm->at = ALARM_NEVER;
    alarm->rang = rang;
    alarm->owner = owner;
    alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm->fd < 0)
        return uv_translate_sys_error(errno);
    int rc = uv_poll_init(loop, &alarm->poll, alarm->fd);
    if (rc == 0)
        rc = uv_poll_start(&alarm->poll, UV_READABLE, on_ring);
    if (rc != 0)
        close(alarm->fd);
    alarm->poll.data = alarm;
    return rc;
}

void alarm_set(struct alarm *alarm, int64_t deadline) {
    if (deadline >= alarm->at)
        return;
    alarm->at = deadline;
    int64_t at = deadline > 0 ? deadline : 1; // zero would disarm it
    struct itimerspec when = {.it_value = {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000}};
    int rc = timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &when, NULL);
    lg_assert(rc == 0);
}

void alarm_close(struct alarm *alarm) {
    uv_poll_stop(&alarm->poll);
    close(alarm->fd);
    uv_close((uv_handle_t *)&alarm->poll, NULL);
}
