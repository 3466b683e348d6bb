// chip.c: clock, pins, wires, beam, noise and watchdog.
//
// The chip runs from its internal oscillator as it comes out of reset; CPU_HZ says how fast that is (16 MHz; qemu's model: 168).

#include "chip.h"  // chip_init
#include "board.h" // board_millis
#include "crc16.h" // crc16
#include "store.h" // store_init

// Pins. Keys go to the supply: nothing pressed reads 0.
#define PIN_MOVING   0  // B
#define PIN_BEAM     1  // B
#define PIN_ENABLE   2  // B
#define PIN_PWM      6  // A, timer 3
#define PIN_START    10 // B
#define PIN_PAIRING  12 // B
#define PIN_CARD     13 // B
#define PIN_TX1      9  // A
#define PIN_RX1      10 // A
#define PIN_TX2      2  // A
#define PIN_RX2      3  // A
#define OUTPUT       1u
#define ALTERNATE    2u
#define PULL_DOWN    2u
#define HOST_BAUD    115200u
#define PANEL_BAUD   9600u
#define HANGING_MS   500u
#define IWDG_PERIOD  500u // of 1/500 s: a second
#define RNG_PATIENCE 1000

static volatile uint32_t millis, fed;
static uint16_t noise = CRC16_START;

static void set_mode(struct gpio *port, uint8_t pin, uint32_t mode) {
    port->moder = (port->moder & ~(3u << 2 * pin)) | mode << 2 * pin;
}

static void set_alternate(struct gpio *port, uint8_t pin, uint32_t function) {
    volatile uint32_t *afr = &port->afr[pin / 8];
    *afr = (*afr & ~(15u << 4 * (pin % 8))) | function << 4 * (pin % 8);
    set_mode(port, pin, ALTERNATE);
}

static void init_pins(void) {
    static const uint8_t keys[] = {PIN_START, PIN_PAIRING, PIN_CARD},
                         outputs[] = {PIN_MOVING, PIN_BEAM, PIN_ENABLE};
    static const uint8_t serial[] = {PIN_TX1, PIN_RX1, PIN_TX2, PIN_RX2};
    for (uint8_t i = 0; i < sizeof outputs; i++)
        set_mode(GPIOB, outputs[i], OUTPUT);
    for (uint8_t i = 0; i < sizeof keys; i++)
        GPIOB->pupdr |= PULL_DOWN << 2 * keys[i];
    for (uint8_t i = 0; i < sizeof serial; i++)
        set_alternate(GPIOA, serial[i], 7);
    set_alternate(GPIOA, PIN_PWM, 2);
}

static void init_usart(struct usart *usart, uint32_t baud, uint32_t irq) {
    usart->brr = (CPU_HZ + baud / 2) / baud;
    usart->cr1 = USART_UE | USART_TE | USART_RE | USART_RXNEIE;
    NVIC_ISER(irq / 32) = 1u << irq % 32;
}

void chip_init(void) {
    store_init();
    RCC_AHB1ENR |= AHB1_GPIOA | AHB1_GPIOB;
    RCC_AHB2ENR |= AHB2_RNG;
    RCC_APB1ENR |= APB1_TIM3 | APB1_USART2;
    RCC_APB2ENR |= APB2_USART1;
    init_pins();
    RNG_CR = RNG_EN;
    TIM3_PSC = CPU_HZ / 1000000u - 1; // a kilohertz in BOARD_POWER_MAX steps
    TIM3_ARR = BOARD_POWER_MAX - 1;
    TIM3_CCMR1 = TIM_PWM1_CH1;
    TIM3_CCER = TIM_CC1E;
    TIM3_CR1 = TIM_CEN;
    SYSTICK_RVR = CPU_HZ / 1000u - 1;
    SYSTICK_CVR = 0;
    SYSTICK_CSR = SYSTICK_RUN;
    IWDG_KR = IWDG_WRITE;
    IWDG_PR = 4; // 32 kHz / 64
    IWDG_RLR = IWDG_PERIOD;
    IWDG_KR = IWDG_START;
    init_usart(USART1, HOST_BAUD, USART1_IRQ);
    init_usart(USART2, PANEL_BAUD, USART2_IRQ);
}

// Two watchdogs: this one for a main loop that hangs, the chip's own for when interrupts hang too.
void systick_handler(void) {
    millis++;
    planner_tick(&stm32_machine.planner);
    if (millis - fed > HANGING_MS)
        SCB_AIRCR = AIRCR_RESET;
}

void board_feed_watchdog(void) {
    fed = millis;
    IWDG_KR = IWDG_FEED;
}

void usart1_handler(void) {
    if (USART1->sr & USART_RXNE)
        machine_receive(&stm32_machine, (uint8_t)USART1->dr);
}

void usart2_handler(void) {
    if (USART2->sr & USART_RXNE)
        machine_panel_receive(&stm32_machine, (uint8_t)USART2->dr);
}

uint32_t board_millis(void) {
    return millis;
}

void board_send(uint8_t byte) {
    while (!(USART1->sr & USART_TXE))
        ;
    USART1->dr = byte;
}

bool board_panel_send(uint8_t byte) {
    if (!(USART2->sr & USART_TXE))
        return false;
    USART2->dr = byte;
    return true;
}

static void set_pin(uint8_t pin, bool on) {
    GPIOB->bsrr = on ? 1u << pin : 1u << (pin + 16);
}

void board_power(uint16_t power) {
    set_pin(PIN_BEAM, power != 0);
    TIM3_CCR1 = power;
}

void board_moving(bool moving) {
    set_pin(PIN_MOVING, moving);
}

void board_enable(bool on) {
    set_pin(PIN_ENABLE, on);
}

uint8_t board_keys(void) {
    uint32_t down = GPIOB->idr;
    return (uint8_t)((down & 1u << PIN_START ? KEY_START : 0) | (down & 1u << PIN_PAIRING ? KEY_PAIRING : 0) |
                     (down & 1u << PIN_CARD ? KEY_CARD : 0));
}

uint16_t board_noise(void) {
    uint32_t value[2] = {0, SYSTICK_CVR};
    for (int i = 0; i < RNG_PATIENCE && value[0] == 0; i++)
        if (RNG_SR & RNG_DRDY)
            value[0] = RNG_DR;
    return noise = crc16(noise, (const uint8_t *)value, sizeof value);
}

uint8_t board_lock(void) {
    uint32_t before;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before)::"memory");
    return (uint8_t)before;
}

void board_unlock(uint8_t before) {
    if (!before)
        __asm__ volatile("cpsie i" ::: "memory");
}

void board_idle(void) {
    const struct machine *m = &stm32_machine;
    uint8_t before = board_lock();
    if (m->rx_head == m->rx_tail && m->realtime == 0)
        __asm__ volatile("wfi"); // ends with an interrupt that waits, though it is masked
    board_unlock(before);
}
