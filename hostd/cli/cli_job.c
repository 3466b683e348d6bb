// job: what ran on the machines, and what was refused.
#include "cli_job.h"
#include "cli_args.h" // cli_args_object
#include "cli_groups.h"
#include "cli_history.h"
#include "cli_output.h"
#include "csv_write.h"
#include "json.h" // json_get

static const struct column fields[] = {{"Job", "job", CELL_TEXT, false},
                                       {"State", "state", CELL_STATE, false},
                                       {"Reason", "reason", CELL_TEXT, false},
                                       {"Record", "record", CELL_TEXT, false},
                                       {"Machine", "machine", CELL_TEXT, false},
                                       {"Serial number", "serial_number", CELL_TEXT, false},
                                       {"Operator", "operator", CELL_TEXT, false},
                                       {"Operator's name", "operator_name", CELL_TEXT, false},
                                       {"Order", "order", CELL_TEXT, false},
                                       {"Product", "product", CELL_TEXT, false},
                                       {"Count", "count", CELL_TEXT, false},
                                       {"Declaration", "declaration", CELL_TEXT, false},
                                       {"Held at line", "line", CELL_TEXT, false},
                                       {"Held", "held", CELL_TIME, false},
                                       {"Started", "started", CELL_TIME, false},
                                       {"Ended", "ended", CELL_TIME, false},
                                       {"Lines", "lines", CELL_TEXT, false},
                                       {"Bytes", "bytes", CELL_TEXT, false},
                                       {"SHA-256", "sha256", CELL_HASH, false},
                                       {"Errors", "errors", CELL_TEXT, false},
                                       {"Pauses", "pauses", CELL_TEXT, false},
                                       {"Overrides", "overrides", CELL_TEXT, false},
                                       {"Arcs", "arcs", CELL_TEXT, false},
                                       {"Replaced", "replaced", CELL_TEXT, false},
                                       {"Corrected", "corrected", CELL_TEXT, false},
                                       {0}};

static void put_scaled(FILE *out, const cJSON *job, const char *key, const char *title, double scale,
                       const char *unit) {
    int64_t value = 0;
    if (json_integer(job, key, &value))
        fprintf(out, "%-15s  %.3f%s%s\n", title, (double)value / scale, unit[0] != '\0' ? " " : "", unit);
}

// box: six numbers in µm: least x y z, greatest x y z
static void put_box(FILE *out, const cJSON *job, const char *key, const char *title) {
    const cJSON *box = json_get(job, key);
    if (cJSON_GetArraySize(box) != 6)
        return;
    double mm[6];
    for (int i = 0; i < 6; i++) {
        const cJSON *n = cJSON_GetArrayItem(box, i);
        if (!cJSON_IsNumber(n))
            return;
        mm[i] = n->valuedouble / 1000;
    }
    fprintf(out, "%-15s  X %.3f to %.3f, Y %.3f to %.3f, Z %.3f to %.3f mm\n", title, mm[0], mm[3], mm[1],
            mm[4], mm[2], mm[5]);
}

static const struct column lot_fields[] = {{"  Lot", "lot", CELL_TEXT, false},
                                           {"  Quantity", "quantity", CELL_TEXT, false},
                                           {"  State", "state", CELL_STATE, false},
                                           {"  Material", "material", CELL_TEXT, false},
                                           {"  Material name", "material_name", CELL_TEXT, false},
                                           {"  Grade", "grade", CELL_TEXT, false},
                                           {"  Supplier", "supplier", CELL_TEXT, false},
                                           {"  Supplier's name", "supplier_name", CELL_TEXT, false},
                                           {"  Supplier's lot", "supplier_lot", CELL_TEXT, false},
                                           {"  Heat number", "heat", CELL_TEXT, false},
                                           {"  On the certificate", "cert_heat", CELL_TEXT, false},
                                           {"  Corrected", "corrected", CELL_TEXT, false},
                                           {0}};

static const struct column document_columns[] = {{"  DOCUMENT", "document", CELL_TEXT, false},
                                                 {"KIND", "kind", CELL_TEXT, false},
                                                 {"NAME", "name", CELL_TEXT, false},
                                                 {"ISSUER", "issuer", CELL_TEXT, false},
                                                 {"STATE", "state", CELL_STATE, false},
                                                 {"SHA-256", "sha256", CELL_HASH, false},
                                                 {0}};

void cli_job_print(FILE *out, const cJSON *job) {
    cli_print_fields(out, job, fields);
    put_scaled(out, job, "work_um", "Work path", 1000, "mm");
    put_scaled(out, job, "feed_um", "Feed path", 1000, "mm");
    put_scaled(out, job, "rapid_um", "Rapid path", 1000, "mm");
    put_scaled(out, job, "work_us", "Working time", 1e6, "s");
    put_scaled(out, job, "s_min_milli", "Least S", 1000, "");
    put_scaled(out, job, "s_max_milli", "Greatest S", 1000, "");
    put_box(out, job, "work_box", "Worked area");
    put_box(out, job, "box", "Moved area");
    const cJSON *lot = NULL;
    cJSON_ArrayForEach(lot, json_get(job, "lots")) {
        fputs("\nMaterial lot\n", out);
        cli_print_fields(out, lot, lot_fields);
        const cJSON *documents = json_get(lot, "documents");
        if (cJSON_GetArraySize(documents) > 0)
            cli_table_print(out, documents, document_columns, cli_wants_colour(out));
    }
}

static void tell(const struct cli_call *call, const cJSON *answer) {
    (void)call;
    cli_job_print(stdout, answer);
    cli_print_history(answer);
}

static int show(struct cli_call *call) {
    return cli_run_and_tell(call, tell);
}

static int export_jobs(struct cli_call *call) {
    struct lg_error error = {0};
    cJSON *args = cli_args_object(call, &error);
    if (args == NULL)
        return cli_fail(CLI_USAGE, &error);
    if (!call->json)
        csv_write_head(stdout, listing_find(call->command->op)->columns);
    return cli_ask_pages(call, args, LONG_MAX - 1, call->json ? cli_print_lines : cli_print_csv, NULL, NULL);
}

static const struct cli_word job_word[] = {
    {.name = "JOB", .argument = "job", .kind = CLI_JOB, .flags = CLI_REQUIRED}, {0}};

#define FILTER                                                                                               \
    {.name = "machine",                                                                                      \
     .value = "M",                                                                                           \
     .help = "of this machine only",                                                                         \
     .argument = "machine",                                                                                  \
     .kind = CLI_MACHINE},                                                                                   \
        {.name = "from",                                                                                     \
         .value = "T",                                                                                       \
         .help = "from this time on (UTC): 2026-11-23 or 2026-11-23T10:00",                                  \
         .argument = "from"},                                                                                \
        {.name = "to", .value = "T", .help = "before this time", .argument = "to"},                          \
        {.name = "record",                                                                                   \
         .value = "MFG",                                                                                     \
         .help = "of this record only",                                                                      \
         .argument = "record",                                                                               \
         .kind = CLI_RECORD},                                                                                \
        {.name = "lot", .value = "LOT", .help = "that used this lot", .argument = "lot", .kind = CLI_LOT}, { \
        .name = "state", .value = "STATE", .help = "completed, aborted, alarm, refused, running …",          \
        .argument = "state"                                                                                  \
    }

static const struct cli_option list_options[] = {
    FILTER, CLI_LIST("started, machine, state, operator, lines, ended, job"), {0}};
static const struct cli_option export_options[] = {FILTER, {0}};

const struct cli_command cli_job_commands[] = {
    {.verb = "list",
     .summary = "List the jobs, newest first",
     .options = list_options,
     .op = "job.list",
     .run = cli_run_list},
    {.verb = "show",
     .summary = "Show one job: its lots, what was metered, how it ended",
     .words = job_word,
     .op = "job.show",
     .run = show},
    {.verb = "export",
     .summary = "Write all jobs as CSV, or with --json one JSON object a line",
     .options = export_options,
     .op = "job.list",
     .run = export_jobs},
    {0}};
