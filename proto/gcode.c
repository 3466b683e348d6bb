// gcode.c: from the bytes of a line to its words. What the words mean is in gcode_modal.c and
// gcode_classify.c.

#include "gcode.h"       // gcode_scan
#include "gcode_words.h" // TABLE

// Where a letter's number goes: a value below GCODE_WORDS is an index into gcode_block.value.
#define SLOT_G     (GCODE_WORDS + 0)
#define SLOT_M     (GCODE_WORDS + 1)
#define SLOT_OTHER (GCODE_WORDS + 2)

// Grbl reads at most eight digits of a number and shifts by the rest, so that M000000005 is M0 to it. A
// code written with more digits than this is therefore no code that could be relied on.
#define CODE_DIGITS_MAX 8
#define CODE_INVALID    0xFFFFu

static TABLE uint8_t letter_slot[26] = {
    GCODE_A,    SLOT_OTHER, SLOT_OTHER, SLOT_OTHER, GCODE_E, GCODE_F, SLOT_G,     // A..G
    SLOT_OTHER, GCODE_I,    GCODE_J,    GCODE_K,    GCODE_L, SLOT_M,  GCODE_N,    // H..N
    SLOT_OTHER, GCODE_P,    SLOT_OTHER, GCODE_R,    GCODE_S, GCODE_T, SLOT_OTHER, // O..U
    SLOT_OTHER, SLOT_OTHER, GCODE_X,    GCODE_Y,    GCODE_Z,                      // V..Z
};

// True for a byte that Grbl drops wherever it stands. NUL is left to be found as a stray byte.
static inline bool is_blank(uint8_t c) {
    return c <= ' ' && c != 0;
}

// Skips blanks and comments, which may stand anywhere, even inside a number. A `(` without its `)` runs to
// the end of the line, and a `;` always does.
static const uint8_t *skip_filler(const uint8_t *p, const uint8_t *end) {
    while (p != end) {
        if (is_blank(*p)) {
            p++;
        } else if (*p == ';') {
            return end;
        } else if (*p == '(') {
            while (p != end && *p != ')')
                p++;
            if (p != end)
                p++;
        } else {
            break;
        }
    }
    return p;
}

// Reads one number that begins at or after *from and moves *from behind it and behind the filler that
// follows. Returns how many digits were written, 0 if there is no number.
static uint16_t scan_number(struct gcode_number *n, const uint8_t **from, const uint8_t *end) {
    const uint8_t *p = *from;
    uint32_t mantissa = 0;
    uint16_t digits = 0;
    uint8_t decimals = 0;
    bool negative = false, point = false, saturated = false;

    if (p != end && (uint8_t)(*p - '0') > 9) {
        p = skip_filler(p, end);
        if (p != end && (*p == '-' || *p == '+'))
            negative = *p++ == '-';
    }
    while (p != end) {
        uint8_t digit = (uint8_t)(*p - '0');
        if (digit <= 9) {
            digits++;
            if (mantissa < 100000000u && decimals < 9) {
                mantissa = mantissa * 10u + digit;
                decimals = (uint8_t)(decimals + point);
            } else if (!point) {
                saturated = true;
            }
            p++;
        } else if (*p == '.' && !point) {
            point = true;
            p++;
        } else if (is_blank(*p) || *p == '(' || *p == ';') {
            p = skip_filler(p, end);
        } else {
            break;
        }
    }
    if (saturated)
        mantissa = 999999999u;
    n->mantissa = negative ? -(int32_t)mantissa : (int32_t)mantissa;
    n->decimals = decimals;
    n->saturated = saturated;
    *from = p;
    return digits;
}

// A G or M number times ten. Only one decimal exists in the language; a second one is no known code.
static uint16_t code_of(const struct gcode_number *n, uint16_t digits) {
    if (n->mantissa < 0 || digits > CODE_DIGITS_MAX || n->mantissa > 6000 || n->decimals > 1)
        return CODE_INVALID;
    return (uint16_t)(n->decimals == 1 ? n->mantissa : n->mantissa * 10);
}

static bool remember_code(uint16_t *codes, uint8_t *count, uint16_t code) {
    if (*count == GCODE_MAX_CODES)
        return false;
    codes[(*count)++] = code;
    return true;
}

// Reads the number behind a letter and keeps it. False: no number, a word given twice (Grbl refuses it, and
// other firmwares disagree on which of the two counts), or more codes than are remembered.
static inline bool scan_word(struct gcode_block *block, uint8_t letter, const uint8_t **p,
                             const uint8_t *end) {
    uint8_t slot = letter_slot[letter];
    if (slot < GCODE_WORDS) {
        uint16_t bit = (uint16_t)(1u << slot);
        if (block->seen & bit || scan_number(&block->value[slot], p, end) == 0)
            return false;
        block->seen |= bit;
        return true;
    }
    struct gcode_number n;
    uint16_t digits = scan_number(&n, p, end);
    if (digits == 0)
        return false;
    if (slot == SLOT_G)
        return remember_code(block->g, &block->g_count, code_of(&n, digits));
    if (slot == SLOT_M)
        return remember_code(block->m, &block->m_count, code_of(&n, digits));
    block->other_word = true;
    return true;
}

// `*nn` ends a line: only filler may follow.
static bool scan_checksum(struct gcode_block *block, const uint8_t *p, const uint8_t *end) {
    struct gcode_number n;
    block->checksum = true;
    return scan_number(&n, &p, end) != 0 && n.mantissa >= 0 && p == end;
}

static enum gcode_shape scan_words(struct gcode_block *block, const uint8_t *p, const uint8_t *end) {
    enum gcode_shape shape = GCODE_EMPTY;
    while (p != end) {
        uint8_t c = *p;
        uint8_t letter = (uint8_t)((c & 0xDFu) - 'A');
        if (letter < 26) {
            p++;
            if (!scan_word(block, letter, &p, end))
                return GCODE_BAD;
            shape = GCODE_WORDS_LINE;
        } else if (is_blank(c) || c == '(' || c == ';') {
            p = skip_filler(p, end);
        } else if (c == '*' && shape == GCODE_WORDS_LINE) {
            return scan_checksum(block, p + 1, end) ? shape : GCODE_BAD;
        } else {
            return GCODE_BAD;
        }
    }
    return shape;
}

// Lines that are not words: `$`, `[` and `%`. The text begins at the mark, behind blanks, comments and `/`,
// which Grbl drops before it looks at the first character.
static enum gcode_shape scan_mark(struct gcode_block *block, const uint8_t *p, const uint8_t *end) {
    if (*p == '%')
        return skip_filler(p + 1, end) == end ? GCODE_PERCENT : GCODE_BAD;
    block->text = p;
    block->length = (uint16_t)(end - p);
    return *p == '$' ? GCODE_DOLLAR : GCODE_BRACKET;
}

void gcode_scan(struct gcode_block *block, const uint8_t *line, size_t length) {
    const uint8_t *p = line, *end = line + length;

    block->shape = GCODE_BAD;
    block->seen = 0;
    block->g_count = block->m_count = 0;
    block->other_word = block->block_delete = block->checksum = false;
    block->text = line;
    block->length = (uint16_t)length;
    if (length > GCODE_LINE_MAX) {
        block->length = GCODE_LINE_MAX;
        return;
    }
    if (length != 0 && (uint8_t)((*p & 0xDFu) - 'A') >= 26) {
        p = skip_filler(p, end);
        while (p != end && *p == '/') {
            block->block_delete = true;
            p = skip_filler(p + 1, end);
        }
        if (p != end && (*p == '$' || *p == '[' || *p == '%')) {
            block->shape = scan_mark(block, p, end);
            return;
        }
    }
    block->shape = scan_words(block, p, end);
}

int gcode_compare(const struct gcode_number *n, uint32_t whole) {
    if (n->mantissa < 0)
        return -1;
    if (n->saturated)
        return 1;
    // Scaled up instead of divided down: a mantissa has nine digits, so a larger product decides at once.
    for (uint8_t i = 0; i < n->decimals; i++) {
        if (whole > 100000000u)
            return -1;
        whole *= 10u;
    }
    uint32_t mantissa = (uint32_t)n->mantissa;
    return mantissa < whole ? -1 : mantissa > whole;
}
