// pages: two pages of flash that are set aside for the store, and all that can be done to them. pages.c does it; the tests put a
// model of a flash in its place.
//
// An erased word is all ones, and programming clears bits. Power may be cut in the middle: a word that was being programmed, and
// every word of a page that was being erased, then holds any bits, which need not read the same the next time.
#ifndef LOTGATE_REFERENCE_STM32_PAGES_H
#define LOTGATE_REFERENCE_STM32_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#define PAGES       2
#define PAGE_WORDS  (PAGE_BYTES / 4)
#define PAGE_ERASED 0xFFFFFFFFu
#ifdef PAGES_IN_RAM // qemu's model cannot program its flash
#define PAGE_BYTES 1024u
#else
#define PAGE_BYTES 16384u // sectors 1 and 2
#endif

uint32_t page_word(uint8_t page, uint16_t word);
// Half a second in which the chip does nothing else, for the program lies in the same flash: at power-up alone. False: it failed.
bool page_erase(uint8_t page);
// At most 0.1 ms. A word may be programmed again with what it holds: this flash has no ECC. False: it failed.
bool page_program(uint8_t page, uint16_t word, uint32_t value);

#endif
