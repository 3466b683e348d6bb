#include "openapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "route.h"

static cJSON *object(void) {
    cJSON *made = cJSON_CreateObject();
    lg_assert(made);
    return made;
}

static cJSON *typed(const char *type) {
    cJSON *schema = object();
    json_add_text(schema, "type", type);
    return schema;
}

static cJSON *reference(const char *to) {
    char text[96];
    cJSON *made = object();
    snprintf(text, sizeof text, "#/components/%s", to);
    json_add_text(made, "$ref", text);
    return made;
}

// Schema of one argument; arguments are texts unless named here.
static cJSON *argument_schema(const char *name) {
    static const struct {
        const char *name, *schema;
    } special[] = {
        {"limit", "{\"type\":\"integer\",\"minimum\":1}"},
        {"count", "{\"type\":\"integer\",\"minimum\":1}"},
        {"size", "{\"type\":\"integer\",\"minimum\":0}"},
        {"after", "{\"type\":[\"integer\",\"string\"]}"},
        {"requires", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"},
        {"lots", "{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"required\":[\"lot\"],"
                 "\"properties\":{\"lot\":{\"type\":\"string\"},\"quantity\":{\"type\":\"string\"}}}}"},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(special[i].name, name) == 0)
            return cJSON_Parse(special[i].schema);
    return typed("string");
}

static void add_parameter(cJSON *list, const char *name, const char *in, bool required) {
    cJSON *parameter = object();
    json_add_text(parameter, "name", name);
    json_add_text(parameter, "in", in);
    json_add(parameter, "required", cJSON_CreateBool(required));
    json_add(parameter, "schema", argument_schema(name));
    cJSON_AddItemToArray(list, parameter);
}

static bool is_path_argument(const struct route *route, const char *name) {
    return route->argument && strcmp(route->argument, name) == 0;
}

// A file may be the body; the rest then stands in the query.
static bool takes_file(const struct route *route) {
    return route->kind == ROUTE_UPLOAD || route->kind == ROUTE_PHOTO;
}

// What the file itself says.
static bool is_of_file(const struct route *route, const char *name) {
    return takes_file(route) &&
           (strcmp(name, "sha256") == 0 || strcmp(name, "size") == 0 || strcmp(name, "photo") == 0);
}

static cJSON *parameters(const struct route *route) {
    cJSON *list = cJSON_CreateArray();
    if (route->argument)
        add_parameter(list, route->argument, "path", true);
    bool query = strcmp(route->method, "GET") == 0 && route->kind != ROUTE_METRICS &&
                 route->kind != ROUTE_HEALTH && route->kind != ROUTE_MACHINES;
    const char *const *names =
        route->op && (query || takes_file(route)) ? route_arguments_of(route->op) : NULL;
    for (; names && *names; names++) {
        const char *name = **names == '!' ? *names + 1 : *names;
        if (!is_path_argument(route, name) && !is_of_file(route, name))
            add_parameter(list, name, "query", query && **names == '!');
    }
    if (route->kind == ROUTE_EVENTS)
        add_parameter(list, "Last-Event-ID", "header", false);
    return list;
}

static cJSON *body_schema(const struct route *route) {
    const char *const *names = route->op ? route_arguments_of(route->op) : NULL;
    cJSON *schema = typed("object"), *properties = object(), *required = cJSON_CreateArray();
    for (; names && *names; names++) {
        const char *name = **names == '!' ? *names + 1 : *names;
        if (is_path_argument(route, name))
            continue;
        json_add(properties, name, argument_schema(name));
        if (**names == '!' && route->kind != ROUTE_UPLOAD)
            cJSON_AddItemToArray(required, cJSON_CreateString(name));
    }
    json_add(schema, "properties", properties);
    if (route->kind != ROUTE_ANY_OP)
        json_add(schema, "additionalProperties", cJSON_CreateFalse());
    if (cJSON_GetArraySize(required))
        json_add(schema, "required", required);
    else
        cJSON_Delete(required);
    return schema;
}

static cJSON *media(cJSON *schema) {
    cJSON *made = object();
    json_add(made, "schema", schema);
    return made;
}

static cJSON *content(const char *type, cJSON *schema) {
    cJSON *made = object();
    json_add(made, type, media(schema));
    return made;
}

static cJSON *request_body(const struct route *route) {
    cJSON *body = object();
    cJSON *types = content("application/json", body_schema(route));
    static const char *const files[] = {
        "application/octet-stream", "image/png",      "image/jpeg", "image/webp",
        "application/pdf",          "application/xml"};
    size_t count = sizeof files / sizeof *files - (route->kind == ROUTE_PHOTO ? 2 : 0);
    for (size_t i = 0; takes_file(route) && i < count; i++)
        json_add(types, files[i], object());
    json_add(body, "content", types);
    return body;
}

// Lists can also be had as CSV, with these columns.
static cJSON *with_csv(const struct route *route, cJSON *types) {
    const struct listing *listing = route_listing(route);
    if (!listing)
        return types;
    char columns[512] = "UTF-8, all rows unless there is a limit; with the heading: ";
    for (const struct column *c = listing->columns; c->title; c++) {
        size_t length = strlen(columns);
        snprintf(columns + length, sizeof columns - length, "%s%s", c == listing->columns ? "" : ",", c->key);
    }
    cJSON *schema = typed("string");
    json_add_text(schema, "description", columns);
    json_add(types, "text/csv", media(schema));
    return types;
}

// What a route answers when all is well.
static cJSON *good_content(const struct route *route) {
    switch (route->kind) {
    case ROUTE_PICTURE:
        return content("image/svg+xml", typed("string"));
    case ROUTE_EVENTS:
        return content("text/event-stream", typed("string"));
    case ROUTE_METRICS:
        return content("text/plain", typed("string"));
    case ROUTE_DOCUMENT:
        return content("application/octet-stream", typed("string"));
    case ROUTE_MACHINE:
        return content("application/json", reference("schemas/Machine"));
    case ROUTE_MACHINES:
        return with_csv(
            route,
            content(
                "application/json",
                cJSON_Parse("{\"type\":\"object\",\"required\":[\"machines\"],\"properties\":{\"machines\":{"
                            "\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Machine\"}}}}")));
    default:
        return with_csv(route, content("application/json", object()));
    }
}

static cJSON *responses(const struct route *route) {
    bool post = strcmp(route->method, "POST") == 0, negotiates = route_negotiates(route);
    const struct {
        const char *status, *name;
        bool here;
    } failures[] = {
        {"400", "BadRequest", true}, {"403", "Foreign", true},
        {"404", "NotFound", true},   {"406", "NotAcceptable", negotiates},
        {"409", "Refused", post},    {"413", "TooLarge", post},
        {"415", "NotJson", post},    {"503", "Unavailable", true},
    };
    char status[8];
    cJSON *made = object(), *good = object();
    snprintf(status, sizeof status, "%u", route->status);
    json_add_text(good, "description", "Done");
    json_add(good, "content", good_content(route));
    json_add(made, status, good);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        char to[48];
        snprintf(to, sizeof to, "responses/%s", failures[i].name);
        if (failures[i].here)
            json_add(made, failures[i].status, reference(to));
    }
    return made;
}

static cJSON *operation(const struct route *route) {
    cJSON *made = object();
    json_add_text(made, "summary", route->summary);
    cJSON *list = parameters(route);
    if (cJSON_GetArraySize(list))
        json_add(made, "parameters", list);
    else
        cJSON_Delete(list);
    if (strcmp(route->method, "POST") == 0)
        json_add(made, "requestBody", request_body(route));
    json_add(made, "responses", responses(route));
    return made;
}

static cJSON *components(void) {
    static const char text[] =
        "{\"schemas\":{\"Error\":{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{\"error\":{\"type\":\"object\","
        "\"required\":[\"code\",\"message\",\"what_to_do\"],\"properties\":{\"code\":{\"type\":\"string\"},"
        "\"message\":{\"type\":\"string\"},\"what_to_do\":{\"type\":\"string\"}}}}},"
        "\"Machine\":{\"type\":\"object\",\"required\":[\"machine\",\"state\"],\"properties\":{"
        "\"machine\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},"
        "\"board\":{\"type\":\"string\"},\"serial_number\":{\"type\":\"string\"},"
        "\"state\":{\"enum\":[\"offline\",\"locked\",\"held\",\"armed\",\"running\",\"fault\"]},"
        "\"since\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"what_to_do\":{\"type\":\"string\"},"
        "\"configured\":{\"type\":\"boolean\"},\"declaration\":{\"type\":[\"object\",\"null\"]},"
        "\"hook\":{\"type\":\"object\",\"required\":[\"present\"],\"properties\":{\"present\":{\"type\":\"boolean\"},"
        "\"text\":{\"type\":\"string\"},\"state\":{\"enum\":[\"unpaired\",\"locked\",\"open\",\"running\",\"expired\"]},"
        "\"paired\":{\"type\":\"boolean\"},\"serial_number\":{\"type\":\"string\"},\"firmware\":{\"type\":\"string\"},"
        "\"job\":{\"type\":\"string\"},\"blocked\":{\"type\":\"integer\"}}},"
        "\"job\":{\"type\":[\"object\",\"null\"]},\"status\":{\"type\":[\"object\",\"null\"]}}}},"
        "\"responses\":{}}";
    static const char *const kinds[][2] = {
        {"BadRequest", "The request is malformed: bad_json, bad_argument, bad_request"},
        {"Foreign", "Asked from a page or an address that is not this server's"},
        {"NotFound", "There is no such thing: not_found, no_such_…"},
        {"NotAcceptable", "No form that Accept allows is to be had here: not_acceptable"},
        {"Refused", "Refused, with the reason and what to do"},
        {"TooLarge", "The body is too large"},
        {"NotJson", "The body is not of the type that is taken here"},
        {"Unavailable", "lotgate cannot do it now: ledger_unavailable, too_busy, stopping, unhealthy"},
    };
    cJSON *made = cJSON_Parse(text);
    lg_assert(made);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(made, "responses");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cJSON *one = object();
        json_add_text(one, "description", kinds[i][1]);
        json_add(one, "content", content("application/json", reference("schemas/Error")));
        json_add(list, kinds[i][0], one);
    }
    return made;
}

static void add_route(cJSON *paths, const struct route *route) {
    if (!route->summary)
        return;
    cJSON *path = cJSON_GetObjectItemCaseSensitive(paths, route->pattern);
    if (!path) {
        path = object();
        json_add(paths, route->pattern, path);
    }
    json_add(path, strcmp(route->method, "GET") == 0 ? "get" : "post", operation(route));
}

void openapi_write(struct text *text) {
    cJSON *document = object(), *info = object(), *paths = object();
    json_add_text(document, "openapi", "3.1.0");
    json_add_text(info, "title", "lotgate");
    json_add_text(info, "version", LOTGATE_VERSION);
    json_add_text(info, "description",
                  "No job streams until a material lot is declared; every job leaves a record.");
    json_add(document, "info", info);
    ROUTE_EACH(route) {
        add_route(paths, route);
    }
    json_add(document, "paths", paths);
    json_add(document, "components", components());
    char *printed = json_print(document);
    cJSON_Delete(document);
    text_init(text, OPENAPI_MAX);
    text_puts(text, printed);
    free(printed);
}
