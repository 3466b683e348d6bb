// link_help: what a host says to a hook, for tests that hold both ends.
#ifndef LOTGATE_TESTS_LINK_HELP_H
#define LOTGATE_TESTS_LINK_HELP_H

#include <string.h>

#include "link.h"

// Each writes a frame with its line end into `frame` (LINK_FRAME_MAX + 3 bytes) and gives it back.
static inline const char *help_hello(char *frame, uint8_t nonce) {
    struct link_writer w;
    uint8_t bytes[LINK_NONCE] = {0};
    bytes[7] = nonce;
    link_begin(&w, frame, LINK_FROM_HOST, LINK_HELLO);
    link_put_number(&w, "v", LINK_VERSION);
    link_put_hex(&w, "n", bytes, sizeof bytes);
    assert_true(link_end(&w));
    return frame;
}

static inline const char *help_pair(char *frame, const uint8_t *key) {
    struct link_writer w;
    link_begin(&w, frame, LINK_FROM_HOST, LINK_PAIR);
    link_put_hex(&w, "k", key, SIPHASH_KEY);
    assert_true(link_end(&w));
    return frame;
}

// The secret after help_hello(nonce), when `heard` holds the hook's answer.
static inline void help_secret(struct link_secret *secret, const uint8_t *key, uint8_t nonce,
                               const char *heard) {
    struct link_frame frame;
    const char *from = strstr(heard, "[LG:HELLO");
    assert_non_null(from);
    const char *end = strpbrk(from, "\r\n");
    assert_non_null(end);
    assert_true(link_read(LINK_FROM_HOOK, from, (size_t)(end - from), &frame));
    memset(secret, 0, sizeof *secret);
    memcpy(secret->key, key, SIPHASH_KEY);
    secret->host_nonce[7] = nonce;
    assert_true(link_get_hex(&frame, "n", secret->hook_nonce, LINK_NONCE));
}

static inline const char *help_open(char *frame, const struct link_secret *secret, const char *job) {
    struct link_writer w;
    link_begin(&w, frame, LINK_FROM_HOST, LINK_OPEN);
    link_put_text(&w, "j", job, LINK_JOB_MAX);
    link_put_text(&w, "l", "ACR-1126-001", LINK_LOT_MAX);
    link_put_number(&w, "t", 30);
    link_put_mac(&w, secret);
    assert_true(link_end(&w));
    return frame;
}

#endif
