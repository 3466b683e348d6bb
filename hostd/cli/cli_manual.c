// cli_manual: mdoc from the table. See cli_manual.h.
#include "cli_manual.h"

#include <string.h>

#include "cli_command.h"

// Text in a macro's argument or on a line: no leading dot or quote, backslashes doubled, the ellipsis by name.
static void put_text(FILE *out, const char *text) {
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (strncmp(text, "…", strlen("…")) == 0) {
            fputs("\\&...", out);
            text += strlen("…") - 1;
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '"') {
            fputs("\\(dq", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else if ((unsigned char)*text == 0xc2 && (unsigned char)text[1] == 0xb3) { // ³
            fputs("\\(S3", out);
            text++;
        } else {
            fputc(*text, out);
        }
    }
}

// Sentences, each on a line of its own, as mdoc wants them.
static void put_sentences(FILE *out, const char *text) {
    while (*text != '\0') {
        const char *end = strstr(text, ". ");
        size_t n = end != NULL ? (size_t)(end - text) + 1 : strlen(text);
        char sentence[1024];
        snprintf(sentence, sizeof sentence, "%.*s", (int)n, text);
        put_text(out, sentence);
        fputc('\n', out);
        text += n + (end != NULL ? 1 : 0);
    }
}

static void put_option(FILE *out, const struct cli_option *o, const char *lead) {
    bool dash = strlen(o->name) > 1;
    fprintf(out, "%sFl %s%s", lead, dash ? "\\-" : "", o->name);
    if (o->value != NULL) {
        fputs(" Ar ", out);
        put_text(out, o->value);
    }
    fputc('\n', out);
}

static void put_words(FILE *out, const struct cli_word *w) {
    for (; w != NULL && w->name != NULL; w++) {
        fprintf(out, " %s", w->flags & CLI_REQUIRED ? "Ar " : "Op Ar ");
        put_text(out, w->name);
        if (w->flags & CLI_REPEATS)
            fputs(" ...", out);
    }
    fputc('\n', out);
}

static void put_command(FILE *out, const struct cli_group *group, const struct cli_command *command) {
    fprintf(out, ".It Ic %s%s%s", group->name, command->verb != NULL ? " " : "",
            command->verb != NULL ? command->verb : "");
    put_words(out, command->words);
    put_text(out, command->summary);
    fputs(".\n", out);
    if (command->details != NULL)
        put_sentences(out, command->details);
    if (command->options == NULL || command->options->name == NULL)
        return;
    fputs(".Bl -tag -width Ds -compact\n", out);
    for (const struct cli_option *o = command->options; o->name != NULL; o++) {
        put_option(out, o, ".It ");
        put_text(out, o->help);
        fputs(o->flags & CLI_REQUIRED ? " (required)\n" : "\n", out);
    }
    fputs(".El\n", out);
}

void cli_manual_commands(FILE *out) {
    fputs(".Ss Options everywhere on the line\n.Bl -tag -width Ds\n", out);
    for (const struct cli_option *o = cli_global_options; o->name != NULL; o++) {
        put_option(out, o, ".It ");
        put_text(out, o->help);
        fputc('\n', out);
    }
    fputs(".El\n.Ss Commands\n.Bl -tag -width Ds\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        for (const struct cli_command *c = g->commands; c->run != NULL; c++)
            if (!(c->flags & CLI_HIDDEN))
                put_command(out, g, c);
    fputs(".El\n", out);
}
