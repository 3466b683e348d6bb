// siphash.c: SipHash-2-4-128 from the authors' paper.
//
// Written for the smallest machine, an 8-bit AVR, where each use of a 64-bit word costs flash: one step function that a table
// drives, words changed where they lie, and their bytes taken one by one instead of being shifted together.

#include "siphash.h"     // siphash
#include "link_inside.h" // LINK_TABLE

// v0..v3 before the key is added, least significant byte first: "somepseudorandomlygeneratedbytes" in the paper, and EE
// in v1 for an output of 128 bits.
static LINK_TABLE uint8_t start[4 * SIPHASH_WORD] = {
    'u', 'e', 's', 'p', 'e', 'm', 'o', 's', 'm' ^ 0xEE, 'o', 'd', 'n', 'a', 'r', 'o', 'd',
    'a', 'r', 'e', 'n', 'e', 'g', 'y', 'l', 's',        'e', 't', 'y', 'b', 'd', 'e', 't',
};

// A round is four steps: a += b; b = (b <<< bits) ^ a; and in the first and the third a <<<= 32. (The paper writes that one
// step later, which is the same, for the step between does not touch that word.) The steps are counted down, 0, 3, 2, 1, so
// that step i is of a = v[i & 2] and b = v1 or v3; these are the bits.
static LINK_TABLE uint8_t turns[] = {13, 21, 17, 16};

// Byte i of all words together, least significant first in each word.
static uint8_t *byte_of(struct siphash *state, uint8_t i) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    i ^= SIPHASH_WORD - 1;
#endif
    // cppcheck-suppress ctuuninitvar ; it is the array's place, not what it holds
    return (uint8_t *)state->v + i;
}

// Out of line, so that each stands once in the flash.
#define ONCE __attribute__((noinline))

#if __SIZEOF_POINTER__ == 4
// Shifts of two registers by a number of bits are long there, or calls: bit by bit a rotation is a few instructions.
static inline void step(uint64_t *a, uint64_t *b, uint_fast8_t bits, bool swap) {
    uint64_t sum = *a + *b;
    uint32_t low = (uint32_t)*b, high = (uint32_t)(*b >> 32);
    do {
        uint32_t out = high >> 31;
        high = high << 1 | low >> 31;
        low = low << 1 | out;
    } while (--bits);
    *b = ((uint64_t)high << 32 | low) ^ sum;
    *a = swap ? sum << 32 | sum >> 32 : sum;
}

static void xor_word(uint64_t *word, const uint64_t *with) {
    *word ^= *with;
}
#else
static ONCE void rotate(uint64_t *word, uint8_t bits) {
    *word = *word << bits | *word >> (64 - bits);
}

static ONCE void xor_word(uint64_t *word, const uint64_t *with) {
    uint8_t *to = (uint8_t *)word, i = SIPHASH_WORD;
    const uint8_t *from = (const uint8_t *)with;
    do
        *to++ ^= *from++;
    while (--i);
}

static inline void step(uint64_t *a, uint64_t *b, uint8_t bits, bool swap) {
    *a += *b;
    rotate(b, bits);
    xor_word(b, a);
    if (swap)
        rotate(a, 32);
}
#endif

static ONCE void rounds(struct siphash *state, uint_fast8_t count) {
    count = (uint_fast8_t)(count * 4);
    do {
        uint8_t i = count & 3;
        step(&state->v[i & 2], &state->v[(i & 1) * 2 + 1], turns[i], !(i & 1));
    } while (--count);
}

void siphash_start(struct siphash *state, const uint8_t key[SIPHASH_KEY]) {
    for (uint8_t i = 0; i < 4 * SIPHASH_WORD; i++)
        *byte_of(state, i) = start[i] ^ key[i % SIPHASH_KEY];
    state->length = 0;
}

static void add_byte(struct siphash *state, uint8_t byte) {
    uint8_t at = state->length++ % SIPHASH_WORD;
    *byte_of(state, 4 * SIPHASH_WORD + at) = byte;
    if (at == SIPHASH_WORD - 1) {
        xor_word(&state->v[3], &state->v[4]);
        rounds(state, 2);
        xor_word(&state->v[0], &state->v[4]);
    }
}

void siphash_add(struct siphash *state, const uint8_t *bytes, uint8_t length) {
    while (length--)
        add_byte(state, *bytes++);
}

void siphash_end(struct siphash *state, uint8_t out[SIPHASH_OUT]) {
    // Zeros up to the last byte of a word, which is the length.
    uint8_t length = state->length;
    while (state->length % SIPHASH_WORD != SIPHASH_WORD - 1)
        add_byte(state, 0);
    add_byte(state, length);
    *byte_of(state, 2 * SIPHASH_WORD) ^= 0xEE;
    for (uint8_t half = 0; half < 2; half++) {
        rounds(state, 4);
        for (uint8_t i = 0; i < SIPHASH_WORD; i++) {
            const uint8_t *byte = byte_of(state, i);
            *out++ = byte[0] ^ byte[SIPHASH_WORD] ^ byte[2 * SIPHASH_WORD] ^ byte[3 * SIPHASH_WORD];
        }
        *byte_of(state, SIPHASH_WORD) ^= 0xDD;
    }
}
