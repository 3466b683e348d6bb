// setup: from the configuration, or from what is connected, to machines on the wire and in the ledger.
#include "daemon.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_paths.h" // CLI_SYSTEM_DATA
#include "json.h"      // json_add_text
#include "keys.h"      // keys_load
#include "ops.h"       // trace_run
#include "port_list.h" // port_list
#include "profile.h"   // profile_find
#include "timefmt.h"   // time_now_us

#define FIRST_SENDER_PORT 8231
#define GENERIC_BOARD     "generic-grbl-laser"
// Where the profile leaves it out.
#define BAUD_USUAL          115200
#define S_MAX_USUAL         1000 // $30 of Grbl
#define FOCUS_PERCENT_USUAL 2
#define RX_BUFFER_SMALLEST  128 // Grbl on AVR

static const enum grbl_flavour flavours[] = {[PROFILE_AVR] = GRBL_AVR,
                                             [PROFILE_MKS] = GRBL_MKS,
                                             [PROFILE_FLUIDNC] = GRBL_FLUIDNC,
                                             [PROFILE_GRBLHAL] = GRBL_HAL};

static struct config_machine *add_machine(struct config *config, const char *id, const char *board,
                                          const char *device) {
    struct config_machine *m = &config->machines[config->machine_count++];
    config_machine_default(m);
    snprintf(m->id, sizeof m->id, "%s", id);
    snprintf(m->board, sizeof m->board, "%s", board);
    snprintf(m->device, sizeof m->device, "%s", device);
    return m;
}

// Every port with the USB chip of a Twotrees board; which model it is, only the config can say.
static void add_connected(struct config *config) {
    struct port_found *ports = calloc(PORT_LIST_MAX, sizeof *ports);
    lg_assert(ports != NULL);
    size_t n = port_list(ports, PORT_LIST_MAX);
    for (size_t i = 0; i < n && config->machine_count < CONFIG_MACHINES_MAX; i++) {
        char id[CONFIG_ID_MAX];
        if (ports[i].place.vendor != USB_VENDOR_CH340)
            continue;
        snprintf(id, sizeof id, "laser%zu", config->machine_count + 1);
        add_machine(config, id, GENERIC_BOARD, ports[i].by_id[0] != '\0' ? ports[i].by_id : ports[i].path);
    }
    free(ports);
}

static void add_simulated(struct config *config) {
    static const char *const machines[][4] = {{"laser1", "sim-laser", "sim:laser", "SIM-LASER-1"},
                                              {"cnc1", "sim-cnc", "sim:cnc", "SIM-CNC-1"}};
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        struct config_machine *m = add_machine(config, machines[i][0], machines[i][1], machines[i][2]);
        snprintf(m->serial_number, sizeof m->serial_number, "%s",
                 machines[i][3]); // what it says of itself, too
    }
}

static void fill_station(struct station *s, struct daemon *d, const struct config_machine *config,
                         const struct profile *profile) {
    s->daemon = d;
    s->config = *config;
    snprintf(s->kind, sizeof s->kind, "%s", profile_kind_name(profile->kind));
    s->mode = config->mode >= 0 ? (enum gate_mode)config->mode : GATE_EACH_JOB;
    if (s->config.baud == 0)
        s->config.baud = profile->has_baud ? profile->baud : BAUD_USUAL;
}

// Where no machine is named: what is connected. Simulated machines only where nothing is configured at all, or on
// request: a configured ledger is a real one.
static void choose_machines(struct daemon *d, bool configured, bool simulate) {
    if (simulate)
        d->config.machine_count = 0;
    else if (d->config.machine_count == 0)
        add_connected(&d->config);
    if (d->config.machine_count > 0)
        return;
    if (configured && !simulate)
        daemon_log(
            d,
            "the configuration names no machine and none is connected; `lotgate devices` shows what to write");
    else
        add_simulated(&d->config);
}

bool setup_machines(struct daemon *d, bool configured, bool simulate, struct lg_error *error) {
    choose_machines(d, configured, simulate);
    d->station_count = d->config.machine_count;
    d->stations = calloc(d->station_count + 1, sizeof *d->stations); // one more: none is no failure
    lg_assert(d->stations != NULL);
    for (size_t i = 0; i < d->station_count; i++) {
        struct profile profile;
        struct lg_error why;
        if (!profile_find(d->config.machines[i].board, &profile, &why))
            return lg_fail(error, "bad_config", why.what_to_do, "machines[%zu] (%s): %.300s", i,
                           d->config.machines[i].id, why.message);
        fill_station(&d->stations[i], d, &d->config.machines[i], &profile);
    }
    return true;
}

static bool ledger_does(struct ledger *ledger, const char *op, cJSON *args, struct lg_error *error) {
    const struct trace_context context = {"lotgate", time_now_us()};
    cJSON *answer = NULL;
    bool ok = trace_run(ledger, op, &context, args, &answer, error);
    cJSON_Delete(answer);
    cJSON_Delete(args);
    return ok;
}

static bool register_machine(struct ledger *ledger, const struct station *s, struct lg_error *error) {
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "machine", s->config.id);
    json_add_text(args, "board", s->config.board);
    json_add_text(args, "kind", s->kind);
    json_add_text(args, "serial_number", s->config.serial_number[0] != '\0' ? s->config.serial_number : NULL);
    json_add_text(args, "name", s->config.name[0] != '\0' ? s->config.name : NULL);
    return ledger_does(ledger, "machine.register", args, error);
}

bool setup_ledger(struct daemon *d, struct ledger *ledger, struct lg_error *error) {
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "version", LOTGATE_VERSION);
    if (!ledger_does(ledger, "host.start", args, error))
        return false;
    for (size_t i = 0; i < d->station_count; i++)
        if (!register_machine(ledger, &d->stations[i], error))
            return false;
    return true;
}

static uint32_t focus_limit(const struct config_machine *config, const struct profile *profile) {
    double percent = profile->has_focus ? profile->focus_s_percent : FOCUS_PERCENT_USUAL;
    if (config->focus_s_percent >= 0)
        percent = (double)config->focus_s_percent;
    return (uint32_t)((profile->has_s_max ? profile->s_max : S_MAX_USUAL) * percent / 100);
}

static void gate_for(struct gate_config *gate, const struct station *s, const struct profile *profile) {
    const struct config_machine *config = &s->config;
    gate_config_default(gate);
    snprintf(gate->name, sizeof gate->name, "%s", config->id);
    // Where the flavour is not established: the fork that takes most bytes for realtime commands.
    gate->flavour = profile->has_flavour ? flavours[profile->flavour] : GRBL_MKS;
    gate->rules.machine = profile->kind == PROFILE_LASER ? GCODE_LASER : GCODE_CNC;
    gate->rules.strict = config->strict != 0;
    gate->rules.beam_on_fan = profile->has_beam_on_fan && profile->beam_on_fan;
    gate->rules.focus_limit = focus_limit(config, profile);
    gate->mode = s->mode;
    gate->held = (enum gate_held_action)config->held;
    gate->held_us = config->held_seconds * 1000000;
    gate->idle_us = config->idle_seconds * 1000000;
    gate->focus_us = config->focus_seconds * 1000000;
    gate->rx_buffer = profile->has_rx_buffer ? profile->rx_buffer : RX_BUFFER_SMALLEST;
    gate->expect_identity = gate->poll = true;
}

static enum gate_hook hook_for(const struct config_machine *config, const struct profile *profile) {
    if (config->hook >= 0)
        return config->hook ? GATE_HOOK_EXPECTED : GATE_HOOK_NEVER;
    if (profile->has_hook)
        return profile->hook ? GATE_HOOK_EXPECTED : GATE_HOOK_NEVER;
    return GATE_HOOK_IF_ANY;
}

static bool add_hook(struct gate_config *gate, const struct station *s, const struct profile *profile,
                     const char *data, struct lg_error *error) {
    gate->hook = hook_for(&s->config, profile);
    gate->hook_life_s = (uint16_t)s->config.hook_seconds;
    randombytes_buf(gate->nonce_seed, sizeof gate->nonce_seed);
    for (int i = 0; i < GATE_KEYS; i++)
        if (!keys_load(data, s->config.id, i == 1, gate->key[i], &gate->has_key[i], error))
            return false;
    return true;
}

static bool add_to_wire(struct daemon *d, size_t i, const char *data, struct lg_error *error) {
    struct station *s = &d->stations[i];
    struct profile profile;
    struct wire_machine_config wire = {.device = s->config.device, .baud = (uint32_t)s->config.baud};
    char pty[PATH_MAX], tcp[CONFIG_TEXT_MAX];
    if (!profile_find(s->config.board, &profile, error))
        return false;
    gate_for(&wire.gate, s, &profile);
    if (!add_hook(&wire.gate, s, &profile, data, error))
        return false;
    bool system = strcmp(data, CLI_SYSTEM_DATA) == 0;
    snprintf(pty, sizeof pty, "%.4000s/%s", system ? "/run/lotgate" : data, s->config.id);
    if (!system)
        snprintf(pty, sizeof pty, "%.4000s/run/%s", data, s->config.id);
    snprintf(tcp, sizeof tcp, "127.0.0.1:%zu", FIRST_SENDER_PORT + i);
    wire.pty = s->config.pty[0] != '\0' ? s->config.pty : pty;
    wire.tcp[0] = tcp;
    wire.tcp_count = 1;
    if (s->config.tcp_count > 0)
        wire.tcp_count = s->config.tcp_count;
    for (size_t k = 0; k < s->config.tcp_count; k++)
        wire.tcp[k] = s->config.tcp[k];
    s->machine = wire_add(d->wire, &wire, s, error);
    sodium_memzero(&wire.gate, sizeof wire.gate); // the gate has its keys
    return s->machine != NULL;
}

bool setup_wire(struct daemon *d, const char *data, struct lg_error *error) {
    for (size_t i = 0; i < d->station_count; i++)
        if (!add_to_wire(d, i, data, error))
            return false;
    return true;
}
