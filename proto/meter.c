// meter.c: lengths, boxes and times of a job, line by line.

#include <math.h>

#include "gcode_words.h" // code flags
#include "meter.h"       // meter_line
#include "meter_path.h"  // meter_path_add

#define TURN           6.283185307179586477
#define MM_PER_INCH    25.4
#define ARC_EPSILON    5e-7 // rad: a shorter arc is a full turn, as in Grbl
#define ARC_CHORDS_MAX 64   // of one arc in the picture

static double to_double(const struct gcode_number *n) {
    static const double scale[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};
    return n->mantissa * scale[n->decimals];
}

static int32_t to_um(double mm) {
    double um = mm * 1000.0;
    if (!(um > -2147483000.0))
        return -2147483000;
    if (um > 2147483000.0)
        return 2147483000;
    return (int32_t)(um + (um < 0 ? -0.5 : 0.5));
}

// Sums are not negative; a job that long does not exist, but a line of nonsense may claim it.
static uint64_t to_whole(double v) {
    return v < METER_SUM_MAX ? (uint64_t)(v + 0.5) : METER_SUM_MAX;
}

void meter_reset(struct meter *m, const double position_mm[3]) {
    m->result = (struct meter_result){0};
    for (int i = 0; i < 3; i++) {
        m->at[i] = position_mm ? position_mm[i] : 0;
        m->at_um[i] = to_um(m->at[i]);
    }
    m->position_known = position_mm != NULL;
    m->rapid_mm = m->feed_mm = m->work_mm = m->feed_s = m->work_s = 0;
    m->s_per_mm = 0;
    m->feed_read = false;
    meter_path_reset(m);
}

static void box_add(int32_t min[3], int32_t max[3], bool *has, const int32_t at[3]) {
    for (int i = 0; i < 3; i++) {
        if (!*has || at[i] < min[i])
            min[i] = at[i];
        if (!*has || at[i] > max[i])
            max[i] = at[i];
    }
    *has = true;
}

static void boxes_add(struct meter_result *r, const int32_t at[3], bool work) {
    box_add(r->box_min_um, r->box_max_um, &r->has_box, at);
    if (work)
        box_add(r->work_box_min_um, r->work_box_max_um, &r->has_work_box, at);
}

// S in thousandths; what does not fit saturates.
static uint32_t to_milli(const struct gcode_number *n) {
    static const uint32_t scale[] = {1000, 100, 10, 1};
    if (n->mantissa <= 0)
        return 0;
    if (n->decimals > 3)
        return (uint32_t)(to_double(n) * 1000.0 + 0.5);
    uint64_t milli = (uint64_t)n->mantissa * scale[n->decimals];
    return n->saturated || milli > UINT32_MAX ? UINT32_MAX : (uint32_t)milli;
}

static void count_s(struct meter_result *r, const struct gcode_number *s) {
    uint32_t milli = to_milli(s);
    if (!r->has_s || milli < r->s_min_milli)
        r->s_min_milli = milli;
    if (!r->has_s || milli > r->s_max_milli)
        r->s_max_milli = milli;
    r->has_s = true;
}

// F is in the units of the line that gave it. A change of units later does not change the feed.
static void read_feed(struct meter *m, const struct gcode_modal *modal) {
    double mm_min = to_double(&modal->f) * (modal->inches ? MM_PER_INCH : 1);
    m->s_per_mm = mm_min > 0 ? 60.0 / mm_min : 0;
    m->feed_read = true;
}

static double seconds_of(const struct meter *m, const struct gcode_modal *modal, double length_mm) {
    if (!modal->inverse_time)
        return length_mm * m->s_per_mm;
    double per_minute = to_double(&modal->f);
    return per_minute > 0 ? 60.0 / per_minute : 0;
}

enum kind { RAPID, FEED, WORK };

static void count_length(struct meter *m, const struct gcode_modal *modal, enum kind kind, double length) {
    struct meter_result *r = &m->result;
    if (kind == RAPID) {
        m->rapid_mm += length;
        r->rapid_um = (int64_t)to_whole(m->rapid_mm * 1000.0);
        return;
    }
    double seconds = seconds_of(m, modal, length);
    m->feed_s += seconds;
    r->feed_us = to_whole(m->feed_s * 1e6);
    if (kind == FEED) {
        m->feed_mm += length;
        r->feed_um = (int64_t)to_whole(m->feed_mm * 1000.0);
        return;
    }
    m->work_mm += length;
    m->work_s += seconds;
    r->work_um = (int64_t)to_whole(m->work_mm * 1000.0);
    r->work_us = to_whole(m->work_s * 1e6);
}

// Moves in a straight line and counts nothing but boxes and picture.
static void draw_to(struct meter *m, const double to[3], bool work) {
    int32_t end[3] = {to_um(to[0]), to_um(to[1]), to_um(to[2])};
    if (work || !m->result.has_box)
        boxes_add(&m->result, m->at_um, work);
    boxes_add(&m->result, end, work);
    meter_path_add(m, m->at_um[0], m->at_um[1], end[0], end[1], work);
    for (int i = 0; i < 3; i++) {
        m->at[i] = to[i];
        m->at_um[i] = end[i];
    }
}

static void move_straight(struct meter *m, const struct gcode_modal *modal, enum kind kind,
                          const double to[3]) {
    double dx = to[0] - m->at[0], dy = to[1] - m->at[1], dz = to[2] - m->at[2];
    double length;
    if (dy == 0 && dz == 0)
        length = fabs(dx);
    else
        length = sqrt(dx * dx + dy * dy + dz * dz);
    count_length(m, modal, kind, length);
    draw_to(m, to, kind == WORK);
}

// An arc in its plane: a and b are the plane's axes, c the axis of a helix.
struct arc {
    uint8_t a, b, c;
    double centre_a, centre_b, radius, end_radius, start, sweep; // sweep > 0 is counterclockwise
};

// Centre from I, J, K. Grbl refuses an arc whose two ends are not equally far from it.
static bool arc_from_centre(struct arc *arc, const struct meter *m, const struct gcode_modal *modal,
                            const struct gcode_block *block, const double to[3], double unit) {
    enum gcode_word word_a = (enum gcode_word)(GCODE_I + arc->a),
                    word_b = (enum gcode_word)(GCODE_I + arc->b);
    double a = gcode_has(block, word_a) ? to_double(&block->value[word_a]) * unit : 0;
    double b = gcode_has(block, word_b) ? to_double(&block->value[word_b]) * unit : 0;
    if (!gcode_has(block, word_a) && !gcode_has(block, word_b))
        return false;
    arc->centre_a = modal->arc_absolute ? a : m->at[arc->a] + a;
    arc->centre_b = modal->arc_absolute ? b : m->at[arc->b] + b;
    arc->radius = hypot(m->at[arc->a] - arc->centre_a, m->at[arc->b] - arc->centre_b);
    arc->end_radius = hypot(to[arc->a] - arc->centre_a, to[arc->b] - arc->centre_b);
    double error = fabs(arc->end_radius - arc->radius);
    return error <= 0.005 || (error <= 0.5 && error <= 0.001 * arc->radius);
}

// Centre from R: of the two circles the one with the shorter arc, with a negative R the longer.
static bool arc_from_radius(struct arc *arc, const struct meter *m, double r, bool clockwise,
                            const double to[3]) {
    double da = to[arc->a] - m->at[arc->a], db = to[arc->b] - m->at[arc->b];
    double chord = hypot(da, db);
    double square = r * r - chord * chord / 4;
    if (chord == 0 || square < 0)
        return false;
    double side = sqrt(square) / chord;
    if (clockwise != (r < 0))
        side = -side;
    arc->centre_a = m->at[arc->a] + da / 2 - db * side;
    arc->centre_b = m->at[arc->b] + db / 2 + da * side;
    arc->radius = arc->end_radius = fabs(r);
    return true;
}

static bool arc_make(struct arc *arc, const struct meter *m, const struct gcode_modal *modal, bool clockwise,
                     const struct gcode_block *block, const double to[3], double unit) {
    arc->c = modal->plane == 18 ? 1 : modal->plane == 19 ? 0 : 2;
    arc->a = (uint8_t)((arc->c + 1) % 3);
    arc->b = (uint8_t)((arc->c + 2) % 3);
    if (!(block->seen & (WORD_BIT(GCODE_X + arc->a) | WORD_BIT(GCODE_X + arc->b))))
        return false;
    if (gcode_has(block, GCODE_R)) {
        if (!arc_from_radius(arc, m, to_double(&block->value[GCODE_R]) * unit, clockwise, to))
            return false;
    } else if (!arc_from_centre(arc, m, modal, block, to, unit)) {
        return false;
    }
    arc->start = atan2(m->at[arc->b] - arc->centre_b, m->at[arc->a] - arc->centre_a);
    double end = atan2(to[arc->b] - arc->centre_b, to[arc->a] - arc->centre_a);
    arc->sweep = end - arc->start;
    if (clockwise) {
        while (arc->sweep >= -ARC_EPSILON)
            arc->sweep -= TURN;
        while (arc->sweep < -TURN - ARC_EPSILON)
            arc->sweep += TURN;
    } else {
        while (arc->sweep <= ARC_EPSILON)
            arc->sweep += TURN;
        while (arc->sweep > TURN + ARC_EPSILON)
            arc->sweep -= TURN;
    }
    return true;
}

// Chords can cut the outermost point of an arc; the box must not.
static void arc_box(struct meter *m, const struct arc *arc, bool work) {
    for (int quarter = 0; quarter < 4; quarter++) {
        double turn = quarter * (TURN / 4) - arc->start;
        if (arc->sweep < 0)
            turn = -turn;
        while (turn < 0)
            turn += TURN;
        if (turn > fabs(arc->sweep))
            continue;
        double at[3] = {m->at[0], m->at[1], m->at[2]};
        at[arc->a] = arc->centre_a + (quarter == 0 ? arc->radius : quarter == 2 ? -arc->radius : 0);
        at[arc->b] = arc->centre_b + (quarter == 1 ? arc->radius : quarter == 3 ? -arc->radius : 0);
        int32_t um[3] = {to_um(at[0]), to_um(at[1]), to_um(at[2])};
        boxes_add(&m->result, um, work);
    }
}

static void move_arc(struct meter *m, const struct gcode_modal *modal, enum kind kind, const struct arc *arc,
                     const double to[3]) {
    bool work = kind == WORK;
    double along = (arc->radius + arc->end_radius) / 2 * arc->sweep, rise = to[arc->c] - m->at[arc->c];
    count_length(m, modal, kind, sqrt(along * along + rise * rise));
    m->result.arcs++;
    boxes_add(&m->result, m->at_um, work);
    arc_box(m, arc, work);
    // So many chords that none is farther from the arc than the picture's tolerance.
    double part = m->tolerance_mm < arc->radius ? sqrt(8 * m->tolerance_mm / arc->radius) : TURN;
    double wanted = ceil(fabs(arc->sweep) / part);
    int chords = wanted < ARC_CHORDS_MAX ? (int)wanted : ARC_CHORDS_MAX;
    double from_c = m->at[arc->c], turn = arc->sweep / (chords > 0 ? chords : 1);
    double c = cos(turn), s = sin(turn);
    double da = m->at[arc->a] - arc->centre_a, db = m->at[arc->b] - arc->centre_b;
    for (int i = 1; i < chords; i++) {
        double point[3], turned = da * c - db * s;
        db = da * s + db * c;
        da = turned;
        point[arc->a] = arc->centre_a + da;
        point[arc->b] = arc->centre_b + db;
        point[arc->c] = from_c + rise * i / chords;
        draw_to(m, point, work);
    }
    draw_to(m, to, work);
}

// Where the line's axis words lead to.
static void target_of(double to[3], const struct meter *m, const struct gcode_modal *modal,
                      const struct gcode_block *block, double unit) {
    for (int i = 0; i < 3; i++) {
        to[i] = m->at[i];
        if (!gcode_has(block, (enum gcode_word)(GCODE_X + i)))
            continue;
        double v = to_double(&block->value[GCODE_X + i]) * unit;
        to[i] = modal->relative ? m->at[i] + v : v;
    }
}

static bool works(const struct gcode_rules *rules, const struct gcode_modal *before,
                  const struct gcode_modal *after, const struct gcode_block *block) {
    if (rules->machine == GCODE_PRINTER)
        return gcode_has(block, GCODE_E) && block->value[GCODE_E].mantissa > 0 &&
               block->seen & (WORD_BIT(GCODE_X) | WORD_BIT(GCODE_Y));
    if (!before->doubt)
        return gcode_energised(rules, after);
    // In doubt the line itself may say that it is dark: count it as it was judged.
    struct gcode_rules lenient = *rules;
    lenient.strict = false;
    return gcode_classify(&lenient, before, block) >= GCODE_WORK;
}

// Lines whose axis words are not a plain target. Returns true when the line is dealt with.
static bool special(struct meter *m, const struct gcode_modal *after, const struct gcode_block *block,
                    const double to[3]) {
    if (block->g_flags & G_HOME) {
        if (block->seen & AXIS_WORDS)
            move_straight(m, after, RAPID, to);
        m->position_known = false;
        return true;
    }
    if (gcode_has_g(block, 530)) { // the target is in machine coordinates
        m->position_known = false;
        return true;
    }
    if (!(block->g_flags & G_NO_MOVE))
        return false;
    for (uint8_t g = 0; g < block->g_count; g++) {
        if (block->g[g] != 920)
            continue;
        for (int i = 0; i < 3; i++) {
            if (!gcode_has(block, (enum gcode_word)(GCODE_X + i)))
                continue;
            m->at[i] = to_double(&block->value[GCODE_X + i]) * (after->inches ? MM_PER_INCH : 1);
            m->at_um[i] = to_um(m->at[i]);
        }
    }
    return true;
}

static void move(struct meter *m, const struct gcode_rules *rules, const struct gcode_modal *before,
                 const struct gcode_modal *after, const struct gcode_block *block) {
    uint8_t motion = gcode_motion_on(before, block);
    double unit = after->inches ? MM_PER_INCH : 1, to[3];
    struct arc arc;
    target_of(to, m, after, block, unit);
    if (special(m, after, block, to))
        return;
    if (!(block->seen & AXIS_WORDS) || motion == MOTION_NONE)
        return;
    if (!after->relative)
        m->position_known = true;
    if (motion == 0) {
        move_straight(m, after, RAPID, to);
        return;
    }
    enum kind kind = motion != MOTION_PROBE && works(rules, before, after, block) ? WORK : FEED;
    if (motion == 1 || motion == MOTION_PROBE)
        move_straight(m, after, kind, to);
    else if (arc_make(&arc, m, after, motion == 2, block, to, unit))
        move_arc(m, after, kind, &arc, to);
    else
        return;
    // To a printer S is a temperature, a fan or an acceleration.
    if (kind == WORK && rules->machine != GCODE_PRINTER)
        count_s(&m->result, &after->s);
}

// The state in which the line's own motion happens, when the line also ends the program.
static void apply_without_end(struct gcode_modal *modal, const struct gcode_block *block) {
    struct gcode_block rest = *block;
    rest.m_flags &= (uint8_t)~M_END;
    gcode_modal_apply(modal, &rest);
}

void meter_line(struct meter *m, const struct gcode_rules *rules, const struct gcode_modal *before,
                const struct gcode_modal *after, const struct gcode_block *block, size_t bytes) {
    struct gcode_modal moving;
    m->result.lines++;
    m->result.bytes += bytes;
    if (block->shape != GCODE_WORDS_LINE) {
        if (block->shape == GCODE_DOLLAR)
            m->position_known = false; // a jog or homing, perhaps
        return;
    }
    if (block->m_flags & M_END) {
        // The end of the program resets modes only after the line's own motion.
        moving = *before;
        apply_without_end(&moving, block);
        after = &moving;
    }
    if (gcode_has(block, GCODE_F) && !after->inverse_time)
        read_feed(m, after);
    else if (!m->feed_read)
        read_feed(m, before);
    if (block->g_flags & G_OFFSET || before->wcs != after->wcs)
        m->position_known = false;
    if (block->seen & AXIS_WORDS || block->g_flags & G_HOME)
        move(m, rules, before, after, block);
}
