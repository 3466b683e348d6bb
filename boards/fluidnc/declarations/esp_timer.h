// What lotgate_port.cpp uses of ESP-IDF, in our own words.
#pragma once
#include <cstdint>
int64_t esp_timer_get_time(); // microseconds
