// judge_lines.c: what a sender, a person or an attacker may send, and the settings under which it is judged.
#include "judge_lines.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const folders[] = {"tests/fuzz/corpus/gcode",   "tests/fuzz/corpus/sender",
                                      "tests/fuzz/corpus/machine", "tests/fuzz/corpus/hook",
                                      "tests/fuzz/corpus/link",    "tests/data",
                                      "../shared/samples",         "../shared/captures"};

static const char *const pieces[] = {
    "G0",
    "G1",
    "G2",
    "G3",
    "G4",
    "G10",
    "G17",
    "G20",
    "G28",
    "G28.1",
    "G30.1",
    "G38.2",
    "G38.5",
    "G38.1",
    "G43.1",
    "G49",
    "G53",
    "G54",
    "G59",
    "G59.1",
    "G61",
    "G80",
    "G90",
    "G90.1",
    "G91",
    "G91.1",
    "G92",
    "G92.1",
    "G93",
    "G94",
    "G1.0",
    "G01",
    "G-0",
    "G000000001",
    "G0000001",
    "G94.0",
    "G94.00",
    "G96",
    "M3",
    "M4",
    "M5",
    "M0",
    "M1",
    "M2",
    "M30",
    "M6",
    "M7",
    "M8",
    "M9",
    "M56",
    "M106",
    "M107",
    "M3.0",
    "M03",
    "M3.1",
    "S0",
    "S1000",
    "S20",
    "S20.0",
    "S20.5",
    "S-1",
    "S0.0001",
    "S999999999",
    "S1000000000",
    "S20.000000000",
    "X1",
    "Y2.5",
    "Z-1",
    "A1",
    "I1",
    "J2",
    "K3",
    "R4",
    "P1",
    "F100",
    "E1",
    "T1",
    "N5",
    "L2",
    "B1",
    "X",
    "*12",
    "*",
    "/",
    " ",
    "\t",
    "(c)",
    ";c",
    "(",
    "%",
    "$",
    "[",
    "=",
    "$J=",
    "$N0=",
    "$N1=",
    "$N",
    "$NX=",
    "$$",
    "$H",
    "$HX",
    "$HXY",
    "$X",
    "$I",
    "$I=",
    "$G",
    "$#",
    "$C",
    "$SLP",
    "$RST=",
    "#",
    "$RST=#",
    "$SD/RUN",
    "$SD/RUN=",
    "$SD/LIST",
    "$SD/RUNFILE",
    "$LOCALFS/RUN",
    "$LOCALFS/LIST",
    "$MACROS/RUN=",
    "$F",
    "$F=",
    "$RM=",
    "$LOT=",
    "$LOT?",
    "$OP=",
    "$ES",
    "$EG",
    "$EE",
    "$EA",
    "$HELP",
    "$+",
    "$S",
    "$I+",
    "[ESP220]",
    "[ESP700]",
    "[esp 220]",
    "[ESP220",
    "$10=1",
    "$30=",
    "$27=",
    "$0=",
    "$133=",
    "$134=",
    "$010=",
    "$132=5",
    "M118 LOT=",
    "-",
    "+",
    ".",
    "0",
    "1",
    "9",
    "255",
    "\x80",
    "\xe1",
};

static uint32_t below(struct judge_lines *l, uint32_t n) {
    l->seed ^= l->seed << 13;
    l->seed ^= l->seed >> 7;
    l->seed ^= l->seed << 17;
    return (uint32_t)(l->seed >> 20) % n;
}

static void add(struct judge_lines *l, const char *text, size_t length) {
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 1024;
        l->lines = realloc(l->lines, l->room * sizeof *l->lines);
        l->lengths = realloc(l->lengths, l->room * sizeof *l->lengths);
    }
    char *copy = malloc(length + 1);
    if (!copy || !l->lines || !l->lengths)
        abort();
    memcpy(copy, text, length);
    l->lines[l->count] = copy;
    l->lengths[l->count++] = length;
}

static void read_file(struct judge_lines *l, const char *path) {
    FILE *file = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    ssize_t got;
    if (!file)
        return;
    while ((got = getline(&line, &room, file)) > 0) {
        size_t length = (size_t)got;
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        add(l, line, length < JUDGE_LINE_MAX ? length : JUDGE_LINE_MAX);
        if (length > 2 && line[1] == ' ') // a capture marks who said it
            add(l, line + 2, length < JUDGE_LINE_MAX ? length - 2 : JUDGE_LINE_MAX - 2);
    }
    free(line);
    fclose(file);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void judge_lines_read(struct judge_lines *l) {
    *l = (struct judge_lines){.seed = 88172645463325252u};
    for (size_t f = 0; f < COUNT(folders); f++) {
        DIR *dir = opendir(folders[f]);
        char *names[256];
        size_t count = 0;
        if (!dir)
            continue;
        for (struct dirent *e; (e = readdir(dir)) != NULL && count < COUNT(names);)
            if (e->d_name[0] != '.')
                names[count++] = strdup(e->d_name);
        closedir(dir);
        qsort(names, count, sizeof names[0], by_name); // the same lines in the same order everywhere
        for (size_t i = 0; i < count; i++) {
            char path[512];
            snprintf(path, sizeof path, "%s/%s", folders[f], names[i]);
            read_file(l, path);
            free(names[i]);
        }
    }
}

void judge_lines_free(struct judge_lines *l) {
    for (size_t i = 0; i < l->count; i++)
        free(l->lines[i]);
    free(l->lines);
    free(l->lengths);
}

// A line of the corpora with a few bytes changed, taken out or put in.
static size_t altered(struct judge_lines *l, uint8_t *line) {
    static const char marks[] = "0123456789.-+ ()$[=;*/GMSXFENJ";
    size_t from = below(l, (uint32_t)l->count), length = l->lengths[from];
    length = length < 200 ? length : 200;
    memcpy(line, l->lines[from], length);
    for (uint32_t edits = below(l, 4); edits && length; edits--) {
        size_t at = below(l, (uint32_t)length);
        switch (below(l, 3)) {
        case 0:
            line[at] = (uint8_t)below(l, 256);
            break;
        case 1:
            memmove(line + at, line + at + 1, length-- - at - 1);
            break;
        default:
            memmove(line + at + 1, line + at, length++ - at);
            line[at] = (uint8_t)marks[below(l, sizeof marks - 1)];
        }
    }
    return length;
}

static size_t pieced(struct judge_lines *l, uint8_t *line) {
    size_t length = 0;
    for (uint32_t n = below(l, 50) ? 1 + below(l, 6) : below(l, 40); n; n--) {
        const char *piece = pieces[below(l, COUNT(pieces))];
        memcpy(line + length, piece, strlen(piece));
        length += strlen(piece);
        if (below(l, 6) == 0)
            line[length++] = (uint8_t) " \t\r\x01(;"[below(l, 6)];
        if (below(l, 12) == 0)
            line[length++] = (uint8_t)('0' + below(l, 10));
    }
    if (below(l, 4) == 0)
        for (size_t i = 0; i < length; i++)
            line[i] |= line[i] >= 'A' && line[i] <= 'Z' ? 0x20 : 0;
    if (length && below(l, 10) == 0)
        line[below(l, (uint32_t)length)] = (uint8_t)below(l, 256);
    return length;
}

size_t judge_lines_pieces(void) {
    return COUNT(pieces);
}

size_t judge_lines_piece(size_t index, uint8_t line[JUDGE_LINE_MAX]) {
    size_t length = strlen(pieces[index]);
    memcpy(line, pieces[index], length);
    return length;
}

size_t judge_lines_next(struct judge_lines *l, uint8_t line[JUDGE_LINE_MAX]) {
    size_t length = below(l, 10) < 4 && l->count ? altered(l, line) : pieced(l, line);
    if (below(l, 5000) == 0) { // round the longest that is judged
        size_t longer = 1023 + below(l, 3);
        memset(line + length, ' ', longer - length);
        length = longer;
    }
    return length;
}

void judge_lines_setting(struct judge_lines *l, struct judge_rules *rules, struct judge_state *state) {
    *rules = (struct judge_rules){(uint8_t)below(l, 2), below(l, 6) == 0, (uint8_t)below(l, 2), below(l, 50)};
    if (below(l, 4) == 0)
        rules->focus_limit = below(l, 2) ? UINT32_MAX - below(l, 5) : below(l, 4000000000u);
    *state = (struct judge_state){
        .on = (uint8_t)below(l, 2), .fan_beam = below(l, 3) == 0, .doubt = below(l, 4) == 0};
    state->s.mantissa = (int32_t)(below(l, 3) ? below(l, 1200) : below(l, 1000000000));
    state->s.decimals = below(l, 3) ? 0 : (uint8_t)below(l, 10);
    if (below(l, 20) == 0)
        state->s = (struct judge_number){999999999, 0, 1};
}

static bool same(const struct judge_answer *a, const struct judge_answer *b) {
    const struct judge_state *x = &a->after, *y = &b->after;
    return a->class == b->class && a->shape == b->shape && a->energised == b->energised &&
           a->ends == b->ends && a->says_off == b->says_off && x->on == y->on && x->fan_beam == y->fan_beam &&
           x->doubt == y->doubt && x->s.mantissa == y->s.mantissa && x->s.decimals == y->s.decimals &&
           x->s.saturated == y->s.saturated;
}

bool judge_lines_agree(const struct judge_answer *host, const struct judge_answer *firmware,
                       const uint8_t *line, size_t length) {
    if (same(host, firmware))
        return true;
    fprintf(stderr, "host: class %u, beam %u, S %d; firmware: class %u, beam %u, S %d; line \"", host->class,
            host->after.on, (int)host->after.s.mantissa, firmware->class, firmware->after.on,
            (int)firmware->after.s.mantissa);
    for (size_t i = 0; i < length; i++)
        fprintf(stderr, line[i] >= ' ' && line[i] < 0x7F ? "%c" : "\\x%02x", line[i]);
    fprintf(stderr, "\"\n");
    return false;
}
