// main.c: the reference firmware on an STM32F405.

#include "board.h" // board_idle
#include "chip.h"  // chip_init

struct machine stm32_machine;

int main(void) {
    chip_init();
    machine_init(&stm32_machine);
    for (;;)
        if (!machine_turn(&stm32_machine))
            board_idle();
}
