// The wire floor and the threads as the daemon's join sees them, replaced: bytes wait for the step, requests
// to the ledger are answered later by virtual time.
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mailbox.h"
#include "ops.h"
#include "world.h"

// --- wire.h

struct gate *wire_gate(struct wire_machine *m) {
    return m->gate;
}

const struct gate *wire_gate_look(const struct wire_machine *m) {
    return m->gate;
}

void *wire_owner(const struct wire_machine *m) {
    return m->station;
}

void wire_look(const struct wire_machine *m, struct wire_look *look) {
    memset(look, 0, sizeof *look);
    look->id = m->id;
    look->device = "virtual";
    look->port_open = m->port_open;
    look->port_text = m->port_open ? "" : "unplugged";
    look->what_to_do = "";
    look->sender = m->sender_on ? "actor" : "";
}

// --- writer.h: the ledger thread. The mailbox of answers is not used: world_office hands them over.

bool ledger_writer_put(struct ledger_writer *writer, struct request *request) {
    struct world *w = (struct world *)(void *)writer;
    lg_assert(w->pending_count < WORLD_PENDING_MAX);
    // Mostly a fraction of a millisecond; at times an SD card that stalls for seconds.
    int64_t delay = world_random(w, 40) == 0 ? (int64_t)world_random(w, 5 * WORLD_SECOND)
                                             : 100 + (int64_t)world_random(w, 2000);
    w->pending[w->pending_count++] = (struct pending){request, w->now + delay, false};
    return true;
}

// --- serve.h, daemon.c: what the join tells upward

void serve_publish(struct serve *serve, const char *type, const char *json) {
    (void)serve, (void)type, (void)json;
}

bool serve_is_watched(const struct serve *serve) {
    return true;
}

void daemon_wake(struct daemon *d) {
    struct world *w = (struct world *)(void *)((char *)d - offsetof(struct world, daemon));
    w->woken = true;
}

void daemon_log(const struct daemon *d, const char *format, ...) {
    (void)d, (void)format;
}

struct station *daemon_find(const struct daemon *d, const char *machine) {
    for (size_t i = 0; i < d->station_count; i++)
        if (strcmp(d->stations[i].config.id, machine) == 0)
            return &d->stations[i];
    return NULL;
}

// --- timefmt.h, by the linker's --wrap: all clocks are the world's

static struct world *the_world; // one simulation at a time in a process

int64_t __wrap_time_monotonic_us(void);
int64_t __wrap_time_now_us(void);
void world_use_clock(struct world *w);

int64_t __wrap_time_monotonic_us(void) {
    lg_assert(the_world != NULL);
    return the_world->now;
}

int64_t __wrap_time_now_us(void) {
    lg_assert(the_world != NULL);
    return the_world->now + the_world->utc_offset;
}

void world_use_clock(struct world *w) {
    the_world = w;
}
