// Suppliers and their contacts, what materials require, documents and their editions, letters.
#include "ledger_help.h"

#include <sqlite3.h>

static void close_shop(struct help *h) {
    void *state = h;
    help_teardown_checked(&state);
}

static void open_shop(struct help *h) {
    help_setup(h);
    help_shop(h);
}

static void receive(struct help *h, const char *lot, const char *material, const char *more) {
    char args[512];
    snprintf(
        args, sizeof args,
        "{\"material\":\"%s\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"4sheet\",\"lot\":\"%s\"%s}",
        material, lot, more);
    help_do(h, "lot.receive", args);
}

// Stores `text` as a PDF of its own and attaches it; the document's number.
static const char *attach(struct help *h, const char *text, const char *particulars) {
    static char number[65];
    char bytes[64], args[512];
    snprintf(bytes, sizeof bytes, "%%PDF-1.4 %s", text);
    snprintf(args, sizeof args, "{\"sha256\":%s,\"name\":\"%s.pdf\",%s}", help_store(h, bytes), text,
             particulars);
    cJSON *answer = help_ask(h, "document.attach", args);
    snprintf(number, sizeof number, "%s", json_text(answer, "document"));
    cJSON_Delete(answer);
    return number;
}

// The state of the lot's document of this name; "" when it has none.
static const char *state_of(struct help *h, const char *lot, const char *name) {
    static char state[32];
    char args[128];
    const cJSON *row;
    snprintf(args, sizeof args, "{\"lot\":\"%s\"}", lot);
    cJSON *answer = help_ask(h, "lot.show", args);
    state[0] = '\0';
    cJSON_ArrayForEach(row, json_get(answer, "documents")) {
        if (strcmp(json_text(row, "name"), name) == 0)
            snprintf(state, sizeof state, "%s", json_text(row, "state"));
    }
    cJSON_Delete(answer);
    return state;
}

#define STEEL                                                                                                \
    "{\"material\":\"STL\",\"name\":\"Steel\",\"grade\":\"S235JR\",\"requires\":[\"mtr:3.1\",\"rohs\"]}"

static void a_supplier_has_contacts(void **state) {
    struct help h;
    open_shop(&h);
    help_do(&h, "supplier.contact",
            "{\"supplier\":\"ACME\",\"name\":\"Sam\",\"role\":\"sales\",\"phone\":\"1\"}");
    help_do(
        &h, "supplier.contact",
        "{\"supplier\":\"ACME\",\"name\":\"Pat\",\"role\":\"Quality manager\",\"email\":\"p@a.example\"}");
    help_do(&h, "supplier.contact",
            "{\"supplier\":\"ACME\",\"name\":\"Sam\",\"phone\":\"2\"}"); // the same person
    cJSON *supplier = help_ask(&h, "supplier.show", "{\"supplier\":\"ACME\"}");
    const cJSON *contacts = json_get(supplier, "contacts");
    assert_int_equal(cJSON_GetArraySize(contacts), 2);
    assert_string_equal(json_text(cJSON_GetArrayItem(contacts, 0), "phone"), "2");
    assert_string_equal(json_text(cJSON_GetArrayItem(contacts, 1), "role"), "Quality manager");
    cJSON_Delete(supplier);
    help_refused(&h, "supplier.contact", "{\"supplier\":\"ACME\",\"name\":\"Nobody\"}", "bad_argument");
    help_refused(&h, "supplier.contact", "{\"supplier\":\"NONE\",\"name\":\"x\",\"phone\":\"1\"}",
                 "no_such_supplier");
    help_refused(&h, "supplier.show", "{\"supplier\":\"NONE\"}", "no_such_supplier");
    close_shop(&h);
}

static void rate_is(struct help *h, int lots, int rejected, double percent) {
    cJSON *list = help_ask(h, "supplier.list", "{}"),
          *shown = help_ask(h, "supplier.show", "{\"supplier\":\"ACME\"}");
    const cJSON *rows[] = {cJSON_GetArrayItem(list, 0), shown};
    for (int i = 0; i < 2; i++) {
        int64_t count = -1;
        assert_true(json_integer(rows[i], "lots", &count) && count == lots);
        assert_true(json_integer(rows[i], "rejected", &count) && count == rejected);
        const cJSON *value = json_get(rows[i], "rejected_percent");
        assert_true(lots ? value->valuedouble == percent : cJSON_IsNull(value));
    }
    cJSON_Delete(list);
    cJSON_Delete(shown);
}

static void deliveries_that_were_rejected_are_counted(void **state) {
    struct help h;
    open_shop(&h);
    rate_is(&h, 0, 0, 0);
    receive(&h, "A", "ACR", "");
    receive(&h, "B", "ACR", "");
    receive(&h, "C", "ACR", "");
    rate_is(&h, 3, 0, 0);
    help_do(&h, "lot.release", "{\"lot\":\"A\"}");
    help_do(&h, "lot.split", "{\"lot\":\"A\",\"quantity\":\"1sheet\"}");
    help_do(&h, "lot.reject", "{\"lot\":\"A/1\",\"reason\":\"scratched\"}"); // a piece is no delivery
    rate_is(&h, 3, 0, 0);
    help_do(&h, "lot.reject", "{\"lot\":\"B\",\"reason\":\"warped\"}");
    rate_is(&h, 3, 1, 33.3);
    help_do(&h, "lot.reject", "{\"lot\":\"A\",\"reason\":\"yellow\"}"); // found out in use
    rate_is(&h, 3, 2, 66.7);
    close_shop(&h);
}

// A database as version 3 left it.
static void a_ledger_of_version_3_gets_its_counts(void **state) {
    struct help h;
    open_shop(&h);
    receive(&h, "A", "ACR", "");
    receive(&h, "B", "ACR", "");
    help_do(&h, "lot.reject", "{\"lot\":\"B\",\"reason\":\"warped\"}");
    ledger_close(h.ledger);
    char path[128], *message = NULL;
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/ledger.db", h.directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db,
                 "DROP TABLE supplier_lots; DROP INDEX lots_by_expiry; DROP INDEX lots_by_supplier;"
                 " DROP INDEX documents_by_expiry; DROP INDEX customers_by_name; DROP INDEX orders_by_time;"
                 " DROP INDEX jobs_by_operator; DROP INDEX jobs_by_lines; DROP INDEX jobs_by_end;"
                 " DROP INDEX lots_by_number; DROP INDEX lots_by_heat;"
                 " PRAGMA user_version=3",
                 NULL, NULL, &message);
    assert_null(message);
    sqlite3_close(db);
    help_open(&h, LEDGER_WRITER);
    rate_is(&h, 2, 1, 50);
    close_shop(&h);
}

static void a_material_is_specified_in_known_words(void **state) {
    struct help h;
    open_shop(&h);
    help_do(
        &h, "material.add",
        "{\"material\":\"PLA\",\"name\":\"PLA\",\"form\":\"filament\",\"diameter\":\"1.75mm\",\"density\":\"1.24\","
        "\"requires\":[\"packing\",\"sds\",\"sds\",\"mtr:2.2\"],\"hazards\":[\"none\"]}");
    cJSON *m = help_ask(&h, "material.show", "{\"material\":\"PLA\"}");
    const cJSON *requires = json_get(m, "requires");
    assert_string_equal(json_text(m, "form"), "spool");
    assert_string_equal(json_text(m, "diameter"), "1.75mm");
    assert_int_equal(cJSON_GetArraySize(requires), 3);
    assert_string_equal(cJSON_GetArrayItem(requires, 0)->valuestring, "packing_slip");
    assert_string_equal(cJSON_GetArrayItem(requires, 2)->valuestring, "mtr:2.2");
    assert_string_equal(json_get(m, "hazards")->child->valuestring, "none");
    cJSON_Delete(m);
    static const char *const wrong[] = {"\"form\":\"lump\"", "\"requires\":[\"paper\"]",
                                        "\"requires\":[\"mtr:9\"]", "\"requires\":[\"sds:3.1\"]",
                                        "\"requires\":[3]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char args[160];
        snprintf(args, sizeof args, "{\"material\":\"X\",\"name\":\"x\",%s}", wrong[i]);
        help_refused(&h, "material.add", args, "bad_argument");
    }
    help_refused(&h, "material.show", "{\"material\":\"NONE\"}", "no_such_material");
    close_shop(&h);
}

static void a_delivery_keeps_what_it_cost(void **state) {
    struct help h;
    open_shop(&h);
    receive(
        &h, "A", "ACR",
        ",\"cost\":\"149.90\",\"currency\":\"EUR\",\"purchase_order\":\"PO-1\",\"expires\":\"2027-01-01\"");
    cJSON *lot = help_ask(&h, "lot.show", "{\"lot\":\"A\"}");
    assert_string_equal(json_text(lot, "cost"), "149.90");
    assert_string_equal(json_text(lot, "currency"), "EUR");
    assert_string_equal(json_text(lot, "purchase_order"), "PO-1");
    assert_string_equal(json_text(lot, "expires"), "2027-01-01T23:59:59.999999Z"); // the day that was given
    cJSON_Delete(lot);
    static const char *const wrong[] = {"\"cost\":\"149.901\"", "\"cost\":\"149.90 EUR\"", "\"cost\":\"-1\"",
                                        "\"cost\":\"1\",\"currency\":\"eur\"", "\"currency\":\"EUR\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char args[256];
        snprintf(
            args, sizeof args,
            "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\",%s}",
            wrong[i]);
        help_refused(&h, "lot.receive", args, "bad_argument");
    }
    close_shop(&h);
}

#define DECLARE "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"S1\"}]}"

static void a_lot_without_its_certificates_is_set_apart(void **state) {
    struct help h;
    open_shop(&h);
    help_do(&h, "material.add", STEEL);
    cJSON *answer = help_ask(&h, "lot.receive",
                             "{\"material\":\"STL\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\","
                             "\"quantity\":\"4sheet\",\"lot\":\"S1\"}");
    assert_string_equal(json_text(answer, "state"), "quarantined");
    assert_int_equal(cJSON_GetArraySize(json_get(answer, "missing")), 2);
    assert_non_null(strstr(json_text(answer, "what_next"), "mtr:3.1, rohs"));
    cJSON_Delete(answer);
    help_refused(&h, "declaration.make", DECLARE, "certificate_missing");
    help_refused(&h, "lot.release", "{\"lot\":\"S1\"}", "certificate_missing");
    attach(&h, "weak", "\"lot\":\"S1\",\"kind\":\"mtr\",\"type\":\"2.2\"");
    help_refused(&h, "lot.release", "{\"lot\":\"S1\"}", "certificate_missing");
    assert_non_null(strstr(h.error.message, "mtr:3.1 (there is a 2.2)"));
    attach(&h, "strong", "\"lot\":\"S1\",\"kind\":\"mtr\",\"type\":\"3.2\""); // better than was asked for
    attach(&h, "rohs", "\"supplier\":\"ACME\",\"kind\":\"rohs\",\"expires\":\"2026-11-24\"");
    help_refused(&h, "declaration.make", DECLARE,
                 "lot_quarantined"); // it has them, and nobody has released it
    help_do(&h, "lot.release", "{\"lot\":\"S1\",\"by\":\"OP1\"}");
    help_do(&h, "declaration.make", DECLARE);
    // two days later the declaration of the supplier has expired, and the job must not start with it
    h.now_us += INT64_C(2) * 24 * 3600 * 1000000;
    help_refused(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}",
                 "certificate_missing");
    assert_non_null(strstr(h.error.message, "rohs (expired 2026-11-24)"));
    assert_string_equal(state_of(&h, "S1", "rohs.pdf"), "expired");
    close_shop(&h);
}

// Set apart by a person, or for its number: that is what is told, not a missing paper.
static void what_is_worse_is_told_first(void **state) {
    struct help h;
    open_shop(&h);
    help_do(&h, "material.add", STEEL);
    receive(&h, "S1", "STL", ",\"heat\":\"1\",\"cert_heat\":\"2\"");
    help_refused(&h, "declaration.make", DECLARE, "lot_quarantined");
    assert_non_null(strstr(h.error.message, "heat number"));
    help_do(&h, "lot.reject", "{\"lot\":\"S1\",\"reason\":\"x\"}");
    help_refused(&h, "declaration.make", DECLARE, "lot_rejected");
    close_shop(&h);
}

// A piece has its parent's certificates; a merged lot only what all that went into it have.
static void pieces_carry_the_certificates_of_what_they_were_cut_from(void **state) {
    struct help h;
    open_shop(&h);
    help_do(&h, "material.add", "{\"material\":\"STL\",\"name\":\"Steel\",\"requires\":[\"coc\"]}");
    receive(&h, "S1", "STL", "");
    receive(&h, "S2", "STL", "");
    attach(&h, "one", "\"lot\":\"S1\",\"kind\":\"coc\"");
    const char *two = attach(&h, "two", "\"lot\":\"S2\",\"kind\":\"cofc\",\"revision\":\"1\"");
    help_do(&h, "lot.release", "{\"lot\":\"S1\"}");
    help_do(&h, "lot.release", "{\"lot\":\"S2\"}");
    help_do(&h, "lot.split", "{\"lot\":\"S1\",\"quantity\":\"2sheet\"}");
    help_do(&h, "lot.split", "{\"lot\":\"S1/1\",\"quantity\":\"1sheet\"}");
    help_do(&h, "lot.mark", "{\"lot\":\"S1/2\",\"code\":\"S1/2\"}");
    assert_string_equal(state_of(&h, "S1/2", "one.pdf"), "current");
    help_do(&h, "declaration.make", "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"S1/2\"}]}");
    cJSON *job = help_ask(&h, "job.start", "{\"machine\":\"laser1\",\"declaration\":\"DEC-000001\"}");
    cJSON_Delete(job);
    job = help_ask(&h, "job.show", "{\"job\":\"JOB-000001\"}");
    cJSON *record = help_ask(&h, "record.show", "{\"record\":\"MFG-0001\"}");
    const cJSON *of[] = {json_get(job, "lots"), json_get(json_get(record, "jobs")->child, "lots")};
    for (int i = 0; i < 2; i++) {
        const cJSON *documents = json_get(of[i]->child, "documents");
        assert_int_equal(cJSON_GetArraySize(documents), 1);
        assert_string_equal(json_text(documents->child, "name"), "one.pdf");
        assert_string_equal(json_text(documents->child, "state"), "current");
    }
    cJSON_Delete(job);
    cJSON_Delete(record);
    help_do(&h, "job.end", "{\"job\":\"JOB-000001\"," HELP_END "}");
    cJSON *merged = help_ask(&h, "lot.merge", "{\"lots\":[\"S1/1\",\"S2\"]}");
    char lot[65], args[256];
    snprintf(lot, sizeof lot, "%s", json_text(merged, "lot"));
    cJSON_Delete(merged);
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"code\":\"%s\"}", lot, lot);
    help_do(&h, "lot.mark", args);
    snprintf(args, sizeof args, "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"%s\"}]}", lot);
    help_do(&h, "declaration.make", args);
    help_do(&h, "declaration.check", "{\"declaration\":\"DEC-000002\"}");
    // the certificate of one of the two is superseded by one that has expired
    snprintf(
        args, sizeof args,
        "\"lot\":\"S2\",\"kind\":\"coc\",\"revision\":\"2\",\"expires\":\"2026-11-01\",\"supersedes\":\"%s\"",
        two);
    attach(&h, "three", args);
    help_refused(&h, "declaration.check", "{\"declaration\":\"DEC-000002\"}", "certificate_missing");
    assert_non_null(strstr(h.error.message, "expired 2026-11-01"));
    close_shop(&h);
}

static void a_newer_edition_supersedes_the_older(void **state) {
    struct help h;
    open_shop(&h);
    receive(&h, "A", "ACR", "");
    // a data sheet, revision by revision
    attach(
        &h, "r1",
        "\"material\":\"ACR\",\"kind\":\"sds\",\"issuer\":\"Acme\",\"revision\":\"1\",\"issued\":\"2025-01-01\"");
    attach(
        &h, "r2",
        "\"material\":\"ACR\",\"kind\":\"sds\",\"issuer\":\"Acme\",\"revision\":\"2\",\"issued\":\"2026-01-01\"");
    assert_string_equal(state_of(&h, "A", "r1.pdf"), "superseded");
    assert_string_equal(state_of(&h, "A", "r2.pdf"), "current");
    // an old one that was found later changes nothing
    attach(
        &h, "r0",
        "\"material\":\"ACR\",\"kind\":\"sds\",\"issuer\":\"Acme\",\"revision\":\"0\",\"issued\":\"2024-01-01\"");
    assert_string_equal(state_of(&h, "A", "r0.pdf"), "superseded");
    assert_string_equal(state_of(&h, "A", "r2.pdf"), "current");
    // another issuer's is another paper; so are two pages of one report
    attach(&h, "own", "\"material\":\"ACR\",\"kind\":\"sds\",\"issuer\":\"Mill\",\"revision\":\"1\"");
    attach(&h, "page1",
           "\"lot\":\"A\",\"kind\":\"test_report\",\"issuer\":\"Lab\",\"issued\":\"2026-01-01\"");
    attach(&h, "page2",
           "\"lot\":\"A\",\"kind\":\"test_report\",\"issuer\":\"Lab\",\"issued\":\"2026-01-01\"");
    assert_string_equal(state_of(&h, "A", "own.pdf"), "current");
    assert_string_equal(state_of(&h, "A", "page1.pdf"), "current");
    assert_string_equal(state_of(&h, "A", "page2.pdf"), "current");
    cJSON *old = help_ask(&h, "document.show", "{\"id\":\"DOC-000001\"}");
    assert_string_equal(json_text(old, "superseded_by"), "DOC-000002");
    cJSON_Delete(old);
    cJSON *list = help_ask(&h, "document.list", "{\"state\":\"superseded\",\"material\":\"ACR\"}");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    cJSON_Delete(list);
    close_shop(&h);
}

static void what_can_not_be_superseded_is_told(void **state) {
    struct help h;
    open_shop(&h);
    receive(&h, "A", "ACR", "");
    receive(&h, "B", "ACR", "");
    attach(&h, "a", "\"lot\":\"A\",\"kind\":\"coc\"");
    attach(&h, "b", "\"lot\":\"A\",\"kind\":\"coc\",\"supersedes\":\"DOC-000001\"");
    static const struct {
        const char *particulars, *code;
    } cases[] = {{"\"lot\":\"A\",\"kind\":\"coc\",\"supersedes\":\"DOC-000001\"", "document_superseded"},
                 {"\"lot\":\"A\",\"kind\":\"mtr\",\"supersedes\":\"DOC-000002\"", "document_differs"},
                 {"\"lot\":\"B\",\"kind\":\"coc\",\"supersedes\":\"DOC-000002\"", "document_differs"},
                 {"\"lot\":\"A\",\"kind\":\"coc\",\"supersedes\":\"DOC-000009\"", "no_such_document"},
                 {"\"lot\":\"A\",\"kind\":\"letter\"", "bad_argument"},
                 {"\"lot\":\"A\",\"kind\":\"mtr\",\"type\":\"3.3\"", "bad_argument"},
                 {"\"lot\":\"A\",\"kind\":\"rohs\",\"type\":\"3.1\"", "bad_argument"},
                 {"\"lot\":\"A\",\"kind\":\"rohs\",\"issued\":\"2026-05-01\",\"expires\":\"2026-04-01\"",
                  "bad_argument"},
                 {"\"lot\":\"Z\",\"kind\":\"rohs\"", "no_such_lot"}};
    help_store(&h, HELP_PAPER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char args[400];
        snprintf(args, sizeof args, "{%s}", cases[i].particulars);
        help_refused(&h, "document.check", args, cases[i].code); // before the file is sent
        snprintf(args, sizeof args, "{\"sha256\":" HELP_PAPER_SHA ",\"name\":\"x\",%s}",
                 cases[i].particulars);
        help_refused(&h, "document.attach", args, cases[i].code);
    }
    help_refused(&h, "document.attach",
                 "{\"sha256\":" HELP_SHA ",\"name\":\"x\",\"lot\":\"A\",\"kind\":\"coc\"}",
                 "no_such_document");
    help_refused(&h, "document.attach",
                 "{\"sha256\":" HELP_PAPER_SHA ",\"name\":\"x\",\"lot\":\"A\",\"kind\":\"coc\",\"size\":8}",
                 "bad_argument");
    close_shop(&h);
}

static void has(const cJSON *answer, const char *text) {
    if (!strstr(json_text(answer, "text"), text))
        fail_msg("\"%s\" is not in\n%s", text, json_text(answer, "text"));
}

static void the_letter_names_what_is_to_be_asked_for(void **state) {
    struct help h;
    open_shop(&h);
    help_do(&h, "material.add", STEEL);
    help_do(&h, "supplier.contact", "{\"supplier\":\"ACME\",\"name\":\"Sam\",\"email\":\"s@a.example\"}");
    help_do(&h, "supplier.contact",
            "{\"supplier\":\"ACME\",\"name\":\"Pat\",\"role\":\"quality\",\"phone\":\"77\"}");
    receive(&h, "S1", "STL", ",\"heat\":\"H-7\",\"cert_heat\":\"H-8\",\"purchase_order\":\"PO-12\"");
    attach(&h, "old", "\"lot\":\"S1\",\"kind\":\"rohs\",\"expires\":\"2026-10-31\"");
    cJSON *letter =
        help_ask(&h, "lot.request", "{\"lot\":\"S1\",\"address\":\"Kim's Workshop\\n10115 Berlin\"}");
    const cJSON *to = json_get(letter, "to");
    assert_string_equal(json_text(to, "name"), "Pat"); // for quality
    assert_string_equal(json_text(to, "phone"), "77");
    assert_string_equal(json_text(to, "email"), "qa@acme.example"); // the supplier's own
    assert_non_null(strstr(json_text(letter, "subject"), "PO-12"));
    static const char *const said[] = {"Dear Pat,\n",
                                       "on 2026-11-23",
                                       "Steel, grade S235JR",
                                       "4 sheet",
                                       "PO-12",
                                       "Our lot         S1",
                                       "  - mill test report, EN 10204 type 3.1\n",
                                       "  - RoHS declaration (the one that we have expired on 2026-10-31)\n",
                                       "material, H-7, is not the one on its\ncertificate, H-8",
                                       "Kim's Workshop\n10115 Berlin\n"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        has(letter, said[i]);
    assert_int_equal(cJSON_GetArraySize(json_get(letter, "missing")), 2);
    cJSON_Delete(letter);
    receive(&h, "A", "ACR", "");
    help_refused(&h, "lot.request", "{\"lot\":\"A\"}", "nothing_missing");
    receive(&h, "B", "ACR", ",\"heat\":\"B-1\""); // no certificate has come
    letter = help_ask(&h, "lot.request", "{\"lot\":\"B\"}");
    has(letter, "certificate of heat B-1");
    cJSON_Delete(letter);
    help_do(&h, "lot.inspect", "{\"lot\":\"B\",\"heat\":\"B-1\",\"cert_heat\":\"B-1\"}");
    help_refused(&h, "lot.request", "{\"lot\":\"B\"}", "nothing_missing");
    help_refused(&h, "lot.request", "{\"lot\":\"Z\"}", "no_such_lot");
    close_shop(&h);
}

static void a_photo_is_a_picture_that_is_stored(void **state) {
    struct help h;
    char args[256];
    open_shop(&h);
    help_store(&h, HELP_PAPER);
    help_refused(&h, "note.add", "{\"subject\":\"laser1\",\"text\":\"x\",\"photo\":" HELP_PAPER_SHA "}",
                 "wrong_type");
    help_refused(&h, "note.add", "{\"subject\":\"laser1\",\"text\":\"x\",\"photo\":" HELP_SHA "}",
                 "no_such_document");
    help_refused(&h, "nonconformance.open",
                 "{\"subject\":\"laser1\",\"text\":\"x\",\"photo\":" HELP_PAPER_SHA "}", "wrong_type");
    help_refused(&h, "procedure.issue", "{\"procedure\":\"P\",\"title\":\"x\",\"document\":" HELP_SHA "}",
                 "no_such_document");
    snprintf(args, sizeof args, "{\"subject\":\"laser1\",\"text\":\"lens cracked\",\"photo\":%s}",
             help_store(&h, "\xff\xd8\xff a picture"));
    help_do(&h, "note.add", args);
    help_do(&h, "nonconformance.open", args);
    cJSON *notes = help_ask(&h, "note.list", "{\"subject\":\"laser1\"}");
    const char *photo = json_text(cJSON_GetArrayItem(notes, 0), "photo");
    assert_non_null(photo);
    // whoever changes it is found out
    struct ledger_verdict verdict;
    char path[200];
    snprintf(path, sizeof path, "%s/documents/%s", h.directory, photo);
    FILE *file = fopen(path, "a");
    fputc('x', file);
    fclose(file);
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_false(verdict.ok);
    assert_non_null(strstr(verdict.finding, "changed"));
    assert_true(truncate(path, (off_t)strlen("\xff\xd8\xff a picture")) == 0);
    cJSON_Delete(notes);
    close_shop(&h);
}

// Where a copy of ledger.db is checked alone, its documents are told to be unchecked; beside the key they are missing.
static void missing_files_are_found_where_they_belong(void **state) {
    struct help h;
    struct ledger_verdict verdict;
    char path[200];
    open_shop(&h);
    receive(&h, "A", "ACR", "");
    attach(&h, "a", "\"lot\":\"A\",\"kind\":\"coc\"");
    snprintf(path, sizeof path, "%s/documents", h.directory);
    help_remove_files(path);
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_non_null(strstr(verdict.finding, "DOC-000001"));
    assert_non_null(strstr(verdict.finding, "missing"));
    snprintf(path, sizeof path, "%s/ledger.key", h.directory);
    unlink(path);
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_true(verdict.ok && verdict.unchecked == 1 && verdict.documents == 0);
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_supplier_has_contacts),
        cmocka_unit_test(deliveries_that_were_rejected_are_counted),
        cmocka_unit_test(a_ledger_of_version_3_gets_its_counts),
        cmocka_unit_test(a_material_is_specified_in_known_words),
        cmocka_unit_test(a_delivery_keeps_what_it_cost),
        cmocka_unit_test(a_lot_without_its_certificates_is_set_apart),
        cmocka_unit_test(what_is_worse_is_told_first),
        cmocka_unit_test(pieces_carry_the_certificates_of_what_they_were_cut_from),
        cmocka_unit_test(a_newer_edition_supersedes_the_older),
        cmocka_unit_test(what_can_not_be_superseded_is_told),
        cmocka_unit_test(the_letter_names_what_is_to_be_asked_for),
        cmocka_unit_test(a_photo_is_a_picture_that_is_stored),
        cmocka_unit_test(missing_files_are_found_where_they_belong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
