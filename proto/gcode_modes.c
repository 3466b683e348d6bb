// gcode_modes.c: the modes that neither beam nor spindle hangs on: motion, plane, units and their like; and Grbl's own report
// of them. The meter and the gate need them; a firmware that only judges does without.

#include "gcode.h"       // gcode_modal_from_report
#include "gcode_words.h" // gcode_modes_apply

#ifndef GCODE_GRBL_ONLY

// What a G code changes.
enum mode_effect {
    MODE_NOTHING,
    MODE_MOTION,
    MODE_PLANE,
    MODE_UNITS,
    MODE_DISTANCE,
    MODE_ARC_DISTANCE,
    MODE_FEED_MODE,
    MODE_WCS
};

struct mode {
    uint16_t code;  // times ten
    uint8_t effect; // enum mode_effect
    uint8_t value;  // what the effect sets
};

// The two that make up nearly all of a job stand first; the search is linear. Codes that are not here change no mode.
static TABLE struct mode modes[] = {
    {10, MODE_MOTION, 1},
    {0, MODE_MOTION, 0},
    {20, MODE_MOTION, 2},
    {30, MODE_MOTION, 3},
    {170, MODE_PLANE, 17},
    {180, MODE_PLANE, 18},
    {190, MODE_PLANE, 19},
    {200, MODE_UNITS, true},
    {210, MODE_UNITS, false},
    {382, MODE_MOTION, MOTION_PROBE},
    {383, MODE_MOTION, MOTION_PROBE},
    {384, MODE_MOTION, MOTION_PROBE},
    {385, MODE_MOTION, MOTION_PROBE},
    {540, MODE_WCS, 54},
    {550, MODE_WCS, 55},
    {560, MODE_WCS, 56},
    {570, MODE_WCS, 57},
    {580, MODE_WCS, 58},
    {590, MODE_WCS, 59},
    {800, MODE_MOTION, MOTION_NONE},
    {900, MODE_DISTANCE, false},
    {901, MODE_ARC_DISTANCE, true},
    {910, MODE_DISTANCE, true},
    {911, MODE_ARC_DISTANCE, false},
    {930, MODE_FEED_MODE, true},
    {940, MODE_FEED_MODE, false},
};

static struct mode mode_of(uint16_t code) {
    for (size_t i = 0; i < COUNT(modes); i++)
        if (modes[i].code == code)
            return modes[i];
    return (struct mode){code, MODE_NOTHING, 0};
}

bool gcode_has_g(const struct gcode_block *block, uint16_t code) {
    for (uint8_t i = 0; i < block->g_count; i++)
        if (block->g[i] == code)
            return true;
    return false;
}

uint8_t gcode_motion_on(const struct gcode_modal *modal, const struct gcode_block *block) {
    uint8_t motion = modal->motion;
    for (uint8_t i = 0; i < block->g_count; i++) {
        struct mode mode = mode_of(block->g[i]);
        if (mode.effect == MODE_MOTION)
            motion = mode.value;
    }
    return motion;
}

void gcode_modes_reset(struct gcode_modal *modal) {
    modal->f = (struct gcode_number){0};
    modal->motion = 0;
    modal->inches = modal->relative = modal->arc_absolute = modal->inverse_time = false;
    modal->plane = 17;
    modal->wcs = 54;
}

static void apply_mode(struct gcode_modal *modal, struct mode mode) {
    switch ((enum mode_effect)mode.effect) {
    case MODE_NOTHING:
        break;
    case MODE_MOTION:
        modal->motion = mode.value;
        break;
    case MODE_PLANE:
        modal->plane = mode.value;
        break;
    case MODE_UNITS:
        modal->inches = mode.value;
        break;
    case MODE_DISTANCE:
        modal->relative = mode.value;
        break;
    case MODE_ARC_DISTANCE:
        modal->arc_absolute = mode.value;
        break;
    case MODE_FEED_MODE:
        modal->inverse_time = mode.value;
        break;
    case MODE_WCS:
        modal->wcs = mode.value;
        break;
    }
}

void gcode_modes_apply(struct gcode_modal *modal, const struct gcode_block *block) {
    for (uint8_t i = 0; i < block->g_count; i++)
        apply_mode(modal, mode_of(block->g[i]));
    if (gcode_has(block, GCODE_F))
        modal->f = block->value[GCODE_F];
    if (block->m_flags & M_END) {
        modal->motion = 1;
        modal->plane = 17;
        modal->wcs = 54;
        modal->relative = modal->inverse_time = false;
    }
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
        return word->m_flags & (M_ON | M_OFF) ? NAMED_SPINDLE : 0;
    if (word->g_count == 0)
        return 0;
    uint8_t effect = mode_of(word->g[0]).effect;
    return effect == MODE_MOTION     ? NAMED_MOTION
           : effect == MODE_UNITS    ? NAMED_UNITS
           : effect == MODE_DISTANCE ? NAMED_DISTANCE
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

bool gcode_moves(const struct gcode_modal *modal, const struct gcode_block *block) {
    if (block->shape != GCODE_WORDS_LINE)
        return false;
    if (block->g_flags & G_HOME)
        return true;
    if (!(block->seen & AXIS_WORDS) || (block->g_flags & G_NO_MOVE && !(block->g_flags & G_MOTION)))
        return false;
    return gcode_motion_on(modal, block) != MOTION_NONE;
}

#endif
