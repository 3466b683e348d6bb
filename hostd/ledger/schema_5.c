// schema_5: indexes for the orders in which lists can be asked for (lists.c). Their expressions must stay as they are there;
// each index ends with the row's number, its seq, by itself.
#include "schema.h"

const char schema_5[] =
    "CREATE INDEX lots_by_expiry ON lots (coalesce(expires_us, 9223372036854775807));"
    "CREATE INDEX lots_by_supplier ON lots (coalesce(supplier, ''));"
    "CREATE INDEX documents_by_expiry ON documents (coalesce(expires_us, 9223372036854775807));"
    "CREATE INDEX customers_by_name ON customers (name);"
    "CREATE INDEX orders_by_time ON orders (ordered_us);";
