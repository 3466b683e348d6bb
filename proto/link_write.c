// link_write.c: writing frames.

#include "link.h"        // link_begin
#include "link_inside.h" // link_hex

static void put(struct link_writer *w, char c) {
    if (w->length >= w->limit)
        w->limit = 0;
    else
        w->out[w->length++] = c;
}

static void put_byte(struct link_writer *w, uint8_t byte) {
    put(w, link_hex(byte >> 4));
    put(w, link_hex(byte));
}

static void put_word(struct link_writer *w, uint8_t word) {
    for (LINK_TABLE char *p = link_word_at(word); *p; p++)
        put(w, *p);
}

void link_begin(struct link_writer *w, char *out, enum link_side side, enum link_verb verb) {
    w->out = out;
    w->length = 0;
    w->limit = LINK_FRAME_MAX - LINK_CRC - 1; // one for the `]`, which the host's frames have not
    w->side = (uint8_t)side;
    for (uint8_t i = 0; i < LINK_OPENING; i++)
        put(w, link_opening(w->side, i));
    put_word(w, (uint8_t)(LINK_VERB_WORD + verb));
}

static void put_key(struct link_writer *w, link_key key) {
    put(w, ' ');
    for (uint8_t i = 3; i--; key = (link_key)(key << 5)) {
        uint8_t letter = key >> 10 & 31;
        if (letter)
            put(w, (char)('a' - 1 + letter));
    }
    put(w, '=');
}

// The bytes that stand for themselves; every other is `%XX`.
static bool is_plain(char c) {
    uint8_t letter = (uint8_t)((c | 0x20) - 'a');
    return letter < 26 || (c >= '+' && c <= ':') || c == '_'; // `+` to `:` holds , - . / and the digits
}

void link_write_text(struct link_writer *w, link_key key, const char *text, uint8_t limit) {
    put_key(w, key);
    for (; *text; text++) {
        if (is_plain(*text)) {
            put(w, *text);
        } else {
            put(w, '%');
            put_byte(w, (uint8_t)*text);
        }
        if (--limit == 0)
            break;
    }
}

void link_write_hex(struct link_writer *w, link_key key, const uint8_t *bytes, uint8_t count) {
    put_key(w, key);
    for (; count; count--)
        put_byte(w, *bytes++);
}

void link_write_number(struct link_writer *w, link_key key, uint16_t number) {
    const uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};
    link_write_hex(w, key, bytes, sizeof bytes);
}

void link_write_word(struct link_writer *w, link_key key, uint8_t word) {
    put_key(w, key);
    put_word(w, word);
}

void link_put_mac(struct link_writer *w, const struct link_secret *secret) {
    uint8_t mac[SIPHASH_OUT];
    link_mac(w->out + LINK_OPENING, (uint8_t)(w->length - LINK_OPENING), (enum link_side)w->side, secret,
             mac);
    link_put_hex(w, "m", mac, SIPHASH_OUT);
}

uint8_t link_end(struct link_writer *w) {
    char *p = w->out + w->length;
    if (link_full(w))
        return 0;
    *p++ = '*';
    link_crc_digits(w->out + LINK_OPENING, (uint8_t)(w->length - LINK_OPENING), p);
    p += LINK_CRC_DIGITS;
    if (w->side == LINK_FROM_HOOK) {
        *p++ = ']';
        *p++ = '\r';
    }
    *p++ = '\n';
    *p = '\0';
    return (uint8_t)(p - w->out);
}
