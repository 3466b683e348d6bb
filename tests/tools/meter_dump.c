// meter_dump: what proto/meter makes of a G-code file, as JSON, for comparison with tests/tools/meter_oracle.py.
// Usage: meter_dump laser|cnc|printer FOCUS_LIMIT FILE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h" // meter_line

#define FILE_MAX (64u << 20)

static struct meter meter;

static bool machine_of(const char *name, uint8_t *machine) {
    static const char *const names[] = {"laser", "cnc", "printer"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *machine = (uint8_t)i; // enum gcode_machine
            return true;
        }
    }
    return false;
}

static void run(const struct gcode_rules *rules, const uint8_t *text, size_t size) {
    struct gcode_modal before, after;
    gcode_modal_reset(&after);
    meter_reset(&meter, NULL);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(text + at, '\n', size - at);
        size_t whole = end ? (size_t)(end - (text + at)) + 1 : size - at;
        size_t length = whole - (end ? 1 : 0);
        struct gcode_block block;
        if (length && text[at + length - 1] == '\r')
            length--;
        gcode_scan(&block, text + at, length);
        before = after;
        gcode_modal_apply(&after, &block);
        meter_line(&meter, rules, &before, &after, &block, whole);
        at += whole;
    }
}

static void print_box(const char *name, bool has, const int32_t min[3], const int32_t max[3]) {
    if (has)
        printf(",\"%s\":[%d,%d,%d,%d,%d,%d]", name, min[0], min[1], min[2], max[0], max[1], max[2]);
    else
        printf(",\"%s\":null", name);
}

static void print_result(const struct meter_result *r) {
    printf("{\"lines\":%llu,\"bytes\":%llu,\"rapid_um\":%lld,\"feed_um\":%lld,\"work_um\":%lld",
           (unsigned long long)r->lines, (unsigned long long)r->bytes, (long long)r->rapid_um,
           (long long)r->feed_um, (long long)r->work_um);
    printf(",\"work_us\":%llu,\"feed_us\":%llu,\"arcs\":%u", (unsigned long long)r->work_us,
           (unsigned long long)r->feed_us, r->arcs);
    print_box("box_um", r->has_box, r->box_min_um, r->box_max_um);
    print_box("work_box_um", r->has_work_box, r->work_box_min_um, r->work_box_max_um);
    if (r->has_s)
        printf(",\"s_milli\":[%u,%u]", r->s_min_milli, r->s_max_milli);
    else
        printf(",\"s_milli\":null");
    printf(",\"path\":[");
    for (uint32_t i = 0; i < meter.points; i++)
        printf("%s[%d,%d,%d]", i ? "," : "", meter.path[i].x_um, meter.path[i].y_um, meter.path[i].work);
    printf("],\"tolerance_um\":%.0f}\n", meter.tolerance_mm * 1000);
}

int main(int argc, char **argv) {
    struct gcode_rules rules = {0};
    if (argc != 4 || !machine_of(argv[1], &rules.machine)) {
        fprintf(stderr, "usage: meter_dump laser|cnc|printer FOCUS_LIMIT FILE\n");
        return 2;
    }
    rules.focus_limit = (uint32_t)strtoul(argv[2], NULL, 10);
    FILE *file = fopen(argv[3], "rb");
    uint8_t *text = malloc(FILE_MAX);
    if (!file || !text) {
        fprintf(stderr, "meter_dump: cannot read %s\n", argv[3]);
        return 1;
    }
    size_t size = fread(text, 1, FILE_MAX, file);
    fclose(file);
    run(&rules, text, size);
    print_result(&meter.result);
    free(text);
    return 0;
}
