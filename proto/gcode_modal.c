// gcode_modal.c: the table of codes, and the modal state as it follows the lines.

#include "gcode.h"       // gcode_modal_apply
#include "gcode_words.h" // g_code, LINE_ flags

// The two that make up nearly all of a job stand first; the search is linear.
static TABLE struct g_code g_codes[] = {
    {10, G_MOTION, 1, LINE_MOTION | LINE_FEED},
    {0, G_MOTION, 0, LINE_MOTION},
    {20, G_MOTION, 2, LINE_MOTION | LINE_FEED},
    {30, G_MOTION, 3, LINE_MOTION | LINE_FEED},
    {40, G_NOTHING, 0, 0}, // dwell
    {100, G_NOTHING, 0, LINE_NO_MOVE | LINE_OFFSET},
    {170, G_PLANE, 17, 0},
    {180, G_PLANE, 18, 0},
    {190, G_PLANE, 19, 0},
    {200, G_UNITS, true, 0},
    {210, G_UNITS, false, 0},
    {280, G_NOTHING, 0, LINE_HOME},
    {281, G_NOTHING, 0, LINE_NO_MOVE},
    {300, G_NOTHING, 0, LINE_HOME},
    {301, G_NOTHING, 0, LINE_NO_MOVE},
    {382, G_MOTION, MOTION_PROBE, LINE_MOTION},
    {383, G_MOTION, MOTION_PROBE, LINE_MOTION},
    {384, G_MOTION, MOTION_PROBE, LINE_MOTION},
    {385, G_MOTION, MOTION_PROBE, LINE_MOTION},
    {400, G_NOTHING, 0, 0},
    {431, G_NOTHING, 0, LINE_NO_MOVE | LINE_OFFSET},
    {490, G_NOTHING, 0, LINE_OFFSET},
    {530, G_NOTHING, 0, LINE_MACHINE},
    {540, G_WCS, 54, 0},
    {550, G_WCS, 55, 0},
    {560, G_WCS, 56, 0},
    {570, G_WCS, 57, 0},
    {580, G_WCS, 58, 0},
    {590, G_WCS, 59, 0},
    {610, G_NOTHING, 0, 0},
    {800, G_MOTION, MOTION_NONE, LINE_MOTION},
    {900, G_DISTANCE, false, 0},
    {901, G_ARC_DISTANCE, true, 0},
    {910, G_DISTANCE, true, 0},
    {911, G_ARC_DISTANCE, false, 0},
    {920, G_NOTHING, 0, LINE_NO_MOVE},
    {921, G_NOTHING, 0, LINE_OFFSET},
    {930, G_FEED_MODE, true, 0},
    {940, G_FEED_MODE, false, 0},
};

// M105, M110, M114 and M115 are what hosts made for printers ask any port: Grbl answers error:20, and they move nothing.
static TABLE struct {
    uint16_t code; // times ten
    uint16_t flags;
} m_codes[] = {
    {30, LINE_ON},        {40, LINE_ON}, {50, LINE_OFF}, {0, 0},    {10, 0},   {20, LINE_END},
    {300, LINE_END},      {70, 0},       {80, 0},        {90, 0},   {560, 0},  {1060, LINE_FAN_ON},
    {1070, LINE_FAN_OFF}, {1050, 0},     {1100, 0},      {1140, 0}, {1150, 0},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

TABLE struct g_code *gcode_find_g(uint16_t code) {
    for (size_t i = 0; i < COUNT(g_codes); i++)
        if (g_codes[i].code == code)
            return &g_codes[i];
    return NULL;
}

static uint16_t m_flags(const struct gcode_block *block, uint16_t code) {
    for (size_t i = 0; i < COUNT(m_codes); i++) {
        if (m_codes[i].code != code)
            continue;
        if (code == 1060 && gcode_has(block, GCODE_S) && block->value[GCODE_S].mantissa == 0)
            return LINE_FAN_OFF;
        return m_codes[i].flags;
    }
    return LINE_UNKNOWN;
}

uint16_t gcode_line_flags(const struct gcode_block *block) {
    uint16_t flags = 0;
    for (uint8_t i = 0; i < block->g_count; i++) {
        TABLE struct g_code *g = gcode_find_g(block->g[i]);
        flags |= g ? g->flags : LINE_UNKNOWN;
    }
    for (uint8_t i = 0; i < block->m_count; i++)
        flags |= m_flags(block, block->m[i]);
    return flags;
}

uint8_t gcode_motion_on(const struct gcode_modal *modal, const struct gcode_block *block) {
    uint8_t motion = modal->motion;
    for (uint8_t i = 0; i < block->g_count; i++) {
        TABLE struct g_code *g = gcode_find_g(block->g[i]);
        if (g && g->effect == G_MOTION)
            motion = g->value;
    }
    return motion;
}

void gcode_modal_reset(struct gcode_modal *modal) {
    static const struct gcode_modal fresh = {.plane = 17, .wcs = 54, .spindle = GCODE_SPINDLE_OFF};
    *modal = fresh;
}

static void apply_g(struct gcode_modal *modal, TABLE struct g_code *g) {
    switch ((enum g_effect)g->effect) {
    case G_NOTHING:
        break;
    case G_MOTION:
        modal->motion = g->value;
        break;
    case G_PLANE:
        modal->plane = g->value;
        break;
    case G_UNITS:
        modal->inches = g->value;
        break;
    case G_DISTANCE:
        modal->relative = g->value;
        break;
    case G_ARC_DISTANCE:
        modal->arc_absolute = g->value;
        break;
    case G_FEED_MODE:
        modal->inverse_time = g->value;
        break;
    case G_WCS:
        modal->wcs = g->value;
        break;
    }
}

// -1, 0, 1: which of two numbers, neither of them negative, is the larger.
static int compare_numbers(const struct gcode_number *a, const struct gcode_number *b) {
    uint32_t x = (uint32_t)a->mantissa, y = (uint32_t)b->mantissa;
    if (a->saturated || b->saturated)
        return (int)a->saturated - (int)b->saturated;
    for (uint8_t i = a->decimals; i < b->decimals; i++) {
        if (x > 100000000u)
            return 1;
        x *= 10u;
    }
    for (uint8_t i = b->decimals; i < a->decimals; i++) {
        if (y > 100000000u)
            return -1;
        y *= 10u;
    }
    return x < y ? -1 : x > y;
}

// An S sets the power of the spindle output. While a fan output may be the beam, S may belong to either, so
// it can raise what is believed but not lower it.
static void apply_s(struct gcode_modal *modal, const struct gcode_block *block, uint16_t flags) {
    const struct gcode_number *s = &block->value[GCODE_S];
    if (s->mantissa < 0 || flags & LINE_FAN_OFF)
        return;
    bool ambiguous = flags & LINE_FAN_ON ? modal->spindle != GCODE_SPINDLE_OFF : modal->fan_beam;
    if (!ambiguous || compare_numbers(s, &modal->s) > 0)
        modal->s = *s;
}

static void apply_m(struct gcode_modal *modal, const struct gcode_block *block) {
    uint16_t flags = 0;
    enum gcode_spindle on = GCODE_SPINDLE_OFF;
    for (uint8_t i = 0; i < block->m_count; i++) {
        flags |= m_flags(block, block->m[i]);
        if (block->m[i] == 30 || block->m[i] == 40)
            on = block->m[i] == 30 ? GCODE_SPINDLE_CW : GCODE_SPINDLE_CCW;
    }
    if (gcode_has(block, GCODE_S))
        apply_s(modal, block, flags);
    else if (flags & LINE_FAN_ON)
        modal->s =
            (struct gcode_number){.mantissa = 999999999, .saturated = true}; // M106 alone is full power
    // M3 and M5 on one line contradict each other: the worse is believed.
    if (on != GCODE_SPINDLE_OFF)
        modal->spindle = on;
    else if (flags & LINE_OFF)
        modal->spindle = GCODE_SPINDLE_OFF;
    if (flags & LINE_FAN_ON)
        modal->fan_beam = true;
    else if (flags & LINE_FAN_OFF)
        modal->fan_beam = false;
    if (flags & LINE_END) {
        modal->motion = 1;
        modal->plane = 17;
        modal->wcs = 54;
        modal->relative = modal->inverse_time = modal->fan_beam = false;
        modal->spindle = GCODE_SPINDLE_OFF;
    }
}

void gcode_modal_apply(struct gcode_modal *modal, const struct gcode_block *block) {
    struct gcode_block startup;
    if (block->shape == GCODE_DOLLAR && gcode_startup_content(block, &startup) &&
        startup.shape == GCODE_WORDS_LINE)
        block = &startup; // Grbl executes a startup block when it is stored, to see whether it is good
    if (block->shape != GCODE_WORDS_LINE)
        return;
    for (uint8_t i = 0; i < block->g_count; i++) {
        TABLE struct g_code *g = gcode_find_g(block->g[i]);
        if (g)
            apply_g(modal, g);
    }
    if (gcode_has(block, GCODE_F))
        modal->f = block->value[GCODE_F];
    if (block->m_count)
        apply_m(modal, block);
    else if (gcode_has(block, GCODE_S))
        apply_s(modal, block, 0);
}

// Bits of what a report has named.
enum {
    NAMED_MOTION = 1,
    NAMED_UNITS = 2,
    NAMED_DISTANCE = 4,
    NAMED_SPINDLE = 8,
    NAMED_S = 16,
    NAMED_ALL = 31
};

static uint8_t report_word(struct gcode_modal *modal, const struct gcode_block *word) {
    gcode_modal_apply(modal, word);
    if (gcode_has(word, GCODE_S))
        return NAMED_S;
    if (word->m_count)
        return gcode_line_flags(word) & (LINE_ON | LINE_OFF) ? NAMED_SPINDLE : 0;
    TABLE struct g_code *g = word->g_count ? gcode_find_g(word->g[0]) : NULL;
    if (!g)
        return 0;
    return g->effect == G_MOTION     ? NAMED_MOTION
           : g->effect == G_UNITS    ? NAMED_UNITS
           : g->effect == G_DISTANCE ? NAMED_DISTANCE
                                     : 0;
}

bool gcode_modal_from_report(struct gcode_modal *modal, const uint8_t *text, size_t length) {
    struct gcode_modal read = *modal;
    uint8_t named = 0;
    bool any = false;
    if (length > GCODE_LINE_MAX)
        return false;
    read.fan_beam = false;
    for (size_t at = 0; at < length;) {
        size_t end = at;
        struct gcode_block word;
        while (end < length && text[end] != ' ')
            end++;
        gcode_scan(&word, text + at, end - at);
        if (word.shape != GCODE_EMPTY && word.shape != GCODE_WORDS_LINE)
            return false;
        if (word.shape == GCODE_WORDS_LINE) {
            named |= report_word(&read, &word);
            any = true;
        }
        at = end + 1;
    }
    if (!any)
        return false;
    read.fan_beam = modal->fan_beam; // the report does not speak of fans
    if (named == NAMED_ALL)
        read.doubt = false;
    *modal = read;
    return true;
}

bool gcode_energised(const struct gcode_rules *rules, const struct gcode_modal *modal) {
    bool on = modal->spindle != GCODE_SPINDLE_OFF;
    if (rules->machine == GCODE_PRINTER)
        return false;
    if (modal->doubt)
        return true;
    if (rules->machine == GCODE_CNC)
        return on;
    if (rules->beam_on_fan && modal->fan_beam)
        on = true;
    return on && gcode_compare(&modal->s, rules->focus_limit) > 0;
}

bool gcode_ends_program(const struct gcode_block *block) {
    if (block->shape != GCODE_WORDS_LINE)
        return false;
    for (uint8_t i = 0; i < block->m_count; i++)
        if (block->m[i] == 20 || block->m[i] == 300)
            return true;
    return false;
}

bool gcode_moves(const struct gcode_modal *modal, const struct gcode_block *block) {
    if (block->shape != GCODE_WORDS_LINE)
        return false;
    uint16_t flags = gcode_line_flags(block);
    if (flags & LINE_HOME)
        return true;
    if (!(block->seen & AXIS_WORDS) || (flags & LINE_NO_MOVE && !(flags & LINE_MOTION)))
        return false;
    return gcode_motion_on(modal, block) != MOTION_NONE;
}
