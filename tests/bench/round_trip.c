// round_trip: sends 20-byte lines one by one and times each until its `ok` has come.
//
//   round_trip tcp:PORT|PATH COUNT [WARMUP]
//
// Connects once and runs a round for each line on its standard input, so that several relays can be measured in turns
// without any of them being young: the kernel favours a process that has just been started. Prints one line of JSON a
// round: count, p50, p99, max and mean in nanoseconds.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_tcp(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static int open_tty(const char *path) {
    int fd = open(path, O_RDWR | O_NOCTTY);
    struct termios raw;
    if (fd < 0 || tcgetattr(fd, &raw) != 0)
        return -1;
    cfmakeraw(&raw);
    return tcsetattr(fd, TCSANOW, &raw) == 0 ? fd : -1;
}

// Reads until a line that begins with `ok` is complete; other lines (messages) are passed over.
static int wait_ok(int fd) {
    static char line[4096];
    static size_t length;
    char in[4096];
    for (;;) {
        ssize_t n = read(fd, in, sizeof in);
        if (n <= 0)
            return -1;
        int found = 0;
        for (ssize_t i = 0; i < n; i++) {
            if (in[i] != '\n') {
                if (length < sizeof line)
                    line[length++] = in[i];
                continue;
            }
            if (length >= 5 && memcmp(line, "error", 5) == 0)
                return -1;
            found |= length >= 2 && line[0] == 'o' && line[1] == 'k';
            length = 0;
        }
        if (found)
            return 0;
    }
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// One line and its reply, in nanoseconds; -1 when the connection ended.
static int64_t round_trip(int fd, long i) {
    char line[32];
    // 20 bytes with the newline: a burning move, so that it is metered as work
    int n = snprintf(line, sizeof line, "G1X%03ld.%03ldY10.0S500\n", i % 200, i % 997);
    int64_t began = now_ns();
    return write(fd, line, (size_t)n) == n && wait_ok(fd) == 0 ? now_ns() - began : -1;
}

static bool run_round(int fd, long count, long warmup, int64_t *ns) {
    double sum = 0;
    for (long i = 0; i < warmup + count; i++) {
        int64_t took = round_trip(fd, i);
        if (took < 0) {
            fprintf(stderr, "round_trip: the line ended after %ld of %ld\n", i, warmup + count);
            return false;
        }
        if (i >= warmup) {
            ns[i - warmup] = took;
            sum += (double)took;
        }
    }
    qsort(ns, (size_t)count, sizeof *ns, compare);
    printf("{\"count\":%ld,\"p50\":%lld,\"p99\":%lld,\"max\":%lld,\"mean\":%.0f}\n", count,
           (long long)ns[count / 2], (long long)ns[count * 99 / 100], (long long)ns[count - 1],
           sum / (double)count);
    fflush(stdout);
    return true;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: round_trip tcp:PORT|PATH COUNT [WARMUP]\n");
        return 2;
    }
    long count = atol(argv[2]), warmup = argc > 3 ? atol(argv[3]) : 200;
    int fd = strncmp(argv[1], "tcp:", 4) == 0 ? open_tcp(atoi(argv[1] + 4)) : open_tty(argv[1]);
    int64_t *ns = calloc((size_t)count, sizeof *ns);
    if (fd < 0 || ns == NULL) {
        perror(argv[1]);
        return 1;
    }
    char order[64];
    bool fine = true;
    while (fine && fgets(order, sizeof order, stdin) != NULL)
        fine = run_round(fd, count, warmup, ns);
    free(ns);
    close(fd);
    return fine ? 0 : 1;
}
