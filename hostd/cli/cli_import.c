// import: orders and their customers from a shop's CSV export.
//
// The file is read row by row and given to the ledger in batches, each one durable by itself: an import that was cut goes on
// when the same file is given again, since what is there already is left as it is.
#include <errno.h>
#include <sodium/crypto_generichash.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli_door.h" // cli_ask
#include "cli_groups.h"
#include "cli_output.h"
#include "csv_read.h" // csv_read
#include "csv_write.h"
#include "json.h"
#include "order_map.h" // order_columns_find

#define BATCH_ORDERS 200
#define MAP_FILE_MAX (64 * 1024)

// A table of hashes of order numbers; 0: free.
struct numbers {
    uint64_t *table;
    size_t room, count;
};

struct import {
    struct cli_call *call;
    const struct order_map *map;
    struct order_columns columns;
    bool dry_run;
    int status;           // of a question that failed
    cJSON *batch, *lines; // orders, and the line of the file on which each begins
    cJSON *order;         // whose rows are being read
    size_t order_line;
    bool order_bad; // its other rows are passed over
    char bad_order[CSV_CELL_MAX + 1];
    cJSON *report; // [{line, order, what, customer, problem, what_to_do}]; of what is the same only the count
    size_t fresh, same, bad, customers;
    struct numbers seen, apart; // while the file is looked through: numbers met, and met again behind others
    char last[CSV_CELL_MAX + 1];
};

// --- numbers seen ----------------------------------------------------------------------------------------------

static uint64_t hash_of(const char *text) {
    uint64_t hash = 0;
    crypto_generichash((unsigned char *)&hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL,
                       0);
    return hash ? hash : 1;
}

static bool put_hash(uint64_t *table, size_t room, uint64_t hash) {
    size_t at = hash % room;
    while (table[at] && table[at] != hash)
        at = (at + 1) % room;
    bool is_new = table[at] == 0;
    table[at] = hash;
    return is_new;
}

// True when it is new.
static bool add_number(struct numbers *numbers, const char *number) {
    if (2 * numbers->count >= numbers->room) {
        size_t room = numbers->room ? 2 * numbers->room : 4096;
        uint64_t *table = calloc(room, sizeof *table);
        lg_assert(table);
        for (size_t i = 0; i < numbers->room; i++)
            if (numbers->table[i])
                put_hash(table, room, numbers->table[i]);
        free(numbers->table);
        numbers->table = table;
        numbers->room = room;
    }
    bool is_new = put_hash(numbers->table, numbers->room, hash_of(number));
    numbers->count += is_new;
    return is_new;
}

static bool has_number(const struct numbers *numbers, const char *number) {
    uint64_t hash = hash_of(number);
    if (numbers->room == 0)
        return false;
    for (size_t at = hash % numbers->room; numbers->table[at]; at = (at + 1) % numbers->room)
        if (numbers->table[at] == hash)
            return true;
    return false;
}

// --- batches ---------------------------------------------------------------------------------------------------

static void tell_bad(struct import *import, size_t line, const char *order, const char *problem,
                     const char *what_to_do) {
    cJSON *row = cJSON_CreateObject();
    json_add_integer(row, "line", (int64_t)line);
    json_add_text(row, "order", order);
    json_add_text(row, "what", "bad");
    json_add_text(row, "problem", problem);
    json_add_text(row, "what_to_do", what_to_do);
    cJSON_AddItemToArray(import->report, row);
    import->bad++;
}

static void note_row(struct import *import, const cJSON *row, const cJSON *line) {
    const char *what = json_text(row, "what"), *is = json_text(row, "customer_is");
    if (what && strcmp(what, "same") == 0) {
        import->same++;
        return;
    }
    if (what && strcmp(what, "bad") == 0) {
        tell_bad(import, (size_t)line->valuedouble, json_text(row, "order"), json_text(row, "problem"),
                 json_text(row, "what_to_do"));
        return;
    }
    cJSON *copy = cJSON_Duplicate(row, true);
    json_add_integer(copy, "line", (int64_t)line->valuedouble);
    cJSON_AddItemToArray(import->report, copy);
    import->fresh++;
    import->customers += is && strcmp(is, "new") == 0;
}

static bool flush(struct import *import, struct lg_error *error) {
    if (cJSON_GetArraySize(import->batch) == 0)
        return true;
    cJSON *args = cJSON_CreateObject(), *answer = NULL;
    const char *source = cli_given(import->call, "source"), *by = cli_given(import->call, "by");
    json_add(args, "orders", import->batch);
    json_add_text(args, "source", source ? source : import->map->name);
    json_add_text(args, "by", by);
    json_add(args, "dry_run", cJSON_CreateBool(import->dry_run));
    import->batch = cJSON_CreateArray();
    import->status = cli_ask(import->call, "order.import", args, &answer, error);
    if (import->status == CLI_DONE) {
        const cJSON *line = import->lines->child;
        for (const cJSON *row = json_get(answer, "orders")->child; row && line;
             row = row->next, line = line->next)
            note_row(import, row, line);
        cJSON_Delete(answer);
    }
    cJSON_Delete(import->lines);
    import->lines = cJSON_CreateArray();
    return import->status == CLI_DONE;
}

static bool finish_order(struct import *import, struct lg_error *error) {
    if (!import->order)
        return true;
    cJSON_AddItemToArray(import->batch, import->order);
    cJSON_AddItemToArray(import->lines, cJSON_CreateNumber((double)import->order_line));
    import->order = NULL;
    return cJSON_GetArraySize(import->batch) < BATCH_ORDERS || flush(import, error);
}

// --- rows ------------------------------------------------------------------------------------------------------

static bool on_header(void *context, const struct csv_row *row, struct lg_error *error) {
    struct import *import = context;
    return order_columns_find(&import->columns, import->map, row, error);
}

// The first reading: whose rows don't stand together? Such an order is refused whole, not taken without its later lines.
static bool on_row_before(void *context, const struct csv_row *row, struct lg_error *error) {
    struct import *import = context;
    const char *number = order_number_of(&import->columns, row);
    if (!number || strcmp(import->last, number) == 0)
        return true;
    snprintf(import->last, sizeof import->last, "%s", number);
    if (!add_number(&import->seen, number))
        add_number(&import->apart, number);
    return true;
}

static void refuse_order(struct import *import, size_t line, const char *number,
                         const struct lg_error *problem) {
    cJSON_Delete(import->order);
    import->order = NULL;
    tell_bad(import, line, number, problem->message, problem->what_to_do);
    import->order_bad = number != NULL;
    snprintf(import->bad_order, sizeof import->bad_order, "%s", number ? number : "");
}

static bool begin(struct import *import, const struct csv_row *row, const char *number,
                  struct lg_error *problem) {
    if (number && has_number(&import->apart, number))
        return lg_fail(problem, "bad_argument", "Sort the file by order.",
                       "The rows of order %.60s don't stand together.", number);
    if (row->problem)
        return lg_fail(problem, "bad_argument", "Mend that row in the file.", "%s", row->problem);
    return order_begin(&import->order, &import->columns, row, problem);
}

static bool on_row(void *context, const struct csv_row *row, struct lg_error *error) {
    struct import *import = context;
    struct lg_error problem = {0};
    const char *number = order_number_of(&import->columns, row);
    if (number && import->order_bad && strcmp(import->bad_order, number) == 0)
        return true;
    import->order_bad = false;
    if (import->order && number && strcmp(json_text(import->order, "order"), number) == 0) {
        if (row->problem)
            lg_fail(&problem, "bad_argument", "Mend that row in the file.", "%s", row->problem);
        if (row->problem || !order_continue(import->order, &import->columns, row, &problem))
            refuse_order(import, row->line, number, &problem);
        return true;
    }
    if (!finish_order(import, error))
        return false;
    if (!begin(import, row, number, &problem))
        refuse_order(import, row->line, number, &problem);
    import->order_line = row->line;
    return true;
}

static void clear(struct import *import) {
    cJSON_Delete(import->report);
    cJSON_Delete(import->batch);
    cJSON_Delete(import->lines);
    cJSON_Delete(import->order);
    free(import->seen.table);
    free(import->apart.table);
}

// A file that can be read from its beginning again: what comes through a pipe is laid into a file without a name.
static FILE *open_input(const char *path, struct lg_error *error) {
    struct stat about;
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r"), *copy = NULL;
    if (!file || fstat(fileno(file), &about) != 0 || S_ISDIR(about.st_mode)) {
        lg_fail(error, "file_unreadable", "Check the name, and that you may read it.",
                "%s can't be opened: %s.", path, file ? "it is a directory" : strerror(errno));
        if (file && !is_stdin)
            fclose(file);
        return NULL;
    }
    if (S_ISREG(about.st_mode))
        return file;
    char bytes[64 * 1024];
    size_t length;
    bool ok = (copy = tmpfile()) != NULL;
    while (ok && (length = fread(bytes, 1, sizeof bytes, file)) > 0)
        ok = fwrite(bytes, 1, length, copy) == length;
    ok = ok && !ferror(file) && fflush(copy) == 0;
    if (!ok) {
        lg_fail(error, "file_unreadable", "Save it as a file, and give that.",
                "%s could not be read to its end: %s.", path, strerror(errno));
        if (copy)
            fclose(copy);
        copy = NULL;
    }
    if (!is_stdin)
        fclose(file);
    return copy;
}

// Reads the whole file: looks through it, then takes its orders. CLI_DONE, or the status of what failed.
static int run_once(struct import *import, FILE *file, bool dry_run, struct lg_error *error) {
    const struct csv_handler look = {import, on_header, on_row_before}, take = {import, on_header, on_row};
    import->dry_run = dry_run;
    import->status = CLI_REFUSED; // unless a question says otherwise
    import->report = cJSON_CreateArray();
    import->batch = cJSON_CreateArray();
    import->lines = cJSON_CreateArray();
    rewind(file);
    bool ok = csv_read(file, &look, error);
    rewind(file);
    ok = ok && csv_read(file, &take, error) && finish_order(import, error) && flush(import, error);
    return ok ? CLI_DONE : import->status == CLI_DONE ? CLI_REFUSED : import->status;
}

// --- what was done -----------------------------------------------------------------------------------------------

static const struct column report_columns[] = {{"LINE", "line", CELL_NUMBER, false},
                                               {"ORDER", "order", CELL_TEXT, false},
                                               {"WHAT", "what", CELL_STATE, false},
                                               {"CUSTOMER", "customer", CELL_TEXT, false},
                                               {"IS", "customer_is", CELL_TEXT, false},
                                               {"PROBLEM", "problem", CELL_TEXT, false},
                                               {"WHAT TO DO", "what_to_do", CELL_TEXT, false},
                                               {0}};

static void say(const struct import *import, bool refused) {
    const cJSON *row;
    cJSON *shown = cJSON_CreateArray();
    cJSON_ArrayForEach(row, import->report) {
        bool bad = strcmp(json_text(row, "what"), "bad") == 0;
        if (bad || import->dry_run)
            cJSON_AddItemReferenceToArray(shown, (cJSON *)row);
    }
    if (shown->child)
        cli_table_print(stdout, shown, report_columns, cli_wants_colour(stdout));
    cJSON_Delete(shown);
    const char *would = import->dry_run ? "would be " : "";
    if (refused)
        printf("Nothing was taken: %zu of the orders are bad. Mend them, or leave out --all-or-nothing.\n",
               import->bad);
    else
        printf("%zu orders %snew, with %zu new customers; %zu were there already; %zu bad.\n", import->fresh,
               would, import->customers, import->same, import->bad);
}

static void say_json(const struct import *import, bool refused) {
    cJSON *answer = cJSON_CreateObject();
    json_add_integer(answer, "new", refused ? 0 : (int64_t)import->fresh);
    json_add_integer(answer, "new_customers", refused ? 0 : (int64_t)import->customers);
    json_add_integer(answer, "same", (int64_t)import->same);
    json_add_integer(answer, "bad", (int64_t)import->bad);
    json_add(answer, "dry_run", cJSON_CreateBool(import->dry_run));
    json_add(answer, "orders", cJSON_Duplicate(import->report, true));
    cli_print_json(answer);
    cJSON_Delete(answer);
}

static int by_line(const void *a, const void *b) {
    double x = json_get(*(cJSON *const *)a, "line")->valuedouble,
           y = json_get(*(cJSON *const *)b, "line")->valuedouble;
    return (x > y) - (x < y);
}

// Rows are judged when their batch is full: what is told goes in the order of the file.
static void sort_report(struct import *import) {
    size_t count = (size_t)cJSON_GetArraySize(import->report), i = 0;
    cJSON **rows = calloc(count + 1, sizeof(cJSON *));
    lg_assert(rows);
    while (import->report->child)
        rows[i++] = cJSON_DetachItemViaPointer(import->report, import->report->child);
    qsort(rows, count, sizeof(cJSON *), by_line);
    for (i = 0; i < count; i++)
        cJSON_AddItemToArray(import->report, rows[i]);
    free(rows);
}

static int finish(struct import *import, bool refused) {
    sort_report(import);
    if (import->call->json) {
        say_json(import, refused);
    } else if (import->call->csv) {
        csv_write_head(stdout, report_columns);
        csv_write_rows(stdout, import->report, report_columns);
    } else {
        say(import, refused);
    }
    return import->bad ? CLI_REFUSED : CLI_DONE;
}

// --- the map -----------------------------------------------------------------------------------------------------

static struct order_map *map_of_file(const char *path, struct lg_error *error) {
    static char text[MAP_FILE_MAX + 1];
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof text, file) : 0;
    if (!file || length > MAP_FILE_MAX) {
        lg_fail(error, "no_such_map", "Give the name of a map (see `lotgate help import`), or a JSON file.",
                "There is no map called %s%s.", path, file ? ": the file is too long" : "");
        if (file)
            fclose(file);
        return NULL;
    }
    fclose(file);
    cJSON *object = json_parse(text, length, true, error);
    struct order_map *map = object ? order_map_parse(object, error) : NULL;
    if (map)
        map->name = "csv";
    cJSON_Delete(object);
    return map;
}

static int import_orders(struct cli_call *call) {
    struct lg_error error = {0};
    const char *name = cli_given(call, "map");
    const struct order_map *map = order_map_find(name ? name : "plain");
    struct order_map *own = map ? NULL : map_of_file(name, &error);
    if (!map && !own)
        return cli_fail(CLI_REFUSED, &error);
    struct import import = {.call = call, .map = map ? map : own};
    bool dry = cli_flag(call, "dry-run"), all = cli_flag(call, "all-or-nothing");
    FILE *file = open_input(call->words[0], &error);
    int status = file ? run_once(&import, file, dry || all, &error) : CLI_REFUSED;
    bool refused = all && import.bad > 0;
    if (status == CLI_DONE && all && !dry && !refused) {
        clear(&import);
        import = (struct import){.call = call, .map = map ? map : own};
        status = run_once(&import, file, false, &error);
    }
    if (file && file != stdin)
        fclose(file);
    status = status == CLI_DONE ? finish(&import, refused) : cli_fail(status, &error);
    clear(&import);
    order_map_free(own);
    return status;
}

static const struct cli_word import_words[] = {{.name = "FILE", .kind = CLI_FILE, .flags = CLI_REQUIRED},
                                               {0}};
static const struct cli_option import_options[] = {
    {.name = "map",
     .value = "NAME|FILE",
     .help = "which column holds what: plain, shopify, etsy, etsy-orders, or a JSON file",
     .kind = CLI_FILE},
    {.name = "dry-run", .help = "show what would change, and change nothing"},
    {.name = "all-or-nothing", .help = "take nothing when one row is bad"},
    {.name = "source", .value = "NAME", .help = "where the orders come from (default: the map's name)"},
    CLI_BY,
    {0}};

const struct cli_command cli_import_commands[] = {
    {.verb = "orders",
     .summary = "Take orders and their customers from a CSV export",
     .words = import_words,
     .details =
         "FILE may be - for standard input. "
         "Bad rows are listed with their line and the reason, good ones are taken. What is there already is left as "
         "it is: the same file twice changes nothing. A map of your own is a JSON object that names a column for each "
         "of order, ordered, name, email, phone, address, address2, zip, city, state, country, product, title, count, "
         "price, currency.",
     .options = import_options,
     .op = "order.import",
     .run = import_orders},
    {0}};
