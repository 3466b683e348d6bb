// gate_link_frames.c: the frames between the gate and the hook, out and in.
//
// A frame goes out as a line of lotgate's own: only when nothing is outstanding, and the sender's lines wait until it is
// answered. The hook answers with a frame and without `ok`. Frames of the hook never reach the sender.

#include "gate_internal.h"

#include "siphash.h" // nonces

#include <sodium/utils.h> // sodium_memzero
#include <string.h>

// --- out

// Nonces never repeat: SipHash of a counter, with a seed that is another one for each gate.
static void make_nonce(struct gate *g, uint8_t out[LINK_NONCE]) {
    struct siphash state;
    uint8_t count[8], hash[SIPHASH_OUT];
    for (int i = 0; i < 8; i++)
        count[i] = (uint8_t)(g->link.nonces >> (8 * i));
    g->link.nonces++;
    siphash_start(&state, g->config.nonce_seed);
    siphash_add(&state, count, sizeof count);
    siphash_end(&state, hash);
    memcpy(out, hash, LINK_NONCE);
}

static void begin(struct gate *g, struct link_writer *w, size_t at, enum link_verb verb) {
    link_begin(w, g->link.frame + at, LINK_FROM_HOST, verb);
}

static size_t hello(struct gate *g) {
    struct gate_link *l = &g->link;
    struct link_writer w;
    make_nonce(g, l->secret[0].host_nonce);
    memcpy(l->secret[1].host_nonce, l->secret[0].host_nonce, LINK_NONCE);
    begin(g, &w, 0, LINK_HELLO);
    link_put_number(&w, "v", LINK_VERSION);
    link_put_hex(&w, "n", l->secret[0].host_nonce, LINK_NONCE);
    return link_end(&w);
}

static size_t pair(struct gate *g) {
    struct link_writer w;
    begin(g, &w, 0, LINK_PAIR);
    link_put_hex(&w, "k", g->link.secret[1].key, SIPHASH_KEY);
    return link_end(&w);
}

static size_t open_job(struct gate *g) {
    struct gate_link *l = &g->link;
    struct link_writer w;
    for (bool with_lot = true;; with_lot = false) {
        begin(g, &w, 0, LINK_OPEN);
        link_put_text(&w, "j", l->own_job, 0);
        link_put_text(&w, "l", with_lot ? l->lot : "", 0);
        link_put_number(&w, "t", g->config.hook_life_s);
        link_put_mac(&w, &l->secret[l->proven]);
        size_t length = link_end(&w);
        if (length || !with_lot)
            return length; // the lot is for the screen: a job opens without it
    }
}

static size_t close_with(struct gate *g, const char *job, uint8_t slot) {
    struct link_writer w;
    begin(g, &w, 0, LINK_CLOSE);
    link_put_text(&w, "j", job, 0);
    link_put_mac(&w, &g->link.secret[slot]);
    return link_end(&w);
}

static size_t close_job(struct gate *g) {
    return close_with(g, g->link.job, (uint8_t)g->link.proven);
}

static size_t ping_at(struct gate *g, size_t at, uint8_t slot) {
    struct link_writer w;
    begin(g, &w, at, LINK_PING);
    link_put_number(&w, "c", ++g->link.counter);
    link_put_mac(&w, &g->link.secret[slot]);
    return link_end(&w);
}

static size_t ping(struct gate *g) {
    return ping_at(g, 0, (uint8_t)g->link.proven);
}

static uint8_t slot_to_try(struct gate *g) {
    struct gate_link *l = &g->link;
    if (!l->has_key[l->trying])
        l->trying = (uint8_t)(1 - l->trying);
    return l->trying;
}

static size_t prove(struct gate *g) {
    return ping_at(g, 0, slot_to_try(g));
}

static size_t try_key(struct gate *g) {
    return close_with(g, LINK_NO_JOB, slot_to_try(g));
}

// Nothing answers a SHOW, so a PING follows it: when that is answered, both are out of the machine's buffer.
static size_t show(struct gate *g) {
    struct gate_link *l = &g->link;
    struct link_writer w;
    char room[LINK_TEXT_MAX + 1], text[LINK_TEXT_MAX + 1];
    gate_text_set(text, sizeof text, gate_link_wanted_text(g, room));
    gate_text_set(l->shown, sizeof l->shown, text);
    for (size_t limit = strlen(text);; limit--) {
        begin(g, &w, 0, LINK_SHOW);
        text[limit] = '\0';
        link_put_text(&w, "d", text, 0);
        size_t length = link_end(&w);
        if (length && length <= LINK_SHOW_MAX)
            return length + ping_at(g, length, (uint8_t)l->proven);
    }
}

bool gate_link_write(struct gate *g, enum link_ask what) {
    static size_t (*const writers[])(struct gate *) = {
        [ASK_HELLO] = hello,   [ASK_PROVE] = prove,     [ASK_TRY] = try_key, [ASK_PAIR] = pair,
        [ASK_OPEN] = open_job, [ASK_CLOSE] = close_job, [ASK_PING] = ping,   [ASK_SHOW] = show,
    };
    size_t length = writers[what](g);
    if (length == 0)
        return false;
    bool sent = gate_line_send_frame(g, g->link.frame, length);
    if (what == ASK_PAIR)
        sodium_memzero(g->link.frame, sizeof g->link.frame);
    return sent;
}

// --- in

// The frame that was waited for: its line is answered.
static void answered(struct gate *g, enum link_ask a, enum link_ask b) {
    struct gate_link *l = &g->link;
    if (l->asked != a && l->asked != b)
        return;
    l->asked = ASK_NONE;
    l->refusals = 0;
    if (a != ASK_HELLO || !(l->has_key[0] || l->has_key[1])) // a HELLO proves nothing
        l->misses = 0;
    l->next_us = g->now;
    gate_line_frame_answered(g);
}

static enum link_state state_in(const struct link_frame *f, enum link_state otherwise) {
    uint8_t state;
    return link_get_word(f, "st", LINK_STATE_WORD, LINK_STATES, &state) ? (enum link_state)state : otherwise;
}

void gate_link_tell_blocked(struct gate *g, const char *source) {
    struct gate_fact fact = {
        .type = GATE_FACT_HOOK_BLOCKED, .state = g->state, .previous = g->state, .text = source};
    fact.number = (uint16_t)g->link.blocked;
    gate_fact_send(g, &fact);
}

// What the hook blocked while its EVENT was lost, or nobody listened. It counts anew when its machine was switched off.
static void count_blocked(struct gate *g, uint32_t blocked, bool first) {
    struct gate_link *l = &g->link;
    bool news = blocked && (first || blocked != l->blocked);
    l->blocked = blocked;
    if (news)
        gate_link_tell_blocked(g, "");
}

static void tell_seen(struct gate *g) {
    struct gate_fact fact = {.type = GATE_FACT_HOOK_SEEN, .state = g->state, .previous = g->state};
    fact.text = g->link.serial;
    fact.options = g->link.firmware;
    gate_fact_send(g, &fact);
}

static void on_hello(struct gate *g, const struct link_frame *f) {
    struct gate_link *l = &g->link;
    char serial[LINK_SN_MAX + 1] = "", job[LINK_JOB_MAX + 1] = "", firmware[GATE_NAME_MAX] = "";
    uint16_t version = 0, blocked = 0;
    l->twice = l->asked != ASK_HELLO;
    answered(g, ASK_HELLO, ASK_HELLO);
    if (!link_get_hex(f, "n", l->secret[0].hook_nonce, LINK_NONCE) || !link_get_number(f, "v", &version))
        return;
    memcpy(l->secret[1].hook_nonce, l->secret[0].hook_nonce, LINK_NONCE);
    bool unheard = l->presence != GATE_HOOK_PRESENT || !l->serial[0];
    l->presence = GATE_HOOK_PRESENT;
    l->fresh = true;
    l->used = false;
    l->proven = LINK_SLOT_NONE;
    l->counter = 0;
    l->version_ok = version == LINK_VERSION;
    l->state = state_in(f, LINK_LOCKED);
    link_get_text(f, "j", job, sizeof job);
    gate_text_set(l->job, sizeof l->job, job);
    link_get_text(f, "sn", serial, sizeof serial);
    if (link_get_text(f, "fw", firmware, sizeof firmware))
        gate_text_set(l->firmware, sizeof l->firmware, firmware);
    bool other = strcmp(serial, l->serial) != 0;
    gate_text_set(l->serial, sizeof l->serial, serial);
    if (unheard || other) {
        l->serial_ok = false;
        tell_seen(g);
    }
    if (link_get_number(f, "b", &blocked))
        count_blocked(g, blocked, unheard || other);
    gate_link_local_told(g);
}

static uint8_t error_in(const struct link_frame *f) {
    uint16_t ok;
    uint8_t word;
    if (link_get_number(f, "ok", &ok) && ok == 1)
        return LINK_OK;
    return link_get_word(f, "err", LINK_ERROR_WORD, LINK_ERRORS, &word) ? word : LINK_ERRORS;
}

static void on_pair(struct gate *g, const struct link_frame *f) {
    static const char *const why[LINK_ERRORS] = {
        [LINK_ERR_PAIRED] =
            "the machine's hook is paired: hold its pairing button while you run the command again",
        [LINK_ERR_STORE] = "the machine's hook could not store its key: its memory is full or worn out",
    };
    uint8_t error = error_in(f);
    if (g->link.asked != ASK_PAIR)
        return; // said twice
    answered(g, ASK_PAIR, ASK_PAIR);
    gate_link_again(g, 0);
    if (error == LINK_OK || !g->link.pairing)
        return; // it counts when it is proved
    bool told = error < LINK_ERRORS && why[error];
    gate_link_paired(g, false, told ? why[error] : "the machine's hook did not take the key");
}

static bool names_job(const struct link_frame *f, const char *job) {
    char named[LINK_JOB_MAX + 1];
    return link_get_text(f, "j", named, sizeof named) && strcmp(named, job) == 0;
}

static void on_open(struct gate *g, const struct link_frame *f) {
    struct gate_link *l = &g->link;
    answered(g, ASK_OPEN, ASK_OPEN);
    if (!names_job(f, l->own_job))
        return;
    uint8_t error = error_in(f);
    if (error != LINK_OK) {
        gate_link_again(g, error == LINK_ERR_NONCE ? 0 : LINK_WAIT_US);
        return;
    }
    if (!l->opening)
        return; // said twice
    if (l->state != LINK_RUNNING || strcmp(l->job, l->own_job) != 0)
        l->state = LINK_OPENED;
    gate_text_set(l->job, sizeof l->job, l->own_job);
    l->shown[0] = '\0'; // the hook shows the job
    gate_link_opened(g);
}

// The key that is tried is the hook's, or it is not; an `ok` alone is no proof: a PING follows.
static void on_try(struct gate *g, uint8_t error) {
    answered(g, ASK_TRY, ASK_TRY);
    if (error == LINK_ERR_MAC && !g->link.twice)
        gate_link_key_wrong(g);
    else if (error == LINK_OK)
        g->link.ask_plainly = false;
    else
        gate_link_again(g, LINK_WAIT_US);
}

static void on_close(struct gate *g, const struct link_frame *f) {
    struct gate_link *l = &g->link;
    if (names_job(f, LINK_NO_JOB)) {
        if (l->asked == ASK_TRY)
            on_try(g, error_in(f));
        return;
    }
    answered(g, ASK_CLOSE, ASK_CLOSE);
    if (error_in(f) != LINK_OK) {
        gate_link_again(g, LINK_WAIT_US);
        return;
    }
    if (names_job(f, l->job) && !g->job.open) {
        l->state = LINK_LOCKED;
        l->job[0] = l->shown[0] = '\0';
    }
}

static void on_pong(struct gate *g, const struct link_frame *f) {
    struct gate_link *l = &g->link;
    uint16_t counter;
    uint8_t slot = l->proven == LINK_SLOT_NONE ? l->trying : (uint8_t)l->proven;
    if (!link_get_number(f, "c", &counter) || counter != l->counter ||
        !link_mac_right(f, LINK_FROM_HOOK, &l->secret[slot]))
        return;
    answered(g, ASK_PROVE, l->asked == ASK_SHOW ? ASK_SHOW : ASK_PING);
    l->state = state_in(f, l->state);
    l->ping_us = g->now + g->config.hook_life_s * SECOND_US / 3;
    gate_link_proved(g, slot);
    gate_link_local_told(g);
}

static void on_scan(struct gate *g, const struct link_frame *f) {
    char code[LINK_FRAME_MAX], plain[LINK_FRAME_MAX];
    uint16_t cut = 0;
    struct gate_fact fact = {.type = GATE_FACT_SCAN, .state = g->state, .previous = g->state, .text = plain};
    if (!link_get_text(f, "d", code, sizeof code))
        return;
    link_get_number(f, "cut", &cut);
    gate_text_set(plain, sizeof plain, code);
    fact.options = cut ? "cut" : "";
    gate_fact_send(g, &fact);
}

static void on_event(struct gate *g, const struct link_frame *f) {
    char job[LINK_JOB_MAX + 1] = "";
    uint8_t event, source;
    if (!link_get_word(f, "e", LINK_EVENT_WORD, LINK_EVENTS, &event) ||
        !link_get_word(f, "src", LINK_SOURCE_WORD, LINK_SOURCES, &source))
        return;
    link_get_text(f, "j", job, sizeof job);
    gate_link_local_event(g, (enum link_event)event, (enum link_source)source, job);
}

void gate_link_heard(struct gate *g, const uint8_t *line, size_t length) {
    static void (*const verbs[LINK_VERBS])(struct gate *, const struct link_frame *) = {
        [LINK_HELLO] = on_hello, [LINK_PAIR] = on_pair, [LINK_OPEN] = on_open,   [LINK_CLOSE] = on_close,
        [LINK_PONG] = on_pong,   [LINK_SCAN] = on_scan, [LINK_EVENT] = on_event,
    };
    struct link_frame frame;
    if (link_read(LINK_FROM_HOOK, (const char *)line, length, &frame) && verbs[frame.verb])
        verbs[frame.verb](g, &frame);
}

// --- a sender's own frames

// `$LG` as a firmware could read it: blanks and case count for nothing.
bool gate_link_is_own_line(const struct line *line) {
    static const char opening[] = "$LG";
    size_t matched = 0;
    for (size_t i = 0; i < line->length && matched < 3; i++) {
        uint8_t byte = line->text[i];
        if (byte <= ' ')
            continue;
        if ((byte >= 'a' && byte <= 'z' ? byte - 32 : byte) != opening[matched])
            return false;
        matched++;
    }
    return matched == 3;
}
