// schema_4: how many lots each supplier delivered and how many of them were rejected, kept beside the lots: a list of suppliers
// must not count a hundred thousand lots.
#include "schema.h"

const char schema_4[] =
    "CREATE TABLE supplier_lots ("
    " supplier TEXT PRIMARY KEY REFERENCES suppliers (supplier), received INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL DEFAULT 0, CHECK (rejected BETWEEN 0 AND received)) STRICT, WITHOUT ROWID;"
    "INSERT INTO supplier_lots (supplier, received, rejected)"
    " SELECT supplier, count(*), sum(state = 'rejected') FROM lots WHERE origin = 'received' GROUP BY supplier;";
