// pages.c: the flash of an STM32F405 (RM0090, chapter 3), or RAM in its place.

#include "pages.h"     // page_program
#include "registers.h" // FLASH_CR

#ifdef PAGES_IN_RAM
// A reset leaves them alone; over a power cut they are carried by who runs the model (../run/qemu_run.py).
__attribute__((section(".pages"))) static volatile uint32_t pages[PAGES][PAGE_WORDS];

uint32_t page_word(uint8_t page, uint16_t word) {
    return pages[page][word];
}

__attribute__((noinline)) bool page_erase(uint8_t page) {
    for (uint16_t i = 0; i < PAGE_WORDS; i++)
        pages[page][i] = PAGE_ERASED;
    return true;
}

__attribute__((noinline)) bool page_program(uint8_t page, uint16_t word, uint32_t value) {
    pages[page][word] &= value;
    return true;
}
#else
#define FIRST_SECTOR 1u
#define FIRST_PAGE   0x08004000u // stm32f405.ld: PAGES

static volatile uint32_t *at(uint8_t page, uint16_t word) {
    return (volatile uint32_t *)(uintptr_t)(FIRST_PAGE + page * PAGE_BYTES) + word;
}

uint32_t page_word(uint8_t page, uint16_t word) {
    return *at(page, word);
}

static void unlock(void) {
    FLASH_KEYR = FLASH_KEY1;
    FLASH_KEYR = FLASH_KEY2;
    FLASH_SR = FLASH_ERRORS; // of before; cleared by writing ones
}

// Waits for the end, and locks again.
static bool done(void) {
    while (FLASH_SR & FLASH_BSY)
        ;
    FLASH_CR = FLASH_LOCK;
    return !(FLASH_SR & FLASH_ERRORS);
}

bool page_erase(uint8_t page) {
    unlock();
    FLASH_CR = FLASH_SER | FLASH_BY_WORDS | (FIRST_SECTOR + page) << FLASH_SECTOR;
    FLASH_CR |= FLASH_STRT;
    return done();
}

bool page_program(uint8_t page, uint16_t word, uint32_t value) {
    unlock();
    FLASH_CR = FLASH_PG | FLASH_BY_WORDS;
    *at(page, word) = value;
    return done();
}
#endif
