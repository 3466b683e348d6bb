// order_map: see order_map.h. The columns are those of the shops' own exports, as their documentation and public tools for
// them name them; a shop that renames one needs a map of one's own until the next version.
#include "order_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "json.h"     // json_add_text
#include "quantity.h" // quantity_decimal
#include "timefmt.h"  // time_parse

#define ADDRESS_MAX 1000 // bytes of a joined address

const struct order_map order_maps[] = {
    {.name = "shopify",
     .help = "Shopify: Orders, Export, plain CSV file",
     .columns = {[ORDER_NUMBER] = {"Name"},
                 [ORDER_TIME] = {"Created at", "Paid at"},
                 [ORDER_NAME] = {"Shipping Name", "Billing Name", "Email"},
                 [ORDER_EMAIL] = {"Email"},
                 [ORDER_PHONE] = {"Phone", "Shipping Phone", "Billing Phone"},
                 [ORDER_ADDRESS_1] = {"Shipping Address1", "Shipping Street", "Billing Address1"},
                 [ORDER_ADDRESS_2] = {"Shipping Address2"},
                 [ORDER_ZIP] = {"Shipping Zip", "Billing Zip"},
                 [ORDER_CITY] = {"Shipping City", "Billing City"},
                 [ORDER_STATE] = {"Shipping Province"},
                 [ORDER_COUNTRY] = {"Shipping Country", "Billing Country"},
                 [ORDER_PRODUCT] = {"Lineitem sku"},
                 [ORDER_TITLE] = {"Lineitem name"},
                 [ORDER_COUNT] = {"Lineitem quantity"},
                 [ORDER_PRICE] = {"Lineitem price"},
                 [ORDER_CURRENCY] = {"Currency"}}},
    {.name = "etsy",
     .help = "Etsy: Settings, Options, Download Data, CSV type Order Items",
     .columns = {[ORDER_NUMBER] = {"Order ID"},
                 [ORDER_TIME] = {"Sale Date", "Date Paid"},
                 [ORDER_NAME] = {"Ship Name", "Buyer"},
                 [ORDER_EMAIL] = {"Buyer Email"},
                 [ORDER_ADDRESS_1] = {"Ship Address1"},
                 [ORDER_ADDRESS_2] = {"Ship Address2"},
                 [ORDER_ZIP] = {"Ship Zipcode"},
                 [ORDER_CITY] = {"Ship City"},
                 [ORDER_STATE] = {"Ship State"},
                 [ORDER_COUNTRY] = {"Ship Country"},
                 [ORDER_PRODUCT] = {"SKU"},
                 [ORDER_TITLE] = {"Item Name"},
                 [ORDER_COUNT] = {"Quantity"},
                 [ORDER_PRICE] = {"Price"},
                 [ORDER_CURRENCY] = {"Currency"}}},
    {.name = "etsy-orders",
     .help = "Etsy: the same download, CSV type Orders (one row for each order)",
     .columns = {[ORDER_NUMBER] = {"Order ID"},
                 [ORDER_TIME] = {"Sale Date"},
                 [ORDER_NAME] = {"Full Name", "Ship Name", "Buyer"},
                 [ORDER_EMAIL] = {"Buyer Email"},
                 [ORDER_ADDRESS_1] = {"Street 1"},
                 [ORDER_ADDRESS_2] = {"Street 2"},
                 [ORDER_ZIP] = {"Ship Zipcode"},
                 [ORDER_CITY] = {"Ship City"},
                 [ORDER_STATE] = {"Ship State"},
                 [ORDER_COUNTRY] = {"Ship Country"},
                 [ORDER_PRODUCT] = {"SKU"},
                 [ORDER_TITLE] = {"SKU", "Order Type"},
                 [ORDER_COUNT] = {"Number of Items"},
                 [ORDER_PRICE] = {"Order Value"},
                 [ORDER_CURRENCY] = {"Currency"}}},
    {.name = "plain",
     .help =
         "columns named order, ordered, name, email, phone, address, zip, city, state, country, product, title, count, price, currency",
     .columns = {[ORDER_NUMBER] = {"order"},
                 [ORDER_TIME] = {"ordered"},
                 [ORDER_NAME] = {"name"},
                 [ORDER_EMAIL] = {"email"},
                 [ORDER_PHONE] = {"phone"},
                 [ORDER_ADDRESS_1] = {"address"},
                 [ORDER_ADDRESS_2] = {"address2"},
                 [ORDER_ZIP] = {"zip"},
                 [ORDER_CITY] = {"city"},
                 [ORDER_STATE] = {"state"},
                 [ORDER_COUNTRY] = {"country"},
                 [ORDER_PRODUCT] = {"product"},
                 [ORDER_TITLE] = {"title"},
                 [ORDER_COUNT] = {"count"},
                 [ORDER_PRICE] = {"price"},
                 [ORDER_CURRENCY] = {"currency"}}},
    {.name = NULL},
};

static const char *const field_names[ORDER_FIELDS] = {
    "order", "ordered", "name",    "email",   "phone", "address", "address2", "zip",
    "city",  "state",   "country", "product", "title", "count",   "price",    "currency"};

const char *order_field_name(enum order_field field) {
    lg_assert((unsigned)field < ORDER_FIELDS);
    return field_names[field];
}

const struct order_map *order_map_find(const char *name) {
    for (const struct order_map *m = order_maps; m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

// --- a map of one's own --------------------------------------------------------------------------------------

static bool add_choice(struct order_map *map, size_t field, size_t choice, const cJSON *column,
                       struct lg_error *error) {
    if (!cJSON_IsString(column) || !*column->valuestring || choice == ORDER_MAP_CHOICES)
        return lg_fail(error, "bad_argument", "Give a column's name, or a list of up to three.",
                       "The map's \"%s\" names no column.", field_names[field]);
    char *copy = strdup(column->valuestring);
    lg_assert(copy);
    map->columns[field][choice] = copy;
    return true;
}

static bool add_field(struct order_map *map, const cJSON *object, size_t field, struct lg_error *error) {
    const cJSON *value = json_get(object, field_names[field]), *item;
    size_t choice = 0;
    if (!value)
        return true;
    if (!cJSON_IsArray(value))
        return add_choice(map, field, 0, value, error);
    cJSON_ArrayForEach(item, value) {
        if (!add_choice(map, field, choice++, item, error))
            return false;
    }
    return true;
}

struct order_map *order_map_parse(const cJSON *object, struct lg_error *error) {
    static const char *const keys[] = {"order",    "ordered", "name",  "email",    "phone",   "address",
                                       "address2", "zip",     "city",  "state",    "country", "product",
                                       "title",    "count",   "price", "currency", NULL};
    if (!cJSON_IsObject(object)) {
        lg_fail(error, "bad_argument",
                "Give an object like {\"order\": \"Order no\", \"name\": \"Customer\"}.",
                "The map is no JSON object.");
        return NULL;
    }
    if (!json_only_keys(object, keys, error))
        return NULL;
    struct order_map *map = calloc(1, sizeof *map);
    lg_assert(map);
    for (size_t f = 0; f < ORDER_FIELDS; f++)
        if (!add_field(map, object, f, error)) {
            order_map_free(map);
            return NULL;
        }
    return map;
}

void order_map_free(struct order_map *map) {
    for (size_t f = 0; map && f < ORDER_FIELDS; f++)
        for (size_t c = 0; c < ORDER_MAP_CHOICES; c++)
            free((char *)map->columns[f][c]); // those of a parsed map are its own
    free(map);
}

// --- columns -------------------------------------------------------------------------------------------------

static size_t find_column(const struct csv_row *header, const char *name) {
    for (size_t i = 0; name && i < header->count; i++)
        if (header->cells[i] && strcasecmp(header->cells[i], name) == 0)
            return i + 1;
    return 0;
}

static bool has(const struct order_columns *columns, enum order_field field) {
    for (size_t c = 0; c < ORDER_MAP_CHOICES; c++)
        if (columns->at[field][c])
            return true;
    return false;
}

bool order_columns_find(struct order_columns *columns, const struct order_map *map,
                        const struct csv_row *header, struct lg_error *error) {
    static const enum order_field needed[] = {ORDER_NUMBER, ORDER_NAME, ORDER_TITLE};
    memset(columns, 0, sizeof *columns);
    for (size_t f = 0; f < ORDER_FIELDS; f++)
        for (size_t c = 0; c < ORDER_MAP_CHOICES; c++)
            columns->at[f][c] = find_column(header, map->columns[f][c]);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        enum order_field f = needed[i];
        if (has(columns, f) || (f == ORDER_TITLE && has(columns, ORDER_PRODUCT)))
            continue;
        const char *column = map->columns[f][0];
        return lg_fail(error, "missing_column",
                       "Choose another --map, or give one of your own as a JSON file.",
                       "The file has no column \"%s\" for %s.", column ? column : field_names[f],
                       f == ORDER_NUMBER ? "the order's number"
                       : f == ORDER_NAME ? "the customer's name"
                                         : "what was ordered, nor one for its product number");
    }
    return true;
}

static const char *cell(const struct order_columns *columns, const struct csv_row *row,
                        enum order_field field) {
    for (size_t c = 0; c < ORDER_MAP_CHOICES; c++) {
        size_t at = columns->at[field][c];
        if (at && at <= row->count && row->cells[at - 1])
            return row->cells[at - 1];
    }
    return NULL;
}

// A spreadsheet's guard against numbers taken for sums: Shopify writes '+49 30 1.
static const char *unguarded(const char *text) {
    return text && text[0] == '\'' ? text + 1 : text;
}

const char *order_number_of(const struct order_columns *columns, const struct csv_row *row) {
    return cell(columns, row, ORDER_NUMBER);
}

// --- rows ----------------------------------------------------------------------------------------------------

bool order_time(const char *text, int64_t *us) {
    static const char *const forms[] = {"%Y-%m-%d %H:%M:%S %z", "%m/%d/%y", "%m/%d/%Y", "%b %d, %Y",
                                        "%d.%m.%Y"};
    if (time_parse(text, us))
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);
        if (!end || *end)
            continue;
        long offset = tm.tm_gmtoff;
        *us = ((int64_t)timegm(&tm) - offset) * 1000000;
        return true;
    }
    return false;
}

static void add_address(cJSON *customer, const struct order_columns *columns, const struct csv_row *row) {
    char address[ADDRESS_MAX + 1] = "";
    size_t length = 0;
    for (int f = ORDER_ADDRESS_1; f <= ORDER_COUNTRY; f++) {
        const char *part = cell(columns, row, (enum order_field)f);
        if (!part || length + strlen(part) + 2 > ADDRESS_MAX)
            continue;
        // the number of the place stands before its name, on one line
        const char *between = length == 0                                        ? ""
                              : f == ORDER_CITY && cell(columns, row, ORDER_ZIP) ? " "
                                                                                 : "\n";
        length +=
            (size_t)snprintf(address + length, sizeof address - length, "%s%s", between, unguarded(part));
    }
    json_add_text(customer, "address", length ? address : NULL);
}

static bool add_count(cJSON *item, const char *text, struct lg_error *error) {
    int64_t count = 1;
    const char *end;
    if (text && (!quantity_decimal(text, 1, &count, &end) || *end || count < 1))
        return lg_fail(error, "bad_argument", "Mend it in the file.", "\"%.40s\" is no number of pieces.",
                       text);
    json_add_integer(item, "count", count);
    return true;
}

// The mark before the cents, or NULL: the last point, or a comma behind which one or two digits stand ("1,234" has none).
static const char *cents_mark(const char *text) {
    const char *comma = strrchr(text, ','), *point = strrchr(text, '.');
    size_t digits = comma ? strspn(comma + 1, "0123456789") : 0;
    bool decimal_comma = comma > point && digits >= 1 && digits <= 2 && comma[1 + digits] == '\0';
    return decimal_comma ? comma : point;
}

// "1,234.50", "1234.5" and "1.234,50" alike.
static bool add_price(cJSON *item, const char *text, struct lg_error *error) {
    char plain[64];
    size_t used = 0;
    int64_t cents;
    const char *end, *mark = text ? cents_mark(text) : NULL;
    for (const char *p = text; p && *p && used < sizeof plain - 1; p++)
        if (p == mark)
            plain[used++] = '.';
        else if (*p != ',' && !(*p == '.' && mark && *mark == ','))
            plain[used++] = *p;
    plain[used] = '\0';
    if (!text)
        return true;
    if (!quantity_decimal(plain, 100, &cents, &end) || *end)
        return lg_fail(error, "bad_argument", "Mend it in the file.", "\"%.40s\" is no price.", text);
    json_add_integer(item, "price_cents", cents);
    return true;
}

static bool order_add_row(cJSON *order, const struct order_columns *columns, const struct csv_row *row,
                          struct lg_error *error) {
    const char *product = cell(columns, row, ORDER_PRODUCT), *title = cell(columns, row, ORDER_TITLE);
    if (!product && !title)
        return true; // a row that tells of payment or postage
    cJSON *item = cJSON_CreateObject();
    json_add_text(item, "product", product);
    json_add_text(item, "title", title);
    if (!add_count(item, cell(columns, row, ORDER_COUNT), error) ||
        !add_price(item, cell(columns, row, ORDER_PRICE), error)) {
        cJSON_Delete(item);
        return false;
    }
    json_add_text(item, "currency", cell(columns, row, ORDER_CURRENCY));
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(order, "items"), item);
    return true;
}

// A line that names somebody else is not of this order: a recall must reach everybody.
static bool same_customer(const cJSON *order, const struct order_columns *columns, const struct csv_row *row,
                          struct lg_error *error) {
    const cJSON *customer = json_get(order, "customer");
    const char *email = json_text(customer, "email"), *other = cell(columns, row, ORDER_EMAIL);
    if (!email && !other) {
        email = json_text(customer, "name");
        other = cell(columns, row, ORDER_NAME);
    }
    return !email || !other || strcasecmp(email, other) == 0 ||
           lg_fail(error, "bad_argument", "Give the other customer's lines a number of their own.",
                   "The rows of order %.60s name two customers: %.60s and %.60s.", json_text(order, "order"),
                   email, other);
}

bool order_continue(cJSON *order, const struct order_columns *columns, const struct csv_row *row,
                    struct lg_error *error) {
    return same_customer(order, columns, row, error) && order_add_row(order, columns, row, error);
}

bool order_begin(cJSON **order, const struct order_columns *columns, const struct csv_row *row,
                 struct lg_error *error) {
    const char *number = order_number_of(columns, row), *time = cell(columns, row, ORDER_TIME);
    int64_t us;
    *order = NULL;
    if (!number)
        return lg_fail(error, "bad_argument", "Mend it in the file.", "The row has no order number.");
    if (time && !order_time(time, &us))
        return lg_fail(error, "bad_argument", "Mend it in the file.", "\"%.40s\" is no date.", time);
    cJSON *made = cJSON_CreateObject(), *customer = cJSON_CreateObject();
    json_add_text(made, "order", number);
    if (time)
        json_add_integer(made, "ordered_us", us);
    json_add_text(customer, "name", cell(columns, row, ORDER_NAME));
    json_add_text(customer, "email", cell(columns, row, ORDER_EMAIL));
    json_add_text(customer, "phone", unguarded(cell(columns, row, ORDER_PHONE)));
    add_address(customer, columns, row);
    json_add(made, "customer", customer);
    json_add(made, "items", cJSON_CreateArray());
    if (order_add_row(made, columns, row, error)) {
        *order = made;
        return true;
    }
    cJSON_Delete(made);
    return false;
}
