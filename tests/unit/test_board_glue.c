// boards/glue: what Grbl_ESP32, FluidNC and Marlin call, with a port of the test's own.
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../boards/glue/lotgate.c"

#include "link_help.h" // help_open

static struct {
    char out[2048], shown[128];
    uint8_t store[64];
    bool stored, button, full;
    uint32_t ms;
    uint8_t nonces;
} board;

void lotgate_port_write(const char *frame) {
    strncat(board.out, frame, sizeof board.out - strlen(board.out) - 1);
}

uint32_t lotgate_port_millis(void) {
    return board.ms;
}

void lotgate_port_random(uint8_t bytes[8]) {
    memset(bytes, 0, 8);
    bytes[0] = ++board.nonces;
}

bool lotgate_port_load(uint8_t *bytes, unsigned length) {
    if (board.stored)
        memcpy(bytes, board.store, length);
    return board.stored;
}

bool lotgate_port_save(const uint8_t *bytes, unsigned length) {
    assert_true(length <= sizeof board.store);
    if (board.full)
        return false;
    memcpy(board.store, bytes, length);
    board.stored = true;
    return true;
}

void lotgate_port_show(const char *text) {
    snprintf(board.shown, sizeof board.shown, "%s", text);
}

bool lotgate_port_button(void) {
    return board.button;
}

static const uint8_t key[SIPHASH_KEY] = {7, 7, 7, 7, 1};

static void power_on(enum lotgate_kind kind) {
    memset(&lotgate, 0, sizeof lotgate);
    board.out[0] = '\0';
    lotgate_init("SN-1", "test", kind);
}

static int setup(void **state) {
    memset(&board, 0, sizeof board);
    power_on(LOTGATE_LASER);
    return 0;
}

static enum lotgate_answer frame_to(const char *frame) {
    char line[LINK_FRAME_MAX + 3];
    snprintf(line, sizeof line, "%s", frame);
    line[strcspn(line, "\r\n")] = '\0';
    return lotgate_line(LOTGATE_USB, line);
}

static void pair(void) {
    char frame[LINK_FRAME_MAX + 3];
    assert_int_equal(frame_to(help_pair(frame, key)), LOTGATE_DONE);
    assert_non_null(strstr(board.out, "[LG:PAIR ok=0001*"));
}

static void open_for(const char *job) {
    char frame[LINK_FRAME_MAX + 3];
    struct link_secret secret;
    board.out[0] = '\0';
    assert_int_equal(frame_to(help_hello(frame, 2)), LOTGATE_DONE);
    help_secret(&secret, key, 2, board.out);
    assert_int_equal(frame_to(help_open(frame, &secret, job)), LOTGATE_DONE);
    assert_non_null(strstr(board.out, "ok=0001"));
}

static void test_each_way_is_asked(void **state) {
    static const enum lotgate_way ways[] = {LOTGATE_USB, LOTGATE_CARD, LOTGATE_SCREEN, LOTGATE_NETWORK};
    static const char *const said[] = {"src=usb", "src=sd", "src=panel", "src=wifi"};
    pair();
    for (size_t i = 0; i < 4; i++) {
        board.ms += 10000; // told at most so often
        board.out[0] = '\0';
        assert_int_equal(lotgate_line(ways[i], "M3 S500"), LOTGATE_REFUSE);
        assert_non_null(strstr(board.out, said[i]));
        assert_int_equal(lotgate_line(ways[i], "G0 X1"), LOTGATE_EXECUTE);
        board.ms += 10000;
        assert_false(lotgate_may_start(ways[i]));
    }
}

static void test_a_frame_is_taken_from_the_wire_alone(void **state) {
    char frame[LINK_FRAME_MAX + 3];
    help_hello(frame, 1);
    frame[strcspn(frame, "\r\n")] = '\0';
    pair();
    assert_int_equal(lotgate_line(LOTGATE_NETWORK, frame), LOTGATE_REFUSE);
    assert_int_equal(lotgate_line(LOTGATE_USB, frame), LOTGATE_DONE);
}

static void test_a_file_runs_once_it_is_opened(void **state) {
    pair();
    open_for("JOB-1");
    assert_true(lotgate_may_start(LOTGATE_CARD));
    assert_int_equal(lotgate_line(LOTGATE_CARD, "M3 S500"), LOTGATE_EXECUTE);
    assert_int_equal(lotgate_line(LOTGATE_USB, "M3 S500"), LOTGATE_REFUSE);
    assert_true(lotgate_may_start(LOTGATE_CARD)); // after a pause
    lotgate_ended(LOTGATE_CARD);
    assert_false(lotgate_may_start(LOTGATE_CARD));
}

static void test_a_reset_ends_the_job(void **state) {
    pair();
    open_for("JOB-2");
    assert_int_equal(lotgate_line(LOTGATE_USB, "M3 S500"), LOTGATE_EXECUTE);
    lotgate_reset();
    assert_int_equal(lotgate_line(LOTGATE_USB, "M3 S500"), LOTGATE_REFUSE);
}

static void test_printers_are_judged_as_printers(void **state) {
    power_on(LOTGATE_PRINTER);
    pair();
    assert_int_equal(lotgate_line(LOTGATE_USB, "M104 S200"), LOTGATE_EXECUTE);
    assert_int_equal(lotgate_line(LOTGATE_USB, "N7 G1 X10 Y10 E1.5*96"), LOTGATE_REFUSE);
}

static void test_the_key_is_kept_whole_or_not_at_all(void **state) {
    char frame[LINK_FRAME_MAX + 3];
    board.full = true;
    frame_to(help_pair(frame, key));
    assert_non_null(strstr(board.out, "err=store"));
    board.full = false;
    pair();
    power_on(LOTGATE_LASER);
    frame_to(help_hello(frame, 1));
    assert_non_null(strstr(board.out, "st=locked"));
    frame_to(help_pair(frame, key));
    assert_non_null(strstr(board.out, "err=paired"));
    board.button = true;
    pair();
}

static void test_before_its_start_all_is_refused(void **state) {
    memset(&lotgate, 0, sizeof lotgate);
    assert_int_equal(lotgate_line(LOTGATE_USB, "G0 X1"), LOTGATE_REFUSE);
    assert_false(lotgate_may_start(LOTGATE_CARD));
    lotgate_tick();
    lotgate_reset();
    lotgate_ended(LOTGATE_CARD);
    lotgate_scanned("ACR-1");
    assert_string_equal(board.out, "");
}

static void test_what_the_scanner_read_goes_to_the_host(void **state) {
    lotgate_scanned("ACR-1126-001");
    assert_non_null(strstr(board.out, "[LG:SCAN d=ACR-1126-001*"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_way_is_asked, setup),
        cmocka_unit_test_setup(test_a_frame_is_taken_from_the_wire_alone, setup),
        cmocka_unit_test_setup(test_a_file_runs_once_it_is_opened, setup),
        cmocka_unit_test_setup(test_a_reset_ends_the_job, setup),
        cmocka_unit_test_setup(test_printers_are_judged_as_printers, setup),
        cmocka_unit_test_setup(test_the_key_is_kept_whole_or_not_at_all, setup),
        cmocka_unit_test_setup(test_before_its_start_all_is_refused, setup),
        cmocka_unit_test_setup(test_what_the_scanner_read_goes_to_the_host, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
