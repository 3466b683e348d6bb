// cli_args and the command table: lines as people type them.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_args.h"
#include "json.h"

#define WORDS_MAX 160

// Parses "lotgate" plus the words of a line, separated by blanks.
static bool parse(struct cli_call *call, char *line, struct lg_error *error) {
    static char *argv[WORDS_MAX];
    int argc = 0;
    argv[argc++] = (char *)"lotgate";
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word; // as the shell reads it
    }
    memset(call, 0, sizeof *call);
    memset(error, 0, sizeof *error);
    return cli_args_parse(call, argc, argv, error);
}

static void accepts(struct cli_call *call, const char *text) {
    static char line[4096];
    struct lg_error error;
    snprintf(line, sizeof line, "%s", text);
    if (!parse(call, line, &error))
        fail_msg("%s: %s", text, error.message);
}

static void refuses(const char *text, const char *message, const char *hint) {
    char line[4096];
    struct cli_call call;
    struct lg_error error;
    snprintf(line, sizeof line, "%s", text);
    assert_false(parse(&call, line, &error));
    assert_string_equal(error.code, "usage");
    if (strstr(error.message, message) == NULL || strstr(error.what_to_do, hint) == NULL)
        fail_msg("%s: %s / %s", text, error.message, error.what_to_do);
}

static void test_options_stand_anywhere(void **state) {
    static const char *const lines[] = {
        "--data d declare laser1 ACR-1126-001=1sheet --operator OP1 --json",
        "declare --operator OP1 laser1 --json --data d ACR-1126-001=1sheet",
        "--json declare laser1 --data=d --operator=OP1 -- ACR-1126-001=1sheet",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct cli_call call;
        accepts(&call, lines[i]);
        assert_string_equal(call.group->name, "declare");
        assert_string_equal(call.data, "d");
        assert_true(call.json);
        assert_int_equal(call.word_count, 2);
        assert_string_equal(call.words[1], "ACR-1126-001=1sheet");
        assert_string_equal(cli_given(&call, "operator"), "OP1");
    }
}

static void test_object_of_the_operation(void **state) {
    struct cli_call call;
    struct lg_error error = {0};
    accepts(&call, "material add ACR Acrylic --thickness 3mm --require mtr --require rohs");
    cJSON *args = cli_args_object(&call, &error);
    assert_string_equal(json_text(args, "material"), "ACR");
    assert_string_equal(json_text(args, "thickness"), "3mm");
    assert_int_equal(cJSON_GetArraySize(json_get(args, "requires")), 2);
    cJSON_Delete(args);

    accepts(&call, "declare laser1 A --count 10");
    args = cli_args_object(&call, &error);
    int64_t count = 0;
    assert_true(json_integer(args, "count", &count));
    assert_int_equal(count, 10);
    cJSON_Delete(args);

    accepts(&call, "lot adjust A -2sheet --reason stolen"); // kept by is_option
    args = cli_args_object(&call, &error);
    assert_string_equal(json_text(args, "quantity"), "-2sheet");
    cJSON_Delete(args);

    accepts(&call, "supplier add A caf\xe9"); // kept by is_utf8
    assert_null(cli_args_object(&call, &error));
    assert_string_equal(error.message, "NAME is not UTF-8.");

    accepts(&call, "declare laser1 A --count ten");
    assert_null(cli_args_object(&call, &error));
    assert_string_equal(error.code, "usage");
}

static void test_mistakes_get_a_hint(void **state) {
    refuses("", "No command", "lotgate help");
    refuses("lto list", "no command \"lto\"", "lotgate lot");
    refuses("lot relaese A", "lot relaese", "lotgate lot release");
    refuses("lot", "half a command", "");
    refuses("lot release", "LOT is missing", "");
    refuses("note laser1 ''", "TEXT is empty", "");
    refuses("lot release A --bye OP1", "--bye", "--by");
    refuses("lot release A B", "one word too many", "quotes");
    refuses("lot receive ACR --supplier S --quantity 1sheet", "--supplier-lot N is missing", "");
    refuses("declare laser1 A --operator", "needs a value", "");
    refuses("send m f --lot --json", "needs a value", "");
    refuses("declare laser1 A --operator X --operator Y", "twice", "");
    refuses("job list --json=1", "takes no value", "");
    refuses("job list --json --csv", "don't go together", "");
    refuses("lot show A --csv", "listings", "--json");
    refuses("job list -data d", "-data", "--data");
    refuses("--operator X declare m A", "--operator", "");
}

// Kept by the comparisons with CLI_WORDS_MAX in take_word and CLI_VALUES_MAX in take.
static void test_limits(void **state) {
    char line[4096] = "declare m";
    struct cli_call call;
    for (int i = 1; i < CLI_WORDS_MAX; i++)
        strcat(line, " A");
    accepts(&call, line);
    assert_int_equal(call.word_count, CLI_WORDS_MAX);
    strcat(line, " A");
    refuses(line, "More than", "several");

    strcpy(line, "material add M N");
    for (int i = 0; i < CLI_VALUES_MAX; i++)
        strcat(line, " --require a");
    accepts(&call, line);
    assert_int_equal(call.given_count, CLI_VALUES_MAX);
    strcat(line, " --require a");
    refuses(line, "More than", "several");
}

static void test_help_needs_nothing_else(void **state) {
    struct cli_call call;
    accepts(&call, "lot receive --help");
    assert_true(call.help);
    assert_string_equal(call.command->verb, "receive");
    accepts(&call, "-h");
    assert_true(call.help);
}

// Every row of the table is fit for use: names that don't clash, a summary that is a line, one way to print.
static void test_the_table_is_sound(void **state) {
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++) {
        assert_ptr_equal(cli_group_find(g->name), g);
        for (const struct cli_command *c = g->commands; c->run != NULL; c++) {
            assert_non_null(c->summary);
            assert_null(strchr(c->summary, '\n'));
            assert_true(c->summary[strlen(c->summary) - 1] != '.');
            assert_true(c->verb != NULL || c == g->commands);
            for (const struct cli_option *o = c->options; o != NULL && o->name != NULL; o++) {
                for (const struct cli_option *global = cli_global_options; global->name != NULL; global++)
                    assert_string_not_equal(o->name, global->name);
                for (const struct cli_option *p = c->options; p != o; p++)
                    assert_string_not_equal(o->name, p->name);
                assert_non_null(o->help);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_stand_anywhere),  cmocka_unit_test(test_object_of_the_operation),
        cmocka_unit_test(test_mistakes_get_a_hint),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_help_needs_nothing_else), cmocka_unit_test(test_the_table_is_sound),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
