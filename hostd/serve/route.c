// Finding a route, and turning path, query and body into an operation's arguments.
#include "route.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h" // json_parse
#include "ops.h"  // trace_op_find
#include "utf8.h" // utf8_valid

static const struct route_live_op *live_find(const char *op) {
    for (const struct route_live_op *live = route_live_ops; live->name; live++)
        if (strcmp(live->name, op) == 0)
            return live;
    return NULL;
}

const char *const *route_arguments_of(const char *op) {
    const struct route_live_op *live = live_find(op);
    if (live)
        return live->arguments;
    const struct trace_op *known = trace_op_find(op);
    return known ? known->arguments : NULL;
}

bool route_goes_away(const char *op) {
    const struct trace_op *known = trace_op_find(op);
    return live_find(op) || (known && known->writes);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool route_decode(char *text) {
    char *out = text;
    for (const char *p = text; *p; p++) {
        char c = *p;
        if (c == '%') {
            int high = hex_digit(p[1]);
            int low = high < 0 ? -1 : hex_digit(p[2]);
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            p += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return false;
        *out++ = c;
    }
    *out = '\0';
    return utf8_valid(text, strlen(text)); // it goes into JSON answers and into the ledger
}

// Compares one pattern with a path, segment by segment; a `{…}` takes one non-empty segment into `id`.
static bool matches(const char *pattern, const char *path, char id[ROUTE_ID_MAX]) {
    id[0] = '\0';
    for (;;) {
        if (*pattern == '{') {
            size_t length = strcspn(path, "/");
            if (!length || length >= ROUTE_ID_MAX)
                return false;
            memcpy(id, path, length);
            id[length] = '\0';
            pattern = strchr(pattern, '}') + 1;
            path += length;
        } else if (*pattern != *path) {
            return false;
        } else if (!*pattern) {
            return true;
        } else {
            pattern++;
            path++;
        }
    }
}

const struct route *route_find(const char *method, const char *path, char id[ROUTE_ID_MAX],
                               char allow[ROUTE_ALLOW_MAX], struct lg_error *error) {
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method; // the answer's head alone
    allow[0] = '\0';
    ROUTE_EACH(route) {
        if (!matches(route->pattern, path, id))
            continue;
        if (strcmp(route->method, wanted) == 0) {
            allow[0] = '\0';
            if (route_decode(id))
                return route;
            lg_fail(error, "bad_argument", "Check the address.",
                    "The address holds characters that have no place there.");
            return NULL;
        }
        size_t length = strlen(allow);
        snprintf(allow + length, ROUTE_ALLOW_MAX - length, "%s%s", length ? ", " : "", route->method);
    }
    if (*allow)
        lg_fail(error, "method_not_allowed", "Use one of the methods in the Allow header.",
                "%.16s is not done at this address, only %s.", method, allow);
    else
        lg_fail(error, "not_found", "See " ROUTE_PREFIX "/openapi.json for all addresses.",
                "There is nothing at this address.");
    return NULL;
}

// Query parameters that operations take as numbers when they look like one.
static bool is_number(const char *name, const char *value) {
    if (strcmp(name, "limit") != 0 && strcmp(name, "after") != 0)
        return false;
    size_t digits = strspn(value, "0123456789");
    return digits && digits <= 15 && !value[digits];
}

static bool has_argument(const char *op, const char *name) {
    const char *const *list = op ? route_arguments_of(op) : NULL;
    for (; list && *list; list++)
        if (strcmp(**list == '!' ? *list + 1 : *list, name) == 0)
            return true;
    return false;
}

static bool add_query(cJSON *args, const char *op, const struct route_pair *query, size_t pairs,
                      struct lg_error *error) {
    for (size_t i = 0; i < pairs; i++) {
        const char *name = query[i].name, *value = query[i].value ? query[i].value : "";
        if (!has_argument(op, name))
            return lg_fail(error, "bad_argument",
                           "See " ROUTE_PREFIX "/openapi.json for what can be asked here.",
                           "There is no parameter %.40s at this address.", name);
        if (json_get(args, name))
            return lg_fail(error, "bad_argument", "Give each parameter once.",
                           "The parameter %.40s is given twice.", name);
        if (is_number(name, value))
            json_add_integer(args, name, strtoll(value, NULL, 10));
        else
            json_add_text(args, name, value);
    }
    return true;
}

// The path names the thing; a body may repeat it but not name another.
static bool add_id(cJSON *args, const struct route *route, const char *id, struct lg_error *error) {
    if (!route->argument)
        return true;
    const cJSON *given = json_get(args, route->argument);
    const char *text = json_text(args, route->argument);
    if (given && (!text || strcmp(text, id) != 0))
        return lg_fail(error, "bad_argument", "Leave it out of the body; the address names it.",
                       "The body names another %s than the address.", route->argument);
    if (!given)
        json_add_text(args, route->argument, id);
    return true;
}

cJSON *route_arguments(const struct route *route, const char *id, const struct route_pair *query,
                       size_t pairs, const char *body, size_t length, struct lg_error *error) {
    cJSON *args = length ? json_parse(body, length, false, error) : cJSON_CreateObject();
    if (!args) {
        if (!length)
            lg_fail(error, "out_of_memory", "Try again.", "Memory is out.");
        return NULL;
    }
    if (!cJSON_IsObject(args))
        lg_fail(error, "bad_argument", "Send one JSON object: {\"name\": value, …}.",
                "The body is not a JSON object.");
    else if (add_id(args, route, id, error) && add_query(args, route->op, query, pairs, error))
        return args;
    cJSON_Delete(args);
    return NULL;
}

bool route_negotiates(const struct route *route) {
    return strcmp(route->method, "GET") == 0 &&
           (route->kind == ROUTE_OPERATION || route->kind == ROUTE_MACHINES);
}

const struct listing *route_listing(const struct route *route) {
    if (!route_negotiates(route))
        return NULL;
    return listing_find(route->kind == ROUTE_MACHINES ? "machine.list" : route->op);
}

unsigned route_status(const struct route *route, const char *code) {
    static const struct {
        const char *code;
        unsigned status;
    } known[] = {
        {"bad_json", 400},           {"bad_argument", 400},       {"bad_request", 400},
        {"unknown_key", 400},        {"not_found", 404},          {"method_not_allowed", 405},
        {"too_large", 413},          {"ledger_unavailable", 503}, {"ledger_busy", 503},
        {"ledger_newer", 503},       {"ledger_corrupt", 503},     {"stopping", 503},
        {"too_busy", 503},           {"no_answer", 503},          {"too_many_connections", 503},
        {"too_many_listeners", 503}, {"unhealthy", 503},          {"out_of_memory", 503},
        {"host_not_local", 403},     {"foreign_origin", 403},     {"not_json", 415},
        {"not_a_file", 415},         {"storage_failed", 503},     {"wrong_type", 415},
        {"not_acceptable", 406},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].code, code) == 0)
            return known[i].status;
    // What the address names is missing: 404. What a body names is missing: the act is refused.
    if (strncmp(code, "no_such_", 8) == 0 && route)
        if (strcmp(route->method, "GET") == 0 || (route->argument && strcmp(code + 8, route->argument) == 0))
            return 404;
    return 409;
}
