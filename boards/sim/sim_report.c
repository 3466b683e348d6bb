// sim_report: what the firmware prints by itself or when asked: status, banner, settings, modes, build.
#include "sim_inside.h"
#include "sim_settings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STATUS_MAX 256

static const char *const state_names[] = {
    [SIM_IDLE] = "Idle",   [SIM_RUN] = "Run",     [SIM_HOLD] = "Hold",
    [SIM_JOG] = "Jog",     [SIM_ALARM] = "Alarm", [SIM_DOOR] = "Door",
    [SIM_CHECK] = "Check", [SIM_HOME] = "Home",   [SIM_SLEEP] = "Sleep"};

uint8_t sim_sub_state(const struct sim *s) {
    if (s->state == SIM_HOLD)
        return s->hold_complete ? 0 : 1;
    if (s->state == SIM_DOOR)
        return !s->hold_complete ? 2 : s->door_ajar ? 1 : 0;
    return 0;
}

// Counts down and is due at zero; then starts again, slower while the machine works.
static bool rotates(const struct sim *s, uint8_t *count, uint8_t idle, uint8_t busy) {
    if (*count) {
        (*count)--;
        return false;
    }
    bool works = s->state == SIM_HOME || s->state == SIM_RUN || s->state == SIM_HOLD || s->state == SIM_JOG ||
                 s->state == SIM_DOOR;
    *count = (uint8_t)((works ? busy : idle) - 1);
    return true;
}

struct text {
    char bytes[STATUS_MAX];
    size_t length;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->bytes + t->length, sizeof t->bytes - t->length, format, args);
    va_end(args);
    if (n > 0)
        t->length += (size_t)n < sizeof t->bytes - t->length ? (size_t)n : sizeof t->bytes - t->length - 1;
}

static void put_point(struct text *t, const char *name, const double p[3]) {
    double v[3];
    for (int i = 0; i < 3; i++)
        v[i] = fabs(p[i]) < 0.0005 ? 0 : p[i]; // no minus before zero
    put(t, "%s:%.3f,%.3f,%.3f", name, v[0], v[1], v[2]);
}

static void put_overrides(struct sim *s, struct text *t) {
    put(t, "|Ov:%u,%u,%u", s->feed_override, s->rapid_override, s->spindle_override);
    bool spindle = s->spindle != 5 && !s->spindle_stopped;
    if (!spindle && !s->coolant)
        return;
    put(t, "|A:%s%s%s",
        !spindle          ? ""
        : s->spindle == 3 ? "S"
                          : "C",
        s->coolant & 2 ? "F" : "", s->coolant & 1 ? "M" : "");
}

static void compose(struct sim *s, struct text *t) {
    double where[3], offset[3];
    unsigned mask = (unsigned)sim_setting(s, 10);
    sim_motion_where(s, where);
    sim_gcode_offset(s, offset);
    put(t, "<%s", state_names[s->state]);
    if (s->state == SIM_HOLD || s->state == SIM_DOOR)
        put(t, ":%u", sim_sub_state(s));
    bool machine = mask & 1u;
    for (int i = 0; i < 3 && !machine; i++)
        where[i] -= offset[i];
    put_point(t, machine ? "|MPos" : "|WPos", where);
    if (mask & 2u)
        put(t, "|Bf:%u,%u", s->config.planner_blocks - s->motion.count, s->config.rx_buffer - s->rx_count);
    put(t, "|FS:%.0f,%.0f", sim_motion_speed(s) * 60, sim_power_now(s));
    if (rotates(s, &s->wco_count, 10, 30)) {
        if (!s->override_count)
            s->override_count = 1; // in the next report
        put_point(t, "|WCO", offset);
    }
    if (rotates(s, &s->override_count, 10, 20))
        put_overrides(s, t);
    if (s->card_running)
        put(t, "|SD:%.2f,%s", s->card_length ? 100.0 * (double)s->card_at / (double)s->card_length : 100.0,
            s->card_name);
    put(t, ">\r\n");
}

void sim_report_status(struct sim *s) {
    struct text t = {.length = 0};
    compose(s, &t);
    bool splice = s->mishaps.splice > 0;
    s->mishaps.splice -= splice;
    if (splice || sim_chance(s, s->config.splice_ppm)) {
        while (t.length && t.bytes[t.length - 1] != ',')
            t.length--; // it ends behind its last comma, and the next reply sticks to it
    }
    for (size_t i = 0; i < t.length; i++)
        sim_wire_send(s, (uint8_t)t.bytes[i]);
}

void sim_report_banner(struct sim *s) {
    static const char *const banner[GRBL_FLAVOURS] = {
        [GRBL_AVR] = "Grbl 1.1h ['$' for help]",
        [GRBL_MKS] = "Grbl 1.1 ['$' for help]",
        [GRBL_FLUIDNC] = "Grbl 3.7 [FluidNC v3.7.18 (noradio) '$' for help]",
        [GRBL_HAL] = "GrblHAL 1.1f ['$' or '$HELP' for help]",
    };
    sim_print(s, "\r\n%s\r\n", banner[s->config.flavour]);
}

void sim_report_settings(struct sim *s) {
    for (int i = 0; i < SETTINGS; i++)
        sim_print(s, "$%u=%.*f\r\n", sim_setting_kinds[i].number, sim_setting_kinds[i].decimals,
                  s->setting[i]);
}

static void print_point(struct sim *s, const char *name, const double p[3], const char *end) {
    struct text t = {.length = 0};
    put_point(&t, name, p);
    sim_print(s, "[%s%s]\r\n", t.bytes, end);
}

void sim_report_probe(struct sim *s) {
    print_point(s, "PRB", s->probe, s->probe_ok ? ":1" : ":0");
}

void sim_report_parameters(struct sim *s) {
    static const char *const name[6] = {"G54", "G55", "G56", "G57", "G58", "G59"};
    for (int i = 0; i < 6; i++)
        print_point(s, name[i], s->offsets.wcs[i], "");
    print_point(s, "G28", s->offsets.home[0], "");
    print_point(s, "G30", s->offsets.home[1], "");
    print_point(s, "G92", s->offsets.g92, "");
    sim_print(s, "[TLO:%.3f]\r\n", s->offsets.tool_length);
    sim_report_probe(s);
}

void sim_report_modes(struct sim *s) {
    const struct gc_state *g = &s->gc;
    const char *coolant = g->coolant == 3 ? "M7 M8" : g->coolant == 2 ? "M8" : g->coolant == 1 ? "M7" : "M9";
    char motion[8];
    if (g->motion % 10)
        snprintf(motion, sizeof motion, "%u.%u", g->motion / 10u % 1000u, g->motion % 10u);
    else
        snprintf(motion, sizeof motion, "%u", g->motion / 10u % 1000u);
    double unit = g->inches && !g->inverse_time ? 25.4 : 1;
    sim_print(s, "[GC:G%s G%u G%u G%d G%d G%d M%u %s T%d F%.0f S%.0f]\r\n", motion, 54u + g->wcs, g->plane,
              g->inches ? 20 : 21, g->relative ? 91 : 90, g->inverse_time ? 93 : 94, g->spindle, coolant,
              g->tool, g->feed / unit, g->speed);
}

void sim_report_build(struct sim *s) {
    static const char *const version[GRBL_FLAVOURS] = {
        [GRBL_AVR] = "1.1h.20190830",
        [GRBL_MKS] = "1.1h.2022102001",
        [GRBL_FLUIDNC] = "3.7 FluidNC v3.7.18",
        [GRBL_HAL] = "1.1f.20260817",
    };
    static const char *const options[GRBL_FLAVOURS] = {
        [GRBL_AVR] = "V", [GRBL_MKS] = "VMPH", [GRBL_FLUIDNC] = "PHS", [GRBL_HAL] = "VNML+"};
    enum grbl_flavour f = s->config.flavour;
    if (f == GRBL_MKS)
        sim_print(s, "[PRODUCER: MKS DLC32]\r\n");
    sim_print(s, "[VER:%s:%s]\r\n", version[f], s->user_text);
    sim_print(s, "[OPT:%s,%u,%u%s]\r\n", options[f], s->config.planner_blocks, s->config.rx_buffer,
              f == GRBL_HAL ? ",3,0" : "");
    if (f == GRBL_HAL)
        sim_print(s, "[AXS:3:XYZ]\r\n[NEWOPT:RT+]\r\n[FIRMWARE:grblHAL]\r\n[DRIVER:Simulator]\r\n");
}
