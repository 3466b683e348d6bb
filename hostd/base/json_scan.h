// json_scan: checks JSON text strictly and blanks comments, before cJSON sees it.
#ifndef LOTGATE_BASE_JSON_SCAN_H
#define LOTGATE_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

// Line and column (from 1, in bytes) of an offset.
void json_position(const char *text, size_t offset, int *line, int *column);

// Replaces // and /* */ outside strings by blanks, so that positions stay. `text` is changed in place.
// False with code bad_json when a comment does not end.
bool json_blank_comments(char *text, size_t length, struct lg_error *error);

// Checks the whole text against RFC 8259 with the extra rules of json.h. False with line and column.
bool json_check(const char *text, size_t length, struct lg_error *error);

#endif
