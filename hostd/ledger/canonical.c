// canonical: see canonical.h.
#include "canonical.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_write.h"

static int by_name(const void *a, const void *b) {
    const cJSON *const *x = a, *const *y = b;
    return strcmp((*x)->string, (*y)->string);
}

static bool add_value(struct json_text *t, const cJSON *v, int depth, struct lg_error *error);

static bool add_members(struct json_text *t, const cJSON *object, int depth, struct lg_error *error) {
    size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
    const cJSON **sorted = malloc((count + 1) * sizeof *sorted);
    lg_assert(sorted);
    for (const cJSON *m = object->child; m; m = m->next)
        sorted[i++] = m;
    qsort(sorted, count, sizeof *sorted, by_name);
    bool ok = true;
    json_write(t, "{", 1);
    for (i = 0; ok && i < count; i++) {
        if (i)
            json_write(t, ",", 1);
        json_write_string(t, sorted[i]->string);
        json_write(t, ":", 1);
        ok = add_value(t, sorted[i], depth + 1, error);
    }
    json_write(t, "}", 1);
    free(sorted);
    return ok;
}

static bool add_items(struct json_text *t, const cJSON *list, int depth, struct lg_error *error) {
    json_write(t, "[", 1);
    for (const cJSON *item = list->child; item; item = item->next) {
        if (item != list->child)
            json_write(t, ",", 1);
        if (!add_value(t, item, depth + 1, error))
            return false;
    }
    json_write(t, "]", 1);
    return true;
}

bool canonical_integer(double number, int64_t *value, struct lg_error *error) {
    if (!(fabs(number) < CANONICAL_INTEGER_MAX) || floor(number) != number)
        return lg_fail(error, "bad_event", "",
                       "The number %g is not a whole number that can be kept exactly.", number);
    *value = (int64_t)number;
    return true;
}

static bool add_number(struct json_text *t, double number, struct lg_error *error) {
    int64_t value = 0;
    if (!canonical_integer(number, &value, error))
        return false;
    json_write_integer(t, value);
    return true;
}

static bool add_value(struct json_text *t, const cJSON *v, int depth, struct lg_error *error) {
    if (depth > CANONICAL_DEPTH_MAX)
        return lg_fail(error, "bad_event", "", "The event is nested deeper than %d levels.",
                       CANONICAL_DEPTH_MAX);
    if (cJSON_IsObject(v))
        return add_members(t, v, depth, error);
    if (cJSON_IsArray(v))
        return add_items(t, v, depth, error);
    if (cJSON_IsNumber(v))
        return add_number(t, v->valuedouble, error);
    if (cJSON_IsString(v))
        json_write_string(t, v->valuestring);
    else if (cJSON_IsBool(v))
        json_write(t, cJSON_IsTrue(v) ? "true" : "false", cJSON_IsTrue(v) ? 4 : 5);
    else if (cJSON_IsNull(v))
        json_write(t, "null", 4);
    else
        return lg_fail(error, "bad_event", "", "The event holds a value that JSON does not know.");
    return true;
}

char *canonical_print(const cJSON *value, size_t *length, struct lg_error *error) {
    struct json_text t = {0};
    if (!add_value(&t, value, 0, error)) {
        free(t.bytes);
        return NULL;
    }
    *length = t.length;
    return t.bytes;
}
