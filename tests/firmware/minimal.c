// minimal.c: the least firmware round the hook, for `make sizes`: every call is made and every port function is there, so that
// the linker keeps all of it and the table counts nothing else.
#include "hook.h" // lg_hook_line

static volatile uint8_t io;

static void port_write(void *context, const char *bytes, uint8_t length) {
    (void)context;
    while (length--)
        io = (uint8_t)*bytes++;
}

static uint32_t port_millis(void *context) {
    (void)context;
    return io;
}

static void port_random(void *context, uint8_t bytes[LINK_NONCE]) {
    (void)context;
    for (uint8_t i = 0; i < LINK_NONCE; i++)
        bytes[i] = io;
}

static void port_show(void *context, const char *text) {
    (void)context;
    while (*text)
        io = (uint8_t)*text++;
}

static void port_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    (void)context;
    io = offset;
    while (length--)
        *bytes++ = io;
}

static bool port_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    (void)context;
    io = offset;
    while (length--)
        io = *bytes++;
    return io;
}

static bool port_button(void *context) {
    (void)context;
    return io;
}

static void port_output(void *context, bool on) {
    (void)context;
    io = on;
}

static const struct lg_hook_port port = {
    .write = port_write,
    .millis = port_millis,
    .random = port_random,
    .show = port_show,
    .load = port_load,
    .store = port_store,
    .pairing_button = port_button,
    .output_enable = port_output,
    .serial_number = "S",
    .firmware = "f",
};
static const struct gcode_rules rules = {.machine = GCODE_LASER, .focus_limit = 20};
static struct lg_hook hook;
static char line[80];

int main(void) {
    lg_hook_init(&hook, &port, &rules);
    for (;;) {
        enum link_source source = (enum link_source)io;
        io = (uint8_t)lg_hook_byte(&hook, io);
        io = lg_hook_receiving(&hook);
        io = (uint8_t)lg_hook_line(&hook, source, line, io);
        io = lg_hook_may_start(&hook, source);
        lg_hook_ended(&hook, source);
        lg_hook_refused(&hook);
        lg_hook_reset(&hook);
        lg_hook_scan(&hook, line, io);
        lg_hook_tick(&hook);
        io = (uint8_t)lg_hook_state(&hook);
    }
}

// What a compiler may call of its own accord, for targets without a C library. A firmware has them anyway.
#ifdef OWN_MEMORY_FUNCTIONS
void *memcpy(void *to, const void *from, size_t count);
void *memcpy(void *to, const void *from, size_t count) {
    for (size_t i = 0; i < count; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t count);
void *memset(void *to, int byte, size_t count) {
    for (size_t i = 0; i < count; i++)
        ((volatile uint8_t *)to)[i] = (uint8_t)byte;
    return to;
}
#endif
