// Any bytes as a request's body, through the strict JSON parser and the mapping to an operation's arguments; any
// bytes as an address. What must never be seen:
//  - arguments that are not an object, or that name another thing than the address does,
//  - arguments that do not survive being printed and read again,
//  - a decoded name that is not clean UTF-8 text, or is longer than its room,
//  - a refusal without a code, a sentence and a status from 400 on.
// The first byte chooses: a route of the table (body), or an address and its query.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "json.h"
#include "route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDRESSES 0xF0 // first bytes from here on: the rest is an address

static void broken(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_refusal(const struct route *route, const struct lg_error *error) {
    unsigned status = route_status(route, error->code);
    if (!*error->code || !*error->message || status < 400 || status > 503)
        broken("a refusal that says nothing");
}

static void check_arguments(const struct route *route, const char *id, const cJSON *args) {
    struct lg_error error;
    if (!cJSON_IsObject(args))
        broken("arguments that are not an object");
    const char *named = route->argument ? json_text(args, route->argument) : NULL;
    if (route->argument && (!named || strcmp(named, id) != 0))
        broken("the arguments name another thing than the address");
    char *once = json_print(args);
    cJSON *again = json_parse(once, strlen(once), false, &error);
    if (!again)
        broken("printed arguments cannot be read again");
    char *twice = json_print(again);
    if (strcmp(once, twice) != 0)
        broken("arguments change when they are printed and read");
    cJSON_Delete(again);
    free(once);
    free(twice);
}

static const struct route *choose(uint8_t choice) {
    size_t count = 0;
    ROUTE_EACH(route) {
        count++;
    }
    size_t left = choice % count;
    ROUTE_EACH(route) {
        if (left-- == 0)
            return route;
    }
    return NULL;
}

static void body(uint8_t choice, const uint8_t *data, size_t size) {
    const struct route *route = choose(choice);
    struct lg_error error = {.code = ""};
    cJSON *args = route_arguments(route, "some-1", NULL, 0, (const char *)data, size, &error);
    if (args)
        check_arguments(route, "some-1", args);
    else
        check_refusal(route, &error);
    cJSON_Delete(args);
}

// Splits `text` at its first '?' into address and query, and the query into pairs, as an HTTP library does.
static size_t split(char *text, struct route_pair pairs[ROUTE_QUERY_MAX]) {
    size_t count = 0;
    char *rest = strchr(text, '?');
    if (rest)
        *rest++ = '\0';
    while (rest && *rest && count < ROUTE_QUERY_MAX) {
        char *end = strchr(rest, '&'), *name = rest;
        rest = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        char *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        if (!route_decode(name) || (value && !route_decode(value)))
            return SIZE_MAX;
        pairs[count++] = (struct route_pair){name, value};
    }
    return count;
}

static void address(const uint8_t *data, size_t size) {
    struct route_pair pairs[ROUTE_QUERY_MAX];
    char id[ROUTE_ID_MAX], allow[ROUTE_ALLOW_MAX];
    struct lg_error error = {.code = ""};
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    guard_host(text, 0);
    size_t count = split(text, pairs);
    const struct route *route = count == SIZE_MAX ? NULL : route_find("GET", text, id, allow, &error);
    if (count != SIZE_MAX && !route)
        check_refusal(NULL, &error);
    if (route) {
        for (const char *p = id; *p; p++)
            if ((unsigned char)*p < 0x20 || p - id >= ROUTE_ID_MAX)
                broken("a name that no person can have typed");
        cJSON *args = route_arguments(route, id, pairs, count, "", 0, &error);
        if (args)
            check_arguments(route, id, args); // would not be read again if the name were not UTF-8
        else
            check_refusal(route, &error);
        cJSON_Delete(args);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    if (data[0] >= ADDRESSES)
        address(data + 1, size - 1);
    else
        body(data[0], data + 1, size - 1);
    return 0;
}
