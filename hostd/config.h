// config: lotgate.json, read strictly: a mistake is told with its line and what would be right, all at once.
//
// JSON with comments. Unknown keys, wrong types and values out of range are mistakes; nothing is guessed. The
// tables in config.c are the language. Thread: any; no state is kept.
#ifndef LOTGATE_CONFIG_H
#define LOTGATE_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_FILE_MAX     (256 * 1024) // bytes
#define CONFIG_MACHINES_MAX 64
#define CONFIG_TCP_MAX      7
#define CONFIG_REQUIRE_MAX  4
#define CONFIG_ID_MAX       32
#define CONFIG_TEXT_MAX     128
#define CONFIG_ADDRESS_MAX  1000
#define CONFIG_MISTAKES_MAX 64 // told in one go

struct config_machine {
    char id[CONFIG_ID_MAX]; // letters, digits, - and _
    char name[CONFIG_TEXT_MAX];
    char board[CONFIG_TEXT_MAX]; // a profile of boards/profiles
    char serial_number[CONFIG_TEXT_MAX];
    char device[PATH_MAX];
    int64_t baud;              // 0: the board's
    char pty[CONFIG_TEXT_MAX]; // "": the default
    char tcp[CONFIG_TCP_MAX][CONFIG_TEXT_MAX];
    size_t tcp_count; // 0: the default
    int64_t mode;     // enum gate_mode; -1: the kind's default
    int64_t strict;   // "scope": 0 work, 1 strict
    int64_t held;     // enum gate_held_action
    int64_t hook;     // 1: its firmware has the hook, 0: it is not asked for one; -1: as the board says
    int64_t hook_seconds;
    int64_t held_seconds, idle_seconds, armed_seconds;
    int64_t focus_s_percent; // of the board's largest S; -1: the board's, or 2
    int64_t focus_seconds;
    char require[CONFIG_REQUIRE_MAX][CONFIG_ID_MAX];
    size_t require_count;
};

struct config {
    char site[8];
    char data[PATH_MAX]; // "": not said
    char listen[CONFIG_TEXT_MAX];
    char address[CONFIG_ADDRESS_MAX]; // the shop's own, for letters
    int64_t store;                    // 0: SQLite, the only one
    struct config_machine machines[CONFIG_MACHINES_MAX];
    size_t machine_count;
};

// What is wrong, one line each: `lotgate.json:7:15: unknown key "baudd" in machines[0]; did you mean "baud"?`
struct config_report {
    bool unread; // there is no such file, or it may not be read: nothing in it is wrong
    size_t mistakes;
    char text[CONFIG_MISTAKES_MAX * 256];
};

void config_default(struct config *config); // site A, 127.0.0.1:8390, no machine
void config_machine_default(struct config_machine *machine);

// Reads `length` bytes. `name` stands at the beginning of each line of the report. False when there is a mistake.
bool config_parse(struct config *config, const char *name, const char *text, size_t length,
                  struct config_report *report);
// The same from a file; one that cannot be read is a mistake too.
bool config_load(struct config *config, const char *path, struct config_report *report);

#endif
