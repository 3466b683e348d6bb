// hook_frames.c: what the host says, and what the hook says to it.

#include "hook_inside.h" // lg_hook_frame

static uint32_t now(const struct lg_hook *hook) {
    return hook->port->millis(hook->port->context);
}

static void begin(struct lg_hook *hook, struct link_writer *w, enum link_verb verb) {
    link_begin(w, hook->scratch.frame, LINK_FROM_HOOK, verb);
}

static void send(struct lg_hook *hook, struct link_writer *w) {
    uint8_t length = link_end(w);
    if (length)
        hook->port->write(hook->port->context, hook->scratch.frame, length);
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
    if (length)
        link_put_text(&w, "d", code, length);
    if (w.full || length > LINK_TEXT_MAX) {
        begin(hook, &w, LINK_SCAN);
        link_put_text(&w, "d", "", 0);
        link_put_number(&w, "cut", 1);
    }
    send(hook, &w);
}

static void answer(struct lg_hook *hook, enum link_verb verb, const char *job, enum link_error error) {
    struct link_writer w;
    begin(hook, &w, verb);
    if (job)
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
    link_put_word(&w, "st", (uint8_t)(LINK_STATE_WORD + hook->state));
    link_put_hex(&w, "n", hook->secret.hook_nonce, LINK_NONCE);
    link_put_number(&w, "b", hook->blocked);
    link_put_text(&w, "sn", port->serial_number, LINK_SN_MAX);
    put_job(hook, &w);
    struct link_writer without = w;
    link_put_text(&w, "fw", port->firmware, 0);
    send(hook, w.full ? &without : &w);
}

static void on_pair(struct lg_hook *hook, const struct link_frame *frame) {
    const struct lg_hook_port *port = hook->port;
    uint8_t key[SIPHASH_KEY], any = 0;
    enum link_error error = LINK_OK;
    if (!link_get_hex(frame, "k", key, SIPHASH_KEY))
        return;
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        any |= key[i];
    if (hook->state != LINK_UNPAIRED && !(port->pairing_button && port->pairing_button(port->context)))
        error = LINK_ERR_PAIRED;
    else if (!any || !port->load || !port->store || !lg_hook_store_key(hook, key))
        error = LINK_ERR_STORE;
    if (error == LINK_OK) {
        hook->flags &= (uint8_t)~HAVE_NONCES;
        if (hook->state != LINK_RUNNING)
            lg_hook_enter(hook, LINK_LOCKED);
    }
    answer(hook, LINK_PAIR, NULL, error);
}

// Whether the frame's MAC is right, and if not, what to say.
static enum link_error check(struct lg_hook *hook, const struct link_frame *frame) {
    if (hook->state == LINK_UNPAIRED)
        return LINK_ERR_UNPAIRED;
    if (!lg_hook_has_key(hook))
        return LINK_ERR_STORE;
    if (!(hook->flags & HAVE_NONCES))
        return LINK_ERR_NONCE;
    if (now(hook) - hook->wrong_at < hook->wait)
        return LINK_ERR_WAIT;
    if (link_mac_right(frame, LINK_FROM_HOST, &hook->secret)) {
        hook->wait = 0;
        return LINK_OK;
    }
    hook->wrong_at = now(hook);
    hook->wait = hook->wait == 0                  ? LG_HOOK_WAIT_FIRST
                 : hook->wait >= LG_HOOK_WAIT_MAX ? LG_HOOK_WAIT_MAX
                                                  : (uint16_t)(hook->wait * 2);
    return LINK_ERR_MAC;
}

static bool same_job(const struct lg_hook *hook, const char *job) {
    const char *own = hook->job;
    while (*own && *own == *job)
        own++, job++;
    return *own == *job;
}

// Shows lot and job; built in the scratch, which the lot is read from.
static void show_opened(struct lg_hook *hook, const struct link_frame *frame) {
    char *text = hook->scratch.frame;
    uint8_t length = 0;
    if (!hook->port->show)
        return;
    if (!link_get_text(frame, "l", text, sizeof hook->scratch.frame))
        text[0] = '\0';
    while (text[length] && length < LINK_LOT_MAX)
        length++;
    text[length++] = '|';
    for (const char *p = hook->job; *p; p++)
        text[length++] = *p;
    text[length] = '\0';
    hook->port->show(hook->port->context, text);
}

static enum link_error open_for(struct lg_hook *hook, const struct link_frame *frame, const char *job,
                                uint32_t seconds) {
    bool busy = hook->state == LINK_OPENED || hook->state == LINK_RUNNING;
    bool same = busy && same_job(hook, job);
    if (busy && !same)
        return LINK_ERR_BUSY;
    if (hook->flags & PAIR_USED)
        return same ? LINK_OK : LINK_ERR_NONCE;
    hook->flags |= PAIR_USED;
    hook->alive = now(hook);
    hook->life = (seconds > 65535 ? 65535 : seconds) * 1000u;
    if (same)
        return LINK_OK;
    for (uint8_t i = 0; i <= LINK_JOB_MAX; i++)
        hook->job[i] = job[i];
    lg_hook_enter(hook, LINK_OPENED);
    show_opened(hook, frame);
    return LINK_OK;
}

static void on_open(struct lg_hook *hook, const struct link_frame *frame) {
    char job[LINK_JOB_MAX + 1];
    uint32_t seconds;
    if (!link_get_text(frame, "j", job, sizeof job) || !job[0] || !link_get_number(frame, "t", &seconds))
        return;
    enum link_error error = check(hook, frame);
    if (error == LINK_OK)
        error = open_for(hook, frame, job, seconds);
    answer(hook, LINK_OPEN, job, error);
}

static void on_close(struct lg_hook *hook, const struct link_frame *frame) {
    char job[LINK_JOB_MAX + 1];
    if (!link_get_text(frame, "j", job, sizeof job))
        return;
    enum link_error error = check(hook, frame);
    if (error == LINK_OK && hook->state >= LINK_OPENED && same_job(hook, job))
        lg_hook_enter(hook, LINK_LOCKED);
    answer(hook, LINK_CLOSE, job, error);
}

static void on_ping(struct lg_hook *hook, const struct link_frame *frame) {
    struct link_writer w;
    uint32_t counter;
    if (!link_get_number(frame, "c", &counter) || check(hook, frame) != LINK_OK || counter <= hook->counter)
        return;
    hook->counter = counter;
    hook->alive = now(hook);
    begin(hook, &w, LINK_PONG);
    link_put_number(&w, "c", counter);
    link_put_word(&w, "st", (uint8_t)(LINK_STATE_WORD + hook->state));
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
    hook->state = (uint8_t)state;
    if (port->output_enable)
        port->output_enable(port->context,
                            state == LINK_UNPAIRED || state == LINK_OPENED || state == LINK_RUNNING);
    if (port->show && state != LINK_OPENED && state != LINK_RUNNING)
        show_own(hook);
}

void lg_hook_frame(struct lg_hook *hook, const char *line, size_t length) {
    static void (*const verbs[LINK_VERBS])(struct lg_hook *, const struct link_frame *) = {
        [LINK_HELLO] = on_hello, [LINK_PAIR] = on_pair, [LINK_OPEN] = on_open,
        [LINK_CLOSE] = on_close, [LINK_PING] = on_ping, [LINK_SHOW] = on_show,
    };
    struct link_frame frame;
    const char *begin = line + length;
    // A frame that was cut may stand before this one: no frame holds a `$` but its first byte.
    while (*--begin != '$')
        ;
    lg_hook_age(hook);
    if (link_read(LINK_FROM_HOST, begin, (size_t)(line + length - begin), &frame) && verbs[frame.verb])
        verbs[frame.verb](hook, &frame);
}
