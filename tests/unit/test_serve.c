// The HTTP server as a client meets it: real sockets, a real ledger, a backend on another thread.
#include "unit.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "document_store.h"
#include "inbox.h"
#include "serve_help.h"
#include "stream.h"

#define JSON "application/json"

static struct answer get(struct shop *shop, const char *path) {
    return client_ask(shop, false, "GET", path, "", NULL, NULL);
}
static struct answer post(struct shop *shop, const char *path, const char *body) {
    return client_ask(shop, false, "POST", path, "", JSON, body);
}

static void has(struct answer answer, const char *text) {
    if (answer.status != 200 || !strstr(answer.body, text))
        fail_msg("%d, no \"%s\" in: %s", answer.status, text, answer.body);
    answer_free(&answer);
}

// --- answers

static void reads_and_writes_the_ledger(void **state) {
    struct shop *shop = *state;
    has(get(shop, "/api/v1/lots"), "\"lot\":\"ACR-1126-001\"");
    has(get(shop, "/api/v1/lots/ACR-1126-001"), "\"supplier_lot\":\"88-1204\"");
    has(get(shop, "/api/v1/jobs?machine=laser1&limit=1"), "\"state\":\"completed\"");
    has(get(shop, "/api/v1/lookup?code=4711"), "\"type\":\"operator\"");
    answer_is(post(shop, "/api/v1/suppliers", "{\"supplier\":\"B\",\"name\":\"Beta & Söhne\"}"), 201, NULL);
    has(get(shop, "/api/v1/suppliers"), "Beta & Söhne");
    answer_is(post(shop, "/api/v1/suppliers", "{\"supplier\":\"C\"}"), 400, "bad_argument");
    answer_is(get(shop, "/api/v1/lots/NO-1"), 404, "no_such_lot");
    answer_is(get(shop, "/api/v1/nothing"), 404, "not_found");
}

static void declares_or_says_why_not(void **state) {
    struct shop *shop = *state;
    static const char address[] = "/api/v1/machines/laser1/declare";
    answer_is(post(shop, address, "{\"lots\":[{\"lot\":\"NO-1\"}]}"), 409, "no_such_lot");
    answer_is(post(shop, address, "{\"lots\":[]"), 400, "bad_json");
    answer_is(post(shop, address,
                   "{\"lots\":[{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\"}],\"operator\":\"4711\"}"),
              201, NULL);
    has(get(shop, "/api/v1/declarations?machine=laser1"), "ACR-1126-001");
}

static void merges_the_live_view_with_the_ledger(void **state) {
    struct shop *shop = *state;
    struct answer answer = get(shop, "/api/v1/machines/laser1");
    assert_non_null(strstr(answer.body, "\"state\":\"held\""));                     // the loop says it
    assert_non_null(strstr(answer.body, "\"serial_number\":\"TTS55P-2209-0417\"")); // the ledger adds it
    assert_non_null(strstr(answer.body, "\"configured\":true"));
    answer_free(&answer);
    help_do(&shop->help, "machine.register", "{\"machine\":\"old1\",\"board\":\"b\",\"kind\":\"cnc\"}");
    has(get(shop, "/api/v1/machines"), "\"configured\":false");
    has(get(shop, "/api/v1/machines/old1"), "\"state\":\"offline\"");
    answer_is(get(shop, "/api/v1/machines/none"), 404, "no_such_machine");
}

static void says_who_asks(void **state) {
    struct shop *shop = *state;
    has(post(shop, "/api/v1/machines/laser1/hold", "{}"), "panel:laser1");
    // A name that anybody on TCP gives is not believed; the socket's owner is.
    has(client_ask(shop, false, "POST", "/api/v1/machines/laser1/hold", "X-Lotgate-Actor: quality\r\n", JSON,
                   "{}"),
        "panel:laser1");
    has(client_ask(shop, true, "POST", "/api/v1/machines/laser1/hold", "X-Lotgate-Actor: cli:kim\r\n", JSON,
                   "{}"),
        "cli:kim");
}

static void runs_operations_by_name_on_the_socket_alone(void **state) {
    struct shop *shop = *state;
    answer_is(post(shop, "/api/v1/op/lot.list", "{}"), 404, "not_found");
    has(client_ask(shop, true, "POST", "/api/v1/op/lot.list", "", JSON, "{\"limit\":1}"), "ACR-1126-001");
    has(client_ask(shop, true, "POST", "/api/v1/op/supplier.add", "", JSON,
                   "{\"supplier\":\"S2\",\"name\":\"Two\"}"),
        "S2");
    answer_is(client_ask(shop, true, "POST", "/api/v1/op/no.such", "", JSON, "{}"), 404, "not_found");
    answer_is(client_ask(shop, true, "POST", "/api/v1/op/lot.list", "", JSON, "[]"), 400, "bad_argument");
}

static void draws_a_job(void **state) {
    struct answer answer = get(*state, "/api/v1/jobs/JOB-000001/path.svg");
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Content-Type: image/svg+xml"));
    assert_non_null(strstr(answer.body, "M0.000 0.000L100.000 0.000L100.000 -50.000"));
    assert_non_null(strstr(answer.head, "default-src 'none'; style-src 'unsafe-inline'"));
    answer_free(&answer);
    answer_is(get(*state, "/api/v1/jobs/JOB-999999/path.svg"), 404, "no_such_job");
}

static void measures_for_prometheus(void **state) {
    struct answer answer = get(*state, "/metrics");
    static const char *const lines[] = {
        "lotgate_machine_state{machine=\"laser1\",state=\"held\"} 1\n",
        "lotgate_machine_state{machine=\"cnc1\",state=\"held\"} 0\n",
        "# TYPE lotgate_machine_lines_total counter\nlotgate_machine_lines_total{machine=\"laser1\"} 12\nlotgate_machine_lines_total{machine=\"cnc1\"} 3\n",
        "lotgate_uptime_seconds 7\n", "lotgate_http_connections 1\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(answer.body, lines[i]))
            fail_msg("no %s in %s", lines[i], answer.body);
    answer_free(&answer);
}

static void says_whether_it_is_well(void **state) {
    struct shop *shop = *state;
    has(get(shop, "/healthz"), "\"status\":\"ok\"");
    atomic_store(&shop->keep, true); // the loop hangs
    answer_is(get(shop, "/healthz"), 503, "unhealthy");
    shop_release(shop);
    has(get(shop, "/healthz"), "\"status\":\"ok\"");
}

static void gives_pages_with_their_guards(void **state) {
    struct shop *shop = *state;
    static const char *const pages[] = {
        "/",     "/panel/laser1",      "/machines/laser1/jobs", "/jobs",          "/jobs/JOB-000001",
        "/lots", "/lots/ACR-1126-001", "/web/common.js",        "/web/panel.css", "/favicon.ico"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct answer answer = get(shop, pages[i]);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.head, "Content-Security-Policy: default-src 'self'"));
        assert_non_null(strstr(answer.head, "X-Content-Type-Options: nosniff"));
        assert_non_null(strstr(answer.head, "X-Frame-Options: DENY"));
        answer_free(&answer);
    }
    static const char *const outside[] = {"/web/..%2fprofiles%2ftwotrees-tts-55-pro.json",
                                          "/web/../../etc/passwd", "/web/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                                          "/web/none.js", "/etc/passwd"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        answer_is(get(shop, outside[i]), 404, "not_found");
}

static void keeps_documents_by_their_hash(void **state) {
    struct shop *shop = *state;
    static const char address[] =
        "/api/v1/lots/ACR-1126-001/documents?name=cert.pdf&kind=mtr&issuer=Acme%20Mill";
    char path[256], hash[65];
    answer_is(client_ask(shop, false, "POST", address, "", "application/pdf", "%PDF-1 certificate"), 201,
              NULL);
    struct answer answer = get(shop, "/api/v1/lots/ACR-1126-001");
    assert_non_null(strstr(answer.body, "\"issuer\":\"Acme Mill\""));
    const char *sha256 = strstr(answer.body, "\"sha256\":\"");
    assert_non_null(sha256);
    snprintf(hash, sizeof hash, "%.64s", sha256 + 10);
    answer_free(&answer);
    snprintf(path, sizeof path, "/api/v1/documents/%s", hash);
    answer = get(shop, path);
    assert_string_equal(answer.body, "%PDF-1 certificate");
    assert_non_null(strstr(answer.head, "Content-Disposition: attachment"));
    answer_free(&answer);
    // The same file for something else, by its hash.
    snprintf(path, sizeof path, "{\"sha256\":\"%s\",\"name\":\"again.pdf\",\"kind\":\"coc\"}", hash);
    answer_is(post(shop, "/api/v1/lots/ACR-1126-001/documents", path), 201, NULL);
    memset(hash, 'a', 64);
    snprintf(path, sizeof path, "{\"sha256\":\"%s\",\"name\":\"x\",\"kind\":\"coc\"}", hash);
    answer_is(post(shop, "/api/v1/lots/ACR-1126-001/documents", path), 409, "no_such_document");
    answer_is(client_ask(shop, false, "POST", address, "", "application/pdf", ""), 400, "bad_argument");
    answer_is(client_ask(shop, false, "POST", address, "", "multipart/form-data; boundary=x", "x"), 415,
              "not_a_file");
    answer_is(get(shop, "/api/v1/documents/..%2fledger.key"), 404, "not_found");
    answer_is(get(shop, "/api/v1/documents/ledger.key"), 404, "not_found");
}

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static size_t files_stored(const struct shop *shop) {
    char path[128];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/documents", shop->help.directory);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d)
        closedir(d);
    return n;
}

static void a_wrong_file_leaves_nothing(void **state) {
    struct shop *shop = *state;
    static const struct {
        const char *query, *type, *body;
        int status;
        const char *code;
    } cases[] = {
        {"name=a.pdf&kind=mtr", "application/pdf", "GIF89a", 415, "wrong_type"},
        {"name=a.pdf&kind=mtr", "image/png", "%PDF-1.4", 415, "wrong_type"},
        {"name=a.png&kind=mtr", "application/octet-stream", "%PDF-1.4", 415, "wrong_type"},
        {"name=a.pdf&kind=poem", "application/pdf", "%PDF-1.4", 400, "bad_argument"},
        {"name=a.pdf&kind=mtr&type=9", "application/pdf", "%PDF-1.4", 400, "bad_argument"},
        {"name=a.pdf&kind=mtr&supersedes=DOC-9", "application/pdf", "%PDF-1.4", 409, "no_such_document"},
        {"name=a.pdf&kind=mtr&sha256=" HASH "", "application/pdf", "%PDF-1.4", 400, "bad_argument"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[256];
        snprintf(path, sizeof path, "/api/v1/lots/ACR-1126-001/documents?%s", cases[i].query);
        answer_is(client_ask(shop, false, "POST", path, "", cases[i].type, cases[i].body), cases[i].status,
                  cases[i].code);
    }
    answer_is(client_ask(shop, false, "POST", "/api/v1/lots/NO/documents?name=a&kind=mtr", "",
                         "application/pdf", "%PDF-1.4"),
              404, "no_such_lot");
    assert_int_equal(files_stored(shop), 0);
}

static void a_cut_upload_leaves_nothing(void **state) {
    struct shop *shop = *state;
    static const char head[] =
        "POST /api/v1/lots/ACR-1126-001/documents?name=a.pdf&kind=mtr HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/pdf\r\nContent-Length: 100000\r\n\r\n%PDF-1.4";
    int fd = client_open(shop, true);
    client_send(fd, head, strlen(head));
    int64_t deadline = time_monotonic_us() + 10000000;
    while (files_stored(shop) == 0 && time_monotonic_us() < deadline)
        usleep(1000);
    assert_int_equal(files_stored(shop), 1); // the draft
    close(fd);
    while (files_stored(shop) > 0 && time_monotonic_us() < deadline)
        usleep(1000);
    assert_int_equal(files_stored(shop), 0);
}

static void a_photo_comes_with_its_note(void **state) {
    struct shop *shop = *state;
    static const char address[] = "/api/v1/notes?subject=laser1&text=lens%20cracked";
    answer_is(client_ask(shop, false, "POST", address, "", "image/jpeg", "%PDF-1.4"), 415, "wrong_type");
    answer_is(client_ask(shop, false, "POST", address, "", "text/plain", "hello"), 415, "not_json");
    assert_int_equal(files_stored(shop), 0);
    for (int twice = 0; twice < 2; twice++)
        answer_is(client_ask(shop, false, "POST", address, "", "image/jpeg", "\xff\xd8\xff photo"), 201,
                  NULL);
    assert_int_equal(files_stored(shop), 1); // the same picture is stored once
    struct answer answer = get(shop, "/api/v1/notes?subject=laser1");
    assert_non_null(strstr(answer.body, "lens cracked"));
    const char *photo = strstr(answer.body, "\"photo\":\"");
    char path[128];
    assert_non_null(photo);
    snprintf(path, sizeof path, "/api/v1/documents/%.64s", photo + 9);
    answer_free(&answer);
    answer = get(shop, path);
    assert_string_equal(answer.body, "\xff\xd8\xff photo");
    answer_free(&answer);
    answer_is(post(shop, "/api/v1/notes", "{\"subject\":\"laser1\",\"text\":\"x\",\"photo\":\"" HASH "\"}"),
              409, "no_such_document");
}

// The configuration knows the shop's own address; whoever asks need not.
static void the_letter_ends_with_the_shops_address(void **state) {
    struct shop *shop = *state;
    answer_is(post(shop, "/api/v1/lots/ACR-1126-001/inspect", "{\"heat\":\"1\",\"cert_heat\":\"2\"}"), 200,
              NULL);
    has(get(shop, "/api/v1/lots/ACR-1126-001/request"), "Kim's Workshop\\n10115 Berlin");
}

// --- what is not let in

static struct answer raw(struct shop *shop, bool local, const char *text) {
    int fd = client_open(shop, local);
    client_send(fd, text, strlen(text));
    struct answer answer = client_answer(fd);
    close(fd);
    return answer;
}

static void refuses_requests_that_can_be_read_two_ways(void **state) {
    struct shop *shop = *state;
    static const char *const bad[] = {
        "GET /api/v1/lots HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
        "POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = client_open(shop, true);
        client_send(fd, bad[i], strlen(bad[i]));
        answer_is(client_answer(fd), 400, "bad_request");
        assert_true(client_closed(fd)); // nothing that follows on this connection is taken for a request
        close(fd);
    }
}

static void refuses_what_foreign_pages_send(void **state) {
    struct shop *shop = *state;
    char text[512];
    answer_is(raw(shop, false, "GET /api/v1/lots HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 403,
              "host_not_local");
    has(raw(shop, false, "GET /api/v1/lots HTTP/1.1\r\nHost: localhost:1\r\n\r\n"),
        "ACR"); // a forwarded port may read
    snprintf(text, sizeof text,
             "POST /api/v1/notes HTTP/1.1\r\nHost: localhost:1\r\nContent-Type: " JSON
             "\r\nContent-Length: 2\r\n\r\n{}");
    answer_is(raw(shop, false, text), 403, "host_not_local");
    answer_is(client_ask(shop, false, "POST", "/api/v1/notes", "Origin: http://evil.example\r\n", JSON, "{}"),
              403, "foreign_origin");
    answer_is(client_ask(shop, false, "POST", "/api/v1/notes", "Origin: null\r\n", JSON, "{}"), 403,
              "foreign_origin");
    snprintf(text, sizeof text, "Origin: http://127.0.0.1:%d\r\n", serve_port(shop->serve));
    answer_is(client_ask(shop, false, "POST", "/api/v1/notes", text, JSON,
                         "{\"subject\":\"laser1\",\"text\":\"seen\"}"),
              201, NULL);
    answer_is(client_ask(shop, false, "POST", "/api/v1/notes", "", "text/plain", "{}"), 415, "not_json");
    answer_is(
        client_ask(shop, false, "POST", "/api/v1/notes", "", "application/x-www-form-urlencoded", "a=b"), 415,
        "not_json");
}

static void refuses_bodies_over_the_limit(void **state) {
    struct shop *shop = *state;
    char head[256];
    answer_is(raw(shop, true,
                  "POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: " JSON
                  "\r\nContent-Length: 262145\r\n\r\n"),
              413, "too_large"); // SERVE_BODY_MAX + 1, refused before it is sent
    char *body = malloc(SERVE_BODY_MAX + 2);
    assert_non_null(body);
    memset(body, ' ', SERVE_BODY_MAX + 1);
    memcpy(body, "[]", 2);
    for (int extra = 0; extra < 2; extra++) { // exactly at the limit; in chunks, one byte beyond it
        int fd = client_open(shop, true);
        snprintf(head, sizeof head,
                 "POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: " JSON
                 "\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
                 SERVE_BODY_MAX + extra);
        client_send(fd, head, strlen(head));
        client_send(fd, body, (size_t)SERVE_BODY_MAX + (size_t)extra);
        client_send(fd, "\r\n0\r\n\r\n", 7);
        answer_is(client_answer(fd), extra ? 413 : 400, extra ? "too_large" : "bad_argument");
        close(fd);
    }
    free(body);
    snprintf(
        head, sizeof head,
        "POST /api/v1/lots/A/documents?name=a&kind=mtr HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n",
        DOCUMENT_STORE_MAX + 1);
    answer_is(raw(shop, true, head), 413, "too_large");
}

static void refuses_one_connection_too_many(void **state) {
    struct shop *shop = *state;
    static int open[SERVE_CONNECTIONS_MAX];
    for (int i = 0; i < SERVE_CONNECTIONS_MAX; i++) {
        open[i] = client_open(shop, true);
        client_send(open[i], "GET /api/v1/lots HTTP/1.1\r\nHost: x\r\n\r\n", 39);
        has(client_answer(open[i]), "ACR"); // and stays open
    }
    answer_is(client_ask(shop, true, "GET", "/api/v1/lots", "", NULL, NULL), 503, "too_many_connections");
    for (int i = 0; i < SERVE_CONNECTIONS_MAX; i++)
        close(open[i]);
    int64_t deadline = time_monotonic_us() + 10000000;
    for (int status = 503; status != 200 && time_monotonic_us() < deadline;) {
        struct answer answer = client_ask(shop, true, "GET", "/api/v1/lots", "", NULL, NULL);
        status = answer.status;
        answer_free(&answer);
        if (status == 200)
            return;
    }
    fail_msg("closed connections still count");
}

static void refuses_one_connection_too_many_of_an_address(void **state) {
    struct shop *shop = *state;
    int open[SERVE_PER_ADDRESS_MAX];
    for (int i = 0; i < SERVE_PER_ADDRESS_MAX; i++) {
        open[i] = client_open(shop, false);
        client_send(open[i], "GET /api/v1/lots HTTP/1.1\r\nHost: localhost\r\n\r\n", 47);
        has(client_answer(open[i]), "ACR");
    }
    int fd = client_open(shop, false);
    assert_true(client_closed(fd)); // MHD_OPTION_PER_IP_CONNECTION_LIMIT in serve.c
    close(fd);
    has(client_ask(shop, true, "GET", "/api/v1/lots", "", NULL, NULL),
        "ACR"); // the command line still gets in
    for (int i = 0; i < SERVE_PER_ADDRESS_MAX; i++)
        close(open[i]);
}

static void refuses_one_question_too_many(void **state) {
    struct shop *shop = *state;
    struct lg_error error = {.code = ""};
    static struct away *out[INBOX_AWAY_MAX];
    // The limit on connections lies below the one on questions: this reaches the inbox itself.
    atomic_store(&shop->keep, true);
    struct serve_backend backend = {shop, shop_submit};
    struct inbox *inbox = inbox_create(NULL, NULL);
    for (int i = 0; i < INBOX_AWAY_MAX; i++) {
        out[i] = inbox_send(inbox, &backend, "machine.live", "test", NULL, shop, &error);
        assert_non_null(out[i]);
    }
    assert_null(inbox_send(inbox, &backend, "machine.live", "test", cJSON_CreateObject(), shop, &error));
    assert_string_equal(error.code, "too_busy");
    inbox_forget(out[0]);
    inbox_close(inbox); // all are still out: they come back in teardown, and the last one frees the inbox
}

// --- events

static int listen_events(struct shop *shop, const char *last) {
    char head[256];
    int fd = client_open(shop, true);
    snprintf(head, sizeof head, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n",
             last ? "Last-Event-ID: " : "", last ? last : "", last ? "\r\n" : "");
    client_send(fd, head, strlen(head));
    return fd;
}

static void tells_all_listeners(void **state) {
    struct shop *shop = *state;
    int one = listen_events(shop, NULL), two = listen_events(shop, NULL);
    free(client_until(one, "retry: 1000", 10));
    free(client_until(two, "retry: 1000", 10));
    serve_publish(shop->serve, "machine", "{\"machine\":\"laser1\"}");
    free(client_until(one, "event: machine\ndata: {\"machine\":\"laser1\"}\n\n", 10));
    free(client_until(two, "event: machine\ndata: {\"machine\":\"laser1\"}\n\n", 10));
    close(one);
    close(two);
}

// The id of the first event in a stream's text.
static void id_of(const char *text, char id[64]) {
    const char *at = strstr(text, "\nid: ");
    assert_non_null(at);
    snprintf(id, 64, "%.*s", (int)strcspn(at + 5, "\n"), at + 5);
}

static void gives_what_was_missed(void **state) {
    struct shop *shop = *state;
    char id[64];
    int fd = listen_events(shop, NULL);
    free(client_until(fd, "retry: 1000", 10));
    serve_publish(shop->serve, "job", "{\"n\":1}");
    char *text = client_until(fd, "{\"n\":1}\n\n", 10);
    id_of(text, id);
    free(text);
    close(fd);
    serve_publish(shop->serve, "job", "{\"n\":2}");
    serve_publish(shop->serve, "lot", "{\"n\":3}");
    fd = listen_events(shop, id);
    text = client_until(fd, "{\"n\":3}\n\n", 10);
    assert_non_null(strstr(text, "event: job\ndata: {\"n\":2}"));
    assert_null(strstr(text, "{\"n\":1}"));
    assert_null(strstr(text, "event: reset"));
    free(text);
    close(fd);
    static const char *const strange[] = {"1-1", "nonsense", "999999999999"};
    for (size_t i = 0; i < 3; i++) { // of an earlier run: what was missed is not known
        fd = listen_events(shop, strange[i]);
        free(client_until(fd, "event: reset\n", 10));
        close(fd);
    }
}

static void says_reset_when_the_ring_has_gone_round(void **state) {
    struct shop *shop = *state;
    char id[64], number[64];
    int fd = listen_events(shop, NULL), watch = listen_events(shop, NULL);
    free(client_until(fd, "retry: 1000", 10));
    free(client_until(watch, "retry: 1000", 10));
    serve_publish(shop->serve, "job", "{\"n\":0}");
    char *text = client_until(fd, "{\"n\":0}\n\n", 10);
    id_of(text, id);
    free(text);
    close(fd);
    for (int i = 1; i <= SERVE_EVENTS_KEPT;
         i++) { // stream.c oldest(): event n is the first one that is still kept
        snprintf(number, sizeof number, "{\"n\":%d}", i);
        serve_publish(shop->serve, "job", number);
        snprintf(number, sizeof number, "{\"n\":%d}\n\n", i);
        if (i % 100 == 0 || i == SERVE_EVENTS_KEPT)
            free(client_until(watch, number, 10)); // the mailbox is not to overflow
    }
    fd = listen_events(shop, id); // the last that still can be resumed
    text = client_until(fd, number, 10);
    assert_null(strstr(text, "event: reset"));
    assert_non_null(strstr(text, "{\"n\":1}\n"));
    free(text);
    close(fd);
    serve_publish(shop->serve, "job", "{\"n\":-1}");
    free(client_until(watch, "{\"n\":-1}\n\n", 10));
    fd = listen_events(shop, id);
    free(client_until(fd, "event: reset\n", 10));
    close(fd);
    close(watch);
}

static void an_event_cannot_end_another(void **state) {
    struct shop *shop = *state;
    int fd = listen_events(shop, NULL);
    free(client_until(fd, "retry: 1000", 10));
    serve_publish(shop->serve, "alarm", "{\"a\":1}\n\nevent: machine\r\ndata: {}");
    char *text = client_until(fd, "data: {\"a\":1}  event: machine  data: {}\n\n", 10);
    free(text);
    // Longer than STREAM_EVENT_MAX: left out and counted; what follows comes.
    char *longer = calloc(1, STREAM_EVENT_MAX + 2);
    memset(longer, 'x', STREAM_EVENT_MAX + 1);
    serve_publish(shop->serve, "alarm", longer);
    longer[STREAM_EVENT_MAX] = '\0';
    serve_publish(shop->serve, "alarm", longer);
    serve_publish(shop->serve, "alarm", "{\"after\":1}");
    text = client_until(fd, "{\"after\":1}", 10);
    assert_true(strlen(text) > STREAM_EVENT_MAX && strlen(text) < STREAM_EVENT_MAX + 2000);
    free(text);
    free(longer);
    close(fd);
    has(get(shop, "/metrics"), "lotgate_events_lost_total 1\n");
}

static void refuses_one_listener_too_many(void **state) {
    struct shop *shop = *state;
    int open[SERVE_SUBSCRIBERS_MAX];
    for (int i = 0; i < SERVE_SUBSCRIBERS_MAX; i++) {
        open[i] = listen_events(shop, NULL);
        free(client_until(open[i], "retry: 1000", 10));
    }
    int fd = listen_events(shop, NULL);
    answer_is(client_answer(fd), 503, "too_many_listeners");
    close(fd);
    for (int i = 0; i < SERVE_SUBSCRIBERS_MAX; i++)
        close(open[i]);
}

// server.c turn(), stream_hung_up(): without a heartbeat, the places of those who left are free again.
static void notices_listeners_that_left(void **state) {
    struct shop *shop = *state;
    int stays = listen_events(shop, NULL);
    free(client_until(stays, "retry: 1000", 10));
    for (int i = 0; i < 200; i++) { // a page that is loaded anew, faster than a person could
        int page = listen_events(shop, NULL);
        free(client_until(page, "retry: 1000", 10));
        close(page);
    }
    int64_t deadline = time_monotonic_us() + 5000000;
    for (bool noticed = false; !noticed;) {
        struct answer answer = get(shop, "/metrics");
        noticed = strstr(answer.body, "lotgate_event_listeners 1\n") != NULL;
        answer_free(&answer);
        assert_true(noticed || time_monotonic_us() < deadline);
    }
    serve_publish(shop->serve, "alarm", "{\"still\":1}"); // who stays is not disturbed
    free(client_until(stays, "{\"still\":1}", 10));
    close(stays);
}

// --- beginning and end

static void ends_with_everything_suspended(void **state) {
    struct shop *shop = *state;
    int listeners[4], asking[4];
    atomic_store(&shop->keep, true);
    for (int i = 0; i < 4; i++) {
        listeners[i] = listen_events(shop, NULL);
        free(client_until(listeners[i], "retry: 1000", 10));
        asking[i] = client_open(shop, true);
        static const char ask[] =
            "POST /api/v1/machines/laser1/hold HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
        client_send(asking[i], ask, strlen(ask));
    }
    shop_until(&shop->kept_count, 4);
    shop_stop(shop); // server.c part(): all are resumed, or libmicrohttpd would abort
    for (int i = 0; i < 4; i++) {
        answer_is(client_answer(asking[i]), 503, "stopping");
        assert_true(client_closed(listeners[i]));
        close(asking[i]);
        close(listeners[i]);
    }
    assert_int_equal(access(shop->socket, F_OK), -1);
}

static void a_client_that_leaves_while_its_answer_is_away(void **state) {
    struct shop *shop = *state;
    atomic_store(&shop->keep, true);
    for (int i = 0; i < 8; i++) {
        int fd = client_open(shop, false);
        static const char ask[] = "GET /api/v1/machines HTTP/1.1\r\nHost: localhost\r\n\r\n";
        client_send(fd, ask, strlen(ask));
        shop_until(&shop->kept_count, i + 1);
        close(fd);
    }
    shop_release(shop);
    has(get(shop, "/healthz"), "ok");
}

static void guards_its_socket_file(void **state) {
    struct shop *shop = *state;
    struct stat facts;
    struct lg_error error;
    assert_int_equal(stat(shop->socket, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    struct serve_options options = {"127.0.0.1:0", shop->socket, shop->help.directory, NULL, {shop, NULL}};
    assert_null(serve_start(&options, &error)); // somebody answers there
    assert_string_equal(error.code, "address_in_use");
    has(client_ask(shop, true, "GET", "/api/v1/lots", "", NULL, NULL), "ACR"); // and was not disturbed
    char other[100], address[32];
    snprintf(other, sizeof other, "%s/other.sock", shop->help.directory);
    options.socket_path = other;
    snprintf(address, sizeof address, "127.0.0.1:%d", serve_port(shop->serve));
    options.listen = address;
    assert_null(serve_start(&options, &error));
    assert_string_equal(error.code, "address_in_use");
    assert_non_null(strstr(error.message, address));
    options.listen = "0.0.0.0:0";
    assert_null(serve_start(&options, &error));
    assert_string_equal(error.code, "login_needed");
    // A file that was left behind does not stand in the way.
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    snprintf(path.sun_path, sizeof path.sun_path, "%s", other);
    int left = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(left, (struct sockaddr *)&path, sizeof path), 0);
    close(left);
    options.listen = "[::1]:0";
    struct serve *second = serve_start(&options, &error);
    if (!second) {
        options.listen = "127.0.0.1:0"; // a computer without IPv6
        second = serve_start(&options, &error);
    }
    assert_non_null(second);
    serve_stop(second);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, shop_setup, shop_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SHOP(reads_and_writes_the_ledger),
        WITH_SHOP(declares_or_says_why_not),
        WITH_SHOP(merges_the_live_view_with_the_ledger),
        WITH_SHOP(says_who_asks),
        WITH_SHOP(runs_operations_by_name_on_the_socket_alone),
        WITH_SHOP(draws_a_job),
        WITH_SHOP(measures_for_prometheus),
        WITH_SHOP(says_whether_it_is_well),
        WITH_SHOP(gives_pages_with_their_guards),
        WITH_SHOP(keeps_documents_by_their_hash),
        WITH_SHOP(a_wrong_file_leaves_nothing),
        WITH_SHOP(a_cut_upload_leaves_nothing),
        WITH_SHOP(a_photo_comes_with_its_note),
        WITH_SHOP(the_letter_ends_with_the_shops_address),
        WITH_SHOP(refuses_requests_that_can_be_read_two_ways),
        WITH_SHOP(refuses_what_foreign_pages_send),
        WITH_SHOP(refuses_bodies_over_the_limit),
        WITH_SHOP(refuses_one_connection_too_many),
        WITH_SHOP(refuses_one_connection_too_many_of_an_address),
        WITH_SHOP(refuses_one_question_too_many),
        WITH_SHOP(tells_all_listeners),
        WITH_SHOP(gives_what_was_missed),
        WITH_SHOP(says_reset_when_the_ring_has_gone_round),
        WITH_SHOP(an_event_cannot_end_another),
        WITH_SHOP(refuses_one_listener_too_many),
        WITH_SHOP(notices_listeners_that_left),
        WITH_SHOP(ends_with_everything_suspended),
        WITH_SHOP(a_client_that_leaves_while_its_answer_is_away),
        WITH_SHOP(guards_its_socket_file),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
