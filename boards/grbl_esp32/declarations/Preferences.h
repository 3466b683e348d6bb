// What lotgate_port.cpp uses of the Arduino core's Preferences, in our own words.
#pragma once
#include <cstddef>

class Preferences {
  public:
    bool begin(const char *space, bool read_only);
    void end();
    std::size_t getBytes(const char *key, void *bytes, std::size_t room);
    std::size_t putBytes(const char *key, const void *bytes, std::size_t length);
};
