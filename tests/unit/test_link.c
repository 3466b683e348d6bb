// Frames: the vectors that a third party implements from, what is written reads again, every limit, every altered byte.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h" // link_read

static bool hex(const char *text, uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2X", &byte) != 1)
            return false;
        bytes[i] = (uint8_t)byte;
    }
    return true;
}

// One line of the file; false when it is not what the file says of it.
static bool vector_holds(char *line) {
    char *part[7];
    for (size_t i = 0; i < 7; i++) {
        part[i] = line;
        line += strcspn(line, "|\n");
        *line++ = '\0';
    }
    struct link_secret secret;
    enum link_side side = strcmp(part[1], "host") == 0 ? LINK_FROM_HOST : LINK_FROM_HOOK;
    assert_true(hex(part[2], secret.key, SIPHASH_KEY) && hex(part[3], secret.host_nonce, LINK_NONCE) &&
                hex(part[4], secret.hook_nonce, LINK_NONCE));
    struct link_frame frame;
    // A copy of exactly the right size, so that a read past its end is found.
    size_t length = strlen(part[5]);
    char *exact = malloc(length);
    memcpy(exact, part[5], length);
    bool reads = link_read(side, exact, length, &frame);
    bool right = reads && link_mac_right(&frame, side, &secret);
    free(exact);
    if (strcmp(part[0], "bad") == 0)
        return !reads;
    if (strcmp(part[0], "bad-mac") == 0)
        return reads && !right;
    return reads && right == (strcmp(part[0], "good-mac") == 0);
}

static void test_vectors(void **state) {
    (void)state;
    FILE *file = fopen("tests/data/link-vectors.txt", "r");
    assert_non_null(file);
    char line[600], copy[600];
    int count = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        strcpy(copy, line);
        if (!vector_holds(line))
            fail_msg("not so: %s", copy);
        count++;
    }
    fclose(file);
    assert_true(count > 40);
}

static const struct link_secret secret = {
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {17, 18, 19, 20, 21, 22, 23, 24},
    {25, 26, 27, 28, 29, 30, 31, 32},
};

static uint8_t build_open(char out[LINK_FRAME_MAX + 3], enum link_side side) {
    struct link_writer w;
    link_begin(&w, out, side, LINK_OPEN);
    link_put_text(&w, "j", "JOB-000017", 0);
    link_put_text(&w, "l", "Acryl 3 mm *]%", 0);
    link_put_number(&w, "t", 0xBEEF);
    link_put_mac(&w, &secret);
    return link_end(&w);
}

static void test_written_reads_again(void **state) {
    (void)state;
    for (int side = 0; side < 2; side++) {
        char out[LINK_FRAME_MAX + 3], text[30];
        uint8_t length = build_open(out, (enum link_side)side), end = side == LINK_FROM_HOST ? 1 : 2;
        uint16_t number = 0;
        struct link_frame frame;
        assert_int_equal(length, strlen(out));
        assert_string_equal(out + length - end, side == LINK_FROM_HOST ? "\n" : "\r\n");
        assert_true(link_read((enum link_side)side, out, (size_t)(length - end), &frame));
        assert_false(link_read((enum link_side) !side, out, (size_t)(length - end), &frame));
        assert_int_equal(frame.verb, LINK_OPEN);
        assert_true(link_get_text(&frame, "l", text, sizeof text));
        assert_string_equal(text, "Acryl 3 mm *]%");
        assert_true(link_get_number(&frame, "t", &number));
        assert_int_equal(number, 0xBEEF);
        assert_true(link_mac_right(&frame, (enum link_side)side, &secret));
        assert_false(link_mac_right(&frame, (enum link_side) !side, &secret));
        for (const char *p = out; p < out + length - end; p++)
            assert_true(*p >= ' ' && *p <= '~' && *p != '?' && *p != '!' && *p != '~'); // no realtime byte
    }
}

// Every byte but NUL comes through a text, and no written byte is one that a machine could take for its own.
static void test_every_byte_of_a_text(void **state) {
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char out[LINK_FRAME_MAX + 3], in[] = {'a', (char)byte, 'z', '\0'}, text[4];
        struct link_writer w;
        struct link_frame frame;
        link_begin(&w, out, LINK_FROM_HOST, LINK_SHOW);
        link_put_text(&w, "d", in, 0);
        uint8_t length = link_end(&w);
        assert_true(link_read(LINK_FROM_HOST, out, (size_t)(length - 1), &frame));
        assert_true(link_get_text(&frame, "d", text, sizeof text));
        assert_string_equal(text, in);
        char value[8] = {0};
        memcpy(value, frame.body + strlen("SHOW d="), (size_t)(frame.length - strlen("SHOW d=")));
        assert_int_equal(
            strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:+/_-%"),
            strlen(value));
    }
}

// An altered byte is found by the crc; with the crc made anew, by the MAC.
static void test_every_altered_bit(void **state) {
    (void)state;
    char good[LINK_FRAME_MAX + 3];
    size_t length = (size_t)(build_open(good, LINK_FROM_HOST) - 1);
    struct link_frame frame;
    for (size_t bit = 0; bit < 8 * length; bit++) {
        char bad[LINK_FRAME_MAX + 3];
        memcpy(bad, good, sizeof bad);
        bad[bit / 8] ^= (char)(1 << bit % 8);
        if (link_read(LINK_FROM_HOST, bad, length, &frame))
            fail_msg("reads with bit %zu altered: %s", bit, bad);
    }
    for (size_t cut = 0; cut < length; cut++)
        assert_false(link_read(LINK_FROM_HOST, good, cut, &frame));
}

static void test_limits(void **state) {
    (void)state;
    char out[LINK_FRAME_MAX + 3], text[LINK_FRAME_MAX], read[LINK_FRAME_MAX + 1];
    struct link_writer w;
    struct link_frame frame;
    memset(text, 'x', sizeof text);
    // opening 4, "SHOW d=" 7, crc 5, and one for the hook's `]`: 103 bytes of text make the longest frame
    for (uint8_t length = 100; length < 106; length++) {
        link_begin(&w, out, LINK_FROM_HOOK, LINK_SHOW);
        link_put_text(&w, "d", text, length);
        assert_int_equal(link_full(&w), length > 103);
        uint8_t ends = link_end(&w);
        assert_int_equal(ends, length > 103 ? 0 : 4 + 7 + length + 5 + 1 + 2);
        if (ends)
            assert_true(link_read(LINK_FROM_HOOK, out, (size_t)(ends - 2), &frame));
    }
    link_begin(&w, out, LINK_FROM_HOST, LINK_SHOW);
    link_put_text(&w, "d", "12345", 3); // the limit counts bytes of the text
    uint8_t length = link_end(&w);
    assert_true(link_read(LINK_FROM_HOST, out, (size_t)(length - 1), &frame));
    assert_true(link_get_text(&frame, "d", read, 4));
    assert_string_equal(read, "123");
    assert_false(link_get_text(&frame, "d", read, 3)); // no room for the NUL
}

// Builds a frame of a body as it stands, with a right crc.
static bool reads(const char *body, struct link_frame *frame) {
    static char line[LINK_FRAME_MAX + 40];
    int n = snprintf(line, sizeof line, "$LG %s*", body);
    uint16_t crc = 0xFFFF;
    for (const char *p = body; *p; p++) {
        crc ^= (uint16_t)((uint8_t)*p << 8);
        for (int i = 0; i < 8; i++)
            crc = (uint16_t)(crc & 0x8000 ? crc * 2 ^ 0x1021 : crc * 2);
    }
    n += snprintf(line + n, sizeof line - (size_t)n, "%04X", crc);
    return link_read(LINK_FROM_HOST, line, (size_t)n, frame);
}

static void test_fields_are_read_strictly(void **state) {
    (void)state;
    struct link_frame frame;
    uint8_t bytes[2], word;
    uint16_t number;
    char text[8];
    static const char *const no_number[] = {"PING c=",       "PING c=1",    "PING c=00001", "PING c=00a1",
                                            "PING c=001G",   "PING c=-001", "PING cc=0001", "PING",
                                            "PING d=c=0001", "PING xc=0001"};
    for (size_t i = 0; i < sizeof no_number / sizeof no_number[0]; i++) {
        assert_true(reads(no_number[i], &frame));
        if (link_get_number(&frame, "c", &number))
            fail_msg("a number: %s", no_number[i]);
    }
    static const char *const no_text[] = {"SHOW d=%",        "SHOW d=%4",  "SHOW d=%4g", "SHOW d=%00",
                                          "SHOW d=12345678", "SHOW d=%3a", "SHOW dd=1"};
    for (size_t i = 0; i < sizeof no_text / sizeof no_text[0]; i++) {
        assert_true(reads(no_text[i], &frame));
        if (link_get_text(&frame, "d", text, sizeof text))
            fail_msg("a text: %s", no_text[i]);
    }
    assert_true(reads("SHOW d=", &frame));
    assert_true(link_get_text(&frame, "d", text, sizeof text));
    assert_string_equal(text, "");
    assert_true(reads("PAIR k=12AB k=34CD", &frame)); // of two the first
    assert_true(link_get_hex(&frame, "k", bytes, 2));
    assert_int_equal(bytes[1], 0xAB);
    assert_false(link_get_hex(&frame, "k", bytes, 1));
    assert_true(reads("PONG c=0001 st=expired", &frame));
    assert_true(link_get_word(&frame, "st", LINK_STATE_WORD, LINK_STATES, &word));
    assert_int_equal(word, LINK_EXPIRED);
    static const char *const no_state[] = {"PONG st=expire", "PONG st=expiredd", "PONG st=usb",
                                           "PONG st=", "PONG"};
    for (size_t i = 0; i < sizeof no_state / sizeof no_state[0]; i++) {
        assert_true(reads(no_state[i], &frame));
        assert_false(link_get_word(&frame, "st", LINK_STATE_WORD, LINK_STATES, &word));
    }
    assert_true(reads("SHOW d=a*b", &frame)); // a value never goes past a `*`
    assert_true(link_get_text(&frame, "d", text, sizeof text));
    assert_string_equal(text, "a");
}

static void test_words(void **state) {
    (void)state;
    char copy[LINK_WORD_MAX + 1];
    assert_string_equal(link_verb_word(LINK_HELLO), "HELLO");
    assert_string_equal(link_verb_word(LINK_SHOW), "SHOW");
    assert_string_equal(link_state_word(LINK_UNPAIRED), "unpaired");
    assert_string_equal(link_state_word(LINK_EXPIRED), "expired");
    assert_string_equal(link_source_word(LINK_WIFI), "wifi");
    assert_string_equal(link_event_word(LINK_ENDED), "ended");
    assert_string_equal(link_error_word(LINK_OK), "ok");
    assert_string_equal(link_error_word(LINK_ERR_STORE), "store");
    assert_null(link_error_word(LINK_ERRORS));
    assert_null(link_state_word((enum link_state) - 1));
    link_word_copy(copy, LINK_ERROR_WORD + LINK_ERR_STORE);
    assert_string_equal(copy, "store");
    link_word_copy(copy, LINK_WORDS - 1);
    assert_string_equal(copy, "expired");
    assert_string_equal(link_error_word(LINK_ERR_UNPAIRED), "unpaired"); // one word, of both lists
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_written_reads_again),
        cmocka_unit_test(test_every_byte_of_a_text),
        cmocka_unit_test(test_every_altered_bit),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_fields_are_read_strictly),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
