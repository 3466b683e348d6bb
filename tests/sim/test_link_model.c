// Host, hook and a line that cannot be trusted, explored exhaustively: the real hook, the host's half as the link specifies it,
// and between them somebody who keeps every frame that was ever said and gives each side any of them, in any order, any number
// of times, or none. That is a line that loses, doubles, delays and reorders, and an attacker who replays. He also says frames of
// his own, without the key; both sides restart; time passes; work comes from two sources.
//
// In every state that can be reached within the budgets below:
//  - the hook is open or running only for a job that the host has opened, by a frame that the host said after the hook's last
//    HELLO, and no frame lets more than one start through,
//  - nobody is stuck: after a pause, HELLO, CLOSE of what HELLO tells of, and OPEN on a perfect line lead to open.
//
// What differs without mattering (times that only grow, counts of blocked lines, the text that was last written) is made equal,
// so that states are finitely many.
#include "unit.h"

#include <stdio.h>

#include "hook_board.h"

// How much may happen on one path. All of it at once would be too many states: each test spends it on something else.
enum { HELLOS, OPENS, CLOSES, HOST_RESTARTS, POWER_CYCLES, PAUSES, FORGED, REPLAYED_HELLOS, BUDGETS };
enum { JOBS = 2, FRAMES_MAX = 64, STATES_MAX = 1 << 19 };

static const char *const job_names[JOBS] = {"JOB-1", "JOB-2"};

// A frame that was said once, by either side; states name it by its number.
struct frame {
    char text[LINK_FRAME_MAX + 1];
    uint8_t length, side;
};
static struct frame frames[FRAMES_MAX];
static int frame_count;

// One state of the world. All zero where nothing is known, so that it can be compared as bytes.
struct world {
    uint8_t hook[offsetof(struct lg_hook, modal)]; // the modal state begins anew at every step
    uint64_t said[2];                              // by side: bit per frame
    uint64_t fresh;                                // frames of the host said since the hook's last HELLO
    uint64_t nonces;                               // the hook's
    struct link_secret secret;                     // what the host knows
    uint8_t has_pair, waits_for_hello;             // the host
    uint8_t opens[JOBS], starts[JOBS];             // frames said, starts seen
    uint8_t left[BUDGETS];
};
static struct board board;

static struct world *states;
static int *parents; // and by which action, for the story of a failure
static uint32_t *steps;
static int state_count;
static uint32_t *table; // state number + 1, by hash

static int current; // the state that is being left

static void tell_how(int state);

static void broken(const char *what) {
    tell_how(current);
    fail_msg("%s", what);
}

static int number_of(const char *text, size_t length, enum link_side side) {
    for (int i = 0; i < frame_count; i++)
        if (frames[i].length == length && memcmp(frames[i].text, text, length) == 0)
            return i;
    assert_true(frame_count < FRAMES_MAX && length <= LINK_FRAME_MAX);
    memcpy(frames[frame_count].text, text, length);
    frames[frame_count].length = (uint8_t)length;
    frames[frame_count].side = (uint8_t)side;
    return frame_count++;
}

// Of the hook's HELLO its nonce alone matters here: the first frame with that nonce stands for all.
static int number_of_hello(const struct link_frame *hello) {
    uint8_t nonce[LINK_NONCE], known[LINK_NONCE];
    struct link_frame frame;
    assert_true(link_get_hex(hello, "n", nonce, LINK_NONCE));
    for (int i = 0; i < frame_count; i++)
        if (link_read(LINK_FROM_HOOK, frames[i].text, frames[i].length, &frame) &&
            link_get_hex(&frame, "n", known, LINK_NONCE) && memcmp(known, nonce, LINK_NONCE) == 0)
            return i;
    return number_of(hello->body - LINK_OPENING, hello->length + LINK_OPENING + 6u, LINK_FROM_HOOK);
}

// --- the board in and out of a state

static void wake(const struct world *w) {
    memcpy(&board.hook, w->hook, sizeof w->hook);
    gcode_modal_reset(&board.hook.modal);
    board.nonces = w->nonces;
    board.secret = w->secret;
    board.said_length = 0;
    board.ms = 0;
}

// Takes the board's state over, and what the hook said: of that the host hears HELLOs alone.
static void keep(struct world *w) {
    struct link_frame frame;
    struct lg_hook *h = &board.hook;
    if (board_heard(&board, &frame) && frame.verb == LINK_HELLO) {
        w->said[LINK_FROM_HOOK] |= 1ull << number_of_hello(&frame);
        w->fresh = 0;
    }
    h->clock = 0;
    h->blocked = 0;
    h->quiet = 0;
    h->left[1] = h->left[2] = 0;
    h->counter = 0; // nobody pings here
    if (h->wait)
        h->wait = LG_HOOK_WAIT_FIRST; // a pause is longer than the longest wait
    if (h->left[0])
        h->left[0] = LG_HOOK_WAIT_FIRST;
    // What the hook does not look at in this state.
    if (h->state < LINK_OPENED)
        memset(h->job, 0, sizeof h->job);
    if (h->state != LINK_RUNNING)
        h->source = h->origin = 0;
    if (h->state != LINK_OPENED)
        h->life_left = h->life = 0;
    memcpy(w->hook, h, sizeof w->hook);
    w->nonces = board.nonces;
    w->secret = board.secret;
}

static enum link_state state_of(const struct world *w) {
    wake(w);
    return lg_hook_state(&board.hook);
}

static int job_of_hook(void) {
    for (int j = 0; j < JOBS; j++)
        if (strcmp(board.hook.job, job_names[j]) == 0)
            return j;
    return -1;
}

// --- what can happen; each returns false when it cannot

static bool spend(struct world *w, int budget) {
    return w->left[budget] != 0 && w->left[budget]--;
}

static void host_said(struct world *w) {
    uint64_t bit = 1ull << number_of(board.frame, board.frame_length, LINK_FROM_HOST);
    w->said[LINK_FROM_HOST] |= bit;
    w->fresh |= bit;
}

static bool host_hello(struct world *w, int unused) {
    (void)unused;
    if (!spend(w, HELLOS))
        return false;
    struct link_writer writer;
    w->secret.host_nonce[0]++; // never again the same: the host's nonces are random
    board_begin(&board, &writer, LINK_HELLO);
    link_put_hex(&writer, "n", w->secret.host_nonce, LINK_NONCE);
    board_end(&board, &writer);
    host_said(w);
    w->has_pair = false;
    w->waits_for_hello = true;
    return true;
}

static bool host_open(struct world *w, int job) {
    if (!w->has_pair || !spend(w, OPENS))
        return false;
    board.secret = w->secret;
    board_open_frame(&board, job_names[job], 30);
    uint64_t before = w->said[LINK_FROM_HOST];
    host_said(w);
    w->opens[job] =
        (uint8_t)(w->opens[job] + (w->said[LINK_FROM_HOST] != before)); // the same frame again is no new one
    return true;
}

static bool host_close(struct world *w, int job) {
    if (!w->has_pair || !spend(w, CLOSES))
        return false;
    board.secret = w->secret;
    board_close_frame(&board, job_names[job]);
    host_said(w);
    return true;
}

static bool host_restart(struct world *w, int unused) {
    (void)unused;
    if (!spend(w, HOST_RESTARTS))
        return false;
    w->has_pair = w->waits_for_hello = false;
    return true;
}

// The host hears a frame that the hook has said at any time.
static bool host_hears(struct world *w, int number) {
    struct link_frame frame;
    if (!(w->said[LINK_FROM_HOOK] >> number & 1) || !w->waits_for_hello)
        return false;
    assert_true(link_read(LINK_FROM_HOOK, frames[number].text, frames[number].length, &frame));
    w->waits_for_hello = false;
    w->has_pair = link_get_hex(&frame, "n", w->secret.hook_nonce, LINK_NONCE);
    return true;
}

// The hook hears a frame that the host has said at any time.
static bool hook_hears(struct world *w, int number) {
    struct link_frame frame;
    if (!(w->said[LINK_FROM_HOST] >> number & 1))
        return false;
    assert_true(link_read(LINK_FROM_HOST, frames[number].text, frames[number].length, &frame));
    if (frame.verb == LINK_HELLO && !(w->fresh >> number & 1) && !spend(w, REPLAYED_HELLOS))
        return false;
    wake(w);
    enum link_state before = lg_hook_state(&board.hook);
    board_line_of(&board, LINK_USB, frames[number].text, frames[number].length);
    enum link_state after = lg_hook_state(&board.hook);
    if (after == LINK_OPENED && before != LINK_OPENED) {
        if (!(w->fresh >> number & 1))
            broken("opened by a frame from before the last HELLO");
        if (job_of_hook() < 0 || w->opens[job_of_hook()] == 0)
            broken("open for a job that the host has not opened");
    }
    assert_true(after != LINK_RUNNING || before == LINK_RUNNING);
    keep(w);
    return true;
}

// Without the key: a HELLO of his own, a guess, a pairing.
static bool forged(struct world *w, int which) {
    static const struct link_secret wrong = {{0xEE}, {0}, {0}};
    struct link_writer writer;
    if (!spend(w, FORGED))
        return false;
    wake(w);
    enum link_state before = lg_hook_state(&board.hook);
    board.secret = wrong;
    if (which == 0) {
        board_begin(&board, &writer, LINK_HELLO);
        link_put_hex(&writer, "n", wrong.host_nonce, LINK_NONCE);
        board_end(&board, &writer);
    } else if (which == 1) {
        board_open_frame(&board, job_names[0], 30);
    } else {
        board_pair_frame(&board);
    }
    board_say(&board);
    assert_int_equal(lg_hook_state(&board.hook), before);
    board.secret = w->secret;
    keep(w);
    return true;
}

static bool power_cycle(struct world *w, int unused) {
    (void)unused;
    if (!spend(w, POWER_CYCLES))
        return false;
    wake(w);
    memset(&board.hook, 0, sizeof board.hook);
    lg_hook_init(&board.hook, &board.port, &board.rules);
    assert_int_equal(lg_hook_state(&board.hook), LINK_LOCKED);
    keep(w);
    return true;
}

// Longer than every wait and than an opened job's life.
static void long_pause(void) {
    board_wait(&board, LG_HOOK_WAIT_MAX + 1);
}

static bool time_passes(struct world *w, int unused) {
    (void)unused;
    if (!spend(w, PAUSES))
        return false;
    wake(w);
    enum link_state before = lg_hook_state(&board.hook);
    long_pause();
    assert_int_equal(lg_hook_state(&board.hook), before == LINK_OPENED ? LINK_EXPIRED : before);
    keep(w);
    return true;
}

static bool work(struct world *w, int source) {
    wake(w);
    enum link_state before = lg_hook_state(&board.hook);
    enum lg_hook_answer answer = board_line(&board, (enum link_source)source, "M3 S500");
    if (answer == LG_HOOK_PASS) {
        int job = job_of_hook();
        if (before != LINK_OPENED && before != LINK_RUNNING)
            broken("work passed, and nothing was open");
        if (job < 0 || w->opens[job] == 0)
            broken("work passed for a job that the host has not opened");
        w->starts[job] = (uint8_t)(w->starts[job] + (before == LINK_OPENED));
        if (w->starts[job] > w->opens[job])
            broken("more starts than frames that opened");
    }
    keep(w);
    return answer == LG_HOOK_PASS;
}

static bool program_ends(struct world *w, int source) {
    if (state_of(w) != LINK_RUNNING)
        return false;
    board_line(&board, (enum link_source)source, "M2");
    keep(w);
    return true;
}

static const struct {
    const char *name;
    bool (*happens)(struct world *w, int argument);
    int arguments;
} actions[] = {
    {"the host says HELLO", host_hello, 1},
    {"the host opens", host_open, JOBS},
    {"the host closes", host_close, JOBS},
    {"the host restarts", host_restart, 1},
    {"the host hears", host_hears, FRAMES_MAX},
    {"the hook hears", hook_hears, FRAMES_MAX},
    {"somebody without the key says", forged, 3},
    {"the board restarts", power_cycle, 1},
    {"time passes", time_passes, 1},
    {"work comes", work, 2},
    {"a program ends", program_ends, 2},
};

// --- the states

static void tell_how(int state) {
    if (parents[state] >= 0)
        tell_how(parents[state]);
    if (steps[state]) {
        const char *name = actions[steps[state] >> 8].name;
        int argument = (int)(steps[state] & 255);
        bool frame = strstr(name, "hears") != NULL;
        print_message("  %s %d %s\n", name, argument, frame ? frames[argument].text : "");
    }
}

static uint64_t hash_of(const struct world *w) {
    const uint8_t *p = (const uint8_t *)w;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof *w; i++)
        hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static void add(const struct world *w, int parent, uint32_t step) {
    uint64_t at = hash_of(w) & (2 * STATES_MAX - 1);
    for (; table[at]; at = (at + 1) & (2 * STATES_MAX - 1))
        if (memcmp(&states[table[at] - 1], w, sizeof *w) == 0)
            return;
    if (state_count == STATES_MAX)
        fail_msg("more than %d states", STATES_MAX);
    states[state_count] = *w;
    parents[state_count] = parent;
    steps[state_count] = step;
    table[at] = (uint32_t)++state_count;
}

// The line is perfect from now on.
static bool recovers(const struct world *w) {
    char job[LINK_JOB_MAX + 1];
    struct link_frame frame;
    wake(w);
    board.secret.host_nonce[0] = 0x80; // one that was never used
    long_pause();
    if (!board_hello(&board))
        return false;
    board_heard(&board, &frame);
    if (link_get_text(&frame, "j", job, sizeof job) && board_close(&board, job) != LINK_OK)
        return false;
    return board_open(&board, "JOB-9", 30) == LINK_OK && lg_hook_state(&board.hook) == LINK_OPENED;
}

static void explore(const uint8_t budgets[BUDGETS]) {
    struct world first;
    int seen[LINK_STATES] = {0};
    memset(&first, 0, sizeof first); // its padding too
    states = calloc(STATES_MAX, sizeof *states);
    parents = calloc(STATES_MAX, sizeof *parents);
    steps = calloc(STATES_MAX, sizeof *steps);
    table = calloc(2 * STATES_MAX, sizeof *table);
    state_count = frame_count = 0;
    board_new(&board);
    memset(&board.hook, 0, sizeof board.hook);
    lg_hook_init(&board.hook, &board.port, &board.rules);
    assert_int_equal(board_pair(&board, 1), LINK_OK);
    board.said_length = 0;
    keep(&first);
    memcpy(first.left, budgets, BUDGETS);
    add(&first, -1, 0);
    for (current = 0; current < state_count; current++) {
        seen[state_of(&states[current])]++;
        if (!recovers(&states[current]))
            broken("stuck");
        for (uint32_t a = 0; a < sizeof actions / sizeof actions[0]; a++) {
            for (int argument = 0; argument < actions[a].arguments; argument++) {
                struct world next;
                memcpy(&next, &states[current], sizeof next);
                if (actions[a].happens(&next, argument))
                    add(&next, current, a << 8 | (uint32_t)argument);
            }
        }
    }
    print_message("%d states, %d frames; locked %d, open %d, running %d, expired %d\n", state_count,
                  frame_count, seen[LINK_LOCKED], seen[LINK_OPENED], seen[LINK_RUNNING], seen[LINK_EXPIRED]);
    // The exploration reached what it is about.
    assert_true(seen[LINK_OPENED] > 100 && seen[LINK_RUNNING] > 100 &&
                seen[LINK_EXPIRED] > (budgets[PAUSES] ? 100 : -1));
    free(states);
    free(parents);
    free(steps);
    free(table);
}

static void test_two_jobs(void **state) {
    (void)state;
    explore((const uint8_t[BUDGETS]){[HELLOS] = 2, [OPENS] = 3, [CLOSES] = 2});
}

static void test_replays(void **state) {
    (void)state;
    explore((const uint8_t[BUDGETS]){[HELLOS] = 2, [OPENS] = 2, [REPLAYED_HELLOS] = 2, [PAUSES] = 1});
}

static void test_both_sides_restart(void **state) {
    (void)state;
    explore((const uint8_t[BUDGETS]){
        [HELLOS] = 2, [OPENS] = 2, [HOST_RESTARTS] = 1, [POWER_CYCLES] = 1, [REPLAYED_HELLOS] = 1});
}

static void test_forged_frames(void **state) {
    (void)state;
    explore((const uint8_t[BUDGETS]){[HELLOS] = 2, [OPENS] = 2, [FORGED] = 2, [PAUSES] = 1});
}

static void test_silence(void **state) {
    (void)state;
    explore((const uint8_t[BUDGETS]){[HELLOS] = 2, [OPENS] = 2, [CLOSES] = 1, [PAUSES] = 2});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_jobs),
        cmocka_unit_test(test_replays),
        cmocka_unit_test(test_both_sides_restart),
        cmocka_unit_test(test_forged_frames),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
