// report.c: what `?`, `$G` and `$#` say.

#include "board.h"  // board_send
#include "inside.h" // report_status
#include "say.h"    // SAY

#define REPORT_BUFFERS 2 // bit of $10
// So many reports between two that tell the offset (while idle, and in motion), and the overrides.
#define WCO_IDLE 10
#define WCO_BUSY 30
#define OV_BUSY  20

static FLASH char state_names[][8] = {"Idle", "Run", "Hold:0", "Jog", "Alarm", "Check"};

static void say_extras(struct machine *m, bool busy) {
    int32_t offset[AXES];
    if (m->reports_to_wco-- == 0) {
        m->reports_to_wco = busy ? WCO_BUSY : WCO_IDLE;
        if (m->reports_to_ov == 0)
            m->reports_to_ov = 1; // in the next one
        for (uint8_t i = 0; i < AXES; i++)
            offset[i] = m->wcs[m->modal.wcs - 54][i] + m->g92[i];
        SAY("|WCO:");
        say_point(offset);
    } else if (m->reports_to_ov-- == 0) {
        m->reports_to_ov = busy ? OV_BUSY : WCO_IDLE;
        SAY("|Ov:100,100,100");
    }
}

void report_status(struct machine *m) {
    int32_t where[AXES];
    uint16_t feed, power;
    enum run_state state = machine_state(m);
    uint32_t most = (uint32_t)setting(m, SETTING_SPEED_MAX) / THOUSANDTHS;
    planner_where(&m->planner, where, &feed, &power);
    board_send('<');
    say_text(state_names[state]);
    SAY("|MPos:");
    say_point(where);
    if (setting(m, SETTING_REPORT) / THOUSANDTHS & REPORT_BUFFERS) {
        SAY("|Bf:");
        say_number(planner_room(&m->planner));
        board_send(',');
        say_number((uint32_t)(RX_ROOM - machine_waiting(m)));
    }
    SAY("|FS:");
    say_number(feed);
    board_send(',');
    say_number(power * most / BOARD_POWER_MAX);
    say_extras(m, state == STATE_RUN || state == STATE_JOG || state == STATE_HOLD);
    SAY_LINE(">");
}

void report_modal(const struct machine *m) {
    const struct modal *modal = &m->modal;
    SAY("[GC:G");
    say_number(modal->motion);
    SAY(" G");
    say_number(modal->wcs);
    SAY(" G");
    say_number(modal->plane);
    SAY(" G");
    say_number(modal->inches ? 20 : 21);
    SAY(" G");
    say_number(modal->relative ? 91 : 90);
    SAY(" G");
    say_number(modal->inverse_time ? 93 : 94);
    SAY(" M");
    say_number(modal->spindle);
    SAY(" M");
    say_number(modal->coolant);
    SAY(" T0 F");
    say_number(m->feed);
    SAY(" S");
    say_number(m->speed);
    SAY_LINE("]");
}

static void say_place(FLASH char *name, const int32_t point[AXES]) {
    board_send('[');
    say_text(name);
    board_send(':');
    say_point(point);
    SAY_LINE("]");
}

void report_offsets(const struct machine *m) {
    for (uint8_t i = 0; i < WCS_COUNT; i++) {
        SAY("[G");
        say_number(54u + i);
        board_send(':');
        say_point(m->wcs[i]);
        SAY_LINE("]");
    }
    say_place(FLASH_TEXT("G28"), m->home[0]);
    say_place(FLASH_TEXT("G30"), m->home[1]);
    say_place(FLASH_TEXT("G92"), m->g92);
    SAY_LINE("[TLO:0.000]");
    SAY_LINE("[PRB:0.000,0.000,0.000:0]");
}
