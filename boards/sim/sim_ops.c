// sim_ops: a line has become a few operations; each runs when the machine is ready for it, and the reply is
// the last of them. This is how an `ok` comes to be withheld.
#include "sim_inside.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct op *sim_op_add(struct sim *s, enum op_kind kind) {
    assert(s->op_count < OPS_MAX);
    struct op *op = &s->ops[s->op_count++];
    memset(op, 0, sizeof *op);
    op->kind = kind;
    return op;
}

void sim_reply(struct sim *s, uint16_t result) {
    if (s->source == SIM_FROM_CARD) {
        sim_card_replied(s, result);
        return;
    }
    if (s->source == SIM_FROM_STARTUP)
        sim_print(s, ">%s:", s->startup_line[s->startup_next - 1]);
    if (result) {
        sim_print(s, "error:%u\r\n", result);
        return;
    }
    if (s->mishaps.lose_ok > 0) {
        s->mishaps.lose_ok--;
        return;
    }
    sim_print(s, "ok\r\n");
}

static bool drained(const struct sim *s) {
    return !s->motion.count && !sim_in_motion(s);
}

static bool run_drain(struct sim *s, struct op *op) {
    return drained(s);
}

static bool run_spindle(struct sim *s, struct op *op) {
    s->spindle = (uint8_t)op->code;
    s->power = s->spindle == 5 ? 0 : op->value;
    return true;
}

static bool run_coolant(struct sim *s, struct op *op) {
    s->coolant = (uint8_t)op->code;
    return true;
}

static bool run_dwell(struct sim *s, struct op *op) {
    if (s->dwell_end == NEVER)
        s->dwell_end = s->now + (int64_t)(op->value * 1000000.0);
    if (s->now < s->dwell_end)
        return false;
    s->dwell_end = NEVER;
    return true;
}

static bool run_move(struct sim *s, struct op *op) {
    if (sim_motion_full(s))
        return false;
    sim_motion_add(s, &op->block);
    return true;
}

// One chord at a time: an arc fills the planner as many moves would.
static bool run_arc(struct sim *s, struct op *op) {
    while (op->piece < op->pieces) {
        if (sim_motion_full(s))
            return false;
        struct block b = op->block;
        uint32_t left = op->pieces - op->piece;
        if (left > 1) {
            const double *at = s->gc.position;
            uint8_t i = op->axis[0], j = op->axis[1], k = op->axis[2];
            double part = op->turn / left, x = at[i] - op->centre[0], y = at[j] - op->centre[1];
            b.to[i] = op->centre[0] + x * cos(part) - y * sin(part);
            b.to[j] = op->centre[1] + x * sin(part) + y * cos(part);
            b.to[k] = at[k] + (op->block.to[k] - at[k]) / left;
            op->turn -= part;
        }
        sim_motion_add(s, &b);
        op->piece++;
    }
    return true;
}

static bool run_probed(struct sim *s, struct op *op) {
    if (!drained(s))
        return false;
    // There is nothing to touch: the probe reaches its end, an alarm for G38.2 and G38.4.
    if (op->code == 382 || op->code == 384)
        s->flags.alarm = 5;
    s->probe_ok = false;
    sim_report_probe(s);
    return true;
}

static bool run_homed(struct sim *s, struct op *op) {
    if (op->piece == 0) {
        op->piece = 1;
        s->state = SIM_HOME;
        sim_motion_add(s, &op->block);
    }
    if (s->motion.count)
        return false;
    unsigned inverted = (unsigned)sim_setting(s, 23);
    double off = sim_setting(s, 27);
    for (int i = 0; i < 3; i++) {
        double end = inverted >> i & 1u ? off - sim_setting(s, (uint16_t)(130 + i)) : -off;
        s->motion.position[i] = s->gc.position[i] = end;
    }
    s->state = SIM_IDLE;
    s->startup_next = 0;
    return true;
}

static bool run_pause(struct sim *s, struct op *op) {
    s->state = SIM_HOLD;
    s->hold_complete = true;
    if (sim_laser_mode(s))
        s->spindle_stopped = s->gc.spindle != 5;
    return true;
}

static bool run_end(struct sim *s, struct op *op) {
    sim_gcode_end_program(s);
    sim_print(s, "[MSG:Pgm End]\r\n");
    return true;
}

static bool run_reply(struct sim *s, struct op *op) {
    sim_reply(s, (uint16_t)op->code);
    return true;
}

static bool (*const run[])(struct sim *, struct op *) = {
    [OP_DRAIN] = run_drain, [OP_SPINDLE] = run_spindle, [OP_COOLANT] = run_coolant, [OP_DWELL] = run_dwell,
    [OP_MOVE] = run_move,   [OP_ARC] = run_arc,         [OP_PROBED] = run_probed,   [OP_HOMED] = run_homed,
    [OP_PAUSE] = run_pause, [OP_END] = run_end,         [OP_REPLY] = run_reply,
};

bool sim_op_run(struct sim *s) {
    struct op *op = &s->ops[s->op_next];
    if (!run[op->kind](s, op))
        return false;
    if (s->op_next < s->op_count) // a reply may have ended everything
        s->op_next++;
    return true;
}
