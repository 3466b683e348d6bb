// sim_system: the `$` commands, the settings behind them, and the `[ESP...]` commands of the ESP32 boards.
#include "sim_gcode.h" // sim_number
#include "sim_inside.h"
#include "sim_settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_NUMBER    2
#define ERROR_STATEMENT 3
#define ERROR_NEGATIVE  4
#define ERROR_HOMING    5
#define ERROR_PULSE     6
#define ERROR_CARD      7
#define ERROR_BUSY      8
#define ERROR_SOFT      10
#define ERROR_LENGTH    14

// Grbl's own list; the defaults that depend on the machine are set in sim_settings_default.
const struct setting_kind sim_setting_kinds[SETTINGS] = {
    {0, 0, 10},  {1, 0, 25},    {2, 0, 0},      {3, 0, 0},     {4, 0, 0},   {5, 0, 0},     {6, 0, 0},
    {10, 0, 1},  {11, 3, 0.01}, {12, 3, 0.002}, {13, 0, 0},    {20, 0, 0},  {21, 0, 0},    {22, 0, 0},
    {23, 0, 0},  {24, 3, 25},   {25, 3, 500},   {26, 0, 250},  {27, 3, 1},  {30, 0, 1000}, {31, 0, 0},
    {32, 0, 0},  {100, 3, 80},  {101, 3, 80},   {102, 3, 400}, {110, 3, 0}, {111, 3, 0},   {112, 3, 0},
    {120, 3, 0}, {121, 3, 0},   {122, 3, 0},    {130, 3, 0},   {131, 3, 0}, {132, 3, 0},
};

static int find(uint16_t number) {
    for (int i = 0; i < SETTINGS; i++)
        if (sim_setting_kinds[i].number == number)
            return i;
    return -1;
}

double sim_setting(const struct sim *s, uint16_t number) {
    int i = find(number);
    return i < 0 ? 0 : s->setting[i];
}

bool sim_laser_mode(const struct sim *s) {
    return sim_setting(s, 32) != 0;
}

static void set(struct sim *s, uint16_t number, double value) {
    s->setting[find(number)] = value;
}

void sim_settings_default(struct sim *s) {
    const struct sim_config *c = &s->config;
    for (int i = 0; i < SETTINGS; i++)
        s->setting[i] = sim_setting_kinds[i].standard;
    set(s, 32, c->kind == SIM_LASER);
    for (uint16_t axis = 0; axis < 3; axis++) {
        set(s, 110 + axis, axis == 2 ? c->max_feed / 10 : c->max_feed);
        set(s, 120 + axis, axis == 2 ? c->acceleration / 5 : c->acceleration);
        set(s, 130 + axis, c->travel[axis]);
    }
}

static uint16_t store_setting(struct sim *s, double number, double value) {
    if (value < 0)
        return ERROR_NEGATIVE;
    int i = number == floor(number) && number < 256 ? find((uint16_t)number) : -1;
    if (i < 0)
        return ERROR_STATEMENT;
    if (number == 0 && value < 3)
        return ERROR_PULSE;
    if (number == 20 && value != 0 && sim_setting(s, 22) == 0)
        return ERROR_SOFT;
    if (number == 22 && value == 0)
        set(s, 20, 0);
    bool flag = number == 4 || number == 5 || number == 6 || number == 13 || (number >= 20 && number <= 22) ||
                number == 32;
    s->setting[i] = flag ? value != 0 : sim_setting_kinds[i].decimals ? value : floor(value);
    s->wco_count = s->override_count = 0;
    return 0;
}

static bool only(const char *line, const char *text) {
    return strcmp(line, text) == 0;
}

static uint16_t show_settings(struct sim *s, const char *rest) {
    if (*rest)
        return ERROR_STATEMENT;
    if (s->state == SIM_RUN || s->state == SIM_HOLD)
        return ERROR_BUSY;
    sim_report_settings(s);
    return 0;
}

static uint16_t show_modes(struct sim *s, const char *rest) {
    if (*rest)
        return ERROR_STATEMENT;
    sim_report_modes(s);
    return 0;
}

static uint16_t toggle_check(struct sim *s, const char *rest) {
    if (*rest)
        return ERROR_STATEMENT;
    if (s->state == SIM_CHECK) {
        s->flags.reset = true;
        sim_print(s, "[MSG:Disabled]\r\n");
        return 0;
    }
    if (s->state != SIM_IDLE)
        return ERROR_BUSY;
    s->state = SIM_CHECK;
    sim_print(s, "[MSG:Enabled]\r\n");
    return 0;
}

static uint16_t unlock(struct sim *s, const char *rest) {
    if (*rest)
        return ERROR_STATEMENT;
    if (s->state != SIM_ALARM)
        return 0;
    if (s->door_is_open)
        return 13;
    sim_print(s, "[MSG:Caution: Unlocked]\r\n");
    s->state = SIM_IDLE;
    return 0;
}

static uint16_t show_parameters(struct sim *s, const char *rest) {
    if (*rest)
        return ERROR_STATEMENT;
    sim_report_parameters(s);
    return 0;
}

static uint16_t home(struct sim *s, const char *rest) {
    if (sim_setting(s, 22) == 0)
        return ERROR_HOMING;
    if (*rest)
        return ERROR_STATEMENT;
    s->state = SIM_IDLE;
    struct op *op = sim_op_add(s, OP_HOMED);
    op->block.system = true;
    op->block.spindle = 5;
    op->block.speed = sim_setting(s, 25) / 60;
    double off = sim_setting(s, 27);
    for (int i = 0; i < 3; i++) // to the switch, wherever the axes happen to be
        op->block.to[i] = s->gc.position[i] == 0 ? off : 0;
    return 0;
}

static uint16_t build_info(struct sim *s, const char *rest) {
    if (!*rest) {
        sim_report_build(s);
        return 0;
    }
    if (*rest != '=')
        return ERROR_STATEMENT;
    if (strlen(rest + 1) >= SIM_TEXT_MAX)
        return ERROR_LENGTH;
    snprintf(s->user_text, sizeof s->user_text, "%s", rest + 1);
    return 0;
}

static uint16_t restore(struct sim *s, const char *rest) {
    if (!only(rest, "ST=$") && !only(rest, "ST=#") && !only(rest, "ST=*"))
        return ERROR_STATEMENT;
    char what = rest[3];
    if (what != '#')
        sim_settings_default(s);
    if (what != '$')
        memset(&s->offsets, 0, sizeof s->offsets);
    if (what == '*') {
        memset(s->startup_line, 0, sizeof s->startup_line);
        s->user_text[0] = 0;
    }
    sim_print(s, "[MSG:Restoring defaults]\r\n");
    s->flags.reset = true;
    return 0;
}

static uint16_t sleep_command(struct sim *s, const char *rest) {
    if (!only(rest, "LP"))
        return ERROR_STATEMENT;
    s->flags.sleep = true;
    return 0;
}

// $N, $N0=line. The line is tried first, as Grbl does: it is judged and executed once.
static uint16_t startup_lines(struct sim *s, const char *rest) {
    if (!*rest) {
        for (int i = 0; i < 2; i++)
            sim_print(s, "$N%d=%s\r\n", i, s->startup_line[i]);
        return 0;
    }
    double number;
    if (!sim_number(&rest, &number))
        return ERROR_NUMBER;
    if (*rest != '=' || (number != 0 && number != 1))
        return ERROR_STATEMENT;
    bool work;
    uint16_t error = rest[1] ? sim_gcode_line(s, rest + 1, false, &work) : 0;
    if (!error)
        snprintf(s->startup_line[(int)number], sizeof s->startup_line[0], "%s", rest + 1);
    return error;
}

static uint16_t write_setting(struct sim *s, const char *rest) {
    double number, value;
    if (!sim_number(&rest, &number))
        return ERROR_NUMBER;
    if (*rest++ != '=')
        return ERROR_STATEMENT;
    if (!sim_number(&rest, &value))
        return ERROR_NUMBER;
    if (*rest || number > 255)
        return ERROR_STATEMENT;
    return store_setting(s, number, value);
}

// Names on the card keep their case: they are taken from the line as it came.
static uint16_t run_from_card(struct sim *s, const char *marker) {
    char raw[SIM_LINE_MAX + 1];
    memcpy(raw, s->line.raw, s->line.raw_length);
    raw[s->line.raw_length] = 0;
    const char *name = strrchr(raw, *marker);
    if (!name)
        return ERROR_STATEMENT;
    if (s->state != SIM_IDLE)
        return ERROR_BUSY;
    if (!s->card || strcmp(name + 1, s->card_name) != 0)
        return ERROR_CARD;
    if (!sim_hook_may_start(s))
        return ERROR_CARD;
    s->card_at = 0;
    s->card_line = 0;
    s->card_running = true;
    s->counts.card_starts++;
    return 0;
}

struct command {
    char letter;
    bool any_state; // else only in Idle and Alarm
    uint16_t (*run)(struct sim *s, const char *rest);
};
static const struct command commands[] = {
    {'$', true, show_settings},  {'G', true, show_modes},       {'C', true, toggle_check},
    {'X', true, unlock},         {'#', false, show_parameters}, {'H', false, home},
    {'I', false, build_info},    {'R', false, restore},         {'S', false, sleep_command},
    {'N', false, startup_lines},
};

static bool starts(const char *line, const char *prefix) {
    return strncmp(line, prefix, strlen(prefix)) == 0;
}

uint16_t sim_system_line(struct sim *s, const char *line) {
    if (sim_card_flavour(s)) {
        // The `/` has gone when the line was put together.
        if (starts(line, "$SDRUN=") || starts(line, "$LOCALFSRUN="))
            return run_from_card(s, "=");
        if (starts(line, "[ESP220]") || starts(line, "[ESP700]"))
            return run_from_card(s, "]");
    }
    if (line[0] == '[')
        return ERROR_STATEMENT;
    if (!line[1]) {
        sim_print(s, "[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]\r\n");
        return 0;
    }
    bool resting = s->state == SIM_IDLE || s->state == SIM_ALARM;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].letter == line[1])
            return commands[i].any_state || resting ? commands[i].run(s, line + 2) : ERROR_BUSY;
    return resting ? write_setting(s, line + 1) : ERROR_BUSY;
}
