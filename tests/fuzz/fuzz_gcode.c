// Scan, classify, apply and meter any lines, and look for what must never be seen:
//  - a line whose class changes when blanks, case or comments in it change,
//  - a beam or spindle that is on behind lines that passed as setup,
//  - work that was metered on a line that passed,
//  - more points than the picture has room for.
// The first byte chooses the machine and its rules, the second the state to begin with.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h" // meter_line

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void broken(const char *what, const uint8_t *line, size_t length) {
    fprintf(stderr, "%s: \"%.*s\"\n", what, (int)length, (const char *)line);
    abort();
}

static uint8_t other_case(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? (uint8_t)(c ^ 0x20) : c;
}

// Writes the line with the case turned and `filler` behind every byte that is not in a comment.
static size_t altered(uint8_t *out, size_t room, const uint8_t *line, size_t length, const char *filler) {
    size_t used = 0, add = strlen(filler);
    bool comment = false, rest = false;
    for (size_t i = 0; i < length; i++) {
        if (used + 1 + add > room)
            return 0;
        out[used++] = comment || rest ? line[i] : other_case(line[i]);
        rest = rest || (!comment && line[i] == ';');
        comment = !rest && (comment ? line[i] != ')' : line[i] == '(');
        if (!comment && !rest) {
            memcpy(out + used, filler, add);
            used += add;
        }
    }
    return used;
}

static void check_same_class(const struct gcode_rules *rules, const struct gcode_modal *modal,
                             const struct gcode_block *block, const uint8_t *line, size_t length) {
    static const char *const fillers[] = {" ", "", "(M3 S1000)", "\t(;)"};
    uint8_t text[GCODE_LINE_MAX];
    enum gcode_class expected = gcode_classify(rules, modal, block);
    // A printer's comments begin with `;` alone, and system commands have no comments.
    bool words = block->shape == GCODE_WORDS_LINE || block->shape == GCODE_EMPTY;
    size_t count = words && rules->machine != GCODE_PRINTER ? 4 : 2;
    for (size_t i = 0; i < count; i++) {
        struct gcode_block other;
        size_t n = altered(text, sizeof text, line, length, fillers[i]);
        if (n == 0)
            continue;
        gcode_scan(&other, text, n);
        if (other.shape != block->shape || gcode_classify(rules, modal, &other) != expected)
            broken("its class depends on filler or case", line, length);
    }
}

static void one_line(struct meter *m, const struct gcode_rules *rules, struct gcode_modal *modal,
                     const uint8_t *line, size_t length) {
    struct gcode_block block;
    struct gcode_modal before = *modal;
    int64_t work = m->result.work_um;
    gcode_scan(&block, line, length);
    enum gcode_class class = gcode_classify(rules, modal, &block);
    if (length <= GCODE_LINE_MAX)
        check_same_class(rules, modal, &block, line, length);
    gcode_modal_apply(modal, &block);
    meter_line(m, rules, &before, modal, &block, length + 1);
    if (class < GCODE_FOCUS && gcode_energised(rules, modal) && !gcode_energised(rules, &before))
        broken("passed as setup, and now it is on", line, length);
    if (class < GCODE_WORK && m->result.work_um > work)
        broken("worked, although it passed", line, length);
    if (m->points > METER_PATH_MAX)
        broken("the picture overflowed", line, length);
    if (m->result.rapid_um < 0 || m->result.feed_um < 0 || m->result.work_um < work)
        broken("a length became smaller", line, length);
    if (m->result.feed_us > METER_SUM_MAX || (uint64_t)m->result.rapid_um > METER_SUM_MAX)
        broken("more than the ledger can keep", line, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct meter meter;
    if (size < 2)
        return 0;
    struct gcode_rules rules = {
        .machine = (enum gcode_machine)(data[0] % 3),
        .strict = data[0] & 0x40,
        .beam_on_fan = data[0] & 0x80,
        .focus_limit = (data[0] >> 2) & 15u,
    };
    struct gcode_modal modal;
    gcode_modal_reset(&modal);
    modal.doubt = data[1] & 1;
    meter_reset(&meter, NULL);
    for (size_t at = 2; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - (data + at)) : size - at;
        one_line(&meter, &rules, &modal, data + at, length);
        at += length + 1;
    }
    gcode_modal_from_report(&modal, data + 2, size - 2);
    return 0;
}
