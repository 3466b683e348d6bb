// gcode.c: from the bytes of a line to its words. What the words mean is in gcode_modal.c and
// gcode_classify.c.

#include "gcode.h"       // gcode_scan
#include "gcode_words.h" // TABLE

// Where a letter's number goes: a value below GCODE_WORDS is an enum gcode_word.
#define SLOT_G (GCODE_WORDS + 0)
#define SLOT_M (GCODE_WORDS + 1)
// What is no letter's, in the order that open_word() relies on.
#define SLOT_NONE     (GCODE_WORDS + 2) // no word has begun
#define SLOT_CHECKSUM (GCODE_WORDS + 3) // `*nn` ends a line of words
#define SLOT_PERCENT  (GCODE_WORDS + 4) // `%` is a line of its own

// Grbl reads at most eight digits of a number and shifts by the rest, so that M000000005 is M0 to it. A
// code written with more digits than this is therefore no code that could be relied on.
#define CODE_DIGITS_MAX 8

#define DECIMALS_MAX  9
#define MANTISSA_FULL 100000000u // one digit more would be the tenth

#define LINE_OVER                                                                                            \
    '\n' // what is read behind the last byte; a blank, so that no byte of a line is taken for it

#define LETTERS 26
static TABLE uint8_t word_slot[LETTERS + 2] = {
    GCODE_A,       GCODE_OTHER,  GCODE_OTHER, GCODE_OTHER, GCODE_E, GCODE_F, SLOT_G,      // A..G
    GCODE_OTHER,   GCODE_I,      GCODE_J,     GCODE_K,     GCODE_L, SLOT_M,  GCODE_N,     // H..N
    GCODE_OTHER,   GCODE_P,      GCODE_OTHER, GCODE_R,     GCODE_S, GCODE_T, GCODE_OTHER, // O..U
    GCODE_OTHER,   GCODE_OTHER,  GCODE_X,     GCODE_Y,     GCODE_Z,                       // V..Z
    SLOT_CHECKSUM, SLOT_PERCENT,
};

// The word that is being read: the digits that have come behind its letter.
struct word {
    uint8_t slot; // where its number goes
    uint32_t mantissa;
    uint8_t decimals, digits; // digits are counted no further than CODE_DIGITS_MAX + 1
    uint8_t marks;            // below
};

// A sign's mark is made of its byte.
#define SIGN_BITS 6
enum { POINT = 1, PLUS = '+' & SIGN_BITS, NEGATIVE = '-' & SIGN_BITS, SATURATED = 8 };

static inline uint32_t times_ten(uint32_t x) {
    uint32_t four = x << 2;
#ifdef __AVR__
    __asm__(""
            : "+r"(four)); // keeps the compiler from multiplying, which is a slow function of its own there
#endif
    return (four + x) << 1;
}

// Whether the number itself is wanted, and not only that it is there. A small machine has better things to do than to
// multiply coordinates.
static inline bool counts(uint8_t slot) {
    return GCODE_VALUES == GCODE_WORDS || slot < GCODE_VALUES || slot >= GCODE_WORDS;
}

static inline void add_digit(struct word *w, uint8_t digit) {
    if (w->digits <= CODE_DIGITS_MAX)
        w->digits++;
    if (!counts(w->slot))
        return;
    if (w->marks & POINT) {
        if (w->mantissa >= MANTISSA_FULL || w->decimals == DECIMALS_MAX)
            return;
        w->decimals++;
    }
#ifdef __AVR__ // four bytes are four registers, and most numbers are short enough for two
    if (w->mantissa <= (UINT16_MAX - 9) / 10) {
        w->mantissa = (uint16_t)((uint16_t)w->mantissa * 10u + digit);
        return;
    }
#endif
    if (w->mantissa < MANTISSA_FULL)
        w->mantissa = times_ten(w->mantissa) + digit;
    else
        w->marks |= SATURATED;
}

// Takes a sign or a point as part of the number. False: it isn't.
static inline bool add_mark(struct word *w, uint8_t c) {
    if (c == '.' && !(w->marks & POINT))
        w->marks |= POINT;
    else if ((c == '-' || c == '+') && (w->marks | w->digits) == 0)
        w->marks = c & SIGN_BITS;
    else
        return false;
    return true;
}

static inline void number_of(struct gcode_number *n, const struct word *w) {
    int32_t mantissa = w->marks & SATURATED ? 999999999 : (int32_t)w->mantissa;
    n->mantissa = w->marks & NEGATIVE ? -mantissa : mantissa;
    n->decimals = w->decimals;
    n->saturated = (w->marks & SATURATED) != 0;
}

// A G or M number as the tables have it: times CODE_SCALE. Only one decimal exists in the language; a second one is no known
// code.
static inline uint16_t code_of(const struct word *w) {
    uint16_t most = w->decimals ? CODE_TENTHS_MAX : CODE_TENTHS_MAX / 10;
    if ((w->marks & NEGATIVE && w->mantissa) || w->digits > CODE_DIGITS_MAX || w->decimals > 1 ||
        w->mantissa > most)
        return CODE_NONE;
    uint16_t code = (uint16_t)((uint16_t)w->mantissa * (CODE_SCALE / 10));
    return w->decimals ? code : (uint16_t)(code * 10u);
}

#ifndef GCODE_GRBL_ONLY
// A G or M number times ten, as the host keeps it, which knows more of them than the tables.
static inline uint16_t tenths_of(const struct word *w) {
    if ((w->marks & NEGATIVE && w->mantissa) || w->digits > CODE_DIGITS_MAX || w->mantissa > 6000 ||
        w->decimals > 1)
        return CODE_NONE;
    uint16_t code = (uint16_t)w->mantissa;
    return w->decimals ? code : (uint16_t)(code * 10u);
}
#endif

static inline bool keep_code(struct gcode_block *block, const struct word *w) {
    bool m = w->slot == SLOT_M;
    if (!gcode_add_code(block, m, code_of(w)))
        return false;
#ifndef GCODE_GRBL_ONLY
    if (m)
        block->m[block->m_count - 1] = tenths_of(w);
    else
        block->g[block->g_count - 1] = tenths_of(w);
#endif
    return true;
}

// Keeps a word. False: no number, a word given twice (Grbl refuses it, and other firmwares disagree on which of the two
// counts), or more codes than are remembered.
static inline bool keep_word(struct gcode_block *block, const struct word *w) {
    uint8_t slot = w->slot;
    if (w->digits == 0)
        return slot == SLOT_PERCENT && w->marks == 0;
    if (slot >= GCODE_WORDS) {
        if (slot < SLOT_NONE)
            return keep_code(block, w);
        return slot == SLOT_CHECKSUM && !(w->marks & NEGATIVE && w->mantissa);
    }
    uint16_t bit = (uint16_t)(1u << slot);
    if (block->seen & bit && slot != GCODE_OTHER)
        return false;
    block->seen |= bit;
    if (slot < GCODE_VALUES)
        number_of(&block->value[GCODE_VALUES == 1 ? 0 : slot], w);
    return true;
}

// Opens the word that `c` begins. False: none begins so, or none may stand behind the last.
static inline bool open_word(struct word *w, uint8_t c) {
    uint8_t row = (uint8_t)((c & 0xDFu) - 'A'), before = w->slot;
    if (row < LETTERS) {
        if (before > SLOT_NONE)
            return false;
    } else if (c == '*' && before < SLOT_NONE) {
        row = LETTERS;
    } else if (c == '%' && before == SLOT_NONE) {
        row = LETTERS + 1;
    } else {
        return false;
    }
    w->slot = word_slot[row];
    w->mantissa = 0;
    w->decimals = w->digits = w->marks = 0;
    return true;
}

// Reads words from *at on, and tells the shape of what they are. Blanks and comments may stand anywhere, even inside a number.
// A `(` without its `)` runs to the end of the line, and a `;` always does. A `$` or `[` before all words ends the reading: *at
// is where it stands.
static inline uint8_t read_words(struct gcode_block *block, const uint8_t **at, const uint8_t *end) {
    const uint8_t *p = *at;
    struct word w = {.slot = SLOT_NONE};
    for (;;) {
        uint8_t c = LINE_OVER;
        if (p != end) {
            c = *p++;
            uint8_t digit = (uint8_t)(c - '0');
            if (digit <= 9) {
                add_digit(&w, digit);
                continue;
            }
            if (c <= ';') { // no letter, which is what stands there most often
                if (add_mark(&w, c) || (c <= ' ' && c != '\0'))
                    continue;
                if (c == '(') {
                    while (p != end && *p++ != ')')
                        ;
                    continue;
                }
                if (c == ';') {
                    p = end;
                    continue;
                }
            }
        }
        if (w.slot != SLOT_NONE) {
            if (!keep_word(block, &w))
                return GCODE_BAD;
            if (c == LINE_OVER)
                return w.slot == SLOT_PERCENT ? GCODE_PERCENT : GCODE_WORDS_LINE;
        } else if (w.digits | w.marks) { // a number without its letter
            return GCODE_BAD;
        } else {
            if (c == LINE_OVER)
                return GCODE_EMPTY;
            if (c == '/') // block delete: Grbl executes such a line all the same
                continue;
            if (c == '$' || c == '[') {
                *at = p - 1;
                return c == '$' ? GCODE_DOLLAR : GCODE_BRACKET;
            }
        }
        if (!open_word(&w, c))
            return GCODE_BAD;
    }
}

// Everything but the text; values are valid when `seen` says so.
static void clear(struct gcode_block *block) {
    block->shape = block->content = GCODE_BAD;
    block->command = COMMAND_UNKNOWN;
    block->startup = false;
    block->seen = 0;
    block->g_flags = block->m_flags = 0;
    block->g_count = block->m_count = 0;
}

void gcode_scan(struct gcode_block *block, const uint8_t *line, size_t length) {
    const uint8_t *at = line, *end = line + length;
    uint8_t *shape = &block->shape;

    clear(block);
    block->text = line;
    block->length = (uint16_t)length;
    if (length > GCODE_LINE_MAX) {
        block->length = GCODE_LINE_MAX;
        return;
    }
    while (at) {
        *shape = read_words(block, &at, end);
        if (shape != &block->shape || (*shape != GCODE_DOLLAR && *shape != GCODE_BRACKET))
            break;
        // The text begins at the mark, behind what Grbl drops before it looks at the first byte.
        block->text = at;
        block->length = (uint16_t)(end - at);
        shape = &block->content;
        at = gcode_read_command(block);
    }
    if (block->m_flags & M_FAN_ON && gcode_has(block, GCODE_S) && block->value[GCODE_S].mantissa == 0)
        block->m_flags = (uint8_t)((block->m_flags & ~M_FAN_ON) | M_FAN_OFF); // M106 S0
}

// Whether x is larger than y, with so many decimals. Scaled up instead of divided down: a mantissa has nine digits, so a larger
// product decides at once.
APART static bool larger(uint32_t x, uint32_t y, uint8_t x_decimals, uint8_t y_decimals) {
    for (; x_decimals < y_decimals; x_decimals++) {
        if (x > MANTISSA_FULL)
            return true;
        x = times_ten(x);
    }
    for (; y_decimals < x_decimals; y_decimals++) {
        if (y > MANTISSA_FULL)
            return false;
        y = times_ten(y);
    }
    return x > y;
}

bool gcode_larger(const struct gcode_number *a, const struct gcode_number *b) {
    if (a->saturated | b->saturated) // larger than all others
        return a->saturated > b->saturated;
    return larger((uint32_t)a->mantissa, (uint32_t)b->mantissa, a->decimals, b->decimals);
}

static bool larger_than(const struct gcode_number *n, uint32_t whole) {
    return n->saturated || larger((uint32_t)n->mantissa, whole, n->decimals, 0);
}

#ifndef GCODE_GRBL_ONLY
int gcode_compare(const struct gcode_number *n, uint32_t whole) {
    if (n->mantissa < 0)
        return -1;
    return larger_than(n, whole) ? 1 : -larger(whole, (uint32_t)n->mantissa, 0, n->decimals);
}
#endif

uint8_t gcode_level(const struct gcode_rules *rules, const struct gcode_number *s) {
    if (s->mantissa <= 0)
        return GCODE_SETUP;
    return larger_than(s, rules->focus_limit) ? GCODE_WORK : GCODE_FOCUS;
}
