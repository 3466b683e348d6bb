// main.c: the reference firmware on an AVR.

#include <avr/interrupt.h>

#include "board.h" // board_idle
#include "chip.h"  // chip_init

struct machine avr_machine;

int main(void) {
    chip_init();
    uart_init();
    sei();
    machine_init(&avr_machine);
    for (;;)
        if (!machine_turn(&avr_machine))
            board_idle();
}
