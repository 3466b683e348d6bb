// The configuration reader: any bytes are either a configuration within its limits, or told as mistakes.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

static void must(int condition) {
    if (!condition)
        abort();
}

// Every text ends within its field, and every number is in its range.
static void check_machine(const struct config_machine *m) {
    must(memchr(m->id, 0, sizeof m->id) != NULL && m->id[0] != '\0');
    must(memchr(m->board, 0, sizeof m->board) != NULL && m->board[0] != '\0');
    must(memchr(m->device, 0, sizeof m->device) != NULL && m->device[0] != '\0');
    must(memchr(m->pty, 0, sizeof m->pty) != NULL);
    must(m->tcp_count <= CONFIG_TCP_MAX && m->require_count <= CONFIG_REQUIRE_MAX);
    must(m->baud == 0 || (m->baud >= 1200 && m->baud <= 4000000));
    must(m->mode >= -1 && m->mode <= 1 && m->held >= 0 && m->held <= 1);
    must(m->held_seconds >= 0 && m->held_seconds <= 86400 && m->idle_seconds >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct config config;
    static struct config_report report;
    bool ok = config_parse(&config, "fuzz.json", (const char *)data, size, &report);
    must(ok == (report.mistakes == 0));
    must(memchr(report.text, 0, sizeof report.text) != NULL);
    must(ok || strncmp(report.text, "fuzz.json", 9) == 0);
    if (!ok)
        return 0;
    must(config.machine_count <= CONFIG_MACHINES_MAX);
    for (size_t i = 0; i < config.machine_count; i++)
        check_machine(&config.machines[i]);
    return 0;
}
