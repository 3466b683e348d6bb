// cli_completion: bash. See cli_completion.h.
#include "cli_completion.h"

#include <string.h>

#include "cli_door.h" // cli_ask
#include "json.h"
#include "ops.h" // trace_op_find

#define WORDS_MAX 1000

// What the shell is told for each kind; a kind with an operation is asked for when needed.
static const struct {
    const char *name;
    const char *op, *member; // NULL: the shell knows by itself
} kinds[CLI_KINDS] = {
    [CLI_ANY] = {"any", NULL, NULL},
    [CLI_FILE] = {"file", NULL, NULL},
    [CLI_DIRECTORY] = {"directory", NULL, NULL},
    [CLI_LOT] = {"lots", "lot.list", "lot"},
    [CLI_LOTS] = {"lots", "lot.list", "lot"},
    [CLI_MACHINE] = {"machines", "machine.list", "machine"},
    [CLI_MATERIAL] = {"materials", "material.list", "material"},
    [CLI_SUPPLIER] = {"suppliers", "supplier.list", "supplier"},
    [CLI_OPERATOR] = {"operators", "operator.list", "operator"},
    [CLI_RECORD] = {"records", "record.list", "record"},
    [CLI_JOB] = {"jobs", "job.list", "job"},
    [CLI_ORDER] = {"orders", "order.list", "order"},
    [CLI_PRODUCT] = {"products", "product.list", "product"},
    [CLI_UNIT] = {"units", "unit.list", "unit"},
    [CLI_PAPER] = {"documents", "document.list", "document"},
    [CLI_RECALL] = {"recalls", "recall.list", "recall"},
    [CLI_COMMANDS] = {"commands", NULL, NULL},
};

static bool is_one_line(const char *word) {
    for (; *word != '\0'; word++)
        if ((unsigned char)*word < 0x20 || *word == 0x7f)
            return false;
    return true;
}

int cli_completion_words(struct cli_call *call, const char *kind) {
    if (strcmp(kind, "commands") == 0) {
        for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
            puts(g->name);
        return CLI_DONE;
    }
    size_t k = 0;
    while (k < CLI_KINDS && (kinds[k].op == NULL || strcmp(kinds[k].name, kind) != 0))
        k++;
    if (k == CLI_KINDS)
        return CLI_USAGE;
    struct lg_error error = {0};
    cJSON *args = cJSON_CreateObject(), *rows = NULL, *row = NULL;
    json_add_integer(args, "limit", WORDS_MAX);
    if (cli_ask(call, kinds[k].op, args, &rows, &error) != CLI_DONE)
        return CLI_REFUSED;
    cJSON_ArrayForEach(row, rows) {
        const char *word = json_text(row, kinds[k].member);
        if (word != NULL &&
            is_one_line(word)) // the script quotes what the shell would not take as it is: #1001
            puts(word);
    }
    cJSON_Delete(rows);
    return CLI_DONE;
}

static void put_options(FILE *out, const struct cli_option *options, bool values) {
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        if (!values)
            fprintf(out, " %s%s", strlen(o->name) == 1 ? "-" : "--", o->name);
        else if (o->value != NULL)
            fprintf(out, " %s%s=%s", strlen(o->name) == 1 ? "-" : "--", o->name, kinds[o->kind].name);
    }
}

static void put_key(FILE *out, const struct cli_group *g, const struct cli_command *c) {
    fprintf(out, "    [%s%s%s]='", g->name, c->verb != NULL ? "," : "", c->verb != NULL ? c->verb : "");
}

// Three tables: verbs of a group, options of a command (those with a value as --name=kind), kinds of its words.
static void put_tables(FILE *out) {
    fputs("declare -A _lotgate_verbs=(\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++) {
        fprintf(out, "    [%s]='", g->name);
        for (const struct cli_command *c = g->commands; c->run != NULL; c++)
            if (c->verb != NULL && !(c->flags & CLI_HIDDEN))
                fprintf(out, "%s%s", c == g->commands ? "" : " ", c->verb);
        fputs("'\n", out);
    }
    fputs(")\ndeclare -A _lotgate_options=(\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        for (const struct cli_command *c = g->commands; c->run != NULL; c++) {
            put_key(out, g, c);
            put_options(out, c->options, false);
            fputs("'\n", out);
        }
    fputs(")\ndeclare -A _lotgate_values=(\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        for (const struct cli_command *c = g->commands; c->run != NULL; c++) {
            put_key(out, g, c);
            put_options(out, c->options, true);
            fputs(" '\n", out);
        }
    fputs(")\ndeclare -A _lotgate_words=(\n", out);
    for (const struct cli_group *g = cli_groups; g->name != NULL; g++)
        for (const struct cli_command *c = g->commands; c->run != NULL; c++) {
            put_key(out, g, c);
            for (const struct cli_word *w = c->words; w != NULL && w->name != NULL; w++)
                fprintf(out, "%s%s", w == c->words ? "" : " ", kinds[w->kind].name);
            fputs("'\n", out);
        }
    fputs(")\n_lotgate_global='", out);
    put_options(out, cli_global_options, false);
    fputs("'\n_lotgate_global_values='", out);
    put_options(out, cli_global_options, true);
    fputs(" '\n", out);
}

static const char script[] =
    "\n# Offers the words of one kind; those of the ledger are asked from lotgate itself.\n"
    "_lotgate_offer() {\n"
    "    local kind=$1 cur=$2 word quoted\n"
    "    case $kind in\n"
    "    any) ;;\n"
    "    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
    "    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
    "    *)\n"
    "        while IFS= read -r word; do\n"
    "            printf -v quoted %q \"$word\"\n"
    "            [[ $word == \"$cur\"* || $quoted == \"$cur\"* ]] && COMPREPLY+=(\"$quoted\")\n"
    "        done < <(\"${COMP_WORDS[0]}\" \"${globals[@]}\" completion words \"$kind\" 2>/dev/null) ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_lotgate() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local group='' verb='' key='' count=0 i word values globals=()\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        values=\"$_lotgate_global_values${key:+${_lotgate_values[$key]-}}\"\n"
    "        if [[ $word == -* ]]; then\n"
    "            if [[ $values == *\" $word=\"* ]]; then\n"
    "                [[ $word == -c || $word == --data ]] && globals+=(\"$word\" \"${COMP_WORDS[i + 1]}\")\n"
    "                ((i++))\n"
    "            fi\n"
    "        elif [[ -z $group ]]; then\n"
    "            group=$word\n"
    "            [[ -z ${_lotgate_verbs[$group]-} ]] && key=$group\n"
    "        elif [[ -z $key ]]; then\n"
    "            verb=$word key=$group,$verb\n"
    "        elif [[ $word != = && $prev != = ]]; then\n"
    "            ((count++))\n"
    "        fi\n"
    "    done\n"
    "    values=\"$_lotgate_global_values${key:+${_lotgate_values[$key]-}}\"\n"
    "    if [[ $prev == -* && $values == *\" $prev=\"* ]]; then\n"
    "        word=${values#*\" $prev=\"}\n"
    "        _lotgate_offer \"${word%% *}\" \"$cur\"\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_lotgate_global${key:+${_lotgate_options[$key]-}}\" -- \"$cur\")\n"
    "    elif [[ -z $group ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"${!_lotgate_verbs[*]}\" -- \"$cur\")\n"
    "    elif [[ -z $key ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"${_lotgate_verbs[$group]-}\" -- \"$cur\")\n"
    "    else\n"
    "        local kinds\n"
    "        read -ra kinds <<<\"${_lotgate_words[$key]-}\"\n"
    "        ((${#kinds[@]})) || return 0\n"
    "        ((count < ${#kinds[@]})) || count=$((${#kinds[@]} - 1))\n"
    "        _lotgate_offer \"${kinds[count]}\" \"$cur\"\n"
    "    fi\n"
    "}\n"
    "complete -F _lotgate lotgate\n";

void cli_completion_bash(FILE *out) {
    fputs("# bash completion for lotgate; made by `lotgate completion bash`\n", out);
    put_tables(out);
    fputs(script, out);
}
