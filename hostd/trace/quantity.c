// quantity: see quantity.h.
#include "quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name, *base;
    int64_t scale; // base units in one
    const char *also[4];
};

// Counted things are their own base: a sheet is not half of anything. The rest is metric, and exact inches.
static const struct unit units[] = {
    {"sheet", "sheet", 1, {"sheets"}},
    {"piece", "piece", 1, {"pieces", "pc", "pcs", "pce"}},
    {"board", "board", 1, {"boards"}},
    {"plate", "plate", 1, {"plates"}},
    {"panel", "panel", 1, {"panels"}},
    {"blank", "blank", 1, {"blanks"}},
    {"bar", "bar", 1, {"bars"}},
    {"rod", "rod", 1, {"rods"}},
    {"tube", "tube", 1, {"tubes"}},
    {"block", "block", 1, {"blocks"}},
    {"roll", "roll", 1, {"rolls"}},
    {"spool", "spool", 1, {"spools"}},
    {"bottle", "bottle", 1, {"bottles"}},
    {"mg", "mg", 1, {NULL}},
    {"g", "mg", 1000, {"gram", "grams"}},
    {"kg", "mg", 1000000, {NULL}},
    {"t", "mg", 1000000000, {NULL}},
    {"um", "um", 1, {"µm"}},
    {"mm", "um", 1000, {NULL}},
    {"cm", "um", 10000, {NULL}},
    {"m", "um", 1000000, {NULL}},
    {"in", "um", 25400, {"inch", "inches"}},
    {"ft", "um", 304800, {"feet"}},
    {"mm2", "mm2", 1, {"mm²"}},
    {"cm2", "mm2", 100, {"cm²"}},
    {"m2", "mm2", 1000000, {"m²"}},
    {"mm3", "mm3", 1, {"mm³"}},
    {"cm3", "mm3", 1000, {"cm³", "ml"}},
    {"l", "mm3", 1000000, {"litre", "litres", "liter"}},
};

static const struct unit *find_unit(const char *text) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(units[i].name, text) == 0)
            return &units[i];
        for (size_t j = 0; j < 4 && units[i].also[j]; j++)
            if (strcasecmp(units[i].also[j], text) == 0)
                return &units[i];
    }
    return NULL;
}

bool quantity_decimal(const char *text, int64_t scale, int64_t *out, const char **end) {
    int64_t value = 0;
    int digits = 0;
    for (; *text >= '0' && *text <= '9'; text++, digits++) {
        value = value * 10 + (*text - '0');
        if (value > QUANTITY_AMOUNT_MAX / scale)
            return false;
    }
    value *= scale;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++, digits++) {
            // Each further digit is a tenth of the step before; it must come out whole.
            if (*text != '0' && scale % 10)
                return false;
            scale /= scale % 10 ? 1 : 10;
            value += (*text - '0') * scale;
        }
    }
    *out = value;
    *end = text;
    return digits > 0 && value <= QUANTITY_AMOUNT_MAX;
}

static bool parse(const char *text, bool may_be_zero, struct quantity *out, struct lg_error *error) {
    static const char hint[] =
        "Write a number and a unit, such as 5sheet, 2piece, 1spool, 1.5kg, 600mm or 0.36m2.";
    const char *name = text + strspn(text, "0123456789.");
    if (name == text && (*text == '-' || *text == '+'))
        return lg_fail(error, "bad_quantity", hint,
                       "The quantity \"%.40s\" has a sign: it must be a plain number.", text);
    if (*name == ',')
        return lg_fail(error, "bad_quantity",
                       "Write the decimals behind a point: 1.5kg; counted things are whole: 5sheet.",
                       "The quantity \"%.40s\" has a comma.", text);
    name += strspn(name, " ");
    const struct unit *unit = find_unit(name);
    if (!unit)
        return lg_fail(error, "bad_quantity", hint, "The quantity \"%.40s\" has no unit that lotgate knows.",
                       text);
    const char *end;
    if (!quantity_decimal(text, unit->scale, &out->amount, &end) || (out->amount == 0 && !may_be_zero) ||
        end + strspn(end, " ") != name)
        return lg_fail(error, "bad_quantity", hint,
                       "The quantity \"%.40s\" is not a number of whole %s%s, up to 10^15.", text, unit->base,
                       may_be_zero ? "" : " above zero");
    out->unit = unit->name;
    out->base = unit->base;
    return true;
}

bool quantity_parse(const char *text, struct quantity *out, struct lg_error *error) {
    return parse(text, false, out, error);
}

bool quantity_parse_found(const char *text, struct quantity *out, struct lg_error *error) {
    return parse(text, true, out, error);
}

#define FRACTION_MAX 12 // digits after the point; what does not end by then (inches) is told in the base unit

static void format(char out[QUANTITY_TEXT_MAX], int64_t amount, const char *name, const char *gap) {
    const struct unit *unit = find_unit(name);
    lg_assert(unit);
    char fraction[FRACTION_MAX + 1] = "";
    int64_t rest = amount % unit->scale;
    for (size_t i = 0; rest > 0 && i < FRACTION_MAX; i++) {
        rest *= 10;
        fraction[i] = (char)('0' + rest / unit->scale);
        rest %= unit->scale;
    }
    if (rest > 0)
        snprintf(out, QUANTITY_TEXT_MAX, "%" PRId64 "%s%s", amount, gap, unit->base);
    else
        snprintf(out, QUANTITY_TEXT_MAX, "%" PRId64 "%s%s%s%s", amount / unit->scale, *fraction ? "." : "",
                 fraction, gap, unit->name);
}

void quantity_format(char out[QUANTITY_TEXT_MAX], int64_t amount, const char *unit) {
    format(out, amount, unit, "");
}

void quantity_say(char out[QUANTITY_TEXT_MAX], int64_t amount, const char *unit) {
    format(out, amount, unit, " ");
}
