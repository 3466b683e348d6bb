// siphash: SipHash-2-4 with 128-bit output (Aumasson and Bernstein), the MAC of the host-hook link.
//
// The one implementation for host and firmware; on the host the tests compare it with libsodium's and with the
// authors' published vectors. Given in pieces, so that a firmware needs no buffer for nonces and text together.
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
    uint64_t v[5];  // v0..v3, and the message word that is not whole yet
    uint8_t length; // of all bytes so far, modulo 256, as the algorithm wants it
};

void siphash_start(struct siphash *state, const uint8_t key[SIPHASH_KEY]);
void siphash_add(struct siphash *state, const uint8_t *bytes, uint8_t length);
// Ends the hash; the state is of no further use, and the key cannot be found from it.
void siphash_end(struct siphash *state, uint8_t out[SIPHASH_OUT]);

#endif
