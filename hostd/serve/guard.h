// guard: what a request must look like before anything else is done with it. Pure functions over header texts.
//
// There is no login on the loopback yet, so a page that somebody else's site opened in this machine's browser
// must not be able to talk to lotgate: a foreign name in Host (DNS rebinding), a foreign Origin and form posts
// are refused. libmicrohttpd takes doubled framing headers; they are refused here.
#ifndef LOTGATE_SERVE_GUARD_H
#define LOTGATE_SERVE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

// What was counted among the headers of one request.
struct guard_headers {
    unsigned hosts, lengths, encodings;
    bool http11;
    const char *host; // NULL when absent; valid as long as the request
    const char *origin;
    const char *content_type;
    const char *length;   // Content-Length as sent
    const char *encoding; // Transfer-Encoding as sent
};

// Refuses (code bad_request) two Hosts, none in HTTP/1.1, several Content-Length, one together with
// Transfer-Encoding, an encoding other than chunked, a length that is not a number. *length gets the announced
// body length (0 when none or chunked).
bool guard_framing(const struct guard_headers *headers, uint64_t *length, struct lg_error *error);

// True when `host` ("localhost:8390", "[::1]", "127.0.0.1:1") names the loopback; `port` 0: any port will do.
bool guard_host(const char *host, int port);
// True when `origin` is the very page server that Host names; "null" and other schemes are not.
bool guard_origin(const char *origin, const char *host);
// True for application/json, with or without parameters.
bool guard_is_json(const char *content_type);
// True for the three types that a form on a foreign page can post without asking first; absent counts as one.
bool guard_is_form(const char *content_type);

// True when a numeric address is the loopback (127.0.0.0/8, ::1).
bool guard_is_loopback(const char *address);

#endif
