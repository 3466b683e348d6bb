// port_serial.c against the real libserialport, over a pseudo-terminal.
//
// A pseudo-terminal has neither an entry in sysfs nor modem lines, and libserialport insists on both. So this
// program alone links the library statically, with the calls wrapped that show the difference (SERIAL_WRAPS in
// the Makefile). The wraps add the entry and the lines, keep what was asked, and can spoil a setting as
// drivers do. All else, above all what is set and read back, is the kernel's own.
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "channel.h"
#include "port.h"
#include "wire_help.h"

#define SYSFS          "/sys/class/tty/"
#define SETTINGS_MAX   16
#define LINES_DTR_RTS  (TIOCM_DTR | TIOCM_RTS)
#define SPEED_BY_VALUE 0010000u // BOTHER of the kernel's headers, which cannot stand beside <termios.h>

struct termios2 { // the kernel's, for TCGETS2: termios with any speed
    tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
    cc_t c_line, c_cc[19];
    speed_t c_ispeed, c_ospeed;
};

// The driver behind the pseudo-terminal.
static struct driver {
    int lines;                          // modem lines; opening raises both, as Linux does
    int raised;                         // how often one that was low went up again
    int settings;                       // calls of tcsetattr
    struct termios asked[SETTINGS_MAX]; // what each asked for
    int refuses_from;                   // from this call of tcsetattr on: EINVAL; 0: never
    speed_t runs_at;                    // takes any speed and runs this one; 0: honest
} driver;

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __real_tcsetattr(int fd, int when, const struct termios *mode);
int __wrap_tcsetattr(int fd, int when, const struct termios *mode);
int __wrap___lxstat(int version, const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
ssize_t __real_readlink(const char *path, char *out, size_t room);
ssize_t __wrap_readlink(const char *path, char *out, size_t room);

static int set_lines(int lines) {
    driver.raised += (lines & ~driver.lines & LINES_DTR_RTS) != 0;
    driver.lines = lines;
    return 0;
}

static int spoil_speed(int fd) {
    struct termios2 mode;
    if (driver.runs_at == 0)
        return 0;
    if (__real_ioctl(fd, TCGETS2, &mode) != 0)
        return -1;
    mode.c_cflag = (mode.c_cflag & ~(tcflag_t)(CBAUD | CBAUDEX)) | SPEED_BY_VALUE;
    mode.c_ispeed = mode.c_ospeed = driver.runs_at;
    return __real_ioctl(fd, TCSETS2, &mode);
}

int __wrap_ioctl(int fd, unsigned long request, void *argument) {
    int *bits = argument;
    switch (request) {
    case TIOCMGET:
        *bits = driver.lines;
        return 0;
    case TIOCMSET:
        return set_lines(*bits);
    case TIOCMBIS:
        return set_lines(driver.lines | *bits);
    case TIOCMBIC:
        return set_lines(driver.lines & ~*bits);
    case TCSETS2:
        return __real_ioctl(fd, request, argument) != 0 ? -1 : spoil_speed(fd);
    default:
        return __real_ioctl(fd, request, argument);
    }
}

int __wrap_tcsetattr(int fd, int when, const struct termios *mode) {
    assert_true(driver.settings < SETTINGS_MAX);
    driver.asked[driver.settings++] = *mode;
    if (driver.refuses_from > 0 && driver.settings >= driver.refuses_from) {
        errno = EINVAL;
        return -1;
    }
    return __real_tcsetattr(fd, when, mode) != 0 ? -1 : spoil_speed(fd);
}

int __wrap_lstat(const char *path, struct stat *st) {
    if (strncmp(path, SYSFS, strlen(SYSFS)) != 0)
        return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
    memset(st, 0, sizeof *st);
    st->st_mode = S_IFLNK | 0777;
    return 0;
}

int __wrap___lxstat(int version, const char *path, struct stat *st) { // what lstat is in older C libraries
    return __wrap_lstat(path, st);
}

ssize_t __wrap_readlink(const char *path, char *out, size_t room) {
    static const char entry[] = "../../devices/platform/serial8250/tty/ttyS0";
    if (strncmp(path, SYSFS, strlen(SYSFS)) != 0)
        return __real_readlink(path, out, room);
    assert_true(sizeof entry <= room);
    memcpy(out, entry, sizeof entry - 1);
    return sizeof entry - 1;
}

// --- a port whose other end is ours

struct line {
    int master;
    struct port port;
    struct lg_error error;
};

static void line_make(struct line *line, uint32_t baud) {
    int slave;
    memset(line, 0, sizeof *line);
    driver = (struct driver){.lines = LINES_DTR_RTS};
    line->port.fd = -1;
    line->port.baud = baud;
    line->port.loop = uv_default_loop();
    assert_int_equal(openpty(&line->master, &slave, line->port.path, NULL, NULL), 0);
    close(slave); // as fresh: echoing, turning \n into \r\n
    snprintf(line->port.device, sizeof line->port.device, "/dev/serial/by-id/machine");
}

// port_open would take the termios backend for a pseudo-terminal; so the table is asked directly.
static bool line_open(struct line *line) {
    return port_backend_serial.open(&line->port, &line->error);
}

static void line_opens(struct line *line, uint32_t baud) {
    line_make(line, baud);
    if (!line_open(line))
        fail_msg("%s", line->error.message);
}

static void line_close(struct line *line) {
    port_backend_serial.close(&line->port);
    assert_int_equal(line->port.fd, -1);
    close(line->master);
}

static int open_files(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

// Opening fails with this code and part of a sentence, and leaves nothing open.
static void line_refused(struct line *line, const char *code, const char *part, const char *advice) {
    int before = open_files();
    assert_false(line_open(line));
    assert_int_equal(open_files(), before);
    assert_int_equal(line->port.fd, -1);
    assert_string_equal(line->error.code, code);
    if (strstr(line->error.message, part) == NULL || strstr(line->error.what_to_do, advice) == NULL)
        fail_msg("\"%s\" and \"%s\" do not say \"%s\" and \"%s\"", line->error.message,
                 line->error.what_to_do, part, advice);
}

static speed_t speed_of(int fd) {
    struct termios2 mode;
    assert_int_equal(ioctl(fd, TCGETS2, &mode), 0);
    return mode.c_ospeed;
}

// --- tests

// configure(): a pseudo-terminal is 8N1 whatever one asks, so each thing asked is looked at as well.
static void it_is_raw_and_8n1(void **state) {
    struct line line;
    struct termios mode;
    line_opens(&line, 115200);
    assert_int_equal(tcgetattr(line.port.fd, &mode), 0);
    assert_true(driver.settings > 1);
    const struct termios *both[] = {&mode, &driver.asked[1]}; // [0] is sp_open's, [1] configure's
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->c_lflag & (tcflag_t)(ICANON | ECHO | ISIG | IEXTEN), 0);
        assert_int_equal(both[i]->c_iflag & (tcflag_t)(ICRNL | INLCR | IGNCR | IXON | IXOFF | ISTRIP |
                                                       BRKINT | PARMRK | INPCK),
                         0);
        assert_int_equal(both[i]->c_oflag & (tcflag_t)OPOST, 0);
        assert_int_equal(both[i]->c_cflag & (tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS), CS8);
        assert_int_equal(both[i]->c_cflag & (tcflag_t)(CLOCAL | CREAD), CLOCAL | CREAD);
    }
    static const char sent[] = "?G1 X1\n\x18\x85\x03\x11\x13\r";
    struct help_client machine = {.fd = line.master};
    fcntl(line.master, F_SETFL, O_NONBLOCK);
    help_say(line.port.fd, sent);
    assert_true(help_client_gets(uv_default_loop(), &machine, sent));
    help_say(line.master, "ok\r\n\x03\x13");
    struct help_client host = {.fd = line.port.fd};
    assert_true(help_client_gets(uv_default_loop(), &host, "ok\r\n\x03\x13"));
    help_read(&machine);
    assert_int_equal(machine.length, strlen(sent)); // and no echo
    line_close(&line);
}

// keep_lines_low_on_close() sets the mode once more: it must not lose a speed that termios has no name for.
static void it_runs_at_the_speed_of_the_profile(void **state) {
    static const uint32_t speeds[] = {9600, 115200, 250000, 1000000};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        struct line line;
        line_opens(&line, speeds[i]);
        assert_int_equal(speed_of(line.port.fd), speeds[i]);
        line_close(&line);
    }
}

// port_claim().
static void it_is_locked_exclusive_and_closed_on_exec(void **state) {
    struct line line;
    int exclusive = 0;
    line_opens(&line, 115200);
    assert_int_equal(fcntl(line.port.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(ioctl(line.port.fd, TIOCGEXCL, &exclusive), 0);
    assert_int_equal(exclusive, 1);
    struct line second = line; // root passes TIOCEXCL and meets the lock; others meet TIOCEXCL
    line_refused(&second, "port_busy", "/dev/serial/by-id/machine is in use by another program",
                 "Close that program");
    help_say(line.port.fd, "?"); // the first one keeps it
    int again = open(line.port.path, O_RDWR | O_NOCTTY);
    if (again >= 0) {
        assert_int_equal(flock(again, LOCK_EX | LOCK_NB), -1);
        assert_int_equal(errno, EWOULDBLOCK);
        close(again);
    } else
        assert_int_equal(errno, EBUSY);
    struct port reopened = line.port;
    port_backend_serial.close(&line.port);
    line.port = reopened;
    line.port.fd = -1;
    assert_true(line_open(&line)); // closing gives both back
    line_close(&line);
}

// configure() and keep_lines_low_on_close(): low lines are what keeps an ESP32 out of its boot loader.
static void its_lines_are_low_and_stay_low(void **state) {
    struct line line;
    struct termios mode;
    line_opens(&line, 115200);
    assert_int_equal(driver.lines & LINES_DTR_RTS, 0);
    assert_int_equal(driver.raised, 0);
    assert_int_equal(tcgetattr(line.port.fd, &mode), 0);
    assert_int_equal(mode.c_cflag & (tcflag_t)HUPCL, 0);
    port_backend_serial.close(&line.port);
    assert_int_equal(driver.lines & LINES_DTR_RTS, 0);
    assert_int_equal(driver.raised, 0);
    close(line.master);
}

// baud_taken().
static void a_speed_that_the_driver_changes_is_refused(void **state) {
    struct line line;
    line_make(&line, 115200);
    driver.runs_at = 9600;
    line_refused(&line, "port_baud", "/dev/serial/by-id/machine does not take 115200 baud; it runs at 9600",
                 "Put a baud rate in the config");
    driver.runs_at = 115200 * 104 / 100;
    line_refused(&line, "port_baud", "it runs at 119808", "Put a baud rate in the config");
    driver.runs_at = 115200 * 102 / 100; // what the divisor of a UART makes of it
    assert_true(line_open(&line));
    assert_int_equal(speed_of(line.port.fd), 115200 * 102 / 100);
    line_close(&line);
}

// Whichever setting it is: the library's own at opening, configure()'s or keep_lines_low_on_close()'s.
static void a_chip_that_refuses_settings_is_to_be_plugged_again(void **state) {
    struct line line;
    line_opens(&line, 115200);
    int settings = driver.settings;
    line_close(&line);
    assert_true(settings >= 2);
    for (int from = 1; from <= settings; from++) {
        line_make(&line, 115200);
        driver.refuses_from = from;
        line_refused(&line, "port_wedged", "the USB chip of /dev/serial/by-id/machine refuses every setting",
                     "Unplug the machine's USB cable and plug it in again.");
        assert_int_equal(driver.settings, from);
        close(line.master);
    }
}

static void a_port_that_is_gone_is_told(void **state) {
    struct line line;
    line_make(&line, 115200);
    close(line.master);
    line_refused(&line, "port_missing", "/dev/serial/by-id/machine is not there", "Switch the machine on");
}

struct watcher {
    struct channel channel;
    int broken, error;
    size_t bytes;
};

static void on_bytes(void *context, const uint8_t *bytes, size_t length) {
    ((struct watcher *)context)->bytes += length;
}

static void on_broken(void *context, int error) {
    struct watcher *w = context;
    w->broken++;
    w->error = error;
    channel_release(&w->channel);
}

static void on_drained(void *context) {}

static bool has_bytes(void *context) {
    return ((struct watcher *)context)->bytes > 0;
}

static bool is_broken(void *context) {
    return ((struct watcher *)context)->broken > 0;
}

// A hung-up tty reads as end of file; the channel on it breaks once, and closing the port is still fine.
static void an_unplugged_machine_is_an_end_of_file(void **state) {
    static const struct channel_events events = {on_bytes, on_broken, on_drained};
    static uint8_t input[CHANNEL_READ_MAX], output[256];
    struct watcher w = {.broken = 0};
    struct line line;
    line_opens(&line, 115200);
    channel_init(&w.channel, &events, &w, output, sizeof output, input, sizeof input);
    assert_int_equal(channel_open(&w.channel, uv_default_loop(), line.port.fd), 0);
    help_say(line.master, "ok\r\n");
    assert_true(help_until(uv_default_loop(), has_bytes, &w));
    assert_int_equal(w.broken, 0);
    close(line.master);
    assert_true(help_until(uv_default_loop(), is_broken, &w));
    assert_int_equal(w.broken, 1);
    uint8_t byte;
    assert_int_equal(read(line.port.fd, &byte, 1), 0);
    port_backend_serial.close(&line.port);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static int close_loop(void **state) {
    return uv_loop_close(uv_default_loop());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_raw_and_8n1),
        cmocka_unit_test(it_runs_at_the_speed_of_the_profile),
        cmocka_unit_test(it_is_locked_exclusive_and_closed_on_exec),
        cmocka_unit_test(its_lines_are_low_and_stay_low),
        cmocka_unit_test(a_speed_that_the_driver_changes_is_refused),
        cmocka_unit_test(a_chip_that_refuses_settings_is_to_be_plugged_again),
        cmocka_unit_test(a_port_that_is_gone_is_told),
        cmocka_unit_test(an_unplugged_machine_is_an_end_of_file),
    };
    int rc = cmocka_run_group_tests(tests, NULL, close_loop);
    return rc ? 1 : 0;
}
