// chain: the bytes that are hashed and signed. Pure; README.md gives the layout and a worked example.
#ifndef LOTGATE_LEDGER_CHAIN_H
#define LOTGATE_LEDGER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger.h" // LEDGER_HASH_BYTES

struct chain_event {
    const char *site, *kind, *actor, *body;
    size_t body_length;
    int64_t seq, time_us;
    const uint8_t *prev_hash;
};

void chain_hash(const struct chain_event *event, uint8_t hash[LEDGER_HASH_BYTES]);

#define CHAIN_MESSAGE_MAX 256 // bytes of what a checkpoint signs
#define CHAIN_SITE_MAX    16

// What a checkpoint signs: that event `seq` of `site` has this hash. Returns its length.
size_t chain_checkpoint_message(uint8_t message[CHAIN_MESSAGE_MAX], const char *site, int64_t seq,
                                const uint8_t hash[LEDGER_HASH_BYTES]);

void chain_hex(char *out, const uint8_t *bytes, size_t count); // 2 * count digits and a NUL
bool chain_unhex(uint8_t *out, size_t count,
                 const char *hex); // false unless exactly 2 * count small hex digits

#endif
