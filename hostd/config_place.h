// config_place: where in the text a value of the parsed configuration stands. cJSON does not keep that.
#ifndef LOTGATE_CONFIG_PLACE_H
#define LOTGATE_CONFIG_PLACE_H

#include <cjson/cJSON.h>
#include <stddef.h>

// Offset of the key of `wanted` (of its value, in an array) in the text that `root` was parsed from, whose
// comments are blanked. The text must have passed json_check. 0 when `wanted` is not in the tree.
size_t config_place(const char *text, const cJSON *root, const cJSON *wanted);

#endif
