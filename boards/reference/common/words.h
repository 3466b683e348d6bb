// words: a line of G-code to what it asks for, and Grbl's error numbers for what it may not.
//
// The firmware's own scanner: it shares nothing with proto/gcode, by which the hook judges the line before.
#ifndef LOTGATE_REFERENCE_WORDS_H
#define LOTGATE_REFERENCE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

// Grbl 1.1's error numbers, those that occur here.
enum grbl_error {
    GRBL_OK = 0,
    GRBL_EXPECTED_LETTER = 1,
    GRBL_BAD_NUMBER = 2,
    GRBL_UNKNOWN_SYSTEM = 3,
    GRBL_NEGATIVE = 4,
    GRBL_NO_HOMING = 5,
    GRBL_NOT_IDLE = 8,
    GRBL_LOCKED = 9,
    GRBL_LINE_TOO_LONG = 11,
    GRBL_BAD_JOG = 16,
    GRBL_UNSUPPORTED = 20,
    GRBL_SAME_GROUP = 21,
    GRBL_NO_FEED = 22,
    GRBL_NOT_WHOLE = 23,
    GRBL_TWO_AXIS_COMMANDS = 24,
    GRBL_WORD_TWICE = 25,
    GRBL_NO_AXIS = 26,
    GRBL_VALUE_MISSING = 28,
    GRBL_NO_SUCH_WCS = 29,
    GRBL_G53_NEEDS_LINE = 30,
    GRBL_AXIS_UNUSED = 31,
    GRBL_BAD_TARGET = 33,
    GRBL_BAD_RADIUS = 34,
    GRBL_NO_OFFSETS = 35,
    GRBL_WORD_UNUSED = 36
};

enum word {
    WORD_X,
    WORD_Y,
    WORD_Z,
    WORD_I,
    WORD_J,
    WORD_K,
    WORD_R,
    WORD_P,
    WORD_L,
    WORD_F,
    WORD_S,
    WORD_T,
    WORD_N,
    WORDS
};
#define WORD_BIT(word) ((uint16_t)(1u << (word)))
#define WORDS_XYZ      (WORD_BIT(WORD_X) | WORD_BIT(WORD_Y) | WORD_BIT(WORD_Z))
#define WORDS_IJK      (WORD_BIT(WORD_I) | WORD_BIT(WORD_J) | WORD_BIT(WORD_K))
#define WORD_SCALE     10000 // values are in 1/10000

// Modal groups; each code belongs to one, and each group may stand once on a line.
enum group {
    GROUP_COMMAND, // G4, G10, G28, G30, G53, G92
    GROUP_MOTION,
    GROUP_PLANE,
    GROUP_DISTANCE,
    GROUP_ARC_DISTANCE,
    GROUP_FEED_MODE,
    GROUP_UNITS,
    GROUP_CUTTER,
    GROUP_LENGTH,
    GROUP_WCS,
    GROUP_PATH,
    GROUP_PROGRAM, // M0, M1, M2, M30
    GROUP_SPINDLE,
    GROUP_COOLANT,
    GROUPS
};

// What a line says: for each group the number of its code (G1 is 1, M30 is 30, G92.1 is 192).
#define CODE_G28_1 128
#define CODE_G30_1 130
#define CODE_G92_1 192
#define MOTION_OFF 80
struct block {
    uint16_t groups; // bit per group that stands on the line
    uint16_t words;  // bit per word
    uint8_t code[GROUPS];
    int32_t value[WORDS];
    bool jog;
};

// Reads a line without blanks and comments, in capitals, NUL-terminated.
enum grbl_error words_read(struct block *block, const char *line);

static inline bool block_has(const struct block *b, enum word word) {
    return (b->words & WORD_BIT(word)) != 0;
}
static inline bool block_in(const struct block *b, enum group group) {
    return (b->groups >> group & 1u) != 0;
}

// Reads a decimal number in 1/10000 from *text and moves it behind. False: there is none, or it is too large.
bool words_number(const char **text, int32_t *number);

#endif
