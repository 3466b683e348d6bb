// The grblHAL plugin, driven through the very pointers of the core: streams, card, macro, keypad, reset.
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define LOTGATE_SERIAL_NUMBER "TTC450U-2501-0042"
#include "../../boards/grblhal/lotgate.c"

#include "link_help.h" // help_open

grbl_hal_t hal;
grbl_t grbl;

// --- a core of our own

static struct {
    const char *in[4]; // what each stream still has to say: serial, card
    char out[2048], executed[1024];
    uint8_t nvs[128];
    uint32_t ms;
    int status[32], statuses;
    char injected[64];
    int opened, macros;
} core;

static int16_t say(int stream) {
    const char *p = core.in[stream];
    if (!p || !*p)
        return SERIAL_NO_DATA;
    core.in[stream]++;
    return (uint8_t)*p;
}

static int16_t serial_read(void) {
    return say(0);
}

static int16_t card_read(void) {
    return say(1);
}

static void write_out(const char *text) {
    strncat(core.out, text, sizeof core.out - strlen(core.out) - 1);
}

static nvs_transfer_result_t to_nvs(uint32_t at, uint8_t *bytes, uint32_t size, bool checksum) {
    memcpy(core.nvs + at, bytes, size);
    return NVS_TransferResult_OK;
}

static nvs_transfer_result_t from_nvs(uint8_t *bytes, uint32_t at, uint32_t size, bool checksum) {
    memcpy(bytes, core.nvs + at, size);
    return NVS_TransferResult_OK;
}

static uint32_t ticks(void) {
    return core.ms;
}

static uint64_t micros(void) {
    return (uint64_t)core.ms * 1000;
}

nvs_address_t nvs_alloc(size_t size) {
    assert_true(size + 16 <= sizeof core.nvs);
    return 16;
}

static status_code_t status(status_code_t code) {
    core.status[core.statuses++ % 32] = code;
    return code;
}

static bool core_enqueue(char *line) {
    snprintf(core.injected, sizeof core.injected, "%s", line);
    return true;
}

static status_code_t core_file_open(const char *name, vfs_file_t *handle, bool stream) {
    core.opened++;
    return Status_OK;
}

static status_code_t core_macro(macro_id_t macro) {
    core.macros++;
    return Status_OK;
}

// The core's main loop, as far as it concerns the plugin: what would be executed is kept.
static void run(void) {
    int16_t c;
    while ((c = hal.stream.read()) != SERIAL_NO_DATA) {
        size_t n = strlen(core.executed);
        assert_true(n + 1 < sizeof core.executed);
        core.executed[n] = (char)c;
        core.executed[n + 1] = '\0';
    }
    grbl.on_execute_realtime(0);
}

static void hear(const char *text) {
    core.in[0] = text;
    run();
}

static void power_on(void) {
    memset(&core.in, 0, sizeof core.in);
    memset(&lotgate, 0, sizeof lotgate);
    core.out[0] = core.executed[0] = core.injected[0] = '\0';
    core.statuses = 0;
    grbl = (grbl_t){.report.status_message = status,
                    .enqueue_gcode = core_enqueue,
                    .on_file_open = core_file_open,
                    .on_macro_execute = core_macro};
    hal = (grbl_hal_t){.stream = {StreamType_Serial, write_out, serial_read},
                       .nvs = {to_nvs, from_nvs},
                       .get_elapsed_ticks = ticks,
                       .get_micros = micros};
    lotgate_init();
}

static const uint8_t key[SIPHASH_KEY] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static int setup(void **state) {
    memset(&core, 0, sizeof core);
    memset(core.nvs, 0xFF, sizeof core.nvs);
    power_on();
    return 0;
}

static void pair(void) {
    char frame[LINK_FRAME_MAX + 3];
    hear(help_hello(frame, 1));
    hear(help_pair(frame, key));
    assert_non_null(strstr(core.out, "[LG:PAIR ok=0001*"));
    core.out[0] = '\0';
}

static void open_for(const char *job) {
    char frame[LINK_FRAME_MAX + 3];
    struct link_secret secret;
    core.out[0] = '\0';
    hear(help_hello(frame, 2));
    help_secret(&secret, key, 2, core.out);
    hear(help_open(frame, &secret, job));
    assert_non_null(strstr(core.out, "ok=0001"));
    core.out[0] = core.executed[0] = '\0';
}

// --- tests

static void test_unpaired_it_passes_all_and_answers_hello(void **state) {
    char frame[LINK_FRAME_MAX + 3];
    hear("G21\nM3 S800\r\nG1 X10 F500\n");
    assert_string_equal(core.executed, "G21\nM3 S800\r\nG1 X10 F500\n");
    hear(help_hello(frame, 7));
    if (!strstr(core.out, "[LG:HELLO v=0001 st=unpaired ") ||
        !strstr(core.out, " sn=TTC450U-2501-0042 fw=grblHAL*"))
        fail_msg("%s", core.out);
    assert_string_equal(core.executed, "G21\nM3 S800\r\nG1 X10 F500\n"); // the frame is not the core's
    assert_int_equal(core.statuses, 0);
}

static void test_locked_it_refuses_work_and_nothing_else(void **state) {
    pair();
    core.executed[0] = '\0';
    hear("G0 X5\n");
    hear("M3 S800\nG1 X10 F500\n$H\n");
    assert_string_equal(core.executed, "G0 X5\nG1 X10 F500\n$H\n"); // without the beam G1 is no work
    assert_int_equal(core.statuses, 1);
    assert_int_equal(core.status[0], Status_SystemGClock);
    assert_non_null(strstr(core.out, "[LG:EVENT e=blocked src=usb"));
}

static void test_opened_the_job_passes_until_its_end(void **state) {
    pair();
    open_for("JOB-000001");
    hear("M3 S800\nG1 X10 F500\nM2\n");
    assert_string_equal(core.executed, "M3 S800\nG1 X10 F500\nM2\n");
    hear("M3 S800\n");
    assert_string_equal(core.executed, "M3 S800\nG1 X10 F500\nM2\n");
}

static void test_a_file_on_the_card_is_asked_for(void **state) {
    pair();
    assert_int_equal(grbl.on_file_open("/part.nc", NULL, true), Status_SystemGClock);
    assert_int_equal(core.opened, 0);
    assert_int_equal(grbl.on_file_open("/part.nc", NULL, false), Status_OK); // looked at, not run
    open_for("JOB-000002");
    assert_int_equal(grbl.on_file_open("/part.nc", NULL, true), Status_OK);
    // the card plugin redirects the input, and puts it back whole
    io_stream_t before = hal.stream;
    hal.stream.type = StreamType_SDCard;
    hal.stream.read = card_read;
    grbl.on_stream_changed(StreamType_SDCard);
    core.in[1] = "M3 S800\nG1 X1 F100\n";
    run();
    assert_string_equal(core.executed, "M3 S800\nG1 X1 F100\n");
    grbl.on_program_completed(0, false);
    hal.stream = before;
    hear("M3 S900\n");
    assert_string_equal(core.executed, "M3 S800\nG1 X1 F100\n");
    assert_non_null(strstr(core.out, "e=ended src=sd"));
}

static void test_a_job_of_the_card_is_no_opening_for_the_wire(void **state) {
    pair();
    open_for("JOB-000003");
    assert_int_equal(grbl.on_file_open("/part.nc", NULL, true), Status_OK);
    hear("M3 S800\n");
    assert_string_equal(core.executed, "");
    assert_int_equal(core.status[0], Status_SystemGClock);
}

static void test_macros_and_keypads_are_asked_for(void **state) {
    char work[] = "M3 S500", jog[] = "$J=G91 X1 F100";
    pair();
    assert_int_equal(grbl.on_macro_execute(1), Status_SystemGClock);
    assert_int_equal(core.macros, 0);
    assert_false(grbl.enqueue_gcode(work));
    assert_true(grbl.enqueue_gcode(jog));
    assert_string_equal(core.injected, jog);
    open_for("JOB-000004");
    assert_int_equal(grbl.on_macro_execute(1), Status_OK);
}

static void test_a_reset_ends_the_job_and_drops_the_line(void **state) {
    pair();
    open_for("JOB-000005");
    hear("M3 S800\nG1 X1");
    grbl.on_reset();
    core.executed[0] = '\0';
    run();
    hear("G0 X1\nM3 S800\n"); // not a piece of the line before
    assert_string_equal(core.executed, "G0 X1\n");
    assert_int_equal(core.status[core.statuses - 1], Status_SystemGClock);
}

static void test_cancel_passes_at_once_and_drops_the_line(void **state) {
    hear("G1 X");
    hear("\x18G0 Y1\n");
    assert_string_equal(core.executed, "\x18G0 Y1\n");
}

// `M5 G2 X1` is an error to the core, and so the beam that was on may still be on.
static void test_a_line_that_the_core_refuses_leaves_a_doubt(void **state) {
    pair();
    core.executed[0] = '\0';
    hear("M3 S10\n"); // a focus beam
    hear("M5 G2 X1\n");
    grbl.report.status_message(26);
    hear("G1 X5 F100\n");
    assert_string_equal(core.executed, "M3 S10\nM5 G2 X1\n");
    hear("M5 S0\nG1 X5 F100\n");
    assert_non_null(strstr(core.executed, "G1 X5"));
}

static void test_a_line_that_is_too_long_is_refused_whole(void **state) {
    char line[600];
    memset(line, '1', sizeof line);
    memcpy(line, "G0 X", 4);
    memcpy(line + sizeof line - 6, "\nG0Y1\n", 7 - 1);
    line[sizeof line - 1] = '\0';
    hear(line);
    hear("\n");
    assert_int_equal(core.status[0], Status_Overflow);
    assert_string_equal(core.executed, "G0Y1\n");
}

static void test_the_key_and_the_count_outlive_the_power(void **state) {
    char frame[LINK_FRAME_MAX + 3], first[2048];
    pair();
    hear(help_hello(frame, 3));
    snprintf(first, sizeof first, "%s", core.out);
    power_on();
    hear(help_hello(frame, 3));
    assert_non_null(strstr(core.out, "st=locked"));
    assert_string_not_equal(core.out, first); // another nonce
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_unpaired_it_passes_all_and_answers_hello, setup),
        cmocka_unit_test_setup(test_locked_it_refuses_work_and_nothing_else, setup),
        cmocka_unit_test_setup(test_opened_the_job_passes_until_its_end, setup),
        cmocka_unit_test_setup(test_a_file_on_the_card_is_asked_for, setup),
        cmocka_unit_test_setup(test_a_job_of_the_card_is_no_opening_for_the_wire, setup),
        cmocka_unit_test_setup(test_macros_and_keypads_are_asked_for, setup),
        cmocka_unit_test_setup(test_a_reset_ends_the_job_and_drops_the_line, setup),
        cmocka_unit_test_setup(test_cancel_passes_at_once_and_drops_the_line, setup),
        cmocka_unit_test_setup(test_a_line_that_the_core_refuses_leaves_a_doubt, setup),
        cmocka_unit_test_setup(test_a_line_that_is_too_long_is_refused_whole, setup),
        cmocka_unit_test_setup(test_the_key_and_the_count_outlive_the_power, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
