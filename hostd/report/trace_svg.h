// trace_svg: the graph of trace.show as a picture, in layers from left to right: supplier, lot, piece, record, unit, order,
// customer. Texts are escaped: what others wrote can do nothing in it.
#ifndef LOTGATE_REPORT_TRACE_SVG_H
#define LOTGATE_REPORT_TRACE_SVG_H

#include <cjson/cJSON.h>

#define TRACE_SVG_NODES_MAX 600 // drawn; a larger graph says how many are left out

// The SVG, owned by the caller (free()).
char *trace_svg(const cJSON *trace);

#endif
