// trace_svg: see trace_svg.h. A node stands one layer behind the last of those it comes from; within a layer, near them.
#include "trace_svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert
#include "json.h"  // json_text

enum { WIDTH = 190, HEIGHT = 40, GAP_X = 60, GAP_Y = 14, MARGIN = 20, TEXT_MAX = 26, WORDS_MAX = 200 };

struct layout {
    int count, edge_count, layers;
    int *layer, *row, *rows; // of each node; nodes in each layer
    double *wish;            // where a node would like to stand
    int (*edges)[2];
};

// Length of a character at `p` that acts instead of being seen (controls, what turns the direction of writing) or that XML
// does not take; 0: it is an ordinary one.
static size_t acting(const unsigned char *p) {
    if (*p < 0x20 || *p == 0x7f)
        return 1;
    if (p[0] == 0xC2 && p[1] < 0xA0) // U+0080 to U+009F
        return 2;
    if (p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0x8E || p[2] == 0x8F || (p[2] >= 0xA8 && p[2] <= 0xAE)))
        return 3;
    if (p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9)
        return 3;
    return p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xB9 && p[2] != 0xBC && p[2] != 0xBD ? 3 : 0;
}

static void put_text(FILE *out, const char *text, size_t most) {
    size_t shown = 0;
    for (const unsigned char *p = (const unsigned char *)(text ? text : ""); *p; p++) {
        if ((*p & 0xC0) != 0x80 && ++shown > most) {
            fputs("…", out);
            return;
        }
        if (*p == '<')
            fputs("&lt;", out);
        else if (*p == '>')
            fputs("&gt;", out);
        else if (*p == '&')
            fputs("&amp;", out);
        else if (*p == '"')
            fputs("&quot;", out);
        else if (acting(p)) {
            fputc(' ', out);
            p += acting(p) - 1;
        } else
            fputc(*p, out);
    }
}

static void take_edges(struct layout *l, const cJSON *edges) {
    const cJSON *edge;
    cJSON_ArrayForEach(edge, edges) {
        int from = cJSON_GetArrayItem(edge, 0)->valueint, to = cJSON_GetArrayItem(edge, 1)->valueint;
        if (from < 0 || to < 0 || from >= l->count || to >= l->count)
            continue;
        l->edges[l->edge_count][0] = from;
        l->edges[l->edge_count++][1] = to;
    }
}

// The longest way from the left decides the layer. Ends after `count` rounds even if the graph had a circle.
static void set_layers(struct layout *l) {
    bool moved = true;
    for (int round = 0; moved && round < l->count; round++) {
        moved = false;
        for (int e = 0; e < l->edge_count; e++) {
            int from = l->edges[e][0], to = l->edges[e][1];
            if (l->layer[to] <= l->layer[from] && l->layer[from] + 1 < l->count) {
                l->layer[to] = l->layer[from] + 1;
                moved = true;
            }
        }
    }
    for (int i = 0; i < l->count; i++)
        if (l->layer[i] + 1 > l->layers)
            l->layers = l->layer[i] + 1;
}

static void wish_of_layer(struct layout *l, int layer) {
    for (int i = 0; i < l->count; i++) {
        double sum = 0;
        int n = 0;
        for (int e = 0; l->layer[i] == layer && e < l->edge_count; e++)
            if (l->edges[e][1] == i) {
                sum += l->row[l->edges[e][0]];
                n++;
            }
        if (l->layer[i] == layer)
            l->wish[i] = n ? sum / n : i;
    }
}

// By wish, in the order of the nodes where wishes are equal.
static bool is_above(const struct layout *l, int one, int other) {
    return l->wish[one] < l->wish[other] || (one < other && l->wish[one] == l->wish[other]);
}

static void set_rows(struct layout *l) {
    for (int layer = 0; layer < l->layers; layer++) {
        wish_of_layer(l, layer);
        for (int i = 0; i < l->count; i++) {
            if (l->layer[i] != layer)
                continue;
            int before = 0;
            for (int k = 0; k < l->count; k++)
                before += l->layer[k] == layer && is_above(l, k, i);
            l->row[i] = before;
            l->rows[layer]++;
        }
    }
}

static int x_of(const struct layout *l, int node) {
    return MARGIN + l->layer[node] * (WIDTH + GAP_X);
}

static int y_of(const struct layout *l, int node) {
    return MARGIN + l->row[node] * (HEIGHT + GAP_Y);
}

static void draw_edges(FILE *out, const struct layout *l) {
    for (int e = 0; e < l->edge_count; e++) {
        int from = l->edges[e][0], to = l->edges[e][1];
        int x1 = x_of(l, from) + WIDTH, y1 = y_of(l, from) + HEIGHT / 2, x2 = x_of(l, to),
            y2 = y_of(l, to) + HEIGHT / 2;
        fprintf(out, "<path d=\"M%d %dC%d %d %d %d %d %d\"/>", x1, y1, (x1 + x2) / 2, y1, (x1 + x2) / 2, y2,
                x2, y2);
    }
}

// A mark behind the number; the words are shown where the pointer rests.
static void put_corrected(FILE *out, const cJSON *corrections) {
    const cJSON *one;
    if (!cJSON_IsArray(corrections))
        return;
    fputs(" ✎<title>", out);
    cJSON_ArrayForEach(one, corrections) {
        static const struct {
            const char *before, *name;
        } parts[] = {{"Corrected: ", "field"}, {" was ", "was"}, {", is ", "value"},
                     {". By ", "by"},          {", ", "at"},     {": ", "reason"}};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            fputs(parts[i].before, out);
            put_text(out, json_text(one, parts[i].name), WORDS_MAX);
        }
        fputs(". ", out);
    }
    fputs("</title>", out);
}

static void draw_nodes(FILE *out, const struct layout *l, const cJSON *nodes) {
    int i = 0;
    for (const cJSON *node = nodes->child; node && i < l->count; node = node->next, i++) {
        const char *state = json_text(node, "state");
        bool self = strcmp(json_text(node, "side"), "self") == 0;
        bool bad = state && (strcmp(state, "rejected") == 0 || strcmp(state, "recalled") == 0 ||
                             strcmp(state, "quarantined") == 0);
        fprintf(
            out,
            "<g class=\"%s%s%s\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/><text x=\"%d\" y=\"%d\">",
            json_text(node, "type"), self ? " self" : "", bad ? " bad" : "", x_of(l, i), y_of(l, i), WIDTH,
            HEIGHT, x_of(l, i) + 10, y_of(l, i) + 17);
        put_text(out, json_text(node, "id"), TEXT_MAX);
        put_corrected(out, json_get(node, "corrected"));
        fprintf(out, "</text><text class=\"l\" x=\"%d\" y=\"%d\">%s%s", x_of(l, i) + 10, y_of(l, i) + 32,
                json_text(node, "type"), json_text(node, "label") ? ": " : "");
        put_text(out, json_text(node, "label"), TEXT_MAX - 4);
        fputs("</text></g>", out);
    }
}

static const char style[] =
    "<style>:root{color-scheme:light dark}path{fill:none;stroke:#9ca3af;stroke-width:1.2}rect{fill:#fff;stroke:#374151}"
    ".supplier rect{fill:#f3f4f6}.lot rect{fill:#e0f2fe}.job rect{fill:#ffedd5}.record rect{fill:#fef9c3}.unit rect{fill:#dcfce7}"
    ".order rect{fill:#fae8ff}.customer rect{fill:#ffe4e6}.self rect{stroke-width:3}.bad rect{stroke:#b91c1c;stroke-width:3}"
    "text{font:600 12px system-ui,sans-serif;fill:#111827}.l{font-weight:400;font-size:11px;fill:#374151}</style>";

static void draw(FILE *out, const struct layout *l, const cJSON *trace, int left_out) {
    int tallest = 0;
    for (int i = 0; i < l->layers; i++)
        tallest = l->rows[i] > tallest ? l->rows[i] : tallest;
    int width = 2 * MARGIN + l->layers * (WIDTH + GAP_X) - GAP_X,
        height = 2 * MARGIN + tallest * (HEIGHT + GAP_Y) + 20;
    fprintf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\"><title>",
        width, height, width, height);
    put_text(out, json_text(trace, "id"), 200);
    fprintf(out, "</title>%s", style);
    draw_edges(out, l);
    draw_nodes(out, l, json_get(trace, "nodes"));
    if (left_out || json_flag(trace, "cut", false))
        fprintf(out, "<text x=\"%d\" y=\"%d\">%d more are not drawn%s</text>", MARGIN, height - 8, left_out,
                json_flag(trace, "cut", false) ? ", and there are more still" : "");
    fputs("</svg>\n", out);
}

char *trace_svg(const cJSON *trace) {
    int all = cJSON_GetArraySize(json_get(trace, "nodes")),
        edges = cJSON_GetArraySize(json_get(trace, "edges"));
    struct layout l = {.count = all < TRACE_SVG_NODES_MAX ? all : TRACE_SVG_NODES_MAX};
    size_t room = (size_t)l.count + 1;
    char *svg = NULL;
    size_t length;
    l.layer = calloc(room, sizeof *l.layer);
    l.row = calloc(room, sizeof *l.row);
    l.rows = calloc(room, sizeof *l.rows);
    l.wish = calloc(room, sizeof *l.wish);
    l.edges = calloc((size_t)edges + 1, sizeof *l.edges);
    lg_assert(l.layer && l.row && l.rows && l.wish && l.edges);
    take_edges(&l, json_get(trace, "edges"));
    set_layers(&l);
    set_rows(&l);
    FILE *out = open_memstream(&svg, &length);
    lg_assert(out);
    draw(out, &l, trace, all - l.count);
    lg_assert(fclose(out) == 0 && svg);
    free(l.layer);
    free(l.row);
    free(l.rows);
    free(l.wish);
    free(l.edges);
    return svg;
}
