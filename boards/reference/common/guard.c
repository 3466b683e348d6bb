// guard.c: what the hook asks of a firmware, and the start keys.

#include "guard.h"  // STORE_BOOT
#include "board.h"  // board_store
#include "inside.h" // guard_init
#include "say.h"    // say_line_end

#ifndef MACHINE_SERIAL
#define MACHINE_SERIAL "REF-0001"
#endif
#define FOCUS_PART  50 // a beam up to a 50th of $30 is for focusing
#define DEBOUNCE_MS 20u

// A frame is up to 11 ms on the wire, and neither a report nor a reset may wait so long. With more than REST_MAX bytes still to
// go the frame is broken off by a line end, which the host takes for a cut one. It is said again behind the report: once, and
// not while more of a flood waits. Then it is lost, as any frame may be, and the host's next HELLO sets that right.
#define REST_MAX 20

static void port_write(void *context, const char *bytes, uint8_t length) {
    struct machine *m = context;
    bool again = false;
    machine_report(m);
    for (uint8_t i = 0; i < length; i++) {
        if (m->realtime & (RT_STATUS | RT_RESET) && length - i > REST_MAX) {
            if (i)
                say_line_end();
            if (again || m->realtime & RT_RESET || machine_waiting(m) > RX_ROOM / 2)
                return;
            again = true;
            i = 0;
            machine_report(m);
        }
        board_send((uint8_t)bytes[i]);
    }
}

static uint32_t port_millis(void *context) {
    return board_millis();
}

static void port_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    board_load(offset, bytes, length);
}

static bool port_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    return board_store(offset, bytes, length);
}

static bool port_button(void *context) {
    return (board_keys() & KEY_PAIRING) != 0;
}

static void port_show(void *context, const char *text) {
    panel_show(context, text);
}

// On at once; off when what is queued has ended (guard_turn).
static void port_enable(void *context, bool on) {
    struct machine *m = context;
    m->enable_wanted = on;
    if (on && !m->enabled)
        board_enable(m->enabled = true);
}

// The newest whole copy of the boot number, 0 when there is none; `offset`: where the other one lies.
static uint32_t load_boot(uint8_t *offset) {
    uint32_t newest = 0;
    *offset = STORE_BOOT;
    for (uint8_t copy = 0; copy < 2; copy++) {
        uint8_t b[BOOT_BYTES], at = (uint8_t)(STORE_BOOT + copy * BOOT_BYTES);
        board_load(at, b, BOOT_BYTES);
        uint32_t number = (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
        if ((uint8_t)(b[0] + b[1] + b[2] + b[3]) != 0xFF || number < newest || number == 0xFFFFFF)
            continue;
        newest = number;
        *offset = (uint8_t)(STORE_BOOT + (1 - copy) * BOOT_BYTES);
    }
    return newest;
}

// A number that no power-up before had. It is stored before it is used, and the copy that is not written stays good, so that a
// power cut while it is written does not bring an old one back.
static void next_boot(struct machine *m) {
    uint8_t offset;
    m->boot = load_boot(&offset) + 1;
    uint8_t b[BOOT_BYTES] = {(uint8_t)m->boot, (uint8_t)(m->boot >> 8), (uint8_t)(m->boot >> 16), 0};
    b[3] = (uint8_t)(0xFF - b[0] - b[1] - b[2]);
    board_store(offset, b, BOOT_BYTES);
    m->nonces = 0;
}

// Boot number, count, and noise: the first two never repeat, the last is not to be guessed.
static void port_random(void *context, uint8_t bytes[LINK_NONCE]) {
    struct machine *m = context;
    if (++m->nonces == 0)
        next_boot(m);
    bytes[0] = (uint8_t)(m->boot >> 16);
    bytes[1] = (uint8_t)(m->boot >> 8);
    bytes[2] = (uint8_t)m->boot;
    bytes[3] = (uint8_t)(m->nonces >> 8);
    bytes[4] = (uint8_t)m->nonces;
    uint16_t noise = board_noise();
    bytes[5] = (uint8_t)(noise >> 8);
    bytes[6] = (uint8_t)noise;
    bytes[7] = (uint8_t)(board_noise() ^ board_millis());
}

void guard_rules(struct machine *m) {
    m->rules.machine = setting(m, SETTING_LASER) ? GCODE_LASER : GCODE_CNC;
    m->rules.focus_limit = (uint32_t)setting(m, SETTING_SPEED_MAX) / THOUSANDTHS / FOCUS_PART;
}

void guard_init(struct machine *m) {
    guard_rules(m);
    m->port = (struct lg_hook_port){.context = m,
                                    .write = port_write,
                                    .millis = port_millis,
                                    .random = port_random,
                                    .show = BOARD_PANEL ? port_show : NULL,
                                    .load = port_load,
                                    .store = port_store,
                                    .pairing_button = port_button,
                                    .output_enable = port_enable,
                                    .serial_number = MACHINE_SERIAL,
                                    .firmware = BOARD_FIRMWARE};
    next_boot(m);
    lg_hook_init(&m->hook, &m->port, &m->rules);
}

// A key that went down and stayed so.
static uint8_t pressed(struct machine *m) {
    uint8_t keys = board_keys();
    uint16_t now = (uint16_t)board_millis();
    if (keys != m->keys_seen) {
        m->keys_seen = keys;
        m->keys_since = now;
    }
    if (keys == m->keys || (uint16_t)(now - m->keys_since) < DEBOUNCE_MS)
        return 0;
    uint8_t down = (uint8_t)(keys & ~m->keys);
    m->keys = keys;
    return down;
}

void guard_turn(struct machine *m) {
    if (!m->enable_wanted && m->enabled && planner_empty(&m->planner))
        board_enable(m->enabled = false);
    uint8_t down = pressed(m);
    if (m->phase != PHASE_NONE)
        return;
    // A card that is put in starts by itself, as some firmwares have it.
    if (down & KEY_CARD)
        local_start(m, LINK_SD, "/PART.NC");
    if (down & KEY_START)
        local_start(m, LINK_PANEL, "/PART.NC");
}
