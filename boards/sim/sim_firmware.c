// sim_firmware: the main loop of the firmware, from the receive buffer to the next wait, and its restarts.
#include "sim_inside.h"

#include <string.h>

#define ALARM_DELAY_US 500000 // Grbl waits this long after it has printed ALARM:n

bool sim_in_motion(const struct sim *s) {
    bool slowing = (s->state == SIM_HOLD || s->state == SIM_DOOR) && !s->hold_complete;
    return s->state == SIM_RUN || s->state == SIM_JOG || s->state == SIM_HOME || slowing;
}

void sim_firmware_byte(struct sim *s, uint8_t byte) {
    if (s->stage == STAGE_BOOT || s->stage == STAGE_STUCK)
        return; // the bootloader eats it; a hung firmware has its interrupts off
    if (sim_is_realtime(s, &byte)) {
        sim_realtime_byte(s, byte);
        return;
    }
    if (s->rx_count >= s->config.rx_buffer) {
        s->counts.rx_overflow++;
        return;
    }
    s->rx[(s->rx_head + s->rx_count) % SIM_RX_MAX] = byte;
    s->rx_count++;
}

void sim_firmware_clear(struct sim *s) {
    memset(&s->flags, 0, sizeof s->flags);
    sim_line_clear(&s->line);
    s->rx_count = 0;
    s->utf8_lead = 0;
    s->stage = STAGE_UP;
    s->busy_until = 0;
    s->dwell_end = NEVER;
    s->op_count = s->op_next = 0;
    s->line_waits = false;
    s->source = SIM_FROM_HOST;
    s->startup_next = 2;
    s->hold_complete = s->jog_stopping = s->spindle_stopped = s->door_ajar = false;
    s->spindle = 5;
    s->coolant = 0;
    s->power = 0;
    s->feed_override = s->rapid_override = s->spindle_override = 100;
    s->wco_count = s->override_count = 0;
    s->card_running = false;
    s->offsets.tool_length = 0;
    memset(s->offsets.g92, 0, sizeof s->offsets.g92);
    sim_motion_flush(s);
    sim_gcode_reset(&s->gc);
}

// After the banner: locked when an alarm or sleep was left behind, else the startup lines.
static void greet(struct sim *s) {
    sim_report_banner(s);
    if (s->state == SIM_ALARM || s->state == SIM_SLEEP) {
        s->state = SIM_ALARM;
        sim_print(s, "[MSG:'$H'|'$X' to unlock]\r\n");
        return;
    }
    s->state = SIM_IDLE;
    s->startup_next = 0;
}

void sim_firmware_power_up(struct sim *s) {
    sim_firmware_clear(s);
    sim_hook_power_up(s);
    s->state = SIM_IDLE;
    s->counts.resets++;
    greet(s);
}

void sim_firmware_cycle_stop(struct sim *s) {
    if (s->state == SIM_RUN) {
        s->state = SIM_IDLE;
    } else if (s->state == SIM_JOG) {
        sim_motion_flush(s);
        s->jog_stopping = false;
        s->state = SIM_IDLE;
    } else if (s->state == SIM_HOLD || s->state == SIM_DOOR || s->state == SIM_SLEEP) {
        s->hold_complete = true;
        if (s->state != SIM_HOLD || sim_laser_mode(s))
            s->spindle_stopped = s->gc.spindle != 5;
    }
}

// What a reset leaves to do: the line that was being executed still gets its ok, then memory is cleared.
static void unwind(struct sim *s) {
    if (s->op_next < s->op_count)
        sim_reply(s, 0);
    s->op_next = s->op_count = 0;
    s->stage = STAGE_INIT;
    s->busy_until = s->now + (int64_t)(sim_setting(s, 1) * 1000);
}

// The time of a stage is over. Returns false when there is nothing more to do for now.
static bool leave_stage(struct sim *s) {
    switch (s->stage) {
    case STAGE_ALARM:
        unwind(s);
        return true;
    case STAGE_INIT:
        s->counts.resets++;
        sim_firmware_clear(s);
        sim_hook_reset(s);
        greet(s);
        return true;
    case STAGE_CRITICAL:
        if (!s->flags.reset)
            return false;
        unwind(s);
        return true;
    default:
        return false;
    }
}

// Alarm and reset flags come before anything else. True when they have taken over.
static bool obey_abort(struct sim *s) {
    uint8_t alarm = s->flags.alarm;
    s->flags.alarm = 0;
    if (alarm) {
        s->state = SIM_ALARM;
        sim_print(s, "ALARM:%u\r\n", alarm);
        sim_hook_reset(s);
        if (alarm <= 2) {
            sim_print(s, "[MSG:Reset to continue]\r\n");
            s->flags.reset = false;
            s->stage = STAGE_CRITICAL;
            return true;
        }
        s->busy_until = s->now + ALARM_DELAY_US;
        if (s->flags.reset)
            s->stage = STAGE_ALARM;
        return true;
    }
    if (!s->flags.reset)
        return false;
    unwind(s);
    return true;
}

static bool suspended(const struct sim *s) {
    return s->state == SIM_HOLD || s->state == SIM_DOOR || s->state == SIM_SLEEP || s->jog_stopping;
}

static void line_complete(struct sim *s, enum sim_source source) {
    s->source = source;
    s->line_waits = true;
    s->busy_until = s->now + sim_line_cost_us(&s->line);
}

// The next line: from the receive buffer, the startup lines, or the card. False when there is none.
static bool read_on(struct sim *s) {
    if (s->startup_next < 2) {
        const char *text = s->startup_line[s->startup_next++];
        if (!text[0])
            return true;
        sim_line_set(&s->line, text, strlen(text));
        line_complete(s, SIM_FROM_STARTUP);
        return true;
    }
    while (s->rx_count) {
        uint8_t byte = s->rx[s->rx_head];
        s->rx_head = (s->rx_head + 1) % SIM_RX_MAX;
        s->rx_count--;
        if (sim_line_byte(s, byte)) {
            line_complete(s, SIM_FROM_HOST);
            return true;
        }
    }
    // A half line from the host stays in the assembly; the card waits until it is whole.
    if (s->card_running && !s->line.raw_length && sim_card_next_line(s)) {
        line_complete(s, SIM_FROM_CARD);
        return true;
    }
    return false;
}

void sim_firmware_run(struct sim *s) {
    for (;;) {
        if (s->now < s->busy_until)
            return;
        if (s->stage != STAGE_UP) {
            if (!leave_stage(s))
                return;
            continue;
        }
        if (s->line_waits) {
            s->line_waits = false;
            sim_line_execute(s);
            while (!suspended(s) && s->op_next < s->op_count && sim_op_run(s)) {
            }
            if (s->now < s->busy_until)
                return;
        }
        if (obey_abort(s))
            continue;
        sim_realtime_obey(s);
        if (s->now < s->busy_until || suspended(s))
            return;
        if (s->op_next < s->op_count) {
            if (sim_op_run(s))
                continue;
        } else if (read_on(s)) {
            continue;
        }
        sim_motion_start(s);
        return;
    }
}
