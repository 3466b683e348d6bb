#include "pty_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static bool make_raw(int fd) {
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    return tcsetattr(fd, TCSANOW, &mode) == 0;
}

// Senders open it as they would the serial port: by the group that may.
static void open_to_dialout(int slave) {
    const struct group *dialout = getgrnam("dialout");
    if (dialout != NULL && fchown(slave, (uid_t)-1, dialout->gr_gid) == 0)
        fchmod(slave, 0660);
}

bool pty_pair_make(struct pty_pair *pair, int inotify, struct lg_error *error) {
    if (openpty(&pair->master, &pair->kept, pair->slave, NULL, NULL) != 0) {
        pair->master = pair->kept = -1;
        return lg_fail(error, "pty_failed", "", "no pseudo-terminal can be made: %s", strerror(errno));
    }
    fcntl(pair->master, F_SETFD, FD_CLOEXEC);
    fcntl(pair->kept, F_SETFD, FD_CLOEXEC);
    fcntl(pair->master, F_SETFL, O_NONBLOCK);
    open_to_dialout(pair->kept);
    pair->watch = make_raw(pair->kept) ? inotify_add_watch(inotify, pair->slave, IN_OPEN) : -1;
    if (pair->watch >= 0)
        return true;
    int failed = errno;
    pty_pair_close(pair, inotify);
    return lg_fail(error, "pty_failed", "Raise fs.inotify.max_user_watches with sysctl.",
                   "the pseudo-terminal cannot be watched: %s", strerror(failed));
}

void pty_pair_taken(struct pty_pair *pair) {
    ioctl(pair->kept, TIOCEXCL);
    close(pair->kept);
    pair->kept = -1;
}

void pty_pair_close(struct pty_pair *pair, int inotify) {
    if (pair->watch >= 0)
        inotify_rm_watch(inotify, pair->watch);
    if (pair->kept >= 0)
        close(pair->kept);
    close(pair->master);
    pair->master = pair->kept = pair->watch = -1;
}

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

bool pty_pair_publish(const struct pty_pair *pair, const char *path, struct lg_error *error) {
    struct stat st;
    static const char *advice = "Give this machine another \"pty\" path.";
    if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
        return lg_fail(error, "pty_failed", advice, "%.300s exists and is not a link: it is left alone",
                       path);
    char fresh[PATH_MAX + 32];
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    if (make_parents(path) && (unlink(fresh) == 0 || errno == ENOENT) && symlink(pair->slave, fresh) == 0) {
        if (rename(fresh, path) == 0)
            return true;
        int failed = errno;
        unlink(fresh);
        errno = failed;
    }
    return lg_fail(error, "pty_failed", advice, "the link %.300s cannot be made: %s", path, strerror(errno));
}

void pty_pair_unpublish(const struct pty_pair *pair, const char *path) {
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return;
    target[n] = '\0';
    if (strcmp(target, pair->slave) == 0)
        unlink(path);
}
