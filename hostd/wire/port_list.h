// port_list: the serial ports that are connected, for `lotgate devices` and for starting without a configuration.
#ifndef LOTGATE_WIRE_PORT_LIST_H
#define LOTGATE_WIRE_PORT_LIST_H

#include <limits.h>
#include <stddef.h>

#include "port.h" // port_place

#define PORT_LIST_MAX    32
#define USB_VENDOR_CH340 0x1a86 // on every Twotrees board seen so far

struct port_found {
    char path[PATH_MAX]; // "/dev/ttyUSB0"
    char by_id
        [PATH_MAX]; // "/dev/serial/by-id/…", which stays the same when ports are renumbered; "" when none
    char product[PORT_TEXT_MAX];
    struct port_place place;
};

// Fills at most `room` and returns how many there are. Reads sysfs and /dev only; opens no port.
size_t port_list(struct port_found *out, size_t room);

#endif
