// link.c: reading frames, and the MAC. A body is followed by `*`: a value ends at a blank or there.

#include "link.h"        // link_read
#include "crc16.h"       // crc16
#include "link_inside.h" // LINK_OPENING
#include "siphash.h"     // siphash_start

bool link_is_frame(enum link_side side, const char *line, size_t length) {
    if (length < LINK_OPENING)
        return false;
    for (uint8_t i = 0; i < LINK_OPENING; i++)
        if (line[i] != link_opening(side, i))
            return false;
    return true;
}

static bool ends_value(char c) {
    return c == ' ' || c == '*';
}

// Which of `count` words from `first` on stands there as a whole; count when none.
static uint8_t find_word(const char *text, uint8_t first, uint8_t count) {
    uint8_t found = 0;
    for (LINK_TABLE char *word = link_word_at(first); found < count; found++) {
        const char *p = text;
        while (*p == *word)
            p++, word++;
        if (*word == '\0' && ends_value(*p))
            break;
        while (*word++)
            ;
    }
    return found;
}

// Where the value of the first field with that key begins, NULL when there is none.
static const char *find_value(const struct link_frame *frame, link_key key) {
    link_key seen = 0;
    for (const char *p = frame->body; *p != '*'; p++) {
        if (*p == ' ')
            seen = 0;
        else if (*p == '=' && seen == key)
            return p + 1;
        else
            seen = (link_key)(seen << 5 | (*p & 31));
    }
    return NULL;
}

// The value of a digit, or -1.
static LINK_ONCE int8_t digit_of(char c) {
    uint8_t digit = (uint8_t)(c - '0');
    if (digit > 9) {
        digit = (uint8_t)(c - 'A');
        if (digit > 5)
            return -1;
        digit = (uint8_t)(digit + 10);
    }
    return (int8_t)digit;
}

// The value of two digits; negative when they are none.
static LINK_ONCE int16_t read_byte(const char *text) {
    return (int16_t)(digit_of(text[0]) * 16 | digit_of(text[1]));
}

bool link_read(enum link_side side, const char *line, size_t length, struct link_frame *frame) {
    if (length > LINK_FRAME_MAX || length < LINK_OPENING + LINK_CRC + 1 || !link_is_frame(side, line, length))
        return false;
    const char *tail = line + length;
    if (side == LINK_FROM_HOOK && *--tail != ']')
        return false;
    tail -= LINK_CRC;
    frame->body = line + LINK_OPENING;
    frame->length = (uint8_t)(tail - frame->body);
    uint16_t crc = crc16(CRC16_START, (const uint8_t *)frame->body, frame->length);
    if (*tail != '*' || read_byte(tail + 1) != (int16_t)(crc >> 8) ||
        read_byte(tail + 3) != (int16_t)(crc & 0xFF))
        return false;
    uint8_t verb = find_word(frame->body, LINK_VERB_WORD, LINK_VERBS);
    frame->verb = (enum link_verb)verb;
    return verb != LINK_VERBS;
}

bool link_read_text(const struct link_frame *frame, link_key key, char *text, uint8_t room) {
    const char *p = find_value(frame, key);
    if (!p)
        return false;
    for (; !ends_value(*p); p++) {
        int16_t byte = (uint8_t)*p;
        if (byte == '%') {
            byte = read_byte(p + 1);
            p += 2;
        }
        if (byte <= 0 || --room == 0)
            return false;
        *text++ = (char)byte;
    }
    *text = '\0';
    return true;
}

bool link_read_hex(const struct link_frame *frame, link_key key, uint8_t *bytes, uint8_t count) {
    const char *p = find_value(frame, key);
    if (!p)
        return false;
    for (; count; count--, p += 2) {
        int16_t byte = read_byte(p);
        if (byte < 0)
            return false;
        *bytes++ = (uint8_t)byte;
    }
    return ends_value(*p);
}

bool link_read_number(const struct link_frame *frame, link_key key, uint16_t *number) {
    uint8_t bytes[2];
    if (!link_read_hex(frame, key, bytes, sizeof bytes))
        return false;
    *number = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

bool link_read_word(const struct link_frame *frame, link_key key, uint8_t first, uint8_t count,
                    uint8_t *word) {
    const char *p = find_value(frame, key);
    return p && (*word = find_word(p, first, count)) != count;
}

_Static_assert(offsetof(struct link_secret, hook_nonce) ==
                   offsetof(struct link_secret, host_nonce) + LINK_NONCE,
               "the nonces stand side by side");

void link_mac(const char *body, uint8_t length, enum link_side side, const struct link_secret *secret,
              uint8_t out[SIPHASH_OUT]) {
    struct siphash hash;
    uint8_t says = (uint8_t)('H' + ('M' - 'H') * side);
    siphash_start(&hash, secret->key);
    siphash_add(&hash, &says, 1);
    siphash_add(&hash, (const uint8_t *)secret + offsetof(struct link_secret, host_nonce), 2 * LINK_NONCE);
    siphash_add(&hash, (const uint8_t *)body, length);
    siphash_end(&hash, out);
}

bool link_mac_right(const struct link_frame *frame, enum link_side side, const struct link_secret *secret) {
    uint8_t mac[SIPHASH_OUT];
    int16_t different = 0;
    const char *given = find_value(frame, LINK_KEY("m"));
    if (!given || given + 2 * SIPHASH_OUT != frame->body + frame->length) // nothing may follow
        return false;
    link_mac(frame->body, (uint8_t)(frame->length - LINK_MAC_FIELD), side, secret, mac);
    for (uint8_t i = 0; i < SIPHASH_OUT; i++, given += 2)
        different |= (int16_t)(read_byte(given) ^ mac[i]);
    return !different;
}
