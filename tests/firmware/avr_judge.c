// avr_judge.c: the classifier on an AVR: takes rules, state and a line on its UART and answers with class and state. What is
// sent is told in simavr_run.c.
#include "avr_uart.h"
#include "judge.h" // judge

static uint8_t line[1100];

static uint32_t get_long(void) {
    uint32_t value = 0;
    for (uint8_t shift = 0; shift < 32; shift += 8)
        value |= (uint32_t)uart_get() << shift;
    return value;
}

static void put_long(uint32_t value) {
    for (uint8_t shift = 0; shift < 32; shift += 8)
        uart_put((uint8_t)(value >> shift));
}

int main(void) {
    uart_start();
    for (;;) {
        struct judge_rules rules;
        struct judge_state state;
        struct judge_answer answer;
        rules.machine = uart_get();
        rules.strict = uart_get();
        rules.beam_on_fan = uart_get();
        rules.focus_limit = get_long();
        state.on = uart_get();
        state.fan_beam = uart_get();
        state.doubt = uart_get();
        state.s.mantissa = (int32_t)get_long();
        state.s.decimals = uart_get();
        state.s.saturated = uart_get();
        uint16_t length = uart_get();
        length |= (uint16_t)(uart_get() << 8);
        for (uint16_t i = 0; i < length; i++)
            line[i] = uart_get();
        judge(&rules, &state, line, length, &answer);
        uart_put(answer.class);
        uart_put(answer.shape);
        uart_put(answer.energised);
        uart_put(answer.ends);
        uart_put(answer.says_off);
        uart_put(answer.after.on);
        uart_put(answer.after.fan_beam);
        uart_put(answer.after.doubt);
        put_long((uint32_t)answer.after.s.mantissa);
        uart_put(answer.after.s.decimals);
        uart_put(answer.after.s.saturated);
    }
}
