// schema_2: the traceability office: pieces and their parents, consumption, products, units, orders, people, quality, recalls.
//
// The views of version 1 are dropped and all views made anew from the events, since they are nothing but that.
// `seq` is the event that made the row; times are microseconds UTC; amounts are integers of the smallest unit of their kind
// (`base`), beside the text as it was given; money is whole cents.
#include "schema.h"

#define DROP_VERSION_1                                                                                       \
    "DROP TABLE corrections; DROP TABLE checkpoints; DROP TABLE notes; DROP TABLE event_subjects;"           \
    " DROP TABLE sequences; DROP TABLE job_lots; DROP TABLE jobs; DROP TABLE records;"                       \
    " DROP TABLE declaration_lots; DROP TABLE declarations; DROP TABLE documents; DROP TABLE lots;"          \
    " DROP TABLE machines; DROP TABLE operators; DROP TABLE materials; DROP TABLE suppliers;"

#define PEOPLE                                                                                               \
    "CREATE TABLE suppliers ("                                                                               \
    " seq INTEGER PRIMARY KEY, supplier TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, phone TEXT,"   \
    " address TEXT, added_us INTEGER NOT NULL) STRICT;"                                                      \
    "CREATE TABLE supplier_contacts ("                                                                       \
    " seq INTEGER PRIMARY KEY, supplier TEXT NOT NULL REFERENCES suppliers (supplier), name TEXT NOT NULL,"  \
    " role TEXT, email TEXT, phone TEXT, UNIQUE (supplier, name)) STRICT;"                                   \
    "CREATE TABLE materials ("                                                                               \
    " seq INTEGER PRIMARY KEY, material TEXT NOT NULL UNIQUE, name TEXT NOT NULL, form TEXT, grade TEXT,"    \
    " thickness_um INTEGER, diameter_um INTEGER, density_mg_cm3 INTEGER, requires TEXT, hazards TEXT,"       \
    " added_us INTEGER NOT NULL) STRICT;"                                                                    \
    "CREATE TABLE operators ("                                                                               \
    " seq INTEGER PRIMARY KEY, operator TEXT NOT NULL UNIQUE, name TEXT NOT NULL, badge TEXT UNIQUE,"        \
    " role TEXT NOT NULL DEFAULT 'operator' CHECK (role IN ('operator', 'receiver', 'quality', 'owner')),"   \
    " pin TEXT, added_us INTEGER NOT NULL) STRICT;"                                                          \
    "CREATE TABLE procedures ("                                                                              \
    " seq INTEGER PRIMARY KEY, procedure TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL,"      \
    " text TEXT, document TEXT, issued_us INTEGER NOT NULL, issued_by TEXT NOT NULL,"                        \
    " UNIQUE (procedure, version)) STRICT;"                                                                  \
    "CREATE TABLE trainings ("                                                                               \
    " seq INTEGER PRIMARY KEY, operator TEXT NOT NULL REFERENCES operators (operator),"                      \
    " procedure TEXT NOT NULL, version INTEGER NOT NULL, at_us INTEGER NOT NULL, by TEXT NOT NULL,"          \
    " UNIQUE (operator, procedure, version),"                                                                \
    " FOREIGN KEY (procedure, version) REFERENCES procedures (procedure, version)) STRICT;"                  \
    "CREATE TABLE machines ("                                                                                \
    " seq INTEGER PRIMARY KEY, machine TEXT NOT NULL UNIQUE, board TEXT NOT NULL, kind TEXT NOT NULL,"       \
    " serial_number TEXT, name TEXT, registered_us INTEGER NOT NULL,"                                        \
    " identity TEXT NOT NULL DEFAULT 'unknown' CHECK (identity IN ('unknown', 'confirmed', 'changed')),"     \
    " usb_path TEXT, serial TEXT, firmware TEXT,"                                                            \
    " seen_usb_path TEXT, seen_serial TEXT, seen_firmware TEXT, seen_us INTEGER, confirmed_by TEXT) STRICT;" \
    "CREATE INDEX machines_serial_number ON machines (serial_number);"

// What is on hand of a lot: received + adjusted - consumed - scrapped - parted. `parted` went into pieces; a piece has
// parents and no supplier of its own: its origin's heat and certificate count. `counted` is that share of `adjusted` which a
// stock count found: what nobody can account for.
#define LOTS                                                                                                 \
    "CREATE TABLE lots ("                                                                                    \
    " seq INTEGER PRIMARY KEY, lot TEXT NOT NULL UNIQUE,"                                                    \
    " origin TEXT NOT NULL DEFAULT 'received' CHECK (origin IN ('received', 'split', 'merged')),"            \
    " material TEXT NOT NULL REFERENCES materials (material),"                                               \
    " supplier TEXT REFERENCES suppliers (supplier), supplier_lot TEXT, heat TEXT, cert_heat TEXT,"          \
    " match TEXT NOT NULL CHECK (match IN ('none', 'unchecked', 'matched', 'mismatch')),"                    \
    " state TEXT NOT NULL CHECK (state IN ('received', 'quarantined', 'released', 'rejected', 'recalled'))," \
    " state_us INTEGER NOT NULL, state_by TEXT, state_reason TEXT,"                                          \
    " mark TEXT NOT NULL DEFAULT 'none' CHECK (mark IN ('none', 'unmarked', 'marked', 'asked')),"            \
    " quantity TEXT NOT NULL, unit TEXT NOT NULL, base TEXT NOT NULL,"                                       \
    " received INTEGER NOT NULL CHECK (received > 0),"                                                       \
    " consumed INTEGER NOT NULL DEFAULT 0 CHECK (consumed >= 0),"                                            \
    " scrapped INTEGER NOT NULL DEFAULT 0 CHECK (scrapped >= 0),"                                            \
    " parted INTEGER NOT NULL DEFAULT 0 CHECK (parted >= 0),"                                                \
    " adjusted INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,"                              \
    " purchase_order TEXT, cost_cents INTEGER, currency TEXT, expires_us INTEGER,"                           \
    " received_us INTEGER NOT NULL, received_by TEXT,"                                                       \
    " CHECK (received + adjusted - consumed - scrapped - parted >= 0)) STRICT;"                              \
    "CREATE INDEX lots_state ON lots (state, seq);"                                                          \
    "CREATE INDEX lots_material ON lots (material, seq);"                                                    \
    "CREATE INDEX lots_supplier ON lots (supplier, seq);"                                                    \
    "CREATE TABLE lot_parents ("                                                                             \
    " seq INTEGER NOT NULL, child TEXT NOT NULL REFERENCES lots (lot),"                                      \
    " parent TEXT NOT NULL REFERENCES lots (lot), amount INTEGER NOT NULL CHECK (amount > 0),"               \
    " PRIMARY KEY (child, parent)) STRICT, WITHOUT ROWID;"                                                   \
    "CREATE INDEX lot_parents_parent ON lot_parents (parent, child);"                                        \
    "CREATE TABLE lot_changes ("                                                                             \
    " seq INTEGER PRIMARY KEY, lot TEXT NOT NULL REFERENCES lots (lot),"                                     \
    " kind TEXT NOT NULL CHECK (kind IN ('adjusted', 'counted', 'scrapped')), quantity TEXT NOT NULL,"       \
    " amount INTEGER NOT NULL, reason TEXT NOT NULL, job TEXT, at_us INTEGER NOT NULL,"                      \
    " by TEXT NOT NULL) STRICT;"                                                                             \
    "CREATE INDEX lot_changes_lot ON lot_changes (lot, seq);"                                                \
    "CREATE TABLE documents ("                                                                               \
    " seq INTEGER PRIMARY KEY, document TEXT NOT NULL UNIQUE, lot TEXT REFERENCES lots (lot),"               \
    " material TEXT REFERENCES materials (material), supplier TEXT REFERENCES suppliers (supplier),"         \
    " sha256 TEXT NOT NULL CHECK (length(sha256) = 64), name TEXT NOT NULL, size INTEGER NOT NULL,"          \
    " kind TEXT NOT NULL, type TEXT, revision TEXT, issuer TEXT, issued_us INTEGER, expires_us INTEGER,"     \
    " scope TEXT, superseded_by TEXT, attached_us INTEGER NOT NULL, attached_by TEXT,"                       \
    " CHECK ((lot IS NOT NULL) + (material IS NOT NULL) + (supplier IS NOT NULL) = 1)) STRICT;"              \
    "CREATE INDEX documents_lot ON documents (lot) WHERE lot IS NOT NULL;"                                   \
    "CREATE INDEX documents_material ON documents (material) WHERE material IS NOT NULL;"                    \
    "CREATE INDEX documents_supplier ON documents (supplier) WHERE supplier IS NOT NULL;"                    \
    "CREATE INDEX documents_sha256 ON documents (sha256);"

// One open declaration, one held and one running job per machine: the unique indexes keep it.
#define JOBS                                                                                                    \
    "CREATE TABLE declarations ("                                                                               \
    " seq INTEGER PRIMARY KEY, declaration TEXT NOT NULL UNIQUE,"                                               \
    " machine TEXT NOT NULL REFERENCES machines (machine),"                                                     \
    " mode TEXT NOT NULL CHECK (mode IN ('each-job', 'until-changed')),"                                        \
    " state TEXT NOT NULL CHECK (state IN ('open', 'used', 'cancelled')),"                                      \
    " operator TEXT REFERENCES operators (operator), order_ref TEXT, product TEXT, count INTEGER,"              \
    " record TEXT,"                                                                                             \
    " made_us INTEGER NOT NULL, made_by TEXT NOT NULL, closed_us INTEGER, closed_by TEXT, reason TEXT) STRICT;" \
    "CREATE INDEX declarations_machine ON declarations (machine, seq);"                                         \
    "CREATE UNIQUE INDEX declarations_open ON declarations (machine) WHERE state = 'open';"                     \
    "CREATE TABLE declaration_lots ("                                                                           \
    " declaration TEXT NOT NULL REFERENCES declarations (declaration), position INTEGER NOT NULL,"              \
    " lot TEXT NOT NULL REFERENCES lots (lot), quantity TEXT, amount INTEGER, base TEXT,"                       \
    " PRIMARY KEY (declaration, position), UNIQUE (declaration, lot)) STRICT, WITHOUT ROWID;"                   \
    "CREATE INDEX declaration_lots_lot ON declaration_lots (lot);"                                              \
    "CREATE TABLE records ("                                                                                    \
    " seq INTEGER PRIMARY KEY, record TEXT NOT NULL UNIQUE,"                                                    \
    " state TEXT NOT NULL CHECK (state IN ('open', 'closed')),"                                                 \
    " order_ref TEXT, product TEXT, count INTEGER, good INTEGER, scrapped INTEGER,"                             \
    " opened_us INTEGER NOT NULL, closed_us INTEGER, closed_by TEXT) STRICT;"                                   \
    "CREATE INDEX records_order ON records (order_ref) WHERE order_ref IS NOT NULL;"                            \
    "CREATE INDEX records_product ON records (product, seq) WHERE product IS NOT NULL;"                         \
    "CREATE INDEX records_state ON records (state, seq);"                                                       \
    "CREATE TABLE record_deviations ("                                                                          \
    " seq INTEGER PRIMARY KEY, record TEXT NOT NULL REFERENCES records (record), material TEXT NOT NULL,"       \
    " reason TEXT NOT NULL, by TEXT NOT NULL, at_us INTEGER NOT NULL, UNIQUE (record, material)) STRICT;"       \
    "CREATE TABLE jobs ("                                                                                       \
    " seq INTEGER PRIMARY KEY, job TEXT NOT NULL UNIQUE,"                                                       \
    " machine TEXT NOT NULL REFERENCES machines (machine), serial_number TEXT, at_us INTEGER NOT NULL,"         \
    " state TEXT NOT NULL CHECK (state IN ('held', 'refused', 'running', 'completed', 'aborted', 'alarm',"      \
    "  'machine_lost', 'sender_lost', 'host_lost', 'dry_run')),"                                                \
    " reason TEXT, line TEXT, declaration TEXT REFERENCES declarations (declaration),"                          \
    " record TEXT REFERENCES records (record), operator TEXT REFERENCES operators (operator),"                  \
    " held_us INTEGER, started_us INTEGER, ended_us INTEGER, paused INTEGER NOT NULL DEFAULT 0,"                \
    " lines INTEGER, bytes INTEGER, sha256 TEXT, rapid_um INTEGER, feed_um INTEGER, work_um INTEGER,"           \
    " work_us INTEGER, s_min_milli INTEGER, s_max_milli INTEGER, arcs INTEGER, errors INTEGER, pauses INTEGER," \
    " overrides INTEGER, replaced INTEGER, box TEXT, work_box TEXT, path TEXT) STRICT;"                         \
    "CREATE INDEX jobs_at ON jobs (at_us, seq);"                                                                \
    "CREATE INDEX jobs_machine ON jobs (machine, at_us, seq);"                                                  \
    "CREATE INDEX jobs_state ON jobs (state, at_us, seq);"                                                      \
    "CREATE INDEX jobs_record ON jobs (record) WHERE record IS NOT NULL;"                                       \
    "CREATE INDEX jobs_declaration ON jobs (declaration) WHERE declaration IS NOT NULL;"                        \
    "CREATE UNIQUE INDEX jobs_running ON jobs (machine) WHERE state = 'running';"                               \
    "CREATE UNIQUE INDEX jobs_held ON jobs (machine) WHERE state = 'held';"                                     \
    "CREATE TABLE job_lots ("                                                                                   \
    " seq INTEGER PRIMARY KEY, job TEXT NOT NULL REFERENCES jobs (job),"                                        \
    " record TEXT NOT NULL REFERENCES records (record), lot TEXT NOT NULL REFERENCES lots (lot),"               \
    " quantity TEXT, amount INTEGER, base TEXT,"                                                                \
    " basis TEXT NOT NULL DEFAULT 'declared' CHECK (basis IN ('declared', 'metered', 'corrected')),"            \
    " UNIQUE (job, lot)) STRICT;"                                                                               \
    "CREATE INDEX job_lots_lot ON job_lots (lot, seq);"                                                         \
    "CREATE INDEX job_lots_record ON job_lots (record, lot);"

// A unit is one thing with a serial number of its own, or a batch of `count` things with one code.
#define PRODUCTS                                                                                             \
    "CREATE TABLE products ("                                                                                \
    " seq INTEGER PRIMARY KEY, product TEXT NOT NULL UNIQUE, name TEXT NOT NULL, pattern TEXT,"              \
    " added_us INTEGER NOT NULL) STRICT;"                                                                    \
    "CREATE TABLE bom ("                                                                                     \
    " seq INTEGER NOT NULL, product TEXT NOT NULL REFERENCES products (product),"                            \
    " material TEXT NOT NULL REFERENCES materials (material), quantity TEXT, amount INTEGER, base TEXT,"     \
    " PRIMARY KEY (product, material)) STRICT, WITHOUT ROWID;"                                               \
    "CREATE TABLE units ("                                                                                   \
    " seq INTEGER PRIMARY KEY, unit TEXT NOT NULL UNIQUE,"                                                   \
    " product TEXT REFERENCES products (product), record TEXT NOT NULL REFERENCES records (record),"         \
    " count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),"                                                   \
    " state TEXT NOT NULL CHECK (state IN ('made', 'scrapped')), reason TEXT,"                               \
    " made_us INTEGER NOT NULL, made_by TEXT) STRICT;"                                                       \
    "CREATE INDEX units_record ON units (record, seq);"                                                      \
    "CREATE INDEX units_product ON units (product, seq);"

#define ORDERS                                                                                               \
    "CREATE TABLE customers ("                                                                               \
    " seq INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, phone TEXT,"   \
    " address TEXT, source TEXT, added_us INTEGER NOT NULL) STRICT;"                                         \
    "CREATE INDEX customers_email ON customers (email) WHERE email IS NOT NULL;"                             \
    "CREATE TABLE orders ("                                                                                  \
    " seq INTEGER PRIMARY KEY, order_ref TEXT NOT NULL UNIQUE,"                                              \
    " customer TEXT NOT NULL REFERENCES customers (customer),"                                               \
    " state TEXT NOT NULL CHECK (state IN ('open', 'shipped', 'cancelled')), source TEXT,"                   \
    " ordered_us INTEGER NOT NULL, added_us INTEGER NOT NULL) STRICT;"                                       \
    "CREATE INDEX orders_customer ON orders (customer, seq);"                                                \
    "CREATE INDEX orders_state ON orders (state, seq);"                                                      \
    "CREATE TABLE order_lines ("                                                                             \
    " order_ref TEXT NOT NULL REFERENCES orders (order_ref), position INTEGER NOT NULL, product TEXT,"       \
    " title TEXT, count INTEGER NOT NULL CHECK (count > 0), price_cents INTEGER, currency TEXT,"             \
    " PRIMARY KEY (order_ref, position)) STRICT, WITHOUT ROWID;"                                             \
    "CREATE INDEX order_lines_product ON order_lines (product) WHERE product IS NOT NULL;"                   \
    "CREATE TABLE shipments ("                                                                               \
    " seq INTEGER PRIMARY KEY, shipment TEXT NOT NULL UNIQUE,"                                               \
    " order_ref TEXT NOT NULL REFERENCES orders (order_ref), carrier TEXT, tracking TEXT,"                   \
    " shipped_us INTEGER NOT NULL, shipped_by TEXT) STRICT;"                                                 \
    "CREATE INDEX shipments_order ON shipments (order_ref);"                                                 \
    "CREATE TABLE shipment_units ("                                                                          \
    " shipment TEXT NOT NULL REFERENCES shipments (shipment), unit TEXT NOT NULL REFERENCES units (unit),"   \
    " count INTEGER NOT NULL CHECK (count > 0), returned INTEGER NOT NULL DEFAULT 0,"                        \
    " CHECK (returned BETWEEN 0 AND count), PRIMARY KEY (shipment, unit)) STRICT, WITHOUT ROWID;"            \
    "CREATE INDEX shipment_units_unit ON shipment_units (unit);"                                             \
    "CREATE TABLE allocations ("                                                                             \
    " unit TEXT NOT NULL REFERENCES units (unit), order_ref TEXT NOT NULL REFERENCES orders (order_ref),"    \
    " seq INTEGER NOT NULL, count INTEGER NOT NULL CHECK (count > 0),"                                       \
    " PRIMARY KEY (unit, order_ref)) STRICT, WITHOUT ROWID;"                                                 \
    "CREATE INDEX allocations_order ON allocations (order_ref);"

#define QUALITY                                                                                                      \
    "CREATE TABLE notes ("                                                                                           \
    " seq INTEGER PRIMARY KEY, note TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, text TEXT NOT NULL,"                \
    " photo TEXT, at_us INTEGER NOT NULL, by TEXT NOT NULL) STRICT;"                                                 \
    "CREATE INDEX notes_subject ON notes (subject, seq);"                                                            \
    "CREATE TABLE nonconformances ("                                                                                 \
    " seq INTEGER PRIMARY KEY, nonconformance TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,"                          \
    " text TEXT NOT NULL, photo TEXT, state TEXT NOT NULL CHECK (state IN ('open', 'closed')),"                      \
    " disposition TEXT CHECK (disposition IN ('use_as_is', 'rework', 'scrap', 'return')), reason TEXT,"              \
    " at_us INTEGER NOT NULL, by TEXT NOT NULL, closed_us INTEGER, closed_by TEXT) STRICT;"                          \
    "CREATE INDEX nonconformances_subject ON nonconformances (subject, seq);"                                        \
    "CREATE TABLE hazard_acknowledgements ("                                                                         \
    " seq INTEGER PRIMARY KEY, lot TEXT NOT NULL REFERENCES lots (lot),"                                             \
    " machine TEXT NOT NULL REFERENCES machines (machine), rule TEXT NOT NULL, at_us INTEGER NOT NULL,"              \
    " by TEXT NOT NULL, UNIQUE (lot, machine, rule)) STRICT;"                                                        \
    "CREATE TABLE recalls ("                                                                                         \
    " seq INTEGER PRIMARY KEY, recall TEXT NOT NULL UNIQUE, lot TEXT NOT NULL REFERENCES lots (lot),"                \
    " kind TEXT NOT NULL CHECK (kind IN ('real', 'mock')), state TEXT NOT NULL CHECK (state IN ('open', 'closed'))," \
    " reason TEXT NOT NULL, opened_us INTEGER NOT NULL, opened_by TEXT NOT NULL, closed_us INTEGER,"                 \
    " closed_by TEXT, conclusion TEXT) STRICT;"                                                                      \
    "CREATE INDEX recalls_lot ON recalls (lot);"                                                                     \
    "CREATE TABLE recall_orders ("                                                                                   \
    " recall TEXT NOT NULL REFERENCES recalls (recall), order_ref TEXT NOT NULL,"                                    \
    " customer TEXT NOT NULL REFERENCES customers (customer), pieces INTEGER NOT NULL,"                              \
    " contacted_us INTEGER, answered_us INTEGER, returned INTEGER NOT NULL DEFAULT 0,"                               \
    " destroyed INTEGER NOT NULL DEFAULT 0, CHECK (returned >= 0 AND destroyed >= 0),"                               \
    " PRIMARY KEY (recall, order_ref)) STRICT, WITHOUT ROWID;"                                                       \
    "CREATE INDEX recall_orders_customer ON recall_orders (recall, customer);"

#define BESIDE                                                                                                  \
    "CREATE TABLE corrections ("                                                                                \
    " seq INTEGER PRIMARY KEY, correction TEXT NOT NULL UNIQUE, event INTEGER NOT NULL, subject TEXT NOT NULL," \
    " field TEXT NOT NULL, was TEXT, value TEXT, reason TEXT NOT NULL, at_us INTEGER NOT NULL,"                 \
    " by TEXT NOT NULL) STRICT;"                                                                                \
    "CREATE INDEX corrections_subject ON corrections (subject, seq);"                                           \
    "CREATE TABLE checkpoints ("                                                                                \
    " seq INTEGER PRIMARY KEY, head INTEGER NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL,"             \
    " public_key TEXT NOT NULL, at_us INTEGER NOT NULL) STRICT;"                                                \
    "CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints"                                         \
    " BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;"                                         \
    "CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints"                                        \
    " WHEN EXISTS (SELECT 1 FROM checkpoints WHERE seq = NEW.seq)"                                              \
    " BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;"                                         \
    "CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints"                                         \
    " BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;"                                         \
    "CREATE TABLE event_subjects ("                                                                             \
    " subject TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (subject, seq)) STRICT, WITHOUT ROWID;"          \
    "CREATE TABLE sequences (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

const char schema_2[] = DROP_VERSION_1 PEOPLE LOTS JOBS PRODUCTS ORDERS QUALITY BESIDE;
