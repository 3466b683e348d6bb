// schema: see schema.h.
#include "schema.h"

#include <stdio.h>

const struct schema_migration schema_migrations[] = {
    {1, schema_1, false}, {2, schema_2, true},  {3, schema_3, false},
    {4, schema_4, false}, // filled from the lots that are there
    {5, schema_5, false}, {6, schema_6, false}, {0, NULL, false},
};

const struct schema_table schema_tables[] = {
    {"corrections", "seq"},
    {"checkpoints", "seq"},
    {"event_subjects", "subject, seq"},
    {"sequences", "name"},
    {"recall_orders", "recall, order_ref"},
    {"recalls", "seq"},
    {"hazard_acknowledgements", "seq"},
    {"nonconformances", "seq"},
    {"notes", "seq"},
    {"allocations", "unit, order_ref"},
    {"shipment_units", "shipment, unit"},
    {"shipments", "seq"},
    {"order_lines", "order_ref, position"},
    {"orders", "seq"},
    {"customers", "seq"},
    {"units", "seq"},
    {"job_lots", "seq"},
    {"jobs", "seq"},
    {"record_deviations", "seq"},
    {"records", "seq"},
    {"bom", "product, material"},
    {"products", "seq"},
    {"declaration_lots", "declaration, lot"},
    {"declarations", "seq"},
    {"documents", "seq"},
    {"lot_changes", "seq"},
    {"lot_parents", "child, parent"},
    {"lots", "seq"},
    {"machines", "seq"},
    {"trainings", "seq"},
    {"procedures", "seq"},
    {"operators", "seq"},
    {"materials", "seq"},
    {"supplier_contacts", "seq"},
    {"supplier_lots", "supplier"},
    {"suppliers", "seq"},
    {NULL, NULL},
};

int schema_newest(const struct schema_migration *migrations) {
    int version = 0;
    for (; migrations->version; migrations++)
        version = migrations->version;
    return version;
}

bool schema_check(struct store *store, const struct schema_migration *migrations, int *version,
                  struct lg_error *error) {
    int64_t application, found;
    if (!store_integer(store, "PRAGMA application_id", &application, error) ||
        !store_integer(store, "PRAGMA user_version", &found, error))
        return false;
    *version = (int)found;
    if (application != SCHEMA_APPLICATION_ID) {
        int64_t tables;
        if (!store_integer(store, "SELECT count(*) FROM sqlite_schema", &tables, error))
            return false;
        if (tables || application || found)
            return lg_fail(error, "ledger_corrupt",
                           "Give lotgate a data folder of its own, or restore ledger.db.",
                           "The file ledger.db is a database of another program.");
        return true;
    }
    if (found > schema_newest(migrations))
        return lg_fail(error, "ledger_newer",
                       "Install the version of lotgate that wrote it, or a later one. Nothing was changed.",
                       "The ledger was made by a later version of lotgate (schema %d, this one knows %d).",
                       (int)found, schema_newest(migrations));
    return true;
}

bool schema_migrate(struct store *store, const struct schema_migration *migrations,
                    bool (*replay)(struct store *store, struct lg_error *error), struct lg_error *error) {
    int version;
    bool anew = false;
    if (!schema_check(store, migrations, &version, error))
        return false;
    if (version == schema_newest(migrations))
        return true;
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id=%d; PRAGMA user_version=%d", SCHEMA_APPLICATION_ID,
             schema_newest(migrations));
    bool ok = store_execute(store, "BEGIN IMMEDIATE", error);
    for (; ok && migrations->version; migrations++)
        if (migrations->version > version) {
            ok = store_execute(store, migrations->sql, error);
            anew |= migrations->replay;
        }
    ok = ok && (!anew || !version || !replay || replay(store, error)) && store_execute(store, stamp, error) &&
         store_execute(store, "COMMIT", error);
    if (!ok && !sqlite3_get_autocommit(store->db))
        store_execute(store, "ROLLBACK", NULL);
    return ok;
}

// The tables are dropped and made again from their own text, since some refuse deletion.
bool schema_clear_views(struct store *store, struct lg_error *error) {
    for (const struct schema_table *t = schema_tables; t->name; t++) {
        char *sql = sqlite3_mprintf("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema"
                                    " WHERE tbl_name = %Q AND sql IS NOT NULL ORDER BY rowid)",
                                    t->name);
        lg_assert(sql);
        sqlite3_stmt *statement = store_prepare(store, sql, error);
        bool row = false;
        char *text = NULL;
        if (statement && store_step(store, statement, &row, error) && row)
            text = sqlite3_mprintf("DROP TABLE %s; %s", t->name, sqlite3_column_text(statement, 0));
        store_done(statement);
        bool ok = text && store_execute(store, text, error);
        sqlite3_free(text);
        sqlite3_free(sql);
        if (!ok)
            return false;
    }
    return true;
}

bool schema_drop_indexes(struct store *store, struct lg_error *error) {
    sqlite3_stmt *statement = store_prepare(
        store,
        "SELECT group_concat('DROP INDEX ' || name, ';') FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX %'"
        " AND tbl_name IN ('jobs', 'job_lots', 'declarations', 'declaration_lots', 'records', 'units', 'orders')",
        error);
    bool row = false, ok = statement && store_step(store, statement, &row, error);
    char *sql = row ? sqlite3_mprintf("%s", sqlite3_column_text(statement, 0)) : NULL;
    store_done(statement);
    ok = ok && sql && store_execute(store, sql, error);
    sqlite3_free(sql);
    return ok;
}
