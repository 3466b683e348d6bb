// registers: those of the STM32F405 that the firmware uses (reference manual RM0090; core registers: ARMv7-M manual).
#ifndef LOTGATE_REFERENCE_STM32_REGISTERS_H
#define LOTGATE_REFERENCE_STM32_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

// Clocks of the peripherals.
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_AHB2ENR REGISTER(0x40023834u)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define AHB1_GPIOA  (1u << 0)
#define AHB1_GPIOB  (1u << 1)
#define AHB2_RNG    (1u << 6)
#define APB1_TIM3   (1u << 1)
#define APB1_USART2 (1u << 17)
#define APB2_USART1 (1u << 4)

struct gpio {
    volatile uint32_t moder, otyper, ospeedr, pupdr, idr, odr, bsrr, lckr, afr[2];
};
#define GPIOA ((struct gpio *)0x40020000u)
#define GPIOB ((struct gpio *)0x40020400u)

struct usart {
    volatile uint32_t sr, dr, brr, cr1, cr2, cr3;
};
#define USART1       ((struct usart *)0x40011000u)
#define USART2       ((struct usart *)0x40004400u)
#define USART_RXNE   (1u << 5)
#define USART_TXE    (1u << 7)
#define USART_RE     (1u << 2)
#define USART_TE     (1u << 3)
#define USART_RXNEIE (1u << 5)
#define USART_UE     (1u << 13)
#define USART1_IRQ   37
#define USART2_IRQ   38

// Timer 3, channel 1: pulse width of the beam.
#define TIM3_CR1     REGISTER(0x40000400u)
#define TIM3_CCMR1   REGISTER(0x40000418u)
#define TIM3_CCER    REGISTER(0x40000420u)
#define TIM3_PSC     REGISTER(0x40000428u)
#define TIM3_ARR     REGISTER(0x4000042Cu)
#define TIM3_CCR1    REGISTER(0x40000434u)
#define TIM_CEN      1u
#define TIM_PWM1_CH1 (6u << 4)
#define TIM_CC1E     1u

#define RNG_CR   REGISTER(0x50060800u)
#define RNG_SR   REGISTER(0x50060804u)
#define RNG_DR   REGISTER(0x50060808u)
#define RNG_EN   (1u << 2)
#define RNG_DRDY 1u

// Flash: sectors are erased, words programmed.
#define FLASH_KEYR     REGISTER(0x40023C04u)
#define FLASH_SR       REGISTER(0x40023C0Cu)
#define FLASH_CR       REGISTER(0x40023C10u)
#define FLASH_KEY1     0x45670123u
#define FLASH_KEY2     0xCDEF89ABu
#define FLASH_ERRORS   0xF2u // operation, write protection, alignment, parallelism, sequence
#define FLASH_BSY      (1u << 16)
#define FLASH_PG       (1u << 0)
#define FLASH_SER      (1u << 1)
#define FLASH_SECTOR   3         // place of the sector's number
#define FLASH_BY_WORDS (2u << 8) // 2.7 to 3.6 V
#define FLASH_STRT     (1u << 16)
#define FLASH_LOCK     (1u << 31)

// Independent watchdog, from the slow clock of 32 kHz.
#define IWDG_KR    REGISTER(0x40003000u)
#define IWDG_PR    REGISTER(0x40003004u)
#define IWDG_RLR   REGISTER(0x40003008u)
#define IWDG_START 0xCCCCu
#define IWDG_WRITE 0x5555u
#define IWDG_FEED  0xAAAAu

// The core's own.
#define SYSTICK_CSR  REGISTER(0xE000E010u)
#define SYSTICK_RVR  REGISTER(0xE000E014u)
#define SYSTICK_CVR  REGISTER(0xE000E018u)
#define SYSTICK_RUN  7u // counts the core's clock, with its interrupt
#define NVIC_ISER(n) REGISTER(0xE000E100u + 4u * (n))
#define SCB_AIRCR    REGISTER(0xE000ED0Cu)
#define AIRCR_RESET  0x05FA0004u

#endif
