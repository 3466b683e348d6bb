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

// A function that the compiler must not write out where it is called: on a microcontroller size counts for more than the call.
#define APART __attribute__((noinline))

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define WORD_BIT(w) ((uint16_t)(1u << (w)))
#define AXIS_WORDS  (WORD_BIT(GCODE_X) | WORD_BIT(GCODE_Y) | WORD_BIT(GCODE_Z) | WORD_BIT(GCODE_A))
// T and E are words of the language, but what a tool change does is the machine's own affair.
#define FOREIGN_WORDS (WORD_BIT(GCODE_T) | WORD_BIT(GCODE_E) | WORD_BIT(GCODE_OTHER))
#define ARC_WORDS     (WORD_BIT(GCODE_I) | WORD_BIT(GCODE_J) | WORD_BIT(GCODE_K) | WORD_BIT(GCODE_R))

#define MOTION_PROBE 38
#define MOTION_NONE  80

// What a line's G codes do: gcode_block.g_flags; and its M codes: gcode_block.m_flags. Five of each, so that a row of the
// tables holds them beside a code (gcode_modal.c).
enum {
    G_MOTION = 1 << 0,  // names a motion mode: G0..G3, G38.x, G80
    G_FEED = 1 << 1,    // names G1, G2 or G3
    G_NO_MOVE = 1 << 2, // G10, G92, G28.1 ...: the axis words are not a target
    G_HOME = 1 << 3,    // G28 or G30: moves even without an axis word
    G_OFFSET = 1 << 4,  // coordinates are shifted by an amount that the line does not tell

    M_ON = 1 << 0,      // M3 or M4
    M_OFF = 1 << 1,     // M5
    M_FAN_ON = 1 << 2,  // M106, not with S0
    M_FAN_OFF = 1 << 3, // M107, or M106 S0
    M_END = 1 << 4,     // M2 or M30

    CODE_UNKNOWN = 1 << 5 // in either: a code that is not in the tables
};

// The tables have a code times 320: its high byte then tells nearly which it is, so that an AVR's search compares single bytes,
// and the low five bits are free for the flags. No code of the tables has more than one decimal or is larger than 204.7.
#define CODE_SCALE      320u
#define CODE_TENTHS_MAX 2047u
#define CODE_NONE       0xFFFFu // no code that there is

// Keeps what a G code, or an M code, does; it is given times CODE_SCALE. False: one code more than is remembered.
bool gcode_add_code(struct gcode_block *block, bool m, uint16_t code);

// True when a is larger than b, neither of them negative.
bool gcode_larger(const struct gcode_number *a, const struct gcode_number *b);

// How strong a beam of that S is, as the class of the line that it lights up: GCODE_SETUP is a dark one.
uint8_t gcode_level(const struct gcode_rules *rules, const struct gcode_number *s);

// What the beam or spindle that is on would make of a motion; doubt is not looked at.
uint8_t gcode_beam(const struct gcode_rules *rules, const struct gcode_modal *modal);

// What a `$` or `[` line does: gcode_block.command. The first are classes, so that most commands are judged by their row alone.
enum gcode_command {
    COMMAND_SETUP = GCODE_SETUP,
    COMMAND_LOTGATE = GCODE_LOTGATE,
    COMMAND_LOCAL_START = GCODE_LOCAL_START,
    COMMAND_UNKNOWN = GCODE_UNKNOWN,
    COMMAND_JOG,
    COMMAND_HOMING,
    COMMAND_STARTUP,
    COMMAND_RESTORE,
    COMMAND_ASK_FLUIDNC,
    COMMAND_ASK_HAL
};

// Reads the command of a line whose shape is GCODE_DOLLAR or GCODE_BRACKET, and what of the block follows from it. Returns
// where its value begins, behind the `=`, or NULL when it has none that could be words.
const uint8_t *gcode_read_command(struct gcode_block *block);

// `$` and `[` lines.
enum gcode_class gcode_classify_command(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                        const struct gcode_block *block);

#ifndef GCODE_GRBL_ONLY
// Printer lines. Shape EMPTY is not given.
enum gcode_class gcode_classify_printer(const struct gcode_rules *rules, const struct gcode_block *block);

// Modes that only the meter and the gate look at: gcode_modes.c.
void gcode_modes_apply(struct gcode_modal *modal, const struct gcode_block *block);
void gcode_modes_reset(struct gcode_modal *modal);

// The motion mode in effect on the line.
uint8_t gcode_motion_on(const struct gcode_modal *modal, const struct gcode_block *block);

// True when the G code (times ten) is on the line.
bool gcode_has_g(const struct gcode_block *block, uint16_t code);
#endif

#endif
