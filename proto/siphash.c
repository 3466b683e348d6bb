// siphash.c: SipHash-2-4-128 from the authors' paper, on bytes.

#include "siphash.h"     // siphash
#include "link_inside.h" // LINK_TABLE

// v0..v3 before the key is added, least significant byte first: "somepseudorandomlygeneratedbytes" in the paper, and EE
// in v1 for an output of 128 bits.
static LINK_TABLE uint8_t start[4][SIPHASH_WORD] = {
    {'u', 'e', 's', 'p', 'e', 'm', 'o', 's'},
    {'m' ^ 0xEE, 'o', 'd', 'n', 'a', 'r', 'o', 'd'},
    {'a', 'r', 'e', 'n', 'e', 'g', 'y', 'l'},
    {'s', 'e', 't', 'y', 'b', 'd', 'e', 't'},
};

static void rotate_left(uint8_t *word, uint8_t bits) {
    for (; bits >= 8; bits = (uint8_t)(bits - 8)) {
        uint8_t top = word[7];
        for (uint8_t i = 7; i; i--)
            word[i] = word[i - 1];
        word[0] = top;
    }
    for (; bits; bits--) {
        uint8_t carry = word[7] >> 7;
        for (uint8_t i = 0; i < SIPHASH_WORD; i++) {
            uint8_t byte = word[i];
            word[i] = (uint8_t)(byte << 1 | carry);
            carry = byte >> 7;
        }
    }
}

static void xor_word(uint8_t *word, const uint8_t *with) {
    for (uint8_t i = 0; i < SIPHASH_WORD; i++)
        word[i] ^= with[i];
}

// a += b; b = (b <<< bits) ^ a
static void mix(uint8_t *a, uint8_t *b, uint8_t bits) {
    uint8_t carry = 0;
    for (uint8_t i = 0; i < SIPHASH_WORD; i++) {
        uint16_t sum = (uint16_t)(a[i] + b[i] + carry);
        a[i] = (uint8_t)sum;
        carry = (uint8_t)(sum >> 8);
    }
    rotate_left(b, bits);
    xor_word(b, a);
}

static void rounds(struct siphash *state, uint8_t count) {
    while (count--) {
        mix(state->v[0], state->v[1], 13);
        mix(state->v[2], state->v[3], 16);
        rotate_left(state->v[0], 32);
        mix(state->v[2], state->v[1], 17);
        mix(state->v[0], state->v[3], 21);
        rotate_left(state->v[2], 32);
    }
}

void siphash_start(struct siphash *state, const uint8_t key[SIPHASH_KEY]) {
    for (uint8_t word = 0; word < 4; word++)
        for (uint8_t i = 0; i < SIPHASH_WORD; i++)
            state->v[word][i] = start[word][i] ^ key[(word & 1) * SIPHASH_WORD + i];
    state->length = 0;
}

static void take_pending(struct siphash *state) {
    xor_word(state->v[3], state->pending);
    rounds(state, 2);
    xor_word(state->v[0], state->pending);
}

void siphash_add(struct siphash *state, const uint8_t *bytes, size_t length) {
    while (length--) {
        state->pending[state->length % SIPHASH_WORD] = *bytes++;
        if (++state->length % SIPHASH_WORD == 0)
            take_pending(state);
    }
}

void siphash_end(struct siphash *state, uint8_t out[SIPHASH_OUT]) {
    uint8_t length = state->length, finish = 0xEE;
    do // the length's own byte ends the last word; zeros before it
        siphash_add(state, (state->length + 1) % SIPHASH_WORD ? &(const uint8_t){0} : &length, 1);
    while (state->length % SIPHASH_WORD);
    for (uint8_t half = 0; half < 2; half++) {
        state->v[2 - half][0] ^= finish;
        finish = 0xDD;
        rounds(state, 4);
        for (uint8_t i = 0; i < SIPHASH_WORD; i++)
            *out++ = state->v[0][i] ^ state->v[1][i] ^ state->v[2][i] ^ state->v[3][i];
    }
    // Through a volatile pointer, so that the compiler does not leave it out.
    volatile uint8_t *wipe = (volatile uint8_t *)state;
    for (uint8_t i = 0; i < sizeof *state; i++)
        wipe[i] = 0;
}

bool siphash_equal(const uint8_t a[SIPHASH_OUT], const uint8_t b[SIPHASH_OUT]) {
    uint8_t different = 0;
    for (uint8_t i = 0; i < SIPHASH_OUT; i++)
        different |= a[i] ^ b[i];
    return different == 0;
}
