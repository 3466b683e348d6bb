// cli_stream: a sender's bookkeeping. See cli_stream.h.
#include "cli_stream.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert

bool cli_stream_may_send(const struct cli_stream *stream, size_t length) {
    if (stream->lines == 0)
        return true;
    return !stream->line_by_line && stream->lines < CLI_STREAM_LINES_MAX && length <= CLI_STREAM_BYTES_MAX &&
           stream->bytes <= CLI_STREAM_BYTES_MAX - length;
}

void cli_stream_sent(struct cli_stream *stream, size_t length, uint64_t number) {
    lg_assert(stream->lines < CLI_STREAM_LINES_MAX);
    size_t at = (stream->first + stream->lines++) % CLI_STREAM_LINES_MAX;
    stream->flight[at].length = length;
    stream->flight[at].number = number;
    stream->bytes += length;
}

uint64_t cli_stream_answered(struct cli_stream *stream) {
    if (stream->lines == 0)
        return 0;
    size_t at = stream->first;
    stream->first = (at + 1) % CLI_STREAM_LINES_MAX;
    stream->lines--;
    stream->bytes -= stream->flight[at].length;
    return stream->flight[at].number;
}

static bool numbered(const char *text, const char *word, unsigned *number) {
    size_t n = strlen(word);
    if (strncmp(text, word, n) != 0 || !isdigit((unsigned char)text[n]))
        return false;
    char *end = NULL;
    unsigned long value = strtoul(text + n, &end, 10);
    if (*end != '\0' || value > 65535)
        return false;
    *number = (unsigned)value;
    return true;
}

// An answer that a firmware has glued to the end of another line: `<Run|...|Ov:100,100,ok`.
static bool spliced(struct cli_reply *reply, const char *line) {
    size_t n = strlen(line);
    if (n > 2 && strcmp(line + n - 2, "ok") == 0) {
        reply->type = CLI_REPLY_OK;
        return true;
    }
    const char *at = strstr(line, "error:");
    if (at != NULL && numbered(at, "error:", &reply->number))
        reply->type = CLI_REPLY_ERROR;
    else if ((at = strstr(line, "ALARM:")) != NULL && numbered(at, "ALARM:", &reply->number))
        reply->type = CLI_REPLY_ALARM;
    return reply->type != CLI_REPLY_OTHER;
}

void cli_reply_read(struct cli_reply *reply, const char *line) {
    *reply = (struct cli_reply){CLI_REPLY_OTHER, 0, line};
    if (strcmp(line, "ok") == 0)
        reply->type = CLI_REPLY_OK;
    else if (numbered(line, "error:", &reply->number))
        reply->type = CLI_REPLY_ERROR;
    else if (numbered(line, "ALARM:", &reply->number))
        reply->type = CLI_REPLY_ALARM;
    else if (strncmp(line, "Grbl ", 5) == 0 || strncmp(line, "GrblHAL ", 8) == 0)
        reply->type = CLI_REPLY_BANNER;
    else if (line[0] == '<') {
        reply->text = line + 1;
        if (!spliced(reply, line))
            reply->type = CLI_REPLY_STATUS;
    } else if (strncmp(line, "[MSG:", 5) == 0) {
        reply->type = CLI_REPLY_MESSAGE;
        reply->text = line + 5;
    }
}

struct meaning {
    unsigned number;
    const char *text;
};

static const struct meaning errors[] = {
    {1, "a word has no letter"},
    {2, "a number is malformed"},
    {3, "the $ command is not known"},
    {5, "homing is not switched on"},
    {7, "the machine's settings memory could not be read"},
    {8, "only possible while the machine is idle"},
    {9, "the machine is locked, by an alarm or by the gate"},
    {10, "soft limits need homing"},
    {11, "the line is longer than the machine can take"},
    {13, "the safety door is open"},
    {15, "the jog would leave the work area"},
    {16, "the jog command is malformed"},
    {17, "laser mode needs a PWM output"},
    {20, "a command that this machine does not have"},
    {21, "two commands that exclude each other"},
    {22, "no feed rate was given"},
    {23, "a whole number is needed"},
    {24, "two commands need the axis words"},
    {25, "a word is given twice"},
    {26, "axis words are missing"},
    {27, "the line number is out of range"},
    {28, "a value is missing"},
    {29, "the work coordinate system does not exist"},
    {30, "G53 needs G0 or G1"},
    {31, "axis words that no command uses"},
    {32, "an arc without axis words"},
    {33, "the arc's target is impossible"},
    {34, "the arc's radius is impossible"},
    {35, "an arc without a centre"},
    {36, "words that no command uses"},
    {37, "G43.1 on the wrong axis"},
    {38, "the tool number is too large"},
};

static const struct meaning alarms[] = {
    {1, "a limit switch was hit; the position is lost"},
    {2, "the move would leave the work area"},
    {3, "reset in motion; the position is lost"},
    {4, "the probe was not in its expected state"},
    {5, "the probe found nothing"},
    {6, "homing was reset"},
    {7, "the door opened while homing"},
    {8, "homing could not clear the switch"},
    {9, "homing found no switch"},
};

static const char *look_up(const struct meaning *table, size_t count, unsigned number) {
    for (size_t i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].text;
    return "";
}

const char *cli_error_meaning(unsigned number) {
    return look_up(errors, sizeof errors / sizeof errors[0], number);
}

const char *cli_alarm_meaning(unsigned number) {
    return look_up(alarms, sizeof alarms / sizeof alarms[0], number);
}

static bool acts(char c) {
    return c == '?' || c == '!' || c == '~' || c == 0x18 || (unsigned char)c >= 0x80;
}

// Length of the comment at `at`: from `;` to the end, from `(` to its `)`. 0: none begins there.
static size_t comment_length(const char *line, size_t length, size_t at) {
    if (line[at] == ';')
        return length - at;
    if (line[at] != '(')
        return 0;
    const char *end = memchr(line + at, ')', length - at);
    return end != NULL ? (size_t)(end - (line + at)) + 1 : length - at;
}

enum cli_line_fate cli_line_prepare(char *line, size_t *length) {
    static const char mark[] = "\xEF\xBB\xBF"; // of byte order: editors put it before a file's first line
    size_t n = *length, out = 0;
    enum cli_line_fate fate = CLI_LINE_SEND;
    while (n > 0 && line[n - 1] == '\r')
        n--;
    for (size_t i = n >= 3 && memcmp(line, mark, 3) == 0 ? 3 : 0; i < n;) {
        size_t comment = comment_length(line, n, i), take = comment > 0 ? comment : 1;
        bool bad = false;
        for (size_t j = i; j < i + take; j++)
            bad = bad || acts(line[j]) || line[j] == '\r';
        if (bad && comment == 0)
            return CLI_LINE_BAD;
        if (bad)
            fate = CLI_LINE_CLEANED;
        else {
            memmove(line + out, line + i, take);
            out += take;
        }
        i += take;
    }
    *length = out;
    if (out == 1 && line[0] == '%')
        return CLI_LINE_SKIP;
    return fate;
}
