// meter_path.c: keeps the job's picture small while it grows.

#include <math.h>

#include "meter_path.h" // meter_path_add

#define TOLERANCE_MM     0.02                     // to begin with: finer than any of these machines works
#define TOLERANCE_MAX_MM 1e7                      // wider than any coordinate: everything is one segment then
#define POINTS_AFTER     (METER_PATH_MAX / 4 * 3) // a thinning has to make this much room

void meter_path_reset(struct meter *m) {
    m->points = 0;
    m->tolerance_mm = TOLERANCE_MM;
    m->cone.narrow = false;
    m->cone.reach_um = 0;
}

// Takes p into the cone of directions that start at `from` and pass within the tolerance of every point so
// far. The half angle's tangent is tolerance / distance, a little less than what would be allowed.
static void cone_narrow(struct meter *m, double dx, double dy, double distance) {
    double tolerance = m->tolerance_mm * 1000.0;
    if (distance > m->cone.reach_um)
        m->cone.reach_um = distance;
    if (distance <= tolerance)
        return;
    double k = tolerance / distance;
    double lx = dx - dy * k, ly = dy + dx * k;
    double rx = dx + dy * k, ry = dy - dx * k;
    if (!m->cone.narrow || m->cone.left_x * ly - m->cone.left_y * lx < 0) {
        m->cone.left_x = lx;
        m->cone.left_y = ly;
    }
    if (!m->cone.narrow || m->cone.right_x * ry - m->cone.right_y * rx > 0) {
        m->cone.right_x = rx;
        m->cone.right_y = ry;
    }
    m->cone.narrow = true;
}

// May the segment that is being prolonged end at this offset from its beginning? Going back by more than
// the tolerance would lose the far end.
static bool cone_allows(const struct meter *m, double dx, double dy, double distance) {
    if (distance < m->cone.reach_um - m->tolerance_mm * 1000.0)
        return false;
    if (!m->cone.narrow)
        return true;
    return m->cone.left_x * dy - m->cone.left_y * dx <= 0 &&
           m->cone.right_x * dy - m->cone.right_y * dx >= 0 && m->cone.left_x * dx + m->cone.left_y * dy > 0;
}

static double distance_of(double dx, double dy) {
    if (dy == 0)
        return fabs(dx);
    return dx == 0 ? fabs(dy) : sqrt(dx * dx + dy * dy);
}

// Adds a point; there is room for it.
static void extend(struct meter *m, const struct meter_point *p) {
    struct meter_point *tail = &m->path[m->points - 1];
    if (m->points >= 2 && tail->work == p->work) {
        double dx = (double)p->x_um - tail[-1].x_um, dy = (double)p->y_um - tail[-1].y_um;
        double distance = distance_of(dx, dy);
        if (cone_allows(m, dx, dy, distance)) {
            *tail = *p;
            cone_narrow(m, dx, dy, distance);
            return;
        }
    }
    double dx = (double)p->x_um - tail->x_um, dy = (double)p->y_um - tail->y_um;
    m->path[m->points++] = *p;
    m->cone.narrow = false;
    m->cone.reach_um = 0;
    cone_narrow(m, dx, dy, distance_of(dx, dy));
}

static bool near_segment(const struct meter_point *p, const struct meter_point *a,
                         const struct meter_point *b, double tolerance_um) {
    double bx = (double)b->x_um - a->x_um, by = (double)b->y_um - a->y_um;
    double px = (double)p->x_um - a->x_um, py = (double)p->y_um - a->y_um;
    double square = bx * bx + by * by;
    double t = square > 0 ? (px * bx + py * by) / square : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return distance_of(px - t * bx, py - t * by) <= tolerance_um;
}

// Moves between two works that are shorter than the tolerance are drawn as work; other moves lose the
// points in between, since a picture needs only where they lead.
static void drop_moves(struct meter *m) {
    uint32_t kept = 1;
    for (uint32_t i = 1; i < m->points; i++) {
        struct meter_point p = m->path[i];
        if (!p.work && kept > 1 && !m->path[kept - 1].work)
            kept--;
        m->path[kept++] = p;
    }
    m->points = kept;
    for (uint32_t i = 2; i + 1 < kept; i++) {
        struct meter_point *p = &m->path[i];
        double length = distance_of((double)p->x_um - p[-1].x_um, (double)p->y_um - p[-1].y_um);
        if (!p->work && p[-1].work && p[1].work && length <= m->tolerance_mm * 1000.0)
            p->work = true;
    }
}

// Three strokes of a hatching that lie within the tolerance of one become that one: there, back and there
// again of a raster, whether it works on the way back or not.
static void drop_strokes(struct meter *m) {
    double tolerance = m->tolerance_mm * 1000.0;
    uint32_t kept = 1;
    for (uint32_t i = 1; i < m->points; i++) {
        struct meter_point p = m->path[i];
        const struct meter_point *q = &m->path[kept];
        if (kept >= 3 && p.work && q[-2].work && near_segment(&q[-2], &q[-3], &p, tolerance) &&
            near_segment(&q[-1], &q[-3], &p, tolerance))
            kept -= 2;
        m->path[kept++] = p;
    }
    m->points = kept;
}

static void simplify(struct meter *m) {
    uint32_t count = m->points;
    m->points = 1;
    for (uint32_t i = 1; i < count; i++) {
        struct meter_point p = m->path[i]; // extend() writes at or before i
        extend(m, &p);
    }
}

// Makes room. The first round only drops what the picture does not need at the tolerance it has.
static void thin(struct meter *m) {
    for (;;) {
        drop_moves(m);
        simplify(m);
        drop_strokes(m);
        // The cone belongs to the last segment, which drop_strokes may have changed: start it anew.
        m->cone.narrow = false;
        m->cone.reach_um = INFINITY;
        if (m->points <= POINTS_AFTER || m->tolerance_mm >= TOLERANCE_MAX_MM)
            break;
        m->tolerance_mm *= 2;
    }
    // Only coordinates far outside of any machine get here.
    if (m->points == METER_PATH_MAX)
        m->points = POINTS_AFTER;
}

static void append(struct meter *m, int32_t x, int32_t y, bool work) {
    if (m->points == METER_PATH_MAX)
        thin(m);
    struct meter_point p = {x, y, work};
    if (m->points == 0)
        m->path[m->points++] = p;
    else
        extend(m, &p);
}

void meter_path_add(struct meter *m, int32_t x0, int32_t y0, int32_t x1, int32_t y1, bool work) {
    const struct meter_point *tail = m->points ? &m->path[m->points - 1] : NULL;
    if (!tail || tail->x_um != x0 || tail->y_um != y0)
        append(m, x0, y0, false); // the beginning, or the coordinates were shifted
    // A move in Z alone adds nothing, but a hole is a point of work.
    if (x0 == x1 && y0 == y1 && (!work || m->path[m->points - 1].work))
        return;
    append(m, x1, y1, work);
}
