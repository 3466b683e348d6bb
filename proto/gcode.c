// gcode.c: from the bytes of a line to its words. What the words mean is in gcode_modal.c and
// gcode_classify.c.

#include "gcode.h"       // gcode_scan
#include "gcode_words.h" // TABLE

// Where a letter's number goes: a value below GCODE_WORDS is an enum gcode_word.
#define SLOT_G (GCODE_WORDS + 0)
#define SLOT_M (GCODE_WORDS + 1)

// Grbl reads at most eight digits of a number and shifts by the rest, so that M000000005 is M0 to it. A
// code written with more digits than this is therefore no code that could be relied on.
#define CODE_DIGITS_MAX 8
#define CODE_INVALID    0xFFFFu

#define DECIMALS_MAX 9

static TABLE uint8_t letter_slot[26] = {
    GCODE_A,     GCODE_OTHER, GCODE_OTHER, GCODE_OTHER, GCODE_E, GCODE_F, SLOT_G,      // A..G
    GCODE_OTHER, GCODE_I,     GCODE_J,     GCODE_K,     GCODE_L, SLOT_M,  GCODE_N,     // H..N
    GCODE_OTHER, GCODE_P,     GCODE_OTHER, GCODE_R,     GCODE_S, GCODE_T, GCODE_OTHER, // O..U
    GCODE_OTHER, GCODE_OTHER, GCODE_X,     GCODE_Y,     GCODE_Z,                       // V..Z
};

// The line as Grbl sees it: without blanks and comments, which may stand anywhere, even inside a number.
struct reader {
    const uint8_t *at, *end;
    uint8_t digits; // of the last number; counted no further than CODE_DIGITS_MAX + 1
};

#define LINE_OVER                                                                                            \
    '\n'             // what is read behind the last byte; a blank, so that no byte of a line is read as this
#define NO_WORD '\0' // a byte that stands nowhere in a line of words

// The next byte that counts. A `(` without its `)` runs to the end of the line, and a `;` always does.
static inline uint8_t read(struct reader *r) {
    const uint8_t *p = r->at, *end = r->end;
    uint8_t c = LINE_OVER;
    while (p != end) {
        c = *p++;
        if (c == '(') {
            while (p != end && *p++ != ')')
                ;
        } else if (c == ';') {
            p = end;
        } else if (c > ' ' || c == '\0') {
            r->at = p;
            return c;
        }
    }
    r->at = end;
    return LINE_OVER;
}

// By shifts: a multiplication is a function of some size on an 8-bit machine.
static uint32_t times_ten(uint32_t x) {
    return ((x << 2) + x) << 1;
}

// Reads one number that begins with the next byte, and returns the byte behind it. r->digits is 0 if there is no number.
static inline uint8_t read_number(struct reader *r, struct gcode_number *n) {
    uint32_t mantissa = 0;
    uint8_t decimals = 0, digits = 0;
    bool negative = false, point = false;

    n->saturated = false;
    uint8_t c = read(r);
    if (c == '-' || c == '+') {
        negative = c == '-';
        c = read(r);
    }
    for (;; c = read(r)) {
        uint8_t digit = (uint8_t)(c - '0');
        if (digit <= 9) {
            if (digits <= CODE_DIGITS_MAX)
                digits++;
            if (mantissa < 100000000u && decimals < DECIMALS_MAX) {
                mantissa = times_ten(mantissa) + digit;
                decimals = (uint8_t)(decimals + point);
            } else if (!point) {
                n->saturated = true;
            }
        } else if (c == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (n->saturated)
        mantissa = 999999999u;
    n->mantissa = negative ? -(int32_t)mantissa : (int32_t)mantissa;
    n->decimals = decimals;
    r->digits = digits;
    return c;
}

// A G or M number times ten. Only one decimal exists in the language; a second one is no known code.
static uint16_t code_of(const struct gcode_number *n, uint8_t digits) {
    if (n->mantissa < 0 || digits > CODE_DIGITS_MAX || n->mantissa > 6000 || n->decimals > 1)
        return CODE_INVALID;
    uint16_t code = (uint16_t)n->mantissa;
    return n->decimals ? code : (uint16_t)(code * 10u);
}

// False: one code more than is remembered.
static bool add_code(struct gcode_block *block, bool m, uint16_t code) {
    uint8_t *count = m ? &block->m_count : &block->g_count;
    uint8_t *flags = m ? &block->m_flags : &block->g_flags;
    if (*count == GCODE_MAX_CODES)
        return false;
#ifndef GCODE_GRBL_ONLY
    (m ? block->m : block->g)[*count] = code;
#endif
    ++*count;
    *flags |= gcode_code_flags(m, code);
    return true;
}

// Reads the number behind a letter, keeps it, and returns the byte behind it. NO_WORD: no number, a word given twice (Grbl
// refuses it, and other firmwares disagree on which of the two counts), or more codes than are remembered.
static uint8_t read_word(struct gcode_block *block, uint8_t letter, struct reader *r) {
    struct gcode_number n;
    uint8_t c = read_number(r, &n), slot = letter_slot[letter];
    if (r->digits == 0)
        return NO_WORD;
    if (slot >= GCODE_WORDS)
        return add_code(block, slot == SLOT_M, code_of(&n, r->digits)) ? c : NO_WORD;
    uint16_t bit = (uint16_t)(1u << slot);
    if (block->seen & bit && slot != GCODE_OTHER)
        return NO_WORD;
    block->seen |= bit;
    if (slot < GCODE_VALUES)
        block->value[GCODE_VALUES == 1 ? 0 : slot] = n;
    return c;
}

// `*nn` ends a line: only filler may follow.
static bool read_checksum(struct reader *r) {
    struct gcode_number n;
    if (read_number(r, &n) != LINE_OVER || n.mantissa < 0)
        return false;
    return r->digits != 0;
}

// The words of which `c` begins the first.
static uint8_t read_words(struct gcode_block *block, struct reader *r, uint8_t c) {
    uint8_t shape = GCODE_EMPTY;
    while (c != LINE_OVER) {
        uint8_t letter = (uint8_t)((c & 0xDFu) - 'A');
        if (letter < 26) {
            c = read_word(block, letter, r);
            shape = GCODE_WORDS_LINE;
        } else if (c == '*' && shape == GCODE_WORDS_LINE && read_checksum(r)) {
            break;
        } else {
            return GCODE_BAD;
        }
    }
    if (block->m_flags & M_FAN_ON && gcode_has(block, GCODE_S) && block->value[GCODE_S].mantissa == 0)
        block->m_flags = (uint8_t)((block->m_flags & ~M_FAN_ON) | M_FAN_OFF); // M106 S0
    return shape;
}

void gcode_scan(struct gcode_block *block, const uint8_t *line, size_t length) {
    struct reader r = {line, line + length, 0};
    uint8_t *shape = &block->shape, c;

    block->shape = block->content = GCODE_BAD;
    block->command = COMMAND_UNKNOWN;
    block->startup = false;
    block->seen = 0;
    block->g_flags = block->m_flags = 0;
    block->g_count = block->m_count = 0;
    block->text = line;
    block->length = (uint16_t)length;
    if (length > GCODE_LINE_MAX) {
        block->length = GCODE_LINE_MAX;
        return;
    }
    for (;;) {
        do
            c = read(&r);
        while (c == '/'); // block delete: Grbl executes such a line all the same
        if (shape != &block->shape)
            break;
        if (c == '%') {
            if (read(&r) == LINE_OVER)
                *shape = GCODE_PERCENT;
            return;
        }
        if (c != '$' && c != '[')
            break;
        // The text begins at the mark, behind what Grbl drops before it looks at the first byte.
        *shape = c == '$' ? GCODE_DOLLAR : GCODE_BRACKET;
        block->text = r.at - 1;
        block->length = (uint16_t)(r.end - block->text);
        r.at = gcode_read_command(block);
        if (r.at == NULL)
            return;
        shape = &block->content;
    }
    *shape = read_words(block, &r, c);
}

// Which is larger, x or y, of which y has so many decimals more: -1, 0, 1. Scaled up instead of divided down: a mantissa has
// nine digits, so a larger product decides at once.
APART static int8_t compare_scaled(uint32_t x, uint32_t y, int8_t more) {
    for (; more > 0; more--) {
        if (x > 100000000u)
            return 1;
        x = times_ten(x);
    }
    return x < y ? -1 : x > y;
}

int8_t gcode_compare_numbers(const struct gcode_number *a, const struct gcode_number *b) {
    if (a->saturated || b->saturated)
        return (int8_t)(a->saturated - b->saturated);
    int8_t more = (int8_t)(b->decimals - a->decimals);
    if (more >= 0)
        return compare_scaled((uint32_t)a->mantissa, (uint32_t)b->mantissa, more);
    return (int8_t)-compare_scaled((uint32_t)b->mantissa, (uint32_t)a->mantissa, (int8_t)-more);
}

int gcode_compare(const struct gcode_number *n, uint32_t whole) {
    if (n->mantissa < 0)
        return -1;
    if (n->saturated)
        return 1;
    return -compare_scaled(whole, (uint32_t)n->mantissa, (int8_t)n->decimals);
}

uint8_t gcode_level(const struct gcode_rules *rules, const struct gcode_number *s) {
    if (s->mantissa <= 0)
        return GCODE_SETUP;
    return gcode_compare(s, rules->focus_limit) > 0 ? GCODE_WORK : GCODE_FOCUS;
}
