// avr_uart: the UART of the test firmwares, without interrupts. simavr keeps the bytes that wait.
#ifndef LOTGATE_TESTS_AVR_UART_H
#define LOTGATE_TESTS_AVR_UART_H

#include <avr/io.h>
#include <stdint.h>

static inline uint8_t uart_get(void) {
    while (!(UCSR0A & 1 << RXC0))
        ;
    return UDR0;
}

static inline void uart_put(uint8_t byte) {
    while (!(UCSR0A & 1 << UDRE0))
        ;
    UDR0 = byte;
}

static inline void uart_start(void) {
    UCSR0A = 1 << U2X0;
    UBRR0 = 1; // 1 Mbit/s at 16 MHz
    UCSR0B = 1 << RXEN0 | 1 << TXEN0;
    UCSR0C = 1 << UCSZ01 | 1 << UCSZ00;
    uart_put('R'); // ready: what came before was lost
}

#endif
