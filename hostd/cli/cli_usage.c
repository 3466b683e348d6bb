// cli_usage: usage text. See cli_usage.h.
#include "cli_usage.h"

#include <string.h>

#include "cli_text.h" // cli_text_width

void cli_usage_option(char *out, size_t room, const struct cli_option *option) {
    bool required = (option->flags & CLI_REQUIRED) != 0;
    snprintf(out, room, "%s%s%s%s%s%s%s", required ? "" : "[", strlen(option->name) == 1 ? "-" : "--",
             option->name, option->value != NULL ? " " : "", option->value != NULL ? option->value : "",
             required ? "" : "]", (option->flags & CLI_REPEATS) ? " …" : "");
}

void cli_usage_word(char *out, size_t room, const struct cli_word *word) {
    bool required = (word->flags & CLI_REQUIRED) != 0;
    snprintf(out, room, "%s%s%s%s", required ? "" : "[", word->name, required ? "" : "]",
             (word->flags & CLI_REPEATS) ? " …" : "");
}

// Words of a paragraph or usage line, broken at the screen's edge.
struct wrap {
    FILE *out;
    size_t column, indent;
};

static void wrap_put(struct wrap *wrap, const char *word) {
    size_t width = cli_text_width(word);
    if (wrap->column > wrap->indent && wrap->column + 1 + width > CLI_USAGE_COLUMNS) {
        fprintf(wrap->out, "\n%*s", (int)wrap->indent, "");
        wrap->column = wrap->indent;
    } else if (wrap->column > wrap->indent) {
        fputc(' ', wrap->out);
        wrap->column++;
    }
    fputs(word, wrap->out);
    wrap->column += width;
}

static void wrap_text(FILE *out, const char *text, size_t indent, size_t column) {
    struct wrap wrap = {out, column, indent};
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (n > 0)
            wrap_put(&wrap, word);
        text += n + strspn(text + n, " ");
    }
    fputc('\n', out);
}

static void usage_line(FILE *out, const char *lead, const struct cli_group *group,
                       const struct cli_command *command) {
    char start[128], part[128];
    int n = snprintf(start, sizeof start, "%slotgate %s%s%s", lead, group->name,
                     command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "");
    fputs(start, out);
    struct wrap wrap = {out, (size_t)n, 11};
    for (const struct cli_word *w = command->words; w != NULL && w->name != NULL; w++) {
        cli_usage_word(part, sizeof part, w);
        wrap_put(&wrap, part);
    }
    for (const struct cli_option *o = command->options; o != NULL && o->name != NULL; o++) {
        cli_usage_option(part, sizeof part, o);
        wrap_put(&wrap, part);
    }
    fputc('\n', out);
}

static void options(FILE *out, const char *heading, const struct cli_option *list) {
    if (list == NULL || list->name == NULL)
        return;
    fprintf(out, "\n%s\n", heading);
    for (const struct cli_option *o = list; o->name != NULL; o++) {
        char name[96];
        int n = snprintf(name, sizeof name, "  %s%s%s%s", strlen(o->name) == 1 ? "-" : "--", o->name,
                         o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
        fprintf(out, "%-26s", name);
        if (n > 25)
            fprintf(out, "\n%26s", "");
        wrap_text(out, o->help, 26, 26);
    }
}

// "  lot receive|list|…", over as many lines as it takes. Returns the width of the last one.
static int put_verbs(FILE *out, const struct cli_group *group) {
    int indent = 3 + (int)strlen(group->name), at = fprintf(out, "  %s", group->name);
    const char *before = " ";
    for (const struct cli_command *c = group->commands; c->run != NULL; c++) {
        if (c->verb == NULL || c->flags & CLI_HIDDEN)
            continue;
        if (at + (int)strlen(c->verb) + 2 > CLI_USAGE_COLUMNS)
            at = fprintf(out, "%s\n%*s", before, indent, "") - (int)strlen(before) - 1;
        else
            at += fprintf(out, "%s", before);
        at += fprintf(out, "%s", c->verb);
        before = "|";
    }
    return at;
}

void cli_usage_all(FILE *out) {
    fputs("usage: lotgate [-c FILE] [--data DIR] COMMAND …\n\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++) {
        int n = put_verbs(out, g);
        fprintf(out, "%s%*s", n > 25 ? "\n" : "", n > 25 ? 26 : 26 - n, "");
        wrap_text(out, g->summary, 26, 26);
    }
    options(out, "Everywhere on the line:", cli_global_options);
    fputs("\n`lotgate help COMMAND` tells more. Exit status: 0 done, 1 refused, 2 bad usage,\n"
          "3 the daemon can't be reached.\n",
          out);
}

void cli_usage_group(FILE *out, const struct cli_group *group) {
    const char *lead = "usage: ";
    for (const struct cli_command *c = group->commands; c->run != NULL; c++) {
        if (c->flags & CLI_HIDDEN)
            continue;
        usage_line(out, lead, group, c);
        lead = "       ";
    }
}

void cli_usage_lines(FILE *out, const struct cli_group *group, const struct cli_command *command) {
    usage_line(out, "usage: ", group, command);
}

void cli_usage_command(FILE *out, const struct cli_group *group, const struct cli_command *command) {
    usage_line(out, "usage: ", group, command);
    fprintf(out, "\n%s.\n", command->summary);
    if (command->details != NULL)
        wrap_text(out, command->details, 0, 0);
    options(out, "Options:", command->options);
    options(out, "Everywhere on the line:", cli_global_options);
}
