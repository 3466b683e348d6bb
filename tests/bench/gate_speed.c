// gate_speed: how many lines per second one core takes through proto and gate, meter and SHA-256 included.
//
//   gate_speed FILE [ROUNDS]
//
// A machine that answers `ok` at once stands behind the gate; the file goes in as chunks of 4 KiB, as a socket
// would give them. No I/O is measured.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate.h"

#define CHUNK 4096

struct world {
    uint64_t forwarded, replies;
    size_t owed; // `ok`s the machine has yet to give
    bool start_wanted, ended;
};

static void to_machine(void *context, const uint8_t *bytes, size_t length) {
    struct world *w = context;
    w->forwarded += length;
    for (const uint8_t *at = bytes; (at = memchr(at, '\n', (size_t)(bytes + length - at))) != NULL; at++)
        w->owed++;
}

static void to_sender(void *context, const uint8_t *bytes, size_t length) {
    (void)bytes;
    ((struct world *)context)->replies += length;
}

static void fact(void *context, const struct gate_fact *f) {
    struct world *w = context;
    w->start_wanted |= f->type == GATE_FACT_START_WANTED;
    w->ended |= f->type == GATE_FACT_ENDED;
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*length + 1);
    if (text != NULL && fread(text, 1, *length, file) != *length)
        return NULL;
    fclose(file);
    return text;
}

// Answers everything the machine owes, in batches as a UART driver would hand them over.
static void answer_all(struct gate *gate, struct world *w, int64_t now) {
    char batch[4 * 256];
    for (size_t i = 0; i < sizeof batch; i += 4)
        memcpy(batch + i, "ok\r\n", 4);
    while (w->owed > 0) {
        size_t n = w->owed < 256 ? w->owed : 256;
        w->owed -= n;
        gate_from_machine(gate, (const uint8_t *)batch, n * 4, now);
        if (w->start_wanted) {
            w->start_wanted = false;
            gate_start_committed(gate, now);
        }
    }
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double one_round(const char *text, size_t length) {
    struct world w = {0};
    struct gate_config config;
    gate_config_default(&config);
    config.mode = GATE_UNTIL_CHANGED;
    config.expect_identity = false;
    config.poll = false;
    config.rx_buffer = 65535;
    struct gate_output output = {&w, to_machine, to_sender, fact};
    struct gate *gate = gate_create(&config, &output);
    const char *code;
    int64_t now = 1000000;
    gate_machine_opened(gate, now);
    gate_sender_connected(gate, now);
    gate_from_machine(gate, (const uint8_t *)"Grbl 1.1h ['$' for help]\r\n", 26, now);
    gate_declared(gate, now, &code);
    double began = seconds();
    for (size_t at = 0; at < length; at += CHUNK) {
        size_t n = length - at < CHUNK ? length - at : CHUNK;
        gate_from_sender(gate, (const uint8_t *)text + at, n, now);
        if (w.start_wanted) {
            w.start_wanted = false;
            gate_start_committed(gate, now);
        }
        answer_all(gate, &w, now);
        now += 1000;
    }
    double took = seconds() - began;
    if (w.forwarded != length) // the file is cut behind its last newline
        fprintf(stderr, "gate_speed: %llu of %zu bytes arrived\n", (unsigned long long)w.forwarded, length);
    gate_free(gate);
    return took;
}

int main(int argc, char **argv) {
    size_t length = 0, lines = 0;
    char *text = argc > 1 ? read_file(argv[1], &length) : NULL;
    if (text == NULL) {
        fprintf(stderr, "usage: gate_speed FILE [ROUNDS]\n");
        return 2;
    }
    while (length > 0 && text[length - 1] != '\n') // an unfinished line is never forwarded
        length--;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    int rounds = argc > 2 ? atoi(argv[2]) : 20;
    double best = 1e9, sum = 0;
    for (int i = 0; i < rounds; i++) {
        double took = one_round(text, length);
        sum += took;
        if (took < best)
            best = took;
    }
    printf("{\"lines\":%zu,\"best_lines_per_second\":%.0f,\"mean_lines_per_second\":%.0f}\n", lines,
           (double)lines / best, (double)lines * rounds / sum);
    free(text);
    return 0;
}
