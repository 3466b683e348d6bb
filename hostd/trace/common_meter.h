// common_meter: what a job took of a lot, from what was metered. Not for use outside this folder.
#ifndef LOTGATE_TRACE_COMMON_METER_H
#define LOTGATE_TRACE_COMMON_METER_H

#include "ops.h"

#define METER_KERF_UM                                                                                        \
    200 // added to the box of the work on every side: half a cut and the edge that it spoils

// For a job that has ended: where one lot alone was declared without a quantity, and is kept in area, length, volume or mass,
// what lies in the box of the work is booked (lot.metered). `args` are those of job.end. Counted things (sheets, pieces)
// are not guessed: their quantity is declared, or corrected.
bool meter_book(struct ledger *ledger, const struct trace_context *context, const char *job,
                const cJSON *args, struct lg_error *error);

#endif
