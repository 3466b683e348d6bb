// lotgate_port: what Grbl_ESP32 (and the MKS DLC32's fork) gives to boards/glue.
#include "lotgate.h"

#include "Grbl.h"        // grbl_send, CLIENT_SERIAL
#include <Preferences.h> // the chip's key-value store

static const char *const space = "lotgate", *const name = "hook";

void lotgate_port_write(const char *frame) {
    grbl_send(CLIENT_SERIAL, frame);
}

uint32_t lotgate_port_millis(void) {
    return millis();
}

void lotgate_port_random(uint8_t bytes[8]) {
    esp_fill_random(bytes, 8);
}

bool lotgate_port_load(uint8_t *bytes, unsigned length) {
    Preferences store;
    bool there = store.begin(space, true) && store.getBytes(name, bytes, length) == length;
    store.end();
    return there;
}

bool lotgate_port_save(const uint8_t *bytes, unsigned length) {
    Preferences store;
    bool saved = store.begin(space, false) && store.putBytes(name, bytes, length) == length;
    store.end();
    return saved;
}

// The board's touch screen has no line of text that is free: the message goes to every client instead.
void lotgate_port_show(const char *text) {
    grbl_sendf(CLIENT_ALL, "[MSG:lotgate: %s]\r\n", text);
}

bool lotgate_port_button(void) {
#ifdef LOTGATE_BUTTON_PIN
    return digitalRead(LOTGATE_BUTTON_PIN) == LOW;
#else
    return false; // no button: a paired board is paired anew only after its store was erased
#endif
}
