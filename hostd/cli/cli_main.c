// cli_main: one line from the shell to its exit status. See cli.h.
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "cli_args.h" // cli_args_parse
#include "cli_command.h"
#include "cli_door.h"   // cli_door_close
#include "cli_output.h" // cli_fail
#include "cli_usage.h"

static int bad_usage(const struct cli_call *call, const struct lg_error *error) {
    cli_fail(CLI_USAGE, error);
    if (call->command != NULL)
        cli_usage_lines(stderr, call->group, call->command);
    else if (call->group != NULL)
        cli_usage_group(stderr, call->group);
    else if (strcmp(error->message, "No command was given.") == 0)
        cli_usage_all(stderr);
    return CLI_USAGE;
}

static int help(const struct cli_call *call) {
    if (call->command != NULL)
        cli_usage_command(stdout, call->group, call->command);
    else if (call->group != NULL)
        cli_usage_group(stdout, call->group);
    else
        cli_usage_all(stdout);
    return CLI_DONE;
}

// Commands of the program about itself need no data directory; whoever does gets the same one.
static bool needs_data(const struct cli_call *call) {
    static const char *const without[] = {"help", "version", "serve", "devices"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (strcmp(call->group->name, without[i]) == 0)
            return false;
    return true;
}

static int run(struct cli_call *call) {
    struct lg_error error = {0};
    if (needs_data(call) && !cli_paths_find(&call->paths, call->config, call->data, &error))
        return cli_fail(CLI_REFUSED, &error);
    int status = call->command->run(call);
    cli_door_close(call);
    return status;
}

// What was printed may not have reached the file: a full disk must not look like success.
static int written(int status) {
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    fputs("lotgate: The output could not be written.\n  Is the disk full?\n", stderr);
    return status == CLI_DONE ? CLI_REFUSED : status;
}

int cli_main(int argc, char **argv, const struct cli_hooks *hooks) {
    struct cli_call call = {.hooks = hooks};
    struct lg_error error = {0};
    if (!cli_args_parse(&call, argc, argv, &error))
        return bad_usage(&call, &error);
    if (call.version) {
        puts("lotgate " LOTGATE_VERSION);
        return written(CLI_DONE);
    }
    if (call.help)
        return written(help(&call));
    return written(run(&call));
}
