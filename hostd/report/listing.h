// listing: what each list looks like as a table and as CSV, by the operation of trace/ops.h that answers it. The command line and
// HTTP read the same rows: a file that one of them made has the columns of the other.
#ifndef LOTGATE_REPORT_LISTING_H
#define LOTGATE_REPORT_LISTING_H

#include "column.h"

struct listing {
    const char *op;
    const char *after; // the member of a row that the operation's `after` takes; NULL: the answer is whole
    const char *rows;  // the member of the answer that holds them; NULL: the answer is the array itself
    const struct column *columns; // ends with a NULL title
};

// NULL: the operation answers no list.
const struct listing *listing_find(const char *op);
// The array of rows in the operation's answer; owned by that, NULL when there is none.
const cJSON *listing_rows(const struct listing *listing, const cJSON *answer);

// Those that are also shown as a part of something else.
extern const struct column listing_documents[], listing_shipments[], listing_contacts[], listing_progress[];

#endif
