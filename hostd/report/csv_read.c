// csv_read: see csv_read.h.
#include "csv_read.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h" // utf8_valid

struct reader {
    const struct csv_handler *handler;
    struct lg_error *error;
    size_t line, began; // now; where the row began
    size_t rows, columns, count, used;
    bool in_row, failed;
    const char *problem;
    const char *cells[CSV_COLUMNS_MAX];
    char text[CSV_ROW_MAX];
};

static const char *fault_of(const struct reader *r, const unsigned char *text, size_t length) {
    if (length > CSV_CELL_MAX || r->used + length + 1 > CSV_ROW_MAX)
        return "a cell is too long";
    if (r->count == CSV_COLUMNS_MAX || (r->rows && r->count == r->columns && length))
        return "it has more cells than there are columns";
    if (!utf8_valid((const char *)text, length))
        return "it is not UTF-8: save the file as UTF-8";
    return memchr(text, '\0', length) ? "it holds a NUL byte" : NULL;
}

static void on_cell(void *data, size_t length, void *context) {
    struct reader *r = context;
    const unsigned char *text = data;
    if (!r->in_row) {
        r->in_row = true;
        r->count = r->used = 0;
        r->problem = NULL;
    }
    if (r->problem)
        return;
    while (length && (text[0] == ' ' || text[0] == '\t'))
        text++, length--;
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    const char *fault = fault_of(r, text, length);
    if (fault) {
        r->problem = fault;
        return;
    }
    if (r->rows && r->count == r->columns)
        return; // an empty cell behind the last column
    r->cells[r->count++] = length ? r->text + r->used : NULL;
    memcpy(r->text + r->used, text, length);
    r->text[r->used + length] = '\0';
    r->used += length + 1;
}

static bool is_blank(const struct reader *r) {
    for (size_t i = 0; i < r->count; i++)
        if (r->cells[i])
            return false;
    return r->problem == NULL;
}

static void on_row(int end, void *context) {
    struct reader *r = context;
    bool had = r->in_row;
    r->in_row = false;
    if (!had || r->failed || is_blank(r))
        return;
    struct csv_row row = {r->began, r->count, r->cells, r->problem};
    if (r->rows == 0) {
        r->columns = row.count;
        r->failed = row.problem ? !lg_fail(r->error, "bad_csv", "The first row must name the columns.",
                                           "The first row can't be read: %s.", row.problem)
                                : !r->handler->header(r->handler->context, &row, r->error);
    } else {
        r->failed = !r->handler->row(r->handler->context, &row, r->error);
    }
    if (++r->rows > CSV_ROWS_MAX && !r->failed)
        r->failed =
            !lg_fail(r->error, "bad_csv", "Split the file.", "The file has more than %d rows.", CSV_ROWS_MAX);
}

// What parts the cells is what the first line has most of.
static unsigned char separator_of(const char *line, size_t length) {
    static const char marks[] = ",;\t";
    size_t counts[3] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        const char *mark = line[i] && !quoted ? strchr(marks, line[i]) : NULL;
        quoted ^= line[i] == '"';
        if (mark)
            counts[mark - marks]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return (unsigned char)marks[best];
}

static bool feed(struct csv_parser *parser, struct reader *r, const char *line, size_t length) {
    if (csv_parse(parser, line, length, on_cell, on_row, r) != length && !r->failed)
        r->failed = !lg_fail(r->error, "bad_csv", "Look at the quotes around that line.",
                             "The file is no CSV at line %zu: %s.", r->line, csv_strerror(csv_error(parser)));
    return !r->failed;
}

static bool read_lines(FILE *file, struct csv_parser *parser, struct reader *r) {
    static const char mark[] = "\xEF\xBB\xBF";
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool ok = true;
    while (ok && (length = getline(&line, &room, file)) > 0) {
        const char *from = line;
        if (r->line == 0) {
            if (length >= 3 && memcmp(line, mark, 3) == 0)
                from += 3, length -= 3;
            csv_set_delim(parser, separator_of(from, (size_t)length));
        }
        r->line++;
        if (parser->pstate == 0) // libcsv: no row has begun
            r->began = r->line;
        ok = feed(parser, r, from, (size_t)length);
    }
    free(line);
    if (ok && ferror(file))
        ok = lg_fail(r->error, "bad_csv", "Try again.", "The file could not be read to its end.");
    return ok;
}

bool csv_read(FILE *file, const struct csv_handler *handler, struct lg_error *error) {
    struct csv_parser parser;
    struct reader *r = calloc(1, sizeof *r);
    lg_assert(r && csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0);
    r->handler = handler;
    r->error = error;
    bool ok = read_lines(file, &parser, r);
    if (ok && csv_fini(&parser, on_cell, on_row, r) != 0)
        ok = lg_fail(error, "bad_csv", "The file is cut, or a quote is missing.",
                     "The file ends inside quotes: the last row begins at line %zu.", r->began);
    ok = ok && !r->failed;
    if (ok && r->rows == 0)
        ok = lg_fail(error, "bad_csv", "The first row must name the columns.", "The file is empty.");
    csv_free(&parser);
    free(r);
    return ok;
}
