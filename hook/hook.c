// hook.c: what the firmware calls.

#include "hook.h"        // lg_hook_line
#include "hook_inside.h" // lg_hook_enter

void lg_hook_init(struct lg_hook *hook, const struct lg_hook_port *port, const struct gcode_rules *rules) {
    for (size_t i = 0; i < sizeof *hook; i++)
        ((uint8_t *)hook)[i] = 0;
    hook->port = port;
    hook->rules = rules;
    hook->clock = (uint16_t)port->millis(port->context);
    gcode_modal_reset(&hook->modal);
    lg_hook_enter(hook, lg_hook_load_key(hook) ? LINK_LOCKED : LINK_UNPAIRED);
}

void lg_hook_tick(struct lg_hook *hook) {
    uint16_t now = (uint16_t)hook->port->millis(hook->port->context);
    uint16_t gone = (uint16_t)(now - hook->clock);
    hook->clock = now;
    for (uint8_t i = 0; i < sizeof hook->left / sizeof hook->left[0]; i++)
        hook->left[i] = hook->left[i] > gone ? (uint16_t)(hook->left[i] - gone) : 0;
    if (hook->state != LINK_OPENED)
        return;
    if (hook->life_left > gone)
        hook->life_left -= gone;
    else
        lg_hook_enter(hook, LINK_EXPIRED);
}

enum link_state lg_hook_state(const struct lg_hook *hook) {
    return (enum link_state)hook->state;
}

static void end_job(struct lg_hook *hook) {
    lg_hook_event(hook, LINK_ENDED, hook->source);
    lg_hook_enter(hook, LINK_LOCKED);
}

void lg_hook_ended(struct lg_hook *hook, enum link_source source) {
    if (hook->state == LINK_RUNNING && hook->source == source)
        end_job(hook);
}

void lg_hook_reset(struct lg_hook *hook) {
    gcode_modal_reset(&hook->modal);
    if (hook->state == LINK_RUNNING)
        end_job(hook);
}

void lg_hook_refused(struct lg_hook *hook) {
    hook->modal.doubt = true;
}

// Counts a start that was blocked, and tells the host, though not of each one in a flood.
static void blocked(struct lg_hook *hook, uint8_t source) {
    uint8_t bit = (uint8_t)(1u << source);
    if (hook->blocked != UINT16_MAX)
        hook->blocked++;
    if (!hook->left[LEFT_QUIET]) {
        hook->left[LEFT_QUIET] = 1000;
        hook->quiet = 0;
    }
    if (hook->quiet & bit)
        return;
    hook->quiet |= bit;
    lg_hook_event(hook, LINK_BLOCKED, source);
}

// What a source asks for that is work, and what becomes of it.
enum wish { WORK, START_FILE, BE_FILE } LINK_SMALL;
enum verdict { GO_ON, START, BLOCK } LINK_SMALL;

// Nothing that this source says is work that would have to be opened.
static bool is_free(const struct lg_hook *hook, uint8_t source) {
    return hook->state == LINK_UNPAIRED || (hook->state == LINK_RUNNING && hook->source == source);
}

static enum verdict judge(struct lg_hook *hook, uint8_t source, enum wish wish) {
    if (is_free(hook, source))
        return GO_ON; // nearly every line of a job: no time is asked for
    lg_hook_tick(hook);
    if (hook->state == LINK_OPENED) {
        hook->origin = source;
        hook->flags = (uint8_t)(wish == START_FILE ? hook->flags | HAND_OVER : hook->flags & ~HAND_OVER);
        lg_hook_enter(hook, LINK_RUNNING);
    } else if (hook->state != LINK_RUNNING) {
        return BLOCK;
    } else if (wish == START_FILE && hook->origin == source) {
        return GO_ON;
    } else if (hook->flags & HAND_OVER) {
        hook->flags &= (uint8_t)~HAND_OVER;
    } else {
        return BLOCK;
    }
    hook->source = source;
    return START;
}

// Overwrites the scratch.
static void tell(struct lg_hook *hook, uint8_t source, enum verdict verdict) {
    if (verdict == BLOCK)
        blocked(hook, source);
    if (verdict == START)
        lg_hook_event(hook, LINK_STARTED, source);
}

bool lg_hook_may_start(struct lg_hook *hook, enum link_source source) {
    enum verdict verdict = judge(hook, (uint8_t)source, BE_FILE);
    tell(hook, (uint8_t)source, verdict);
    return verdict != BLOCK;
}

// Follows a line that passes.
static void follow(struct lg_hook *hook, const struct gcode_block *block) {
    gcode_modal_apply(&hook->modal, block);
    if (gcode_says_off(block) && !hook->rules->beam_on_fan)
        hook->modal.doubt = false;
}

// What the line is; of a job that runs only what has to be known: the words of its lines may be what they like.
static enum gcode_class class_of(const struct lg_hook *hook, uint8_t source) {
    const struct gcode_block *block = &hook->scratch.block;
    if (block->shape == GCODE_WORDS_LINE && is_free(hook, source))
        return GCODE_SETUP;
    return gcode_classify(hook->rules, &hook->modal, block);
}

// Obeys the frames that a line begins with. What stands behind them is somebody's line, and denied, so that he hears of it.
static enum lg_hook_answer frames(struct lg_hook *hook, const char *line, size_t length) {
    do {
        size_t used = lg_hook_frame_length(line, length);
        lg_hook_frame(hook, line, used);
        line += used;
        length -= used;
    } while (link_is_frame(LINK_FROM_HOST, line, length));
    return length ? LG_HOOK_DENY : LG_HOOK_CONSUMED;
}

enum lg_hook_answer lg_hook_line(struct lg_hook *hook, enum link_source source, const char *line,
                                 size_t length) {
    if (length && *line == '$' && link_is_frame(LINK_FROM_HOST, line, length))
        return source == LINK_USB ? frames(hook, line, length) : LG_HOOK_DENY;
    struct gcode_block *block = &hook->scratch.block;
    enum verdict verdict = GO_ON;
    lg_hook_take_scratch(hook);
    gcode_scan(block, (const uint8_t *)line, length);
    enum gcode_class class = class_of(hook, (uint8_t)source);
    if (class == GCODE_LOTGATE && hook->state != LINK_UNPAIRED)
        return LG_HOOK_DENY;
    if (class >= GCODE_WORK)
        verdict = judge(hook, (uint8_t)source, class == GCODE_LOCAL_START ? START_FILE : WORK);
    bool ends = verdict != BLOCK && gcode_ends_program(block);
    if (verdict != BLOCK)
        follow(hook, block);
    tell(hook, (uint8_t)source, verdict);
    if (ends)
        lg_hook_ended(hook, source);
    return verdict == BLOCK ? LG_HOOK_DENY : LG_HOOK_PASS;
}
