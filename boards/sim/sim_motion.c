// sim_motion: the planner's queue and the axes. A move takes its length over its feed; speeding up and
// corners cost a fixed time at the start of each move. A hold goes on for as long as the step segments that
// real Grbl has prepared already, slows down, and only then stands.
#include "sim_inside.h"

#include <assert.h>
#include <math.h>

#define SEGMENTS_US 45000 // motion that is prepared ahead of a feed hold
#define SHORTEST    1e-6  // mm; a shorter move is none
#define FINISHED    1e-7  // mm
#define SECOND      1000000.0

static struct block *first(struct sim *s) {
    return &s->motion.queue[s->motion.head];
}

bool sim_motion_full(const struct sim *s) {
    return s->motion.count >= s->config.planner_blocks;
}

// mm/s along the block's direction that no axis exceeds.
static double axes_ceiling(const struct sim *s, const double step[3], double length) {
    double ceiling = 1e9;
    for (int i = 0; i < 3; i++) {
        double share = fabs(step[i]) / length;
        if (share > 1e-9) {
            double most = sim_setting(s, (uint16_t)(110 + i)) / 60.0 / share;
            ceiling = most < ceiling ? most : ceiling;
        }
    }
    return ceiling;
}

// Seconds lost at the start of `b`: half a ramp from standstill, less for a slight bend.
static double ramp_penalty(const struct sim *s, const struct block *b, const double step[3]) {
    double acceleration = sim_setting(s, 120);
    double speed = b->speed < b->ceiling ? b->speed : b->ceiling;
    double lost = acceleration > 0 ? speed / acceleration : 0;
    if (!s->motion.count)
        return lost / 2;
    uint32_t slots = SIM_PLANNER_MAX;
    const struct block *last = &s->motion.queue[(s->motion.head + s->motion.count - 1u) % slots];
    double dot = 0;
    for (int i = 0; i < 3; i++)
        dot += (last->to[i] - last->from[i]) * step[i];
    double cosine = dot / (last->length * b->length);
    return lost * (1 - cosine) / 2;
}

void sim_motion_add(struct sim *s, const struct block *block) {
    assert(!sim_motion_full(s));
    if (s->flags.reset)
        return; // the steppers are off already
    struct motion *m = &s->motion;
    struct block b = *block;
    double step[3], square = 0;
    for (int i = 0; i < 3; i++) {
        b.from[i] = s->gc.position[i];
        step[i] = b.to[i] - b.from[i];
        square += step[i] * step[i];
    }
    b.length = sqrt(square);
    if (b.length < SHORTEST)
        return;
    b.ceiling = axes_ceiling(s, step, b.length);
    if (b.rapid)
        b.speed = b.ceiling;
    b.penalty = ramp_penalty(s, &b, step);
    m->queue[(m->head + m->count) % SIM_PLANNER_MAX] = b;
    m->count++;
    for (int i = 0; i < 3; i++)
        s->gc.position[i] = b.to[i];
    if (b.jog)
        sim_motion_start(s);
}

// As Grbl, which starts when it has nothing more to read or has to wait: not with the first move.
void sim_motion_start(struct sim *s) {
    struct motion *m = &s->motion;
    bool resting = m->phase == PHASE_STILL || m->phase == PHASE_SETTLING;
    if (!m->count || !resting || s->state == SIM_HOLD || s->state == SIM_DOOR)
        return;
    sim_motion_resume(s);
    if (s->state == SIM_IDLE)
        s->state = first(s)->jog ? SIM_JOG : SIM_RUN;
}

// mm/s of the first block now; 0 when the axes stand.
double sim_motion_speed(const struct sim *s) {
    const struct motion *m = &s->motion;
    if (m->phase == PHASE_STILL || !m->count)
        return 0;
    const struct block *b = &m->queue[m->head];
    double percent = b->rapid ? s->rapid_override : b->jog || b->system ? 100 : s->feed_override;
    double speed = b->speed * percent / 100;
    if (speed > b->ceiling)
        speed = b->ceiling;
    speed = b->length / (b->length / speed + b->penalty);
    return m->phase == PHASE_SLOWING ? speed / 2 : speed;
}

double sim_power_now(const struct sim *s) {
    if (s->spindle == 5 || s->spindle_stopped)
        return 0;
    double most = sim_setting(s, 30), power = s->power;
    bool moving = s->motion.phase != PHASE_STILL && s->motion.count;
    if (sim_laser_mode(s)) {
        if (moving)
            power = s->motion.queue[s->motion.head].power;
        else if (s->spindle == 4)
            power = 0; // M4: no motion, no beam
    }
    power = power * s->spindle_override / 100;
    return power > most ? most : power;
}

void sim_motion_count_energy(const struct sim *s, int64_t now, struct sim_view *counts) {
    int64_t span = now - s->motion.at;
    double power = sim_power_now(s);
    if (power <= 0 || span <= 0)
        return;
    counts->energised_us += span;
    bool works = s->config.kind == SIM_CNC || power > s->watch_level;
    if (works && !s->watch_allowed)
        counts->forbidden_us += span;
}

void sim_motion_advance(struct sim *s, int64_t now) {
    struct motion *m = &s->motion;
    int64_t span = now - m->at;
    if (span <= 0)
        return;
    sim_motion_count_energy(s, now, &s->counts);
    m->done += sim_motion_speed(s) * (double)span / SECOND;
    m->at = now;
}

// Microseconds until the first block is done at the present speed.
static int64_t block_left_us(const struct sim *s) {
    const struct motion *m = &s->motion;
    double speed = sim_motion_speed(s), left = m->queue[m->head].length - m->done;
    if (left <= FINISHED)
        return 0;
    double us = ceil(left / speed * SECOND);
    return us > 1e15 ? (int64_t)1e15 : (int64_t)us;
}

int64_t sim_motion_next(const struct sim *s) {
    const struct motion *m = &s->motion;
    if (m->phase == PHASE_STILL)
        return NEVER;
    int64_t next = m->phase == PHASE_MOVING ? NEVER : m->phase_end;
    if (m->count) {
        int64_t end = m->at + block_left_us(s);
        next = end < next ? end : next;
    }
    return next;
}

// Time to come to rest from the present speed.
static int64_t ramp_us(const struct sim *s) {
    double acceleration = sim_setting(s, 120);
    return acceleration > 0 ? (int64_t)(sim_motion_speed(s) / acceleration * SECOND) : 0;
}

static void stand(struct sim *s) {
    s->motion.phase = PHASE_STILL;
    sim_firmware_cycle_stop(s);
}

static void finish_block(struct sim *s) {
    struct motion *m = &s->motion;
    struct block *b = first(s);
    int64_t ramp = ramp_us(s);
    for (int i = 0; i < 3; i++)
        m->position[i] = b->to[i];
    s->power = s->spindle == 3 || s->config.kind == SIM_CNC ? b->power : s->power;
    m->head = (uint16_t)((m->head + 1) % SIM_PLANNER_MAX);
    m->count--;
    m->done = 0;
    if (m->count)
        return;
    if (m->phase == PHASE_MOVING) {
        m->phase = PHASE_SETTLING;
        m->phase_end = s->now + ramp / 2;
    }
}

void sim_motion_event(struct sim *s) {
    struct motion *m = &s->motion;
    if (m->phase == PHASE_STILL)
        return;
    if (m->count && m->done >= first(s)->length - FINISHED) {
        finish_block(s);
        return;
    }
    if (m->phase == PHASE_MOVING || s->now < m->phase_end)
        return;
    if (m->phase == PHASE_HOLD_SEEN) {
        m->phase_end = s->now + ramp_us(s);
        m->phase = PHASE_SLOWING;
    } else {
        stand(s);
    }
}

void sim_motion_hold(struct sim *s) {
    if (s->motion.phase != PHASE_MOVING)
        return;
    s->motion.phase = PHASE_HOLD_SEEN;
    s->motion.phase_end = s->now + SEGMENTS_US;
}

void sim_motion_resume(struct sim *s) {
    s->motion.at = s->now;
    s->motion.phase = s->motion.count ? PHASE_MOVING : PHASE_STILL;
}

void sim_motion_where(const struct sim *s, double out[3]) {
    const struct motion *m = &s->motion;
    for (int i = 0; i < 3; i++)
        out[i] = m->position[i];
    if (!m->count)
        return;
    const struct block *b = &m->queue[m->head];
    double part = (m->done + sim_motion_speed(s) * (double)(s->now - m->at) / SECOND) / b->length;
    for (int i = 0; i < 3; i++)
        out[i] = b->from[i] + (b->to[i] - b->from[i]) * (part > 1 ? 1 : part);
}

void sim_motion_flush(struct sim *s) {
    double where[3];
    sim_motion_where(s, where);
    for (int i = 0; i < 3; i++)
        s->motion.position[i] = s->gc.position[i] = where[i];
    s->motion.count = 0;
    s->motion.done = 0;
    s->motion.phase = PHASE_STILL;
}
