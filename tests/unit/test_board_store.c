// boards/reference/stm32/store.c over a flash of the test's own, with the real hook above it: power is cut before, in and behind
// every erasing and every programming. What is left is the old key or the new one, whole, and a boot number that was never used.
#include "unit.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_IN_RAM // the small pages: a store moves every few pairings
#include "../../boards/reference/stm32/pages.h"

#include "hook_board.h"

#define STORE_BOOT   LG_HOOK_STORE // guard.h
#define RECORD_WORDS 14            // store.c
#define DAMAGED      0x01010101u
#define NEVER        (-1)
#define SWEEPS       20
#define LONG_STEPS   3000

// board.h and store.h, under names that do not stand in the way of the test's own board.
void reference_load(uint8_t offset, uint8_t *bytes, uint8_t length);
bool reference_store(uint8_t offset, const uint8_t *bytes, uint8_t length);
void store_init(void);

// Of an operation that is cut in its middle, the bits that it is about may read as any, as before it, or as behind it.
enum cut_how { CUT_BEFORE, CUT_HALF, CUT_ONES, CUT_ZEROS, CUT_WAYS };

// A flash: cells, and bits of them that were left between one and zero and read as they like from one power-up to the next.
static struct flash {
    uint32_t cells[PAGES][PAGE_WORDS], unsure[PAGES][PAGE_WORDS];
    uint32_t boot; // the last number that was stored
} flash;
static int until_cut;
static enum cut_how how;
static jmp_buf power_gone;
static long operations, erasings;
static bool dead; // takes no value any more
static struct board b;

static uint64_t random_state = 1;

static uint32_t any_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

static uint32_t half_bits(void) {
    return how == CUT_ONES ? ~0u : how == CUT_ZEROS ? 0 : any_bits();
}

// False: the operation goes on to its end; true: half of it is to be done, and then power is gone.
static bool cut_here(void) {
    operations++;
    if (until_cut == NEVER || until_cut-- > 0)
        return false;
    until_cut = NEVER;
    if (how == CUT_BEFORE)
        longjmp(power_gone, 1);
    return true;
}

uint32_t page_word(uint8_t page, uint16_t word) {
    assert_true(page < PAGES && word < PAGE_WORDS);
    return flash.cells[page][word];
}

bool page_erase(uint8_t page) {
    bool half = cut_here();
    assert_true(page < PAGES);
    erasings++;
    for (int i = 0; i < (int)PAGE_WORDS; i++) {
        flash.unsure[page][i] = half ? ~flash.cells[page][i] | flash.unsure[page][i] : 0;
        flash.cells[page][i] = half ? flash.cells[page][i] | half_bits() : PAGE_ERASED;
    }
    if (half)
        longjmp(power_gone, 1);
    return true;
}

bool page_program(uint8_t page, uint16_t word, uint32_t value) {
    assert_true(page < PAGES && word < PAGE_WORDS);
    if (dead)
        return true;
    bool half = cut_here();
    uint32_t *cell = &flash.cells[page][word], *unsure = &flash.unsure[page][word];
    assert_int_equal(*cell & value, value); // no bit is to become one
    if (half) {
        *unsure |= *cell & ~value;
        *cell &= value | half_bits();
        longjmp(power_gone, 1);
    }
    *cell &= value;
    *unsure &= value;
    return true;
}

static bool port_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    (void)context;
    return reference_store(offset, bytes, length);
}

static void port_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    (void)context;
    reference_load(offset, bytes, length);
}

// As the firmware does: the store, a boot number that was never used, the hook.
static void power_up(void) {
    uint32_t today = any_bits() % 3, all = today == 1 ? ~0u : 0;
    for (int page = 0; page < PAGES; page++)
        for (int i = 0; i < (int)PAGE_WORDS; i++) {
            uint32_t *cell = &flash.cells[page][i], unsure = flash.unsure[page][i];
            *cell = (*cell & ~unsure) | (unsure & (today ? all : any_bits()));
        }
    store_init();
    uint32_t number;
    reference_load(STORE_BOOT, (uint8_t *)&number, sizeof number);
    assert_true(number + 1 > flash.boot || number == DAMAGED);
    number++;
    assert_true(reference_store(STORE_BOOT, (const uint8_t *)&number, sizeof number));
    flash.boot = number;
    b.port.load = port_load;
    b.port.store = port_store;
    board_power(&b);
}

// A fresh board.
static void new_flash(void) {
    memset(&flash, 0, sizeof flash);
    memset(flash.cells, 0xFF, sizeof flash.cells);
    until_cut = NEVER;
    dead = false;
    board_new(&b);
    power_up();
    b.button = true;
}

static bool holds(uint8_t seed) {
    power_up();
    board_key(&b, seed);
    return board_hello(&b) && board_open(&b, "JOB-1", 30) == LINK_OK;
}

#define NO_PAIRING 0

// Power-up and pairing; true when power was cut after `after` operations.
static bool cut_pairing(uint8_t seed, int after, enum cut_how in_which_way) {
    until_cut = after;
    how = in_which_way;
    if (setjmp(power_gone) != 0)
        return true;
    power_up();
    if (seed != NO_PAIRING)
        assert_int_equal(board_pair(&b, seed), LINK_OK);
    until_cut = NEVER;
    return false;
}

// Which of the two; fails when it is both, or none.
static uint8_t the_one(uint8_t old, uint8_t new, int after) {
    bool has_new = holds(new), has_old = holds(old);
    if (has_new == has_old)
        fail_msg("cut after %d operations: %s", after, has_new ? "both keys" : "no key");
    return has_new ? new : old;
}

static void test_cut_at_every_operation(void **state) {
    (void)state;
    static struct flash before;
    long cases = 0;
    new_flash();
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    for (uint8_t seed = 2; seed < 2 + SWEEPS; seed++) {
        before = flash;
        for (int way = 0; way < CUT_WAYS; way++) {
            int after = 0, found[2] = {0, 0};
            for (bool cut = true; cut; after++, cases++) {
                flash = before;
                cut = cut_pairing(seed, after, (enum cut_how)way);
                uint8_t one = the_one((uint8_t)(seed - 1), seed, after);
                assert_true(cut || one == seed);
                found[one == seed]++;
                // And it is so for good.
                assert_int_equal(the_one((uint8_t)(seed - 1), seed, after), one);
            }
            assert_true(after > 4 * RECORD_WORDS && found[0] > 3 * RECORD_WORDS && found[1] > 0);
        }
    }
    assert_true(erasings > 50);
    print_message("%ld cuts\n", cases);
}

static void test_cut_at_the_first_pairing(void **state) {
    (void)state;
    for (int way = 0; way < CUT_WAYS; way++) {
        int after = 0;
        for (bool cut = true; cut; after++) {
            new_flash();
            memset(flash.cells, 0xFF, sizeof flash.cells); // not one power-up yet
            flash.boot = 0;
            cut = cut_pairing(1, after, (enum cut_how)way);
            power_up();
            if (lg_hook_state(&b.hook) == LINK_UNPAIRED)
                assert_true(cut);
            else
                assert_true(holds(1));
        }
    }
}

// Also in the power-ups behind a cut, for as long as chance wants it.
static void test_cuts_in_a_row(void **state) {
    (void)state;
    const char *more = getenv("LOTGATE_STORE_STEPS");
    long steps = more ? strtol(more, NULL, 10) : LONG_STEPS, cuts = 0;
    uint8_t key = 1;
    new_flash();
    assert_int_equal(board_pair(&b, key), LINK_OK);
    for (long i = 0; i < steps; i++) {
        uint8_t next = (uint8_t)(key % 250 + 1);
        bool cut = cut_pairing(next, (int)(any_bits() % 90), (enum cut_how)(any_bits() % CUT_WAYS));
        // Nobody pairs, and the power goes again: mostly some two times more, now and then dozens, each soon.
        bool often = any_bits() % 8 == 0, again = cut;
        while (again && any_bits() % (often ? 60 : 3)) {
            again = cut_pairing(NO_PAIRING, (int)(any_bits() % (often ? RECORD_WORDS : 40)),
                                (enum cut_how)(any_bits() % CUT_WAYS));
            cuts += again;
        }
        cuts += cut;
        uint8_t one = the_one(key, next, (int)i);
        assert_true(cut || one == next);
        key = one;
    }
    assert_true(cuts > steps / 2);
    print_message("%ld cuts, %ld operations, %ld erasings\n", cuts, operations, erasings);
}

// Whatever power-up is cut, and where, and however often the next ones are: what had been paired stays.
static void test_power_ups_that_are_cut_again_and_again(void **state) {
    (void)state;
    static struct flash before;
    new_flash();
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    for (int ups = 0; ups < 20; ups++) {
        power_up();
        before = flash;
        for (int after = 0; after < 3 * RECORD_WORDS; after++) {
            flash = before;
            cut_pairing(NO_PAIRING, after, CUT_ZEROS);
            for (int i = 0; i < 40; i++)
                cut_pairing(NO_PAIRING, (int)(any_bits() % (after % 2 ? RECORD_WORDS : 2 * RECORD_WORDS)),
                            (enum cut_how)(any_bits() % CUT_WAYS));
            assert_true(holds(1));
        }
    }
}

// The machine works on for months without a power-up: in the end it is full, and says so; the key stays. Whichever page it begins
// in.
static void test_full_until_the_next_power_up(void **state) {
    (void)state;
    for (int ups = 0; ups < 40; ups++) {
        uint8_t seed = 1;
        new_flash();
        for (int i = 0; i < ups; i++)
            power_up();
        long before = erasings;
        while (board_pair(&b, seed) == LINK_OK)
            assert_true(++seed < 100);
        assert_true(seed > 2);
        assert_int_equal(erasings, before); // nothing stands still while it works
        assert_true(holds((uint8_t)(seed - 1)));
        assert_int_equal(board_pair(&b, seed), LINK_OK);
        assert_true(holds(seed));
    }
}

static void test_a_flash_that_takes_nothing(void **state) {
    (void)state;
    new_flash();
    assert_int_equal(board_pair(&b, 1), LINK_OK);
    dead = true;
    assert_int_equal(board_pair(&b, 2), LINK_ERR_STORE);
    board_key(&b, 1);
    assert_true(board_hello(&b));
    assert_int_equal(board_open(&b, "JOB-1", 30), LINK_OK);
}

// Pages that hold something, and no record: what was stored is lost, and that is no reason to pass everything. Whenever power goes.
static void test_damage_is_not_unpaired(void **state) {
    (void)state;
    for (int which = 1; which < 4; which++) {
        bool cut = true;
        for (int after = 0; cut; after++) {
            new_flash();
            for (int page = 0; page < PAGES; page++)
                for (int i = 0; i < (int)PAGE_WORDS; i++)
                    flash.cells[page][i] = which & 1 << page ? any_bits() : PAGE_ERASED;
            flash.boot = 0; // forgotten too
            cut = cut_pairing(NO_PAIRING, after, (enum cut_how)(after % CUT_WAYS));
            flash.boot = 0;
            power_up();
            assert_int_equal(lg_hook_state(&b.hook), LINK_LOCKED);
            assert_int_equal(board_pair(&b, 3), LINK_OK); // the button is held
            assert_true(holds(3));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_operation),
        cmocka_unit_test(test_cut_at_the_first_pairing),
        cmocka_unit_test(test_cuts_in_a_row),
        cmocka_unit_test(test_power_ups_that_are_cut_again_and_again),
        cmocka_unit_test(test_full_until_the_next_power_up),
        cmocka_unit_test(test_a_flash_that_takes_nothing),
        cmocka_unit_test(test_damage_is_not_unpaired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
