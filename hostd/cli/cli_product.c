// product, unit: what the shop makes, what goes into it, and the numbers of what was made.
#include <string.h>

#include "cli_args.h" // cli_args_object
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_output.h"
#include "json.h"

static const struct column product_fields[] = {{"Product", "product", CELL_TEXT, false},
                                               {"Name", "name", CELL_TEXT, false},
                                               {"Numbers", "pattern", CELL_TEXT, false},
                                               {"Added", "added", CELL_TIME, false},
                                               {0}};
static const struct column bom_columns[] = {
    {"MATERIAL", "material", CELL_TEXT, false}, {"QUANTITY", "quantity", CELL_TEXT, false}, {0}};

static int product_show(struct cli_call *call) {
    static const struct cli_section sections[] = {{"bom", "Bill of materials, for one unit", bom_columns},
                                                  {0}};
    return cli_show(call, product_fields, sections);
}

// "ACR=1sheet" -> {"material": "ACR", "quantity": "1sheet"}
static int product_bom(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error), *lines = cJSON_CreateArray();
    if (!args)
        return cli_fail(CLI_USAGE, &error);
    json_add(args, "materials", lines);
    for (size_t i = 1; i < call->word_count; i++) {
        char material[128];
        const char *text = call->words[i], *equals = strchr(text, '=');
        snprintf(material, sizeof material, "%.*s", equals ? (int)(equals - text) : (int)strlen(text), text);
        cJSON *line = cJSON_CreateObject();
        json_add_text(line, "material", material);
        json_add_text(line, "quantity", equals ? equals + 1 : NULL);
        cJSON_AddItemToArray(lines, line);
    }
    return cli_say(call, args);
}

#define PRODUCT_WORD                                                                                         \
    { .name = "PRODUCT", .argument = "product", .kind = CLI_PRODUCT, .flags = CLI_REQUIRED }
static const struct cli_word product_word[] = {PRODUCT_WORD, {0}};
static const struct cli_word product_new[] = {
    {.name = "PRODUCT", .argument = "product", .flags = CLI_REQUIRED},
    {.name = "NAME", .argument = "name", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_word bom_words[] = {
    PRODUCT_WORD, {.name = "MATERIAL[=QTY]", .kind = CLI_MATERIAL, .flags = CLI_REPEATS}, {0}};
static const struct cli_option product_options[] = {
    {.name = "pattern",
     .value = "TEXT",
     .help = "of serial numbers: {yy} {yyyy} {mm} and, at the end, -{nnnn} (default: PRODUCT-{nnnn})",
     .argument = "pattern"},
    CLI_BY,
    {0}};
static const struct cli_option by_options[] = {CLI_BY, {0}};
static const struct cli_option product_list_options[] = {CLI_LIST("product, name, added"), {0}};

const struct cli_command cli_product_commands[] = {
    {.verb = "add",
     .summary = "Add a product, with the pattern of its serial numbers",
     .words = product_new,
     .options = product_options,
     .op = "product.add",
     .done = "Product {product} is added.",
     .run = cli_run_act},
    {.verb = "bom",
     .summary = "Set the bill of materials: what one unit takes",
     .words = bom_words,
     .options = by_options,
     .details =
         "A record of the product can't be closed until it holds a lot of each material, or somebody answers for its "
         "absence with `lotgate record deviate`. Without materials the bill is emptied.",
     .op = "product.bom",
     .done = "Product {product} needs {materials} materials.",
     .run = product_bom},
    {.verb = "list",
     .summary = "List the products",
     .options = product_list_options,
     .op = "product.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show a product with its bill of materials",
     .words = product_word,
     .op = "product.show",
     .run = product_show},
    {0}};

// --- units -----------------------------------------------------------------------------------------------------

static const struct column unit_fields[] = {{"Unit", "unit", CELL_TEXT, false},
                                            {"Product", "product", CELL_TEXT, false},
                                            {"Record", "record", CELL_TEXT, false},
                                            {"Count", "count", CELL_TEXT, false},
                                            {"State", "state", CELL_STATE, false},
                                            {"Reason", "reason", CELL_TEXT, false},
                                            {"Made", "made", CELL_TIME, false},
                                            {"Made by", "made_by", CELL_TEXT, false},
                                            {0}};
static const struct column lot_columns[] = {{"LOT", "lot", CELL_TEXT, false},
                                            {"MATERIAL", "material", CELL_TEXT, false},
                                            {"SUPPLIER", "supplier", CELL_TEXT, false},
                                            {"HEAT", "heat", CELL_TEXT, false},
                                            {"QUANTITY", "quantity", CELL_TEXT, false},
                                            {"JOB", "job", CELL_TEXT, false},
                                            COLUMN_CORRECTED,
                                            {0}};
static const struct column gone_columns[] = {
    {"SHIPMENT", "shipment", CELL_TEXT, false}, {"ORDER", "order", CELL_TEXT, false},
    {"CUSTOMER", "customer", CELL_TEXT, false}, {"NAME", "customer_name", CELL_TEXT, false},
    {"COUNT", "count", CELL_NUMBER, false},     {"RETURNED", "returned", CELL_NUMBER, false},
    {"SHIPPED", "shipped", CELL_TIME, false},   {0}};
static const struct column apart_columns[] = {{"ORDER", "order", CELL_TEXT, false},
                                              {"CUSTOMER", "customer", CELL_TEXT, false},
                                              {"COUNT", "count", CELL_NUMBER, false},
                                              {0}};

static int unit_show(struct cli_call *call) {
    static const struct cli_section sections[] = {{"lots", "Material lots", lot_columns},
                                                  {"shipments", "Shipped", gone_columns},
                                                  {"set_apart", "Set apart", apart_columns},
                                                  {0}};
    return cli_show(call, unit_fields, sections);
}

// One number a line, so that a label printer can take them.
static void tell_units(const struct cli_call *call, const cJSON *answer) {
    (void)call;
    const cJSON *unit;
    cJSON_ArrayForEach(unit, json_get(answer, "units")) {
        puts(unit->valuestring);
    }
}

static int unit_make(struct cli_call *call) {
    return cli_run_and_tell(call, tell_units);
}

static const struct cli_word unit_word[] = {
    {.name = "UNIT", .argument = "unit", .kind = CLI_UNIT, .flags = CLI_REQUIRED}, {0}};
static const struct cli_word make_words[] = {
    {.name = "MFG", .argument = "record", .kind = CLI_RECORD, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option make_options[] = {
    {.name = "count",
     .value = "N",
     .help = "how many (default: 1)",
     .argument = "count",
     .flags = CLI_INTEGER},
    {.name = "product",
     .value = "P",
     .help = "of which product (default: the record's)",
     .argument = "product",
     .kind = CLI_PRODUCT},
    {.name = "batch", .value = "CODE", .help = "one code for all of them", .argument = "batch"},
    {.name = "number", .value = "UNIT", .help = "a number of your own, for one", .argument = "unit"},
    CLI_BY,
    {0}};
static const struct cli_option scrap_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason", .flags = CLI_REQUIRED},
    CLI_BY,
    {0}};
static const struct cli_option list_options[] = {{.name = "record",
                                                  .value = "MFG",
                                                  .help = "of this record alone",
                                                  .argument = "record",
                                                  .kind = CLI_RECORD},
                                                 {.name = "product",
                                                  .value = "P",
                                                  .help = "of this product alone",
                                                  .argument = "product",
                                                  .kind = CLI_PRODUCT},
                                                 CLI_LIST("made, record, unit"),
                                                 {0}};

const struct cli_command cli_unit_commands[] = {
    {.verb = "make",
     .summary = "Give numbers to what a record made; prints them",
     .words = make_words,
     .options = make_options,
     .op = "unit.make",
     .run = unit_make},
    {.verb = "scrap",
     .summary = "Scrap a unit",
     .words = unit_word,
     .options = scrap_options,
     .op = "unit.scrap",
     .done = "Unit {unit} is scrapped.",
     .run = cli_run_act},
    {.verb = "list",
     .summary = "List units and batches, newest first",
     .options = list_options,
     .op = "unit.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show a unit: record, material lots, where it went",
     .words = unit_word,
     .op = "unit.show",
     .run = unit_show},
    {0}};
