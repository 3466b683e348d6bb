// wire_help: running a loop until something has happened, with a deadline instead of a sleep.
#ifndef LOTGATE_TESTS_WIRE_HELP_H
#define LOTGATE_TESTS_WIRE_HELP_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#include "timefmt.h" // time_monotonic_us

#define DEADLINE_US (5 * 1000000)

static inline void help_tick(uv_timer_t *timer) {}

// Runs the loop until `met` (true) or the deadline (false).
static inline bool help_until(uv_loop_t *loop, bool (*met)(void *context), void *context) {
    int64_t end = time_monotonic_us() + DEADLINE_US;
    uv_timer_t timer; // so that the loop wakes up to look at the condition
    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, help_tick, 1, 1);
    while (!met(context) && time_monotonic_us() < end)
        uv_run(loop, UV_RUN_ONCE);
    bool ok = met(context);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    return ok;
}

// What a client at the other end of a descriptor has read so far.
struct help_client {
    int fd;
    char text[65536];
    size_t length;
    const char *wanted;
    bool ended;
};

static inline void help_read(struct help_client *c) {
    ssize_t n;
    while (c->length < sizeof c->text - 1 &&
           (n = read(c->fd, c->text + c->length, sizeof c->text - 1 - c->length)) >= 0) {
        c->ended = n == 0;
        if (n == 0)
            break;
        c->length += (size_t)n;
        c->text[c->length] = '\0';
    }
}

static inline bool help_has_wanted(void *context) {
    struct help_client *c = context;
    help_read(c);
    return strstr(c->text, c->wanted) != NULL;
}

static inline bool help_has_ended(void *context) {
    struct help_client *c = context;
    help_read(c);
    return c->ended;
}

static inline bool help_client_gets(uv_loop_t *loop, struct help_client *c, const char *wanted) {
    c->wanted = wanted;
    return help_until(loop, help_has_wanted, c);
}

static inline void help_say(int fd, const char *text) {
    ssize_t n = write(fd, text, strlen(text));
    if (n != (ssize_t)strlen(text))
        abort();
}

// Connects to "127.0.0.1:4711".
static inline int help_connect(const char *address) {
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1))};
    inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&where, sizeof where) != 0)
        return -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

#endif
