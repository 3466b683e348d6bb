// port_sim: a simulated machine in this process, for the demo and for `lotgate serve` with no machine connected.
//
// The daemon gets one end of a socket pair, like any port; this file moves bytes between the other end and
// boards/sim, on the same loop, with one timer for what the machine does by itself.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"
#include "sim.h"
#include "timefmt.h" // time_monotonic_us

struct simulated {
    struct sim *sim;
    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    bool full;             // its line takes no more until time passes
    int handles;           // still open in libuv
    char memory[PATH_MAX]; // file that stands for the hook's memory, "": none
};

static void on_timer(uv_timer_t *timer);
static void on_bytes(uv_poll_t *poll, int status, int events);

static void say_what_is_due(struct simulated *s) {
    uint8_t bytes[4096];
    int64_t now = time_monotonic_us();
    if (s->full) {
        s->full = false;
        uv_poll_start(&s->poll, UV_READABLE, on_bytes);
    }
    for (ssize_t n; (n = sim_read(s->sim, bytes, sizeof bytes, now)) > 0;)
        if (send(s->fd, bytes, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break; // a reader that does not read: lost, as on a real line
    int64_t deadline = sim_deadline(s->sim, now);
    if (deadline == INT64_MAX)
        uv_timer_stop(&s->timer);
    else
        uv_timer_start(&s->timer, on_timer, deadline <= now ? 0 : (uint64_t)(deadline - now + 999) / 1000, 0);
}

static void on_timer(uv_timer_t *timer) {
    say_what_is_due(timer->data);
}

// Takes from the socket only what the machine's line has room for: the rest waits in the kernel.
static void on_bytes(uv_poll_t *poll, int status, int events) {
    struct simulated *s = poll->data;
    uint8_t bytes[256];
    ssize_t n = status == 0 ? recv(s->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        uv_poll_stop(poll);
        return;
    }
    ssize_t taken = sim_write(s->sim, bytes, (size_t)n, time_monotonic_us());
    s->full = taken == 0;
    if (s->full)
        uv_poll_stop(poll);
    if (taken > 0 && recv(s->fd, bytes, (size_t)taken, MSG_DONTWAIT) < 0)
        return;
    if (!s->full)
        say_what_is_due(s);
    else if (!uv_is_active((uv_handle_t *)&s->timer))
        uv_timer_start(&s->timer, on_timer, 1, 0);
}

// "laser", "cnc"; with "?hook" behind it, its firmware has the hook, and with "=FILE" behind that, a file is its memory.
static bool config_for(const char *kind, struct sim_config *config, const char **memory) {
    static const char hook[] = "?hook";
    size_t length = strcspn(kind, "?");
    const char *more = kind + length;
    if (length == 5 && memcmp(kind, "laser", 5) == 0)
        sim_config_default(config, SIM_LASER, GRBL_MKS);
    else if (length == 3 && memcmp(kind, "cnc", 3) == 0)
        sim_config_default(config, SIM_CNC, GRBL_MKS);
    else
        return false;
    *memory = "";
    config->hook = strncmp(more, hook, sizeof hook - 1) == 0;
    if (config->hook && more[sizeof hook - 1] == '=')
        *memory = more + sizeof hook;
    else if (more[config->hook ? sizeof hook - 1 : 0] != '\0')
        return false;
    // The number that a real machine would have stamped into its $I: it is the same at every start.
    snprintf(config->serial, sizeof config->serial, "SIM-%s",
             config->kind == SIM_LASER ? "LASER-1" : "CNC-1");
    config->open_banner_us[0] = 50 * 1000; // nobody should wait for a simulated ESP32's 5 s
    config->open_banner_us[1] = 0;
    return true;
}

static void keep_memory(void *context, const uint8_t store[SIM_HOOK_STORE]) {
    const struct simulated *s = context;
    FILE *file = s->memory[0] != '\0' ? fopen(s->memory, "wbe") : NULL;
    if (file == NULL)
        return;
    fwrite(store, 1, SIM_HOOK_STORE, file);
    fclose(file);
}

// A file that is not there, or not whole, is an empty memory.
static void use_memory(struct simulated *s, struct sim_config *config, const char *memory) {
    snprintf(s->memory, sizeof s->memory, "%s", memory);
    config->on_store = keep_memory;
    config->context = s;
    uv_random(NULL, NULL, &config->hook_seed, sizeof config->hook_seed, 0, NULL);
    FILE *file = memory[0] != '\0' ? fopen(memory, "rbe") : NULL;
    if (file == NULL)
        return;
    if (fread(config->hook_store, 1, SIM_HOOK_STORE, file) != SIM_HOOK_STORE)
        memset(config->hook_store, 0, SIM_HOOK_STORE);
    fclose(file);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct simulated *s = handle->data;
    if (--s->handles > 0)
        return;
    close(s->fd);
    sim_free(s->sim);
    free(s);
}

static bool fail(struct simulated *s, const char *device, struct lg_error *error) {
    sim_free(s->sim);
    free(s);
    return lg_fail(error, "port_failed", "Free some memory.", "the simulated machine %.100s cannot be made",
                   device);
}

static bool start_watching(struct port *port, struct simulated *s, const int pair[2]) {
    if (uv_poll_init(port->loop, &s->poll, pair[1]) != 0)
        return false;
    uv_timer_init(port->loop, &s->timer);
    s->poll.data = s->timer.data = s;
    s->handles = 2;
    s->fd = pair[1];
    uv_poll_start(&s->poll, UV_READABLE, on_bytes);
    sim_open(s->sim, time_monotonic_us());
    say_what_is_due(s);
    port->fd = pair[0];
    port->own = s;
    return true;
}

static bool sim_port_open(struct port *port, struct lg_error *error) {
    struct sim_config config;
    const char *memory;
    if (!config_for(port->device + 4, &config, &memory))
        return lg_fail(error, "port_missing",
                       "Write \"sim:laser\" or \"sim:cnc\", or the same with ?hook behind it.",
                       "there is no simulated machine %.100s", port->device);
    struct simulated *s = calloc(1, sizeof *s);
    if (s != NULL && config.hook)
        use_memory(s, &config, memory);
    if (s == NULL || (s->sim = sim_create(&config)) == NULL) {
        free(s);
        return lg_fail(error, "port_failed", "Free some memory.", "there is no memory for %.100s",
                       port->device);
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return fail(s, port->device, error);
    if (start_watching(port, s, pair))
        return true;
    close(pair[0]);
    close(pair[1]);
    return fail(s, port->device, error);
}

static void sim_port_close(struct port *port) {
    struct simulated *s = port->own;
    uv_poll_stop(&s->poll);
    uv_timer_stop(&s->timer);
    close(port->fd);
    port->fd = -1;
    uv_close((uv_handle_t *)&s->poll, on_handle_closed);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
}

const struct port_backend port_backend_sim = {"simulated machine", sim_port_open, sim_port_close};
