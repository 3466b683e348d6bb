// sim_gcode: the words of one line, between sim_words.c (characters -> words) and sim_gcode.c (words -> what
// the machine does). Nobody else includes it.
#ifndef LOTGATE_SIM_GCODE_H
#define LOTGATE_SIM_GCODE_H

#include <stdbool.h>
#include <stdint.h>

// Modal groups of the NIST standard, as far as Grbl has them.
enum group {
    GROUP_ONCE,
    GROUP_MOTION,
    GROUP_PLANE,
    GROUP_DISTANCE,
    GROUP_ARC_DISTANCE,
    GROUP_FEED_MODE,
    GROUP_UNITS,
    GROUP_CUTTER,
    GROUP_TOOL_LENGTH,
    GROUP_WCS,
    GROUP_PATH,
    GROUP_PROGRAM,
    GROUP_SPINDLE,
    GROUP_COOLANT,
    GROUPS
};
enum axis_use { AXES_FREE, AXES_ONCE, AXES_MOTION, AXES_TOOL_LENGTH };

#define WORD_BIT(letter) (1u << ((letter) - 'A'))
#define WORDS_XYZ        (WORD_BIT('X') | WORD_BIT('Y') | WORD_BIT('Z'))
#define WORDS_IJK        (WORD_BIT('I') | WORD_BIT('J') | WORD_BIT('K'))

struct words {
    uint32_t groups;       // bit per enum group that the line names
    uint16_t code[GROUPS]; // times ten, valid where the bit is set
    uint32_t seen;         // WORD_BIT of value words
    double value[26];      // by letter
    enum axis_use axes;    // what the axis words belong to
};

// Scans a line without blanks and comments. Returns 0 or the number of error:n.
// `mist`: the build knows M7.
uint16_t sim_words_scan(struct words *words, const char *line, bool mist);

// A number as Grbl reads it (no exponent): moves *text on; false when there is no digit.
bool sim_number(const char **text, double *value);

static inline bool word(const struct words *w, char letter) {
    return w->seen & WORD_BIT(letter);
}
static inline double value_of(const struct words *w, char letter) {
    return w->value[letter - 'A'];
}

#endif
