// hook_byte.c: frames out of a stream of bytes, for firmwares whose line buffer is too short for one.

#include "hook_inside.h" // lg_hook_frame

#define STALE_MS   1000u // a frame that stands still so long was cut, and what comes now is a line of its own
#define WAITING_MS 100u

static bool in_frame(const struct lg_hook *hook) {
    return hook->collected >= LINK_OPENING && hook->collected <= LINK_FRAME_MAX;
}

bool lg_hook_receiving(const struct lg_hook *hook) {
    return in_frame(hook) && hook->left[LEFT_FRAME] > STALE_MS - WAITING_MS;
}

void lg_hook_take_scratch(struct lg_hook *hook) {
    if (in_frame(hook))
        hook->collected = FRAME_DROPPED;
}

// A byte before it is known whether the line is a frame.
static enum lg_hook_byte_answer opening_byte(struct lg_hook *hook, char byte) {
    if (byte != link_opening(LINK_FROM_HOST, hook->collected)) {
        hook->collected = NOT_A_FRAME;
        return LG_BYTE_PASS;
    }
    if (++hook->collected < LINK_OPENING)
        return LG_BYTE_PASS;
    for (uint8_t i = 0; i < LINK_OPENING; i++)
        hook->scratch.frame[i] = link_opening(LINK_FROM_HOST, i);
    return LG_BYTE_TAKEN;
}

// A byte that belongs to a frame.
static enum lg_hook_byte_answer frame_byte(struct lg_hook *hook, char byte) {
    char *frame = hook->scratch.frame;
    if (hook->collected >= LINK_FRAME_MAX) {
        hook->collected = FRAME_DROPPED;
        return LG_BYTE_TAKEN;
    }
    frame[hook->collected++] = byte;
    if (!lg_hook_frame_ends(frame, frame + hook->collected))
        return LG_BYTE_TAKEN;
    lg_hook_frame(hook, frame, hook->collected);
    hook->collected = FRAME_OVER;
    return LG_BYTE_FRAME;
}

enum lg_hook_byte_answer lg_hook_byte(struct lg_hook *hook, uint8_t byte) {
    bool line_end = byte == '\r' || byte == '\n';
    uint8_t collected = hook->collected;
    if (collected >= LINK_OPENING && collected != NOT_A_FRAME) {
        lg_hook_tick(hook);
        if (collected == FRAME_OVER && !line_end)
            hook->collected = collected = 0; // its line end was lost: this is the next line's
        else if (!hook->left[LEFT_FRAME])
            hook->collected = collected = NOT_A_FRAME;
    }
    if (line_end) {
        hook->collected = 0;
        if (collected == FRAME_OVER)
            return LG_BYTE_TAKEN;
        if (collected < LINK_OPENING || collected == NOT_A_FRAME)
            return LG_BYTE_PASS;
        if (collected != FRAME_DROPPED)
            lg_hook_frame(hook, hook->scratch.frame, collected);
        return LG_BYTE_FRAME;
    }
    if (collected == NOT_A_FRAME)
        return LG_BYTE_PASS;
    hook->left[LEFT_FRAME] = STALE_MS;
    if (collected < LINK_OPENING)
        return opening_byte(hook, (char)byte);
    return collected == FRAME_DROPPED ? LG_BYTE_TAKEN : frame_byte(hook, (char)byte);
}
