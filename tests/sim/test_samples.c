// Whole files go through the gate to a simulated machine, and arrive byte for byte: held, declared, streamed by a sender
// that counts characters, recorded with the file's own hash. The files of ../shared/samples when they are there, and
// always our own in tests/data.
#include "unit.h"

#include <dirent.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "world.h"
#include "world_inside.h"

struct file {
    char *text;
    size_t length;
};

// What the machine took, put together again.
struct arrived {
    char *text;
    size_t length, room;
};

// The file with LF line ends and one at its end, as a sender sends lines. Realtime characters, which some comments hold,
// are no part of a line wherever they stand: they are left out here, since a machine never shows them as text.
static struct file read_lines(const char *path) {
    struct file f = {NULL, 0};
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return f;
    fseek(in, 0, SEEK_END);
    size_t size = (size_t)ftell(in);
    rewind(in);
    f.text = malloc(size + 1);
    assert_non_null(f.text);
    assert_int_equal(fread(f.text, 1, size, in), size);
    fclose(in);
    for (size_t i = 0; i < size; i++)
        if (strchr("\r~!?", f.text[i]) == NULL)
            f.text[f.length++] = f.text[i];
    if (f.length > 0 && f.text[f.length - 1] != '\n')
        f.text[f.length++] = '\n';
    return f;
}

static void on_executed(void *context, const struct sim_line *line) {
    struct arrived *a = context;
    if (line->length == 2 && line->text[0] == '$') // lotgate's own $I and $G
        return;
    assert_true(a->length + line->length + 1 <= a->room);
    memcpy(a->text + a->length, line->text, line->length);
    a->length += line->length;
    a->text[a->length++] = '\n';
}

// Lets it run to its end, however long the cutting takes.
static void finish(struct world *w, struct wire_machine *m) {
    for (int half_minutes = 0; half_minutes < 24 * 120 && w->trouble[0] == '\0'; half_minutes++) {
        world_run(w, w->now + 30 * WORLD_SECOND);
        if (actor_finished(&m->actor) && world_state_of(m) == GATE_LOCKED)
            break;
        if (world_state_of(m) == GATE_HELD)
            world_declare(w, m, "GOOD");
    }
    world_run(w, w->now + 10 * WORLD_SECOND);
}

// One job, or, for a file whose beam never rises, a dry run.
static const char *check_record(struct world *w, const struct file *f) {
    static char verdict[80];
    unsigned char hash[32];
    char expected[65];
    crypto_hash_sha256(hash, (const unsigned char *)f->text, f->length);
    sodium_bin2hex(expected, sizeof expected, hash, sizeof hash);
    cJSON *jobs = office_must(w, "job.list", "{}");
    const cJSON *job = cJSON_GetArrayItem(jobs, cJSON_GetArraySize(jobs) - 1);
    const char *state = json_text(job, "state");
    assert_non_null(state);
    bool dry = strcmp(state, "dry_run") == 0;
    assert_true(dry || strcmp(state, "completed") == 0);
    assert_int_equal(cJSON_GetArraySize(json_get(job, "lots")), dry ? 0 : 1);
    // Empty lines are a poller's, not the job's: the hash of a file that has some differs by just those.
    bool whole = cJSON_GetArraySize(jobs) == 1 && f->text[0] != '\n' && strstr(f->text, "\n\n") == NULL;
    if (whole)
        assert_string_equal(json_text(job, "sha256"), expected);
    snprintf(verdict, sizeof verdict, "%s%s", state, whole ? ", the file's own hash" : "");
    cJSON_Delete(jobs);
    return verdict;
}

static void stream(const char *path) {
    struct file f = read_lines(path);
    struct arrived a = {malloc(f.length + 64), 0, f.length + 64};
    char *directory = world_directory();
    struct world *w = calloc(1, sizeof *w);
    assert_true(f.text != NULL && a.text != NULL && w != NULL);
    f.text = realloc(f.text, f.length + 1);
    f.text[f.length] = '\0';
    world_begin(w, 1, directory);
    struct wire_machine *m = &w->machines[0];
    m->on_executed = on_executed;
    m->executed_context = &a;
    world_run(w, w->now + 10 * WORLD_SECOND);
    world_connect_with(w, m, ACTOR_COUNTS, f.text, f.length);
    finish(w, m);
    if (w->trouble[0] != '\0')
        fail_msg("%s: %s", path, w->trouble);
    if (!actor_finished(&m->actor)) {
        struct gate_view view;
        gate_view(m->gate, &view);
        fail_msg("%s: %zu of %zu bytes sent, %u of %u lines answered; the gate is %s, \"%s\"", path,
                 m->actor.sent, f.length, m->actor.answers, m->actor.lines_sent, gate_state_name(view.state),
                 view.text);
    }
    assert_int_equal(m->actor.answers, m->actor.lines_sent);
    assert_int_equal(a.length, f.length);
    assert_memory_equal(a.text, f.text, f.length);
    const char *verdict = check_record(w, &f);
    printf("# %s: %zu bytes, %u lines (%u refused by the machine), %.0f min of its time: %s\n", path,
           f.length, m->actor.lines_sent, m->actor.errors, (double)w->now / 60e6, verdict);
    world_end(w);
    world_remove_directory(directory);
    free(w);
    free(a.text);
    free(f.text);
}

static int stream_all(const char *folder, const char *const endings[]) {
    DIR *directory = opendir(folder);
    int count = 0;
    for (struct dirent *e = directory ? readdir(directory) : NULL; e != NULL; e = readdir(directory)) {
        const char *dot = strrchr(e->d_name, '.');
        for (size_t i = 0; dot != NULL && endings[i] != NULL; i++) {
            if (strcmp(dot, endings[i]) != 0)
                continue;
            char path[600];
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            stream(path);
            count++;
        }
    }
    if (directory != NULL)
        closedir(directory);
    return count;
}

static const char *const endings[] = {".nc", ".gcode", NULL};

static void test_own_files_arrive_byte_for_byte(void **state) {
    (void)state;
    stream("tests/data/laser-frame-and-arcs.nc");
    stream("tests/data/crlf-and-oddities.nc");
}

static void test_real_files_arrive_byte_for_byte(void **state) {
    (void)state;
    if (stream_all("../shared/samples", endings) == 0) {
        print_message("skipped: ../shared/samples is not there\n");
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_files_arrive_byte_for_byte),
        cmocka_unit_test(test_real_files_arrive_byte_for_byte),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
