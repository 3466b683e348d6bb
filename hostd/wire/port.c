#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define BY_ID_FOLDER "/dev/serial/by-id"

struct port_error {
    int number;
    const char *code, *message, *what_to_do; // one %s in message: the device
};

// What opening can meet, as a person should read it. The last row is for everything else.
static const struct port_error port_errors[] = {
    {ENOENT, "port_missing", "%s is not there", "Switch the machine on and plug in its USB cable."},
    {ENXIO, "port_missing", "nothing is plugged in at %s", "Plug in the machine's USB cable."},
    {ENODEV, "port_missing", "nothing is plugged in at %s", "Plug in the machine's USB cable."},
    {EIO, "port_missing", "%s was there but does not answer any more",
     "Unplug the machine's USB cable and plug it in again."},
    {EACCES, "port_permission", "lotgate may not open %s",
     "Add its user to the group dialout (sudo usermod -aG dialout USER), then log in again."},
    {EPERM, "port_permission", "lotgate may not open %s",
     "Add its user to the group dialout (sudo usermod -aG dialout USER), then log in again."},
    {EBUSY, "port_busy", "%s is in use by another program",
     "Close that program; senders connect to lotgate now."},
    {EWOULDBLOCK, "port_busy", "%s is in use by another program",
     "Close that program; senders connect to lotgate now."},
    {ENOTTY, "port_not_serial", "%s is not a serial port",
     "Run `lotgate devices` and put one of its ports in the config."},
    {EINVAL, "port_wedged", "the USB chip of %s refuses every setting (a CH340 that hangs does this)",
     "Unplug the machine's USB cable and plug it in again."},
    {0, "port_failed", "%s cannot be opened", "Check the cable and the machine's power."}};

// The names that stand in /dev/serial/by-id, for the sentence about one that does not.
static void names_by_id(char *out, size_t room) {
    size_t at = 0;
    out[0] = '\0';
    DIR *folder = opendir(BY_ID_FOLDER);
    if (folder == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.' && at + strlen(entry->d_name) + 3 < room)
            at += (size_t)snprintf(out + at, room - at, "%s%s", at > 0 ? ", " : "", entry->d_name);
    closedir(folder);
}

static bool fail_missing(const struct port *port, const struct port_error *row, struct lg_error *error) {
    char names[384];
    names_by_id(names, sizeof names);
    return lg_fail(error, row->code, row->what_to_do, "%.200s is not there; %s%.280s", port->device,
                   names[0] != '\0' ? "these are: " : "no serial port is connected", names);
}

bool port_fail(const struct port *port, int number, struct lg_error *error) {
    const struct port_error *row = port_errors;
    while (row->number != 0 && row->number != number)
        row++;
    if (number == ENOENT)
        return fail_missing(port, row, error);
    char message[384];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(message, sizeof message, row->message, port->device);
#pragma GCC diagnostic pop
    if (row->number == 0)
        return lg_fail(error, row->code, row->what_to_do, "%s: %s", message, strerror(number));
    return lg_fail(error, row->code, row->what_to_do, "%s", message);
}

bool port_claim(int fd) {
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
           ioctl(fd, TIOCEXCL) == 0;
}

static bool process_has(const char *pid, const char *path) {
    char folder[64];
    snprintf(folder, sizeof folder, "/proc/%.20s/fd", pid);
    DIR *open_files = opendir(folder);
    if (open_files == NULL)
        return false;
    bool found = false;
    for (const struct dirent *entry; !found && (entry = readdir(open_files)) != NULL;) {
        char target[PATH_MAX];
        ssize_t n = readlinkat(dirfd(open_files), entry->d_name, target, sizeof target - 1);
        if (n > 0) {
            target[n] = '\0';
            found = strcmp(target, path) == 0;
        }
    }
    closedir(open_files);
    return found;
}

static void process_name(const char *pid, char *out, size_t room) {
    char file[64];
    out[0] = '\0';
    snprintf(file, sizeof file, "/proc/%.20s/comm", pid);
    FILE *comm = fopen(file, "re");
    if (comm == NULL)
        return;
    if (fgets(out, (int)room, comm) != NULL)
        out[strcspn(out, "\n")] = '\0';
    fclose(comm);
}

// The process that holds the lock on `path`, from /proc/locks; false when none does.
static bool lock_holder(const char *path, char *pid, size_t room) {
    struct stat st;
    char line[256], wanted[64];
    FILE *locks = stat(path, &st) == 0 ? fopen("/proc/locks", "re") : NULL;
    if (locks == NULL)
        return false;
    snprintf(wanted, sizeof wanted, "%02x:%02x:%lu", major(st.st_dev), minor(st.st_dev),
             (unsigned long)st.st_ino);
    bool found = false;
    while (!found && fgets(line, sizeof line, locks) != NULL) {
        char holder[32], file[64]; // "1: FLOCK  ADVISORY  WRITE 1234 00:18:5 0 EOF"
        found = sscanf(line, "%*s FLOCK %*s %*s %31s %63s", holder, file) == 2 && strcmp(file, wanted) == 0;
        if (found)
            snprintf(pid, room, "%s", holder);
    }
    fclose(locks);
    return found;
}

// A process that has `path` open.
static bool open_holder(const char *path, char *pid, size_t room) {
    bool found = false;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && process_has(entry->d_name, path);
        if (found)
            snprintf(pid, room, "%.20s", entry->d_name);
    }
    closedir(processes);
    return found;
}

void port_name_holder(const char *device, struct lg_error *error) {
    char path[PATH_MAX], pid[32], name[64];
    if (strcmp(error->code, "port_busy") != 0 || realpath(device, path) == NULL ||
        (!lock_holder(path, pid, sizeof pid) && !open_holder(path, pid, sizeof pid)))
        return;
    if (strtol(pid, NULL, 10) == (long)getpid()) {
        lg_fail(error, "port_busy", "Give each machine of the configuration a device of its own.",
                "%.200s is in use by another machine of this lotgate", device);
        return;
    }
    process_name(pid, name, sizeof name);
    snprintf(error->message, sizeof error->message, "%.200s is in use by %s (pid %s)", device,
             name[0] != '\0' ? name : "another program", pid);
}

static void read_attribute(const char *folder, const char *name, char *out, size_t room) {
    char file[PATH_MAX + 32];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    out[0] = '\0';
    FILE *f = fopen(file, "re");
    if (f == NULL)
        return;
    if (fgets(out, (int)room, f) != NULL)
        out[strcspn(out, "\n")] = '\0';
    fclose(f);
}

void port_place_of(struct port_place *place, const char *tty_name) {
    memset(place, 0, sizeof *place);
    char link[PATH_MAX], folder[PATH_MAX], text[PORT_TEXT_MAX];
    snprintf(link, sizeof link, "/sys/class/tty/%.64s/device", tty_name);
    if (realpath(link, folder) == NULL)
        return;
    // The USB device is the first folder upwards that has an idVendor; its name is the path of sockets.
    for (char *slash; (slash = strrchr(folder, '/')) != NULL && slash != folder; *slash = '\0') {
        read_attribute(folder, "idVendor", text, sizeof text);
        if (text[0] == '\0')
            continue;
        place->vendor = (uint16_t)strtoul(text, NULL, 16);
        read_attribute(folder, "idProduct", text, sizeof text);
        place->product = (uint16_t)strtoul(text, NULL, 16);
        read_attribute(folder, "serial", place->usb_serial, sizeof place->usb_serial);
        snprintf(place->usb_path, sizeof place->usb_path, "%.100s", slash + 1);
        return;
    }
}

static const struct port_backend *backend_for(const struct port *port) {
    if (strncmp(port->device, "sim:", 4) == 0)
        return &port_backend_sim;
    return strncmp(port->path, "/dev/pts/", 9) == 0 ? &port_backend_tty : &port_backend_serial;
}

// Neither backend need meet a folder, a file or a disk.
static bool looks_serial(const struct port *port, struct lg_error *error) {
    struct stat st;
    if (stat(port->path, &st) != 0)
        return port_fail(port, errno, error);
    return S_ISCHR(st.st_mode) ? true : port_fail(port, ENOTTY, error);
}

bool port_open(struct port **out, uv_loop_t *loop, const char *device, uint32_t baud,
               struct lg_error *error) {
    *out = NULL;
    struct port *port = calloc(1, sizeof *port);
    if (port == NULL)
        return lg_fail(error, "port_failed", "", "there is not enough memory to open %.200s", device);
    port->fd = -1;
    port->loop = loop;
    port->baud = baud;
    snprintf(port->device, sizeof port->device, "%s", device);
    bool simulated = strncmp(device, "sim:", 4) == 0;
    // libserialport refuses symbolic links, and /dev/serial/by-id is made of them.
    if (!simulated && realpath(device, port->path) == NULL) {
        bool failed = port_fail(port, errno, error);
        free(port);
        return failed;
    }
    port->backend = backend_for(port);
    if ((!simulated && !looks_serial(port, error)) || !port->backend->open(port, error)) {
        free(port);
        return false;
    }
    *out = port;
    return true;
}

void port_close(struct port *port) {
    if (port == NULL)
        return;
    port->backend->close(port);
    free(port);
}
