// judge.c: compiled for the host, for the host with a firmware's options, and for an AVR.
#include "judge.h"

#include "gcode.h" // gcode_classify

static struct judge_number number_out(struct gcode_number n) {
    struct judge_number out = {n.mantissa, n.decimals, n.saturated};
    return out;
}

void judge(const struct judge_rules *rules, const struct judge_state *before, const uint8_t *line,
           uint16_t length, struct judge_answer *answer) {
    struct gcode_rules r = {.machine = rules->machine,
                            .strict = rules->strict,
                            .beam_on_fan = rules->beam_on_fan,
                            .focus_limit = rules->focus_limit};
    struct gcode_modal modal;
    struct gcode_block block;
    gcode_modal_reset(&modal);
    modal.spindle = before->on ? GCODE_SPINDLE_CW : GCODE_SPINDLE_OFF;
    modal.fan_beam = before->fan_beam;
    modal.doubt = before->doubt;
    modal.s = (struct gcode_number){before->s.mantissa, before->s.decimals, before->s.saturated};

    gcode_scan(&block, line, length);
    answer->class = (uint8_t)gcode_classify(&r, &modal, &block);
    answer->shape = block.shape;
    gcode_modal_apply(&modal, &block);
    answer->energised = gcode_energised(&r, &modal);
    answer->ends = gcode_ends_program(&block);
    answer->says_off = gcode_says_off(&block);
    answer->after.on = modal.spindle != GCODE_SPINDLE_OFF;
    answer->after.fan_beam = modal.fan_beam;
    answer->after.doubt = modal.doubt;
    answer->after.s = number_out(modal.s);
}
