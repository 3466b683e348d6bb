// cli_sse: reads a stream of server-sent events. Pure: bytes in, events out.
#ifndef LOTGATE_CLI_SSE_H
#define LOTGATE_CLI_SSE_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_SSE_DATA_MAX (256 * 1024) // bytes of one event's data
#define CLI_SSE_LINE_MAX (256 * 1024)
#define CLI_SSE_WORD_MAX 64 // bytes of an event's type or id

struct cli_sse {
    void *context;
    // One event: its type ("message" when it names none) and data, valid during the call.
    void (*event)(void *context, const char *type, const char *data);
    char type[CLI_SSE_WORD_MAX];
    char id[CLI_SSE_WORD_MAX]; // the last id seen, to resume after
    char *line, *data;         // CLI_SSE_LINE_MAX and CLI_SSE_DATA_MAX bytes, plus a NUL
    size_t line_length, data_length;
    bool has_data, after_cr, too_long;
};

// Allocates the two buffers; cli_sse_free frees them.
void cli_sse_init(struct cli_sse *sse, void *context,
                  void (*event)(void *context, const char *type, const char *data));
void cli_sse_free(struct cli_sse *sse);
// False once a line or an event passed its limit: the stream is no use any more.
bool cli_sse_feed(struct cli_sse *sse, const char *bytes, size_t length);

#endif
