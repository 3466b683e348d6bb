// crc16.c: CRC-16/CCITT-FALSE, byte by byte and without a table.

#include "crc16.h" // crc16

uint16_t crc16(uint16_t crc, const uint8_t *bytes, size_t length) {
    while (length--) {
        uint8_t x = (uint8_t)(crc >> 8 ^ *bytes++);
        x ^= x >> 4;
        crc = (uint16_t)(crc << 8 ^ x << 12 ^ x << 5 ^ x);
    }
    return crc;
}
