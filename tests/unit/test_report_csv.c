// CSV files of shops: rows and their lines, columns and their maps.
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "csv_read.h"
#include "json.h"
#include "order_map.h"

static struct {
    char text[8192];
    size_t rows;
    size_t stop_at; // a handler that refuses this row
} got;

static void put(const struct csv_row *row) {
    size_t n = strlen(got.text);
    n += (size_t)snprintf(got.text + n, sizeof got.text - n, "%zu:", row->line);
    if (row->problem)
        n += (size_t)snprintf(got.text + n, sizeof got.text - n, "!%s", row->problem);
    for (size_t i = 0; i < row->count; i++)
        n += (size_t)snprintf(got.text + n, sizeof got.text - n, "%s%s", i ? "|" : "",
                              row->cells[i] ? row->cells[i] : "-");
    snprintf(got.text + n, sizeof got.text - n, "\n");
}

static bool on_header(void *context, const struct csv_row *row, struct lg_error *error) {
    put(row);
    return true;
}

static bool on_row(void *context, const struct csv_row *row, struct lg_error *error) {
    put(row);
    return ++got.rows != got.stop_at || lg_fail(error, "stopped", "", "Stopped.");
}

static bool read_bytes(const char *text, size_t length, struct lg_error *error) {
    static const struct csv_handler handler = {NULL, on_header, on_row};
    size_t stop = got.stop_at;
    memset(&got, 0, sizeof got);
    got.stop_at = stop;
    FILE *f = length ? fmemopen((void *)text, length, "r") : fopen("/dev/null", "r");
    assert_non_null(f);
    bool ok = csv_read(f, &handler, error);
    fclose(f);
    return ok;
}

static bool read_text(const char *text, struct lg_error *error) {
    return read_bytes(text, strlen(text), error);
}

static void reads(const char *text, const char *wanted) {
    struct lg_error error = {0};
    if (!read_text(text, &error))
        fail_msg("%s", error.message);
    assert_string_equal(got.text, wanted);
}

static void rows_are_read_with_their_lines(void **state) {
    reads("a,b\n1,2\n3,4\n", "1:a|b\n2:1|2\n3:3|4\n");
    reads("a,b\r\n1,2\r\n", "1:a|b\n2:1|2\n");
    reads("a,b\n1,2", "1:a|b\n2:1|2\n");
    reads("a,b\n\n\n1,2\n,\n", "1:a|b\n4:1|2\n");
    reads("a,b\n\"x\ny\",2\n3,4\n", "1:a|b\n2:x\ny|2\n4:3|4\n");
    reads("a,b\n\"he said \"\"no\"\"\",=cmd()\n", "1:a|b\n2:he said \"no\"|=cmd()\n");
    reads("\xEF\xBB\xBF"
          "a;b\n1;\"2;3\"\n",
          "1:a|b\n2:1|2;3\n");
    reads("a\tb\n 1 \t\n", "1:a|b\n2:1|-\n");
    reads("a,b\n1\n1,2,,,\n", "1:a|b\n2:1\n3:1|2\n");
}

static void a_bad_row_costs_the_others_nothing(void **state) {
    reads("a,b\n1,\xFF\n3,4\n", "1:a|b\n2:!it is not UTF-8: save the file as UTF-81\n3:3|4\n");
    reads("a,b\n1,2,3\n3,4\n", "1:a|b\n2:!it has more cells than there are columns1|2\n3:3|4\n");
    static char long_cell[CSV_CELL_MAX + 64];
    memset(long_cell, 'x', sizeof long_cell);
    memcpy(long_cell, "a,b\n1,", 6);
    strcpy(long_cell + CSV_CELL_MAX + 10, "\n3,4\n");
    reads(long_cell, "1:a|b\n2:!a cell is too long1\n3:3|4\n");
}

static void what_is_no_csv_is_refused(void **state) {
    struct lg_error error = {0};
    assert_false(read_text("", &error));
    assert_string_equal(error.code, "bad_csv");
    assert_false(read_text("a,b\n1,\"2\n", &error));
    assert_non_null(strstr(error.message, "ends inside quotes"));
    assert_false(read_text("a,b\n1,\"2\"x\n", &error));
    assert_non_null(strstr(error.message, "line 2"));
    got.stop_at = 1;
    assert_false(read_text("a\n1\n2\n", &error));
    got.stop_at = 0;
    assert_string_equal(error.code, "stopped");
    assert_int_equal(got.rows, 1);
}

static void too_many_columns_are_refused(void **state) {
    struct lg_error error = {0};
    char text[2 * CSV_COLUMNS_MAX + 16];
    memset(text, ',', sizeof text);
    memcpy(text + CSV_COLUMNS_MAX, "\nx\n", 4);
    assert_false(read_text(text, &error));
    assert_string_equal(error.code, "bad_csv");
}

// --- maps ------------------------------------------------------------------------------------------------------

static struct order_columns columns;
static const struct order_map *map;
static cJSON *order;
static struct lg_error row_error;

static bool find_columns(void *context, const struct csv_row *row, struct lg_error *error) {
    return order_columns_find(&columns, map, row, error);
}

static bool take_row(void *context, const struct csv_row *row, struct lg_error *error) {
    if (!order)
        return order_begin(&order, &columns, row, error);
    return order_continue(order, &columns, row, error);
}

static bool map_text(const char *name, const char *text) {
    static const struct csv_handler handler = {NULL, find_columns, take_row};
    cJSON_Delete(order);
    order = NULL;
    map = order_map_find(name);
    assert_non_null(map);
    FILE *f = fmemopen((void *)text, strlen(text), "r");
    bool ok = csv_read(f, &handler, &row_error);
    fclose(f);
    return ok;
}

static void shopify_orders_are_understood(void **state) {
    assert_true(map_text(
        "shopify",
        "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
        "Shipping Name,Shipping Address1,Shipping City,Shipping Zip,Shipping Country,Phone,Currency\n"
        "#1001,ada@x.example,2026-11-23 10:06:00 +0100,2,\"Box, small\",\"1,009.95\",BOX,Ada,Main St 1,"
        "Berlin,'10115,DE,'+49 30 1,EUR\n"
        "#1001,ada@x.example,,1,Lid,3,LID,,,,,,,\n"));
    int64_t value;
    assert_true(json_integer(order, "ordered_us", &value));
    assert_int_equal(value, INT64_C(1795424760000000)); // 09:06 UTC
    const cJSON *customer = json_get(order, "customer"), *item = json_get(order, "items")->child;
    assert_string_equal(json_text(customer, "address"), "Main St 1\n10115 Berlin\nDE");
    assert_string_equal(json_text(customer, "phone"), "+49 30 1");
    assert_true(json_integer(item, "price_cents", &value));
    assert_int_equal(value, 100995);
    assert_string_equal(json_text(item->next, "product"), "LID");
}

static void etsy_items_are_understood(void **state) {
    assert_true(map_text(
        "etsy", "Sale Date,Item Name,Buyer,Quantity,Price,Currency,Ship Name,Ship Address1,Ship City,"
                "Ship State,Ship Zipcode,Ship Country,Order ID,SKU\n"
                "11/23/26,Coaster,bob99,4,12.50,USD,Bob Ray,1 Elm,Austin,TX,73301,United States,"
                "3141592653,COA-1\n"));
    assert_string_equal(json_text(order, "order"), "3141592653");
    assert_string_equal(json_text(json_get(order, "customer"), "name"), "Bob Ray");
    assert_string_equal(json_text(json_get(order, "customer"), "address"),
                        "1 Elm\n73301 Austin\nTX\nUnited States");
}

static void what_an_order_needs_must_be_there(void **state) {
    assert_false(map_text("shopify", "Name,Email\n#1,a@b\n"));
    assert_string_equal(row_error.code, "missing_column");
    assert_non_null(strstr(row_error.message, "Lineitem name"));
    assert_false(map_text("plain", "order,name,title\n,Ada,Box\n"));
    assert_non_null(strstr(row_error.message, "no order number"));
    assert_false(map_text("plain", "order,name,title,count\n1,Ada,Box,1.5\n"));
    assert_false(map_text("plain", "order,name,title,price\n1,Ada,Box,9.955\n"));
    assert_false(map_text("plain", "order,name,title,ordered\n1,Ada,Box,soon\n"));
    cJSON_Delete(order);
    order = NULL;
}

static void an_order_is_of_one_customer(void **state) {
    assert_false(
        map_text("plain", "order,name,email,title\n1,Ada,ada@x.example,Box\n1,Zoe,zoe@x.example,Lid\n"));
    assert_non_null(strstr(row_error.message, "two customers: ada@x.example and zoe@x.example"));
    assert_false(map_text("plain", "order,name,title\n1,Ada,Box\n1,Zoe,Lid\n"));
    assert_true(map_text("plain",
                         "order,name,email,title\n1,Ada,ada@x.example,Box\n1,,ADA@x.example,Lid\n1,,,Lid\n"));
    cJSON_Delete(order);
    order = NULL;
}

static void prices_are_understood(void **state) {
    static const struct {
        const char *text;
        int64_t cents;
    } prices[] = {{"9.95", 995},
                  {"\"9,95\"", 995},
                  {"\"9,5\"", 950},
                  {"\"1,234\"", 123400},
                  {"\"1,234.50\"", 123450},
                  {"\"1.234,50\"", 123450},
                  {"\"1,234,567.5\"", 123456750},
                  {"7", 700}};
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++) {
        char text[128];
        int64_t cents = 0;
        snprintf(text, sizeof text, "order,name,title,price\n1,Ada,Box,%s\n", prices[i].text);
        assert_true(map_text("plain", text));
        assert_true(json_integer(json_get(order, "items")->child, "price_cents", &cents));
        assert_int_equal(cents, prices[i].cents);
    }
    cJSON_Delete(order);
    order = NULL;
}

static void dates_of_shops_are_understood(void **state) {
    static const struct {
        const char *text;
        int64_t seconds; // since 2026-11-23T00:00:00Z
    } dates[] = {{"2026-11-23", 0},
                 {"11/23/26", 0},
                 {"11/23/2026", 0},
                 {"23.11.2026", 0},
                 {"Nov 23, 2026", 0},
                 {"2026-11-23T01:00:00Z", 3600},
                 {"2026-11-23 01:00:00 -0500", 6 * 3600}};
    int64_t us;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        if (!order_time(dates[i].text, &us))
            fail_msg("%s", dates[i].text);
        assert_int_equal(us, (INT64_C(1795392000) + dates[i].seconds) * 1000000);
    }
    assert_false(order_time("13/13/2026", &us));
    assert_false(order_time("11/23/26 later", &us));
}

static void a_map_of_ones_own_is_read_strictly(void **state) {
    struct lg_error error = {0};
    cJSON *good = cJSON_Parse("{\"order\":\"Nr\",\"name\":[\"Firma\",\"Name\"],\"title\":\"Artikel\"}"),
          *bad = cJSON_Parse("{\"ordre\":\"Nr\"}"), *empty = cJSON_Parse("{\"order\":[1]}"),
          *many = cJSON_Parse("{\"order\":[\"a\",\"b\",\"c\",\"d\"]}");
    struct order_map *own = order_map_parse(good, &error);
    assert_non_null(own);
    assert_string_equal(own->columns[ORDER_NAME][1], "Name");
    order_map_free(own);
    assert_null(order_map_parse(bad, &error));
    assert_string_equal(error.code, "unknown_key");
    assert_null(order_map_parse(empty, &error));
    assert_null(order_map_parse(many, &error));
    cJSON_Delete(good);
    cJSON_Delete(bad);
    cJSON_Delete(empty);
    cJSON_Delete(many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_with_their_lines),
        cmocka_unit_test(a_bad_row_costs_the_others_nothing),
        cmocka_unit_test(what_is_no_csv_is_refused),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(shopify_orders_are_understood),
        cmocka_unit_test(etsy_items_are_understood),
        cmocka_unit_test(what_an_order_needs_must_be_there),
        cmocka_unit_test(an_order_is_of_one_customer),
        cmocka_unit_test(prices_are_understood),
        cmocka_unit_test(dates_of_shops_are_understood),
        cmocka_unit_test(a_map_of_ones_own_is_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
