// cell: see column.h.
#include "column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert
#include "json.h"  // json_get, json_text

static void put_scalar(FILE *out, const cJSON *value) {
    if (cJSON_IsString(value) || cJSON_IsRaw(value))
        fputs(value->valuestring, out);
    else if (cJSON_IsBool(value))
        fputs(cJSON_IsTrue(value) ? "yes" : "no", out);
    else if (cJSON_IsNumber(value) && fabs(value->valuedouble) < 9e15 &&
             floor(value->valuedouble) == value->valuedouble)
        fprintf(out, "%.0f", value->valuedouble);
    else if (cJSON_IsNumber(value))
        fprintf(out, "%.6g", value->valuedouble);
}

// "2026-11-23T10:06:00.123456Z" -> "2026-11-23 10:06:00Z"
static void put_time(FILE *out, const char *time) {
    if (strlen(time) < 19 || time[10] != 'T') {
        fputs(time, out);
        return;
    }
    fprintf(out, "%.10s %.8sZ", time, time + 11);
}

// "operator of JOB-000001 was OP1, is OP2 (OP1, 2026-11-23 10:06:00Z: wrong badge)"
static void put_correction(FILE *out, const cJSON *correction) {
    const char *was = json_text(correction, "was"), *by = json_text(correction, "by"),
               *at = json_text(correction, "at"), *why = json_text(correction, "reason");
    fprintf(out, "%s of %s was %s, is %s (%s, ", json_text(correction, "field"),
            json_text(correction, "subject"), was != NULL ? was : "not given", json_text(correction, "value"),
            by != NULL ? by : "");
    put_time(out, at != NULL ? at : "");
    fprintf(out, ": %s)", why != NULL ? why : "");
}

// An object in a cell: the member that names it; a lot with its quantity.
static void put_object(FILE *out, const cJSON *object) {
    static const char *const names[] = {"lot", "text", "job", "state"};
    if (!cJSON_IsObject(object)) {
        put_scalar(out, object);
        return;
    }
    if (json_text(object, "field") != NULL && json_text(object, "subject") != NULL) {
        put_correction(out, object);
        return;
    }
    size_t n = 0;
    while (n < sizeof names / sizeof names[0] && json_text(object, names[n]) == NULL)
        n++;
    if (n == sizeof names / sizeof names[0])
        return;
    fputs(json_text(object, names[n]), out);
    const cJSON *quantity = n == 0 ? json_get(object, "quantity") : NULL;
    if (quantity != NULL && !cJSON_IsNull(quantity)) {
        fputc(' ', out);
        put_scalar(out, quantity);
    }
}

static void put_list(FILE *out, const cJSON *list) {
    const cJSON *item = NULL;
    const char *comma = "";
    cJSON_ArrayForEach(item, list) {
        fputs(comma, out);
        put_object(out, item);
        comma = ", ";
    }
}

char *cell_text(const cJSON *row, const struct column *column, bool exact) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    lg_assert(out != NULL);
    const cJSON *value = json_get(row, column->key);
    if (cJSON_IsArray(value))
        put_list(out, value);
    else if (column->kind == CELL_TIME && cJSON_IsString(value) && !exact)
        put_time(out, value->valuestring);
    else if (column->kind == CELL_MILLI && cJSON_IsNumber(value) && !exact)
        fprintf(out, "%.10g", value->valuedouble / 1000);
    else if (column->kind == CELL_HASH && cJSON_IsString(value) && !exact)
        fprintf(out, "%.12s", value->valuestring);
    else
        put_object(out, value);
    lg_assert(fclose(out) == 0 && text != NULL);
    return text;
}
