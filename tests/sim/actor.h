// actor: senders of every kind, in virtual time, for the simulation.
//
// An actor streams a program as one family of real senders does and remembers each reply in order. It knows
// nothing of lotgate: it sees what a sender sees. Bytes that it wants to send are taken by actor_send; replies
// are given by actor_receive; actor_deadline says when it wants to be asked next.
#ifndef LOTGATE_TESTS_ACTOR_H
#define LOTGATE_TESTS_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum actor_kind {
    ACTOR_COUNTS,  // counts characters: at most 127 bytes unanswered (LaserGRBL, UGS, bCNC)
    ACTOR_BY_LINE, // one line, one reply (LightBurn synchronous, CNCjs when careful)
    ACTOR_POLLS,   // by line, and `?\n` five times a second, each needing its ok (LightBurn)
    ACTOR_RESETS,  // sends 0x18 on connecting and waits for the banner (LaserGRBL)
    ACTOR_DUMPS,   // ignores flow control: everything at once
    ACTOR_KINDS
};

#define ACTOR_WINDOW   127
#define ACTOR_LINE_MAX 256

struct actor {
    enum actor_kind kind;
    const char *program; // lines with '\n'; the caller keeps it
    size_t length, sent; // bytes
    uint32_t lines_sent, polls_sent, answers, oks, errors, alarms, banners, messages, reports;
    bool waits_for_banner, reset_sent, gone;
    int64_t next_poll, last_report, last_answer, longest_report_gap;
    uint32_t faked;                     // `ok`s LaserGRBL's rule would have invented (see actor_receive)
    bool report_tempts;                 // the last report said Idle with a free receive buffer
    size_t in_flight[ACTOR_WINDOW + 1]; // lengths of unanswered lines, oldest first
    size_t in_flight_count, in_flight_bytes;
    char line[ACTOR_LINE_MAX]; // reply being assembled
    size_t line_length;
};

void actor_start(struct actor *a, enum actor_kind kind, const char *program, size_t length, int64_t now);

// Writes what the actor sends now; the length, 0 when it waits.
size_t actor_send(struct actor *a, uint8_t *out, size_t room, int64_t now);
void actor_receive(struct actor *a, const uint8_t *bytes, size_t length, int64_t now);
int64_t actor_deadline(const struct actor *a);

// Everything was sent and each line has its answer.
bool actor_finished(const struct actor *a);

#endif
