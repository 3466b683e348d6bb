// sim_hook: the hook of hook/ in the simulated firmware, with the ports that a firmware gives. It is the code that goes into
// real machines: nothing of it is simulated but the memory, the random source and the screen.
#include "sim_inside.h"

#include <stdlib.h>
#include <string.h>

#include "hook.h"

#define DENIED 9 // Grbl's "locked out"

struct sim_hook {
    struct lg_hook hook;
    struct lg_hook_port port;
    struct gcode_rules rules;
    uint8_t store[SIM_HOOK_STORE];
    uint64_t nonces;
    bool button;
    char screen[LINK_TEXT_MAX + 1];
};

static struct sim *sim_of(void *context) {
    return context;
}

static void port_write(void *context, const char *bytes, uint8_t length) {
    for (uint8_t i = 0; i < length; i++)
        sim_wire_send(sim_of(context), (uint8_t)bytes[i]);
}

static uint32_t port_millis(void *context) {
    return (uint32_t)(sim_of(context)->now / 1000);
}

// splitmix64: never the same twice for one seed, and the seed is the owner's affair.
static void port_random(void *context, uint8_t bytes[LINK_NONCE]) {
    struct sim *s = sim_of(context);
    uint64_t z = s->config.hook_seed + 0x9E3779B97F4A7C15ULL * ++s->hook->nonces;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    for (int i = 0; i < LINK_NONCE; i++)
        bytes[i] = (uint8_t)(z >> (8 * i));
}

static void port_show(void *context, const char *text) {
    struct sim *s = sim_of(context);
    strncpy(s->hook->screen, text, LINK_TEXT_MAX);
    if (s->config.on_screen)
        s->config.on_screen(s->config.context, text);
}

static void port_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    memcpy(bytes, sim_of(context)->hook->store + offset, length);
}

static bool port_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    struct sim *s = sim_of(context);
    memcpy(s->hook->store + offset, bytes, length);
    if (s->config.on_store)
        s->config.on_store(s->config.context, s->hook->store);
    return true;
}

static bool port_button(void *context) {
    return sim_of(context)->hook->button;
}

bool sim_hook_create(struct sim *s) {
    if (!s->config.hook)
        return true;
    struct sim_hook *h = s->hook = calloc(1, sizeof *h);
    if (!h)
        return false;
    h->port = (struct lg_hook_port){.context = s,
                                    .write = port_write,
                                    .millis = port_millis,
                                    .random = port_random,
                                    .show = port_show,
                                    .load = port_load,
                                    .store = port_store,
                                    .pairing_button = port_button,
                                    .serial_number = s->config.serial,
                                    .firmware = "sim"};
    h->rules = (struct gcode_rules){.machine = s->config.kind == SIM_LASER ? GCODE_LASER : GCODE_CNC,
                                    .focus_limit = 20};
    memcpy(h->store, s->config.hook_store, sizeof h->store);
    lg_hook_init(&h->hook, &h->port, &h->rules);
    return true;
}

void sim_hook_free(struct sim *s) {
    free(s->hook);
}

void sim_hook_power_up(struct sim *s) {
    if (s->hook)
        lg_hook_init(&s->hook->hook, &s->hook->port, &s->hook->rules);
}

void sim_hook_reset(struct sim *s) {
    if (s->hook)
        lg_hook_reset(&s->hook->hook);
}

static enum link_source source_of(enum sim_source source) {
    return source == SIM_FROM_HOST ? LINK_USB : source == SIM_FROM_CARD ? LINK_SD : LINK_PANEL;
}

bool sim_hook_takes(struct sim *s, uint16_t *denied) {
    const struct assembly *l = &s->line;
    *denied = 0;
    if (!s->hook)
        return false;
    switch (lg_hook_line(&s->hook->hook, source_of(s->source), l->raw, l->raw_length)) {
    case LG_HOOK_CONSUMED:
        return true;
    case LG_HOOK_DENY:
        *denied = DENIED;
        s->counts.denied += s->source == SIM_FROM_HOST;
        return false;
    case LG_HOOK_PASS:
        break;
    }
    return false;
}

void sim_hook_refused(struct sim *s) {
    if (s->hook && s->line.text[0] != '$' && s->line.text[0] != '[')
        lg_hook_refused(&s->hook->hook);
}

bool sim_hook_may_start(struct sim *s) {
    return !s->hook || lg_hook_may_start(&s->hook->hook, LINK_SD);
}

void sim_hook_card_ended(struct sim *s) {
    if (s->hook)
        lg_hook_ended(&s->hook->hook, LINK_SD);
}

// --- for who holds the machine

void sim_hook_scan(struct sim *s, const char *code, int64_t now) {
    sim_advance(s, now);
    if (s->hook && s->stage == STAGE_UP)
        lg_hook_scan(&s->hook->hook, code, (uint8_t)strlen(code));
}

void sim_hook_button(struct sim *s, bool held) {
    if (s->hook)
        s->hook->button = held;
}

void sim_hook_look(struct sim *s, struct sim_hook_view *view) {
    *view = (struct sim_hook_view){.there = s->hook != NULL, .state = LINK_UNPAIRED, .screen = ""};
    if (!s->hook)
        return;
    lg_hook_tick(&s->hook->hook);
    view->state = lg_hook_state(&s->hook->hook);
    view->doubt = s->hook->hook.modal.doubt;
    view->screen = s->hook->screen;
    view->store = s->hook->store;
}
