// link_write.c: writing frames.

#include "crc16.h"       // crc16
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

static void put_number(struct link_writer *w, uint16_t number) {
    put_byte(w, (uint8_t)(number >> 8));
    put_byte(w, (uint8_t)number);
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
    for (uint8_t shift = 15; shift;) {
        shift = (uint8_t)(shift - 5);
        uint8_t letter = key >> shift & 31;
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
    put_key(w, key);
    put_number(w, number);
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
    if (link_full(w))
        return 0;
    uint16_t crc =
        crc16(CRC16_START, (const uint8_t *)w->out + LINK_OPENING, (size_t)(w->length - LINK_OPENING));
    w->limit = LINK_FRAME_MAX + 3; // the room that was kept for what follows
    put(w, '*');
    put_number(w, crc);
    if (w->side == LINK_FROM_HOOK) {
        put(w, ']');
        put(w, '\r');
    }
    put(w, '\n');
    w->out[w->length] = '\0';
    return w->length;
}
