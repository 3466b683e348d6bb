// cli_table: rows of JSON objects as an aligned table.
#ifndef LOTGATE_CLI_TABLE_H
#define LOTGATE_CLI_TABLE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "column.h" // column, cell_text

#define CLI_COLUMNS_MAX 24

// Prints an array of objects. A table leaves out columns that are empty in every row. `colour`: states are
// coloured. On a terminal the columns that do not fit are left out, and named below the table.
void cli_table_print(FILE *out, const cJSON *rows, const struct column *columns, bool colour);
// The same within `room` columns of the screen; 0: any width.
void cli_table_print_within(FILE *out, const cJSON *rows, const struct column *columns, bool colour,
                            size_t room);
// Width of the terminal that `out` is; 0 when it is none or does not say.
size_t cli_terminal_columns(FILE *out);

// The escape sequence that begins a state's colour, "" for one that has none.
const char *cli_state_colour(const char *state);
#define CLI_COLOUR_END "\x1b[0m"

#endif
