// cli_groups: the command groups, each defined in its own file.
#ifndef LOTGATE_CLI_GROUPS_H
#define LOTGATE_CLI_GROUPS_H

#include "cli_command.h"

// Each ends with an entry whose run is NULL.
extern const struct cli_command cli_serve_commands[], cli_devices_commands[];  // cli_serve.c
extern const struct cli_command cli_machine_commands[];                        // cli_machine.c
extern const struct cli_command cli_lot_commands[];                            // cli_lot.c
extern const struct cli_command cli_document_commands[];                       // cli_receive.c
extern const struct cli_command cli_declare_commands[], cli_cancel_commands[]; // cli_declare.c
extern const struct cli_command cli_send_commands[];                           // cli_send.c
extern const struct cli_command cli_watch_commands[];                          // cli_watch.c
extern const struct cli_command cli_job_commands[];                            // cli_job.c
extern const struct cli_command cli_record_commands[], cli_note_commands[];    // cli_record.c
extern const struct cli_command cli_notes_commands[],
    cli_correction_commands[]; // cli_lists.c
extern const struct cli_command cli_supplier_commands[], cli_material_commands[],
    cli_operator_commands[];                                                   // cli_people.c
extern const struct cli_command cli_product_commands[], cli_unit_commands[];   // cli_product.c
extern const struct cli_command cli_customer_commands[], cli_order_commands[]; // cli_order.c
extern const struct cli_command cli_recall_commands[], cli_recall_case_commands[],
    cli_trace_commands[];                            // cli_recall.c
extern const struct cli_command cli_demo_commands[]; // cli_demo.c
extern const struct cli_command cli_procedure_commands[], cli_training_commands[],
    cli_nonconformance_commands[];                     // cli_quality.c
extern const struct cli_command cli_import_commands[]; // cli_import.c
extern const struct cli_command cli_ledger_commands[]; // cli_ledger.c
extern const struct cli_command cli_help_commands[], cli_version_commands[],
    cli_completion_commands[]; // cli_about.c

// Who did it: the option of every act that a person signs for.
#define CLI_BY                                                                                               \
    {                                                                                                        \
        .name = "by", .value = "OPERATOR", .help = "who did it (default: the user that runs the command)",   \
        .argument = "by", .kind = CLI_OPERATOR                                                               \
    }

// Of every list: which order, from where, how many. `fields` names the sorts of ledger/lists.c, the usual one first.
#define CLI_LIST(fields)                                                                                     \
    {.name = "sort", .value = "FIELD[:desc]", .help = "in the order of: " fields, .argument = "sort"},       \
        {.name = "after", .value = "ROW", .help = "only what comes after this row", .argument = "after"}, {  \
        .name = "limit", .value = "N", .help = "so many at the most (a table: 100)", .argument = "limit",    \
        .flags = CLI_INTEGER                                                                                 \
    }

#endif
