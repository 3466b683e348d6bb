// gcode_words: what the codes of the language mean, shared by the files of gcode. Not for other folders.
#ifndef LOTGATE_PROTO_GCODE_WORDS_H
#define LOTGATE_PROTO_GCODE_WORDS_H

#include "gcode.h" // gcode_block

// Constant tables. An AVR copies constants to its 2 KiB of memory unless they are told to stay in flash, which
// its compiler can in its GNU mode (-std=gnu11).
#ifdef __FLASH
#define TABLE const __flash
#else
#define TABLE const
#endif

#define WORD_BIT(w) ((uint16_t)(1u << (w)))
#define AXIS_WORDS  (WORD_BIT(GCODE_X) | WORD_BIT(GCODE_Y) | WORD_BIT(GCODE_Z) | WORD_BIT(GCODE_A))
#define ARC_WORDS   (WORD_BIT(GCODE_I) | WORD_BIT(GCODE_J) | WORD_BIT(GCODE_K) | WORD_BIT(GCODE_R))

#define MOTION_PROBE 38
#define MOTION_NONE  80

// What a line's codes do, gathered in one pass. Flags can be combined.
enum {
    LINE_UNKNOWN = 1 << 0, // a code that is not in the tables
    LINE_MOTION = 1 << 1,  // names a motion mode: G0..G3, G38.x, G80
    LINE_FEED = 1 << 2,    // names G1, G2 or G3
    LINE_NO_MOVE = 1 << 3, // G10, G92, G28.1 ...: the axis words are not a target
    LINE_HOME = 1 << 4,    // G28 or G30: moves even without an axis word
    LINE_MACHINE = 1 << 5, // G53: the target is in machine coordinates
    LINE_ON = 1 << 6,      // M3 or M4
    LINE_OFF = 1 << 7,     // M5
    LINE_FAN_ON = 1 << 8,  // M106, not with S0
    LINE_FAN_OFF = 1 << 9, // M107, or M106 S0
    LINE_END = 1 << 10,    // M2 or M30
    LINE_OFFSET = 1 << 11  // coordinates are shifted by an amount that the line does not tell
};

// What a G code changes.
enum g_effect { G_NOTHING, G_MOTION, G_PLANE, G_UNITS, G_DISTANCE, G_ARC_DISTANCE, G_FEED_MODE, G_WCS };

struct g_code {
    uint16_t code;  // times ten
    uint8_t effect; // enum g_effect
    uint8_t value;  // what the effect sets
    uint16_t flags; // LINE_
};

// The table's row of a G code (times ten), NULL if the code is not known. Static storage.
TABLE struct g_code *gcode_find_g(uint16_t code);

// All LINE_ flags of a line of words.
uint16_t gcode_line_flags(const struct gcode_block *block);

// The motion mode in effect on the line.
uint8_t gcode_motion_on(const struct gcode_modal *modal, const struct gcode_block *block);

// `$` and `[` lines, and what follows them.
enum gcode_class gcode_classify_dollar(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                       const struct gcode_block *block);
enum gcode_class gcode_classify_bracket(const struct gcode_block *block);

// If the line is `$N0=` or `$N1=`, scans what follows the `=` into `content` and returns true.
bool gcode_startup_content(const struct gcode_block *block, struct gcode_block *content);

// Printer lines. Shape EMPTY is not given.
enum gcode_class gcode_classify_printer(const struct gcode_rules *rules, const struct gcode_block *block);

// Copies the line without blanks, in capitals, up to and without a `=` (or all of it) as a string. Returns
// the offset behind the `=`, the line's length if there is none, or 0 when it does not fit.
uint16_t gcode_key(char *key, uint8_t room, const uint8_t *text, uint16_t length, bool *has_value);
bool gcode_text_equal(const char *a, const char *b);

#endif
