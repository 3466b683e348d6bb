// board: what each chip gives to the common part of the reference firmware. Implemented in avr/ and stm32/, called from the main
// loop only unless it says otherwise; the chip calls back through machine_receive, machine_panel_receive and planner_tick.
#ifndef LOTGATE_REFERENCE_BOARD_H
#define LOTGATE_REFERENCE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

// Milliseconds since power-up; wraps around.
uint32_t board_millis(void);

// The wire to the host. Waits for room in the transmit buffer, at most the time that its bytes take on the wire.
void board_send(uint8_t byte);

// The line to the panel (screen, keys, scanner). False: no room just now, or the board has no panel.
bool board_panel_send(uint8_t byte);
#ifdef BOARD_HAS_PANEL
#define BOARD_PANEL true
#else
#define BOARD_PANEL false
#endif

// Beam or spindle: 0 (off) to BOARD_POWER_MAX. Called with interrupts off, or from the tick.
#define BOARD_POWER_MAX 1000u
void board_power(uint16_t power);
// Told to others (stepper enable): an axis moves. As board_power.
void board_moving(bool moving);
// The second lock between firmware and laser.
void board_enable(bool on);

// Keys that are held, bit per key.
enum board_key { KEY_START = 1 << 0, KEY_PAIRING = 1 << 1, KEY_CARD = 1 << 2 };
uint8_t board_keys(void);

// Non-volatile memory: STORE_BYTES (guard.h) of it. A write returns when it has ended; false: it was not taken.
void board_load(uint8_t offset, uint8_t *bytes, uint8_t length);
bool board_store(uint8_t offset, const uint8_t *bytes, uint8_t length);

// Some bits that nobody can tell beforehand.
uint16_t board_noise(void);

// Interrupts off, and as they were. What is between is short.
uint8_t board_lock(void);
void board_unlock(uint8_t before);

// Sleeps until the next interrupt (a millisecond at most), unless bytes came meanwhile; feeds nothing.
void board_idle(void);
// The main loop is alive.
void board_feed_watchdog(void);

#endif
