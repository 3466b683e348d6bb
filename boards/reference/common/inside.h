// inside: what the files of the machine share. Not for the chips.
#ifndef LOTGATE_REFERENCE_INSIDE_H
#define LOTGATE_REFERENCE_INSIDE_H

#include "machine.h" // machine

// realtime.c
enum run_state { STATE_IDLE, STATE_RUN, STATE_HOLD, STATE_JOG, STATE_ALARM, STATE_CHECK };
enum run_state machine_state(const struct machine *m);
// Obeys what interrupts have set. Never in the middle of a line of output.
void machine_realtime(struct machine *m);
// Sends the report that was asked for. Never in the middle of a line of output.
void machine_report(struct machine *m);
// Bytes that have come and wait.
uint8_t machine_waiting(const struct machine *m);
// Modal state and offsets as after power-up.
void machine_defaults(struct machine *m);
void machine_banner(const struct machine *m);

// lines.c
// Adds a byte to a line as Grbl does: without blanks and comments, in capitals.
void line_add(struct line *line, char byte);
void line_clear(struct line *line);
// Begins to execute a line of that source. The caller gives none while one is in execution.
void line_begin(struct machine *m, enum link_source source, struct line *line);

// check.c: may the block be executed? Fills in target and path.
enum grbl_error check_block(struct machine *m);
// run.c
bool block_waits(const struct machine *m);                          // for room, or for motions to have ended
enum phase block_run(struct machine *m);                            // PHASE_NONE: done
void machine_offset(const struct machine *m, int32_t offset[AXES]); // of work to machine coordinates

// system.c: a `$` line. `then` becomes PHASE_BEFORE for a jog, whose block is still to be executed, and PHASE_AFTER for what is
// under way; else PHASE_NONE.
enum grbl_error system_line(struct machine *m, const char *line, enum phase *then);

// settings.c
#define THOUSANDTHS 1000
enum {
    SETTING_REPORT = 10,
    SETTING_HOMING = 22,
    SETTING_SPEED_MAX = 30,
    SETTING_LASER = 32,
    SETTING_RATE_X = 110
};
void settings_defaults(struct machine *m);
int32_t setting(const struct machine *m, uint8_t number);           // thousandths
enum grbl_error setting_write(struct machine *m, const char *text); // `10=1`
void settings_report(const struct machine *m);

// report.c
void report_status(struct machine *m);
void report_modal(const struct machine *m);
void report_offsets(const struct machine *m);

// local.c
// Starts a file (its name in capitals) if the hook lets it.
enum grbl_error local_start(struct machine *m, enum link_source source, const char *name);
void local_list(void);
void local_stop(struct machine *m);
// Begins the next line. False: there is none.
bool local_turn(struct machine *m);

// guard.c: the hook's port.
void guard_init(struct machine *m);
// How lines are judged follows $30 and $32.
void guard_rules(struct machine *m);
void guard_turn(struct machine *m);

// panel.c
void panel_show(struct machine *m, const char *text);
bool panel_turn(struct machine *m);

#endif
