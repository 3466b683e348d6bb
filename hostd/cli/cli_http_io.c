// cli_http_io: the socket side of cli_http.h.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli_http.h"
#include "timefmt.h" // time_monotonic_us

// A socket's path may hold 107 bytes only: a longer one is reached through the directory's descriptor.
static bool socket_address(struct sockaddr_un *address, const char *directory, const char *name, int *held) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", directory, name);
    if (n > 0 && (size_t)n < sizeof address->sun_path)
        return true;
    *held = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*held < 0)
        return false;
    n = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", *held, name);
    return n > 0 && (size_t)n < sizeof address->sun_path;
}

int cli_http_connect(const char *directory, const char *name) {
    struct sockaddr_un address;
    int held = -1, fd = -1;
    if (socket_address(&address, directory, name, &held)) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
            int why = errno;
            close(fd);
            errno = why;
            fd = -1;
        }
    }
    int why = errno;
    if (held >= 0)
        close(held);
    errno = why;
    return fd;
}

// Waits for `events`; false when the deadline passed.
static bool wait_for(int fd, short events, int64_t deadline_us) {
    for (;;) {
        int64_t left = deadline_us - time_monotonic_us();
        if (left <= 0)
            return false;
        struct pollfd p = {fd, events, 0};
        int n = poll(&p, 1, (int)(left / 1000) + 1);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

static bool gone(struct lg_error *error, const char *how) {
    return lg_fail(
        error, "daemon_gone",
        "Look whether it still runs (systemctl status lotgate) and whether what you asked for was done.",
        "The daemon %s before it answered.", how);
}

static bool write_all(int fd, const char *bytes, size_t length, int64_t deadline_us, struct lg_error *error) {
    while (length > 0) {
        if (!wait_for(fd, POLLOUT, deadline_us))
            return gone(error, "stopped reading");
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return gone(error, "went away");
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

bool cli_http_send(int fd, const char *method, const char *target, const char *extra, const char *body,
                   int64_t deadline_us, struct lg_error *error) {
    char *text = NULL;
    int n;
    if (body != NULL)
        n = asprintf(&text,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: lotgate/" LOTGATE_VERSION
                     "\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     method, target, extra, strlen(body), body);
    else
        n = asprintf(&text,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: lotgate/" LOTGATE_VERSION "\r\n%s\r\n",
                     method, target, extra);
    lg_assert(n > 0 && text != NULL);
    bool ok = write_all(fd, text, (size_t)n, deadline_us, error);
    free(text);
    return ok;
}

struct whole {
    char *bytes;
    size_t length;
};

static bool append(void *context, const char *bytes, size_t length) {
    struct whole *w = context;
    if (length > CLI_HTTP_BODY_MAX - w->length)
        return false;
    memcpy(w->bytes + w->length, bytes, length);
    w->length += length;
    return true;
}

bool cli_http_receive(int fd, int *status, char **body, size_t *length, int64_t deadline_us,
                      struct lg_error *error) {
    struct whole whole = {malloc(CLI_HTTP_BODY_MAX + 1), 0};
    struct cli_http_reader *reader = malloc(sizeof *reader);
    lg_assert(whole.bytes != NULL && reader != NULL);
    cli_http_reader_init(reader, &whole, append);
    bool ok = true;
    while (ok && reader->state != CLI_HTTP_DONE) {
        char buffer[16384];
        if (!wait_for(fd, POLLIN, deadline_us)) {
            ok = gone(error, "kept silent");
            break;
        }
        ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0) {
            ok = gone(error, "went away");
            break;
        }
        cli_http_feed(reader, buffer, (size_t)n);
        if (reader->state == CLI_HTTP_FAILED)
            ok = lg_fail(error, "bad_answer", "Is the lotgate that runs of another version? Restart it.",
                         "The daemon's answer can't be understood: %s.", reader->fault);
    }
    *status = reader->status;
    free(reader);
    whole.bytes[whole.length] = '\0';
    *body = whole.bytes;
    *length = whole.length;
    if (!ok) {
        free(whole.bytes);
        *body = NULL;
    }
    return ok;
}
