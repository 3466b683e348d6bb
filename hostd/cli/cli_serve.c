// serve, devices: they need the wire floor, so the main program does them; here is how they are asked for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_groups.h"

#define HOOK_ARGUMENTS_MAX (2 * CLI_VALUES_MAX + 8)

// The hook gets an argv of its own to change, pointers and texts; what it moved about is freed by our list.
static int with_copies(int (*hook)(int argc, char **argv), const char *const *list, int n) {
    char *copies[HOOK_ARGUMENTS_MAX + 1] = {0}, *argv[HOOK_ARGUMENTS_MAX + 1];
    bool made = true;
    for (int i = 0; i < n; i++)
        made = (copies[i] = strdup(list[i])) != NULL && made;
    memcpy(argv, copies, sizeof argv);
    if (!made)
        fputs("lotgate: there is not enough memory to start\n", stderr);
    int status = made ? hook(n, argv) : CLI_REFUSED;
    for (int i = 0; i < n; i++)
        free(copies[i]);
    return status;
}

// Hands the line on in a fixed order, options only: main reads it without a table of its own.
static int hand_on(struct cli_call *call, int (*hook)(int argc, char **argv), bool takes_paths) {
    static const char *const dashes = "--";
    const char *list[HOOK_ARGUMENTS_MAX + 1];
    char names[CLI_VALUES_MAX][64];
    int n = 0;
    list[n++] = call->group->name;
    if (takes_paths && call->config != NULL) {
        list[n++] = "-c";
        list[n++] = call->config;
    }
    if (takes_paths && call->data != NULL) {
        list[n++] = "--data";
        list[n++] = call->data;
    }
    if (call->json)
        list[n++] = "--json";
    for (size_t i = 0; i < call->given_count; i++) {
        snprintf(names[i], sizeof names[i], "%s%s", dashes, call->given[i].option->name);
        list[n++] = names[i];
        if (call->given[i].text != NULL)
            list[n++] = call->given[i].text;
    }
    return with_copies(hook, list, n);
}

static int serve(struct cli_call *call) {
    return hand_on(call, call->hooks->serve, true);
}
static int devices(struct cli_call *call) {
    return hand_on(call, call->hooks->devices, false);
}

static const struct cli_option serve_options[] = {
    {.name = "listen", .value = "ADDR", .help = "address and port of the panel (default: 127.0.0.1:8390)"},
    {.name = "simulate", .help = "add simulated machines"},
    {0}};

const struct cli_command cli_serve_commands[] = {
    {.summary = "Run the daemon",
     .options = serve_options,
     .details =
         "Without a configuration every machine that is found by its USB id is served, and, when none is "
         "connected, simulated ones. Ctrl-C ends it.",
     .run = serve},
    {0}};

const struct cli_command cli_devices_commands[] = {
    {.summary = "List the serial ports, what board each looks like, and what to put in the configuration",
     .run = devices},
    {0}};
