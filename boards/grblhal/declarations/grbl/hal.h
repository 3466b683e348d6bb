// What the plugin uses of grblHAL, declared in our own words so that it compiles without the firmware. In a firmware tree the
// real grbl/hal.h is found instead. The names and types are those of grblHAL's core as of 2023 and later; what the plugin
// does not touch is left out, so these structures are not laid out like the firmware's.
#ifndef LOTGATE_DECLARED_GRBL_HAL_H
#define LOTGATE_DECLARED_GRBL_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_NO_DATA   -1
#define ASCII_CAN        0x18
#define LINE_BUFFER_SIZE 257

typedef enum {
    Status_OK = 0,
    Status_SystemGClock = 9,
    Status_Overflow = 11,
    Status_Unhandled = 79
} status_code_t;
typedef enum {
    NVS_TransferResult_Failed = 0,
    NVS_TransferResult_Busy,
    NVS_TransferResult_OK
} nvs_transfer_result_t;
typedef enum {
    StreamType_Serial = 0,
    StreamType_MPG,
    StreamType_Bluetooth,
    StreamType_Telnet,
    StreamType_WebSocket,
    StreamType_SDCard,
    StreamType_FlashFs,
    StreamType_Redirected,
    StreamType_Null
} stream_type_t;
typedef uint_fast16_t sys_state_t;
#define STATE_ALARM 1
typedef uint32_t nvs_address_t;
typedef uint_fast16_t macro_id_t;
typedef int program_flow_t;
typedef struct vfs_file vfs_file_t;

typedef int16_t (*stream_read_ptr)(void);
typedef void (*stream_write_ptr)(const char *s);
typedef status_code_t (*status_message_ptr)(status_code_t status_code);
typedef bool (*enqueue_gcode_ptr)(char *data);
typedef void (*on_state_change_ptr)(sys_state_t state);
typedef void (*on_program_completed_ptr)(program_flow_t flow, bool check_mode);
typedef void (*on_execute_realtime_ptr)(sys_state_t state);
typedef void (*on_report_options_ptr)(bool newopt);
typedef void (*on_report_handlers_init_ptr)(void);
typedef void (*on_stream_changed_ptr)(stream_type_t type);
typedef status_code_t (*on_file_open_ptr)(const char *fname, vfs_file_t *handle, bool stream);
typedef status_code_t (*on_macro_execute_ptr)(macro_id_t macro);
typedef void (*on_reset_ptr)(void);

typedef struct {
    stream_type_t type;
    stream_write_ptr write;
    stream_read_ptr read;
} io_stream_t;

typedef struct {
    nvs_transfer_result_t (*memcpy_to_nvs)(uint32_t dest, uint8_t *source, uint32_t size, bool with_checksum);
    nvs_transfer_result_t (*memcpy_from_nvs)(uint8_t *dest, uint32_t source, uint32_t size,
                                             bool with_checksum);
} nvs_io_t;

typedef struct {
    io_stream_t stream;
    nvs_io_t nvs;
    uint32_t (*get_elapsed_ticks)(void); // milliseconds
    uint64_t (*get_micros)(void);
} grbl_hal_t;

typedef struct {
    struct {
        status_message_ptr status_message;
    } report;
    on_state_change_ptr on_state_change;
    on_program_completed_ptr on_program_completed;
    on_execute_realtime_ptr on_execute_realtime;
    on_report_options_ptr on_report_options;
    on_report_handlers_init_ptr on_report_handlers_init;
    on_stream_changed_ptr on_stream_changed;
    on_file_open_ptr on_file_open;
    on_macro_execute_ptr on_macro_execute;
    on_reset_ptr on_reset; // from an interrupt
    enqueue_gcode_ptr enqueue_gcode;
} grbl_t;

extern grbl_hal_t hal;
extern grbl_t grbl;
nvs_address_t nvs_alloc(size_t size);

#endif
