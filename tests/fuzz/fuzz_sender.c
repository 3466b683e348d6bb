// fuzz_sender: a gate between an arbitrary sender, an arbitrary host and a machine that executes what it gets.
//
// The input is a script: one byte says what happens, the next ones what with. After every step:
//   - no line of work has reached the machine unless a start was committed (gate_model.h, an oracle of its own);
//   - a safety byte has passed within the call that brought it;
//   - a committed start has one end, never two;
//   - gate_tick leaves no timer that is due.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "gate_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct gate *gate;
    struct model model;
    int64_t now;
    bool start_wanted, identity_wanted, open_machine;
    int open_jobs;
    unsigned declares;
    const uint8_t *p, *end;
    const char *state;
};

static void fail(const char *what, const char *detail) {
    fprintf(stderr, "fuzz_sender: %s: %s\n", what, detail);
    abort();
}

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct run *r = context;
    if (!r->open_machine)
        fail("bytes for a machine that is not there", "");
    model_bytes(&r->model, bytes, length);
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {}

static void on_fact(void *context, const struct gate_fact *f) {
    struct run *r = context;
    r->start_wanted |= f->type == GATE_FACT_START_WANTED;
    r->identity_wanted |= f->type == GATE_FACT_IDENTITY;
    r->declares += f->type == GATE_FACT_DECLARE || f->type == GATE_FACT_OPERATOR;
    for (const char *t = f->text ? f->text : ""; *t; t++)
        if (*t < ' ' || *t > '~')
            fail("a fact's text is not printable", f->text);
    if (f->type == GATE_FACT_ENDED && !f->job->dry_run) {
        if (--r->open_jobs < 0)
            fail("an end without a start", f->text);
        r->model.committed = false;
    }
}

static uint8_t next(struct run *r) {
    return r->p < r->end ? *r->p++ : 0;
}

static void say(struct run *r, const char *text) {
    gate_from_machine(r->gate, (const uint8_t *)text, strlen(text), r->now);
}

static void lines_from_list(struct run *r) {
    static const char *const lines[] = {
        "G21\n",
        "G0 X1 Y2\n",
        "M4 S0\n",
        "M3 S10\n",
        "G1 X10 S500 F1000\n",
        "X12\n",
        "S800\n",
        "S0\n",
        "M5\n",
        "M2\n",
        "M30\r\n",
        "\n",
        "\r\n",
        "$$\n",
        "$H\n",
        "$J=G91X1F100\n",
        "$SD/Run=/a.nc\n",
        "$C\n",
        "$LOT=ACR-1126-001\n",
        "$LOT?\n",
        "$OP=4711\n",
        "; comment\n",
        "(c) G1 X1\r",
        "FOO\n",
        "M3\n",
        "G1 X5 S10\n",
        "G4 P0.5\n",
        "$G\n",
        "G91 G1 X1 F100\n",
        "M3 S1000\n",
        "%\n",
        "; \xc3\x84\n",
        "G38.2 Z-5 F10\n",
        "\xc2\x90",
    };
    const char *line = lines[next(r) % (sizeof lines / sizeof lines[0])];
    gate_from_sender(r->gate, (const uint8_t *)line, strlen(line), r->now);
}

static void raw_from_sender(struct run *r) {
    size_t length = next(r) % 64;
    if (length > (size_t)(r->end - r->p))
        length = (size_t)(r->end - r->p);
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, r->p, length);
    r->p += length;
    gate_from_sender(r->gate, copy, length, r->now);
    free(copy);
}

static void safety_from_sender(struct run *r) {
    struct gate_view view;
    gate_view(r->gate, &view);
    unsigned holds = r->model.holds;
    gate_from_sender(r->gate, (const uint8_t *)"!", 1, r->now);
    if (view.machine_open && view.sender_present && r->model.holds == holds)
        fail("a feed hold was kept back", gate_state_name(view.state));
    unsigned resets = r->model.resets;
    if (next(r) & 1)
        return;
    gate_from_sender(r->gate, (const uint8_t *)"\x18", 1, r->now);
    if (view.machine_open && view.sender_present && r->model.resets == resets)
        fail("a reset was kept back", gate_state_name(view.state));
}

static void report(struct run *r) {
    char text[96];
    r->model.asked = 0;
    snprintf(text, sizeof text, "<%s|MPos:0.000,0.000,0.000|Bf:15,128|FS:0,0>\r\n",
             r->model.check ? "Check" : r->state);
    say(r, text);
}

static void answer(struct run *r, bool refuse) {
    char line[MODEL_LINE];
    if (r->model.banner_due) {
        model_reset(&r->model);
        r->model.banner_due = false;
        say(r, "\r\nGrbl 1.1h ['$' for help]\r\n");
    } else if (r->model.asked) {
        report(r);
    } else if (!model_execute(&r->model, refuse, line, sizeof line)) {
        return;
    } else if (refuse) {
        say(r, "error:9\r\n");
    } else if (strcmp(line, "$I") == 0) {
        say(r, "[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n");
    } else if (strcmp(line, "$C") == 0) {
        r->model.check = !r->model.check;
        say(r, r->model.check ? "[MSG:Enabled]\r\nok\r\n" : "[MSG:Disabled]\r\nok\r\n");
        r->model.banner_due = !r->model.check;
    } else if (strcmp(line, "M2") == 0) {
        say(r, "[MSG:Pgm End]\r\nok\r\n");
    } else {
        say(r, "ok\r\n");
    }
}

static void time_passes(struct run *r) {
    int64_t until = r->now + (int64_t)next(r) * 20000;
    for (int i = 0; gate_deadline(r->gate) <= until; i++) {
        if (gate_deadline(r->gate) > r->now)
            r->now = gate_deadline(r->gate);
        gate_tick(r->gate, r->now);
        if (gate_deadline(r->gate) <= r->now || i > 100000)
            fail("a timer is still due", "");
    }
    r->now = until;
    gate_tick(r->gate, r->now);
}

static void host(struct run *r) {
    const char *code;
    switch (next(r) % 12) {
    case 0:
    case 1:
        gate_declared(r->gate, r->now, &code);
        return;
    case 2:
    case 3:
        if (!r->start_wanted)
            return;
        r->start_wanted = false;
        r->open_jobs++; // durable, whether the gate still wants it or not
        r->model.committed = true;
        gate_start_committed(r->gate, r->now);
        return;
    case 4:
        gate_disarm(r->gate, r->now);
        return;
    case 5:
        if (r->declares) {
            r->declares--;
            gate_declare_answer(r->gate, r->now, next(r) & 1, "an answer");
        }
        return;
    case 6:
        r->start_wanted = false; // the write failed
        gate_ledger_failed(r->gate, r->now, "the disk is full: make room");
        return;
    case 7:
        gate_ledger_recovered(r->gate, r->now);
        return;
    case 8:
        gate_fault_cleared(r->gate, r->now);
        return;
    case 9:
        if (r->identity_wanted)
            gate_identity_confirmed(r->gate, r->now);
        return;
    case 10:
        gate_identity_refused(r->gate, r->now, "another machine answers");
        return;
    case 11:
        gate_resume(r->gate, r->now);
        return;
    }
}

static void line_events(struct run *r) {
    switch (next(r) % 6) {
    case 0:
        gate_sender_gone(r->gate, r->now);
        return;
    case 1:
        gate_sender_connected(r->gate, r->now);
        return;
    case 2:
        gate_machine_lost(r->gate, r->now, "unplugged");
        r->open_machine = false;
        return;
    case 3:
        if (r->open_machine)
            return;
        r->open_machine = true;
        model_reset(&r->model);
        r->model.banner_due = true; // opening resets it; here it always says so
        gate_machine_opened(r->gate, r->now);
        return;
    case 4:
        model_reset(&r->model); // by its own key
        say(r, "\r\nGrbl 1.1h ['$' for help]\r\n");
        return;
    case 5:
        gate_reset(r->gate, r->now);
        return;
    }
}

static void step(struct run *r) {
    static const char *const states[] = {"Idle", "Idle", "Run", "Hold:0", "Alarm", "Door:0"};
    switch (next(r) % 12) {
    case 0:
    case 1:
    case 2:
        lines_from_list(r);
        return;
    case 3:
        raw_from_sender(r);
        return;
    case 4:
        safety_from_sender(r);
        return;
    case 5:
        answer(r, false);
        return;
    case 6:
        for (int i = 0; i < 20; i++)
            answer(r, false);
        return;
    case 7:
        answer(r, true);
        return;
    case 8:
        time_passes(r);
        return;
    case 9:
        host(r);
        return;
    case 10:
        line_events(r);
        return;
    case 11:
        r->state = states[next(r) % 6];
        report(r);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct run run;
    struct gate_config config;
    gate_config_default(&config);
    run.now = 1000000;
    run.p = data;
    run.end = data + size;
    run.state = "Idle";
    run.open_machine = true;
    run.start_wanted = run.identity_wanted = false;
    run.open_jobs = 0;
    run.declares = 0;
    uint8_t how = next(&run);
    config.expect_identity = how & 1;
    config.poll = how & 2;
    config.mode = how & 4 ? GATE_UNTIL_CHANGED : GATE_EACH_JOB;
    config.held = how & 8 ? GATE_REFUSE : GATE_WAIT;
    config.held_us = 3000000;
    config.flavour = (enum grbl_flavour)((how >> 4) % GRBL_FLAVOURS);
    config.rules.machine = how & 64 ? GCODE_CNC : GCODE_LASER;
    model_make(&run.model, &config.rules, config.flavour);
    run.gate = gate_create(&config, &(struct gate_output){&run, to_machine, to_sender, on_fact});
    gate_machine_opened(run.gate, run.now);
    gate_sender_connected(run.gate, run.now);
    run.model.banner_due = true;
    while (run.p < run.end) {
        step(&run);
        if (run.model.violations)
            fail("work before its start was committed", run.model.violation);
    }
    gate_shutdown(run.gate, run.now);
    if (run.open_jobs != 0)
        fail("a committed start without an end", "");
    gate_free(run.gate);
    return 0;
}
