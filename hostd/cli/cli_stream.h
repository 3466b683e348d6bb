// cli_stream: what a well-behaved Grbl sender keeps track of. Pure: no I/O, no clock, no allocation.
//
// Character counting: never more bytes in flight than the smallest machine's receive buffer holds; each `ok` or
// `error:n` answers the oldest line in flight.
#ifndef LOTGATE_CLI_STREAM_H
#define LOTGATE_CLI_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_STREAM_BYTES_MAX 127  // in flight: Grbl on AVR has a buffer of 128
#define CLI_STREAM_LINES_MAX 127  // in flight: a line is a byte at least
#define CLI_STREAM_LINE_MAX  1024 // bytes of one line of a file, its end included

struct cli_stream {
    bool line_by_line; // one line in flight at the most
    size_t first, lines, bytes;
    struct {
        size_t length;
        uint64_t number;
    } flight[CLI_STREAM_LINES_MAX];
};

// May a line of `length` bytes (line end included) go now? One longer than the buffer goes alone.
bool cli_stream_may_send(const struct cli_stream *stream, size_t length);
void cli_stream_sent(struct cli_stream *stream, size_t length, uint64_t number);
// An answer came: the number of the line that it answers; 0 when none was in flight.
uint64_t cli_stream_answered(struct cli_stream *stream);

enum cli_reply_type {
    CLI_REPLY_OTHER,
    CLI_REPLY_OK,
    CLI_REPLY_ERROR,
    CLI_REPLY_ALARM,
    CLI_REPLY_BANNER,
    CLI_REPLY_MESSAGE,
    CLI_REPLY_STATUS
};
struct cli_reply {
    enum cli_reply_type type; // OK, ERROR, ALARM also when spliced to the end of a status report
    unsigned number;          // of an error or alarm
    const char *text;         // MESSAGE: what follows "[MSG:"; STATUS: what follows "<"; inside the line
};
// Reads one reply line, NUL-terminated, without its line end.
void cli_reply_read(struct cli_reply *reply, const char *line);
// What a number means, "" when it is not known.
const char *cli_error_meaning(unsigned number);
const char *cli_alarm_meaning(unsigned number);

enum cli_line_fate {
    CLI_LINE_SEND,
    CLI_LINE_CLEANED, // send; a comment that would have acted on the machine was taken out
    CLI_LINE_SKIP,    // `%`: begins and ends a file, is nothing to a machine
    CLI_LINE_BAD      // a byte outside a comment that the machine would take as a command at once
};
// Makes a file's line fit to be sent, in place: no carriage return, no realtime byte (? ! ~ 0x18, 0x80 and up).
// `line` has no line feed. *length is changed.
enum cli_line_fate cli_line_prepare(char *line, size_t *length);

#endif
