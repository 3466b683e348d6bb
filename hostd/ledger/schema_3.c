// schema_3: cheaper to write and smaller. No table holds anything else than before.
//
// - `x IN (...)` with more than two values builds a table of them each time it is looked at: a tenth of the work of a job was that.
//   Two by two they are compared one after the other.
// - An index of an ordinary table ends with the row's number by itself: naming `seq` in it stored that twice. Two indexes served
//   no question.
// - Customers without an e-mail address are looked for by name at each import of orders, and declarations are listed by state, and
//   lots by material and state.
#include "schema.h"

// A table that others point to is made anew by itself: what points to it is checked at the end.
#define ANEW(name, table)                                                                                    \
    "CREATE TABLE kept AS SELECT * FROM " name "; DELETE FROM " name "; DROP TABLE " name ";" table          \
    "INSERT INTO " name " SELECT * FROM kept ORDER BY rowid; DROP TABLE kept;"

#define LOTS                                                                                                                           \
    "CREATE TABLE lots ("                                                                                                              \
    " seq INTEGER PRIMARY KEY, lot TEXT NOT NULL UNIQUE,"                                                                              \
    " origin TEXT NOT NULL DEFAULT 'received' CHECK (origin IN ('received', 'split') OR origin IN ('merged')),"                        \
    " material TEXT NOT NULL REFERENCES materials (material),"                                                                         \
    " supplier TEXT REFERENCES suppliers (supplier), supplier_lot TEXT, heat TEXT, cert_heat TEXT,"                                    \
    " match TEXT NOT NULL CHECK (match IN ('none', 'unchecked') OR match IN ('matched', 'mismatch')),"                                 \
    " state TEXT NOT NULL CHECK (state IN ('received', 'quarantined') OR state IN ('released', 'rejected') OR state IN ('recalled'))," \
    " state_us INTEGER NOT NULL, state_by TEXT, state_reason TEXT,"                                                                    \
    " mark TEXT NOT NULL DEFAULT 'none' CHECK (mark IN ('none', 'unmarked') OR mark IN ('marked', 'asked')),"                          \
    " quantity TEXT NOT NULL, unit TEXT NOT NULL, base TEXT NOT NULL,"                                                                 \
    " received INTEGER NOT NULL CHECK (received > 0),"                                                                                 \
    " consumed INTEGER NOT NULL DEFAULT 0 CHECK (consumed >= 0),"                                                                      \
    " scrapped INTEGER NOT NULL DEFAULT 0 CHECK (scrapped >= 0),"                                                                      \
    " parted INTEGER NOT NULL DEFAULT 0 CHECK (parted >= 0), adjusted INTEGER NOT NULL DEFAULT 0,"                                     \
    " counted INTEGER NOT NULL DEFAULT 0, purchase_order TEXT, cost_cents INTEGER, currency TEXT,"                                     \
    " expires_us INTEGER, received_us INTEGER NOT NULL, received_by TEXT,"                                                             \
    " CHECK (received + adjusted - consumed - scrapped - parted >= 0)) STRICT;"

#define DECLARATIONS                                                                                         \
    "CREATE TABLE declarations ("                                                                            \
    " seq INTEGER PRIMARY KEY, declaration TEXT NOT NULL UNIQUE,"                                            \
    " machine TEXT NOT NULL REFERENCES machines (machine),"                                                  \
    " mode TEXT NOT NULL CHECK (mode IN ('each-job', 'until-changed')),"                                     \
    " state TEXT NOT NULL CHECK (state IN ('open', 'used') OR state IN ('cancelled')),"                      \
    " operator TEXT REFERENCES operators (operator), order_ref TEXT, product TEXT, count INTEGER,"           \
    " record TEXT, made_us INTEGER NOT NULL, made_by TEXT NOT NULL, closed_us INTEGER, closed_by TEXT,"      \
    " reason TEXT) STRICT;"

#define JOBS                                                                                                                         \
    "CREATE TABLE jobs ("                                                                                                            \
    " seq INTEGER PRIMARY KEY, job TEXT NOT NULL UNIQUE,"                                                                            \
    " machine TEXT NOT NULL REFERENCES machines (machine), serial_number TEXT, at_us INTEGER NOT NULL,"                              \
    " state TEXT NOT NULL CHECK (state IN ('held', 'refused') OR state IN ('running', 'completed') OR state IN ('aborted', 'alarm')" \
    "  OR state IN ('machine_lost', 'sender_lost') OR state IN ('host_lost', 'dry_run')),"                                           \
    " reason TEXT, line TEXT, declaration TEXT REFERENCES declarations (declaration),"                                               \
    " record TEXT REFERENCES records (record), operator TEXT REFERENCES operators (operator),"                                       \
    " held_us INTEGER, started_us INTEGER, ended_us INTEGER, paused INTEGER NOT NULL DEFAULT 0,"                                     \
    " lines INTEGER, bytes INTEGER, sha256 TEXT, rapid_um INTEGER, feed_um INTEGER, work_um INTEGER,"                                \
    " work_us INTEGER, s_min_milli INTEGER, s_max_milli INTEGER, arcs INTEGER, errors INTEGER,"                                      \
    " pauses INTEGER, overrides INTEGER, replaced INTEGER, box TEXT, work_box TEXT, path TEXT) STRICT;"

#define JOB_LOTS                                                                                                  \
    "CREATE TABLE job_lots ("                                                                                     \
    " seq INTEGER PRIMARY KEY, job TEXT NOT NULL REFERENCES jobs (job),"                                          \
    " record TEXT NOT NULL REFERENCES records (record), lot TEXT NOT NULL REFERENCES lots (lot),"                 \
    " quantity TEXT, amount INTEGER, base TEXT,"                                                                  \
    " basis TEXT NOT NULL DEFAULT 'declared' CHECK (basis IN ('declared', 'metered') OR basis IN ('corrected'))," \
    " UNIQUE (job, lot)) STRICT;"

#define ORDERS                                                                                               \
    "CREATE TABLE orders ("                                                                                  \
    " seq INTEGER PRIMARY KEY, order_ref TEXT NOT NULL UNIQUE,"                                              \
    " customer TEXT NOT NULL REFERENCES customers (customer),"                                               \
    " state TEXT NOT NULL CHECK (state IN ('open', 'shipped') OR state IN ('cancelled')), source TEXT,"      \
    " ordered_us INTEGER NOT NULL, added_us INTEGER NOT NULL) STRICT;"

// The lots of a declaration are few: one key is enough, that no lot is named twice.
#define DECLARATION_LOTS                                                                                     \
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
    "CREATE INDEX events_kind ON events (kind);"                                                             \
    "CREATE INDEX lots_state ON lots (state);"                                                               \
    "CREATE INDEX lots_material ON lots (material);"                                                         \
    "CREATE INDEX lots_material_state ON lots (material, state);"                                            \
    "CREATE INDEX lots_supplier ON lots (supplier);"                                                         \
    "DROP INDEX lot_changes_lot; CREATE INDEX lot_changes_lot ON lot_changes (lot);"                         \
    "CREATE INDEX declarations_machine ON declarations (machine);"                                           \
    "CREATE INDEX declarations_state ON declarations (state);"                                               \
    "CREATE UNIQUE INDEX declarations_open ON declarations (machine) WHERE state = 'open';"                  \
    "DROP INDEX records_product;"                                                                            \
    "CREATE INDEX records_product ON records (product) WHERE product IS NOT NULL;"                           \
    "DROP INDEX records_state; CREATE INDEX records_state ON records (state);"                               \
    "CREATE INDEX jobs_at ON jobs (at_us);"                                                                  \
    "CREATE INDEX jobs_machine ON jobs (machine, at_us);"                                                    \
    "CREATE INDEX jobs_state ON jobs (state, at_us);"                                                        \
    "CREATE INDEX jobs_record ON jobs (record) WHERE record IS NOT NULL;"                                    \
    "CREATE UNIQUE INDEX jobs_running ON jobs (machine) WHERE state = 'running';"                            \
    "CREATE UNIQUE INDEX jobs_held ON jobs (machine) WHERE state = 'held';"                                  \
    "CREATE INDEX job_lots_lot ON job_lots (lot);"                                                           \
    "CREATE INDEX job_lots_record ON job_lots (record, lot);"                                                \
    "DROP INDEX units_record; CREATE INDEX units_record ON units (record);"                                  \
    "DROP INDEX units_product; CREATE INDEX units_product ON units (product);"                               \
    "CREATE INDEX orders_customer ON orders (customer);"                                                     \
    "CREATE INDEX orders_state ON orders (state);"                                                           \
    "DROP INDEX notes_subject; CREATE INDEX notes_subject ON notes (subject);"                               \
    "DROP INDEX nonconformances_subject;"                                                                    \
    "CREATE INDEX nonconformances_subject ON nonconformances (subject);"                                     \
    "DROP INDEX corrections_subject; CREATE INDEX corrections_subject ON corrections (subject);"             \
    "CREATE INDEX customers_name ON customers (name) WHERE email IS NULL;"

// Before the tables: the old indexes of those that are not made anew are dropped with them, and the index by which rows that
// point to a table are found must be there while it is made anew.
const char schema_3[] = "PRAGMA defer_foreign_keys=ON; DROP INDEX events_kind;" ANEW("lots", LOTS)
    ANEW("declarations", DECLARATIONS) ANEW("jobs", JOBS) ANEW("job_lots", JOB_LOTS) ANEW("orders", ORDERS)
        DECLARATION_LOTS INDEXES;
