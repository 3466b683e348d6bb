// gcode_modal.c: the tables of codes, and the state that decides whether a line works: beam, spindle, power. The other modes,
// which only the host follows, are in gcode_modes.c.

#include "gcode.h"       // gcode_modal_apply
#include "gcode_words.h" // code flags

// A row of the tables: the code, with what it does in the bits that are left.
#define FLAGS_MASK (CODE_SCALE / 10 - 1)
#ifdef __AVR__
struct row {
    uint8_t high, low;
};
#define ROW(value)                                                                                           \
    { (value) >> 8, (value)&0xFF }
#else
struct row {
    uint16_t code;
};
#define ROW(value)                                                                                           \
    { value }
#endif
#define G(code, flags)   ROW((code) * (CODE_SCALE / 10) | (flags))
#define M(number, flags) G((number)*10, flags)

static TABLE struct row g_codes[] = {
    G(0, G_MOTION),
    G(10, G_MOTION | G_FEED),
    G(20, G_MOTION | G_FEED),
    G(30, G_MOTION | G_FEED),
    G(40, 0), // dwell
    G(100, G_NO_MOVE | G_OFFSET),
    G(170, 0),
    G(180, 0),
    G(190, 0),
    G(200, 0),
    G(210, 0),
    G(280, G_HOME),
    G(281, G_NO_MOVE),
    G(300, G_HOME),
    G(301, G_NO_MOVE),
    G(382, G_MOTION),
    G(383, G_MOTION),
    G(384, G_MOTION),
    G(385, G_MOTION),
    G(400, 0),
    G(431, G_NO_MOVE | G_OFFSET),
    G(490, G_OFFSET),
    G(530, 0),
    G(540, 0),
    G(550, 0),
    G(560, 0),
    G(570, 0),
    G(580, 0),
    G(590, 0),
    G(610, 0),
    G(800, G_MOTION),
    G(900, 0),
    G(901, 0),
    G(910, 0),
    G(911, 0),
    G(920, G_NO_MOVE),
    G(921, G_OFFSET),
    G(930, 0),
    G(940, 0),
};

// M105, M110, M114 and M115 are what hosts made for printers ask any port: Grbl answers error:20, and they move nothing.
static TABLE struct row m_codes[] = {
    M(0, 0),          M(1, 0),           M(2, M_END), M(3, M_ON),   M(4, M_ON), M(5, M_OFF),
    M(7, 0),          M(8, 0),           M(9, 0),     M(30, M_END), M(56, 0),   M(105, 0),
    M(106, M_FAN_ON), M(107, M_FAN_OFF), M(110, 0),   M(114, 0),    M(115, 0),
};

#ifdef __AVR__
// Both tables are sorted by code, and the search halves them, by the codes' high bytes alone. The codes up to 5 stand first in
// either, where they are found by number: the high byte of 0 to 3 is 0 to 3, that of 4 and 5 is one more. Those below 18 are
// among the first nine.
#define HIGH(number) ((number)*10 * (CODE_SCALE / 10) >> 8)
#define HIGH_3       HIGH(3)
#define HIGH_5       HIGH(5)
#define HIGH_18      HIGH(18)
static uint8_t find(TABLE struct row *row, uint8_t count, uint16_t code) {
    uint8_t high = (uint8_t)(code >> 8);
    if (high <= HIGH_5) { // nearly all of a job
        row += high <= HIGH_3 ? high : high - 1;
    } else {
        row += 5;
        if (high < HIGH_18) {
            count = 4;
        } else {
            row += 2;
            count = (uint8_t)(count - 7);
        }
        do { // the last row whose high byte is not larger
            uint8_t half = count / 2;
            count = (uint8_t)(count - half);
            if (row[half].high <= high)
                row += half;
        } while (count > 1);
    }
    for (; row->high == high; row--) { // two codes may have one high byte
        uint8_t differs = (uint8_t)(row->low ^ (uint8_t)code);
        if (differs <= FLAGS_MASK)
            return differs;
        if (high == 0) // the first row
            break;
    }
    return CODE_UNKNOWN;
}
#else
// Nearly all codes of a job are among the first rows.
static uint8_t find(TABLE struct row *row, uint_fast8_t count, uint16_t code) {
    do {
        uint16_t differs = (uint16_t)(row++->code ^ code);
        if (differs <= FLAGS_MASK)
            return (uint8_t)differs;
    } while (--count);
    return CODE_UNKNOWN;
}
#endif

APART bool gcode_add_code(struct gcode_block *block, bool m, uint16_t code) {
    uint8_t *count = &block->g_count, *flags = &block->g_flags, rows = COUNT(g_codes);
    TABLE struct row *table = g_codes;
    if (m) {
        count = &block->m_count;
        flags = &block->m_flags;
        table = m_codes;
        rows = COUNT(m_codes);
    }
    if (*count == GCODE_MAX_CODES)
        return false;
    ++*count;
    *flags |= find(table, rows, code);
    return true;
}

void gcode_modal_reset(struct gcode_modal *modal) {
    modal->spindle = GCODE_SPINDLE_OFF;
    modal->fan_beam = modal->doubt = false;
    modal->s = (struct gcode_number){0};
#ifndef GCODE_GRBL_ONLY
    gcode_modes_reset(modal);
#endif
}

// An S sets the power of the spindle output. While a fan output may be the beam, S may belong to either, so
// it can raise what is believed but not lower it.
static void apply_s(struct gcode_modal *modal, const struct gcode_block *block, uint8_t flags) {
    const struct gcode_number *s = &block->value[GCODE_S];
    if (s->mantissa < 0 || flags & M_FAN_OFF)
        return;
    bool ambiguous = flags & M_FAN_ON ? modal->spindle != GCODE_SPINDLE_OFF : modal->fan_beam;
    if (!ambiguous || gcode_larger(s, &modal->s))
        modal->s = *s;
}

// The last of M3 and M4 on the line, which has one.
static inline uint8_t way_of_turning(const struct gcode_block *block) {
#ifndef GCODE_GRBL_ONLY
    for (uint8_t i = block->m_count; i > 0; i--)
        if (block->m[i - 1] == 40)
            return GCODE_SPINDLE_CCW;
        else if (block->m[i - 1] == 30)
            break;
#endif
    return GCODE_SPINDLE_CW;
}

// Grbl executes a startup block when it is stored, to see whether it is good.
static bool executes(const struct gcode_block *block) {
    uint8_t shape = block->shape;
    if (block->startup)
        shape = block->content;
    return shape == GCODE_WORDS_LINE;
}

void gcode_modal_apply(struct gcode_modal *modal, const struct gcode_block *block) {
    uint8_t flags = block->m_flags;
    if (!executes(block))
        return;
#ifdef GCODE_GRBL_ONLY
    if (!flags && !gcode_has(block, GCODE_S))
        return;
#endif
    if (gcode_has(block, GCODE_S))
        apply_s(modal, block, flags);
    else if (flags & M_FAN_ON)
        modal->s =
            (struct gcode_number){.mantissa = 999999999, .saturated = true}; // M106 alone is full power
    if (flags & M_END)
        flags = M_OFF | M_FAN_OFF;
    if (flags & M_ON) // M3 and M5 on one line contradict each other: the worse is believed
        modal->spindle = way_of_turning(block);
    else if (flags & M_OFF)
        modal->spindle = GCODE_SPINDLE_OFF;
    if (flags & M_FAN_ON)
        modal->fan_beam = true;
    else if (flags & M_FAN_OFF)
        modal->fan_beam = false;
#ifndef GCODE_GRBL_ONLY
    gcode_modes_apply(modal, block);
#endif
}

bool gcode_energised(const struct gcode_rules *rules, const struct gcode_modal *modal) {
    if (rules->machine == GCODE_PRINTER)
        return false;
    return modal->doubt || gcode_beam(rules, modal) == GCODE_WORK;
}

uint8_t gcode_beam(const struct gcode_rules *rules, const struct gcode_modal *modal) {
    bool on = modal->spindle != GCODE_SPINDLE_OFF, cnc = rules->machine == GCODE_CNC;
    if (on && cnc)
        return GCODE_WORK;
    if (!on && !(rules->beam_on_fan && modal->fan_beam))
        return GCODE_SETUP;
    uint8_t level = gcode_level(rules, &modal->s);
    return cnc && level == GCODE_WORK ? GCODE_FOCUS : level; // a CNC machine works with its spindle alone
}

bool gcode_ends_program(const struct gcode_block *block) {
    return block->m_flags & M_END && block->shape == GCODE_WORDS_LINE;
}

bool gcode_says_off(const struct gcode_block *block) {
    return block->m_flags & M_OFF && block->shape == GCODE_WORDS_LINE && gcode_has(block, GCODE_S) &&
           block->value[GCODE_S].mantissa == 0;
}
