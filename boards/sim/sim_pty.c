// sim_pty: a pseudo-terminal around a simulated machine.
#include "sim_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define LOG_LINE_MAX (4 * SIM_LINE_MAX + 64)

static void close_terminal(struct sim_pty *p) {
    if (p->master >= 0)
        close(p->master);
    if (p->slave >= 0)
        close(p->slave);
    p->master = p->slave = -1;
    p->pending_length = 0;
    if (p->link[0])
        unlink(p->link);
}

static bool make_raw(int fd) {
    struct termios settings;
    if (tcgetattr(fd, &settings) != 0)
        return false;
    cfmakeraw(&settings);
    return tcsetattr(fd, TCSANOW, &settings) == 0;
}

// A link that is there is replaced in one step; anything else is left alone.
static bool make_link(const char *target, const char *link) {
    struct stat st;
    if (lstat(link, &st) == 0 && !S_ISLNK(st.st_mode)) {
        errno = EEXIST;
        return false;
    }
    char fresh[PATH_MAX + 8];
    snprintf(fresh, sizeof fresh, "%s.new", link);
    unlink(fresh);
    return symlink(target, fresh) == 0 && rename(fresh, link) == 0;
}

static bool open_terminal(struct sim_pty *p, char *error, size_t room) {
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    bool ok = p->master >= 0 && grantpt(p->master) == 0 && unlockpt(p->master) == 0 &&
              ptsname_r(p->master, p->name, sizeof p->name) == 0;
    if (ok)
        p->slave = open(p->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (!ok || p->slave < 0 || !make_raw(p->slave)) {
        snprintf(error, room, "no pseudo-terminal can be made: %s", strerror(errno));
        return false;
    }
    if (p->link[0] && !make_link(p->name, p->link)) {
        snprintf(error, room, "the link %s cannot be made: %s", p->link, strerror(errno));
        p->link[0] = 0; // it is not ours to remove
        return false;
    }
    return true;
}

static size_t escape(char *out, const char *text, size_t length) {
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= ' ' && c < 0x7F && c != '\\') {
            *at++ = (char)c;
            continue;
        }
        *at++ = '\\';
        *at++ = 'x';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
    return (size_t)(at - out);
}

static void put_log(struct sim_pty *p, const char *text, size_t length) {
    if (write(p->log, text, length) == (ssize_t)length)
        return;
    fprintf(stderr, "lotgate-sim: the log cannot be written (%s); it ends here\n", strerror(errno));
    close(p->log);
    p->log = -1;
}

static void log_screen(void *context, const char *screen) {
    struct sim_pty *p = context;
    char text[LOG_LINE_MAX];
    if (p->log < 0)
        return;
    int n = snprintf(text, sizeof text, "-\tscreen\tok\t-\t");
    size_t length = (size_t)n + escape(text + n, screen, strlen(screen));
    text[length++] = '\n';
    put_log(p, text, length);
}

static void keep_memory(void *context, const uint8_t store[SIM_HOOK_STORE]) {
    struct sim_pty *p = context;
    FILE *file = p->memory[0] ? fopen(p->memory, "wb") : NULL;
    if (p->memory[0] && (!file || fwrite(store, 1, SIM_HOOK_STORE, file) != SIM_HOOK_STORE))
        fprintf(stderr, "lotgate-sim: %s cannot be written: %s\n", p->memory, strerror(errno));
    if (file)
        fclose(file);
}

// A file that is not there is an empty memory.
static void load_memory(const char *path, uint8_t store[SIM_HOOK_STORE]) {
    FILE *file = path[0] ? fopen(path, "rb") : NULL;
    if (file && fread(store, 1, SIM_HOOK_STORE, file) != SIM_HOOK_STORE)
        memset(store, 0, SIM_HOOK_STORE);
    if (file)
        fclose(file);
}

static void log_line(void *context, const struct sim_line *line) {
    static const char *const source[] = {"host", "card", "startup"};
    struct sim_pty *p = context;
    if (p->log < 0)
        return;
    char text[LOG_LINE_MAX], result[16] = "ok";
    if (line->result)
        snprintf(result, sizeof result, "error:%u", line->result);
    int n = snprintf(text, sizeof text, "%.6f\t%s\t%s\t%s\t", (double)line->when / 1e6, source[line->source],
                     result, line->work ? "work" : "-");
    size_t length = (size_t)n + escape(text + n, line->text, line->length);
    text[length++] = '\n';
    put_log(p, text, length);
}

bool sim_pty_open(struct sim_pty *p, const struct sim_config *config, const char *link, const char *log,
                  const char *memory, int64_t now, char *error, size_t room) {
    memset(p, 0, sizeof *p);
    p->master = p->slave = p->log = -1;
    snprintf(p->link, sizeof p->link, "%s", link);
    if (log[0] && (p->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0) {
        snprintf(error, room, "the log %s cannot be opened: %s", log, strerror(errno));
        p->link[0] = 0;
        return false;
    }
    struct sim_config c = *config;
    c.on_line = log_line;
    c.on_screen = log_screen;
    c.on_store = keep_memory;
    snprintf(p->memory, sizeof p->memory, "%s", memory);
    if (c.hook)
        load_memory(memory, c.hook_store);
    c.context = p;
    p->sim = sim_create(&c);
    if (!p->sim)
        snprintf(error, room, "there is no memory for a simulated machine");
    if (!p->sim || !open_terminal(p, error, room)) {
        sim_pty_close(p);
        return false;
    }
    sim_open(p->sim, now);
    return true;
}

void sim_pty_close(struct sim_pty *p) {
    close_terminal(p);
    if (p->log >= 0)
        close(p->log);
    sim_free(p->sim);
    memset(p, 0, sizeof *p);
    p->master = p->slave = p->log = -1;
}

bool sim_pty_wants(const struct sim_pty *p) {
    return p->master >= 0 && !p->pending_length;
}

static void hand_over(struct sim_pty *p, int64_t now) {
    if (!p->pending_length)
        return;
    ssize_t taken = sim_write(p->sim, p->pending, p->pending_length, now);
    if (taken <= 0)
        return;
    p->pending_length -= (size_t)taken;
    memmove(p->pending, p->pending + taken, p->pending_length);
}

static void follow_the_plug(struct sim_pty *p, int64_t now) {
    struct sim_view view;
    sim_view(p->sim, &view, now);
    if (!view.plugged && p->master >= 0) {
        close_terminal(p);
    } else if (view.plugged && p->master < 0) {
        char error[256];
        if (open_terminal(p, error, sizeof error)) {
            sim_open(p->sim, now);
            return;
        }
        fprintf(stderr, "lotgate-sim: %s\n", error);
        close_terminal(p);
        sim_fault(p->sim, SIM_FAULT_UNPLUG, 1000000, now); // tried again in a second
    }
}

void sim_pty_turn(struct sim_pty *p, bool readable, int64_t now) {
    uint8_t bytes[SIM_PTY_PENDING];
    follow_the_plug(p, now);
    if (p->master < 0)
        return;
    hand_over(p, now);
    while (readable && !p->pending_length) {
        ssize_t n = read(p->master, p->pending, sizeof p->pending);
        if (n <= 0)
            break;
        p->pending_length = (size_t)n;
        hand_over(p, now);
    }
    for (ssize_t n; (n = sim_read(p->sim, bytes, sizeof bytes, now)) > 0;) {
        if (write(p->master, bytes, (size_t)n) != n)
            break; // nobody reads: lost, as on a real line
    }
}
