// siphash: SipHash-2-4 with 128-bit output (Aumasson and Bernstein), the MAC of the host-hook link.
//
// The one implementation for host and firmware; on the host the tests compare it with libsodium's and with the
// authors' published vectors. Given in pieces, so that a firmware needs no buffer for nonces and text together.
// Words are kept as bytes, least significant first, and worked on byte by byte: on an 8-bit AVR that takes a third of the
// flash of 64-bit arithmetic, it does not depend on a machine's byte order, and 100 bytes still take less than 6 ms there.
// Freestanding, no allocation, no branch or index that depends on the key. Thread: any; the caller owns the state.
#ifndef LOTGATE_PROTO_SIPHASH_H
#define LOTGATE_PROTO_SIPHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY 16 // bytes
#define SIPHASH_OUT 16

#define SIPHASH_WORD 8 // bytes

struct siphash {
    uint8_t v[4][SIPHASH_WORD];
    uint8_t pending[SIPHASH_WORD]; // bytes of a message word that is not whole yet
    uint8_t length;                // of all bytes so far, modulo 256, as the algorithm wants it
};

void siphash_start(struct siphash *state, const uint8_t key[SIPHASH_KEY]);
void siphash_add(struct siphash *state, const uint8_t *bytes, size_t length);
// Ends the hash; the state is wiped.
void siphash_end(struct siphash *state, uint8_t out[SIPHASH_OUT]);

// Compares in a time that does not depend on where two MACs differ.
bool siphash_equal(const uint8_t a[SIPHASH_OUT], const uint8_t b[SIPHASH_OUT]);

#endif
