// cli_table: tables and CSV. See cli_table.h.
#include "cli_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli_text.h" // cli_text_harmless, cli_text_width
#include "error.h"    // lg_assert
#include "json.h"     // json_get, json_text

#define CELL_COLUMNS_MAX 40 // of a cell on a terminal

static const struct {
    const char *state, *colour;
} state_colours[] = {
    {"released", "\x1b[32m"},   {"completed", "\x1b[32m"},    {"idle", "\x1b[32m"},
    {"armed", "\x1b[32m"},      {"running", "\x1b[36m"},      {"held", "\x1b[33m"},
    {"quarantine", "\x1b[33m"}, {"quarantined", "\x1b[33m"},  {"open", "\x1b[36m"},
    {"fault", "\x1b[31m"},      {"rejected", "\x1b[31m"},     {"alarm", "\x1b[31m"},
    {"aborted", "\x1b[31m"},    {"machine_lost", "\x1b[31m"}, {"sender_lost", "\x1b[31m"},
    {"host_lost", "\x1b[31m"},  {"refused", "\x1b[33m"},      {"offline", "\x1b[2m"},
    {"used_up", "\x1b[2m"},     {"closed", "\x1b[32m"},       {"recalled", "\x1b[31m"},
    {"expired", "\x1b[33m"},
};

const char *cli_state_colour(const char *state) {
    for (size_t i = 0; i < sizeof state_colours / sizeof state_colours[0]; i++)
        if (strcmp(state_colours[i].state, state) == 0)
            return state_colours[i].colour;
    return "";
}

static void put_scalar(FILE *out, const cJSON *value) {
    if (cJSON_IsString(value) || cJSON_IsRaw(value))
        fputs(value->valuestring, out);
    else if (cJSON_IsBool(value))
        fputs(cJSON_IsTrue(value) ? "yes" : "no", out);
    else if (cJSON_IsNumber(value) && fabs(value->valuedouble) < 9e15 &&
             floor(value->valuedouble) == value->valuedouble)
        fprintf(out, "%.0f", value->valuedouble);
    else if (cJSON_IsNumber(value))
        fprintf(out, "%.6g", value->valuedouble);
}

// "2026-11-23T10:06:00.123456Z" -> "2026-11-23 10:06:00Z"
static void put_time(FILE *out, const char *time) {
    if (strlen(time) < 19 || time[10] != 'T') {
        fputs(time, out);
        return;
    }
    fprintf(out, "%.10s %.8sZ", time, time + 11);
}

// "operator of JOB-000001 was OP1, is OP2 (OP1, 2026-11-23 10:06:00Z: wrong badge)"
static void put_correction(FILE *out, const cJSON *correction) {
    const char *was = json_text(correction, "was"), *by = json_text(correction, "by"),
               *at = json_text(correction, "at"), *why = json_text(correction, "reason");
    fprintf(out, "%s of %s was %s, is %s (%s, ", json_text(correction, "field"),
            json_text(correction, "subject"), was != NULL ? was : "not given", json_text(correction, "value"),
            by != NULL ? by : "");
    put_time(out, at != NULL ? at : "");
    fprintf(out, ": %s)", why != NULL ? why : "");
}

// An object in a cell: the member that names it; a lot with its quantity.
static void put_object(FILE *out, const cJSON *object) {
    static const char *const names[] = {"lot", "text", "job", "state"};
    if (!cJSON_IsObject(object)) {
        put_scalar(out, object);
        return;
    }
    if (json_text(object, "field") != NULL && json_text(object, "subject") != NULL) {
        put_correction(out, object);
        return;
    }
    size_t n = 0;
    while (n < sizeof names / sizeof names[0] && json_text(object, names[n]) == NULL)
        n++;
    if (n == sizeof names / sizeof names[0])
        return;
    fputs(json_text(object, names[n]), out);
    const cJSON *quantity = n == 0 ? json_get(object, "quantity") : NULL;
    if (quantity != NULL && !cJSON_IsNull(quantity)) {
        fputc(' ', out);
        put_scalar(out, quantity);
    }
}

static void put_list(FILE *out, const cJSON *list) {
    const cJSON *item = NULL;
    const char *comma = "";
    cJSON_ArrayForEach(item, list) {
        fputs(comma, out);
        put_object(out, item);
        comma = ", ";
    }
}

char *cli_cell_text(const cJSON *row, const struct cli_column *column, bool exact) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    lg_assert(out != NULL);
    const cJSON *value = json_get(row, column->key);
    if (cJSON_IsArray(value))
        put_list(out, value);
    else if (column->kind == CLI_CELL_TIME && cJSON_IsString(value) && !exact)
        put_time(out, value->valuestring);
    else if (column->kind == CLI_CELL_MILLI && cJSON_IsNumber(value) && !exact)
        fprintf(out, "%.10g", value->valuedouble / 1000);
    else if (column->kind == CLI_CELL_HASH && cJSON_IsString(value) && !exact)
        fprintf(out, "%.12s", value->valuestring);
    else
        put_object(out, value);
    lg_assert(fclose(out) == 0 && text != NULL);
    return text;
}

struct grid {
    size_t rows, columns;
    const struct cli_column *shown[CLI_COLUMNS_MAX];
    size_t width[CLI_COLUMNS_MAX];
    char **cells; // rows * columns, harmless
};

// Makes the cells of the columns that a table shows; drops those that are empty throughout.
static void grid_fill(struct grid *grid, const cJSON *rows, const struct cli_column *columns) {
    grid->rows = (size_t)cJSON_GetArraySize(rows);
    grid->cells = calloc(grid->rows * CLI_COLUMNS_MAX + 1, sizeof *grid->cells);
    lg_assert(grid->cells != NULL);
    for (const struct cli_column *c = columns; c->title != NULL; c++) {
        if (c->only_csv)
            continue;
        lg_assert(grid->columns < CLI_COLUMNS_MAX);
        bool used = false;
        size_t width = cli_text_width(c->title), r = 0;
        const cJSON *row = NULL;
        cJSON_ArrayForEach(row, rows) {
            char *raw = cli_cell_text(row, c, false);
            char *cell = cli_text_harmless(raw);
            free(raw);
            used = used || cell[0] != '\0';
            size_t w = cli_text_width(cell);
            width = w > width ? w : width;
            char **at = &grid->cells[r++ * CLI_COLUMNS_MAX + grid->columns];
            free(*at);
            *at = cell;
        }
        if (!used)
            continue;
        grid->shown[grid->columns] = c;
        grid->width[grid->columns++] = width;
    }
}

static void put_cell(FILE *out, const char *text, size_t width, enum cli_cell kind, bool last,
                     const char *colour) {
    int pad = (int)(width - cli_text_width(text));
    bool right = kind == CLI_CELL_NUMBER || kind == CLI_CELL_MILLI;
    if (right)
        fprintf(out, "%*s", pad, "");
    fprintf(out, "%s%s%s", colour, text, colour[0] != '\0' ? CLI_COLOUR_END : "");
    if (!right && !last)
        fprintf(out, "%*s", pad, "");
    fputs(last ? "\n" : "  ", out);
}

// On a terminal a cell that would push the others away is cut; the last column may be as long as it is.
static void grid_cut(struct grid *grid) {
    for (size_t c = 0; c + 1 < grid->columns; c++) {
        if (grid->width[c] <= CELL_COLUMNS_MAX)
            continue;
        for (size_t r = 0; r < grid->rows; r++)
            cli_text_cut(grid->cells[r * CLI_COLUMNS_MAX + c], CELL_COLUMNS_MAX);
        grid->width[c] = CELL_COLUMNS_MAX;
    }
}

// Keeps the columns that fit into `room`, at least the first: a line that a terminal folds is a table no more.
static size_t grid_fit(struct grid *grid, size_t room) {
    size_t used = 0, all = grid->columns;
    for (size_t c = 0; c < all; c++) {
        used += (c > 0 ? 2 : 0) + grid->width[c];
        if (room > 0 && used > room && c > 0) {
            grid->columns = c;
            break;
        }
    }
    return all;
}

static void put_left_out(FILE *out, const struct grid *grid, size_t all) {
    if (grid->columns == all)
        return;
    fputs("Too wide for this terminal:", out);
    for (size_t c = grid->columns; c < all; c++)
        fprintf(out, "%s %s", c > grid->columns ? "," : "", grid->shown[c]->title);
    fputs(". A wider one, --csv and --json show all.\n", out);
}

size_t cli_terminal_columns(FILE *out) {
    struct winsize size;
    bool known = isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0;
    return known ? size.ws_col : 0;
}

void cli_table_print(FILE *out, const cJSON *rows, const struct cli_column *columns, bool colour) {
    cli_table_print_within(out, rows, columns, colour, cli_terminal_columns(out));
}

void cli_table_print_within(FILE *out, const cJSON *rows, const struct cli_column *columns, bool colour,
                            size_t room) {
    struct grid grid = {0};
    grid_fill(&grid, rows, columns);
    if (room > 0)
        grid_cut(&grid);
    size_t all = grid_fit(&grid, room);
    for (size_t c = 0; c < grid.columns; c++)
        put_cell(out, grid.shown[c]->title, grid.width[c], grid.shown[c]->kind, c + 1 == grid.columns,
                 colour ? "\x1b[1m" : "");
    for (size_t r = 0; r < grid.rows; r++) {
        char **cells = grid.cells + r * CLI_COLUMNS_MAX;
        size_t end = grid.columns; // no blanks behind the last cell that holds something
        while (end > 1 && cells[end - 1][0] == '\0')
            end--;
        for (size_t c = 0; c < end; c++) {
            enum cli_cell kind = grid.shown[c]->kind;
            put_cell(out, cells[c], grid.width[c], kind, c + 1 == end,
                     colour && kind == CLI_CELL_STATE ? cli_state_colour(cells[c]) : "");
        }
    }
    put_left_out(out, &grid, all);
    for (size_t i = 0; i < grid.rows * CLI_COLUMNS_MAX; i++)
        free(grid.cells[i]);
    free(grid.cells);
}

void cli_csv_head(FILE *out, const struct cli_column *columns) {
    for (const struct cli_column *c = columns; c->title != NULL; c++)
        fprintf(out, "%s%s", c == columns ? "" : ",", c->key);
    fputc('\n', out);
}

void cli_csv_rows(FILE *out, const cJSON *rows, const struct cli_column *columns) {
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, rows) {
        for (const struct cli_column *c = columns; c->title != NULL; c++) {
            const cJSON *value = json_get(row, c->key);
            char *cell = cli_cell_text(row, c, true);
            if (c != columns)
                fputc(',', out);
            cli_text_write_csv(out, cell, !cJSON_IsNumber(value));
            free(cell);
        }
        fputc('\n', out);
    }
}
