// simavr_board: a simulated AVR with its two wires, its EEPROM in a file, and a log of what happened when.
#ifndef LOTGATE_REFERENCE_SIMAVR_BOARD_H
#define LOTGATE_REFERENCE_SIMAVR_BOARD_H

#include <simavr/avr_eeprom.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define WIRE_QUEUE  65536 // bytes from the pseudo-terminal that wait for their time on the wire
#define WIRE_LINE   256   // of a line in the log; a longer one is cut there
#define EEPROM_MOST 4096

// One UART and the pseudo-terminal that stands for its cable.
struct wire {
    struct board *board;
    char name; // '0', '1'
    int master, slave;
    avr_uart_t *uart;
    avr_irq_t *input;
    avr_io_read_t simavr_read;
    double byte_cycles, due; // of a byte on the wire; when the next may begin
    uint8_t queue[WIRE_QUEUE];
    size_t head, tail;
    char rx_line[WIRE_LINE], tx_line[WIRE_LINE]; // for the log
    size_t rx_length, tx_length;
    avr_cycle_count_t tx_began;
};

struct board {
    avr_t *avr;
    FILE *log;
    struct wire wires[2];
    const char *eeprom_path; // NULL: not kept
    uint8_t eeprom[EEPROM_MOST];
    uint32_t eeprom_size;
    uint32_t writes, cut_after; // of EEPROM bytes; 0: never
    bool torn;                  // the write at which power is cut leaves its byte erased
    bool cut;                   // power is gone
    uint16_t lowest_stack;
};

// Each gives false after saying why on standard error.
bool board_start(struct board *b, const char *mcu, uint32_t frequency, const char *elf);
// `link` becomes a symbolic link to a new pseudo-terminal.
bool board_wire(struct board *b, char uart, uint32_t baud, const char *link);

// Runs for so many cycles, or until power is cut. False: the program has crashed.
bool board_run(struct board *b, avr_cycle_count_t cycles);

// Takes what has come on the pseudo-terminals.
void board_read_wires(struct board *b);

// A pin from outside: port 'A'.., bit, level.
void board_pin(struct board *b, char port, int bit, int level);
// From here on the program does nothing any more, as one that hangs; interrupts go on.
void board_stall(struct board *b);

// One line of the log: microseconds of simulated time, what, text.
void board_log(struct board *b, avr_cycle_count_t when, const char *what, const char *text);
double board_microseconds(const struct board *b);

#endif
