// lotgate_port: what Marlin 2.x gives to boards/glue.
#include "lotgate.h"

#include "src/HAL/shared/eeprom_api.h" // persistentStore
#include "src/MarlinCore.h"            // SERIAL_ECHO, millis
#include "src/lcd/marlinui.h"          // ui.set_status

// At the store's end, away from Marlin's own settings, which begin at its start: a counter for nonces, then the hook's slots.
static constexpr int counter_size = 4;
static constexpr int hook_size = 40;

static int place() {
    return static_cast<int>(persistentStore.capacity()) - counter_size - hook_size;
}

static bool read(int at, uint8_t *bytes, unsigned length) {
    uint16_t crc = 0;
    persistentStore.access_start();
    bool failed = persistentStore.read_data(at, bytes, length, &crc);
    persistentStore.access_finish();
    return !failed;
}

static bool write(int at, const uint8_t *bytes, unsigned length) {
    uint16_t crc = 0;
    persistentStore.access_start();
    bool failed = persistentStore.write_data(at, bytes, length, &crc);
    return persistentStore.access_finish() && !failed;
}

void lotgate_port_write(const char *frame) {
    SERIAL_ECHO(frame);
}

uint32_t lotgate_port_millis(void) {
    return millis();
}

// Boards of this class have no generator that Marlin knows of. Power-ups are counted in the store, and nonces since then
// in memory: the pair never repeats, and it costs one write per power-up.
static uint32_t count_power_up() {
    uint8_t bytes[counter_size];
    uint32_t count = 0;
    if (read(place(), bytes, counter_size))
        for (int i = 0; i < counter_size; i++)
            count |= static_cast<uint32_t>(bytes[i]) << (8 * i);
    count++;
    for (int i = 0; i < counter_size; i++)
        bytes[i] = static_cast<uint8_t>(count >> (8 * i));
    write(place(), bytes, counter_size);
    return count;
}

void lotgate_port_random(uint8_t bytes[8]) {
    static uint32_t power_ups, nonces;
    if (nonces++ == 0)
        power_ups = count_power_up();
    for (int i = 0; i < 4; i++) {
        bytes[i] = static_cast<uint8_t>(power_ups >> (8 * i));
        bytes[4 + i] = static_cast<uint8_t>(nonces >> (8 * i));
    }
}

bool lotgate_port_load(uint8_t *bytes, unsigned length) {
    return length <= hook_size && read(place() + counter_size, bytes, length);
}

bool lotgate_port_save(const uint8_t *bytes, unsigned length) {
    return length <= hook_size && write(place() + counter_size, bytes, length);
}

void lotgate_port_show(const char *text) {
    ui.set_status(text);
}

bool lotgate_port_button(void) {
    return ui.button_pressed();
}
