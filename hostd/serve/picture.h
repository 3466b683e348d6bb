// picture: a job's path as SVG: work moves strong, rapids faint and dashed, a scale bar, the size in words.
#ifndef LOTGATE_SERVE_PICTURE_H
#define LOTGATE_SERVE_PICTURE_H

#include <cjson/cJSON.h>

#include "text.h"

#define PICTURE_MAX (1024 * 1024) // bytes of one SVG

// `path` is what job.path answers: {"points": [[x_um, y_um, work], …]}. Entries of another shape are left out.
// Coordinates are micrometres; Y grows upwards on the machine and downwards in SVG.
void picture_write(struct text *svg, const cJSON *path, const char *title);

#endif
