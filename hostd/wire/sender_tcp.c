// sender_tcp: a TCP listener as a way in for senders (LightBurn, UGS, CNCjs, bCNC speak raw TCP).
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender_door.h"

#define TCP_BACKLOG 8
// A laptop that sleeps or loses its Wi-Fi says nothing: it is gone after about 20 s without an answer.
#define TCP_IDLE_SECONDS  10
#define TCP_PROBE_SECONDS 3
#define TCP_PROBES        3
#define TCP_LOST_MS       20000

struct listener {
    uv_poll_t poll;
    int fd;
};

static void tune(int fd) {
    int on = 1, idle = TCP_IDLE_SECONDS, between = TCP_PROBE_SECONDS, probes = TCP_PROBES, lost = TCP_LOST_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost, sizeof lost);
}

// "127.0.0.1:8231", "[::1]:8231"
static void address_text(const struct sockaddr *address, socklen_t length, char *out, size_t room) {
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
        0)
        snprintf(out, room, "an unknown address");
    else
        snprintf(out, room, strchr(host, ':') != NULL ? "[%.90s]:%.10s" : "%.90s:%.10s", host, port);
}

static void on_knock(uv_poll_t *poll, int status, int events) {
    struct door *door = poll->data;
    if (door == NULL || status != 0)
        return;
    struct listener *listener = door->own;
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    char label[SENDER_LABEL_MAX], refusal[320];
    address_text((struct sockaddr *)&peer, length, label, sizeof label);
    tune(fd);
    if (sender_claim(door, fd, label, refusal, sizeof refusal))
        return;
    // What it has sent already is read away: closing with it unread would reset the connection and lose the message.
    (void)!send(fd, refusal, strlen(refusal), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    char ignored[1024];
    while (recv(fd, ignored, sizeof ignored, 0) > 0) {
    }
    close(fd);
}

static void tcp_take_back(struct door *door, int fd, bool dropped) {
    close(fd);
}

static void on_handle_closed(uv_handle_t *handle) {
    free(handle); // the poll handle is the listener's first member
}

static void tcp_close(struct door *door) {
    struct listener *listener = door->own;
    uv_poll_stop(&listener->poll);
    close(listener->fd);
    listener->poll.data = NULL;
    uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
}

static const struct door_kind tcp_kind = {false, tcp_take_back, NULL, tcp_close};

#define PORT_DIGITS 5

// getaddrinfo() takes any number for a port, and keeps its lowest sixteen bits.
static bool is_port(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= PORT_DIGITS && text[digits] == '\0' &&
           strtol(text, NULL, 10) <= UINT16_MAX;
}

static bool resolve(const char *address, struct addrinfo **found, struct lg_error *error) {
    char host[128];
    snprintf(host, sizeof host, "%.127s", address);
    char *colon = strrchr(host, ':');
    static const char *advice = "Write it as \"127.0.0.1:8231\" or \"[::1]:8231\".";
    if (colon == NULL || !is_port(colon + 1) || strlen(address) >= sizeof host)
        return lg_fail(error, "bad_address", advice, "\"%.100s\" is no address with a port", address);
    *colon = '\0';
    char *name = host;
    size_t length = strlen(name);
    if (length > 1 && name[0] == '[' && name[length - 1] == ']') {
        name[length - 1] = '\0';
        name++;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    if (strcmp(name, "localhost") == 0)
        name = "127.0.0.1";
    return getaddrinfo(name[0] != '\0' ? name : NULL, colon + 1, &hints, found) == 0
               ? true
               : lg_fail(error, "bad_address", advice, "\"%.100s\" is no address with a port", address);
}

// A listening socket, or -1 with errno.
static int listen_on(const struct addrinfo *where) {
    int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, TCP_BACKLOG) == 0)
        return fd;
    int failed = errno;
    close(fd);
    errno = failed;
    return -1;
}

static bool watch_listener(struct sender *sender, struct listener *listener, struct lg_error *error) {
    struct door *door = sender_new_door(sender, &tcp_kind, error);
    if (door == NULL)
        return false;
    if (uv_poll_init(sender->loop, &listener->poll, listener->fd) != 0) {
        sender->door_count--;
        return lg_fail(error, "listen_failed", "", "the loop cannot watch the sender port");
    }
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    getsockname(listener->fd, (struct sockaddr *)&bound, &length);
    address_text((struct sockaddr *)&bound, length, door->label, sizeof door->label);
    door->own = listener;
    listener->poll.data = door;
    uv_poll_start(&listener->poll, UV_READABLE, on_knock);
    return true;
}

bool sender_listen_tcp(struct sender *sender, const char *address, struct lg_error *error) {
    struct addrinfo *where = NULL;
    if (!resolve(address, &where, error))
        return false;
    lg_assert(where != NULL);
    int fd = listen_on(where);
    int failed = errno;
    freeaddrinfo(where);
    if (fd < 0 && failed == EADDRINUSE)
        return lg_fail(error, "address_in_use",
                       "Give this machine another \"tcp\" port, or stop the other program.",
                       "the sender port %.100s of %s is in use by another program", address, sender->machine);
    if (fd < 0)
        return lg_fail(error, "listen_failed", "Give this machine another \"tcp\" address.",
                       "cannot listen on %.100s: %s", address, strerror(failed));
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        close(fd);
        return lg_fail(error, "listen_failed", "", "there is not enough memory to listen on %.100s", address);
    }
    listener->fd = fd;
    if (watch_listener(sender, listener, error))
        return true;
    close(fd);
    free(listener);
    return false;
}
