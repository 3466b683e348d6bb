// Frames out of a stream of bytes: a firmware with a line of 80 bytes, as AVR Grbl has, around lg_hook_byte.
#include "unit.h"

#include <stdio.h>

#include "hook_board.h"

#define JOB  "JOB-000017"
#define WORK "M3 S500"

static struct board b;

// The firmware: what it does with a byte, and the lines that it would execute.
static char line[81], executed[4096];
static size_t used;

static void firmware_byte(char c) {
    enum lg_hook_byte_answer answer = lg_hook_byte(&b.hook, (uint8_t)c);
    if (answer == LG_BYTE_FRAME) {
        used = 0;
    } else if (answer == LG_BYTE_PASS && (c == '\r' || c == '\n')) {
        if (lg_hook_line(&b.hook, LINK_USB, line, used) == LG_HOOK_PASS)
            snprintf(executed + strlen(executed), sizeof executed - strlen(executed), "%.*s;", (int)used,
                     line);
        else
            strcat(executed, "error;");
        used = 0;
    } else if (answer == LG_BYTE_PASS && used < sizeof line - 1) {
        line[used++] = c;
    }
}

static void send(const char *bytes, size_t length) {
    executed[0] = '\0';
    b.said_length = 0;
    while (length--)
        firmware_byte(*bytes++);
}

static void send_text(const char *text) {
    send(text, strlen(text));
}

static void ready(void) {
    used = 0;
    board_ready(&b);
}

static void test_frames_between_lines(void **state) {
    (void)state;
    char text[400];
    ready();
    board_open_frame(&b, JOB, 30);
    snprintf(text, sizeof text, "G0 X1\n%sG0 X2\n", b.frame);
    send_text(text);
    assert_string_equal(executed, "G0 X1;G0 X2;");
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
    send_text("M3 S500\nM2\nM3 S500\n");
    assert_string_equal(executed, "M3 S500;M2;error;");
}

static void test_lines_that_only_begin_so(void **state) {
    (void)state;
    ready();
    send_text("$\n$L\n$LG\n$LGX\n$LOT?\n$$\n\n $LG PING\n$lg \n");
    assert_string_equal(executed, "$;error;error;error;error;$$;;error;error;");
}

// Cut at every byte, then a line end: the next line is the next line.
static void test_cut_frames(void **state) {
    (void)state;
    ready();
    board_open_frame(&b, JOB, 30);
    for (size_t length = 0; length < b.frame_length; length++) {
        char text[400];
        snprintf(text, sizeof text, "%.*s\nG0 X2\n", (int)length, b.frame);
        send_text(text);
        const char *last = strstr(executed, "G0 X2;");
        assert_non_null(last);
        assert_int_equal(last - executed, length == 0 ? 1 : length == 1 ? 2 : length < LINK_OPENING ? 6 : 0);
        assert_true(length < LINK_OPENING || b.said_length == 0);
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    }
}

// Without a line end: after a second the rest is a line of its own, which gets an answer instead of silence.
static void test_a_frame_that_stands_still(void **state) {
    (void)state;
    ready();
    send_text("$LG OPEN j=JOB-0");
    assert_true(lg_hook_receiving(&b.hook));
    board_wait(&b, 101);
    assert_false(lg_hook_receiving(&b.hook)); // other sources need not wait for it any longer
    board_wait(&b, 1000);
    send_text("G0 X2\nG0 X3\n");
    assert_string_equal(executed, "error;G0 X3;");
}

static void test_slow_frames(void **state) {
    (void)state;
    ready();
    board_open_frame(&b, JOB, 30);
    for (uint8_t i = 0; i <= b.frame_length; i++) {
        board_wait(&b, 900);
        firmware_byte(b.frame[i]);
    }
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
}

static void test_overlong_frames(void **state) {
    (void)state;
    ready();
    for (size_t length = LINK_FRAME_MAX - 1; length < 700; length++) {
        char text[800];
        memset(text, 'x', length);
        memcpy(text, "$LG SHOW d=", 11);
        memcpy(text + length - 20, "M3 S500 G1 X10", 14);
        strcpy(text + length, "\nG0 X2\n");
        send(text, length + 7);
        assert_string_equal(executed, "G0 X2;");
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    }
}

// A line or an event of another source in the middle of a frame costs the frame, and nothing else.
static void test_another_source_comes_between(void **state) {
    (void)state;
    ready();
    board_open_frame(&b, JOB, 30);
    for (uint8_t at = LINK_OPENING; at < b.frame_length; at++) {
        char frame[LINK_FRAME_MAX + 4];
        memcpy(frame, b.frame, sizeof frame);
        board_wait(&b, 2000); // so that an event may be told again
        send(frame, at);
        switch (at % 4) {
        case 0:
            assert_int_equal(lg_hook_line(&b.hook, LINK_SD, "G0 X5", 5), LG_HOOK_PASS);
            break;
        case 1:
            assert_int_equal(lg_hook_line(&b.hook, LINK_SD, WORK, strlen(WORK)), LG_HOOK_DENY);
            break;
        case 2:
            lg_hook_scan(&b.hook, "ACR-1126-001", 12);
            break;
        default:
            lg_hook_may_start(&b.hook, LINK_PANEL);
            break;
        }
        assert_false(lg_hook_receiving(&b.hook)); // it is lost already: nobody need wait for its end
        send(frame + at, (size_t)(b.frame_length + 1 - at));
        assert_string_equal(executed, "");
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
        send_text("G0 X2\n");
        assert_string_equal(executed, "G0 X2;");
        memcpy(b.frame, frame, sizeof frame);
    }
    send(b.frame, b.frame_length + 1u);
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
}

// Frames back to back as fast as they come: each is read, and nothing of them is executed.
static void test_flood_of_frames(void **state) {
    (void)state;
    ready();
    board_open_frame(&b, JOB, 30);
    b.frame[b.frame_length - 36] ^= 1; // the MAC's field is no m any more
    for (int i = 0; i < 2000; i++) {
        b.ms += 10;
        send(b.frame, b.frame_length + 1u);
        assert_string_equal(executed, "");
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    }
    send_text("G0 X2\n");
    assert_string_equal(executed, "G0 X2;");
}

// The screen's change when life is over in the middle of a frame leaves the frame alone.
static void test_life_ends_in_a_frame(void **state) {
    (void)state;
    ready();
    assert_int_equal(board_open(&b, JOB, 1), LINK_OK);
    assert_true(board_hello(&b));
    board_open_frame(&b, "JOB-000018", 30);
    for (uint8_t i = 0; i <= b.frame_length; i++) {
        b.ms += 20;
        firmware_byte(b.frame[i]);
    }
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED); // for the new job, the old one being over
    assert_string_equal(b.screen, "ACR-1126-001");
}

// The line end behind a frame is lost: the frame is obeyed, the next line is the next line, and a line end that comes late is
// not taken for the frame's.
static void test_a_lost_line_end(void **state) {
    (void)state;
    char text[2 * LINK_FRAME_MAX + 40];
    ready();
    board_open_frame(&b, JOB, 30);
    snprintf(text, sizeof text, "G0 X1\n%.*sG0 X2\nG0 X3\n", b.frame_length, b.frame);
    send_text(text);
    assert_string_equal(executed, "G0 X1;G0 X2;G0 X3;");
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
    // Another frame, and one that was cut behind its crc's first digits.
    snprintf(text, sizeof text, "%.*s%.*sG0 X4\n", b.frame_length, b.frame, b.frame_length, b.frame);
    send_text(text);
    assert_string_equal(executed, "G0 X4;");
    const char *first = strstr(b.said, "[LG:OPEN");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "[LG:OPEN"));
    snprintf(text, sizeof text, "%.*s%.*s\nG0 X5\n", b.frame_length - 2, b.frame, b.frame_length, b.frame);
    send_text(text);
    assert_string_equal(executed, "G0 X5;");
    // Also when the frame's crc is wrong: work behind it is judged as ever.
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    b.frame[8] ^= 1;
    snprintf(text, sizeof text, "%.*s" WORK "\nG0 X6\n", b.frame_length, b.frame);
    send_text(text);
    assert_string_equal(executed, "error;G0 X6;");
    send(b.frame, b.frame_length);
    board_wait(&b, 1001);
    send_text("\n");
    assert_string_equal(executed, ";");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lost_line_end),           cmocka_unit_test(test_frames_between_lines),
        cmocka_unit_test(test_lines_that_only_begin_so),  cmocka_unit_test(test_cut_frames),
        cmocka_unit_test(test_a_frame_that_stands_still), cmocka_unit_test(test_slow_frames),
        cmocka_unit_test(test_overlong_frames),           cmocka_unit_test(test_another_source_comes_between),
        cmocka_unit_test(test_flood_of_frames),           cmocka_unit_test(test_life_ends_in_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
