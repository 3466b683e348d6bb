// judge: one call round the whole classifier, with structures that are the same in every build of it, so that the host's and
// a firmware's can be held against each other.
#ifndef LOTGATE_TESTS_JUDGE_H
#define LOTGATE_TESTS_JUDGE_H

#include <stdint.h>

struct judge_number {
    int32_t mantissa;
    uint8_t decimals, saturated;
};

// The part of the modal state that a firmware follows. `on`: the spindle output, either way of turning.
struct judge_state {
    uint8_t on, fan_beam, doubt;
    struct judge_number s;
};

struct judge_rules {
    uint8_t machine, strict, beam_on_fan;
    uint32_t focus_limit;
};

struct judge_answer {
    uint8_t class, shape, energised, ends, says_off; // energised: behind the line
    struct judge_state after;
};

// Judges and follows one line.
void judge(const struct judge_rules *rules, const struct judge_state *before, const uint8_t *line,
           uint16_t length, struct judge_answer *answer);

#endif
