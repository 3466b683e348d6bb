// lot: what is in the shop, from its receipt to its end.
#include <string.h>

#include "cli_args.h" // cli_args_object
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_output.h"
#include "cli_receive.h"
#include "json.h"

static const struct column lot_fields[] = {{"Lot", "lot", CELL_TEXT, false},
                                           {"State", "state", CELL_STATE, false},
                                           {"Reason", "reason", CELL_TEXT, false},
                                           {"Material", "material", CELL_TEXT, false},
                                           {"Material name", "material_name", CELL_TEXT, false},
                                           {"Supplier", "supplier", CELL_TEXT, false},
                                           {"Supplier's name", "supplier_name", CELL_TEXT, false},
                                           {"Supplier's lot", "supplier_lot", CELL_TEXT, false},
                                           {"Heat number", "heat", CELL_TEXT, false},
                                           {"On the certificate", "cert_heat", CELL_TEXT, false},
                                           {"The two", "match", CELL_TEXT, false},
                                           {"Received quantity", "quantity", CELL_TEXT, false},
                                           {"On hand", "on_hand", CELL_TEXT, false},
                                           {"Purchase order", "purchase_order", CELL_TEXT, false},
                                           {"Cost", "cost", CELL_TEXT, false},
                                           {"Currency", "currency", CELL_TEXT, false},
                                           {"Expires", "expires", CELL_TIME, false},
                                           {"Received", "received", CELL_TIME, false},
                                           {"Received by", "received_by", CELL_TEXT, false},
                                           {"Corrected", "corrected", CELL_TEXT, false},
                                           {0}};

static const struct column missing_columns[] = {{"REQUIRED", "asked", CELL_TEXT, false},
                                                {"EXPIRED", "expired", CELL_TEXT, false},
                                                {"THERE IS TYPE", "has_type", CELL_TEXT, false},
                                                {0}};

static const struct column lot_job_columns[] = {{"JOB", "job", CELL_TEXT, false},
                                                {"MACHINE", "machine", CELL_TEXT, false},
                                                {"STATE", "state", CELL_STATE, false},
                                                {"RECORD", "record", CELL_TEXT, false},
                                                {"QUANTITY", "quantity", CELL_TEXT, false},
                                                {"STARTED", "started", CELL_TIME, false},
                                                COLUMN_CORRECTED,
                                                {0}};

static const struct column parent_columns[] = {{"LOT", "lot", CELL_TEXT, false},
                                               {"MATERIAL", "material", CELL_TEXT, false},
                                               {"STATE", "state", CELL_STATE, false},
                                               {0}};
static const struct column piece_columns[] = {{"PIECE", "lot", CELL_TEXT, false},
                                              {"QUANTITY", "quantity", CELL_TEXT, false},
                                              {"STATE", "state", CELL_STATE, false},
                                              {"MARK", "mark", CELL_TEXT, false},
                                              {0}};
static const struct column change_columns[] = {{"WHAT", "kind", CELL_TEXT, false},
                                               {"QUANTITY", "quantity", CELL_TEXT, false},
                                               {"REASON", "reason", CELL_TEXT, false},
                                               {"JOB", "job", CELL_TEXT, false},
                                               {"TIME", "at", CELL_TIME, false},
                                               {"BY", "by", CELL_TEXT, false},
                                               {0}};

static int show(struct cli_call *call) {
    static const struct cli_section sections[] = {
        {"documents", "Documents", listing_documents},
        {"missing_documents", "Required, and missing", missing_columns},
        {"parents", "Cut from, or merged from", parent_columns},
        {"pieces", "Pieces", piece_columns},
        {"changes", "Stock changes", change_columns},
        {"jobs", "Jobs", lot_job_columns},
        {0}};
    return cli_show(call, lot_fields, sections);
}

static const struct cli_word lot_word[] = {
    {.name = "LOT", .argument = "lot", .kind = CLI_LOT, .flags = CLI_REQUIRED}, {0}};
static const struct cli_word material_word[] = {
    {.name = "MATERIAL", .argument = "material", .kind = CLI_MATERIAL, .flags = CLI_REQUIRED}, {0}};
static const struct cli_option list_options[] = {
    {.name = "state",
     .value = "STATE",
     .help = "received, quarantined, released or rejected",
     .argument = "state"},
    {.name = "material",
     .value = "MATERIAL",
     .help = "of this material only",
     .argument = "material",
     .kind = CLI_MATERIAL},
    {.name = "supplier",
     .value = "SUPPLIER",
     .help = "of this supplier only",
     .argument = "supplier",
     .kind = CLI_SUPPLIER},
    CLI_LIST("received, lot, material, state, supplier, supplier_lot, heat, expires"),
    {0}};

static const struct cli_option inspect_options[] = {{.name = "heat",
                                                     .value = "H",
                                                     .help = "the heat number marked on the stock",
                                                     .argument = "heat",
                                                     .flags = CLI_REQUIRED},
                                                    {.name = "cert-heat",
                                                     .value = "H",
                                                     .help = "the heat number on the certificate",
                                                     .argument = "cert_heat",
                                                     .flags = CLI_REQUIRED},
                                                    CLI_BY,
                                                    {0}};
static const struct cli_option release_options[] = {
    CLI_BY, {.name = "note", .value = "TEXT", .help = "what was looked at", .argument = "note"}, {0}};
static const struct cli_option reason_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason", .flags = CLI_REQUIRED},
    CLI_BY,
    {0}};

static const struct cli_option split_options[] = {{.name = "quantity",
                                                   .value = "Q",
                                                   .help = "of each piece",
                                                   .argument = "quantity",
                                                   .flags = CLI_REQUIRED},
                                                  {.name = "count",
                                                   .value = "N",
                                                   .help = "how many pieces (default: 1)",
                                                   .argument = "count",
                                                   .flags = CLI_INTEGER},
                                                  {.name = "reason",
                                                   .value = "TEXT",
                                                   .help = "offcut, sheet cut in two, spool change …",
                                                   .argument = "reason"},
                                                  CLI_BY,
                                                  {0}};
static const struct cli_option merge_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason"}, CLI_BY, {0}};
static const struct cli_option mark_options[] = {
    {.name = "where", .value = "TEXT", .help = "where on the piece it stands", .argument = "where"},
    CLI_BY,
    {0}};
static const struct cli_option lost_options[] = {
    {.name = "reason", .value = "TEXT", .help = "cut away, painted over …", .argument = "reason"},
    CLI_BY,
    {0}};
static const struct cli_word lots_word[] = {
    {.name = "LOT", .kind = CLI_LOT, .flags = CLI_REQUIRED | CLI_REPEATS}, {0}};
static const struct cli_word mark_words[] = {
    {.name = "LOT", .argument = "lot", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "SCANNED", .argument = "code", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_word change_words[] = {
    {.name = "LOT", .argument = "lot", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "QTY", .argument = "quantity", .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option scrap_options[] = {
    {.name = "reason", .value = "TEXT", .help = "why", .argument = "reason", .flags = CLI_REQUIRED},
    {.name = "job", .value = "JOB", .help = "the job that spoiled it", .argument = "job", .kind = CLI_JOB},
    CLI_BY,
    {0}};
static const struct cli_word correct_words[] = {
    {.name = "JOB", .argument = "job", .kind = CLI_JOB, .flags = CLI_REQUIRED},
    {.name = "LOT", .argument = "lot", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "QTY", .argument = "quantity", .flags = CLI_REQUIRED},
    {0}};

static const struct cli_word hazard_words[] = {
    {.name = "LOT", .argument = "lot", .kind = CLI_LOT, .flags = CLI_REQUIRED},
    {.name = "MACHINE", .argument = "machine", .kind = CLI_MACHINE, .flags = CLI_REQUIRED},
    {0}};
static const struct cli_option acknowledge_options[] = {{.name = "by",
                                                         .value = "OPERATOR",
                                                         .help = "who has read them",
                                                         .argument = "by",
                                                         .kind = CLI_OPERATOR,
                                                         .flags = CLI_REQUIRED},
                                                        {0}};

// One number a line: they go on labels.
static void tell_pieces(const struct cli_call *call, const cJSON *answer) {
    (void)call;
    const cJSON *piece;
    cJSON_ArrayForEach(piece, json_get(answer, "pieces")) {
        puts(piece->valuestring);
    }
    fprintf(stderr, "%s\n", json_text(answer, "what_next"));
}

static int split(struct cli_call *call) {
    return cli_run_and_tell(call, tell_pieces);
}

static int merge(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error), *lots = cJSON_CreateArray();
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    json_add(args, "lots", lots);
    for (size_t i = 0; i < call->word_count; i++)
        cJSON_AddItemToArray(lots, cJSON_CreateString(call->words[i]));
    return cli_say(call, args);
}

const struct cli_command cli_lot_commands[] = {
    {.verb = "receive",
     .summary = "Book a delivery in; prints the new lot's number",
     .words = material_word,
     .details =
         "Give the heat number that stands on the stock and the one on the certificate, each as read: when "
         "they differ the lot can't be released. A lot that lacks a document which its material requires is set apart.",
     .options = cli_receive_options,
     .op = "lot.receive",
     .run = cli_lot_receive},
    {.verb = "list",
     .summary = "List the lots",
     .options = list_options,
     .op = "lot.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show a lot with its documents, jobs and events",
     .words = lot_word,
     .op = "lot.show",
     .run = show},
    {.verb = "inspect",
     .summary = "Compare the heat number on the stock with the certificate's",
     .words = lot_word,
     .options = inspect_options,
     .op = "lot.inspect",
     .done = "Lot {lot}: the heat numbers are {match}; it is {state}.",
     .run = cli_run_act},
    {.verb = "release",
     .summary = "Release a lot: it may be declared",
     .words = lot_word,
     .options = release_options,
     .op = "lot.release",
     .done = "Lot {lot} is {state}.",
     .run = cli_run_act},
    {.verb = "quarantine",
     .summary = "Put a lot in quarantine: it may not be declared",
     .words = lot_word,
     .options = reason_options,
     .op = "lot.quarantine",
     .done = "Lot {lot} is {state}.",
     .run = cli_run_act},
    {.verb = "reject",
     .summary = "Reject a lot for good",
     .words = lot_word,
     .options = reason_options,
     .op = "lot.reject",
     .done = "Lot {lot} is {state}.",
     .run = cli_run_act},
    CLI_ATTACH("lot", CLI_LOT),
    {.verb = "request",
     .summary = "Draft the letter that asks the supplier for the certificates that a lot lacks",
     .words = lot_word,
     .details = "Plain text on standard output, with the address of the configuration below it.",
     .op = "lot.request",
     .run = cli_lot_request},
    {.verb = "split",
     .summary = "Cut pieces off a lot; prints their numbers",
     .words = lot_word,
     .options = split_options,
     .details = "A piece can't be declared until its number was read back from it: `lotgate lot mark`.",
     .op = "lot.split",
     .run = split},
    {.verb = "merge",
     .summary = "Join what is left of lots of one material; prints the new number",
     .words = lots_word,
     .options = merge_options,
     .op = "lot.merge",
     .done = "{lot}",
     .run = merge},
    {.verb = "mark",
     .summary = "Confirm that a piece carries its number, by scanning it there",
     .words = mark_words,
     .options = mark_options,
     .op = "lot.mark",
     .done = "The piece {lot} carries its number.",
     .run = cli_run_act},
    {.verb = "mark-lost",
     .summary = "Say that a piece no longer carries its number",
     .words = lot_word,
     .options = lost_options,
     .op = "lot.mark_lost",
     .done = "The piece {lot} can't be declared until it is marked again.",
     .run = cli_run_act},
    {.verb = "adjust",
     .summary = "Put a lot's stock right by a signed quantity, such as -2sheet",
     .words = change_words,
     .options = reason_options,
     .op = "lot.adjust",
     .done = "Lot {lot}: {change}, now {on_hand}.",
     .run = cli_run_act},
    {.verb = "count",
     .summary = "Book a stock count: what is really there",
     .words = change_words,
     .options = reason_options,
     .op = "lot.count",
     .done = "Lot {lot}: difference {change}, now {on_hand}.",
     .run = cli_run_act},
    {.verb = "scrap",
     .summary = "Scrap some of a lot",
     .words = change_words,
     .options = scrap_options,
     .op = "lot.scrap",
     .done = "Lot {lot}: {change} scrapped, now {on_hand}.",
     .run = cli_run_act},
    {.verb = "correct",
     .summary = "Put right what a job took of a lot",
     .words = correct_words,
     .options = reason_options,
     .op = "lot.correct",
     .done = "Job {job} took {quantity} of {lot}.",
     .run = cli_run_act},
    {.verb = "hazards",
     .summary = "What is to be known before a lot is worked by a machine",
     .words = hazard_words,
     .op = "hazard.list",
     .run = cli_run_list},
    {.verb = "acknowledge",
     .summary = "Say that the warnings for a lot on a machine have been read",
     .words = hazard_words,
     .options = acknowledge_options,
     .op = "hazard.acknowledge",
     .done = "{by} has read {warnings} warnings for {lot} on {machine}.",
     .run = cli_run_act},
    {0}};
