// json_print: see json.h. What cJSON prints, but whole numbers as plain digits and without trying each one in three ways:
// that alone took a fifth of the time of a page of a list.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_write.h"

#define PLAIN_INTEGER_MAX 9007199254740992.0 // 2^53

// The shortest of 15 or 17 digits that reads back as the same number, as cJSON has it; null where there is no such number.
static void add_fraction(struct json_text *t, double d) {
    char buffer[32];
    int length = snprintf(buffer, sizeof buffer, "%1.15g", d);
    if (strtod(buffer, NULL) != d)
        length = snprintf(buffer, sizeof buffer, "%1.17g", d);
    if (isnan(d) || isinf(d))
        length = snprintf(buffer, sizeof buffer, "null");
    json_write(t, buffer, (size_t)length);
}

static void add_value(struct json_text *t, const cJSON *v);

static void add_children(struct json_text *t, const cJSON *v, bool named) {
    json_write(t, named ? "{" : "[", 1);
    for (const cJSON *child = v->child; child != NULL; child = child->next) {
        if (child != v->child)
            json_write(t, ",", 1);
        if (named) {
            json_write_string(t, child->string);
            json_write(t, ":", 1);
        }
        add_value(t, child);
    }
    json_write(t, named ? "}" : "]", 1);
}

static void add_value(struct json_text *t, const cJSON *v) {
    if (cJSON_IsString(v))
        json_write_string(t, v->valuestring);
    else if (cJSON_IsNumber(v) && fabs(v->valuedouble) <= PLAIN_INTEGER_MAX &&
             v->valuedouble == floor(v->valuedouble))
        json_write_integer(t, (int64_t)v->valuedouble);
    else if (cJSON_IsNumber(v))
        add_fraction(t, v->valuedouble);
    else if (cJSON_IsObject(v) || cJSON_IsArray(v))
        add_children(t, v, cJSON_IsObject(v));
    else if (cJSON_IsRaw(v))
        json_write(t, v->valuestring, strlen(v->valuestring));
    else if (cJSON_IsBool(v))
        json_write(t, cJSON_IsTrue(v) ? "true" : "false", cJSON_IsTrue(v) ? 4 : 5);
    else
        json_write(t, "null", 4);
}

char *json_print(const cJSON *value) {
    struct json_text t = {0};
    add_value(&t, value);
    return t.bytes;
}
