// lotgate.json: what is right is taken, what is wrong is told with its place and what would be right.
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "gate.h"

static struct config config;
static struct config_report report;

static bool parse(const char *text) {
    return config_parse(&config, "lotgate.json", text, strlen(text), &report);
}

static const char whole[] =
    "{ \"site\": \"B\", \"address\": \"Hall 3\\nBerlin\", // which hall\n"
    "  \"data\": \"/srv/lotgate\",\n"
    "  \"http\": { \"listen\": \"127.0.0.1:9000\", \"tls_certificate\": \"\", \"tls_key\": \"\" },\n"
    "  \"store\": \"sqlite\",\n"
    "  \"machines\": [\n"
    "    { \"id\": \"laser1\", \"name\": \"Big laser\", \"board\": \"twotrees-tts-55-pro\", \"serial_number\": \"TTS55P-1\",\n"
    "      \"device\": \"/dev/ttyUSB0\", \"baud\": 250000, \"hook\": true,\n"
    "      \"sender\": { \"pty\": \"/run/lotgate/laser1\", \"tcp\": [\"0.0.0.0:8231\", \"[::1]:8231\"] },\n"
    "      \"gate\": { \"mode\": \"until-changed\", \"scope\": \"strict\", \"held\": \"refuse\", \"held_seconds\": 300,\n"
    "                \"spool\": false, \"require\": [\"operator\"], \"idle_seconds\": 5, \"armed_seconds\": 600,\n"
    "                \"focus_s_percent\": 3, \"focus_seconds\": 30, \"hook_seconds\": 90 } },\n"
    "    { \"id\": \"cnc1\", \"board\": \"generic\", \"device\": \"sim:cnc\", \"sender\": { \"tcp\": \"127.0.0.1:0\" } } ] }\n";

static void a_whole_configuration_is_taken(void **state) {
    if (!parse(whole))
        fail_msg("%s", report.text);
    const struct config_machine *m = &config.machines[0];
    assert_string_equal(config.site, "B");
    assert_string_equal(config.address, "Hall 3\nBerlin");
    assert_string_equal(config.data, "/srv/lotgate");
    assert_string_equal(config.listen, "127.0.0.1:9000");
    assert_int_equal(config.machine_count, 2);
    assert_string_equal(m->id, "laser1");
    assert_string_equal(m->name, "Big laser");
    assert_string_equal(m->serial_number, "TTS55P-1");
    assert_string_equal(m->device, "/dev/ttyUSB0");
    assert_int_equal(m->baud, 250000);
    assert_string_equal(m->pty, "/run/lotgate/laser1");
    assert_int_equal(m->tcp_count, 2);
    assert_string_equal(m->tcp[1], "[::1]:8231");
    assert_int_equal(m->mode, GATE_UNTIL_CHANGED);
    assert_int_equal(m->strict, 1);
    assert_int_equal(m->held, GATE_REFUSE);
    assert_int_equal(m->held_seconds, 300);
    assert_int_equal(m->idle_seconds, 5);
    assert_int_equal(m->armed_seconds, 600);
    assert_int_equal(m->focus_s_percent, 3);
    assert_int_equal(m->focus_seconds, 30);
    assert_int_equal(m->hook, 1);
    assert_int_equal(m->hook_seconds, 90);
    assert_int_equal(config.machines[1].hook, -1); // as the board says
    assert_int_equal(m->require_count, 1);
    assert_string_equal(m->require[0], "operator");
}

static void what_is_left_out_has_its_default(void **state) {
    assert_true(parse(whole));
    const struct config_machine *m = &config.machines[1];
    assert_string_equal(m->tcp[0], "127.0.0.1:0");
    assert_int_equal(m->tcp_count, 1);
    assert_int_equal(m->mode, -1);
    assert_int_equal(m->held, GATE_WAIT);
    assert_int_equal(m->idle_seconds, 2);
    assert_int_equal(m->focus_s_percent, -1);
    assert_int_equal(m->focus_seconds, 60);
    assert_true(parse("{}"));
    assert_string_equal(config.site, "A");
    assert_string_equal(config.listen, "127.0.0.1:8390");
    assert_int_equal(config.machine_count, 0);
}

#define MACHINE "\"id\":\"a\",\"board\":\"b\",\"device\":\"/dev/x\""
#define OTHER   "\"id\":\"c\",\"board\":\"b\",\"device\":\"/dev/y\""

// One mistake each; the report must hold exactly this line.
static const struct {
    const char *text, *told;
} mistakes[] = {
    {"{\n \"machines\": [ {" MACHINE ",\n   \"baudd\": 1 } ] }",
     "lotgate.json:3:4: unknown key \"baudd\" in machines[0]; did you mean \"baud\"?"},
    {"{ \"sitee\": \"A\" }", "lotgate.json:1:3: unknown key \"sitee\"; did you mean \"site\"?"},
    {"{ \"xyzzy\": 1 }", "lotgate.json:1:3: unknown key \"xyzzy\""},
    {"{ // one\n /* two\n three */ \"nonsense\": 1 }", "lotgate.json:3:11: unknown key \"nonsense\""},
    {"{\"site\": 7}", "lotgate.json:1:2: site must be a text in quotes"},
    {"{\"site\": \"\"}", "lotgate.json:1:2: site must not be empty"},
    {"{\"site\": \"A B\"}", "lotgate.json:1:2: site may hold only letters, digits, - and _"},
    {"{\"site\": \"ABCDEFGHI\"}", "lotgate.json:1:2: site is longer than 7 bytes"},
    {"{\"store\": \"postgresql://x\"}", "lotgate.json:1:2: store must be \"sqlite\""},
    {"{\"http\": []}", "lotgate.json:1:2: http must be an object in { }"},
    {"{\"http\": {\"tls_key\": \"/k\"}}",
     "lotgate.json:1:11: http.tls_key: this version speaks no TLS; leave it empty and listen on 127.0.0.1"},
    {"{\"machines\": {}}", "lotgate.json:1:2: machines must be an array in [ ]"},
    {"{\"machines\": [5]}", "lotgate.json:1:15: machines[0] must be an object in { }"},
    {"{\"machines\": [{\"id\":\"a\",\"device\":\"/dev/x\"}]}",
     "lotgate.json:1:15: machines[0] needs \"board\""},
    {"{\"machines\": [{" MACHINE ",\"baud\":\"fast\"}]}",
     "lotgate.json:1:55: machines[0].baud must be a whole number from 1200 to 4000000"},
    {"{\"machines\": [{\"id\": \"a\", \"board\": \"b\", \"device\": \"/c\", \"hook\": \"yes\"}]}",
     "lotgate.json:1:57: machines[0].hook must be true or false"},
    {"{\"machines\": [{" MACHINE ",\"baud\":115200.5}]}",
     "lotgate.json:1:55: machines[0].baud must be a whole number from 1200 to 4000000"},
    {"{\"machines\": [{" MACHINE ",\"baud\":1e300}]}",
     "lotgate.json:1:55: machines[0].baud must be a whole number from 1200 to 4000000"},
    {"{\"machines\": [{" MACHINE ",\"gate\":{\"mode\":\"each-jobs\"}}]}",
     "lotgate.json:1:63: machines[0].gate.mode must be \"each-job\" or \"until-changed\"; did you mean \"each-job\"?"},
    {"{\"machines\": [{" MACHINE ",\"gate\":{\"spool\":true}}]}",
     "lotgate.json:1:63: machines[0].gate.spool: this version cannot spool jobs; write false or leave it out"},
    {"{\"machines\": [{" MACHINE ",\"gate\":{\"require\":[\"operatr\"]}}]}",
     "lotgate.json:1:74: machines[0].gate.require must be \"operator\" or \"trained\"; did you mean \"operator\"?"},
    {"{\"machines\": [{" MACHINE ",\"sender\":{\"tcp\":[1]}}]}",
     "lotgate.json:1:72: machines[0].sender.tcp must be a text in quotes"},
    {"{\"machines\": [{" MACHINE ",\"sender\":{\"tcp\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]}}]}",
     "lotgate.json:1:100: machines[0].sender.tcp can hold at most 7"},
    {"{\"machines\": [{" MACHINE "}, {\"id\":\"a\",\"board\":\"b\",\"device\":\"/dev/y\"}]}",
     "lotgate.json:1:57: machines[1] has the same id as machines[0]: \"a\""},
    {"{\"machines\": [{" MACHINE "}, {\"id\":\"c\",\"board\":\"b\",\"device\":\"/dev/x\"}]}",
     "lotgate.json:1:57: machines[1] has the same device as machines[0]"},
    {"{\"machines\": [{" MACHINE ",\"sender\":{\"pty\":\"/p\"}}, "
     "{\"id\":\"c\",\"board\":\"b\",\"device\":\"/d\",\"sender\":{\"pty\":\"/p\"}}]}",
     "lotgate.json:1:79: machines[1] has the same sender.pty as machines[0]"},
    {"{\"machines\": [{" MACHINE ",\"sender\":{\"tcp\":\"::1:7\"}}, {" OTHER
     ",\"sender\":{\"tcp\":[\":0\",\"::1:7\"]}}]}",
     "lotgate.json:1:82: machines[1] has the same sender.tcp as machines[0]: \"::1:7\""},
    {"{\"machines\": [{" MACHINE ",\"sender\":{\"tcp\":[\":0\",\":0\",\":7\",\":7\"]}}]}",
     "lotgate.json:1:15: machines[0] has the same sender.tcp as machines[0]: \":7\""},
    {"{\"http\": {\"listen\": \"::1:7\"}, \"machines\": [{" MACHINE ",\"sender\":{\"tcp\":\"::1:7\"}}]}",
     "lotgate.json:1:44: machines[0] has the same sender.tcp as http.listen: \"::1:7\""},
    {"\xef\xbb\xbf[]", "lotgate.json:1:1: the configuration must be an object in { }"},
    {"{\"data\": \"lotgate\"}", "lotgate.json:1:2: data must begin with /"},
    {"{\"machines\": [{\"id\":\"a\",\"board\":\"b\",\"device\":\"COM3\"}]}",
     "lotgate.json:1:37: machines[0].device must begin with /, or be sim:laser or sim:cnc"},
    {"{\"machines\": [{" MACHINE ",\"sender\":{\"pty\":\"laser\"}}]}",
     "lotgate.json:1:65: machines[0].sender.pty must begin with /"},
    {"{\"site\": \"A\"\n \"data\": \"/x\"}", "lotgate.json:2:2: `,` or `}` is expected before this"},
    {"[]", "lotgate.json:1:1: the configuration must be an object in { }"},
};

static void each_mistake_is_told_with_its_place(void **state) {
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        assert_false(parse(mistakes[i].text));
        assert_string_equal(report.text, mistakes[i].told);
        assert_int_equal(report.mistakes, 1);
    }
}

static void all_mistakes_are_told_at_once(void **state) {
    assert_false(parse("{\"sight\":1,\n\"machines\":[{\"id\":\"a b\",\n\"baud\":0}]}"));
    assert_int_equal(report.mistakes, 5);
    assert_non_null(strstr(report.text, "lotgate.json:1:2: unknown key \"sight\""));
    assert_non_null(strstr(report.text, "lotgate.json:2:14: machines[0].id may hold only"));
    assert_non_null(strstr(report.text, "lotgate.json:3:1: machines[0].baud must be"));
    assert_non_null(strstr(report.text, "machines[0] needs \"board\""));
    assert_non_null(strstr(report.text, "machines[0] needs \"device\""));
}

static void more_mistakes_than_can_be_told_are_counted(void **state) {
    char text[4096] = "{";
    for (int i = 0; i < CONFIG_MISTAKES_MAX + 10; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\"unknown%d\":1", i > 0 ? "," : "", i);
    strncat(text, "}", sizeof text - strlen(text) - 1);
    assert_false(parse(text));
    assert_int_equal(report.mistakes, CONFIG_MISTAKES_MAX + 10);
    assert_null(strstr(report.text, "unknown73"));
    assert_non_null(strstr(report.text, "unknown60"));
}

static void too_many_machines_are_refused(void **state) {
    static char text[64 * 1024];
    char told[64];
    snprintf(text, sizeof text, "{\"machines\":[");
    for (int i = 0; i <= CONFIG_MACHINES_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "%s{\"id\":\"m%d\",\"board\":\"b\",\"device\":\"/dev/%d\"}", i > 0 ? "," : "", i, i);
    strncat(text, "]}", sizeof text - strlen(text) - 1);
    assert_false(parse(text));
    assert_int_equal(report.mistakes, 1);
    snprintf(told, sizeof told, "machines can hold at most %d", CONFIG_MACHINES_MAX);
    assert_non_null(strstr(report.text, told));
}

static void text_that_is_no_json_is_told(void **state) {
    assert_false(parse("{ \"site\": }"));
    assert_string_equal(report.text, "lotgate.json:1:11: a value is expected");
}

static void a_file_that_is_missing_or_too_long_is_told(void **state) {
    char path[] = "/tmp/lotgate-config-XXXXXX";
    assert_false(config_load(&config, "/nonexistent/lotgate.json", &report));
    assert_non_null(strstr(report.text, "/nonexistent/lotgate.json cannot be read: No such file"));
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(whole, file);
    fclose(file);
    assert_true(config_load(&config, path, &report));
    assert_false(config_load(&config, "/tmp", &report));
    assert_string_equal(report.text, "/tmp cannot be read: Is a directory");
    file = fopen(path, "w");
    for (int i = 0; i <= CONFIG_FILE_MAX; i++)
        fputc(' ', file);
    fclose(file);
    assert_false(config_load(&config, path, &report));
    assert_non_null(strstr(report.text, "longer than"));
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration_is_taken),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(each_mistake_is_told_with_its_place),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(more_mistakes_than_can_be_told_are_counted),
        cmocka_unit_test(too_many_machines_are_refused),
        cmocka_unit_test(text_that_is_no_json_is_told),
        cmocka_unit_test(a_file_that_is_missing_or_too_long_is_told),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
