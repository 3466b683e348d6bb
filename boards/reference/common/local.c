// local.c: the files on the card. They lie in the flash of this firmware; what matters is that nobody at the wire sends them.

#include "inside.h" // local_start
#include "say.h"    // SAY

static FLASH char part[] = "; A plate of 30 x 20 mm with a hole\n"
                           "G21 G90 G54\n"
                           "G0 X0 Y0 F3000\n"
                           "M4 S0\n"
                           "G1 X30 S400\n"
                           "G1 Y20\n"
                           "G1 X0\n"
                           "G1 Y0\n"
                           "G0 X10 Y10\n"
                           "G2 X20 Y10 I5 J0 S350\n"
                           "G2 X10 Y10 I-5 J0\n"
                           "M5 S0\n"
                           "G0 X0 Y0\n"
                           "M2\n";

static FLASH char frame[] = "; Once round the plate, in the dark\n"
                            "G21 G90\n"
                            "G0 X0 Y0\n"
                            "G0 X30\n"
                            "G0 Y20\n"
                            "G0 X0\n"
                            "G0 Y0\n";

static FLASH struct {
    char name[12];
    FLASH char *text;
    uint16_t size;
} files[] = {
    {"/PART.NC", part, sizeof part - 1},
    {"/FRAME.NC", frame, sizeof frame - 1},
};

static bool is_name(FLASH char *name, const char *text) {
    while (*name && *text == *name)
        text++, name++;
    return *text == *name;
}

enum grbl_error local_start(struct machine *m, enum link_source source, const char *name) {
    for (uint8_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (!is_name(files[i].name, name))
            continue;
        if (m->local.at || machine_state(m) != STATE_IDLE)
            return GRBL_NOT_IDLE;
        if (!lg_hook_may_start(&m->hook, source))
            return GRBL_LOCKED;
        m->local.at = files[i].text;
        m->local.source = (uint8_t)source;
        line_clear(&m->card);
        return GRBL_OK;
    }
    return GRBL_UNKNOWN_SYSTEM;
}

void local_list(void) {
    for (uint8_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        SAY("[FILE:");
        say_text(files[i].name);
        SAY("|SIZE:");
        say_number(files[i].size);
        SAY_LINE("]");
    }
}

void local_stop(struct machine *m) {
    if (!m->local.at)
        return;
    m->local.at = NULL;
    lg_hook_ended(&m->hook, (enum link_source)m->local.source);
}

bool local_turn(struct machine *m) {
    if (!m->local.at || lg_hook_receiving(&m->hook))
        return false;
    char byte;
    while ((byte = *m->local.at) != '\0') {
        m->local.at++;
        if (byte == '\n') {
            line_begin(m, (enum link_source)m->local.source, &m->card);
            return true;
        }
        line_add(&m->card, byte);
    }
    // Its last moves are still part of it.
    if (!planner_empty(&m->planner))
        return false;
    local_stop(m);
    SAY_LINE("[MSG:File ended]");
    return true;
}
