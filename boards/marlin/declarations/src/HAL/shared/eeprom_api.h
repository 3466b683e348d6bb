// What lotgate_port.cpp uses of Marlin, in our own words. read_data and write_data answer true when they failed.
#pragma once
#include <cstddef>
#include <cstdint>

class PersistentStore {
  public:
    static bool access_start();
    static bool access_finish();
    static bool write_data(int &at, const uint8_t *bytes, std::size_t length, uint16_t *crc);
    static bool read_data(int &at, uint8_t *bytes, std::size_t length, uint16_t *crc);
    static std::size_t capacity();
};

extern PersistentStore persistentStore;
