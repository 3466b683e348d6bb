// What lotgate_port.cpp uses of Marlin, in our own words.
#pragma once
#include <cstdint>

void SERIAL_ECHO(const char *text);
uint32_t millis();
