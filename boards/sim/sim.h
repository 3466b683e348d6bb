// sim: a simulated machine that speaks Grbl, for the demo, for tests in virtual time, and on a pseudo-terminal.
//
// Bytes and the time go in, bytes come out. It opens no file, reads no clock and starts no thread; one thread
// at a time. Time is monotonic microseconds and may be virtual; it never goes back. What happens does not
// depend on how often it is called: everything due up to `now` is worked off in its order, so the same
// calls with the same seed give the same bytes.
//
// It is modelled on sessions recorded with Grbl 1.1h (boards/sim/README.md says what is modelled and what is
// not) and has a G-code interpreter of its own, so that it is a check of proto/ and not an echo of it.
#ifndef LOTGATE_SIM_H
#define LOTGATE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h> // ssize_t

#include "grbl.h" // enum grbl_flavour, nothing else
#include "link.h" // enum link_state

#define SIM_TEXT_MAX    64   // $I user string, file names on the card
#define SIM_LINE_MAX    1024 // bytes of one received line that are kept for sim_line; longer ones are cut
#define SIM_WIRE_MAX    4096 // bytes under way to the machine; sim_write takes no more
#define SIM_OUT_MAX     8192 // bytes that wait for sim_read; beyond that they are lost and counted
#define SIM_RX_MAX      4096 // largest receive buffer
#define SIM_PLANNER_MAX 128  // largest planner
#define SIM_CARD_MAX    (4 << 20) // bytes of the file on the card
#define SIM_HOOK_STORE  40        // bytes that the hook keeps over power cuts: LG_HOOK_STORE

enum sim_kind { SIM_LASER, SIM_CNC };

struct sim_line;

struct sim_config {
    enum sim_kind kind;
    enum grbl_flavour flavour;
    uint32_t baud;             // 8N1, both directions; 0: bytes take no time
    uint16_t rx_buffer;        // bytes; 128 on AVR
    uint16_t planner_blocks;   // moves that wait or run; 15 on AVR
    double max_feed;           // mm/min of X and Y ($110, $111); Z has a tenth
    double acceleration;       // mm/s² of X and Y ($120, $121)
    double travel[3];          // mm ($130..$132)
    char serial[SIM_TEXT_MAX]; // user string shown by $I
    int64_t open_banner_us[2]; // from sim_open to the banners; 0: none. AVR 326 ms; ESP32 2.6 s and 5 s
    uint64_t seed;             // of the fault rates below
    uint32_t drop_ppm;         // bytes to the host lost, per million
    uint32_t garble_ppm;       // bytes to the host with a bit turned over, per million
    uint32_t splice_ppm;       // status reports that lose their end, per million
    bool hook;                 // its firmware has the hook of hook/; `serial` is its serial number
    uint64_t hook_seed;        // of the hook's nonces: another one at every start, where that matters
    uint8_t hook_store[SIM_HOOK_STORE]; // what its memory holds when it is switched on
    // The hook has written its memory; it shows a text. NULL: nobody asks. Must not call back.
    void (*on_store)(void *context, const uint8_t store[SIM_HOOK_STORE]);
    void (*on_screen)(void *context, const char *text);
    // Called when a line has been judged, before its motion ends; NULL: nobody asks. Must not call back.
    void (*on_line)(void *context, const struct sim_line *line);
    void *context;
};
// Defaults of a flavour: AVR 115200, rx 128, planner 15; MKS rx 256; user string "".
void sim_config_default(struct sim_config *config, enum sim_kind kind, enum grbl_flavour flavour);

// A line that the machine took, with what it answered.
enum sim_source { SIM_FROM_HOST, SIM_FROM_CARD, SIM_FROM_STARTUP };
struct sim_line {
    const char *text; // the bytes as they came out of the receive buffer, without terminator or realtime
    size_t length;    // bytes; may hold NUL
    uint16_t result;  // 0: ok; else the number of error:n
    enum sim_source source;
    int64_t when;         // µs
    bool work;            // it moves with the beam above the watch level, or starts or feeds with the spindle
    bool denied;          // by the hook
    uint64_t resets;      // restarts so far
    uint64_t card_starts; // files of the card that began so far
};

struct sim;

// Makes a machine that is powered, idle at 0,0,0, its port not yet opened. The caller owns it. NULL when
// memory is out. Asserts on a configuration beyond the limits above.
struct sim *sim_create(const struct sim_config *config);
void sim_free(struct sim *sim); // NULL is fine

// The host opens the port: an AVR board restarts (DTR), ESP32 boards too; the banners come as configured.
// Without it the machine answers as one that has been up for long.
void sim_open(struct sim *sim, int64_t now);

// Bytes from the host. Returns how many were taken (the line is slow: SIM_WIRE_MAX), -1 when unplugged.
ssize_t sim_write(struct sim *sim, const void *bytes, size_t length, int64_t now);
// Bytes that have left the wire by `now`. Returns the count, 0 when there are none yet, -1 when unplugged.
ssize_t sim_read(struct sim *sim, void *buffer, size_t room, int64_t now);
// When to call sim_read or sim_advance next; INT64_MAX: nothing will happen by itself.
int64_t sim_deadline(struct sim *sim, int64_t now);
// Works off everything that is due up to `now`, without I/O.
void sim_advance(struct sim *sim, int64_t now);

// What can go wrong. `param` 0 stands for the value in brackets.
enum sim_fault {
    SIM_FAULT_DROP,      // param bytes to the host are lost [1]
    SIM_FAULT_DROP_IN,   // param bytes from the host are lost [1]
    SIM_FAULT_GARBLE,    // param bytes to the host get a bit turned over [1]
    SIM_FAULT_GARBLE_IN, // param bytes from the host [1]
    SIM_FAULT_LOSE_OK,   // param `ok` replies are not sent [1]
    SIM_FAULT_SPLICE,    // param status reports lose their end, and the next reply sticks to them [1]
    SIM_FAULT_NOISE,     // param random bytes reach the host [16]
    SIM_FAULT_STALL,     // nothing reaches the host for param µs [5 s]; it comes afterwards
    SIM_FAULT_STUCK,     // the firmware hangs: only `reset` or opening the port again brings it back
    SIM_FAULT_RESET,     // it restarts by itself (supply dip): motion stops, position is lost, banner
    SIM_FAULT_UNPLUG,    // reads and writes fail, for param µs [until replug]; motion goes on
    SIM_FAULT_REPLUG,    // the port is back; it has to be opened again
    SIM_FAULT_LIMIT,     // a limit switch: ALARM:1, only a reset goes on
    SIM_FAULT_DOOR,      // the door is opened: Door, and no resume until it is closed
    SIM_FAULT_DOOR_CLOSE,
    SIM_FAULTS
};
const char *sim_fault_name(enum sim_fault fault); // "drop", "drop-in", ... "door-close"
bool sim_fault_from_name(const char *name, enum sim_fault *fault);
void sim_fault(struct sim *sim, enum sim_fault fault, int64_t param, int64_t now);

// The card. sim_card_store puts a file on it (copied; replaces the one before), which $SD/Run=<name>,
// [ESP220]<name>, [ESP700]<name> and $LocalFS/Run=<name> start, as sim_card_start does from the touch screen.
// False when the flavour has no card (AVR), the file is larger than SIM_CARD_MAX, or memory is out.
bool sim_card_store(struct sim *sim, const char *name, const char *text, size_t length);
bool sim_card_start(struct sim *sim, int64_t now); // false: no file, or not idle

// The hook, where the machine has one. A code is read by its scanner; its pairing button is held or let go.
struct sim_hook_view {
    bool there;
    enum link_state state;
    bool doubt;           // it takes the beam to be on, since a line was refused
    const char *screen;   // what it shows; valid until the next call
    const uint8_t *store; // its memory, SIM_HOOK_STORE bytes; NULL without a hook
};
void sim_hook_scan(struct sim *sim, const char *code, int64_t now);
void sim_hook_button(struct sim *sim, bool held);
void sim_hook_look(struct sim *sim, struct sim_hook_view *view);

// What the checks of a test look at.
enum sim_state { SIM_IDLE, SIM_RUN, SIM_HOLD, SIM_JOG, SIM_ALARM, SIM_DOOR, SIM_CHECK, SIM_HOME, SIM_SLEEP };
struct sim_view {
    enum sim_state state;
    uint8_t sub_state;  // of Hold and Door
    double position[3]; // machine position, mm
    bool energised;     // beam out, or spindle turning, at this moment
    double power;       // S at this moment
    bool plugged;
    bool card_running;
    uint16_t planner_used, rx_used;
    uint64_t lines;  // judged, all sources
    uint64_t errors; // of them refused
    uint64_t bytes_in, bytes_out;
    uint64_t rx_overflow; // bytes that found the receive buffer full
    uint64_t out_lost;    // bytes that found SIM_OUT_MAX full, or the port unplugged
    uint64_t resets;
    int64_t energised_us;     // time with the beam out or the spindle turning
    int64_t forbidden_us;     // of it above the watch level while sim_watch said no
    uint64_t work_lines;      // lines with `work`
    uint64_t forbidden_lines; // work lines judged while sim_watch said no
    uint64_t denied;          // lines of the host that the hook did not let pass
    uint64_t card_starts;     // files of the card that began
};
void sim_view(struct sim *sim, struct sim_view *view, int64_t now);

// Tells the machine's own watchman whether work is allowed from now on, and above which S a beam counts as
// work (a spindle always does). Allowed with level 0 at first. Changes nothing that the machine does.
void sim_watch(struct sim *sim, bool allowed, double level, int64_t now);

#endif
