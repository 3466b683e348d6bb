// json: the one strict door to cJSON.
//
// cJSON alone takes trailing rubbish, duplicate keys and bad UTF-8, compares keys without case and stores
// numbers as doubles. What comes through json_parse has none of that: UTF-8 is checked, keys are unique,
// nothing follows the value, \u0000 is refused, depth and size are limited. Integers are exact up to 2^53;
// json_integer refuses anything else. Every cJSON value returned is owned by the caller unless said.
#ifndef LOTGATE_BASE_JSON_H
#define LOTGATE_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h" // lg_error

#define JSON_BODY_MAX    (1024 * 1024) // bytes of one JSON text
#define JSON_DEPTH_MAX   32
#define JSON_MEMBERS_MAX 2048 // members of one object (the search for duplicate keys is quadratic)

// Parses `length` bytes. NULL on failure with code "bad_json" and a message with line and column.
// With `comments`, // and /* */ are allowed (configuration files).
cJSON *json_parse(const char *text, size_t length, bool comments, struct lg_error *error);

// Members of an object, case-sensitive. json_text gives NULL / json_integer false when absent or of another
// type. The text is valid as long as the object.
const cJSON *json_get(const cJSON *object, const char *key);
const char *json_text(const cJSON *object, const char *key);
bool json_integer(const cJSON *object, const char *key, int64_t *value);
bool json_flag(const cJSON *object, const char *key, bool fallback);

// Adds a member; asserts on out of memory. Integers beyond 2^53 are added as raw digits.
void json_add_text(cJSON *object, const char *key, const char *value); // NULL value: nothing is added
void json_add_integer(cJSON *object, const char *key, int64_t value);
void json_add(cJSON *object, const char *key, cJSON *value);

// Compact text, owned by the caller (free()). Asserts on out of memory.
char *json_print(const cJSON *value);
char *json_print_pretty(const cJSON *value);

// Refuses members that are not in the NULL-terminated list: code "unknown_key" naming the first one.
bool json_only_keys(const cJSON *object, const char *const *keys, struct lg_error *error);

#endif
