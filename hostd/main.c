// main: the command line decides; the two commands that need the wire are handed in.
#include "cli.h"
#include "commands.h"

int main(int argc, char **argv) {
    static const struct cli_hooks hooks = {command_serve, command_devices};
    return cli_main(argc, argv, &hooks);
}
