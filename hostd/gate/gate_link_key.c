// gate_link_key.c: the keys of the hook: which of the two it holds, and giving it a new one.

#include "gate_internal.h"

#include <sodium/utils.h> // sodium_memzero
#include <string.h>

static void drop_key(struct gate_link *l, uint8_t slot) {
    l->has_key[slot] = false;
    sodium_memzero(l->secret[slot].key, SIPHASH_KEY);
}

// --- which key it holds

void gate_link_key_wrong(struct gate *g) {
    struct gate_link *l = &g->link;
    uint8_t other = (uint8_t)(1 - l->trying);
    l->wrong |= (uint8_t)(1u << l->trying);
    l->ask_plainly = false;
    gate_link_again(g, LINK_WAIT_US); // it is deaf for a while
    if (l->has_key[other] && !(l->wrong >> other & 1)) {
        l->trying = other;
        return;
    }
    l->wrong = 0;
    l->other_key = true;
    if (l->has_key[other])
        l->trying = other;
    if (!l->pairing)
        l->next_us = g->now + LINK_PROVE_US;
}

void gate_link_proved(struct gate *g, uint8_t slot) {
    struct gate_link *l = &g->link;
    struct gate_fact fact = {.type = GATE_FACT_HOOK_KEY, .state = g->state, .previous = g->state, .text = ""};
    bool first = l->proven == LINK_SLOT_NONE;
    l->proven = (int8_t)slot;
    l->wrong = 0;
    l->ask_plainly = false;
    l->trying = slot;
    l->other_key = l->not_opened = false;
    if (!first || (l->pairing && slot == 0))
        return;
    fact.number = slot;
    if (slot == 1) {
        l->secret[0] = l->secret[1];
        l->has_key[0] = true;
        l->proven = 0;
        l->trying = 0;
    }
    drop_key(l, 1);
    gate_fact_send(g, &fact);
    if (l->pairing)
        gate_link_paired(g, true, "");
}

// --- pairing

void gate_link_paired(struct gate *g, bool done, const char *why) {
    struct gate_link *l = &g->link;
    struct gate_fact fact = {
        .type = GATE_FACT_HOOK_PAIRED, .state = g->state, .previous = g->state, .text = why};
    l->pairing = l->pair_sent = false;
    fact.number = done;
    gate_fact_send(g, &fact);
}

bool gate_hook_may_pair(const struct gate *g, const char **code) {
    *code = "";
    if (!g->machine_open)
        *code = "machine_offline";
    else if (g->link.presence != GATE_HOOK_PRESENT || !g->link.version_ok)
        *code = "no_hook";
    else if (g->job.open || g->start_pending)
        *code = "job_running";
    else if (g->link.pairing)
        *code = "pairing";
    return !**code;
}

bool gate_hook_pair(struct gate *g, int64_t now, const uint8_t key[SIPHASH_KEY], const char **code) {
    struct gate_link *l = &g->link;
    gate_enter(g, now);
    if (!gate_hook_may_pair(g, code))
        return false;
    memcpy(l->secret[1].key, key, SIPHASH_KEY);
    l->has_key[1] = true;
    l->trying = 1;
    l->wrong = 0;
    l->ask_plainly = false;
    l->pairing = true;
    l->pair_sent = l->other_key = false;
    l->pair_by = g->now + LINK_PAIR_US;
    gate_link_again(g, 0);
    gate_settle(g);
    return true;
}
