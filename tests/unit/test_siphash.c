// SipHash-2-4-128: the authors' published vectors, and libsodium's implementation over random keys, lengths and pieces.
#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "siphash.h" // siphash_start

static void hash(const uint8_t *key, const uint8_t *bytes, size_t length, uint8_t *out) {
    struct siphash state;
    memset(&state, 0xA5, sizeof state); // what siphash_start does not set must not matter
    siphash_start(&state, key);
    siphash_add(&state, bytes, (uint8_t)length);
    siphash_end(&state, out);
}

// From the authors' reference code: key 00 01 .. 0F, message 00 01 .. of the given length.
static void test_published_vectors(void **state) {
    (void)state;
    static const struct {
        uint8_t length, out[SIPHASH_OUT];
    } vectors[] = {
        {0, {0xA3, 0x81, 0x7F, 0x04, 0xBA, 0x25, 0xA8, 0xE6, 0x6D, 0xF6, 0x72, 0x14, 0xC7, 0x55, 0x02, 0x93}},
        {1, {0xDA, 0x87, 0xC1, 0xD8, 0x6B, 0x99, 0xAF, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9B, 0x22, 0xFC, 0x45}},
        {2, {0x81, 0x77, 0x22, 0x8D, 0xA4, 0xA4, 0x5D, 0xC7, 0xFC, 0xA3, 0x8B, 0xDE, 0xF6, 0x0A, 0xFF, 0xE4}},
        {15,
         {0x54, 0x93, 0xE9, 0x99, 0x33, 0xB0, 0xA8, 0x11, 0x7E, 0x08, 0xEC, 0x0F, 0x97, 0xCF, 0xC3, 0xD9}},
    };
    uint8_t key[SIPHASH_KEY], message[64], out[SIPHASH_OUT];
    for (uint8_t i = 0; i < sizeof message; i++)
        message[i] = i;
    memcpy(key, message, sizeof key);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        hash(key, message, vectors[i].length, out);
        assert_memory_equal(out, vectors[i].out, SIPHASH_OUT);
    }
}

static void test_like_libsodium(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 20000; round++) {
        uint8_t key[SIPHASH_KEY], message[255], out[SIPHASH_OUT], right[SIPHASH_OUT],
            seed[randombytes_SEEDBYTES] = {0};
        memcpy(seed, &round, sizeof round);
        uint8_t random[SIPHASH_KEY + sizeof message + 64];
        randombytes_buf_deterministic(random, sizeof random, seed);
        memcpy(key, random, sizeof key);
        memcpy(message, random + sizeof key, sizeof message);
        const uint8_t *pieces = random + sizeof key + sizeof message;
        uint8_t length = pieces[0], done = 0;
        crypto_shorthash_siphashx24(right, message, length, key);
        struct siphash hash_state;
        siphash_start(&hash_state, key);
        for (size_t i = 1; i < 63 && done < length; i++) {
            uint8_t piece = pieces[i] % 20 < length - done ? pieces[i] % 20 : (uint8_t)(length - done);
            siphash_add(&hash_state, message + done, piece);
            done = (uint8_t)(done + piece);
        }
        siphash_add(&hash_state, message + done, (uint8_t)(length - done));
        siphash_end(&hash_state, out);
        assert_memory_equal(out, right, SIPHASH_OUT);
    }
}

int main(void) {
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_like_libsodium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
