// cli_args: the command line, taken apart. See cli_args.h.
#include "cli_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_suggest.h" // cli_suggest
#include "json.h"        // json_add_text
#include "listing.h"     // listing_find
#include "utf8.h"        // utf8_valid

const struct cli_group *cli_group_find(const char *name) {
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        if (strcmp(g->name, name) == 0)
            return g;
    return NULL;
}

const struct cli_command *cli_command_find(const struct cli_group *group, const char *verb) {
    for (const struct cli_command *c = group->commands; c->run != NULL; c++)
        if (c->verb != NULL && strcmp(c->verb, verb) == 0)
            return c;
    return NULL;
}

const char *cli_given(const struct cli_call *call, const char *option) {
    const char *text = NULL;
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option->name, option) == 0)
            text = call->given[i].text;
    return text;
}

bool cli_flag(const struct cli_call *call, const char *option) {
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option->name, option) == 0)
            return true;
    return false;
}

static const struct cli_option *option_find(const struct cli_option *options, const char *name,
                                            size_t length) {
    for (; options != NULL && options->name != NULL; options++)
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static bool unknown_option(const struct cli_call *call, const char *typed, struct lg_error *error) {
    struct cli_suggestion best = {0};
    const char *name = typed + strspn(typed, "-");
    for (const struct cli_option *o = cli_global_options; o->name != NULL; o++)
        cli_suggest(&best, name, o->name);
    if (call->command != NULL)
        for (const struct cli_option *o = call->command->options; o != NULL && o->name != NULL; o++)
            cli_suggest(&best, name, o->name);
    if (best.word == NULL)
        return lg_fail(error, "usage", "", "There is no option %s here.", typed);
    char hint[CLI_WORD_MAX + 32];
    snprintf(hint, sizeof hint, "Did you mean %s%s?", strlen(best.word) == 1 ? "-" : "--", best.word);
    return lg_fail(error, "usage", hint, "There is no option %s here.", typed);
}

// Global options go to their own fields, the command's to the list.
static bool take(struct cli_call *call, const struct cli_option *option, const char *value,
                 struct lg_error *error) {
    const struct {
        const char *name;
        const char **text;
        bool *flag;
    } globals[] = {{"c", &call->config, NULL},       {"data", &call->data, NULL}, {"json", NULL, &call->json},
                   {"csv", NULL, &call->csv},        {"help", NULL, &call->help}, {"h", NULL, &call->help},
                   {"version", NULL, &call->version}};
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
        if (strcmp(globals[i].name, option->name) != 0)
            continue;
        if (globals[i].text != NULL)
            *globals[i].text = value;
        else if (globals[i].flag != NULL)
            *globals[i].flag = true;
        return true;
    }
    if (cli_flag(call, option->name) && option->value != NULL && !(option->flags & CLI_REPEATS))
        return lg_fail(error, "usage", "Give it once.", "--%s was given twice.", option->name);
    if (call->given_count == CLI_VALUES_MAX)
        return lg_fail(error, "usage", "Use several commands.", "More than %d options on one line.",
                       CLI_VALUES_MAX);
    call->given[call->given_count++] = (struct cli_given){option, value};
    return true;
}

// Takes the option at argv[*i], and its value, which may be the next argument.
static bool take_option(struct cli_call *call, int argc, char **argv, int *i, struct lg_error *error) {
    const char *typed = argv[*i];
    bool is_long = typed[1] == '-';
    const char *name = typed + (is_long ? 2 : 1);
    size_t length = is_long ? strcspn(name, "=") : strlen(name);
    const struct cli_option *option = option_find(cli_global_options, name, length);
    if (option == NULL && is_long && call->command != NULL)
        option = option_find(call->command->options, name, length);
    if (option == NULL || (length == 1) == is_long)
        return unknown_option(call, typed, error);
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    if (option->value == NULL && value != NULL)
        return lg_fail(error, "usage", "Give it without a value.", "--%s takes no value.", option->name);
    if (option->value != NULL && value == NULL) {
        // A following option is no value (`--lot --json`); one that must begin so is written --note=--text.
        if (*i + 1 >= argc || strncmp(argv[*i + 1], "--", 2) == 0)
            return lg_fail(error, "usage", "", "%s needs a value: %s %s", typed, typed, option->value);
        value = argv[++*i];
    }
    return take(call, option, value, error);
}

static bool take_group(struct cli_call *call, const char *word, struct lg_error *error) {
    call->group = cli_group_find(word);
    if (call->group != NULL) {
        if (call->group->commands->verb == NULL)
            call->command = call->group->commands;
        return true;
    }
    struct cli_suggestion best = {0};
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        cli_suggest(&best, word, g->name);
    char hint[CLI_WORD_MAX + 32] = "`lotgate help` lists the commands.";
    if (best.word != NULL)
        snprintf(hint, sizeof hint, "Did you mean \"lotgate %s\"?", best.word);
    return lg_fail(error, "usage", hint, "There is no command \"%s\".", word);
}

static bool take_verb(struct cli_call *call, const char *word, struct lg_error *error) {
    call->command = cli_command_find(call->group, word);
    if (call->command != NULL)
        return true;
    struct cli_suggestion best = {0};
    for (const struct cli_command *c = call->group->commands; c->run != NULL; c++)
        if (c->verb != NULL && !(c->flags & CLI_HIDDEN))
            cli_suggest(&best, word, c->verb);
    char hint[2 * CLI_WORD_MAX + 32] = "";
    if (best.word != NULL)
        snprintf(hint, sizeof hint, "Did you mean \"lotgate %s %s\"?", call->group->name, best.word);
    return lg_fail(error, "usage", hint, "There is no command \"%s %s\".", call->group->name, word);
}

static bool take_word(struct cli_call *call, const char *word, struct lg_error *error) {
    if (call->group == NULL)
        return take_group(call, word, error);
    if (call->command == NULL)
        return take_verb(call, word, error);
    size_t known = 0;
    bool repeats = false;
    for (const struct cli_word *w = call->command->words; w != NULL && w->name != NULL; w++) {
        known++;
        repeats = (w->flags & CLI_REPEATS) != 0;
    }
    if (call->word_count >= known && !repeats)
        return lg_fail(error, "usage", "Put quotes around a name or text with blanks.",
                       "\"%s\" is one word too many.", word);
    if (call->word_count == CLI_WORDS_MAX)
        return lg_fail(error, "usage", "Use several commands.", "More than %d words on one line.",
                       CLI_WORDS_MAX);
    call->words[call->word_count++] = word;
    return true;
}

// Lists do, and what holds one.
static bool takes_csv(const struct cli_command *command) {
    return command->op != NULL && !(command->flags & CLI_NO_CSV) && listing_find(command->op) != NULL;
}

static bool complete(const struct cli_call *call, struct lg_error *error) {
    if (call->group == NULL)
        return lg_fail(error, "usage", "`lotgate help` lists the commands.", "No command was given.");
    if (call->command == NULL)
        return lg_fail(error, "usage", "Add one of the words below.",
                       "\"lotgate %s\" is only half a command.", call->group->name);
    size_t n = 0;
    for (const struct cli_word *w = call->command->words; w != NULL && w->name != NULL; w++, n++)
        if ((w->flags & CLI_REQUIRED) && (n >= call->word_count || call->words[n][0] == '\0'))
            return lg_fail(error, "usage", "", "%s is %s.", w->name,
                           n >= call->word_count ? "missing" : "empty");
    for (const struct cli_option *o = call->command->options; o != NULL && o->name != NULL; o++)
        if ((o->flags & CLI_REQUIRED) && !cli_flag(call, o->name))
            return lg_fail(error, "usage", "", "--%s %s is missing.", o->name, o->value);
    if (call->json && call->csv)
        return lg_fail(error, "usage", "Choose one.", "--json and --csv don't go together.");
    if (call->csv && !takes_csv(call->command))
        return lg_fail(error, "usage", "Use --json, or leave it out.", "--csv is for listings.");
    return true;
}

// "-2sheet" is a word: no option begins with a digit.
static bool is_option(const char *typed) {
    return typed[0] == '-' && typed[1] != '\0' && (typed[1] < '0' || typed[1] > '9');
}

bool cli_args_parse(struct cli_call *call, int argc, char **argv, struct lg_error *error) {
    bool words_only = false;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        bool ok;
        if (!words_only && strcmp(a, "--") == 0) {
            words_only = true;
            continue;
        }
        if (!words_only && is_option(a))
            ok = take_option(call, argc, argv, &i, error);
        else
            ok = take_word(call, a, error);
        if (!ok)
            return false;
    }
    return call->help || call->version || complete(call, error);
}

static bool add_argument(cJSON *object, const char *argument, const char *name, unsigned flags,
                         const char *text, struct lg_error *error) {
    if (!utf8_valid(text, strlen(text)))
        return lg_fail(error, "usage", "Set the terminal to UTF-8 and type it anew.", "%s is not UTF-8.",
                       name);
    if (!(flags & CLI_INTEGER)) {
        json_add_text(object, argument, text);
        return true;
    }
    char *end = NULL;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return lg_fail(error, "usage", "Give a whole number.", "\"%s\" is no number for %s.", text, name);
    json_add_integer(object, argument, n);
    return true;
}

cJSON *cli_args_object(const struct cli_call *call, struct lg_error *error) {
    cJSON *object = cJSON_CreateObject();
    lg_assert(object != NULL);
    bool ok = true;
    const struct cli_word *words = call->command->words;
    for (size_t i = 0; ok && words != NULL && words[i].name != NULL && i < call->word_count; i++)
        if (words[i].argument != NULL)
            ok =
                add_argument(object, words[i].argument, words[i].name, words[i].flags, call->words[i], error);
    for (size_t i = 0; ok && i < call->given_count; i++) {
        const struct cli_option *o = call->given[i].option;
        if (o->argument == NULL)
            continue;
        if (o->flags & CLI_REPEATS) {
            cJSON *list = cJSON_GetObjectItemCaseSensitive(object, o->argument);
            if (list == NULL) {
                list = cJSON_CreateArray();
                json_add(object, o->argument, list);
            }
            cJSON_AddItemToArray(list, cJSON_CreateString(call->given[i].text));
        } else {
            ok = add_argument(object, o->argument, o->name, o->flags, call->given[i].text, error);
        }
    }
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}
