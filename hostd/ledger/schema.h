// schema: the versions of the database and how one becomes the next.
//
// A migration is numbered by the version that it makes, runs once, and is never edited after a release: a change
// of the schema is a new migration. Tables come in two sorts: those that hold what happened (events, blobs), and
// views of them ("view tables"), which ledger_rebuild empties and fills again from the events.
#ifndef LOTGATE_LEDGER_SCHEMA_H
#define LOTGATE_LEDGER_SCHEMA_H

#include "store.h"

#define SCHEMA_APPLICATION_ID 0x4c4f5447 // "LOTG", in the database's header

struct schema_migration {
    int version;     // 1, 2, 3 ... without gaps
    const char *sql; // everything from the version before to this one
    bool replay;     // it makes view tables anew: they are to be filled again from the events
};

// One file for each version's text.
extern const char schema_1[], schema_2[], schema_3[], schema_4[], schema_5[], schema_6[];

extern const struct schema_migration schema_migrations[]; // ends with version 0

// A view table and the columns that order its rows, for comparing.
struct schema_table {
    const char *name, *order;
};
extern const struct schema_table schema_tables[]; // children before their parents; ends with a NULL name

int schema_newest(const struct schema_migration *migrations); // the version that they lead to

// Looks at the database without changing it. Codes: ledger_newer (made by a later version of lotgate),
// ledger_corrupt (not a ledger). *version 0: empty, nothing made yet.
bool schema_check(struct store *store, const struct schema_migration *migrations, int *version,
                  struct lg_error *error);
// Runs what is missing, all in one transaction: on failure nothing has changed. `replay` (NULL: there is nothing to replay)
// fills the view tables of a ledger that held events, inside that transaction.
bool schema_migrate(struct store *store, const struct schema_migration *migrations,
                    bool (*replay)(struct store *store, struct lg_error *error), struct lg_error *error);
// Takes away the indexes that only serve questions, of the tables that grow with each job: for a store that is filled once
// and thrown away.
bool schema_drop_indexes(struct store *store, struct lg_error *error);
// Empties every view table, inside the caller's transaction.
bool schema_clear_views(struct store *store, struct lg_error *error);

#endif
