// csv_read: a CSV file row by row, with each row's line, by libcsv.
//
// The first row names the columns. Comma, semicolon or tab part the cells: which one, the first line tells. A byte order mark
// is skipped. A row that is not UTF-8, has more cells than columns, or a cell that is too long, is given with `problem` set
// and the cells before the bad one: one bad row does not cost the others. A file that ends inside quotes is refused.
#ifndef LOTGATE_REPORT_CSV_READ_H
#define LOTGATE_REPORT_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h" // lg_error

#define CSV_COLUMNS_MAX 256
#define CSV_CELL_MAX    10000    // bytes of one cell
#define CSV_ROW_MAX     65536    // bytes of one row's cells
#define CSV_ROWS_MAX    10000000 // rows of one file

struct csv_row {
    size_t line;              // on which it begins; 1 is the first line of the file
    size_t count;             // of cells
    const char *const *cells; // trimmed; NULL where a cell is empty; valid during the call
    const char *problem;      // NULL: the row is sound
};

struct csv_handler {
    void *context;
    // The column names. False, with the error, stops the reading.
    bool (*header)(void *context, const struct csv_row *row, struct lg_error *error);
    bool (*row)(void *context, const struct csv_row *row, struct lg_error *error);
};

// Reads `file` to its end. Codes: bad_csv (empty, ends inside quotes, too many columns or rows), or what a handler said.
bool csv_read(FILE *file, const struct csv_handler *handler, struct lg_error *error);

#endif
