// receive, document: deliveries, and the papers that vouch for them.
#include "cli_receive.h"

#include <stdlib.h>
#include <string.h>

#include "cli_document.h"
#include "cli_door.h" // cli_ask
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_output.h"
#include "cli_text.h" // cli_text_write
#include "json.h"

// Takes the documents from the line: each --document begins one, and the particulars after it are its own;
// particulars before the first belong to the first.
static bool documents_given(const struct cli_call *call, struct cli_document *documents, size_t *count,
                            struct lg_error *error) {
    struct cli_document first = {0}, *at = &first;
    bool particulars = false;
    *count = 0;
    for (size_t i = 0; i < call->given_count; i++) {
        const char *name = call->given[i].option->name, *text = call->given[i].text;
        if (strcmp(name, "document") != 0) {
            particulars = cli_document_take(at, name, text) || particulars;
            continue;
        }
        if (*count == CLI_DOCUMENTS_MAX)
            return lg_fail(error, "usage", "Attach the others with `lotgate lot document`.",
                           "More than %d documents on one line.", CLI_DOCUMENTS_MAX);
        at = &documents[(*count)++];
        *at = *count == 1 ? first : (struct cli_document){0};
        at->file = text;
    }
    if (*count == 0 && particulars)
        return lg_fail(error, "usage", "Add --document FILE.",
                       "There are particulars of a document, but no document.");
    for (size_t i = 0; i < *count; i++)
        if (!cli_document_check(&documents[i], error))
            return false;
    return true;
}

// The lot's number goes to stdout alone, so that a script can take it; what comes next goes to stderr.
static void tell_received(const struct cli_call *call, const cJSON *answer, const cJSON *attached) {
    if (call->json) {
        cli_print_json(answer);
        return;
    }
    cli_print_done(stdout, "{lot}", answer);
    cli_print_done(stderr, "Lot {lot} is {state}.", answer);
    bool differ = json_text(answer, "match") != NULL && strcmp(json_text(answer, "match"), "mismatch") == 0;
    const cJSON *last = attached != NULL && !differ ? attached : answer;
    if (json_text(last, "what_next") != NULL)
        cli_print_done(stderr, "{what_next}", last);
}

int cli_lot_receive(struct cli_call *call) {
    struct lg_error error = {0};
    struct cli_document documents[CLI_DOCUMENTS_MAX];
    size_t count = 0;
    if (!documents_given(call, documents, &count, &error))
        return cli_fail(strcmp(error.code, "usage") == 0 ? CLI_USAGE : CLI_REFUSED, &error);
    cJSON *answer = NULL, *attached = NULL;
    int status = cli_ask_command(call, &answer);
    if (status != CLI_DONE)
        return status;
    const char *lot = json_text(answer, "lot");
    for (size_t i = 0; i < count && lot != NULL && status == CLI_DONE; i++) {
        cJSON_Delete(attached);
        status = cli_document_attach(call, &documents[i], "lot", lot, &attached, &error);
        if (status != CLI_DONE) {
            fprintf(stderr,
                    "Lot %s is received, but %s is not attached: mend that and attach it with\n"
                    "  lotgate lot document %s %s --kind %s\n",
                    lot, documents[i].file, lot, documents[i].file, documents[i].kind);
            cli_fail(status, &error);
        }
    }
    tell_received(call, answer, attached);
    cJSON_Delete(attached);
    cJSON_Delete(answer);
    return status;
}

int cli_attach(struct cli_call *call) {
    struct lg_error error = {0};
    struct cli_document document = {.file = call->words[1]};
    for (size_t i = 0; i < call->given_count; i++)
        cli_document_take(&document, call->given[i].option->name, call->given[i].text);
    cJSON *answer = NULL;
    int status = CLI_REFUSED;
    if (cli_document_check(&document, &error))
        status = cli_document_attach(call, &document, call->group->name, call->words[0], &answer, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json)
        cli_print_json(answer);
    else
        cli_print_done(stdout, "Document {document} is attached.", answer);
    if (!call->json && json_text(answer, "what_next") != NULL)
        cli_print_done(stderr, "{what_next}", answer);
    cJSON_Delete(answer);
    return CLI_DONE;
}

// --- the letter to the supplier ---------------------------------------------------------------------------------

// Line by line: what people wrote can't act on the terminal.
static void put_lines(const char *text) {
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length);
        lg_assert(line != NULL);
        cli_text_write(stdout, line);
        putchar('\n');
        free(line);
        text += length + (text[length] == '\n');
    }
}

static void put_letter(const cJSON *letter) {
    static const struct column head[] = {{"To", "to_line", CELL_TEXT, false},
                                         {"Telephone", "phone", CELL_TEXT, false},
                                         {"Subject", "subject", CELL_TEXT, false},
                                         {0}};
    const cJSON *to = json_get(letter, "to");
    const char *name = json_text(to, "name"), *email = json_text(to, "email");
    char line[700];
    snprintf(line, sizeof line, "%s%s%s%s%s%s", name != NULL ? name : "", name != NULL ? ", " : "",
             json_text(to, "company"), email != NULL ? " <" : "", email != NULL ? email : "",
             email != NULL ? ">" : "");
    cJSON *said = cJSON_CreateObject();
    lg_assert(said != NULL);
    json_add_text(said, "to_line", line);
    json_add_text(said, "phone", json_text(to, "phone"));
    json_add_text(said, "subject", json_text(letter, "subject"));
    cli_print_fields(stdout, said, head);
    cJSON_Delete(said);
    putchar('\n');
    put_lines(json_text(letter, "text"));
}

int cli_lot_request(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cJSON_CreateObject(), *answer = NULL;
    lg_assert(args != NULL);
    json_add_text(args, "lot", call->words[0]);
    json_add_text(args, "address", call->paths.address[0] != '\0' ? call->paths.address : NULL);
    int status = cli_ask(call, "lot.request", args, &answer, &error);
    if (status != CLI_DONE)
        return cli_fail(status, &error);
    if (call->json)
        cli_print_json(answer);
    else
        put_letter(answer);
    cJSON_Delete(answer);
    return CLI_DONE;
}

// --- options, columns, the group `document` ----------------------------------------------------------------------

#define DOCUMENT_OPTIONS(kind_flags, others)                                                                 \
    {.name = "kind",                                                                                         \
     .value = "KIND",                                                                                        \
     .help = "what the document is: mtr, coc, sds, rohs, reach, packing_slip, test_report, other",           \
     .flags = (kind_flags)},                                                                                 \
        {.name = "en10204",                                                                                  \
         .value = "TYPE",                                                                                    \
         .help = "EN 10204 type of an mtr or coc: 2.1, 2.2, 3.1, 3.2",                                       \
         .flags = (others)},                                                                                 \
        {.name = "revision", .value = "TEXT", .help = "its revision (of an sds, say)", .flags = (others)},   \
        {.name = "issuer", .value = "NAME", .help = "who issued the document", .flags = (others)},           \
        {.name = "issued", .value = "DATE", .help = "when it was issued", .flags = (others)},                \
        {.name = "valid-until", .value = "DATE", .help = "until when it holds", .flags = (others)},          \
        {.name = "scope",                                                                                    \
         .value = "TEXT",                                                                                    \
         .help = "what it speaks of: lot, part, material",                                                   \
         .flags = (others)},                                                                                 \
    {                                                                                                        \
        .name = "supersedes", .value = "DOC", .kind = CLI_PAPER,                                             \
        .help = "the earlier edition that it takes the place of", .flags = (others)                          \
    }

const struct cli_option cli_receive_options[] = {
    {.name = "supplier",
     .value = "S",
     .help = "who delivered it",
     .argument = "supplier",
     .kind = CLI_SUPPLIER,
     .flags = CLI_REQUIRED},
    {.name = "supplier-lot",
     .value = "N",
     .help = "the supplier's own lot number",
     .argument = "supplier_lot",
     .flags = CLI_REQUIRED},
    {.name = "quantity",
     .value = "Q",
     .help = "how much: 5sheet, 2m, 750g …",
     .argument = "quantity",
     .flags = CLI_REQUIRED},
    {.name = "heat", .value = "H", .help = "the heat number marked on the stock", .argument = "heat"},
    {.name = "cert-heat",
     .value = "H",
     .help = "the heat number on the certificate",
     .argument = "cert_heat"},
    {.name = "purchase-order", .value = "PO", .help = "the purchase order", .argument = "purchase_order"},
    {.name = "cost", .value = "SUM", .help = "what the whole lot cost: 149.90", .argument = "cost"},
    {.name = "currency", .value = "CODE", .help = "of the cost: EUR", .argument = "currency"},
    {.name = "expires", .value = "DATE", .help = "when the material expires", .argument = "expires"},
    {.name = "lot",
     .value = "LOT",
     .help = "a lot number of your own instead of the next one",
     .argument = "lot"},
    CLI_BY,
    {.name = "document",
     .value = "FILE",
     .help = "a document to attach; may be given again, each followed by its "
             "--kind, --issuer …",
     .kind = CLI_FILE,
     .flags = CLI_REPEATS},
    DOCUMENT_OPTIONS(CLI_REPEATS, CLI_REPEATS),
    {0}};

const struct cli_option cli_attach_options[] = {DOCUMENT_OPTIONS(CLI_REQUIRED, 0), CLI_BY, {0}};

static const struct cli_option list_options[] = {
    {.name = "lot", .value = "LOT", .help = "of this lot", .argument = "lot", .kind = CLI_LOT},
    {.name = "material",
     .value = "MATERIAL",
     .help = "of this material",
     .argument = "material",
     .kind = CLI_MATERIAL},
    {.name = "supplier",
     .value = "S",
     .help = "of this supplier",
     .argument = "supplier",
     .kind = CLI_SUPPLIER},
    {.name = "kind", .value = "KIND", .help = "of this kind", .argument = "kind"},
    {.name = "state", .value = "STATE", .help = "current, expired or superseded", .argument = "state"},
    CLI_LIST("attached, expires, sha256"),
    {0}};

static int show(struct cli_call *call) {
    static const struct cli_section none[] = {{0}};
    return cli_show(call, listing_documents, none);
}

static const struct cli_word document_word[] = {
    {.name = "DOC", .argument = "id", .kind = CLI_PAPER, .flags = CLI_REQUIRED}, {0}};

const struct cli_command cli_document_commands[] = {
    {.verb = "list",
     .summary = "List the documents, newest first",
     .details =
         "Attach one with `lotgate lot document`, `lotgate material document` or `lotgate supplier document`.",
     .options = list_options,
     .op = "document.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show a document's particulars",
     .words = document_word,
     .op = "document.show",
     .run = show},
    {0}};
