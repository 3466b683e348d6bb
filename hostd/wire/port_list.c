#include "port_list.h"

#include <dirent.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_ID_FOLDER "/dev/serial/by-id"

static void find_by_id(struct port_found *found) {
    DIR *folder = opendir(BY_ID_FOLDER);
    if (folder == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char link[PATH_MAX], target[PATH_MAX];
        snprintf(link, sizeof link, BY_ID_FOLDER "/%.255s", entry->d_name);
        if (entry->d_name[0] != '.' && realpath(link, target) != NULL && strcmp(target, found->path) == 0)
            snprintf(found->by_id, sizeof found->by_id, "%s", link);
    }
    closedir(folder);
}

size_t port_list(struct port_found *out, size_t room) {
    struct sp_port **ports;
    size_t n = 0;
    if (sp_list_ports(&ports) != SP_OK)
        return 0;
    for (size_t i = 0; ports[i] != NULL && n < room; i++) {
        struct port_found *found = &out[n];
        const char *path = sp_get_port_name(ports[i]), *product = sp_get_port_usb_product(ports[i]);
        // The board's own UARTs (ttyS0 ...) are listed even where nothing is wired to them.
        if (sp_get_port_transport(ports[i]) != SP_TRANSPORT_USB)
            continue;
        memset(found, 0, sizeof *found);
        snprintf(found->path, sizeof found->path, "%s", path);
        snprintf(found->product, sizeof found->product, "%s", product != NULL ? product : "");
        const char *name = strrchr(path, '/');
        port_place_of(&found->place, name != NULL ? name + 1 : path);
        find_by_id(found);
        n++;
    }
    sp_free_port_list(ports);
    return n;
}
