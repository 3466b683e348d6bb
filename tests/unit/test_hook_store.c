// The key in non-volatile memory: power is cut at every written byte, memory rots and refuses; what is left is the old key or
// the new one, and what is damaged is not unpaired.
#include "unit.h"

#include "hook_board.h"

#define JOB "JOB-000017"

static struct board b;

// True when the hook, after a power-up, opens for that key.
static bool has_key(uint8_t seed) {
    board_power(&b);
    board_key(&b, seed);
    return board_hello(&b) && board_open(&b, JOB, 30) == LINK_OK;
}

// Pairs with the power cut after `bytes` written bytes; false when it was not cut any more.
static bool pair_cut_after(uint8_t seed, int bytes) {
    jmp_buf cut;
    b.bytes_until_cut = bytes;
    b.cut = &cut;
    b.button = true;
    if (setjmp(cut) != 0)
        return true;
    assert_int_equal(board_pair(&b, seed), LINK_OK);
    b.bytes_until_cut = -1;
    return false;
}

static void test_power_cut_at_first_pairing(void **state) {
    (void)state;
    int bytes = 0;
    for (bool cut = true; cut; bytes++) {
        board_new(&b);
        cut = pair_cut_after(1, bytes);
        board_power(&b);
        if (lg_hook_state(&b.hook) == LINK_UNPAIRED)
            assert_true(cut);
        else
            assert_true(has_key(1));
    }
    assert_in_range(bytes, 20, LG_HOOK_STORE + 2); // it was cut in every one of the writes
}

// Pairs again and again, so that each slot and each mark is once the one that is overwritten; each time at every byte.
static void test_power_cut_at_pairing_again(void **state) {
    (void)state;
    static struct board before;
    board_new(&b);
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    for (uint8_t seed = 2; seed < 20; seed++) {
        before = b;
        before.port.context = &b;
        int bytes = 0, left_old = 0, left_new = 0;
        for (bool cut = true; cut; bytes++) {
            b = before;
            board_power(&b);
            cut = pair_cut_after(seed, bytes);
            bool new = has_key(seed), old = has_key((uint8_t)(seed - 1));
            if (new == old)
                fail_msg("cut after %d bytes: %s", bytes, new ? "both keys" : "no key");
            left_old += old;
            left_new += new;
        }
        assert_int_equal(left_new, 1); // not cut any more
        assert_true(left_old >= 20);
        assert_true(has_key(seed));
    }
}

// Whatever single byte rots: the other slot's key, or locked for good; never unpaired, never open.
static void test_a_rotten_byte(void **state) {
    (void)state;
    board_new(&b);
    b.button = true;
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    assert_int_equal(board_pair(&b, 2), LINK_OK);
    uint8_t good[LG_HOOK_STORE];
    memcpy(good, b.memory, sizeof good);
    for (size_t i = 0; i < sizeof good; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(b.memory, good, sizeof good);
            b.memory[i] ^= (uint8_t)(1 << bit);
            bool new = has_key(2), old = has_key(1);
            assert_int_not_equal(new, old);
        }
    }
}

static void test_damage_is_not_unpaired(void **state) {
    (void)state;
    board_new(&b);
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    b.memory[3] ^= 1; // of the only slot
    board_power(&b);
    assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
    assert_true(board_hello(&b));
    assert_int_equal(board_open(&b, JOB, 30), LINK_ERR_STORE);
    assert_int_equal(board_line(&b, LINK_SD, "M3 S500"), LG_HOOK_DENY);
    assert_int_equal(board_pair(&b, 2), LINK_ERR_PAIRED);
    b.button = true; // the way out
    assert_int_equal(board_pair(&b, 2), LINK_OK);
    assert_true(has_key(2));
}

static void test_memory_that_does_not_take_it(void **state) {
    (void)state;
    board_new(&b);
    b.broken_memory = true;
    assert_int_equal(board_pair(&b, 1), LINK_ERR_STORE);
    assert_int_equal(lg_hook_state(&b.hook), LINK_UNPAIRED);
    b.broken_memory = false;
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    b.button = true;
    b.broken_memory = true;
    assert_int_equal(board_pair(&b, 2), LINK_ERR_STORE);
    board_key(&b, 1); // the old key goes on
    assert_true(board_hello(&b));
    assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
}

// What a memory holds before the first pairing is no key.
static void test_fresh_memory(void **state) {
    (void)state;
    static const uint8_t fills[] = {0xFF, 0x00, 0xA5};
    for (size_t i = 0; i < sizeof fills; i++) {
        board_new(&b);
        memset(b.memory, fills[i], sizeof b.memory);
        board_power(&b);
        assert_int_equal(lg_hook_state(&b.hook), LINK_UNPAIRED);
        assert_int_equal(board_pair(&b, 1), LINK_OK);
        assert_true(has_key(1));
    }
}

// A job that runs goes on when its board is paired anew.
static void test_pairing_in_a_running_job(void **state) {
    (void)state;
    board_ready(&b);
    assert_int_equal(board_open(&b, JOB, 30), LINK_OK);
    assert_int_equal(board_line(&b, LINK_SD, "M3 S500"), LG_HOOK_PASS);
    b.button = true;
    assert_int_equal(board_pair(&b, 2), LINK_OK);
    assert_int_equal(board_line(&b, LINK_SD, "G1 X10"), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_SD, "M2"), LG_HOOK_PASS);
    assert_int_equal(board_line(&b, LINK_SD, "M3 S500"), LG_HOOK_DENY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_first_pairing),
        cmocka_unit_test(test_power_cut_at_pairing_again),
        cmocka_unit_test(test_a_rotten_byte),
        cmocka_unit_test(test_damage_is_not_unpaired),
        cmocka_unit_test(test_memory_that_does_not_take_it),
        cmocka_unit_test(test_fresh_memory),
        cmocka_unit_test(test_pairing_in_a_running_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
