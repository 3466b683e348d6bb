// gcode_classify.c: what class of line it is, for lasers and CNC machines.
//
// The tables of gcode_modal.c are a list of what is allowed: a code, letter or shape that is not in them is
// GCODE_UNKNOWN, and that is held like work.

#include "gcode.h"       // gcode_classify
#include "gcode_words.h" // LINE_ flags

const char *gcode_class_name(enum gcode_class c) {
    static const char *const names[] = {"setup", "lotgate", "focus", "work", "local_start", "unknown"};
    return (unsigned)c < sizeof names / sizeof names[0] ? names[c] : "unknown";
}

// How strong the beam is. DARK is S0.
enum level { DARK, FOCUS, BURNING };

static enum level level_of(const struct gcode_rules *rules, const struct gcode_number *s) {
    if (s->mantissa <= 0)
        return DARK;
    return gcode_compare(s, rules->focus_limit) > 0 ? BURNING : FOCUS;
}

// True when the line moves the axes, or would in some firmware of the family: arc words without an axis
// word are a full circle to some and an error to others.
static bool may_move(const struct gcode_block *block, uint16_t flags) {
    if (flags & LINE_HOME)
        return true;
    if (!(block->seen & (AXIS_WORDS | ARC_WORDS)))
        return false;
    return !(flags & LINE_NO_MOVE) || flags & LINE_MOTION;
}

// The strength that counts for the line. An S on the line decides, unless it may belong to the other of the
// two outputs that can carry a beam: then the stronger of the two.
static enum level level_on(const struct gcode_rules *rules, const struct gcode_modal *modal,
                           const struct gcode_block *block, bool has_s, uint16_t flags) {
    enum level before = modal->doubt ? BURNING : level_of(rules, &modal->s);
    if (!has_s)
        return flags & LINE_FAN_ON ? BURNING : before;
    enum level level = level_of(rules, &block->value[GCODE_S]);
    bool ambiguous = flags & LINE_FAN_ON ? modal->doubt || modal->spindle != GCODE_SPINDLE_OFF
                                         : modal->fan_beam || (modal->doubt && rules->beam_on_fan);
    return ambiguous && before > level ? before : level;
}

static enum gcode_class classify_laser(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                       const struct gcode_block *block, uint16_t flags) {
    bool has_s = gcode_has(block, GCODE_S) && !(flags & LINE_FAN_OFF);
    bool spindle_was = modal->doubt || modal->spindle != GCODE_SPINDLE_OFF;
    bool fan_was = rules->beam_on_fan && (modal->doubt || modal->fan_beam);
    bool on = flags & LINE_ON || (spindle_was && !(flags & LINE_OFF));
    if (rules->beam_on_fan)
        on = on || flags & LINE_FAN_ON || (fan_was && !(flags & LINE_FAN_OFF));
    // Grbl sets a new S before it obeys M5, so `M5 S500` flashes a beam that was on.
    on = on || (has_s && (spindle_was || fan_was));
    // M2 and M30 switch off only after the line's own motion, and so do not count here.
    bool acts = (has_s && block->value[GCODE_S].mantissa > 0) ||
                flags & (LINE_ON | LINE_FAN_ON | LINE_FEED) || may_move(block, flags);
    if (!on || !acts)
        return GCODE_SETUP;
    enum level level = level_on(rules, modal, block, has_s, flags);
    return level == BURNING ? GCODE_WORK : level == FOCUS ? GCODE_FOCUS : GCODE_SETUP;
}

static enum gcode_class classify_cnc(const struct gcode_modal *modal, const struct gcode_block *block,
                                     uint16_t flags) {
    bool was_on = modal->doubt || modal->spindle != GCODE_SPINDLE_OFF;
    if (flags & LINE_ON)
        return GCODE_WORK;
    // A new speed on a turning spindle starts it, if it turned with S0.
    if (was_on && gcode_has(block, GCODE_S) && block->value[GCODE_S].mantissa != 0)
        return GCODE_WORK;
    // Rapid moves too: a spindle that turns while nothing is declared is a job that has not been closed.
    if (was_on && !(flags & LINE_OFF) && may_move(block, flags))
        return GCODE_WORK;
    return GCODE_SETUP;
}

static enum gcode_class classify_words(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                       const struct gcode_block *block) {
    // T and E are words of the language, but what a tool change does is the machine's own affair.
    const uint16_t foreign = WORD_BIT(GCODE_T) | WORD_BIT(GCODE_E);
    uint16_t flags = gcode_line_flags(block);
    if (flags & LINE_UNKNOWN || block->other_word || block->seen & foreign)
        return GCODE_UNKNOWN;
    if (flags & (LINE_FAN_ON | LINE_FAN_OFF) && !(rules->beam_on_fan && rules->machine == GCODE_LASER))
        return GCODE_UNKNOWN;
    if (gcode_has(block, GCODE_S) && block->value[GCODE_S].mantissa < 0)
        return GCODE_UNKNOWN;
    enum gcode_class c = rules->machine == GCODE_CNC ? classify_cnc(modal, block, flags)
                                                     : classify_laser(rules, modal, block, flags);
    return rules->strict && c < GCODE_WORK ? GCODE_WORK : c;
}

enum gcode_class gcode_classify(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                const struct gcode_block *block) {
    switch (block->shape) {
    case GCODE_EMPTY:
    case GCODE_PERCENT: // Grbl answers it with an error, and nothing else happens
        return GCODE_SETUP;
    case GCODE_DOLLAR:
        return gcode_classify_dollar(rules, modal, block);
    case GCODE_BRACKET:
        return gcode_classify_bracket(block);
    case GCODE_WORDS_LINE:
        return rules->machine == GCODE_PRINTER ? gcode_classify_printer(rules, block)
                                               : classify_words(rules, modal, block);
    case GCODE_BAD:
        break;
    }
    // Marlin's commands may carry a text, which does not scan as words.
    return rules->machine == GCODE_PRINTER ? gcode_classify_printer(rules, block) : GCODE_UNKNOWN;
}
