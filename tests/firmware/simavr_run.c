// simavr_run: runs a test firmware in simavr and talks to it over its UART.
//
//   simavr_run agree ELF COUNT    COUNT lines of the corpora, spread over all of them, and as many that are made up: the
//                                 firmware (avr_judge.c) must answer each as the host does
//   simavr_run cycles ELF COUNT   the cycles that lg_hook_line (avr_lines.c) takes, on lines of the samples, on each command
//                                 and code, and on COUNT made-up lines. At 16 MHz at most 60 us and 6 us for each byte, and
//                                 for the lines of a running job, but for one in a thousand, 20 us and 6 us for each byte
//
// Speaks TAP. Everything is counted in simulated cycles: nothing depends on how fast this runs.
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_irq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_lines.h"
#include "link.h" // LINK_RUNNING

#define GPIOR0_ADDRESS 0x3E // in the data space of an ATmega328P
#define WAIT_CYCLES    50000000u
#define CYCLES_AIM                                                                                           \
    320u // 20 us for the line itself: what is aimed at, and holds for the lines of a job that runs
#define CYCLES_BYTE 96u // 6 us; the line's end is a byte too
// What must hold for every line. Time goes by the codes of a line more than by its bytes: `$RST=M6G-0G91G-0` takes 156 us, the
// dearest for its length of 100,000 made-up lines. A byte takes 87 us on the wire.
#define CYCLES_LIMIT 960u // 60 us
// A running job's lines that may pass what is aimed at: one in so many, and the two of the project's own corpora that do (nine
// codes in 22 bytes, and `$C`), which are all there is where the shared samples are not.
#define OVER_PER 1000u
#define OVER_OWN 2u

struct board {
    avr_t *avr;
    avr_irq_t *input;
    uint8_t out[4096]; // to the firmware
    size_t out_at, out_end;
    uint8_t in[64]; // from it
    size_t in_count;
    bool room;
    avr_cycle_count_t began, took;
};

static void on_output(struct avr_irq_t *irq, uint32_t value, void *param) {
    struct board *b = param;
    (void)irq;
    if (b->in_count < sizeof b->in)
        b->in[b->in_count++] = (uint8_t)value;
}

static void on_xon(struct avr_irq_t *irq, uint32_t value, void *param) {
    struct board *b = param;
    (void)irq, (void)value;
    b->room = true;
}

static void on_xoff(struct avr_irq_t *irq, uint32_t value, void *param) {
    struct board *b = param;
    (void)irq, (void)value;
    b->room = false;
}

static void on_mark(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param) {
    struct board *b = param;
    avr->data[address] = value;
    if (value)
        b->began = avr->cycle;
    else
        b->took = avr->cycle - b->began;
}

static void put(struct board *b, uint8_t byte) {
    b->out[b->out_end++] = byte;
}

static void put_long(struct board *b, uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8)
        put(b, (uint8_t)(value >> shift));
}

// Sends what was put and waits for `count` bytes.
static void exchange(struct board *b, size_t count) {
    avr_cycle_count_t end = b->avr->cycle + WAIT_CYCLES;
    b->in_count = 0;
    while (b->in_count < count) {
        while (b->room && b->out_at < b->out_end)
            avr_raise_irq(b->input, b->out[b->out_at++]);
        int state = avr_run(b->avr);
        if (state == cpu_Done || state == cpu_Crashed || b->avr->cycle > end) {
            printf("Bail out! the firmware does not answer (state %d)\n", state);
            exit(1);
        }
    }
    b->out_at = b->out_end = 0;
}

static void start(struct board *b, const char *path) {
    elf_firmware_t firmware;
    memset(&firmware, 0, sizeof firmware);
    memset(b, 0, sizeof *b);
    if (elf_read_firmware(path, &firmware) != 0 || (b->avr = avr_make_mcu_by_name("atmega328p")) == NULL) {
        printf("Bail out! %s cannot be loaded\n", path);
        exit(1);
    }
    avr_init(b->avr);
    avr_load_firmware(b->avr, &firmware);
    b->avr->frequency = 16000000;
    b->avr->log = LOG_ERROR;
    uint32_t flags = 0;
    avr_ioctl(b->avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= (uint32_t) ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
    avr_ioctl(b->avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    b->input = avr_io_getirq(b->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(b->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_output, b);
    avr_irq_register_notify(avr_io_getirq(b->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), on_xon, b);
    avr_irq_register_notify(avr_io_getirq(b->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), on_xoff, b);
    avr_register_io_write(b->avr, GPIOR0_ADDRESS, on_mark, b);
    b->room = true;
    exchange(b, 1); // it is ready
}

static uint32_t long_at(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void ask(struct board *b, const struct judge_rules *rules, const struct judge_state *state,
                const uint8_t *line, size_t length, struct judge_answer *answer) {
    put(b, rules->machine);
    put(b, rules->strict);
    put(b, rules->beam_on_fan);
    put_long(b, rules->focus_limit);
    put(b, state->on);
    put(b, state->fan_beam);
    put(b, state->doubt);
    put_long(b, (uint32_t)state->s.mantissa);
    put(b, state->s.decimals);
    put(b, state->s.saturated);
    put(b, (uint8_t)length);
    put(b, (uint8_t)(length >> 8));
    for (size_t i = 0; i < length; i++)
        put(b, line[i]);
    exchange(b, 14);
    const uint8_t *in = b->in;
    *answer = (struct judge_answer){
        in[0], in[1], in[2], in[3], in[4], {in[5], in[6], in[7], {(int32_t)long_at(in + 8), in[12], in[13]}}};
}

static bool agrees(struct board *b, struct judge_lines *l, const uint8_t *line, size_t length) {
    struct judge_rules rules;
    struct judge_state state;
    struct judge_answer host, firmware;
    judge_lines_setting(l, &rules, &state);
    judge(&rules, &state, line, (uint16_t)length, &host);
    ask(b, &rules, &state, line, length, &firmware);
    return judge_lines_agree(&host, &firmware, line, length);
}

static int agree(struct board *b, struct judge_lines *l, unsigned long count) {
    unsigned long done = 0, made_up = 0;
    bool same = true;
    uint8_t line[JUDGE_LINE_MAX];
    size_t step = count < l->count ? l->count / count : 1;
    for (size_t i = 0; i < l->count && same; i += step, done++)
        same = agrees(b, l, (const uint8_t *)l->lines[i], l->lengths[i]);
    printf("1..2\n%sok 1 - the AVR judges %lu lines of the corpora as the host does\n", same ? "" : "not ",
           done);
    bool also = true;
    for (; made_up < count && also; made_up++) {
        size_t length = judge_lines_next(l, line);
        also = agrees(b, l, line, length);
    }
    printf("%sok 2 - the AVR judges %lu made-up lines as the host does\n", also ? "" : "not ", made_up);
    return same && also ? 0 : 1;
}

// --- cycles

struct worst {
    long spare; // cycles left of what is allowed, on the line that has the fewest
    unsigned long cycles, bytes, lines, over, events; // over: more than is aimed at
    double per_line;
    char text[256];
};

static void count_line(struct board *b, uint8_t state, const uint8_t *line, size_t length, struct worst *w) {
    if (link_is_frame(LINK_FROM_HOST, (const char *)line, length))
        return; // the MAC of a frame takes its own time, and between two lines of a job there is none
    put(b, state);
    put(b, (uint8_t)length);
    for (size_t i = 0; i < length; i++)
        put(b, line[i]);
    exchange(b, 2);
    if (b->in[1]) { // an event: once per job, and in a flood of blocked lines once per second
        w->events++;
        return;
    }
    w->over += b->took > CYCLES_AIM + CYCLES_BYTE * (length + 1);
    long spare = (long)(CYCLES_LIMIT + CYCLES_BYTE * (length + 1)) - (long)b->took;
    w->lines++;
    w->per_line += (double)b->took;
    if (w->lines > 1 && spare >= w->spare)
        return;
    w->spare = spare;
    w->cycles = (unsigned long)b->took;
    w->bytes = length + 1;
    size_t used = 0;
    for (size_t i = 0; i < length && used < sizeof w->text - 5; i++)
        used +=
            (size_t)snprintf(w->text + used, 5,
                             line[i] >= ' ' && line[i] < 0x7F && line[i] != '#' ? "%c" : "\\x%02x", line[i]);
    w->text[used] = '\0';
}

// `over`: how many lines may take more than is aimed at.
static int tell(int number, const char *what, struct worst *w, unsigned long over) {
    bool good = w->spare >= 0 && w->lines > 0 && w->over <= over;
    printf(
        "%sok %d - %s: %lu lines, %.0f cycles each, %lu over the aim; the dearest for its length took %lu cycles for %lu bytes (%ld to spare): "
        "\"%s\"\n",
        good ? "" : "not ", number, what, w->lines, w->lines ? w->per_line / (double)w->lines : 0, w->over,
        w->cycles, w->bytes, w->spare, w->text);
    *w = (struct worst){0};
    return good ? 0 : 1;
}

static int cycles(struct board *b, struct judge_lines *l, unsigned long count) {
    static const uint8_t states[] = {LINK_RUNNING, LINK_LOCKED};
    struct worst w = {0};
    uint8_t line[JUDGE_LINE_MAX];
    int bad = 0;
    printf("1..3\n");
    size_t step = count < l->count ? l->count / count : 1;
    for (size_t i = 0; i < l->count; i += step)
        if (l->lengths[i] <= 255)
            count_line(b, LINK_RUNNING, (const uint8_t *)l->lines[i], l->lengths[i], &w);
    bad += tell(1, "lines of the samples and corpora while a job runs", &w, OVER_OWN + w.lines / OVER_PER);
    for (size_t i = 0; i < judge_lines_pieces(); i++)
        for (size_t s = 0; s < sizeof states; s++) {
            size_t length = judge_lines_piece(i, line);
            count_line(b, states[s], line, length, &w);
        }
    bad += tell(2, "each code and command alone, while a job runs and while locked", &w, w.lines);
    for (unsigned long i = 0; i < count; i++) {
        size_t length = judge_lines_next(l, line);
        if (length <= 255)
            count_line(b, states[i % sizeof states], line, length, &w);
    }
    bad += tell(3, "made-up lines", &w, w.lines);
    return bad ? 1 : 0;
}

int main(int argc, char **argv) {
    struct judge_lines lines;
    struct board *board = malloc(sizeof *board);
    if (argc != 4 || !board) {
        fprintf(stderr, "usage: simavr_run agree|cycles ELF COUNT\n");
        return 2;
    }
    unsigned long count = strtoul(argv[3], NULL, 10);
    judge_lines_read(&lines);
    start(board, argv[2]);
    int failed = strcmp(argv[1], "agree") == 0 ? agree(board, &lines, count) : cycles(board, &lines, count);
    judge_lines_free(&lines);
    avr_terminate(board->avr);
    free(board);
    return failed;
}
