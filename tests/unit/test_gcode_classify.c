// What may pass while nothing is declared. Each row is a line, judged after the lines before it.
//
// The invariant behind all of it is that a machine is never set to work by a line that passed as setup; the
// whitelist that keeps it are the tables in proto/gcode_modal.c and proto/gcode_system.c, and the line that
// refuses what is not in them is `CODE_UNKNOWN` in classify_words().
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "gcode.h" // gcode_classify

static const struct gcode_rules laser = {.machine = GCODE_LASER, .focus_limit = 20};
static const struct gcode_rules cnc = {.machine = GCODE_CNC, .focus_limit = 20};
static const struct gcode_rules printer = {.machine = GCODE_PRINTER};

struct row {
    const char *before; // lines separated by `|`; `?` alone stands for doubt
    const char *line;
    enum gcode_class expected;
};

static struct gcode_block scan(const char *line, size_t length) {
    struct gcode_block b;
    gcode_scan(&b, (const uint8_t *)line, length);
    return b;
}

static void prepare(struct gcode_modal *modal, const char *before) {
    gcode_modal_reset(modal);
    while (*before) {
        size_t length = strcspn(before, "|");
        if (length == 1 && *before == '?') {
            modal->doubt = true;
        } else {
            struct gcode_block b = scan(before, length);
            gcode_modal_apply(modal, &b);
        }
        before += length + (before[length] == '|');
    }
}

static void check(const struct gcode_rules *rules, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct gcode_modal modal;
        prepare(&modal, rows[i].before);
        struct gcode_modal same = modal;
        struct gcode_block b = scan(rows[i].line, strlen(rows[i].line));
        enum gcode_class got = gcode_classify(rules, &modal, &b);
        if (got != rows[i].expected)
            fail_msg("\"%s\" after \"%s\": %s, expected %s", rows[i].line, rows[i].before,
                     gcode_class_name(got), gcode_class_name(rows[i].expected));
        assert_memory_equal(&modal, &same, sizeof modal);
    }
}
#define CHECK(rules, rows) check(rules, rows, sizeof(rows) / sizeof((rows)[0]))

static const struct row laser_rows[] = {
    {"", "", GCODE_SETUP},
    {"", "; comment", GCODE_SETUP},
    {"", "%", GCODE_SETUP},
    {"", "G00 G17 G40 G21 G54", GCODE_SETUP},
    {"", "G0 X10 Y10", GCODE_SETUP},
    {"", "G1 X10 F1000", GCODE_SETUP},
    {"", "G4 P0.5", GCODE_SETUP},
    {"", "M8", GCODE_SETUP},
    {"", "M105", GCODE_SETUP},
    {"", "M110 N0", GCODE_SETUP},
    {"", "M114", GCODE_SETUP},
    {"", "M115", GCODE_SETUP},
    {"M4 S500", "M105 X10", GCODE_WORK},
    {"", "S500", GCODE_SETUP},
    {"", "M4", GCODE_SETUP},
    {"", "M3 S0", GCODE_SETUP},
    {"", "M3 S500", GCODE_WORK},
    {"", "M4 S500", GCODE_WORK},
    {"S500", "M3", GCODE_WORK},
    {"S500", "M4", GCODE_WORK},
    {"S500", "G1 X10", GCODE_SETUP}, // the beam is off
    {"M4", "S500", GCODE_WORK},
    {"M4", "G1 X10 S500", GCODE_WORK},
    {"M4", "X10 S500", GCODE_WORK},
    {"M4", "G1 X10", GCODE_SETUP},
    {"M4", "G1 S0", GCODE_SETUP},
    {"M4 S500", "X10", GCODE_WORK},
    {"M4 S500", "G0 X10", GCODE_WORK},
    {"M4 S500", "G1", GCODE_WORK},
    {"M4 S500", "G28", GCODE_WORK},
    {"M4 S500", "G2 I5", GCODE_WORK}, // a full circle to some firmwares
    {"M4 S500", "G38.2 Z-5 F10", GCODE_WORK},
    {"M4 S500", "X10 S0", GCODE_SETUP},
    {"M4 S500", "G1 X10 M5", GCODE_SETUP},
    {"M4 S500", "X10 M2", GCODE_WORK}, // off only after the move
    {"M4 S500", "M5", GCODE_SETUP},
    {"M4 S500", "M2", GCODE_SETUP},
    {"M4 S500", "M30", GCODE_SETUP},
    {"M4 S500", "M9", GCODE_SETUP},
    {"M4 S500", "G92 X0 Y0", GCODE_SETUP},
    {"M4 S500|M5", "G0 X0", GCODE_SETUP},
    {"M4 S500|M2", "G1 X10", GCODE_SETUP},
    {"M4 S500|M2", "M4", GCODE_WORK}, // M2 keeps S
    {"", "M3 M5 S500", GCODE_WORK},
    {"", "M5 M3 S500", GCODE_WORK},
    {"M4", "M5 S500", GCODE_WORK}, // S is set before M5 is obeyed
    {"", "M5 S500", GCODE_SETUP},
    // focus
    {"", "M3 S20", GCODE_FOCUS},
    {"", "M3 S20.0", GCODE_FOCUS},
    {"", "M3 S20.001", GCODE_WORK},
    {"", "M3 S0.5", GCODE_FOCUS},
    {"", "M3 S99999999999", GCODE_WORK},
    {"M3 S10", "G1 X10 F1000", GCODE_FOCUS},
    {"M3 S10", "G0 X10", GCODE_FOCUS},
    {"M3 S10", "G4 P1", GCODE_SETUP},
    {"M3 S10", "S21", GCODE_WORK},
    {"M3 S10", "$J=G91X10F100", GCODE_FOCUS},
    // unknown
    {"", "M6", GCODE_UNKNOWN},
    {"", "T1", GCODE_UNKNOWN},
    {"", "M104 S255", GCODE_UNKNOWN},
    {"", "M106 S255", GCODE_UNKNOWN},
    {"", "G5 X1 Y1", GCODE_UNKNOWN},
    {"", "G33 Z1 K1", GCODE_UNKNOWN},
    {"", "G73 X1 Z-1 R1 Q1", GCODE_UNKNOWN},
    {"", "B1", GCODE_UNKNOWN},
    {"", "G0 X1 E1", GCODE_UNKNOWN},
    {"", "M62 P0", GCODE_UNKNOWN},
    {"", "G65 P100", GCODE_UNKNOWN},
    {"", "S-1", GCODE_UNKNOWN},
    {"", "FOO", GCODE_UNKNOWN},
    {"", "M117 hello", GCODE_UNKNOWN},
    {"", "G38.25 Z1", GCODE_UNKNOWN},
};

static void test_laser(void **state) {
    (void)state;
    CHECK(&laser, laser_rows);
}

static void test_laser_in_doubt(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"?", "G1 X10 S0", GCODE_SETUP},     {"?", "G1 X10", GCODE_WORK},
        {"?", "G0 X10", GCODE_WORK},         {"?", "X10", GCODE_WORK},
        {"?", "G1 X10 S10", GCODE_FOCUS},    {"?", "S10", GCODE_FOCUS},
        {"?", "S500", GCODE_WORK},           {"?", "M4", GCODE_WORK},
        {"?", "M4 S0", GCODE_SETUP},         {"?", "M5", GCODE_SETUP},
        {"?", "M5 S0", GCODE_SETUP},         {"?", "G1 X10 M5", GCODE_SETUP},
        {"?", "G21", GCODE_SETUP},           {"?", "G90", GCODE_SETUP},
        {"?", "G4 P1", GCODE_SETUP},         {"?", "M2", GCODE_SETUP},
        {"?", "$J=G91X10F100", GCODE_SETUP}, {"?", "$H", GCODE_SETUP},
        {"?|M5", "G1 X10", GCODE_WORK}, // the gate clears the doubt, not the line
        {"?|S0", "G1 X10", GCODE_WORK},
    };
    CHECK(&laser, rows);
}

static void test_cnc(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"", "M3", GCODE_WORK},
        {"", "M3 S0", GCODE_WORK},
        {"", "S19000M3", GCODE_WORK},
        {"", "M4 S1000", GCODE_WORK},
        {"", "S1000", GCODE_SETUP},
        {"", "G1 X10 F100", GCODE_SETUP},
        {"", "G38.2 Z-10 F50", GCODE_SETUP},
        {"", "G28 G91 Z0", GCODE_SETUP},
        {"M3 S1000", "G1 X10", GCODE_WORK},
        {"M3 S1000", "X10", GCODE_WORK},
        {"M3 S0", "G1 X10", GCODE_WORK},
        {"M3 S1000", "G0 Z5", GCODE_WORK},
        {"M3 S1000", "S500", GCODE_WORK},
        {"M3 S1000", "G4 P1", GCODE_SETUP},
        {"M3 S1000", "M5", GCODE_SETUP},
        {"M3 S1000", "M5 G0 Z5", GCODE_SETUP},
        {"M3 S1000", "$J=G91X1F100", GCODE_WORK},
        {"M3 S1000|M5", "$J=G91X1F100", GCODE_SETUP},
        {"?", "G1 X10", GCODE_WORK},
        {"?", "G0 X10", GCODE_WORK},
        {"?", "M5", GCODE_SETUP},
        {"?", "G90", GCODE_SETUP},
        {"?", "$J=G91X1F100", GCODE_SETUP},
        {"", "T1 M6", GCODE_UNKNOWN},
        {"", "M106", GCODE_UNKNOWN},
    };
    CHECK(&cnc, rows);
}

static void test_fan_beam(void **state) {
    (void)state;
    static const struct gcode_rules rules = {.machine = GCODE_LASER, .focus_limit = 5, .beam_on_fan = true};
    static const struct row rows[] = {
        {"", "M106 S255", GCODE_WORK},
        {"", "M106", GCODE_WORK},
        {"", "M106 S5", GCODE_FOCUS},
        {"", "M106 S0", GCODE_SETUP},
        {"", "M107", GCODE_SETUP},
        {"M106 S255", "G1 X10", GCODE_WORK},
        {"M106 S255|M107", "G1 X10", GCODE_SETUP},
        {"M106 S255", "M107", GCODE_SETUP},
        {"M106 S255", "M5", GCODE_SETUP},
        {"M106 S255|M5", "G1 X10", GCODE_WORK},
        {"M106 S255|G1 X1 S0", "G1 X10", GCODE_WORK},
        {"M106 S5", "G1 X10", GCODE_FOCUS},
        {"", "M3 S500", GCODE_WORK},
        {"?", "M107 M5 G1 X10", GCODE_SETUP},
        {"M106 S255", "G1 X10 S0", GCODE_WORK}, // that S does not dim the fan
        {"M106 S255", "G1 X10 S0 M107", GCODE_SETUP},
        {"M106 S255", "M106 S0", GCODE_SETUP},
        {"M106 S255", "M106 S5", GCODE_FOCUS},
        {"M3 S500", "M106 S5", GCODE_WORK},
        {"?", "G1 X10 S0", GCODE_WORK},
        {"?", "M106 S0", GCODE_SETUP},
        {"?", "M5 S0", GCODE_SETUP}, // a darker beam does no harm, whichever it is
        {"?", "M107 G1 X10", GCODE_WORK},
    };
    CHECK(&rules, rows);
}

static void test_strict(void **state) {
    (void)state;
    static const struct gcode_rules rules = {.machine = GCODE_LASER, .focus_limit = 20, .strict = true};
    static const struct row rows[] = {
        {"", "G21", GCODE_WORK},   {"", "M5", GCODE_WORK},          {"", "", GCODE_SETUP},
        {"", "(c)", GCODE_SETUP},  {"", "$J=G91X1F1", GCODE_SETUP}, {"", "$$", GCODE_SETUP},
        {"", "M3 S5", GCODE_WORK}, {"", "M6", GCODE_UNKNOWN},       {"", "$LOT?", GCODE_LOTGATE},
    };
    CHECK(&rules, rows);
}

static const struct row system_rows[] = {
    {"", "$", GCODE_SETUP},
    {"", "$$", GCODE_SETUP},
    {"", " $ $ ", GCODE_SETUP},
    {"", "$i", GCODE_SETUP},
    {"", "$I=TTS55P-2209-0417", GCODE_SETUP},
    {"", "$#", GCODE_SETUP},
    {"", "$G", GCODE_SETUP},
    {"", "$N", GCODE_SETUP},
    {"", "$H", GCODE_SETUP},
    {"", "$hx", GCODE_SETUP},
    {"", "$X", GCODE_SETUP},
    {"", "$C", GCODE_SETUP},
    {"", "$SLP", GCODE_SETUP},
    {"", "$RST=#", GCODE_SETUP},
    {"", "$RST=$", GCODE_UNKNOWN}, // puts $30 and $32 back
    {"", "$RST=*", GCODE_UNKNOWN},
    {"", "$110=5000", GCODE_SETUP},
    {"", "$10 = 1", GCODE_SETUP},
    {"", "$30=100", GCODE_UNKNOWN},
    {"", "$31=0", GCODE_UNKNOWN},
    {"", "$32=0", GCODE_UNKNOWN},
    {"", "$032=0", GCODE_UNKNOWN},
    {"", "$32.0=0", GCODE_UNKNOWN},
    {"", "$3(x)2=0", GCODE_UNKNOWN},
    {"", "$99999999=0", GCODE_UNKNOWN},
    {"", "$=1", GCODE_UNKNOWN},
    {"", "$J=G91 X10 F600", GCODE_SETUP},
    {"", "$j=g91x-10f600", GCODE_SETUP},
    {"", "$J=G91 X10 F600 M3", GCODE_UNKNOWN},
    {"", "$J=G91 X10 F600 S100", GCODE_UNKNOWN},
    {"", "$J=", GCODE_UNKNOWN},
    {"", "$J=X", GCODE_UNKNOWN},
    {"", "$J", GCODE_UNKNOWN},
    {"M4 S500", "$H", GCODE_WORK},
    {"M4 S500", "$J=G91 X10 F600", GCODE_WORK},
    {"M4", "$J=G91 X10 F600", GCODE_SETUP},
    // Startup blocks run at each reset, where nobody can hold them.
    {"", "$N0=", GCODE_SETUP},
    {"", "$N0=G21 G90", GCODE_SETUP},
    {"", "$n1=(nothing)", GCODE_SETUP},
    {"", "$N0=M3 S500", GCODE_LOCAL_START},
    {"", "$N0=S500", GCODE_LOCAL_START},
    {"", "$N1=M4", GCODE_LOCAL_START},
    {"", "$N1=G1 X5 F100", GCODE_LOCAL_START},
    {"", "$N1=G28", GCODE_LOCAL_START},
    {"", "$N0=M6", GCODE_LOCAL_START},
    {"", "$N0=#", GCODE_LOCAL_START},
    {"", "$N2=G21", GCODE_UNKNOWN},
    // Files and macros on the machine.
    {"", "$SD/Run=/job.nc", GCODE_LOCAL_START},
    {"", "$sd/run = /job.nc", GCODE_LOCAL_START},
    {"", "$SD/Run", GCODE_LOCAL_START},
    {"", "$LocalFS/Run=/job.nc", GCODE_LOCAL_START},
    {"", "$F=job.nc", GCODE_LOCAL_START},
    {"", "$RM=1", GCODE_LOCAL_START},
    {"", "$Macros/Run=0", GCODE_LOCAL_START},
    {"", "[ESP220]/job.nc", GCODE_LOCAL_START},
    {"", "[esp220]/job.nc pwd=x", GCODE_LOCAL_START},
    {"", " [ESP 220] /job.nc", GCODE_LOCAL_START},
    {"", "[ESP700]", GCODE_LOCAL_START},
    {"", "[ESP444]RESTART", GCODE_UNKNOWN},
    {"", "[", GCODE_UNKNOWN},
    {"", "$SD/Show=/job.nc", GCODE_UNKNOWN},
    {"", "$ThisIsAVeryLongCommandName", GCODE_UNKNOWN},
    {"", "$X=1", GCODE_UNKNOWN},
    // lotgate's own
    {"", "$LOT=ACR-1126-001,1sheet", GCODE_LOTGATE},
    {"", "$lot=acr-1126-001", GCODE_LOTGATE},
    {"", "$LOT?", GCODE_LOTGATE},
    {"", "$OP=4711", GCODE_LOTGATE},
    {"", "$LOTS=1", GCODE_UNKNOWN},
};

static void test_system_commands(void **state) {
    (void)state;
    CHECK(&laser, system_rows);
}

// What prints and does nothing else, in the firmware that has it alone; and its neighbours.
static const char *const fluidnc_asks[] = {"$SS", "$ss", "$A", "$E", "$CI", "$CD", "$CMD", "$Heap"};
static const char *const hal_asks[] = {"$EAG", "$EEG", "$ESG", "$ESH", "$PINS", "$PINSTATE", "$LEV", "$LIM"};
static const char *const never_asks[] = {"$CD=/littlefs/config.yaml",
                                         "$Limits",
                                         "$GS",
                                         "$SA",
                                         "$SR",
                                         "$GO",
                                         "$G+=gpio.2",
                                         "$NVX",
                                         "$MD",
                                         "$UP=uart1",
                                         "$A=1",
                                         "$CMD=x",
                                         "$PINS=1",
                                         "$TPW",
                                         "$LEVS",
                                         "$RTC",
                                         "$Macros/Run=0",
                                         "$LED",
                                         "$RI=50"};

static void check_asks(const char *const *lines, size_t count, uint8_t asks, bool passes) {
    struct gcode_rules rules = {.machine = GCODE_LASER, .asks = asks};
    struct gcode_modal modal;
    gcode_modal_reset(&modal);
    modal.doubt = true; // a question is one in any state
    for (size_t i = 0; i < count; i++) {
        struct gcode_block b = scan(lines[i], strlen(lines[i]));
        if ((gcode_classify(&rules, &modal, &b) == GCODE_SETUP) != passes)
            fail_msg("%s", lines[i]);
    }
}

#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static void test_questions_of_newer_firmwares(void **state) {
    (void)state;
    for (uint8_t asks = GCODE_ASKS_GRBL; asks <= GCODE_ASKS_HAL; asks++) {
        check_asks(fluidnc_asks, COUNT_OF(fluidnc_asks), asks, asks == GCODE_ASKS_FLUIDNC);
        check_asks(hal_asks, COUNT_OF(hal_asks), asks, asks == GCODE_ASKS_HAL);
        check_asks(never_asks, COUNT_OF(never_asks), asks, false);
    }
}

// Grbl drops a NUL, other firmwares end the line there: `$S<NUL>D/RUN` is `$SD/RUN` to the one and `$S` to the other.
static void test_nul_in_a_command(void **state) {
    (void)state;
    static const struct {
        const char *line;
        size_t length;
    } cases[] = {{"$S\0D/RUN", 8}, {"$G\0", 3},      {"$\0G", 3},
                 {"$10\0=1", 6},   {"$RST=#\0*", 8}, {"$J\0=X1F1", 8}};
    struct gcode_modal modal;
    gcode_modal_reset(&modal);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gcode_block b = scan(cases[i].line, cases[i].length);
        assert_int_equal(gcode_classify(&laser, &modal, &b), GCODE_UNKNOWN);
    }
}

static void test_printer(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"", "M105", GCODE_SETUP},
        {"", "N1 M105*37", GCODE_SETUP},
        {"", "M104 S200", GCODE_SETUP},
        {"", "M140 S60", GCODE_SETUP},
        {"", "G28", GCODE_SETUP},
        {"", "G28 X Y", GCODE_SETUP},
        {"", "M117 Scan lot, please", GCODE_SETUP},
        {"", "N5 M117 Heating...*99", GCODE_SETUP},
        {"", "G92 E0", GCODE_SETUP},
        {"", "M92 X80 Y80 E95", GCODE_SETUP},
        {"", "G1 F1200", GCODE_SETUP},
        {"", "G1 E50 F300", GCODE_SETUP}, // loading filament
        {"", "G1 X10 Y10", GCODE_SETUP},
        {"", "G1 X10 Y10 E-2", GCODE_SETUP},
        {"", "G1 X10 Y10 E0.5", GCODE_WORK},
        {"", "G0 X10 E.0001", GCODE_WORK},
        {"", "G2 X10 I5 E1", GCODE_WORK},
        {"", "G1 X10 E", GCODE_UNKNOWN},
        {"", "G1 X10 E1 Y", GCODE_UNKNOWN},
        {"", "M23 job.gco", GCODE_LOCAL_START},
        {"", "N2 M23 JOB.GCO*12", GCODE_LOCAL_START},
        {"", "M24", GCODE_LOCAL_START},
        {"", "M32 !job.gco#", GCODE_LOCAL_START},
        {"", "M28 job.gco", GCODE_LOCAL_START},
        {"", "M999", GCODE_UNKNOWN},
        {"", "M118 LOT=PLA-1126-001", GCODE_LOTGATE},
        {"", "N7 M118 LOT=PLA-1126-001,250g*88", GCODE_LOTGATE},
        {"", "m118 lot?", GCODE_LOTGATE},
        {"", "N7 M118 LOT?*33", GCODE_LOTGATE},
        {"", "M118 hello", GCODE_SETUP},
        {"", "M23 M118 LOT?", GCODE_LOCAL_START},
        {"", "M117 G1 X1 E1", GCODE_SETUP}, // a text
        {"", "N4 M117 M999", GCODE_SETUP},
        {"", "(m) G1 X1 E1 M117", GCODE_WORK},
        {"", "G1 X1 E1 M117", GCODE_WORK},
        {"", "T0", GCODE_SETUP},
        {"", "B1", GCODE_UNKNOWN},
        {"", "hello", GCODE_UNKNOWN},
    };
    CHECK(&printer, rows);
}

// Passing lines one after the other must not add up to a beam: every state that can be reached by lines of
// class setup alone is dark.
static void test_setup_never_adds_up(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "M3",       "M4",      "M5",        "S0",   "S500",   "S10",      "M4 S0",   "M3 S500", "G1 X1",
        "X2",       "G0 X3",   "M2",        "M30",  "$N0=M3", "$N0=S500", "$N1=G90", "M3 M5",   "M5 S500",
        "G1 X1 M2", "G1 S500", "M106 S255", "M107", "G80",    "G91",      "$H",      "$J=X1F1", "M9",
    };
    const size_t count = sizeof pieces / sizeof pieces[0];
    unsigned passed = 0;
    for (size_t n = 0; n < count * count * count * count; n++) {
        struct gcode_modal modal;
        gcode_modal_reset(&modal);
        size_t rest = n;
        for (int k = 0; k < 4; k++, rest /= count) {
            struct gcode_block b = scan(pieces[rest % count], strlen(pieces[rest % count]));
            if (gcode_classify(&laser, &modal, &b) != GCODE_SETUP)
                continue; // held, and so not followed
            gcode_modal_apply(&modal, &b);
            passed++;
            if (gcode_energised(&laser, &modal))
                fail_msg("energised by %s", pieces[rest % count]);
        }
    }
    assert_true(passed > 0);
}

static void test_energised(void **state) {
    (void)state;
    struct gcode_modal m;
    prepare(&m, "M3 S500");
    assert_true(gcode_energised(&laser, &m));
    assert_true(gcode_energised(&cnc, &m));
    assert_false(gcode_energised(&printer, &m));
    prepare(&m, "M3 S20");
    assert_false(gcode_energised(&laser, &m));
    assert_true(gcode_energised(&cnc, &m));
    prepare(&m, "S500");
    assert_false(gcode_energised(&laser, &m));
    prepare(&m, "?");
    assert_true(gcode_energised(&laser, &m));
    assert_true(gcode_energised(&cnc, &m));
    struct gcode_rules fan = laser;
    prepare(&m, "M106 S255");
    assert_false(gcode_energised(&fan, &m));
    fan.beam_on_fan = true;
    assert_true(gcode_energised(&fan, &m));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laser),
        cmocka_unit_test(test_laser_in_doubt),
        cmocka_unit_test(test_cnc),
        cmocka_unit_test(test_fan_beam),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_system_commands),
        cmocka_unit_test(test_printer),
        cmocka_unit_test(test_setup_never_adds_up),
        cmocka_unit_test(test_energised),
        cmocka_unit_test(test_nul_in_a_command),
        cmocka_unit_test(test_questions_of_newer_firmwares),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
