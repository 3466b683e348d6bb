// The machine's port: which backend a device gets, and the sentences for what is no port.
#include "unit.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "port.h"
#include "wire_help.h"

static struct port *opened(const char *device) {
    struct port *port;
    struct lg_error error = {.message = ""};
    if (!port_open(&port, uv_default_loop(), device, 115200, &error))
        fail_msg("%s", error.message);
    return port;
}

static void refused(const char *device, const char *code, const char *part) {
    struct port *port;
    struct lg_error error;
    assert_false(port_open(&port, uv_default_loop(), device, 115200, &error));
    assert_null(port);
    assert_string_equal(error.code, code);
    if (strstr(error.message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, part);
    assert_true(error.what_to_do[0] != '\0');
}

static void a_pseudo_terminal_is_opened_raw_locked_and_closed_on_exec(void **state) {
    int master, slave;
    char name[64], link[64];
    struct termios mode;
    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    snprintf(link, sizeof link, "/tmp/lotgate-port-%ld", (long)getpid());
    assert_int_equal(symlink(name, link), 0); // as /dev/serial/by-id is made of links
    struct port *port = opened(link);
    assert_ptr_equal(port->backend, &port_backend_tty);
    assert_string_equal(port->path, name);
    assert_int_equal(tcgetattr(port->fd, &mode), 0);
    assert_int_equal(mode.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
    assert_int_equal(mode.c_cflag & (tcflag_t)HUPCL, 0);
    assert_int_equal(fcntl(port->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(flock(slave, LOCK_EX | LOCK_NB), -1);
    assert_string_equal(port->place.usb_path, "");
    port_close(port);
    assert_int_equal(flock(slave, LOCK_EX | LOCK_NB), 0);
    unlink(link);
    close(master);
    close(slave);
}

// Another process holds the lock, as a second lotgate would.
static void a_busy_port_is_told_with_its_holder(void **state) {
    int master, slave, ready[2];
    char name[64], byte;
    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(name, O_RDWR | O_NOCTTY);
        _exit(flock(fd, LOCK_EX) != 0 || write(ready[1], "x", 1) != 1 || pause());
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    refused(name, "port_busy", "is in use by another program");
    struct lg_error error;
    char part[64];
    struct port *port;
    assert_false(port_open(&port, uv_default_loop(), name, 115200, &error));
    port_name_holder(name, &error);
    snprintf(part, sizeof part, "(pid %ld)", (long)child);
    assert_non_null(strstr(error.message, part));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(master);
    close(slave);
    close(ready[0]);
    close(ready[1]);
}

static void what_is_no_port_is_told(void **state) {
    char file[] = "/tmp/lotgate-port-XXXXXX";
    close(mkstemp(file));
    refused("/dev/serial/by-id/no-such-machine", "port_missing", "no-such-machine is not there");
    refused(file, "port_not_serial", "is not a serial port");
    refused("/tmp", "port_not_serial", "is not a serial port");
    refused("/dev/null", "port_not_serial", "is not a serial port");
    refused("sim:toaster", "port_missing", "toaster");
    refused("sim:laser?book", "port_missing", "book");
    refused("sim:laserhook", "port_missing", "laserhook");
    unlink(file);
}

static void a_port_without_permission_names_the_group(void **state) {
    struct port port = {.device = "/dev/ttyUSB0"};
    struct lg_error error;
    assert_false(port_fail(&port, EACCES, &error));
    assert_string_equal(error.code, "port_permission");
    assert_non_null(strstr(error.what_to_do, "dialout"));
    assert_false(port_fail(&port, EINVAL, &error)); // a CH340 that hangs
    assert_string_equal(error.code, "port_wedged");
    assert_non_null(strstr(error.what_to_do, "Unplug"));
    assert_false(port_fail(&port, ENOMEM, &error));
    assert_string_equal(error.code, "port_failed");
    assert_non_null(strstr(error.message, strerror(ENOMEM)));
}

static void a_simulated_machine_answers(void **state) {
    static const char *const devices[] = {"sim:laser", "sim:cnc", "sim:laser?hook",
                                          "sim:cnc?hook=/tmp/nowhere/memory"};
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        struct port *port = opened(devices[i]);
        assert_ptr_equal(port->backend, &port_backend_sim);
        struct help_client client = {.fd = port->fd};
        assert_true(help_client_gets(uv_default_loop(), &client, "Grbl 1.1"));
        help_say(port->fd, "$I\n?");
        assert_true(help_client_gets(uv_default_loop(), &client, "[VER:"));
        assert_true(help_client_gets(uv_default_loop(), &client, "<Idle|"));
        bool hook = strchr(devices[i], '?') != NULL;
        help_say(port->fd, "$LG HELLO v=0001 n=0123456789ABCDEF*1506\n");
        assert_true(
            help_client_gets(uv_default_loop(), &client, hook ? "[LG:HELLO v=0001 st=unpaired" : "error:"));
        port_close(port);
        uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    }
}

// Its line takes SIM_WIRE_MAX bytes at once; what is more waits in the kernel until time has passed.
static void a_simulated_machine_takes_more_than_its_line_holds(void **state) {
    enum { LINES = 60, WIDTH = 79 };
    struct port *port = opened("sim:laser");
    struct help_client client = {.fd = port->fd};
    static char job[LINES * (WIDTH + 1) + 8];
    assert_true(help_client_gets(uv_default_loop(), &client, "Grbl 1.1"));
    for (int i = 0; i < LINES; i++)
        snprintf(job + i * (WIDTH + 1), sizeof job - (size_t)i * (WIDTH + 1), "%*s\n", WIDTH, "");
    strcat(job, "$I\n");
    assert_true(strlen(job) > 4096);
    help_say(port->fd, job);
    assert_true(help_client_gets(uv_default_loop(), &client, "[VER:")); // the last line has come through
    port_close(port);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static int close_loop(void **state) {
    return uv_loop_close(uv_default_loop());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pseudo_terminal_is_opened_raw_locked_and_closed_on_exec),
        cmocka_unit_test(a_busy_port_is_told_with_its_holder),
        cmocka_unit_test(what_is_no_port_is_told),
        cmocka_unit_test(a_port_without_permission_names_the_group),
        cmocka_unit_test(a_simulated_machine_answers),
        cmocka_unit_test(a_simulated_machine_takes_more_than_its_line_holds),
    };
    int rc = cmocka_run_group_tests(tests, NULL, close_loop);
    return rc ? 1 : 0;
}
