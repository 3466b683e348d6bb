// cli_output: asking and telling. See cli_output.h.
#include "cli_output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_args.h" // cli_args_object
#include "cli_door.h" // cli_ask
#include "cli_text.h" // cli_text_write
#include "csv_write.h"
#include "json.h" // json_add_integer, json_text

int cli_fail(int status, const struct lg_error *error) {
    fflush(stdout);
    fputs("lotgate: ", stderr);
    cli_text_write(stderr, error->message);
    fputc('\n', stderr);
    if (error->what_to_do[0] != '\0') {
        fputs("  ", stderr);
        cli_text_write(stderr, error->what_to_do);
        fputc('\n', stderr);
    }
    return status;
}

bool cli_wants_colour(FILE *out) {
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(out)) && (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

void cli_print_json(const cJSON *answer) {
    char *text = json_print_pretty(answer);
    cli_text_write_json(stdout, text);
    fputc('\n', stdout);
    free(text);
}

void cli_print_csv(void *context, const struct listing *listing, const cJSON *rows) {
    (void)context;
    csv_write_rows(stdout, rows, listing->columns);
}

void cli_print_lines(void *context, const struct listing *listing, const cJSON *rows) {
    (void)context;
    (void)listing;
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, rows) {
        char *text = json_print(row);
        cli_text_write_json(stdout, text);
        fputc('\n', stdout);
        free(text);
    }
}

void cli_print_fields(FILE *out, const cJSON *object, const struct column *fields) {
    bool colour = cli_wants_colour(out);
    size_t width = 0;
    for (const struct column *f = fields; f->title != NULL; f++)
        if (json_get(object, f->key) != NULL && cli_text_width(f->title) > width)
            width = cli_text_width(f->title);
    for (const struct column *f = fields; f->title != NULL; f++) {
        char *text = cell_text(object, f, f->kind == CELL_HASH);
        if (text[0] != '\0') {
            const char *paint = colour && f->kind == CELL_STATE ? cli_state_colour(text) : "";
            fprintf(out, "%s%*s  %s", f->title, (int)(width - cli_text_width(f->title)), "", paint);
            cli_text_write(out, text);
            fprintf(out, "%s\n", paint[0] != '\0' ? CLI_COLOUR_END : "");
        }
        free(text);
    }
}

void cli_print_done(FILE *out, const char *sentence, const cJSON *answer) {
    while (*sentence != '\0') {
        size_t n = strcspn(sentence, "{");
        fwrite(sentence, 1, n, out);
        sentence += n;
        const char *end = *sentence == '{' ? strchr(sentence, '}') : NULL;
        if (end == NULL)
            continue;
        char key[48];
        snprintf(key, sizeof key, "%.*s", (int)(end - sentence - 1), sentence + 1);
        struct column column = {key, key, CELL_TEXT, false};
        char *text = cell_text(answer, &column, false);
        cli_text_write(out, text);
        free(text);
        sentence = end + 1;
    }
    fputc('\n', out);
}

int cli_ask_command(struct cli_call *call, cJSON **answer) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    int status = cli_ask(call, call->command->op, args, answer, &error);
    return status == CLI_DONE ? CLI_DONE : cli_fail(status, &error);
}

int cli_ask_and_tell(struct cli_call *call, cJSON *args, cli_tell *tell) {
    struct lg_error error = {0};
    cJSON *answer = NULL;
    int status = cli_ask(call, call->command->op, args, &answer, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json)
        cli_print_json(answer);
    else
        tell(call, answer);
    cJSON_Delete(answer);
    return CLI_DONE;
}

int cli_run_and_tell(struct cli_call *call, cli_tell *tell) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error);
    return args == NULL ? cli_fail(CLI_USAGE, &error) : cli_ask_and_tell(call, args, tell);
}

static void tell_done(const struct cli_call *call, const cJSON *answer) {
    cli_print_done(stdout, call->command->done, answer);
}

int cli_say(struct cli_call *call, cJSON *args) {
    return cli_ask_and_tell(call, args, tell_done);
}

int cli_run_act(struct cli_call *call) {
    return cli_run_and_tell(call, tell_done);
}

// Asks for the rows that follow `args`.after; moves that on unless these are the *last.
static int next_page(struct cli_call *call, const struct listing *listing, cJSON *args, long left,
                     cJSON **rows, bool *last, struct lg_error *error) {
    // One row more than is wanted tells whether there are more.
    long want = left < CLI_PAGE_ROWS ? left + 1 : CLI_PAGE_ROWS;
    cJSON *ask = cJSON_Duplicate(args, true);
    lg_assert(ask != NULL);
    if (listing->after != NULL)
        json_add_integer(ask, "limit", want);
    int status = cli_ask(call, listing->op, ask, rows, error);
    if (status != CLI_DONE)
        return status;
    int count = cJSON_GetArraySize(*rows);
    *last = listing->after == NULL || count < want || count > left;
    const cJSON *key = *last ? NULL : json_get(cJSON_GetArrayItem(*rows, count - 1), listing->after);
    if (!cJSON_IsArray(*rows) || (!*last && key == NULL)) {
        lg_fail(error, "bad_answer", "Is the lotgate that runs of another version? Restart it.",
                "The answer to %s is no list that can be read.", listing->op);
        return CLI_NO_DAEMON;
    }
    if (key != NULL) {
        cJSON_DeleteItemFromObjectCaseSensitive(args, "after");
        json_add(args, "after", cJSON_Duplicate(key, true));
    }
    return CLI_DONE;
}

int cli_ask_pages(struct cli_call *call, cJSON *args, long limit, cli_each_page *each, void *context,
                  bool *more) {
    struct lg_error error = {0};
    const struct listing *listing = listing_find(call->command->op);
    int status = CLI_DONE;
    bool last = false, surplus = false;
    while (!last && status == CLI_DONE) {
        cJSON *rows = NULL;
        status = next_page(call, listing, args, limit, &rows, &last, &error);
        if (status == CLI_DONE) {
            surplus = cJSON_GetArraySize(rows) > limit;
            if (surplus)
                cJSON_DeleteItemFromArray(rows, (int)limit);
            limit -= cJSON_GetArraySize(rows);
            each(context, listing, rows);
        }
        cJSON_Delete(rows);
    }
    cJSON_Delete(args);
    if (more != NULL)
        *more = surplus;
    return status == CLI_DONE ? CLI_DONE : cli_fail(status, &error);
}

static void collect(void *context, const struct listing *listing, const cJSON *rows) {
    (void)listing;
    cJSON *all = context, *row = NULL;
    cJSON_ArrayForEach(row, rows) lg_assert(cJSON_AddItemToArray(all, cJSON_Duplicate(row, true)));
}

// How many rows: a table for people shows the newest, programs that read CSV or JSON get everything.
static long rows_wanted(const struct cli_call *call) {
    const char *given = cli_given(call, "limit");
    if (given != NULL)
        return strtol(given, NULL, 10);
    return listing_find(call->command->op)->after == NULL || call->json || call->csv ? LONG_MAX - 1
                                                                                     : CLI_TABLE_ROWS;
}

int cli_run_list(struct cli_call *call) {
    struct lg_error error = {0};
    const struct column *columns = listing_find(call->command->op)->columns;
    cJSON *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    long limit = rows_wanted(call);
    cJSON_DeleteItemFromObjectCaseSensitive(args, "limit");
    if (limit < 1) {
        cJSON_Delete(args);
        lg_fail(&error, "usage", "Give a number from 1.", "--limit %ld shows nothing.", limit);
        return cli_fail(CLI_USAGE, &error);
    }
    if (call->csv) {
        csv_write_head(stdout, columns);
        return cli_ask_pages(call, args, limit, cli_print_csv, NULL, NULL);
    }
    cJSON *all = cJSON_CreateArray();
    lg_assert(all != NULL);
    bool more = false;
    int status = cli_ask_pages(call, args, limit, collect, all, &more);
    if (status == CLI_DONE && call->json)
        cli_print_json(all);
    else if (status == CLI_DONE && cJSON_GetArraySize(all) == 0)
        fputs("None.\n", stderr);
    else if (status == CLI_DONE)
        cli_table_print(stdout, all, columns, cli_wants_colour(stdout));
    if (more && !call->json)
        fprintf(stderr, "There are more: ask for them with --limit N, or all with --csv or --json.\n");
    cJSON_Delete(all);
    return status;
}
