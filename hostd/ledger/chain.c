// chain: see chain.h.
#include "chain.h"

#include <sodium.h>
#include <string.h>

#define EVENT_TAG      "lotgate-event-1"
#define CHECKPOINT_TAG "lotgate-checkpoint-1"

static void put_be(uint8_t *out, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

#define BUFFER_BYTES 1024 // most events are hashed in one go

struct hashing {
    crypto_hash_sha256_state state;
    size_t length;
    uint8_t buffer[BUFFER_BYTES];
};

static void hash_bytes(struct hashing *h, const void *bytes, size_t length) {
    if (h->length + length > sizeof h->buffer) {
        crypto_hash_sha256_update(&h->state, h->buffer, h->length);
        h->length = 0;
    }
    if (length > sizeof h->buffer) {
        crypto_hash_sha256_update(&h->state, bytes, length);
        return;
    }
    memcpy(h->buffer + h->length, bytes, length);
    h->length += length;
}

// Every field is preceded by its length, so that no two different events give the same bytes.
static void hash_field(struct hashing *h, const void *bytes, size_t length) {
    uint8_t prefix[4];
    put_be(prefix, length, 4);
    hash_bytes(h, prefix, sizeof prefix);
    hash_bytes(h, bytes, length);
}

void chain_hash(const struct chain_event *e, uint8_t hash[LEDGER_HASH_BYTES]) {
    uint8_t seq[8], time[8];
    put_be(seq, (uint64_t)e->seq, 8);
    put_be(time, (uint64_t)e->time_us, 8);
    struct hashing h;
    h.length = 0;
    crypto_hash_sha256_init(&h.state);
    hash_field(&h, EVENT_TAG, strlen(EVENT_TAG));
    hash_field(&h, e->site, strlen(e->site));
    hash_field(&h, seq, sizeof seq);
    hash_field(&h, time, sizeof time);
    hash_field(&h, e->kind, strlen(e->kind));
    hash_field(&h, e->actor, strlen(e->actor));
    hash_field(&h, e->body, e->body_length);
    hash_field(&h, e->prev_hash, LEDGER_HASH_BYTES);
    crypto_hash_sha256_update(&h.state, h.buffer, h.length);
    crypto_hash_sha256_final(&h.state, hash);
}

static size_t put_field(uint8_t *out, const void *bytes, size_t length) {
    put_be(out, length, 4);
    memcpy(out + 4, bytes, length);
    return length + 4;
}

size_t chain_checkpoint_message(uint8_t message[CHAIN_MESSAGE_MAX], const char *site, int64_t seq,
                                const uint8_t hash[LEDGER_HASH_BYTES]) {
    uint8_t number[8];
    put_be(number, (uint64_t)seq, 8);
    lg_assert(strlen(site) <= CHAIN_SITE_MAX);
    size_t length = put_field(message, CHECKPOINT_TAG, strlen(CHECKPOINT_TAG));
    length += put_field(message + length, site, strlen(site));
    length += put_field(message + length, number, sizeof number);
    return length + put_field(message + length, hash, LEDGER_HASH_BYTES);
}

void chain_hex(char *out, const uint8_t *bytes, size_t count) {
    sodium_bin2hex(out, 2 * count + 1, bytes, count);
}

bool chain_unhex(uint8_t *out, size_t count, const char *hex) {
    size_t length;
    if (strlen(hex) != 2 * count || strspn(hex, "0123456789abcdef") != 2 * count)
        return false;
    return sodium_hex2bin(out, count, hex, 2 * count, NULL, &length, NULL) == 0 && length == count;
}
