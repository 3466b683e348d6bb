// meter_path: the picture of a job in at most METER_PATH_MAX points. Used by meter.c alone.
//
// A segment is prolonged as long as every point that it swallowed stays within the tolerance of it. When
// the points run out the tolerance is doubled and what is there is thinned in place, so that the cost per
// line stays small and the memory is fixed.
#ifndef LOTGATE_PROTO_METER_PATH_H
#define LOTGATE_PROTO_METER_PATH_H

#include "meter.h" // meter

// Empties the path.
void meter_path_reset(struct meter *m);

// Adds a straight move from (x0, y0) to (x1, y1), micrometres.
void meter_path_add(struct meter *m, int32_t x0, int32_t y0, int32_t x1, int32_t y1, bool work);

#endif
