// One machine on the loop: port, gate and sender together, on a pseudo-terminal and a TCP port.
#include "unit.h"

#include <signal.h>

#include "wire.h"
#include "wire_help.h"

struct fixture {
    struct wire *wire;
    struct wire_machine *machine;
    int master; // the machine's end
    char device[64];
    int facts[GATE_FACT_STATUS + 1];
    int port_changes, sender_changes;
    bool identity_asked;
    struct help_client board, sender;
};

static void on_fact(void *context, struct wire_machine *machine, const struct gate_fact *fact) {
    struct fixture *f = context;
    f->facts[fact->type]++;
    f->identity_asked |= fact->type == GATE_FACT_IDENTITY;
}

static void on_port(void *context, struct wire_machine *machine) {
    ((struct fixture *)context)->port_changes++;
}

static void on_sender(void *context, struct wire_machine *machine, const char *text) {
    ((struct fixture *)context)->sender_changes++;
}

static void make_board(struct fixture *f) {
    int slave;
    char name[64];
    openpty(&f->master, &slave, name, NULL, NULL);
    struct termios mode;
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    close(slave);
    fcntl(f->master, F_SETFL, O_NONBLOCK);
    unlink(f->device);
    if (symlink(name, f->device) != 0)
        abort();
    memset(&f->board, 0, sizeof f->board);
    f->board.fd = f->master;
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    struct lg_error error;
    signal(SIGPIPE, SIG_IGN);
    const struct wire_events events = {f, on_fact, on_port, on_sender};
    snprintf(f->device, sizeof f->device, "/tmp/lotgate-machine-%ld", (long)getpid());
    make_board(f);
    f->wire = wire_create(&events);
    struct wire_machine_config config = {
        .device = f->device, .baud = 115200, .tcp = {"127.0.0.1:0"}, .tcp_count = 1};
    gate_config_default(&config.gate);
    snprintf(config.gate.name, sizeof config.gate.name, "laser1");
    config.gate.expect_identity = false;
    config.gate.poll = false;
    f->machine = wire_add(f->wire, &config, f, &error);
    if (f->machine == NULL)
        return -1;
    wire_start(f->wire);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    if (f->sender.fd > 0)
        close(f->sender.fd);
    wire_free(f->wire);
    close(f->master);
    unlink(f->device);
    free(f);
    return 0;
}

static bool is_present(void *context) {
    return ((struct fixture *)context)->sender_changes > 0;
}

static void connect_sender(struct fixture *f) {
    struct wire_look look;
    wire_look(f->machine, &look);
    memset(&f->sender, 0, sizeof f->sender);
    f->sender.fd = help_connect(look.tcp[0]);
    assert_true(help_until(wire_loop(f->wire), is_present, f));
}

static bool board_gets(struct fixture *f, const char *text) {
    return help_client_gets(wire_loop(f->wire), &f->board, text);
}

static bool sender_gets(struct fixture *f, const char *text) {
    return help_client_gets(wire_loop(f->wire), &f->sender, text);
}

static enum gate_state state_of(const struct fixture *f) {
    struct gate_view view;
    gate_view(wire_gate_look(f->machine), &view);
    return view.state;
}

static void a_machine_is_offline_since_it_was_added(void **state) {
    struct fixture *f = *state;
    struct lg_error error;
    struct gate_view view;
    struct wire_machine_config config = {.device = "/dev/no-such-port", .baud = 115200};
    gate_config_default(&config.gate);
    int64_t before = time_monotonic_us();
    struct wire_machine *machine = wire_add(f->wire, &config, f, &error);
    assert_non_null(machine);
    gate_view(wire_gate_look(machine), &view);
    assert_int_equal(view.state, GATE_OFFLINE);
    assert_true(view.since_us >= before);
}

static void setup_lines_pass_both_ways(void **state) {
    struct fixture *f = *state;
    connect_sender(f);
    help_say(f->sender.fd, "G21\n");
    assert_true(board_gets(f, "G21\n"));
    help_say(f->master, "ok\r\n");
    assert_true(sender_gets(f, "ok\r\n"));
}

// The board's UART gives a reply byte by byte; the sender gets it whole, unless it stays unfinished.
static void a_reply_leaves_with_its_end(void **state) {
    struct fixture *f = *state;
    connect_sender(f);
    int64_t began = time_monotonic_us();
    help_say(f->master, "<Idle|MPos:1.000,");
    uv_run(wire_loop(f->wire), UV_RUN_ONCE);
    help_read(&f->sender);
    assert_true(f->sender.length == 0 || time_monotonic_us() - began >= WIRE_PIECE_US);
    help_say(f->master, "2.000,0.000|FS:0,0>\r\n");
    assert_true(sender_gets(f, "<Idle|MPos:1.000,2.000,0.000|FS:0,0>\r\n"));
    help_say(f->master, "o");
    assert_true(sender_gets(f, "\r\no"));
    help_say(f->master, "k\r\n");
    assert_true(sender_gets(f, "\r\nok\r\n"));
}

static void a_piece_is_not_lost_with_the_port(void **state) {
    struct fixture *f = *state;
    connect_sender(f);
    help_say(f->master, "ok\r\n<Id");
    uv_run(wire_loop(f->wire), UV_RUN_ONCE);
    close(f->master);
    assert_true(sender_gets(f, "ok\r\n<Id"));
    make_board(f);
}

// What the gate is told outside its own callbacks leaves before the loop waits: on_before_waiting in wire.c.
static void a_declaration_lets_held_lines_go(void **state) {
    struct fixture *f = *state;
    const char *code;
    connect_sender(f);
    help_say(f->sender.fd, "G1 X10 S500 F1000 M3\n");
    assert_true(sender_gets(f, "scan the material lot for laser1"));
    help_read(&f->board);
    assert_null(strstr(f->board.text, "X10"));
    assert_true(gate_declared(wire_gate(f->machine), time_monotonic_us(), &code));
    gate_start_committed(wire_gate(f->machine), time_monotonic_us());
    assert_true(board_gets(f, "G1 X10 S500 F1000 M3\n"));
    assert_int_equal(state_of(f), GATE_RUNNING);
}

static bool is_closed(void *context) {
    struct wire_look look;
    wire_look(((struct fixture *)context)->machine, &look);
    return !look.port_open;
}

static bool is_open(void *context) {
    return !is_closed(context);
}

// One hang-up, no spinning, and the port is opened again when it is back.
static void an_unplugged_machine_comes_back(void **state) {
    struct fixture *f = *state;
    struct wire_look look;
    assert_true(help_until(wire_loop(f->wire), is_open, f));
    connect_sender(f);
    int changes = f->port_changes;
    close(f->master);
    assert_true(help_until(wire_loop(f->wire), is_closed, f));
    assert_int_equal(state_of(f), GATE_OFFLINE);
    wire_look(f->machine, &look);
    assert_non_null(strstr(look.port_text, "unplugged"));
    make_board(f);
    assert_true(help_until(wire_loop(f->wire), is_open, f));
    assert_true(f->port_changes >= changes + 2);
    help_say(f->sender.fd, "G21\n");
    assert_true(board_gets(f, "G21\n"));
}

// WIRE_BACKLOG_MAX: a machine that takes nothing stops the sender being read, and a hold still gets through first.
static void a_machine_that_takes_nothing_slows_the_sender(void **state) {
    struct fixture *f = *state;
    const char *code;
    connect_sender(f);
    assert_true(gate_declared(wire_gate(f->machine), time_monotonic_us(), &code));
    help_say(f->sender.fd, "M3 S500\n");
    for (int i = 0; i < 20; i++)
        uv_run(wire_loop(f->wire), UV_RUN_NOWAIT);
    gate_start_committed(wire_gate(f->machine), time_monotonic_us());
    char line[] = "G1 X10 Y10 F1000\n";
    size_t sent = 0;
    int refusals = 0;
    while (refusals < 200) { // the kernel's buffers are full on both sides
        ssize_t n = write(f->sender.fd, line, sizeof line - 1);
        refusals = n < 0 ? refusals + 1 : 0;
        sent += n > 0 ? (size_t)n : 0;
        uv_run(wire_loop(f->wire), UV_RUN_NOWAIT);
        assert_true(sent < 64u * 1024 * 1024);
    }
    struct wire_look look;
    wire_look(f->machine, &look);
    assert_true(look.port_open); // bounded, not broken
    assert_true(look.sender[0] != '\0');
}

// Writes `byte` until neither the machine's port nor the sender's takes more, or `limit` have gone.
static size_t flood(struct fixture *f, char byte, size_t limit) {
    char block[1000];
    size_t sent = 0;
    memset(block, byte, sizeof block);
    for (int refusals = 0; refusals < 200 && sent < limit;) {
        ssize_t n = write(f->sender.fd, block, sizeof block);
        refusals = n < 0 ? refusals + 1 : 0;
        sent += n > 0 ? (size_t)n : 0;
        uv_run(wire_loop(f->wire), UV_RUN_NOWAIT);
    }
    return sent;
}

// Questions merge, so that they never slow a sender; overrides do, and neither costs the port.
static void a_flood_of_realtime_bytes_closes_nothing(void **state) {
    struct fixture *f = *state;
    struct wire_look look;
    connect_sender(f);
    assert_true(flood(f, '?', 2000000) >= 2000000);
    assert_true(flood(f, '\x91', 64u * 1024 * 1024) < 64u * 1024 * 1024);
    flood(f, '?', 1000);
    wire_look(f->machine, &look);
    assert_true(look.port_open && look.sender[0] != '\0');
    static char last[1 << 16];
    bool found = false;
    for (int64_t end = time_monotonic_us() + DEADLINE_US; !found && time_monotonic_us() < end;) {
        ssize_t n = read(f->master, last, sizeof last);
        uv_run(wire_loop(f->wire), UV_RUN_NOWAIT);
        if (n <= 0 && write(f->sender.fd, "!", 1) < 0)
            break;
        found = n > 0 && memchr(last, '!', (size_t)n) != NULL;
    }
    assert_true(found);
}

static void a_missing_port_is_not_fatal(void **state) {
    struct lg_error error;
    const struct wire_events events = {calloc(1, sizeof(struct fixture)), on_fact, on_port, on_sender};
    struct wire *wire = wire_create(&events);
    struct wire_machine_config config = {.device = "/dev/no-such-port", .baud = 115200};
    struct wire_look look;
    gate_config_default(&config.gate);
    snprintf(config.gate.name, sizeof config.gate.name, "laser1");
    struct wire_machine *machine = wire_add(wire, &config, NULL, &error);
    assert_non_null(machine);
    wire_start(wire);
    wire_look(machine, &look);
    assert_false(look.port_open);
    assert_non_null(strstr(look.port_text, "/dev/no-such-port is not there"));
    assert_ptr_equal(wire_find(wire, "laser1"), machine);
    assert_null(wire_find(wire, "laser2"));
    assert_int_equal(((struct fixture *)events.context)->port_changes, 1);
    wire_free(wire);
    free(events.context);
}

static void machines_are_bounded(void **state) {
    struct lg_error error;
    const struct wire_events events = {NULL, on_fact, on_port, on_sender};
    struct wire *wire = wire_create(&events);
    struct wire_machine_config config = {.device = "/dev/no-such-port", .baud = 115200};
    gate_config_default(&config.gate);
    for (int i = 0; i < WIRE_MACHINES_MAX; i++) {
        snprintf(config.gate.name, sizeof config.gate.name, "m%d", i);
        assert_non_null(wire_add(wire, &config, NULL, &error));
    }
    assert_null(wire_add(wire, &config, NULL, &error));
    assert_string_equal(error.code, "too_many_machines");
    assert_int_equal(wire_count(wire), WIRE_MACHINES_MAX);
    wire_free(wire);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_is_offline_since_it_was_added, setup, teardown),
        cmocka_unit_test_setup_teardown(setup_lines_pass_both_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reply_leaves_with_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_piece_is_not_lost_with_the_port, setup, teardown),
        cmocka_unit_test_setup_teardown(a_declaration_lets_held_lines_go, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unplugged_machine_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_machine_that_takes_nothing_slows_the_sender, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_realtime_bytes_closes_nothing, setup, teardown),
        cmocka_unit_test(a_missing_port_is_not_fatal),
        cmocka_unit_test(machines_are_bounded),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
