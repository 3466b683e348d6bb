// chip: shared by the files of the AVR board.
#ifndef LOTGATE_REFERENCE_AVR_CHIP_H
#define LOTGATE_REFERENCE_AVR_CHIP_H

#include "machine.h" // machine

extern struct machine avr_machine; // main.c's; the interrupts need it
void uart_init(void);
void chip_init(void);

#endif
