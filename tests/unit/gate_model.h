// gate_model: the machine's side of invariant 1, as an oracle that shares no code with the gate.
//
// It takes what reached the machine, executes it line by line as Grbl would (an error changes nothing, a reset
// throws away what is unread), follows the machine's true modal state, and counts every line of work that
// arrived while no start was committed. Header only: the fuzz targets link nothing but the library.
#ifndef LOTGATE_TESTS_GATE_MODEL_H
#define LOTGATE_TESTS_GATE_MODEL_H

#include <string.h>

#include "gcode.h"
#include "grbl.h"

#define MODEL_LINES 2048
#define MODEL_LINE  (4096 + 8)
#define MODEL_BYTES (256 * 1024)

struct model {
    struct gcode_rules rules;
    enum grbl_flavour flavour;
    struct gcode_modal modal;
    bool committed;  // set by the test: from a committed start to its end
    bool check;      // in check mode
    bool banner_due; // a reset was seen: the test has the banner sent
    unsigned asked;  // `?` without report yet
    unsigned holds;  // `!` seen
    unsigned resets;
    unsigned violations;
    char violation[64];
    uint8_t text[MODEL_BYTES]; // unread lines, each with its end
    size_t length;
    bool line_committed[MODEL_LINES];
    unsigned lines;
    uint8_t partial[MODEL_LINE];
    size_t partial_length;
    bool partial_committed;
    uint8_t last; // the byte before, for CR LF
};

static inline void model_reset(struct model *m) {
    m->length = m->partial_length = 0;
    m->lines = 0;
    m->check = false;
    gcode_modal_reset(&m->modal);
}

static inline void model_make(struct model *m, const struct gcode_rules *rules, enum grbl_flavour flavour) {
    m->rules = *rules;
    m->flavour = flavour;
    m->committed = m->banner_due = m->partial_committed = false;
    m->asked = m->holds = m->resets = m->violations = 0;
    m->violation[0] = '\0';
    m->last = 0;
    model_reset(m);
}

static inline void model_violation(struct model *m, const uint8_t *line, size_t length) {
    m->violations++;
    size_t n = length < sizeof m->violation - 1 ? length : sizeof m->violation - 1;
    memcpy(m->violation, line, n);
    m->violation[n] = '\0';
}

static inline void model_line_end(struct model *m, uint8_t byte) {
    if (m->lines == MODEL_LINES || m->length + m->partial_length + 1 > MODEL_BYTES) {
        model_violation(m, (const uint8_t *)"more than any buffer holds", 26);
        return;
    }
    memcpy(m->text + m->length, m->partial, m->partial_length);
    m->length += m->partial_length;
    m->text[m->length++] = byte;
    m->line_committed[m->lines++] = m->committed && (m->partial_committed || m->partial_length == 0);
    m->partial_length = 0;
}

static inline void model_byte(struct model *m, uint8_t byte) {
    switch (grbl_realtime(m->flavour, byte)) {
    case GRBL_RESET:
        model_reset(m);
        m->banner_due = true;
        m->resets++;
        return;
    case GRBL_STATUS:
        m->asked = 1; // Grbl merges them
        return;
    case GRBL_HOLD:
        m->holds++;
        return;
    case GRBL_MACRO:
        if (!m->committed)
            model_violation(m, (const uint8_t *)"macro", 5);
        return;
    case GRBL_DATA:
        break;
    default:
        return;
    }
    bool folded = byte == '\n' && m->last == '\r' && grbl_folds_crlf(m->flavour);
    m->last = byte;
    if (folded)
        return;
    if (byte == '\n' || byte == '\r') {
        model_line_end(m, byte);
        return;
    }
    if (m->partial_length == 0)
        m->partial_committed = m->committed;
    if (m->partial_length < MODEL_LINE)
        m->partial[m->partial_length++] = byte;
}

static inline void model_bytes(struct model *m, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        model_byte(m, bytes[i]);
}

// Executes the next line; `refuse`: it is answered with an error and does nothing. Copies the line (without
// its end) to `line`, which has `room`; false when there is none.
static inline bool model_execute(struct model *m, bool refuse, char *line, size_t room) {
    if (m->lines == 0)
        return false;
    size_t n = 0;
    while (m->text[n] != '\n' && m->text[n] != '\r')
        n++;
    struct gcode_block block;
    gcode_scan(&block, m->text, n);
    enum gcode_class class = gcode_classify(&m->rules, &m->modal, &block);
    bool dry = m->check && class != GCODE_LOCAL_START;
    if (!refuse && class >= GCODE_WORK && !m->line_committed[0] && !dry)
        model_violation(m, m->text, n);
    if (!refuse)
        gcode_modal_apply(&m->modal, &block);
    size_t copied = n < room - 1 ? n : room - 1;
    memcpy(line, m->text, copied);
    line[copied] = '\0';
    m->length -= n + 1;
    memmove(m->text, m->text + n + 1, m->length);
    m->lines--;
    memmove(m->line_committed, m->line_committed + 1, m->lines * sizeof m->line_committed[0]);
    return true;
}

#endif
