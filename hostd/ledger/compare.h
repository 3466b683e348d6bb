// compare: are the tables of one database those of another?
#ifndef LOTGATE_LEDGER_COMPARE_H
#define LOTGATE_LEDGER_COMPARE_H

#include "store.h"

// Compare the schema (a trigger taken away is as good as a changed row), and every view table, row by row. `finding` gets a
// sentence about the first difference and stays as it is when there is none. False only when reading failed.
bool compare_schemas(struct store *ledger, struct store *rebuilt, char *finding, size_t room,
                     struct lg_error *error);
bool compare_tables(struct store *ledger, struct store *rebuilt, char *finding, size_t room,
                    struct lg_error *error);

#endif
