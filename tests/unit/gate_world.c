// gate_world.c: see gate_world.h.
#include "gate_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct world_bytes *b, const uint8_t *bytes, size_t length) {
    if (b->length + length > WORLD_BYTES)
        abort();
    memcpy(b->at + b->length, bytes, length);
    b->length += length;
}

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct world *w = context;
    w->calls++;
    keep(&w->machine, bytes, length);
    model_bytes(&w->model, bytes, length);
}

static void count_replies(struct world *w, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i + 1 < length; i++)
        w->replies +=
            memcmp(bytes + i, "ok", 2) == 0 || (i + 5 < length && memcmp(bytes + i, "error:", 6) == 0);
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {
    struct world *w = context;
    keep(&w->sender, bytes, length);
    count_replies(w, bytes, length);
}

static void on_fact(void *context, const struct gate_fact *f) {
    struct world *w = context;
    w->facts[f->type]++;
    snprintf(w->text[f->type], GATE_TEXT_MAX, "%s", f->text ? f->text : "");
    if (f->type == GATE_FACT_START_WANTED)
        w->start_wanted = true;
    if (f->type == GATE_FACT_IDENTITY)
        w->identity_seen = true;
    if (f->type == GATE_FACT_ENDED) {
        w->job = *f->job;
        w->meter = *f->job->meter;
        w->model.committed = false;
    }
}

// The host's part, which must not be played inside a callback.
static void host(struct world *w) {
    if (w->identity_seen && w->auto_identity) {
        w->identity_seen = false;
        gate_identity_confirmed(w->gate, w->now);
    }
    while (w->start_wanted && w->auto_start) {
        w->start_wanted = false;
        w->model.committed = true;
        gate_start_committed(w->gate, w->now);
    }
}

void world_config(struct gate_config *config) {
    gate_config_default(config);
    config->expect_identity = false;
    config->poll = false;
    snprintf(config->name, sizeof config->name, "laser1");
}

void world_make(struct world *w, const struct gate_config *config) {
    memset(w, 0, sizeof *w);
    if (config)
        w->config = *config;
    else
        world_config(&w->config);
    w->machine.at = malloc(WORLD_BYTES);
    w->sender.at = malloc(WORLD_BYTES);
    w->now = 1000000;
    w->state = "Idle";
    w->more = "";
    w->auto_start = w->auto_identity = true;
    model_make(&w->model, &w->config.rules, w->config.flavour);
    w->gate = gate_create(&w->config, &(struct gate_output){w, to_machine, to_sender, on_fact});
    gate_machine_opened(w->gate, w->now);
    gate_sender_connected(w->gate, w->now);
    if (!w->config.expect_identity) {
        world_reply(w, "\r\nGrbl 1.1h ['$' for help]\r\n");
        world_forget(w);
    }
}

void world_free(struct world *w) {
    gate_free(w->gate);
    free(w->machine.at);
    free(w->sender.at);
}

void world_send_bytes(struct world *w, const void *bytes, size_t length) {
    // A copy of the exact size, gone afterwards: the gate may not look beyond it or keep it.
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    gate_from_sender(w->gate, copy, length, w->now);
    memset(copy, 0xEE, length);
    free(copy);
    host(w);
}

void world_send(struct world *w, const char *text) {
    world_send_bytes(w, text, strlen(text));
}

void world_reply(struct world *w, const char *text) {
    world_reply_bytes(w, text, strlen(text));
}

void world_reply_bytes(struct world *w, const void *bytes, size_t length) {
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    gate_from_machine(w->gate, copy, length, w->now);
    free(copy);
    host(w);
}

static void answer_line(struct world *w, const char *line) {
    char text[128];
    if (w->reply) {
        snprintf(text, sizeof text, "%s\r\n", w->reply);
        w->reply = NULL;
    } else if (strcmp(line, "$I") == 0) {
        snprintf(text, sizeof text, "[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n");
    } else if (strcmp(line, "$G") == 0) {
        snprintf(text, sizeof text, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n");
    } else if (strcmp(line, "$$") == 0 && w->settings) {
        snprintf(text, sizeof text, "%s\r\nok\r\n", w->settings);
    } else if (strcmp(line, "$C") == 0) {
        w->model.check = !w->model.check;
        snprintf(text, sizeof text, w->model.check ? "[MSG:Enabled]\r\nok\r\n" : "[MSG:Disabled]\r\nok\r\n");
        w->model.banner_due = !w->model.check;
    } else if (strcmp(line, "M2") == 0 || strcmp(line, "M30") == 0) {
        snprintf(text, sizeof text, "[MSG:Pgm End]\r\nok\r\n");
    } else {
        snprintf(text, sizeof text, "ok\r\n");
    }
    world_reply(w, text);
}

static void report(struct world *w) {
    char text[160];
    w->model.asked = 0;
    snprintf(text, sizeof text, "<%s|MPos:0.000,0.000,0.000|Bf:15,128|FS:0,0%s>\r\n",
             w->model.check ? "Check" : w->state, w->more);
    world_reply(w, text);
}

bool world_answer_one(struct world *w) {
    char line[MODEL_LINE];
    if (w->model.banner_due) {
        model_reset(&w->model);
        w->model.banner_due = false;
        world_reply(w, "\r\nGrbl 1.1h ['$' for help]\r\n");
    } else if (w->model.asked) {
        report(w);
    } else if (!model_execute(&w->model, w->reply && strncmp(w->reply, "error", 5) == 0, line, sizeof line)) {
        return false;
    } else {
        answer_line(w, line);
    }
    if (w->model.violations) {
        fprintf(stderr, "work reached the machine before its start was committed: %s\n", w->model.violation);
        abort();
    }
    return true;
}

void world_answer(struct world *w) {
    while (!w->mute && world_answer_one(w))
        continue;
}

void world_pass(struct world *w, int64_t us) {
    int64_t until = w->now + us;
    for (int rounds = 0;; rounds++) {
        world_answer(w);
        int64_t due = gate_deadline(w->gate);
        if (due > until)
            break;
        if (rounds > 1000000 || due < w->now - 1)
            abort(); // a deadline that does not move
        if (due > w->now)
            w->now = due;
        gate_tick(w->gate, w->now);
        host(w);
        if (gate_deadline(w->gate) <= w->now)
            abort(); // the tick has not done what was due
    }
    w->now = until;
    gate_tick(w->gate, w->now);
    host(w);
    world_answer(w);
}

void world_declare(struct world *w) {
    const char *code;
    gate_declared(w->gate, w->now, &code);
    host(w);
}

void world_arm_and_start(struct world *w) {
    w->auto_start = true;
    world_declare(w);
}

void world_forget(struct world *w) {
    w->machine.length = w->sender.length = 0;
    w->replies = w->calls = 0;
}

static bool is(const struct world_bytes *b, const char *text, const char *who) {
    if (b->length == strlen(text) && memcmp(b->at, text, b->length) == 0)
        return true;
    fprintf(stderr, "to the %s: \"%.*s\"\nexpected: \"%s\"\n", who, (int)b->length, (const char *)b->at,
            text);
    return false;
}

bool world_machine_is(struct world *w, const char *text) {
    return is(&w->machine, text, "machine");
}

bool world_sender_is(struct world *w, const char *text) {
    return is(&w->sender, text, "sender");
}

size_t world_count(const struct world_bytes *b, const char *text) {
    size_t n = strlen(text), count = 0;
    for (size_t i = 0; i + n <= b->length; i++)
        count += memcmp(b->at + i, text, n) == 0;
    return count;
}

bool world_machine_has(struct world *w, const char *text) {
    return world_count(&w->machine, text) > 0;
}

bool world_sender_has(struct world *w, const char *text) {
    return world_count(&w->sender, text) > 0;
}

enum gate_state world_state(struct world *w) {
    struct gate_view view;
    gate_view(w->gate, &view);
    return view.state;
}
