// test_gate_captures: recorded sessions pass through an armed gate byte for byte, in both directions.
//
// Invariant 4, kept by gate_out_machine and gate_out_sender being the only ways out, by gate_line_arrived (no
// line passes another) and by place() in gate_machine.c (only what lotgate asked itself is taken out).
// The captures of real firmware lie outside the tree; without them their tests are skipped. Those in
// tests/data are our own.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_world.h"

#define FOREIGN "../shared/captures/"
#define OWN     "tests/data/"

static int hex(char c) {
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static size_t unescape(uint8_t *out, const char *text) {
    size_t n = 0;
    for (; *text && *text != '\n'; text++) {
        if (*text != '\\') {
            out[n++] = (uint8_t)*text;
            continue;
        }
        text++;
        if (*text == 'x') {
            out[n++] = (uint8_t)(hex(text[1]) << 4 | hex(text[2]));
            text += 2;
        } else {
            out[n++] = *text == 'n' ? '\n' : *text == 'r' ? '\r' : (uint8_t)*text;
        }
    }
    return n;
}

static void keep(struct world_bytes *b, const uint8_t *bytes, size_t length) {
    memcpy(b->at + b->length, bytes, length);
    b->length += length;
}

static void assert_same(const char *path, const char *who, const struct world_bytes *is,
                        const struct world_bytes *was) {
    size_t i = 0;
    while (i < is->length && i < was->length && is->at[i] == was->at[i])
        i++;
    if (i == is->length && i == was->length)
        return;
    size_t from = i > 60 ? i - 60 : 0;
    fail_msg("%s: to the %s, byte %zu\nis:  ...%.*s\nwas: ...%.*s", path, who, i,
             (int)(is->length - from > 120 ? 120 : is->length - from), (const char *)is->at + from,
             (int)(was->length - from > 120 ? 120 : was->length - from), (const char *)was->at + from);
}

static void replay(const char *path, enum grbl_flavour flavour, bool replace) {
    struct gate_config config;
    struct world w;
    struct world_bytes sent = {malloc(WORLD_BYTES), 0}, received = {malloc(WORLD_BYTES), 0};
    char text[1024];
    uint8_t bytes[1024];
    FILE *file = fopen(path, "r");
    if (!file) {
        free(sent.at);
        free(received.at);
        print_message("%s is not there: skipped\n", path);
        skip();
    }
    world_config(&config);
    config.mode = GATE_UNTIL_CHANGED;
    config.flavour = flavour;
    config.replace_utf8 = replace;
    world_make(&w, &config);
    w.mute = true;
    world_arm_and_start(&w);
    while (fgets(text, sizeof text, file)) {
        char *rest;
        int64_t at = 2000000 + (int64_t)(strtod(text, &rest) * 1000);
        if (rest[0] != ' ' || (rest[1] != '>' && rest[1] != '<'))
            continue;
        size_t length = unescape(bytes, rest + 3);
        world_pass(&w, at - w.now);
        bool out = rest[1] == '>';
        keep(out ? &sent : &received, bytes, length);
        if (out)
            world_send_bytes(&w, bytes, length);
        else
            world_reply_bytes(&w, bytes, length);
    }
    fclose(file);
    world_pass(&w, 3000000);
    assert_true(sent.length > 0 && received.length > 0);
    assert_same(path, "machine", &w.machine, &sent);
    assert_same(path, "sender", &w.sender, &received);
    assert_int_equal(w.facts[GATE_FACT_UNAUTHORISED], 0);
    world_free(&w);
    free(sent.at);
    free(received.at);
}

#define REPLAY(name, path, flavour, replace)                                                                 \
    static void test_##name(void **state) {                                                                  \
        replay(path, flavour, replace);                                                                      \
    }

REPLAY(own_held_sender, OWN "grbl-held-sender.txt", GRBL_AVR, true)
REPLAY(own_reset_in_motion, OWN "grbl-reset-in-motion.txt", GRBL_AVR, true)
REPLAY(connect_jog_job, FOREIGN "grbl-1-connect-jog-job.txt", GRBL_AVR, true)
REPLAY(hold_reset, FOREIGN "grbl-2-hold-reset.txt", GRBL_AVR, true)
REPLAY(edge_cases, FOREIGN "grbl-3-edge-cases.txt", GRBL_AVR, true)
REPLAY(charcount_error, FOREIGN "grbl-4-charcount-stream-error-midjob.txt", GRBL_AVR, true)
// These two hold UTF-8 on purpose, and show what it does to a machine: replaced it would not be.
REPLAY(run_and_hold, FOREIGN "grbl-5-run-and-hold-corners.txt", GRBL_AVR, false)
REPLAY(utf8_door, FOREIGN "grbl-6-utf8-comment-door.txt", GRBL_AVR, false)
REPLAY(cncjs, FOREIGN "cncjs-grbl.txt", GRBL_AVR, true)
REPLAY(grblhal, FOREIGN "grblhal-1.txt", GRBL_HAL, true)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_held_sender), cmocka_unit_test(test_own_reset_in_motion),
        cmocka_unit_test(test_connect_jog_job), cmocka_unit_test(test_hold_reset),
        cmocka_unit_test(test_edge_cases),      cmocka_unit_test(test_charcount_error),
        cmocka_unit_test(test_run_and_hold),    cmocka_unit_test(test_utf8_door),
        cmocka_unit_test(test_cncjs),           cmocka_unit_test(test_grblhal),
    };
    return cmocka_run_group_tests_name("gate_captures", tests, NULL, NULL) ? 1 : 0;
}
