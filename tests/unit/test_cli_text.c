// cli_text, cli_table, cli_suggest: what a person and a spreadsheet get to see.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_suggest.h"
#include "cli_table.h"
#include "cli_text.h"
#include "csv_write.h"
#include "json.h"

static char *written(void (*write)(FILE *, const char *), const char *text) {
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    write(file, text);
    fclose(file);
    return out;
}

static void csv_guarded(FILE *out, const char *text) {
    csv_write_cell(out, text, true);
}

static void same(void (*write)(FILE *, const char *), const char *text, const char *expected) {
    char *got = written(write, text);
    assert_string_equal(got, expected);
    free(got);
}

// Kept by the table `acting` in utf8.c.
static void test_control_characters_are_shown(void **state) {
    same(cli_text_write, "plain ü €", "plain ü €");
    same(cli_text_write, "\x1b[31mred\x07", "\\x1b[31mred\\x07");
    same(cli_text_write, "a\nb\tc\rd", "a\\nb\\tc\\x0dd");
    same(cli_text_write,
         "\xc2\x9b"
         "31m",
         "\\x9b31m"); // C1 CSI, a terminal in UTF-8 mode takes it
    same(cli_text_write, "\x7f", "\\x7f");
    same(cli_text_write, "abc\u202Edef", "abc\\u202edef");
    same(cli_text_write, "\xff\xfe", "\\xff\\xfe");
    same(cli_text_write, "\xc3", "\\xc3");                   // cut off
    same(cli_text_write, "\xc0\xaf", "\\xc0\\xaf");          // overlong
    same(cli_text_write, "\xed\xa0\x80", "\\xed\\xa0\\x80"); // surrogate
}

static void test_json_stays_the_same_value(void **state) {
    cJSON *value = cJSON_CreateString("a\x7f\xc2\x9b\u202E\x1b");
    char *text = json_print(value), *shown = written(cli_text_write_json, text);
    struct lg_error error = {0};
    cJSON *back = json_parse(shown, strlen(shown), false, &error);
    assert_non_null(back);
    assert_string_equal(back->valuestring, value->valuestring);
    for (const char *c = shown; *c != '\0'; c++)
        assert_in_range((unsigned char)*c, ' ', '~');
    free(text);
    free(shown);
    cJSON_Delete(back);
    cJSON_Delete(value);
}

static void test_width(void **state) {
    assert_int_equal(cli_text_width(""), 0);
    assert_int_equal(cli_text_width("Ärger"), 5);
    assert_int_equal(cli_text_width("A\u0308rger"), 5); // combining diaeresis
    assert_int_equal(cli_text_width("亜鉛"), 4);
    assert_int_equal(cli_text_width("🔧"), 2);
    assert_int_equal(cli_text_width("\xff"), 1);
}

// Kept by begins_formula in cli_text.c.
static void test_csv(void **state) {
    same(csv_guarded, "plain", "plain");
    same(csv_guarded, "a,b", "\"a,b\"");
    same(csv_guarded, "say \"so\"", "\"say \"\"so\"\"\"");
    same(csv_guarded, "two\nlines", "\"two\nlines\"");
    same(csv_guarded, "=1+1", "'=1+1");
    same(csv_guarded, "+49 30", "'+49 30");
    same(csv_guarded,
         "\xef\xbc\x9d"
         "1",
         "'\xef\xbc\x9d"
         "1"); // the full-width sign
    same(csv_guarded, "\n=1", "\"'\n=1\"");
    same(csv_guarded, "-5", "'-5");
    same(csv_guarded, "@x", "'@x");
    same(csv_guarded, "=a,b", "\"'=a,b\"");
    same(csv_guarded, "\x1b[2J", "\\x1b[2J");
}

static const struct column columns[] = {
    {"LOT", "lot", CELL_TEXT, false},       {"NAME", "name", CELL_TEXT, false},
    {"LINES", "lines", CELL_NUMBER, false}, {"UNUSED", "unused", CELL_TEXT, false},
    {"SHA", "sha256", CELL_HASH, false},    {"MM", "um", CELL_MILLI, false},
    {"AT", "at", CELL_TIME, false},         {"LOTS", "lots", CELL_TEXT, false},
    {"HIDDEN", "hidden", CELL_TEXT, true},  {0}};

static cJSON *rows(void) {
    static const char text[] =
        "[{\"lot\":\"A-1\",\"name\":\"\\u00c4\\u001b[0m\",\"lines\":7,\"sha256\":\"0123456789abcdef\",\"um\":1500,"
        "\"at\":\"2026-11-23T10:06:00.123456Z\",\"lots\":[{\"lot\":\"X\",\"quantity\":\"1sheet\"},\"Y\"],\"hidden\":\"h\"},"
        "{\"lot\":\"B-22\",\"name\":\"long name\",\"lines\":-12,\"um\":null}]";
    struct lg_error error = {0};
    cJSON *value = json_parse(text, strlen(text), false, &error);
    assert_non_null(value);
    return value;
}

static void test_table(void **state) {
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    cJSON *value = rows();
    cli_table_print(file, value, columns, false);
    fclose(file);
    assert_string_equal(out, "LOT   NAME       LINES  SHA            MM  AT                    LOTS\n"
                             "A-1   Ä\\x1b[0m       7  0123456789ab  1.5  2026-11-23 10:06:00Z  X 1sheet, Y\n"
                             "B-22  long name    -12\n");
    free(out);
    cJSON_Delete(value);
}

// A narrow terminal: whole columns go, from the right, and are named.
static void test_table_that_is_too_wide(void **state) {
    static const struct {
        size_t room;
        const char *shown;
    } rooms[] = {
        {0, "LOT   NAME       LINES  SHA            MM  AT                    LOTS\n"
            "A-1   Ä\\x1b[0m       7  0123456789ab  1.5  2026-11-23 10:06:00Z  X 1sheet, Y\n"
            "B-22  long name    -12\n"},
        {41, "LOT   NAME       LINES  SHA            MM\n"
             "A-1   Ä\\x1b[0m       7  0123456789ab  1.5\n"
             "B-22  long name    -12\n"
             "Too wide for this terminal: AT, LOTS. A wider one, --csv and --json show all.\n"},
        {40, "LOT   NAME       LINES  SHA\n"
             "A-1   Ä\\x1b[0m       7  0123456789ab\n"
             "B-22  long name    -12\n"
             "Too wide for this terminal: MM, AT, LOTS. A wider one, --csv and --json show all.\n"},
        {1,
         "LOT\nA-1\nB-22\nToo wide for this terminal: NAME, LINES, SHA, MM, AT, LOTS. A wider one, --csv and --json show all.\n"},
    };
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        char *out = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&out, &size);
        cJSON *value = rows();
        cli_table_print_within(file, value, columns, false, rooms[i].room);
        fclose(file);
        assert_string_equal(out, rooms[i].shown);
        free(out);
        cJSON_Delete(value);
    }
}

static void test_csv_rows(void **state) {
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    cJSON *value = rows();
    csv_write_head(file, columns);
    csv_write_rows(file, value, columns);
    fclose(file);
    // A number keeps its minus; the time, the hash and the thousandths are exact.
    assert_string_equal(
        out, "lot,name,lines,unused,sha256,um,at,lots,hidden\n"
             "A-1,Ä\\x1b[0m,7,,0123456789abcdef,1500,2026-11-23T10:06:00.123456Z,\"X 1sheet, Y\",h\n"
             "B-22,long name,-12,,,,,,\n");
    free(out);
    cJSON_Delete(value);
}

static void cut_to(const char *text, size_t room, const char *wanted) {
    char *copy = strdup(text); // exactly as long: a byte written behind it is noticed
    cli_text_cut(copy, room);
    assert_string_equal(copy, wanted);
    assert_true(cli_text_width(copy) <= room);
    free(copy);
}

static void test_cut(void **state) {
    cut_to("abcdef", 6, "abcdef");
    cut_to("abcdef", 5, "abc…"); // three bytes of dots in the place of three letters
    cut_to("abcdefghij", 5, "abcd…");
    cut_to("ääääääää", 5, "ääää…");
    cut_to("äöü", 2, "ä…");
    cut_to("日本語日本語", 6, "日本…"); // two columns each
    cut_to("e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81",
           2, "e\xcc\x81…");
}

// A long text in the midst leaves room for the others; the last one is whole.
static void test_table_with_a_long_cell(void **state) {
    static const struct column two[] = {{"A", "a", CELL_TEXT, false}, {"B", "b", CELL_TEXT, false}, {0}};
    char text[400], *out = NULL;
    size_t size = 0;
    memset(text, 'x', 300);
    text[300] = '\0';
    cJSON *rows = cJSON_CreateArray(), *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "a", text);
    cJSON_AddStringToObject(row, "b", text);
    cJSON_AddItemToArray(rows, row);
    FILE *f = open_memstream(&out, &size);
    cli_table_print_within(f, rows, two, false, 400);
    fclose(f);
    assert_non_null(strstr(out, "x…  xxx"));
    assert_non_null(strstr(out, text));
    free(out);
    cJSON_Delete(rows);
}

static void test_distance(void **state) {
    assert_int_equal(cli_edit_distance("release", "release"), 0);
    assert_int_equal(cli_edit_distance("relaese", "release"), 1); // neighbours swapped
    assert_int_equal(cli_edit_distance("relese", "release"), 1);
    assert_int_equal(cli_edit_distance("", "abc"), 3);
    assert_int_equal(cli_edit_distance("LOT", "lot"), 0);
    char longest[CLI_WORD_MAX + 1];
    memset(longest, 'a', CLI_WORD_MAX);
    longest[CLI_WORD_MAX] = '\0';
    assert_int_equal(cli_edit_distance(longest, "a"), CLI_WORD_MAX);
    longest[CLI_WORD_MAX - 1] = '\0';
    assert_int_equal(cli_edit_distance(longest, "a"), CLI_WORD_MAX - 2);
}

static void test_suggestion(void **state) {
    struct cli_suggestion best = {0};
    cli_suggest(&best, "relase", "reject");
    cli_suggest(&best, "relase", "release");
    cli_suggest(&best, "relase", "receive");
    assert_string_equal(best.word, "release");
    best = (struct cli_suggestion){0};
    cli_suggest(&best, "frobnicate", "release");
    assert_null(best.word);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_characters_are_shown),
        cmocka_unit_test(test_json_stays_the_same_value),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_that_is_too_wide),
        cmocka_unit_test(test_csv_rows),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_table_with_a_long_cell),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_suggestion),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
