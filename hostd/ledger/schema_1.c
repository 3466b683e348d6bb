// schema_1: the first version of the database. Released: never edited.
#include "schema.h"

// What happened. Never changed, never deleted, appended in order: the triggers hold against any program.
#define SCHEMA_EVENTS                                                                                        \
    "CREATE TABLE events ("                                                                                  \
    " seq INTEGER PRIMARY KEY, site TEXT NOT NULL, time_us INTEGER NOT NULL, kind TEXT NOT NULL,"            \
    " actor TEXT NOT NULL, body TEXT NOT NULL,"                                                              \
    " prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32), hash BLOB NOT NULL CHECK (length(hash) = 32)"  \
    ") STRICT;"                                                                                              \
    "CREATE INDEX events_kind ON events (kind, seq);"                                                        \
    "CREATE TRIGGER events_in_order BEFORE INSERT ON events"                                                 \
    " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)"                                    \
    " BEGIN SELECT RAISE(ABORT, 'events are appended in order'); END;"                                       \
    "CREATE TRIGGER events_no_update BEFORE UPDATE ON events"                                                \
    " BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;"                                           \
    "CREATE TRIGGER events_no_delete BEFORE DELETE ON events"                                                \
    " BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;"                                           \
    "CREATE TABLE blobs (hash TEXT PRIMARY KEY CHECK (length(hash) = 64), data BLOB NOT NULL) STRICT;"       \
    "CREATE TRIGGER blobs_no_replace BEFORE INSERT ON blobs"                                                 \
    " WHEN EXISTS (SELECT 1 FROM blobs WHERE hash = NEW.hash)"                                               \
    " BEGIN SELECT RAISE(ABORT, 'blobs are never changed'); END;"                                            \
    "CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs"                                                  \
    " BEGIN SELECT RAISE(ABORT, 'blobs are never changed'); END;"                                            \
    "CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs"                                                  \
    " BEGIN SELECT RAISE(ABORT, 'blobs are never deleted'); END;"

// Views of the events. `seq` is the event that made the row; times are microseconds UTC; amounts are integers of
// the smallest unit of their kind (`base`), beside the text as it was given.
#define SCHEMA_PEOPLE                                                                                        \
    "CREATE TABLE suppliers ("                                                                               \
    " seq INTEGER PRIMARY KEY, supplier TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, phone TEXT,"   \
    " address TEXT, added_us INTEGER NOT NULL) STRICT;"                                                      \
    "CREATE TABLE materials ("                                                                               \
    " seq INTEGER PRIMARY KEY, material TEXT NOT NULL UNIQUE, name TEXT NOT NULL, form TEXT, grade TEXT,"    \
    " thickness_um INTEGER, diameter_um INTEGER, density_mg_cm3 INTEGER, requires TEXT,"                     \
    " added_us INTEGER NOT NULL) STRICT;"                                                                    \
    "CREATE TABLE operators ("                                                                               \
    " seq INTEGER PRIMARY KEY, operator TEXT NOT NULL UNIQUE, name TEXT NOT NULL, badge TEXT UNIQUE,"        \
    " added_us INTEGER NOT NULL) STRICT;"                                                                    \
    "CREATE TABLE machines ("                                                                                \
    " seq INTEGER PRIMARY KEY, machine TEXT NOT NULL UNIQUE, board TEXT NOT NULL, kind TEXT NOT NULL,"       \
    " serial_number TEXT, name TEXT, registered_us INTEGER NOT NULL,"                                        \
    " identity TEXT NOT NULL DEFAULT 'unknown' CHECK (identity IN ('unknown', 'confirmed', 'changed')),"     \
    " usb_path TEXT, serial TEXT, firmware TEXT,"                                                            \
    " seen_usb_path TEXT, seen_serial TEXT, seen_firmware TEXT, seen_us INTEGER, confirmed_by TEXT) STRICT;" \
    "CREATE INDEX machines_serial_number ON machines (serial_number);"

#define SCHEMA_LOTS                                                                                          \
    "CREATE TABLE lots ("                                                                                    \
    " seq INTEGER PRIMARY KEY, lot TEXT NOT NULL UNIQUE,"                                                    \
    " material TEXT NOT NULL REFERENCES materials (material),"                                               \
    " supplier TEXT NOT NULL REFERENCES suppliers (supplier), supplier_lot TEXT NOT NULL,"                   \
    " heat TEXT, cert_heat TEXT,"                                                                            \
    " match TEXT NOT NULL CHECK (match IN ('none', 'unchecked', 'matched', 'mismatch')),"                    \
    " state TEXT NOT NULL CHECK (state IN ('received', 'quarantined', 'released', 'rejected')),"             \
    " state_us INTEGER NOT NULL, state_by TEXT, state_reason TEXT,"                                          \
    " quantity TEXT NOT NULL, unit TEXT NOT NULL, base TEXT NOT NULL,"                                       \
    " received INTEGER NOT NULL CHECK (received > 0),"                                                       \
    " consumed INTEGER NOT NULL DEFAULT 0 CHECK (consumed BETWEEN 0 AND received),"                          \
    " purchase_order TEXT, expires_us INTEGER, received_us INTEGER NOT NULL, received_by TEXT) STRICT;"      \
    "CREATE INDEX lots_state ON lots (state, seq);"                                                          \
    "CREATE INDEX lots_material ON lots (material, seq);"                                                    \
    "CREATE TABLE documents ("                                                                               \
    " seq INTEGER PRIMARY KEY, document TEXT NOT NULL UNIQUE, lot TEXT REFERENCES lots (lot),"               \
    " material TEXT REFERENCES materials (material), supplier TEXT REFERENCES suppliers (supplier),"         \
    " sha256 TEXT NOT NULL CHECK (length(sha256) = 64), name TEXT NOT NULL, size INTEGER NOT NULL,"          \
    " kind TEXT NOT NULL, issuer TEXT, issued_us INTEGER, expires_us INTEGER, scope TEXT,"                   \
    " attached_us INTEGER NOT NULL, attached_by TEXT,"                                                       \
    " CHECK ((lot IS NOT NULL) + (material IS NOT NULL) + (supplier IS NOT NULL) = 1)) STRICT;"              \
    "CREATE INDEX documents_lot ON documents (lot) WHERE lot IS NOT NULL;"                                   \
    "CREATE INDEX documents_material ON documents (material) WHERE material IS NOT NULL;"                    \
    "CREATE INDEX documents_supplier ON documents (supplier) WHERE supplier IS NOT NULL;"

// One open declaration, one held and one running job per machine: the unique indexes keep it.
#define SCHEMA_JOBS                                                                                             \
    "CREATE TABLE declarations ("                                                                               \
    " seq INTEGER PRIMARY KEY, declaration TEXT NOT NULL UNIQUE,"                                               \
    " machine TEXT NOT NULL REFERENCES machines (machine),"                                                     \
    " mode TEXT NOT NULL CHECK (mode IN ('each-job', 'until-changed')),"                                        \
    " state TEXT NOT NULL CHECK (state IN ('open', 'used', 'cancelled')),"                                      \
    " operator TEXT REFERENCES operators (operator), order_ref TEXT, product TEXT, count INTEGER,"              \
    " made_us INTEGER NOT NULL, made_by TEXT NOT NULL, closed_us INTEGER, closed_by TEXT, reason TEXT) STRICT;" \
    "CREATE INDEX declarations_machine ON declarations (machine, seq);"                                         \
    "CREATE UNIQUE INDEX declarations_open ON declarations (machine) WHERE state = 'open';"                     \
    "CREATE TABLE declaration_lots ("                                                                           \
    " declaration TEXT NOT NULL REFERENCES declarations (declaration), position INTEGER NOT NULL,"              \
    " lot TEXT NOT NULL REFERENCES lots (lot), quantity TEXT, amount INTEGER, base TEXT,"                       \
    " PRIMARY KEY (declaration, position), UNIQUE (declaration, lot)) STRICT, WITHOUT ROWID;"                   \
    "CREATE TABLE records ("                                                                                    \
    " seq INTEGER PRIMARY KEY, record TEXT NOT NULL UNIQUE,"                                                    \
    " state TEXT NOT NULL CHECK (state IN ('open', 'closed')),"                                                 \
    " order_ref TEXT, product TEXT, count INTEGER, opened_us INTEGER NOT NULL,"                                 \
    " closed_us INTEGER, closed_by TEXT) STRICT;"                                                               \
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
    " quantity TEXT, amount INTEGER, base TEXT, UNIQUE (job, lot)) STRICT;"                                     \
    "CREATE INDEX job_lots_lot ON job_lots (lot, seq);"

#define SCHEMA_BESIDE                                                                                           \
    "CREATE TABLE notes ("                                                                                      \
    " seq INTEGER PRIMARY KEY, note TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, text TEXT NOT NULL,"           \
    " at_us INTEGER NOT NULL, by TEXT NOT NULL) STRICT;"                                                        \
    "CREATE INDEX notes_subject ON notes (subject, seq);"                                                       \
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

const char schema_1[] = SCHEMA_EVENTS SCHEMA_PEOPLE SCHEMA_LOTS SCHEMA_JOBS SCHEMA_BESIDE;
