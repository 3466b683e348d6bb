// A paired hook is given lines, bytes, time and the firmware's calls in any order, from someone without the key who may let the
// real host open a job now and then. What must never be seen:
//  - work, or a start, that passes and was not opened for (kept by an oracle that does not look into the hook),
//  - a second start on one OPEN, a job that ran in a state other than running,
//  - the hook writing something that is not a frame.
// The first byte chooses the machine. Then one byte each: an action, and its arguments.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook_board.h" // board_ready

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What the oracle knows: whether the host's last OPEN was taken, and who has used it.
struct oracle {
    bool opened, started, handed; // handed: by a line that starts a file, whose own source may follow
    int source, origin;
    struct gcode_modal modal;
};

// Time in one step, as long as the hook's clock of 16 bits can tell it.
static void pass_time(struct board *b, uint32_t ms) {
    b->ms += ms;
    lg_hook_tick(&b->hook);
}

static void broken(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_said(struct board *b) {
    struct link_frame frame;
    for (size_t at = 0; at < b->said_length;) {
        const char *end = memchr(b->said + at, '\n', b->said_length - at);
        if (!end || end == b->said + at ||
            !link_read(LINK_FROM_HOOK, b->said + at, (size_t)(end - 1 - (b->said + at)), &frame))
            broken("the hook said something that is no frame");
        at = (size_t)(end + 1 - b->said);
    }
    b->said_length = 0;
}

// A start that passed.
static void started(struct oracle *o, int source, bool starts_file) {
    if (!o->opened)
        broken("work passed that nobody opened for");
    if (!o->started) {
        o->started = true;
        o->source = o->origin = source;
        o->handed = starts_file;
    } else if (source != o->source && !(starts_file && source == o->origin)) {
        if (!o->handed)
            broken("another source took the job");
        o->handed = false;
        o->source = source;
    }
}

static void over(struct oracle *o) {
    o->opened = o->started = o->handed = false;
}

static void passed_line(struct board *b, struct oracle *o, int source, const char *line, size_t length) {
    struct gcode_block block;
    gcode_scan(&block, (const uint8_t *)line, length);
    enum gcode_class class = gcode_classify(&b->rules, &o->modal, &block);
    if (class == GCODE_LOTGATE)
        broken("a line of lotgate's own passed");
    if (class >= GCODE_WORK)
        started(o, source, class == GCODE_LOCAL_START);
    gcode_modal_apply(&o->modal, &block);
    bool off = false;
    for (uint8_t i = 0; i < block.m_count; i++)
        off = off || block.m[i] == 50;
    if (off && gcode_has(&block, GCODE_S) && block.value[GCODE_S].mantissa == 0 && !b->rules.beam_on_fan)
        o->modal.doubt = false;
    if (gcode_ends_program(&block) && o->started && source == o->source)
        over(o);
}

static void one_line(struct board *b, struct oracle *o, int source, const uint8_t *bytes, size_t length) {
    char *exact = malloc(length + 1);
    memcpy(exact, bytes, length);
    if (lg_hook_line(&b->hook, (enum link_source)source, exact, length) == LG_HOOK_PASS)
        passed_line(b, o, source, exact, length);
    free(exact);
}

// Bytes of the paired line through a firmware's line of 80.
static void stream(struct board *b, struct oracle *o, const uint8_t *bytes, size_t length) {
    static char line[81];
    size_t used = 0;
    for (; length; length--, bytes++) {
        enum lg_hook_byte_answer answer = lg_hook_byte(&b->hook, *bytes);
        if (answer == LG_BYTE_FRAME)
            used = 0;
        if (answer != LG_BYTE_PASS)
            continue;
        if (*bytes == '\n' || *bytes == '\r') {
            if (lg_hook_line(&b->hook, LINK_USB, line, used) == LG_HOOK_PASS)
                passed_line(b, o, LINK_USB, line, used);
            used = 0;
        } else if (used < sizeof line) {
            line[used++] = (char)*bytes;
        }
    }
}

// The host, when the input lets it speak.
static void host(struct board *b, struct oracle *o, uint8_t what) {
    char job[] = {'J', (char)('0' + what % 8), '\0'};
    bool busy = lg_hook_state(&b->hook) == LINK_OPENED || lg_hook_state(&b->hook) == LINK_RUNNING;
    pass_time(b, what % 64 < 32 ? 0 : LG_HOOK_WAIT_MAX);
    switch (what >> 6) {
    case 0:
        board_hello(b);
        break;
    case 1:
        if (board_open(b, job, 10) == LINK_OK && !busy)
            *o = (struct oracle){.opened = true, .modal = o->modal};
        break;
    case 2:
        if (board_close(b, job) == LINK_OK && lg_hook_state(&b->hook) == LINK_LOCKED)
            over(o);
        break;
    default:
        board_ping(b, what);
        break;
    }
}

static void call(struct board *b, struct oracle *o, uint8_t what) {
    int source = what % LINK_SOURCES;
    switch (what >> 5) {
    case 0:
        if (lg_hook_may_start(&b->hook, (enum link_source)source))
            started(o, source, false);
        break;
    case 1:
        lg_hook_ended(&b->hook, (enum link_source)source);
        if (o->started && o->source == source)
            over(o);
        break;
    case 2:
        lg_hook_reset(&b->hook);
        gcode_modal_reset(&o->modal);
        if (o->started)
            over(o);
        break;
    case 3:
        lg_hook_refused(&b->hook);
        o->modal.doubt = true;
        break;
    case 4:
        board_power(b);
        gcode_modal_reset(&o->modal);
        over(o);
        break;
    case 5:
        lg_hook_scan(&b->hook, "ACR-1126-001 (x)", what % 17);
        break;
    default:
        pass_time(b, (uint32_t)what * 50u);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct board board;
    struct board *b = &board;
    struct oracle o = {0};
    if (size < 1)
        return 0;
    board_ready(b);
    b->rules = (struct gcode_rules){.machine = (enum gcode_machine)(data[0] % 3),
                                    .strict = data[0] & 0x40,
                                    .beam_on_fan = data[0] & 0x80,
                                    .focus_limit = data[0] >> 2 & 15u};
    gcode_modal_reset(&o.modal);
    for (size_t at = 1; at + 2 < size;) {
        uint8_t action = data[at], argument = data[at + 1];
        const uint8_t *bytes = data + at + 2;
        const uint8_t *end = memchr(bytes, '\n', size - at - 2);
        size_t length = end ? (size_t)(end - bytes) : size - at - 2;
        at += 2;
        if (action % 4 == 0) {
            one_line(b, &o, argument % LINK_SOURCES, bytes, length);
            at += length + 1;
        } else if (action % 4 == 1) {
            stream(b, &o, bytes, length + (end != NULL));
            at += length + 1;
        } else if (action % 4 == 2) {
            host(b, &o, argument);
        } else {
            call(b, &o, argument);
        }
        if (lg_hook_state(&b->hook) == LINK_EXPIRED)
            over(&o);
        if (o.started != (lg_hook_state(&b->hook) == LINK_RUNNING))
            broken("a job runs, or not, and the hook does not know");
        check_said(b);
    }
    return 0;
}
