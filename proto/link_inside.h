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

// Out of line, so that it stands once in the flash.
#define LINK_ONCE __attribute__((noinline))

#define LINK_CRC       5                     // bytes of `*` and four digits; `]` follows from the hook
#define LINK_MAC_FIELD (3 + 2 * SIPHASH_OUT) // bytes of ` m=` and its digits

// Where a word of enum link_word stands; it ends with NUL.
LINK_TABLE char *link_word_at(uint8_t word);

// A digit in capitals, of the low four bits.
char link_hex(uint8_t nibble);

#endif
