// What lotgate_port.cpp uses of Grbl_ESP32 and the Arduino core, in our own words, so that it compiles without them.
#pragma once
#include <cstddef>
#include <cstdint>

#define CLIENT_SERIAL 0
#define CLIENT_ALL    0xFF
#define LOW           0

void grbl_send(uint8_t client, const char *text);
void grbl_sendf(uint8_t client, const char *format, ...);
unsigned long millis();
void esp_fill_random(void *bytes, std::size_t length);
int digitalRead(uint8_t pin);
