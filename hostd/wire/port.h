// port: the machine's side of the wire: a serial port, a pseudo-terminal or a simulated machine.
//
// Three backends behind one table (gpsd's way), chosen by the device string of the configuration:
//   "sim:laser", "sim:cnc"   port_sim.c     a simulated machine in this process; "?hook" or "?hook=FILE" behind it: with the
//                                           hook in its firmware, and a file for the hook's memory
//   under /dev/pts           port_tty.c     a pseudo-terminal (lotgate-sim, a test), by termios
//   anything else            port_serial.c  a real port, by libserialport
// Every backend gives a descriptor to watch and to read and write; machine.c knows no more. A port that
// cannot be opened is told as a sentence with what to do: see port_errors in port.c. Thread: the loop's.
#ifndef LOTGATE_WIRE_PORT_H
#define LOTGATE_WIRE_PORT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "error.h" // lg_error

#define PORT_TEXT_MAX 128

// What can be known of the place a machine is plugged in. "" where the place has none (simulator, pty).
struct port_place {
    char usb_path[PORT_TEXT_MAX];   // "1-1.4": which socket of which hub
    char usb_serial[PORT_TEXT_MAX]; // the USB chip's serial number; CH340 has none
    uint16_t vendor, product;
};

struct port {
    const struct port_backend *backend;
    uv_loop_t *loop;
    int fd; // -1 while closed
    uint32_t baud;
    char device[PATH_MAX]; // as configured
    char path[PATH_MAX];   // what it resolved to
    struct port_place place;
    void *own; // the backend's
};

struct port_backend {
    const char *name;
    // Opens port->path (or port->device); fills fd, place and own. On failure nothing stays open.
    bool (*open)(struct port *port, struct lg_error *error);
    void (*close)(struct port *port);
};

extern const struct port_backend port_backend_serial, port_backend_tty, port_backend_sim;

// Opens a device raw, 8N1, DTR and RTS low, locked against other programs. The port is owned by the caller,
// who gives it back with port_close; its descriptor belongs to the port. Codes: port_missing, port_busy,
// port_not_serial, port_permission, port_wedged, port_baud, port_failed.
bool port_open(struct port **out, uv_loop_t *loop, const char *device, uint32_t baud, struct lg_error *error);
void port_close(struct port *port); // NULL is fine

// When `error` is port_busy, says in it which program has the device open, where that can be seen. Looks through
// /proc, so not to be called at every try.
void port_name_holder(const char *device, struct lg_error *error);

// For the backends: the sentence for an errno of open, flock or ioctl on this port; returns false.
bool port_fail(const struct port *port, int number, struct lg_error *error);
// Sets close-on-exec and takes the lock that two programs on one port would both need.
bool port_claim(int fd);
// Fills the place of a tty by its name in /dev ("ttyUSB0") from sysfs.
void port_place_of(struct port_place *place, const char *tty_name);

#endif
