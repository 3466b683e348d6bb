// A simulated machine on a real pseudo-terminal: raw from the start, a link that comes and goes, unplugging, a log.
#include "sim_talk.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "sim_pty.h"

struct place { // a folder of its own for links and logs
    char folder[64], link[96], log[96];
};

static int make_place(void **state) {
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/lotgate-test-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->link, sizeof p->link, "%s/machine", p->folder);
    snprintf(p->log, sizeof p->log, "%s/log", p->folder);
    *state = p;
    return 0;
}

static int remove_place(void **state) {
    struct place *p = *state;
    unlink(p->link);
    unlink(p->log);
    int rc = rmdir(p->folder); // fails when something was left behind
    free(p);
    return rc;
}

static void open_machine(struct sim_pty *pty, const struct place *place, const char *log) {
    struct sim_config config;
    char error[256];
    sim_config_default(&config, SIM_LASER, GRBL_AVR);
    config.open_banner_us[0] = 0;
    if (!sim_pty_open(pty, &config, place->link, log, "", 0, error, sizeof error))
        fail_msg("%s", error);
}

static void tell(int fd, const char *text) {
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

// What the sender gets; virtual time goes on until it is as long as `expected`.
static void hear(struct sim_pty *pty, int fd, int64_t *now, const char *expected) {
    char text[512] = "";
    size_t n = 0;
    for (int turn = 0; turn < 1000 && n < strlen(expected); turn++) {
        struct pollfd p[2] = {{.fd = sim_pty_wants(pty) ? pty->master : -1, .events = POLLIN},
                              {.fd = fd, .events = POLLIN}};
        poll(p, 2, 1);
        sim_pty_turn(pty, p[0].revents & POLLIN, *now += MS);
        ssize_t got = p[1].revents ? read(fd, text + n, sizeof text - 1 - n) : 0;
        n += got > 0 ? (size_t)got : 0;
    }
    assert_string_equal(text, expected);
}

static void it_talks_through_the_link(void **state) {
    const struct place *place = *state;
    struct sim_pty pty;
    int64_t now = 0;
    open_machine(&pty, place, "");
    for (int session = 0; session < 2; session++) { // closing is no hang-up
        int fd = open(place->link, O_RDWR | O_NOCTTY);
        assert_true(fd >= 0);
        struct termios settings;
        assert_int_equal(tcgetattr(fd, &settings), 0);
        assert_int_equal(settings.c_lflag & (ECHO | ICANON | ISIG), 0);
        assert_int_equal(settings.c_oflag & OPOST, 0);
        tell(fd, "G21\n?");
        hear(&pty, fd, &now,
             session ? "ok\r\n<Idle|MPos:0.000,0.000,0.000|FS:0,0|Ov:100,100,100>\r\n"
                     : "ok\r\n<Idle|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>\r\n");
        close(fd);
    }
    sim_pty_close(&pty);
    assert_int_equal(access(place->link, F_OK), -1);
}

static void a_file_is_not_replaced_by_the_link(void **state) {
    const struct place *place = *state;
    struct sim_pty pty;
    struct sim_config config;
    char error[256];
    sim_config_default(&config, SIM_LASER, GRBL_AVR);
    close(open(place->link, O_CREAT | O_WRONLY, 0600));
    assert_false(sim_pty_open(&pty, &config, place->link, "", "", 0, error, sizeof error));
    assert_non_null(strstr(error, place->link));
    struct stat st;
    assert_int_equal(lstat(place->link, &st), 0); // still there
    assert_true(S_ISREG(st.st_mode));
    assert_false(sim_pty_open(&pty, &config, "", "/nowhere/log", "", 0, error, sizeof error));
    assert_non_null(strstr(error, "/nowhere/log"));
}

static void unplugged_it_hangs_up(void **state) {
    const struct place *place = *state;
    struct sim_pty pty;
    int64_t now = 0;
    open_machine(&pty, place, "");
    int fd = open(place->link, O_RDWR | O_NOCTTY);
    sim_fault(pty.sim, SIM_FAULT_UNPLUG, SECONDS, now);
    sim_pty_turn(&pty, false, now);
    assert_int_equal(access(place->link, F_OK), -1);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 1000), 1);
    assert_true(p.revents & POLLHUP);
    close(fd);
    now += SECONDS;
    sim_pty_turn(&pty, false, now);
    fd = open(place->link, O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    tell(fd, "\n");
    hear(&pty, fd, &now, "ok\r\n");
    close(fd);
    sim_pty_close(&pty);
}

static void the_log_has_every_line(void **state) {
    const struct place *place = *state;
    struct sim_pty pty;
    int64_t now = 0;
    open_machine(&pty, place, place->log);
    int fd = open(place->link, O_RDWR | O_NOCTTY);
    tell(fd, "M4S9\nG1X\\1\t;y\nG1X1F100\n");
    hear(&pty, fd, &now, "ok\r\nerror:2\r\nok\r\n");
    char text[512] = "", *at = text;
    int log = open(place->log, O_RDONLY); // read before it is closed: nothing is buffered
    assert_true(read(log, text, sizeof text - 1) > 0);
    static const char *const lines[] = {"\thost\tok\t-\tM4S9", "\thost\terror:2\t-\tG1X\\x5c1\\x09;y",
                                        "\thost\tok\twork\tG1X1F100"};
    for (size_t i = 0; i < 3; i++) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        *end = 0;
        assert_string_equal(strchr(at, '\t'), lines[i]);
        at = end + 1;
    }
    close(log);
    close(fd);
    sim_pty_close(&pty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_talks_through_the_link, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_file_is_not_replaced_by_the_link, make_place, remove_place),
        cmocka_unit_test_setup_teardown(unplugged_it_hangs_up, make_place, remove_place),
        cmocka_unit_test_setup_teardown(the_log_has_every_line, make_place, remove_place),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
