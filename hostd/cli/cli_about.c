// help, version, completion: the program about itself.
#include <string.h>

#include "cli_completion.h"
#include "cli_groups.h"
#include "cli_manual.h"
#include "cli_output.h"
#include "cli_suggest.h"
#include "cli_usage.h"

static int help(struct cli_call *call) {
    struct lg_error error = {0};
    if (cli_flag(call, "man")) {
        cli_manual_commands(stdout);
        return CLI_DONE;
    }
    if (call->word_count == 0) {
        cli_usage_all(stdout);
        return CLI_DONE;
    }
    const struct cli_group *group = cli_group_find(call->words[0]);
    const struct cli_command *command = NULL;
    if (group != NULL && call->word_count > 1)
        command = cli_command_find(group, call->words[1]);
    else if (group != NULL && group->commands->verb == NULL)
        command = group->commands;
    if (group == NULL || (call->word_count > 1 && command == NULL)) {
        lg_fail(&error, "usage", "`lotgate help` lists the commands.", "There is no command \"%s%s%s\".",
                call->words[0], call->word_count > 1 ? " " : "", call->word_count > 1 ? call->words[1] : "");
        return cli_fail(CLI_USAGE, &error);
    }
    if (command != NULL)
        cli_usage_command(stdout, group, command);
    else
        cli_usage_group(stdout, group);
    return CLI_DONE;
}

static const struct cli_word help_words[] = {
    {.name = "COMMAND", .kind = CLI_COMMANDS}, {.name = "VERB"}, {0}};
static const struct cli_option help_options[] = {
    {.name = "man", .help = "the commands as mdoc, for the man page"}, {0}};

const struct cli_command cli_help_commands[] = {{.summary = "List the commands, or tell about one in full",
                                                 .words = help_words,
                                                 .options = help_options,
                                                 .run = help},
                                                {0}};

static int version(struct cli_call *call) {
    (void)call;
    puts("lotgate " LOTGATE_VERSION);
    return CLI_DONE;
}

const struct cli_command cli_version_commands[] = {{.summary = "Print the version", .run = version}, {0}};

static int bash(struct cli_call *call) {
    (void)call;
    cli_completion_bash(stdout);
    return CLI_DONE;
}

static int words(struct cli_call *call) {
    return cli_completion_words(call, call->words[0]);
}

static const struct cli_word kind_word[] = {{.name = "KIND", .flags = CLI_REQUIRED}, {0}};

const struct cli_command cli_completion_commands[] = {
    {.verb = "bash",
     .summary = "Print the completion script for bash: source <(lotgate completion bash)",
     .run = bash},
    {.verb = "words",
     .summary = "Print the words of a kind, for the script",
     .words = kind_word,
     .run = words,
     .flags = CLI_HIDDEN},
    {0}};
