// Attacks on the hook, by someone who hears and says whatever he likes on the line but has no key: nothing opens.
#include "unit.h"

#include <stdio.h>

#include "hook_board.h"

#define JOB  "JOB-000017"
#define WORK "M3 S500"

static struct board b;

static bool shut(void) {
    enum link_state state = lg_hook_state(&b.hook);
    return state != LINK_OPENED && state != LINK_RUNNING && board_line(&b, LINK_USB, WORK) == LG_HOOK_DENY &&
           board_line(&b, LINK_SD, WORK) == LG_HOOK_DENY && !lg_hook_may_start(&b.hook, LINK_PANEL) &&
           !b.enabled;
}

// The owner's host can still open it: no attack locks it out for good.
static bool still_opens(void) {
    board_wait(&b, LG_HOOK_WAIT_MAX);
    return board_hello(&b) && board_open(&b, "JOB-000099", 30) == LINK_OK &&
           board_close(&b, "JOB-000099") == LINK_OK;
}

// Makes the crc right again after the frame was altered.
static void mend_crc(void) {
    uint16_t crc = 0xFFFF;
    char *p = b.frame + LINK_OPENING, *end = b.frame + b.frame_length - 5;
    for (; p < end; p++) {
        crc ^= (uint16_t)((uint8_t)*p << 8);
        for (int i = 0; i < 8; i++)
            crc = (uint16_t)(crc & 0x8000 ? crc * 2 ^ 0x1021 : crc * 2);
    }
    for (int i = 1; i <= 4; i++, crc = (uint16_t)(crc << 4))
        end[i] = "0123456789ABCDEF"[crc >> 12];
}

static void test_replayed_open(void **state) {
    (void)state;
    board_ready(&b);
    assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
    struct board heard = b; // the attacker has the frame
    assert_int_equal(board_line(&b, LINK_SD, WORK), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_SD, "M2"), LG_HOOK_PASS);
    memcpy(b.frame, heard.frame, sizeof b.frame);
    b.frame_length = heard.frame_length;
    assert_int_equal(board_result(&b), LINK_ERR_NONCE); // the pair has opened its job
    assert_true(shut());
    struct link_secret own = b.secret;
    assert_true(board_hello(&b)); // and under a new pair
    memcpy(b.frame, heard.frame, sizeof b.frame);
    b.frame_length = heard.frame_length;
    assert_int_equal(board_result(&b), LINK_ERR_MAC);
    assert_true(shut());
    // And when he says the owner's HELLO again, the hook's nonce is another.
    b.secret = own;
    struct link_writer w;
    board_begin(&b, &w, LINK_HELLO);
    link_put_hex(&w, "n", own.host_nonce, LINK_NONCE);
    board_end(&b, &w);
    board_say(&b);
    board_wait(&b, LG_HOOK_WAIT_MAX);
    memcpy(b.frame, heard.frame, sizeof b.frame);
    b.frame_length = heard.frame_length;
    assert_int_equal(board_result(&b), LINK_ERR_MAC);
    assert_true(shut());
    assert_true(still_opens());
}

// An OPEN held back until the job of that pair has been opened by another frame and has ended.
static void test_open_held_back(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    struct board held = b;
    assert_int_equal(board_open(&b, JOB, 60), LINK_OK);
    assert_int_equal(board_close(&b, JOB), LINK_OK);
    memcpy(b.frame, held.frame, sizeof b.frame);
    b.frame_length = held.frame_length;
    assert_int_equal(board_result(&b), LINK_ERR_NONCE);
    assert_true(shut());
    // A job that goes on under a new pair uses that pair up as well.
    assert_true(board_hello(&b));
    assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
    assert_true(board_hello(&b));
    board_open_frame(&b, JOB, 30);
    held = b;
    assert_int_equal(board_result(&b), LINK_OK);
    assert_int_equal(board_close(&b, JOB), LINK_OK);
    memcpy(b.frame, held.frame, sizeof b.frame);
    b.frame_length = held.frame_length;
    assert_int_equal(board_result(&b), LINK_ERR_NONCE);
    assert_true(shut());
}

static void test_open_for_another_machine(void **state) {
    (void)state;
    static struct board other;
    board_new(&other);
    board_pair(&other, 2); // the same host, another machine, another key
    board_ready(&b);
    board_hello(&other);
    board_open_frame(&other, JOB, 30);
    memcpy(b.frame, other.frame, sizeof b.frame);
    b.frame_length = other.frame_length;
    assert_int_equal(board_result(&b), LINK_ERR_MAC);
    assert_true(shut());
    // A machine with the same key would still have another nonce.
    board_new(&other);
    other.nonces = 1000;
    board_pair(&other, 1);
    board_hello(&other);
    board_open_frame(&other, JOB, 30);
    memcpy(b.frame, other.frame, sizeof b.frame);
    b.frame_length = other.frame_length;
    board_wait(&b, LG_HOOK_WAIT_MAX);
    assert_int_equal(board_result(&b), LINK_ERR_MAC);
    assert_true(shut());
    assert_true(still_opens());
}

// Every byte of job, lot and life replaced, with the crc made right again.
static void test_altered_open(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    struct board good = b;
    for (int at = LINK_OPENING + 5; at < good.frame_length - 5; at++) {
        memcpy(b.frame, good.frame, sizeof b.frame);
        b.frame[at] = b.frame[at] == '8' ? '9' : '8';
        mend_crc();
        board_wait(&b, LG_HOOK_WAIT_MAX);
        assert_int_not_equal(board_result(&b), LINK_OK);
        assert_true(shut());
    }
    memcpy(b.frame, good.frame, sizeof b.frame);
    board_wait(&b, LG_HOOK_WAIT_MAX);
    assert_int_equal(board_result(&b), LINK_OK);
}

static void test_wrong_crc(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    for (int i = 1; i <= 4; i++) {
        char *digit = &b.frame[b.frame_length - i], right = *digit;
        *digit = right == '0' ? '1' : '0';
        assert_int_equal(board_say(&b), LG_HOOK_CONSUMED);
        assert_int_equal(b.said_length, 0); // not answered
        *digit = right;
        assert_true(shut());
    }
    assert_int_equal(board_result(&b), LINK_OK);
}

// Cut at every byte: consumed, not answered, and the line after it is the line after it.
static void test_cut_frames(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    for (size_t length = LINK_OPENING; length < b.frame_length; length++) {
        assert_int_equal(board_line_of(&b, LINK_USB, b.frame, length), LG_HOOK_CONSUMED);
        assert_int_equal(b.said_length, 0);
        assert_true(shut());
        assert_int_equal(board_line(&b, LINK_USB, "G0 X1"), LG_HOOK_PASS);
    }
    // A cut frame and a whole one on one line: the whole one counts.
    char line[300];
    snprintf(line, sizeof line, "$LG OPEN j=JOB-0%s", b.frame);
    line[strlen(line) - 1] = '\0'; // the LF
    assert_int_equal(board_line(&b, LINK_USB, line), LG_HOOK_CONSUMED);
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
}

static void test_overlong_frames(void **state) {
    (void)state;
    static char line[2000];
    board_ready(&b);
    for (size_t length = LINK_FRAME_MAX - 2; length < sizeof line; length += length < 300 ? 1 : 97) {
        memset(line, 'x', length);
        memcpy(line, "$LG SHOW d=", 11);
        memcpy(line + length / 2, "\tM3 S500 G1 X10", 15);
        assert_int_equal(board_line_of(&b, LINK_USB, line, length), LG_HOOK_CONSUMED);
        assert_int_equal(b.said_length, 0);
        assert_int_equal(board_line(&b, LINK_USB, "G0 X1"), LG_HOOK_PASS);
    }
    assert_true(shut());
}

// Each wrong MAC makes the hook deaf for twice as long; HELLO does not end that, a right MAC does.
static void test_guessed_mac_is_rate_limited(void **state) {
    (void)state;
    board_ready(&b);
    struct link_secret right = b.secret;
    uint32_t wait = LG_HOOK_WAIT_FIRST;
    for (int guess = 0; guess < 20; guess++) {
        b.secret.key[0] ^= 0x55;
        assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_MAC);
        assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_WAIT);
        b.secret.key[0] ^= 0x55;
        assert_true(board_hello(&b));
        assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_WAIT); // not even the right one
        board_wait(&b, wait - 1);
        assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_WAIT);
        assert_false(board_ping(&b, 1));
        assert_true(shut());
        board_wait(&b, 1);
        wait = wait < LG_HOOK_WAIT_MAX ? 2 * wait : wait;
    }
    assert_memory_equal(right.key, b.secret.key, SIPHASH_KEY);
    assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
    assert_int_equal(board_close(&b, JOB), LINK_OK);
    b.secret.key[0] ^= 0x55;
    assert_int_equal(board_close(&b, JOB), LINK_ERR_MAC);
    board_wait(&b, LG_HOOK_WAIT_FIRST); // short again after a right one
    b.secret.key[0] ^= 0x55;
    assert_int_equal(board_close(&b, JOB), LINK_OK);
    // A minute and more later the wait is not found anew.
    b.secret.key[0] ^= 0x55;
    assert_int_equal(board_close(&b, JOB), LINK_ERR_MAC);
    b.secret.key[0] ^= 0x55;
    for (int minute = 0; minute < 5; minute++) {
        board_wait(&b, 60000);
        assert_int_equal(board_close(&b, JOB), LINK_OK);
    }
}

// A recorded session is of no use after any number of power cycles: the nonces never come again.
static void test_nonces_after_power_cycles(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    char recorded[LINK_FRAME_MAX + 4], hello[LINK_FRAME_MAX + 4];
    memcpy(recorded, b.frame, sizeof recorded);
    uint8_t recorded_length = b.frame_length;
    struct link_writer w;
    board_begin(&b, &w, LINK_HELLO);
    link_put_hex(&w, "n", b.secret.host_nonce, LINK_NONCE);
    board_end(&b, &w);
    memcpy(hello, b.frame, sizeof hello);
    uint8_t hello_length = b.frame_length;
    for (int cycle = 0; cycle < 100; cycle++) {
        board_power(&b);
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
        memcpy(b.frame, recorded, sizeof recorded);
        b.frame_length = recorded_length;
        assert_int_equal(board_result(&b), LINK_ERR_NONCE); // nothing opens before a HELLO
        board_line_of(&b, LINK_USB, hello, hello_length);
        assert_int_equal(board_result(&b), LINK_ERR_MAC);
        assert_true(shut());
    }
    assert_true(still_opens());
}

static void test_pair_while_paired(void **state) {
    (void)state;
    board_ready(&b);
    struct link_secret owner = b.secret;
    assert_int_equal(board_pair(&b, 99), LINK_ERR_PAIRED);
    assert_true(board_hello(&b));
    assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_MAC); // the attacker's key
    memcpy(b.secret.key, owner.key, SIPHASH_KEY);
    board_wait(&b, LG_HOOK_WAIT_MAX);
    assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
    assert_int_equal(board_pair(&b, 99), LINK_ERR_PAIRED);
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
    // With the button held it is taken, the opened job is closed, and old nonces open nothing.
    b.button = true;
    assert_int_equal(board_pair(&b, 99), LINK_OK);
    b.button = false;
    assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_NONCE);
    assert_true(shut());
    assert_true(still_opens());
}

static void test_a_key_of_zeros_is_refused(void **state) {
    (void)state;
    struct link_writer w;
    board_new(&b);
    board_begin(&b, &w, LINK_PAIR);
    link_put_hex(&w, "k", (const uint8_t[SIPHASH_KEY]){0}, SIPHASH_KEY);
    board_end(&b, &w);
    assert_int_equal(board_result(&b), LINK_ERR_STORE);
    assert_int_equal(lg_hook_state(&b.hook), LINK_UNPAIRED);
    board_power(&b);
    assert_int_equal(lg_hook_state(&b.hook), LINK_UNPAIRED);
}

// The same for the lines of a job from another source, which come between.
static void test_flood_of_blocked_lines(void **state) {
    (void)state;
    struct link_frame frame;
    uint16_t count;
    board_ready(&b);
    b.frames = 0;
    for (int i = 0; i < 70000; i++) {
        b.ms += i % 10 == 0;
        board_line(&b, (enum link_source)(i % 2), WORK);
    }
    assert_in_range(b.frames, 2, 2 * (7000 / 1000 + 1)); // once a second for each of two sources
    assert_true(board_hello(&b));
    assert_true(board_heard(&b, &frame));
    assert_true(link_get_number(&frame, "b", &count));
    assert_int_equal(count, 65535); // all were counted, as far as it goes
}

// Every kind of frame without the key, by the thousand: no state changes, and lines in between are judged as ever.
static void test_flood_of_frames(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    char open[LINK_FRAME_MAX + 4];
    memcpy(open, b.frame, sizeof open);
    uint8_t open_length = b.frame_length;
    board_hello(&b); // from here on that OPEN is void
    for (int i = 0; i < 20000; i++) {
        b.ms += 5;
        switch (i % 5) {
        case 0:
            board_line_of(&b, LINK_USB, open, open_length);
            break;
        case 1:
            board_hello(&b);
            break;
        case 2:
            board_line(&b, LINK_USB, "$LG PING c=0001 m=00000000000000000000000000000000*F1F0");
            break;
        case 3:
            board_line(&b, LINK_USB, "$LG ");
            break;
        default:
            assert_int_equal(board_line(&b, LINK_USB, "G0 X1"), LG_HOOK_PASS);
        }
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    }
    assert_true(shut());
    assert_true(still_opens());
}

// Frames are the paired line's alone.
// A line that a lost line end has put behind a frame is not swallowed: it is denied, so that its sender hears of it.
static void test_a_line_behind_a_frame(void **state) {
    (void)state;
    static const char *const behind[] = {"G0 X1", "M3 S500", "$G", "x", "$LG PING c=0001*0000$H",
                                         "$LG",   "*0000"};
    char text[3 * LINK_FRAME_MAX];
    board_ready(&b);
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        assert_true(board_hello(&b));
        board_open_frame(&b, JOB, 30);
        snprintf(text, sizeof text, "%.*s%s", b.frame_length, b.frame, behind[i]);
        assert_int_equal(board_line(&b, LINK_USB, text), LG_HOOK_DENY);
        assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
        assert_true(board_hello(&b));
        assert_int_equal(board_close(&b, JOB), LINK_OK);
    }
    // Two frames in one line are two frames, and a frame that was cut is none.
    assert_true(board_hello(&b));
    board_open_frame(&b, JOB, 30);
    for (int cut = 0; cut <= b.frame_length; cut++) {
        snprintf(text, sizeof text, "$LG PING c=0001*00%.*s%.*s", cut, b.frame, b.frame_length, b.frame);
        assert_int_equal(board_line(&b, LINK_USB, text), LG_HOOK_CONSUMED);
        assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
    }
}

static void test_frames_from_other_sources(void **state) {
    (void)state;
    board_ready(&b);
    board_open_frame(&b, JOB, 30);
    for (enum link_source source = LINK_SD; source < LINK_SOURCES; source++) {
        assert_int_equal(board_line_of(&b, source, b.frame, b.frame_length), LG_HOOK_DENY);
        assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_behind_a_frame),
        cmocka_unit_test(test_replayed_open),
        cmocka_unit_test(test_open_held_back),
        cmocka_unit_test(test_open_for_another_machine),
        cmocka_unit_test(test_altered_open),
        cmocka_unit_test(test_wrong_crc),
        cmocka_unit_test(test_cut_frames),
        cmocka_unit_test(test_overlong_frames),
        cmocka_unit_test(test_guessed_mac_is_rate_limited),
        cmocka_unit_test(test_nonces_after_power_cycles),
        cmocka_unit_test(test_pair_while_paired),
        cmocka_unit_test(test_a_key_of_zeros_is_refused),
        cmocka_unit_test(test_flood_of_blocked_lines),
        cmocka_unit_test(test_flood_of_frames),
        cmocka_unit_test(test_frames_from_other_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
