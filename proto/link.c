// link.c: reading frames, and the MAC. A body is followed by `*`, which stands nowhere inside it: a value ends at a blank or there.

#include "link.h"        // link_read
#include "link_inside.h" // LINK_OPENING
#include "siphash.h"     // siphash_start

bool link_is_frame(enum link_side side, const char *line, size_t length) {
    return length >= LINK_OPENING && line[0] == (side == LINK_FROM_HOST ? '$' : '[') && line[1] == 'L' &&
           line[2] == 'G' && line[3] == (side == LINK_FROM_HOST ? ' ' : ':');
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
    if (length > LINK_FRAME_MAX || !link_is_frame(side, line, length))
        return false;
    const char *p = line + LINK_OPENING, *end = line + length;
    if (side == LINK_FROM_HOOK && *--end != ']')
        return false;
    frame->body = p;
    end -= LINK_CRC;
    while (p < end && *p != '*')
        p++;
    if (p != end || *p != '*')
        return false;
    frame->signed_length = frame->length = (uint8_t)(end - frame->body);
    link_crc_digits(frame->body, frame->length, digits);
    for (uint8_t i = 0; i < LINK_CRC_DIGITS; i++)
        if (*++p != digits[i])
            return false;
    if (frame->length > LINK_MAC_FIELD) {
        p = end - LINK_MAC_FIELD;
        if (p[0] == ' ' && p[1] == 'm' && p[2] == '=')
            frame->signed_length = (uint8_t)(frame->length - LINK_MAC_FIELD);
    }
    frame->verb = (enum link_verb)find_word(frame->body, LINK_VERB_WORD, LINK_VERBS);
    return frame->verb != LINK_VERBS;
}

static uint8_t hex_digit(char c) {
    uint8_t digit = (uint8_t)(c - '0');
    if (digit <= 9)
        return digit;
    digit = (uint8_t)(c - 'A');
    return digit <= 5 ? (uint8_t)(digit + 10) : 0xFF;
}

// Reads two digits. False: they are none.
static bool read_byte(const char *text, uint8_t *byte) {
    uint8_t high = hex_digit(text[0]), low = hex_digit(text[1]);
    *byte = (uint8_t)(high << 4 | (low & 15));
    return (high | low) <= 15;
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

bool link_read_number(const struct link_frame *frame, link_key key, uint16_t *number) {
    const char *p = find_value(frame, key);
    uint32_t value = 0;
    if (!p || (*p == '0' && !ends_value(p[1])))
        return false;
    do {
        uint8_t digit = (uint8_t)(*p - '0');
        value = value * 10u + digit;
        if (digit > 9 || value > LINK_NUMBER_MAX)
            return false;
    } while (!ends_value(*++p));
    *number = (uint16_t)value;
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
    uint8_t mac[SIPHASH_OUT], different = frame->length == frame->signed_length;
    const char *digits = frame->body + frame->signed_length + 3;
    if (different)
        return false;
    link_mac(frame->body, frame->signed_length, side, secret, mac);
    for (uint8_t i = 0; i < 2 * SIPHASH_OUT; i++)
        different |= (uint8_t)(digits[i] ^ link_hex(i & 1 ? mac[i / 2] : mac[i / 2] >> 4));
    return !different;
}
