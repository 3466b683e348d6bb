// sim_realtime: bytes that the interrupt takes out of the stream, and what the main loop makes of them.
#include "sim_inside.h"

#define OVERRIDE_MIN 10
#define OVERRIDE_MAX 200
#define RESTORE_US   500 // from switching the spindle on again to the cycle start

// True when the byte is no part of a line. FluidNC decodes UTF-8: C2 90 is 0x90, and *byte is changed to it.
bool sim_is_realtime(struct sim *s, uint8_t *byte) {
    uint8_t b = *byte;
    if (s->config.flavour == GRBL_FLUIDNC) {
        uint8_t lead = s->utf8_lead;
        s->utf8_lead = 0;
        if (!lead && (b & 0xE0) == 0xC0) {
            s->utf8_lead = b;
            *byte = 0; // the lead alone does nothing
            return true;
        }
        if (lead && (b & 0xC0) == 0x80) {
            *byte = lead == 0xC2 ? b : 0;
            return true;
        }
    }
    return b == '?' || b == '!' || b == '~' || b == 0x18 || b >= 0x80;
}

static void change(struct sim *s, uint16_t *override, int step) {
    int value = step ? *override + step : 100;
    value = value < OVERRIDE_MIN ? OVERRIDE_MIN : value > OVERRIDE_MAX ? OVERRIDE_MAX : value;
    if (*override != value)
        s->override_count = 0; // the next report shows it
    *override = (uint16_t)value;
}

static void override_byte(struct sim *s, uint8_t byte) {
    static const int8_t step[5] = {0, 10, -10, 1, -1};
    static const uint16_t rapid[3] = {100, 50, 25};
    sim_motion_advance(s, s->now);
    if (byte >= 0x90 && byte <= 0x94) {
        change(s, &s->feed_override, step[byte - 0x90]);
    } else if (byte >= 0x95 && byte <= 0x97) {
        if (s->rapid_override != rapid[byte - 0x95])
            s->override_count = 0;
        s->rapid_override = rapid[byte - 0x95];
    } else if (byte >= 0x99 && byte <= 0x9D) {
        change(s, &s->spindle_override, step[byte - 0x99]);
    } else if (byte == 0xA0 || byte == 0xA1) {
        if (s->state == SIM_IDLE || s->state == SIM_RUN || s->state == SIM_HOLD)
            s->gc.coolant = s->coolant = s->coolant ^ (byte == 0xA0 ? 2 : 1);
    }
}

// Ctrl-X: outputs off at once; motion that is cut short is an alarm, since steps may be lost.
static void reset_byte(struct sim *s) {
    if (s->flags.reset)
        return;
    s->flags.reset = true;
    bool moving = sim_in_motion(s);
    if (moving)
        s->flags.alarm = s->state == SIM_HOME ? 6 : 3;
    sim_motion_advance(s, s->now);
    sim_motion_flush(s);
    s->spindle = 5;
    s->power = 0;
    s->coolant = 0;
    if (!moving)
        return;
    int64_t from = s->busy_until > s->now ? s->busy_until : s->now;
    s->busy_until = from + (int64_t)(sim_setting(s, 1) * 1000); // the steppers' idle lock time
}

// grblHAL has top-bit twins of the printable ones.
static uint8_t plain_twin(const struct sim *s, uint8_t byte) {
    if (s->config.flavour != GRBL_HAL)
        return byte;
    switch (byte) {
    case 0x80:
    case 0x87:
        return '?';
    case 0x81:
        return '~';
    case 0x82:
        return '!';
    default:
        return byte;
    }
}

void sim_realtime_byte(struct sim *s, uint8_t byte) {
    switch (plain_twin(s, byte)) {
    case 0x18:
        reset_byte(s);
        return;
    case '?':
        s->flags.status = true;
        return;
    case '!':
        s->flags.hold = true;
        return;
    case '~':
        s->flags.start = true;
        return;
    case 0x84:
        s->flags.door = true;
        return;
    case 0x85:
        if (s->state == SIM_JOG)
            s->flags.jog_cancel = true;
        return;
    case 0x9E:
        s->flags.spindle_stop = true;
        return;
    case 0x83:
        s->flags.gc_report = s->config.flavour == GRBL_HAL;
        return;
    default:
        override_byte(s, byte);
    }
}

static bool restore_spindle(struct sim *s) {
    if (!s->spindle_stopped)
        return false;
    s->spindle_stopped = false;
    sim_print(s, "[MSG:Restoring spindle]\r\n");
    return true;
}

// Axes begin to slow down, or stand already.
static void stop_axes(struct sim *s) {
    if (s->motion.phase == PHASE_STILL) {
        if (s->state == SIM_IDLE)
            s->hold_complete = true;
        return;
    }
    if (s->state == SIM_RUN || s->state == SIM_JOG) {
        s->hold_complete = false;
        sim_motion_hold(s);
    }
}

static void obey_door(struct sim *s, bool jogging) {
    sim_print(s, "[MSG:Check Door]\r\n");
    s->door_ajar = s->door_is_open;
    if (!jogging && s->state != SIM_SLEEP && s->state != SIM_HOME)
        s->state = SIM_DOOR;
}

static void obey_stops(struct sim *s) {
    struct flags f = s->flags;
    s->flags.hold = s->flags.jog_cancel = s->flags.door = s->flags.sleep = false;
    bool any = f.hold || f.jog_cancel || f.door || f.sleep;
    bool deaf = s->state == SIM_CHECK || (s->state == SIM_ALARM && !f.sleep);
    if (!any || deaf)
        return;
    stop_axes(s);
    bool jogging = s->state == SIM_JOG;
    s->jog_stopping = jogging || s->jog_stopping;
    if (f.hold && (s->state == SIM_IDLE || s->state == SIM_RUN))
        s->state = SIM_HOLD;
    if (f.door)
        obey_door(s, jogging);
    if (f.sleep) {
        sim_print(s, "[MSG:Sleeping]\r\n");
        s->state = SIM_SLEEP;
        s->hold_complete = true;
    }
    if (s->hold_complete && (sim_laser_mode(s) || s->state != SIM_HOLD))
        s->spindle_stopped = s->gc.spindle != 5 && s->state != SIM_IDLE;
}

static void obey_start(struct sim *s, bool with_stop) {
    bool resumable = s->state == SIM_HOLD || (s->state == SIM_DOOR && !s->door_ajar);
    if (with_stop || !resumable || !s->hold_complete)
        return; // while the axes still slow down it is dropped
    if (s->state == SIM_HOLD && restore_spindle(s)) {
        s->flags.start = true; // the spindle first, the axes after it
        s->busy_until = s->now + RESTORE_US;
        return;
    }
    s->spindle_stopped = false;
    s->hold_complete = false;
    s->state = s->motion.count ? SIM_RUN : SIM_IDLE;
    sim_motion_resume(s);
}

void sim_realtime_obey(struct sim *s) {
    if (s->flags.status) {
        s->flags.status = false;
        sim_report_status(s);
    }
    if (s->flags.gc_report) {
        s->flags.gc_report = false;
        sim_report_modes(s);
    }
    bool stopped = s->flags.hold || s->flags.door || s->flags.jog_cancel;
    obey_stops(s);
    if (s->door_ajar && !s->door_is_open)
        s->door_ajar = false;
    if (s->flags.start) {
        s->flags.start = false;
        obey_start(s, stopped);
    }
    if (s->flags.spindle_stop) {
        bool waits = s->state == SIM_HOLD && !s->hold_complete; // seen when the axes stand
        s->flags.spindle_stop = waits;
        if (s->state == SIM_HOLD && s->spindle_stopped)
            restore_spindle(s);
        else if (s->state == SIM_HOLD && !waits)
            s->spindle_stopped = s->gc.spindle != 5;
    }
}
