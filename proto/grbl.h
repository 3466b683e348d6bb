// grbl: the reply side of the Grbl family, and which sender bytes are realtime commands.
//
// Pure functions over bytes; freestanding. One reply line is given without its CR LF.
// Facts: Grbl 1.1 interface documentation; recorded sessions of Grbl 1.1h and grblHAL; for the ESP32 forks
// the reports in their repositories (see boards/README.md).
#ifndef LOTGATE_PROTO_GRBL_H
#define LOTGATE_PROTO_GRBL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grbl_flavour {
    GRBL_AVR, // Grbl 1.1 on ATmega328P
    GRBL_MKS, // MKS DLC32 and the other Grbl_ESP32 forks: every byte >= 0x80 is realtime
    GRBL_FLUIDNC,
    GRBL_HAL,
    GRBL_FLAVOURS
};
const char *grbl_flavour_name(enum grbl_flavour f); // "avr", "mks", "fluidnc", "grblhal"
bool grbl_flavour_from_name(const char *name, enum grbl_flavour *f);

// What a sender's byte is on its own, anywhere in the stream, comments included.
enum grbl_realtime {
    GRBL_DATA,        // part of a line
    GRBL_RESET,       // 0x18
    GRBL_STATUS,      // `?` (0x80 on grblHAL)
    GRBL_HOLD,        // `!` (0x82 on grblHAL)
    GRBL_CYCLE_START, // `~` (0x81 on grblHAL)
    GRBL_DOOR,        // 0x84
    GRBL_JOG_CANCEL,  // 0x85
    GRBL_OVERRIDE,    // feed, rapid, spindle overrides, coolant toggles, spindle stop
    GRBL_MACRO,       // runs a macro stored on the machine (grblHAL, FluidNC 0x87.., 0xB0..): a local start
    GRBL_OTHER_REALTIME // taken by the firmware, not one of the above (stop, parser report, tool change ack ...)
};
enum grbl_realtime grbl_realtime(enum grbl_flavour f, uint8_t byte);

// True for those that must pass at once in every state: they stop, ask, or lower something. A cycle start,
// override, macro or unknown realtime byte is realtime but not safety.
bool grbl_is_safety(enum grbl_realtime r);

// True when CR LF counts as one line end (FluidNC, grblHAL); AVR and MKS answer twice.
bool grbl_folds_crlf(enum grbl_flavour f);

enum grbl_reply_type {
    GRBL_REPLY_EMPTY,
    GRBL_REPLY_OK,
    GRBL_REPLY_ERROR,   // number
    GRBL_REPLY_ALARM,   // number
    GRBL_REPLY_STATUS,  // <...>
    GRBL_REPLY_MSG,     // [MSG:...]
    GRBL_REPLY_BANNER,  // Grbl 1.1h [...], GrblHAL ..., FluidNC banners
    GRBL_REPLY_GC,      // [GC:...]
    GRBL_REPLY_VER,     // [VER:...]: text is what follows `[VER:`
    GRBL_REPLY_OPT,     // [OPT:...]
    GRBL_REPLY_SETTING, // $n=value
    GRBL_REPLY_OTHER
};

struct grbl_reply {
    enum grbl_reply_type type;
    uint16_t number;               // error, alarm or setting number
    enum grbl_reply_type trailing; // OK, ERROR or ALARM found at the end of a spliced line, else EMPTY
    uint16_t trailing_number;
    const uint8_t *text; // payload inside the line: valid as long as the line is
    uint16_t length;
};

// Classifies one reply line. A status report or message whose end was spliced with `ok`, `error:n` or
// `ALARM:n` reports that in `trailing`.
void grbl_reply_parse(struct grbl_reply *reply, const uint8_t *line, size_t length);

// Finds `[VER:`, `[OPT:` and the like anywhere in a line: the MKS boards answer $I with several in one line.
// `tag` includes the bracket and the colon. Sets what stands between tag and `]`; valid as long as the line is.
bool grbl_find_field(const uint8_t *line, size_t length, const char *tag, const uint8_t **text,
                     uint16_t *text_len);

// Reads planner blocks and receive buffer bytes from the text of [OPT:...] (`V,15,128`). False, changing
// nothing, when they are not there.
bool grbl_opt_buffers(const uint8_t *text, size_t length, uint16_t *planner, uint16_t *rx);

enum grbl_run_state {
    GRBL_STATE_UNKNOWN,
    GRBL_IDLE,
    GRBL_RUN,
    GRBL_HOLDING,
    GRBL_JOG,
    GRBL_ALARMED,
    GRBL_DOOR_OPEN,
    GRBL_CHECK,
    GRBL_HOME,
    GRBL_SLEEP,
    GRBL_TOOL
};
const char *grbl_run_state_name(enum grbl_run_state s);

// A status report, as far as the gate needs it. Positions in micrometres as reported (mm or inch by $13 is
// the caller's concern). `has_*` tell which fields were present.
struct grbl_status {
    enum grbl_run_state state;
    uint8_t sub_state; // Hold:0, Door:1
    bool has_buffer, has_position, has_feed, has_sd, has_overrides;
    uint16_t planner_free, rx_free; // Bf:
    int32_t position_um[3];         // MPos: or WPos:
    uint32_t feed, speed;           // FS: or F:
    uint8_t overrides[3];           // Ov:
    uint16_t sd_permille;           // SD:12.5,/name  -> 125
};
// Parses the text of a status line, with or without its `<` and `>`. Returns false if it is not one.
bool grbl_status_parse(struct grbl_status *status, const uint8_t *text, size_t length);

// Rewrites a status line for a sender whose lines are held: state word -> `Hold:0`, the Bf: field left out,
// all else as it was. Returns the length written, or 0 when `room` is too small or the line is no status.
size_t grbl_status_as_held(uint8_t *out, size_t room, const uint8_t *line, size_t length);

#endif
