// sender_pty: a pseudo-terminal as a way in, for senders that know serial ports alone.
//
// Its name is published as a symbolic link. lotgate keeps no slave handle open while it waits: a master whose
// slave nobody has open reports a hang-up, which tells the sender's closing reliably; its opening is told by
// inotify on the slave. Raw mode outlives the last close, since the master keeps the pair alive.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "sender_door.h"

struct terminal {
    uv_poll_t opening; // on the inotify descriptor
    int inotify, master;
    bool waiting; // nobody has it open
    char slave[64];
    struct channel ignored; // one who opened it while another has the machine
};

static void wait_for_sender(struct door *door);

static void ignore_bytes(void *context, const uint8_t *bytes, size_t length) {}

static void ignored_left(void *context, int error) {
    struct door *door = context;
    struct terminal *t = door->own;
    channel_release(&t->ignored);
    wait_for_sender(door);
}

static void ignored_drained(void *context) {}

static void ignore_until_closed(struct door *door) {
    struct terminal *t = door->own;
    t->waiting = false;
    if (channel_open(&t->ignored, door->sender->loop, t->master) != 0)
        t->waiting = true; // tried again when the next one opens it
}

// True when a sender has the slave open, or has closed it again but left bytes.
static bool somebody_is_there(int master) {
    struct pollfd p = {master, POLLIN, 0};
    return poll(&p, 1, 0) == 0 || (p.revents & POLLHUP) == 0 || (p.revents & POLLIN) != 0;
}

static void look(struct door *door) {
    struct terminal *t = door->own;
    char refusal[320];
    if (!t->waiting || !somebody_is_there(t->master))
        return;
    t->waiting = false;
    if (sender_claim(door, t->master, door->label, refusal, sizeof refusal))
        return;
    (void)!write(t->master, refusal, strlen(refusal));
    ignore_until_closed(door);
}

static void on_opening(uv_poll_t *poll, int status, int events) {
    struct door *door = poll->data;
    char told[1024];
    if (door == NULL || status != 0)
        return;
    const struct terminal *t = door->own;
    while (read(t->inotify, told, sizeof told) > 0) {
    }
    look(door);
}

static bool make_raw(int fd) {
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    return tcsetattr(fd, TCSANOW, &mode) == 0;
}

// The last sender may have left replies unread and another mode set; the next one must meet neither.
static void wait_for_sender(struct door *door) {
    struct terminal *t = door->own;
    int slave = open(t->slave, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (slave >= 0) {
        tcflush(slave, TCIFLUSH);
        close(slave);
    }
    make_raw(t->master);
    t->waiting = true;
    look(door);
}

static void pty_take_back(struct door *door, int fd, bool dropped) {
    if (dropped)
        ignore_until_closed(door);
    else
        wait_for_sender(door);
}

static void on_handle_closed(uv_handle_t *handle) {
    free(handle); // the poll handle is the terminal's first member
}

static void unpublish(const struct door *door) {
    const struct terminal *t = door->own;
    char target[PATH_MAX];
    ssize_t n = readlink(door->label, target, sizeof target - 1);
    if (n > 0) {
        target[n] = '\0';
        if (strcmp(target, t->slave) == 0)
            unlink(door->label);
    }
}

static void pty_close(struct door *door) {
    struct terminal *t = door->own;
    unpublish(door);
    channel_release(&t->ignored);
    uv_poll_stop(&t->opening);
    close(t->inotify);
    close(t->master);
    t->opening.data = NULL;
    uv_close((uv_handle_t *)&t->opening, on_handle_closed);
}

static const struct door_kind pty_kind = {true, pty_take_back, pty_close};

static bool make_parents(const char *path) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return true;
}

// Puts the link in place in one step, so that a sender never finds it missing or half made.
static bool publish(const char *path, const char *slave, struct lg_error *error) {
    struct stat st;
    static const char *advice = "Give this machine another \"pty\" path.";
    if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
        return lg_fail(error, "pty_failed", advice, "%.300s exists and is not a link: it is left alone",
                       path);
    char fresh[PATH_MAX + 32];
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    if (make_parents(path) && (unlink(fresh) == 0 || errno == ENOENT) && symlink(slave, fresh) == 0) {
        if (rename(fresh, path) == 0)
            return true;
        int failed = errno;
        unlink(fresh);
        errno = failed;
    }
    return lg_fail(error, "pty_failed", advice, "the link %.300s cannot be made: %s", path, strerror(errno));
}

// Senders open it as they would the serial port: by the group that may.
static void open_to_dialout(int slave) {
    const struct group *dialout = getgrnam("dialout");
    if (dialout != NULL && fchown(slave, (uid_t)-1, dialout->gr_gid) == 0)
        fchmod(slave, 0660);
}

static bool make_pair(struct terminal *t, struct lg_error *error) {
    int slave;
    if (openpty(&t->master, &slave, t->slave, NULL, NULL) != 0)
        return lg_fail(error, "pty_failed", "", "no pseudo-terminal can be made: %s", strerror(errno));
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    open_to_dialout(slave);
    t->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    bool made = make_raw(slave) && t->inotify >= 0 && inotify_add_watch(t->inotify, t->slave, IN_OPEN) >= 0;
    int failed = errno;
    close(slave);
    if (made)
        return true;
    close(t->master);
    if (t->inotify >= 0)
        close(t->inotify);
    return lg_fail(error, "pty_failed", "Raise fs.inotify.max_user_instances with sysctl.",
                   "the pseudo-terminal cannot be watched: %s", strerror(failed));
}

bool sender_listen_pty(struct sender *sender, const char *path, struct lg_error *error) {
    static const struct channel_events ignoring = {ignore_bytes, ignored_left, ignored_drained};
    struct terminal *t = calloc(1, sizeof *t);
    struct door *door = sender_new_door(sender, &pty_kind, error);
    if (t == NULL || door == NULL || !make_pair(t, error)) {
        sender->door_count -= door != NULL;
        free(t);
        return false;
    }
    door->own = t;
    snprintf(door->label, sizeof door->label, "%.127s", path);
    channel_init(&t->ignored, &ignoring, door, NULL, 0, sender->input, SENDER_READ_MAX);
    if (strlen(path) < sizeof door->label && publish(path, t->slave, error) &&
        uv_poll_init(sender->loop, &t->opening, t->inotify) == 0) {
        t->opening.data = door;
        uv_poll_start(&t->opening, UV_READABLE, on_opening);
        wait_for_sender(door);
        return true;
    }
    if (strlen(path) >= sizeof door->label)
        lg_fail(error, "pty_failed", "Use a shorter path.",
                "the path %.300s is too long for a pseudo-terminal", path);
    close(t->master);
    close(t->inotify);
    free(t);
    sender->door_count--;
    return false;
}
