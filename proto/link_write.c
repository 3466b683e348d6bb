// link_write.c: writing frames, and the MAC over them.

#include "crc16.h"       // crc16
#include "link.h"        // link_begin
#include "link_inside.h" // LINK_TABLE
#include "siphash.h"     // siphash_start

static void put(struct link_writer *w, char c) {
    uint8_t limit = w->side == LINK_FROM_HOST ? LINK_FRAME_MAX - LINK_CRC : LINK_FRAME_MAX - LINK_CRC - 1;
    if (w->length == limit)
        w->full = true;
    else
        w->out[w->length++] = c;
}

static char hex(uint8_t nibble) {
    return (char)(nibble < 10 ? '0' + nibble : 'A' - 10 + nibble);
}

static void put_hex(struct link_writer *w, uint8_t byte) {
    put(w, hex(byte >> 4));
    put(w, hex(byte & 15));
}

static void put_word(struct link_writer *w, uint8_t word) {
    char text[LINK_WORD_MAX + 1];
    link_word_copy(text, word);
    for (const char *p = text; *p; p++)
        put(w, *p);
}

void link_begin(struct link_writer *w, char *out, enum link_side side, enum link_verb verb) {
    bool host = side == LINK_FROM_HOST;
    w->out = out;
    w->length = 0;
    w->full = false;
    w->side = (uint8_t)side;
    put(w, host ? '$' : '[');
    put(w, 'L');
    put(w, 'G');
    put(w, host ? ' ' : ':');
    put_word(w, (uint8_t)(LINK_VERB_WORD + verb));
}

static void put_key(struct link_writer *w, link_key key) {
    put(w, ' ');
    for (uint8_t i = 0; i < 3; i++, key = (link_key)(key << 5))
        if (key >> 10 & 31)
            put(w, (char)('a' - 1 + (key >> 10 & 31)));
    put(w, '=');
}

void link_write_text(struct link_writer *w, link_key key, const char *text, size_t limit) {
    put_key(w, key);
    for (; *text; text++) {
        if (link_is_plain(*text)) {
            put(w, *text);
        } else {
            put(w, '%');
            put_hex(w, (uint8_t)*text);
        }
        if (--limit == 0)
            break;
    }
}

static LINK_TABLE uint32_t powers[] = {100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};

void link_write_number(struct link_writer *w, link_key key, uint32_t number) {
    bool begun = false;
    put_key(w, key);
    if (number > LINK_NUMBER_MAX)
        w->full = true;
    for (uint8_t i = 0; i < 9 && !w->full; i++) {
        char digit = '0';
        for (; number >= powers[i]; number -= powers[i])
            digit++;
        begun = begun || digit != '0' || i == 8;
        if (begun)
            put(w, digit);
    }
}

void link_write_hex(struct link_writer *w, link_key key, const uint8_t *bytes, uint8_t count) {
    put_key(w, key);
    for (; count; count--)
        put_hex(w, *bytes++);
}

void link_write_word(struct link_writer *w, link_key key, uint8_t word) {
    put_key(w, key);
    put_word(w, word);
}

static void mac_of(const char *body, uint8_t length, enum link_side side, const struct link_secret *secret,
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

void link_put_mac(struct link_writer *w, const struct link_secret *secret) {
    uint8_t mac[SIPHASH_OUT];
    mac_of(w->out + LINK_OPENING, (uint8_t)(w->length - LINK_OPENING), (enum link_side)w->side, secret, mac);
    link_put_hex(w, "m", mac, SIPHASH_OUT);
}

bool link_mac_right(const struct link_frame *frame, enum link_side side, const struct link_secret *secret) {
    uint8_t given[SIPHASH_OUT], right[SIPHASH_OUT];
    if (!link_get_hex(frame, "m", given, SIPHASH_OUT))
        return false;
    mac_of(frame->body, frame->signed_length, side, secret, right);
    return siphash_equal(given, right);
}

uint8_t link_end(struct link_writer *w) {
    uint16_t crc =
        crc16(CRC16_START, (const uint8_t *)w->out + LINK_OPENING, (size_t)(w->length - LINK_OPENING));
    char *p = w->out + w->length;
    if (w->full)
        return 0;
    *p++ = '*';
    for (uint8_t i = 0; i < 4; i++, crc = (uint16_t)(crc << 4))
        *p++ = hex((uint8_t)(crc >> 12));
    if (w->side == LINK_FROM_HOOK) {
        *p++ = ']';
        *p++ = '\r';
    }
    *p++ = '\n';
    *p = '\0';
    return (uint8_t)(p - w->out);
}
