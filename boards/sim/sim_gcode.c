// sim_gcode: the words of a line, judged against the modal state, become the operations of the machine.
// The order is the one of the NIST standard that Grbl follows: feed, speed, spindle, coolant, dwell, plane,
// units, offsets, motion, program flow. A line with an error changes nothing.
#include "sim_gcode.h"
#include "sim_inside.h"

#include <math.h>
#include <string.h>

#define ERROR_NO_FEED       22
#define ERROR_NO_AXES       26
#define ERROR_VALUE_MISSING 28
#define ERROR_WCS           29
#define ERROR_G53           30
#define ERROR_AXES_UNUSED   31
#define ERROR_PLANE_AXES    32
#define ERROR_TARGET        33
#define ERROR_RADIUS        34
#define ERROR_NO_OFFSETS    35
#define ERROR_WORDS_UNUSED  36
#define ERROR_TOOL_AXIS     37
#define ERROR_JOG           16
#define ERROR_TRAVEL        15
#define ERROR_UNKNOWN       20
#define INCH                25.4

// What one line works with until it has passed all checks.
struct judgement {
    struct words w;
    struct gc_state next;
    uint32_t unused;  // value words that nothing has asked for yet
    double target[3]; // machine coordinates, mm
    double via[3];    // G28, G30: the point on the way
    double centre[2], turn;
    uint8_t axis[3]; // of the plane: first, second, the other
    bool jog, moves;
};

void sim_gcode_reset(struct gc_state *gc) {
    double position[3];
    memcpy(position, gc->position, sizeof position);
    memset(gc, 0, sizeof *gc);
    memcpy(gc->position, position, sizeof position);
    gc->plane = 17;
    gc->spindle = 5;
}

void sim_gcode_offset(const struct sim *s, double out[3]) {
    for (int i = 0; i < 3; i++)
        out[i] = s->offsets.wcs[s->gc.wcs][i] + s->offsets.g92[i];
    out[2] += s->offsets.tool_length;
}

// M2 and M30 keep S, F and units.
void sim_gcode_end_program(struct sim *s) {
    struct gc_state *gc = &s->gc;
    gc->motion = 10;
    gc->plane = 17;
    gc->relative = gc->inverse_time = false;
    gc->wcs = 0;
    gc->spindle = s->spindle = 5;
    gc->coolant = s->coolant = 0;
    s->power = 0;
    s->feed_override = s->rapid_override = s->spindle_override = 100;
    if (s->state != SIM_CHECK)
        s->wco_count = 0;
}

static bool names(const struct judgement *j, enum group group) {
    return j->w.groups >> group & 1u;
}

static uint16_t once(const struct judgement *j) {
    return names(j, GROUP_ONCE) ? j->w.code[GROUP_ONCE] : 0xFFFF;
}

static void use(struct judgement *j, uint32_t bits) {
    j->unused &= ~bits;
}

static void judge_modes(struct judgement *j) {
    struct gc_state *n = &j->next;
    const uint16_t *code = j->w.code;
    if (names(j, GROUP_MOTION))
        n->motion = code[GROUP_MOTION];
    if (names(j, GROUP_PLANE))
        n->plane = (uint8_t)(code[GROUP_PLANE] / 10);
    if (names(j, GROUP_DISTANCE))
        n->relative = code[GROUP_DISTANCE] == 910;
    if (names(j, GROUP_FEED_MODE))
        n->inverse_time = code[GROUP_FEED_MODE] == 930;
    if (names(j, GROUP_UNITS))
        n->inches = code[GROUP_UNITS] == 200;
    if (names(j, GROUP_WCS))
        n->wcs = (uint8_t)(code[GROUP_WCS] / 10 - 54);
    if (names(j, GROUP_SPINDLE))
        n->spindle = (uint8_t)(code[GROUP_SPINDLE] / 10);
    if (names(j, GROUP_COOLANT)) {
        uint16_t m = code[GROUP_COOLANT];
        n->coolant = m == 90 ? 0 : n->coolant | (m == 70 ? 1 : 2);
    }
    j->axis[0] = n->plane == 19 ? 1 : n->plane == 18 ? 2 : 0;
    j->axis[1] = n->plane == 19 ? 2 : n->plane == 18 ? 0 : 1;
    j->axis[2] = n->plane == 19 ? 0 : n->plane == 18 ? 1 : 2;
}

static uint16_t judge_feed_and_speed(struct judgement *j) {
    struct words *w = &j->w;
    struct gc_state *n = &j->next;
    double unit = n->inches ? INCH : 1;
    if (word(w, 'F'))
        n->feed = value_of(w, 'F') * (n->inverse_time ? 1 : unit);
    else if (j->jog)
        return ERROR_NO_FEED;
    else if (n->inverse_time && j->moves && n->motion != 0 && n->motion != 800)
        return ERROR_NO_FEED;
    if (word(w, 'S') && !j->jog)
        n->speed = value_of(w, 'S');
    if (word(w, 'T') && !j->jog)
        n->tool = (int32_t)value_of(w, 'T');
    use(j, WORD_BIT('F') | WORD_BIT('N') | (j->jog ? 0 : WORD_BIT('S') | WORD_BIT('T')));
    return 0;
}

static uint16_t judge_once(struct judgement *j) {
    const struct words *w = &j->w;
    uint16_t code = once(j);
    if (code == 40) {
        if (!word(w, 'P'))
            return ERROR_VALUE_MISSING;
        use(j, WORD_BIT('P'));
    }
    if (code == 100) {
        if (!(w->seen & WORDS_XYZ))
            return ERROR_NO_AXES;
        if (!word(w, 'P') || !word(w, 'L'))
            return ERROR_VALUE_MISSING;
        double l = value_of(w, 'L'), p = value_of(w, 'P');
        if (p > 6)
            return ERROR_WCS;
        if ((l != 2 && l != 20) || word(w, 'R'))
            return ERROR_UNKNOWN;
        use(j, WORD_BIT('P') | WORD_BIT('L'));
    }
    if (code == 920 && !(w->seen & WORDS_XYZ))
        return ERROR_NO_AXES;
    if (w->axes == AXES_TOOL_LENGTH && w->code[GROUP_TOOL_LENGTH] == 431 &&
        (w->seen & WORDS_XYZ) != WORD_BIT('Z'))
        return ERROR_TOOL_AXIS;
    return 0;
}

// Where the axis words lead, in machine coordinates.
static void find_target(const struct sim *s, struct judgement *j) {
    const struct words *w = &j->w;
    double unit = j->next.inches ? INCH : 1, zero[3];
    for (int i = 0; i < 3; i++) {
        zero[i] = s->offsets.wcs[j->next.wcs][i] + s->offsets.g92[i] + (i == 2 ? s->offsets.tool_length : 0);
        j->target[i] = s->gc.position[i];
        if (!word(w, (char)('X' + i)))
            continue;
        double value = value_of(w, (char)('X' + i)) * unit;
        if (once(j) == 530)
            j->target[i] = value;
        else
            j->target[i] = j->next.relative ? s->gc.position[i] + value : value + zero[i];
    }
}

static uint16_t arc_by_radius(struct judgement *j, const double from[3], double radius) {
    double x = j->target[j->axis[0]] - from[j->axis[0]], y = j->target[j->axis[1]] - from[j->axis[1]];
    double square = x * x + y * y, rest = 4 * radius * radius - square;
    if (square == 0)
        return ERROR_TARGET;
    if (rest < 0)
        return ERROR_RADIUS;
    double h = -sqrt(rest) / sqrt(square);
    if (j->next.motion == 30)
        h = -h;
    if (radius < 0)
        h = -h;
    j->centre[0] = from[j->axis[0]] + 0.5 * (x - y * h);
    j->centre[1] = from[j->axis[1]] + 0.5 * (y + x * h);
    return 0;
}

static uint16_t arc_by_offsets(struct judgement *j, const double from[3], double unit) {
    const struct words *w = &j->w;
    double radius = 0, end = 0;
    if (!(w->seen & (WORD_BIT('I' + j->axis[0]) | WORD_BIT('I' + j->axis[1]))))
        return ERROR_NO_OFFSETS;
    for (int i = 0; i < 2; i++) {
        double offset = value_of(w, (char)('I' + j->axis[i])) * unit;
        j->centre[i] = from[j->axis[i]] + offset;
        double to = j->target[j->axis[i]] - j->centre[i];
        radius += offset * offset;
        end += to * to;
    }
    use(j, WORDS_IJK);
    radius = sqrt(radius);
    double difference = fabs(sqrt(end) - radius);
    return difference > 0.005 && (difference > 0.5 || difference > 0.001 * radius) ? ERROR_TARGET : 0;
}

static uint16_t judge_arc(struct judgement *j, const double from[3]) {
    const struct words *w = &j->w;
    uint32_t plane = WORD_BIT('X' + j->axis[0]) | WORD_BIT('X' + j->axis[1]);
    double unit = j->next.inches ? INCH : 1;
    if (!(w->seen & WORDS_XYZ))
        return ERROR_NO_AXES;
    if (!(w->seen & plane))
        return ERROR_PLANE_AXES;
    uint16_t error;
    if (word(w, 'R')) {
        use(j, WORD_BIT('R'));
        error = arc_by_radius(j, from, value_of(w, 'R') * unit);
    } else {
        error = arc_by_offsets(j, from, unit);
    }
    if (error)
        return error;
    double from_x = from[j->axis[0]] - j->centre[0], from_y = from[j->axis[1]] - j->centre[1];
    double to_x = j->target[j->axis[0]] - j->centre[0], to_y = j->target[j->axis[1]] - j->centre[1];
    j->turn = atan2(from_x * to_y - from_y * to_x, from_x * to_x + from_y * to_y);
    if (j->next.motion == 20 && j->turn >= -5e-7)
        j->turn -= 2 * M_PI;
    if (j->next.motion == 30 && j->turn <= 5e-7)
        j->turn += 2 * M_PI;
    return 0;
}

static double distance(const double a[3], const double b[3]) {
    double square = 0;
    for (int i = 0; i < 3; i++)
        square += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(square);
}

static uint16_t judge_motion(const struct sim *s, struct judgement *j) {
    const struct words *w = &j->w;
    uint16_t motion = j->next.motion;
    if (once(j) == 530 && motion != 0 && motion != 10)
        return ERROR_G53;
    if (w->axes != AXES_MOTION) {
        j->moves = false;
        return 0;
    }
    if (motion == 800)
        return w->seen & WORDS_XYZ ? ERROR_AXES_UNUSED : 0;
    j->moves = w->seen & WORDS_XYZ;
    if (motion != 0 && j->next.feed == 0)
        return ERROR_NO_FEED;
    if (motion == 20 || motion == 30)
        return judge_arc(j, s->gc.position);
    if (motion < 380)
        return 0;
    if (!j->moves)
        return ERROR_NO_AXES;
    return distance(j->target, s->gc.position) == 0 ? ERROR_TARGET : 0;
}

static uint16_t judge_jog(const struct sim *s, const struct judgement *j) {
    const uint32_t allowed = 1u << GROUP_DISTANCE | 1u << GROUP_UNITS | 1u << GROUP_ONCE;
    if (j->w.groups & ~allowed || (names(j, GROUP_ONCE) && once(j) != 530))
        return ERROR_JOG;
    for (int i = 0; i < 3 && sim_setting(s, 20) != 0; i++)
        if (j->target[i] > 0 || j->target[i] < -sim_setting(s, (uint16_t)(130 + i)))
            return ERROR_TRAVEL;
    return 0;
}

static uint16_t judge(const struct sim *s, struct judgement *j) {
    uint16_t error;
    if (j->jog)
        j->next.motion = 10;
    judge_modes(j);
    bool axes = j->w.seen & WORDS_XYZ;
    if (axes && j->w.axes == AXES_FREE)
        j->w.axes = AXES_MOTION;
    j->moves = axes && j->w.axes == AXES_MOTION;
    if ((error = judge_feed_and_speed(j)) != 0 || (error = judge_once(j)) != 0)
        return error;
    find_target(s, j);
    if ((error = judge_motion(s, j)) != 0)
        return error;
    if (j->w.axes != AXES_FREE)
        use(j, WORDS_XYZ);
    if (j->unused)
        return ERROR_WORDS_UNUSED;
    return j->jog ? judge_jog(s, j) : 0;
}

// --- from here on the line is good
static bool feeds(uint16_t motion) {
    return motion == 10 || motion == 20 || motion == 30;
}

// S that a move of this line burns or turns with. In laser mode a rapid or a probe has no beam.
static double move_power(const struct sim *s, const struct judgement *j, uint8_t spindle) {
    if (spindle == 5 || (sim_laser_mode(s) && !feeds(j->next.motion)))
        return 0;
    return j->next.speed;
}

static void add_spindle(struct sim *s, uint8_t mode, double power) {
    sim_op_add(s, OP_DRAIN);
    struct op *op = sim_op_add(s, OP_SPINDLE);
    op->code = mode;
    op->value = power;
}

static void add_spindle_changes(struct sim *s, const struct judgement *j) {
    const struct gc_state *old = &s->gc, *new = &j->next;
    bool laser = sim_laser_mode(s), burns = feeds(new->motion);
    double power = laser && !burns ? 0 : new->speed;
    // With M3 and no move on the line, a change between rapid and feed mode switches the standing beam.
    bool forced = laser && !j->moves && old->spindle == 3 && feeds(old->motion) != burns;
    bool inline_power = laser && j->moves;
    if (old->spindle != new->spindle)
        add_spindle(s, new->spindle, power);
    else if (new->spindle != 5 && (old->speed != new->speed || forced) && !inline_power)
        add_spindle(s, new->spindle, power);
    if (old->coolant != new->coolant) {
        sim_op_add(s, OP_DRAIN);
        sim_op_add(s, OP_COOLANT)->code = new->coolant;
    }
}

static struct op *add_move(struct sim *s, const struct judgement *j, enum op_kind kind, const double to[3]) {
    struct op *op = sim_op_add(s, kind);
    struct block *b = &op->block;
    memcpy(b->to, to, sizeof b->to);
    b->rapid = !j->jog && j->next.motion == 0;
    b->jog = j->jog;
    b->spindle = j->next.spindle;
    b->power = j->jog ? (sim_laser_mode(s) ? 0 : s->power) : move_power(s, j, j->next.spindle);
    b->speed = j->next.feed / 60;
    return op;
}

static void add_arc(struct sim *s, const struct judgement *j) {
    struct op *op = add_move(s, j, OP_ARC, j->target);
    const double *from = s->gc.position;
    double radius = hypot(from[j->axis[0]] - j->centre[0], from[j->axis[1]] - j->centre[1]);
    double tolerance = sim_setting(s, 12), inside = tolerance * (2 * radius - tolerance);
    double pieces = inside > 0 ? floor(fabs(0.5 * j->turn * radius) / sqrt(inside)) : 1;
    op->pieces = pieces < 1 ? 1 : pieces > 1e6 ? 1000000 : (uint32_t)pieces;
    op->turn = j->turn;
    memcpy(op->centre, j->centre, sizeof op->centre);
    memcpy(op->axis, j->axis, sizeof op->axis);
    if (j->next.inverse_time)
        op->block.speed = fabs(j->turn) * radius * j->next.feed / 60;
}

static void add_motion(struct sim *s, const struct judgement *j) {
    uint16_t motion = j->next.motion;
    if (motion == 20 || motion == 30) {
        add_arc(s, j);
        return;
    }
    if (motion >= 380) {
        sim_op_add(s, OP_DRAIN);
        add_move(s, j, OP_MOVE, j->target);
        sim_op_add(s, OP_PROBED)->code = motion;
        return;
    }
    struct op *op = add_move(s, j, OP_MOVE, j->target);
    if (j->next.inverse_time && !op->block.rapid)
        op->block.speed = distance(j->target, s->gc.position) * j->next.feed / 60;
}

static void add_home_position(struct sim *s, const struct judgement *j, int which) {
    struct judgement rapid = *j;
    rapid.next.motion = 0;
    if (j->w.seen & WORDS_XYZ)
        add_move(s, &rapid, OP_MOVE, j->target);
    double to[3];
    for (int i = 0; i < 3; i++) {
        bool all = !(j->w.seen & WORDS_XYZ);
        to[i] = all || word(&j->w, (char)('X' + i)) ? s->offsets.home[which][i] : j->target[i];
    }
    add_move(s, &rapid, OP_MOVE, to);
}

// G10 L2/L20, G92 and tool length change where zero is; they take effect at once, since Grbl drains first
// and nothing else can be parsed meanwhile.
static void set_offsets(struct sim *s, const struct judgement *j) {
    const struct words *w = &j->w;
    double unit = j->next.inches ? INCH : 1;
    uint16_t code = once(j);
    struct gc_offsets *o = &s->offsets;
    if (w->axes == AXES_TOOL_LENGTH)
        o->tool_length = w->code[GROUP_TOOL_LENGTH] == 431 ? value_of(w, 'Z') * unit : 0;
    if (code == 281 || code == 301)
        memcpy(o->home[code == 301], s->gc.position, sizeof o->home[0]);
    if (code == 921)
        memset(o->g92, 0, sizeof o->g92);
    double p = code == 100 ? value_of(w, 'P') : 0;
    uint8_t system = p >= 1 ? (uint8_t)(p - 1) : j->next.wcs;
    for (int i = 0; i < 3; i++) {
        if (!word(w, (char)('X' + i)))
            continue;
        double value = value_of(w, (char)('X' + i)) * unit, here = s->gc.position[i];
        double tool = i == 2 ? o->tool_length : 0;
        if (code == 100)
            o->wcs[system][i] = value_of(w, 'L') == 20 ? here - o->g92[i] - tool - value : value;
        else if (code == 920)
            o->g92[i] = here - o->wcs[j->next.wcs][i] - tool - value;
    }
    s->wco_count = 0;
}

static bool names_offsets(const struct judgement *j) {
    uint16_t code = once(j);
    return code == 100 || code == 281 || code == 301 || code == 920 || code == 921 ||
           j->w.axes == AXES_TOOL_LENGTH;
}

static void add_operations(struct sim *s, const struct judgement *j) {
    uint16_t code = once(j);
    if (!j->jog)
        add_spindle_changes(s, j);
    if (code == 40) {
        sim_op_add(s, OP_DRAIN);
        sim_op_add(s, OP_DWELL)->value = value_of(&j->w, 'P');
    }
    if (names_offsets(j) || j->next.wcs != s->gc.wcs)
        sim_op_add(s, OP_DRAIN);
    if (code == 280 || code == 300)
        add_home_position(s, j, code == 300);
    else if (j->moves)
        add_motion(s, j);
    uint16_t flow = names(j, GROUP_PROGRAM) ? j->w.code[GROUP_PROGRAM] : 10;
    if (flow == 0) {
        sim_op_add(s, OP_DRAIN);
        sim_op_add(s, OP_PAUSE);
    } else if (flow != 10) {
        sim_op_add(s, OP_DRAIN);
        sim_op_add(s, OP_END);
    }
}

// In check mode nothing moves or switches; positions follow, and a program's end is announced.
static void check_only(struct sim *s, const struct judgement *j) {
    if (j->moves)
        memcpy(s->gc.position, j->target, sizeof j->target);
    uint16_t flow = names(j, GROUP_PROGRAM) ? j->w.code[GROUP_PROGRAM] : 10;
    if (flow == 20 || flow == 300)
        sim_op_add(s, OP_END);
}

// Does this line burn or cut? The beam above the watch level, or a spindle that turns.
static bool works(const struct sim *s, const struct judgement *j) {
    const struct gc_state *n = &j->next;
    if (j->jog || s->state == SIM_CHECK || n->spindle == 5 || n->speed <= 0)
        return false;
    bool feed_move = j->moves && feeds(n->motion);
    if (s->config.kind == SIM_CNC && !sim_laser_mode(s))
        return feed_move || s->gc.spindle == 5 || s->gc.speed <= 0;
    bool standing = n->spindle == 3 && feeds(n->motion);
    return n->speed > s->watch_level && (feed_move || standing || !sim_laser_mode(s));
}

uint16_t sim_gcode_line(struct sim *s, const char *line, bool jog, bool *work) {
    struct judgement j = {.next = s->gc, .jog = jog};
    uint16_t error = sim_words_scan(&j.w, line, s->config.flavour != GRBL_AVR);
    if (error)
        return error;
    j.unused = j.w.seen;
    if ((error = judge(s, &j)) != 0)
        return error;
    *work = works(s, &j);
    if (s->state == SIM_CHECK)
        check_only(s, &j);
    else
        add_operations(s, &j);
    if (s->state != SIM_CHECK && names_offsets(&j))
        set_offsets(s, &j);
    if (!jog) {
        double position[3];
        memcpy(position, s->gc.position, sizeof position);
        s->gc = j.next;
        memcpy(s->gc.position, position, sizeof position);
    }
    return 0;
}
