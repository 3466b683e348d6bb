// The channel: one descriptor on the loop with a bounded output buffer.
#include "unit.h"

#include <errno.h>
#include <signal.h>

#include "channel.h"
#include "wire_help.h"

#define ROOM 1024

struct end {
    struct channel channel;
    uint8_t out[ROOM], input[4096];
    char got[4096];
    size_t length;
    int broken, drained;
};

struct fixture {
    uv_loop_t loop;
    struct end end;
    int other;
};

static void on_bytes(void *context, const uint8_t *bytes, size_t length) {
    struct end *e = context;
    memcpy(e->got + e->length, bytes, length);
    e->length += length;
}

static void on_broken(void *context, int error) {
    struct end *e = context;
    e->broken++;
    channel_close(&e->channel);
}

static void on_drained(void *context) {
    struct end *e = context;
    e->drained++;
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    int pair[2];
    static const struct channel_events events = {on_bytes, on_broken, on_drained};
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&f->loop);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        return -1;
    channel_init(&f->end.channel, &events, &f->end, f->end.out, ROOM, f->end.input, sizeof f->end.input);
    if (channel_open(&f->end.channel, &f->loop, pair[0]) != 0)
        return -1;
    f->other = pair[1];
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    channel_close(&f->end.channel);
    close(f->other);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&f->loop);
    free(f);
    return rc;
}

static bool has_bytes(void *context) {
    return ((struct end *)context)->length > 0;
}

static bool is_broken(void *context) {
    return ((struct end *)context)->broken > 0;
}

static bool is_drained(void *context) {
    return ((struct end *)context)->drained > 0;
}

static void reads_what_comes(void **state) {
    struct fixture *f = *state;
    help_say(f->other, "ok\r\n");
    assert_true(help_until(&f->loop, has_bytes, &f->end));
    assert_string_equal(f->end.got, "ok\r\n");
}

// channel_flush is the only write: what a turn says leaves together.
static void collects_until_flush(void **state) {
    struct fixture *f = *state;
    char got[16] = "";
    assert_true(channel_write(&f->end.channel, (const uint8_t *)"G0", 2));
    assert_true(channel_write(&f->end.channel, (const uint8_t *)"X1\n", 3));
    assert_int_equal(read(f->other, got, sizeof got), -1);
    assert_true(channel_flush(&f->end.channel));
    assert_int_equal(read(f->other, got, sizeof got), 5);
    assert_string_equal(got, "G0X1\n");
    assert_int_equal(channel_backlog(&f->end.channel), 0);
}

// A machine that sends no line ends at the speed of a pseudo-terminal would else fill the buffer while it is waited for.
static void waits_with_one_line_only(void **state) {
    struct fixture *f = *state;
    struct channel *c = &f->end.channel;
    static const uint8_t piece[CHANNEL_LINE_MAX] = "<Idle|MPos:0.0";
    assert_false(channel_is_in_line(c));
    assert_true(channel_write(c, piece, CHANNEL_LINE_MAX));
    assert_true(channel_is_in_line(c));
    assert_true(channel_write(c, piece, 1));
    assert_false(channel_is_in_line(c));
    assert_true(channel_flush(c));
    assert_true(channel_write(c, (const uint8_t *)"ok\r\n", 4));
    assert_false(channel_is_in_line(c));
}

static void refuses_more_than_its_room(void **state) {
    struct fixture *f = *state;
    uint8_t full[ROOM] = {0};
    assert_true(channel_write(&f->end.channel, full, ROOM));
    assert_false(channel_write(&f->end.channel, full, 1)); // keeps: `length > c->room - c->length`
    assert_true(channel_flush(&f->end.channel));
    assert_true(channel_write(&f->end.channel, full, ROOM));
}

// Fills the socket until the kernel takes no more; leaves `waiting` bytes of 'x' in the channel.
static void fill(struct fixture *f, size_t waiting) {
    uint8_t block[ROOM];
    memset(block, 'x', sizeof block);
    while (channel_backlog(&f->end.channel) == 0) {
        assert_true(channel_write(&f->end.channel, block, ROOM));
        assert_true(channel_flush(&f->end.channel));
    }
    size_t backlog = channel_backlog(&f->end.channel);
    if (backlog < waiting)
        assert_true(channel_write(&f->end.channel, block, waiting - backlog));
}

static size_t drain(struct fixture *f, char *last, size_t room) {
    static char bytes[1 << 20];
    size_t total = 0, got;
    do {
        ssize_t n = read(f->other, bytes, sizeof bytes);
        got = n > 0 ? (size_t)n : 0;
        if (got > 0) {
            size_t kept = got < room ? got : room;
            memcpy(last, bytes + got - kept, kept);
            last[kept] = '\0';
        }
        total += got;
    } while (got > 0);
    return total;
}

static void writes_the_rest_when_there_is_room(void **state) {
    struct fixture *f = *state;
    char last[16];
    fill(f, 1);
    assert_true(channel_backlog(&f->end.channel) > 0);
    drain(f, last, 8);
    assert_true(help_until(&f->loop, is_drained, &f->end));
    assert_int_equal(channel_backlog(&f->end.channel), 0);
}

// Invariant 2 on the wire: a feed hold overtakes the lines that the kernel has not taken.
static void urgent_bytes_overtake_what_waits(void **state) {
    struct fixture *f = *state;
    char last[ROOM + URGENT_MAX + 1];
    fill(f, 100);
    size_t waiting = channel_backlog(&f->end.channel);
    assert_true(channel_write_urgent(&f->end.channel, '!', GRBL_HOLD));
    assert_true(channel_write_urgent(&f->end.channel, '?', GRBL_STATUS));
    drain(f, last, 1);
    assert_true(help_until(&f->loop, is_drained, &f->end));
    drain(f, last, sizeof last - 1);
    assert_int_equal(strlen(last), waiting + 2);
    assert_memory_equal(last, "!?", 2); // keeps: channel_flush writes c->urgent before c->out
    assert_int_equal(strspn(last + 2, "x"), waiting);
}

static void urgent_bytes_keep_their_place_when_nothing_waits(void **state) {
    struct fixture *f = *state;
    char got[16] = "";
    assert_true(channel_write(&f->end.channel, (const uint8_t *)"G0\n", 3));
    assert_true(channel_write_urgent(&f->end.channel, '?', GRBL_STATUS));
    assert_true(channel_flush(&f->end.channel));
    assert_int_equal(read(f->other, got, sizeof got), 4);
    assert_string_equal(got, "G0\n?");
}

// Lines that wait behind a reset would run after it.
static void reset_drops_what_waits(void **state) {
    struct fixture *f = *state;
    char last[ROOM + 1] = "";
    fill(f, 100);
    assert_true(channel_write_urgent(&f->end.channel, 0x18, GRBL_RESET));
    assert_int_equal(channel_backlog(&f->end.channel), 1); // keeps: `if (kind == GRBL_RESET)`
    drain(f, last, 1);
    assert_true(help_until(&f->loop, is_drained, &f->end));
    drain(f, last, ROOM);
    assert_string_equal(last, "\x18");
}

// However many come: questions merge, overrides wait with the lines in their order, a hold and a reset go first.
static void a_flood_of_realtime_bytes_fills_nothing(void **state) {
    struct fixture *f = *state;
    char last[ROOM + URGENT_MAX + 1];
    struct channel *c = &f->end.channel;
    const uint8_t lines[] = "xxxxxxxxxxxxxxxxxxxxxxxx";
    const size_t waiting = sizeof lines - 1;
    fill(f, 1);
    assert_true(channel_write_urgent(c, 0x18, GRBL_RESET));
    assert_true(channel_write(c, lines, waiting));
    for (int i = 0; i < 10000; i++)
        assert_true(channel_write_urgent(c, '?', GRBL_STATUS));
    assert_int_equal(channel_backlog(c), waiting + 2);
    for (int i = 0; i < URGENT_COUNTED_MAX + 20; i++)
        assert_true(channel_write_urgent(c, i % 2 ? 0x91 : 0x92, GRBL_OVERRIDE));
    assert_true(channel_write_urgent(c, '!', GRBL_HOLD));
    assert_int_equal(channel_backlog(c), waiting + 3 + URGENT_COUNTED_MAX + 20);
    drain(f, last, 1);
    assert_true(help_until(&f->loop, is_drained, &f->end));
    drain(f, last, sizeof last - 1);
    assert_memory_equal(last, "\x18!?\x92\x91\x92\x91", 7);
    assert_int_equal(strspn(last + 3, "\x91\x92"), URGENT_COUNTED_MAX);
    assert_memory_equal(last + 3 + URGENT_COUNTED_MAX, lines, waiting);
    assert_memory_equal(last + 3 + URGENT_COUNTED_MAX + waiting, "\x92\x91\x92\x91", 4);
}

// In one turn, before the kernel has said anything.
static void a_hold_does_not_stand_behind_a_flood(void **state) {
    struct fixture *f = *state;
    char last[ROOM + URGENT_MAX + 1] = "";
    struct channel *c = &f->end.channel;
    assert_true(channel_write_urgent(c, '~', GRBL_CYCLE_START));
    for (int i = 0; i < CHANNEL_PLACE_MAX; i++)
        assert_true(channel_write_urgent(c, 0x91, GRBL_OVERRIDE));
    assert_true(channel_write_urgent(c, '!', GRBL_HOLD));
    assert_true(channel_flush(c));
    assert_int_equal(drain(f, last, sizeof last - 1), CHANNEL_PLACE_MAX + 3);
    assert_memory_equal(last, "!~\x91", 3);
    assert_string_equal(last + CHANNEL_PLACE_MAX + 1, "\x91!"); // and holds what the `~` has started
    for (int i = 0; i <= CHANNEL_PLACE_MAX; i++)
        assert_true(channel_write_urgent(c, 0x91, GRBL_OVERRIDE));
    assert_true(channel_write_urgent(c, 0x18, GRBL_RESET));
    assert_true(channel_flush(c));
    drain(f, last, sizeof last - 1);
    assert_string_equal(last, "\x18");
}

// The other end is gone: told once, and the loop does not spin on it.
static void a_hang_up_is_told_once(void **state) {
    struct fixture *f = *state;
    close(f->other);
    assert_true(help_until(&f->loop, is_broken, &f->end));
    for (int i = 0; i < 10; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(f->end.broken, 1);
    assert_false(channel_is_open(&f->end.channel));
}

static void does_not_read_while_told_not_to(void **state) {
    struct fixture *f = *state;
    channel_read(&f->end.channel, false);
    help_say(f->other, "ok\r\n");
    for (int i = 0; i < 10; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(f->end.length, 0);
    channel_read(&f->end.channel, true);
    assert_true(help_until(&f->loop, has_bytes, &f->end));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(collects_until_flush, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_with_one_line_only, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_more_than_its_room, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_the_rest_when_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(urgent_bytes_overtake_what_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(urgent_bytes_keep_their_place_when_nothing_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(reset_drops_what_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_realtime_bytes_fills_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_does_not_stand_behind_a_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hang_up_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_read_while_told_not_to, setup, teardown),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
