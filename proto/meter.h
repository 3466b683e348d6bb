// meter: what a job did, from its lines: path length, bounding box, beam time, power range.
//
// Pure; no I/O, no allocation. Host side only: it uses double and the C library's sqrt and atan2.
// Millimetres and seconds come in and go out as integers of micrometres and microseconds, so that nothing
// stored is floating point. Arcs are metered as arcs, inches are converted. Thread: any, one at a time.
#ifndef LOTGATE_PROTO_METER_H
#define LOTGATE_PROTO_METER_H

#include "gcode.h" // gcode_block, gcode_modal, gcode_rules

#define METER_PATH_MAX 4000 // points kept for the picture
#define METER_SUM_MAX                                                                                        \
    UINT64_C(9000000000000000) // lengths and times saturate: a number of JSON is exact up to 2^53

struct meter_point {
    int32_t x_um, y_um;
    bool work; // the move that ends here worked (beam or spindle on, feed motion)
};

// What has been metered; all of it may be read at any time.
struct meter_result {
    uint64_t lines, bytes;
    int64_t rapid_um, feed_um, work_um; // lengths: G0; G1..G3 with beam or spindle off; on
    bool has_box, has_work_box;
    int32_t box_min_um[3], box_max_um[3];           // all motion
    int32_t work_box_min_um[3], work_box_max_um[3]; // work only
    uint64_t work_us; // nominal time with beam or spindle on, from length and feed
    uint64_t feed_us; // nominal time of all feed moves
    bool has_s;
    uint32_t s_min_milli, s_max_milli; // S of work moves, thousandths
    uint32_t arcs;
};

struct meter {
    struct meter_result result;
    double at[3];        // position, mm, programme coordinates
    bool position_known; // false until an absolute move; relative moves then start at 0
    // path for the picture, simplified while it grows
    uint32_t points;
    double tolerance_mm;
    struct meter_point path[METER_PATH_MAX];
    // What follows is the meter's own; `result` is derived from it after every line.
    int32_t at_um[3];                                  // `at`, rounded
    double rapid_mm, feed_mm, work_mm, feed_s, work_s; // exact sums, rounded into `result`
    double s_per_mm;                                   // of the F in effect; 0: none yet
    bool feed_read;                                    // s_per_mm holds the F in effect
    struct { // directions in which the path's last segment may still be prolonged
        double left_x, left_y, right_x, right_y;
        double reach_um; // farthest distance from the segment's beginning
        bool narrow;     // left and right are set
    } cone;
};

// What counts as what: G0 is rapid. G1, G2 and G3 are work when gcode_energised() says so after the line (in
// doubt: when gcode_classify() does), on a printer when X or Y moves with a positive E; else feed. A coordinate that the
// line does not tell leaves the meter where it was with `position_known` false: G53 moves, homing, jogs,
// G10, G92.1, another of G54..G59. G28 and G30 count as a rapid move to the point they name. G92 moves the
// coordinates and not the tool. Arcs that Grbl refuses are not motion.

// Starts a new job at the given position (mm, may be NULL: unknown, taken as 0).
void meter_reset(struct meter *m, const double position_mm[3]);

// Counts a forwarded line. `before` is the modal state before the line, `after` the state with the line
// applied. `bytes` counts the line with its terminator.
void meter_line(struct meter *m, const struct gcode_rules *rules, const struct gcode_modal *before,
                const struct gcode_modal *after, const struct gcode_block *block, size_t bytes);

#endif
