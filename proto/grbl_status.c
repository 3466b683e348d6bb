// grbl_status.c: status reports: reading them, and showing a sender the one it understands as a pause.

#include "grbl.h" // grbl_status

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
    char word[8];
    uint8_t state; // enum grbl_run_state
} states[] = {
    {"Unknown", GRBL_STATE_UNKNOWN}, {"Idle", GRBL_IDLE},   {"Run", GRBL_RUN},
    {"Hold", GRBL_HOLDING},          {"Jog", GRBL_JOG},     {"Alarm", GRBL_ALARMED},
    {"Door", GRBL_DOOR_OPEN},        {"Check", GRBL_CHECK}, {"Home", GRBL_HOME},
    {"Sleep", GRBL_SLEEP},           {"Tool", GRBL_TOOL},
};

const char *grbl_run_state_name(enum grbl_run_state s) {
    for (size_t i = 0; i < COUNT(states); i++)
        if (states[i].state == s)
            return states[i].word;
    return states[0].word;
}

// Where in the text we are.
struct cursor {
    const uint8_t *p, *end;
};

static bool take(struct cursor *c, const char *word) {
    const uint8_t *p = c->p;
    while (*word && p != c->end && *p == (uint8_t)*word)
        p++, word++;
    if (*word)
        return false;
    c->p = p;
    return true;
}

// Reads `-12.3456` scaled by ten to the `decimals`; further digits are cut and what is too large saturates.
static bool take_scaled(struct cursor *c, uint8_t decimals, int32_t *out) {
    const uint8_t *p = c->p;
    int32_t value = 0;
    uint8_t behind = 0;
    bool negative = false, point = false, any = false;
    if (p != c->end && *p == '-') {
        negative = true;
        p++;
    }
    for (; p != c->end; p++) {
        if (*p == '.' && !point) {
            point = true;
        } else if (*p >= '0' && *p <= '9') {
            any = true;
            if (point && behind == decimals)
                continue;
            behind = (uint8_t)(behind + point);
            value = value > 214748363 ? 2147483640 : value * 10 + (*p - '0');
        } else {
            break;
        }
    }
    if (!any)
        return false;
    for (; behind < decimals; behind++)
        value = value > 214748363 ? 2147483640 : value * 10;
    *out = negative ? -value : value;
    c->p = p;
    return true;
}

// Reads up to `count` whole numbers separated by commas; returns how many.
static uint8_t take_list(struct cursor *c, uint8_t decimals, int32_t *out, uint8_t count) {
    uint8_t n = 0;
    while (n < count && take_scaled(c, decimals, &out[n])) {
        n++;
        if (c->p == c->end || *c->p != ',')
            break;
        c->p++;
    }
    return n;
}

static uint16_t u16(int32_t v) {
    return (uint16_t)(v < 0 ? 0 : v > UINT16_MAX ? UINT16_MAX : v);
}
static uint8_t u8(int32_t v) {
    return (uint8_t)(v < 0 ? 0 : v > UINT8_MAX ? UINT8_MAX : v);
}
static uint32_t u32(int32_t v) {
    return v < 0 ? 0u : (uint32_t)v;
}

static void parse_field(struct grbl_status *status, struct cursor c) {
    int32_t v[3] = {0, 0, 0};
    if (take(&c, "MPos:") || take(&c, "WPos:")) {
        if (take_list(&c, 3, v, 3) >= 2) {
            status->has_position = true;
            for (uint8_t i = 0; i < 3; i++)
                status->position_um[i] = v[i];
        }
    } else if (take(&c, "Bf:")) {
        if (take_list(&c, 0, v, 2) == 2) {
            status->has_buffer = true;
            status->planner_free = u16(v[0]);
            status->rx_free = u16(v[1]);
        }
    } else if (take(&c, "FS:") || take(&c, "F:")) {
        if (take_list(&c, 0, v, 2) >= 1) {
            status->has_feed = true;
            status->feed = u32(v[0]);
            status->speed = u32(v[1]);
        }
    } else if (take(&c, "Ov:")) {
        if (take_list(&c, 0, v, 3) == 3) {
            status->has_overrides = true;
            for (uint8_t i = 0; i < 3; i++)
                status->overrides[i] = u8(v[i]);
        }
    } else if (take(&c, "SD:")) {
        if (take_list(&c, 1, v, 1) == 1) {
            status->has_sd = true;
            status->sd_permille = u16(v[0]);
        }
    }
}

// The state word, with its number behind a colon; ends at `|` or the end.
static bool parse_state(struct grbl_status *status, struct cursor c) {
    for (size_t i = 0; i < COUNT(states); i++) {
        struct cursor rest = c;
        int32_t sub = 0;
        if (!take(&rest, states[i].word))
            continue;
        if (take(&rest, ":") && !take_scaled(&rest, 0, &sub))
            continue;
        if (rest.p != rest.end)
            continue;
        status->state = (enum grbl_run_state)states[i].state;
        status->sub_state = u8(sub);
        return true;
    }
    // A state word that is new to us is still a report.
    status->state = GRBL_STATE_UNKNOWN;
    return c.p != c.end && ((*c.p >= 'A' && *c.p <= 'Z') || (*c.p >= 'a' && *c.p <= 'z'));
}

bool grbl_status_parse(struct grbl_status *status, const uint8_t *text, size_t length) {
    struct cursor c = {text, text + length};
    bool first = true;
    *status = (struct grbl_status){.state = GRBL_STATE_UNKNOWN};
    if (c.p != c.end && *c.p == '<')
        c.p++;
    for (;;) {
        struct cursor field = c;
        while (c.p != c.end && *c.p != '|' && *c.p != '>')
            c.p++;
        field.end = c.p;
        if (first && !parse_state(status, field))
            return false;
        if (!first)
            parse_field(status, field);
        first = false;
        if (c.p == c.end || *c.p == '>')
            return true;
        c.p++;
    }
}

size_t grbl_status_as_held(uint8_t *out, size_t room, const uint8_t *line, size_t length) {
    static const char held[] = "<Hold:0";
    struct cursor c = {line, line + length};
    size_t used = 0;
    if (length < 2 || *c.p != '<' || room < sizeof held - 1)
        return 0;
    while (used < sizeof held - 1) {
        out[used] = (uint8_t)held[used];
        used++;
    }
    while (c.p != c.end && *c.p != '|' && *c.p != '>')
        c.p++;
    while (c.p != c.end) {
        struct cursor field = c;
        if (take(&field, "|Bf:")) {
            c.p = field.p;
            while (c.p != c.end && *c.p != '|' && *c.p != '>')
                c.p++;
            continue;
        }
        if (used == room)
            return 0;
        out[used++] = *c.p++;
    }
    return used;
}
