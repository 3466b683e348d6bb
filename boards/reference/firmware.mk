# The reference firmwares and what runs them: `make firmware`. What can't be built says why and is left out.
#
# avr-gcc 5.4's postreload pass gives wrong code where a register pair's upper half was used in between (GCC bug 56833; the
# main loop ran into it), so it is switched off; the compiler's note that it is, is no news.
REFERENCE := boards/reference
FIRMWARE := build/firmware
FIRMWARE_PROTO := $(addprefix proto/,gcode.c gcode_modal.c gcode_classify.c gcode_system.c gcode_printer.c link.c link_words.c link_write.c crc16.c siphash.c)
FIRMWARE_COMMON := $(FIRMWARE_PROTO) $(wildcard hook/*.c) $(wildcard $(REFERENCE)/common/*.c)
FIRMWARE_HEADERS := $(wildcard proto/*.h hook/*.h $(REFERENCE)/*/*.h) $(REFERENCE)/firmware.mk
FIRMWARE_FLAGS := -Os -Wall -Wextra -Werror -Wshadow -Wundef -Wmissing-prototypes -Wno-unused-parameter -ffunction-sections -fdata-sections \
    -Wl,--gc-sections -DGCODE_GRBL_ONLY -Iproto -Ihook -I$(REFERENCE)/common
AVR_FLAGS := -std=gnu11 -DF_CPU=16000000ul -fshort-enums -mrelax -mcall-prologues -fdisable-rtl-postreload -I$(REFERENCE)/avr \
    -DBOARD_FIRMWARE='"ref-avr-1"'
STM32_FLAGS := -std=gnu11 -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -ffreestanding -nostdlib -nostartfiles -I$(REFERENCE)/stm32 \
    -T$(REFERENCE)/stm32/stm32f405.ld -DBOARD_HAS_PANEL -DBOARD_FIRMWARE='"ref-stm32-1"'

# firmware NAME COMPILER PACKAGES SOURCES FLAGS
define firmware
FIRMWARES += $(FIRMWARE)/$(1).elf
$(FIRMWARE)/$(1).elf: $(FIRMWARE_COMMON) $(4) $(FIRMWARE_HEADERS)
	@mkdir -p $$(@D)
	@if ! command -v $(2)gcc >/dev/null; then echo "  left out $$@: no $(2)gcc (Debian: $(3))"; exit 0; fi; $$(call say,CC,$$@); \
	  $(2)gcc $(FIRMWARE_FLAGS) $(5) $$(filter %.c,$$^) $(6) -o $$@ 2> $$@.notes || { cat $$@.notes >&2; exit 1; }; \
	  grep -v 'note: disable pass' $$@.notes >&2 || true; rm -f $$@.notes
endef
AVR_SOURCES := $(wildcard $(REFERENCE)/avr/*.c)
STM32_SOURCES := $(wildcard $(REFERENCE)/stm32/*.c)
$(eval $(call firmware,avr328p,avr-,gcc-avr avr-libc,$(AVR_SOURCES),$(AVR_FLAGS) -mmcu=atmega328p,))
$(eval $(call firmware,avr2560,avr-,gcc-avr avr-libc,$(AVR_SOURCES),$(AVR_FLAGS) -mmcu=atmega2560 -DBOARD_HAS_PANEL,))
# For a chip, which runs at 16 MHz from its internal oscillator; and for qemu's model, whose flash can't be programmed.
$(eval $(call firmware,stm32-chip,arm-none-eabi-,gcc-arm-none-eabi,$(STM32_SOURCES),$(STM32_FLAGS) -DCPU_HZ=16000000u,-lgcc))
$(eval $(call firmware,stm32,arm-none-eabi-,gcc-arm-none-eabi,$(STM32_SOURCES),$(STM32_FLAGS) -DCPU_HZ=168000000u -DPAGES_IN_RAM,-lgcc))

RUNNER_SOURCES := $(wildcard $(REFERENCE)/run/simavr_*.c)
$(FIRMWARE)/simavr_run: $(RUNNER_SOURCES) $(REFERENCE)/run/simavr_board.h $(REFERENCE)/firmware.mk
	@mkdir -p $(@D)
	@if ! echo '#include <simavr/sim_avr.h>' | gcc -E - >/dev/null 2>&1; then echo "  left out $@: no simavr (Debian: libsimavr-dev)"; exit 0; fi; \
	  $(call say,CC,$@); gcc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wno-unused-parameter $(RUNNER_SOURCES) -o $@ -lsimavr

.PHONY: firmware
firmware: $(FIRMWARES) $(FIRMWARE)/simavr_run ## build the reference firmwares (AVR, STM32) and the program that runs them
