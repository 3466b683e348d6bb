// recall, recall-case, trace: from a lot to the customers, and from anything to where it came from.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_door.h" // cli_ask
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_output.h"
#include "cli_text.h" // cli_text_write
#include "csv_write.h"
#include "json.h"
#include "trace_svg.h"

// --- recall ------------------------------------------------------------------------------------------------------

static const struct column lot_fields[] = {{"Lot", "lot", CELL_TEXT, false},
                                           {"State", "state", CELL_STATE, false},
                                           {"Material", "material_name", CELL_TEXT, false},
                                           {"Supplier", "supplier_name", CELL_TEXT, false},
                                           {"Supplier's lot", "supplier_lot", CELL_TEXT, false},
                                           {"Heat", "heat", CELL_TEXT, false},
                                           {"Quantity", "quantity", CELL_TEXT, false},
                                           {"Corrected", "corrected", CELL_TEXT, false},
                                           {0}};
static const struct column balance_fields[] = {
    {"Received", "received", CELL_TEXT, false},
    {"Booked otherwise", "adjusted", CELL_TEXT, false},
    {"Consumed", "consumed", CELL_TEXT, false},
    {"Scrapped", "scrapped", CELL_TEXT, false},
    {"On hand", "on_hand", CELL_TEXT, false},
    {"Unaccounted", "unaccounted", CELL_TEXT, false},
    {"Jobs without a quantity", "jobs_without_quantity", CELL_TEXT, false},
    {0}};
static const struct column stock_columns[] = {{"LOT", "lot", CELL_TEXT, false},
                                              {"STATE", "state", CELL_STATE, false},
                                              {"ON HAND", "on_hand", CELL_TEXT, false},
                                              {0}};
static const struct column record_columns[] = {{"RECORD", "record", CELL_TEXT, false},
                                               {"STATE", "state", CELL_STATE, false},
                                               {"PRODUCT", "product", CELL_TEXT, false},
                                               {"ORDER", "order", CELL_TEXT, false},
                                               {"GOOD", "good", CELL_NUMBER, false},
                                               COLUMN_CORRECTED,
                                               {0}};
static const struct column order_columns[] = {{"ORDER", "order", CELL_TEXT, false},
                                              {"STATE", "state", CELL_STATE, false},
                                              {"CUSTOMER", "customer", CELL_TEXT, false},
                                              {"NAME", "name", CELL_TEXT, false},
                                              {"SET APART", "pieces_set_apart", CELL_NUMBER, false},
                                              {0}};
static const struct column unknown_columns[] = {
    {"ORDER", "order", CELL_TEXT, false}, {"RECORD", "record", CELL_TEXT, false}, COLUMN_CORRECTED, {0}};

static long count_of(const cJSON *answer, const char *name) {
    int64_t value = 0;
    json_integer(json_get(answer, "counts"), name, &value);
    return (long)value;
}

static void print_recall(const cJSON *answer) {
    int64_t took = 0;
    cli_print_fields(stdout, answer, lot_fields);
    printf("\nBalance%s\n",
           json_flag(json_get(answer, "balance"), "closes", false) ? "" : " (does not close!)");
    cli_print_fields(stdout, json_get(answer, "balance"), balance_fields);
    cli_print_section(answer, "ancestors", "Came from", stock_columns);
    cli_print_section(answer, "stock_at_risk", "Stock at risk", stock_columns);
    cli_print_section(answer, "records", "Manufacture records", record_columns);
    cli_print_section(answer, "orders_open", "Open orders", order_columns);
    cli_print_section(answer, "orders_unknown", "Orders that records name and the ledger does not know",
                      unknown_columns);
    cli_print_section(answer, "customers", "Customers to reach", listing_contacts);
    json_integer(answer, "took_us", &took);
    printf(
        "\n%ld records, %ld units, %ld orders shipped, %ld open; %ld customers to reach. Found in %.1f ms.\n",
        count_of(answer, "records"), count_of(answer, "units"), count_of(answer, "orders_shipped"),
        count_of(answer, "orders_open"), count_of(answer, "customers"), (double)took / 1000);
}

// The contacts as CSV, into a file or, with "-", on standard output.
static int write_contacts(const cJSON *answer, const char *path) {
    struct lg_error error = {0};
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool ok = out != NULL;
    if (ok) {
        csv_write_head(out, listing_contacts);
        csv_write_rows(out, json_get(answer, "customers"), listing_contacts);
        ok = fflush(out) == 0 && !ferror(out);
    }
    if (!ok)
        lg_fail(&error, "file_unwritable", "Choose another place.", "%s can't be written: %s.", path,
                strerror(errno));
    if (out && out != stdout)
        ok = fclose(out) == 0 && ok;
    return ok ? CLI_DONE : cli_fail(CLI_REFUSED, &error);
}

// Before anything is shown: who forgot --open must not take a look for a recall.
static bool check_usage(const struct cli_call *call, struct lg_error *error) {
    bool opens = cli_flag(call, "open"), mock = cli_flag(call, "mock"), why = cli_flag(call, "reason");
    if (opens && mock)
        return lg_fail(error, "usage", "Choose one: an exercise changes no lot.",
                       "--open and --mock don't go together.");
    if ((opens || mock) && !why)
        return lg_fail(error, "usage", "Say why: --reason \"supplier's notice of 12 May\".",
                       "A recall needs a reason.");
    if (!opens && !mock && (why || cli_flag(call, "by")))
        return lg_fail(error, "usage", "Add --open, or --mock for an exercise; without them leave it out.",
                       "Nothing is opened, so --%s says nothing.", why ? "reason" : "by");
    if (call->word_count > 1 && !call->csv)
        return lg_fail(error, "usage", "Add --csv, or leave it out.", "\"%s\" would be the file of --csv.",
                       call->words[1]);
    return true;
}

static int open_case(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cJSON_CreateObject(), *answer = NULL;
    json_add_text(args, "lot", call->words[0]);
    json_add_text(args, "reason", cli_given(call, "reason"));
    json_add_text(args, "by", cli_given(call, "by"));
    json_add(args, "mock", cJSON_CreateBool(cli_flag(call, "mock")));
    int status = cli_ask(call, "recall.open", args, &answer, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json)
        cli_print_json(answer);
    else
        cli_print_done(stdout,
                       cli_flag(call, "mock")
                           ? "{recall}: a mock recall of {lot} is open; nothing was set apart."
                           : "{recall}: the recall of {lot} is open, its stock is set apart.",
                       answer);
    cJSON_Delete(answer);
    return CLI_DONE;
}

static int recall(struct cli_call *call) {
    struct lg_error error = {0};
    if (!check_usage(call, &error))
        return cli_fail(CLI_USAGE, &error);
    cJSON *args = cJSON_CreateObject(), *answer = NULL;
    json_add_text(args, "lot", call->words[0]);
    int status = cli_ask(call, "recall.look", args, &answer, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    bool opens = cli_flag(call, "open") || cli_flag(call, "mock");
    if (call->json && !opens)
        cli_print_json(answer);
    else if (call->csv)
        status = write_contacts(answer, call->word_count > 1 ? call->words[1] : "-");
    else if (!call->json)
        print_recall(answer);
    cJSON_Delete(answer);
    return status == CLI_DONE && opens ? open_case(call) : status;
}

static const struct cli_word lot_word[] = {{.name = "LOT", .kind = CLI_LOT, .flags = CLI_REQUIRED},
                                           {.name = "FILE", .kind = CLI_FILE}, // of --csv
                                           {0}};
static const struct cli_option recall_options[] = {
    {.name = "open", .help = "open a recall: its stock is taken out of use at once"},
    {.name = "mock", .help = "open a mock recall: an exercise that changes no lot"},
    {.name = "reason", .value = "TEXT", .help = "why (with --open or --mock)"},
    CLI_BY,
    {0}};

const struct cli_command cli_recall_commands[] = {
    {.summary = "Follow a lot to the customers: records, units, orders, stock at risk, balance",
     .words = lot_word,
     .options = recall_options,
     .details =
         "Looks alone changes nothing. With --open the lot and all that was cut from it can no longer be declared, and a "
         "machine that is armed with it is disarmed; `lotgate recall-case` then keeps who was told and what came back. "
         "--csv prints the contacts, or writes them to FILE.",
     .op = "recall.look",
     .run = recall},
    {0}};

// --- cases -------------------------------------------------------------------------------------------------------

static const struct column case_fields[] = {{"Recall", "recall", CELL_TEXT, false},
                                            {"Lot", "lot", CELL_TEXT, false},
                                            {"Kind", "kind", CELL_TEXT, false},
                                            {"State", "state", CELL_STATE, false},
                                            {"Reason", "reason", CELL_TEXT, false},
                                            {"Opened", "opened", CELL_TIME, false},
                                            {"By", "opened_by", CELL_TEXT, false},
                                            {"Closed", "closed", CELL_TIME, false},
                                            {"Conclusion", "conclusion", CELL_TEXT, false},
                                            {"Pieces out", "pieces", CELL_TEXT, false},
                                            {"Reconciled", "reconciled", CELL_TEXT, false},
                                            {"Reconciled %", "reconciled_percent", CELL_TEXT, false},
                                            {"Orders", "orders_count", CELL_TEXT, false},
                                            {"Contacted", "orders_contacted", CELL_TEXT, false},
                                            {"Answered", "orders_answered", CELL_TEXT, false},
                                            {0}};

static void tell_case(const struct cli_call *call, const cJSON *answer) {
    if (call->csv) {
        csv_write_head(stdout, listing_progress);
        csv_write_rows(stdout, json_get(answer, "orders"), listing_progress);
    } else {
        cli_print_fields(stdout, answer, case_fields);
        cli_print_section(answer, "orders", "Orders", listing_progress);
    }
}

static int case_show(struct cli_call *call) {
    return cli_run_and_tell(call, tell_case);
}

#define RECALL_WORD                                                                                          \
    { .name = "RECALL", .argument = "recall", .kind = CLI_RECALL, .flags = CLI_REQUIRED }
static const struct cli_word case_word[] = {RECALL_WORD, {0}};
static const struct cli_word case_customer[] = {
    RECALL_WORD, {.name = "CUSTOMER", .argument = "customer", .flags = CLI_REQUIRED}, {0}};
static const struct cli_word case_order[] = {
    RECALL_WORD, {.name = "ORDER", .argument = "order", .kind = CLI_ORDER, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option by_options[] = {CLI_BY, {0}};
static const struct cli_option count_options[] = {{.name = "count",
                                                   .value = "N",
                                                   .help = "how many pieces",
                                                   .argument = "count",
                                                   .flags = CLI_INTEGER | CLI_REQUIRED},
                                                  CLI_BY,
                                                  {0}};
static const struct cli_option close_options[] = {{.name = "conclusion",
                                                   .value = "TEXT",
                                                   .help = "what came of it",
                                                   .argument = "conclusion",
                                                   .flags = CLI_REQUIRED},
                                                  CLI_BY,
                                                  {0}};
static const struct cli_option list_options[] = {
    {.name = "lot", .value = "LOT", .help = "of this lot alone", .argument = "lot", .kind = CLI_LOT},
    {.name = "state", .value = "STATE", .help = "open or closed", .argument = "state"},
    CLI_LIST("opened, lot, state"),
    {0}};

const struct cli_command cli_recall_case_commands[] = {
    {.verb = "list",
     .summary = "List the recalls, newest first",
     .options = list_options,
     .op = "recall.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show whom a recall concerns and what came back",
     .words = case_word,
     .op = "recall.show",
     .run = case_show},
    {.verb = "contacted",
     .summary = "Say that a customer was told",
     .words = case_customer,
     .options = by_options,
     .op = "recall.contacted",
     .done = "{recall}: {customer} was told.",
     .run = cli_run_act},
    {.verb = "answered",
     .summary = "Say that a customer has answered",
     .words = case_customer,
     .options = by_options,
     .op = "recall.answered",
     .done = "{recall}: {customer} has answered.",
     .run = cli_run_act},
    {.verb = "returned",
     .summary = "Book pieces that came back",
     .words = case_order,
     .options = count_options,
     .op = "recall.returned",
     .done = "{recall}: {count} pieces of order {order} are back.",
     .run = cli_run_act},
    {.verb = "destroyed",
     .summary = "Book pieces that were destroyed",
     .words = case_order,
     .options = count_options,
     .op = "recall.destroyed",
     .done = "{recall}: {count} pieces of order {order} are destroyed.",
     .run = cli_run_act},
    {.verb = "close",
     .summary = "Close a recall with its conclusion",
     .words = case_word,
     .options = close_options,
     .op = "recall.close",
     .done = "{recall} is closed.",
     .run = cli_run_act},
    {0}};

// --- trace -------------------------------------------------------------------------------------------------------

struct tree {
    const cJSON **nodes;
    const cJSON *edges;
    bool *shown;
    int count, depth;
    char indent[512];
};

static void print_node(const struct tree *t, int node, const char *lead, bool again) {
    const cJSON *n = t->nodes[node];
    fputs(t->indent, stdout);
    printf("%s%s ", lead, json_text(n, "type"));
    cli_text_write(stdout, json_text(n, "id"));
    if (json_text(n, "label")) {
        fputs("  ", stdout);
        cli_text_write(stdout, json_text(n, "label"));
    }
    if (json_text(n, "state"))
        printf(" (%s)", json_text(n, "state"));
    if (cJSON_IsArray(json_get(n, "corrected"))) {
        static const struct column column = COLUMN_CORRECTED;
        char *text = cell_text(n, &column, false);
        fputs(" [corrected: ", stdout);
        cli_text_write(stdout, text);
        putchar(']');
        free(text);
    }
    puts(again ? "  …" : "");
}

// The next node behind `at` in that direction, after edge *e; -1: none.
static int next_of(const struct tree *t, int at, bool forward, const cJSON **e) {
    for (*e = *e ? (*e)->next : t->edges->child; *e; *e = (*e)->next) {
        int from = cJSON_GetArrayItem(*e, 0)->valueint, to = cJSON_GetArrayItem(*e, 1)->valueint;
        if ((forward ? from : to) == at)
            return forward ? to : from;
    }
    return -1;
}

static void print_below(struct tree *t, int at, bool forward) {
    const cJSON *e = NULL;
    int node = next_of(t, at, forward, &e);
    size_t length = strlen(t->indent);
    while (node >= 0) {
        int after = next_of(t, at, forward, &e);
        bool again = t->shown[node];
        print_node(t, node, after >= 0 ? "├─ " : "└─ ", again);
        t->shown[node] = true;
        if (!again && length + 8 < sizeof t->indent) {
            snprintf(t->indent + length, sizeof t->indent - length, "%s", after >= 0 ? "│  " : "   ");
            print_below(t, node, forward);
            t->indent[length] = '\0';
        }
        node = after;
    }
}

static void print_tree(const cJSON *answer) {
    int count = cJSON_GetArraySize(json_get(answer, "nodes")), i = 0;
    struct tree t = {.edges = json_get(answer, "edges"), .count = count};
    t.nodes = calloc((size_t)count + 1, sizeof *t.nodes);
    t.shown = calloc((size_t)count + 1, sizeof *t.shown);
    lg_assert(t.nodes && t.shown);
    const cJSON *node;
    cJSON_ArrayForEach(node, json_get(answer, "nodes")) {
        t.nodes[i++] = node;
    }
    print_node(&t, 0, "", false);
    puts("\nMade of");
    print_below(&t, 0, false);
    puts("\nBecame");
    memset(t.shown, 0, (size_t)count * sizeof *t.shown);
    print_below(&t, 0, true);
    if (json_flag(answer, "cut", false))
        puts("\nThere is more: this is the beginning. `lotgate recall` has no limit.");
    free(t.nodes);
    free(t.shown);
}

static int write_svg(const cJSON *answer, const char *path) {
    struct lg_error error = {0};
    char *svg = trace_svg(answer);
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool ok = out && fputs(svg, out) >= 0 && fflush(out) == 0;
    if (!ok)
        lg_fail(&error, "file_unwritable", "Choose another place.", "%s can't be written: %s.", path,
                strerror(errno));
    if (out && out != stdout)
        ok = fclose(out) == 0 && ok;
    free(svg);
    return ok ? CLI_DONE : cli_fail(CLI_REFUSED, &error);
}

static int trace(struct cli_call *call) {
    cJSON *answer = NULL;
    int status = cli_ask_command(call, &answer);
    if (status != CLI_DONE)
        return status;
    if (cli_given(call, "svg"))
        status = write_svg(answer, cli_given(call, "svg"));
    else if (call->json)
        cli_print_json(answer);
    else
        print_tree(answer);
    cJSON_Delete(answer);
    return status;
}

static const struct cli_word trace_word[] = {
    {.name = "UNIT|ORDER|LOT|JOB|MFG", .argument = "id", .kind = CLI_LOT, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option trace_options[] = {
    {.name = "svg", .value = "FILE", .help = "a picture instead, `-` for standard output", .kind = CLI_FILE},
    {0}};

const struct cli_command cli_trace_commands[] = {
    {.summary = "Show all that a thing was made of, and all that it became",
     .words = trace_word,
     .options = trace_options,
     .op = "trace.show",
     .run = trace},
    {0}};
