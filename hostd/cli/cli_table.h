// cli_table: rows of JSON objects as an aligned table or as CSV.
#ifndef LOTGATE_CLI_TABLE_H
#define LOTGATE_CLI_TABLE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#define CLI_COLUMNS_MAX 24

// How a member of a row is shown.
enum cli_cell {
    CLI_CELL_TEXT,   // text, number or yes/no; an object by the member that names it; a list with commas
    CLI_CELL_NUMBER, // right-aligned
    CLI_CELL_MILLI,  // a number kept in thousandths (µm, mg/cm³) shown in units; in CSV as it is kept
    CLI_CELL_TIME,   // in tables to the second; in CSV exactly
    CLI_CELL_HASH,   // in tables the first 12 digits; in CSV all
    CLI_CELL_STATE   // coloured on a terminal
};

struct cli_column {
    const char *title; // in tables
    const char *key;   // member of the row; the heading in CSV
    enum cli_cell kind;
    bool only_csv; // too long or too rarely asked for in a table
};

// What of a row was corrected: empty in most rows, and then not shown.
#define CLI_CORRECTED                                                                                        \
    { "CORRECTED", "corrected", CLI_CELL_TEXT, false }

// The cell's text, new, owned by the caller; "" when the member is absent. `exact` as CSV has it.
char *cli_cell_text(const cJSON *row, const struct cli_column *column, bool exact);

// Prints an array of objects. A table leaves out columns that are empty in every row. `colour`: states are
// coloured. On a terminal the columns that do not fit are left out, and named below the table.
void cli_table_print(FILE *out, const cJSON *rows, const struct cli_column *columns, bool colour);
// The same within `room` columns of the screen; 0: any width.
void cli_table_print_within(FILE *out, const cJSON *rows, const struct cli_column *columns, bool colour,
                            size_t room);
// Width of the terminal that `out` is; 0 when it is none or does not say.
size_t cli_terminal_columns(FILE *out);
void cli_csv_head(FILE *out, const struct cli_column *columns);
void cli_csv_rows(FILE *out, const cJSON *rows, const struct cli_column *columns);

// The escape sequence that begins a state's colour, "" for one that has none.
const char *cli_state_colour(const char *state);
#define CLI_COLOUR_END "\x1b[0m"

#endif
