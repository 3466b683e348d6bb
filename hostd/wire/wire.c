#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "timefmt.h" // time_monotonic_us

struct wire {
    uv_loop_t loop;
    uv_prepare_t before_waiting;
    struct wire_events events;
    struct wire_machine *machines[WIRE_MACHINES_MAX];
    size_t count;
    struct wire_common common;
    uint8_t input[CHANNEL_READ_MAX];
};

// One machine's deadline; the others' may have come meanwhile, or the alarm rang for one that has moved.
static void on_alarm(struct alarm *alarm, int64_t now) {
    struct wire *wire = alarm->owner;
    for (size_t i = 0; i < wire->count; i++) {
        struct wire_machine *m = wire->machines[i];
        if (m->tick_at <= now)
            machine_tick(m, now);
        else
            alarm_set(alarm, m->tick_at);
    }
}

// What gates said in somebody else's callback (an answer of the ledger, the panel) leaves before the loop waits.
static void on_before_waiting(uv_prepare_t *prepare) {
    struct wire *wire = prepare->data;
    if (!wire->common.touched)
        return;
    wire->common.touched = false;
    for (size_t i = 0; i < wire->count; i++)
        if (wire->machines[i]->touched)
            machine_settle(wire->machines[i], time_monotonic_us());
}

struct wire *wire_create(const struct wire_events *events) {
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL)
        return NULL;
    if (uv_loop_init(&wire->loop) != 0) {
        free(wire);
        return NULL;
    }
    wire->events = *events;
    wire->common.input = wire->input;
    if (alarm_open(&wire->common.alarm, &wire->loop, on_alarm, wire) != 0) {
        uv_loop_close(&wire->loop);
        free(wire);
        return NULL;
    }
    uv_prepare_init(&wire->loop, &wire->before_waiting);
    wire->before_waiting.data = wire;
    uv_prepare_start(&wire->before_waiting, on_before_waiting);
    return wire;
}

uv_loop_t *wire_loop(struct wire *wire) {
    return &wire->loop;
}

struct wire_machine *wire_add(struct wire *wire, const struct wire_machine_config *config, void *owner,
                              struct lg_error *error) {
    if (wire->count == WIRE_MACHINES_MAX) {
        lg_fail(error, "too_many_machines", "Run a second lotgate for the others.",
                "one lotgate takes at most %d machines", WIRE_MACHINES_MAX);
        return NULL;
    }
    struct wire_machine *m = machine_create(&wire->loop, config, &wire->events, &wire->common, owner, error);
    if (m != NULL)
        wire->machines[wire->count++] = m;
    return m;
}

void wire_start(struct wire *wire) {
    for (size_t i = 0; i < wire->count; i++)
        machine_open(wire->machines[i]);
}

void wire_run(struct wire *wire) {
    uv_run(&wire->loop, UV_RUN_DEFAULT);
}

void wire_stop(struct wire *wire) {
    uv_stop(&wire->loop);
}

void wire_free(struct wire *wire) {
    if (wire == NULL)
        return;
    for (size_t i = 0; i < wire->count; i++)
        machine_free(wire->machines[i]);
    wire->count = 0;
    alarm_close(&wire->common.alarm);
    uv_close((uv_handle_t *)&wire->before_waiting, NULL);
    while (uv_run(&wire->loop, UV_RUN_DEFAULT) != 0) {
    } // until every handle is closed
    int rc = uv_loop_close(&wire->loop);
    lg_assert(rc == 0);
    free(wire);
}

size_t wire_count(const struct wire *wire) {
    return wire->count;
}

struct wire_machine *wire_at(const struct wire *wire, size_t i) {
    return wire->machines[i];
}

struct wire_machine *wire_find(const struct wire *wire, const char *id) {
    for (size_t i = 0; i < wire->count; i++)
        if (strcmp(wire->machines[i]->id, id) == 0)
            return wire->machines[i];
    return NULL;
}

void *wire_owner(const struct wire_machine *machine) {
    return machine->owner;
}

void wire_look(const struct wire_machine *m, struct wire_look *look) {
    memset(look, 0, sizeof *look);
    look->id = m->id;
    look->device = m->device;
    look->port_open = m->port != NULL;
    look->port_text = m->trouble.message;
    look->what_to_do = m->trouble.what_to_do;
    look->place = m->port != NULL ? &m->port->place : NULL;
    look->sender = sender_label(m->sender);
    bool is_pty;
    const char *door;
    for (size_t i = 0; (door = sender_door(m->sender, i, &is_pty)) != NULL; i++) {
        if (is_pty)
            look->pty = door;
        else if (look->tcp_count < WIRE_TCP_MAX)
            look->tcp[look->tcp_count++] = door;
    }
}

struct gate *wire_gate(struct wire_machine *machine) {
    machine_touch(machine);
    return machine->gate;
}

const struct gate *wire_gate_look(const struct wire_machine *machine) {
    return machine->gate;
}
