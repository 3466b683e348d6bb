// The classifier as a firmware compiles it (GCODE_GRBL_ONLY, for size, with the enums and chars of an AVR) answers every line as
// the host's does. Both are in this program; the firmware's names begin with `firmware_`. LOTGATE_FUZZ_LINES: how many lines are
// made up, beside those of the corpora.
#include "unit.h"

#include <stdlib.h>

#include "judge_lines.h" // judge

void firmware_judge(const struct judge_rules *rules, const struct judge_state *before, const uint8_t *line,
                    uint16_t length, struct judge_answer *answer);

static unsigned classes[8];

static void check(struct judge_lines *l, const uint8_t *line, size_t length) {
    struct judge_rules rules;
    struct judge_state state;
    struct judge_answer host, firmware;
    judge_lines_setting(l, &rules, &state);
    judge(&rules, &state, line, (uint16_t)length, &host);
    firmware_judge(&rules, &state, line, (uint16_t)length, &firmware);
    classes[host.class & 7]++;
    if (!judge_lines_agree(&host, &firmware, line, length))
        fail();
}

static void test_corpora(void **state) {
    struct judge_lines *l = *state;
    assert_true(l->count > 500);
    for (size_t i = 0; i < l->count; i++)
        for (int k = 0; k < 3; k++)
            check(l, (const uint8_t *)l->lines[i], l->lengths[i]);
}

static void test_made_up_lines(void **state) {
    struct judge_lines *l = *state;
    const char *wanted = getenv("LOTGATE_FUZZ_LINES");
    uint8_t line[JUDGE_LINE_MAX];
    for (unsigned long n = wanted ? strtoul(wanted, NULL, 10) : 200000; n; n--) {
        size_t length = judge_lines_next(l, line);
        check(l, line, length);
    }
    for (unsigned c = 0; c < 6; c++) // lines of every class have been among them
        assert_true(classes[c] > 100);
}

static int read_lines(void **state) {
    static struct judge_lines lines;
    judge_lines_read(&lines);
    *state = &lines;
    return 0;
}

static int free_lines(void **state) {
    judge_lines_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpora), cmocka_unit_test(test_made_up_lines)};
    return cmocka_run_group_tests(tests, read_lines, free_lines) ? 1 : 0;
}
