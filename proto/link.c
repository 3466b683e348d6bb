// link.c: reading frames: a line is judged as a whole before any field is looked at.

#include "link.h"        // link_read
#include "crc16.h"       // crc16
#include "link_inside.h" // LINK_TABLE

// In the order of enum link_word; each ends with NUL.
static LINK_TABLE char words[] = "HELLO\0PAIR\0OPEN\0CLOSE\0PING\0PONG\0SCAN\0EVENT\0SHOW\0"
                                 "unpaired\0locked\0open\0running\0expired\0"
                                 "usb\0sd\0panel\0wifi\0"
                                 "blocked\0started\0ended\0"
                                 "ok\0unpaired\0paired\0mac\0wait\0nonce\0busy\0store";

static LINK_TABLE char *word_at(uint8_t word) {
    LINK_TABLE char *p = words;
    for (; word; word--)
        while (*p++)
            ;
    return p;
}

void link_word_copy(char out[LINK_WORD_MAX + 1], uint8_t word) {
    LINK_TABLE char *p = word_at(word);
    while ((*out++ = *p++))
        ;
}

#ifndef __FLASH
static const char *word_of(unsigned kind, unsigned value, unsigned count) {
    return value < count ? word_at((uint8_t)(kind + value)) : NULL;
}
const char *link_state_word(enum link_state s) {
    return word_of(LINK_STATE_WORD, s, LINK_STATES);
}
const char *link_source_word(enum link_source s) {
    return word_of(LINK_SOURCE_WORD, s, LINK_SOURCES);
}
const char *link_event_word(enum link_event e) {
    return word_of(LINK_EVENT_WORD, e, LINK_EVENTS);
}
const char *link_error_word(enum link_error e) {
    return word_of(LINK_ERROR_WORD, e, LINK_ERRORS);
}
const char *link_verb_word(enum link_verb v) {
    return word_of(LINK_VERB_WORD, v, LINK_VERBS);
}
#endif

static bool word_equals(const char *text, uint8_t length, uint8_t word) {
    LINK_TABLE char *p = word_at(word);
    while (length && *text == *p) {
        text++, p++, length--;
    }
    return length == 0 && *p == '\0';
}

// Which of `count` words from `first` on the text is; count when none.
static uint8_t find_word(const char *text, uint8_t length, uint8_t first, uint8_t count) {
    uint8_t i = 0;
    while (i < count && !word_equals(text, length, (uint8_t)(first + i)))
        i++;
    return i;
}

bool link_is_plain(char c) {
    uint8_t letter = (uint8_t)((c | 0x20) - 'a');
    return letter < 26 || (c >= '+' && c <= ':') || c == '_'; // `+` to `:` holds , - . / and the digits
}

bool link_is_frame(enum link_side side, const char *line, size_t length) {
    return length >= LINK_OPENING && line[0] == (side == LINK_FROM_HOST ? '$' : '[') && line[1] == 'L' &&
           line[2] == 'G' && line[3] == (side == LINK_FROM_HOST ? ' ' : ':');
}

static uint8_t hex_digit(char c) {
    uint8_t digit = (uint8_t)(c - '0');
    if (digit <= 9)
        return digit;
    digit = (uint8_t)(c - 'A');
    return digit <= 5 ? (uint8_t)(digit + 10) : 0xFF;
}

// Two digits; above 255 when they are none.
static uint16_t hex_byte(const char *text) {
    uint8_t high = hex_digit(text[0]), low = hex_digit(text[1]);
    return (high | low) > 15 ? 0x100 : (uint16_t)(high << 4 | low);
}

static bool read_hex(const char *text, uint8_t *bytes, uint8_t count) {
    for (; count; count--, text += 2) {
        uint16_t byte = hex_byte(text);
        if (byte > 0xFF)
            return false;
        *bytes++ = (uint8_t)byte;
    }
    return true;
}

// One field of a body.
struct field {
    link_key key;
    uint8_t length;
    const char *value;
};

// Reads ` key=value` at *at and moves behind it. False: not of the form.
static bool read_field(const char **at, const char *end, struct field *field) {
    const char *p = *at;
    uint8_t letters = 0;
    if (*p++ != ' ')
        return false;
    for (field->key = 0; p != end && (uint8_t)(*p - 'a') < 26; p++, letters++)
        field->key = (link_key)(field->key << 5 | (*p & 31));
    if (letters - 1u > 2u || p == end || *p++ != '=')
        return false;
    field->value = p;
    while (p != end && (link_is_plain(*p) || *p == '%'))
        p++;
    field->length = (uint8_t)(p - field->value);
    *at = p;
    return true;
}

// The first field with that key. The body has been found well formed.
static bool find_field(const struct link_frame *frame, link_key key, struct field *field) {
    const char *p = frame->body, *end = p + frame->length;
    while (p != end && *p != ' ')
        p++;
    while (p != end && read_field(&p, end, field))
        if (field->key == key)
            return true;
    return false;
}

static bool read_fields(struct link_frame *frame, const char *p) {
    const char *end = frame->body + frame->length;
    frame->signed_length = frame->length;
    while (p != end) {
        struct field field, first;
        const char *before = p;
        if (!read_field(&p, end, &field) || !find_field(frame, field.key, &first) ||
            first.value != field.value)
            return false;
        if (field.key == LINK_KEY("m")) {
            frame->signed_length = (uint8_t)(before - frame->body);
            return p == end;
        }
    }
    return true;
}

bool link_read(enum link_side side, const char *line, size_t length, struct link_frame *frame) {
    uint8_t crc[2];
    if (!link_is_frame(side, line, length) || length > LINK_FRAME_MAX || length < LINK_OPENING + LINK_CRC + 1)
        return false;
    if (side == LINK_FROM_HOOK && line[--length] != ']')
        return false;
    const char *tail = line + length - LINK_CRC;
    frame->body = line + LINK_OPENING;
    frame->length = (uint8_t)(tail - frame->body);
    if (*tail != '*' || !read_hex(tail + 1, crc, 2) ||
        crc16(CRC16_START, (const uint8_t *)frame->body, frame->length) != (uint16_t)(crc[0] << 8 | crc[1]))
        return false;
    const char *p = frame->body;
    while (p != tail && *p != ' ')
        p++;
    uint8_t verb = find_word(frame->body, (uint8_t)(p - frame->body), LINK_VERB_WORD, LINK_VERBS);
    frame->verb = (enum link_verb)verb;
    return verb != LINK_VERBS && read_fields(frame, p);
}

bool link_read_text(const struct link_frame *frame, link_key key, char *text, size_t room) {
    struct field field;
    if (!find_field(frame, key, &field))
        return false;
    const char *p = field.value, *end = p + field.length;
    while (p != end) {
        char c = *p++;
        if (c == '%') {
            uint16_t byte = end - p < 2 ? 0x100 : hex_byte(p);
            if (byte > 0xFF || byte == 0)
                return false;
            c = (char)byte;
            p += 2;
        }
        if (--room == 0)
            return false;
        *text++ = c;
    }
    *text = '\0';
    return true;
}

bool link_read_number(const struct link_frame *frame, link_key key, uint32_t *number) {
    struct field field;
    if (!find_field(frame, key, &field) || field.length - 1u > 8u ||
        (*field.value == '0' && field.length > 1))
        return false;
    uint32_t value = 0;
    for (; field.length; field.length--) {
        uint8_t digit = (uint8_t)(*field.value++ - '0');
        if (digit > 9)
            return false;
        value = value * 10u + digit;
    }
    *number = value;
    return true;
}

bool link_read_hex(const struct link_frame *frame, link_key key, uint8_t *bytes, uint8_t count) {
    struct field field;
    return find_field(frame, key, &field) && field.length == 2 * count && read_hex(field.value, bytes, count);
}

bool link_read_word(const struct link_frame *frame, link_key key, uint8_t first, uint8_t count,
                    uint8_t *word) {
    struct field field;
    if (!find_field(frame, key, &field))
        return false;
    *word = find_word(field.value, field.length, first, count);
    return *word != count;
}
