// gcode: one line of G-code -> its words, the modal state it leaves, and what class of line it is.
//
// Everything here is a pure function over bytes: no I/O, no clock, no allocation, no floating point.
// The same files are compiled for the host and for the firmware hook, so that both always agree on what
// is work and what is not. Lines are given without their terminator (CR or LF). Thread: any; the caller
// owns every structure.
//
// The firmware of a laser or a CNC machine defines GCODE_GRBL_ONLY, for all files alike. It judges by the same code, and
// leaves out what judging does not need, so that it fits beside a Grbl on an ATmega328P: printers (whose lines are then
// GCODE_UNKNOWN), values other than that of S, the codes themselves, modes that neither beam nor spindle hangs on, and the
// functions that are marked below.
//
// Facts about Grbl (realtime bytes, what resets the modal state, which lines end a program) are from
// Grbl 1.1h's interface documentation and from sessions recorded with real firmware.
#ifndef LOTGATE_PROTO_GCODE_H
#define LOTGATE_PROTO_GCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Longest line that is classified, in bytes without terminator. Longer lines are GCODE_UNKNOWN, which
// is treated as work. (Grbl itself refuses more than 80 significant characters; comments do not count.)
#define GCODE_LINE_MAX  1024
#define GCODE_MAX_CODES 8 // G or M words remembered from one line; one more makes the line GCODE_UNKNOWN

// A decimal number as it was written: value = mantissa / 10^decimals. Up to nine significant digits are
// exact; further decimals are cut, a larger integer part saturates and sets `saturated`.
struct gcode_number {
    int32_t mantissa;
    uint8_t decimals;
    bool saturated;
};

// The words that are known. Index into gcode_block.value and bit number in gcode_block.seen. The axes follow one another,
// and so do the words of an arc's centre; and so do all words that are asked for together, for a small machine's masks.
enum gcode_word {
    GCODE_S,
    GCODE_E,
    GCODE_T,
    GCODE_OTHER, // any other letter but G and M; it may stand more than once
    GCODE_X,
    GCODE_Y,
    GCODE_Z,
    GCODE_A,
    GCODE_I,
    GCODE_J,
    GCODE_K,
    GCODE_R,
    GCODE_F,
    GCODE_P,
    GCODE_N,
    GCODE_L,
    GCODE_WORDS
};

// How many words' values, from the first on, are kept.
#ifdef GCODE_GRBL_ONLY
#define GCODE_VALUES 1
#else
#define GCODE_VALUES GCODE_WORDS
#endif

// What a line is, before any state is considered.
enum gcode_shape {
    GCODE_EMPTY,      // nothing, blanks, or only a comment
    GCODE_WORDS_LINE, // G-code words
    GCODE_DOLLAR,     // begins with `$`: a Grbl system command
    GCODE_BRACKET,    // begins with `[`: an ESP command such as [ESP220]
    GCODE_PERCENT,    // `%` alone: program start or end mark
    GCODE_BAD         // does not scan: a word without a number, a stray byte, too long
};

// One scanned line. G and M codes are kept times ten: G38.2 is 382, G1 is 10. Of `$J=`, `$N0=` and their like, the words are
// those behind the `=`; the line itself is not one of words all the same, and `content` tells what stands there.
struct gcode_block {
    uint8_t shape;            // enum gcode_shape
    uint8_t content;          // enum gcode_shape of what follows the `=` of a `$` line; GCODE_BAD without one
    uint8_t command;          // which `$` or `[` line: the classifier's own
    bool startup;             // the content is a startup block: it is executed when it is stored
    uint16_t seen;            // bit per enum gcode_word
    uint8_t g_flags, m_flags; // what the codes do: the classifier's own
    uint8_t g_count, m_count;
    uint16_t length;
    const uint8_t *text; // the line as given, for $ and [ lines; valid as long as the line is
#ifndef GCODE_GRBL_ONLY
    uint16_t g[GCODE_MAX_CODES];
    uint16_t m[GCODE_MAX_CODES];
#endif
    struct gcode_number value[GCODE_VALUES];
};

// Scans one line. Comments `( )` and `;`, blanks, control bytes, case and a leading N word are handled as
// Grbl does. Never fails: what does not scan has shape GCODE_BAD. `length` may exceed GCODE_LINE_MAX
// (then GCODE_BAD). `line` must stay valid while `block->text` is used.
void gcode_scan(struct gcode_block *block, const uint8_t *line, size_t length);

// True when the word was on the line.
static inline bool gcode_has(const struct gcode_block *b, enum gcode_word w) {
    return (b->seen >> w) & 1u;
}

enum gcode_machine { GCODE_LASER, GCODE_CNC, GCODE_PRINTER };
enum gcode_spindle { GCODE_SPINDLE_OFF, GCODE_SPINDLE_CW, GCODE_SPINDLE_CCW }; // M5, M3, M4

// Modal state, followed on every line that was forwarded. `doubt` means that the machine may be in another
// state than this one (a line was answered with an error, or the machine was not watched from its start):
// the beam or spindle is then taken to be on at full power unless the line itself says otherwise.
struct gcode_modal {
    uint8_t spindle; // enum gcode_spindle; in a firmware either way of turning is GCODE_SPINDLE_CW
    bool fan_beam;   // a beam that hangs on a fan output (M106) is on
    bool doubt;
    struct gcode_number s; // last S
#ifndef GCODE_GRBL_ONLY
    struct gcode_number f; // last F, in the units of its line
    uint8_t motion;        // 0, 1, 2, 3; 38 probing; 80 none
    uint8_t plane;         // 17, 18, 19
    uint8_t wcs;           // 54..59
    bool inches;           // G20
    bool relative;         // G91
    bool arc_absolute;     // G90.1
    bool inverse_time;     // G93
#endif
};

// The state after power-up or a soft reset.
void gcode_modal_reset(struct gcode_modal *modal);

// Takes over what Grbl's own `[GC:...]` report says (text between `[GC:` and `]`); clears `doubt` when the
// report names motion, units, distance, spindle and S. Returns false, changing nothing, if it does not scan.
// Not with GCODE_GRBL_ONLY.
bool gcode_modal_from_report(struct gcode_modal *modal, const uint8_t *text, size_t length);

// Follows a forwarded line.
void gcode_modal_apply(struct gcode_modal *modal, const struct gcode_block *block);

// What a line may do, from the point of view of the gate. Order is of increasing concern.
enum gcode_class {
    GCODE_SETUP,       // query, setup, jog: passes while locked
    GCODE_LOTGATE,     // $LOT=, $LOT?, $OP=: answered by lotgate, never forwarded
    GCODE_FOCUS,       // beam on, at or below the focus limit: passes while locked for a limited time
    GCODE_WORK,        // cuts, burns, or starts a spindle
    GCODE_LOCAL_START, // starts a file on the machine itself
    GCODE_UNKNOWN      // anything else: held like work
};
const char *gcode_class_name(enum gcode_class c);

// Whose commands that only print are known, beside Grbl's own. What is a question to one firmware could be a command of another.
// The host is told. A firmware is one of them: with GCODE_GRBL_ONLY it defines GCODE_FLUIDNC or GCODE_HAL, or neither.
enum gcode_asks { GCODE_ASKS_GRBL, GCODE_ASKS_FLUIDNC, GCODE_ASKS_HAL };

// How lines are judged on this machine.
struct gcode_rules {
    uint8_t machine; // enum gcode_machine
#ifndef GCODE_GRBL_ONLY
    uint8_t asks; // enum gcode_asks
#endif
    bool strict;          // hold every G-code line that is not a jog
    bool beam_on_fan;     // M106/M107 switch the beam
    uint32_t focus_limit; // S up to and including this is focus, in whole S units (2 % of $30)
};

// Judges a line against the state before it; `modal` is not changed. A line that both sets something up
// and works is work. Never returns less than the truth: what is not understood is GCODE_UNKNOWN.
enum gcode_class gcode_classify(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                const struct gcode_block *block);

// True when, after this line, the beam (laser) or spindle (CNC) is energised above the focus limit.
bool gcode_energised(const struct gcode_rules *rules, const struct gcode_modal *modal);

// True for M2 and M30: the program's end.
bool gcode_ends_program(const struct gcode_block *block);

// True for M5 with S0: once it is obeyed, no doubt is left of a beam or spindle on the spindle output.
bool gcode_says_off(const struct gcode_block *block);

// True when the line makes the axes move by itself (G0..G3 or modal motion with an axis word, probing, G28/G30).
// Not with GCODE_GRBL_ONLY.
bool gcode_moves(const struct gcode_modal *modal, const struct gcode_block *block);

// Compares a written number with a whole number: <0, 0, >0. Not with GCODE_GRBL_ONLY.
int gcode_compare(const struct gcode_number *n, uint32_t whole);

#endif
