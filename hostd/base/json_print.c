// json_print: see json.h. What cJSON prints, but whole numbers as plain digits and without trying each one in three ways:
// that alone took a fifth of the time of a page of a list.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define PLAIN_INTEGER_MAX 9007199254740992.0 // 2^53

struct text {
    char *bytes;
    size_t length, room;
};

static void add(struct text *t, const char *bytes, size_t length) {
    if (t->length + length + 1 > t->room) {
        t->room = (t->length + length + 1) * 2;
        t->bytes = realloc(t->bytes, t->room);
        lg_assert(t->bytes != NULL);
    }
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
}

static void add_escape(struct text *t, unsigned char c) {
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; // pairs: the byte, its escape letter
    char buffer[8];
    for (const char *l = letters; *l != '\0'; l += 2)
        if ((unsigned char)*l == c) {
            add(t, (char[]){'\\', l[1]}, 2);
            return;
        }
    add(t, buffer, (size_t)snprintf(buffer, sizeof buffer, "\\u%04x", c));
}

static void add_string(struct text *t, const char *s) {
    add(t, "\"", 1);
    for (;; s++) {
        size_t plain = 0;
        while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
            plain++;
        add(t, s, plain);
        s += plain;
        if (*s == '\0')
            break;
        add_escape(t, (unsigned char)*s);
    }
    add(t, "\"", 1);
}

static void add_integer(struct text *t, int64_t value) {
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *--at = '-';
    add(t, at, (size_t)(digits + sizeof digits - at));
}

// The shortest of 15 or 17 digits that reads back as the same number, as cJSON has it; null where there is no such number.
static void add_fraction(struct text *t, double d) {
    char buffer[32];
    int length = snprintf(buffer, sizeof buffer, "%1.15g", d);
    if (strtod(buffer, NULL) != d)
        length = snprintf(buffer, sizeof buffer, "%1.17g", d);
    if (isnan(d) || isinf(d))
        length = snprintf(buffer, sizeof buffer, "null");
    add(t, buffer, (size_t)length);
}

static void add_value(struct text *t, const cJSON *v);

static void add_children(struct text *t, const cJSON *v, bool named) {
    add(t, named ? "{" : "[", 1);
    for (const cJSON *child = v->child; child != NULL; child = child->next) {
        if (child != v->child)
            add(t, ",", 1);
        if (named) {
            add_string(t, child->string);
            add(t, ":", 1);
        }
        add_value(t, child);
    }
    add(t, named ? "}" : "]", 1);
}

static void add_value(struct text *t, const cJSON *v) {
    if (cJSON_IsString(v))
        add_string(t, v->valuestring);
    else if (cJSON_IsNumber(v) && fabs(v->valuedouble) <= PLAIN_INTEGER_MAX &&
             v->valuedouble == floor(v->valuedouble))
        add_integer(t, (int64_t)v->valuedouble);
    else if (cJSON_IsNumber(v))
        add_fraction(t, v->valuedouble);
    else if (cJSON_IsObject(v) || cJSON_IsArray(v))
        add_children(t, v, cJSON_IsObject(v));
    else if (cJSON_IsRaw(v))
        add(t, v->valuestring, strlen(v->valuestring));
    else if (cJSON_IsBool(v))
        add(t, cJSON_IsTrue(v) ? "true" : "false", cJSON_IsTrue(v) ? 4 : 5);
    else
        add(t, "null", 4);
}

char *json_print(const cJSON *value) {
    struct text t = {0};
    add_value(&t, value);
    t.bytes[t.length] = '\0';
    return t.bytes;
}
