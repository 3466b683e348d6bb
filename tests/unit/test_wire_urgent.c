// Realtime bytes that wait for the kernel: what leaves first, what merges, and that no flood fills the buffer.
#include "unit.h"

#include <string.h>

#include "urgent.h"

static void add(struct urgent *u, const char *bytes) {
    for (const char *p = bytes; *p != '\0'; p++)
        assert_true(urgent_add(u, (uint8_t)*p, grbl_realtime(GRBL_HAL, (uint8_t)*p)));
}

static void is(const struct urgent *u, const char *bytes) {
    assert_int_equal(u->count, strlen(bytes));
    assert_memory_equal(u->bytes, bytes, u->count);
}

static void what_stops_leaves_first(void **state) {
    struct urgent u = {0};
    add(&u, "\x91?\x92~\x84!\x85");
    is(&u, "\x84!\x85?\x91\x92");
    add(&u, "~\x18");
    is(&u, "\x18?"); // a reset makes the others void
    urgent_left(&u, 1);
    is(&u, "?");
}

static void the_last_word_on_motion_is_the_senders(void **state) {
    struct urgent u = {0};
    add(&u, "!~");
    is(&u, "!~");
    add(&u, "!");
    is(&u, "!");
    add(&u, "~~~");
    is(&u, "!~");
    urgent_left(&u, 1);
    add(&u, "!");
    is(&u, "!"); // the machine stands still already
}

// Every flag byte there is has room beside all overrides that are kept.
static void no_flood_fills_it(void **state) {
    for (int flavour = 0; flavour < GRBL_FLAVOURS; flavour++) {
        struct urgent u = {0};
        unsigned refused = 0, flags = 0;
        for (int round = 0; round < 100; round++) {
            for (int byte = 0; byte < 256; byte++) {
                enum grbl_realtime kind = grbl_realtime((enum grbl_flavour)flavour, (uint8_t)byte);
                if (kind == GRBL_DATA || kind == GRBL_RESET)
                    continue;
                bool taken = urgent_add(&u, (uint8_t)byte, kind);
                assert_true(taken || urgent_is_counted(kind));
                refused += !taken;
                flags += round == 0 && !urgent_is_counted(kind);
            }
        }
        assert_true(refused > 0 && flags + URGENT_COUNTED_MAX < URGENT_MAX);
        assert_true(urgent_add(&u, 0x18, GRBL_RESET));
        assert_int_equal(u.bytes[0], 0x18);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stops_leaves_first),
        cmocka_unit_test(the_last_word_on_motion_is_the_senders),
        cmocka_unit_test(no_flood_fills_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
