// sim_wire: bytes on the serial line take time, and some never arrive as they were sent.
#include "sim_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PRINT_MAX 512

// xorshift64*: small, and the same on every machine.
uint64_t sim_random(struct sim *s) {
    uint64_t x = s->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    s->random = x;
    return x * 0x2545F4914F6CDD1DULL;
}

bool sim_chance(struct sim *s, uint32_t ppm) {
    return ppm && (sim_random(s) >> 32) % 1000000u < ppm;
}

int64_t sim_wire_byte_us(const struct sim *s) {
    uint32_t baud = s->config.baud;
    return baud ? (10000000 + baud / 2) / baud : 0;
}

static bool take_one(int64_t *count) {
    if (*count <= 0)
        return false;
    (*count)--;
    return true;
}

static uint8_t turn_a_bit(struct sim *s, uint8_t byte) {
    return (uint8_t)(byte ^ (1u << (sim_random(s) >> 61)));
}

void sim_wire_arrived(struct sim *s) {
    struct wire_in *w = &s->in;
    uint8_t byte = w->byte[w->head];
    w->head = (w->head + 1) % SIM_WIRE_MAX;
    w->count--;
    s->counts.bytes_in++;
    if (take_one(&s->mishaps.drop_in))
        return;
    if (take_one(&s->mishaps.garble_in))
        byte = turn_a_bit(s, byte);
    sim_firmware_byte(s, byte);
}

static void enqueue(struct sim *s, uint8_t byte) {
    struct wire_out *w = &s->out;
    if (!s->plugged || w->count == SIM_OUT_MAX) {
        s->counts.out_lost++;
        return;
    }
    int64_t start = w->last > s->now ? w->last : s->now;
    if (start < s->mishaps.stall_until)
        start = s->mishaps.stall_until;
    w->last = start + sim_wire_byte_us(s);
    uint32_t tail = (w->head + w->count) % SIM_OUT_MAX;
    w->byte[tail] = byte;
    w->at[tail] = w->last;
    w->count++;
    // The firmware waits when its own transmit ring is full.
    int64_t wait = w->last - TX_RING * sim_wire_byte_us(s);
    if (s->mishaps.stall_until <= s->now && wait > s->busy_until)
        s->busy_until = wait;
}

void sim_wire_send(struct sim *s, uint8_t byte) {
    if (take_one(&s->mishaps.drop) || sim_chance(s, s->config.drop_ppm))
        return;
    if (take_one(&s->mishaps.garble) || sim_chance(s, s->config.garble_ppm))
        byte = turn_a_bit(s, byte);
    enqueue(s, byte);
}

void sim_print(struct sim *s, const char *format, ...) {
    char text[PRINT_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    for (size_t i = 0; i < length; i++)
        sim_wire_send(s, (uint8_t)text[i]);
}

ssize_t sim_write(struct sim *s, const void *bytes, size_t length, int64_t now) {
    sim_advance(s, now);
    if (!s->plugged)
        return -1;
    struct wire_in *w = &s->in;
    size_t room = SIM_WIRE_MAX - w->count;
    size_t n = length < room ? length : room;
    int64_t at = w->last > now ? w->last : now;
    for (size_t i = 0; i < n; i++) {
        at += sim_wire_byte_us(s);
        uint32_t tail = (w->head + w->count) % SIM_WIRE_MAX;
        w->byte[tail] = ((const uint8_t *)bytes)[i];
        w->at[tail] = at;
        w->count++;
    }
    w->last = at;
    sim_advance(s, now);
    return (ssize_t)n;
}

ssize_t sim_read(struct sim *s, void *buffer, size_t room, int64_t now) {
    sim_advance(s, now);
    if (!s->plugged)
        return -1;
    struct wire_out *w = &s->out;
    size_t n = 0;
    while (n < room && w->count && w->at[w->head] <= now) {
        ((uint8_t *)buffer)[n++] = w->byte[w->head];
        w->head = (w->head + 1) % SIM_OUT_MAX;
        w->count--;
    }
    s->counts.bytes_out += n;
    return (ssize_t)n;
}
