// Quantities: exact integers, or a refusal that says what is understood.
#include "unit.h"

#include <string.h>

#include "quantity.h"

static void reads(const char *text, int64_t amount, const char *unit, const char *base, const char *written) {
    struct quantity q;
    struct lg_error error;
    char again[QUANTITY_TEXT_MAX];
    if (!quantity_parse(text, &q, &error))
        fail_msg("%s: %s", text, error.message);
    assert_int_equal(q.amount, amount);
    assert_string_equal(q.unit, unit);
    assert_string_equal(q.base, base);
    quantity_format(again, q.amount, q.unit);
    assert_string_equal(again, written);
    struct quantity second;
    assert_true(quantity_parse(again, &second, &error)); // what is written can be read
    assert_int_equal(second.amount, amount);
}

static void quantities_are_exact(void **state) {
    reads("5sheet", 5, "sheet", "sheet", "5sheet");
    reads("1 sheet", 1, "sheet", "sheet", "1sheet");
    reads("12 Sheets", 12, "sheet", "sheet", "12sheet");
    reads("3pcs", 3, "piece", "piece", "3piece");
    reads("1.5kg", 1500000, "kg", "mg", "1.5kg");
    reads("0.001g", 1, "g", "mg", "0.001g");
    reads("600mm", 600000, "mm", "um", "600mm");
    reads("0.36m2", 360000, "m2", "mm2", "0.36m2");
    reads("0.5in", 12700, "in", "um", "0.5in");
    reads("2.50kg", 2500000, "kg", "mg", "2.5kg");
    reads("5.0sheet", 5, "sheet", "sheet", "5sheet");
    reads("1000000000000000mg", QUANTITY_AMOUNT_MAX, "mg", "mg", "1000000000000000mg");
}

static void what_is_no_quantity_is_refused(void **state) {
    static const char *const wrong[] = {"",
                                        "5",
                                        "sheet",
                                        "0sheet",
                                        "-1sheet",
                                        "1.5sheet",
                                        "5 sheet 2",
                                        "1e3g",
                                        "5furlong",
                                        "1..5kg",
                                        ".kg",
                                        "1,5kg",
                                        "0.0001g",
                                        "1.0001g",
                                        "0.001in",
                                        "+1kg",
                                        "1000000000000001mg",
                                        "99999999999999999999999sheet",
                                        "1.2.3kg",
                                        "5sheetx",
                                        "1 . 5kg"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct quantity q;
        struct lg_error error;
        if (quantity_parse(wrong[i], &q, &error))
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_string_equal(error.code, "bad_quantity");
        assert_non_null(strstr(error.what_to_do, "5sheet"));
    }
}

static void what_does_not_end_is_told_in_the_base_unit(void **state) {
    char text[QUANTITY_TEXT_MAX];
    quantity_format(text, 10000, "in"); // 0.3937007874...
    assert_string_equal(text, "10000um");
    quantity_say(text, 1500, "g");
    assert_string_equal(text, "1.5 g");
}

static void decimals_are_exact(void **state) {
    int64_t value;
    const char *end;
    assert_true(quantity_decimal("1.19", 1000, &value, &end));
    assert_int_equal(value, 1190);
    assert_string_equal(end, "");
    assert_false(quantity_decimal("1.1905", 1000, &value, &end));
    assert_false(quantity_decimal("x", 1000, &value, &end));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_exact),
        cmocka_unit_test(what_is_no_quantity_is_refused),
        cmocka_unit_test(what_does_not_end_is_told_in_the_base_unit),
        cmocka_unit_test(decimals_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
