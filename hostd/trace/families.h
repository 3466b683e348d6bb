// families: the functions behind the table of ops.c, one file per family. Arguments come normalised (args.h);
// writes run inside a transaction that trace_run commits.
#ifndef LOTGATE_TRACE_FAMILIES_H
#define LOTGATE_TRACE_FAMILIES_H

#include "ops.h"

// The arguments of an operation in a family's table.
#define TAKES(...)                                                                                           \
    (const char *const[]) {                                                                                  \
        __VA_ARGS__, NULL                                                                                    \
    }
#define TAKES_NOTHING                                                                                        \
    (const char *const[]) {                                                                                  \
        NULL                                                                                                 \
    }
#define TRACE_FUNCTION(name)                                                                                 \
    bool name(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer, \
              struct lg_error *error)

// families that hold their own table
extern const struct trace_op custody_ops[], change_ops[], recall_ops[], quality_ops[], graph_ops[],
    product_ops[], unit_ops[], customer_ops[], order_ops[], import_ops[], document_ops[], supplier_ops[],
    letter_ops[];

// ops_people.c
TRACE_FUNCTION(people_supplier_add);
TRACE_FUNCTION(people_material_add);
TRACE_FUNCTION(people_material_list);
TRACE_FUNCTION(people_material_show);
TRACE_FUNCTION(people_operator_add);
TRACE_FUNCTION(people_operator_list);
// ops_lot.c
TRACE_FUNCTION(lot_receive);
TRACE_FUNCTION(lot_inspect);
TRACE_FUNCTION(lot_release);
TRACE_FUNCTION(lot_quarantine);
TRACE_FUNCTION(lot_reject);
// ops_stock.c
TRACE_FUNCTION(stock_lot_list);
TRACE_FUNCTION(stock_lot_show);
// ops_machine.c
TRACE_FUNCTION(machine_register);
TRACE_FUNCTION(machine_identity);
TRACE_FUNCTION(machine_confirm);
TRACE_FUNCTION(machine_unauthorised);
TRACE_FUNCTION(machine_list);
TRACE_FUNCTION(machine_show);
// ops_hook.c
TRACE_FUNCTION(hook_seen);
TRACE_FUNCTION(hook_blocked);
TRACE_FUNCTION(hook_paired);
// True when the machine's hook has shown another serial number and nobody has confirmed it.
bool hook_waits_for_confirmation(struct ledger *ledger, const char *machine, bool *waits,
                                 struct lg_error *error);
// ops_declaration.c
TRACE_FUNCTION(declaration_make);
TRACE_FUNCTION(declaration_cancel);
TRACE_FUNCTION(declaration_list);
TRACE_FUNCTION(declaration_check);
// `args` holds what the machine requires. Codes operator_required, operator_not_trained, operator_unknown.
bool declaration_operator_check(struct ledger *ledger, const cJSON *args, const cJSON *declaration,
                                struct lg_error *error);
// ops_job.c
TRACE_FUNCTION(job_hold);
TRACE_FUNCTION(job_start);
TRACE_FUNCTION(job_refuse);
TRACE_FUNCTION(job_pause);
TRACE_FUNCTION(job_end);
TRACE_FUNCTION(job_dry_run);
// ops_host.c
TRACE_FUNCTION(host_start);
TRACE_FUNCTION(host_stop);
// ops_record.c
TRACE_FUNCTION(record_job_list);
TRACE_FUNCTION(record_job_show);
TRACE_FUNCTION(record_job_path);
TRACE_FUNCTION(record_list);
TRACE_FUNCTION(record_show);
TRACE_FUNCTION(record_close);
TRACE_FUNCTION(record_deviate);
// ops_note.c
TRACE_FUNCTION(note_add);
TRACE_FUNCTION(note_list);
TRACE_FUNCTION(note_correct);
TRACE_FUNCTION(note_corrections);
// ops_ledger.c
TRACE_FUNCTION(ledger_op_checkpoint);
TRACE_FUNCTION(ledger_op_events);
TRACE_FUNCTION(ledger_op_head);
TRACE_FUNCTION(ledger_op_lookup);

#endif
