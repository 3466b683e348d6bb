// lines.c: from bytes to lines, through the hook, to their answers.

#include "board.h"  // board_send
#include "inside.h" // line_begin
#include "say.h"    // SAY_LINE

void line_clear(struct line *line) {
    line->length = 0;
    line->in_parentheses = line->in_semicolon = line->overflow = false;
}

void line_add(struct line *line, char byte) {
    if (line->in_parentheses) {
        line->in_parentheses = byte != ')';
        return;
    }
    if (line->in_semicolon || byte <= ' ' || byte == '/')
        if (byte != '/' || line->text[0] != '$' || line->length == 0)
            return; // a path's `/` stays
    if (byte == '(') {
        line->in_parentheses = true;
    } else if (byte == ';') {
        line->in_semicolon = true;
    } else if (line->length >= LINE_ROOM - 1) {
        line->overflow = true;
    } else {
        line->text[line->length++] = (char)(byte >= 'a' && byte <= 'z' ? byte - ('a' - 'A') : byte);
    }
}

// A line that came over the wire is answered; a file that has an error ends.
static void answer(struct machine *m, enum grbl_error error) {
    m->phase = PHASE_NONE;
    if (m->source != LINK_USB) {
        if (error == GRBL_OK)
            return;
        SAY("[MSG:File stopped, error ");
        say_number(error);
        SAY_LINE("]");
        local_stop(m);
        return;
    }
    if (error == GRBL_OK) {
        SAY_LINE("ok");
        return;
    }
    SAY("error:");
    say_number(error);
    say_line_end();
}

// G-code from the wire has to wait for a jog or a file to end; Grbl refuses it.
static enum grbl_error execute(struct machine *m, const char *text, enum phase *then) {
    if (text[0] == '$')
        return system_line(m, text, then);
    enum run_state state = machine_state(m);
    if (state == STATE_ALARM || state == STATE_JOG)
        return GRBL_LOCKED;
    if (m->local.at && m->source == LINK_USB)
        return GRBL_NOT_IDLE;
    enum grbl_error error = words_read(&m->block, text);
    *then = PHASE_BEFORE;
    return error == GRBL_OK ? check_block(m) : error;
}

void line_begin(struct machine *m, enum link_source source, struct line *line) {
    enum phase then = PHASE_NONE;
    enum grbl_error error = GRBL_OK;
    bool too_long = line->overflow;
    line->text[line->length] = '\0';
    m->source = (uint8_t)source;
    if (too_long) {
        error = GRBL_LINE_TOO_LONG;
    } else if (line->length) {
        enum lg_hook_answer verdict = lg_hook_line(&m->hook, source, line->text, line->length);
        if (verdict == LG_HOOK_PASS)
            error = execute(m, line->text, &then);
        else
            error = GRBL_LOCKED;
        if (verdict == LG_HOOK_PASS && error != GRBL_OK)
            lg_hook_refused(&m->hook);
    }
    line_clear(line);
    if (error != GRBL_OK || then == PHASE_NONE)
        answer(m, error);
    else
        m->phase = (uint8_t)then;
}

// Goes on with the line in execution. False: it has to wait.
static bool line_go_on(struct machine *m) {
    if (m->phase == PHASE_BEFORE) {
        if (m->planner.hold || block_waits(m))
            return false;
        m->phase = (uint8_t)block_run(m);
    }
    if (m->phase == PHASE_AFTER && !planner_empty(&m->planner))
        return false;
    if (m->phase == PHASE_RESUME && m->planner.hold)
        return false;
    answer(m, GRBL_OK);
    return true;
}

// Takes bytes of the wire until a line or a frame is whole. False: it is not yet.
static bool wire_turn(struct machine *m) {
    while (m->rx_tail != m->rx_head) {
        uint8_t byte = m->rx[m->rx_tail];
        m->rx_tail = (uint8_t)(m->rx_tail == RX_ROOM ? 0 : m->rx_tail + 1);
        enum lg_hook_byte_answer taken = lg_hook_byte(&m->hook, byte);
        if (taken == LG_BYTE_FRAME) {
            line_clear(&m->wire);
            return true;
        }
        if (taken != LG_BYTE_PASS)
            continue;
        if (byte == '\r' || byte == '\n') {
            line_begin(m, LINK_USB, &m->wire);
            return true;
        }
        line_add(&m->wire, (char)byte);
    }
    return false;
}

bool machine_turn(struct machine *m) {
    board_feed_watchdog();
    machine_realtime(m);
    lg_hook_tick(&m->hook);
    guard_turn(m);
    bool more = panel_turn(m);
    if (m->phase != PHASE_NONE)
        return line_go_on(m) || more;
    return wire_turn(m) || local_turn(m) || more;
}

void machine_init(struct machine *m) {
    settings_defaults(m);
    machine_defaults(m);
    guard_init(m);
    machine_banner(m);
}
