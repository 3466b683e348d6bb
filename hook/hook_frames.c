// hook_frames.c: what the host says, and what the hook says to it.

#include "hook_inside.h" // lg_hook_frame

// Out of line, so that each stands once in the flash.
#define ONCE __attribute__((noinline))

#define CRC_DIGITS 4

static ONCE void begin(struct lg_hook *hook, struct link_writer *w, enum link_verb verb) {
    link_begin(w, hook->scratch.frame, LINK_FROM_HOOK, verb);
}

static ONCE void send(struct lg_hook *hook, struct link_writer *w) {
    uint8_t length = link_end(w);
    if (length)
        hook->port->write(hook->port->context, hook->scratch.frame, length);
}

static void put_state(struct lg_hook *hook, struct link_writer *w) {
    link_put_word(w, "st", (uint8_t)(LINK_STATE_WORD + hook->state));
}

static void put_job(struct lg_hook *hook, struct link_writer *w) {
    if (hook->state >= LINK_OPENED)
        link_put_text(w, "j", hook->job, 0);
}

void lg_hook_event(struct lg_hook *hook, enum link_event event, uint8_t source) {
    struct link_writer w;
    lg_hook_take_scratch(hook);
    begin(hook, &w, LINK_EVENT);
    link_put_word(&w, "e", (uint8_t)(LINK_EVENT_WORD + event));
    link_put_word(&w, "src", (uint8_t)(LINK_SOURCE_WORD + source));
    put_job(hook, &w);
    send(hook, &w);
}

void lg_hook_scan(struct lg_hook *hook, const char *code, uint8_t length) {
    struct link_writer w;
    lg_hook_take_scratch(hook);
    begin(hook, &w, LINK_SCAN);
    link_put_text(&w, "d", length ? code : "", length);
    if (link_full(&w) || length > LINK_TEXT_MAX) {
        begin(hook, &w, LINK_SCAN);
        link_put_text(&w, "d", "", 0);
        link_put_number(&w, "cut", 1);
    }
    send(hook, &w);
}

static void answer(struct lg_hook *hook, enum link_verb verb, const char *job, enum link_error error) {
    struct link_writer w;
    begin(hook, &w, verb);
    if (*job)
        link_put_text(&w, "j", job, 0);
    if (error == LINK_OK)
        link_put_number(&w, "ok", 1);
    else
        link_put_word(&w, "err", (uint8_t)(LINK_ERROR_WORD + error));
    send(hook, &w);
}

static void on_hello(struct lg_hook *hook, const struct link_frame *frame) {
    const struct lg_hook_port *port = hook->port;
    struct link_writer w;
    hook->flags &= (uint8_t) ~(HAVE_NONCES | PAIR_USED);
    if (!link_get_hex(frame, "n", hook->secret.host_nonce, LINK_NONCE))
        return;
    port->random(port->context, hook->secret.hook_nonce);
    hook->flags |= HAVE_NONCES;
    hook->counter = 0;
    begin(hook, &w, LINK_HELLO);
    link_put_number(&w, "v", LINK_VERSION);
    put_state(hook, &w);
    link_put_hex(&w, "n", hook->secret.hook_nonce, LINK_NONCE);
    link_put_number(&w, "b", hook->blocked);
    link_put_text(&w, "sn", port->serial_number, LINK_SN_MAX);
    put_job(hook, &w);
    struct link_writer without = w;
    link_put_text(&w, "fw", port->firmware, 0);
    send(hook, link_full(&w) ? &without : &w);
}

static enum link_error pair(struct lg_hook *hook, const struct link_frame *frame) {
    const struct lg_hook_port *port = hook->port;
    if (hook->state != LINK_UNPAIRED && !(port->pairing_button && port->pairing_button(port->context)))
        return LINK_ERR_PAIRED;
    if (!link_get_hex(frame, "k", hook->secret.key, SIPHASH_KEY) || !lg_hook_has_key(hook) ||
        !lg_hook_store_key(hook)) {
        lg_hook_load_key(hook);
        return LINK_ERR_STORE;
    }
    hook->flags &= (uint8_t)~HAVE_NONCES;
    if (hook->state != LINK_RUNNING)
        lg_hook_enter(hook, LINK_LOCKED);
    return LINK_OK;
}

// Whether the frame's MAC is right, and if not, what to say.
static enum link_error check(struct lg_hook *hook, const struct link_frame *frame) {
    if (hook->state == LINK_UNPAIRED)
        return LINK_ERR_UNPAIRED;
    if (!lg_hook_has_key(hook))
        return LINK_ERR_STORE;
    if (!(hook->flags & HAVE_NONCES))
        return LINK_ERR_NONCE;
    if (hook->left[LEFT_DEAF])
        return LINK_ERR_WAIT;
    if (link_mac_right(frame, LINK_FROM_HOST, &hook->secret)) {
        hook->wait = 0;
        return LINK_OK;
    }
    if (hook->wait == 0)
        hook->wait = LG_HOOK_WAIT_FIRST;
    else if (hook->wait < LG_HOOK_WAIT_MAX)
        hook->wait = (uint16_t)(hook->wait * 2);
    hook->left[LEFT_DEAF] = hook->wait;
    return LINK_ERR_MAC;
}

static bool is_job(const struct lg_hook *hook, const char *job) {
    const char *own = hook->job;
    while (*own && *own == *job)
        own++, job++;
    return hook->state >= LINK_OPENED && *own == *job;
}

static void prolong(struct lg_hook *hook) {
    hook->life_left = (uint32_t)hook->life * 1000u;
}

static enum link_error open_for(struct lg_hook *hook, const struct link_frame *frame, const char *job) {
    bool same = false;
    if (hook->state == LINK_OPENED || hook->state == LINK_RUNNING) {
        same = is_job(hook, job);
        if (!same)
            return LINK_ERR_BUSY;
    }
    if (hook->flags & PAIR_USED)
        return same ? LINK_OK : LINK_ERR_NONCE;
    hook->flags |= PAIR_USED;
    hook->life = 0;
    link_get_number(frame, "t", &hook->life);
    prolong(hook);
    if (same)
        return LINK_OK;
    link_get_text(frame, "j", hook->job, sizeof hook->job);
    lg_hook_enter(hook, LINK_OPENED);
    // The lot is shown; the job number would need more room than there is.
    char *text = hook->scratch.frame;
    if (hook->port->show && link_get_text(frame, "l", text, LINK_LOT_MAX + 1))
        hook->port->show(hook->port->context, text);
    return LINK_OK;
}

// OPEN and CLOSE.
static void on_job(struct lg_hook *hook, const struct link_frame *frame) {
    char job[LINK_JOB_MAX + 1];
    if (!link_get_text(frame, "j", job, sizeof job))
        return;
    enum link_error error = check(hook, frame);
    if (error == LINK_OK) {
        if (frame->verb == LINK_OPEN)
            error = open_for(hook, frame, job);
        else if (is_job(hook, job))
            lg_hook_enter(hook, LINK_LOCKED);
    }
    answer(hook, frame->verb, job, error);
}

static void on_ping(struct lg_hook *hook, const struct link_frame *frame) {
    struct link_writer w;
    uint16_t counter;
    if (!link_get_number(frame, "c", &counter) || check(hook, frame) != LINK_OK || counter <= hook->counter)
        return;
    hook->counter = counter;
    prolong(hook);
    begin(hook, &w, LINK_PONG);
    link_put_number(&w, "c", counter);
    put_state(hook, &w);
    link_put_mac(&w, &hook->secret);
    send(hook, &w);
}

static void show_own(struct lg_hook *hook) {
    char word[LINK_WORD_MAX + 1]; // not the scratch: a frame may wait there
    link_word_copy(word, (uint8_t)(LINK_STATE_WORD + hook->state));
    hook->port->show(hook->port->context, word);
}

static void on_show(struct lg_hook *hook, const struct link_frame *frame) {
    char *text = hook->scratch.frame;
    if (!hook->port->show || !link_get_text(frame, "d", text, LINK_TEXT_MAX + 1))
        return;
    if (text[0])
        hook->port->show(hook->port->context, text);
    else
        show_own(hook);
}

void lg_hook_enter(struct lg_hook *hook, enum link_state state) {
    const struct lg_hook_port *port = hook->port;
    bool on = state == LINK_UNPAIRED || state == LINK_OPENED || state == LINK_RUNNING;
    hook->state = (uint8_t)state;
    if (port->output_enable)
        port->output_enable(port->context, on);
    if (port->show && (state == LINK_UNPAIRED || !on))
        show_own(hook);
}

bool lg_hook_frame_ends(const char *line, const char *end) {
    if (end - line < LINK_OPENING + 1 + CRC_DIGITS || end[-1 - CRC_DIGITS] != '*')
        return false;
    for (uint8_t i = CRC_DIGITS; i; i--) {
        uint8_t digit = (uint8_t)(*--end - '0');
        if (digit > 9 && (digit < 'A' - '0' || digit > 'F' - '0'))
            return false;
    }
    return true;
}

size_t lg_hook_frame_length(const char *line, size_t length) {
    for (const char *end = line; end != line + length; end++)
        if (lg_hook_frame_ends(line, end))
            return (size_t)(end - line);
    return length;
}

void lg_hook_frame(struct lg_hook *hook, const char *line, size_t length) {
    struct link_frame frame;
    const char *begin = line + length;
    // A frame that was cut may stand before this one: no frame holds a `$` but its first byte.
    while (*--begin != '$')
        ;
    lg_hook_tick(hook);
    if (!link_read(LINK_FROM_HOST, begin, (size_t)(line + length - begin), &frame))
        return;
    if (frame.verb == LINK_HELLO)
        on_hello(hook, &frame);
    else if (frame.verb == LINK_PAIR)
        answer(hook, LINK_PAIR, "", pair(hook, &frame));
    else if (frame.verb == LINK_OPEN || frame.verb == LINK_CLOSE)
        on_job(hook, &frame);
    else if (frame.verb == LINK_PING)
        on_ping(hook, &frame);
    else if (frame.verb == LINK_SHOW)
        on_show(hook, &frame);
}
