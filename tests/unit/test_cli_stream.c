// cli_stream: a sender's bookkeeping; cli_paths: where the data is.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_paths.h"
#include "cli_stream.h"

// Kept by the comparison with CLI_STREAM_BYTES_MAX in cli_stream_may_send.
static void test_never_more_than_the_buffer_in_flight(void **state) {
    struct cli_stream s = {0};
    uint64_t number = 0;
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1103515245u + 12345u;
        size_t length = 1 + (seed >> 16) % 200;
        while (!cli_stream_may_send(&s, length))
            assert_true(cli_stream_answered(&s) > 0);
        cli_stream_sent(&s, length, ++number);
        assert_true(s.bytes <= CLI_STREAM_BYTES_MAX || s.lines == 1); // one too long goes alone
    }
}

static void test_answers_belong_to_the_oldest(void **state) {
    struct cli_stream s = {0};
    for (uint64_t n = 1; n <= CLI_STREAM_LINES_MAX; n++) {
        assert_true(cli_stream_may_send(&s, 1));
        cli_stream_sent(&s, 1, n);
    }
    assert_false(cli_stream_may_send(&s, 1));
    for (uint64_t n = 1; n <= CLI_STREAM_LINES_MAX; n++)
        assert_int_equal(cli_stream_answered(&s), n);
    assert_int_equal(cli_stream_answered(&s), 0);
    assert_int_equal(s.bytes, 0);
}

static void test_line_by_line(void **state) {
    struct cli_stream s = {.line_by_line = true};
    cli_stream_sent(&s, 3, 1);
    assert_false(cli_stream_may_send(&s, 3));
    cli_stream_answered(&s);
    assert_true(cli_stream_may_send(&s, 3));
}

static void test_replies(void **state) {
    static const struct {
        const char *line;
        enum cli_reply_type type;
        unsigned number;
    } rows[] = {{"ok", CLI_REPLY_OK, 0},
                {"error:20", CLI_REPLY_ERROR, 20},
                {"ALARM:3", CLI_REPLY_ALARM, 3},
                {"Grbl 1.1h ['$' for help]", CLI_REPLY_BANNER, 0},
                {"GrblHAL 1.1f ['$' for help]", CLI_REPLY_BANNER, 0},
                {"<Idle|MPos:0.000,0.000,0.000|FS:0,0>", CLI_REPLY_STATUS, 0},
                {"<Run|MPos:1.000,0.000,0.000|Ov:100,100,ok", CLI_REPLY_OK, 0},
                {"<Run|MPos:1.000,0.0error:9", CLI_REPLY_ERROR, 9},
                {"<Run|MPos:1.000,0.0ALARM:1", CLI_REPLY_ALARM, 1},
                {"[MSG:lotgate: scan the material lot for laser1]", CLI_REPLY_MESSAGE, 0},
                {"error:", CLI_REPLY_OTHER, 0},
                {"error:20x", CLI_REPLY_OTHER, 0},
                {"okay", CLI_REPLY_OTHER, 0},
                {"", CLI_REPLY_OTHER, 0},
                {"[GC:G0]", CLI_REPLY_OTHER, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_reply reply;
        cli_reply_read(&reply, rows[i].line);
        if (reply.type != rows[i].type || reply.number != rows[i].number)
            fail_msg("%s: type %d number %u", rows[i].line, (int)reply.type, reply.number);
    }
    assert_string_equal(cli_error_meaning(4242), "");
    assert_true(cli_error_meaning(20)[0] != '\0' && cli_alarm_meaning(1)[0] != '\0');
}

static void prepared(const char *text, enum cli_line_fate fate, const char *result) {
    char line[CLI_STREAM_LINE_MAX];
    size_t length = strlen(text);
    memcpy(line, text, length);
    assert_int_equal(cli_line_prepare(line, &length), fate);
    if (fate == CLI_LINE_BAD)
        return;
    assert_int_equal(length, strlen(result));
    assert_memory_equal(line, result, length);
}

// No byte that acts on a machine leaves here: kept by `acts` in cli_stream.c.
static void test_lines_are_made_fit(void **state) {
    prepared("G1 X1 Y2", CLI_LINE_SEND, "G1 X1 Y2");
    prepared("G1 X1 ; plain (comment)", CLI_LINE_SEND, "G1 X1 ; plain (comment)");
    prepared("G1 X1\r", CLI_LINE_SEND, "G1 X1");
    prepared("", CLI_LINE_SEND, "");
    prepared("%", CLI_LINE_SKIP, "%");
    prepared("%\r", CLI_LINE_SKIP, "%");
    prepared("G1 X1 ; now!", CLI_LINE_CLEANED, "G1 X1 ");
    prepared("G1 (why?) X1 (fine)", CLI_LINE_CLEANED, "G1  X1 (fine)");
    prepared("; \xc3\x84rger", CLI_LINE_CLEANED, "");
    prepared("(open ~", CLI_LINE_CLEANED, "");
    prepared("\xef\xbb\xbfG21\r", CLI_LINE_SEND, "G21"); // an editor's mark before the first line
    prepared("\xef\xbb", CLI_LINE_BAD, NULL);
    prepared("G1 X1!", CLI_LINE_BAD, NULL);
    prepared("G1 \x18", CLI_LINE_BAD, NULL);
    prepared("G1 \xe9", CLI_LINE_BAD, NULL);
    prepared("G1\rX2", CLI_LINE_BAD, NULL); // two lines to some machines: two answers
}

// --- cli_paths

static char *config_file(const char *text) {
    static char name[64];
    snprintf(name, sizeof name, "/tmp/lotgate-test-XXXXXX");
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return name;
}

static void test_the_data_directory(void **state) {
    struct cli_paths paths;
    struct lg_error error = {0};
    char *name = config_file("{ // a comment\n \"site\": \"B\", \"data\": \"/srv/lots\", \"machines\": [] }");
    assert_true(cli_paths_find(&paths, name, NULL, &error));
    assert_string_equal(paths.data, "/srv/lots");
    assert_string_equal(paths.site, "B");
    assert_string_equal(paths.config, name);
    assert_true(cli_paths_find(&paths, name, "elsewhere", &error));
    assert_string_equal(paths.data, "elsewhere");
    assert_string_equal(paths.site, "B");
    unlink(name);
    assert_false(cli_paths_find(&paths, name, NULL, &error));
    assert_string_equal(error.code, "config_unreadable");
    name = config_file("{ \"data\": }");
    assert_false(cli_paths_find(&paths, name, NULL, &error));
    assert_string_equal(error.code, "bad_json");
    assert_non_null(strstr(error.message, name));
    unlink(name);
    assert_false(cli_paths_find(&paths, NULL, "", &error));
    assert_string_equal(error.code, "no_data_directory");
    char longest[PATH_MAX + 1];
    memset(longest, 'a', PATH_MAX);
    longest[PATH_MAX] = '\0';
    assert_false(cli_paths_find(&paths, NULL, longest, &error));
    longest[PATH_MAX - 1] = '\0';
    assert_true(cli_paths_find(&paths, NULL, longest, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_more_than_the_buffer_in_flight),
        cmocka_unit_test(test_answers_belong_to_the_oldest),
        cmocka_unit_test(test_line_by_line),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_lines_are_made_fit),
        cmocka_unit_test(test_the_data_directory),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
