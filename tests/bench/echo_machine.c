// echo_machine: the fastest machine there can be, for measuring what lies before it.
//
//   echo_machine LINK   makes a pseudo-terminal, links it to LINK, and answers `ok` to each line at once.
//
// It knows just enough of Grbl to be recognised: `$I`, `$G` and `?`. No motion, no buffer, no pacing.
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

struct echo {
    int master;
    char line[LINE_MAX_BYTES];
    size_t length;
    char out[65536];
    size_t filled;
};

static void answer(struct echo *e, const char *text) {
    size_t n = strlen(text);
    if (e->filled + n > sizeof e->out)
        return;
    memcpy(e->out + e->filled, text, n);
    e->filled += n;
}

static void take_line(struct echo *e) {
    e->line[e->length] = '\0';
    e->length = 0;
    if (strcmp(e->line, "$I") == 0)
        answer(e, "[VER:1.1h.20190830:echo]\r\n[OPT:V,15,128]\r\n");
    else if (strcmp(e->line, "$G") == 0)
        answer(e, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\n");
    answer(e, "ok\r\n");
}

static void take_byte(struct echo *e, char c) {
    if (c == '?')
        answer(e, "<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n");
    else if (c == '\n')
        take_line(e);
    else if (c != '\r' && e->length + 1 < sizeof e->line)
        e->line[e->length++] = c;
}

static void serve(struct echo *e) {
    char in[4096];
    for (;;) {
        ssize_t n = read(e->master, in, sizeof in);
        if (n <= 0)
            return;
        for (ssize_t i = 0; i < n; i++)
            take_byte(e, in[i]);
        for (size_t at = 0; at < e->filled;) {
            ssize_t w = write(e->master, e->out + at, e->filled - at);
            if (w <= 0)
                return;
            at += (size_t)w;
        }
        e->filled = 0;
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: echo_machine LINK\n");
        return 2;
    }
    static struct echo e;
    int slave;
    char name[128];
    struct termios raw;
    cfmakeraw(memset(&raw, 0, sizeof raw));
    raw.c_cflag |= CREAD | CLOCAL;
    if (openpty(&e.master, &slave, name, &raw, NULL) != 0) {
        perror("openpty");
        return 1;
    }
    unlink(argv[1]);
    if (symlink(name, argv[1]) != 0) {
        perror(argv[1]);
        return 1;
    }
    serve(&e); // the slave stays open here, so that the master never reports a hang-up
    return 0;
}
