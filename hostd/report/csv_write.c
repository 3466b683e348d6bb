// csv_write: see csv_write.h.
#include "csv_write.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json.h" // json_get
#include "utf8.h" // utf8_write

// What a spreadsheet may take for a formula; some take the full-width signs too.
static bool begins_formula(const char *text) {
    static const char *const signs[] = {"＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    return text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;
}

void csv_write_cell(FILE *out, const char *text, bool guard) {
    bool quote = strpbrk(text, ",\"\r\n;") != NULL || text[0] == ' ' || text[0] == '\t';
    if (quote)
        fputc('"', out);
    if (guard && begins_formula(text))
        fputc('\'', out);
    for (size_t left = strlen(text); left > 0;) {
        size_t n = 1;
        if (*text == '"')
            fputs("\"\"", out);
        else if (*text == '\n' || *text == '\t')
            fputc(*text, out);
        else
            n = utf8_write(out, text, left);
        text += n;
        left -= n;
    }
    if (quote)
        fputc('"', out);
}

void csv_write_head(FILE *out, const struct column *columns) {
    for (const struct column *c = columns; c->title != NULL; c++)
        fprintf(out, "%s%s", c == columns ? "" : ",", c->key);
    fputc('\n', out);
}

void csv_write_rows(FILE *out, const cJSON *rows, const struct column *columns) {
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, rows) {
        for (const struct column *c = columns; c->title != NULL; c++) {
            const cJSON *value = json_get(row, c->key);
            char *cell = cell_text(row, c, true);
            if (c != columns)
                fputc(',', out);
            csv_write_cell(out, cell, !cJSON_IsNumber(value));
            free(cell);
        }
        fputc('\n', out);
    }
}
