// cli_sse: server-sent events. See cli_sse.h.
#include "cli_sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert

void cli_sse_init(struct cli_sse *sse, void *context,
                  void (*event)(void *context, const char *type, const char *data)) {
    memset(sse, 0, sizeof *sse);
    sse->context = context;
    sse->event = event;
    sse->line = malloc(CLI_SSE_LINE_MAX + 1);
    sse->data = malloc(CLI_SSE_DATA_MAX + 1);
    lg_assert(sse->line != NULL && sse->data != NULL);
}

void cli_sse_free(struct cli_sse *sse) {
    free(sse->line);
    free(sse->data);
    sse->line = sse->data = NULL;
}

static void dispatch(struct cli_sse *sse) {
    if (sse->has_data) {
        sse->data[sse->data_length] = '\0';
        sse->event(sse->context, sse->type[0] != '\0' ? sse->type : "message", sse->data);
    }
    sse->type[0] = '\0';
    sse->data_length = 0;
    sse->has_data = false;
}

// Several data lines are one text with line breaks between them.
static bool add_data(struct cli_sse *sse, const char *text) {
    size_t n = strlen(text), gap = sse->has_data ? 1 : 0;
    if (n + gap > CLI_SSE_DATA_MAX - sse->data_length)
        return false;
    if (gap != 0)
        sse->data[sse->data_length++] = '\n';
    memcpy(sse->data + sse->data_length, text, n);
    sse->data_length += n;
    sse->has_data = true;
    return true;
}

static bool take_line(struct cli_sse *sse) {
    sse->line[sse->line_length] = '\0';
    sse->line_length = 0;
    if (sse->line[0] == '\0') {
        dispatch(sse);
        return true;
    }
    if (sse->line[0] == ':') // a comment: the server's heartbeat
        return true;
    char *value = sse->line + strcspn(sse->line, ":");
    if (*value == ':')
        *value++ = '\0';
    if (*value == ' ')
        value++;
    if (strcmp(sse->line, "data") == 0)
        return add_data(sse, value);
    if (strcmp(sse->line, "event") == 0)
        snprintf(sse->type, sizeof sse->type, "%.*s", CLI_SSE_WORD_MAX - 1, value);
    else if (strcmp(sse->line, "id") == 0)
        snprintf(sse->id, sizeof sse->id, "%.*s", CLI_SSE_WORD_MAX - 1, value);
    return true;
}

bool cli_sse_feed(struct cli_sse *sse, const char *bytes, size_t length) {
    for (size_t i = 0; i < length && !sse->too_long; i++) {
        char c = bytes[i];
        if (c == '\n' && sse->after_cr) {
            sse->after_cr = false;
        } else if (c == '\n' || c == '\r') {
            sse->after_cr = c == '\r';
            sse->too_long = !take_line(sse);
        } else {
            sse->after_cr = false;
            if (sse->line_length == CLI_SSE_LINE_MAX)
                sse->too_long = true;
            else
                sse->line[sse->line_length++] = c;
        }
    }
    return !sse->too_long;
}
