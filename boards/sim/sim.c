// sim: the clock of the simulated machine. Works off what is due in its order, and keeps the public functions.
#include "sim_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 5 // bytes that the host is told of at once, as a UART's driver does

void sim_config_default(struct sim_config *c, enum sim_kind kind, enum grbl_flavour flavour) {
    memset(c, 0, sizeof *c);
    c->kind = kind;
    c->flavour = flavour;
    c->baud = 115200;
    c->rx_buffer = 128;
    c->planner_blocks = 15;
    c->max_feed = 10000;
    c->acceleration = 1000;
    c->travel[0] = c->travel[1] = 300;
    c->travel[2] = 100;
    c->open_banner_us[0] = 326000;
    c->seed = 1;
    if (flavour == GRBL_AVR)
        return;
    c->rx_buffer = flavour == GRBL_HAL ? 1024 : 256;
    c->planner_blocks = flavour == GRBL_HAL ? 100 : 15;
    c->open_banner_us[0] = flavour == GRBL_HAL ? 0 : 2600000;
    c->open_banner_us[1] = flavour == GRBL_MKS ? 5000000 : 0;
}

struct sim *sim_create(const struct sim_config *config) {
    assert(config->rx_buffer && config->rx_buffer <= SIM_RX_MAX);
    assert(config->planner_blocks && config->planner_blocks <= SIM_PLANNER_MAX);
    struct sim *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->config = *config;
    s->config.serial[SIM_TEXT_MAX - 1] = 0;
    s->random = config->seed * 0x9E3779B97F4A7C15ULL | 1;
    s->plugged = true;
    s->watch_allowed = true;
    s->banner_at[0] = s->banner_at[1] = NEVER;
    s->mishaps.replug_at = NEVER;
    memcpy(s->user_text, s->config.serial, sizeof s->user_text);
    sim_settings_default(s);
    sim_firmware_clear(s);
    if (sim_hook_create(s))
        return s;
    sim_free(s);
    return NULL;
}

void sim_free(struct sim *s) {
    if (!s)
        return;
    sim_hook_free(s);
    free(s->card);
    free(s);
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

// The next moment at which something happens by itself, bytes from the host left out.
static int64_t next_inside(const struct sim *s) {
    int64_t next = sim_motion_next(s);
    if (s->busy_until > s->now)
        next = least(next, s->busy_until);
    if (s->dwell_end > s->now)
        next = least(next, s->dwell_end);
    next = least(next, least(s->banner_at[0], s->banner_at[1]));
    return least(next, s->mishaps.replug_at);
}

static int64_t next_event(const struct sim *s) {
    int64_t next = next_inside(s);
    if (s->in.count)
        next = least(next, s->in.at[s->in.head]);
    return next > s->now ? next : s->now;
}

static bool due(int64_t *at, int64_t now) {
    if (*at > now)
        return false;
    *at = NEVER;
    return true;
}

// One thing at s->now; false when nothing more is due at this moment.
static bool work_off_one(struct sim *s) {
    if (sim_motion_next(s) <= s->now) {
        sim_motion_event(s);
        return true;
    }
    if (due(&s->mishaps.replug_at, s->now)) {
        sim_fault(s, SIM_FAULT_REPLUG, 0, s->now);
        return true;
    }
    for (int i = 0; i < 2; i++)
        if (due(&s->banner_at[i], s->now)) {
            sim_firmware_power_up(s);
            return true;
        }
    if (s->in.count && s->in.at[s->in.head] <= s->now) {
        sim_wire_arrived(s);
        return true;
    }
    return false;
}

static bool wakes(int64_t at, int64_t now, int64_t next) {
    return at > now && at <= next && at != NEVER;
}

void sim_advance(struct sim *s, int64_t now) {
    if (now < s->now)
        now = s->now;
    for (;;) {
        int64_t next = next_event(s);
        if (next > now)
            break;
        sim_motion_advance(s, next);
        bool waking = wakes(s->busy_until, s->now, next) || wakes(s->dwell_end, s->now, next);
        s->now = next;
        bool worked = work_off_one(s);
        if (worked || waking)
            sim_firmware_run(s);
        else
            break;
    }
    s->now = now;
}

int64_t sim_deadline(struct sim *s, int64_t now) {
    sim_advance(s, now);
    int64_t next = next_inside(s);
    if (s->in.count) {
        uint32_t ahead = s->in.count < PIECE ? s->in.count - 1 : PIECE - 1;
        next = least(next, s->in.at[(s->in.head + ahead) % SIM_WIRE_MAX]);
    }
    if (s->plugged && s->out.count) {
        uint32_t ahead = s->out.count < PIECE ? s->out.count - 1 : PIECE - 1;
        next = least(next, s->out.at[(s->out.head + ahead) % SIM_OUT_MAX]);
    }
    return next;
}

void sim_open(struct sim *s, int64_t now) {
    sim_advance(s, now);
    s->out.count = 0;
    if (!s->plugged)
        return;
    const int64_t *banner = s->config.open_banner_us;
    if (banner[0] <= 0)
        return;
    sim_motion_advance(s, s->now);
    sim_motion_flush(s);
    memset(s->motion.position, 0, sizeof s->motion.position);
    sim_firmware_clear(s);
    sim_hook_power_up(s);
    s->state = SIM_IDLE;
    s->stage = STAGE_BOOT;
    s->busy_until = NEVER;
    for (int i = 0; i < 2; i++)
        s->banner_at[i] = banner[i] > 0 ? now + banner[i] : NEVER;
}

void sim_view(struct sim *s, struct sim_view *view, int64_t now) {
    sim_advance(s, now);
    *view = s->counts;
    sim_motion_count_energy(s, s->now, view);
    view->state = s->state;
    view->sub_state = sim_sub_state(s);
    sim_motion_where(s, view->position);
    view->power = sim_power_now(s);
    view->energised = view->power > 0;
    view->plugged = s->plugged;
    view->card_running = s->card_running;
    view->planner_used = s->motion.count;
    view->rx_used = (uint16_t)s->rx_count;
}

void sim_watch(struct sim *s, bool allowed, double level, int64_t now) {
    sim_advance(s, now);
    sim_motion_advance(s, s->now);
    s->watch_allowed = allowed;
    s->watch_level = level;
}
