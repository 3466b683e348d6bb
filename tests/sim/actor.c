#include "actor.h"

#include <string.h>

#define POLL_EVERY_US 200000
#define MISSING_OK_US 10000000 // LaserGRBL: no move and no reply for this long, then it looks at Bf

void actor_start(struct actor *a, enum actor_kind kind, const char *program, size_t length, int64_t now) {
    memset(a, 0, sizeof *a);
    a->kind = kind;
    a->program = program;
    a->length = length;
    a->next_poll = now + POLL_EVERY_US;
    a->last_report = a->last_answer = now;
    a->waits_for_banner = kind == ACTOR_RESETS;
}

static bool polls_with_line(const struct actor *a) {
    return a->kind == ACTOR_POLLS;
}

// Length of the next line of the program, with its newline; 0 at the end.
static size_t next_line(const struct actor *a) {
    if (a->sent >= a->length)
        return 0;
    const char *from = a->program + a->sent, *end = memchr(from, '\n', a->length - a->sent);
    return end != NULL ? (size_t)(end - from) + 1 : a->length - a->sent;
}

static bool may_send(const struct actor *a, size_t n) {
    if (n == 0 || a->waits_for_banner)
        return false;
    switch (a->kind) {
    case ACTOR_DUMPS:
        return true;
    case ACTOR_COUNTS:
        // A line longer than the window goes when nothing else is under way.
        return a->in_flight_count == 0 ||
               (a->in_flight_bytes + n <= ACTOR_WINDOW && a->in_flight_count < ACTOR_WINDOW);
    default:
        return a->in_flight_count == 0;
    }
}

static void track(struct actor *a, size_t n) {
    if (a->kind == ACTOR_DUMPS)
        return;
    a->in_flight[a->in_flight_count++] = n;
    a->in_flight_bytes += n;
}

static size_t send_poll(struct actor *a, uint8_t *out, size_t room, int64_t now) {
    if (now < a->next_poll || room < 2)
        return 0;
    a->next_poll = now + POLL_EVERY_US;
    out[0] = '?';
    // Half of its polls wait until the line before is answered, as a real one's window would.
    if (!polls_with_line(a) || a->in_flight_count >= ACTOR_WINDOW)
        return 1;
    out[1] = '\n';
    a->polls_sent++;
    track(a, 1);
    return 2;
}

size_t actor_send(struct actor *a, uint8_t *out, size_t room, int64_t now) {
    size_t filled = 0;
    if (a->gone)
        return 0;
    if (a->kind == ACTOR_RESETS && !a->reset_sent) {
        out[filled++] = 0x18;
        a->reset_sent = true;
    }
    filled += send_poll(a, out + filled, room - filled, now);
    for (size_t n = next_line(a); may_send(a, n) && filled + n <= room; n = next_line(a)) {
        memcpy(out + filled, a->program + a->sent, n);
        filled += n;
        a->sent += n;
        a->lines_sent++;
        track(a, n);
    }
    return filled;
}

static void answered(struct actor *a, int64_t now) {
    a->answers++;
    a->last_answer = now;
    if (a->in_flight_count == 0)
        return;
    a->in_flight_bytes -= a->in_flight[0];
    a->in_flight_count--;
    memmove(a->in_flight, a->in_flight + 1, a->in_flight_count * sizeof a->in_flight[0]);
}

static bool begins(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}

// A report: keeps the longest silence, and whether LaserGRBL would now believe that its `ok`s were lost: Idle, a
// free receive buffer, lines pending and nothing heard for ten seconds (it then fakes them: fatal while held).
static void take_report(struct actor *a, int64_t now) {
    a->reports++;
    if (now - a->last_report > a->longest_report_gap)
        a->longest_report_gap = now - a->last_report;
    a->last_report = now;
    a->report_tempts = begins(a->line, "<Idle") && strstr(a->line, "|Bf:") != NULL;
    if (a->report_tempts && a->in_flight_count > 0 && now - a->last_answer > MISSING_OK_US)
        a->faked++;
}

static void take_reply(struct actor *a, int64_t now) {
    a->line[a->line_length] = '\0';
    if (strcmp(a->line, "ok") == 0) {
        a->oks++;
        answered(a, now);
    } else if (begins(a->line, "error:")) {
        a->errors++;
        answered(a, now);
    } else if (begins(a->line, "ALARM:")) {
        a->alarms++;
    } else if (begins(a->line, "Grbl ")) {
        a->banners++;
        a->waits_for_banner = false;
    } else if (begins(a->line, "<")) {
        take_report(a, now);
    } else if (begins(a->line, "[MSG:lotgate")) {
        a->messages++;
    }
    a->line_length = 0;
}

void actor_receive(struct actor *a, const uint8_t *bytes, size_t length, int64_t now) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            take_reply(a, now);
        else if (bytes[i] != '\r' && a->line_length + 1 < sizeof a->line)
            a->line[a->line_length++] = (char)bytes[i];
    }
}

int64_t actor_deadline(const struct actor *a) {
    if (a->gone)
        return INT64_MAX;
    return may_send(a, next_line(a)) ? 0 : a->next_poll;
}

bool actor_finished(const struct actor *a) {
    return a->sent >= a->length && a->answers >= a->lines_sent + (polls_with_line(a) ? a->polls_sent : 0);
}
