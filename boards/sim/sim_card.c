// sim_card: a file on the machine's own card, run without a host. Its lines are judged like any other; their
// replies are not printed.
#include "sim_inside.h"

#include <stdlib.h>
#include <string.h>

bool sim_card_flavour(const struct sim *s) {
    return s->config.flavour != GRBL_AVR;
}

bool sim_card_store(struct sim *s, const char *name, const char *text, size_t length) {
    if (!sim_card_flavour(s) || length > SIM_CARD_MAX || strlen(name) >= SIM_TEXT_MAX)
        return false;
    char *copy = malloc(length + 1);
    if (!copy)
        return false;
    if (s->card_running)
        sim_hook_card_ended(s);
    memcpy(copy, text, length);
    copy[length] = 0;
    free(s->card);
    s->card = copy;
    s->card_length = length;
    s->card_running = false;
    memcpy(s->card_name, name, strlen(name) + 1);
    return true;
}

bool sim_card_start(struct sim *s, int64_t now) {
    sim_advance(s, now);
    if (!s->card || s->card_running || s->state != SIM_IDLE || s->stage != STAGE_UP || !sim_hook_may_start(s))
        return false;
    s->card_at = 0;
    s->card_line = 0;
    s->card_running = true;
    s->counts.card_starts++;
    sim_motion_advance(s, s->now);
    sim_firmware_run(s);
    return true;
}

bool sim_card_next_line(struct sim *s) {
    while (s->card_at < s->card_length) {
        const char *line = s->card + s->card_at;
        size_t left = s->card_length - s->card_at;
        const char *end = memchr(line, '\n', left);
        size_t length = end ? (size_t)(end - line) : left;
        s->card_at += length + (end ? 1 : 0);
        s->card_line++;
        sim_line_set(&s->line, line, length);
        if (s->line.length || s->line.overflow)
            return true;
    }
    sim_line_clear(&s->line);
    s->card_running = false;
    sim_print(s, "[MSG:SD print done]\r\n");
    sim_hook_card_ended(s);
    return false;
}

void sim_card_replied(struct sim *s, uint16_t result) {
    if (!result)
        return;
    s->card_running = false;
    sim_print(s, "error:%u in SD file at line %u\r\n", result, s->card_line);
    sim_hook_card_ended(s);
}
