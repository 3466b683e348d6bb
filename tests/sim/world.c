#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "world_inside.h"

#define UTC_START_US 1795428360000000LL // any day will do; the ledger dates its lots by it

uint64_t world_random(struct world *w, uint64_t below) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return below > 0 ? (w->random * 0x2545F4914F6CDD1DULL >> 11) % below : 0;
}

void world_trouble(struct world *w, const char *format, ...) {
    if (w->trouble[0] != '\0')
        return;
    int n = snprintf(w->trouble, sizeof w->trouble, "seed %llu at %.3f s: ", (unsigned long long)w->seed,
                     (double)w->now / 1e6);
    va_list list;
    va_start(list, format);
    vsnprintf(w->trouble + n, sizeof w->trouble - (size_t)n, format, list);
    va_end(list);
}

static void mix(struct world *w, const void *data, size_t length) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++)
        w->hash = (w->hash ^ bytes[i]) * 1099511628211ULL;
}

// --- the gate's outputs: kept until the step hands them on

static void keep(uint8_t *buffer, size_t room, size_t *filled, const uint8_t *bytes, size_t length) {
    lg_assert(*filled + length <= room);
    memcpy(buffer + *filled, bytes, length);
    *filled += length;
}

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct wire_machine *m = context;
    check_forwarded(m, bytes, length);
    mix(m->world, bytes, length);
    keep(m->to_machine, sizeof m->to_machine, &m->machine_filled, bytes, length);
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {
    struct wire_machine *m = context;
    mix(m->world, bytes, length);
    keep(m->to_sender, sizeof m->to_sender, &m->sender_filled, bytes, length);
}

static void on_fact(void *context, const struct gate_fact *fact) {
    struct wire_machine *m = context;
    mix(m->world, &fact->type, sizeof fact->type);
    facts_on_fact(NULL, m, fact);
}

// --- making and remaking

static const uint8_t hook_key[SIPHASH_KEY] = {1, 2, 3};

// Before the machine is delivered, its hook is given the key that the host has.
static void pair_on_the_bench(struct world *w, struct wire_machine *m) {
    char frame[LINK_FRAME_MAX + 3], drop[256];
    struct link_writer writer;
    link_begin(&writer, frame, LINK_FROM_HOST, LINK_PAIR);
    link_put_hex(&writer, "k", hook_key, sizeof hook_key);
    size_t length = link_end(&writer);
    sim_write(m->sim, frame, length, w->now - WORLD_SECOND);
    while (sim_read(m->sim, drop, sizeof drop, w->now) > 0) {
    }
}

static enum grbl_flavour flavour_of(const struct world *w, const struct wire_machine *m) {
    return m - w->machines >= 2 ? GRBL_MKS : GRBL_AVR; // those with a card
}

static void make_sim(struct world *w, struct wire_machine *m, uint64_t seed) {
    struct sim_config config;
    enum grbl_flavour flavour = flavour_of(w, m);
    sim_config_default(&config, SIM_LASER, flavour);
    config.seed = seed;
    config.on_line = check_executed;
    config.context = m;
    snprintf(config.serial, sizeof config.serial, "SN-%s", m->id);
    config.hook = m->hooked;
    config.hook_seed = seed;
    m->sim = sim_create(&config);
    lg_assert(m->sim != NULL);
    if (m->hooked)
        pair_on_the_bench(w, m);
    sim_watch(m->sim, true, 20, w->now);
}

// One machine of a daemon that has just started.
static void make_station(struct world *w, size_t i) {
    struct wire_machine *m = &w->machines[i];
    struct station *s = &w->stations[i];
    struct gate_config config;
    memset(s, 0, sizeof *s);
    s->daemon = &w->daemon;
    s->machine = m;
    s->mode = GATE_EACH_JOB;
    config_machine_default(&s->config);
    snprintf(s->config.id, sizeof s->config.id, "%s", m->id);
    snprintf(s->kind, sizeof s->kind, "laser");
    gate_config_default(&config);
    snprintf(config.name, sizeof config.name, "%s", m->id);
    config.flavour = flavour_of(w, m);
    config.rules.focus_limit = 20;
    config.s_max = 1000;
    config.hook = m->hooked ? GATE_HOOK_EXPECTED : i == 1 ? GATE_HOOK_IF_ANY : GATE_HOOK_NEVER;
    config.has_key[0] = m->hooked;
    memcpy(config.key[0], hook_key, sizeof hook_key);
    for (size_t k = 0; k < sizeof config.nonce_seed; k++)
        config.nonce_seed[k] = (uint8_t)world_random(w, 256);
    config.expect_identity = true;
    config.poll = true;
    m->gate = gate_create(&config, &(struct gate_output){m, to_machine, to_sender, on_fact});
    lg_assert(m->gate != NULL);
    m->port_open = m->sender_on = false;
    m->reopen_at = w->now + (int64_t)world_random(w, WORLD_SECOND);
    m->machine_filled = m->sender_filled = 0;
    m->starts = m->ends = 0;
    m->forward_length = 0;
}

static void start_daemon(struct world *w) {
    memset(&w->daemon, 0, sizeof w->daemon);
    w->daemon.stations = w->stations;
    w->daemon.station_count = WORLD_MACHINES;
    w->daemon.writer = (struct ledger_writer *)(void *)w;
    cJSON_Delete(office_must(w, "host.start", "{\"version\":\"simulated\"}"));
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        char args[200];
        w->machines[i].started_durable = false;
        snprintf(
            args, sizeof args,
            "{\"machine\":\"%s\",\"board\":\"sim-laser\",\"kind\":\"laser\",\"serial_number\":\"SN-%s\"}",
            w->machines[i].id, w->machines[i].id);
        cJSON_Delete(office_must(w, "machine.register", args));
        make_station(w, i);
    }
}

void world_begin(struct world *w, uint64_t seed, const char *directory) {
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->random = seed * 0x9E3779B97F4A7C15ULL + 1;
    w->hash = 14695981039346656037ULL;
    w->utc_offset = UTC_START_US;
    w->now = WORLD_SECOND;
    snprintf(w->directory, sizeof w->directory, "%s", directory);
    world_use_clock(w);
    office_open(w);
    office_stock(w);
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        struct wire_machine *m = &w->machines[i];
        m->world = w;
        m->station = &w->stations[i];
        m->inbound_trusted = true;
        m->hooked = i == WORLD_HOOKED;
        snprintf(m->id, sizeof m->id, "laser%zu", i + 1);
        make_sim(w, m, seed + i);
    }
    start_daemon(w);
}

static void drop_daemon(struct world *w) {
    office_forget(w);
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        struct station *s = &w->stations[i];
        for (; s->count > 0; s->count--, s->first = (s->first + 1) % STATION_QUEUE_MAX) {
            cJSON_Delete(s->posts[s->first].args);
            free(s->posts[s->first].facts);
            request_free(s->posts[s->first].asker);
        }
        cJSON_Delete(s->declared);
        gate_free(w->machines[i].gate);
        w->machines[i].gate = NULL;
    }
    ledger_close(w->ledger);
    w->ledger = NULL;
}

void world_crash(struct world *w) {
    w->crashes++;
    for (size_t i = 0; i < WORLD_MACHINES; i++)
        w->machines[i].actor.gone = true;
    drop_daemon(w);
    office_open(w);
    start_daemon(w);
}

void world_end(struct world *w) {
    drop_daemon(w);
    for (size_t i = 0; i < WORLD_MACHINES; i++)
        sim_free(w->machines[i].sim);
    world_use_clock(NULL);
}

// --- one step

static void open_port(struct world *w, struct wire_machine *m) {
    struct sim_view view;
    sim_view(m->sim, &view, w->now);
    m->resets = view.resets;
    if (m->port_open || w->now < m->reopen_at)
        return;
    m->reopen_at = w->now + WORLD_SECOND / 2;
    if (!view.plugged)
        return;
    m->port_open = true;
    sim_open(m->sim, w->now);
    gate_machine_opened(m->gate, w->now);
}

static void lose_port(struct world *w, struct wire_machine *m) {
    m->port_open = false;
    m->reopen_at = w->now + WORLD_SECOND / 2;
    m->machine_filled = 0;
    m->forward_length = 0;
    gate_machine_lost(m->gate, w->now, "the cable was pulled");
}

static void move_machine_bytes(struct world *w, struct wire_machine *m) {
    uint8_t buffer[512];
    if (!m->port_open)
        return;
    if (m->machine_filled > 0) {
        ssize_t n = sim_write(m->sim, m->to_machine, m->machine_filled, w->now);
        if (n < 0) {
            lose_port(w, m);
            return;
        }
        m->machine_filled -= (size_t)n;
        memmove(m->to_machine, m->to_machine + n, m->machine_filled);
    }
    for (;;) {
        ssize_t n = sim_read(m->sim, buffer, 1 + (size_t)world_random(w, sizeof buffer - 1), w->now);
        if (n < 0)
            lose_port(w, m);
        if (n <= 0)
            return;
        check_heard(m, buffer, (size_t)n);
        gate_from_machine(m->gate, buffer, (size_t)n, w->now);
    }
}

// Senders write whole bursts, but the kernel may cut them anywhere.
static void move_sender_bytes(struct world *w, struct wire_machine *m) {
    static uint8_t buffer[65536];
    if (m->sender_filled > 0) {
        if (m->sender_on)
            actor_receive(&m->actor, m->to_sender, m->sender_filled, w->now);
        m->sender_filled = 0;
    }
    if (!m->sender_on || !gate_wants_sender(m->gate))
        return;
    size_t n = actor_send(&m->actor, buffer, sizeof buffer, w->now);
    for (size_t at = 0; at < n;) {
        size_t piece = world_random(w, 4) == 0 ? 1 + (size_t)world_random(w, 20) : n - at;
        if (piece > n - at)
            piece = n - at;
        bool resets = memchr(buffer + at, 0x18, piece) != NULL;
        m->saw_reset = m->saw_gcode = false;
        struct gate_view before;
        gate_view(m->gate, &before);
        gate_from_sender(m->gate, buffer + at, piece, w->now);
        if (before.state == GATE_FAULT && m->saw_gcode)
            world_trouble(w, "%s: a line passed in fault (%s)", m->id, before.text);
        if (resets && m->port_open && !m->saw_reset)
            world_trouble(w, "%s: a reset did not pass at once", m->id);
        at += piece;
    }
}

static void step_machine(struct world *w, struct wire_machine *m) {
    open_port(w, m);
    move_machine_bytes(w, m);
    move_sender_bytes(w, m);
    if (gate_deadline(m->gate) <= w->now)
        gate_tick(m->gate, w->now);
    check_overflow(m);
    struct gate_view view;
    gate_view(m->gate, &view);
    if (view.state == GATE_RUNNING && !m->started_durable)
        world_trouble(w, "%s: running with no durable job", m->id);
    mix(w, &view.state, sizeof view.state);
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t next_time(struct world *w, int64_t until) {
    int64_t at = earlier(until, office_deadline(w));
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        struct wire_machine *m = &w->machines[i];
        at = earlier(at, gate_deadline(m->gate));
        at = earlier(at, m->port_open ? sim_deadline(m->sim, w->now) : m->reopen_at);
        if (m->sender_on && gate_wants_sender(m->gate))
            at = earlier(at, actor_deadline(&m->actor));
        if (m->machine_filled > 0 || m->sender_filled > 0)
            at = w->now;
    }
    // Never stand still: a byte time is the smallest step.
    return at > w->now + 50 ? at : w->now + 50;
}

void world_run(struct world *w, int64_t until) {
    while (w->now < until && w->trouble[0] == '\0') {
        int64_t second = w->now / WORLD_SECOND;
        w->now = earlier(next_time(w, until), until);
        w->steps++;
        for (size_t i = 0; i < WORLD_MACHINES; i++)
            step_machine(w, &w->machines[i]);
        office_work(w);
        // As the daemon does: queues are looked at outside the gate, and once a second in any case.
        if (w->woken || w->now / WORLD_SECOND != second) {
            w->woken = false;
            for (size_t i = 0; i < WORLD_MACHINES; i++)
                station_pump(&w->stations[i]);
        }
    }
}

// --- acts

void world_connect(struct world *w, struct wire_machine *m, enum actor_kind kind) {
    // A sender may start a file of the card first, and go on behind it at once.
    const char *first = flavour_of(w, m) == GRBL_MKS && w->now / 1000 % 4 == 0 ? "$SD/Run=/job.nc\n" : "";
    size_t length = (size_t)snprintf(m->program, sizeof m->program, "%s", first);
    m->program_length = length + world_program(w, m->program + length, sizeof m->program - length);
    world_connect_with(w, m, kind, m->program, m->program_length);
}

void world_connect_with(struct world *w, struct wire_machine *m, enum actor_kind kind, const char *program,
                        size_t length) {
    actor_start(&m->actor, kind, program, length, w->now);
    m->sender_on = true;
    m->sender_filled = 0;
    gate_sender_connected(m->gate, w->now);
}

void world_append_job(struct world *w, struct wire_machine *m) {
    size_t more = world_program(w, m->program + m->program_length, sizeof m->program - m->program_length);
    m->program_length += more;
    m->actor.length += more;
}

void world_disconnect(struct world *w, struct wire_machine *m) {
    if (!m->sender_on)
        return;
    m->sender_on = false;
    m->actor.gone = true;
    gate_sender_gone(m->gate, w->now);
    facts_on_sender(NULL, m, "hung up");
}

static void forget_answer(struct request *request) {
    request_free(request);
}

static void ask(struct world *w, const char *op, cJSON *args) {
    struct request *request = request_create(op, "panel", args, forget_answer, NULL);
    live_answer(&w->daemon, request);
}

void world_declare(struct world *w, struct wire_machine *m, const char *lot) {
    cJSON *args = cJSON_CreateObject(), *lots = cJSON_CreateArray(), *one = cJSON_CreateObject();
    json_add_text(one, "lot", lot);
    cJSON_AddItemToArray(lots, one);
    json_add_text(args, "machine", m->id);
    json_add_text(args, "operator", "OP1");
    json_add(args, "lots", lots);
    ask(w, "machine.declare", args);
}

void world_act(struct world *w, struct wire_machine *m, const char *op) {
    cJSON *args = cJSON_CreateObject();
    json_add_text(args, "machine", m->id);
    ask(w, op, args);
}
