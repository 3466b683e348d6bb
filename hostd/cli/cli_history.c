// cli_history: notes, corrections, events. See cli_history.h.
#include "cli_history.h"

#include "cli_output.h" // cli_wants_colour
#include "json.h"       // json_get

static const struct cli_column notes[] = {{"NOTE", "note", CLI_CELL_TEXT, false},
                                          {"TIME", "at", CLI_CELL_TIME, false},
                                          {"BY", "by", CLI_CELL_TEXT, false},
                                          {"TEXT", "text", CLI_CELL_TEXT, false},
                                          {0}};

static const struct cli_column corrections[] = {{"CORRECTION", "correction", CLI_CELL_TEXT, false},
                                                {"TIME", "at", CLI_CELL_TIME, false},
                                                {"BY", "by", CLI_CELL_TEXT, false},
                                                {"FIELD", "field", CLI_CELL_TEXT, false},
                                                {"WAS", "was", CLI_CELL_TEXT, false},
                                                {"IS", "value", CLI_CELL_TEXT, false},
                                                {"REASON", "reason", CLI_CELL_TEXT, false},
                                                {0}};

static const struct cli_column events[] = {{"SEQ", "seq", CLI_CELL_NUMBER, false},
                                           {"TIME", "time", CLI_CELL_TIME, false},
                                           {"EVENT", "kind", CLI_CELL_TEXT, false},
                                           {"BY", "actor", CLI_CELL_TEXT, false},
                                           {0}};

void cli_print_section(const cJSON *answer, const char *key, const char *title,
                       const struct cli_column *columns) {
    const cJSON *rows = json_get(answer, key);
    if (!cJSON_IsArray(rows) || cJSON_GetArraySize(rows) == 0)
        return;
    printf("\n%s\n", title);
    cli_table_print(stdout, rows, columns, cli_wants_colour(stdout));
}

void cli_print_history(const cJSON *answer) {
    cli_print_section(answer, "notes", "Notes", notes);
    cli_print_section(answer, "corrections", "Corrections", corrections);
    cli_print_section(answer, "events", "Events", events);
}
