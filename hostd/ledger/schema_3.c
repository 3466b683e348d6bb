// schema_3: indexes that fit the questions, and no more of them than are used. No table changes what it holds.
//
// An index of an ordinary table ends with the row's number by itself: naming `seq` in it stored that twice. Two indexes served
// no question. Customers without an e-mail address are looked for by name at each import of orders, and declarations are
// listed by state.
#include "schema.h"

// The lots of a declaration are few: one key is enough, that no lot is named twice.
#define DECLARATION_LOTS                                                                                     \
    "DROP INDEX declaration_lots_lot;"                                                                       \
    "CREATE TABLE declaration_lots_kept AS SELECT * FROM declaration_lots;"                                  \
    "DROP TABLE declaration_lots;"                                                                           \
    "CREATE TABLE declaration_lots ("                                                                        \
    " declaration TEXT NOT NULL REFERENCES declarations (declaration), position INTEGER NOT NULL,"           \
    " lot TEXT NOT NULL REFERENCES lots (lot), quantity TEXT, amount INTEGER, base TEXT,"                    \
    " PRIMARY KEY (declaration, lot)) STRICT, WITHOUT ROWID;"                                                \
    "INSERT INTO declaration_lots (declaration, position, lot, quantity, amount, base)"                      \
    " SELECT declaration, position, lot, quantity, amount, base FROM declaration_lots_kept"                  \
    " ORDER BY declaration, lot;"                                                                            \
    "DROP TABLE declaration_lots_kept;"

#define INDEXES                                                                                              \
    "DROP INDEX jobs_declaration;"                                                                           \
    "DROP INDEX events_kind; CREATE INDEX events_kind ON events (kind);"                                     \
    "DROP INDEX lots_state; CREATE INDEX lots_state ON lots (state);"                                        \
    "DROP INDEX lots_material; CREATE INDEX lots_material ON lots (material);"                               \
    "DROP INDEX lots_supplier; CREATE INDEX lots_supplier ON lots (supplier);"                               \
    "DROP INDEX lot_changes_lot; CREATE INDEX lot_changes_lot ON lot_changes (lot);"                         \
    "DROP INDEX declarations_machine; CREATE INDEX declarations_machine ON declarations (machine);"          \
    "CREATE INDEX declarations_state ON declarations (state);"                                               \
    "DROP INDEX records_product;"                                                                            \
    "CREATE INDEX records_product ON records (product) WHERE product IS NOT NULL;"                           \
    "DROP INDEX records_state; CREATE INDEX records_state ON records (state);"                               \
    "DROP INDEX jobs_at; CREATE INDEX jobs_at ON jobs (at_us);"                                              \
    "DROP INDEX jobs_machine; CREATE INDEX jobs_machine ON jobs (machine, at_us);"                           \
    "DROP INDEX jobs_state; CREATE INDEX jobs_state ON jobs (state, at_us);"                                 \
    "DROP INDEX job_lots_lot; CREATE INDEX job_lots_lot ON job_lots (lot);"                                  \
    "DROP INDEX units_record; CREATE INDEX units_record ON units (record);"                                  \
    "DROP INDEX units_product; CREATE INDEX units_product ON units (product);"                               \
    "DROP INDEX orders_customer; CREATE INDEX orders_customer ON orders (customer);"                         \
    "DROP INDEX orders_state; CREATE INDEX orders_state ON orders (state);"                                  \
    "DROP INDEX notes_subject; CREATE INDEX notes_subject ON notes (subject);"                               \
    "DROP INDEX nonconformances_subject;"                                                                    \
    "CREATE INDEX nonconformances_subject ON nonconformances (subject);"                                     \
    "DROP INDEX corrections_subject; CREATE INDEX corrections_subject ON corrections (subject);"             \
    "CREATE INDEX customers_name ON customers (name) WHERE email IS NULL;"

const char schema_3[] = DECLARATION_LOTS INDEXES;
