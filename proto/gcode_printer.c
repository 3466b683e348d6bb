// gcode_printer.c: what class of line it is, for Marlin printers.

#include "gcode.h"       // gcode_class
#include "gcode_words.h" // TABLE

#ifndef GCODE_GRBL_ONLY

// M codes (not times ten) that set up, ask or stop; all others are held.
static TABLE uint16_t setup_m[] = {
    0,   1,   17,  18,  20,  21,  22,  25,  27,  31,  73,  75,  76,  77,  82,  83,  84,
    92,  104, 105, 106, 107, 108, 109, 110, 112, 113, 114, 115, 117, 118, 119, 140, 155,
    190, 201, 203, 204, 205, 220, 221, 300, 400, 410, 420, 503, 524, 600, 876, 900,
};
// Run, or begin to write, a file on the machine.
static TABLE uint16_t local_m[] = {23, 24, 28, 32, 33, 928};
// G codes times ten. G29 levels the bed, G10 and G11 retract and recover.
static TABLE uint16_t setup_g[] = {0, 10, 20, 30, 40, 100, 110, 200, 210, 280, 290, 900, 910, 920};

static bool listed(TABLE uint16_t *list, size_t count, uint16_t code) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == code)
            return true;
    return false;
}
#define LISTED(list, code) listed(list, sizeof(list) / sizeof((list)[0]), code)

static bool text_equal(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

// Copies the line without blanks, in capitals, up to and without a `=` (or all of it) as a string. Returns
// the offset behind the `=`, the line's length if there is none, or 0 when it does not fit.
static uint16_t key_of(char *key, uint8_t room, const uint8_t *text, uint16_t length, bool *has_value) {
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

// Where the M word stands with which the line begins, behind an N word; the line's length if it does not.
static uint16_t leading_m(const struct gcode_block *block) {
    uint16_t at = 0;
    while (at < block->length &&
           (block->text[at] <= ' ' || (block->text[at] | 0x20) == 'n' ||
            (gcode_has(block, GCODE_N) && block->text[at] <= '9' && block->text[at] >= '-')))
        at++;
    return at < block->length && (block->text[at] | 0x20) == 'm' ? at : block->length;
}

// `M118 LOT=...` and `M118 LOT?`, with or without a line number before it.
static bool is_lotgate(const struct gcode_block *block) {
    char key[16];
    bool has_value;
    uint16_t at = leading_m(block);
    // Only as much as the longest form takes: what follows the `?` may be a checksum.
    uint16_t length = (uint16_t)(block->length - at), used = 0, end = 0;
    while (end < length && used < 8)
        used = (uint16_t)(used + (block->text[at + end++] > ' '));
    if (key_of(key, sizeof key, block->text + at, end, &has_value) == 0)
        return false;
    return text_equal(key, has_value ? "M118LOT" : "M118LOT?");
}

// Commands whose rest of the line is a text or a file's name, so that its letters are no words.
static TABLE uint16_t text_m[] = {23, 28, 32, 33, 117, 118, 928};

// True when the line is such a command; its number is m[0].
static bool carries_text(const struct gcode_block *block) {
    return leading_m(block) != block->length && block->m_count && block->m[0] % 10u == 0 &&
           LISTED(text_m, block->m[0] / 10u);
}

static enum gcode_class classify_m(uint16_t code) {
    if (LISTED(local_m, code))
        return GCODE_LOCAL_START;
    return LISTED(setup_m, code) ? GCODE_SETUP : GCODE_UNKNOWN;
}

static enum gcode_class classify_move(const struct gcode_block *block) {
    const uint16_t plane = WORD_BIT(GCODE_X) | WORD_BIT(GCODE_Y) | ARC_WORDS;
    bool extrudes = gcode_has(block, GCODE_E) && block->value[GCODE_E].mantissa > 0;
    return extrudes && block->seen & plane ? GCODE_WORK : GCODE_SETUP;
}

static enum gcode_class classify_codes(const struct gcode_block *block) {
    enum gcode_class c = GCODE_SETUP;
    if (block->shape == GCODE_BAD && block->g_count + block->m_count != 1)
        return GCODE_UNKNOWN;
    if (block->g_count + block->m_count == 0 && gcode_has(block, GCODE_OTHER))
        return GCODE_UNKNOWN;
    for (uint8_t i = 0; i < block->m_count; i++) {
        enum gcode_class m = block->m[i] % 10u ? GCODE_UNKNOWN : classify_m(block->m[i] / 10u);
        c = m > c ? m : c;
    }
    for (uint8_t i = 0; i < block->g_count; i++)
        if (!LISTED(setup_g, block->g[i]))
            c = GCODE_UNKNOWN;
    if (block->shape == GCODE_BAD && block->g_count && block->g[0] != 280 && block->g[0] != 290)
        return GCODE_UNKNOWN; // a move with a word that does not scan
    if (block->shape == GCODE_WORDS_LINE && (block->m_count == 0 || block->g_count != 0)) {
        enum gcode_class move = classify_move(block);
        c = move > c ? move : c;
    }
    return c;
}

enum gcode_class gcode_classify_printer(const struct gcode_rules *rules, const struct gcode_block *block) {
    enum gcode_class c;
    if (is_lotgate(block))
        return GCODE_LOTGATE;
    c = carries_text(block) ? classify_m(block->m[0] / 10u) : classify_codes(block);
    return rules->strict && c < GCODE_WORK ? GCODE_WORK : c;
}

#endif
