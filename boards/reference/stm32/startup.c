// startup.c: the vector table, and what happens before main.

#include <stdint.h>

#include "chip.h" // main

extern uint32_t stack_top, data_begin, data_end, data_load, bss_begin, bss_end; // the linker's

// An interrupt or fault that nobody expects: the program hangs, and the watchdog ends that.
void unexpected(void);
void unexpected(void) {
    for (;;)
        ;
}

void reset_handler(void);
void reset_handler(void) {
    const uint32_t *from = &data_load;
    for (uint32_t *to = &data_begin; to < &data_end;)
        *to++ = *from++;
    for (uint32_t *to = &bss_begin; to < &bss_end;)
        *to++ = 0;
    main();
    unexpected();
}

#define EXCEPTIONS 16
#define INTERRUPTS 82 // of the STM32F405
#define SYSTICK    15

// The compiler knows these by name, even in a freestanding program.
void *memset(void *to, int byte, size_t length);
void *memset(void *to, int byte, size_t length) {
    uint8_t *p = to;
    while (length--)
        *p++ = (uint8_t)byte;
    return to;
}
void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    uint8_t *p = to;
    const uint8_t *q = from;
    while (length--)
        *p++ = *q++;
    return to;
}

typedef void (*handler)(void);
__attribute__((used, section(".vectors"))) static const struct {
    const void *stack;
    handler exceptions[EXCEPTIONS - 1 + INTERRUPTS];
} vectors = {
    .stack = &stack_top,
    .exceptions =
        {
            [0] = reset_handler,
            [1 ... SYSTICK - 2] = unexpected,
            [SYSTICK - 1] = systick_handler,
            [EXCEPTIONS - 1 ... EXCEPTIONS - 2 + USART1_IRQ] = unexpected,
            [EXCEPTIONS - 1 + USART1_IRQ] = usart1_handler,
            [EXCEPTIONS - 1 + USART2_IRQ] = usart2_handler,
            [EXCEPTIONS + USART2_IRQ... EXCEPTIONS - 2 + INTERRUPTS] = unexpected,
        },
};
