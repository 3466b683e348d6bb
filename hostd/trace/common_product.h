// common_product: serial number patterns, and what products and units share. Not for use outside this folder.
//
// A pattern is text with {yy} {yyyy} {mm} for the time of making (UTC) and ends with -{n}, -{nn} ... {nnnnnnnnn}: the running
// number, which begins anew for each text before it. Without a pattern: <PRODUCT>-{nnnn}.
#ifndef LOTGATE_TRACE_COMMON_PRODUCT_H
#define LOTGATE_TRACE_COMMON_PRODUCT_H

#include "ops.h"

#define PATTERN_DIGITS_MAX 9

// The product's row, owned by the caller; code no_such_product.
bool product_need(struct ledger *ledger, const char *product, cJSON **row, struct lg_error *error);

bool pattern_check(const char *pattern, struct lg_error *error); // code bad_argument
// The next number of the pattern (NULL: the product's own) at that time. Valid in the transaction; the event uses it up.
bool pattern_next(struct ledger *ledger, const char *pattern, const char *product, int64_t now_us,
                  char out[65], struct lg_error *error);

#endif
