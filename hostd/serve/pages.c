// Pages: the built-in files of hostd/web.
#include <stdio.h>
#include <string.h>

#include "embedded.h"
#include "exchange.h"

static const char *type_of(const char *name) {
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
        {".json", "application/json"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i][0], dot) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static void give(struct exchange *x, const char *name) {
    const struct embedded_file *file = embedded_find(name);
    if (!file) {
        struct lg_error error;
        lg_fail(&error, "not_found", "Go to the start page.", "There is no such page.");
        exchange_error(x, &error);
        return;
    }
    // libmicrohttpd wants a pointer that is not const, and does not write there.
    struct MHD_Response *response =
        MHD_create_response_from_buffer(file->length, (void *)(uintptr_t)file->data, MHD_RESPMEM_PERSISTENT);
    if (response)
        MHD_add_response_header(response, "Content-Type", type_of(name));
    exchange_response(x, 200, response);
}

void handle_page(struct exchange *x) {
    give(x, x->route->op);
}

// The name must be that of a built-in file, letter for letter: there is no directory to climb out of.
void handle_file(struct exchange *x) {
    char name[ROUTE_ID_MAX + 4];
    snprintf(name, sizeof name, "web/%s", x->id);
    give(x, name);
}
