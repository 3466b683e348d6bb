// csv_write: rows of JSON objects as CSV: UTF-8, commas, a heading, lines ended by \n.
//
// What people wrote comes out harmless: characters that act on a screen are written as \x1b or \u202e (line breaks and tabs stay,
// in quotes), and a text that a spreadsheet would take for a formula (beginning with = + - @, their full-width forms, a tab or a
// line break) gets an apostrophe before it. Numbers are left as they are.
#ifndef LOTGATE_REPORT_CSV_WRITE_H
#define LOTGATE_REPORT_CSV_WRITE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "column.h"

void csv_write_head(FILE *out, const struct column *columns);
void csv_write_rows(FILE *out, const cJSON *rows, const struct column *columns);
// One cell; `guard` against formulas.
void csv_write_cell(FILE *out, const char *text, bool guard);

#endif
