// say: text to the host, piece by piece. Waits for the wire where there is no room.
#ifndef LOTGATE_REFERENCE_SAY_H
#define LOTGATE_REFERENCE_SAY_H

#include <stdint.h>

#include "flash.h" // FLASH

void say_text(FLASH char *text);
void say_number(uint32_t number);
// Thousandths with three decimals: 1500 is 1.500.
void say_thousandths(int32_t number);
// Three of them with commas between.
void say_point(const int32_t point[3]);
void say_line_end(void);
#define SAY(text)      say_text(FLASH_TEXT(text))
#define SAY_LINE(text) say_text(FLASH_TEXT(text "\r\n"))

#endif
