// avr_lines.c: the hook on an AVR, to count cycles: takes the hook's state, a line's length and the line on its UART, marks the
// call of lg_hook_line in GPIOR0, and sends what it answered, and
// whether the hook has told the host of something meanwhile.
#include "avr_uart.h"
#include "hook.h" // lg_hook_line

static uint8_t sent;

static void port_write(void *context, const char *bytes, uint8_t length) {
    (void)context, (void)bytes, (void)length;
    sent = 1;
}

static uint32_t port_millis(void *context) {
    (void)context;
    return 0;
}

static void port_random(void *context, uint8_t bytes[LINK_NONCE]) {
    (void)context, (void)bytes;
}

static const struct lg_hook_port port = {
    .write = port_write, .millis = port_millis, .random = port_random, .serial_number = "S", .firmware = "f"};
static const struct gcode_rules rules = {.machine = GCODE_LASER, .focus_limit = 20};
static struct lg_hook hook;
static char line[256];

int main(void) {
    uart_start();
    lg_hook_init(&hook, &port, &rules);
    for (;;) {
        hook.state = uart_get();
        hook.source = LINK_USB;
        uint8_t length = uart_get();
        for (uint8_t i = 0; i < length; i++)
            line[i] = (char)uart_get();
        sent = 0;
        GPIOR0 = 1;
        enum lg_hook_answer answer = lg_hook_line(&hook, LINK_USB, line, length);
        GPIOR0 = 0;
        uart_put((uint8_t)answer);
        uart_put(sent);
    }
}
