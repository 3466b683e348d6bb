// chip.c: clock, pins, beam, EEPROM, noise and watchdog.

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "board.h" // board_millis
#include "chip.h"  // chip_init
#include "crc16.h" // crc16
#include "guard.h" // STORE_BYTES
#include "pins.h"  // OUT_PORT

#define STORE_AT 0 // of the EEPROM

static volatile uint32_t millis;
static uint16_t noise = CRC16_START;

// After a watchdog reset it still runs, at its shortest: it must be off before the memory is cleared.
__attribute__((naked, used, section(".init3"))) void watchdog_off(void);
void watchdog_off(void) {
    MCUSR = 0;
    wdt_disable();
}

void chip_init(void) {
    OUT_DDR = 1 << OUT_MOVING | 1 << OUT_BEAM | 1 << OUT_ENABLE | 1 << PWM_PIN;
    KEY_PORT = 1 << IN_START | 1 << IN_PAIRING | 1 << IN_CARD; // pull-ups
    TCCR0A = 1 << WGM01;                                       // a millisecond: 64 * 250 cycles
    TCCR0B = 1 << CS01 | 1 << CS00;
    OCR0A = F_CPU / 64 / 1000 - 1;
    TIMSK0 = 1 << OCIE0A;
    TCCR2A = 1 << WGM21 | 1 << WGM20;
    TCCR2B = 1 << CS22;
    ADMUX = 1 << REFS0; // channel 0, which nothing is connected to
    ADCSRA = 1 << ADEN | 1 << ADPS2;
    set_sleep_mode(SLEEP_MODE_IDLE);
    wdt_enable(WDTO_500MS);
}

ISR(TIMER0_COMPA_vect) {
    millis++;
    planner_tick(&avr_machine.planner);
}

uint32_t board_millis(void) {
    uint8_t before = board_lock();
    uint32_t now = millis;
    board_unlock(before);
    return now;
}

static void set_pin(uint8_t pin, bool on) {
    uint8_t before = board_lock();
    if (on)
        OUT_PORT |= (uint8_t)(1 << pin);
    else
        OUT_PORT &= (uint8_t) ~(1 << pin);
    board_unlock(before);
}

void board_power(uint16_t power) {
    set_pin(OUT_BEAM, power != 0);
    OCR2A = (uint8_t)((uint32_t)power * 255u / BOARD_POWER_MAX);
    // A compare of 0 would still give a spike.
    TCCR2A = power ? 1 << COM2A1 | 1 << WGM21 | 1 << WGM20 : 1 << WGM21 | 1 << WGM20;
}

void board_moving(bool moving) {
    set_pin(OUT_MOVING, moving);
}

void board_enable(bool on) {
    set_pin(OUT_ENABLE, on);
}

uint8_t board_keys(void) {
    uint8_t down = (uint8_t)~KEY_PIN;
    return (uint8_t)((down & 1 << IN_START ? KEY_START : 0) | (down & 1 << IN_PAIRING ? KEY_PAIRING : 0) |
                     (down & 1 << IN_CARD ? KEY_CARD : 0));
}

void board_load(uint8_t offset, uint8_t *bytes, uint8_t length) {
    // An erased EEPROM holds FF; the hook's slots are empty when they hold 0.
    eeprom_read_block(bytes, (const void *)(STORE_AT + (uintptr_t)offset), length);
}

bool board_store(uint8_t offset, const uint8_t *bytes, uint8_t length) {
    for (uint8_t i = 0; i < length; i++) {
        uint8_t *cell = (uint8_t *)(STORE_AT + (uintptr_t)offset + i);
        wdt_reset();
        eeprom_update_byte(cell, bytes[i]);
        eeprom_busy_wait();
        if (eeprom_read_byte(cell) != bytes[i])
            return false;
    }
    return true;
}

uint16_t board_noise(void) {
    for (uint8_t i = 0; i < 16; i++) {
        ADCSRA |= 1 << ADSC;
        while (ADCSRA & 1 << ADSC)
            ;
        uint8_t sample[] = {ADCL, ADCH, TCNT0};
        noise = crc16(noise, sample, sizeof sample);
    }
    return noise;
}

uint8_t board_lock(void) {
    uint8_t before = SREG;
    cli();
    return before;
}

void board_unlock(uint8_t before) {
    __asm__ volatile("" ::: "memory");
    SREG = before;
}

void board_idle(void) {
    const struct machine *m = &avr_machine;
    cli();
    if (m->rx_head == m->rx_tail && m->realtime == 0) {
        sleep_enable();
        sei(); // takes effect behind the next instruction
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

void board_feed_watchdog(void) {
    wdt_reset();
}
