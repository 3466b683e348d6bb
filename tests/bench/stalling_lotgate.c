// stalling_lotgate: lotgate on a disk that stalls when told to. Each SIGUSR1 makes the next write to the ledger take
// five seconds longer, as SD cards do. The arguments are those of `lotgate`.
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>

#include "commands.h"
#include "fault_vfs.h"

#define STALL_US 5000000

static void *wait_for_signals(void *context) {
    const struct fault_plan plan = {.kind = FAULT_STALL, .at = 1, .stall_us = STALL_US};
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    while (sigwait(&set, &number) == 0) {
        fault_vfs_arm(context, &plan);
        fputs("stalling_lotgate: the next write stalls\n", stderr); // who sent the signal waits for this
    }
    return NULL;
}

int main(int argc, char **argv) {
    sigset_t set;
    pthread_t thread;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL); // inherited by every thread but the one that waits for it
    struct fault_vfs *disk = fault_vfs_create("stalling");
    if (disk == NULL || sqlite3_vfs_register(sqlite3_vfs_find("stalling"), 1) != SQLITE_OK ||
        pthread_create(&thread, NULL, wait_for_signals, disk) != 0) {
        fprintf(stderr, "stalling_lotgate: cannot be set up\n");
        return 1;
    }
    pthread_detach(thread);
    return command_serve(argc - 1, argv + 1);
}
