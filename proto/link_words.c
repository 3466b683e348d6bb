// link_words.c: the words of the link, and what reading and writing share.

#include "link.h"        // link_state_word
#include "link_inside.h" // LINK_TABLE

// In the order of enum link_word; each ends with NUL.
static LINK_TABLE char words[] = "HELLO\0PAIR\0OPEN\0CLOSE\0PING\0PONG\0SCAN\0EVENT\0SHOW\0"
                                 "usb\0sd\0panel\0wifi\0"
                                 "blocked\0started\0ended\0"
                                 "ok\0paired\0mac\0wait\0nonce\0busy\0store\0"
                                 "unpaired\0locked\0open\0running\0expired";

LINK_TABLE char *link_word_at(uint8_t word) {
    LINK_TABLE char *p = words;
    while (word)
        word = (uint8_t)(word - (*p++ == '\0'));
    return p;
}

#ifndef __FLASH
static const char *word_of(unsigned kind, unsigned value, unsigned count) {
    return value < count ? link_word_at((uint8_t)(kind + value)) : NULL;
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

void link_word_copy(char out[LINK_WORD_MAX + 1], uint8_t word) {
    LINK_TABLE char *p = link_word_at(word);
    while ((*out++ = *p++))
        ;
}

char link_opening(uint8_t side, uint8_t i) {
    static LINK_TABLE char openings[2 * LINK_OPENING] = {'$', 'L', 'G', ' ', '[', 'L', 'G', ':'};
    return openings[side * LINK_OPENING + i];
}

char link_hex(uint8_t nibble) {
    nibble &= 15;
    return (char)(nibble < 10 ? '0' + nibble : 'A' - 10 + nibble);
}
