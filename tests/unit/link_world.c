// link_world.c: see link_world.h.
#include "link_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTE 0x5A

static void give_up(const char *why, const char *text) {
    fprintf(stderr, "%s: %s\n", why, text);
    abort();
}

const char link_world_cut[] = "G21\nG90\nM4 S500\nG1 X10 F1000\nG1 X0 S300\nM5\nM2\n";

struct link_world *link_world_new(void) {
    struct link_world *w = calloc(1, sizeof *w);
    if (!w)
        give_up("no memory", "for a world");
    return w;
}

void link_world_drop(struct link_world *w) {
    link_world_free(w);
    free(w);
}

const char *link_world_text(struct link_world *w) {
    static struct gate_view view;
    gate_view(w->gate, &view);
    return view.text;
}

// --- the line

static bool spoils(struct link_world *w, enum link_side from, const char *line) {
    if (!w->verb || !w->times || w->from != from ||
        strncmp(line, from == LINK_FROM_HOST ? "$LG " : "[LG:", 4) != 0 ||
        strncmp(line + 4, w->verb, strlen(w->verb)) != 0)
        return false;
    w->times--;
    return true;
}

// One line with its end, on its way; spoilt, it goes as often and as whole as the mishap says.
static void pass(struct link_world *w, enum link_side from, const char *line, size_t length,
                 void (*on)(struct link_world *, const char *, size_t)) {
    char copy[GATE_REPLY_MAX + GATE_LINE_MAX];
    if (!spoils(w, from, line)) {
        on(w, line, length);
        return;
    }
    memcpy(copy, line, length);
    copy[6] ^= 1; // in the verb, and no realtime byte
    if (w->mishap == DOUBLE)
        on(w, line, length);
    if (w->mishap == CUT)
        length /= 2;
    if (w->mishap != LOSE)
        on(w, w->mishap == GARBLE ? copy : line, length);
}

static void keep(char *all, size_t *used, const void *bytes, size_t length) {
    if (*used + length >= LINK_WORLD_BYTES)
        give_up("too much", "for the test's memory");
    memcpy(all + *used, bytes, length);
    *used += length;
    all[*used] = '\0';
}

static void into_machine(struct link_world *w, const char *line, size_t length) {
    if (w->plugged && sim_write(w->sim, line, length, w->now) != (ssize_t)length)
        give_up("the machine takes no more", line);
}

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct link_world *w = context;
    char text[GATE_LINE_MAX];
    keep(w->to_machine, &w->machine_length, bytes, length);
    while (length) { // the gate writes whole lines, or one realtime byte
        const uint8_t *end = memchr(bytes, '\n', length);
        size_t n = end ? (size_t)(end - bytes) + 1 : length;
        memcpy(text, bytes, n);
        text[n] = '\0';
        bool frame = strncmp(text, "$LG ", 4) == 0;
        if (frame && w->outstanding)
            give_up("a frame went out while a line was unanswered", w->to_machine);
        w->outstanding += end && !frame && !w->open_frame;
        int left = w->times;
        pass(w, LINK_FROM_HOST, text, n, into_machine);
        w->open_frame = w->times != left ? w->mishap == CUT : w->open_frame && !end;
        bytes += n;
        length -= n;
    }
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {
    struct link_world *w = context;
    keep(w->to_sender, &w->sender_length, bytes, length);
    if (strstr(w->to_sender, "[LG:"))
        give_up("the sender saw a frame", strstr(w->to_sender, "[LG:"));
}

static void into_gate(struct link_world *w, const char *line, size_t length) {
    gate_from_machine(w->gate, (const uint8_t *)line, length, w->now);
}

static void machine_says(struct link_world *w, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        w->line[w->line_length++] = (char)bytes[i];
        if (bytes[i] != '\n' && w->line_length < sizeof w->line - 1)
            continue;
        w->line[w->line_length] = '\0';
        bool answer = strncmp(w->line, "ok", 2) == 0 || strncmp(w->line, "error:", 6) == 0;
        w->outstanding -= answer && w->outstanding && !strstr(w->line, "SD file");
        if (strncmp(w->line, "Grbl ", 5) == 0)
            w->outstanding = 0;
        size_t whole = w->line_length;
        w->line_length = 0;
        pass(w, LINK_FROM_HOOK, w->line, whole, into_gate);
    }
}

// --- the host

static void on_fact(void *context, const struct gate_fact *f) {
    struct link_world *w = context;
    w->facts[f->type]++;
    w->number[f->type] = f->number;
    snprintf(w->text[f->type], GATE_TEXT_MAX, "%s", f->text ? f->text : "");
    snprintf(w->options, sizeof w->options, "%s", f->options ? f->options : "");
    w->start_wanted |= f->type == GATE_FACT_START_WANTED;
    w->seen |= f->type == GATE_FACT_HOOK_SEEN;
    if (f->type != GATE_FACT_ENDED || f->job->dry_run)
        return;
    if (!w->committed)
        give_up("a job ended twice, or without a start", f->text);
    w->committed = false;
    w->end = f->job->end;
}

static void host(struct link_world *w) {
    char job[LINK_JOB_MAX + 1];
    if (w->seen && w->auto_serial) {
        w->seen = false;
        gate_hook_confirmed(w->gate, w->now);
    }
    if (!w->start_wanted || !w->auto_start)
        return;
    w->start_wanted = false;
    w->committed = true;
    snprintf(job, sizeof job, "JOB-%06u", ++w->job);
    gate_hook_job(w->gate, job, "ACR-1126-001");
    gate_start_committed(w->gate, w->now);
}

static void on_line(void *context, const struct sim_line *line) {
    struct link_world *w = context;
    // The machine may go on with a job of its own after its host has gone.
    if (line->work && line->result == 0 && !w->committed && line->source == SIM_FROM_HOST)
        give_up("work was executed with no start committed", "");
}

static void on_store(void *context, const uint8_t store[SIM_HOOK_STORE]) {
    struct link_world *w = context;
    memcpy(w->store, store, SIM_HOOK_STORE);
}

static void on_screen(void *context, const char *text) {
    struct link_world *w = context;
    snprintf(w->screen, sizeof w->screen, "%s", text);
}

// --- making

// Pairs the machine by a frame of the test's own, as it stands on the bench before it is delivered.
static void pair_on_the_bench(struct link_world *w, const uint8_t key[SIPHASH_KEY]) {
    char frame[LINK_FRAME_MAX + 3];
    uint8_t drop[256];
    struct link_writer writer;
    link_begin(&writer, frame, LINK_FROM_HOST, LINK_PAIR);
    link_put_hex(&writer, "k", key, SIPHASH_KEY);
    size_t length = link_end(&writer);
    sim_write(w->sim, frame, length, w->now);
    w->now += SECOND;
    while (sim_read(w->sim, drop, sizeof drop, w->now) > 0) {
    }
}

void link_world_begin(struct link_world *w) {
    memset(w, 0, sizeof *w);
    w->now = SECOND;
    w->auto_start = w->auto_serial = w->plugged = true;
    gate_config_default(&w->config);
    snprintf(w->config.name, sizeof w->config.name, "laser1");
    w->config.expect_identity = false;
    w->config.flavour = GRBL_MKS;
    w->config.hook = GATE_HOOK_EXPECTED;
    w->config.hook_life_s = 30;
    w->config.has_key[0] = true;
    memset(w->config.key[0], KEY_BYTE, SIPHASH_KEY);
    memset(w->config.nonce_seed, 7, sizeof w->config.nonce_seed);
    sim_config_default(&w->machine, SIM_LASER, GRBL_MKS);
    snprintf(w->machine.serial, sizeof w->machine.serial, "SN-1");
    w->machine.hook = true;
    w->machine.hook_seed = 1;
    w->machine.rx_buffer = 128;
}

void link_world_make(struct link_world *w) {
    w->machine.on_line = on_line;
    w->machine.on_store = on_store;
    w->machine.on_screen = on_screen;
    w->machine.context = w;
    w->sim = sim_create(&w->machine);
    if (w->config.has_key[0] && w->machine.hook)
        pair_on_the_bench(w, w->config.key[0]);
    w->gate = gate_create(&w->config, &(struct gate_output){w, to_machine, to_sender, on_fact});
    gate_machine_opened(w->gate, w->now);
    gate_sender_connected(w->gate, w->now);
    host(w);
}

void link_world_free(struct link_world *w) {
    gate_free(w->gate);
    sim_free(w->sim);
}

void link_world_settled(struct link_world *w) {
    link_world_begin(w);
    link_world_make(w);
    link_world_run(w, 10 * SECOND);
    w->sender_length = w->machine_length = 0;
    w->to_sender[0] = w->to_machine[0] = '\0';
}

void link_world_restart(struct link_world *w) {
    gate_free(w->gate);
    w->outstanding = 0;
    w->committed = w->start_wanted = w->seen = false;
    w->config.nonce_seed[0]++;
    w->gate = gate_create(&w->config, &(struct gate_output){w, to_machine, to_sender, on_fact});
    gate_machine_opened(w->gate, w->now);
    host(w);
}

void link_world_rekey(struct link_world *w, const uint8_t key[SIPHASH_KEY]) {
    gate_machine_lost(w->gate, w->now, "unplugged");
    host(w);
    sim_hook_button(w->sim, true);
    pair_on_the_bench(w, key);
    sim_hook_button(w->sim, false);
    w->outstanding = 0;
    gate_machine_opened(w->gate, w->now);
    host(w);
}

// --- time

static void step(struct link_world *w, int64_t until) {
    uint8_t bytes[256];
    int64_t gate = gate_deadline(w->gate), sim = sim_deadline(w->sim, w->now), next = until;
    next = gate < next ? gate : next;
    next = sim < next ? sim : next;
    w->now = next > w->now ? next : w->now + 50;
    for (ssize_t n; (n = sim_read(w->sim, bytes, sizeof bytes, w->now)) > 0;)
        if (w->plugged)
            machine_says(w, bytes, (size_t)n);
    host(w);
    if (gate_deadline(w->gate) <= w->now)
        gate_tick(w->gate, w->now);
    host(w);
}

void link_world_run(struct link_world *w, int64_t us) {
    for (int64_t until = w->now + us; w->now < until;)
        step(w, until);
}

bool link_world_until(struct link_world *w, enum gate_state state, int64_t us) {
    for (int64_t until = w->now + us; w->now < until && link_world_state(w) != state;)
        step(w, until);
    return link_world_state(w) == state;
}

void link_world_send(struct link_world *w, const char *text) {
    gate_from_sender(w->gate, (const uint8_t *)text, strlen(text), w->now);
    host(w);
}

void link_world_declare(struct link_world *w) {
    const char *code;
    gate_set_declaration_text(w->gate, "ACR-1126-001");
    gate_declared(w->gate, w->now, &code);
    host(w);
}

void link_world_spoil(struct link_world *w, enum link_side from, const char *verb, enum mishap mishap,
                      int times) {
    w->from = from;
    w->verb = verb;
    w->mishap = mishap;
    w->times = times;
}

// --- looking

enum gate_state link_world_state(struct link_world *w) {
    struct gate_view view;
    gate_view(w->gate, &view);
    return view.state;
}

struct gate_hook_view link_world_hook(struct link_world *w) {
    struct gate_view view;
    gate_view(w->gate, &view);
    return view.hook;
}

enum link_state link_world_truth(struct link_world *w) {
    struct sim_hook_view view;
    sim_hook_look(w->sim, &view);
    return view.state;
}

uint64_t link_world_denied(struct link_world *w) {
    struct sim_view view;
    sim_view(w->sim, &view, w->now);
    return view.denied;
}

size_t link_world_count(const char *in, const char *what) {
    size_t count = 0;
    for (const char *p = in; (p = strstr(p, what)) != NULL; p += strlen(what))
        count++;
    return count;
}

void link_world_shut_for(struct link_world *w, int64_t us) {
    link_world_send(w, "M4 S500\n");
    link_world_run(w, SECOND);
    link_world_declare(w);
    gate_ledger_failed(w->gate, w->now,
                       "the disk is full"); // the start is durable: the hook opens all the same
    link_world_run(w, us);
}
