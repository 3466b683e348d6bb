// chip: shared by the files of the STM32 board.
#ifndef LOTGATE_REFERENCE_STM32_CHIP_H
#define LOTGATE_REFERENCE_STM32_CHIP_H

#include "machine.h"   // machine
#include "registers.h" // USART1_IRQ

extern struct machine stm32_machine; // main.c's; the interrupts need it
int main(void);
void chip_init(void);
void systick_handler(void);
void usart1_handler(void);
void usart2_handler(void);

#endif
