// run.c: executing a block that check_block has let through.

#include "board.h"  // BOARD_POWER_MAX
#include "inside.h" // block_run
#include "say.h"    // SAY_LINE

static bool laser_mode(const struct machine *m) {
    return setting(m, SETTING_LASER) != 0;
}

static uint8_t command_of(const struct block *b) {
    return block_in(b, GROUP_COMMAND) ? b->code[GROUP_COMMAND] : 0;
}

static bool has_axes(const struct block *b) {
    return (b->words & WORDS_XYZ) != 0;
}

// The line's axis words (or an arc's center) are a motion.
static bool moves(const struct machine *m) {
    uint8_t command = command_of(&m->block);
    if (command != 0 && command != 4 && command != 53)
        return false;
    return has_axes(&m->block);
}

// An S that takes effect without a motion to carry it.
static bool sets_power(const struct machine *m) {
    const struct block *b = &m->block;
    return block_has(b, WORD_S) && m->modal.spindle != 5 && (!laser_mode(m) || !moves(m));
}

// What takes effect only when all motions before it have ended.
static bool synchronises(const struct machine *m) {
    const struct block *b = &m->block;
    uint8_t command = command_of(b);
    if (b->jog)
        return false;
    return block_in(b, GROUP_PROGRAM) || command == 4 || command == 28 || command == 30 || sets_power(m) ||
           (block_in(b, GROUP_SPINDLE) && b->code[GROUP_SPINDLE] != m->modal.spindle) ||
           (block_in(b, GROUP_COOLANT) && b->code[GROUP_COOLANT] != m->modal.coolant);
}

bool block_waits(const struct machine *m) {
    if (m->check)
        return false;
    if (synchronises(m))
        return !planner_empty(&m->planner);
    return planner_full(&m->planner);
}

static uint16_t power_of(const struct machine *m) {
    uint32_t most = (uint32_t)setting(m, SETTING_SPEED_MAX) / THOUSANDTHS;
    if (m->modal.spindle == 5 || m->speed == 0)
        return 0;
    if (m->speed >= most)
        return BOARD_POWER_MAX;
    return (uint16_t)(m->speed * (uint32_t)BOARD_POWER_MAX / most);
}

// A beam by M4 is on in motion alone; one by M3, and any spindle, stays on.
static void rest(struct machine *m) {
    m->planner.beam_in_hold = !laser_mode(m);
    planner_rest(&m->planner, laser_mode(m) && m->modal.spindle == 4 ? 0 : power_of(m));
}

static uint16_t limited(int32_t value) {
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static uint16_t rapid_rate(const struct machine *m) {
    int32_t rate = setting(m, SETTING_RATE_X) / THOUSANDTHS;
    return rate == 0 ? 1 : rate > FEED_MAX ? FEED_MAX : (uint16_t)rate;
}

static void set_feed(struct machine *m) {
    if (!block_has(&m->block, WORD_F))
        return;
    int32_t feed = m->block.value[WORD_F];
    if (m->modal.inches)
        feed = feed / 10 * 254;
    feed /= WORD_SCALE;
    m->feed = limited(feed ? feed : 1);
}

static void set_modes(struct machine *m) {
    const struct block *b = &m->block;
    if (block_in(b, GROUP_UNITS))
        m->modal.inches = b->code[GROUP_UNITS] == 20;
    if (block_in(b, GROUP_FEED_MODE))
        m->modal.inverse_time = b->code[GROUP_FEED_MODE] == 93;
    if (block_in(b, GROUP_PLANE))
        m->modal.plane = b->code[GROUP_PLANE];
    if (block_in(b, GROUP_DISTANCE))
        m->modal.relative = b->code[GROUP_DISTANCE] == 91;
    if (block_in(b, GROUP_WCS) && b->code[GROUP_WCS] != m->modal.wcs) {
        m->modal.wcs = b->code[GROUP_WCS];
        m->reports_to_wco = 0;
    }
    if (block_in(b, GROUP_MOTION))
        m->modal.motion = b->code[GROUP_MOTION];
    if (block_in(b, GROUP_COOLANT))
        m->modal.coolant = b->code[GROUP_COOLANT];
    set_feed(m);
}

static void set_spindle(struct machine *m) {
    const struct block *b = &m->block;
    bool changes = sets_power(m) || block_in(b, GROUP_SPINDLE);
    if (block_has(b, WORD_S))
        m->speed = limited(b->value[WORD_S] / WORD_SCALE);
    if (block_in(b, GROUP_SPINDLE))
        m->modal.spindle = b->code[GROUP_SPINDLE];
    if (changes && !m->check)
        rest(m);
}

static void move_to(struct machine *m, const int32_t target[AXES], uint32_t path, enum move_kind kind) {
    bool burns = kind == MOVE_FEED || !laser_mode(m);
    uint16_t feed = kind == MOVE_RAPID ? rapid_rate(m) : m->feed;
    if (m->modal.inverse_time && kind == MOVE_FEED) {
        uint32_t rate = path / 1000u * m->feed;
        feed = rate ? limited((int32_t)rate) : 1;
    }
    if (feed > rapid_rate(m))
        feed = rapid_rate(m);
    if (!m->check)
        planner_move(&m->planner, target, path, feed, burns ? power_of(m) : 0, kind);
}

// G10, G92, G28.1: where work coordinates begin. The line's lengths are in m->target as a machine position that was reckoned
// with the offsets of before.
static void set_offsets(struct machine *m, uint8_t command) {
    const struct block *b = &m->block;
    uint8_t index = (uint8_t)(b->value[WORD_P] / WORD_SCALE);
    uint8_t wcs = (uint8_t)(index == 0 ? m->modal.wcs - 54 : index - 1);
    bool here = b->value[WORD_L] == 20l * WORD_SCALE;
    for (uint8_t i = 0; i < AXES; i++) {
        if (command == CODE_G92_1)
            m->g92[i] = 0;
        if (command == CODE_G28_1 || command == CODE_G30_1)
            m->home[command == CODE_G30_1][i] = m->planner.end[i];
        if (!(b->words & WORD_BIT(i)))
            continue;
        int32_t value = m->modal.inches ? b->value[i] / 100 * 254 : b->value[i] / 10;
        if (command == 92)
            m->g92[i] = m->planner.end[i] - m->wcs[m->modal.wcs - 54][i] - value;
        else if (command == 10)
            m->wcs[wcs][i] = here ? m->planner.end[i] - m->g92[i] - value : value;
    }
    m->reports_to_wco = 0;
}

static void run_command(struct machine *m) {
    uint8_t command = command_of(&m->block);
    if (command == 28 || command == 30) {
        const int32_t *home = m->home[command == 30];
        move_to(m, home, planner_distance(m->planner.end, home), MOVE_RAPID);
    } else if (command != 0 && command != 4 && command != 53) {
        set_offsets(m, command);
    }
    // Seconds in 1/10000.
    if (command == 4 && !m->check)
        planner_dwell(&m->planner, (uint32_t)m->block.value[WORD_P] / 10u);
}

static enum phase run_program(struct machine *m) {
    uint8_t program = m->block.code[GROUP_PROGRAM];
    if (program == 1)
        return PHASE_NONE; // optional stop: the switch is off
    if (program == 0) {
        if (m->check)
            return PHASE_NONE;
        m->planner.hold = true;
        return PHASE_RESUME;
    }
    m->modal.motion = 1;
    m->modal.plane = 17;
    m->modal.wcs = 54;
    m->modal.relative = m->modal.inverse_time = false;
    m->modal.spindle = 5;
    m->modal.coolant = 9;
    if (!m->check)
        rest(m);
    m->reports_to_wco = 0;
    SAY_LINE("[MSG:Pgm End]");
    return PHASE_NONE;
}

static void run_jog(struct machine *m) {
    bool inches = m->modal.inches;
    uint16_t feed = m->feed;
    if (block_in(&m->block, GROUP_UNITS))
        m->modal.inches = m->block.code[GROUP_UNITS] == 20;
    set_feed(m);
    move_to(m, m->target, m->path, MOVE_JOG);
    m->modal.inches = inches;
    m->feed = feed;
}

enum phase block_run(struct machine *m) {
    const struct block *b = &m->block;
    if (b->jog) {
        run_jog(m);
        return PHASE_NONE;
    }
    set_modes(m);
    set_spindle(m);
    run_command(m);
    if (moves(m))
        move_to(m, m->target, m->path, m->modal.motion == 0 ? MOVE_RAPID : MOVE_FEED);
    if (block_in(b, GROUP_PROGRAM))
        return run_program(m);
    return command_of(b) == 4 ? PHASE_AFTER : PHASE_NONE;
}
