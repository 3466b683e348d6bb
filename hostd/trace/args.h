// args: arguments of operations, checked and brought into one form before an operation sees them.
//
// An argument's name says its type, everywhere the same; the table is in args.c. After args_normalise: texts are
// trimmed and never empty, numbers given as text are numbers, times are microseconds UTC (integers).
#ifndef LOTGATE_TRACE_ARGS_H
#define LOTGATE_TRACE_ARGS_H

#include "ops.h" // trace_op

#define ARGS_ID_MAX       64    // bytes of an id: [A-Za-z0-9._/-]
#define ARGS_MATERIAL_MAX 40    // bytes of a material's id: it is the beginning of lot numbers
#define ARGS_LOT_OWN_MAX  50    // bytes of a lot number of one's own: its pieces' numbers go on behind it
#define ARGS_LINE_MAX     200   // bytes of one line of text
#define ARGS_REASON_MAX   1000  // bytes of what a machine says
#define ARGS_NOTE_MAX     10000 // bytes of what people write: names, notes, reasons, others' numbers
#define ARGS_LOTS_MAX     16    // lots in one declaration
#define ARGS_REQUIRES_MAX 16    // kinds of document that a material requires
#define ARGS_POINTS_MAX   4000  // points of a job's path
#define ARGS_PIECES_MAX   1000  // pieces cut off a lot at once
#define ARGS_BOM_MAX      200   // materials in one bill
#define ARGS_ITEMS_MAX    200   // lines of one order
#define ARGS_UNITS_MAX    1000  // units in one shipment
#define ARGS_ORDERS_MAX   500   // orders taken in at once

// A checked copy of `args` (NULL: none given), owned by the caller. NULL with code bad_argument naming what is
// unknown, missing or malformed.
cJSON *args_normalise(const struct trace_op *op, const cJSON *args, struct lg_error *error);

// True when `text` is an id of at most `max` bytes.
bool args_is_id(const char *text, size_t max);

// True when there is a type for the argument `name`: a test asks this for every argument of every operation.
bool args_known(const char *name);

#endif
