// lotgate-sim: simulated Grbl machines on pseudo-terminals, one process for many of them.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "sim_pty.h"

#define MACHINES_MAX 64
#define PLANS_MAX    32
#define SHORTEST_NS  300000 // a machine is looked at no more often than this
#define EXIT_BAD_USE 2
#define CARD_NAME    "/job.nc"

struct plan { // something that happens at a set time, to every machine
    int64_t at_us;
    bool card;
    enum sim_fault fault;
    int64_t param;
    bool done;
};

struct options {
    struct sim_config config;
    enum sim_kind kind;
    enum grbl_flavour flavour;
    long baud; // -1: the flavour's own
    const char *serial, *link, *log, *card_file, *memory, *scan;
    bool hook, button;
    double speed;
    long count;
    struct plan plan[PLANS_MAX];
    size_t plans;
};

struct program {
    struct options options;
    struct sim_pty *machine;
    size_t machines;
    int64_t started_ns;
    int signals;
};

static const char usage[] =
    "usage: lotgate-sim [option ...]\n"
    "Simulated Grbl machines, each on a pseudo-terminal whose path is printed.\n"
    "  --kind laser|cnc                     what it is (laser)\n"
    "  --flavour avr|mks|fluidnc|grblhal    whose firmware it behaves like (avr)\n"
    "  --baud N                             pace of the line; 0: as fast as it goes (115200)\n"
    "  --link PATH                          a symbolic link to the terminal, removed at the end\n"
    "  --serial TEXT                        user string shown by $I\n"
    "  --log FILE                           every line it takes: seconds, source, answer, work, line\n"
    "  --fault NAME@SECONDS[:PARAM]         lets something go wrong; may be given several times\n"
    "  --sd-job FILE@SECONDS                runs a file from its own card, as from the touch screen\n"
    "  --card FILE                          puts a file on its card; SIGUSR1 starts it, as from the touch screen\n"
    "  --hook                               its firmware has lotgate's hook; --serial is its serial number\n"
    "  --hook-memory FILE                   keeps what the hook stores, and is read at the start\n"
    "  --button                             the hook's pairing button is held\n"
    "  --scan CODE                          what the scanner at the machine reads at SIGUSR2\n"
    "  --speed N                            its time passes N times as fast (1)\n"
    "  --count N                            N machines; links and logs get -1 ... -N, serials too\n"
    "  --help                               this text\n"
    "faults:";

static bool refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool refuse(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("lotgate-sim: ", stderr);
    vfprintf(stderr, format, args);
    fputs("; see lotgate-sim --help\n", stderr);
    va_end(args);
    return false;
}

static void print_usage(void) {
    fputs(usage, stdout);
    for (int i = 0; i < SIM_FAULTS; i++)
        printf(" %s", sim_fault_name((enum sim_fault)i));
    putchar('\n');
}

static bool number(const char *text, double least, double most, double *value) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && *end == 0 && errno == 0 && *value >= least && *value <= most;
}

// Splits "left@seconds" in place.
static bool split_time(char *text, int64_t *at_us) {
    char *at = strrchr(text, '@');
    double seconds;
    if (!at || !number(at + 1, 0, 1e9, &seconds))
        return false;
    *at = 0;
    *at_us = (int64_t)(seconds * 1e6);
    return true;
}

static struct plan *new_plan(struct options *o) {
    if (o->plans == PLANS_MAX) {
        refuse("there is room for %d faults and card jobs", PLANS_MAX);
        return NULL;
    }
    return &o->plan[o->plans++];
}

static bool take_fault(struct options *o, const char *value) {
    char text[128];
    snprintf(text, sizeof text, "%s", value);
    struct plan *plan = new_plan(o);
    if (!plan)
        return false;
    char *colon = strrchr(text, ':');
    double param = 0;
    if (colon) {
        *colon = 0;
        if (!number(colon + 1, 0, 1e12, &param))
            return refuse("--fault %s: the parameter is not a number", value);
    }
    plan->param = (int64_t)param;
    if (!split_time(text, &plan->at_us))
        return refuse("--fault %s: write NAME@SECONDS or NAME@SECONDS:PARAM", value);
    if (!sim_fault_from_name(text, &plan->fault))
        return refuse("--fault %s: there is no fault %s", value, text);
    return true;
}

static bool take_card(struct options *o, const char *value) {
    if (o->card_file)
        return refuse("--sd-job and --card: there is room for one file");
    o->card_file = value;
    return true;
}

static bool take_card_job(struct options *o, char *value) {
    struct plan *plan = new_plan(o);
    if (!plan)
        return false;
    plan->card = true;
    if (!split_time(value, &plan->at_us))
        return refuse("--sd-job %s: write FILE@SECONDS", value);
    return take_card(o, value);
}

static bool take_kind(struct options *o, const char *value) {
    bool laser = strcmp(value, "laser") == 0;
    if (!laser && strcmp(value, "cnc") != 0)
        return refuse("--kind %s: it is laser or cnc", value);
    o->kind = laser ? SIM_LASER : SIM_CNC;
    return true;
}

static bool take_flavour(struct options *o, const char *value) {
    static const char *const names[GRBL_FLAVOURS] = {
        [GRBL_AVR] = "avr", [GRBL_MKS] = "mks", [GRBL_FLUIDNC] = "fluidnc", [GRBL_HAL] = "grblhal"};
    for (int i = 0; i < GRBL_FLAVOURS; i++)
        if (strcmp(value, names[i]) == 0) {
            o->flavour = (enum grbl_flavour)i;
            return true;
        }
    return refuse("--flavour %s: it is avr, mks, fluidnc or grblhal", value);
}

static bool take_number(const char *name, const char *value, double least, double most, double *out) {
    return number(value, least, most, out) ||
           refuse("--%s %s: it is a number from %g to %g", name, value, least, most);
}

static bool take_option(struct options *o, int option, char *value) {
    double v;
    switch (option) {
    case 'k':
        return take_kind(o, value);
    case 'f':
        return take_flavour(o, value);
    case 'b':
        if (!take_number("baud", value, 0, 4000000, &v))
            return false;
        o->baud = (long)v;
        return true;
    case 'l':
        o->link = value;
        return true;
    case 's':
        if (strlen(value) >= SIM_TEXT_MAX - 4)
            return refuse("--serial: it has at most %d characters", SIM_TEXT_MAX - 5);
        o->serial = value;
        return true;
    case 'o':
        o->log = value;
        return true;
    case 'x':
        return take_fault(o, value);
    case 'j':
        return take_card_job(o, value);
    case 'c':
        return take_card(o, value);
    case 'h':
        o->hook = true;
        return true;
    case 'm':
        o->memory = value;
        return true;
    case 'p':
        o->button = true;
        return true;
    case 'r':
        if (strlen(value) > LINK_FRAME_MAX)
            return refuse("--scan: no scanner reads so much");
        o->scan = value;
        return true;
    case 'v':
        return take_number("speed", value, 0.001, 10000, &o->speed);
    case 'n':
        if (!take_number("count", value, 1, MACHINES_MAX, &v))
            return false;
        o->count = (long)v;
        return true;
    default:
        return refuse("that option is not known");
    }
}

// 0: go on; 1: done, exit 0; 2: bad usage.
static int parse(struct options *o, int argc, char **argv) {
    static const struct option names[] = {{"kind", required_argument, 0, 'k'},
                                          {"flavour", required_argument, 0, 'f'},
                                          {"baud", required_argument, 0, 'b'},
                                          {"link", required_argument, 0, 'l'},
                                          {"serial", required_argument, 0, 's'},
                                          {"log", required_argument, 0, 'o'},
                                          {"fault", required_argument, 0, 'x'},
                                          {"sd-job", required_argument, 0, 'j'},
                                          {"speed", required_argument, 0, 'v'},
                                          {"count", required_argument, 0, 'n'},
                                          {"card", required_argument, 0, 'c'},
                                          {"hook", no_argument, 0, 'h'},
                                          {"button", no_argument, 0, 'p'},
                                          {"hook-memory", required_argument, 0, 'm'},
                                          {"scan", required_argument, 0, 'r'},
                                          {"help", no_argument, 0, '?' + 1},
                                          {0, 0, 0, 0}};
    *o = (struct options){
        .baud = -1, .serial = "", .link = "", .log = "", .memory = "", .scan = "", .speed = 1, .count = 1};
    opterr = 0; // getopt's own messages say less
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (option == '?' + 1) {
            print_usage();
            return 1;
        }
        if (option == '?' || option == ':') {
            refuse("%s is not known, or its value is missing", argv[optind - 1]);
            return EXIT_BAD_USE;
        }
        if (!take_option(o, option, optarg))
            return EXIT_BAD_USE;
    }
    if (optind < argc) {
        refuse("%s is no option", argv[optind]);
        return EXIT_BAD_USE;
    }
    if (o->card_file && o->flavour == GRBL_AVR) {
        refuse("--sd-job, --card: an avr board has no card; give another --flavour");
        return EXIT_BAD_USE;
    }
    return 0;
}

static int64_t clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t machine_time(const struct program *p) {
    return (int64_t)((double)(clock_ns() - p->started_ns) / 1000.0 * p->options.speed);
}

static bool load_card(struct program *p, char *text, size_t room, size_t *length) {
    const char *path = p->options.card_file;
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "lotgate-sim: %s cannot be read: %s\n", path, strerror(errno));
        return false;
    }
    *length = fread(text, 1, room, file);
    bool whole = !ferror(file) && *length < room;
    fclose(file);
    if (!whole)
        fprintf(stderr, "lotgate-sim: %s is larger than the card (%d bytes) or cannot be read\n", path,
                SIM_CARD_MAX);
    return whole;
}

static bool fill_cards(struct program *p) {
    if (!p->options.card_file)
        return true;
    size_t length;
    char *text = malloc(SIM_CARD_MAX + 1);
    bool ok = text && load_card(p, text, SIM_CARD_MAX + 1, &length);
    for (size_t i = 0; i < p->machines && ok; i++)
        ok = sim_card_store(p->machine[i].sim, CARD_NAME, text, length);
    free(text);
    return ok;
}

static void suffixed(char *out, size_t room, const char *text, size_t index, long count) {
    if (count > 1 && text[0])
        snprintf(out, room, "%s-%zu", text, index + 1);
    else
        snprintf(out, room, "%s", text);
}

static bool open_machines(struct program *p) {
    const struct options *o = &p->options;
    for (size_t i = 0; i < (size_t)o->count; i++) {
        struct sim_config config;
        char link[PATH_MAX], log[PATH_MAX], memory[PATH_MAX], error[PATH_MAX + 128];
        sim_config_default(&config, o->kind, o->flavour);
        if (o->baud >= 0)
            config.baud = (uint32_t)o->baud;
        config.seed = i + 1;
        config.hook = o->hook;
        if (getrandom(&config.hook_seed, sizeof config.hook_seed, 0) != (ssize_t)sizeof config.hook_seed)
            return refuse("the system gives no random numbers");
        suffixed(config.serial, sizeof config.serial, o->serial, i, o->count);
        suffixed(link, sizeof link, o->link, i, o->count);
        suffixed(log, sizeof log, o->log, i, o->count);
        suffixed(memory, sizeof memory, o->memory, i, o->count);
        if (!sim_pty_open(&p->machine[i], &config, link, log, memory, machine_time(p), error, sizeof error)) {
            fprintf(stderr, "lotgate-sim: %s\n", error);
            return false;
        }
        sim_hook_button(p->machine[i].sim, o->button);
        p->machines++;
        printf("%s%s%s\n", p->machine[i].name, link[0] ? " " : "", link);
    }
    fflush(stdout);
    return fill_cards(p);
}

// Does what is planned for now; returns when the next plan is due.
static int64_t follow_plans(struct program *p, int64_t now) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < p->options.plans; i++) {
        struct plan *plan = &p->options.plan[i];
        if (plan->done)
            continue;
        if (plan->at_us > now) {
            next = plan->at_us < next ? plan->at_us : next;
            continue;
        }
        plan->done = true;
        for (size_t m = 0; m < p->machines; m++) {
            struct sim *sim = p->machine[m].sim;
            if (!plan->card)
                sim_fault(sim, plan->fault, plan->param, now);
            else if (!sim_card_start(sim, now))
                fprintf(
                    stderr,
                    "lotgate-sim: the machine is not idle, or does not let it: its card job does not start\n");
        }
    }
    return next;
}

static void wait_for_something(const struct program *p, struct pollfd *fds, int64_t next, int64_t now) {
    struct timespec wait, *timeout = NULL;
    if (next != INT64_MAX) {
        double ns = (double)(next - now) * 1000.0 / p->options.speed;
        int64_t whole = ns < SHORTEST_NS ? SHORTEST_NS : ns > 3.6e12 ? (int64_t)3.6e12 : (int64_t)ns;
        wait = (struct timespec){.tv_sec = whole / 1000000000, .tv_nsec = whole % 1000000000};
        timeout = &wait;
    }
    if (ppoll(fds, p->machines + 1, timeout, NULL) < 0)
        for (size_t i = 0; i <= p->machines; i++)
            fds[i].revents = 0;
}

static void start_cards(struct program *p, int64_t now) {
    for (size_t i = 0; i < p->machines; i++)
        if (!sim_card_start(p->machine[i].sim, now))
            fprintf(
                stderr,
                "lotgate-sim: the machine is not idle, or does not let it: its card job does not start\n");
}

// A key or a code at the machine, or the end (false).
static bool take_signal(struct program *p) {
    struct signalfd_siginfo signal;
    if (read(p->signals, &signal, sizeof signal) != (ssize_t)sizeof signal)
        return true;
    if (signal.ssi_signo == SIGUSR1)
        start_cards(p, machine_time(p));
    for (size_t i = 0; signal.ssi_signo == SIGUSR2 && i < p->machines; i++)
        sim_hook_scan(p->machine[i].sim, p->options.scan, machine_time(p));
    return signal.ssi_signo == SIGUSR1 || signal.ssi_signo == SIGUSR2;
}

static void serve(struct program *p) {
    struct pollfd fds[MACHINES_MAX + 1] = {{.fd = p->signals, .events = POLLIN}};
    while (!fds[0].revents || take_signal(p)) {
        int64_t now = machine_time(p), next = follow_plans(p, now);
        for (size_t i = 0; i < p->machines; i++) {
            struct sim_pty *m = &p->machine[i];
            sim_pty_turn(m, fds[i + 1].revents != 0, now);
            fds[i + 1] = (struct pollfd){.fd = sim_pty_wants(m) ? m->master : -1, .events = POLLIN};
            int64_t deadline = sim_deadline(m->sim, now);
            next = deadline < next ? deadline : next;
        }
        wait_for_something(p, fds, next, now);
    }
}

static int open_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv) {
    struct program p = {.signals = -1};
    int parsed = parse(&p.options, argc, argv);
    if (parsed)
        return parsed == 1 ? 0 : parsed;
    p.started_ns = clock_ns();
    p.signals = open_signals();
    p.machine = calloc((size_t)p.options.count, sizeof *p.machine);
    if (p.signals < 0 || !p.machine) {
        fprintf(stderr, "lotgate-sim: cannot start: %s\n", strerror(errno));
        free(p.machine);
        return 1;
    }
    bool ok = open_machines(&p);
    if (ok)
        serve(&p);
    for (size_t i = 0; i < p.machines; i++)
        sim_pty_close(&p.machine[i]);
    free(p.machine);
    close(p.signals);
    return ok ? 0 : 1;
}
