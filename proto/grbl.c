// grbl.c: realtime bytes, and what kind of reply a line is.

#include "grbl.h" // grbl_reply

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const flavour_names[GRBL_FLAVOURS] = {"avr", "mks", "fluidnc", "grblhal"};

const char *grbl_flavour_name(enum grbl_flavour f) {
    return (unsigned)f < GRBL_FLAVOURS ? flavour_names[f] : "unknown";
}

static bool same_text(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

bool grbl_flavour_from_name(const char *name, enum grbl_flavour *f) {
    for (size_t i = 0; i < GRBL_FLAVOURS; i++) {
        if (same_text(name, flavour_names[i])) {
            *f = (enum grbl_flavour)i;
            return true;
        }
    }
    return false;
}

#define ON(flavour) (1u << (flavour))
#define ALL         (ON(GRBL_FLAVOURS) - 1u)

// Ranges of bytes and the flavours in which they mean this; the first row that fits counts.
static const struct {
    uint8_t first, last;
    uint8_t flavours;
    uint8_t means; // enum grbl_realtime
} realtime_bytes[] = {
    {'?', '?', ALL, GRBL_STATUS},
    {'!', '!', ALL, GRBL_HOLD},
    {'~', '~', ALL, GRBL_CYCLE_START},
    {0x18, 0x18, ALL, GRBL_RESET},
    {0x84, 0x84, ALL, GRBL_DOOR},
    {0x85, 0x85, ALL, GRBL_JOG_CANCEL},
    {0x90, 0x97, ALL, GRBL_OVERRIDE},
    {0x99, 0x9E, ALL, GRBL_OVERRIDE},
    {0xA0, 0xA1, ALL, GRBL_OVERRIDE},
    // grblHAL: 0x03 leaves the program and 0x19 stops it; both throw away what is planned, like a reset.
    {0x03, 0x03, ON(GRBL_HAL), GRBL_RESET},
    {0x19, 0x19, ON(GRBL_HAL), GRBL_RESET},
    {0x14, 0x14, ON(GRBL_HAL), GRBL_OTHER_REALTIME}, // restarts the board, behind an escape byte
    {0x80, 0x80, ON(GRBL_HAL), GRBL_STATUS},
    {0x81, 0x81, ON(GRBL_HAL), GRBL_CYCLE_START},
    {0x82, 0x82, ON(GRBL_HAL), GRBL_HOLD},
    {0x87, 0x87, ON(GRBL_HAL), GRBL_STATUS}, // the report with all its fields
    {0x87, 0x8A, ON(GRBL_FLUIDNC), GRBL_MACRO},
    {0xB0, 0xB7, ON(GRBL_HAL), GRBL_MACRO},
    {0xB0, 0xFF, ON(GRBL_FLUIDNC), GRBL_MACRO},
    // Every other high byte is taken out of the stream by the firmware: Grbl on AVR discards it, the forks
    // may do something with it. It is never part of a line.
    {0x80, 0xFF, ALL, GRBL_OTHER_REALTIME},
};

enum grbl_realtime grbl_realtime(enum grbl_flavour f, uint8_t byte) {
    // Letters, digits, blanks and line ends, which are nearly all there is, need no look at the table.
    if (byte > '?' && byte < '~')
        return GRBL_DATA;
    for (size_t i = 0; i < COUNT(realtime_bytes); i++)
        if (byte >= realtime_bytes[i].first && byte <= realtime_bytes[i].last &&
            realtime_bytes[i].flavours & ON(f))
            return (enum grbl_realtime)realtime_bytes[i].means;
    return GRBL_DATA;
}

bool grbl_is_safety(enum grbl_realtime r) {
    return r == GRBL_RESET || r == GRBL_STATUS || r == GRBL_HOLD || r == GRBL_DOOR || r == GRBL_JOG_CANCEL;
}

bool grbl_folds_crlf(enum grbl_flavour f) {
    return f == GRBL_FLUIDNC || f == GRBL_HAL;
}

// A piece of a line.
struct span {
    const uint8_t *p, *end;
};

static bool begins(struct span s, const char *word) {
    while (*word && s.p != s.end && *s.p == (uint8_t)*word)
        s.p++, word++;
    return !*word;
}

static size_t text_length(const char *text) {
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static struct span trim(struct span s) {
    while (s.p != s.end && *s.p <= ' ')
        s.p++;
    while (s.end != s.p && s.end[-1] <= ' ')
        s.end--;
    return s;
}

// Reads a number of at most 16 bits (more saturates) and returns what follows it.
static struct span read_number(struct span s, uint16_t *number) {
    uint32_t n = 0;
    while (s.p != s.end && is_digit(*s.p)) {
        n = n * 10u + (uint32_t)(*s.p++ - '0');
        if (n > UINT16_MAX)
            n = UINT16_MAX;
    }
    *number = (uint16_t)n;
    return s;
}

static const struct {
    char word[8];
    uint8_t type; // enum grbl_reply_type
} endings[] = {{"ok", GRBL_REPLY_OK}, {"error:", GRBL_REPLY_ERROR}, {"ALARM:", GRBL_REPLY_ALARM}};

// An answer that is the whole of `s`: `ok`, `error:n`, `ALARM:n`. EMPTY if it is none of them.
static enum grbl_reply_type exact_ending(struct span s, uint16_t *number) {
    *number = 0;
    for (size_t i = 0; i < COUNT(endings); i++) {
        if (!begins(s, endings[i].word))
            continue;
        struct span rest = {s.p + text_length(endings[i].word), s.end};
        bool needs_number = endings[i].type != GRBL_REPLY_OK;
        if (needs_number == (rest.p == rest.end))
            return GRBL_REPLY_EMPTY;
        rest = read_number(rest, number);
        return rest.p == rest.end ? (enum grbl_reply_type)endings[i].type : GRBL_REPLY_EMPTY;
    }
    return GRBL_REPLY_EMPTY;
}

// Finds an answer at the end of a line whose closing mark was lost, and cuts it off.
static enum grbl_reply_type cut_ending(struct span *s, uint16_t *number) {
    const uint8_t *p = s->end;
    while (p != s->p && is_digit(p[-1]))
        p--;
    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t length = text_length(endings[i].word);
        const uint8_t *word = endings[i].type == GRBL_REPLY_OK ? s->end : p;
        if ((size_t)(word - s->p) < length)
            continue;
        struct span ending = {word - length, s->end};
        enum grbl_reply_type type = exact_ending(ending, number);
        if (type != GRBL_REPLY_EMPTY) {
            s->end = ending.p;
            return type;
        }
    }
    return GRBL_REPLY_EMPTY;
}

static uint16_t limited(size_t n) {
    return (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
}

static void set_text(struct grbl_reply *reply, struct span s) {
    reply->text = s.p;
    reply->length = limited((size_t)(s.end - s.p));
}

// Separates a report or message from an answer spliced to it. `inside` becomes what stands between the
// marks. With the closing mark in place only a whole answer behind it counts, so that `[MSG:ok]` is a message.
static void split(struct grbl_reply *reply, struct span line, uint8_t close, struct span *inside) {
    const uint8_t *mark = NULL;
    for (const uint8_t *p = line.p; p != line.end; p++) {
        if (*p == close) {
            mark = p;
            if (close == '>')
                break; // a report holds no `>`, a message may hold `]`
        }
    }
    *inside = (struct span){line.p + 1, mark ? mark : line.end};
    if (mark)
        reply->trailing = exact_ending(trim((struct span){mark + 1, line.end}), &reply->trailing_number);
    else
        reply->trailing = cut_ending(inside, &reply->trailing_number);
}

bool grbl_find_field(const uint8_t *line, size_t length, const char *tag, const uint8_t **text,
                     uint16_t *text_len) {
    const uint8_t *end = line + length;
    for (const uint8_t *p = line; p != end; p++) {
        if (*p != '[' || !begins((struct span){p, end}, tag))
            continue;
        const uint8_t *from = p + text_length(tag), *to = from;
        while (to != end && *to != ']')
            to++;
        *text = from;
        *text_len = limited((size_t)(to - from));
        return true;
    }
    return false;
}

bool grbl_opt_buffers(const uint8_t *text, size_t length, uint16_t *planner, uint16_t *rx) {
    struct span s = {text, text + length};
    uint16_t value[2] = {0, 0};
    for (uint8_t i = 0; i < 2; i++) {
        while (s.p != s.end && *s.p != ',')
            s.p++;
        if (s.p == s.end)
            return false;
        s.p++;
        if (s.p == s.end || !is_digit(*s.p))
            return false;
        s = read_number(s, &value[i]);
    }
    *planner = value[0];
    *rx = value[1];
    return true;
}

static void parse_bracket(struct grbl_reply *reply, struct span line) {
    static const struct {
        char tag[6];
        uint8_t type;
    } tags[] = {
        {"MSG:", GRBL_REPLY_MSG}, {"GC:", GRBL_REPLY_GC}, {"VER:", GRBL_REPLY_VER}, {"OPT:", GRBL_REPLY_OPT}};
    struct span inside;
    split(reply, line, ']', &inside);
    for (size_t i = 0; i < COUNT(tags); i++) {
        if (begins(inside, tags[i].tag)) {
            reply->type = (enum grbl_reply_type)tags[i].type;
            inside.p += text_length(tags[i].tag);
            set_text(reply, inside);
            if (reply->type != GRBL_REPLY_VER)
                return;
        }
    }
    // The MKS boards answer $I with several brackets in one line; the version is what names the line.
    size_t length = (size_t)(line.end - line.p);
    if (grbl_find_field(line.p, length, "[VER:", &reply->text, &reply->length))
        reply->type = GRBL_REPLY_VER;
}

// `Grbl 1.1h [...]`, `GrblHAL 1.1f [...]`, `Grbl 3.9 [FluidNC ...]`; boot noise may stand before it.
static bool is_banner(struct span s) {
    static const char *const names[] = {"Grbl ", "GrblHAL ", "grblHAL "};
    for (; s.p != s.end; s.p++) {
        for (size_t i = 0; i < COUNT(names); i++) {
            size_t length = text_length(names[i]);
            if (begins(s, names[i]) && (size_t)(s.end - s.p) > length && is_digit(s.p[length]))
                return true;
        }
    }
    return false;
}

static bool parse_setting(struct grbl_reply *reply, struct span s) {
    s.p++;
    if (s.p == s.end || !is_digit(*s.p))
        return false;
    s = read_number(s, &reply->number);
    if (s.p == s.end || *s.p != '=')
        return false;
    s.p++;
    reply->type = GRBL_REPLY_SETTING;
    set_text(reply, s);
    return true;
}

static void parse_answer(struct grbl_reply *reply, struct span s, enum grbl_reply_type type) {
    s.p += 6; // `error:` and `ALARM:` are of one length
    set_text(reply, s);
    // `error:9 in SD file at line 3` answers no line of the host's: it tells of a file on the machine.
    struct span rest = read_number(trim(s), &reply->number);
    reply->type = begins(rest, " in SD file") ? GRBL_REPLY_OTHER : type;
}

void grbl_reply_parse(struct grbl_reply *reply, const uint8_t *line, size_t length) {
    struct span s = trim((struct span){line, line + length});
    struct span inside;
    *reply = (struct grbl_reply){.type = GRBL_REPLY_OTHER, .trailing = GRBL_REPLY_EMPTY};
    set_text(reply, s);
    if (s.p == s.end) {
        reply->type = GRBL_REPLY_EMPTY;
    } else if (begins(s, "ok") && s.end - s.p == 2) {
        reply->type = GRBL_REPLY_OK;
    } else if (begins(s, "ok<") || begins(s, "ok[")) { // spliced the other way round
        grbl_reply_parse(reply, s.p + 2, (size_t)(s.end - s.p - 2));
        if (reply->trailing == GRBL_REPLY_EMPTY)
            reply->trailing = GRBL_REPLY_OK;
    } else if (*s.p == '<') {
        split(reply, s, '>', &inside);
        reply->type = GRBL_REPLY_STATUS;
        set_text(reply, inside);
    } else if (*s.p == '[') {
        parse_bracket(reply, s);
    } else if (begins(s, "error:")) {
        parse_answer(reply, s, GRBL_REPLY_ERROR);
    } else if (begins(s, "ALARM:")) {
        parse_answer(reply, s, GRBL_REPLY_ALARM);
    } else if ((*s.p != '$' || !parse_setting(reply, s)) && is_banner(s)) {
        reply->type = GRBL_REPLY_BANNER;
    }
}
