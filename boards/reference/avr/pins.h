// pins: what is wired to which pin, ATmega328P (an Arduino Uno's, as Grbl has them) and ATmega2560.
#ifndef LOTGATE_REFERENCE_AVR_PINS_H
#define LOTGATE_REFERENCE_AVR_PINS_H

#include <avr/io.h>

// Outputs, port B of both.
#define OUT_PORT   PORTB
#define OUT_DDR    DDRB
#define OUT_MOVING PB0 // an axis moves
#define OUT_BEAM   PB5 // the beam is on, at whatever power (the LED of both boards' first port: D13, D11)

// Power as pulse width, timer 2.
#ifdef __AVR_ATmega2560__
#define PWM_PIN    PB4 // OC2A
#define OUT_ENABLE PB6 // the second lock
#define KEY_PORT   PORTK
#define KEY_PIN    PINK
#else
#define PWM_PIN    PB3 // OC2A
#define OUT_ENABLE PB4
#define KEY_PORT   PORTC
#define KEY_PIN    PINC
#endif

// Keys, to ground.
#define IN_START   2
#define IN_PAIRING 4
#define IN_CARD    5

#endif
