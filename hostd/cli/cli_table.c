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

struct grid {
    size_t rows, columns;
    const struct column *shown[CLI_COLUMNS_MAX];
    size_t width[CLI_COLUMNS_MAX];
    char **cells; // rows * columns, harmless
};

// Makes the cells of the columns that a table shows; drops those that are empty throughout.
static void grid_fill(struct grid *grid, const cJSON *rows, const struct column *columns) {
    grid->rows = (size_t)cJSON_GetArraySize(rows);
    grid->cells = calloc(grid->rows * CLI_COLUMNS_MAX + 1, sizeof *grid->cells);
    lg_assert(grid->cells != NULL);
    for (const struct column *c = columns; c->title != NULL; c++) {
        if (c->only_csv)
            continue;
        lg_assert(grid->columns < CLI_COLUMNS_MAX);
        bool used = false;
        size_t width = cli_text_width(c->title), r = 0;
        const cJSON *row = NULL;
        cJSON_ArrayForEach(row, rows) {
            char *raw = cell_text(row, c, false);
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

static void put_cell(FILE *out, const char *text, size_t width, enum cell kind, bool last,
                     const char *colour) {
    int pad = (int)(width - cli_text_width(text));
    bool right = kind == CELL_NUMBER || kind == CELL_MILLI;
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

void cli_table_print(FILE *out, const cJSON *rows, const struct column *columns, bool colour) {
    cli_table_print_within(out, rows, columns, colour, cli_terminal_columns(out));
}

void cli_table_print_within(FILE *out, const cJSON *rows, const struct column *columns, bool colour,
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
            enum cell kind = grid.shown[c]->kind;
            put_cell(out, cells[c], grid.width[c], kind, c + 1 == end,
                     colour && kind == CELL_STATE ? cli_state_colour(cells[c]) : "");
        }
    }
    put_left_out(out, &grid, all);
    for (size_t i = 0; i < grid.rows * CLI_COLUMNS_MAX; i++)
        free(grid.cells[i]);
    free(grid.cells);
}
