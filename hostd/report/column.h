// column: which member of a row is shown, under which heading and how; for tables, CSV and single fields alike.
#ifndef LOTGATE_REPORT_COLUMN_H
#define LOTGATE_REPORT_COLUMN_H

#include <cjson/cJSON.h>
#include <stdbool.h>

// How a member of a row is shown.
enum cell {
    CELL_TEXT,   // text, number or yes/no; an object by the member that names it; a list with commas
    CELL_NUMBER, // right-aligned
    CELL_MILLI,  // a number kept in thousandths (µm, mg/cm³) shown in units; in CSV as it is kept
    CELL_TIME,   // in tables to the second; in CSV exactly
    CELL_HASH,   // in tables the first 12 digits; in CSV all
    CELL_STATE   // coloured on a terminal
};

struct column {
    const char *title; // in tables
    const char *key;   // member of the row; the heading in CSV
    enum cell kind;
    bool only_csv; // too long or too rarely asked for in a table
};

// What of a row was corrected: empty in most rows, and then not shown.
#define COLUMN_CORRECTED                                                                                     \
    { "CORRECTED", "corrected", CELL_TEXT, false }

// The cell's text, new, owned by the caller; "" when the member is absent. `exact` as CSV has it.
char *cell_text(const cJSON *row, const struct column *column, bool exact);

#endif
