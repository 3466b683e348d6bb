#include "guard.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool guard_framing(const struct guard_headers *headers, uint64_t *length, struct lg_error *error) {
    static const char mend[] = "Send each of Host, Content-Length and Transfer-Encoding once at most.";
    *length = 0;
    if (headers->hosts > 1)
        return lg_fail(error, "bad_request", mend, "The request names more than one host.");
    if (!headers->hosts && headers->http11)
        return lg_fail(error, "bad_request", mend, "The request names no host.");
    if (headers->lengths > 1)
        return lg_fail(error, "bad_request", mend, "The request gives more than one length.");
    if (headers->lengths && headers->encodings)
        return lg_fail(error, "bad_request", mend, "The request gives a length and a transfer encoding.");
    if (headers->encodings > 1 || (headers->encoding && strcasecmp(headers->encoding, "chunked") != 0))
        return lg_fail(error, "bad_request", mend, "The request's transfer encoding is not chunked.");
    if (!headers->length)
        return true;
    const char *p = headers->length;
    size_t digits = strspn(p, "0123456789");
    if (!digits || digits > 15 || p[digits])
        return lg_fail(error, "bad_request", mend, "The request's length is not a number.");
    *length = strtoull(p, NULL, 10);
    return true;
}

bool guard_is_loopback(const char *address) {
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool guard_host(const char *host, int port) {
    char name[64];
    if (!host)
        return false;
    const char *start = host, *end;
    if (*host == '[') {
        start = host + 1;
        end = strchr(start, ']');
    } else {
        end = start + strcspn(start, ":");
    }
    if (!end || end == start || (size_t)(end - start) >= sizeof name)
        return false;
    memcpy(name, start, (size_t)(end - start));
    name[end - start] = '\0';
    if (strcasecmp(name, "localhost") != 0 && !guard_is_loopback(name))
        return false;
    const char *rest = *end == ']' ? end + 1 : end;
    long given = 80;
    if (*rest) {
        size_t digits = strspn(rest + 1, "0123456789");
        if (*rest != ':' || !digits || digits > 5 || rest[1 + digits])
            return false;
        given = strtol(rest + 1, NULL, 10);
    }
    return port == 0 || given == port;
}

bool guard_origin(const char *origin, const char *host) {
    static const char scheme[] = "http://";
    return host && strncasecmp(origin, scheme, sizeof scheme - 1) == 0 &&
           strcasecmp(origin + sizeof scheme - 1, host) == 0;
}

// Compares the media type before any parameters.
static bool is_type(const char *content_type, const char *type) {
    size_t length = strlen(type);
    return strncasecmp(content_type, type, length) == 0 && strchr("; \t", content_type[length]);
}

bool guard_is_json(const char *content_type) {
    return content_type && is_type(content_type, "application/json");
}

bool guard_is_form(const char *content_type) {
    static const char *const forms[] = {"application/x-www-form-urlencoded", "multipart/form-data",
                                        "text/plain"};
    for (size_t i = 0; content_type && i < sizeof forms / sizeof *forms; i++)
        if (is_type(content_type, forms[i]))
            return true;
    return !content_type;
}
