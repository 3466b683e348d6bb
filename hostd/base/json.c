#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"

#define EXACT_INTEGER_MAX 9007199254740992LL // 2^53: beyond it a double skips integers

// First key that stands twice in an object, anywhere in the tree; NULL when there is none. Quadratic within one
// object, which JSON_MEMBERS_MAX bounds.
static const char *duplicate_key(const cJSON *value) {
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        if (cJSON_IsObject(value))
            for (const cJSON *other = child->next; other != NULL; other = other->next)
                if (strcmp(child->string, other->string) == 0)
                    return child->string;
        const char *deeper = duplicate_key(child);
        if (deeper != NULL)
            return deeper;
    }
    return NULL;
}

static cJSON *parse_checked(const char *text, size_t length, struct lg_error *error) {
    cJSON *value = cJSON_ParseWithLength(text, length);
    if (value == NULL) {
        lg_fail(error, "bad_json", "Send it in smaller parts.",
                "there is not enough memory for this JSON text");
        return NULL;
    }
    const char *twice = duplicate_key(value);
    if (twice != NULL) {
        lg_fail(error, "bad_json", "Keep one of the two.",
                "the key \"%.100s\" stands twice in the same object", twice);
        cJSON_Delete(value);
        return NULL;
    }
    return value;
}

cJSON *json_parse(const char *text, size_t length, bool comments, struct lg_error *error) {
    if (length > JSON_BODY_MAX) {
        lg_fail(error, "too_large", "Send less at once.", "the JSON text is longer than %d bytes",
                JSON_BODY_MAX);
        return NULL;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        lg_fail(error, "bad_json", "Send it in smaller parts.",
                "there is not enough memory for this JSON text");
        return NULL;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    cJSON *value = NULL;
    if ((!comments || json_blank_comments(copy, length, error)) && json_check(copy, length, error))
        value = parse_checked(copy, length, error);
    free(copy);
    return value;
}

const cJSON *json_get(const cJSON *object, const char *key) {
    // What cJSON_GetObjectItemCaseSensitive does, with most names told apart by their first byte.
    const cJSON *item = object != NULL ? object->child : NULL;
    while (item != NULL && (item->string == NULL || *item->string != *key || strcmp(item->string, key) != 0))
        item = item->next;
    return item;
}

const char *json_text(const cJSON *object, const char *key) {
    const cJSON *item = json_get(object, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool json_integer(const cJSON *object, const char *key, int64_t *value) {
    const cJSON *item = json_get(object, key);
    if (cJSON_IsRaw(item) && item->valuestring != NULL) {
        char *end;
        *value = strtoll(item->valuestring, &end, 10);
        return end != item->valuestring && *end == '\0';
    }
    if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
        fabs(item->valuedouble) > (double)EXACT_INTEGER_MAX)
        return false;
    *value = (int64_t)item->valuedouble;
    return true;
}

bool json_flag(const cJSON *object, const char *key, bool fallback) {
    const cJSON *item = json_get(object, key);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

void json_add(cJSON *object, const char *key, cJSON *value) {
    lg_assert(value != NULL);
    bool added = cJSON_AddItemToObject(object, key, value);
    lg_assert(added);
}

void json_add_text(cJSON *object, const char *key, const char *value) {
    if (value != NULL)
        json_add(object, key, cJSON_CreateString(value));
}

void json_add_integer(cJSON *object, const char *key, int64_t value) {
    if (value >= -EXACT_INTEGER_MAX && value <= EXACT_INTEGER_MAX) {
        json_add(object, key, cJSON_CreateNumber((double)value));
        return;
    }
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    json_add(object, key, cJSON_CreateRaw(digits));
}

char *json_print_pretty(const cJSON *value) {
    char *text = cJSON_Print(value);
    lg_assert(text != NULL);
    return text;
}

bool json_only_keys(const cJSON *object, const char *const *keys, struct lg_error *error) {
    for (const cJSON *child = object->child; child != NULL; child = child->next) {
        const char *const *key = keys;
        while (*key != NULL && strcmp(*key, child->string) != 0)
            key++;
        if (*key == NULL)
            return lg_fail(error, "unknown_key", "Remove it or correct its spelling.",
                           "unknown key \"%.100s\"", child->string);
    }
    return true;
}
