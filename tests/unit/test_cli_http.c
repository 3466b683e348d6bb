// cli_http, cli_sse: answers in pieces of every size, and what is refused.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_http.h"
#include "cli_sse.h"
#include "timefmt.h"

struct body {
    char bytes[8192];
    size_t length;
};

static bool take(void *context, const char *bytes, size_t length) {
    struct body *b = context;
    if (length > sizeof b->bytes - 1 - b->length)
        return false;
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
    b->bytes[b->length] = '\0';
    return true;
}

// Feeds a text in pieces of `step` bytes.
static void feed(struct cli_http_reader *r, struct body *b, const char *text, size_t step) {
    size_t length = strlen(text);
    memset(b, 0, sizeof *b);
    cli_http_reader_init(r, b, take);
    for (size_t i = 0; i < length; i += step)
        cli_http_feed(r, text + i, step < length - i ? step : length - i);
}

static void reads(const char *text, int status, const char *body) {
    for (size_t step = 1; step <= strlen(text); step++) {
        struct cli_http_reader r;
        struct body b;
        feed(&r, &b, text, step);
        if (r.state != CLI_HTTP_DONE)
            fail_msg("step %zu: not done: %s", step, r.fault != NULL ? r.fault : "-");
        assert_int_equal(r.status, status);
        assert_string_equal(b.bytes, body);
    }
}

static void test_answers(void **state) {
    reads("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}");
    reads("HTTP/1.1 409 Conflict\r\ncontent-length:\t5 \r\nX: y\r\n\r\nhello", 409, "hello");
    reads("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "");
    reads("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
    reads(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
        200, "abc0123456789");
    reads("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x");
}

static void faults(const char *text) {
    for (size_t step = 1; step <= strlen(text); step++) {
        struct cli_http_reader r;
        struct body b;
        feed(&r, &b, text, step);
        if (r.state != CLI_HTTP_FAILED)
            fail_msg("taken: %s", text);
        assert_non_null(r.fault);
    }
}

static void test_faults(void **state) {
    faults("HTTP/2 200 OK\r\n");
    faults("HTTP/1.1 999 What\r\n");
    faults("HTTP/1.1 2x0 OK\r\n");
    faults("SSH-2.0-OpenSSH\r\n");
    faults("HTTP/1.1 200 OK\n\n");                                                        // bare LF
    faults("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n");          // twice
    faults("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"); // both
    faults("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\n\r\n"); // neither
    faults("HTTP/1.1 200 OK\r\n folded: x\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\nname : x\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
    faults("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    faults("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n");
    faults("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n");
    faults("HTTP/1.1 101 Switching Protocols\r\n\r\n");
}

// Kept by the comparisons with sizeof line and CLI_HTTP_HEAD_MAX in line_byte.
static void test_head_limits(void **state) {
    struct cli_http_reader r;
    struct body b = {0};
    cli_http_reader_init(&r, &b, take);
    cli_http_feed(&r, "HTTP/1.1 200 OK\r\nX: ", 20);
    for (int i = 0; i < CLI_HTTP_LINE_MAX - 5; i++)
        cli_http_feed(&r, "a", 1);
    assert_int_equal(r.state, CLI_HTTP_HEAD);
    cli_http_feed(&r, "aaa", 3);
    assert_int_equal(r.state, CLI_HTTP_FAILED);

    cli_http_reader_init(&r, &b, take);
    cli_http_feed(&r, "HTTP/1.1 200 OK\r\n", 17);
    size_t sent = 17;
    while (r.state == CLI_HTTP_HEAD && sent < 10 * CLI_HTTP_HEAD_MAX) {
        cli_http_feed(&r, "Name: value\r\n", 13);
        sent += 13;
    }
    assert_int_equal(r.state, CLI_HTTP_FAILED);
    assert_in_range(sent, CLI_HTTP_HEAD_MAX, CLI_HTTP_HEAD_MAX + 13);
}

static void test_body_limit(void **state) {
    struct cli_http_reader r;
    struct body b;
    feed(&r, &b, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 50);
    char many[8192];
    memset(many, 'x', sizeof many);
    cli_http_feed(&r, many, sizeof many);
    assert_int_equal(r.state, CLI_HTTP_FAILED);
}

static void test_receive_gives_up_at_its_deadline(void **state) {
    int pair[2], status = 0;
    char *body = NULL;
    size_t length = 0;
    struct lg_error error = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], "HTTP/1.1 200 OK\r\n", 17), 17);
    int64_t began = time_monotonic_us();
    assert_false(cli_http_receive(pair[0], &status, &body, &length, began + 50000, &error));
    assert_string_equal(error.code, "daemon_gone");
    assert_true(time_monotonic_us() - began >= 50000);
    assert_null(body);

    // Closed in the middle is no shorter answer.
    assert_int_equal(write(pair[1], "Content-Length: 5\r\n\r\nab", 23), 23);
    close(pair[1]);
    assert_false(cli_http_receive(pair[0], &status, &body, &length, time_monotonic_us() + 5000000, &error));
    assert_string_equal(error.code, "bad_answer"); // the head's first line was read by the call before
    close(pair[0]);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab";
    assert_int_equal(write(pair[1], cut, sizeof cut - 1), sizeof cut - 1);
    close(pair[1]);
    assert_false(cli_http_receive(pair[0], &status, &body, &length, time_monotonic_us() + 5000000, &error));
    assert_string_equal(error.code, "daemon_gone");
    close(pair[0]);
}

// --- events

struct events {
    char text[1024];
};

static void on_event(void *context, const char *type, const char *data) {
    struct events *e = context;
    size_t n = strlen(e->text);
    snprintf(e->text + n, sizeof e->text - n, "[%s|%s]", type, data);
}

static void test_events(void **state) {
    static const char stream[] =
        ": hello\n\nid: 7\nevent: job\ndata: {\"a\":1}\n\ndata: two\r\ndata:lines\r\n\r\n"
        "retry: 5\nevent: none\n\ndata: last\n";
    for (size_t step = 1; step < sizeof stream; step++) {
        struct events events = {""};
        struct cli_sse sse;
        cli_sse_init(&sse, &events, on_event);
        for (size_t i = 0; i < sizeof stream - 1; i += step)
            assert_true(
                cli_sse_feed(&sse, stream + i, step < sizeof stream - 1 - i ? step : sizeof stream - 1 - i));
        // An event whose empty line has not come yet is not told; one without data never is.
        assert_string_equal(events.text, "[job|{\"a\":1}][message|two\nlines]");
        assert_string_equal(sse.id, "7");
        cli_sse_free(&sse);
    }
}

// Kept by the comparisons with CLI_SSE_LINE_MAX in cli_sse_feed and CLI_SSE_DATA_MAX in add_data.
static void test_event_limits(void **state) {
    struct events events = {""};
    struct cli_sse sse;
    char *line = malloc(CLI_SSE_LINE_MAX + 2);
    memset(line, 'x', CLI_SSE_LINE_MAX + 2);
    cli_sse_init(&sse, &events, on_event);
    assert_true(cli_sse_feed(&sse, line, CLI_SSE_LINE_MAX));
    assert_false(cli_sse_feed(&sse, line, 1));
    cli_sse_free(&sse);

    cli_sse_init(&sse, &events, on_event);
    memcpy(line, "data:", 5);
    line[CLI_SSE_LINE_MAX / 2] = '\n';
    assert_true(cli_sse_feed(&sse, line, CLI_SSE_LINE_MAX / 2 + 1));
    assert_true(cli_sse_feed(&sse, line, CLI_SSE_LINE_MAX / 2 + 1));
    assert_false(cli_sse_feed(&sse, line, CLI_SSE_LINE_MAX / 2 + 1));
    cli_sse_free(&sse);
    free(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_head_limits),
        cmocka_unit_test(test_body_limit),
        cmocka_unit_test(test_receive_gives_up_at_its_deadline),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_event_limits),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
