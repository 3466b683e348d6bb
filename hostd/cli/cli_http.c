// cli_http: the reader of answers. See cli_http.h; the I/O is in cli_http_io.c.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli_http.h"

void cli_http_reader_init(struct cli_http_reader *reader, void *context,
                          bool (*body)(void *context, const char *bytes, size_t length)) {
    memset(reader, 0, sizeof *reader);
    reader->context = context;
    reader->body = body;
}

static void fail(struct cli_http_reader *r, const char *fault) {
    r->state = CLI_HTTP_FAILED;
    r->fault = fault;
}

// "HTTP/1.1 200 OK"
static void status_line(struct cli_http_reader *r) {
    const char *l = r->line;
    bool ok = r->length >= 12 && memcmp(l, "HTTP/1.", 7) == 0 && (l[7] == '0' || l[7] == '1') &&
              l[8] == ' ' && l[9] >= '1' && l[9] <= '5' && isdigit((unsigned char)l[10]) &&
              isdigit((unsigned char)l[11]) && (l[12] == ' ' || l[12] == '\0');
    if (!ok) {
        fail(r, "the first line is no HTTP status");
        return;
    }
    r->status = (l[9] - '0') * 100 + (l[10] - '0') * 10 + (l[11] - '0');
    r->has_length = r->chunked = false;
    r->state = CLI_HTTP_HEAD;
}

static bool decimal(const char *text, uint64_t *out) {
    uint64_t n = 0;
    if (*text == '\0' || strlen(text) > 18)
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        n = n * 10 + (uint64_t)(*text - '0');
    }
    *out = n;
    return true;
}

static void header_line(struct cli_http_reader *r) {
    char *colon = strchr(r->line, ':');
    if (colon == NULL || colon == r->line || isspace((unsigned char)r->line[0]) ||
        isspace((unsigned char)colon[-1])) {
        fail(r, "a header line is malformed");
        return;
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (size_t n = strlen(value); n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'); n--)
        value[n - 1] = '\0';
    if (strcasecmp(r->line, "content-length") == 0) {
        if (r->has_length || !decimal(value, &r->left))
            fail(r, "Content-Length is given twice or is no number");
        r->has_length = true;
    } else if (strcasecmp(r->line, "transfer-encoding") == 0) {
        if (r->chunked || strcasecmp(value, "chunked") != 0)
            fail(r, "the transfer encoding is unknown");
        r->chunked = true;
    }
}

static void head_end(struct cli_http_reader *r) {
    if (r->status < 200) { // an interim answer: the real one follows
        r->state = r->status == 101 ? CLI_HTTP_FAILED : CLI_HTTP_STATUS;
        r->fault = r->status == 101 ? "the protocol was switched" : NULL;
    } else if (r->has_length && r->chunked) {
        fail(r, "the body has two framings");
    } else if (r->status == 204 || r->status == 304) {
        r->state = CLI_HTTP_DONE;
    } else if (r->chunked) {
        r->state = CLI_HTTP_CHUNK;
    } else if (r->has_length) {
        r->state = r->left == 0 ? CLI_HTTP_DONE : CLI_HTTP_LENGTH;
    } else {
        fail(r, "the body has no framing");
    }
}

static void chunk_line(struct cli_http_reader *r) {
    uint64_t n = 0;
    size_t digits = strcspn(r->line, ";");
    bool ok = digits > 0 && digits <= 8;
    for (size_t i = 0; ok && i < digits; i++) {
        char c = (char)tolower((unsigned char)r->line[i]);
        ok = isxdigit((unsigned char)c) != 0;
        n = n * 16 + (uint64_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
    }
    if (!ok) {
        fail(r, "a chunk's size is malformed");
        return;
    }
    r->left = n;
    r->head = 0;
    r->state = n == 0 ? CLI_HTTP_TRAILER : CLI_HTTP_CHUNK_DATA;
}

static void take_line(struct cli_http_reader *r) {
    if (r->state == CLI_HTTP_STATUS)
        status_line(r);
    else if (r->state == CLI_HTTP_HEAD && r->length > 0)
        header_line(r);
    else if (r->state == CLI_HTTP_HEAD)
        head_end(r);
    else if (r->state == CLI_HTTP_CHUNK)
        chunk_line(r);
    else if (r->state == CLI_HTTP_CHUNK_END && r->length == 0)
        r->state = CLI_HTTP_CHUNK;
    else if (r->state == CLI_HTTP_CHUNK_END)
        fail(r, "a chunk is longer than its size");
    else if (r->state == CLI_HTTP_TRAILER && r->length == 0)
        r->state = CLI_HTTP_DONE;
}

// Collects one byte of a line that must end in CR LF.
static void line_byte(struct cli_http_reader *r, char c) {
    if (++r->head > CLI_HTTP_HEAD_MAX) {
        fail(r, "the head is too long");
        return;
    }
    bool after_cr = r->length > 0 && r->line[r->length - 1] == '\r';
    if (c == '\n' && after_cr) {
        r->line[--r->length] = '\0';
        take_line(r);
        r->length = 0;
    } else if (c == '\n' || c == '\0' || after_cr) {
        fail(r, "a line does not end in CR LF");
    } else if (r->length + 1 == sizeof r->line) {
        fail(r, "a line is too long");
    } else {
        r->line[r->length++] = c;
    }
}

size_t cli_http_feed(struct cli_http_reader *r, const char *bytes, size_t length) {
    size_t used = 0;
    while (used < length && r->state != CLI_HTTP_DONE && r->state != CLI_HTTP_FAILED) {
        if (r->state != CLI_HTTP_LENGTH && r->state != CLI_HTTP_CHUNK_DATA) {
            line_byte(r, bytes[used++]);
            continue;
        }
        size_t n = length - used < r->left ? length - used : (size_t)r->left;
        if (!r->body(r->context, bytes + used, n)) {
            fail(r, "the answer is too long");
            break;
        }
        used += n;
        r->left -= n;
        if (r->left == 0) {
            r->state = r->state == CLI_HTTP_LENGTH ? CLI_HTTP_DONE : CLI_HTTP_CHUNK_END;
            r->head = 0;
        }
    }
    return used;
}
