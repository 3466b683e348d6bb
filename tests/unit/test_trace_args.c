// Arguments: what is unknown, missing, too long or malformed is refused and named; limits are reached.
#include "ledger_help.h"

#include "args.h"

static void names(struct help *h, const char *op, const char *args, const char *what) {
    help_refused(h, op, args, "bad_argument");
    if (!strstr(h->error.message, what))
        fail_msg("%s: %s", args, h->error.message);
}

static void what_is_wrong_is_named(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    names(&h, "supplier.add", "{\"supplier\":\"B\",\"name\":\"x\",\"colour\":\"red\"}", "\"colour\"");
    names(&h, "supplier.add", "{\"supplier\":\"B\"}", "\"name\"");
    names(&h, "supplier.add", "{\"supplier\":\"B\",\"name\":\"  \"}", "\"name\"");
    names(&h, "supplier.add", "{\"supplier\":\"B\",\"name\":5}", "\"name\"");
    names(&h, "supplier.add", "{\"supplier\":\"B C\",\"name\":\"x\"}", "\"supplier\"");
    names(&h, "supplier.add", "{\"supplier\":\"B\\u0007\",\"name\":\"x\"}", "\"supplier\"");
    names(&h, "supplier.add", "{\"supplier\":\"\\u00c4\",\"name\":\"x\"}", "\"supplier\"");
    names(&h, "supplier.add", "{\"supplier\":\"B\",\"name\":\"x\",\"phone\":\"a\\u0007b\"}", "\"phone\"");
    names(&h, "supplier.add", "[]", "not an object");
    names(&h, "job.list", "{\"from\":\"tomorrow\"}", "\"from\"");
    names(&h, "job.list", "{\"limit\":\"many\"}", "\"limit\"");
    names(&h, "job.list", "{\"limit\":-1}", "\"limit\"");
    names(&h, "job.list", "{\"after\":\"JOB\\n1\"}", "\"after\"");
    names(&h, "event.list", "{\"after\":\"x\"}", "\"after\"");
    names(&h, "declaration.make", "{\"machine\":\"laser1\",\"lots\":\"L1\"}", "\"lots\"");
    names(&h, "declaration.make", "{\"machine\":\"laser1\",\"lots\":[5]}", "\"lots\"");
    names(&h, "material.add", "{\"material\":\"M\",\"name\":\"x\",\"density\":\"heavy\"}", "heavy");
    names(&h, "material.add", "{\"material\":\"M\",\"name\":\"x\",\"requires\":[5]}", "\"requires\"");
    names(&h, "lot.release", "{\"lot\":\"L\",\"by\":\"Kim Lee\"}", "\"by\"");
    help_refused(&h, "material.add", "{\"material\":\"M\",\"name\":\"x\",\"thickness\":\"3kg\"}",
                 "bad_quantity");
    help_refused(&h, "lot.melt", "{}", "no_such_operation");
    help_teardown(&h);
}

// Runs the operation with `length` letters as the argument `name`, beside what `args` gives.
static bool takes_text(struct help *h, const char *op, const char *args, const char *name, size_t length) {
    char *text = calloc(1, length + 1);
    memset(text, 'x', length);
    cJSON *object = help_json(args), *answer;
    json_add_text(object, name, text);
    struct trace_context context = {"test", h->now_us};
    bool ok = trace_run(h->ledger, op, &context, object, &answer, &h->error);
    cJSON_Delete(object);
    cJSON_Delete(answer);
    free(text);
    return ok;
}

static void every_text_has_a_limit(void **state) {
    static const struct {
        const char *op, *args, *name;
        size_t max;
    } limits[] = {
        {"supplier.add", "{\"name\":\"x\"}", "supplier", ARGS_ID_MAX},
        {"material.add", "{\"name\":\"x\"}", "material", ARGS_MATERIAL_MAX},
        {"supplier.add", "{\"supplier\":\"B\"}", "name", ARGS_NOTE_MAX},
        {"supplier.add", "{\"supplier\":\"C\",\"name\":\"x\"}", "phone", ARGS_LINE_MAX},
        {"note.add", "{\"subject\":\"laser1\"}", "text", ARGS_NOTE_MAX},
        {"machine.unauthorised", "{\"machine\":\"laser1\"}", "status", ARGS_REASON_MAX},
    };
    struct help h;
    help_setup(&h);
    help_shop(&h);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_false(takes_text(&h, limits[i].op, limits[i].args, limits[i].name, limits[i].max + 1));
        assert_string_equal(h.error.code, "bad_argument");
        assert_true(takes_text(&h, limits[i].op, limits[i].args, limits[i].name, limits[i].max));
    }
    // the longest material still gives lots a number
    char args[256], material[ARGS_MATERIAL_MAX + 1];
    memset(material, 'x', sizeof material - 1);
    material[sizeof material - 1] = '\0';
    snprintf(args, sizeof args,
             "{\"material\":\"%s\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"1sheet\"}",
             material);
    help_do(&h, "lot.receive", args);
    help_teardown(&h);
}

static void own(struct help *h, const char *lot, const char *more, const char *code) {
    char args[512];
    snprintf(
        args, sizeof args,
        "{\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"9sheet\",\"lot\":\"%s\"%s}",
        lot, more);
    if (code)
        help_refused(h, "lot.receive", args, code);
    else
        help_do(h, "lot.receive", args);
}

// Kept by check_given_number and sequence_next: the number of a piece of the longest lot once ended the daemon.
static void a_lot_number_of_ones_own_leaves_room_for_its_pieces(void **state) {
    static const char *const wrong[] = {"-x", "../x", ".x", "x-", "a/b", "ACR-1126-001/1"};
    char longest[ARGS_LOT_OWN_MAX + 2], args[256];
    struct help h;
    help_setup(&h);
    help_shop(&h);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    own(&h, longest, "", "bad_argument");
    longest[ARGS_LOT_OWN_MAX] = '\0';
    own(&h, longest, "", NULL);
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"quantity\":\"1sheet\",\"count\":9}", longest);
    help_do(&h, "lot.split", args);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        own(&h, wrong[i], "", "bad_argument");
    help_refused(&h, "material.add", "{\"material\":\"A/B\",\"name\":\"x\"}", "bad_argument");
    help_refused(&h, "material.add", "{\"material\":\"H\",\"name\":\"x\",\"hazards\":[1]}", "bad_argument");
    help_refused(&h, "material.add", "{\"material\":\"-A\",\"name\":\"x\"}", "bad_argument");
    char number[65], sequence[65];
    memset(sequence, 'x', sizeof sequence - 1);
    sequence[sizeof sequence - 1] = '\0';
    assert_true(ledger_begin(h.ledger, &h.error));
    assert_false(
        ledger_next_number(h.ledger, sequence, number, sizeof number, &h.error)); // a ledger from before
    assert_string_equal(h.error.code, "number_too_long");
    ledger_rollback(h.ledger);
    help_teardown(&h);
}

// Kept by TIME_MAX_US: what JSON can't hold as a whole number is told in a sentence.
static void a_day_too_far_away_is_told(void **state) {
    struct help h;
    help_setup(&h);
    help_shop(&h);
    own(&h, "L1", ",\"expires\":\"9999-12-31\"", "bad_argument");
    assert_non_null(strstr(h.error.message, "too far away"));
    own(&h, "L2", ",\"expires\":\"2250-12-31\"", NULL);
    help_teardown(&h);
}

static void texts_are_trimmed_and_numbers_may_be_texts(void **state) {
    struct help h;
    help_setup(&h);
    help_do(&h, "supplier.add",
            "{\"supplier\":\" ACME \",\"name\":\" Acme \\n\",\"email\":\"\",\"phone\":null}");
    cJSON *list = help_ask(&h, "supplier.list", "{\"limit\":\"5\"}");
    const cJSON *supplier = cJSON_GetArrayItem(list, 0);
    assert_string_equal(json_text(supplier, "supplier"), "ACME");
    assert_string_equal(json_text(supplier, "name"), "Acme");
    assert_true(cJSON_IsNull(json_get(supplier, "email")));
    cJSON_Delete(list);
    help_teardown(&h);
}

static void materials_show_their_sizes_as_people_write_them(void **state) {
    struct help h;
    help_setup(&h);
    help_do(
        &h, "material.add",
        "{\"material\":\"PLA\",\"name\":\"PLA\",\"form\":\"filament\",\"diameter\":\"1.75mm\",\"density\":\"1.24\",\"thickness\":\"0.5in\"}");
    cJSON *list = help_ask(&h, "material.list", "{}");
    const cJSON *material = cJSON_GetArrayItem(list, 0);
    assert_string_equal(json_text(material, "diameter"), "1.75mm");
    assert_string_equal(json_text(material, "density"), "1.24");
    assert_string_equal(json_text(material, "thickness"), "12.7mm");
    cJSON_Delete(list);
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(every_text_has_a_limit),
        cmocka_unit_test(a_lot_number_of_ones_own_leaves_room_for_its_pieces),
        cmocka_unit_test(a_day_too_far_away_is_told),
        cmocka_unit_test(texts_are_trimmed_and_numbers_may_be_texts),
        cmocka_unit_test(materials_show_their_sizes_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
