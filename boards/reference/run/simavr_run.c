// simavr_run: runs a reference firmware in simavr, its UARTs on pseudo-terminals, at the pace of real time or faster.
//
//   simavr_run --mcu atmega328p --uart0 LINK [--uart1 LINK] [options] ELF
//     --eeprom FILE    keeps the EEPROM there, so that what is stored outlives the power
//     --log FILE       microseconds of simulated time, and what: rx0 tx0 (a line, by its last and first byte) pin key ee ov stack
//     --speed N        N times real time; 0: as fast as it goes
//     --cut-after N    cuts the power after the Nth byte that is written to the EEPROM (exit status 10);
//     --torn           that byte is left erased
//
// Standard input takes commands, a line each: `pin C4 0` (a level from outside), `stall` (the program hangs), `stack` (the deepest
// stack so far, to the log), `quit`. Its end ends the simulation.
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "simavr_board.h" // board_run

#define FREQUENCY  16000000u
#define HOST_BAUD  115200u
#define PANEL_BAUD 9600u
#define STATUS_CUT 10
#define LATE_MOST  0.1 // seconds behind real time that are still made good

struct options {
    const char *mcu, *links[2], *eeprom, *log, *elf;
    double speed;
    uint32_t cut_after;
    bool torn;
};

static struct board board; // too large for the stack

static bool read_options(struct options *o, int count, char **words) {
    static const struct option names[] = {
        {"mcu", required_argument, NULL, 'm'},
        {"uart0", required_argument, NULL, '0'},
        {"uart1", required_argument, NULL, '1'},
        {"eeprom", required_argument, NULL, 'e'},
        {"log", required_argument, NULL, 'l'},
        {"speed", required_argument, NULL, 's'},
        {"cut-after", required_argument, NULL, 'c'},
        {"torn", no_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(count, words, "", names, NULL)) != -1) {
        if (option == 'm')
            o->mcu = optarg;
        else if (option == '0' || option == '1')
            o->links[option - '0'] = optarg;
        else if (option == 'e')
            o->eeprom = optarg;
        else if (option == 'l')
            o->log = optarg;
        else if (option == 's')
            o->speed = strtod(optarg, NULL);
        else if (option == 'c')
            o->cut_after = (uint32_t)strtoul(optarg, NULL, 10);
        else if (option == 't')
            o->torn = true;
        else
            return false;
    }
    o->elf = words[optind];
    return o->elf && o->mcu && o->links[0];
}

static bool set_up(const struct options *o) {
    board.eeprom_path = o->eeprom;
    board.cut_after = o->cut_after;
    board.torn = o->torn;
    if (o->log) {
        board.log = fopen(o->log, "w");
        if (!board.log) {
            perror(o->log);
            return false;
        }
        setvbuf(board.log, NULL, _IOLBF, 0);
    }
    return board_start(&board, o->mcu, FREQUENCY, o->elf) &&
           board_wire(&board, '0', HOST_BAUD, o->links[0]) &&
           (!o->links[1] || board_wire(&board, '1', PANEL_BAUD, o->links[1]));
}

// False: to end.
static bool obey(const char *line) {
    char port, text[16];
    int bit, level;
    if (strcmp(line, "quit") == 0)
        return false;
    if (strcmp(line, "stall") == 0) {
        board_stall(&board);
    } else if (strcmp(line, "stack") == 0) {
        snprintf(text, sizeof text, "%u", board.lowest_stack);
        board_log(&board, board.avr->cycle, "stack", text);
    } else if (sscanf(line, "pin %c%d %d", &port, &bit, &level) == 3) {
        board_pin(&board, port, bit, level);
        snprintf(text, sizeof text, "%c%d %d", port, bit, level);
        board_log(&board, board.avr->cycle, "key", text);
    } else {
        fprintf(stderr, "simavr_run: what is `%s`?\n", line);
    }
    return true;
}

static bool read_commands(void) {
    static char text[256];
    static size_t length;
    ssize_t count = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
    if (count <= 0)
        return false;
    length += (size_t)count;
    text[length] = '\0';
    for (char *end; (end = strchr(text, '\n')); length = strlen(text)) {
        *end = '\0';
        if (!obey(text))
            return false;
        memmove(text, end + 1, strlen(end + 1) + 1);
    }
    if (length == sizeof text - 1)
        length = 0;
    return true;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Waits until real time has come to where simulated time is. False: to end.
static bool keep_pace(double speed, double *start) {
    struct pollfd commands = {STDIN_FILENO, POLLIN, 0};
    for (;;) {
        double left = 0;
        if (speed > 0) {
            left = *start + board_microseconds(&board) / 1e6 / speed - seconds();
            if (left < -LATE_MOST)
                *start -= left;
        }
        // Bytes that come while it waits are late by a millisecond at most: their time on the wire counts from then.
        if (poll(&commands, 1, left > 0 ? (int)(left * 1000) + 1 : 0) > 0)
            return read_commands();
        if (left <= 0 || left < 0.001)
            break;
    }
    board_read_wires(&board);
    return true;
}

int main(int count, char **words) {
    struct options options = {.speed = 1};
    if (!read_options(&options, count, words)) {
        fprintf(stderr,
                "usage: simavr_run --mcu CHIP --uart0 LINK [options] ELF (see the top of simavr_run.c)\n");
        return 2;
    }
    if (!set_up(&options))
        return 1;
    double start = seconds();
    while (keep_pace(options.speed, &start)) {
        if (!board_run(&board, FREQUENCY / 1000)) {
            fprintf(stderr, "simavr_run: the program has crashed\n");
            return 1;
        }
        if (board.cut)
            return STATUS_CUT;
    }
    return 0;
}
