// Folders, waiting and looking: what every program of the simulation needs.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

char *world_directory(void) {
    // The simulation commits thousands of times: memory is fast and as good as any disk here.
    static char path[64];
    snprintf(path, sizeof path, "%s/lotgate-sim-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    char *made = mkdtemp(path);
    lg_assert(made != NULL);
    return path;
}

void world_remove_directory(const char *path) {
    DIR *directory = opendir(path);
    for (struct dirent *e = directory ? readdir(directory) : NULL; e != NULL; e = readdir(directory)) {
        char name[400];
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' && remove(name) != 0)
            world_remove_directory(name);
    }
    if (directory != NULL)
        closedir(directory);
    rmdir(path);
}

enum gate_state world_state_of(const struct wire_machine *m) {
    struct gate_view view;
    gate_view(m->gate, &view);
    return view.state;
}

void world_wait_state(struct world *w, struct wire_machine *m, enum gate_state wanted, int64_t limit) {
    int64_t end = w->now + limit;
    while (world_state_of(m) != wanted && w->now < end && w->trouble[0] == '\0')
        world_run(w, w->now + 10000);
    if (world_state_of(m) != wanted)
        world_trouble(w, "%s is %s, not %s", m->id, gate_state_name(world_state_of(m)),
                      gate_state_name(wanted));
}
