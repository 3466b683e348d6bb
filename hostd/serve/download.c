// download: see download.h.
#include "download.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_write.h"
#include "json.h"
#include "server.h"

#define BLOCK_BYTES 32768 // asked for at once by libmicrohttpd

struct download {
    struct server *server;
    const struct listing *listing;
    char actor[REQUEST_ACTOR_MAX];
    cJSON *args;  // of the next page; NULL: there is none
    int64_t left; // rows that are still wanted
    char *text;   // made and not yet sent
    size_t length, sent;
};

static void download_free(void *context) {
    struct download *d = context;
    cJSON_Delete(d->args);
    free(d->text);
    free(d);
}

// Rows as text, with the heading before the first ones. Owned by the caller.
static char *csv_text(const struct listing *listing, const cJSON *rows, bool head, size_t *length) {
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    lg_assert(out);
    if (head)
        csv_write_head(out, listing->columns);
    csv_write_rows(out, rows, listing->columns);
    lg_assert(fclose(out) == 0 && text);
    return text;
}

static void end(struct download *d) {
    cJSON_Delete(d->args);
    d->args = NULL;
}

// Makes the next page's text. False with an error.
static bool next_page(struct download *d, bool first, struct lg_error *error) {
    int64_t wanted = d->left < DOWNLOAD_PAGE_ROWS ? d->left : DOWNLOAD_PAGE_ROWS;
    cJSON_DeleteItemFromObjectCaseSensitive(d->args, "limit");
    json_add_integer(d->args, "limit", wanted);
    cJSON *answer = server_read(d->server, d->actor, d->listing->op, d->args, error);
    if (!answer)
        return false;
    const cJSON *rows = listing_rows(d->listing, answer);
    int count = cJSON_GetArraySize(rows);
    free(d->text);
    d->text = csv_text(d->listing, rows, first, &d->length);
    d->sent = 0;
    d->left -= count;
    const cJSON *last = json_get(cJSON_GetArrayItem(rows, count - 1), d->listing->after);
    if (count < wanted || !d->left || !last) {
        end(d);
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(d->args, "after");
        json_add(d->args, "after", cJSON_Duplicate(last, true));
    }
    cJSON_Delete(answer);
    return true;
}

// libmicrohttpd's callback: gives some more bytes, on the HTTP thread.
static ssize_t more(void *context, uint64_t position, char *to, size_t room) {
    struct download *d = context;
    struct lg_error error;
    (void)position;
    while (d->sent == d->length) {
        if (!d->args)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!next_page(d, false, &error))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t bytes = d->length - d->sent < room ? d->length - d->sent : room;
    memcpy(to, d->text + d->sent, bytes);
    d->sent += bytes;
    return (ssize_t)bytes;
}

// The file is called after the address: what stands last in it by name.
static void respond(struct exchange *x, struct MHD_Response *response) {
    const char *name = strstr(x->route->pattern, ROUTE_PREFIX) + strlen(ROUTE_PREFIX);
    for (const char *next; (next = strchr(name, '/')) && next[1] != '{';)
        name = next + 1;
    char disposition[96];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%.*s.csv\"", (int)strcspn(name, "/"),
             name);
    lg_assert(response);
    MHD_add_response_header(response, "Content-Type", "text/csv; charset=utf-8; header=present");
    MHD_add_response_header(response, "Content-Disposition", disposition);
    exchange_response(x, x->route->status, response);
}

// How many rows are wanted: all, when no number was given. A limit that is none is left for the operation to refuse.
static bool rows_wanted(const cJSON *args, int64_t *rows, struct lg_error *error) {
    *rows = INT64_MAX;
    if (!json_get(args, "limit") || (json_integer(args, "limit", rows) && *rows >= 1))
        return true;
    return lg_fail(error, "bad_argument", "Give a number from 1, or leave it out for all rows.",
                   "This limit shows nothing.");
}

void download_list(struct exchange *x, const struct listing *listing, cJSON *args) {
    struct lg_error error;
    struct download *d = calloc(1, sizeof *d);
    lg_assert(d);
    *d = (struct download){.server = x->server, .listing = listing, .args = args};
    exchange_actor(x, d->actor);
    if (!rows_wanted(args, &d->left, &error) || !next_page(d, true, &error)) {
        download_free(d);
        exchange_error(x, &error);
        return;
    }
    respond(x, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, more, d, download_free));
}

void download_whole(struct exchange *x, const struct listing *listing, cJSON *whole) {
    size_t length;
    char *text = csv_text(listing, listing_rows(listing, whole), true, &length);
    cJSON_Delete(whole);
    respond(x, MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE));
}
