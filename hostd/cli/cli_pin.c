// cli_pin: see cli_pin.h.
#include "cli_pin.h"

#include <sodium/utils.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli_args.h" // cli_args_object
#include "cli_door.h" // cli_ask
#include "cli_output.h"
#include "json.h"

bool cli_pin_read(const char *prompt, char pin[CLI_PIN_MAX], struct lg_error *error) {
    struct termios before, quiet;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        fputs(prompt, stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    bool got = fgets(pin, CLI_PIN_MAX, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    if (got)
        pin[strcspn(pin, "\r\n")] = '\0';
    return got || lg_fail(error, "usage", "Type it, or pipe it in.", "No PIN was given.");
}

int cli_run_pin(struct cli_call *call) {
    struct lg_error error = {0};
    char pin[CLI_PIN_MAX] = "";
    bool optional = strcmp(call->command->op, "training.sign") == 0;
    cJSON *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    bool ask = !optional || isatty(STDIN_FILENO);
    if (ask && !cli_pin_read(optional ? "PIN (empty where there is none): " : "PIN: ", pin, &error)) {
        cJSON_Delete(args);
        return cli_fail(CLI_USAGE, &error);
    }
    json_add_text(args, "pin", *pin || !optional ? pin : NULL);
    sodium_memzero(pin, sizeof pin);
    return cli_say(call, args);
}
