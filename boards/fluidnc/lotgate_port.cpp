// lotgate_port: what FluidNC gives to boards/glue.
#include "lotgate.h"

#include "Serial.h" // allChannels
#include "Uart.h"   // the console's channel
#include <esp_random.h>
#include <esp_timer.h>
#include <nvs.h>

static const char *const space = "lotgate", *const name = "hook";

void lotgate_port_write(const char *frame) {
    Uart0.print(frame);
}

uint32_t lotgate_port_millis(void) {
    return static_cast<uint32_t>(esp_timer_get_time() / 1000);
}

void lotgate_port_random(uint8_t bytes[8]) {
    esp_fill_random(bytes, 8);
}

bool lotgate_port_load(uint8_t *bytes, unsigned length) {
    nvs_handle_t store;
    std::size_t got = length;
    if (nvs_open(space, NVS_READONLY, &store) != ESP_OK)
        return false;
    bool there = nvs_get_blob(store, name, bytes, &got) == ESP_OK && got == length;
    nvs_close(store);
    return there;
}

bool lotgate_port_save(const uint8_t *bytes, unsigned length) {
    nvs_handle_t store;
    if (nvs_open(space, NVS_READWRITE, &store) != ESP_OK)
        return false;
    bool saved = nvs_set_blob(store, name, bytes, length) == ESP_OK && nvs_commit(store) == ESP_OK;
    nvs_close(store);
    return saved;
}

void lotgate_port_show(const char *text) {
    allChannels.print("[MSG:lotgate: ");
    allChannels.print(text);
    allChannels.print("]\n");
}

bool lotgate_port_button(void) {
    return false; // FluidNC's pins belong to its configuration: erase the store to pair anew
}
