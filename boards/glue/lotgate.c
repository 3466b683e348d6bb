// lotgate: see lotgate.h. Between the firmware's line execution and the hook.
#include "lotgate.h"

#include "hook.h" // lg_hook

#include <string.h>

static struct {
    struct lg_hook hook;
    struct lg_hook_port port;
    struct gcode_rules rules;
    uint8_t store[LG_HOOK_STORE];
    bool ready;
} lotgate;

static void port_write(void *context, const char *bytes, uint8_t length) {
    lotgate_port_write(bytes); // frames end with NUL
}

static uint32_t port_millis(void *context) {
    return lotgate_port_millis();
}

static void port_random(void *context, uint8_t bytes[LINK_NONCE]) {
    lotgate_port_random(bytes);
}

static void port_show(void *context, const char *text) {
    lotgate_port_show(text);
}

// The port's store replaces a value whole or not at all; the hook's slots are kept in one value.
static void port_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    memcpy(bytes, lotgate.store + offset, length);
}

static bool port_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    memcpy(lotgate.store + offset, bytes, length);
    return lotgate_port_save(lotgate.store, sizeof lotgate.store);
}

static bool port_button(void *context) {
    return lotgate_port_button();
}

void lotgate_init(const char *serial_number, const char *firmware, enum lotgate_kind kind) {
    static const uint8_t machines[] = {GCODE_LASER, GCODE_CNC, GCODE_PRINTER};
    if (!lotgate_port_load(lotgate.store, sizeof lotgate.store))
        memset(lotgate.store, 0xFF, sizeof lotgate.store);
    lotgate.rules.machine = (enum gcode_machine)machines[kind];
    lotgate.rules.focus_limit = 20; // S: 2 % of $30=1000
    lotgate.port = (struct lg_hook_port){
        .write = port_write,
        .millis = port_millis,
        .random = port_random,
        .show = port_show,
        .load = port_load,
        .store = port_store,
        .pairing_button = port_button,
        .serial_number = serial_number,
        .firmware = firmware,
    };
    lg_hook_init(&lotgate.hook, &lotgate.port, &lotgate.rules);
    lotgate.ready = true;
}

static enum link_source source_of(enum lotgate_way way) {
    static const uint8_t sources[] = {LINK_USB, LINK_SD, LINK_PANEL, LINK_WIFI};
    return (enum link_source)sources[way];
}

enum lotgate_answer lotgate_line(enum lotgate_way way, const char *line) {
    if (!lotgate.ready)
        return LOTGATE_REFUSE;
    switch (lg_hook_line(&lotgate.hook, source_of(way), line, strlen(line))) {
    case LG_HOOK_PASS:
        return LOTGATE_EXECUTE;
    case LG_HOOK_CONSUMED:
        return LOTGATE_DONE;
    case LG_HOOK_DENY:
        break;
    }
    return LOTGATE_REFUSE;
}

void lotgate_refused(void) {
    if (lotgate.ready)
        lg_hook_refused(&lotgate.hook);
}

bool lotgate_may_start(enum lotgate_way way) {
    return lotgate.ready && lg_hook_may_start(&lotgate.hook, source_of(way));
}

void lotgate_ended(enum lotgate_way way) {
    if (lotgate.ready)
        lg_hook_ended(&lotgate.hook, source_of(way));
}

void lotgate_reset(void) {
    if (lotgate.ready)
        lg_hook_reset(&lotgate.hook);
}

void lotgate_scanned(const char *code) {
    size_t length = strlen(code);
    if (lotgate.ready)
        lg_hook_scan(&lotgate.hook, code, (uint8_t)(length < LINK_TEXT_MAX ? length : LINK_TEXT_MAX));
}

void lotgate_tick(void) {
    if (lotgate.ready)
        lg_hook_tick(&lotgate.hook);
}
