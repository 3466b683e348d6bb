// cli_manual: mdoc from the table. See cli_manual.h.
#include "cli_manual.h"

#include <string.h>

#include "cli_command.h"

#define COLUMNS_MAX 72

// Text in a macro's argument or on a line: no leading dot or quote, backslashes doubled, the ellipsis by name.
static void put_text(FILE *out, const char *text, bool first) {
    if (first && (*text == '.' || *text == '\''))
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

// One sentence on lines of its own, as mdoc wants it, broken before the 80th column.
static void put_sentence(FILE *out, const char *text, size_t length) {
    size_t column = 0;
    for (size_t i = 0; i < length;) {
        char word[256];
        size_t n = strcspn(text + i, " ");
        n = n < length - i ? n : length - i;
        snprintf(word, sizeof word, "%.*s", (int)n, text + i);
        if (column > 0 && column + 1 + n > COLUMNS_MAX) {
            fputc('\n', out);
            column = 0;
        }
        if (column > 0)
            fputc(' ', out);
        put_text(out, word, column == 0);
        column += n + 1;
        i += n;
        i += strspn(text + i, " ");
    }
    fputc('\n', out);
}

static void put_sentences(FILE *out, const char *text) {
    while (*text != '\0') {
        const char *end = strstr(text, ". ");
        size_t n = end != NULL ? (size_t)(end - text) + 1 : strlen(text);
        put_sentence(out, text, n);
        text += n + (end != NULL ? 1 : 0);
    }
}

static void put_option(FILE *out, const struct cli_option *o, const char *lead) {
    bool dash = strlen(o->name) > 1;
    fprintf(out, "%sFl %s%s", lead, dash ? "\\-" : "", o->name);
    if (o->value != NULL) {
        fputs(" Ar ", out);
        put_text(out, o->value, false);
    }
    fputc('\n', out);
}

static void put_words(FILE *out, const struct cli_word *w) {
    for (; w != NULL && w->name != NULL; w++) {
        fprintf(out, " %s", w->flags & CLI_REQUIRED ? "Ar " : "Op Ar ");
        put_text(out, w->name, false);
        if (w->flags & CLI_REPEATS)
            fputs(" ...", out);
    }
    fputc('\n', out);
}

static void put_command(FILE *out, const struct cli_group *group, const struct cli_command *command) {
    char text[512];
    fprintf(out, ".It Ic %s%s%s", group->name, command->verb != NULL ? " " : "",
            command->verb != NULL ? command->verb : "");
    put_words(out, command->words);
    snprintf(text, sizeof text, "%s.", command->summary);
    put_sentences(out, text);
    if (command->details != NULL)
        put_sentences(out, command->details);
    if (command->options == NULL || command->options->name == NULL)
        return;
    fputs(".Bl -tag -width Ds -compact\n", out);
    for (const struct cli_option *o = command->options; o->name != NULL; o++) {
        put_option(out, o, ".It ");
        snprintf(text, sizeof text, "%s%s", o->help, o->flags & CLI_REQUIRED ? " (required)" : "");
        put_sentences(out, text);
    }
    fputs(".El\n", out);
}

void cli_manual_commands(FILE *out) {
    fputs(".Ss Options everywhere on the line\n.Bl -tag -width Ds\n", out);
    for (const struct cli_option *o = cli_global_options; o->name != NULL; o++) {
        put_option(out, o, ".It ");
        put_sentences(out, o->help);
    }
    fputs(".El\n.Ss Commands\n.Bl -tag -width Ds\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        for (const struct cli_command *c = g->commands; c->run != NULL; c++)
            if (!(c->flags & CLI_HIDDEN))
                put_command(out, g, c);
    fputs(".El\n", out);
}
