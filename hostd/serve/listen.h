// listen: the two listening sockets: a loopback TCP address, and a Unix socket that only its owner may open.
#ifndef LOTGATE_SERVE_LISTEN_H
#define LOTGATE_SERVE_LISTEN_H

#include <sys/socket.h>

#include "error.h"

#define LISTEN_BACKLOG 64

// Reads "127.0.0.1:8390", "[::1]:0" or "localhost:8390". Codes: bad_argument; login_needed for any address but
// the loopback.
bool listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *length,
                  struct lg_error *error);

// Binds and listens; *port gets the port bound. -1 with address_in_use or cannot_listen. The caller closes it.
int listen_tcp(const char *text, int *port, struct lg_error *error);

// Makes the socket file with mode 0600. A file left behind by a process that is gone is removed; one that
// answers is not: address_in_use.
int listen_unix(const char *path, struct lg_error *error);

#endif
