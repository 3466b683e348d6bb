// The pure parts of serve: addresses, arguments, guards, statuses, the OpenAPI document, pictures.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "guard.h"
#include "json.h"
#include "listen.h"
#include "openapi.h"
#include "ops.h"
#include "picture.h"
#include "route.h"

static const struct route *find(const char *method, const char *path, char id[ROUTE_ID_MAX]) {
    char allow[ROUTE_ALLOW_MAX];
    struct lg_error error;
    const struct route *route = route_find(method, path, id, allow, &error);
    if (!route)
        fail_msg("%s %s: %s", method, path, error.message);
    return route;
}

static void chooses_the_form_that_is_wanted_most(void **state) {
    static const struct {
        const char *headers[2];
        enum accept_form of_both, of_json;
    } cases[] = {
        {{NULL}, ACCEPT_JSON, ACCEPT_JSON},
        {{""}, ACCEPT_JSON, ACCEPT_JSON},
        {{" , ,"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"*/*"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"application/json"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"application/*"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"text/csv"}, ACCEPT_CSV, ACCEPT_NONE},
        {{"Text/CSV ; header=present"}, ACCEPT_CSV, ACCEPT_NONE},
        {{"text/*"}, ACCEPT_CSV, ACCEPT_NONE},
        {{"text/csv, application/json"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"text/csv,*/*"}, ACCEPT_CSV, ACCEPT_JSON},
        {{"text/csv", "application/json;q=0.999"}, ACCEPT_CSV, ACCEPT_JSON},
        {{"application/json;q=0.5", "text/csv;level=1;q=0.6"}, ACCEPT_CSV, ACCEPT_JSON},
        {{"text/csv;q=0.1,*/*;q=0.2"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"*/*,application/json;q=0"}, ACCEPT_CSV, ACCEPT_NONE},
        {{"text/csv;q=0"}, ACCEPT_NONE, ACCEPT_NONE},
        {{"text/csvx, xtext/csv, text"}, ACCEPT_NONE, ACCEPT_NONE},
        {{"text/csv;q=high"}, ACCEPT_CSV, ACCEPT_NONE},
        {{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, ACCEPT_JSON, ACCEPT_JSON},
        {{"text/csv;"}, ACCEPT_CSV, ACCEPT_NONE},
        {{";;q=,;q=1;q"}, ACCEPT_JSON, ACCEPT_JSON},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct accept accept = {.given = false};
        for (int n = 0; n < 2 && cases[i].headers[n]; n++)
            accept_add(&accept, cases[i].headers[n]);
        if (accept_choose(&accept, true) != cases[i].of_both ||
            accept_choose(&accept, false) != cases[i].of_json)
            fail_msg("%s: %d, %d", cases[i].headers[0], accept_choose(&accept, true),
                     accept_choose(&accept, false));
    }
}

static void each_list_of_rows_has_its_columns(void **state) {
    int lists = 0;
    ROUTE_EACH(route) {
        const struct listing *listing = route_listing(route);
        size_t length = route->op ? strlen(route->op) : 0;
        bool named = length > 5 && strcmp(route->op + length - 5, ".list") == 0;
        if (strcmp(route->method, "GET") == 0 && named && !listing)
            fail_msg("%s has no CSV", route->pattern);
        lists += listing != NULL;
        if (listing)
            assert_true(listing->columns[0].title && strcmp(route->method, "GET") == 0);
    }
    assert_true(lists > 24);
}

static void finds_every_route_by_its_own_pattern(void **state) {
    ROUTE_EACH(route) {
        char path[256] = "", id[ROUTE_ID_MAX];
        for (const char *p = route->pattern; *p; p++) {
            if (*p == '{')
                strcat(path, "some-1");
            size_t length = strlen(path);
            if (*p == '{')
                p = strchr(p, '}');
            else
                path[length] = *p;
        }
        // A literal segment and a parameter of the same shape would shadow each other: none may.
        assert_ptr_equal(find(route->method, path, id), route);
        assert_string_equal(id, strchr(route->pattern, '{') ? "some-1" : "");
    }
}

static void every_operation_that_a_route_names_exists(void **state) {
    ROUTE_EACH(route) {
        if (!route->op || route->kind == ROUTE_PAGE)
            continue;
        const char *const *names = route_arguments_of(route->op);
        if (!names)
            fail_msg("%s names %s", route->pattern, route->op);
        bool taken = !route->argument;
        for (; *names; names++)
            taken = taken || strcmp(**names == '!' ? *names + 1 : *names, route->argument) == 0;
        if (!taken)
            fail_msg("%s does not take %s", route->op, route->argument);
    }
}

static void decodes_a_name_after_the_path_is_split(void **state) {
    char id[ROUTE_ID_MAX];
    assert_string_equal(find("GET", "/api/v1/lots/ACR-1126-001%2F1", id)->op, "lot.show");
    assert_string_equal(id, "ACR-1126-001/1");
    assert_string_equal(find("HEAD", "/api/v1/lots", id)->op, "lot.list");
}

static void refuses_addresses(const char *method, const char *path, const char *code, const char *allowed) {
    char id[ROUTE_ID_MAX], allow[ROUTE_ALLOW_MAX];
    struct lg_error error;
    assert_null(route_find(method, path, id, allow, &error));
    assert_string_equal(error.code, code);
    assert_string_equal(allow, allowed);
    assert_true(error.what_to_do[0]);
}

static void refuses_what_is_not_an_address(void **state) {
    char longer[ROUTE_ID_MAX + 32] = "/api/v1/lots/";
    memset(longer + strlen(longer), 'a', ROUTE_ID_MAX); // one more than route.c's matches() lets in
    refuses_addresses("GET", "/api/v1/nothing", "not_found", "");
    refuses_addresses("GET", "/api/v1/lots/", "not_found", "");
    refuses_addresses("GET", "/api/v1/lots/a/b/c", "not_found", "");
    refuses_addresses("GET", "", "not_found", "");
    refuses_addresses("GET", longer, "not_found", "");
    refuses_addresses("DELETE", "/api/v1/lots", "method_not_allowed", "GET, POST");
    refuses_addresses("PUT", "/api/v1/lots/x/release", "method_not_allowed", "POST");
    const char *const bad[] = {"/api/v1/lots/%",      "/api/v1/lots/%4",       "/api/v1/lots/%zz",
                               "/api/v1/lots/%00",    "/api/v1/lots/a%0ab",    "/api/v1/lots/%ff",
                               "/api/v1/lots/%c0%af", "/api/v1/lots/%ed%a0%80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses_addresses("GET", bad[i], "bad_argument", "");
}

static cJSON *arguments(const char *method, const char *path, struct route_pair *query, size_t pairs,
                        const char *body, struct lg_error *error) {
    char id[ROUTE_ID_MAX];
    const struct route *route = find(method, path, id);
    return route_arguments(route, id, query, pairs, body, strlen(body), error);
}

static void makes_arguments_of_path_query_and_body(void **state) {
    struct lg_error error;
    struct route_pair query[] = {{"limit", "5"}, {"after", "JOB-000004"}, {"state", "completed"}};
    cJSON *args = arguments("GET", "/api/v1/jobs", query, 3, "", &error);
    int64_t limit;
    assert_true(json_integer(args, "limit", &limit));
    assert_int_equal(limit, 5);
    assert_string_equal(json_text(args, "after"), "JOB-000004");
    assert_string_equal(json_text(args, "state"), "completed");
    cJSON_Delete(args);
    args = arguments("POST", "/api/v1/machines/laser1/declare", NULL, 0,
                     "{\"lots\":[{\"lot\":\"A\"}],\"count\":10}", &error);
    assert_string_equal(json_text(args, "machine"), "laser1");
    assert_int_equal(cJSON_GetArraySize(json_get(args, "lots")), 1);
    cJSON_Delete(args);
    // The body may repeat the name, but not give another.
    args = arguments("POST", "/api/v1/lots/A/release", NULL, 0, "{\"lot\":\"A\"}", &error);
    assert_string_equal(json_text(args, "lot"), "A");
    cJSON_Delete(args);
}

static void refuses_arguments(void **state) {
    struct route_pair unknown[] = {{"colour", "red"}}, twice[] = {{"state", "a"}, {"state", "b"}};
    const struct {
        const char *method, *path, *body, *code;
        struct route_pair *query;
        size_t pairs;
    } cases[] = {
        {"GET", "/api/v1/jobs", "", "bad_argument", unknown, 1},
        {"GET", "/api/v1/jobs", "", "bad_argument", twice, 2},
        {"GET", "/api/v1/events", "", "bad_argument", unknown, 1},
        {"POST", "/api/v1/lots/A/release", "{\"lot\":\"B\"}", "bad_argument", NULL, 0},
        {"POST", "/api/v1/lots/A/release", "{\"lot\":7}", "bad_argument", NULL, 0},
        {"POST", "/api/v1/lots", "[]", "bad_argument", NULL, 0},
        {"POST", "/api/v1/lots", "7", "bad_argument", NULL, 0},
        {"POST", "/api/v1/lots", "{", "bad_json", NULL, 0},
        {"POST", "/api/v1/lots", "{} x", "bad_json", NULL, 0},
        {"POST", "/api/v1/lots", "{\"a\":1,\"a\":2}", "bad_json", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lg_error error;
        assert_null(
            arguments(cases[i].method, cases[i].path, cases[i].query, cases[i].pairs, cases[i].body, &error));
        assert_string_equal(error.code, cases[i].code);
    }
}

static void gives_each_error_its_status(void **state) {
    char id[ROUTE_ID_MAX];
    const struct route *declare = find("POST", "/api/v1/machines/laser1/declare", id);
    const struct route *show = find("GET", "/api/v1/lots/A", id), *lookup = find("GET", "/api/v1/lookup", id);
    assert_int_equal(route_status(declare, "no_such_lot"), 409); // the body names the lot
    assert_int_equal(route_status(declare, "no_such_machine"), 404);
    assert_int_equal(route_status(show, "no_such_lot"), 404);
    assert_int_equal(route_status(lookup, "no_such_code"), 404);
    assert_int_equal(route_status(declare, "lot_quarantined"), 409);
    assert_int_equal(route_status(declare, "already_declared"), 409);
    assert_int_equal(route_status(declare, "ledger_unavailable"), 503);
    assert_int_equal(route_status(NULL, "not_found"), 404);
    assert_int_equal(route_status(NULL, "method_not_allowed"), 405);
    assert_int_equal(route_status(declare, "bad_json"), 400);
    assert_int_equal(route_status(declare, "too_large"), 413);
}

static void knows_where_an_operation_is_done(void **state) {
    assert_true(route_goes_away("machine.declare"));
    assert_true(route_goes_away("machine.live"));
    for (const struct trace_op *const *family = trace_ops; *family; family++)
        for (const struct trace_op *op = *family; op->name; op++)
            assert_true(!op->writes ||
                        route_goes_away(op->name)); // nothing that writes may run on the reading connection
    assert_false(route_goes_away("lot.list"));
    assert_false(route_goes_away("no.such"));
}

// --- guards

static void refuses_framing_that_can_be_read_two_ways(void **state) {
    struct lg_error error;
    uint64_t length;
    struct guard_headers good = {.hosts = 1, .http11 = true, .lengths = 1, .length = "12"};
    assert_true(guard_framing(&good, &length, &error));
    assert_int_equal(length, 12);
    const struct guard_headers bad[] = {
        {.hosts = 2, .http11 = true},
        {.hosts = 0, .http11 = true},
        {.hosts = 1, .lengths = 2, .length = "12"},
        {.hosts = 1, .lengths = 1, .length = "12", .encodings = 1, .encoding = "chunked"},
        {.hosts = 1, .encodings = 2, .encoding = "chunked"},
        {.hosts = 1, .encodings = 1, .encoding = "gzip, chunked"},
        {.hosts = 1, .lengths = 1, .length = "12x"},
        {.hosts = 1, .lengths = 1, .length = "-1"},
        {.hosts = 1, .lengths = 1, .length = ""},
        {.hosts = 1, .lengths = 1, .length = "9999999999999999"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(guard_framing(&bad[i], &length, &error));
        assert_string_equal(error.code, "bad_request");
    }
}

static void takes_only_names_of_this_computer(void **state) {
    const char *const good[] = {"127.0.0.1:8390", "localhost:8390", "LOCALHOST:8390", "127.3.2.1:8390",
                                "[::1]:8390"};
    const char *const bad[] = {"evil.example:8390",
                               "127.0.0.1.evil.example:8390",
                               "localhost.evil:8390",
                               "10.0.0.1:8390",
                               "[::2]:8390",
                               "localhost:8391",
                               "localhost",
                               "",
                               ":8390",
                               "[::1:8390",
                               "localhost:8390x",
                               "localhost:",
                               "localhost:999999",
                               "127.1:8390"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!guard_host(good[i], 8390))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (guard_host(bad[i], 8390))
            fail_msg("%s", bad[i]);
    assert_true(guard_host("localhost:99", 0));
    assert_false(guard_host("evil.example:99", 0));
    assert_false(guard_host(NULL, 0));
}

static void takes_only_its_own_pages_and_no_forms(void **state) {
    assert_true(guard_origin("http://127.0.0.1:8390", "127.0.0.1:8390"));
    assert_false(guard_origin("http://127.0.0.1:8391", "127.0.0.1:8390"));
    assert_false(guard_origin("https://127.0.0.1:8390", "127.0.0.1:8390"));
    assert_false(guard_origin("null", "127.0.0.1:8390"));
    assert_false(guard_origin("http://evil.example", "127.0.0.1:8390"));
    assert_true(guard_is_json("application/json"));
    assert_true(guard_is_json("Application/JSON; charset=utf-8"));
    assert_false(guard_is_json("application/jsonp"));
    assert_false(guard_is_json("text/plain"));
    assert_false(guard_is_json(NULL));
    assert_true(guard_is_form("multipart/form-data; boundary=x"));
    assert_true(guard_is_form("text/plain"));
    assert_true(guard_is_form(NULL));
    assert_false(guard_is_form("application/pdf"));
}

static void listens_on_the_loopback_alone(void **state) {
    struct sockaddr_storage address;
    socklen_t length;
    struct lg_error error;
    const char *const good[] = {"127.0.0.1:8390", "127.0.0.1:0", "[::1]:8390", "localhost:1"};
    const char *const elsewhere[] = {"0.0.0.0:8390", "[::]:8390", "192.168.1.5:80", "[fe80::1]:80"};
    const char *const wrong[] = {
        "",     "8390", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:80x", "name.example:80",
        "[]:80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!listen_parse(good[i], &address, &length, &error))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        assert_false(listen_parse(elsewhere[i], &address, &length, &error));
        assert_string_equal(error.code, "login_needed");
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(listen_parse(wrong[i], &address, &length, &error));
        assert_string_equal(error.code, "bad_argument");
    }
}

// --- documents made here

static void documents_every_route_and_nothing_else(void **state) {
    struct text text;
    struct lg_error error;
    openapi_write(&text);
    assert_false(text.failed);
    cJSON *document = json_parse(text.data, text.length, false, &error);
    assert_non_null(document);
    text_free(&text);
    assert_string_equal(json_text(document, "openapi"), "3.1.0");
    const cJSON *paths = json_get(document, "paths"), *path, *method;
    int documented = 0, known = 0;
    cJSON_ArrayForEach(path, paths) cJSON_ArrayForEach(method, path) {
        const cJSON *answers = json_get(method, "responses");
        assert_true(cJSON_GetArraySize(answers) > 1);
        documented++;
    }
    ROUTE_EACH(route) {
        if (!route->summary)
            continue;
        const cJSON *entry =
            json_get(json_get(paths, route->pattern), strcmp(route->method, "GET") == 0 ? "get" : "post");
        char status[8];
        snprintf(status, sizeof status, "%u", route->status);
        assert_non_null(json_get(json_get(entry, "responses"), status));
        known++;
    }
    assert_int_equal(documented, known);
    cJSON_Delete(document);
}

static char *draw(const char *json, size_t limit) {
    struct lg_error error;
    struct text svg;
    size_t length;
    cJSON *path = json_parse(json, strlen(json), false, &error);
    text_init(&svg, limit);
    picture_write(&svg, path, "JOB-1 <&>");
    cJSON_Delete(path);
    return text_take(&svg, &length);
}

static void draws_work_rapids_scale_and_size(void **state) {
    char *svg =
        draw("{\"points\":[[0,0,false],[10000,20000,false],[110000,20000,true],[110000,70000,true],[0,0,0]]}",
             PICTURE_MAX);
    // Y grows upwards on the machine: it is negated on the way into SVG.
    assert_non_null(strstr(svg, "class=\"w\" d=\"M10.000 -20.000L110.000 -20.000L110.000 -70.000\""));
    assert_non_null(strstr(svg, "class=\"r\" d=\"M0.000 0.000L10.000 -20.000M110.000 -70.000L0.000 0.000\""));
    assert_non_null(strstr(svg, ">20 mm<"));
    assert_non_null(strstr(svg, ">100.0 × 50.0 mm<"));
    assert_non_null(strstr(svg, "JOB-1 &lt;&amp;&gt;"));
    assert_non_null(strstr(svg, "prefers-color-scheme:dark"));
    free(svg);
}

static void draws_what_is_odd_too(void **state) {
    char *svg = draw("{\"points\":[]}", PICTURE_MAX);
    assert_non_null(strstr(svg, "no path was recorded"));
    free(svg);
    svg = draw("{\"points\":[[0,0,false],[1000000,0,true]]}", PICTURE_MAX); // a line without height
    assert_non_null(strstr(svg, "1000.0 × 0.0 mm"));
    free(svg);
    svg = draw("{\"points\":[[\"a\",0,1],[1],{},null,[5,5,true]]}", PICTURE_MAX);
    assert_non_null(strstr(svg, "</svg>"));
    free(svg);
    svg = draw("{}", PICTURE_MAX);
    assert_non_null(strstr(svg, "</svg>"));
    free(svg);
}

static void stops_at_the_limit_of_a_text(void **state) {
    assert_null(draw("{\"points\":[[0,0,false],[10000,20000,true]]}", 600)); // text.c text_grow() keeps it
    struct text text;
    size_t length;
    text_init(&text, 8);
    text_puts(&text, "12345678");
    assert_false(text.failed);
    text_puts(&text, "9");
    assert_true(text.failed);
    assert_null(text_take(&text, &length));
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    text_init(&text, 4000);
    text_printf(&text, "<%s>", longer); // longer than text_printf's own buffer
    assert_int_equal(text.length, sizeof longer + 1);
    text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_the_form_that_is_wanted_most),
        cmocka_unit_test(each_list_of_rows_has_its_columns),
        cmocka_unit_test(finds_every_route_by_its_own_pattern),
        cmocka_unit_test(every_operation_that_a_route_names_exists),
        cmocka_unit_test(decodes_a_name_after_the_path_is_split),
        cmocka_unit_test(refuses_what_is_not_an_address),
        cmocka_unit_test(makes_arguments_of_path_query_and_body),
        cmocka_unit_test(refuses_arguments),
        cmocka_unit_test(gives_each_error_its_status),
        cmocka_unit_test(knows_where_an_operation_is_done),
        cmocka_unit_test(refuses_framing_that_can_be_read_two_ways),
        cmocka_unit_test(takes_only_names_of_this_computer),
        cmocka_unit_test(takes_only_its_own_pages_and_no_forms),
        cmocka_unit_test(listens_on_the_loopback_alone),
        cmocka_unit_test(documents_every_route_and_nothing_else),
        cmocka_unit_test(draws_work_rapids_scale_and_size),
        cmocka_unit_test(draws_what_is_odd_too),
        cmocka_unit_test(stops_at_the_limit_of_a_text),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
