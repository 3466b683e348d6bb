// fuzz_machine: arbitrary bytes from the machine, in arbitrary pieces, at a gate that asks and polls or does not.
//
// Whatever the machine says, with nothing committed no line that is work on its face reaches it. A gate that
// asks nothing itself hands every byte on: only whole lines of its own come between. With a hook looked for, what opens
// like a frame gets a right checksum, so that every frame's fields are reached; none of it is seen by the sender.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc16.h"
#include "gate.h"
#include "gcode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (256 * 1024)

struct run {
    struct gate_config config;
    uint8_t machine[BYTES_MAX], sender[BYTES_MAX], said[BYTES_MAX];
    size_t machine_length, sender_length, said_length;
    bool start_wanted;
};

static void fail(const char *what) {
    fprintf(stderr, "fuzz_machine: %s\n", what);
    abort();
}

static void keep(uint8_t *to, size_t *at, const uint8_t *bytes, size_t length) {
    if (*at + length > BYTES_MAX)
        return;
    memcpy(to + *at, bytes, length);
    *at += length;
}

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct run *r = context;
    keep(r->machine, &r->machine_length, bytes, length);
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {
    struct run *r = context;
    keep(r->sender, &r->sender_length, bytes, length);
}

static void on_fact(void *context, const struct gate_fact *f) {
    struct run *r = context;
    r->start_wanted |= f->type == GATE_FACT_START_WANTED;
    if (f->type == GATE_FACT_ENDED && !f->job->dry_run)
        fail("an end of a job that was never committed");
}

// Judged against a machine with everything off: what is work even then is work in any state.
static void no_work(const struct run *r) {
    struct gcode_modal off;
    size_t from = 0;
    for (size_t i = 0; i < r->machine_length; i++) {
        if (r->machine[i] != '\n' && r->machine[i] != '\r')
            continue;
        struct gcode_block block;
        gcode_modal_reset(&off);
        while (from < i && strchr("?!~\x18", r->machine[from]))
            from++;
        bool frame = i - from > 4 && memcmp(r->machine + from, "$LG ", 4) == 0;
        gcode_scan(&block, r->machine + from, frame ? 0 : i - from);
        if (gcode_classify(&r->config.rules, &off, &block) >= GCODE_WORK)
            fail("work without a committed start");
        from = i + 1;
    }
}

// What reached the sender, without lotgate's own lines, is what the machine said.
static void all_passed(const struct run *r) {
    static const char own[] = "[MSG:lotgate: ";
    size_t s = 0, m = 0;
    bool fresh = true;
    while (s < r->sender_length) {
        if (fresh && r->sender_length - s > sizeof own && memcmp(r->sender + s, own, sizeof own - 1) == 0) {
            while (s < r->sender_length && r->sender[s] != '\n')
                s++;
            s++;
            continue;
        }
        if (m == r->said_length || r->sender[s] != r->said[m])
            fail("the sender got other bytes than the machine sent");
        fresh = r->sender[s] == '\n';
        s++, m++;
    }
    if (m != r->said_length)
        fail("bytes of the machine were lost");
}

// In the middle of a line that passed in pieces a frame cannot be taken out any more.
static void no_frames(const struct run *r) {
    for (size_t i = 0; i + 4 <= r->sender_length; i++)
        if ((i == 0 || r->sender[i - 1] == '\n') && memcmp(r->sender + i, "[LG:", 4) == 0)
            fail("the sender saw a frame");
}

// Puts the right checksum behind the `*` of what opens like a frame.
static void sum_frames(uint8_t *data, size_t size) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i + 4 < size; i++) {
        if (memcmp(data + i, "[LG:", 4) != 0)
            continue;
        const uint8_t *star = memchr(data + i, '*', size - i);
        size_t at = star ? (size_t)(star - data) : size;
        uint16_t crc = crc16(CRC16_START, data + i + 4, at - i - 4 < size ? at - i - 4 : 0);
        for (size_t k = 0; k < 4 && at + 1 + k < size; k++)
            data[at + 1 + k] = (uint8_t)digits[crc >> (12 - 4 * k) & 15];
    }
}

static bool holds_own_words(const uint8_t *data, size_t size) {
    static const char own[] = "[MSG:lotgate";
    for (size_t i = 0; i + sizeof own <= size; i++)
        if (memcmp(data + i, own, sizeof own - 1) == 0)
            return true;
    return false;
}

static void talk(struct run *r, struct gate *gate, const uint8_t *data, size_t size, bool lines) {
    static const char *const sent[] = {"?",    "G21\n", "G0 X1\n",         "?\n",
                                       "M5\n", "$G\n",  "G1 X1 S500 M3\n", "M2\n"};
    int64_t now = 1000000;
    for (size_t at = 0; at < size;) {
        size_t length = 1 + data[at] % 31;
        if (length > size - at)
            length = size - at;
        uint8_t *copy = malloc(length);
        memcpy(copy, data + at, length);
        gate_from_machine(gate, copy, length, now);
        free(copy);
        keep(r->said, &r->said_length, data + at, length);
        at += length;
        now += 50000;
        if (lines) {
            const char *text = sent[(at + length) % 8];
            gate_from_sender(gate, (const uint8_t *)text, strlen(text), now);
        }
        if (gate_deadline(gate) <= now)
            gate_tick(gate, now);
        if (gate_deadline(gate) <= now)
            fail("a timer is still due");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct run run;
    static uint8_t summed[8192];
    if (size < 1 || size > sizeof summed)
        return 0;
    uint8_t how = data[0];
    memcpy(summed, data, size);
    run.machine_length = run.sender_length = run.said_length = 0;
    run.start_wanted = false;
    gate_config_default(&run.config);
    bool asks = how & 1;
    run.config.poll = run.config.expect_identity = asks;
    run.config.flavour = (enum grbl_flavour)((how >> 1) % GRBL_FLAVOURS);
    if (how & 16) {
        run.config.hook = how & 32 ? GATE_HOOK_EXPECTED : GATE_HOOK_IF_ANY;
        run.config.has_key[0] = how & 64;
        run.config.has_key[1] = how & 128;
        sum_frames(summed + 1, size - 1);
    }
    struct gate *gate = gate_create(&run.config, &(struct gate_output){&run, to_machine, to_sender, on_fact});
    const char *code;
    gate_machine_opened(gate, 0);
    gate_sender_connected(gate, 0);
    if (asks)
        gate_identity_confirmed(gate, 0);
    if (how & 8)
        gate_declared(gate, 0, &code); // a start is asked for, but never made durable
    gate_hook_job(gate, "JOB-000001", "LOT");
    talk(&run, gate, summed + 1, size - 1, asks);
    no_work(&run);
    if (how & 16 && how & 32)
        no_frames(&run);
    if (!asks && !(how & 16) && !holds_own_words(data, size))
        all_passed(&run);
    gate_shutdown(gate, INT64_MAX / 2);
    gate_free(gate);
    return 0;
}
