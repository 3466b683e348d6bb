// sim_line: characters to a line as Grbl assembles them, and what becomes of a whole line.
#include "sim_inside.h"

#include <ctype.h>
#include <string.h>

void sim_line_clear(struct assembly *line) {
    memset(line, 0, sizeof *line);
}

static void take_significant(struct assembly *l, uint8_t byte) {
    if (l->comment_paren || l->comment_rest) {
        if (byte == ')' && !l->comment_rest)
            l->comment_paren = false;
        return;
    }
    if (byte <= ' ' || byte == '/')
        return; // block delete is not supported: the mark is ignored
    if (byte == '(') {
        l->comment_paren = true;
    } else if (byte == ';') {
        l->comment_rest = true;
    } else if (l->length >= SIGNIFICANT_MAX) {
        l->overflow = true;
    } else {
        l->text[l->length++] = (char)toupper(byte);
        l->text[l->length] = 0;
    }
}

void sim_line_set(struct assembly *line, const char *text, size_t length) {
    sim_line_clear(line);
    for (size_t i = 0; i < length; i++) {
        take_significant(line, (uint8_t)text[i]);
        if (line->raw_length < SIM_LINE_MAX)
            line->raw[line->raw_length++] = text[i];
    }
}

bool sim_line_byte(struct sim *s, uint8_t byte) {
    struct assembly *l = &s->line;
    bool folds = s->config.flavour == GRBL_FLUIDNC || s->config.flavour == GRBL_HAL;
    bool second_half = folds && l->after_cr && byte == '\n';
    l->after_cr = byte == '\r';
    if (second_half)
        return false;
    if (byte == '\n' || byte == '\r')
        return true;
    if (l->raw_length < SIM_LINE_MAX)
        l->raw[l->raw_length++] = (char)byte;
    take_significant(l, byte);
    return false;
}

int64_t sim_line_cost_us(const struct assembly *line) {
    bool moves = strpbrk(line->text, "XYZ") && line->text[0] != '$';
    return 250 + 50 * (int64_t)line->length + (moves ? 800 : 0);
}

static uint16_t judge(struct sim *s, bool *work) {
    const struct assembly *l = &s->line;
    if (l->overflow)
        return 11;
    if (!l->length)
        return 0;
    bool esp = s->config.flavour == GRBL_MKS || s->config.flavour == GRBL_FLUIDNC;
    bool dollar = l->text[0] == '$', jog = dollar && l->text[1] == 'J';
    if (jog) {
        if (s->state != SIM_IDLE && s->state != SIM_JOG)
            return 8;
        return l->text[2] == '=' ? sim_gcode_line(s, l->text + 3, true, work) : 3;
    }
    if (dollar || (esp && l->text[0] == '['))
        return sim_system_line(s, l->text);
    if (s->state == SIM_ALARM || s->state == SIM_JOG)
        return 9;
    return sim_gcode_line(s, l->text, false, work);
}

// grblHAL answers 2 to what does not scan and to words it does not know.
static uint16_t by_flavour(const struct sim *s, uint16_t result) {
    return s->config.flavour == GRBL_HAL && (result == 1 || result == 20) ? 2 : result;
}

static void clear_executed(struct assembly *l) {
    bool after_cr = l->after_cr;
    sim_line_clear(l);
    l->after_cr = after_cr;
}

void sim_line_execute(struct sim *s) {
    struct assembly *l = &s->line;
    bool work = false;
    uint16_t denied;
    s->op_count = s->op_next = 0;
    if (sim_hook_takes(s, &denied)) {
        clear_executed(l);
        return;
    }
    uint16_t result = denied ? denied : by_flavour(s, judge(s, &work));
    if (result && !denied)
        sim_hook_refused(s);
    if (result) {
        s->op_count = 0;
        work = false;
        s->counts.errors++;
    }
    struct op *reply = sim_op_add(s, OP_REPLY);
    reply->code = result;
    s->counts.lines++;
    if (work) {
        s->counts.work_lines++;
        s->counts.forbidden_lines += !s->watch_allowed;
    }
    struct sim_line told = {.text = l->raw,
                            .length = l->raw_length,
                            .result = result,
                            .source = s->source,
                            .when = s->now,
                            .work = work,
                            .denied = denied != 0,
                            .resets = s->counts.resets,
                            .card_starts = s->counts.card_starts};
    if (s->config.on_line)
        s->config.on_line(s->config.context, &told);
    clear_executed(l);
}
