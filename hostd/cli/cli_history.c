// cli_history: notes, corrections, events. See cli_history.h.
#include "cli_history.h"

#include "cli_output.h" // cli_wants_colour
#include "error.h"      // lg_assert
#include "json.h"       // json_get

static const struct column notes[] = {{"NOTE", "note", CELL_TEXT, false},
                                      {"TIME", "at", CELL_TIME, false},
                                      {"BY", "by", CELL_TEXT, false},
                                      {"TEXT", "text", CELL_TEXT, false},
                                      {"PHOTO", "photo", CELL_HASH, false},
                                      COLUMN_CORRECTED,
                                      {0}};

static const struct column corrections[] = {{"CORRECTION", "correction", CELL_TEXT, false},
                                            {"TIME", "at", CELL_TIME, false},
                                            {"BY", "by", CELL_TEXT, false},
                                            {"FIELD", "field", CELL_TEXT, false},
                                            {"WAS", "was", CELL_TEXT, false},
                                            {"IS", "value", CELL_TEXT, false},
                                            {"REASON", "reason", CELL_TEXT, false},
                                            {0}};

static const struct column events[] = {{"SEQ", "seq", CELL_NUMBER, false},
                                       {"TIME", "time", CELL_TIME, false},
                                       {"EVENT", "kind", CELL_TEXT, false},
                                       {"BY", "by", CELL_TEXT, false},
                                       {"CORRECTED BY", "corrected_by", CELL_TEXT, false},
                                       {0}};

void cli_print_section(const cJSON *answer, const char *key, const char *title,
                       const struct column *columns) {
    const cJSON *rows = json_get(answer, key);
    if (!cJSON_IsArray(rows) || cJSON_GetArraySize(rows) == 0)
        return;
    printf("\n%s\n", title);
    cli_table_print(stdout, rows, columns, cli_wants_colour(stdout));
}

// The last correction of the event with this number.
static const char *corrected_by(const cJSON *answer, const cJSON *event) {
    const char *number = NULL;
    const cJSON *correction = NULL;
    int64_t seq = 0, of = 0;
    json_integer(event, "seq", &seq);
    cJSON_ArrayForEach(correction, json_get(answer, "corrections")) {
        if (json_integer(correction, "event", &of) && of == seq)
            number = json_text(correction, "correction");
    }
    return number;
}

// Who did it: the person whom the event names, or else the way by which it came; and whether it was put right since.
static cJSON *events_with_by(const cJSON *answer) {
    cJSON *with = cJSON_CreateObject(), *rows = cJSON_Duplicate(json_get(answer, "events"), true), *row;
    lg_assert(with != NULL);
    cJSON_ArrayForEach(row, rows) {
        const char *by = json_text(json_get(row, "body"), "by");
        json_add_text(row, "by", by != NULL ? by : json_text(row, "actor"));
        json_add_text(row, "corrected_by", corrected_by(answer, row));
    }
    if (rows != NULL)
        json_add(with, "events", rows);
    return with;
}

void cli_print_history(const cJSON *answer) {
    cJSON *with = events_with_by(answer);
    cli_print_section(answer, "notes", "Notes", notes);
    cli_print_section(answer, "corrections", "Corrections", corrections);
    cli_print_section(with, "events", "Events", events);
    cJSON_Delete(with);
}

int cli_show(struct cli_call *call, const struct column *fields, const struct cli_section *sections) {
    cJSON *answer = NULL;
    int status = cli_ask_command(call, &answer);
    if (status != CLI_DONE)
        return status;
    if (call->json) {
        cli_print_json(answer);
    } else {
        cli_print_fields(stdout, answer, fields);
        for (; sections->key != NULL; sections++)
            cli_print_section(answer, sections->key, sections->title, sections->columns);
        cli_print_history(answer);
    }
    cJSON_Delete(answer);
    return CLI_DONE;
}
