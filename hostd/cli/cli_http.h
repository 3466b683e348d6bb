// cli_http: a small, strict HTTP/1.1 client for the daemon's Unix socket.
//
// The reader is pure: bytes go in as they come, pieces of the body come out. It takes what an honest server
// sends and refuses everything else: one framing (Content-Length or chunked, never both or neither), CRLF line
// ends, no folded headers, named limits. The functions below it do the I/O, each with a deadline.
#ifndef LOTGATE_CLI_HTTP_H
#define LOTGATE_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define CLI_HTTP_LINE_MAX    4096          // bytes of one line of the head, or of a chunk's size line
#define CLI_HTTP_HEAD_MAX    16384         // bytes of the whole head
#define CLI_HTTP_BODY_MAX    (1024 * 1024) // bytes of an answer that is read whole
#define CLI_HTTP_DEADLINE_US 30000000 // an answer that takes longer is given up; an SD card can stall for 7 s

enum cli_http_state {
    CLI_HTTP_STATUS,
    CLI_HTTP_HEAD,
    CLI_HTTP_LENGTH,
    CLI_HTTP_CHUNK,
    CLI_HTTP_CHUNK_DATA,
    CLI_HTTP_CHUNK_END,
    CLI_HTTP_TRAILER,
    CLI_HTTP_DONE,
    CLI_HTTP_FAILED
};

struct cli_http_reader {
    enum cli_http_state state;
    int status;        // 200, 409 ...; 0 until known
    const char *fault; // what was wrong, when failed; a constant
    bool has_length, chunked;
    uint64_t left; // of the body or the chunk
    size_t head;   // bytes of head seen
    size_t length; // of the line being collected
    char line[CLI_HTTP_LINE_MAX];
    void *context;
    bool (*body)(void *context, const char *bytes, size_t length); // false: too much, stop
};

void cli_http_reader_init(struct cli_http_reader *reader, void *context,
                          bool (*body)(void *context, const char *bytes, size_t length));
// Takes bytes; returns how many belonged to this answer (fewer than given once it is done or failed).
size_t cli_http_feed(struct cli_http_reader *reader, const char *bytes, size_t length);

// Connects to the Unix socket `name` in `directory`. Returns the descriptor (close-on-exec), or -1 with errno:
// ENOENT and ECONNREFUSED mean that nobody listens (a stale socket file is the second).
int cli_http_connect(const char *directory, const char *name);

// Sends one request. `body` NULL: none; `extra`: more header lines, each with CRLF, or "". False with code
// "daemon_gone" when it could not be written before the deadline (monotonic microseconds).
bool cli_http_send(int fd, const char *method, const char *target, const char *extra, const char *body,
                   int64_t deadline_us, struct lg_error *error);

// Reads a whole answer. *body is new, NUL-terminated, owned by the caller. Codes "daemon_gone" (closed or silent)
// and "bad_answer".
bool cli_http_receive(int fd, int *status, char **body, size_t *length, int64_t deadline_us,
                      struct lg_error *error);

#endif
