// quantity: "5sheet", "1.5 kg", "600mm" as exact integers.
//
// A quantity is an amount of the smallest unit of its kind (the base: mg for mass, um for length, mm2, mm3, and
// for things that are counted the thing itself) beside the unit it was given in. Nothing is rounded: what does
// not come out whole in the base is refused. Pure.
#ifndef LOTGATE_TRACE_QUANTITY_H
#define LOTGATE_TRACE_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h" // lg_error

#define QUANTITY_TEXT_MAX   48
#define QUANTITY_AMOUNT_MAX INT64_C(1000000000000000) // of the base unit; 10^15 stays exact everywhere

struct quantity {
    int64_t amount;   // of the base unit, above 0
    const char *unit; // as given, in its short form ("sheet", "kg"); a constant
    const char *base; // the base unit; quantities with the same base can be compared; a constant
};

// Code bad_quantity with a sentence that says what is understood.
bool quantity_parse(const char *text, struct quantity *out, struct lg_error *error);
// The same of what is found or was really taken: it may be nothing, "0sheet".
bool quantity_parse_found(const char *text, struct quantity *out, struct lg_error *error);

// "5sheet", "1.5kg": exactly what quantity_parse reads. `unit` must be one that it knows.
void quantity_format(char out[QUANTITY_TEXT_MAX], int64_t amount, const char *unit);
// The same for people: "1 sheet", "1.5 kg".
void quantity_say(char out[QUANTITY_TEXT_MAX], int64_t amount, const char *unit);

// A decimal number ("1.19", "3") as an integer of 1/scale, exactly; no sign, no exponent. *end: what follows it.
// False when there is no number, it does not come out whole, or it is above QUANTITY_AMOUNT_MAX.
bool quantity_decimal(const char *text, int64_t scale, int64_t *out, const char **end);

#endif
