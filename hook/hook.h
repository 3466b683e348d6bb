// hook: the gate inside the machine. Compiled into a machine's firmware, it lets no work start, whatever the way (serial line,
// card, touch screen, Wi-Fi), unless the host that it is paired with has opened it for that one job.
//
// Freestanding C11: <stdint.h> <stddef.h> <stdbool.h> and proto/ alone; no allocation, no floating point, no stdio. One struct
// that the firmware owns and never looks into; one table of port functions; all calls come from the firmware's main loop,
// never from an interrupt. Realtime bytes (reset, feed hold, status) are the firmware's own and never pass through here.
//
// States: unpaired (passes everything, says so) | locked | open | running | expired (open, but the host went silent for
// longer than it promised: like locked). A running job is never stopped: when the host goes silent the job may finish, and
// the next cannot start. After power-up, reset or watchdog a paired hook is locked.
//
//   event                                   unpaired    locked      open              running
//   OPEN, right MAC, nonce pair unused      err         -> open     same job: ok      same job: ok
//                                                                   other job: busy   busy
//   work line / may_start, any source       pass        blocked     -> running        same source: pass; other: blocked
//   M2/M30 or lg_hook_ended, that source    pass        -           -                 -> locked, EVENT ended
//   CLOSE of that job, right MAC            err         ok          -> locked         -> locked
//   life over                               -           -           -> expired        goes on; locked at its end
//   lg_hook_reset (soft reset, alarm)       -           -           stays open        -> locked, EVENT ended
//
// Expired is like locked, and still names the job; PING does not bring it back, a new HELLO and OPEN do.
//
// What passes while locked: what the classifier (proto/gcode.h) calls setup, and a beam up to the focus limit (for how long is
// the host's affair: a hook has no clock that a firmware must not stop). Work, what is unknown, starts of local files and
// lotgate's own `$LOT=` lines do not. A line that starts a file on the machine (`$SD/Run=`, M24) takes the opened job for the
// source that it came from; the file's own source may then take the job over, once.
//
// Nonces: each HELLO makes a new pair, and a pair opens at most one job: its OPEN said again is answered with ok and does
// nothing as long as that job is open or running, and with err=nonce after. HELLO closes nothing.
// Wrong MACs: each one makes the hook deaf to MACs for a time that doubles (LG_HOOK_WAIT_FIRST to LG_HOOK_WAIT_MAX); a right
// one ends that, HELLO does not.
// A flood of blocked lines: at most one EVENT per source in a second; all are counted (HELLO's b).
#ifndef LOTGATE_HOOK_H
#define LOTGATE_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gcode.h" // gcode_rules, gcode_modal: the very classifier of the host
#include "link.h"  // link_source, frames

// What the firmware gives. `context` is handed back. All are called from inside lg_hook_ calls and must return soon (well under
// a millisecond, but for store). Any but write, millis and random may be NULL: what it stands for is then not there.
struct lg_hook_port {
    void *context;
    // Sends bytes to the host on the paired serial line: whole frames with their line end, between two of the firmware's own
    // lines. May wait for room in the transmit buffer.
    void (*write)(void *context, const char *bytes, uint8_t length);
    // Milliseconds since power-up; wraps around.
    uint32_t (*millis)(void *context);
    // Fills 8 bytes that never repeat over the life of the board (RNG, ADC noise, or a counter in EEPROM mixed with the key).
    void (*random)(void *context, uint8_t bytes[LINK_NONCE]);
    // Shows a text (at most LINK_TEXT_MAX bytes and NUL, `|` parts lines) on the machine's screen.
    void (*show)(void *context, const char *text);
    // Bytes of non-volatile memory set aside for the hook: LG_HOOK_STORE bytes, read and written at an offset. A write may be
    // cut by power loss after any byte; the hook keeps two slots and is left with the old key or the new one. store returns
    // false when the memory did not take it. Both NULL: the hook cannot be paired and passes everything.
    void (*load)(void *context, uint8_t offset, uint8_t *bytes, uint8_t length);
    bool (*store)(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length);
    // True while the board's pairing button is held.
    bool (*pairing_button)(void *context);
    // The second lock, where the board has one: laser enable, spindle relay. True while open, running or unpaired. `true` is to
    // be obeyed at once, `false` when the motions that are still queued have ended: M2 is seen before they have.
    void (*output_enable)(void *context, bool on);
    const char *
        serial_number; // as on the nameplate, at most LINK_SN_MAX plain bytes; NUL-terminated, valid for ever
    const char *firmware; // short name and version, for HELLO's fw
};

#define LG_HOOK_STORE 40 // bytes of non-volatile memory: two slots

enum lg_hook_answer {
    LG_HOOK_PASS,     // the firmware executes the line as if there were no hook
    LG_HOOK_CONSUMED, // it was a frame: the firmware drops the line and answers nothing
    LG_HOOK_DENY      // work that is not opened: the firmware drops the line and answers its own error
} LINK_SMALL;

// What becomes of a byte: see lg_hook_byte.
enum lg_hook_byte_answer {
    LG_BYTE_PASS,  // the firmware's own
    LG_BYTE_TAKEN, // part of a frame: not to be stored in the firmware's line
    LG_BYTE_FRAME  // the frame's last: the firmware empties its line and answers nothing
} LINK_SMALL;

#define LG_HOOK_WAIT_FIRST 256u   // milliseconds after the first wrong MAC
#define LG_HOOK_WAIT_MAX   32768u // and at most

// All of it is the hook's own. On an AVR at most 256 bytes, so the text of a frame and a scanned line share their place, and
// times are counted down instead of remembered.
struct lg_hook {
    const struct lg_hook_port *port;
    const struct gcode_rules *rules;
    uint8_t state;             // enum link_state
    uint8_t source;            // enum link_source that runs the job
    uint8_t origin;            // and the one that started it
    uint8_t flags;             // see hook_inside.h
    uint8_t quiet;             // bit per source that was told of in this second
    uint8_t collected;         // bytes of the frame so far, or what else the line is: see hook_byte.c
    uint16_t counter;          // the last PING's
    uint16_t wait;             // milliseconds for which the last wrong MAC made the hook deaf
    uint16_t blocked;          // starts, since power-up
    uint16_t life;             // seconds, from OPEN
    uint16_t clock;            // low half of millis when the times below were counted down
    uint32_t life_left;        // milliseconds
    uint16_t left[3];          // milliseconds; see hook_inside.h
    struct link_secret secret; // a key of zeros is none
    char job[LINK_JOB_MAX + 1];
    struct gcode_modal modal;
    union {
        char frame[LINK_FRAME_MAX + 3];
        struct gcode_block block;
    } scratch;
};

// Starts the hook: loads the key; locked when there is one, else unpaired. `port` and `rules` must outlive the hook.
void lg_hook_init(struct lg_hook *hook, const struct lg_hook_port *port, const struct gcode_rules *rules);

// One line from `source`, without its CR or LF, as it was received and before the firmware parses it. One longer than
// GCODE_LINE_MAX is not understood and so is work. Frames are taken from LINK_USB alone; on other sources they are denied. A line
// that opens like a frame and is none (cut, too long, wrong crc) is consumed. When something stands behind a frame, its line end was
// lost: the frame is obeyed and the rest, which is somebody's line, denied. Follows the modal state of lines that pass, so
// every line of every source must come through here, startup lines too, in the order in which they are executed.
enum lg_hook_answer lg_hook_line(struct lg_hook *hook, enum link_source source, const char *line,
                                 size_t length);

// The firmware answered an error to a line that had passed: what the line did is not known, and the beam or spindle is taken to
// be on until a line with M5 and S0, or a reset.
void lg_hook_refused(struct lg_hook *hook);

// For firmwares whose line buffer is shorter than LINK_FRAME_MAX (AVR Grbl: 80): every byte of the paired serial line, before it is
// stored in the line. Lines that are not frames get LG_BYTE_PASS for all bytes; the `$LG` of a frame passes as well and is dropped
// with LG_BYTE_FRAME when the last digit of its crc has come, or at a line end before. A line end behind that is taken; any other byte
// begins the next line, so that a lost line end costs nothing. Such a firmware still gives whole lines to lg_hook_line. A line of another source that comes in the middle
// of a frame costs that frame (the host says it again): a firmware that can should let such lines wait while lg_hook_receiving.
enum lg_hook_byte_answer lg_hook_byte(struct lg_hook *hook, uint8_t byte);

// True in the middle of a frame, for at most 100 ms after its last byte.
bool lg_hook_receiving(const struct lg_hook *hook);

// Asked before the firmware starts a file, macro or panel job of its own accord. True: go on; the hook has taken it as the open
// job's start. The lines of that file come through lg_hook_line with the same source.
bool lg_hook_may_start(struct lg_hook *hook, enum link_source source);

// A file or panel job has ended (end of file, stopped by the user).
void lg_hook_ended(struct lg_hook *hook, enum link_source source);

// The firmware was reset softly or raised an alarm: the modal state starts anew, a running job is over.
void lg_hook_reset(struct lg_hook *hook);

// A code was read by a scanner at the machine (without its line end; longer than LINK_TEXT_MAX is cut): told to the host.
void lg_hook_scan(struct lg_hook *hook, const char *code, uint8_t length);

// To be called at least every 100 ms: life time, the screen.
void lg_hook_tick(struct lg_hook *hook);

enum link_state lg_hook_state(const struct lg_hook *hook);

#endif
