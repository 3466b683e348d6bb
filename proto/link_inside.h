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

#define LINK_OPENING 4 // bytes of `$LG ` and `[LG:`
#define LINK_CRC     5 // bytes of `*` and four digits; `]` follows from the hook

// The bytes that stand for themselves in a value; every other is `%XX`.
bool link_is_plain(char c);

#endif
