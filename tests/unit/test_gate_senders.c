// test_gate_senders: the senders of the field, as they behave on the line: each is held, declared, and
// finishes with exactly the replies that the machine gave, none too few and none invented.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium/crypto_hash_sha256.h>

#include "gate_world.h"

#define SECOND 1000000LL

struct script {
    char text[60000];
    size_t length, lines;
};

static void make_script(struct script *s, int moves) {
    s->length = (size_t)snprintf(s->text, sizeof s->text, "G21\nG90\nM4 S0\n");
    s->lines = 3;
    for (int i = 0; i < moves; i++, s->lines++)
        s->length += (size_t)snprintf(s->text + s->length, sizeof s->text - s->length, "G1X%d.%d%sS%d\n",
                                      i % 300, i % 10, i == 0 ? "F3000" : "", 100 + i % 800);
    s->length += (size_t)snprintf(s->text + s->length, sizeof s->text - s->length, "M5\nM2\n");
    s->lines += 2;
}

static size_t line_at(const struct script *s, size_t at) {
    size_t n = 0;
    while (s->text[at + n] != '\n')
        n++;
    return n + 1;
}

static void assert_finished(struct world *w, const struct script *s) {
    world_answer(w);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w->job.end, GATE_END_COMPLETED);
    assert_int_equal(w->meter.lines, s->lines);
    assert_int_equal(w->meter.bytes, s->length);
    assert_int_equal(world_state(w), GATE_LOCKED);
    assert_int_equal(w->facts[GATE_FACT_REFUSED], 0);
}

// Sends while no more than `window` bytes are unanswered (0: one line at a time); counts its own lines by the replies it sees.
static void stream_counting(struct world *w, const struct script *s, size_t window) {
    size_t at = 0, done = 0, in_flight = 0, answered = 0;
    bool declared = false;
    for (int idle = 0; answered < s->lines; idle++) {
        while (at < s->length && (in_flight == 0 || in_flight + line_at(s, at) <= window)) {
            size_t n = line_at(s, at);
            world_send_bytes(w, s->text + at, n);
            at += n;
            in_flight += n;
        }
        if (!world_answer_one(w) && !declared) {
            assert_int_equal(world_state(w), GATE_HELD);
            assert_true(w->replies < s->lines);
            world_declare(w);
            declared = true;
        }
        for (; answered < w->replies; answered++, idle = 0) {
            in_flight -= line_at(s, done);
            done += line_at(s, done);
        }
        assert_true(idle < 1000); // it would wait for ever
    }
    assert_int_equal(w->machine.length, s->length);
    assert_memory_equal(w->machine.at, s->text, s->length);
    assert_int_equal(w->replies, s->lines);
}

static void test_counting_127(void **state) {
    static struct script s;
    struct world w;
    make_script(&s, 2000);
    world_make(&w, NULL);
    stream_counting(&w, &s, 127);
    assert_finished(&w, &s);
    world_free(&w);
}

// The gate takes a sender's 128th byte later, when it fits.
static void test_counting_128(void **state) {
    static struct script s;
    struct world w;
    make_script(&s, 500);
    world_make(&w, NULL);
    stream_counting(&w, &s, 128);
    assert_finished(&w, &s);
    world_free(&w);
}

static void test_line_by_line(void **state) {
    static struct script s;
    struct world w;
    make_script(&s, 200);
    world_make(&w, NULL);
    stream_counting(&w, &s, 0);
    assert_finished(&w, &s);
    world_free(&w);
}

// Five polls a second with `?` and a line end, each of which wants its ok: LightBurn, through a working day.
static void test_poller_through_a_working_day(void **state) {
    static struct script s;
    struct world w;
    const int polls = 10 * 3600 * 5;
    make_script(&s, 3);
    world_make(&w, NULL);
    world_send_bytes(&w, s.text, s.length);
    world_answer(&w);
    for (int i = 0; i < polls; i++) {
        if (i % 1000 == 0)
            world_forget(&w);
        world_send(&w, "?\n");
        world_pass(&w, SECOND / 5);
    }
    assert_int_equal(world_state(&w), GATE_HELD);
    assert_true(world_sender_has(&w, "<Hold:0"));
    world_forget(&w);
    world_declare(&w);
    assert_finished(&w, &s);
    assert_int_equal(w.replies, s.lines - 3 + polls);
    world_free(&w);
}

static void test_soft_reset_on_connect(void **state) {
    static struct script s;
    struct world w;
    make_script(&s, 10);
    world_make(&w, NULL);
    world_send(&w, "\x18");
    world_pass(&w, SECOND);
    assert_true(world_sender_has(&w, "Grbl 1.1h ['$' for help]\r\n"));
    assert_int_equal(world_state(&w), GATE_LOCKED);
    world_forget(&w);
    world_send(&w, "$$\n$I\n");
    world_answer(&w);
    assert_int_equal(w.replies, 2);
    world_forget(&w);
    stream_counting(&w, &s, 127);
    world_free(&w);
}

// All at once, without looking at a single reply: the gate feeds the machine as it can take it.
static void test_flow_ignorer(void **state) {
    static struct script s;
    struct world w;
    make_script(&s, 2800);
    assert_true(s.length < GATE_QUEUE_MAX);
    world_make(&w, NULL);
    world_send_bytes(&w, s.text, s.length);
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_declare(&w);
    do
        assert_true(w.model.length <= 127);
    while (world_answer_one(&w));
    assert_finished(&w, &s);
    assert_int_equal(w.replies, s.lines);
    assert_memory_equal(w.machine.at, s.text, s.length);
    world_free(&w);
}

// A sender that goes on writing into a running job is told by flow control, and nothing is lost.
static void test_backpressure_in_a_running_job(void **state) {
    struct world w;
    static char chunk[GATE_READ_MAX], all[40 * GATE_READ_MAX];
    size_t sent = 0;
    world_make(&w, NULL);
    world_declare(&w);
    world_send(&w, "G1 X1 S500 M3\n");
    world_answer(&w);
    world_forget(&w);
    for (int i = 0; i < 40; i++) {
        if (!gate_wants_sender(w.gate)) {
            for (int k = 0; k < 700; k++)
                world_answer_one(&w);
            continue;
        }
        size_t n = 0;
        for (int k = 0; n + 16 < sizeof chunk; k++)
            n += (size_t)sprintf(chunk + n, "X%d.%d\n", i, k);
        world_send_bytes(&w, chunk, n);
        memcpy(all + sent, chunk, n);
        sent += n;
    }
    world_answer(&w);
    assert_true(sent > 2 * GATE_QUEUE_MAX);
    assert_true(gate_wants_sender(w.gate));
    assert_int_equal(w.machine.length, sent);
    assert_memory_equal(w.machine.at, all, sent);
    assert_int_equal(world_state(&w), GATE_RUNNING);
    world_free(&w);
}

// bCNC writes 0x90 as C2 90, and so may any program that thinks in text.
static void test_realtime_bytes_as_utf8(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "\xc2\x90");
    assert_true(world_machine_is(&w, "\x90"));
    world_send(&w, "\xc2");
    world_send(&w, "\x85");
    assert_true(world_machine_is(&w, "\x90\x85"));
    world_forget(&w);
    world_send(&w, "\x84\x9e"); // and alone they are what they say
    assert_true(world_machine_is(&w, "\x84\x9e"));
    world_free(&w);
}

static void test_utf8_in_lines(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "; \xc3\x84rger \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\x90\n\xc3\x84\n");
    world_answer(&w);
    assert_true(world_machine_is(&w, "; _rger _ _ _\n"));
    assert_int_equal(world_state(&w), GATE_HELD); // a letter alone is no G-code
    world_free(&w);
    world_make(&w, NULL);
    world_send(&w, ";\xc3"); // the other half comes in time
    world_send(&w, "\xa4\n");
    assert_true(world_machine_is(&w, ";_\n"));
    world_forget(&w);
    world_send(&w, ";\xc3"); // and here it does not
    world_pass(&w, 30000);
    assert_true(world_machine_is(&w, "\xc3"));
    world_send(&w, "x\n");
    assert_true(world_machine_is(&w, "\xc3;x\n"));
    world_free(&w);
}

// A file that an editor has saved begins with a mark: its first line is the line that it would be without (mark_of in
// gate_line.c), whether it is forwarded at once or waits.
static void test_a_byte_order_mark(void **state) {
    static const char file[] = "\xef\xbb\xbfG21\nM3 S500\nG1 X1 F100\nM2\n";
    struct world w;
    uint8_t hash[32];
    world_make(&w, NULL);
    world_send(&w, file);
    assert_true(world_machine_is(&w, "G21\n"));
    world_answer(&w);
    assert_int_equal(world_state(&w), GATE_HELD);
    world_arm_and_start(&w);
    world_answer(&w);
    assert_true(world_machine_is(&w, file + 3));
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    crypto_hash_sha256(hash, (const uint8_t *)file, sizeof file - 1);
    assert_memory_equal(w.job.sha256, hash, sizeof hash); // of the file, with its mark
    assert_int_equal(w.job.replaced, 1);
    world_free(&w);
    world_make(&w, NULL);
    world_send(&w, "\xef\xbb\xbfM3 S500\n");
    assert_string_equal(w.text[GATE_FACT_HELD], "M3 S500");
    world_arm_and_start(&w);
    assert_true(world_machine_is(&w, "M3 S500\n"));
    world_free(&w);
}

static void test_cr_and_lf_apart(void **state) {
    for (int flavour = GRBL_AVR; flavour <= GRBL_HAL; flavour++) {
        struct gate_config config;
        struct world w;
        world_config(&config);
        config.flavour = (enum grbl_flavour)flavour;
        world_make(&w, &config);
        w.mute = true;
        world_send(&w, "G21\r");
        assert_true(world_machine_is(&w, "G21\r")); // a line end by itself
        world_send(&w, "\nG90\r\n\r\n\n");
        assert_true(world_machine_is(&w, "G21\r\nG90\r\n\r\n\n"));
        struct gate_view view;
        gate_view(w.gate, &view);
        bool folds = grbl_folds_crlf(config.flavour);
        w.mute = false;
        world_answer(&w);
        assert_int_equal(w.replies, folds ? 4 : 7);
        gate_view(w.gate, &view);
        assert_int_equal(view.outstanding, 0);
        world_free(&w);
    }
}

// --- empty lines: is_of_job() in gate_line.c, poll_habit in gate_sender.c

static void finish_and_check(struct world *w, const char *file) {
    uint8_t sha[32];
    world_answer(w);
    assert_int_equal(w->facts[GATE_FACT_ENDED], 1);
    crypto_hash_sha256(sha, (const uint8_t *)file, strlen(file));
    assert_int_equal(w->meter.bytes, strlen(file));
    assert_memory_equal(w->job.sha256, sha, 32);
    world_free(w);
}

// Sends a file line by line, `poll` before every line, in chunks of `chunk` bytes, declared when it is held.
static void send_polling(struct world *w, const char *file, const char *poll, size_t chunk) {
    for (const char *line = file; *line != '\0';) {
        char text[128];
        size_t n = strcspn(line, "\n") + 1;
        int length = snprintf(text, sizeof text, "%s%.*s", poll, (int)n, line);
        for (int at = 0; at < length; at += (int)chunk)
            world_send_bytes(w, text + at,
                             (size_t)length - (size_t)at < chunk ? (size_t)(length - at) : chunk);
        line += n;
        if (world_state(w) == GATE_HELD && line > file + 30)
            world_declare(w);
        if (world_state(w) != GATE_HELD)
            world_answer(w);
    }
}

static const char unix_file[] = "\nG21\n\n\n; a\nG90\nM4\n\nG1 X1 S500 F1000\n\n\nX2\n\nM5\n\nM2\n";
static const char dos_file[] = "\r\nG21\r\n\r\nG90\r\nM4\r\n\r\nG1 X1 S500 F1000\r\n\r\nX2\r\nM5\r\nM2\r\n";

static void test_empty_lines_are_the_files(void **state) {
    static const char *const polls[] = {"", "?", "?\n", "?\r\n", "??", "?\n?\n"};
    static const char *const files[] = {unix_file, dos_file};
    for (int flavour = 0; flavour <= GRBL_HAL; flavour += GRBL_HAL)
        for (size_t i = 0; i < 2 * sizeof polls / sizeof polls[0]; i++)
            for (size_t chunk = 1; chunk <= 100; chunk += 11) {
                struct world w;
                struct gate_config config;
                world_config(&config);
                config.flavour = (enum grbl_flavour)flavour;
                world_make(&w, &config);
                // As every sender does, it asks before it begins.
                for (int n = 0; n < 3; n++)
                    world_send(&w, polls[i / 2]);
                world_send(&w, "$I\n");
                world_answer(&w);
                send_polling(&w, files[i % 2], polls[i / 2], chunk);
                finish_and_check(&w, files[i % 2]);
            }
}

// One poll of the other kind does not turn a habit over.
static void test_a_habit_of_polling_holds(void **state) {
    struct world w;
    world_make(&w, NULL);
    for (int i = 0; i < 20; i++)
        world_send(&w, "?\n");
    world_send(&w, "????????????$I\n");
    world_answer(&w);
    send_polling(&w, unix_file, "?\n", 100);
    finish_and_check(&w, unix_file);
    world_make(&w, NULL);
    for (int i = 0; i < 20; i++)
        world_send(&w, "?");
    world_send(&w, "?\n?\n"); // a file's empty lines
    world_answer(&w);
    world_pass(&w, 3 * SECOND);
    send_polling(&w, unix_file, "?", 100);
    assert_int_equal(w.facts[GATE_FACT_ENDED], 1);
    assert_int_equal(w.meter.bytes, strlen(unix_file) + 2);
    world_free(&w);
}

// Behind M2 they belong to nobody: a sender that waits for its reply sends them too late to be counted.
static void test_empty_lines_behind_the_end(void **state) {
    for (int waits = 0; waits < 2; waits++) {
        struct world w;
        world_make(&w, NULL);
        world_declare(&w);
        world_send(&w, "M3 S500\nG1 X1 F100\nM2\n");
        if (waits)
            world_answer(&w);
        world_send(&w, "\n\n");
        finish_and_check(&w, "M3 S500\nG1 X1 F100\nM2\n");
    }
}

// --- $LOT and $OP: a declaration from a macro in the sender, answered in its turn

static void test_lot_from_a_macro(void **state) {
    struct world w;
    world_make(&w, NULL);
    w.mute = true;
    world_send(&w, "G21\n$LOT=ACR-1126-001,1sheet\nG1 X1 S500 M3\n");
    assert_int_equal(w.facts[GATE_FACT_DECLARE], 1);
    assert_string_equal(w.text[GATE_FACT_DECLARE], "ACR-1126-001,1sheet");
    assert_true(world_machine_is(&w, "G21\n"));
    gate_declare_answer(w.gate, w.now, true, "ACR-1126-001 declared");
    assert_true(world_sender_is(&w, "")); // G21 has not been answered yet
    world_declare(&w);
    world_reply(&w, "ok\r\n");
    assert_true(world_sender_is(&w, "ok\r\n[MSG:lotgate: ACR-1126-001 declared]\r\nok\r\n"));
    assert_true(world_machine_is(&w, "G21\nG1 X1 S500 M3\n"));
    world_free(&w);
}

// It is acted upon when it comes, though a held line stands before it: else nobody could declare from a macro.
static void test_lot_behind_a_held_line(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "G1 X1 S500 M3\n$LOT=ACR-1126-001\n");
    assert_int_equal(w.facts[GATE_FACT_DECLARE], 1);
    gate_declare_answer(w.gate, w.now, true, "");
    world_declare(&w);
    world_forget(&w);
    world_answer(&w);
    assert_true(world_sender_is(&w, "ok\r\nok\r\n"));
    world_free(&w);
}

static void test_lot_refused_and_asked(void **state) {
    struct world w;
    world_make(&w, NULL);
    world_send(&w, "$lot = X-1\r\n");
    assert_string_equal(w.text[GATE_FACT_DECLARE], " X-1");
    gate_declare_answer(w.gate, w.now, false, "no lot X-1: scan the label again");
    assert_true(world_sender_is(&w, "[MSG:lotgate: no lot X-1: scan the label again]\r\nerror:9\r\nok\r\n"));
    world_forget(&w);
    gate_set_declaration_text(w.gate, "ACR-1126-001 (1 sheet)");
    w.mute = true;
    world_send(&w, "$LOT?\n$OP=4711\n");
    assert_true(world_machine_is(&w, "?")); // a realtime byte is a realtime byte
    assert_true(world_sender_is(&w, "[MSG:lotgate: ACR-1126-001 (1 sheet)]\r\nok\r\n"));
    assert_string_equal(w.text[GATE_FACT_OPERATOR], "4711");
    world_send(&w, "\x18"); // its line is gone; the answer is still told
    world_forget(&w);
    gate_declare_answer(w.gate, w.now, true, "hello Kim");
    assert_true(world_sender_is(&w, "[MSG:lotgate: hello Kim]\r\n"));
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counting_127),
        cmocka_unit_test(test_counting_128),
        cmocka_unit_test(test_line_by_line),
        cmocka_unit_test(test_poller_through_a_working_day),
        cmocka_unit_test(test_soft_reset_on_connect),
        cmocka_unit_test(test_flow_ignorer),
        cmocka_unit_test(test_backpressure_in_a_running_job),
        cmocka_unit_test(test_realtime_bytes_as_utf8),
        cmocka_unit_test(test_utf8_in_lines),
        cmocka_unit_test(test_a_byte_order_mark),
        cmocka_unit_test(test_cr_and_lf_apart),
        cmocka_unit_test(test_empty_lines_are_the_files),
        cmocka_unit_test(test_a_habit_of_polling_holds),
        cmocka_unit_test(test_empty_lines_behind_the_end),
        cmocka_unit_test(test_lot_from_a_macro),
        cmocka_unit_test(test_lot_behind_a_held_line),
        cmocka_unit_test(test_lot_refused_and_asked),
    };
    return cmocka_run_group_tests_name("gate_senders", tests, NULL, NULL) ? 1 : 0;
}
