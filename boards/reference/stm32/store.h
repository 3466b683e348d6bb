// store: the board's non-volatile memory (board.h: board_load, board_store) in two pages of flash.
#ifndef LOTGATE_REFERENCE_STM32_STORE_H
#define LOTGATE_REFERENCE_STM32_STORE_H

// At power-up, before interrupts and watchdogs: may take as long as erasing two pages does.
void store_init(void);

#endif
