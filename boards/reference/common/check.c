// check.c: may the block be executed, and where does it go?

#include "inside.h" // check_block

#define FURTHEST 8000000l // micrometres: the axes are counted in 1/128 of them

// The code of a group that is in effect on the line.
static uint8_t effect(const struct block *b, enum group group, uint8_t modal) {
    return block_in(b, group) ? b->code[group] : modal;
}

static bool in_inches(const struct machine *m) {
    return effect(&m->block, GROUP_UNITS, m->modal.inches ? 20 : 21) == 20;
}

// A written length in micrometres.
static int32_t length_of(const struct machine *m, enum word word) {
    int32_t value = m->block.value[word];
    return in_inches(m) ? value / 100 * 254 + value % 100 * 254 / 100 : value / 10;
}

// Commands that have the axis words for themselves.
static bool takes_axes(uint8_t command) {
    static FLASH uint8_t commands[] = {10, 28, 30, 92, CODE_G28_1, CODE_G30_1, CODE_G92_1};
    for (uint8_t i = 0; i < sizeof commands; i++)
        if (commands[i] == command)
            return true;
    return false;
}

static enum grbl_error check_command(struct machine *m, uint8_t motion, uint16_t *used) {
    const struct block *b = &m->block;
    uint16_t axes = b->words & WORDS_XYZ;
    if (!block_in(b, GROUP_COMMAND))
        return GRBL_OK;
    uint8_t command = b->code[GROUP_COMMAND];
    if (takes_axes(command)) {
        if (block_in(b, GROUP_MOTION) && motion != MOTION_OFF)
            return GRBL_TWO_AXIS_COMMANDS;
        *used |= axes;
    }
    if (command == 4) {
        *used |= WORD_BIT(WORD_P);
        return block_has(b, WORD_P) ? GRBL_OK : GRBL_VALUE_MISSING;
    }
    if (command == 53)
        return motion > 1 ? GRBL_G53_NEEDS_LINE : GRBL_OK;
    if ((command == 10 || command == 92) && !axes)
        return GRBL_NO_AXIS;
    if (command != 10)
        return GRBL_OK;
    *used |= WORD_BIT(WORD_P) | WORD_BIT(WORD_L);
    if (!block_has(b, WORD_P) || !block_has(b, WORD_L))
        return GRBL_VALUE_MISSING;
    if (b->value[WORD_L] != 2l * WORD_SCALE && b->value[WORD_L] != 20l * WORD_SCALE)
        return GRBL_UNSUPPORTED;
    return b->value[WORD_P] > (int32_t)WCS_COUNT * WORD_SCALE ? GRBL_NO_SUCH_WCS : GRBL_OK;
}

void machine_offset(const struct machine *m, int32_t offset[AXES]) {
    uint8_t wcs = (uint8_t)(effect(&m->block, GROUP_WCS, m->modal.wcs) - 54);
    for (uint8_t i = 0; i < AXES; i++)
        offset[i] = m->wcs[wcs][i] + m->g92[i];
}

static enum grbl_error find_target(struct machine *m) {
    const struct block *b = &m->block;
    bool relative = effect(b, GROUP_DISTANCE, m->modal.relative ? 91 : 90) == 91;
    bool machine = block_in(b, GROUP_COMMAND) && b->code[GROUP_COMMAND] == 53;
    int32_t offset[AXES];
    machine_offset(m, offset);
    for (uint8_t i = 0; i < AXES; i++) {
        m->target[i] = m->planner.end[i];
        if (!(b->words & WORD_BIT(i)))
            continue;
        int32_t to = length_of(m, (enum word)i);
        if (to > FURTHEST || to < -FURTHEST)
            return GRBL_BAD_TARGET;
        m->target[i] = relative ? m->target[i] + to : machine ? to : to + offset[i];
        if (m->target[i] > FURTHEST || m->target[i] < -FURTHEST)
            return GRBL_BAD_TARGET;
    }
    return GRBL_OK;
}

// An arc's length is guessed: that of a whole circle, or of half a circle over the chord. The axes go along the chord.
static enum grbl_error find_arc(struct machine *m, uint16_t *used) {
    const struct block *b = &m->block;
    const int32_t *from = m->planner.end;
    uint32_t chord = planner_distance(from, m->target);
    if (!(b->words & WORDS_XYZ))
        return GRBL_NO_AXIS;
    if (block_has(b, WORD_R)) {
        int32_t radius = length_of(m, WORD_R);
        *used |= WORD_BIT(WORD_R);
        if (chord == 0)
            return GRBL_BAD_TARGET;
        if (chord / 2 > (uint32_t)(radius < 0 ? -radius : radius))
            return GRBL_BAD_RADIUS;
    } else if (b->words & WORDS_IJK) {
        int32_t center[AXES];
        *used |= WORDS_IJK;
        for (uint8_t i = 0; i < AXES; i++)
            center[i] =
                from[i] + (b->words & WORD_BIT(WORD_I + i) ? length_of(m, (enum word)(WORD_I + i)) : 0);
        uint32_t begin = planner_distance(from, center), end = planner_distance(center, m->target);
        uint32_t apart = begin > end ? begin - end : end - begin;
        if (apart > 5 + begin / 1000 && m->target[2] == from[2])
            return GRBL_BAD_TARGET;
        if (chord == 0) {
            m->path = begin / 7 * 44;
            return GRBL_OK;
        }
    } else {
        return GRBL_NO_OFFSETS;
    }
    m->path = chord / 7 * 11;
    return GRBL_OK;
}

static enum grbl_error check_motion(struct machine *m, uint8_t motion, uint16_t *used) {
    const struct block *b = &m->block;
    if (motion == MOTION_OFF)
        return GRBL_AXIS_UNUSED;
    *used |= WORDS_XYZ;
    enum grbl_error error = find_target(m);
    if (error != GRBL_OK)
        return error;
    m->path = planner_distance(m->planner.end, m->target);
    if (motion == 0)
        return GRBL_OK;
    if (effect(b, GROUP_FEED_MODE, m->modal.inverse_time ? 93 : 94) == 93) {
        if (!block_has(b, WORD_F))
            return GRBL_NO_FEED;
    } else if (block_has(b, WORD_F) ? b->value[WORD_F] == 0 : m->feed == 0) {
        return GRBL_NO_FEED;
    }
    return motion >= 2 ? find_arc(m, used) : GRBL_OK;
}

static enum grbl_error check_jog(struct machine *m) {
    const struct block *b = &m->block;
    uint16_t groups = (1u << GROUP_UNITS) | (1u << GROUP_DISTANCE) | (1u << GROUP_COMMAND);
    uint16_t words = WORDS_XYZ | WORD_BIT(WORD_F) | WORD_BIT(WORD_N);
    if (b->groups & ~groups || b->words & ~words)
        return GRBL_BAD_JOG;
    if (block_in(b, GROUP_COMMAND) && b->code[GROUP_COMMAND] != 53)
        return GRBL_BAD_JOG;
    if (!block_has(b, WORD_F) || b->value[WORD_F] == 0)
        return GRBL_NO_FEED;
    if (!(b->words & WORDS_XYZ))
        return GRBL_NO_AXIS;
    enum grbl_error error = find_target(m);
    m->path = planner_distance(m->planner.end, m->target);
    return error;
}

enum grbl_error check_block(struct machine *m) {
    const struct block *b = &m->block;
    uint16_t used = WORD_BIT(WORD_F) | WORD_BIT(WORD_S) | WORD_BIT(WORD_T) | WORD_BIT(WORD_N);
    if (b->jog)
        return check_jog(m);
    uint8_t motion = effect(b, GROUP_MOTION, m->modal.motion);
    enum grbl_error error = check_command(m, motion, &used);
    bool axes = (b->words & WORDS_XYZ & ~used) != 0;
    bool arc = block_in(b, GROUP_MOTION) && (motion == 2 || motion == 3);
    if (error == GRBL_OK && (axes || arc))
        error = check_motion(m, motion, &used);
    if (error != GRBL_OK)
        return error;
    return b->words & ~used ? GRBL_WORD_UNUSED : GRBL_OK;
}
