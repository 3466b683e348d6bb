// canonical: the one way an event's body is written down.
//
// Compact JSON: members sorted by the bytes of their names, no spaces, UTF-8 as it is, only the escapes that
// JSON demands (short ones where there are, \u00xx in small hex), integers as plain digits, no fractions.
// These bytes are stored and hashed, and never written again from the parsed form.
#ifndef LOTGATE_LEDGER_CANONICAL_H
#define LOTGATE_LEDGER_CANONICAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h" // lg_error

#define CANONICAL_DEPTH_MAX   16
#define CANONICAL_INTEGER_MAX 9007199254740992.0 // 2^53: beyond it cJSON's numbers are not exact

// The integer that a number is; code bad_event where it is none that is exact.
bool canonical_integer(double number, int64_t *value, struct lg_error *error);

// The text, owned by the caller (free()), with *length its bytes without the NUL. NULL with code bad_event
// when a number is not an exact integer or the value is nested too deep.
char *canonical_print(const cJSON *value, size_t *length, struct lg_error *error);

#endif
