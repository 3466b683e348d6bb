// port_serial: a real serial port through libserialport, with what it leaves undone: close-on-exec, the lock,
// HUPCL, and a look whether the baud rate was taken.
#include <errno.h>
#include <libserialport.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "port.h"

#define BAUD_TOLERANCE_PERCENT 3 // a UART works with this much; more gives garbled lines

static bool fail(const struct port *port, enum sp_return rc, struct lg_error *error) {
    if (rc == SP_ERR_FAIL)
        return port_fail(port, sp_last_error_code(), error);
    return port_fail(port, rc == SP_ERR_ARG || rc == SP_ERR_SUPP ? ENOTTY : ENOMEM, error);
}

// One call for all settings: each single one would raise DTR and RTS again, and reset an ESP32 board.
static enum sp_return configure(struct sp_port *serial, uint32_t baud) {
    struct sp_port_config *config;
    enum sp_return rc = sp_new_config(&config);
    if (rc != SP_OK)
        return rc;
    sp_set_config_baudrate(config, (int)baud);
    sp_set_config_bits(config, 8);
    sp_set_config_parity(config, SP_PARITY_NONE);
    sp_set_config_stopbits(config, 1);
    sp_set_config_flowcontrol(config, SP_FLOWCONTROL_NONE);
    sp_set_config_dtr(config, SP_DTR_OFF);
    sp_set_config_rts(config, SP_RTS_OFF);
    rc = sp_set_config(serial, config);
    sp_free_config(config);
    return rc;
}

static bool baud_taken(struct sp_port *serial, uint32_t wanted, int *got) {
    struct sp_port_config *config;
    *got = 0;
    if (sp_new_config(&config) != SP_OK)
        return false;
    if (sp_get_config(serial, config) == SP_OK)
        sp_get_config_baudrate(config, got);
    sp_free_config(config);
    return labs((long)*got - (long)wanted) * 100 <= (long)wanted * BAUD_TOLERANCE_PERCENT;
}

static bool keep_lines_low_on_close(int fd) {
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    mode.c_cflag &= ~(tcflag_t)HUPCL;
    return tcsetattr(fd, TCSANOW, &mode) == 0;
}

static bool set_up(struct port *port, struct sp_port *serial, struct lg_error *error) {
    int got;
    if (sp_get_port_handle(serial, &port->fd) != SP_OK)
        return port_fail(port, ENOTTY, error);
    if (!port_claim(port->fd))
        return port_fail(port, errno, error);
    enum sp_return rc = configure(serial, port->baud);
    if (rc != SP_OK)
        return fail(port, rc, error);
    if (!keep_lines_low_on_close(port->fd))
        return port_fail(port, errno, error);
    if (!baud_taken(serial, port->baud, &got))
        return lg_fail(error, "port_baud",
                       "Put a baud rate in the config that this port can do, usually 115200.",
                       "%.200s does not take %u baud; it runs at %d", port->device, port->baud, got);
    return true;
}

static bool serial_open(struct port *port, struct lg_error *error) {
    struct sp_port *serial;
    // An open that fails must say why; libserialport tells "no such port" for what sysfs does not list.
    if (access(port->path, R_OK | W_OK) != 0)
        return port_fail(port, errno, error);
    enum sp_return rc = sp_get_port_by_name(port->path, &serial);
    if (rc != SP_OK)
        return fail(port, rc, error);
    rc = sp_open(serial, SP_MODE_READ_WRITE);
    if (rc != SP_OK || !set_up(port, serial, error)) {
        bool failed = rc != SP_OK ? fail(port, rc, error) : false;
        sp_close(serial);
        sp_free_port(serial);
        port->fd = -1;
        return failed;
    }
    port->own = serial;
    const char *name = strrchr(port->path, '/');
    port_place_of(&port->place, name != NULL ? name + 1 : port->path);
    return true;
}

static void serial_close(struct port *port) {
    struct sp_port *serial = port->own;
    sp_close(serial);
    sp_free_port(serial);
    port->fd = -1;
}

const struct port_backend port_backend_serial = {"serial port", serial_open, serial_close};
