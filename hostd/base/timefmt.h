// timefmt: UTC microseconds <-> ISO 8601 text ("2026-11-23T10:06:00.123456Z").
#ifndef LOTGATE_BASE_TIMEFMT_H
#define LOTGATE_BASE_TIMEFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_TEXT_MAX 32

int64_t time_now_us(void);       // wall clock, UTC, microseconds since 1970
int64_t time_monotonic_us(void); // never goes back
void time_format(char out[TIME_TEXT_MAX], int64_t utc_us);
// Accepts dates ("2026-11-23"), minutes, seconds and fractions; Z or none (UTC). False if it is not a time.
bool time_parse(const char *text, int64_t *utc_us);

#endif
