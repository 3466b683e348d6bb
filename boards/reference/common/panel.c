// panel.c: the line to the panel, a controller with a screen, keys and a scanner of its own.
//
//   to the panel     form feed, then the text of the screen, each of its lines ended by LF
//   from the panel   K<key>  a key: `Kstart`, `Kcard` (a card was put in)
//                    C<code> what the scanner has read
// each ended by CR or LF. The pairing button is a pin of the main board: a code that somebody prints must not press it.

#include "board.h"  // board_panel_send
#include "inside.h" // panel_turn

#ifdef BOARD_HAS_PANEL
void machine_panel_receive(struct machine *m, uint8_t byte) {
    uint8_t next = (uint8_t)((m->panel_head + 1) % CODE_ROOM);
    if (next == m->panel_tail)
        return;
    m->panel_rx[m->panel_head] = byte;
    m->panel_head = next;
}

void panel_show(struct machine *m, const char *text) {
    uint8_t i = 0;
    while (i < LINK_TEXT_MAX && (m->screen[i] = text[i]) != '\0')
        i++;
    m->screen[i] = '\0';
    m->screen_at = 0;
}

// `screen_at` is 0 before the form feed; then text[screen_at - 1] comes next, and behind the NUL nothing.
static void screen_turn(struct machine *m) {
    while (m->screen_at <= LINK_TEXT_MAX + 1) {
        char c = m->screen_at ? m->screen[m->screen_at - 1] : '\f';
        if (c == '\0')
            c = '\n';
        if (!board_panel_send((uint8_t)(c == '|' ? '\n' : c)))
            return;
        if (m->screen_at && m->screen[m->screen_at - 1] == '\0')
            m->screen_at = LINK_TEXT_MAX + 2;
        else
            m->screen_at++;
    }
}

static void key(struct machine *m, const char *name) {
    if (m->phase != PHASE_NONE)
        return;
    if (*name == 's')
        local_start(m, LINK_PANEL, "/PART.NC");
    else if (*name == 'c')
        local_start(m, LINK_SD, "/PART.NC");
}

bool panel_turn(struct machine *m) {
    screen_turn(m);
    while (m->panel_tail != m->panel_head) {
        char byte = (char)m->panel_rx[m->panel_tail];
        if ((byte == '\r' || byte == '\n') && lg_hook_receiving(&m->hook))
            return false; // the hook has one place for a frame and a code
        m->panel_tail = (uint8_t)((m->panel_tail + 1) % CODE_ROOM);
        if (byte != '\r' && byte != '\n') {
            if (m->code_length < CODE_ROOM)
                m->code[m->code_length++] = byte; // one too long is told as such by the hook
            continue;
        }
        uint8_t length = m->code_length;
        m->code_length = 0;
        if (length > 1 && m->code[0] == 'C')
            lg_hook_scan(&m->hook, m->code + 1, (uint8_t)(length - 1));
        else if (length > 1 && m->code[0] == 'K')
            key(m, m->code + 1);
        return true;
    }
    return false;
}
#else
void panel_show(struct machine *m, const char *text) {}

bool panel_turn(struct machine *m) {
    return false;
}
#endif
