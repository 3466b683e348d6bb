// lotgate: the hook for firmwares that are written in C++ (Grbl_ESP32, FluidNC, Marlin). What their sources call, and what a
// port gives; where the calls go stands in each firmware's README. One hook per firmware, all calls from one task.
#ifndef LOTGATE_GLUE_H
#define LOTGATE_GLUE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lotgate_way { LOTGATE_USB, LOTGATE_CARD, LOTGATE_SCREEN, LOTGATE_NETWORK };

enum lotgate_answer {
    LOTGATE_EXECUTE, // go on
    LOTGATE_DONE,    // it was for the hook: no answer
    LOTGATE_REFUSE   // answer with an error and drop it; a file is to be closed
};

enum lotgate_kind { LOTGATE_LASER, LOTGATE_ROUTER, LOTGATE_PRINTER };

// Once, when the serial port is open. Both texts are kept. Until then every line is refused.
void lotgate_init(const char *serial_number, const char *firmware, enum lotgate_kind kind);
// Each line, NUL-terminated, without its end, before it is executed.
enum lotgate_answer lotgate_line(enum lotgate_way way, const char *line);
void lotgate_refused(void);                   // the firmware answered a line that passed with an error
bool lotgate_may_start(enum lotgate_way way); // a file or macro is about to begin
void lotgate_ended(enum lotgate_way way);     // ... and has ended
void lotgate_reset(void);                     // soft reset or alarm
void lotgate_scanned(const char *code);       // by a scanner at the machine
void lotgate_tick(void);                      // at least every 100 ms

// Given by the port.
void lotgate_port_write(const char *frame);                    // to the USB client
uint32_t lotgate_port_millis(void);                            // since power-up
void lotgate_port_random(uint8_t bytes[8]);                    // never the same twice in the board's life
bool lotgate_port_load(uint8_t *bytes, unsigned length);       // all of the store; false: blank
bool lotgate_port_save(const uint8_t *bytes, unsigned length); // all of it, at once
void lotgate_port_show(const char *text);
bool lotgate_port_button(void); // the pairing button is held

#ifdef __cplusplus
}
#endif
#endif
