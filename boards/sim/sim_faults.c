// sim_faults: what can go wrong with a machine and its cable, each with a name.
#include "sim_inside.h"

#include <string.h>

static const char *const names[SIM_FAULTS] = {
    [SIM_FAULT_DROP] = "drop",
    [SIM_FAULT_DROP_IN] = "drop-in",
    [SIM_FAULT_GARBLE] = "garble",
    [SIM_FAULT_GARBLE_IN] = "garble-in",
    [SIM_FAULT_LOSE_OK] = "lose-ok",
    [SIM_FAULT_SPLICE] = "splice",
    [SIM_FAULT_NOISE] = "noise",
    [SIM_FAULT_STALL] = "stall",
    [SIM_FAULT_STUCK] = "stuck",
    [SIM_FAULT_RESET] = "reset",
    [SIM_FAULT_UNPLUG] = "unplug",
    [SIM_FAULT_REPLUG] = "replug",
    [SIM_FAULT_LIMIT] = "limit",
    [SIM_FAULT_DOOR] = "door",
    [SIM_FAULT_DOOR_CLOSE] = "door-close",
};

const char *sim_fault_name(enum sim_fault fault) {
    return names[fault];
}

bool sim_fault_from_name(const char *name, enum sim_fault *fault) {
    for (int i = 0; i < SIM_FAULTS; i++)
        if (strcmp(names[i], name) == 0) {
            *fault = (enum sim_fault)i;
            return true;
        }
    return false;
}

static void add(int64_t *count, int64_t param) {
    *count += param > 0 ? param : 1;
}

static void drop(struct sim *s, int64_t param) {
    add(&s->mishaps.drop, param);
}

static void drop_in(struct sim *s, int64_t param) {
    add(&s->mishaps.drop_in, param);
}

static void garble(struct sim *s, int64_t param) {
    add(&s->mishaps.garble, param);
}

static void garble_in(struct sim *s, int64_t param) {
    add(&s->mishaps.garble_in, param);
}

static void lose_ok(struct sim *s, int64_t param) {
    add(&s->mishaps.lose_ok, param);
}

static void splice(struct sim *s, int64_t param) {
    add(&s->mishaps.splice, param);
}

static void noise(struct sim *s, int64_t param) {
    for (int64_t i = param > 0 ? param : 16; i > 0; i--)
        sim_wire_send(s, (uint8_t)(sim_random(s) >> 56));
}

static void stall(struct sim *s, int64_t param) {
    s->mishaps.stall_until = s->now + (param > 0 ? param : 5000000);
    struct wire_out *w = &s->out;
    int64_t shift = w->count ? s->mishaps.stall_until - w->at[w->head] : 0;
    for (uint32_t i = 0; i < w->count && shift > 0; i++)
        w->at[(w->head + i) % SIM_OUT_MAX] += shift;
    w->last += w->count && shift > 0 ? shift : 0;
}

static void stuck(struct sim *s, int64_t param) {
    s->stage = STAGE_STUCK;
}

static void reset(struct sim *s, int64_t param) {
    sim_motion_flush(s);
    memset(s->motion.position, 0, sizeof s->motion.position);
    sim_firmware_power_up(s);
    sim_firmware_run(s);
}

static void unplug(struct sim *s, int64_t param) {
    s->plugged = false;
    s->counts.out_lost += s->out.count;
    s->in.count = s->out.count = 0;
    s->in.last = s->out.last = s->now;
    s->mishaps.replug_at = param > 0 ? s->now + param : NEVER;
}

static void replug(struct sim *s, int64_t param) {
    s->plugged = true;
    s->mishaps.replug_at = NEVER;
}

static void limit(struct sim *s, int64_t param) {
    if (s->stage != STAGE_UP)
        return;
    sim_motion_flush(s);
    s->spindle = 5;
    s->power = 0;
    s->flags.alarm = 1;
    s->flags.reset = true;
    sim_firmware_run(s);
}

static void door(struct sim *s, int64_t param) {
    s->door_is_open = true;
    s->flags.door = true;
    sim_firmware_run(s);
}

static void door_close(struct sim *s, int64_t param) {
    s->door_is_open = false;
    sim_firmware_run(s);
}

static void (*const happen[SIM_FAULTS])(struct sim *, int64_t) = {
    [SIM_FAULT_DROP] = drop,           [SIM_FAULT_DROP_IN] = drop_in, [SIM_FAULT_GARBLE] = garble,
    [SIM_FAULT_GARBLE_IN] = garble_in, [SIM_FAULT_LOSE_OK] = lose_ok, [SIM_FAULT_SPLICE] = splice,
    [SIM_FAULT_NOISE] = noise,         [SIM_FAULT_STALL] = stall,     [SIM_FAULT_STUCK] = stuck,
    [SIM_FAULT_RESET] = reset,         [SIM_FAULT_UNPLUG] = unplug,   [SIM_FAULT_REPLUG] = replug,
    [SIM_FAULT_LIMIT] = limit,         [SIM_FAULT_DOOR] = door,       [SIM_FAULT_DOOR_CLOSE] = door_close,
};

void sim_fault(struct sim *s, enum sim_fault fault, int64_t param, int64_t now) {
    sim_advance(s, now);
    sim_motion_advance(s, s->now);
    happen[fault](s, param);
}
