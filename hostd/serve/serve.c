// Starting and stopping the server.
#include "serve.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listen.h"
#include "server.h"
#include "timefmt.h"

// libmicrohttpd takes a few connections more than we serve, so that one too many is told so.
#define SPARE_CONNECTIONS 16

struct serve {
    struct server server;
    dev_t socket_device; // which file is our socket, so that nobody else's is removed
    ino_t socket_inode;
};

// libmicrohttpd would decode the address before it is split: "%2F" in a name would become a separator.
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text) {
    return strlen(text);
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **state,
                               enum MHD_ConnectionNotificationCode what) {
    struct server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        server->connections++;
    else
        server->connections--;
}

static bool open_door(struct door *door, struct server *server, int socket, bool local,
                      struct lg_error *error) {
    door->server = server;
    door->socket = socket;
    door->local = local;
    door->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_handle, door,
        MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(SERVE_CONNECTIONS_MAX + SPARE_CONNECTIONS), MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)SERVE_PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVE_IDLE_SECONDS,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, connection_changed, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded,
        NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        door->daemon ? MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    struct epoll_event interest = {.events = EPOLLIN};
    if (!info || epoll_ctl(server->epoll, EPOLL_CTL_ADD, info->epoll_fd, &interest) != 0)
        return lg_fail(error, "cannot_listen", "Check how many files a process may open.",
                       "The HTTP server cannot be started.");
    return true;
}

static bool make_parts(struct server *server, const struct serve_options *options, struct lg_error *error) {
    server->backend = options->backend;
    server->data = strdup(options->data);
    server->socket_path = strdup(options->socket_path);
    server->address = strdup(options->address ? options->address : "");
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->inbox = inbox_create(server_wake, server);
    server->stream = stream_create(time_now_us(), server->epoll, server_wake, server);
    struct epoll_event interest = {.events = EPOLLIN};
    if (!server->data || !server->socket_path || !server->address || server->epoll < 0 ||
        server->wake_fd < 0 || !server->inbox || !server->stream ||
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->wake_fd, &interest) != 0)
        return lg_fail(error, "out_of_memory", "Check memory and how many files a process may open.",
                       "The HTTP server cannot be started.");
    return true;
}

static void discard(struct serve *serve) {
    struct server *server = &serve->server;
    struct stat facts;
    if (server->unix_socket.socket >= 0 && lstat(server->socket_path, &facts) == 0 &&
        facts.st_dev == serve->socket_device && facts.st_ino == serve->socket_inode)
        unlink(server->socket_path);
    if (server->inbox)
        inbox_close(server->inbox);
    stream_free(server->stream);
    const int files[] = {server->tcp.socket, server->unix_socket.socket, server->epoll, server->wake_fd};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0)
            close(files[i]);
    text_free(&server->openapi);
    free(server->socket_path);
    free(server->address);
    free(server->data);
    free(serve);
}

// The thread takes no signals: they are the loop's, and a client that went away must not raise SIGPIPE here.
static bool start_thread(struct server *server, struct lg_error *error) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool made = pthread_create(&server->thread, NULL, server_run, server) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return made || lg_fail(error, "out_of_memory", "Check memory and how many threads are allowed.",
                           "The HTTP thread cannot be started.");
}

struct serve *serve_start(const struct serve_options *options, struct lg_error *error) {
    struct serve *serve = calloc(1, sizeof *serve);
    if (!serve) {
        lg_fail(error, "out_of_memory", "", "Memory is out.");
        return NULL;
    }
    struct server *server = &serve->server;
    struct stat facts;
    server->tcp.socket = server->unix_socket.socket = server->epoll = server->wake_fd = -1;
    bool fine = make_parts(server, options, error);
    if (fine)
        server->tcp.socket = listen_tcp(options->listen, &server->port, error);
    fine = fine && server->tcp.socket >= 0;
    if (fine)
        server->unix_socket.socket = listen_unix(options->socket_path, error);
    fine = fine && server->unix_socket.socket >= 0;
    if (fine && lstat(options->socket_path, &facts) == 0) {
        serve->socket_device = facts.st_dev;
        serve->socket_inode = facts.st_ino;
    }
    fine = fine && open_door(&server->tcp, server, server->tcp.socket, false, error) &&
           open_door(&server->unix_socket, server, server->unix_socket.socket, true, error) &&
           start_thread(server, error);
    if (fine)
        return serve;
    struct door *doors[] = {&server->tcp, &server->unix_socket};
    for (int i = 0; i < 2; i++) {
        if (!doors[i]->daemon)
            continue;
        MHD_quiesce_daemon(doors[i]->daemon); // the socket stays ours to close
        MHD_stop_daemon(doors[i]->daemon);
    }
    discard(serve);
    return NULL;
}

int serve_port(const struct serve *serve) {
    return serve->server.port;
}

void serve_publish(struct serve *serve, const char *type, const char *json) {
    stream_publish(serve->server.stream, type, json);
}

bool serve_is_watched(const struct serve *serve) {
    return stream_listeners(serve->server.stream) > 0;
}

void serve_stop(struct serve *serve) {
    if (!serve)
        return;
    atomic_store(&serve->server.stop, true);
    server_wake(&serve->server);
    pthread_join(serve->server.thread, NULL);
    discard(serve);
}
