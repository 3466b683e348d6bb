// settings.c: Grbl's numbered settings, those of a laser of 300 x 300 mm. Kept until power goes; `$10`, `$22`, `$30`, `$32` and
// `$110` have an effect.

#include "board.h"  // board_send
#include "inside.h" // setting
#include "say.h"    // say_number

struct row {
    uint8_t number;
    bool whole; // shown without decimals
    int32_t thousandths;
};

static FLASH struct row rows[SETTINGS] = {
    {0, true, 10000},      {1, true, 25000},       {2, true, 0},           {3, true, 0},
    {4, true, 0},          {5, true, 0},           {6, true, 0},           {10, true, 1000},
    {11, false, 10},       {12, false, 2},         {13, true, 0},          {20, true, 0},
    {21, true, 0},         {22, true, 0},          {23, true, 0},          {24, false, 25000},
    {25, false, 500000},   {26, true, 250000},     {27, false, 1000},      {30, true, 1000000},
    {31, true, 0},         {32, true, 1000},       {100, false, 80000},    {101, false, 80000},
    {102, false, 400000},  {110, false, 10000000}, {111, false, 10000000}, {112, false, 1000000},
    {120, false, 1000000}, {121, false, 1000000},  {122, false, 200000},   {130, false, 300000},
    {131, false, 300000},  {132, false, 100000},
};

void settings_defaults(struct machine *m) {
    for (uint8_t i = 0; i < SETTINGS; i++)
        m->settings[i] = rows[i].thousandths;
}

static uint8_t find(int32_t number) {
    uint8_t i = 0;
    while (i < SETTINGS && rows[i].number != number)
        i++;
    return i;
}

int32_t setting(const struct machine *m, uint8_t number) {
    return m->settings[find(number)];
}

enum grbl_error setting_write(struct machine *m, const char *text) {
    int32_t number, value;
    if (!words_number(&text, &number) || *text++ != '=' || !words_number(&text, &value) || *text)
        return GRBL_BAD_NUMBER;
    uint8_t row = find(number / WORD_SCALE);
    if (number % WORD_SCALE || row == SETTINGS)
        return GRBL_UNKNOWN_SYSTEM;
    if (value < 0)
        return GRBL_NEGATIVE;
    // A maximum of 0 would be divided by.
    if (value == 0 && (rows[row].number == SETTING_SPEED_MAX || rows[row].number >= 100))
        return GRBL_NEGATIVE;
    m->settings[row] = value / (WORD_SCALE / THOUSANDTHS);
    guard_rules(m);
    return GRBL_OK;
}

void settings_report(const struct machine *m) {
    for (uint8_t i = 0; i < SETTINGS; i++) {
        board_send('$');
        say_number(rows[i].number);
        board_send('=');
        if (rows[i].whole)
            say_number((uint32_t)m->settings[i] / THOUSANDTHS);
        else
            say_thousandths(m->settings[i]);
        say_line_end();
    }
}
