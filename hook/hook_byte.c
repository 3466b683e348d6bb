// hook_byte.c: frames out of a stream of bytes, for firmwares whose line buffer is too short for one.

#include "hook_inside.h" // lg_hook_frame

#define STALE_MS   1000u // a frame that stands still so long was cut, and what comes now is a line of its own
#define WAITING_MS 100u

static uint16_t age(const struct lg_hook *hook) {
    return (uint16_t)((uint16_t)hook->port->millis(hook->port->context) - hook->byte_at);
}

static bool in_frame(const struct lg_hook *hook) {
    return hook->collected >= OPENING && hook->collected < FRAME_DROPPED;
}

bool lg_hook_receiving(const struct lg_hook *hook) {
    return in_frame(hook) && age(hook) < WAITING_MS;
}

void lg_hook_take_scratch(struct lg_hook *hook) {
    if (in_frame(hook))
        hook->collected = FRAME_DROPPED;
}

// A byte before it is known whether the line is a frame.
static enum lg_hook_byte_answer opening_byte(struct lg_hook *hook, char c) {
    char *frame = hook->scratch.frame;
    static const char opening[] = "$LG ";
    if (c != opening[hook->collected]) {
        hook->collected = NOT_A_FRAME;
        return LG_BYTE_PASS;
    }
    if (++hook->collected < OPENING)
        return LG_BYTE_PASS;
    for (uint8_t i = 0; i < OPENING; i++)
        frame[i] = opening[i];
    return LG_BYTE_TAKEN;
}

static enum lg_hook_byte_answer line_end(struct lg_hook *hook) {
    uint8_t collected = hook->collected;
    hook->collected = 0;
    if (collected < OPENING || collected == NOT_A_FRAME)
        return LG_BYTE_PASS;
    if (collected != FRAME_DROPPED)
        lg_hook_frame(hook, hook->scratch.frame, collected);
    return LG_BYTE_FRAME;
}

enum lg_hook_byte_answer lg_hook_byte(struct lg_hook *hook, uint8_t byte) {
    char c = (char)byte;
    if (hook->collected != NOT_A_FRAME && hook->collected >= OPENING && age(hook) > STALE_MS)
        hook->collected = NOT_A_FRAME;
    if (c == '\r' || c == '\n')
        return line_end(hook);
    if (hook->collected == NOT_A_FRAME)
        return LG_BYTE_PASS;
    hook->byte_at = (uint16_t)hook->port->millis(hook->port->context);
    if (hook->collected < OPENING)
        return opening_byte(hook, c);
    if (hook->collected == LINK_FRAME_MAX)
        hook->collected = FRAME_DROPPED;
    if (hook->collected != FRAME_DROPPED)
        hook->scratch.frame[hook->collected++] = c;
    return LG_BYTE_TAKEN;
}
