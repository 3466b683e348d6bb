// download: lists as CSV, with the columns and the guarding of the command line's.
//
// A list that has a cursor goes out page by page as the client takes it, so that a million rows need the memory of one page. Each
// page is a moment of the ledger; what is added between two doubles and hides no row. When the ledger fails on the way, the
// connection is cut: a file that ends in its last chunk is whole.
#ifndef LOTGATE_SERVE_DOWNLOAD_H
#define LOTGATE_SERVE_DOWNLOAD_H

#include <cjson/cJSON.h>

#include "exchange.h"
#include "listing.h"

#define DOWNLOAD_PAGE_ROWS 200

// Answers the operation's rows: `limit` of them, or all; from `after` on. An error on the first page is answered as JSON. Takes
// over `args`.
void download_list(struct exchange *exchange, const struct listing *listing, cJSON *args);
// Answers the rows of an answer that is there as a whole. Takes it over.
void download_whole(struct exchange *exchange, const struct listing *listing, cJSON *answer);

#endif
