// args: see args.h.
#include "args.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"    // json_add
#include "timefmt.h" // time_parse

enum type {
    TYPE_ID,       // letters, digits and . _ / -
    TYPE_ACTOR,    // an id, or one with : and @ (who did it)
    TYPE_LINE,     // one line of text, no control characters
    TYPE_TEXT,     // any text
    TYPE_CURSOR,   // an id, an order's number as its shop writes it, or a number
    TYPE_HASH,     // 64 small hex digits
    TYPE_INTEGER,  // whole and not negative
    TYPE_SIGNED,   // whole
    TYPE_TIME,     // ISO text or microseconds UTC
    TYPE_DAY_END,  // the same; a date alone means the end of that day, which is the next one's beginning
    TYPE_DAY_LAST, // the same, and its last microsecond: a day that is shown again is the one that was given
    TYPE_FLAG,     // true or false
    TYPE_LIST
};

static const struct argument {
    const char *name;
    enum type type;
    size_t max; // bytes of a text, items of a list
} arguments[] = {
    {"supplier", TYPE_ID, ARGS_ID_MAX},
    {"material", TYPE_ID, ARGS_MATERIAL_MAX},
    {"operator", TYPE_ID, ARGS_ID_MAX},
    {"badge", TYPE_ID, ARGS_ID_MAX},
    {"lot", TYPE_ID, ARGS_ID_MAX},
    {"machine", TYPE_ID, ARGS_ID_MAX},
    {"declaration", TYPE_ID, ARGS_ID_MAX},
    {"job", TYPE_ID, ARGS_ID_MAX},
    {"record", TYPE_ID, ARGS_ID_MAX},
    {"subject", TYPE_ID, ARGS_ID_MAX},
    {"code", TYPE_LINE, ARGS_LINE_MAX},
    {"board", TYPE_ID, ARGS_ID_MAX},
    {"kind", TYPE_ID, ARGS_ID_MAX},
    {"mode", TYPE_ID, ARGS_ID_MAX},
    {"state", TYPE_ID, ARGS_ID_MAX},
    {"field", TYPE_ID, ARGS_ID_MAX},
    {"outcome", TYPE_ID, ARGS_ID_MAX},
    {"by", TYPE_ACTOR, ARGS_ID_MAX},
    {"name", TYPE_TEXT, ARGS_NOTE_MAX},
    {"email", TYPE_LINE, ARGS_LINE_MAX},
    {"phone", TYPE_LINE, ARGS_LINE_MAX},
    {"address", TYPE_TEXT, ARGS_NOTE_MAX},
    {"form", TYPE_LINE, ARGS_LINE_MAX},
    {"grade", TYPE_TEXT, ARGS_NOTE_MAX},
    {"thickness", TYPE_LINE, ARGS_LINE_MAX},
    {"diameter", TYPE_LINE, ARGS_LINE_MAX},
    {"density", TYPE_LINE, ARGS_LINE_MAX},
    {"supplier_lot", TYPE_TEXT, ARGS_NOTE_MAX},
    {"heat", TYPE_TEXT, ARGS_NOTE_MAX},
    {"cert_heat", TYPE_TEXT, ARGS_NOTE_MAX},
    {"purchase_order", TYPE_TEXT, ARGS_NOTE_MAX},
    {"quantity", TYPE_LINE, ARGS_LINE_MAX},
    {"note", TYPE_TEXT, ARGS_NOTE_MAX},
    {"text", TYPE_TEXT, ARGS_NOTE_MAX},
    {"value", TYPE_TEXT, ARGS_NOTE_MAX},
    {"reason", TYPE_TEXT, ARGS_NOTE_MAX},
    {"sha256", TYPE_HASH, 64},
    {"issuer", TYPE_TEXT, ARGS_NOTE_MAX},
    {"scope", TYPE_TEXT, ARGS_NOTE_MAX},
    {"revision", TYPE_LINE, ARGS_LINE_MAX},
    {"supersedes", TYPE_ID, ARGS_ID_MAX},
    {"cost", TYPE_LINE, ARGS_LINE_MAX},
    {"currency", TYPE_ID, ARGS_ID_MAX},
    {"serial_number", TYPE_LINE, ARGS_LINE_MAX},
    {"usb_path", TYPE_LINE, ARGS_REASON_MAX},
    {"firmware", TYPE_LINE, ARGS_REASON_MAX},
    {"serial", TYPE_LINE, ARGS_LINE_MAX},
    {"status", TYPE_LINE, ARGS_REASON_MAX},
    {"line", TYPE_LINE, ARGS_REASON_MAX},
    {"order", TYPE_LINE, ARGS_LINE_MAX},
    {"product", TYPE_LINE, ARGS_LINE_MAX},
    {"version", TYPE_LINE, ARGS_LINE_MAX},
    {"after", TYPE_CURSOR, ARGS_LINE_MAX},
    {"sort", TYPE_ACTOR, ARGS_ID_MAX}, // field, field:asc, field:desc
    {"limit", TYPE_INTEGER, 0},
    {"count", TYPE_INTEGER, 0},
    {"total", TYPE_INTEGER, 0},
    {"size", TYPE_INTEGER, 0},
    {"event", TYPE_INTEGER, 0},
    {"lines", TYPE_INTEGER, 0},
    {"bytes", TYPE_INTEGER, 0},
    {"rapid_um", TYPE_INTEGER, 0},
    {"feed_um", TYPE_INTEGER, 0},
    {"work_um", TYPE_INTEGER, 0},
    {"work_us", TYPE_INTEGER, 0},
    {"s_min_milli", TYPE_SIGNED, 0},
    {"s_max_milli", TYPE_SIGNED, 0},
    {"arcs", TYPE_INTEGER, 0},
    {"errors", TYPE_INTEGER, 0},
    {"pauses", TYPE_INTEGER, 0},
    {"overrides", TYPE_INTEGER, 0},
    {"replaced", TYPE_INTEGER, 0},
    {"from", TYPE_TIME, 0},
    {"to", TYPE_DAY_END, 0},
    {"started", TYPE_TIME, 0},
    {"ended", TYPE_TIME, 0},
    {"issued", TYPE_TIME, 0},
    {"expires", TYPE_DAY_LAST, 0},
    {"lots", TYPE_LIST, ARGS_LOTS_MAX},
    {"require", TYPE_LIST, ARGS_REQUIRES_MAX},
    {"requires", TYPE_LIST, ARGS_REQUIRES_MAX},
    {"box", TYPE_LIST, 6},
    {"work_box", TYPE_LIST, 6},
    {"path", TYPE_LIST, ARGS_POINTS_MAX},
    // people and quality
    {"role", TYPE_LINE, ARGS_LINE_MAX},
    {"pin", TYPE_LINE, ARGS_LINE_MAX},
    {"procedure", TYPE_ID, ARGS_ID_MAX},
    {"title", TYPE_TEXT, ARGS_NOTE_MAX},
    {"document", TYPE_HASH, 64},
    {"photo", TYPE_HASH, 64},
    {"nonconformance", TYPE_ID, ARGS_ID_MAX},
    {"disposition", TYPE_ID, ARGS_ID_MAX},
    {"hazards", TYPE_LIST, ARGS_REQUIRES_MAX},
    // recalls
    {"recall", TYPE_ID, ARGS_ID_MAX},
    {"mock", TYPE_FLAG, 0},
    {"conclusion", TYPE_TEXT, ARGS_NOTE_MAX},
    {"id", TYPE_LINE, ARGS_LINE_MAX},
    {"type", TYPE_ID, ARGS_ID_MAX},
    // custody
    {"where", TYPE_TEXT, ARGS_NOTE_MAX},
    // products and orders
    {"pattern", TYPE_LINE, ARGS_LINE_MAX},
    {"batch", TYPE_ID, ARGS_ID_MAX},
    {"materials", TYPE_LIST, ARGS_BOM_MAX},
    {"good", TYPE_INTEGER, 0},
    {"scrapped", TYPE_INTEGER, 0},
    {"customer", TYPE_ID, ARGS_ID_MAX},
    {"unit", TYPE_ID, ARGS_ID_MAX},
    {"shipment", TYPE_ID, ARGS_ID_MAX},
    {"source", TYPE_LINE, ARGS_LINE_MAX},
    {"carrier", TYPE_TEXT, ARGS_NOTE_MAX},
    {"tracking", TYPE_TEXT, ARGS_NOTE_MAX},
    {"ordered", TYPE_TIME, 0},
    {"partial", TYPE_FLAG, 0},
    {"dry_run", TYPE_FLAG, 0},
    {"items", TYPE_LIST, ARGS_ITEMS_MAX},
    {"units", TYPE_LIST, ARGS_UNITS_MAX},
    {"orders", TYPE_LIST, ARGS_ORDERS_MAX},
};

static const struct argument *find_argument(const char *name) {
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        if (*arguments[i].name == *name && strcmp(arguments[i].name, name) == 0)
            return &arguments[i];
    return NULL;
}

bool args_known(const char *name) {
    return find_argument(name) != NULL;
}

static bool bad(struct lg_error *error, const char *name, const char *what, const char *hint) {
    return lg_fail(error, "bad_argument", hint, "The argument \"%.40s\" %s.", name, what);
}

static bool only_from(const char *text, const char *marks) {
    for (; *text; text++)
        if (!(isascii((unsigned char)*text) && isalnum((unsigned char)*text)) && !strchr(marks, *text))
            return false;
    return true;
}

bool args_is_id(const char *text, size_t max) {
    return *text && strlen(text) <= max && only_from(text, "._/-");
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static bool check_text(const struct argument *a, const char *text, struct lg_error *error) {
    static const char ids[] = "Use letters, digits and . _ / - only.";
    if (strlen(text) > a->max)
        return lg_fail(error, "bad_argument", "Make it shorter.",
                       "The argument \"%s\" is longer than %zu bytes.", a->name, a->max);
    if (a->type == TYPE_ID && !only_from(text, "._/-"))
        return bad(error, a->name, "holds a character that ids don't have", ids);
    if (a->type == TYPE_ACTOR && !only_from(text, "._/-:@"))
        return bad(error, a->name, "holds a character that names of people and programs don't have", ids);
    if ((a->type == TYPE_LINE || a->type == TYPE_CURSOR) && has_control(text))
        return bad(error, a->name, "holds a control character", "Write it on one line.");
    if (a->type == TYPE_HASH && (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64))
        return bad(error, a->name, "is not a SHA-256", "Give 64 small hex digits.");
    return true;
}

static bool add_trimmed(cJSON *out, const struct argument *a, const char *text, struct lg_error *error) {
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    char *copy = strndup(text, length);
    lg_assert(copy);
    bool ok = check_text(a, copy, error);
    if (ok && length)
        json_add_text(out, a->name, copy);
    free(copy);
    return ok;
}

static bool whole(const cJSON *value, int64_t *out) {
    if (cJSON_IsNumber(value) && value->valuedouble > -9e15 && value->valuedouble < 9e15) {
        *out = (int64_t)value->valuedouble;
        return (double)*out == value->valuedouble;
    }
    if (!cJSON_IsString(value) || strlen(value->valuestring) > 15 || !*value->valuestring)
        return false;
    char *end;
    *out = strtoll(value->valuestring, &end, 10);
    return !*end && !isspace((unsigned char)*value->valuestring);
}

static bool add_integer(cJSON *out, const struct argument *a, const cJSON *value, struct lg_error *error) {
    int64_t number;
    if (cJSON_IsString(value) && !*value->valuestring)
        return true;
    if (!whole(value, &number) || (number < 0 && a->type == TYPE_INTEGER))
        return bad(error, a->name, "is not a whole number that can be kept",
                   "Give a whole number, 0 or more.");
    json_add_integer(out, a->name, number);
    return true;
}

#define DAY_US      INT64_C(86400000000)
#define TIME_MAX_US INT64_C(9000000000000000) // JSON keeps integers up to 2^53; the year 2255

static bool add_time(cJSON *out, const struct argument *a, const cJSON *value, struct lg_error *error) {
    int64_t time;
    if (cJSON_IsString(value)) {
        if (!*value->valuestring)
            return true;
        if (!time_parse(value->valuestring, &time))
            return bad(error, a->name, "is not a time",
                       "Write it like 2026-11-23 or 2026-11-23T10:06:00Z (UTC).");
        if (a->type != TYPE_TIME && strlen(value->valuestring) == strlen("2026-11-23"))
            time += a->type == TYPE_DAY_END ? DAY_US : DAY_US - 1;
    } else if (!whole(value, &time)) {
        return bad(error, a->name, "is not a time", "Give ISO 8601 text, or microseconds UTC.");
    }
    if (time > TIME_MAX_US || time < -TIME_MAX_US)
        return bad(error, a->name, "lies too far away to be kept",
                   "Give a year from 1700 to 2250; leave it out where it never ends.");
    json_add_integer(out, a->name, time);
    return true;
}

// A query string has texts alone.
static bool add_flag(cJSON *out, const struct argument *a, const cJSON *value, struct lg_error *error) {
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    bool yes = cJSON_IsTrue(value) || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!yes && !cJSON_IsFalse(value) && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return bad(error, a->name, "is neither true nor false", "Give true or false.");
    json_add(out, a->name, cJSON_CreateBool(yes));
    return true;
}

static bool add_list(cJSON *out, const struct argument *a, const cJSON *value, struct lg_error *error) {
    if (!cJSON_IsArray(value))
        return bad(error, a->name, "is not a list", "Give a JSON array.");
    if ((size_t)cJSON_GetArraySize(value) > a->max)
        return lg_fail(error, "bad_argument", "Give fewer.", "The list \"%s\" has more than %zu items.",
                       a->name, a->max);
    json_add(out, a->name, cJSON_Duplicate(value, true));
    return true;
}

static bool add_argument(cJSON *out, const struct argument *a, const cJSON *value, struct lg_error *error) {
    if (cJSON_IsNull(value))
        return true;
    switch (a->type) {
    case TYPE_INTEGER:
    case TYPE_SIGNED:
        return add_integer(out, a, value, error);
    case TYPE_TIME:
    case TYPE_DAY_END:
    case TYPE_DAY_LAST:
        return add_time(out, a, value, error);
    case TYPE_LIST:
        return add_list(out, a, value, error);
    case TYPE_FLAG:
        return add_flag(out, a, value, error);
    case TYPE_CURSOR:
        if (cJSON_IsNumber(value))
            return add_integer(out, a, value, error);
        break;
    default:
        break;
    }
    if (!cJSON_IsString(value))
        return bad(error, a->name, "is not a text", "Give it in quotes.");
    return add_trimmed(out, a, value->valuestring, error);
}

static bool takes(const struct trace_op *op, const char *name) {
    for (const char *const *a = op->arguments; *a; a++)
        if (strcmp(**a == '!' ? *a + 1 : *a, name) == 0)
            return true;
    return false;
}

static bool check_required(const struct trace_op *op, const cJSON *args, struct lg_error *error) {
    for (const char *const *a = op->arguments; *a; a++)
        if (**a == '!' && !json_get(args, *a + 1))
            return lg_fail(error, "bad_argument", "Give it and ask again.", "%s needs the argument \"%s\".",
                           op->name, *a + 1);
    return true;
}

cJSON *args_normalise(const struct trace_op *op, const cJSON *args, struct lg_error *error) {
    cJSON *out = cJSON_CreateObject();
    lg_assert(out);
    bool ok = !args || cJSON_IsObject(args) ||
              lg_fail(error, "bad_argument", "Give a JSON object.", "The arguments of %s are not an object.",
                      op->name);
    for (const cJSON *value = ok && args ? args->child : NULL; ok && value; value = value->next) {
        const struct argument *a = takes(op, value->string) ? find_argument(value->string) : NULL;
        ok = a ? add_argument(out, a, value, error)
               : lg_fail(error, "bad_argument", "Leave it out, or look for its right name.",
                         "%s has no argument \"%.40s\".", op->name, value->string);
    }
    if (ok && check_required(op, out, error))
        return out;
    cJSON_Delete(out);
    return NULL;
}
