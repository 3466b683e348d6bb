// gcode_system.c: lines that begin with `$` or `[`: Grbl's system commands, those of the ESP32 forks and of
// grblHAL, and lotgate's own.

#include "gcode.h"       // gcode_scan
#include "gcode_words.h" // gcode_key

#define KEY_MAX 16

bool gcode_text_equal(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

// The same for a word of a table, which on an AVR lies in another address space.
static bool is_word(const char *text, TABLE char *word) {
    while (*word && *text == *word)
        text++, word++;
    return *text == *word;
}

uint16_t gcode_key(char *key, uint8_t room, const uint8_t *text, uint16_t length, bool *has_value) {
    uint8_t used = 0;
    *has_value = false;
    for (uint16_t i = 0; i < length; i++) {
        uint8_t c = text[i];
        if (c == '=') {
            key[used] = '\0';
            *has_value = true;
            return (uint16_t)(i + 1);
        }
        if (c <= ' ' && c != 0)
            continue;
        if (used == room - 1)
            return 0;
        // A NUL is dropped by one firmware and ends the line for another: it makes the key one that nobody knows.
        key[used++] = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c ? c : '\1');
    }
    key[used] = '\0';
    return length;
}

// How a key's value is written, and judged.
enum value_kind { BARE, ANY_VALUE, RESTORE, JOG, STARTUP, HOMING };

static TABLE struct {
    char key[KEY_MAX];
    uint8_t kind;        // enum value_kind
    uint8_t class_value; // enum gcode_class
} commands[] = {
    {"$J", JOG, GCODE_SETUP},
    {"$", BARE, GCODE_SETUP},
    {"$$", BARE, GCODE_SETUP},
    {"$#", BARE, GCODE_SETUP},
    {"$G", BARE, GCODE_SETUP},
    {"$I", BARE, GCODE_SETUP},
    {"$I", ANY_VALUE, GCODE_SETUP},
    {"$I+", BARE, GCODE_SETUP},
    {"$N", BARE, GCODE_SETUP},
    {"$X", BARE, GCODE_SETUP},
    {"$C", BARE, GCODE_SETUP},
    {"$SLP", BARE, GCODE_SETUP},
    {"$H", HOMING, GCODE_SETUP},
    {"$HX", HOMING, GCODE_SETUP},
    {"$HY", HOMING, GCODE_SETUP},
    {"$HZ", HOMING, GCODE_SETUP},
    {"$HXY", HOMING, GCODE_SETUP},
    {"$RST", RESTORE, GCODE_SETUP},
    {"$N0", STARTUP, GCODE_SETUP},
    {"$N1", STARTUP, GCODE_SETUP},
    // Lists of the newer firmwares; they only print.
    {"$+", BARE, GCODE_SETUP},
    {"$S", BARE, GCODE_SETUP},
    {"$HELP", BARE, GCODE_SETUP},
    {"$ES", BARE, GCODE_SETUP},
    {"$EG", BARE, GCODE_SETUP},
    {"$EE", BARE, GCODE_SETUP},
    {"$EA", BARE, GCODE_SETUP},
    {"$F", BARE, GCODE_SETUP},
    {"$SD/LIST", BARE, GCODE_SETUP},
    {"$LOCALFS/LIST", BARE, GCODE_SETUP},
    // A file or macro that lies on the machine.
    {"$F", ANY_VALUE, GCODE_LOCAL_START},
    {"$RM", ANY_VALUE, GCODE_LOCAL_START},
    {"$MACROS/RUN", ANY_VALUE, GCODE_LOCAL_START},
    {"$SD/RUN", ANY_VALUE, GCODE_LOCAL_START},
    {"$SD/RUNFILE", ANY_VALUE, GCODE_LOCAL_START},
    {"$LOCALFS/RUN", ANY_VALUE, GCODE_LOCAL_START},
    {"$SD/RUN", BARE, GCODE_LOCAL_START},
    {"$SD/RUNFILE", BARE, GCODE_LOCAL_START},
    {"$LOCALFS/RUN", BARE, GCODE_LOCAL_START},
    // lotgate's own.
    {"$LOT", ANY_VALUE, GCODE_LOTGATE},
    {"$LOT?", BARE, GCODE_LOTGATE},
    {"$OP", ANY_VALUE, GCODE_LOTGATE},
};

// Settings that may be written while nothing is declared: those of Grbl 1.1 that concern motion and reports.
// $30, $31 and $32 are not among them: they decide what an S means (a focus beam of S20 is full power once
// $30=20, and with $32=0 an S fires at once), and what other numbers mean differs between the firmwares.
static TABLE struct {
    uint16_t first, last;
} free_settings[] = {{0, 6}, {10, 13}, {20, 27}, {100, 103}, {110, 113}, {120, 123}, {130, 133}};

static enum gcode_class classify_setting(const char *digits) {
    uint16_t number = 0;
    for (; *digits; digits++) {
        if (*digits < '0' || *digits > '9' || number > 999)
            return GCODE_UNKNOWN;
        number = (uint16_t)(number * 10u + (uint16_t)(*digits - '0'));
    }
    for (size_t i = 0; i < sizeof free_settings / sizeof free_settings[0]; i++)
        if (number >= free_settings[i].first && number <= free_settings[i].last)
            return GCODE_SETUP;
    return GCODE_UNKNOWN;
}

// A motion that is not G-code: harmless, but for a beam or spindle that is known to be on. Jogging is not
// held merely because the state is in doubt.
static enum gcode_class classify_motion(const struct gcode_rules *rules, const struct gcode_modal *modal) {
    bool on = modal->spindle != GCODE_SPINDLE_OFF || (rules->beam_on_fan && modal->fan_beam);
    if (modal->doubt || !on || rules->machine == GCODE_PRINTER)
        return GCODE_SETUP;
    if (gcode_energised(rules, modal))
        return GCODE_WORK;
    return modal->s.mantissa > 0 ? GCODE_FOCUS : GCODE_SETUP;
}

// Grbl refuses M, S and T words in a jog; a firmware that takes them would do something else than jog.
static enum gcode_class classify_jog(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                     const struct gcode_block *content) {
    const uint16_t foreign = WORD_BIT(GCODE_S) | WORD_BIT(GCODE_T) | WORD_BIT(GCODE_E);
    if (content->shape != GCODE_WORDS_LINE || content->m_count || content->other_word ||
        content->seen & foreign)
        return GCODE_UNKNOWN;
    return classify_motion(rules, modal);
}

// A startup block is executed now and again at each reset, where nobody can hold it. It may choose modes;
// motion, power and switching on are held.
static enum gcode_class classify_startup(const struct gcode_block *content) {
    const uint16_t acting =
        AXIS_WORDS | ARC_WORDS | WORD_BIT(GCODE_S) | WORD_BIT(GCODE_T) | WORD_BIT(GCODE_E);
    if (content->shape == GCODE_EMPTY)
        return GCODE_SETUP;
    if (content->shape != GCODE_WORDS_LINE || content->other_word || content->seen & acting)
        return GCODE_LOCAL_START;
    const uint16_t refused = LINE_UNKNOWN | LINE_FEED | LINE_HOME | LINE_ON | LINE_FAN_ON | LINE_FAN_OFF;
    return gcode_line_flags(content) & refused ? GCODE_LOCAL_START : GCODE_SETUP;
}

// `$RST=#` clears offsets; the others put $30 and $32 back as well.
static enum gcode_class classify_restore(const uint8_t *value, uint16_t length) {
    char what[3];
    bool has_value;
    if (gcode_key(what, sizeof what, value, length, &has_value) != 0 && !has_value &&
        gcode_text_equal(what, "#"))
        return GCODE_SETUP;
    return GCODE_UNKNOWN;
}

bool gcode_startup_content(const struct gcode_block *block, struct gcode_block *content) {
    char key[KEY_MAX] = "";
    bool has_value;
    uint16_t value = gcode_key(key, sizeof key, block->text, block->length, &has_value);
    if (value == 0 || !has_value || key[1] != 'N')
        return false;
    gcode_scan(content, block->text + value, (size_t)(block->length - value));
    return true;
}

enum gcode_class gcode_classify_dollar(const struct gcode_rules *rules, const struct gcode_modal *modal,
                                       const struct gcode_block *block) {
    char key[KEY_MAX] = "";
    bool has_value;
    uint16_t value = gcode_key(key, sizeof key, block->text, block->length, &has_value);
    if (value == 0)
        return GCODE_UNKNOWN;
    if (has_value && key[1] >= '0' && key[1] <= '9')
        return classify_setting(key + 1);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        enum value_kind kind = (enum value_kind)commands[i].kind;
        bool takes_value = kind != BARE && kind != HOMING;
        struct gcode_block content;
        if (takes_value != has_value || !is_word(key, commands[i].key))
            continue;
        if (kind == HOMING)
            return classify_motion(rules, modal);
        if (kind == RESTORE)
            return classify_restore(block->text + value, (uint16_t)(block->length - value));
        if (kind != JOG && kind != STARTUP)
            return (enum gcode_class)commands[i].class_value;
        gcode_scan(&content, block->text + value, (size_t)(block->length - value));
        return kind == JOG ? classify_jog(rules, modal, &content) : classify_startup(&content);
    }
    return GCODE_UNKNOWN;
}

enum gcode_class gcode_classify_bracket(const struct gcode_block *block) {
    char key[9];
    uint16_t length = 0;
    uint8_t used = 0;
    // The number alone decides; what follows is a file's name.
    for (; length < block->length && used < 8; length++)
        if (block->text[length] > ' ')
            used++;
    bool has_value;
    if (gcode_key(key, sizeof key, block->text, length, &has_value) == 0 || has_value)
        return GCODE_UNKNOWN;
    return gcode_text_equal(key, "[ESP220]") || gcode_text_equal(key, "[ESP700]") ? GCODE_LOCAL_START
                                                                                  : GCODE_UNKNOWN;
}
