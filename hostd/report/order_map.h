// order_map: which column of a shop's CSV export holds what of an order, and rows made into orders by it.
//
// The rows of one order stand together, as shops export them; those behind the first may leave the customer out. Times
// without a zone are UTC; prices become whole cents.
#ifndef LOTGATE_REPORT_ORDER_MAP_H
#define LOTGATE_REPORT_ORDER_MAP_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv_read.h" // csv_row
#include "error.h"

enum order_field {
    ORDER_NUMBER,
    ORDER_TIME,
    ORDER_NAME,
    ORDER_EMAIL,
    ORDER_PHONE,
    ORDER_ADDRESS_1, // the parts of the address, in the order in which they are joined
    ORDER_ADDRESS_2,
    ORDER_ZIP,
    ORDER_CITY,
    ORDER_STATE,
    ORDER_COUNTRY,
    ORDER_PRODUCT, // the shop's own number of the thing (SKU)
    ORDER_TITLE,
    ORDER_COUNT,
    ORDER_PRICE,
    ORDER_CURRENCY,
    ORDER_FIELDS
};

#define ORDER_MAP_CHOICES 3 // columns that may hold a field, the first that is there and filled counts

struct order_map {
    const char *name; // "shopify"
    const char *help; // which export it is for
    const char *columns[ORDER_FIELDS][ORDER_MAP_CHOICES];
};

extern const struct order_map order_maps[]; // ends with a NULL name
const struct order_map *order_map_find(const char *name);

// A map of one's own, {"order": "Bestellnummer", "name": ["Name", "Firma"], ...}; the names of the fields are those of
// order_field_name. NULL with unknown_key or bad_argument. Owned by the caller (order_map_free).
struct order_map *order_map_parse(const cJSON *object, struct lg_error *error);
void order_map_free(struct order_map *map);
const char *order_field_name(enum order_field field); // "order", "ordered", "name" ...

// A file's columns found in a map.
struct order_columns {
    size_t at[ORDER_FIELDS][ORDER_MAP_CHOICES]; // index + 1, 0: not in the file
};

// Code missing_column when what every order needs is not there: order, name, and a product or title.
bool order_columns_find(struct order_columns *columns, const struct order_map *map,
                        const struct csv_row *header, struct lg_error *error);

// The row's order number, or NULL.
const char *order_number_of(const struct order_columns *columns, const struct csv_row *row);

// Begins an order ({order, customer, ordered_us, items[]}) with the row's customer and its first line, or adds the line of a
// row that must not name another customer. False, with the sentence, when the row is bad. The order is the caller's.
bool order_begin(cJSON **order, const struct order_columns *columns, const struct csv_row *row,
                 struct lg_error *error);
bool order_continue(cJSON *order, const struct order_columns *columns, const struct csv_row *row,
                    struct lg_error *error);

// "11/23/26", "11/23/2026", "Nov 23, 2026", "2026-11-23 10:06:00 +0100", ISO. False when it is none of them.
bool order_time(const char *text, int64_t *us);

#endif
