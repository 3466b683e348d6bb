// say.c: text to the host.

#include "say.h"   // say_text
#include "board.h" // board_send

void say_text(FLASH char *text) {
    for (char c = *text; c; c = *++text)
        board_send((uint8_t)c);
}

void say_number(uint32_t number) {
    char digits[10];
    uint8_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10u);
    while (number /= 10u);
    while (count)
        board_send((uint8_t)digits[--count]);
}

void say_thousandths(int32_t number) {
    uint32_t size = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
    uint16_t part = (uint16_t)(size % 1000u);
    if (number < 0)
        board_send('-');
    say_number(size / 1000u);
    board_send('.');
    for (uint16_t digit = 100; digit; digit = (uint16_t)(digit / 10u)) {
        board_send((uint8_t)('0' + part / digit));
        part = (uint16_t)(part % digit);
    }
}

void say_point(const int32_t point[3]) {
    for (uint8_t i = 0; i < 3; i++) {
        if (i)
            board_send(',');
        say_thousandths(point[i]);
    }
}

void say_line_end(void) {
    SAY("\r\n");
}
