// The reply side of the Grbl family: what a byte means, what a line answers, and the status report that a held
// sender is shown.
#include "unit.h"

#include <string.h>

#include "grbl.h" // grbl_reply

static void test_realtime(void **state) {
    (void)state;
    static const struct {
        enum grbl_flavour flavour;
        uint8_t byte;
        enum grbl_realtime expected;
    } cases[] = {
        {GRBL_AVR, 0x18, GRBL_RESET},
        {GRBL_AVR, '?', GRBL_STATUS},
        {GRBL_AVR, '!', GRBL_HOLD},
        {GRBL_AVR, '~', GRBL_CYCLE_START},
        {GRBL_AVR, 0x84, GRBL_DOOR},
        {GRBL_AVR, 0x85, GRBL_JOG_CANCEL},
        {GRBL_AVR, 0x90, GRBL_OVERRIDE},
        {GRBL_AVR, 0x97, GRBL_OVERRIDE},
        {GRBL_AVR, 0x98, GRBL_OTHER_REALTIME},
        {GRBL_AVR, 0x9E, GRBL_OVERRIDE},
        {GRBL_AVR, 0xA1, GRBL_OVERRIDE},
        {GRBL_AVR, 0xC3, GRBL_OTHER_REALTIME},
        {GRBL_AVR, 0x80, GRBL_OTHER_REALTIME},
        {GRBL_AVR, 0x19, GRBL_DATA},
        {GRBL_AVR, 0x03, GRBL_DATA},
        {GRBL_MKS, 0xB0, GRBL_OTHER_REALTIME},
        {GRBL_MKS, 0x84, GRBL_DOOR},
        {GRBL_MKS, 0xFF, GRBL_OTHER_REALTIME},
        {GRBL_FLUIDNC, 0x86, GRBL_OTHER_REALTIME},
        {GRBL_FLUIDNC, 0x87, GRBL_MACRO},
        {GRBL_FLUIDNC, 0x8A, GRBL_MACRO},
        {GRBL_FLUIDNC, 0x8B, GRBL_OTHER_REALTIME},
        {GRBL_FLUIDNC, 0xB0, GRBL_MACRO},
        {GRBL_HAL, 0x03, GRBL_RESET},
        {GRBL_HAL, 0x14, GRBL_OTHER_REALTIME},
        {GRBL_HAL, 0x19, GRBL_RESET},
        {GRBL_HAL, 0x80, GRBL_STATUS},
        {GRBL_HAL, 0x81, GRBL_CYCLE_START},
        {GRBL_HAL, 0x82, GRBL_HOLD},
        {GRBL_HAL, 0x83, GRBL_OTHER_REALTIME},
        {GRBL_HAL, 0x87, GRBL_STATUS},
        {GRBL_HAL, 0x88, GRBL_OTHER_REALTIME},
        {GRBL_HAL, 0x8C, GRBL_OTHER_REALTIME},
        {GRBL_HAL, 0xA3, GRBL_OTHER_REALTIME},
        {GRBL_HAL, 0xB0, GRBL_MACRO},
        {GRBL_HAL, 0xB7, GRBL_MACRO},
        {GRBL_HAL, 0xB8, GRBL_OTHER_REALTIME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (grbl_realtime(cases[i].flavour, cases[i].byte) != cases[i].expected)
            fail_msg("%s 0x%02X: %d", grbl_flavour_name(cases[i].flavour), cases[i].byte,
                     grbl_realtime(cases[i].flavour, cases[i].byte));
    // Printable characters and line ends are data everywhere, and no high byte is.
    for (int f = 0; f < GRBL_FLAVOURS; f++) {
        for (int byte = 0; byte < 256; byte++) {
            enum grbl_realtime r = grbl_realtime((enum grbl_flavour)f, (uint8_t)byte);
            bool letter = (byte >= ' ' && byte < 0x7F && !strchr("?!~", byte)) || byte == '\n' ||
                          byte == '\r' || byte == '\t';
            if (letter && byte != 0)
                assert_int_equal(r, GRBL_DATA);
            if (byte >= 0x80)
                assert_int_not_equal(r, GRBL_DATA);
        }
    }
}

static void test_safety_and_flavours(void **state) {
    (void)state;
    assert_true(grbl_is_safety(GRBL_RESET) && grbl_is_safety(GRBL_STATUS) && grbl_is_safety(GRBL_HOLD));
    assert_true(grbl_is_safety(GRBL_DOOR) && grbl_is_safety(GRBL_JOG_CANCEL));
    assert_false(grbl_is_safety(GRBL_DATA) || grbl_is_safety(GRBL_CYCLE_START) ||
                 grbl_is_safety(GRBL_OVERRIDE));
    assert_false(grbl_is_safety(GRBL_MACRO) || grbl_is_safety(GRBL_OTHER_REALTIME));
    assert_false(grbl_folds_crlf(GRBL_AVR) || grbl_folds_crlf(GRBL_MKS));
    assert_true(grbl_folds_crlf(GRBL_FLUIDNC) && grbl_folds_crlf(GRBL_HAL));
    for (int f = 0; f < GRBL_FLAVOURS; f++) {
        enum grbl_flavour back = GRBL_FLAVOURS;
        assert_true(grbl_flavour_from_name(grbl_flavour_name((enum grbl_flavour)f), &back));
        assert_int_equal(back, f);
    }
    enum grbl_flavour none;
    assert_false(grbl_flavour_from_name("grbl", &none));
    assert_false(grbl_flavour_from_name("", &none));
    assert_string_equal(grbl_flavour_name(GRBL_FLAVOURS), "unknown");
}

struct reply_case {
    const char *line;
    enum grbl_reply_type type;
    uint16_t number;
    enum grbl_reply_type trailing;
    uint16_t trailing_number;
    const char *text; // NULL: not looked at
};

static void check_replies(const struct reply_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct reply_case *c = &cases[i];
        struct grbl_reply reply;
        memset(&reply, 0xA5, sizeof reply);
        grbl_reply_parse(&reply, (const uint8_t *)c->line, strlen(c->line));
        if (reply.type != c->type || reply.number != c->number || reply.trailing != c->trailing ||
            reply.trailing_number != c->trailing_number)
            fail_msg("\"%s\": type %d number %u trailing %d %u", c->line, reply.type, reply.number,
                     reply.trailing, reply.trailing_number);
        if (c->text && (reply.length != strlen(c->text) || memcmp(reply.text, c->text, reply.length) != 0))
            fail_msg("\"%s\": text \"%.*s\"", c->line, reply.length, (const char *)reply.text);
    }
}

static void test_replies(void **state) {
    (void)state;
    static const struct reply_case cases[] = {
        {"", GRBL_REPLY_EMPTY, 0, 0, 0, ""},
        {" \t", GRBL_REPLY_EMPTY, 0, 0, 0, ""},
        {"ok", GRBL_REPLY_OK, 0, 0, 0, NULL},
        {" ok ", GRBL_REPLY_OK, 0, 0, 0, NULL},
        {"okay", GRBL_REPLY_OTHER, 0, 0, 0, NULL},
        {"o", GRBL_REPLY_OTHER, 0, 0, 0, NULL},
        {"error:9", GRBL_REPLY_ERROR, 9, 0, 0, "9"},
        {"error: 20", GRBL_REPLY_ERROR, 20, 0, 0, NULL},
        {"error:Unsupported command", GRBL_REPLY_ERROR, 0, 0, 0, "Unsupported command"},
        {"error:99999", GRBL_REPLY_ERROR, 65535, 0, 0, NULL},
        {"ALARM:3", GRBL_REPLY_ALARM, 3, 0, 0, "3"},
        {"<Idle|MPos:0.000,0.000,0.000|FS:0,0>", GRBL_REPLY_STATUS, 0, 0, 0,
         "Idle|MPos:0.000,0.000,0.000|FS:0,0"},
        {"[MSG:Pgm End]", GRBL_REPLY_MSG, 0, 0, 0, "Pgm End"},
        {"[MSG:'$H'|'$X' to unlock]", GRBL_REPLY_MSG, 0, 0, 0, "'$H'|'$X' to unlock"},
        {"[MSG:file [a] is ok]", GRBL_REPLY_MSG, 0, 0, 0, "file [a] is ok"},
        {"[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]", GRBL_REPLY_GC, 0, 0, 0,
         "G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0"},
        {"[VER:1.1h.20190830:]", GRBL_REPLY_VER, 0, 0, 0, "1.1h.20190830:"},
        {"[OPT:V,15,128]", GRBL_REPLY_OPT, 0, 0, 0, "V,15,128"},
        {"[PRODUCER: MKS DLC32] [VER:1.1h.2022102001:] [OPT:VMPH,63,500]", GRBL_REPLY_VER, 0, 0, 0,
         "1.1h.2022102001:"},
        {"[VER:1.1h.2022102001:TTS] [OPT:VMPH,63,500]", GRBL_REPLY_VER, 0, 0, 0, "1.1h.2022102001:TTS"},
        {"[G54:0.000,0.000,0.000]", GRBL_REPLY_OTHER, 0, 0, 0, NULL},
        {"$130=300.000", GRBL_REPLY_SETTING, 130, 0, 0, "300.000"},
        {"$N0=", GRBL_REPLY_OTHER, 0, 0, 0, NULL},
        {"$$", GRBL_REPLY_OTHER, 0, 0, 0, NULL},
        {"$5", GRBL_REPLY_OTHER, 5, 0, 0, NULL},
        {"Grbl 1.1h ['$' for help]", GRBL_REPLY_BANNER, 0, 0, 0, NULL},
        {"GrblHAL 1.1f ['$' or '$HELP' for help]", GRBL_REPLY_BANNER, 0, 0, 0, NULL},
        {"Grbl 3.9 [FluidNC v3.9.1 (wifi) '$' for help]", GRBL_REPLY_BANNER, 0, 0, 0, NULL},
        {"\xFF\x01Grbl 1.1 ['$' for help]", GRBL_REPLY_BANNER, 0, 0, 0, NULL},
        {"[MSG:INFO: FluidNC v3.9.1 Grbl 1.1 inside]", GRBL_REPLY_MSG, 0, 0, 0, NULL},
        {"Grbl is here", GRBL_REPLY_OTHER, 0, 0, 0, NULL},
    };
    check_replies(cases, sizeof cases / sizeof cases[0]);
}

static void test_spliced_replies(void **state) {
    (void)state;
    static const struct reply_case cases[] = {
        {"<Run|MPos:0,0,0|Ov:100,100,ok", GRBL_REPLY_STATUS, 0, GRBL_REPLY_OK, 0,
         "Run|MPos:0,0,0|Ov:100,100,"},
        {"<Idle|MPos:0,0,0>ok", GRBL_REPLY_STATUS, 0, GRBL_REPLY_OK, 0, "Idle|MPos:0,0,0"},
        {"<Idle|MPos:0,0,0> ok", GRBL_REPLY_STATUS, 0, GRBL_REPLY_OK, 0, "Idle|MPos:0,0,0"},
        {"<Run|MPos:1.0error:9", GRBL_REPLY_STATUS, 0, GRBL_REPLY_ERROR, 9, "Run|MPos:1.0"},
        {"<Run|MPos:1.000,2ALARM:3", GRBL_REPLY_STATUS, 0, GRBL_REPLY_ALARM, 3, "Run|MPos:1.000,2"},
        {"<Run|MPos:1.000>error:12", GRBL_REPLY_STATUS, 0, GRBL_REPLY_ERROR, 12, "Run|MPos:1.000"},
        {"<Run|MPos:1.000,2", GRBL_REPLY_STATUS, 0, 0, 0, "Run|MPos:1.000,2"},
        {"<Run|error:", GRBL_REPLY_STATUS, 0, 0, 0, NULL},
        {"<ok", GRBL_REPLY_STATUS, 0, GRBL_REPLY_OK, 0, ""},
        {"[MSG:xyz]ok", GRBL_REPLY_MSG, 0, GRBL_REPLY_OK, 0, "xyz"},
        {"[MSG:xyzok", GRBL_REPLY_MSG, 0, GRBL_REPLY_OK, 0, "xyz"},
        {"[MSG:ok]", GRBL_REPLY_MSG, 0, 0, 0, "ok"},
        {"[MSG:all is ok]", GRBL_REPLY_MSG, 0, 0, 0, "all is ok"},
        {"[MSG:error:9]", GRBL_REPLY_MSG, 0, 0, 0, "error:9"},
        {"error:9 in SD file at line 3", GRBL_REPLY_OTHER, 9, 0, 0, NULL},
        {"[GC:G0 G54]ok", GRBL_REPLY_GC, 0, GRBL_REPLY_OK, 0, "G0 G54"},
        {"ok<Idle|MPos:0,0,0>", GRBL_REPLY_STATUS, 0, GRBL_REPLY_OK, 0, "Idle|MPos:0,0,0"},
        {"ok[MSG:Pgm End]", GRBL_REPLY_MSG, 0, GRBL_REPLY_OK, 0, "Pgm End"},
    };
    check_replies(cases, sizeof cases / sizeof cases[0]);
}

static void test_options(void **state) {
    (void)state;
    const char *line = "[PRODUCER: MKS DLC32] [VER:1.1h.2022102001:] [OPT:VMPH,63,500]";
    const uint8_t *text;
    uint16_t length, planner = 1, rx = 2;
    assert_true(grbl_find_field((const uint8_t *)line, strlen(line), "[OPT:", &text, &length));
    assert_int_equal(length, 11);
    assert_true(grbl_opt_buffers(text, length, &planner, &rx));
    assert_int_equal(planner, 63);
    assert_int_equal(rx, 500);
    assert_false(grbl_find_field((const uint8_t *)line, strlen(line), "[AXS:", &text, &length));
    // grblHAL's has more numbers behind it.
    assert_true(grbl_opt_buffers((const uint8_t *)"VNML+,100,1024,3,0", 18, &planner, &rx));
    assert_int_equal(planner, 100);
    assert_int_equal(rx, 1024);
    assert_false(grbl_opt_buffers((const uint8_t *)"V,15", 4, &planner, &rx));
    assert_false(grbl_opt_buffers((const uint8_t *)"V,,128", 6, &planner, &rx));
    assert_false(grbl_opt_buffers((const uint8_t *)"", 0, &planner, &rx));
    assert_int_equal(planner, 100);
}

static bool parse(struct grbl_status *s, const char *text) {
    memset(s, 0xA5, sizeof *s);
    return grbl_status_parse(s, (const uint8_t *)text, strlen(text));
}

static void test_status(void **state) {
    (void)state;
    struct grbl_status s;
    assert_true(parse(&s, "<Run|MPos:-56.6754,0.5,12|Bf:15,128|FS:1200,300|Ov:100,50,110|A:C>"));
    assert_int_equal(s.state, GRBL_RUN);
    assert_int_equal(s.sub_state, 0);
    assert_true(s.has_position && s.has_buffer && s.has_feed && s.has_overrides && !s.has_sd);
    assert_int_equal(s.position_um[0], -56675);
    assert_int_equal(s.position_um[1], 500);
    assert_int_equal(s.position_um[2], 12000);
    assert_int_equal(s.planner_free, 15);
    assert_int_equal(s.rx_free, 128);
    assert_int_equal(s.feed, 1200);
    assert_int_equal(s.speed, 300);
    assert_int_equal(s.overrides[1], 50);
    assert_int_equal(s.overrides[2], 110);

    assert_true(parse(&s, "Hold:1|WPos:1,2,3|F:500|SD:12.55,/job.nc"));
    assert_int_equal(s.state, GRBL_HOLDING);
    assert_int_equal(s.sub_state, 1);
    assert_int_equal(s.position_um[2], 3000);
    assert_int_equal(s.feed, 500);
    assert_true(s.has_sd);
    assert_int_equal(s.sd_permille, 125);
    assert_false(s.has_buffer || s.has_overrides);

    static const struct {
        const char *text;
        enum grbl_run_state expected;
        uint8_t sub;
    } states[] = {
        {"<Idle>", GRBL_IDLE, 0},           {"<Jog|F:1>", GRBL_JOG, 0},
        {"<Alarm>", GRBL_ALARMED, 0},       {"<Alarm:1>", GRBL_ALARMED, 1},
        {"<Door:3>", GRBL_DOOR_OPEN, 3},    {"<Check|F:0>", GRBL_CHECK, 0},
        {"<Home>", GRBL_HOME, 0},           {"<Sleep>", GRBL_SLEEP, 0},
        {"<Tool>", GRBL_TOOL, 0},           {"<Runner>", GRBL_STATE_UNKNOWN, 0},
        {"<Hold:>", GRBL_STATE_UNKNOWN, 0}, {"<Hold:0", GRBL_HOLDING, 0},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (!parse(&s, states[i].text) || s.state != states[i].expected || s.sub_state != states[i].sub)
            fail_msg("%s: %s:%d", states[i].text, grbl_run_state_name(s.state), s.sub_state);
    }
    assert_false(parse(&s, ""));
    assert_false(parse(&s, "<"));
    assert_false(parse(&s, "<>"));
    assert_false(parse(&s, "<|MPos:0,0,0>"));
    assert_false(parse(&s, "<123>"));
    // Rubbish in a field is left out; too large a number saturates.
    assert_true(parse(&s, "<Idle|MPos:a,b|Bf:1|FS:|Ov:1,2|SD:x|MPos|||>"));
    assert_false(s.has_position || s.has_buffer || s.has_feed || s.has_overrides || s.has_sd);
    assert_true(parse(&s, "<Idle|MPos:99999999999,-99999999999,0|Bf:-3,99999999|Ov:300,0,0>"));
    assert_int_equal(s.position_um[0], 2147483640);
    assert_int_equal(s.position_um[1], -2147483640);
    assert_int_equal(s.planner_free, 0);
    assert_int_equal(s.rx_free, 65535);
    assert_int_equal(s.overrides[0], 255);
    assert_string_equal(grbl_run_state_name(GRBL_HOLDING), "Hold");
}

static void held(const char *line, const char *expected) {
    uint8_t out[128];
    size_t n = grbl_status_as_held(out, sizeof out, (const uint8_t *)line, strlen(line));
    if (n != strlen(expected) || memcmp(out, expected, n) != 0)
        fail_msg("\"%s\" became \"%.*s\"", line, (int)n, (const char *)out);
    // Room for exactly that is enough, one byte less is not.
    if (n > 0) {
        assert_int_equal(grbl_status_as_held(out, n, (const uint8_t *)line, strlen(line)), n);
        assert_int_equal(grbl_status_as_held(out, n - 1, (const uint8_t *)line, strlen(line)), 0);
    }
}

static void test_as_held(void **state) {
    (void)state;
    held("<Idle|MPos:1.000,2.000,3.000|Bf:15,128|FS:0,0>", "<Hold:0|MPos:1.000,2.000,3.000|FS:0,0>");
    held("<Run|MPos:1,2,3|FS:1,2|Bf:1,2>", "<Hold:0|MPos:1,2,3|FS:1,2>");
    held("<Hold:1|WCO:0,0,0>", "<Hold:0|WCO:0,0,0>");
    held("<Idle>", "<Hold:0>");
    held("<Idle|Ov:100,100,ok", "<Hold:0|Ov:100,100,ok");
    held("<Idle|Bf:15,128>ok", "<Hold:0>ok");
    held("ok", "");
    held("", "");
    held("<", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_realtime), cmocka_unit_test(test_safety_and_flavours),
        cmocka_unit_test(test_replies),  cmocka_unit_test(test_spliced_replies),
        cmocka_unit_test(test_options),  cmocka_unit_test(test_status),
        cmocka_unit_test(test_as_held),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
