// link.c: reading frames, and the MAC. A body is followed by `*`: a value ends at a blank or there.

#include "link.h"        // link_read
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

bool link_read(enum link_side side, const char *line, size_t length, struct link_frame *frame) {
    char digits[LINK_CRC_DIGITS];
    if (length > LINK_FRAME_MAX || length < LINK_OPENING + LINK_CRC + 1 || !link_is_frame(side, line, length))
        return false;
    const char *tail = line + length;
    if (side == LINK_FROM_HOOK && *--tail != ']')
        return false;
    tail -= LINK_CRC;
    frame->body = line + LINK_OPENING;
    frame->length = (uint8_t)(tail - frame->body);
    if (*tail != '*')
        return false;
    link_crc_digits(frame->body, frame->length, digits);
    for (uint8_t i = 0; i < LINK_CRC_DIGITS; i++)
        if (*++tail != digits[i])
            return false;
    uint8_t verb = find_word(frame->body, LINK_VERB_WORD, LINK_VERBS);
    frame->verb = (enum link_verb)verb;
    return verb != LINK_VERBS;
}

// Reads two digits. False: they are none.
static bool read_byte(const char *text, uint8_t *byte) {
    uint8_t value = 0;
    for (uint8_t i = 2; i; i--) {
        uint8_t digit = (uint8_t)(*text++ - '0');
        if (digit > 9) {
            digit = (uint8_t)(digit - ('A' - '0'));
            if (digit > 5)
                return false;
            digit = (uint8_t)(digit + 10);
        }
        value = (uint8_t)(value << 4 | digit);
    }
    *byte = value;
    return true;
}

bool link_read_text(const struct link_frame *frame, link_key key, char *text, uint8_t room) {
    const char *p = find_value(frame, key);
    if (!p)
        return false;
    for (; !ends_value(*p); p++) {
        uint8_t byte = (uint8_t)*p;
        if (byte == '%') {
            if (!read_byte(p + 1, &byte))
                return false;
            p += 2;
        }
        if (byte == 0 || --room == 0)
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
    for (; count; count--, p += 2)
        if (!read_byte(p, bytes++))
            return false;
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

void link_mac(const char *body, uint8_t length, enum link_side side, const struct link_secret *secret,
              uint8_t out[SIPHASH_OUT]) {
    struct siphash hash;
    uint8_t says = side == LINK_FROM_HOST ? 'H' : 'M';
    siphash_start(&hash, secret->key);
    siphash_add(&hash, &says, 1);
    siphash_add(&hash, secret->host_nonce, LINK_NONCE);
    siphash_add(&hash, secret->hook_nonce, LINK_NONCE);
    siphash_add(&hash, (const uint8_t *)body, length);
    siphash_end(&hash, out);
}

bool link_mac_right(const struct link_frame *frame, enum link_side side, const struct link_secret *secret) {
    uint8_t mac[SIPHASH_OUT], different = 0;
    uint8_t covered = (uint8_t)(frame->length - LINK_MAC_FIELD);
    const char *field = frame->body + covered;
    if (frame->length < LINK_MAC_FIELD || field[0] != ' ' || field[1] != 'm' || field[2] != '=')
        return false;
    link_mac(frame->body, covered, side, secret, mac);
    for (uint8_t i = 0; i < 2 * SIPHASH_OUT; i++)
        different |= (uint8_t)(field[3 + i] ^ link_hex(i & 1 ? mac[i / 2] : mac[i / 2] >> 4));
    return !different;
}
