// The frames' crc: the published check value, in pieces, and the errors that it must find.
#include "unit.h"

#include <string.h>

#include "crc16.h" // crc16

static uint16_t of(const char *text) {
    return crc16(CRC16_START, (const uint8_t *)text, strlen(text));
}

static void test_check_value(void **state) {
    (void)state;
    assert_int_equal(of("123456789"), 0x29B1); // the value by which CRC-16/CCITT-FALSE is named
    assert_int_equal(of(""), 0xFFFF);
    assert_int_equal(of("A"), 0xB915);
}

static void test_pieces(void **state) {
    (void)state;
    for (size_t cut = 0; cut <= 9; cut++) {
        uint16_t crc = crc16(CRC16_START, (const uint8_t *)"123456789", cut);
        assert_int_equal(crc16(crc, (const uint8_t *)"123456789" + cut, 9 - cut), 0x29B1);
    }
}

// What the store of the hook relies on: a crc over its own crc is 0.
static void test_residue(void **state) {
    (void)state;
    assert_int_equal(crc16(CRC16_START, (const uint8_t *)"123456789\x29\xB1", 11), 0);
}

static void test_finds_every_short_burst(void **state) {
    (void)state;
    static const char body[] = "OPEN j=JOB-000017 l=ACR-1126-001 t=001E";
    uint16_t right = of(body);
    for (size_t bit = 0; bit < 8 * (sizeof body - 1); bit++) {
        for (uint32_t burst = 1; burst <= 0xFF; burst += 2) {
            uint8_t bytes[sizeof body] = {0};
            memcpy(bytes, body, sizeof body);
            bytes[bit / 8] ^= (uint8_t)(burst << bit % 8);
            bytes[bit / 8 + 1] ^= (uint8_t)(burst << bit % 8 >> 8);
            if (bytes[sizeof body - 1] == 0)
                assert_int_not_equal(crc16(CRC16_START, bytes, sizeof body - 1), right);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_value),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_residue),
        cmocka_unit_test(test_finds_every_short_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
