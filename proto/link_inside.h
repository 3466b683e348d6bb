// link_inside: shared by the files of link and siphash. Not for other folders.
#ifndef LOTGATE_PROTO_LINK_INSIDE_H
#define LOTGATE_PROTO_LINK_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

// Constant tables stay in flash on an AVR, which its compiler can in its GNU mode (-std=gnu11).
#ifdef __FLASH
#define LINK_TABLE const __flash
#else
#define LINK_TABLE const
#endif

#define LINK_CRC        5 // bytes of `*` and four digits; `]` follows from the hook
#define LINK_CRC_DIGITS 4
#define LINK_MAC_FIELD  (3 + 2 * SIPHASH_OUT) // bytes of ` m=` and its digits

// Where a word of enum link_word stands; it ends with NUL.
LINK_TABLE char *link_word_at(uint8_t word);

// A digit in capitals, of the low four bits.
char link_hex(uint8_t nibble);

// The four digits of a body's crc.
void link_crc_digits(const char *body, uint8_t length, char digits[LINK_CRC_DIGITS]);

#endif
