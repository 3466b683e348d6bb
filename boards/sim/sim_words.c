// sim_words: the characters of a line to words, with the errors that Grbl finds on the way.
#include "sim_gcode.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define ERROR_LETTER   1
#define ERROR_NUMBER   2
#define ERROR_NEGATIVE 4
#define ERROR_UNKNOWN  20
#define ERROR_GROUP    21
#define ERROR_INTEGER  23
#define ERROR_AXES     24
#define ERROR_REPEATED 25

struct code {
    uint16_t number; // times ten
    enum group group;
    enum axis_use axes;
};

static const struct code g_codes[] = {
    {0, GROUP_MOTION, AXES_MOTION},
    {10, GROUP_MOTION, AXES_MOTION},
    {20, GROUP_MOTION, AXES_MOTION},
    {30, GROUP_MOTION, AXES_MOTION},
    {382, GROUP_MOTION, AXES_MOTION},
    {383, GROUP_MOTION, AXES_MOTION},
    {384, GROUP_MOTION, AXES_MOTION},
    {385, GROUP_MOTION, AXES_MOTION},
    {800, GROUP_MOTION, AXES_FREE},
    {40, GROUP_ONCE, AXES_FREE},
    {530, GROUP_ONCE, AXES_FREE},
    {100, GROUP_ONCE, AXES_ONCE},
    {280, GROUP_ONCE, AXES_ONCE},
    {281, GROUP_ONCE, AXES_FREE},
    {300, GROUP_ONCE, AXES_ONCE},
    {301, GROUP_ONCE, AXES_FREE},
    {920, GROUP_ONCE, AXES_ONCE},
    {921, GROUP_ONCE, AXES_FREE},
    {170, GROUP_PLANE, AXES_FREE},
    {180, GROUP_PLANE, AXES_FREE},
    {190, GROUP_PLANE, AXES_FREE},
    {900, GROUP_DISTANCE, AXES_FREE},
    {910, GROUP_DISTANCE, AXES_FREE},
    {911, GROUP_ARC_DISTANCE, AXES_FREE},
    {930, GROUP_FEED_MODE, AXES_FREE},
    {940, GROUP_FEED_MODE, AXES_FREE},
    {200, GROUP_UNITS, AXES_FREE},
    {210, GROUP_UNITS, AXES_FREE},
    {400, GROUP_CUTTER, AXES_FREE},
    {431, GROUP_TOOL_LENGTH, AXES_TOOL_LENGTH},
    {490, GROUP_TOOL_LENGTH, AXES_TOOL_LENGTH},
    {540, GROUP_WCS, AXES_FREE},
    {550, GROUP_WCS, AXES_FREE},
    {560, GROUP_WCS, AXES_FREE},
    {570, GROUP_WCS, AXES_FREE},
    {580, GROUP_WCS, AXES_FREE},
    {590, GROUP_WCS, AXES_FREE},
    {610, GROUP_PATH, AXES_FREE},
};

static const struct code m_codes[] = {
    {0, GROUP_PROGRAM, AXES_FREE},   {10, GROUP_PROGRAM, AXES_FREE}, {20, GROUP_PROGRAM, AXES_FREE},
    {300, GROUP_PROGRAM, AXES_FREE}, {30, GROUP_SPINDLE, AXES_FREE}, {40, GROUP_SPINDLE, AXES_FREE},
    {50, GROUP_SPINDLE, AXES_FREE},  {70, GROUP_COOLANT, AXES_FREE}, {80, GROUP_COOLANT, AXES_FREE},
    {90, GROUP_COOLANT, AXES_FREE},
};

bool sim_number(const char **text, double *value) {
    const char *p = *text;
    double sign = 1, number = 0, unit = 1;
    bool digits = false, point = false;
    if (*p == '-' || *p == '+')
        sign = *p++ == '-' ? -1 : 1;
    for (;; p++) {
        if (*p == '.' && !point) {
            point = true;
        } else if (*p >= '0' && *p <= '9') {
            digits = true;
            number = number * 10 + (*p - '0');
            unit *= point ? 10 : 1;
        } else {
            break;
        }
    }
    if (!digits)
        return false;
    *value = sign * number / unit;
    *text = p;
    return true;
}

static const struct code *find(const struct code *codes, size_t count, long number) {
    for (size_t i = 0; i < count; i++)
        if (codes[i].number == number)
            return &codes[i];
    return NULL;
}

static uint16_t take_command(struct words *w, char letter, double value, bool mist) {
    const size_t gs = sizeof g_codes / sizeof g_codes[0], ms = sizeof m_codes / sizeof m_codes[0];
    if (value < 0 || value > 1000)
        return ERROR_UNKNOWN;
    long number = lround(value * 10);
    if (fabs(value * 10 - (double)number) > 0.01 || (letter == 'M' && number % 10))
        return letter == 'M' ? ERROR_INTEGER : ERROR_UNKNOWN;
    const struct code *code = letter == 'G' ? find(g_codes, gs, number) : find(m_codes, ms, number);
    if (!code || (letter == 'M' && number == 70 && !mist))
        return ERROR_UNKNOWN;
    if (code->axes != AXES_FREE) {
        if (w->axes != AXES_FREE)
            return ERROR_AXES;
        w->axes = code->axes;
    }
    // M7 and M8 may stand together.
    if (w->groups >> code->group & 1u && code->group != GROUP_COOLANT)
        return ERROR_GROUP;
    w->groups |= 1u << code->group;
    w->code[code->group] = code->number;
    return 0;
}

static uint16_t take_value(struct words *w, char letter, double value) {
    if (!strchr("FIJKLNPRSTXYZ", letter))
        return ERROR_UNKNOWN;
    if (w->seen & WORD_BIT(letter))
        return ERROR_REPEATED;
    if (value < 0 && strchr("FNPST", letter))
        return ERROR_NEGATIVE;
    w->seen |= WORD_BIT(letter);
    w->value[letter - 'A'] = value;
    return 0;
}

uint16_t sim_words_scan(struct words *w, const char *line, bool mist) {
    memset(w, 0, sizeof *w);
    while (*line) {
        char letter = *line++;
        if (letter < 'A' || letter > 'Z')
            return ERROR_LETTER;
        double value;
        if (!sim_number(&line, &value))
            return ERROR_NUMBER;
        bool command = letter == 'G' || letter == 'M';
        uint16_t error = command ? take_command(w, letter, value, mist) : take_value(w, letter, value);
        if (error)
            return error;
    }
    return 0;
}
