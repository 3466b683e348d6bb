// The sender's side: pseudo-terminal and TCP, one sender at a time.
#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "channel.h"
#include "sender_door.h" // the descriptor that is read from
#include "wire_help.h"

struct fixture {
    uv_loop_t loop;
    struct sender *sender;
    uint8_t input[CHANNEL_READ_MAX];
    char folder[64], pty[128];
    char got[8192], label[128], why[128];
    size_t length;
    int connected, gone;
};

static void on_connected(void *context, const char *label) {
    struct fixture *f = context;
    f->connected++;
    snprintf(f->label, sizeof f->label, "%s", label);
}

static void on_bytes(void *context, const uint8_t *bytes, size_t length) {
    struct fixture *f = context;
    size_t kept = length < sizeof f->got - 1 - f->length ? length : sizeof f->got - 1 - f->length;
    memcpy(f->got + f->length, bytes, kept);
    f->length += kept;
}

static void on_gone(void *context, const char *why) {
    struct fixture *f = context;
    f->gone++;
    snprintf(f->why, sizeof f->why, "%s", why);
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&f->loop);
    const struct sender_events events = {f, on_connected, on_bytes, on_gone};
    f->sender = sender_create(&f->loop, "laser1", &events, f->input);
    snprintf(f->folder, sizeof f->folder, "/tmp/lotgate-test-XXXXXX");
    if (f->sender == NULL || mkdtemp(f->folder) == NULL)
        return -1;
    snprintf(f->pty, sizeof f->pty, "%s/run/laser1", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    char folder[80];
    sender_free(f->sender);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&f->loop);
    unlink(f->pty);
    snprintf(folder, sizeof folder, "%s/run", f->folder);
    rmdir(folder);
    rmdir(f->folder);
    free(f);
    return rc;
}

static bool is_connected(void *context) {
    return ((struct fixture *)context)->connected > 0;
}

static bool is_gone(void *context) {
    return ((struct fixture *)context)->gone > 0;
}

static bool has_hello(void *context) {
    return strstr(((struct fixture *)context)->got, "hello\n") != NULL;
}

static void listen_pty(struct fixture *f) {
    struct lg_error error = {.message = ""};
    if (!sender_listen_pty(f->sender, f->pty, &error))
        fail_msg("%s", error.message);
}

static const char *listen_tcp(struct fixture *f) {
    struct lg_error error = {.message = ""};
    if (!sender_listen_tcp(f->sender, "127.0.0.1:0", &error))
        fail_msg("%s", error.message);
    size_t last = 0;
    while (sender_door(f->sender, last + 1, NULL) != NULL)
        last++;
    return sender_door(f->sender, last, NULL);
}

static int open_pty(const struct fixture *f) {
    return open(f->pty, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

static void a_pty_tells_of_opening_and_closing(void **state) {
    struct fixture *f = *state;
    listen_pty(f);
    for (int i = 0; i < 10; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(f->connected, 0);
    int fd = open_pty(f);
    assert_true(fd >= 0);
    assert_true(help_until(&f->loop, is_connected, f));
    assert_string_equal(f->label, f->pty);
    help_say(fd, "hello\n");
    assert_true(help_until(&f->loop, has_hello, f));
    close(fd);
    assert_true(help_until(&f->loop, is_gone, f));
    assert_int_equal(f->connected, 1);
}

// The first bytes may come before anyone looks: they are kept, even when the sender is gone by then.
static void a_pty_loses_no_first_bytes(void **state) {
    struct fixture *f = *state;
    listen_pty(f);
    int fd = open_pty(f);
    help_say(fd, "hello\n");
    close(fd);
    assert_true(help_until(&f->loop, is_gone, f));
    assert_string_equal(f->got, "hello\n");
}

// A sender that opens, changes the mode and leaves replies unread must leave no trace for the next one.
static void a_pty_is_raw_and_empty_for_each_sender(void **state) {
    struct fixture *f = *state;
    struct termios mode;
    char stale[16];
    listen_pty(f);
    int fd = open_pty(f);
    assert_true(help_until(&f->loop, is_connected, f));
    assert_int_equal(tcgetattr(fd, &mode), 0);
    assert_int_equal(mode.c_lflag & (tcflag_t)(ECHO | ICANON), 0);
    assert_int_equal(mode.c_oflag & (tcflag_t)OPOST, 0);
    mode.c_lflag |= ECHO | ICANON;
    tcsetattr(fd, TCSANOW, &mode);
    sender_write(f->sender, (const uint8_t *)"stale\r\n", 7);
    assert_true(sender_flush(f->sender));
    close(fd);
    assert_true(help_until(&f->loop, is_gone, f));
    fd = open_pty(f);
    assert_int_equal(read(fd, stale, sizeof stale), -1); // keeps: tcflush in wait_for_sender
    assert_int_equal(tcgetattr(fd, &mode), 0);
    assert_int_equal(mode.c_lflag & (tcflag_t)(ECHO | ICANON), 0);
    close(fd);
}

static void many_senders_one_after_the_other(void **state) {
    struct fixture *f = *state;
    listen_pty(f);
    for (int i = 0; i < 50; i++) {
        int fd = open_pty(f);
        f->connected = f->gone = 0;
        assert_true(help_until(&f->loop, is_connected, f));
        close(fd);
        assert_true(help_until(&f->loop, is_gone, f));
    }
}

static void a_stale_link_is_replaced_and_removed_at_the_end(void **state) {
    struct fixture *f = *state;
    char folder[80];
    struct stat st;
    snprintf(folder, sizeof folder, "%s/run", f->folder);
    mkdir(folder, 0755);
    assert_int_equal(symlink("/dev/pts/99999", f->pty), 0);
    listen_pty(f);
    int fd = open_pty(f);
    assert_true(fd >= 0);
    close(fd);
    sender_free(f->sender);
    assert_int_equal(lstat(f->pty, &st), -1);
    const struct sender_events events = {f, on_connected, on_bytes, on_gone};
    f->sender = sender_create(&f->loop, "laser1", &events, f->input);
}

static void a_file_in_the_way_is_left_alone(void **state) {
    struct fixture *f = *state;
    struct lg_error error;
    char folder[80];
    snprintf(folder, sizeof folder, "%s/run", f->folder);
    mkdir(folder, 0755);
    close(open(f->pty, O_CREAT | O_WRONLY, 0600));
    assert_false(sender_listen_pty(f->sender, f->pty, &error));
    assert_string_equal(error.code, "pty_failed");
    assert_non_null(strstr(error.message, "is not a link"));
    assert_int_equal(access(f->pty, F_OK), 0);
}

static void tcp_tells_of_coming_and_going(void **state) {
    struct fixture *f = *state;
    int fd = help_connect(listen_tcp(f));
    assert_true(fd >= 0);
    assert_true(help_until(&f->loop, is_connected, f));
    assert_memory_equal(f->label, "127.0.0.1:", 10);
    assert_string_equal(sender_label(f->sender), f->label);
    help_say(fd, "hello\n");
    assert_true(help_until(&f->loop, has_hello, f));
    struct help_client client = {.fd = fd};
    sender_write(f->sender, (const uint8_t *)"ok\r\n", 4);
    assert_true(sender_flush(f->sender));
    assert_true(help_client_gets(&f->loop, &client, "ok\r\n"));
    close(fd);
    assert_true(help_until(&f->loop, is_gone, f));
    assert_string_equal(sender_label(f->sender), "");
}

static void several_ports_lead_to_one_machine(void **state) {
    struct fixture *f = *state;
    char first[64];
    snprintf(first, sizeof first, "%s", listen_tcp(f));
    const char *second = listen_tcp(f);
    assert_string_not_equal(first, second);
    int fd = help_connect(second);
    assert_true(help_until(&f->loop, is_connected, f));
    close(fd);
    assert_true(help_until(&f->loop, is_gone, f));
    fd = help_connect(first);
    f->connected = 0;
    assert_true(help_until(&f->loop, is_connected, f));
    close(fd);
}

static void a_second_tcp_sender_is_told_who_is_there(void **state) {
    struct fixture *f = *state;
    const char *address = listen_tcp(f);
    int first = help_connect(address);
    assert_true(help_until(&f->loop, is_connected, f));
    struct help_client second = {.fd = help_connect(address)};
    help_say(second.fd, "hello\n");
    char wanted[256];
    snprintf(wanted, sizeof wanted, "[MSG:lotgate: laser1 is in use by %s, since ", f->label);
    assert_true(help_client_gets(&f->loop, &second, wanted));
    assert_true(help_until(&f->loop, help_has_ended, &second));
    assert_int_equal(f->connected, 1);
    assert_int_equal(f->length, 0);
    close(first);
    close(second.fd);
}

static void a_pty_opener_while_tcp_is_there_is_told_and_ignored(void **state) {
    struct fixture *f = *state;
    listen_pty(f);
    int tcp = help_connect(listen_tcp(f));
    assert_true(help_until(&f->loop, is_connected, f));
    struct help_client second = {.fd = open_pty(f)};
    assert_true(help_client_gets(&f->loop, &second, "[MSG:lotgate: laser1 is in use by 127.0.0.1:"));
    help_say(second.fd, "M3 S1000\n");
    help_say(tcp, "hello\n");
    assert_true(help_until(&f->loop, has_hello, f));
    assert_string_equal(f->got, "hello\n");
    close(second.fd);
    close(tcp);
    assert_true(help_until(&f->loop, is_gone, f));
    f->connected = 0;
    int again = open_pty(f);
    assert_true(help_until(&f->loop, is_connected, f));
    close(again);
}

// Each program that opens the path has a terminal of its own: publish_another in sender_pty.c.
static void a_second_opener_of_a_pty_does_not_disturb_the_first(void **state) {
    struct fixture *f = *state;
    char wanted[256];
    listen_pty(f);
    struct help_client first = {.fd = open_pty(f)};
    assert_true(help_until(&f->loop, is_connected, f));
    help_say(first.fd, "hel");
    struct help_client second = {.fd = open_pty(f)};
    help_say(second.fd, "M3 S1000\n");
    snprintf(wanted, sizeof wanted, "[MSG:lotgate: laser1 is in use by %s, since ", f->pty);
    assert_true(help_client_gets(&f->loop, &second, wanted));
    help_say(second.fd, "M3 S1000\n");
    help_say(first.fd, "lo\n");
    assert_true(help_until(&f->loop, has_hello, f));
    assert_string_equal(f->got, "hello\n");
    sender_write(f->sender, (const uint8_t *)"ok\r\n", 4);
    assert_true(sender_flush(f->sender));
    assert_true(help_client_gets(&f->loop, &first, "ok\r\n"));
    assert_string_equal(first.text, "ok\r\n");
    assert_null(strstr(second.text, "ok"));
    assert_int_equal(f->gone, 0);
    close(first.fd);
    assert_true(help_until(&f->loop, is_gone, f));
    f->connected = 0;
    int again = open_pty(f); // while the second still sits there
    assert_true(help_until(&f->loop, is_connected, f));
    close(second.fd);
    close(again);
}

// Opens the sender's own terminal as another user of its group: errno, 0 when it could.
static int open_as_somebody(const char *slave) {
    struct stat st;
    int status = 0;
    if (stat(slave, &st) != 0)
        return errno;
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(st.st_gid) != 0 || setuid(65534) != 0))
            _exit(255);
        _exit(open(slave, O_RDWR | O_NOCTTY | O_NONBLOCK) >= 0 ? 0 : errno);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

// By its own name the terminal can be opened by root alone; then nobody can tell whose bytes are whose.
static void two_programs_on_one_terminal(void **state) {
    struct fixture *f = *state;
    char slave[64] = "";
    listen_pty(f);
    assert_true(readlink(f->pty, slave, sizeof slave - 1) > 0);
    struct help_client first = {.fd = open_pty(f)};
    assert_true(help_until(&f->loop, is_connected, f));
    assert_int_equal(chmod(slave, 0660), 0);
    assert_int_equal(open_as_somebody(slave), EBUSY);
    // Ahead of the news of the opening: the loop sees these bytes, and the second's with them, before it.
    help_say(first.fd, "G1 X1 ");
    assert_int_equal(poll(&(struct pollfd){f->sender->channel.fd, POLLIN, 0}, 1, DEADLINE_US / 1000), 1);
    struct help_client second = {.fd = open(slave, O_RDWR | O_NOCTTY | O_NONBLOCK)};
    if (second.fd < 0) {
        assert_int_equal(errno, EBUSY); // not root: it cannot happen
        print_message("# two on one terminal: only root can open it twice\n");
        close(first.fd);
        return;
    }
    help_say(second.fd, "M3 S1000");
    help_say(first.fd, "\n");
    assert_true(help_until(&f->loop, is_gone, f));
    assert_string_equal(f->got, ""); // keeps: is_crowded before the bytes are handed on
    assert_true(help_client_gets(&f->loop, &first, "[MSG:lotgate: two programs have this port open;"));
    assert_memory_equal(f->why, "shared its port", 15);
    help_say(second.fd, "M3 S1000\n");
    close(first.fd);
    help_say(second.fd, "M3 S1000\n");
    f->connected = 0;
    int third = open_pty(f);
    assert_true(help_until(&f->loop, is_connected, f));
    help_say(third, "hello\n");
    assert_true(help_until(&f->loop, has_hello, f));
    assert_string_equal(f->got, "hello\n");
    close(second.fd);
    close(third);
}

static bool link_is_gone(void *context) {
    struct stat st;
    return lstat(((struct fixture *)context)->pty, &st) != 0;
}

static bool link_is_back(void *context) {
    return !link_is_gone(context);
}

static void terminals_are_bounded(void **state) {
    struct fixture *f = *state;
    struct help_client clients[PTY_TERMINALS_MAX];
    listen_pty(f);
    for (int i = 0; i < PTY_TERMINALS_MAX; i++) {
        clients[i] = (struct help_client){.fd = open_pty(f)};
        assert_true(clients[i].fd >= 0);
        if (i == 0)
            assert_true(help_until(&f->loop, is_connected, f));
        else
            assert_true(help_client_gets(&f->loop, &clients[i], "is in use by"));
    }
    assert_true(help_until(&f->loop, link_is_gone, f)); // rather than one that another has
    close(clients[1].fd);
    assert_true(help_until(&f->loop, link_is_back, f));
    for (int i = 0; i < PTY_TERMINALS_MAX; i++)
        if (i != 1)
            close(clients[i].fd);
    assert_true(help_until(&f->loop, is_gone, f));
}

static bool overflowed(void *context) {
    struct fixture *f = context;
    uint8_t block[4096] = {'o', 'k', '\n'};
    sender_write(f->sender, block, sizeof block);
    return !sender_flush(f->sender);
}

// SENDER_OUT_MAX: one who does not read is dropped, so that memory stays bounded.
static void a_sender_that_does_not_read_is_dropped(void **state) {
    struct fixture *f = *state;
    int fd = help_connect(listen_tcp(f));
    assert_true(help_until(&f->loop, is_connected, f));
    assert_true(help_until(&f->loop, overflowed, f));
    sender_drop(f->sender, "closed its connection");
    assert_int_equal(f->gone, 1);
    assert_string_equal(f->why, "did not read its replies");
    close(fd);
}

static void a_dropped_pty_sender_is_ignored_until_it_closes(void **state) {
    struct fixture *f = *state;
    listen_pty(f);
    int fd = open_pty(f);
    assert_true(help_until(&f->loop, is_connected, f));
    assert_true(help_until(&f->loop, overflowed, f));
    sender_drop(f->sender, "closed its connection");
    help_say(fd, "M3 S1000\n");
    for (int i = 0; i < 20; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(f->connected, 1);
    assert_int_equal(f->length, 0);
    close(fd);
    for (int i = 0; i < 20; i++) // its going is seen in one turn of the loop
        uv_run(&f->loop, UV_RUN_NOWAIT);
    fd = open_pty(f);
    f->connected = 0;
    assert_true(help_until(&f->loop, is_connected, f));
    close(fd);
}

// Going down, lotgate has nothing more to say to a sender: it was told that its machine is in use by itself.
struct ending {
    int fd;
    char got[256];
    size_t length;
};

static void *read_to_the_end(void *context) {
    struct ending *e = context;
    ssize_t n;
    while (e->length < sizeof e->got - 1 &&
           (n = read(e->fd, e->got + e->length, sizeof e->got - 1 - e->length)) > 0)
        e->length += (size_t)n;
    return NULL;
}

static void a_connected_pty_sender_gets_nothing_at_the_end(void **state) {
    struct fixture *f = *state;
    struct ending e = {.length = 0};
    pthread_t reader;
    listen_pty(f);
    e.fd = open(f->pty, O_RDWR | O_NOCTTY);
    assert_true(help_until(&f->loop, is_connected, f));
    int watch = inotify_init1(IN_NONBLOCK);
    char slave[128], told[1024];
    assert_int_equal(ttyname_r(e.fd, slave, sizeof slave), 0);
    assert_true(inotify_add_watch(watch, slave, IN_OPEN) >= 0);
    pthread_create(&reader, NULL, read_to_the_end, &e);
    sender_free(f->sender);
    f->sender = NULL;
    pthread_join(reader, NULL);
    assert_string_equal(e.got, "");
    assert_true(read(watch, told, sizeof told) < 0); // nor was it opened, to throw away what is still unread
    assert_int_equal(f->gone, 0);
    close(watch);
    close(e.fd);
}

static void bad_addresses_are_told(void **state) {
    struct fixture *f = *state;
    static const char *const bad[] = {"8231",        "127.0.0.1",      "127.0.0.1:",      "lotgate.example:1",
                                      "1.2.3.4.5:1", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:000080"};
    struct lg_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(sender_listen_tcp(f->sender, bad[i], &error));
        assert_string_equal(error.code, "bad_address");
    }
    const char *taken = listen_tcp(f);
    assert_false(sender_listen_tcp(f->sender, taken, &error));
    assert_string_equal(error.code, "address_in_use");
}

static void doors_are_bounded(void **state) {
    struct fixture *f = *state;
    struct lg_error error;
    for (int i = 0; i < SENDER_DOORS_MAX; i++)
        listen_tcp(f);
    assert_false(sender_listen_tcp(f->sender, "127.0.0.1:0", &error));
    assert_string_equal(error.code, "listen_failed");
    assert_false(sender_listen_pty(f->sender, f->pty, &error));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_pty_tells_of_opening_and_closing),
        TEST(a_pty_loses_no_first_bytes),
        TEST(a_pty_is_raw_and_empty_for_each_sender),
        TEST(many_senders_one_after_the_other),
        TEST(a_stale_link_is_replaced_and_removed_at_the_end),
        TEST(a_file_in_the_way_is_left_alone),
        TEST(tcp_tells_of_coming_and_going),
        TEST(several_ports_lead_to_one_machine),
        TEST(a_second_tcp_sender_is_told_who_is_there),
        TEST(a_pty_opener_while_tcp_is_there_is_told_and_ignored),
        TEST(a_second_opener_of_a_pty_does_not_disturb_the_first),
        TEST(two_programs_on_one_terminal),
        TEST(terminals_are_bounded),
        TEST(a_sender_that_does_not_read_is_dropped),
        TEST(a_dropped_pty_sender_is_ignored_until_it_closes),
        TEST(a_connected_pty_sender_gets_nothing_at_the_end),
        TEST(bad_addresses_are_told),
        TEST(doors_are_bounded),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
