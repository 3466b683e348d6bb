// cli_sender_open: the file and the way to the machine. See cli_sender.h.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "cli_sender.h"

static bool unfit(struct lg_error *error, uint64_t line, const char *what, const char *what_to_do) {
    return lg_fail(error, "file_unfit", what_to_do, "Line %llu %s; nothing was sent.",
                   (unsigned long long)line, what);
}

static bool check_line(const char *text, size_t length, uint64_t number, struct lg_error *error) {
    char line[CLI_STREAM_LINE_MAX];
    while (length > 0 && text[length - 1] == '\r')
        length--;
    if (memchr(text, '\r', length) != NULL) // a file of old computers is one line to getline()
        return unfit(error, number, "holds carriage returns in its middle",
                     "Save the file with line feeds at its line ends, as Unix and Windows have them.");
    if (length >= CLI_STREAM_LINE_MAX)
        return unfit(error, number, "is too long for any machine", "Is this a G-code file?");
    if (memchr(text, '\0', length) != NULL)
        return unfit(error, number, "holds a NUL byte", "Is this a G-code file?");
    memcpy(line, text, length);
    if (cli_line_prepare(line, &length) == CLI_LINE_BAD)
        return unfit(error, number,
                     "holds a byte that the machine would take as a command at once (? ! ~ or beyond ASCII)",
                     "Take it out, or put it into a comment: comments with such bytes are left out.");
    return true;
}

bool cli_sender_check(FILE *file, uint64_t *lines, struct lg_error *error) {
    char *text = NULL;
    size_t room = 0;
    bool ok = true;
    *lines = 0;
    for (ssize_t n; ok && (n = getline(&text, &room, file)) > 0;) {
        size_t length = (size_t)n - (text[n - 1] == '\n' ? 1 : 0);
        ok = check_line(text, length, ++*lines, error);
    }
    if (ok && ferror(file) != 0)
        ok = lg_fail(error, "file_unreadable", "Name the G-code file itself.", "The file can't be read: %s.",
                     strerror(errno));
    if (ok && *lines == 0)
        ok = lg_fail(error, "file_unfit", "Is this the right one?", "The file is empty.");
    free(text);
    rewind(file);
    return ok;
}

static bool split(const char *address, char *host, size_t room, const char **port) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon[1] == '\0')
        return false;
    const char *from = address;
    size_t n = (size_t)(colon - address);
    if (n >= 2 && from[0] == '[' && from[n - 1] == ']') {
        from++;
        n -= 2;
    }
    if (n >= room)
        return false;
    memcpy(host, from, n);
    host[n] = '\0';
    *port = colon + 1;
    if (n == 0 || strcmp(host, "0.0.0.0") == 0)
        snprintf(host, room, "127.0.0.1");
    else if (strcmp(host, "::") == 0)
        snprintf(host, room, "::1");
    return true;
}

int cli_sender_open_tcp(const char *address, struct lg_error *error) {
    char host[64];
    const char *port = NULL;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM},
                    *found = NULL;
    int fd = -1, on = 1;
    if (!split(address, host, sizeof host, &port) || getaddrinfo(host, port, &hints, &found) != 0) {
        lg_fail(error, "bad_address", "See `lotgate machine show`.", "%s is no address to connect to.",
                address);
        return -1;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        lg_fail(error, "not_connected", "Does the daemon still run?", "%s can't be connected to: %s.",
                address, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    } else {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    freeaddrinfo(found);
    return fd;
}

int cli_sender_open_pty(const char *path, struct lg_error *error) {
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios t;
    if (fd < 0 || tcgetattr(fd, &t) != 0) {
        lg_fail(error, "not_connected", "Does the daemon still run, and may you use its pseudo-terminal?",
                "%s can't be opened: %s.", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    cfmakeraw(&t);
    tcsetattr(fd, TCSANOW, &t);
    tcflush(fd, TCIFLUSH); // what an earlier sender did not read
    return fd;
}
