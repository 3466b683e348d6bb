// port_tty: a pseudo-terminal as machine. libserialport takes none: it looks for the port in sysfs.
#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "port.h"

static bool tty_open(struct port *port, struct lg_error *error) {
    int fd = open(port->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return port_fail(port, errno, error);
    struct termios mode;
    if (!port_claim(fd) || tcgetattr(fd, &mode) != 0) {
        port_fail(port, errno, error);
        close(fd);
        return false;
    }
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cflag &= ~(tcflag_t)HUPCL;
    if (tcsetattr(fd, TCSANOW, &mode) != 0) {
        port_fail(port, errno, error);
        close(fd);
        return false;
    }
    port->fd = fd;
    return true;
}

static void tty_close(struct port *port) {
    close(port->fd);
    port->fd = -1;
}

const struct port_backend port_backend_tty = {"pseudo-terminal", tty_open, tty_close};
