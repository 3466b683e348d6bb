// gate_out.c: bytes and facts on their way out. Pieces that follow each other in memory leave in one call, so
// that a chunk of a thousand lines is one write and one round of the hash.

#include "gate_internal.h"

#include <assert.h>
#include <string.h>

static void flush_hash(struct gate *g) {
    if (g->batch.hash_length != 0)
        crypto_hash_sha256_update(&g->job.sha, g->batch.hash, g->batch.hash_length);
    g->batch.hash_length = 0;
}

static void flush_machine(struct gate *g) {
    size_t length = g->batch.machine_length;
    g->batch.machine_length = 0;
    if (length != 0)
        g->out.to_machine(g->out.context, g->batch.machine, length);
}

static void flush_sender(struct gate *g) {
    size_t length = g->batch.sender_length;
    g->batch.sender_length = 0;
    if (length != 0)
        g->out.to_sender(g->out.context, g->batch.sender, length);
}

void gate_out_machine(struct gate *g, const uint8_t *bytes, size_t length) {
    if (g->batch.machine_length == 0 || g->batch.machine + g->batch.machine_length != bytes) {
        flush_machine(g);
        g->batch.machine = bytes;
    }
    g->batch.machine_length += length;
}

void gate_out_sender(struct gate *g, const uint8_t *bytes, size_t length) {
    if (!g->sender.present)
        return;
    if (g->batch.sender_length == 0 || g->batch.sender + g->batch.sender_length != bytes) {
        flush_sender(g);
        g->batch.sender = bytes;
    }
    g->batch.sender_length += length;
}

void gate_out_hash(struct gate *g, const uint8_t *bytes, size_t length) {
    if (g->batch.hash_length == 0 || g->batch.hash + g->batch.hash_length != bytes) {
        flush_hash(g);
        g->batch.hash = bytes;
    }
    g->batch.hash_length += length;
}

void gate_out_flush(struct gate *g) {
    flush_machine(g);
    flush_sender(g);
    flush_hash(g);
}

void gate_out_byte(struct gate *g, uint8_t byte) {
    flush_machine(g);
    g->out.to_machine(g->out.context, &byte, 1);
}

void gate_out_text(struct gate *g, const char *text) {
    flush_sender(g);
    if (g->sender.present)
        g->out.to_sender(g->out.context, (const uint8_t *)text, strlen(text));
}

void gate_out_message(struct gate *g, const char *text) {
    char line[GATE_TEXT_MAX + 32];
    gate_text_join(line, sizeof line, "[MSG:lotgate: ", text, "]");
    gate_out_text(g, line);
    gate_out_text(g, "\r\n");
}

void gate_fact_send(struct gate *g, const struct gate_fact *fact) {
    gate_out_flush(g); // what led to the fact is on its way before the host hears of it
    g->out.fact(g->out.context, fact);
}

void gate_fact(struct gate *g, enum gate_fact_type type, const char *text) {
    struct gate_fact fact = {.type = type, .state = g->state, .previous = g->state, .text = text};
    gate_fact_send(g, &fact);
}

void gate_text_copy(char *to, size_t room, const void *from, size_t length) {
    const uint8_t *bytes = from;
    assert(room > 0);
    if (length > room - 1)
        length = room - 1;
    for (size_t i = 0; i < length; i++)
        to[i] = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?');
    to[length] = '\0';
}

void gate_text_set(char *to, size_t room, const char *from) {
    gate_text_copy(to, room, from ? from : "", from ? strlen(from) : 0);
}

void gate_text_join(char *to, size_t room, const char *before, const char *subject, const char *behind) {
    const char *const parts[] = {before, subject, behind};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        gate_text_set(to + used, room - used, parts[i]);
        used += strlen(to + used);
    }
}

void gate_text_number(char to[GATE_DIGITS_MAX], uint16_t number) {
    char digits[GATE_DIGITS_MAX];
    size_t count = 0, at = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        to[at++] = digits[--count];
    to[at] = '\0';
}
