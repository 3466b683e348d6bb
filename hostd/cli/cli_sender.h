// cli_sender: streams a G-code file to one of the daemon's sender ports, as any other sender would.
#ifndef LOTGATE_CLI_SENDER_H
#define LOTGATE_CLI_SENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli_stream.h"
#include "error.h"

#define CLI_SENDER_REPLY_MAX  1024     // bytes of one reply line; a longer one is cut
#define CLI_SENDER_POLL_US    250000   // how often the machine's status is asked for
#define CLI_SENDER_SILENCE_US 15000000 // after so long without a byte it is told that nothing comes
#define CLI_SENDER_STANDS_US  3000000  // a machine that stands in a hold so long is told of
#define CLI_SENDER_BRAKE_US   10000000 // a machine that has not come to rest by then is reset in motion
#define CLI_SENDER_RESET_US   3000000  // how long the banner is waited for after a reset

enum cli_sender_phase {
    CLI_SENDER_LOT, // the $LOT line is on its way
    CLI_SENDER_JOB,
    CLI_SENDER_ENDING,  // all lines are answered: the gate ends the job
    CLI_SENDER_BRAKING, // after an error: feed hold, until the machine rests
    CLI_SENDER_RESET,   // soft reset sent, its banner not yet seen
    CLI_SENDER_OVER
};

struct cli_sender {
    // Given by the caller.
    const char *machine;
    int fd;      // socket or pseudo-terminal, non-blocking
    int signals; // signalfd of SIGINT and SIGTERM
    FILE *file;
    const char *lot; // "ACR-1126-001=1sheet", or NULL
    bool line_by_line, keep_going, bar;
    void *context;
    bool (*job_over)(void *context); // has the gate ended the job? Asked in ENDING

    // Its own.
    enum cli_sender_phase phase;
    struct cli_stream stream;
    uint64_t lines, total, cleaned, errors; // sent; in the file; comments taken out; refused lines
    char line[CLI_STREAM_LINE_MAX + 1];     // the next line, prepared, with its line feed
    size_t line_length;
    bool eof, failed, interrupted, silent, stands, drawn;
    int64_t stands_since; // 0: it does not
    char out[CLI_STREAM_LINE_MAX + 64];
    size_t out_length;
    char reply[CLI_SENDER_REPLY_MAX + 1];
    size_t reply_length;
    char state[32];    // the machine's last status word
    char message[256]; // the last [MSG:lotgate ...]
    int64_t began, heard, polled, phase_since;
};

// Looks through the whole file before anything is sent, counts its lines and rewinds. Codes file_unreadable and
// file_unfit, naming the line.
bool cli_sender_check(FILE *file, uint64_t *lines, struct lg_error *error);

// Opens "host:port" (numeric; an unspecified address means this machine) or a pseudo-terminal's path. -1 with
// *error.
int cli_sender_open_tcp(const char *address, struct lg_error *error);
int cli_sender_open_pty(const char *path, struct lg_error *error);

// Streams until the job is over. True when every line was taken and nothing went wrong; else it has been told
// on stderr.
bool cli_sender_run(struct cli_sender *sender);

#endif
