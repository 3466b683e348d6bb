// gcode_classify.c: what class of line it is, for lasers and CNC machines.
//
// The tables of gcode_modal.c are a list of what is allowed: a code, letter or shape that is not in them is
// GCODE_UNKNOWN, and that is held like work.

#include "gcode.h"       // gcode_classify
#include "gcode_words.h" // code flags

const char *gcode_class_name(enum gcode_class c) {
    static const char *const names[] = {"setup", "lotgate", "focus", "work", "local_start", "unknown"};
    return (unsigned)c < sizeof names / sizeof names[0] ? names[c] : "unknown";
}

// True when the line moves the axes, or would in some firmware of the family: arc words without an axis
// word are a full circle to some and an error to others.
static bool may_move(const struct gcode_block *block) {
    if (block->g_flags & G_HOME)
        return true;
    if (!(block->seen & (AXIS_WORDS | ARC_WORDS)))
        return false;
    return !(block->g_flags & G_NO_MOVE) || block->g_flags & G_MOTION;
}

// The outputs that set a machine to work, by the flags that switch them on. Those that switch them off are one bit higher.
#define SPINDLE M_ON
#define FAN     M_FAN_ON
_Static_assert(M_OFF >> 1 == M_ON && M_FAN_OFF >> 1 == M_FAN_ON, "the flags of an output stand side by side");

// A line whose words are all known. `outputs`: which of the two the machine has.
static uint8_t classify_known(const struct gcode_rules *rules, const struct gcode_modal *modal,
                              const struct gcode_block *block, uint8_t outputs) {
    bool laser = rules->machine != GCODE_CNC;
    uint8_t codes = block->m_flags, before = modal->fan_beam ? FAN : 0;
    if (modal->doubt)
        before |= outputs;
    else if (modal->spindle != GCODE_SPINDLE_OFF)
        before |= SPINDLE;
    const struct gcode_number *s = NULL;
    uint8_t level = GCODE_SETUP;
    if (gcode_has(block, GCODE_S) && !(codes & M_FAN_OFF)) {
        s = &block->value[GCODE_S];
        level = gcode_level(rules, s);
    }
    bool power = level != GCODE_SETUP;

    // M2 and M30 switch off only after the line's own motion, and so do not count here.
    uint8_t on = (uint8_t)((before & outputs & ~(codes >> 1)) | (codes & (SPINDLE | FAN)));
    // Grbl sets a new S before it obeys M5, so `M5 S500` flashes a beam that was on, and moves a spindle.
    if (power || (s && laser))
        on |= before & outputs;
    if (!on)
        return GCODE_SETUP;
    // Rapid moves too: a spindle that turns while nothing is declared is a job that has not been closed.
    bool acts = power || codes & (M_ON | M_FAN_ON) || (laser && block->g_flags & G_FEED);
    if (!acts && !may_move(block))
        return GCODE_SETUP;
    if (!laser)
        return GCODE_WORK;

    // An S on the line decides, unless it may belong to the other of the two outputs: then the stronger of the two.
    if (s) {
        if (!(before & (codes & M_FAN_ON ? SPINDLE : FAN)))
            return level;
    } else if (codes & M_FAN_ON) {
        return GCODE_WORK; // M106 alone is full power
    }
    if (modal->doubt)
        return GCODE_WORK;
    uint8_t old = gcode_level(rules, &modal->s);
    return old > level ? old : level;
}

static uint8_t classify_words(const struct gcode_rules *rules, const struct gcode_modal *modal,
                              const struct gcode_block *block) {
    uint8_t outputs = rules->beam_on_fan && rules->machine == GCODE_LASER ? SPINDLE | FAN : SPINDLE;
    if ((block->g_flags | block->m_flags) & CODE_UNKNOWN || block->seen & FOREIGN_WORDS)
        return GCODE_UNKNOWN;
    if (block->m_flags & (M_FAN_ON | M_FAN_OFF) && !(outputs & FAN))
        return GCODE_UNKNOWN;
    if (gcode_has(block, GCODE_S) && block->value[GCODE_S].mantissa < 0)
        return GCODE_UNKNOWN;
    uint8_t c = classify_known(rules, modal, block, outputs);
    return rules->strict && c < GCODE_WORK ? GCODE_WORK : c;
}

enum gcode_class gcode_classify(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                const struct gcode_block *block) {
    uint8_t shape = block->shape;
    if (shape == GCODE_EMPTY ||
        shape == GCODE_PERCENT) // Grbl answers % with an error, and nothing else happens
        return GCODE_SETUP;
    if (shape == GCODE_DOLLAR || shape == GCODE_BRACKET)
        return gcode_classify_command(rules, modal, block);
    // Marlin's commands may carry a text, which does not scan as words.
    if (rules->machine == GCODE_PRINTER) {
#ifdef GCODE_GRBL_ONLY
        return GCODE_UNKNOWN;
#else
        return gcode_classify_printer(rules, block);
#endif
    }
    return shape == GCODE_WORDS_LINE ? (enum gcode_class)classify_words(rules, modal, block) : GCODE_UNKNOWN;
}
