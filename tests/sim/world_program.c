// Programs for the simulated senders: small jobs of every shape a laser sees, made from the seed.
#include <stdarg.h>
#include <stdio.h>

#include "world.h"

struct text {
    char *out;
    size_t room, length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int n = vsnprintf(t->out + t->length, t->room - t->length, format, list);
    va_end(list);
    if (n > 0 && (size_t)n < t->room - t->length)
        t->length += (size_t)n;
    t->out[t->length] = '\0';
}

static void raster(struct world *w, struct text *t) {
    int rows = 2 + (int)world_random(w, 3), columns = 5 + (int)world_random(w, 20);
    add(t, "M4 S0\nG0 X0 Y0\nG1 F3000\n");
    for (int row = 0; row < rows; row++) {
        add(t, "G0X0Y%d.%d\nG1 S%d\n", row, row, 100 + (int)world_random(w, 800));
        for (int column = 0; column < columns; column++)
            add(t, "X%d.%dS%d\n", column / 2, column % 2 * 5, (int)world_random(w, 1000));
    }
}

static void outline(struct world *w, struct text *t) {
    add(t, "M3 S%d\nG1 F2000\n", 200 + (int)world_random(w, 700));
    for (int i = 0, n = 4 + (int)world_random(w, 20); i < n; i++)
        add(t, "G1 X%d.%03d Y%d\n", (int)world_random(w, 8), (int)world_random(w, 1000),
            (int)world_random(w, 8));
    add(t, "G2 X5.5 Y9 R50\n"); // no line before it ends above Y8
}

static void relative(struct world *w, struct text *t) {
    add(t, "G91 ; relative\nM4\n");
    for (int i = 0, n = 6 + (int)world_random(w, 20); i < n; i++)
        add(t, "G1X%s0.%dF2400S%d (scan)\n", i % 2 ? "-" : "", 1 + (int)world_random(w, 9),
            i % 3 ? 500 + (int)world_random(w, 400) : 0);
    add(t, "G90\n");
}

size_t world_program(struct world *w, char *out, size_t room) {
    static void (*const shapes[])(struct world *, struct text *) = {raster, outline, relative};
    static const char *const ends[] = {"M5\nM2\n", "M5\nG0 X0 Y0\nM30\n", "M5\nG0X0Y0\n"};
    struct text t = {out, room, 0};
    if (world_random(w, 3) == 0)
        add(&t, "\n; made by a seed\n(nobody reads this)\n\n");
    add(&t, world_random(w, 2) ? "G21\nG90\n" : "G21\n\nG90\n\n\n");
    shapes[world_random(w, 3)](w, &t);
    add(&t, "%s", ends[world_random(w, 3)]);
    return t.length;
}
