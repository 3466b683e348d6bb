// ledger_help: a ledger in a temporary directory and operations on it, with a clock that the test sets.
#ifndef LOTGATE_TESTS_LEDGER_HELP_H
#define LOTGATE_TESTS_LEDGER_HELP_H

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document_store.h"
#include "json.h" // json_parse
#include "ops.h"  // trace_run

#define HELP_NOW INT64_C(1795428360000000) // 2026-11-23T10:06:00Z

struct help {
    char directory[64];
    struct ledger *ledger;
    int64_t now_us;
    const char *vfs;
    struct lg_error error; // of the last refusal
};

static inline void help_open(struct help *h, enum ledger_mode mode) {
    struct ledger_options options = {.directory = h->directory, .site = "A", .mode = mode, .vfs = h->vfs};
    if (!ledger_open(&h->ledger, &options, &h->error))
        fail_msg("ledger_open: %s: %s", h->error.code, h->error.message);
}

// In memory where the system has it: what is tested is not the disk of the test machine.
static inline void help_make_directory(struct help *h) {
    *h = (struct help){.now_us = HELP_NOW};
    snprintf(h->directory, sizeof h->directory, "%s/lotgate-test-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(h->directory));
}

static inline void help_setup(struct help *h) {
    help_make_directory(h);
    help_open(h, LEDGER_WRITER);
}

static inline void help_remove_files(const char *directory) {
    DIR *d = opendir(directory);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%.200s/%.255s", directory, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(directory);
}

static inline void help_remove(const char *directory) {
    char documents[256];
    snprintf(documents, sizeof documents, "%.200s/documents", directory);
    help_remove_files(documents);
    help_remove_files(directory);
}

static inline void help_teardown(struct help *h) {
    ledger_close(h->ledger);
    help_remove(h->directory);
}

// A teardown for cmocka: what was done is what the events say, and the tables come out the same when they are made anew.
static inline int help_teardown_checked(void **state) {
    struct help *h = *state;
    struct ledger_verdict verdict;
    int64_t events;
    assert_true(ledger_verify(h->ledger, NULL, &verdict, &h->error));
    assert_string_equal(verdict.finding, "");
    assert_true(ledger_rebuild(h->ledger, &events, &h->error));
    assert_true(ledger_verify(h->ledger, NULL, &verdict, &h->error));
    assert_string_equal(verdict.finding, "");
    help_teardown(h);
    return 0;
}

static inline cJSON *help_json(const char *text) {
    struct lg_error error;
    cJSON *value = json_parse(text, strlen(text), false, &error);
    if (!value)
        fail_msg("%s in %s", error.message, text);
    return value;
}

// Runs an operation whose arguments are given as JSON; NULL with h->error when it is refused.
static inline cJSON *help_try(struct help *h, const char *op, const char *args) {
    struct trace_context context = {"test", h->now_us};
    cJSON *object = help_json(args), *answer;
    bool ok = trace_run(h->ledger, op, &context, object, &answer, &h->error);
    cJSON_Delete(object);
    h->now_us += 1000000;
    return ok ? answer : NULL;
}

static inline cJSON *help_ask(struct help *h, const char *op, const char *args) {
    cJSON *answer = help_try(h, op, args);
    if (!answer)
        fail_msg("%s %s: %s: %s", op, args, h->error.code, h->error.message);
    return answer;
}

static inline void help_do(struct help *h, const char *op, const char *args) {
    cJSON_Delete(help_ask(h, op, args));
}

// The operation must be refused with this code, by a sentence.
static inline void help_refused(struct help *h, const char *op, const char *args, const char *code) {
    cJSON *answer = help_try(h, op, args);
    if (answer)
        fail_msg("%s %s was not refused", op, args);
    assert_string_equal(h->error.code, code);
    assert_true(strlen(h->error.message) > 10);
}

// The answer's member `name` must be the text `value`; frees the answer.
static inline void help_says(cJSON *answer, const char *name, const char *value) {
    const char *text = json_text(answer, name);
    if (!text)
        fail_msg("no text %s in %s", name, json_print(answer));
    assert_string_equal(text, value);
    cJSON_Delete(answer);
}

// A shop with one of each: supplier ACME, material ACR, operator OP1 (badge 4711), machine laser1.
static inline void help_shop(struct help *h) {
    help_do(
        h, "supplier.add",
        "{\"supplier\":\"ACME\",\"name\":\"Acme Plastics\",\"email\":\"qa@acme.example\",\"phone\":\"+49 30 1234\"}");
    help_do(
        h, "material.add",
        "{\"material\":\"ACR\",\"name\":\"Acrylic, cast, 3 mm\",\"form\":\"sheet\",\"thickness\":\"3mm\",\"density\":\"1.19\"}");
    help_do(h, "operator.add", "{\"operator\":\"OP1\",\"name\":\"Kim Lee\",\"badge\":\"4711\"}");
    help_do(
        h, "machine.register",
        "{\"machine\":\"laser1\",\"board\":\"twotrees-tts-55-pro\",\"kind\":\"laser\",\"serial_number\":\"TTS55P-2209-0417\"}");
}

// ... and five released sheets of ACR-1126-001.
static inline void help_stock(struct help *h) {
    help_shop(h);
    help_do(h, "lot.receive",
            "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"88-1204\",\"heat\":\"88-1204\","
            "\"cert_heat\":\"88-1204\",\"quantity\":\"5sheet\"}");
    help_do(h, "lot.release", "{\"lot\":\"ACR-1126-001\",\"by\":\"OP1\"}");
}

// Stores a file as if it had been sent; its hash in quotes, valid until the next.
static inline const char *help_store(struct help *h, const char *bytes) {
    static char quoted[DOCUMENT_STORE_SHA256_MAX + 2];
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    struct document_draft *draft = document_store_begin(h->directory, &h->error);
    assert_non_null(draft);
    if (!document_store_write(draft, bytes, strlen(bytes), &h->error) ||
        !document_store_finish(draft, sha256, &size, &h->error))
        fail_msg("%s", h->error.message);
    snprintf(quoted, sizeof quoted, "\"%s\"", sha256);
    return quoted;
}

// A paper of nine bytes, once it was stored with help_store(h, HELP_PAPER).
#define HELP_PAPER     "%PDF-1.49"
#define HELP_PAPER_SHA "\"970f99cba4e61418d340618ecad0cdd68f74f313dc704d8b11d1f3e4faeb09a8\""

#define HELP_SHA "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""
#define HELP_END                                                                                                    \
    "\"state\":\"completed\",\"reason\":\"M2\",\"lines\":120,\"bytes\":3400,\"sha256\":" HELP_SHA                   \
    ",\"started\":\"2026-11-23T10:06:01Z\",\"ended\":\"2026-11-23T10:07:01Z\",\"rapid_um\":1000,\"feed_um\":2000,"  \
    "\"work_um\":300000,\"box\":[0,0,0,100000,50000,0],\"work_box\":[1,2,0,3,4,0],\"work_us\":60000000,"            \
    "\"s_min_milli\":0,\"s_max_milli\":970000,\"arcs\":2,\"errors\":0,\"pauses\":1,\"overrides\":0,\"replaced\":0," \
    "\"path\":[[0,0,false],[100000,0,true],[100000,50000,true]]"

// One whole job of one sheet: declared, held, started, ended.
static inline void help_job(struct help *h) {
    char args[1024];
    cJSON *declared = help_ask(
        h, "declaration.make",
        "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\",\"quantity\":\"1sheet\"}],\"operator\":\"4711\"}");
    help_do(h, "job.hold", "{\"machine\":\"laser1\",\"line\":\"G1 X10 S500\"}");
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"declaration\":\"%s\"}",
             json_text(declared, "declaration"));
    cJSON_Delete(declared);
    cJSON *started = help_ask(h, "job.start", args);
    snprintf(args, sizeof args, "{\"job\":\"%s\"," HELP_END "}", json_text(started, "job"));
    cJSON_Delete(started);
    help_do(h, "job.end", args);
}

#endif
