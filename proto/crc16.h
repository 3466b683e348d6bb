// crc16: CRC-16/CCITT-FALSE (polynomial 1021, start FFFF, not reflected, no final XOR; "123456789" gives 29B1).
//
// It guards the frames of the host-hook link against a noisy line, not against people: that is siphash's part.
// Pure, freestanding, bit by bit: on a microcontroller a table of 512 bytes costs more than the time. Thread: any.
#ifndef LOTGATE_PROTO_CRC16_H
#define LOTGATE_PROTO_CRC16_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_START 0xFFFFu

// Goes on from `crc` (CRC16_START for the first bytes) over `length` bytes.
uint16_t crc16(uint16_t crc, const uint8_t *bytes, size_t length);

#endif
