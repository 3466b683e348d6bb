// uart.c: the wire to the host (UART0) and, on the ATmega2560, to the panel (UART1).

#include <avr/interrupt.h>
#include <avr/io.h>

#include "board.h"   // board_send
#include "chip.h"    // avr_machine
#include "machine.h" // machine_receive

#define TX_ROOM 16 // a power of two; a report waits until these bytes are gone, 1.4 ms

static struct {
    uint8_t bytes[TX_ROOM];
    volatile uint8_t head, tail; // the main loop moves the head, the interrupt the tail
} tx;

#define DOUBLE_SPEED(baud) ((uint16_t)((F_CPU / 4 / (baud)-1) / 2))

void uart_init(void) {
    UCSR0A = 1 << U2X0;
    UBRR0 = DOUBLE_SPEED(115200ul);
    UCSR0B = 1 << RXEN0 | 1 << TXEN0 | 1 << RXCIE0;
#ifdef BOARD_HAS_PANEL
    UCSR1A = 1 << U2X1;
    UBRR1 = DOUBLE_SPEED(9600ul);
    UCSR1B = 1 << RXEN1 | 1 << TXEN1 | 1 << RXCIE1;
#endif
}

void board_send(uint8_t byte) {
    uint8_t next = (uint8_t)((tx.head + 1) % TX_ROOM);
    while (next == tx.tail)
        ;
    tx.bytes[tx.head] = byte;
    tx.head = next;
    UCSR0B |= 1 << UDRIE0;
}

#ifdef __AVR_ATmega2560__
ISR(USART0_UDRE_vect) {
#else
ISR(USART_UDRE_vect) {
#endif
    uint8_t tail = tx.tail;
    // board_send may have switched this on again behind the last byte.
    if (tail != tx.head) {
        UDR0 = tx.bytes[tail];
        tx.tail = tail = (uint8_t)((tail + 1) % TX_ROOM);
    }
    if (tail == tx.head)
        UCSR0B &= (uint8_t) ~(1 << UDRIE0);
}

#ifdef __AVR_ATmega2560__
ISR(USART0_RX_vect) {
#else
ISR(USART_RX_vect) {
#endif
    machine_receive(&avr_machine, UDR0);
}

#ifdef BOARD_HAS_PANEL
ISR(USART1_RX_vect) {
    machine_panel_receive(&avr_machine, UDR1);
}

bool board_panel_send(uint8_t byte) {
    if (!(UCSR1A & 1 << UDRE1))
        return false;
    UDR1 = byte;
    return true;
}
#else
bool board_panel_send(uint8_t byte) {
    return false;
}
#endif
