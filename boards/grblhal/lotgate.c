// lotgate: the hook as a grblHAL plugin. It stands between every input stream and the parser.
//
// grblHAL has one place through which all G-code comes, hal.stream.read: the serial port, telnet and WebSocket, a file on the
// card, a macro. The plugin reads whole lines from the stream behind it, asks the hook about each, and hands on those that
// pass. What injects a line past the streams (grbl.enqueue_gcode, a keypad) is asked at its own entry. Realtime bytes are taken
// from the streams by the drivers, before this, and never wait here.
//
// The build gives LOTGATE_SERIAL_NUMBER (the number on the nameplate) and, for a router, LOTGATE_MACHINE=GCODE_CNC.

#include "grbl/hal.h" // hal, grbl
#include "hook.h"     // lg_hook

#include <string.h>

#ifndef LOTGATE_SERIAL_NUMBER
#error "Give the machine's serial number: -DLOTGATE_SERIAL_NUMBER='\"...\"'"
#endif
#ifndef LOTGATE_MACHINE
#define LOTGATE_MACHINE GCODE_LASER
#endif
#ifndef LOTGATE_FOCUS_LIMIT
#define LOTGATE_FOCUS_LIMIT 20 // S: 2 % of $30=1000
#endif

#define STORE_SIZE (LG_HOOK_STORE + 8) // the hook's own, and a counter of power-ups for the nonce

static struct {
    struct lg_hook hook;
    struct gcode_rules rules;
    nvs_address_t store;
    uint32_t power_ups, nonces;
    volatile bool was_reset; // set in an interrupt, acted upon in the main loop
    // What stands behind guarded_read, by type: whoever redirects the input saves hal.stream whole, guard included, and puts
    // it back whole.
    stream_read_ptr readers[StreamType_Null + 1];
    uint16_t length, at; // of `line`: filled to, handed out to
    bool handing;        // a line that passed is being handed out
    bool overflow;
    char line[LINE_BUFFER_SIZE];
} lotgate;

static on_stream_changed_ptr next_stream_changed;
static on_execute_realtime_ptr next_execute_realtime;
static on_program_completed_ptr next_program_completed;
static on_state_change_ptr next_state_change;
static on_reset_ptr next_reset;
static on_file_open_ptr next_file_open;
static on_macro_execute_ptr next_macro_execute;
static on_report_options_ptr next_report_options;
static enqueue_gcode_ptr next_enqueue_gcode;
static on_report_handlers_init_ptr next_report_handlers_init;
static status_message_ptr next_status_message;

// --- the port

static void port_write(void *context, const char *bytes, uint8_t length) {
    hal.stream.write(bytes); // frames end with NUL
}

static uint32_t port_millis(void *context) {
    return hal.get_elapsed_ticks();
}

// Power-ups never repeat, and within one power-up the count of nonces does not: the pair is unique for the board's life.
static void port_random(void *context, uint8_t bytes[LINK_NONCE]) {
    uint32_t parts[2] = {lotgate.power_ups, ++lotgate.nonces ^ ((uint32_t)hal.get_micros() << 16)};
    memcpy(bytes, parts, sizeof parts);
}

static void port_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    if (hal.nvs.memcpy_from_nvs(bytes, lotgate.store + offset, length, false) != NVS_TransferResult_OK)
        memset(bytes, 0xFF, length);
}

static bool port_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    return hal.nvs.memcpy_to_nvs(lotgate.store + offset, (uint8_t *)bytes, length, false) ==
           NVS_TransferResult_OK;
}

static const struct lg_hook_port port = {
    .write = port_write,
    .millis = port_millis,
    .random = port_random,
    .load = port_load,
    .store = port_store,
    .serial_number = LOTGATE_SERIAL_NUMBER,
    .firmware = "grblHAL",
};

// --- the stream

static enum link_source source_of(stream_type_t type) {
    switch (type) {
    case StreamType_Serial:
        return LINK_USB;
    case StreamType_SDCard:
    case StreamType_FlashFs:
        return LINK_SD;
    case StreamType_Bluetooth:
    case StreamType_Telnet:
    case StreamType_WebSocket:
        return LINK_WIFI;
    default:
        return LINK_PANEL;
    }
}

static void drop_line(void) {
    lotgate.length = lotgate.at = 0;
    lotgate.handing = lotgate.overflow = false;
}

// Decides about the line that has been read; `end` is the byte that ended it.
static void line_ended(char end) {
    if (lotgate.overflow) {
        drop_line();
        next_status_message(Status_Overflow);
        return;
    }
    enum lg_hook_answer answer =
        lg_hook_line(&lotgate.hook, source_of(hal.stream.type), lotgate.line, lotgate.length);
    if (answer == LG_HOOK_PASS) {
        lotgate.line[lotgate.length++] = end;
        lotgate.handing = true;
        return;
    }
    drop_line();
    if (answer == LG_HOOK_DENY)
        next_status_message(Status_SystemGClock);
}

static int16_t guarded_read(void) {
    int16_t c;
    for (;;) {
        if (lotgate.handing) {
            if (lotgate.at < lotgate.length)
                return (uint8_t)lotgate.line[lotgate.at++];
            drop_line();
        }
        if ((c = lotgate.readers[hal.stream.type]()) == SERIAL_NO_DATA)
            return SERIAL_NO_DATA;
        if (c == ASCII_CAN) { // the driver has emptied its buffer
            drop_line();
            return c;
        }
        if (c == '\n' || c == '\r')
            line_ended((char)c);
        else if (lotgate.length < LINE_BUFFER_SIZE - 1)
            lotgate.line[lotgate.length++] = (char)c;
        else
            lotgate.overflow = true;
    }
}

static void stand_before(void) {
    if (hal.stream.read == guarded_read)
        return;
    lotgate.readers[hal.stream.type] = hal.stream.read;
    hal.stream.read = guarded_read;
    drop_line();
}

static void on_stream_changed(stream_type_t type) {
    if (next_stream_changed)
        next_stream_changed(type);
    stand_before();
}

// --- ways that do not come through a stream

static bool on_enqueue_gcode(char *line) {
    return lg_hook_line(&lotgate.hook, LINK_PANEL, line, strlen(line)) == LG_HOOK_PASS &&
           next_enqueue_gcode(line);
}

static status_code_t on_file_open(const char *name, vfs_file_t *handle, bool stream) {
    if (stream && !lg_hook_may_start(&lotgate.hook, LINK_SD))
        return Status_SystemGClock;
    return next_file_open ? next_file_open(name, handle, stream) : Status_OK;
}

static status_code_t on_macro_execute(macro_id_t macro) {
    if (!lg_hook_may_start(&lotgate.hook, LINK_PANEL))
        return Status_SystemGClock;
    return next_macro_execute ? next_macro_execute(macro) : Status_Unhandled;
}

// --- what happens to the machine

// The answer to each line that passed. An error leaves it open what the line has done.
static status_code_t status_message(status_code_t status) {
    if (status != Status_OK)
        lg_hook_refused(&lotgate.hook);
    return next_status_message(status);
}

static void stand_before_answers(void) {
    if (grbl.report.status_message == status_message)
        return;
    next_status_message = grbl.report.status_message;
    grbl.report.status_message = status_message;
}

// The core sets its report functions anew at each reset.
static void on_report_handlers_init(void) {
    if (next_report_handlers_init)
        next_report_handlers_init();
    stand_before_answers();
}

static void on_program_completed(program_flow_t flow, bool check_mode) {
    if (next_program_completed)
        next_program_completed(flow, check_mode);
    lg_hook_ended(&lotgate.hook, source_of(hal.stream.type));
}

static void on_reset(void) { // in an interrupt
    if (next_reset)
        next_reset();
    lotgate.was_reset = true;
}

static void on_state_change(sys_state_t state) {
    if (next_state_change)
        next_state_change(state);
    if (state & STATE_ALARM)
        lotgate.was_reset = true;
}

static void on_execute_realtime(sys_state_t state) {
    if (next_execute_realtime)
        next_execute_realtime(state);
    if (lotgate.was_reset) {
        lotgate.was_reset = false;
        drop_line();
        lg_hook_reset(&lotgate.hook);
    }
    stand_before(); // a driver may have put its own reader back
    lg_hook_tick(&lotgate.hook);
}

static void on_report_options(bool newopt) {
    if (next_report_options)
        next_report_options(newopt);
    if (!newopt)
        hal.stream.write("[PLUGIN:lotgate]\r\n");
}

// --- start

static void count_power_up(void) {
    uint8_t bytes[4];
    port_load(NULL, LG_HOOK_STORE, bytes, sizeof bytes);
    memcpy(&lotgate.power_ups, bytes, sizeof bytes);
    lotgate.power_ups++; // from a blank store's FFFFFFFF it begins at 0
    memcpy(bytes, &lotgate.power_ups, sizeof bytes);
    port_store(NULL, LG_HOOK_STORE, bytes, sizeof bytes);
}

// grblHAL calls it while it starts (plugins_init.h); the settings have been read by then, the streams are there.
void lotgate_init(void);
void lotgate_init(void) {
    lotgate.rules = (struct gcode_rules){.machine = LOTGATE_MACHINE, .focus_limit = LOTGATE_FOCUS_LIMIT};
#ifndef GCODE_GRBL_ONLY // otherwise GCODE_HAL says it
    lotgate.rules.asks = GCODE_ASKS_HAL;
#endif
    if ((lotgate.store = nvs_alloc(STORE_SIZE)) == 0)
        return; // without a place for the key the plugin stays out: $I does not list it, the host says so
    count_power_up();
    lg_hook_init(&lotgate.hook, &port, &lotgate.rules);

    next_stream_changed = grbl.on_stream_changed;
    grbl.on_stream_changed = on_stream_changed;
    next_execute_realtime = grbl.on_execute_realtime;
    grbl.on_execute_realtime = on_execute_realtime;
    next_program_completed = grbl.on_program_completed;
    grbl.on_program_completed = on_program_completed;
    next_state_change = grbl.on_state_change;
    grbl.on_state_change = on_state_change;
    next_reset = grbl.on_reset;
    grbl.on_reset = on_reset;
    next_file_open = grbl.on_file_open;
    grbl.on_file_open = on_file_open;
    next_macro_execute = grbl.on_macro_execute;
    grbl.on_macro_execute = on_macro_execute;
    next_report_options = grbl.on_report_options;
    grbl.on_report_options = on_report_options;
    next_report_handlers_init = grbl.on_report_handlers_init;
    grbl.on_report_handlers_init = on_report_handlers_init;
    stand_before_answers();
    next_enqueue_gcode = grbl.enqueue_gcode;
    grbl.enqueue_gcode = on_enqueue_gcode;
    stand_before();
}
