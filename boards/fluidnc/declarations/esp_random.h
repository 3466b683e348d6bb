// What lotgate_port.cpp uses of ESP-IDF, in our own words.
#pragma once
#include <cstddef>
void esp_fill_random(void *bytes, std::size_t length);
