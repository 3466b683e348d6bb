// crc16.c: CRC-16/CCITT-FALSE, bit by bit.

#include "crc16.h" // crc16

#include <stdbool.h>

uint16_t crc16(uint16_t crc, const uint8_t *bytes, size_t length) {
    while (length--) {
        crc ^= (uint16_t)(*bytes++ << 8);
        for (uint8_t bit = 8; bit; bit--) {
            bool out = crc >> 15;
            crc = (uint16_t)(crc << 1);
            if (out)
                crc ^= 0x1021u;
        }
    }
    return crc;
}
