// cli_paths: where lotgate keeps its data, the same answer for the daemon and for every command.
//
// The directory is, in this order: --data; "data" of the configuration file (-c, else /etc/lotgate/lotgate.json
// when it can be read); for root /var/lib/lotgate; else $XDG_DATA_HOME/lotgate or ~/.local/share/lotgate.
// Functions are pure but for reading the configuration file and the environment, and for the one that makes
// directories; any thread.
#ifndef LOTGATE_CLI_PATHS_H
#define LOTGATE_CLI_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define CLI_SYSTEM_CONFIG "/etc/lotgate/lotgate.json"
#define CLI_SYSTEM_DATA   "/var/lib/lotgate"
#define CLI_SITE_MAX      8
#define CLI_ADDRESS_MAX   1000          // bytes of the shop's own address
#define CLI_CONFIG_MAX    (1024 * 1024) // bytes of a configuration file

struct cli_paths {
    char config[PATH_MAX]; // the configuration file that applies; "" when there is none
    char data[PATH_MAX];   // directory; it need not exist
    char site[CLI_SITE_MAX];
    char address[CLI_ADDRESS_MAX]; // the shop's own, for letters; "" when it is not said
};

// `config` and `data` are the values of -c and --data, or NULL. False with code "config_unreadable", "bad_json"
// or "no_data_directory".
bool cli_paths_find(struct cli_paths *paths, const char *config, const char *data, struct lg_error *error);

// "DATA/name" into out. False when it does not fit.
bool cli_paths_join(char *out, size_t room, const char *directory, const char *name);

// Makes the directories above paths->data that are missing, before its ledger is opened for writing: a new user's
// home has no ~/.local/share. The ledger makes the last one itself, closed to others. What fails here is told by
// ledger_open.
void cli_paths_make_parents(const struct cli_paths *paths);

#define CLI_SOCKET_NAME "lotgate.sock" // the daemon's Unix socket in the data directory

#endif
