// hook_board: a board around the real hook, and the host's half of the link, for the tests of the hook. The board's
// non-volatile memory loses power after a chosen number of written bytes; its nonces come from a counter; its clock is the
// test's. Everything that the hook writes and shows is kept.
#ifndef LOTGATE_TESTS_HOOK_BOARD_H
#define LOTGATE_TESTS_HOOK_BOARD_H

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "hook.h" // lg_hook
#include "link.h" // link_writer

#define BOARD_SAID_MAX 8192

struct board {
    struct lg_hook hook;
    struct lg_hook_port port;
    struct gcode_rules rules;
    uint8_t memory[LG_HOOK_STORE];
    uint32_t ms;
    uint64_t nonces; // given so far; kept over power cycles, as a counter in non-volatile memory is
    bool button, enabled, broken_memory;
    int bytes_until_cut; // of what is stored; < 0: power stays on
    jmp_buf *cut;        // where to go when it is cut
    char said[BOARD_SAID_MAX], screen[LINK_TEXT_MAX + 1];
    size_t said_length;
    int frames; // said
    // the host's half
    struct link_secret secret;
    char frame[LINK_FRAME_MAX + 4]; // the last one built, with its LF
    uint8_t frame_length;           // without its LF
};

static inline void board_write(void *context, const char *bytes, uint8_t length) {
    struct board *b = context;
    if (b->said_length + length >= sizeof b->said)
        b->said_length = 0;
    memcpy(b->said + b->said_length, bytes, length);
    b->said_length += length;
    b->said[b->said_length] = '\0';
    b->frames++;
}

static inline uint32_t board_millis(void *context) {
    return ((struct board *)context)->ms;
}

static inline void board_random(void *context, uint8_t bytes[LINK_NONCE]) {
    struct board *b = context;
    b->nonces++;
    for (int i = 0; i < LINK_NONCE; i++)
        bytes[i] = (uint8_t)(b->nonces >> (8 * i));
}

static inline void board_show(void *context, const char *text) {
    struct board *b = context;
    strncpy(b->screen, text, sizeof b->screen - 1);
}

static inline void board_load(void *context, uint8_t offset, uint8_t *bytes, uint8_t length) {
    memcpy(bytes, ((struct board *)context)->memory + offset, length);
}

static inline bool board_store(void *context, uint8_t offset, const uint8_t *bytes, uint8_t length) {
    struct board *b = context;
    for (uint8_t i = 0; i < length; i++) {
        if (b->broken_memory)
            return false;
        if (b->bytes_until_cut == 0)
            longjmp(*b->cut, 1);
        if (b->bytes_until_cut > 0)
            b->bytes_until_cut--;
        b->memory[offset + i] = bytes[i];
    }
    return true;
}

static inline bool board_button(void *context) {
    return ((struct board *)context)->button;
}

static inline void board_enable(void *context, bool on) {
    ((struct board *)context)->enabled = on;
}

// Power-up: all but the memory and what the host knows is new.
static inline void board_power(struct board *b) {
    b->said_length = 0;
    b->said[0] = '\0';
    b->frames = 0;
    b->bytes_until_cut = -1;
    b->enabled = false;
    memset(b->screen, 0, sizeof b->screen);
    memset(&b->hook, 0xA5, sizeof b->hook); // what lg_hook_init does not set must not matter
    lg_hook_init(&b->hook, &b->port, &b->rules);
}

static inline void board_new(struct board *b) {
    memset(b, 0, sizeof *b);
    memset(b->memory, 0xFF, sizeof b->memory);
    b->port = (struct lg_hook_port){
        .context = b,
        .write = board_write,
        .millis = board_millis,
        .random = board_random,
        .show = board_show,
        .load = board_load,
        .store = board_store,
        .pairing_button = board_button,
        .output_enable = board_enable,
        .serial_number = "TTS55-0042",
        .firmware = "test-1",
    };
    b->rules = (struct gcode_rules){.machine = GCODE_LASER, .focus_limit = 20};
    board_power(b);
}

// --- the host's half

// Forgets what was said, gives the line to the hook and returns its answer.
static inline enum lg_hook_answer board_line_of(struct board *b, enum link_source source, const char *line,
                                                size_t length) {
    b->said_length = 0;
    b->said[0] = '\0';
    // A copy of exactly the right size, so that a read past its end is found. It is freed the next time, for a power cut
    // comes back from the hook by another way.
    static char *exact;
    free(exact);
    exact = malloc(length + 1);
    memcpy(exact, line, length);
    return lg_hook_line(&b->hook, source, exact, length);
}

static inline enum lg_hook_answer board_line(struct board *b, enum link_source source, const char *line) {
    return board_line_of(b, source, line, strlen(line));
}

static inline void board_begin(struct board *b, struct link_writer *w, enum link_verb verb) {
    link_begin(w, b->frame, LINK_FROM_HOST, verb);
}

static inline void board_end(struct board *b, struct link_writer *w) {
    uint8_t length = link_end(w);
    b->frame_length = length ? (uint8_t)(length - 1) : 0;
}

// Says the frame that was built last.
static inline enum lg_hook_answer board_say(struct board *b) {
    return board_line_of(b, LINK_USB, b->frame, b->frame_length);
}

// The last frame that the hook said; false when it said none.
static inline bool board_heard(struct board *b, struct link_frame *frame) {
    size_t end = b->said_length, at;
    if (end < 2)
        return false;
    end -= 2; // CR LF
    for (at = end; at > 0 && b->said[at - 1] != '\n';)
        at--;
    return link_read(LINK_FROM_HOOK, b->said + at, end - at, frame);
}

static inline void board_key(struct board *b, uint8_t seed) {
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        b->secret.key[i] = (uint8_t)(seed + 17 * i);
}

static inline void board_pair_frame(struct board *b) {
    struct link_writer w;
    board_begin(b, &w, LINK_PAIR);
    link_put_hex(&w, "k", b->secret.key, SIPHASH_KEY);
    board_end(b, &w);
}

// A new nonce pair; false when the hook does not answer.
static inline bool board_hello(struct board *b) {
    struct link_writer w;
    struct link_frame frame;
    b->secret.host_nonce[0]++;
    board_begin(b, &w, LINK_HELLO);
    link_put_number(&w, "v", LINK_VERSION);
    link_put_hex(&w, "n", b->secret.host_nonce, LINK_NONCE);
    board_end(b, &w);
    board_say(b);
    return board_heard(b, &frame) && frame.verb == LINK_HELLO &&
           link_get_hex(&frame, "n", b->secret.hook_nonce, LINK_NONCE);
}

static inline void board_open_frame(struct board *b, const char *job, uint16_t seconds) {
    struct link_writer w;
    board_begin(b, &w, LINK_OPEN);
    link_put_text(&w, "j", job, 0);
    link_put_text(&w, "l", "ACR-1126-001", LINK_LOT_MAX);
    link_put_number(&w, "t", seconds);
    link_put_mac(&w, &b->secret);
    board_end(b, &w);
}

static inline void board_close_frame(struct board *b, const char *job) {
    struct link_writer w;
    board_begin(b, &w, LINK_CLOSE);
    link_put_text(&w, "j", job, 0);
    link_put_mac(&w, &b->secret);
    board_end(b, &w);
}

static inline void board_ping_frame(struct board *b, uint16_t counter) {
    struct link_writer w;
    board_begin(b, &w, LINK_PING);
    link_put_number(&w, "c", counter);
    link_put_mac(&w, &b->secret);
    board_end(b, &w);
}

// Says the frame that was built last, and reads what was answered: LINK_OK or an error; -1 for no answer, or one that is not to
// the same verb.
static inline int board_result(struct board *b) {
    struct link_frame asked, frame;
    uint16_t ok;
    uint8_t error;
    if (!link_read(LINK_FROM_HOST, b->frame, b->frame_length, &asked) || board_say(b) != LG_HOOK_CONSUMED ||
        !board_heard(b, &frame) || frame.verb != asked.verb)
        return -1;
    if (link_get_number(&frame, "ok", &ok))
        return ok == 1 ? LINK_OK : -1;
    return link_get_word(&frame, "err", LINK_ERROR_WORD, LINK_ERRORS, &error) ? error : -1;
}

static inline int board_pair(struct board *b, uint8_t seed) {
    board_key(b, seed);
    board_pair_frame(b);
    return board_result(b);
}

static inline int board_open(struct board *b, const char *job, uint16_t seconds) {
    board_open_frame(b, job, seconds);
    return board_result(b);
}

static inline int board_close(struct board *b, const char *job) {
    board_close_frame(b, job);
    return board_result(b);
}

// True when the PONG is right; its state is the hook's.
static inline bool board_ping(struct board *b, uint16_t counter) {
    struct link_frame frame;
    uint8_t state;
    uint16_t echoed;
    board_ping_frame(b, counter);
    board_say(b);
    return board_heard(b, &frame) && frame.verb == LINK_PONG && link_get_number(&frame, "c", &echoed) &&
           echoed == counter && link_mac_right(&frame, LINK_FROM_HOOK, &b->secret) &&
           link_get_word(&frame, "st", LINK_STATE_WORD, LINK_STATES, &state) &&
           state == lg_hook_state(&b->hook);
}

// True when the hook's last words were that event.
static inline bool board_told(struct board *b, enum link_event event, enum link_source source) {
    struct link_frame frame;
    uint8_t e, src;
    return board_heard(b, &frame) && frame.verb == LINK_EVENT &&
           link_get_word(&frame, "e", LINK_EVENT_WORD, LINK_EVENTS, &e) && e == event &&
           link_get_word(&frame, "src", LINK_SOURCE_WORD, LINK_SOURCES, &src) && src == source;
}

// Lets time pass in steps of a tick.
static inline void board_wait(struct board *b, uint32_t ms) {
    for (; ms > 100; ms -= 100) {
        b->ms += 100;
        lg_hook_tick(&b->hook);
    }
    b->ms += ms;
    lg_hook_tick(&b->hook);
}

// Paired, with a nonce pair.
static inline void board_ready(struct board *b) {
    board_new(b);
    board_pair(b, 1);
    board_hello(b);
}

#endif
