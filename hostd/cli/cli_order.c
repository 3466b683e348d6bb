// customer, order: whom the shop delivers to, what they ordered, and what left the house for it.
#include <stdlib.h>
#include <string.h>

#include "cli_args.h" // cli_args_object
#include "cli_door.h" // cli_ask
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_output.h"
#include "json.h"

// --- customers -----------------------------------------------------------------------------------------------

static const struct column customer_fields[] = {
    {"Customer", "customer", CELL_TEXT, false}, {"Name", "name", CELL_TEXT, false},
    {"E-mail", "email", CELL_TEXT, false},      {"Phone", "phone", CELL_TEXT, false},
    {"Address", "address", CELL_TEXT, false},   {"Source", "source", CELL_TEXT, false},
    {"Added", "added", CELL_TIME, false},       {0}};
static const struct column customer_order_columns[] = {{"ORDER", "order", CELL_TEXT, false},
                                                       {"STATE", "state", CELL_STATE, false},
                                                       {"ORDERED", "ordered", CELL_TIME, false},
                                                       {0}};

static int customer_show(struct cli_call *call) {
    static const struct cli_section sections[] = {{"orders", "Orders", customer_order_columns}, {0}};
    return cli_show(call, customer_fields, sections);
}

#define REACHED                                                                                              \
    {.name = "email", .value = "ADDRESS", .help = "e-mail", .argument = "email"},                            \
        {.name = "phone", .value = "NUMBER", .help = "telephone", .argument = "phone"}, {                    \
        .name = "address", .value = "TEXT", .help = "postal address", .argument = "address"                  \
    }

static const struct cli_word customer_word[] = {
    {.name = "CUSTOMER", .argument = "customer", .flags = CLI_REQUIRED}, {0}};
static const struct cli_word customer_name[] = {{.name = "NAME", .argument = "name", .flags = CLI_REQUIRED},
                                                {0}};
static const struct cli_option customer_add_options[] = {
    {.name = "id",
     .value = "CUSTOMER",
     .help = "a number of your own (default: CUST-00001 …)",
     .argument = "customer"},
    REACHED,
    CLI_BY,
    {0}};
static const struct cli_option customer_change_options[] = {
    {.name = "name", .value = "NAME", .help = "another name", .argument = "name"}, REACHED, CLI_BY, {0}};
static const struct cli_option customer_list_options[] = {
    {.name = "email", .value = "ADDRESS", .help = "who have this address", .argument = "email"},
    CLI_LIST("customer, name, added"),
    {0}};

const struct cli_command cli_customer_commands[] = {{.verb = "add",
                                                     .summary = "Add a customer",
                                                     .words = customer_name,
                                                     .options = customer_add_options,
                                                     .op = "customer.add",
                                                     .done = "{customer}",
                                                     .run = cli_run_act},
                                                    {.verb = "change",
                                                     .summary = "Change how a customer is reached",
                                                     .words = customer_word,
                                                     .options = customer_change_options,
                                                     .op = "customer.change",
                                                     .done = "Customer {customer} is changed.",
                                                     .run = cli_run_act},
                                                    {.verb = "list",
                                                     .summary = "List the customers",
                                                     .options = customer_list_options,
                                                     .op = "customer.list",
                                                     .run = cli_run_list},
                                                    {.verb = "show",
                                                     .summary = "Show a customer with the orders",
                                                     .words = customer_word,
                                                     .op = "customer.show",
                                                     .run = customer_show},
                                                    {0}};

// --- orders --------------------------------------------------------------------------------------------------

#define COUNT_MAX 1000000000L // of one thing on one line

// "BOX=2" -> {<name>: "BOX", "count": 2}; NULL when the count is none.
static cJSON *counted(const char *text, const char *name, struct lg_error *error) {
    const char *equals = strrchr(text, '=');
    char *end = NULL, *what = strndup(text, equals ? (size_t)(equals - text) : strlen(text));
    lg_assert(what);
    long count = equals ? strtol(equals + 1, &end, 10) : 1;
    cJSON *item = NULL;
    if (!*what || (equals && (*end || end == equals + 1)) || count < 1 || count > COUNT_MAX) {
        lg_fail(error, "usage", "Write it like BOX or BOX=2.", "\"%.60s\" is not a thing and how many.",
                text);
    } else {
        item = cJSON_CreateObject();
        json_add_text(item, name, what);
        json_add_integer(item, "count", count);
    }
    free(what);
    return item;
}

static bool add_counted(cJSON *list, const char *text, const char *name, struct lg_error *error) {
    cJSON *item = counted(text, name, error);
    if (item)
        cJSON_AddItemToArray(list, item);
    return item != NULL;
}

static int order_add(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error);
    if (!args)
        return cli_fail(CLI_USAGE, &error);
    cJSON *items = cJSON_CreateArray();
    json_add(args, "items", items);
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option->name, "item") == 0 &&
            !add_counted(items, call->given[i].text, "product", &error)) {
            cJSON_Delete(args);
            return cli_fail(CLI_USAGE, &error);
        }
    return cli_say(call, args);
}

static int order_ship(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error);
    if (!args)
        return cli_fail(CLI_USAGE, &error);
    cJSON *units = call->word_count > 1 ? cJSON_CreateArray() : NULL;
    if (units)
        json_add(args, "units", units);
    if (cli_flag(call, "partial"))
        json_add(args, "partial", cJSON_CreateTrue());
    for (size_t i = 1; i < call->word_count; i++)
        if (!add_counted(units, call->words[i], "unit", &error)) {
            cJSON_Delete(args);
            return cli_fail(CLI_USAGE, &error);
        }
    return cli_say(call, args);
}

// One unit, with its count, among the arguments.
static int one_unit(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error),
          *item = args ? counted(call->words[1], "unit", &error) : NULL;
    if (!item) {
        cJSON_Delete(args);
        return cli_fail(CLI_USAGE, &error);
    }
    int64_t count = 1;
    json_integer(item, "count", &count);
    json_add_text(args, "unit", json_text(item, "unit"));
    json_add_integer(args, "count", count);
    cJSON_Delete(item);
    return cli_say(call, args);
}

static const struct column order_fields[] = {{"Order", "order", CELL_TEXT, false},
                                             {"State", "state", CELL_STATE, false},
                                             {"Customer", "customer", CELL_TEXT, false},
                                             {"Name", "customer_name", CELL_TEXT, false},
                                             {"E-mail", "email", CELL_TEXT, false},
                                             {"Ordered", "ordered", CELL_TIME, false},
                                             {"Shipped", "shipped", CELL_TIME, false},
                                             {"Source", "source", CELL_TEXT, false},
                                             {0}};
static const struct column line_columns[] = {{"COUNT", "count", CELL_NUMBER, false},
                                             {"PRODUCT", "product", CELL_TEXT, false},
                                             {"TITLE", "title", CELL_TEXT, false},
                                             {0}};
static const struct column unit_columns[] = {
    {"UNIT", "unit", CELL_TEXT, false}, {"COUNT", "count", CELL_NUMBER, false}, {0}};
static const struct column record_columns[] = {{"RECORD", "record", CELL_TEXT, false},
                                               {"STATE", "state", CELL_STATE, false},
                                               {"PRODUCT", "product", CELL_TEXT, false},
                                               COLUMN_CORRECTED,
                                               {0}};

static int order_show(struct cli_call *call) {
    static const struct cli_section sections[] = {{"lines", "Lines", line_columns},
                                                  {"set_apart", "Set apart", unit_columns},
                                                  {"shipments", "Shipments", listing_shipments},
                                                  {"records", "Manufacture records", record_columns},
                                                  {0}};
    return cli_show(call, order_fields, sections);
}

#define ORDER_WORD                                                                                           \
    { .name = "ORDER", .argument = "order", .kind = CLI_ORDER, .flags = CLI_REQUIRED }
static const struct cli_word order_word[] = {ORDER_WORD, {0}};
static const struct cli_word order_customer[] = {
    {.name = "ORDER", .argument = "order", .flags = CLI_REQUIRED},
    {.name = "CUSTOMER", .argument = "customer", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_word order_units[] = {
    ORDER_WORD, {.name = "UNIT[=COUNT]", .flags = CLI_REPEATS}, {0}};
static const struct cli_word order_unit[] = {
    ORDER_WORD, {.name = "UNIT[=COUNT]", .flags = CLI_REQUIRED}, {0}};
static const struct cli_word shipment_unit[] = {
    {.name = "SHIPMENT", .argument = "shipment", .flags = CLI_REQUIRED},
    {.name = "UNIT[=COUNT]", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option add_options[] = {
    {.name = "item",
     .value = "PRODUCT[=COUNT]",
     .help = "what was ordered; may be given again",
     .flags = CLI_REPEATS},
    {.name = "ordered", .value = "TIME", .help = "when (default: now)", .argument = "ordered"},
    CLI_BY,
    {0}};
static const struct cli_option ship_options[] = {
    {.name = "carrier", .value = "NAME", .help = "who carries it", .argument = "carrier"},
    {.name = "tracking", .value = "NUMBER", .help = "the carrier's number", .argument = "tracking"},
    {.name = "partial", .help = "more will follow: the order stays open"},
    CLI_BY,
    {0}};
static const struct cli_option reason_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason", .flags = CLI_REQUIRED},
    CLI_BY,
    {0}};
static const struct cli_option by_options[] = {CLI_BY, {0}};
static const struct cli_option list_options[] = {
    {.name = "state", .value = "STATE", .help = "open, shipped or cancelled", .argument = "state"},
    {.name = "customer", .value = "CUSTOMER", .help = "of this customer alone", .argument = "customer"},
    CLI_LIST("added, ordered, order, customer, state"),
    {0}};
static const struct cli_option shipments_options[] = {{.name = "order",
                                                       .value = "ORDER",
                                                       .help = "of this order alone",
                                                       .argument = "order",
                                                       .kind = CLI_ORDER},
                                                      CLI_LIST("shipped, order, shipment"),
                                                      {0}};

const struct cli_command cli_order_commands[] = {
    {.verb = "add",
     .summary = "Add a customer's order",
     .words = order_customer,
     .options = add_options,
     .op = "order.add",
     .done = "Order {order} is added.",
     .run = order_add},
    {.verb = "allocate",
     .summary = "Set a unit apart for an order",
     .words = order_unit,
     .options = by_options,
     .op = "unit.allocate",
     .done = "Unit {unit} is set apart for order {order}.",
     .run = one_unit},
    {.verb = "ship",
     .summary = "Ship an order: the units named, or those set apart for it",
     .words = order_units,
     .options = ship_options,
     .op = "order.ship",
     .done = "{shipment}",
     .run = order_ship},
    {.verb = "return",
     .summary = "Book what a customer has sent back",
     .words = shipment_unit,
     .options = reason_options,
     .op = "shipment.return",
     .done = "Unit {unit} of shipment {shipment} is back.",
     .run = one_unit},
    {.verb = "cancel",
     .summary = "Cancel an open order",
     .words = order_word,
     .options = reason_options,
     .op = "order.cancel",
     .done = "Order {order} is cancelled.",
     .run = cli_run_act},
    {.verb = "list",
     .summary = "List the orders, newest first",
     .options = list_options,
     .op = "order.list",
     .run = cli_run_list},
    {.verb = "shipments",
     .summary = "List the shipments, newest first",
     .options = shipments_options,
     .op = "shipment.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show an order: lines, shipments, units, records",
     .words = order_word,
     .op = "order.show",
     .run = order_show},
    {0}};
