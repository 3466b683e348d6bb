#include "timefmt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MICROSECONDS 1000000LL

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * MICROSECONDS + t.tv_nsec / 1000;
}

int64_t time_now_us(void) {
    return read_clock(CLOCK_REALTIME);
}

int64_t time_monotonic_us(void) {
    return read_clock(CLOCK_MONOTONIC);
}

void time_format(char out[TIME_TEXT_MAX], int64_t utc_us) {
    int64_t second = utc_us / MICROSECONDS, micro = utc_us % MICROSECONDS;
    if (micro < 0) {
        micro += MICROSECONDS;
        second--;
    }
    time_t t = (time_t)second;
    struct tm tm;
    gmtime_r(&t, &tm);
    char date[24];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, TIME_TEXT_MAX, "%s.%06dZ", date, (int)micro);
}

// Reads exactly `digits` decimal digits; -1 if they are not there.
static int read_digits(const char **at, int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool read_fraction(const char **at, int64_t *micro) {
    int64_t scale = MICROSECONDS / 10;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        *micro += (**at - '0') * scale;
        scale /= 10;
    }
    return true;
}

static bool read_clock_part(const char **at, struct tm *tm, int64_t *micro) {
    tm->tm_hour = read_digits(at, 2);
    if (tm->tm_hour < 0 || tm->tm_hour > 23 || **at != ':')
        return false;
    (*at)++;
    tm->tm_min = read_digits(at, 2);
    if (tm->tm_min < 0 || tm->tm_min > 59)
        return false;
    if (**at == ':') {
        (*at)++;
        tm->tm_sec = read_digits(at, 2);
        if (tm->tm_sec < 0 || tm->tm_sec > 60)
            return false;
        if (**at == '.') {
            (*at)++;
            if (!read_fraction(at, micro))
                return false;
        }
    }
    return true;
}

bool time_parse(const char *text, int64_t *utc_us) {
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    int64_t micro = 0;
    const char *at = text;
    int year = read_digits(&at, 4);
    if (year < 0 || *at++ != '-')
        return false;
    int month = read_digits(&at, 2);
    if (month < 1 || month > 12 || *at++ != '-')
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = read_digits(&at, 2);
    if (tm.tm_mday < 1 || tm.tm_mday > 31)
        return false;
    if (*at == 'T' || *at == ' ') {
        at++;
        if (!read_clock_part(&at, &tm, &micro))
            return false;
        if (*at == 'Z')
            at++;
    }
    if (*at != '\0')
        return false;
    int day = tm.tm_mday;
    time_t t = timegm(&tm);
    if (tm.tm_mday != day) // 31 February became March
        return false;
    *utc_us = (int64_t)t * MICROSECONDS + micro;
    return true;
}
