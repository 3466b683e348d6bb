// sim_inside: what the parts of the simulated machine share among themselves. Nobody else includes it.
//
//   sim.c           the clock: works events off in their order; the public functions
//   sim_wire.c      bytes that take time, and what can happen to them on the way
//   sim_firmware.c  the main loop: realtime flags, line assembly, resets, waiting
//   sim_system.c    `$` commands and settings
//   sim_gcode.c     one line of G-code -> operations; sim_words.c: its words
//   sim_motion.c    the planner and the axes
//   sim_report.c    texts: status, banners, settings
//   sim_card.c      jobs that the machine runs by itself
//   sim_hook.c      the hook of hook/ in its firmware, where the configuration asks for it
#ifndef LOTGATE_SIM_INSIDE_H
#define LOTGATE_SIM_INSIDE_H

#include "sim.h"

#define SIGNIFICANT_MAX 79  // characters of a line after blanks and comments are gone; one more is error:11
#define OPS_MAX         16  // operations that one line can need
#define TX_RING         104 // bytes that the firmware can print ahead of the wire
#define SETTINGS        34
#define NEVER           INT64_MAX

// --- the wire
struct wire_in {
    uint8_t byte[SIM_WIRE_MAX];
    int64_t at[SIM_WIRE_MAX]; // when the byte has arrived
    uint32_t head, count;
    int64_t last;
};
struct wire_out {
    uint8_t byte[SIM_OUT_MAX];
    int64_t at[SIM_OUT_MAX]; // when the byte has left
    uint32_t head, count;
    int64_t last;
};
struct mishaps { // counts of what is still to go wrong
    int64_t drop, drop_in, garble, garble_in, lose_ok, splice;
    int64_t stall_until, replug_at;
};

// --- the axes
struct block {
    double from[3], to[3];
    double length;           // mm
    double speed;            // mm/s, before overrides
    double ceiling;          // mm/s, what the axes can do
    double penalty;          // s lost for speeding up and for corners
    bool rapid, jog, system; // system: homing, probing
    uint8_t spindle;         // 3, 4, 5
    double power;
};
enum phase { PHASE_STILL, PHASE_MOVING, PHASE_HOLD_SEEN, PHASE_SLOWING, PHASE_SETTLING };
struct motion {
    struct block queue[SIM_PLANNER_MAX];
    uint16_t head, count;
    double done; // mm of the first block
    enum phase phase;
    int64_t phase_end; // of HOLD_SEEN, SLOWING, SETTLING
    int64_t at;        // time up to which `done` counts: the last event, so that calls between leave no trace
    double position[3];
};

// --- G-code
struct gc_state {
    uint16_t motion; // times ten: 0, 10, 20, 30, 382.., 800
    uint8_t plane;   // 17..19
    bool inches, relative, inverse_time;
    uint8_t wcs;     // 0..5
    uint8_t spindle; // 3, 4, 5
    uint8_t coolant; // bit 0 mist, bit 1 flood
    double feed, speed;
    int32_t tool;
    double position[3]; // where the last queued move ends, machine coordinates, mm
};
struct gc_offsets { // kept over resets
    double wcs[6][3], home[2][3], g92[3], tool_length;
};

enum op_kind {
    OP_DRAIN,
    OP_SPINDLE,
    OP_COOLANT,
    OP_DWELL,
    OP_MOVE,
    OP_ARC,
    OP_PROBED,
    OP_HOMED,
    OP_PAUSE,
    OP_END,
    OP_REPLY
};
struct op {
    enum op_kind kind;
    int32_t code;                  // spindle mode, coolant bits, reply number, probe mode times ten
    double value;                  // S, seconds
    struct block block;            // MOVE, ARC: `to` is the end
    double centre[2], angle, turn; // ARC, mm and radians
    uint8_t axis[3];               // ARC: plane's first, second, and the linear axis
    uint32_t pieces, piece;
};

// --- the firmware
enum stage { STAGE_UP, STAGE_BOOT, STAGE_ALARM, STAGE_INIT, STAGE_CRITICAL, STAGE_STUCK };
struct flags { // realtime commands that the main loop has still to see
    bool reset, status, hold, start, door, jog_cancel, spindle_stop, gc_report, sleep;
    uint8_t alarm; // number
};
struct assembly { // the line that is being received
    char text[SIGNIFICANT_MAX + 1];
    size_t length;
    char raw[SIM_LINE_MAX];
    size_t raw_length;
    bool comment_paren, comment_rest, overflow, after_cr;
};

struct sim {
    struct sim_config config;
    int64_t now, started;
    uint64_t random;
    bool plugged;
    struct wire_in in;
    struct wire_out out;
    struct mishaps mishaps;

    uint8_t rx[SIM_RX_MAX];
    uint32_t rx_head, rx_count;
    uint8_t utf8_lead; // FluidNC decodes C2 80..C2 BF

    enum stage stage;
    int64_t busy_until; // the main loop computes, sleeps or waits for the wire
    int64_t dwell_end;  // NEVER: no G4 runs
    struct flags flags;
    struct assembly line;
    struct op ops[OPS_MAX];
    uint8_t op_count, op_next;
    enum sim_source source;
    bool line_waits;      // a whole line stands in `line`, its computing time is not over
    uint8_t startup_next; // 2: both startup lines have run
    int64_t banner_at[2];
    bool door_is_open;

    enum sim_state state;
    bool hold_complete, jog_stopping, spindle_stopped, door_ajar;
    uint8_t spindle, coolant; // as switched, not as parsed
    double power;
    uint16_t feed_override, rapid_override, spindle_override; // percent
    uint8_t wco_count, override_count;
    struct motion motion;
    struct gc_state gc;
    struct gc_offsets offsets;
    double probe[3];
    bool probe_ok;
    double setting[SETTINGS];
    char startup_line[2][SIGNIFICANT_MAX + 1];
    char user_text[SIM_TEXT_MAX];

    char *card;
    size_t card_length, card_at;
    char card_name[SIM_TEXT_MAX];
    bool card_running;
    uint32_t card_line;

    struct sim_hook *hook; // NULL: none

    bool watch_allowed;
    double watch_level;
    struct sim_view counts;
};

// sim_wire.c
int64_t sim_wire_byte_us(const struct sim *s);
void sim_wire_arrived(struct sim *s); // the first byte under way has come in
void sim_print(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_wire_send(struct sim *s, uint8_t byte);
uint64_t sim_random(struct sim *s);
bool sim_chance(struct sim *s, uint32_t ppm);

// sim_firmware.c
void sim_firmware_byte(struct sim *s, uint8_t byte); // a byte has arrived at the UART
void sim_firmware_run(struct sim *s);                // goes on until it has to wait
void sim_firmware_clear(struct sim *s);              // memory as after a restart; keeps position and settings
void sim_firmware_power_up(struct sim *s);           // clear, idle, banner
void sim_firmware_cycle_stop(struct sim *s);         // the axes have come to rest
bool sim_in_motion(const struct sim *s);

// sim_line.c
bool sim_line_byte(struct sim *s, uint8_t byte); // true: the line is complete
void sim_line_clear(struct assembly *line);
void sim_line_execute(struct sim *s); // judges the line, fills ops
void sim_line_set(struct assembly *line, const char *text, size_t length);
int64_t sim_line_cost_us(const struct assembly *line); // computing time on a 16 MHz AVR

// sim_ops.c
bool sim_op_run(struct sim *s); // one step of the first operation; false: it has to wait
struct op *sim_op_add(struct sim *s, enum op_kind kind);
void sim_reply(struct sim *s, uint16_t result);

// sim_realtime.c
void sim_realtime_byte(struct sim *s, uint8_t byte); // a byte that is a realtime command
bool sim_is_realtime(struct sim *s, uint8_t *byte);
void sim_realtime_obey(struct sim *s); // what the flags ask for

// sim_system.c
uint16_t sim_system_line(struct sim *s, const char *line); // `$...` or `[ESP...]`
double sim_setting(const struct sim *s, uint16_t number);
void sim_settings_default(struct sim *s);
bool sim_laser_mode(const struct sim *s);

// sim_gcode.c: judges a line and adds its operations. `line` has no blanks or comments and is upper case.
uint16_t sim_gcode_line(struct sim *s, const char *line, bool jog, bool *work);
void sim_gcode_reset(struct gc_state *gc);
void sim_gcode_end_program(struct sim *s);
void sim_gcode_offset(const struct sim *s, double out[3]);

// sim_motion.c
bool sim_motion_full(const struct sim *s);
void sim_motion_add(struct sim *s, const struct block *block); // must not be full
void sim_motion_advance(struct sim *s, int64_t now);           // no event may lie between
int64_t sim_motion_next(const struct sim *s);
void sim_motion_count_energy(const struct sim *s, int64_t now, struct sim_view *counts); // since motion.at
void sim_motion_event(struct sim *s);
void sim_motion_start(struct sim *s); // nothing more comes for now
void sim_motion_hold(struct sim *s);
void sim_motion_resume(struct sim *s);
void sim_motion_flush(struct sim *s); // at once, where it is
double sim_motion_speed(const struct sim *s);
void sim_motion_where(const struct sim *s, double out[3]);
double sim_power_now(const struct sim *s);

// sim_report.c
void sim_report_status(struct sim *s);
void sim_report_banner(struct sim *s);
void sim_report_settings(struct sim *s);
void sim_report_parameters(struct sim *s);
void sim_report_modes(struct sim *s);
void sim_report_build(struct sim *s);
void sim_report_probe(struct sim *s);
uint8_t sim_sub_state(const struct sim *s);

// sim_card.c
bool sim_card_flavour(const struct sim *s);
bool sim_card_next_line(struct sim *s); // puts the next line of the file in `line`
void sim_card_replied(struct sim *s, uint16_t result);

// sim_hook.c: each does nothing where there is no hook
bool sim_hook_create(struct sim *s); // false: memory is out
void sim_hook_free(struct sim *s);
void sim_hook_power_up(struct sim *s);
void sim_hook_reset(struct sim *s);
bool sim_hook_takes(struct sim *s, uint16_t *denied); // true: the line was a frame; denied: the error, or 0
void sim_hook_refused(struct sim *s);                 // the line that it let pass was answered with an error
bool sim_hook_may_start(struct sim *s);
void sim_hook_card_ended(struct sim *s);

#endif
