#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guard.h" // guard_is_loopback

// Splits "host:port" or "[host]:port".
static bool split(const char *text, char host[64], long *port) {
    const char *colon = strrchr(text, ':');
    if (!colon)
        return false;
    size_t digits = strspn(colon + 1, "0123456789");
    if (!digits || digits > 5 || colon[1 + digits])
        return false;
    *port = strtol(colon + 1, NULL, 10);
    const char *start = text;
    size_t length = (size_t)(colon - text);
    if (*start == '[') {
        if (length < 2 || colon[-1] != ']')
            return false;
        start++;
        length -= 2;
    }
    if (!length || length >= 64 || *port > 65535)
        return false;
    memcpy(host, start, length);
    host[length] = '\0';
    return true;
}

bool listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *length,
                  struct lg_error *error) {
    char host[64];
    long port;
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (!split(text, host, &port))
        return lg_fail(error, "bad_argument", "Write it as 127.0.0.1:8390 or [::1]:8390.",
                       "%.80s is not an address and a port.", text);
    if (strcmp(host, "localhost") == 0)
        snprintf(host, sizeof host, "127.0.0.1");
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *length = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        *length = sizeof *v6;
    } else {
        return lg_fail(error, "bad_argument", "Write the address in numbers, such as 127.0.0.1:8390.",
                       "%.80s is not a numeric address.", host);
    }
    if (!guard_is_loopback(host))
        return lg_fail(
            error, "login_needed", "Listen on 127.0.0.1 or [::1]; reach it from elsewhere through ssh -L.",
            "%.80s can be reached by other computers, and lotgate has no users that could log in yet.", host);
    return true;
}

// Closes `fd` and tells the failure.
static int failed(int fd, const char *where, struct lg_error *error) {
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (why == EADDRINUSE)
        lg_fail(
            error, "address_in_use",
            "Stop the other program, or choose another address: --listen, or \"listen\" of \"http\" in the "
            "configuration.",
            "Another program listens on %.200s already.", where);
    else
        lg_fail(error, "cannot_listen", "Check the address and who may use it.",
                "Cannot listen on %.200s: %s.", where, strerror(why));
    return -1;
}

int listen_tcp(const char *text, int *port, struct lg_error *error) {
    struct sockaddr_storage address;
    socklen_t length = 0;
    int on = 1;
    if (!listen_parse(text, &address, &length, error))
        return -1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return failed(fd, text, error);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); // a restart must not wait for old connections
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return failed(fd, text, error);
    *port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                : ((struct sockaddr_in *)&address)->sin_port);
    return fd;
}

// True when the socket file belongs to a process that is gone: nobody takes a connection.
static bool is_stale(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

int listen_unix(const char *path, struct lg_error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        lg_fail(error, "bad_argument", "Use a data directory with a shorter path.",
                "The socket's path is longer than the %zu bytes that Linux allows.",
                sizeof address.sun_path - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    struct stat facts;
    bool is_socket = lstat(path, &facts) == 0 && S_ISSOCK(facts.st_mode);
    if (is_socket && is_stale(&address))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // fchmod before bind gives the file its mode from the start: there is no moment when others may connect.
    if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, LISTEN_BACKLOG) != 0)
        return failed(fd, path, error);
    return fd;
}
