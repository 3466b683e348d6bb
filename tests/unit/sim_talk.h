// sim_talk: a conversation with a simulated machine in virtual time, for the tests of boards/sim.
#ifndef LOTGATE_TESTS_SIM_TALK_H
#define LOTGATE_TESTS_SIM_TALK_H

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "sim.h"

#define TALK_MAX 65536
#define MS       1000LL
#define SECONDS  1000000LL

struct talk {
    struct sim *sim;
    int64_t now;
    char text[TALK_MAX]; // what came back since the last `expect`
    size_t length;
};

static inline void talk_listen(struct talk *t, int64_t span) {
    t->now += span;
    ssize_t n = sim_read(t->sim, t->text + t->length, TALK_MAX - 1 - t->length, t->now);
    t->length += n > 0 ? (size_t)n : 0;
    t->text[t->length] = 0;
}

static inline void talk_start(struct talk *t, const struct sim_config *config) {
    memset(t, 0, sizeof *t);
    t->sim = sim_create(config);
    assert_non_null(t->sim);
}

static inline void talk_begin(struct talk *t, enum sim_kind kind, enum grbl_flavour flavour) {
    struct sim_config config;
    sim_config_default(&config, kind, flavour);
    talk_start(t, &config);
}

static inline void talk_send(struct talk *t, const char *bytes) {
    assert_int_equal(sim_write(t->sim, bytes, strlen(bytes), t->now), strlen(bytes));
}

// Sends and takes what comes back within `span`.
static inline void talk_say(struct talk *t, const char *bytes, int64_t span) {
    t->length = 0;
    talk_send(t, bytes);
    talk_listen(t, span);
}

static inline void talk_expect(struct talk *t, const char *bytes, int64_t span, const char *reply) {
    talk_say(t, bytes, span);
    if (strcmp(t->text, reply) != 0)
        fail_msg("to %s it said\n%s, expected\n%s", bytes, t->text, reply);
}

static inline void talk_contains(const struct talk *t, const char *part) {
    if (!strstr(t->text, part))
        fail_msg("it said\n%s, expected in it %s", t->text, part);
}

static inline size_t talk_count(const struct talk *t, const char *part) {
    size_t n = 0;
    for (const char *at = t->text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

static inline struct sim_view talk_view(struct talk *t) {
    struct sim_view view;
    sim_view(t->sim, &view, t->now);
    return view;
}

static inline void talk_end(struct talk *t) {
    sim_free(t->sim);
}

#endif
