// Lists: every order of every list is total, its pages laid end to end are the whole, and it stands in an index.
#include "ledger_help.h"

#include <sqlite3.h>

#include "demo.h"
#include "lists.h"
#include "queries.h"

#define ROWS                                                                                                 \
    1000 // of one page at the most; no list of the test's shop has so many but the events and the jobs

// The operation that asks each list, and the member of its rows that `after` takes.
static const struct listing {
    const char *query, *op, *member;
    bool small; // never grows beyond what one page of it costs
} listings[] = {
    {"supplier_list", "supplier.list", "supplier", true},
    {"material_list", "material.list", "material", true},
    {"operator_list", "operator.list", "operator", true},
    {"lot_list", "lot.list", "lot", false},
    {"document_list", "document.list", "document", false},
    {"machine_list", "machine.list", "machine", true},
    {"declaration_list", "declaration.list", "declaration", false},
    {"job_list", "job.list", "job", false},
    {"record_list", "record.list", "record", false},
    {"note_list", "note.list", "note", false},
    {"correction_log", "correction.list", "correction", false},
    {"event_list", "event.list", "seq", false},
    {"product_list", "product.list", "product", true},
    {"unit_list", "unit.list", "unit", false},
    {"customer_list", "customer.list", "customer", false},
    {"order_list", "order.list", "order", false},
    {"shipment_list", "shipment.list", "shipment", false},
    {"nonconformance_list", "nonconformance.list", "nonconformance", false},
    {"procedure_list", "procedure.list", "seq", true},
    {"training_list", "training.list", "seq", true},
    {"recall_list", "recall.list", "recall", true},
    {NULL, NULL, NULL, false},
};

static void repeat(struct help *h, int count, const char *op, const char *args) {
    for (int i = 0; i < count; i++)
        help_do(h, op, args);
}

// What demo-data does not make: documents, notes, corrections, people, recalls. Some texts are the same, some are absent.
static void furnish(struct help *h) {
    char args[512];
    static const char *const forms[] = {",\"form\":\"sheet\"", ",\"form\":\"rod\",\"grade\":\"1.4301\"", ""};
    for (int i = 0; i < 9; i++) {
        snprintf(args, sizeof args, "{\"supplier\":\"S%d\",\"name\":\"same\"}", i);
        help_do(h, "supplier.add", args);
        snprintf(args, sizeof args, "{\"material\":\"Q%d\",\"name\":\"same\"%s}", i, forms[i % 3]);
        help_do(h, "material.add", args);
        snprintf(args, sizeof args, "{\"operator\":\"X%d\",\"name\":\"same\"}", i);
        help_do(h, "operator.add", args);
        snprintf(args, sizeof args, "{\"machine\":\"m%d\",\"board\":\"b%d\",\"kind\":\"laser\"}", i, i % 2);
        help_do(h, "machine.register", args);
        snprintf(args, sizeof args, "{\"product\":\"P%d\",\"name\":\"same\"}", i);
        help_do(h, "product.add", args);
        snprintf(args, sizeof args, "{\"procedure\":\"R%d\",\"title\":\"same\"}", i % 4);
        help_do(h, "procedure.issue", args);
        char paper[32];
        snprintf(paper, sizeof paper, "%%PDF-1.4 %d", i);
        snprintf(args, sizeof args,
                 "{\"lot\":\"" DEMO_STORY_LOT "\",\"sha256\":%s,\"name\":\"n\",\"kind\":\"mtr\"%s}",
                 help_store(h, paper), i % 2 ? ",\"expires\":\"2027-01-01\"" : "");
        help_do(h, "document.attach", args);
        snprintf(
            args, sizeof args,
            "{\"material\":\"Q%d\",\"supplier\":\"S%d\",\"supplier_lot\":\"x\",\"quantity\":\"2sheet\"%s}",
            i % 2, i % 3, i % 2 ? ",\"expires\":\"2027-01-01\"" : "");
        help_do(h, "lot.receive", args);
        snprintf(args, sizeof args, "{\"operator\":\"X%d\",\"procedure\":\"R0\"}", i);
        help_do(h, "training.sign", args);
    }
    for (int i = 1; i <= 4; i++) {
        snprintf(args, sizeof args, "{\"lot\":\"Q0-1126-00%d\"}", i);
        help_do(h, "lot.release", args);
    }
    help_do(h, "lot.merge", "{\"lots\":[\"Q0-1126-001\",\"Q0-1126-002\"]}"); // lots without a supplier
    help_do(h, "lot.merge", "{\"lots\":[\"Q0-1126-003\",\"Q0-1126-004\"]}");
    repeat(h, 7, "note.add", "{\"subject\":\"" DEMO_STORY_LOT "\",\"text\":\"seen\"}");
    repeat(h, 7, "note.add", "{\"subject\":\"m1\",\"text\":\"seen\"}");
    repeat(h, 7, "nonconformance.open", "{\"subject\":\"m1\",\"text\":\"bent\"}");
    repeat(h, 5, "recall.open", "{\"lot\":\"" DEMO_STORY_LOT "\",\"reason\":\"exercise\",\"mock\":true}");
    cJSON *received = help_ask(h, "event.list", "{\"kind\":\"lot.received\",\"limit\":1}");
    snprintf(args, sizeof args,
             "{\"event\":%d,\"field\":\"supplier_lot\",\"value\":\"y\",\"reason\":\"misread\"}",
             json_get(received->child, "seq")->valueint);
    cJSON_Delete(received);
    repeat(h, 6, "correction.add", args);
}

static int setup(void **state) {
    static struct help h;
    struct demo_options options = {.machines = 3, .customers = 40, .jobs = 150, .seed = 7};
    help_setup(&h);
    assert_true(demo_fill(h.ledger, &options, &h.error));
    furnish(&h);
    *state = &h;
    return 0;
}

static cJSON *page(struct help *h, const struct listing *l, const char *sort, const cJSON *after,
                   int64_t limit) {
    struct trace_context context = {"test", h->now_us};
    cJSON *args = cJSON_CreateObject(), *rows;
    json_add_text(args, "sort", sort);
    json_add_integer(args, "limit", limit);
    if (after)
        json_add(args, "after", cJSON_Duplicate(after, true));
    if (!trace_run(h->ledger, l->op, &context, args, &rows, &h->error))
        fail_msg("%s by %s: %s", l->op, sort, h->error.message);
    cJSON_Delete(args);
    return rows;
}

static const char *id_of(const struct listing *l, const cJSON *row, char text[256]) {
    const cJSON *id = json_get(row, l->member);
    assert_non_null(id);
    snprintf(text, 256, "%s%.0f", cJSON_IsString(id) ? id->valuestring : "#",
             cJSON_IsNumber(id) ? id->valuedouble : 0);
    return text;
}

// One more row in each list that can grow by one act.
static void grow(struct help *h) {
    static int n;
    char args[256];
    n++;
    snprintf(args, sizeof args, "{\"supplier\":\"A%d\",\"name\":\"new\"}", n);
    help_do(h, "supplier.add", args);
    snprintf(args, sizeof args, "{\"customer\":\"A%d\",\"name\":\"new\"}", n);
    help_do(h, "customer.add", args);
    snprintf(args, sizeof args, "{\"order\":\"A%d\",\"customer\":\"A%d\"}", n, n);
    help_do(h, "order.add", args);
    snprintf(args, sizeof args, "{\"machine\":\"m%d\",\"lines\":1}", n % 9);
    help_do(h, "job.dry_run", args);
    help_do(h, "lot.receive",
            "{\"material\":\"Q0\",\"supplier\":\"S0\",\"supplier_lot\":\"z\",\"quantity\":\"1sheet\"}");
    help_do(h, "note.add", "{\"subject\":\"m1\",\"text\":\"new\"}");
}

// The ids of `whole` in order, each found once in the pages; what came in between may stand there too.
static void pages_are(struct help *h, const struct listing *l, const char *sort, const cJSON *whole,
                      bool growing) {
    const cJSON *expected = whole->child;
    cJSON *after = NULL, *rows, *row;
    char one[256], other[256];
    int size = 1, count, limit;
    do {
        limit = 1 + (size = (size * 7 + 3) % 31);
        rows = page(h, l, sort, after, limit);
        count = cJSON_GetArraySize(rows);
        cJSON_ArrayForEach(row, rows) {
            bool same = expected && strcmp(id_of(l, row, one), id_of(l, expected, other)) == 0;
            if (!same && !growing)
                fail_msg("%s by %s: %s instead of %s", l->op, sort, one, expected ? other : "the end");
            expected = same ? expected->next : expected;
        }
        cJSON_Delete(after);
        after =
            count ? cJSON_Duplicate(json_get(cJSON_GetArrayItem(rows, count - 1), l->member), true) : NULL;
        cJSON_Delete(rows);
        if (growing && limit % 5 == 0)
            grow(h);
    } while (count == limit);
    cJSON_Delete(after);
    if (expected)
        fail_msg("%s by %s: %s was not on any page", l->op, sort, id_of(l, expected, other));
}

static void ids_are_different(const struct listing *l, const char *sort, const cJSON *rows) {
    char one[256], other[256];
    for (const cJSON *a = rows->child; a; a = a->next)
        for (const cJSON *b = a->next; b; b = b->next)
            if (strcmp(id_of(l, a, one), id_of(l, b, other)) == 0)
                fail_msg("%s by %s: %s twice", l->op, sort, one);
}

// Where the sort's field is a member of the rows: is its order what it says?
static void order_is(const struct listing *l, const char *sort, const char *field, bool down,
                     const cJSON *rows) {
    for (const cJSON *a = rows->child; a && a->next; a = a->next) {
        const cJSON *x = json_get(a, field), *y = json_get(a->next, field);
        int64_t left, right;
        int way = 0;
        if (json_integer(a, field, &left) && json_integer(a->next, field, &right))
            way = (left > right) - (left < right);
        else if (cJSON_IsString(x) && cJSON_IsString(y))
            way = strcmp(x->valuestring, y->valuestring);
        if (down ? way < 0 : way > 0)
            fail_msg("%s by %s: %s", l->op, sort, cJSON_PrintUnformatted(a));
    }
}

static void one_order(struct help *h, const struct listing *l, const char *field, const char *way) {
    char sort[64];
    snprintf(sort, sizeof sort, "%s%s", field, way);
    cJSON *whole = page(h, l, sort, NULL, ROWS);
    assert_true(cJSON_GetArraySize(whole) >= 4);
    ids_are_different(l, sort, whole);
    // a job's place is when it came, which its start may follow; orders are added in the order of their events
    if (strcmp(field, "started") != 0 && strcmp(field, "added") != 0)
        order_is(l, sort, field, strcmp(way, ":desc") == 0, whole);
    if (cJSON_GetArraySize(whole) < ROWS)
        pages_are(h, l, sort, whole, false);
    pages_are(h, l, sort, whole, true);
    cJSON_Delete(whole);
}

static void pages_laid_end_to_end_are_the_list(void **state) {
    struct help *h = *state;
    for (const struct listing *l = listings; l->query; l++)
        for (const struct ledger_sort *s = ledger_list_find(l->query)->sorts; s->field; s++) {
            one_order(h, l, s->field, "");
            one_order(h, l, s->field, ":desc");
        }
}

static void every_list_is_in_the_table_of_this_test(void **state) {
    size_t known = 0, tested = sizeof listings / sizeof *listings - 1;
    for (const struct ledger_list *list = ledger_lists; list->query; list++, known++) {
        int most;
        const struct ledger_named_query *query = ledger_query_find(list->query, &most);
        assert_non_null(query);
        assert_null(strstr(query->sql, "LIMIT :limit")); // it is made
    }
    assert_int_equal(known, tested);
    for (const struct trace_op *const *family = trace_ops; *family; family++)
        for (const struct trace_op *op = *family; op->name; op++) {
            bool after = false, sort = false;
            for (const char *const *a = op->arguments; *a; a++) {
                after |= strcmp(*a, "after") == 0;
                sort |= strcmp(*a, "sort") == 0;
            }
            if (after != sort)
                fail_msg("%s is read page by page and can't be sorted", op->name);
        }
}

static void an_unknown_field_or_row_is_told(void **state) {
    struct help *h = *state;
    static const char *const wrong[] = {"colour", "lot:up",     "lot:", "lot,state",
                                        "seq",    "state:DESC", "l.lot"};
    char args[128];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(args, sizeof args, "{\"sort\":\"%s\"}", wrong[i]);
        help_refused(h, "lot.list", args, "bad_argument");
    }
    help_refused(h, "lot.list", "{\"sort\":\"colour\"}", "bad_argument");
    assert_non_null(
        strstr(h->error.what_to_do, "received, lot, material, state, supplier, supplier_lot, heat, expires"));
    help_refused(h, "lot.list", "{\"sort\":\"state; DROP TABLE lots\"}", "bad_argument");
    help_refused(h, "lot.list", "{\"after\":\"NOTHING-1\"}", "bad_argument");
    help_refused(h, "training.list", "{\"after\":1}", "bad_argument");
    help_do(h, "event.list", "{\"after\":99999999}"); // a number that may come yet
}

// --- the first page, however long the list ----------------------------------------------------------------------

// The query's text without its filters.
static void plain(char out[16384], const char *sql) {
    size_t length = 0;
    for (bool keep = true; *sql; sql++) {
        if (*sql == '{' || *sql == '}')
            keep = *sql == '}';
        else if (keep && *sql != '~')
            out[length++] = *sql;
    }
    out[length] = '\0';
}

// What SQLite would do for it at the top, below nothing else: (id, parent, unused, what).
static void explain(sqlite3 *db, const char *sql, const struct ledger_list *list, const char *sort,
                    int same) {
    static char text[18000];
    sqlite3_stmt *s;
    snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s by %s: %s", list->query, sort, sqlite3_errmsg(db));
    char search[32];
    int compared = -1;
    snprintf(search, sizeof search, "SEARCH %s ", strchr(list->table, ' ') + 1);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(s, 3);
        if (sqlite3_column_int(s, 1) == 0 && strstr(step, "TEMP B-TREE"))
            fail_msg("%s by %s reads the whole table: %s", list->query, sort, step);
        if (sqlite3_column_int(s, 1) != 0 || strncmp(step, search, strlen(search)) != 0)
            continue;
        compared = 0; // "SEARCH j USING INDEX jobs_at (at_us=? AND rowid>?)"
        for (const char *c = step; (c = strchr(c, '?')) != NULL; c++)
            compared++;
    }
    // Behind a row it begins there: every column that is compared is looked for in the index.
    if (same >= 0 && compared != same + 1)
        fail_msg("%s by %s finds the row where it goes on by %d of %d columns", list->query, sort, compared,
                 same + 1);
    sqlite3_finalize(s);
}

static cJSON *sorted(const char *sort, bool next) {
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "sort", sort);
    json_add_text(args, "after", next ? "x" : NULL);
    return args;
}

static void the_orders_of_lists_that_grow_stand_in_indexes(void **state) {
    struct help *h = *state;
    static char sql[16384 + LIST_TAIL_MAX];
    char path[128], tail[LIST_TAIL_MAX];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/ledger.db", h->directory);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (const struct listing *l = listings; l->query; l++) {
        int most;
        const struct ledger_list *list = ledger_list_find(l->query);
        for (const struct ledger_sort *s = list->sorts; s->field && !l->small; s++)
            for (int n = 0; n < 2 * (LIST_COLUMNS_MAX + 1); n++) {
                char sort[64];
                int same = n / 2 - 1; // -1: the first page
                struct ledger_list_order order;
                snprintf(sort, sizeof sort, "%s%s", s->field, n & 1 ? ":desc" : "");
                cJSON *args = sorted(sort, same >= 0);
                assert_true(ledger_list_order(list, args, &order, &h->error));
                cJSON_Delete(args);
                if (same >= order.columns)
                    continue;
                ledger_list_tail(&order, same, tail);
                plain(sql, ledger_query_find(l->query, &most)->sql);
                strcat(sql, tail);
                explain(db, sql, list, sort, same);
            }
    }
    sqlite3_close(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_laid_end_to_end_are_the_list, setup, help_teardown_checked),
        cmocka_unit_test(every_list_is_in_the_table_of_this_test),
        cmocka_unit_test_setup_teardown(an_unknown_field_or_row_is_told, setup, help_teardown_checked),
        cmocka_unit_test_setup_teardown(the_orders_of_lists_that_grow_stand_in_indexes, setup,
                                        help_teardown_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
