// cli_sender: the streaming itself. See cli_sender.h.
#include "cli_sender.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli_text.h" // cli_text_write
#include "timefmt.h"  // time_monotonic_us

// --- what the person sees

static void undraw(struct cli_sender *s) {
    if (s->drawn)
        fputs("\r\x1b[K", stderr);
    s->drawn = false;
}

__attribute__((format(printf, 2, 3))) static void say(struct cli_sender *s, const char *format, ...) {
    va_list list;
    char text[1024];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    undraw(s);
    cli_text_write(stderr, text);
    fputc('\n', stderr);
}

static void draw(struct cli_sender *s) {
    enum { CELLS = 24 };
    if (!s->bar)
        return;
    uint64_t done = s->lines >= s->stream.lines ? s->lines - s->stream.lines : 0;
    int cells = s->total > 0 ? (int)(done * CELLS / s->total) : 0,
        percent = s->total > 0 ? (int)(done * 100 / s->total) : 0;
    int64_t seconds = (time_monotonic_us() - s->began) / 1000000;
    fprintf(stderr, "\r\x1b[K[%.*s%*s] %3d %%  %llu/%llu  %s  %lld:%02lld", cells, "########################",
            CELLS - cells, "", percent, (unsigned long long)done, (unsigned long long)s->total, s->state,
            (long long)(seconds / 60), (long long)(seconds % 60));
    fflush(stderr);
    s->drawn = true;
}

// --- towards the machine

static void enter(struct cli_sender *s, enum cli_sender_phase phase) {
    s->phase = phase;
    s->phase_since = time_monotonic_us();
}

static void fail(struct cli_sender *s) {
    s->failed = true;
    enter(s, CLI_SENDER_OVER);
}

// Realtime bytes overtake what waits here; they are written at once.
static void realtime(struct cli_sender *s, char byte) {
    while (write(s->fd, &byte, 1) < 0 && errno == EINTR)
        continue;
}

static void soft_reset(struct cli_sender *s) {
    s->out_length = 0;
    s->stream = (struct cli_stream){.line_by_line = s->line_by_line};
    realtime(s, 0x18);
    enter(s, CLI_SENDER_RESET);
}

// After an error nothing more is sent; the machine is brought to rest first, so that it keeps its position.
static void brake(struct cli_sender *s) {
    s->failed = true;
    s->out_length = 0;
    realtime(s, '!');
    enter(s, CLI_SENDER_BRAKING);
}

static void put_line(struct cli_sender *s, const char *text, size_t length, uint64_t number) {
    lg_assert(length <= sizeof s->out - s->out_length);
    memcpy(s->out + s->out_length, text, length);
    s->out_length += length;
    cli_stream_sent(&s->stream, length, number);
}

// Reads and prepares the next line of the file into s->line; false at its end.
static bool next_line(struct cli_sender *s) {
    while (!s->eof && s->line_length == 0) {
        if (fgets(s->line, sizeof s->line, s->file) == NULL) {
            s->eof = true;
            break;
        }
        size_t length = strcspn(s->line, "\n");
        s->lines++;
        enum cli_line_fate fate = cli_line_prepare(s->line, &length);
        if (fate == CLI_LINE_BAD) { // the file has changed since it was checked
            say(s, "Line %llu can't be sent.", (unsigned long long)s->lines);
            brake(s);
            return false;
        }
        s->cleaned += fate == CLI_LINE_CLEANED ? 1 : 0;
        if (fate == CLI_LINE_SKIP)
            continue;
        s->line[length] = '\n';
        s->line_length = length + 1;
    }
    return s->line_length > 0;
}

static void fill(struct cli_sender *s) {
    while (s->phase == CLI_SENDER_JOB && next_line(s) && s->line_length <= sizeof s->out - s->out_length &&
           cli_stream_may_send(&s->stream, s->line_length)) {
        put_line(s, s->line, s->line_length, s->lines);
        s->line_length = 0;
    }
    if (s->phase == CLI_SENDER_JOB && s->eof && s->line_length == 0 && s->stream.lines == 0)
        enter(s, CLI_SENDER_ENDING);
}

static bool flush_out(struct cli_sender *s) {
    while (s->out_length > 0) {
        ssize_t n = write(s->fd, s->out, s->out_length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        memmove(s->out, s->out + n, s->out_length - (size_t)n);
        s->out_length -= (size_t)n;
    }
    return true;
}

// --- from the machine

static void got_ok(struct cli_sender *s, const struct cli_reply *reply) {
    (void)reply;
    cli_stream_answered(&s->stream);
    if (s->phase == CLI_SENDER_LOT)
        enter(s, CLI_SENDER_JOB);
}

static void got_error(struct cli_sender *s, const struct cli_reply *reply) {
    uint64_t line = cli_stream_answered(&s->stream);
    const char *meaning = cli_error_meaning(reply->number);
    if (s->phase == CLI_SENDER_LOT) {
        say(s, "lotgate: %s did not take the lot %s.", s->machine, s->lot);
        if (s->message[0] == '\0')
            say(s, "  `lotgate lot show` and `lotgate machine show` may tell why.");
        fail(s);
        return;
    }
    s->errors++;
    say(s, "line %llu: error:%u%s%s", (unsigned long long)line, reply->number, meaning[0] != '\0' ? ", " : "",
        meaning);
    if (s->phase == CLI_SENDER_JOB && !s->keep_going) {
        say(s, "lotgate: The job is stopped. --keep-going sends on after an error.");
        brake(s);
    }
}

static void got_alarm(struct cli_sender *s, const struct cli_reply *reply) {
    const char *meaning = cli_alarm_meaning(reply->number);
    say(s, "ALARM:%u%s%s", reply->number, meaning[0] != '\0' ? ", " : "", meaning);
    if (s->phase != CLI_SENDER_RESET) // a reset in motion raises one; its banner is still to come
        fail(s);
}

// Someone else left it so: no line is answered, and nobody would say why. A job that the gate holds looks the same, but the gate
// has told of it.
static void tell_what_stands(struct cli_sender *s) {
    int64_t now = time_monotonic_us();
    if (strncmp(s->state, "Hold", 4) != 0 && strncmp(s->state, "Door", 4) != 0 &&
        strcmp(s->state, "Sleep") != 0) {
        s->stands_since = 0;
        s->stands = false;
    } else if (s->stands_since == 0) {
        s->stands_since = now;
    } else if (!s->stands && s->phase == CLI_SENDER_JOB && s->message[0] == '\0' &&
               now - s->stands_since > CLI_SENDER_STANDS_US) {
        s->stands = true;
        say(s, "lotgate: %s says %s and takes no lines: resume or reset it at the panel (Ctrl-C stops).",
            s->machine, s->state);
    }
}

static void got_status(struct cli_sender *s, const struct cli_reply *reply) {
    size_t n = strcspn(reply->text, "|,>");
    snprintf(s->state, sizeof s->state, "%.*s", (int)n, reply->text);
    bool rests =
        strcmp(s->state, "Hold:0") == 0 || strcmp(s->state, "Idle") == 0 || strcmp(s->state, "Alarm") == 0;
    if (s->phase == CLI_SENDER_BRAKING && rests)
        soft_reset(s);
    tell_what_stands(s);
}

static void got_message(struct cli_sender *s, const struct cli_reply *reply) {
    snprintf(s->message, sizeof s->message, "%.*s", (int)strcspn(reply->text, "]"), reply->text);
    say(s, "[MSG:%s]", s->message);
}

// Boards print one when their port is opened: it means a reset only once lines have been taken.
static void got_banner(struct cli_sender *s, const struct cli_reply *reply) {
    (void)reply;
    if (s->phase == CLI_SENDER_RESET) {
        enter(s, CLI_SENDER_OVER);
    } else if (s->lines > 0) {
        say(s, "lotgate: %s was reset in the middle of the job.", s->machine);
        fail(s);
    }
}

static void got_line(struct cli_sender *s) {
    static void (*const takers[])(struct cli_sender *, const struct cli_reply *) = {
        [CLI_REPLY_OK] = got_ok,         [CLI_REPLY_ERROR] = got_error,     [CLI_REPLY_ALARM] = got_alarm,
        [CLI_REPLY_BANNER] = got_banner, [CLI_REPLY_MESSAGE] = got_message, [CLI_REPLY_STATUS] = got_status,
        [CLI_REPLY_OTHER] = NULL};
    struct cli_reply reply;
    s->reply[s->reply_length] = '\0';
    s->reply_length = 0;
    cli_reply_read(&reply, s->reply);
    if (takers[reply.type] != NULL)
        takers[reply.type](s, &reply);
}

static void take_bytes(struct cli_sender *s) {
    char bytes[4096];
    ssize_t n = read(s->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (s->phase != CLI_SENDER_RESET)
            say(s, "lotgate: The connection to %s was closed before the job was over.", s->machine);
        fail(s);
        return;
    }
    s->heard = time_monotonic_us();
    s->silent = false;
    for (ssize_t i = 0; i < n && s->phase != CLI_SENDER_OVER; i++) {
        if (bytes[i] == '\n')
            got_line(s);
        else if (bytes[i] != '\r' && s->reply_length < CLI_SENDER_REPLY_MAX)
            s->reply[s->reply_length++] = bytes[i];
    }
}

// --- time and signals

static void take_signal(struct cli_sender *s) {
    struct signalfd_siginfo info;
    if (read(s->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    s->failed = true;
    if (s->interrupted) {
        fail(s);
        return;
    }
    s->interrupted = true;
    say(s, "lotgate: Stopping %s with a reset (Ctrl-C again: leave at once).", s->machine);
    soft_reset(s);
}

static void tick(struct cli_sender *s) {
    int64_t now = time_monotonic_us();
    if (now - s->polled < CLI_SENDER_POLL_US)
        return;
    s->polled = now;
    if (s->phase == CLI_SENDER_RESET) {
        if (now - s->phase_since > CLI_SENDER_RESET_US)
            enter(s, CLI_SENDER_OVER);
        return;
    }
    if (s->phase == CLI_SENDER_BRAKING && now - s->phase_since > CLI_SENDER_BRAKE_US) {
        soft_reset(s);
        return;
    }
    if (s->phase == CLI_SENDER_ENDING && s->job_over(s->context)) {
        enter(s, CLI_SENDER_OVER);
        return;
    }
    realtime(s, '?');
    if (!s->silent && now - s->heard > CLI_SENDER_SILENCE_US) {
        s->silent = true;
        say(s, "lotgate: %s has not answered for %d s; still waiting (Ctrl-C stops).", s->machine,
            CLI_SENDER_SILENCE_US / 1000000);
    }
    draw(s);
}

// "ACR-1126-001=1sheet" -> "$LOT=ACR-1126-001,1sheet"
static void put_lot(struct cli_sender *s) {
    char line[CLI_STREAM_LINE_MAX];
    int n = snprintf(line, sizeof line, "$LOT=%s\n", s->lot);
    lg_assert(n > 0 && (size_t)n < sizeof line);
    char *equals = strchr(line + 5, '=');
    if (equals != NULL)
        *equals = ',';
    put_line(s, line, (size_t)n, 0);
}

bool cli_sender_run(struct cli_sender *s) {
    s->began = s->heard = time_monotonic_us();
    s->stream.line_by_line = s->line_by_line;
    enter(s, s->lot != NULL ? CLI_SENDER_LOT : CLI_SENDER_JOB);
    if (s->lot != NULL)
        put_lot(s);
    while (s->phase != CLI_SENDER_OVER) {
        fill(s);
        if (!flush_out(s)) {
            say(s, "lotgate: The connection to %s was closed before the job was over.", s->machine);
            fail(s);
            break;
        }
        struct pollfd p[2] = {{s->fd, (short)(POLLIN | (s->out_length > 0 ? POLLOUT : 0)), 0},
                              {s->signals, POLLIN, 0}};
        poll(p, 2, CLI_SENDER_POLL_US / 1000);
        if (p[1].revents != 0)
            take_signal(s);
        if (s->phase != CLI_SENDER_OVER && (p[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            take_bytes(s);
        if (s->phase != CLI_SENDER_OVER)
            tick(s);
    }
    undraw(s);
    if (s->cleaned > 0)
        fprintf(stderr, "%llu comments with bytes that act on the machine were left out.\n",
                (unsigned long long)s->cleaned);
    return !s->failed && s->errors == 0;
}
