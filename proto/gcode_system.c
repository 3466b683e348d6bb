// gcode_system.c: lines that begin with `$` or `[`: Grbl's system commands, those of the ESP32 forks and of
// grblHAL, and lotgate's own.

#include "gcode.h"       // gcode_block
#include "gcode_words.h" // gcode_read_command

// A command without its mark, without blanks, in capitals.
#define KEY_MAX 14
struct key {
    uint8_t length;
    uint8_t text[KEY_MAX];
    bool has_value; // a `=` follows
};

// Reads a key and returns what follows it: the value, behind the `=`, or the line's end. NULL: too long to be a command.
static const uint8_t *read_key(struct key *key, const uint8_t *p, const uint8_t *end) {
    key->length = 0;
    key->text[0] = '\0';
    key->has_value = false;
    while (p != end) {
        uint8_t c = *p++;
        if (c == '=') {
            key->has_value = true;
            break;
        }
        if (c <= ' ' && c != '\0')
            continue;
        if (key->length == KEY_MAX)
            return NULL;
        // A NUL, which one firmware drops and at which the line ends for another, is in no command of the table.
        key->text[key->length++] = c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
    }
    return p;
}

// The table of commands is one text. Commands of one length stand together, the shorter before the longer, behind a byte that
// tells the length (high digit) and how many there are (low digit); each is followed by a byte that tells how it may be written, and what it does.
#define BARE    0x10 // without a `=`
#define VALUE   0x20 // with a `=`
#define BRACKET 0x40 // begins with `[`, not with `$`; what follows its `]` is a file's name
#define DOES    0x0F // enum gcode_command

#define ASK      "\x10" // bare, setup
#define SET      "\x30" // bare or with a value, setup
#define RUN      "\x24" // with a value, local start
#define RUN_THIS "\x34" // bare or with a value, local start
#define ESP_RUN  "\x44" // [, local start
#define LOT      "\x21" // with a value, lotgate
#define LOT_ASK  "\x11" // bare, lotgate
#define JOG      "\x26" // with a value
#define HOMING   "\x17" // bare
#define STARTUP  "\x28" // with a value
#define RESTORE  "\x29" // with a value

// Grbl's and lotgate's own, what only prints in the newer firmwares, and what runs a file or macro that lies on the machine. By
// their firmwares' own tables of commands: FluidNC (bdring/FluidNC, ProcessSettings.cpp, make_user_commands) has $A Alarms/List,
// $E Errors/List, $SS Startup/Show, $CI Channel/Info, $CD Config/Dump, $CMD Commands/List, $Heap Heap/Show; not here are $Limits,
// which goes on until a feed hold, and $GS, which says the banner of a restart. grblHAL (grblHAL/core, system.c, sys_commands)
// has $EAG $EEG $ESG $ESH, $PINS, $PINSTATE, $LEV, $LIM, all of them without an argument. A firmware holds only its own.
// clang-format off
#ifdef GCODE_GRBL_ONLY
#define FLUIDNC ASK
#define HAL     ASK
#else
#define GCODE_FLUIDNC
#define GCODE_HAL
#define FLUIDNC "\x1A" // bare, setup where the firmware is FluidNC
#define HAL     "\x1B" // bare, setup where it is grblHAL
#endif
#ifdef GCODE_FLUIDNC
#define FLUIDNC_1 "\x12" "A" FLUIDNC "E" FLUIDNC
#define FLUIDNC_2 "\x23" "SS" FLUIDNC "CI" FLUIDNC "CD" FLUIDNC
#define FLUIDNC_3 "\x31" "CMD" FLUIDNC
#define FLUIDNC_4 "\x41" "HEAP" FLUIDNC
#else
#define FLUIDNC_1
#define FLUIDNC_2
#define FLUIDNC_3
#define FLUIDNC_4
#endif
#ifdef GCODE_HAL
#define HAL_3 "\x36" "EAG" HAL "EEG" HAL "ESG" HAL "ESH" HAL "LEV" HAL "LIM" HAL
#define HAL_4 "\x41" "PINS" HAL
#define HAL_8 "\x81" "PINSTATE" HAL
#else
#define HAL_3
#define HAL_4
#define HAL_8
#endif

static TABLE uint8_t commands[] =
    "\x01" ASK // `$` alone: help
    "\x1D" "$" ASK "J" JOG "G" ASK "X" ASK "H" HOMING "#" ASK "I" SET "N" ASK "C" ASK
           "F" ASK "F" RUN "+" ASK "S" ASK
    FLUIDNC_1
    "\x2C" "N0" STARTUP "N1" STARTUP "HX" HOMING "HY" HOMING "HZ" HOMING "I+" ASK "OP" LOT
           "ES" ASK "EG" ASK "EE" ASK "EA" ASK "RM" RUN
    FLUIDNC_2
    "\x34" "SLP" ASK "RST" RESTORE "HXY" HOMING "LOT" LOT
    FLUIDNC_3 HAL_3
    "\x42" "LOT?" LOT_ASK "HELP" ASK
    FLUIDNC_4 HAL_4
    "\x61" "SD/RUN" RUN_THIS
    "\x73" "SD/LIST" ASK "ESP220]" ESP_RUN "ESP700]" ESP_RUN
    HAL_8
    "\xA2" "SD/RUNFILE" RUN_THIS "MACROS/RUN" RUN
    "\xB1" "LOCALFS/RUN" RUN_THIS
    "\xC1" "LOCALFS/LIST" ASK
    "\xF0"; // longer than any key
// clang-format on

// `how` is BARE, VALUE or BRACKET.
static uint8_t find(const struct key *key, uint8_t how) {
    TABLE uint8_t *row = commands;
    for (;;) {
        uint8_t head = *row++, width = head >> 4;
        if (width > key->length)
            return COMMAND_UNKNOWN;
        uint8_t count = head & 0x0F;
#ifdef __AVR__ // has 60 us for a line, and would take them for passing over the shorter ones one by one
        if (width < key->length) {
            row += (uint8_t)(count * (width + 1));
            continue;
        }
#endif
        for (; count; count--) {
            uint8_t same = 0;
            while (same < width && row[same] == key->text[same])
                same++;
            row += width;
            if (same == key->length && *row & how)
                return *row & DOES;
            row++;
        }
    }
}

// Settings that may be written while nothing is declared: those of Grbl 1.1 that concern motion and reports.
// $30, $31 and $32 are not among them: they decide what an S means (a focus beam of S20 is full power once
// $30=20, and with $32=0 an S fires at once), and what other numbers mean differs between the firmwares.
static TABLE uint8_t free_settings[] = {7, 4, 8, 0, 0, 0, 0,
                                        0, 0, 0, 4, 4, 4, 4}; // of each ten so many, from 0 on

static uint8_t judge_setting(const struct key *key) {
    uint8_t number = 0, ten = 0, one = 0;
    for (uint8_t i = 0; i < key->length; i++) {
        one = (uint8_t)(key->text[i] - '0');
        ten = number;
        if (one > 9 || ten >= COUNT(free_settings))
            return COMMAND_UNKNOWN;
        number = (uint8_t)(ten * 10u + one);
    }
    return one < free_settings[ten] ? COMMAND_SETUP : COMMAND_UNKNOWN;
}

// `$RST=#` clears offsets; the others put $30 and $32 back as well.
static uint8_t judge_restore(struct key *key, const uint8_t *value, const uint8_t *end) {
    if (read_key(key, value, end) == NULL || key->length != 1 || key->text[0] != '#' || key->has_value)
        return COMMAND_UNKNOWN;
    return COMMAND_SETUP;
}

#define ESP_KEY 7 // as many bytes of a `[` line decide

const uint8_t *gcode_read_command(struct gcode_block *block) {
    struct key key;
    const uint8_t *end = block->text + block->length;
    const uint8_t *value = read_key(&key, block->text + 1, end);
    uint8_t how = key.has_value ? VALUE : BARE;
    if (block->shape == GCODE_BRACKET) {
        if (key.length > ESP_KEY)
            key.length = ESP_KEY;
        how = BRACKET;
    } else if (value == NULL) {
        return NULL;
    }
    if (how == VALUE) {
        block->startup = key.text[0] == 'N';
        if ((uint8_t)(key.text[0] - '0') <= 9) {
            block->command = judge_setting(&key);
            return value;
        }
    }
    block->command = find(&key, how);
    if (block->command == COMMAND_RESTORE)
        block->command = judge_restore(&key, value, end);
    return how == VALUE ? value : NULL;
}

// A motion that is not G-code: harmless, but for a beam or spindle that is known to be on. Jogging is not
// held merely because the state is in doubt.
static uint8_t classify_motion(const struct gcode_rules *rules, const struct gcode_modal *modal) {
    if (modal->doubt || rules->machine == GCODE_PRINTER)
        return GCODE_SETUP;
    return gcode_beam(rules, modal);
}

// Grbl refuses M, S and T words in a jog; a firmware that takes them would do something else than jog.
static uint8_t classify_jog(const struct gcode_rules *rules, const struct gcode_modal *modal,
                            const struct gcode_block *block) {
    if (block->content != GCODE_WORDS_LINE || block->m_count ||
        block->seen & (WORD_BIT(GCODE_S) | FOREIGN_WORDS))
        return GCODE_UNKNOWN;
    return classify_motion(rules, modal);
}

// A startup block is executed now and again at each reset, where nobody can hold it. It may choose modes;
// motion, power and switching on are held.
static uint8_t classify_startup(const struct gcode_block *block) {
    if (block->content == GCODE_EMPTY)
        return GCODE_SETUP;
    if (block->content != GCODE_WORDS_LINE ||
        block->seen & (AXIS_WORDS | ARC_WORDS | WORD_BIT(GCODE_S) | FOREIGN_WORDS) ||
        block->g_flags & (CODE_UNKNOWN | G_FEED | G_HOME) ||
        block->m_flags & (CODE_UNKNOWN | M_ON | M_FAN_ON | M_FAN_OFF))
        return GCODE_LOCAL_START;
    return GCODE_SETUP;
}

enum gcode_class gcode_classify_command(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                        const struct gcode_block *block) {
    switch (block->command) {
    case COMMAND_JOG:
        return classify_jog(rules, modal, block);
    case COMMAND_HOMING:
        return classify_motion(rules, modal);
    case COMMAND_STARTUP:
        return classify_startup(block);
#ifndef GCODE_GRBL_ONLY
    case COMMAND_ASK_FLUIDNC:
        return rules->asks == GCODE_ASKS_FLUIDNC ? GCODE_SETUP : GCODE_UNKNOWN;
    case COMMAND_ASK_HAL:
        return rules->asks == GCODE_ASKS_HAL ? GCODE_SETUP : GCODE_UNKNOWN;
#endif
    default:
        return (enum gcode_class)block->command;
    }
}
