// The hook's state table: every state, every event, and what passes in between.
#include "unit.h"

#include "hook_board.h"

#define JOB   "JOB-000017"
#define OTHER "JOB-000018"
#define WORK  "M3 S500"

static struct board b;

// Brings a new board into a state, by the ways that lead there; a running job runs from `source`.
static void bring(enum link_state state, enum link_source source) {
    board_new(&b);
    if (state == LINK_UNPAIRED)
        return;
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    assert_true(board_hello(&b));
    if (state >= LINK_OPENED)
        assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
    if (state == LINK_RUNNING)
        assert_int_equal(board_line(&b, source, WORK), LG_HOOK_PASS);
    if (state == LINK_EXPIRED)
        board_wait(&b, 30000);
    assert_int_equal(lg_hook_state(&b.hook), state);
    assert_true(board_hello(&b));                    // an unused nonce pair
    assert_int_equal(lg_hook_state(&b.hook), state); // HELLO changes no state
    b.said_length = 0;
}

static int open_job(void) {
    return board_open(&b, JOB, 30);
}
static int open_other(void) {
    return board_open(&b, OTHER, 30);
}
static int close_job(void) {
    return board_close(&b, JOB);
}
static int close_other(void) {
    return board_close(&b, OTHER);
}
static int work_usb(void) {
    return board_line(&b, LINK_USB, WORK);
}
static int file_usb(void) {
    return board_line(&b, LINK_USB, "$SD/Run=/part.nc");
}
static int work_sd(void) {
    return board_line(&b, LINK_SD, WORK);
}
static int start_usb(void) {
    return lg_hook_may_start(&b.hook, LINK_USB) ? LG_HOOK_PASS : LG_HOOK_DENY;
}
static int start_panel(void) {
    return lg_hook_may_start(&b.hook, LINK_PANEL) ? LG_HOOK_PASS : LG_HOOK_DENY;
}
static int end_usb(void) {
    return board_line(&b, LINK_USB, "M2");
}
static int end_sd(void) {
    return board_line(&b, LINK_SD, "M30");
}
static int ended_usb(void) {
    lg_hook_ended(&b.hook, LINK_USB);
    return 0;
}
static int ended_wifi(void) {
    lg_hook_ended(&b.hook, LINK_WIFI);
    return 0;
}
static int soft_reset(void) {
    lg_hook_reset(&b.hook);
    return 0;
}
static int life_over(void) {
    board_wait(&b, 30000);
    return 0;
}
static int setup(void) {
    return board_line(&b, LINK_WIFI, "G0 X10 S0");
}
static int ping(void) {
    return !board_ping(&b, 1);
}
static int power(void) {
    board_power(&b);
    return 0;
}

enum { U = LINK_UNPAIRED, L = LINK_LOCKED, O = LINK_OPENED, R = LINK_RUNNING, E = LINK_EXPIRED };
enum { PASS = LG_HOOK_PASS, DENY = LG_HOOK_DENY };

// For each event: what it answers and the state after it, in unpaired, locked, open, running (from USB), expired.
static const struct {
    const char *name;
    int (*happens)(void);
    struct {
        int answer, state;
    } in[LINK_STATES];
} table[] = {
    {"OPEN", open_job, {{LINK_ERR_UNPAIRED, U}, {LINK_OK, O}, {LINK_OK, O}, {LINK_OK, R}, {LINK_OK, O}}},
    {"OPEN of another job",
     open_other,
     {{LINK_ERR_UNPAIRED, U}, {LINK_OK, O}, {LINK_ERR_BUSY, O}, {LINK_ERR_BUSY, R}, {LINK_OK, O}}},
    {"CLOSE", close_job, {{LINK_ERR_UNPAIRED, U}, {LINK_OK, L}, {LINK_OK, L}, {LINK_OK, L}, {LINK_OK, L}}},
    {"CLOSE of another job",
     close_other,
     {{LINK_ERR_UNPAIRED, U}, {LINK_OK, L}, {LINK_OK, O}, {LINK_OK, R}, {LINK_OK, E}}},
    {"work from USB", work_usb, {{PASS, U}, {DENY, L}, {PASS, R}, {PASS, R}, {DENY, E}}},
    {"a file's start from USB", file_usb, {{PASS, U}, {DENY, L}, {PASS, R}, {PASS, R}, {DENY, E}}},
    {"work from SD", work_sd, {{PASS, U}, {DENY, L}, {PASS, R}, {DENY, R}, {DENY, E}}},
    {"may USB start?", start_usb, {{PASS, U}, {DENY, L}, {PASS, R}, {PASS, R}, {DENY, E}}},
    {"may the panel start?", start_panel, {{PASS, U}, {DENY, L}, {PASS, R}, {DENY, R}, {DENY, E}}},
    {"M2 from USB", end_usb, {{PASS, U}, {PASS, L}, {PASS, O}, {PASS, L}, {PASS, E}}},
    {"M30 from SD", end_sd, {{PASS, U}, {PASS, L}, {PASS, O}, {PASS, R}, {PASS, E}}},
    {"USB has ended", ended_usb, {{0, U}, {0, L}, {0, O}, {0, L}, {0, E}}},
    {"Wi-Fi has ended", ended_wifi, {{0, U}, {0, L}, {0, O}, {0, R}, {0, E}}},
    {"soft reset", soft_reset, {{0, U}, {0, L}, {0, O}, {0, L}, {0, E}}},
    {"life over", life_over, {{0, U}, {0, L}, {0, E}, {0, R}, {0, E}}},
    {"setup", setup, {{PASS, U}, {PASS, L}, {PASS, O}, {PASS, R}, {PASS, E}}},
    {"PING", ping, {{1, U}, {0, L}, {0, O}, {0, R}, {0, E}}},
    {"power cycle", power, {{0, U}, {0, L}, {0, L}, {0, L}, {0, L}}},
};

static void test_state_table(void **unused) {
    (void)unused;
    for (size_t event = 0; event < sizeof table / sizeof table[0]; event++) {
        for (int state = 0; state < LINK_STATES; state++) {
            bring((enum link_state)state, LINK_USB);
            int answer = table[event].happens();
            int after = (int)lg_hook_state(&b.hook);
            if (answer != table[event].in[state].answer || after != table[event].in[state].state)
                fail_msg("%s in %s: answer %d, then %s", table[event].name,
                         link_state_word((enum link_state)state), answer,
                         link_state_word((enum link_state)after));
            bool on = after == LINK_UNPAIRED || after == LINK_OPENED || after == LINK_RUNNING;
            if (b.enabled != on)
                fail_msg("%s in %s: the second lock does not follow", table[event].name,
                         link_state_word((enum link_state)state));
        }
    }
}

static void test_events_are_told(void **state) {
    (void)state;
    for (enum link_source source = LINK_USB; source < LINK_SOURCES; source++) {
        bring(LINK_LOCKED, LINK_USB);
        assert_int_equal(board_line(&b, source, WORK), LG_HOOK_DENY);
        assert_true(board_told(&b, LINK_BLOCKED, source));
        bring(LINK_OPENED, LINK_USB);
        assert_int_equal(board_line(&b, source, WORK), LG_HOOK_PASS);
        assert_true(board_told(&b, LINK_STARTED, source));
        assert_int_equal(board_line(&b, source, "M2"), LG_HOOK_PASS);
        assert_true(board_told(&b, LINK_ENDED, source));
        bring(LINK_OPENED, LINK_USB);
        assert_true(lg_hook_may_start(&b.hook, source));
        assert_true(board_told(&b, LINK_STARTED, source));
        lg_hook_reset(&b.hook);
        assert_true(board_told(&b, LINK_ENDED, source));
    }
}

// HELLO tells all there is: state, job, blocked starts.
static void test_hello_tells(void **state) {
    (void)state;
    struct link_frame frame;
    uint8_t word;
    uint16_t count;
    char text[LINK_SN_MAX + 1];
    for (enum link_state s = LINK_UNPAIRED; s < LINK_STATES; s++) {
        bring(s, LINK_USB);
        board_line(&b, LINK_PANEL, WORK);
        bool blocked = s != LINK_UNPAIRED && s != LINK_OPENED;
        s = lg_hook_state(&b.hook) == LINK_RUNNING ? LINK_RUNNING : s;
        assert_true(board_hello(&b));
        assert_true(board_heard(&b, &frame));
        assert_true(link_get_word(&frame, "st", LINK_STATE_WORD, LINK_STATES, &word));
        assert_int_equal(word, s);
        assert_true(link_get_number(&frame, "b", &count));
        assert_int_equal(count, blocked);
        assert_true(link_get_text(&frame, "sn", text, sizeof text));
        assert_string_equal(text, "TTS55-0042");
        assert_true(link_get_text(&frame, "fw", text, sizeof text));
        assert_int_equal(link_get_text(&frame, "j", text, sizeof text), s >= LINK_OPENED);
    }
}

// The longest answer: what does not fit is the firmware's name, never the rest.
static void test_longest_hello(void **state) {
    (void)state;
    struct link_frame frame;
    char text[LINK_FRAME_MAX];
    board_new(&b);
    b.port.serial_number = "SERIAL-NUMBER-OF-24-BYTE";
    b.port.firmware = "a-firmware-with-a-long-name";
    board_pair(&b, 1);
    assert_true(board_hello(&b));
    assert_int_equal(board_open(&b, "JOB-OF-EXACTLY-20-BY", 30), LINK_OK);
    assert_int_equal(board_line(&b, LINK_SD, WORK), LG_HOOK_PASS);
    assert_true(board_hello(&b));
    assert_true(board_heard(&b, &frame));
    assert_true(link_get_text(&frame, "j", text, sizeof text));
    assert_string_equal(text, "JOB-OF-EXACTLY-20-BY");
    assert_false(link_get_text(&frame, "fw", text, sizeof text));
    assert_int_equal(board_open(&b, "JOB-OF-MORE-THAN-20-B", 30), -1); // not a job number: no answer
}

// Lines by class, while locked and in a job of another source.
static void test_what_passes_while_locked(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum lg_hook_answer answer;
    } lines[] = {
        {"", LG_HOOK_PASS},
        {"$$", LG_HOOK_PASS},
        {"$H", LG_HOOK_PASS},
        {"$J=G91 X10 F1000", LG_HOOK_PASS},
        {"G21 G90 G54", LG_HOOK_PASS},
        {"G0 X10 Y10", LG_HOOK_PASS},
        {"M5", LG_HOOK_PASS},
        {"M3 S20", LG_HOOK_PASS}, // focus
        {"S20", LG_HOOK_PASS},
        {"S21", LG_HOOK_DENY},
        {"M5 S0", LG_HOOK_PASS},
        {"M4 S1000", LG_HOOK_DENY},
        {"G1 X10 S500", LG_HOOK_PASS}, // the beam is off
        {"M3", LG_HOOK_DENY},
        {"$SD/Run=a.nc", LG_HOOK_DENY},
        {"[ESP220]/a.nc", LG_HOOK_DENY},
        {"$N0=M3 S500", LG_HOOK_DENY},
        {"G5 X1", LG_HOOK_DENY},
        {"nonsense", LG_HOOK_DENY},
        {"$LOT=ACR-1", LG_HOOK_DENY},
        {"$LOT?", LG_HOOK_DENY},
        {"$LG", LG_HOOK_DENY},
        {" $LG HELLO", LG_HOOK_DENY},
        {"$lg HELLO", LG_HOOK_DENY},
    };
    bring(LINK_LOCKED, LINK_USB);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (board_line(&b, LINK_USB, lines[i].line) != lines[i].answer)
            fail_msg("locked: %s", lines[i].line);
}

// A line that was denied leaves no trace in the modal state; one that passed does.
static void test_modal_state_follows_what_passes(void **state) {
    (void)state;
    bring(LINK_LOCKED, LINK_USB);
    assert_int_equal(board_line(&b, LINK_USB, WORK), LG_HOOK_DENY);
    assert_int_equal(board_line(&b, LINK_USB, "G1 X10 S1000"), LG_HOOK_PASS); // it did not switch the beam on
    bring(LINK_OPENED, LINK_USB);
    assert_int_equal(board_line(&b, LINK_USB, "M3 S500"), LG_HOOK_PASS);
    assert_int_equal(board_close(&b, JOB), LINK_OK);
    assert_int_equal(board_line(&b, LINK_USB, "X10"), LG_HOOK_DENY); // the beam is still on
    assert_int_equal(board_line(&b, LINK_USB, "M5"), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_USB, "X10"), LG_HOOK_PASS);
    lg_hook_reset(&b.hook);
    assert_int_equal(board_line(&b, LINK_USB, "G1 X10"), LG_HOOK_PASS);
}

// After an error the beam may be on: until M5 with S0 has passed without one.
static void test_a_refused_line_leaves_doubt(void **state) {
    (void)state;
    bring(LINK_OPENED, LINK_USB);
    assert_int_equal(board_line(&b, LINK_USB, "M3 S1000"), LG_HOOK_PASS);
    assert_int_equal(board_close(&b, JOB), LINK_OK);
    assert_int_equal(board_line(&b, LINK_USB, "M5 G2 X1"), LG_HOOK_PASS); // Grbl: error, and M5 is not done
    lg_hook_refused(&b.hook);
    assert_int_equal(board_line(&b, LINK_USB, "G1 X10"), LG_HOOK_DENY);
    assert_int_equal(board_line(&b, LINK_USB, "M5"), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_USB, "G1 X10"), LG_HOOK_DENY);
    assert_int_equal(board_line(&b, LINK_USB, "M5 S0"), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_USB, "G1 X10"), LG_HOOK_PASS);
}

// `$SD/Run=` comes over USB and the lines from the card: one job, handed over once.
static void test_a_file_takes_over(void **state) {
    (void)state;
    bring(LINK_OPENED, LINK_USB);
    assert_int_equal(board_line(&b, LINK_USB, "$SD/Run=a.nc"), LG_HOOK_PASS);
    assert_true(board_told(&b, LINK_STARTED, LINK_USB));
    assert_true(lg_hook_may_start(&b.hook, LINK_SD));
    assert_true(board_told(&b, LINK_STARTED, LINK_SD));
    assert_int_equal(board_line(&b, LINK_SD, WORK), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_USB, WORK), LG_HOOK_DENY);
    assert_false(lg_hook_may_start(&b.hook, LINK_PANEL));
    assert_int_equal(board_line(&b, LINK_USB, "$SD/Run"), LG_HOOK_PASS); // goes on, from where it was started
    assert_int_equal(board_line(&b, LINK_WIFI, "$SD/Run"), LG_HOOK_DENY);
    lg_hook_ended(&b.hook, LINK_SD);
    assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    assert_false(lg_hook_may_start(&b.hook, LINK_SD));
    // A job of lines is not handed over.
    bring(LINK_RUNNING, LINK_USB);
    assert_false(lg_hook_may_start(&b.hook, LINK_SD));
}

static void test_ping_keeps_alive(void **state) {
    (void)state;
    bring(LINK_OPENED, LINK_USB);
    for (uint16_t i = 1; i < 10; i++) {
        board_wait(&b, 29000);
        assert_true(board_ping(&b, i));
        assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
    }
    board_wait(&b, 29999);
    assert_int_equal(lg_hook_state(&b.hook), LINK_OPENED);
    board_wait(&b, 1);
    assert_int_equal(lg_hook_state(&b.hook), LINK_EXPIRED);
    assert_true(board_ping(&b, 10));
    assert_int_equal(lg_hook_state(&b.hook), LINK_EXPIRED); // it is not brought back
    // Without a tick the next line notices.
    bring(LINK_OPENED, LINK_USB);
    b.ms += 30000;
    assert_int_equal(board_line(&b, LINK_SD, WORK), LG_HOOK_DENY);
}

static void test_screen(void **state) {
    (void)state;
    struct link_writer w;
    bring(LINK_LOCKED, LINK_USB);
    assert_string_equal(b.screen, "locked");
    board_begin(&b, &w, LINK_SHOW);
    link_put_text(&w, "d", "Scan the lot|Laser 2", 0);
    board_end(&b, &w);
    board_say(&b);
    assert_string_equal(b.screen, "Scan the lot|Laser 2");
    board_begin(&b, &w, LINK_SHOW);
    link_put_text(&w, "d", "", 0);
    board_end(&b, &w);
    board_say(&b);
    assert_string_equal(b.screen, "locked");
    assert_int_equal(open_job(), LINK_OK);
    assert_string_equal(b.screen, "ACR-1126-001");
    life_over();
    assert_string_equal(b.screen, "expired");
}

static void test_scanner(void **state) {
    (void)state;
    struct link_frame frame;
    char text[LINK_TEXT_MAX + 1], code[LINK_TEXT_MAX + 2];
    uint16_t cut;
    memset(code, 'A', sizeof code);
    bring(LINK_LOCKED, LINK_USB);
    for (uint8_t length = 0; length <= LINK_TEXT_MAX + 1; length++) {
        b.said_length = 0;
        lg_hook_scan(&b.hook, code, length);
        assert_true(board_heard(&b, &frame));
        assert_int_equal(frame.verb, LINK_SCAN);
        assert_true(link_get_text(&frame, "d", text, sizeof text));
        bool fits = length <= LINK_TEXT_MAX;
        assert_int_equal(strlen(text), fits ? length : 0);
        assert_int_equal(link_get_number(&frame, "cut", &cut), !fits);
    }
    memset(code, '(', sizeof code); // three bytes each
    lg_hook_scan(&b.hook, code, 40);
    assert_true(board_heard(&b, &frame));
    assert_true(link_get_number(&frame, "cut", &cut));
}

// A firmware that gives nothing but what it must.
static void test_ports_may_be_missing(void **state) {
    (void)state;
    board_new(&b);
    b.port.load = NULL;
    b.port.store = NULL;
    b.port.show = NULL;
    b.port.pairing_button = NULL;
    b.port.output_enable = NULL;
    board_power(&b);
    assert_int_equal(lg_hook_state(&b.hook), LINK_UNPAIRED);
    assert_int_equal(board_pair(&b, 1), LINK_ERR_STORE);
    assert_true(board_hello(&b));
    assert_int_equal(board_line(&b, LINK_SD, WORK), LG_HOOK_PASS);
    struct link_writer w;
    board_begin(&b, &w, LINK_SHOW);
    link_put_text(&w, "d", "nobody sees it", 0);
    board_end(&b, &w);
    assert_int_equal(board_say(&b), LG_HOOK_CONSUMED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_table),
        cmocka_unit_test(test_events_are_told),
        cmocka_unit_test(test_hello_tells),
        cmocka_unit_test(test_longest_hello),
        cmocka_unit_test(test_what_passes_while_locked),
        cmocka_unit_test(test_modal_state_follows_what_passes),
        cmocka_unit_test(test_a_refused_line_leaves_doubt),
        cmocka_unit_test(test_a_file_takes_over),
        cmocka_unit_test(test_ping_keeps_alive),
        cmocka_unit_test(test_screen),
        cmocka_unit_test(test_scanner),
        cmocka_unit_test(test_ports_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
