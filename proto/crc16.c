// crc16.c: CRC-16/CCITT-FALSE, bit by bit.

#include "crc16.h" // crc16

uint16_t crc16(uint16_t crc, const uint8_t *bytes, size_t length) {
    while (length--) {
        crc ^= (uint16_t)(*bytes++ << 8);
        for (uint8_t bit = 8; bit; bit--)
            crc = (uint16_t)(crc & 0x8000u ? (crc << 1) ^ 0x1021u : crc << 1);
    }
    return crc;
}
