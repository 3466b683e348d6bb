// canonical: see canonical.h.
#include "canonical.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *bytes;
    size_t length, room;
};

static void add(struct text *t, const char *bytes, size_t length) {
    if (t->length + length + 1 > t->room) {
        t->room = (t->length + length + 1) * 2;
        t->bytes = realloc(t->bytes, t->room);
        lg_assert(t->bytes);
    }
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
    t->bytes[t->length] = '\0';
}

static void add_string(struct text *t, const char *s) {
    static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt"; // pairs: the byte, its escape letter
    add(t, "\"", 1);
    for (; *s; s++) {
        size_t plain = 0;
        while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
            plain++;
        add(t, s, plain);
        s += plain;
        if (!*s)
            break;
        const char *pair = NULL;
        for (const char *e = escapes; *e && !pair; e += 2)
            if (*e == *s)
                pair = e;
        char buffer[8];
        if (pair)
            add(t, (char[]){'\\', pair[1]}, 2);
        else
            add(t, buffer, (size_t)snprintf(buffer, sizeof buffer, "\\u%04x", (unsigned char)*s));
    }
    add(t, "\"", 1);
}

static int by_name(const void *a, const void *b) {
    const cJSON *const *x = a, *const *y = b;
    return strcmp((*x)->string, (*y)->string);
}

static bool add_value(struct text *t, const cJSON *v, int depth, struct lg_error *error);

static bool add_members(struct text *t, const cJSON *object, int depth, struct lg_error *error) {
    size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
    const cJSON **sorted = malloc((count + 1) * sizeof *sorted);
    lg_assert(sorted);
    for (const cJSON *m = object->child; m; m = m->next)
        sorted[i++] = m;
    qsort(sorted, count, sizeof *sorted, by_name);
    bool ok = true;
    add(t, "{", 1);
    for (i = 0; ok && i < count; i++) {
        if (i)
            add(t, ",", 1);
        add_string(t, sorted[i]->string);
        add(t, ":", 1);
        ok = add_value(t, sorted[i], depth + 1, error);
    }
    add(t, "}", 1);
    free(sorted);
    return ok;
}

static bool add_items(struct text *t, const cJSON *list, int depth, struct lg_error *error) {
    add(t, "[", 1);
    for (const cJSON *item = list->child; item; item = item->next) {
        if (item != list->child)
            add(t, ",", 1);
        if (!add_value(t, item, depth + 1, error))
            return false;
    }
    add(t, "]", 1);
    return true;
}

bool canonical_integer(double number, int64_t *value, struct lg_error *error) {
    if (!(fabs(number) < CANONICAL_INTEGER_MAX) || floor(number) != number)
        return lg_fail(error, "bad_event", "",
                       "The number %g is not a whole number that can be kept exactly.", number);
    *value = (int64_t)number;
    return true;
}

static bool add_number(struct text *t, double number, struct lg_error *error) {
    char digits[24], *at = digits + sizeof digits;
    int64_t value = 0;
    if (!canonical_integer(number, &value, error))
        return false;
    int64_t rest = value < 0 ? -value : value; // below 2^53
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *--at = '-';
    add(t, at, (size_t)(digits + sizeof digits - at));
    return true;
}

static bool add_value(struct text *t, const cJSON *v, int depth, struct lg_error *error) {
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
        add_string(t, v->valuestring);
    else if (cJSON_IsBool(v))
        add(t, cJSON_IsTrue(v) ? "true" : "false", cJSON_IsTrue(v) ? 4 : 5);
    else if (cJSON_IsNull(v))
        add(t, "null", 4);
    else
        return lg_fail(error, "bad_event", "", "The event holds a value that JSON does not know.");
    return true;
}

char *canonical_print(const cJSON *value, size_t *length, struct lg_error *error) {
    struct text t = {0};
    if (!add_value(&t, value, 0, error)) {
        free(t.bytes);
        return NULL;
    }
    *length = t.length;
    return t.bytes;
}
