// The invariant that the machine itself witnesses: each line that works was let through while a job was durable.
//
// What the gate forwards is noted line by line, with whether a job was durably open at that moment; what the
// simulated machine judges (by an interpreter of its own) is matched against the notes in order.
#include <string.h>

#include "world.h"
#include "world_inside.h"

static uint32_t hash_line(const char *text, size_t length) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)text[i]) * 16777619u;
    return h;
}

static void note_line(struct wire_machine *m) {
    lg_assert(m->line_count < WORLD_LINES_MAX);
    struct world_line *line = &m->lines[(m->first_line + m->line_count++) % WORLD_LINES_MAX];
    line->hash = hash_line(m->forward, m->forward_length);
    line->job_open = m->started_durable;
    line->resets = m->resets;
    line->files = m->files;
    line->errors = m->errors_heard;
    if (m->forward_length > 8 && memcmp(m->forward, "$LG OPEN", 8) == 0) {
        m->opens++;
        if (!m->started_durable)
            world_trouble(m->world, "%s: the hook was told to open with no durable job", m->id);
    }
    m->saw_gcode |= m->forward_length > 0 && m->forward[0] != '$' && m->forward[0] != 'M';
    m->forward_length = 0;
}

void check_forwarded(struct wire_machine *m, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == 0x18)
            m->saw_reset = true;
        else if (bytes[i] == '\n' || bytes[i] == '\r')
            note_line(m);
        else if (grbl_realtime(GRBL_AVR, bytes[i]) == GRBL_DATA && m->forward_length < sizeof m->forward)
            m->forward[m->forward_length++] = (char)bytes[i];
    }
}

// A file of the machine's own has the hook's job from its start on, and the gate is told so by the hook's word or by a report.
static void note_heard(struct wire_machine *m) {
    struct link_frame frame;
    struct grbl_status status;
    struct sim_view view;
    uint8_t event = LINK_EVENTS, source = LINK_SOURCES;
    if (link_read(LINK_FROM_HOOK, m->heard, m->heard_length, &frame) && frame.verb == LINK_EVENT) {
        link_get_word(&frame, "e", LINK_EVENT_WORD, LINK_EVENTS, &event);
        link_get_word(&frame, "src", LINK_SOURCE_WORD, LINK_SOURCES, &source);
    }
    bool told = event == LINK_STARTED && source == LINK_SD;
    told |= grbl_status_parse(&status, (const uint8_t *)m->heard, m->heard_length) && status.has_sd;
    if (m->heard_length >= 6 && memcmp(m->heard, "error:", 6) == 0)
        m->errors_heard = m->errors;
    m->heard_length = 0;
    if (!told)
        return;
    sim_view(m->sim, &view, m->world->now);
    m->files = view.card_starts;
}

void check_heard(struct wire_machine *m, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            note_heard(m);
        else if (bytes[i] != '\r' && m->heard_length < sizeof m->heard)
            m->heard[m->heard_length++] = (char)bytes[i];
    }
}

// Blocked although its job was open: nothing but a file that has taken the hook's opened job since explains it, and only as long as
// no word of the file had reached the gate when it let the line through.
static void check_blocked(struct wire_machine *m, const struct sim_line *line,
                          const struct world_line *seen) {
    if (line->card_starts > seen->files) {
        m->world->overtaken++;
        return;
    }
    world_trouble(m->world, "%s: \"%.*s\" was let through in a job and blocked by the hook", m->id,
                  (int)line->length, line->text);
}

// Let through as no work, and blocked: gate and hook do not think the same of the machine. An error of which no word had reached
// the gate explains it, as long as the hook is in doubt because of it; and a file.
static void check_denied(struct wire_machine *m, const struct sim_line *line, const struct world_line *seen) {
    struct sim_hook_view hook;
    sim_hook_look(m->sim, &hook);
    bool untold = hook.doubt && m->errors > seen->errors;
    if (untold || line->card_starts > seen->files)
        return;
    world_trouble(m->world, "%s: \"%.*s\" was let through as no work and blocked by the hook", m->id,
                  (int)line->length, line->text);
}

// Whatever the way by which it came: no work without an OPEN that the gate has sent.
static void check_hook(struct wire_machine *m, const struct sim_line *line) {
    struct sim_hook_view hook;
    if (!m->hooked || !line->work || line->result != 0)
        return;
    sim_hook_look(m->sim, &hook);
    if (hook.state != LINK_RUNNING || m->opens == 0)
        world_trouble(m->world, "%s: \"%.*s\" works and its hook is %s", m->id, (int)line->length, line->text,
                      link_state_word(hook.state));
}

static void match(struct wire_machine *m, const struct sim_line *line) {
    uint32_t hash = hash_line(line->text, line->length);
    // Lines that the machine never judged (a reset emptied its buffer) are passed over.
    while (m->line_count > 0) {
        struct world_line seen = m->lines[m->first_line];
        m->first_line = (m->first_line + 1) % WORLD_LINES_MAX;
        m->line_count--;
        if (seen.hash != hash)
            continue;
        if (line->denied && seen.job_open && seen.resets == line->resets)
            check_blocked(m, line, &seen);
        else if (line->denied && seen.resets == line->resets)
            check_denied(m, line, &seen);
        if (line->work && line->result == 0 && !seen.job_open)
            world_trouble(m->world, "%s: \"%.*s\" works and was let through with no durable job", m->id,
                          (int)line->length, line->text);
        return;
    }
    if (line->work && line->result == 0)
        world_trouble(m->world, "%s: \"%.*s\" was never let through", m->id, (int)line->length, line->text);
}

void check_executed(void *context, const struct sim_line *line) {
    struct wire_machine *m = context;
    if (m->on_executed != NULL)
        m->on_executed(m->executed_context, line);
    check_hook(m, line);
    if (line->source == SIM_FROM_HOST && m->inbound_trusted)
        match(m, line);
    m->errors += line->result != 0;
}

void check_overflow(struct wire_machine *m) {
    struct sim_view view;
    sim_view(m->sim, &view, m->world->now);
    if (view.rx_overflow > 0 && m->inbound_trusted)
        world_trouble(m->world, "%s: the machine was sent %llu bytes more than it can keep", m->id,
                      (unsigned long long)view.rx_overflow);
}
