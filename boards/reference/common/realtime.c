// realtime.c: bytes as they come in, and those of them that are commands in themselves.

#include "board.h"  // board_lock
#include "inside.h" // machine_realtime
#include "say.h"    // SAY_LINE

#define BYTE_RESET      0x18
#define BYTE_JOG_CANCEL 0x85

// Those from 0x80 up that are not known are dropped, as in Grbl.
static bool take_realtime(struct machine *m, uint8_t byte) {
    switch (byte) {
    case '?':
        m->realtime |= RT_STATUS;
        return true;
    case '!':
        m->planner.hold = true;
        return true;
    case '~':
        m->planner.hold = false;
        return true;
    case BYTE_RESET:
        m->planner.stopped = true; // at once; the rest of a reset is the main loop's
        m->realtime |= RT_RESET;
        return true;
    case BYTE_JOG_CANCEL:
        m->realtime |= RT_JOG_CANCEL;
        return true;
    default:
        return byte >= 0x80;
    }
}

void machine_receive(struct machine *m, uint8_t byte) {
    if (take_realtime(m, byte))
        return;
    uint8_t next = (uint8_t)(m->rx_head == RX_ROOM ? 0 : m->rx_head + 1);
    if (next == m->rx_tail)
        return; // full: the byte is lost
    m->rx[m->rx_head] = byte;
    m->rx_head = next;
}

enum run_state machine_state(const struct machine *m) {
    enum move_kind kind;
    if (m->alarm)
        return STATE_ALARM;
    if (m->check)
        return STATE_CHECK;
    if (m->planner.hold)
        return STATE_HOLD;
    if (!planner_kind(&m->planner, &kind))
        return STATE_IDLE;
    return kind == MOVE_JOG ? STATE_JOG : STATE_RUN;
}

void machine_defaults(struct machine *m) {
    m->modal = (struct modal){.motion = 0, .plane = 17, .wcs = 54, .spindle = 5, .coolant = 9};
    m->feed = m->speed = 0;
    for (uint8_t i = 0; i < AXES; i++)
        m->g92[i] = 0;
    m->block.groups = m->block.words = 0;
    m->phase = PHASE_NONE;
    m->check = false;
    m->reports_to_wco = 0;
    m->reports_to_ov = 0;
    m->planner.beam_in_hold = setting(m, SETTING_LASER) == 0;
    line_clear(&m->wire);
    line_clear(&m->card);
}

void machine_banner(const struct machine *m) {
    SAY_LINE("\r\nGrbl 1.1h ['$' for help]");
    if (m->alarm)
        SAY_LINE("[MSG:'$H'|'$X' to unlock]");
}

static void reset(struct machine *m) {
    uint8_t before = board_lock();
    bool moving = !planner_empty(&m->planner) && !m->planner.hold;
    m->realtime &= (uint8_t)~RT_RESET;
    m->rx_tail = m->rx_head;
    board_unlock(before);
    lg_hook_byte(&m->hook, '\n'); // a frame that was on its way is cut
    local_stop(m);
    planner_clear(&m->planner);
    machine_defaults(m);
    lg_hook_reset(&m->hook);
    if (moving) {
        m->alarm = true;
        SAY_LINE("ALARM:3");
    }
    machine_banner(m);
}

uint8_t machine_waiting(const struct machine *m) {
    return (uint8_t)((m->rx_head + RX_ROOM + 1 - m->rx_tail) % (RX_ROOM + 1));
}

static uint8_t take(struct machine *m, uint8_t which) {
    uint8_t before = board_lock();
    uint8_t asked = m->realtime & which;
    m->realtime &= (uint8_t)~which;
    board_unlock(before);
    return asked;
}

void machine_report(struct machine *m) {
    if (take(m, RT_STATUS))
        report_status(m);
}

void machine_realtime(struct machine *m) {
    uint8_t asked = take(m, RT_STATUS | RT_JOG_CANCEL) | (m->realtime & RT_RESET);
    if (asked & RT_RESET)
        reset(m);
    if (asked & RT_JOG_CANCEL && machine_state(m) == STATE_JOG) {
        uint16_t resting = m->planner.resting_power;
        planner_clear(&m->planner);
        planner_rest(&m->planner, resting);
    }
    if (asked & RT_STATUS)
        report_status(m);
}
