// common_lots: may this lot be used, and for how much? Asked when it is declared, and again when a job starts.
#ifndef LOTGATE_TRACE_COMMON_LOTS_H
#define LOTGATE_TRACE_COMMON_LOTS_H

#include "ops.h"

// `wanted` is an object with lot and, where a quantity was given, amount and base. Codes no_such_lot, lot_rejected,
// lot_quarantined, lot_expired, lot_used_up, unit_mismatch.
bool lots_check(struct ledger *ledger, const struct trace_context *context, const cJSON *wanted,
                struct lg_error *error);

// Brings the argument `lots` ([{lot, [quantity]}]) into the form of a declaration's body. NULL with an error.
cJSON *lots_normalise(const cJSON *lots, struct lg_error *error);

// "ACR-1126-001 (1 sheet), operator OP1". Owned by the caller.
char *lots_say(const cJSON *lots, const char *operator_id);

#endif
