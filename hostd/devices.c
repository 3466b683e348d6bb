// devices: `lotgate devices`: which serial ports are connected, and what to put in the config.
#include <stdio.h>

#include "cli.h" // exit status
#include "commands.h"
#include "port_list.h"

static void print_port(const struct port_found *found) {
    printf("%s\n", found->path);
    printf("  USB       %04x:%04x %s%s%s\n", found->place.vendor, found->place.product, found->product,
           found->place.usb_serial[0] != '\0' ? ", serial number " : "", found->place.usb_serial);
    printf("  plugged   %s\n", found->place.usb_path[0] != '\0' ? found->place.usb_path : "unknown");
    if (found->place.vendor == USB_VENDOR_CH340)
        printf("  looks like a Twotrees board (CH340); which one, the machine's nameplate tells\n");
    else
        printf("  not a chip that Twotrees boards are known to use\n");
    printf("  config    { \"id\": \"laser1\", \"board\": \"generic-grbl-laser\", \"device\": \"%s\" }\n\n",
           found->by_id[0] != '\0' ? found->by_id : found->path);
}

int command_devices(int argc, char **argv) {
    if (argc > 1) {
        fprintf(stderr, "usage: lotgate devices\n");
        return CLI_USAGE;
    }
    struct port_found ports[PORT_LIST_MAX];
    size_t n = port_list(ports, PORT_LIST_MAX);
    for (size_t i = 0; i < n; i++)
        print_port(&ports[i]);
    if (n == 0)
        printf("No USB serial port is connected. Switch the machine on and plug in its USB\n"
               "cable; some boards have no port until their 12-24 V supply is on. Without a\n"
               "machine, \"device\": \"sim:laser\" gives a simulated one.\n");
    else
        printf("Put a line like these in \"machines\" of lotgate.json.\n");
    return CLI_DONE;
}
