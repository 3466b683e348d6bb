// sequence: numbers that are never given twice: "MFG" -> MFG-0001, "PLY-0524" -> PLY-0524-001, and the pieces of a lot,
// "PLY-0524-001/" -> PLY-0524-001/1.
//
// A number is used up by the event that carries it (sequence_use, when the event is applied), so the counters
// are part of what a rebuild makes anew.
#ifndef LOTGATE_LEDGER_SEQUENCE_H
#define LOTGATE_LEDGER_SEQUENCE_H

#include "store.h"

#define SEQUENCE_DIGITS_MAX 9 // longer runs of digits at the end are not numbers of a sequence

// The number after the highest used, as text.
bool sequence_next(struct store *store, const char *sequence, char *out, size_t room, struct lg_error *error);
// Remembers that `number` has been used. A text that is no number of a sequence is let be.
bool sequence_use(struct store *store, const char *number, struct lg_error *error);

#endif
