// system.c: lines that begin with `$`.

#include "board.h"  // board_lock
#include "inside.h" // system_line
#include "say.h"    // SAY_LINE

typedef enum grbl_error (*command)(struct machine *m, const char *value, enum phase *then);

static enum grbl_error help(struct machine *m, const char *value, enum phase *then) {
    SAY_LINE("[HLP:$$ $# $G $I $N $x=val $J=line $C $X $H $SD/List $SD/Run=/file ~ ! ? ctrl-x]");
    return GRBL_OK;
}

static enum grbl_error settings(struct machine *m, const char *value, enum phase *then) {
    settings_report(m);
    return GRBL_OK;
}

static enum grbl_error offsets(struct machine *m, const char *value, enum phase *then) {
    report_offsets(m);
    return GRBL_OK;
}

static enum grbl_error modal(struct machine *m, const char *value, enum phase *then) {
    report_modal(m);
    return GRBL_OK;
}

static enum grbl_error identity(struct machine *m, const char *value, enum phase *then) {
    SAY_LINE("[VER:1.1h.20190830:]");
    SAY_LINE("[OPT:V,15,128]");
    return GRBL_OK;
}

static enum grbl_error startup_lines(struct machine *m, const char *value, enum phase *then) {
    SAY_LINE("$N0=");
    SAY_LINE("$N1=");
    return GRBL_OK;
}

static enum grbl_error unlock(struct machine *m, const char *value, enum phase *then) {
    if (m->alarm)
        SAY_LINE("[MSG:Caution: Unlocked]");
    m->alarm = m->planner.hold = false;
    return GRBL_OK;
}

static enum grbl_error check(struct machine *m, const char *value, enum phase *then) {
    if (m->check) {
        SAY_LINE("[MSG:Disabled]");
        uint8_t before = board_lock();
        m->realtime |= RT_RESET; // once this line is answered
        board_unlock(before);
        return GRBL_OK;
    }
    if (machine_state(m) != STATE_IDLE)
        return GRBL_NOT_IDLE;
    m->check = true;
    SAY_LINE("[MSG:Enabled]");
    return GRBL_OK;
}

// There are no switches: home is the machine's zero.
static enum grbl_error homing(struct machine *m, const char *value, enum phase *then) {
    static const int32_t zero[AXES];
    if (setting(m, SETTING_HOMING) == 0)
        return GRBL_NO_HOMING;
    m->alarm = false;
    planner_move(&m->planner, zero, planner_distance(m->planner.end, zero), 1000, 0, MOVE_RAPID);
    *then = PHASE_AFTER;
    return GRBL_OK;
}

static enum grbl_error jog(struct machine *m, const char *value, enum phase *then) {
    enum run_state state = machine_state(m);
    if (state != STATE_IDLE && state != STATE_JOG)
        return GRBL_LOCKED;
    enum grbl_error error = words_read(&m->block, value);
    m->block.jog = true;
    if (error == GRBL_OK)
        error = check_block(m);
    *then = PHASE_BEFORE;
    return error;
}

static enum grbl_error run_file(struct machine *m, const char *value, enum phase *then) {
    return local_start(m, LINK_SD, value);
}

static enum grbl_error list_files(struct machine *m, const char *value, enum phase *then) {
    local_list();
    return GRBL_OK;
}

// `at_rest`: only while nothing moves.
static FLASH struct {
    char name[9];
    bool takes_value, at_rest;
    command run;
} commands[] = {
    {"", false, false, help},    {"$", false, true, settings},     {"#", false, true, offsets},
    {"G", false, false, modal},  {"I", false, true, identity},     {"N", false, true, startup_lines},
    {"X", false, false, unlock}, {"C", false, false, check},       {"H", false, true, homing},
    {"J", true, false, jog},     {"SD/RUN", true, true, run_file}, {"SD/LIST", false, true, list_files},
};

// What stands behind the name, NULL when the line is another command.
static const char *value_behind(FLASH char *name, bool takes_value, const char *line) {
    while (*name && *line == *name)
        line++, name++;
    if (*name || *line != (takes_value ? '=' : '\0'))
        return NULL;
    return line + takes_value;
}

enum grbl_error system_line(struct machine *m, const char *line, enum phase *then) {
    enum run_state state = machine_state(m);
    bool rests = state == STATE_IDLE || state == STATE_ALARM || state == STATE_CHECK;
    *then = PHASE_NONE;
    line++;
    for (uint8_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const char *value = value_behind(commands[i].name, commands[i].takes_value, line);
        if (!value)
            continue;
        if (commands[i].at_rest && (!rests || m->local.at))
            return GRBL_NOT_IDLE;
        return commands[i].run(m, value, then);
    }
    if (*line < '0' || *line > '9')
        return GRBL_UNKNOWN_SYSTEM;
    return rests ? setting_write(m, line) : GRBL_NOT_IDLE;
}
