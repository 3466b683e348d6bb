// words.c: from the bytes of a line to its words.

#include "words.h" // words_read
#include "flash.h" // FLASH

// Codes times ten.
struct code {
    uint16_t code;
    uint8_t group; // enum group
    uint8_t number;
};

static FLASH struct code g_codes[] = {
    {0, GROUP_MOTION, 0},
    {10, GROUP_MOTION, 1},
    {20, GROUP_MOTION, 2},
    {30, GROUP_MOTION, 3},
    {40, GROUP_COMMAND, 4},
    {100, GROUP_COMMAND, 10},
    {170, GROUP_PLANE, 17},
    {180, GROUP_PLANE, 18},
    {190, GROUP_PLANE, 19},
    {200, GROUP_UNITS, 20},
    {210, GROUP_UNITS, 21},
    {280, GROUP_COMMAND, 28},
    {281, GROUP_COMMAND, CODE_G28_1},
    {300, GROUP_COMMAND, 30},
    {301, GROUP_COMMAND, CODE_G30_1},
    {400, GROUP_CUTTER, 40},
    {490, GROUP_LENGTH, 49},
    {530, GROUP_COMMAND, 53},
    {540, GROUP_WCS, 54},
    {550, GROUP_WCS, 55},
    {560, GROUP_WCS, 56},
    {570, GROUP_WCS, 57},
    {580, GROUP_WCS, 58},
    {590, GROUP_WCS, 59},
    {610, GROUP_PATH, 61},
    {800, GROUP_MOTION, MOTION_OFF},
    {900, GROUP_DISTANCE, 90},
    {910, GROUP_DISTANCE, 91},
    {911, GROUP_ARC_DISTANCE, 91},
    {920, GROUP_COMMAND, 92},
    {921, GROUP_COMMAND, CODE_G92_1},
    {930, GROUP_FEED_MODE, 93},
    {940, GROUP_FEED_MODE, 94},
};

static FLASH struct code m_codes[] = {
    {0, GROUP_PROGRAM, 0},  {10, GROUP_PROGRAM, 1}, {20, GROUP_PROGRAM, 2}, {300, GROUP_PROGRAM, 30},
    {30, GROUP_SPINDLE, 3}, {40, GROUP_SPINDLE, 4}, {50, GROUP_SPINDLE, 5}, {70, GROUP_COOLANT, 7},
    {80, GROUP_COOLANT, 8}, {90, GROUP_COOLANT, 9},
};

static FLASH char letters[] = "XYZIJKRPLFSTN"; // in the order of enum word

bool words_number(const char **text, int32_t *number) {
    const char *p = *text;
    int32_t value = 0;
    uint8_t digits = 0, decimals = 0;
    bool negative = *p == '-', point = false;
    if (*p == '-' || *p == '+')
        p++;
    for (;; p++) {
        uint8_t digit = (uint8_t)(*p - '0');
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 9)
            break;
        digits = 1;
        if (decimals == 4)
            continue; // finer than anything moves
        if (value > (INT32_MAX - 9) / 10)
            return false;
        value = value * 10 + digit;
        decimals = (uint8_t)(decimals + point);
    }
    for (; decimals < 4; decimals++) {
        if (value > INT32_MAX / 10)
            return false;
        value *= 10;
    }
    *number = negative ? -value : value;
    *text = p;
    return digits != 0;
}

static enum grbl_error take_code(struct block *block, FLASH struct code *codes, uint8_t count,
                                 int32_t value) {
    for (uint8_t i = 0; i < count; i++) {
        if ((int32_t)codes[i].code * (WORD_SCALE / 10) != value)
            continue;
        uint8_t group = codes[i].group;
        if (block_in(block, (enum group)group))
            return GRBL_SAME_GROUP;
        block->groups |= (uint16_t)(1u << group);
        block->code[group] = codes[i].number;
        return GRBL_OK;
    }
    return GRBL_UNSUPPORTED;
}

static enum grbl_error take_word(struct block *block, char letter, int32_t value) {
    for (uint8_t word = 0; word < WORDS; word++) {
        if (letters[word] != letter)
            continue;
        if (block_has(block, (enum word)word))
            return GRBL_WORD_TWICE;
        if (value < 0 && word >= WORD_P)
            return GRBL_NEGATIVE;
        block->words |= WORD_BIT(word);
        block->value[word] = value;
        return GRBL_OK;
    }
    return GRBL_UNSUPPORTED;
}

enum grbl_error words_read(struct block *block, const char *line) {
    enum grbl_error error = GRBL_OK;
    block->groups = block->words = 0;
    block->jog = false;
    while (*line && error == GRBL_OK) {
        char letter = *line++;
        int32_t value;
        if (letter < 'A' || letter > 'Z')
            return GRBL_EXPECTED_LETTER;
        if (!words_number(&line, &value))
            return GRBL_BAD_NUMBER;
        if (letter == 'G')
            error = take_code(block, g_codes, sizeof g_codes / sizeof g_codes[0], value);
        else if (letter == 'M')
            error = take_code(block, m_codes, sizeof m_codes / sizeof m_codes[0], value);
        else
            error = take_word(block, letter, value);
    }
    return error;
}
