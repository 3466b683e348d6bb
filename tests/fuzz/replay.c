// Replays a fuzz target's corpus under the ordinary compiler: one test per file, in TAP. The corpus folder is
// tests/fuzz/corpus/<target>, found from the program's name (replay_<target>).
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1024 * 1024)

// A copy of exactly the right size, so that a read past its end is found.
static int replay(const char *path) {
    static uint8_t buffer[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    size_t size = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    uint8_t *exact = malloc(size + 1);
    if (exact == NULL)
        return -1;
    memcpy(exact, buffer, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv) {
    (void)argc;
    const char *name = strstr(argv[0], "replay_");
    char folder[256];
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name != NULL ? name + strlen("replay_") : "");
    DIR *corpus = opendir(folder);
    if (corpus == NULL) {
        printf("not ok 1 - %s: no corpus there\n", folder);
        return 1;
    }
    int count = 0, bad = 0;
    for (struct dirent *entry = readdir(corpus); entry != NULL; entry = readdir(corpus)) {
        char path[600];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        int failed = replay(path) != 0;
        bad += failed;
        printf("%s %d - %s\n", failed ? "not ok" : "ok", ++count, path);
        fflush(stdout);
    }
    closedir(corpus);
    printf("1..%d\n", count);
    return bad != 0 || count == 0;
}
