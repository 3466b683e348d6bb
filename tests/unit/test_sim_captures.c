// The simulated machine against sessions recorded with real Grbl 1.1h: the same bytes at the same times must
// give the same replies in the same order (status reports by themselves, and by their state word: which reply one comes between is a matter of microseconds). The
// captures lie outside the tree; without them each test says so and is skipped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h" // sim_write, sim_read

#define CAPTURES   "../shared/captures/"
#define EVENTS_MAX 1024
#define BYTES_MAX  256
#define REPLY_MAX  65536
#define LINES_MAX  1024
#define LATE_US    60000

struct event {
    int64_t at_us;
    bool sent;
    uint8_t bytes[BYTES_MAX];
    size_t length;
};

struct session {
    struct event event[EVENTS_MAX];
    size_t count;
};

static int hex(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static size_t unescape(uint8_t *out, const char *text) {
    size_t n = 0;
    while (*text && *text != '\n' && n < BYTES_MAX) {
        if (*text != '\\') {
            out[n++] = (uint8_t)*text++;
            continue;
        }
        char kind = text[1];
        if (kind == 'x') {
            out[n++] = (uint8_t)(hex(text[2]) << 4 | hex(text[3]));
            text += 4;
        } else {
            out[n++] = kind == 'n' ? '\n' : kind == 'r' ? '\r' : '\\';
            text += 2;
        }
    }
    return n;
}

static bool load(struct session *session, const char *name) {
    char path[256], line[1024];
    snprintf(path, sizeof path, CAPTURES "%s", name);
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("%s is not there: skipped\n", path);
        return false;
    }
    session->count = 0;
    while (fgets(line, sizeof line, file)) {
        char *rest;
        double ms = strtod(line, &rest);
        if (rest[0] != ' ' || (rest[1] != '>' && rest[1] != '<'))
            continue;
        assert_true(session->count < EVENTS_MAX);
        struct event *e = &session->event[session->count++];
        e->at_us = (int64_t)(ms * 1000);
        e->sent = rest[1] == '>';
        e->length = unescape(e->bytes, rest + 3);
    }
    fclose(file);
    return true;
}

struct transcript {
    char text[REPLY_MAX];
    size_t length;
};

static void take(struct transcript *t, struct sim *sim, int64_t now) {
    ssize_t n = sim_read(sim, t->text + t->length, REPLY_MAX - t->length, now);
    assert_true(n >= 0);
    t->length += (size_t)n;
    assert_true(t->length < REPLY_MAX);
}

// The lines that are status reports (cut down to their state: `<Run`), or those that are not.
static size_t split(const struct transcript *t, bool status, char *copy, char *lines[LINES_MAX]) {
    size_t n = 0;
    memcpy(copy, t->text, t->length + 1);
    for (char *at = strtok(copy, "\r\n"); at; at = strtok(NULL, "\r\n")) {
        if ((at[0] == '<') != status)
            continue;
        if (status)
            at[strcspn(at, "|")] = 0;
        assert_true(n < LINES_MAX);
        lines[n++] = at;
    }
    return n;
}

static void recorded(struct transcript *t, const struct session *session) {
    t->length = 0;
    for (size_t i = 0; i < session->count; i++) {
        const struct event *e = &session->event[i];
        if (e->sent)
            continue;
        memcpy(t->text + t->length, e->bytes, e->length);
        t->length += e->length;
    }
    t->text[t->length] = 0;
}

static size_t replies_in(const struct transcript *t) {
    size_t n = 0;
    for (size_t i = 1; i < t->length; i++)
        n += t->text[i] == '\n' && t->text[i - 1] == '\r';
    return n;
}

// Sends each event at its time, or when as many lines have come back as real Grbl had sent by then: the
// sender of the recording waited for them too. The simulated machine may be late by LATE_US at the most.
static void simulate(struct transcript *t, const struct session *session) {
    struct sim_config config;
    sim_config_default(&config, SIM_LASER, GRBL_AVR);
    struct sim *sim = sim_create(&config);
    assert_non_null(sim);
    sim_open(sim, 0);
    t->length = 0;
    int64_t now = 0;
    size_t expected = 0;
    for (size_t i = 0; i < session->count; i++) {
        const struct event *e = &session->event[i];
        now = now > e->at_us ? now : e->at_us;
        take(t, sim, now);
        expected += !e->sent;
        if (!e->sent)
            continue;
        while (replies_in(t) < expected && now < e->at_us + LATE_US)
            take(t, sim, now += 100);
        assert_int_equal(sim_write(sim, e->bytes, e->length, now), e->length);
    }
    take(t, sim, now + 3000000);
    t->text[t->length] = 0;
    sim_free(sim);
}

static void compare(const char *name, const struct transcript *real, const struct transcript *ours,
                    bool status) {
    static char real_text[REPLY_MAX], our_text[REPLY_MAX];
    static char *real_lines[LINES_MAX], *our_lines[LINES_MAX];
    size_t expected = split(real, status, real_text, real_lines),
           got = split(ours, status, our_text, our_lines);
    for (size_t i = 0; i < expected && i < got; i++)
        if (strcmp(real_lines[i], our_lines[i]) != 0)
            fail_msg("%s: %s %zu: real Grbl said %s, ours %s", name, status ? "status" : "reply", i,
                     real_lines[i], our_lines[i]);
    assert_int_equal(got, expected);
}

static void replay(const char *name) {
    static struct session session;
    static struct transcript real, ours;
    if (!load(&session, name))
        skip();
    recorded(&real, &session);
    simulate(&ours, &session);
    compare(name, &real, &ours, false);
    compare(name, &real, &ours, true);
}

static void connect_jog_job(void **state) {
    replay("grbl-1-connect-jog-job.txt");
}
static void hold_and_reset(void **state) {
    replay("grbl-2-hold-reset.txt");
}
static void edge_cases(void **state) {
    replay("grbl-3-edge-cases.txt");
}
static void stream_with_an_error(void **state) {
    replay("grbl-4-charcount-stream-error-midjob.txt");
}
static void run_and_hold_corners(void **state) {
    replay("grbl-5-run-and-hold-corners.txt");
}
static void utf8_comment_opens_the_door(void **state) {
    replay("grbl-6-utf8-comment-door.txt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_jog_job),      cmocka_unit_test(hold_and_reset),
        cmocka_unit_test(edge_cases),           cmocka_unit_test(stream_with_an_error),
        cmocka_unit_test(run_and_hold_corners), cmocka_unit_test(utf8_comment_opens_the_door),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
