// machine: a small Grbl-like firmware with the hook inside: what a port of the hook looks like, whole.
//
// The chip's interrupts give it bytes (machine_receive) and milliseconds (planner_tick); its main loop calls machine_turn for ever.
// Nothing in the main loop waits for a motion: a line that can't be executed yet stays where it is and is looked at again.
//
//   wire -> machine_receive -> realtime bytes: flags        (interrupt)
//                           -> ring of 128 bytes            (interrupt)
//   ring -> lg_hook_byte -> frames: the hook's own
//                        -> line of 80 -> lg_hook_line -> `$`: system.c; words: words.c, check.c, run.c -> planner
//   card, panel -> lg_hook_may_start -> local.c -> the same lg_hook_line with their own source
//
// All of it is one struct, that of the chip's main.c.
#ifndef LOTGATE_REFERENCE_MACHINE_H
#define LOTGATE_REFERENCE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "flash.h"   // FLASH
#include "hook.h"    // lg_hook
#include "planner.h" // planner
#include "words.h"   // block

#define RX_ROOM   128 // bytes that the ring holds, as Grbl's
#define LINE_ROOM 80  // of a line, its NUL included, blanks and comments left out
#define WCS_COUNT 6
#define SETTINGS  34 // rows of the table in settings.c
#define CODE_ROOM (LINK_TEXT_MAX + 2)

// A line on its way in: what is executed of it.
struct line {
    char text[LINE_ROOM];
    uint8_t length;
    bool in_parentheses, in_semicolon, overflow;
};

struct modal {
    uint8_t motion, plane, wcs; // 0..3, MOTION_OFF; 17..19; 54..59
    uint8_t spindle, coolant;   // 3, 4, 5; 7, 8, 9
    bool inches, relative, inverse_time;
};

// What becomes of the line that is being executed.
enum phase {
    PHASE_NONE,   // there is none
    PHASE_BEFORE, // it waits for room in the planner, or for its motions to have ended
    PHASE_AFTER,  // it was executed, and waits for its motions to have ended
    PHASE_RESUME  // M0: waits for a cycle start
};

// Set by interrupts, taken by machine_realtime.
enum realtime { RT_STATUS = 1 << 0, RT_RESET = 1 << 1, RT_JOG_CANCEL = 1 << 2 };

// A file on the card.
struct local {
    FLASH char *at; // what comes next; NULL: none runs
    uint8_t source; // enum link_source
};

struct machine {
    struct lg_hook hook;
    struct lg_hook_port port;
    struct gcode_rules rules;
    struct planner planner;

    volatile uint8_t realtime;         // enum realtime
    volatile uint8_t rx_head, rx_tail; // interrupt moves the head, main loop the tail
    uint8_t rx[RX_ROOM + 1];
    struct line wire;

    // The line in execution. Its text is gone; `block` and `target` are what is left of it.
    uint8_t phase;  // enum phase
    uint8_t source; // enum link_source
    struct block block;
    int32_t target[AXES];
    uint32_t path; // length, micrometres

    struct modal modal;
    uint16_t feed, speed; // F in mm/min, S
    int32_t wcs[WCS_COUNT][AXES], g92[AXES], home[2][AXES];
    int32_t settings[SETTINGS]; // thousandths
    bool alarm, check;
    uint8_t reports_to_wco, reports_to_ov;

    struct local local;
    struct line card;

    uint8_t keys, keys_seen; // bit per key: as it counts, as it was last seen
    uint16_t keys_since;
    bool enable_wanted, enabled;
    uint16_t nonces; // given since the boot number was taken
    uint32_t boot;

#ifdef BOARD_HAS_PANEL
    // Bytes come from an interrupt.
    volatile uint8_t panel_head, panel_tail;
    uint8_t panel_rx[CODE_ROOM];
    char code[CODE_ROOM];
    uint8_t code_length;
    char screen[LINK_TEXT_MAX + 1];
    uint8_t screen_at; // of the text that is being sent
#endif
};

void machine_init(struct machine *m);
// One turn of the main loop. True: there is more to do at once.
bool machine_turn(struct machine *m);

// From an interrupt: a byte from the host, from the panel.
void machine_receive(struct machine *m, uint8_t byte);
void machine_panel_receive(struct machine *m, uint8_t byte);

#endif
