// supplier, material, operator: the plain lists that everything else names.
#include "cli_groups.h"
#include "cli_history.h" // cli_print_section
#include "cli_output.h"  // cli_run_list, cli_run_act
#include "cli_pin.h"     // cli_run_pin
#include "cli_receive.h" // CLI_ATTACH
#include "json.h"

static const struct cli_word supplier_words[] = {
    {.name = "SUPPLIER", .argument = "supplier", .flags = CLI_REQUIRED},
    {.name = "NAME", .argument = "name", .flags = CLI_REQUIRED},
    {0}};

static const struct cli_option supplier_options[] = {
    {.name = "email", .value = "ADDRESS", .help = "e-mail of the one to ask", .argument = "email"},
    {.name = "phone", .value = "NUMBER", .help = "telephone", .argument = "phone"},
    {.name = "address", .value = "TEXT", .help = "postal address", .argument = "address"},
    CLI_BY,
    {0}};

static const struct column supplier_fields[] = {{"Supplier", "supplier", CELL_TEXT, false},
                                                {"Name", "name", CELL_TEXT, false},
                                                {"E-mail", "email", CELL_TEXT, false},
                                                {"Telephone", "phone", CELL_TEXT, false},
                                                {"Address", "address", CELL_TEXT, false},
                                                {"Lots delivered", "lots", CELL_NUMBER, false},
                                                {"Rejected", "rejected", CELL_NUMBER, false},
                                                {"Rejected, %", "rejected_percent", CELL_NUMBER, false},
                                                {0}};
static const struct column contact_columns[] = {{"NAME", "name", CELL_TEXT, false},
                                                {"ROLE", "role", CELL_TEXT, false},
                                                {"E-MAIL", "email", CELL_TEXT, false},
                                                {"PHONE", "phone", CELL_TEXT, false},
                                                {0}};
static const struct column delivered_columns[] = {
    {"LOT", "lot", CELL_TEXT, false},           {"STATE", "state", CELL_STATE, false},
    {"MATERIAL", "material", CELL_TEXT, false}, {"SUPPLIER'S LOT", "supplier_lot", CELL_TEXT, false},
    {"QUANTITY", "quantity", CELL_TEXT, false}, {"REASON", "reason", CELL_TEXT, false},
    {"RECEIVED", "received", CELL_TIME, false}, {0}};

static int supplier_show(struct cli_call *call) {
    static const struct cli_section sections[] = {{"contacts", "Contacts", contact_columns},
                                                  {"documents", "Documents", listing_documents},
                                                  {"newest_lots", "Newest lots", delivered_columns},
                                                  {0}};
    return cli_show(call, supplier_fields, sections);
}

static const struct cli_word supplier_word[] = {
    {.name = "SUPPLIER", .argument = "supplier", .kind = CLI_SUPPLIER, .flags = CLI_REQUIRED}, {0}};
static const struct cli_word contact_words[] = {
    {.name = "SUPPLIER", .argument = "supplier", .kind = CLI_SUPPLIER, .flags = CLI_REQUIRED},
    {.name = "NAME", .argument = "name", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option contact_options[] = {
    {.name = "role", .value = "TEXT", .help = "what they do there: quality, sales …", .argument = "role"},
    {.name = "email", .value = "ADDRESS", .help = "e-mail", .argument = "email"},
    {.name = "phone", .value = "NUMBER", .help = "telephone", .argument = "phone"},
    CLI_BY,
    {0}};

static const struct cli_option supplier_list_options[] = {CLI_LIST("supplier, name, added"), {0}};

const struct cli_command cli_supplier_commands[] = {
    {.verb = "add",
     .summary = "Add a supplier, under a short name",
     .words = supplier_words,
     .options = supplier_options,
     .op = "supplier.add",
     .done = "Supplier {supplier} is added.",
     .run = cli_run_act},
    {.verb = "contact",
     .summary = "Add a person to ask at a supplier, or change what is known of one",
     .details = "Letters go to the one for quality, else to the first.",
     .words = contact_words,
     .options = contact_options,
     .op = "supplier.contact",
     .done = "{name} is a contact of {supplier}.",
     .run = cli_run_act},
    {.verb = "show",
     .summary = "Show a supplier: contacts, documents, newest lots, how much was rejected",
     .words = supplier_word,
     .op = "supplier.show",
     .run = supplier_show},
    CLI_ATTACH("supplier", CLI_SUPPLIER),
    {.verb = "list",
     .summary = "List the suppliers, with how much was rejected",
     .options = supplier_list_options,
     .op = "supplier.list",
     .run = cli_run_list},
    {0}};

static int material_show(struct cli_call *call) {
    static const struct column fields[] = {{"Material", "material", CELL_TEXT, false},
                                           {"Name", "name", CELL_TEXT, false},
                                           {"Form", "form", CELL_TEXT, false},
                                           {"Grade", "grade", CELL_TEXT, false},
                                           {"Thickness", "thickness", CELL_TEXT, false},
                                           {"Diameter", "diameter", CELL_TEXT, false},
                                           {"Density, g/cm³", "density", CELL_TEXT, false},
                                           {"Requires", "requires", CELL_TEXT, false},
                                           {"Hazards", "hazards", CELL_TEXT, false},
                                           {0}};
    static const struct cli_section sections[] = {{"documents", "Documents", listing_documents}, {0}};
    return cli_show(call, fields, sections);
}

static const struct cli_word material_word[] = {
    {.name = "MATERIAL", .argument = "material", .kind = CLI_MATERIAL, .flags = CLI_REQUIRED}, {0}};

static const struct cli_word material_words[] = {
    {.name = "MATERIAL", .argument = "material", .flags = CLI_REQUIRED},
    {.name = "NAME", .argument = "name", .flags = CLI_REQUIRED},
    {0}};

static const struct cli_option material_options[] = {
    {.name = "form",
     .value = "FORM",
     .help = "sheet, plate, bar, tube, spool, resin or block",
     .argument = "form"},
    {.name = "thickness", .value = "LENGTH", .help = "of a sheet: 3mm", .argument = "thickness"},
    {.name = "diameter", .value = "LENGTH", .help = "of a bar or spool: 1.75mm", .argument = "diameter"},
    {.name = "density", .value = "G/CM3", .help = "in g/cm³: 1.19", .argument = "density"},
    {.name = "grade",
     .value = "GRADE",
     .help = "grade or alloy, as the specification names it",
     .argument = "grade"},
    {.name = "require",
     .value = "KIND",
     .help = "a kind of document (coc, rohs … or mtr:3.1, with its least type) "
             "without which its lots are not released; may be given again",
     .argument = "requires",
     .flags = CLI_REPEATS},
    {.name = "hazard",
     .value = "WORD",
     .help =
         "what it holds that the hazard rules know (pvc, mdf …), beside what its name says; none: the name misleads; may be given again",
     .argument = "hazards",
     .flags = CLI_REPEATS},
    CLI_BY,
    {0}};

static const struct cli_option material_list_options[] = {
    {.name = "form", .value = "FORM", .help = "of this form alone", .argument = "form"},
    CLI_LIST("material, name, form, grade, added"),
    {0}};

const struct cli_command cli_material_commands[] = {
    {.verb = "add",
     .summary = "Add a material, under the short name that its lot numbers begin with",
     .words = material_words,
     .options = material_options,
     .op = "material.add",
     .done = "Material {material} is added.",
     .run = cli_run_act},
    {.verb = "show",
     .summary = "Show a material's specification and its documents",
     .words = material_word,
     .op = "material.show",
     .run = material_show},
    CLI_ATTACH("material", CLI_MATERIAL),
    {.verb = "list",
     .summary = "List the materials",
     .options = material_list_options,
     .op = "material.list",
     .run = cli_run_list},
    {0}};

static const struct cli_word operator_words[] = {
    {.name = "OPERATOR", .argument = "operator", .flags = CLI_REQUIRED},
    {.name = "NAME", .argument = "name", .flags = CLI_REQUIRED},
    {0}};

static const struct cli_option operator_options[] = {
    {.name = "badge",
     .value = "CODE",
     .help = "what the operator's badge says to a scanner",
     .argument = "badge"},
    {.name = "role",
     .value = "ROLE",
     .help = "operator (default), receiver, quality or owner",
     .argument = "role"},
    CLI_BY,
    {0}};

static const struct cli_option by_options[] = {CLI_BY, {0}};
static const struct cli_word role_words[] = {
    {.name = "OPERATOR", .argument = "operator", .kind = CLI_OPERATOR, .flags = CLI_REQUIRED},
    {.name = "ROLE", .argument = "role", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_word pin_words[] = {
    {.name = "OPERATOR", .argument = "operator", .kind = CLI_OPERATOR, .flags = CLI_REQUIRED}, {0}};

static const struct cli_option operator_list_options[] = {
    {.name = "role", .value = "ROLE", .help = "who have this role", .argument = "role"},
    CLI_LIST("operator, name, role, added"),
    {0}};

const struct cli_command cli_operator_commands[] = {
    {.verb = "add",
     .summary = "Add an operator",
     .words = operator_words,
     .options = operator_options,
     .op = "operator.add",
     .done = "Operator {operator} is added.",
     .run = cli_run_act},
    {.verb = "list",
     .summary = "List the operators",
     .options = operator_list_options,
     .op = "operator.list",
     .run = cli_run_list},
    {.verb = "role",
     .summary = "Give an operator a role",
     .details =
         "Once somebody has a role above operator, acts that need one are done "
         "only --by somebody who has it. As long as nobody is owner, the first one is named without --by.",
     .words = role_words,
     .options = by_options,
     .op = "operator.role",
     .done = "{operator} has the role {role}.",
     .run = cli_run_act},
    {.verb = "pin",
     .summary = "Set an operator's PIN, read from standard input",
     .words = pin_words,
     .options = by_options,
     .op = "operator.pin",
     .done = "{operator} has a new PIN.",
     .run = cli_run_pin},
    {0}};
