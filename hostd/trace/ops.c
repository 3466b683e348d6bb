// ops: the table of operations and the one way to run them. See ops.h.
#include "ops.h"

#include <string.h>

#include "args.h"          // args_normalise
#include "common.h"        // common_row
#include "common_people.h" // people_may
#include "families.h"      // the functions
#include "json.h"          // json_text

#define METERED                                                                                              \
    "reason", "lines", "bytes", "sha256", "started", "ended", "rapid_um", "feed_um", "work_um", "box",       \
        "work_box", "work_us", "s_min_milli", "s_max_milli", "arcs", "errors", "pauses", "overrides",        \
        "replaced", "path"

static const struct trace_op base[] = {
    {"supplier.add", true, TAKES("!supplier", "!name", "email", "phone", "address", "by"), "Add a supplier.",
     people_supplier_add},
    {"material.add", true,
     TAKES("!material", "!name", "form", "thickness", "density", "grade", "diameter", "requires", "hazards",
           "by"),
     "Add a material, and which kinds of document its lots must have.", people_material_add},
    {"material.list", false, TAKES("form", "limit", "after", "sort"), "List the materials.",
     people_material_list},
    {"material.show", false, TAKES("!material"), "Show a material's specification and its documents.",
     people_material_show},
    {"operator.add", true, TAKES("!operator", "!name", "badge", "role", "by"), "Add an operator.",
     people_operator_add},
    {"operator.list", false, TAKES("role", "limit", "after", "sort"), "List the operators.",
     people_operator_list},

    {"lot.receive", true,
     TAKES("!material", "!supplier", "!supplier_lot", "!quantity", "heat", "cert_heat", "purchase_order",
           "cost", "currency", "expires", "by", "lot"),
     "Receive a lot; a heat number that differs from the certificate's, or a required document that is not there, "
     "puts it in quarantine.",
     lot_receive},
    {"lot.inspect", true, TAKES("!lot", "!heat", "!cert_heat", "by"),
     "Compare the heat number on the material with the one on the certificate.", lot_inspect},
    {"lot.release", true, TAKES("!lot", "by", "note"), "Release a lot for use.", lot_release},
    {"lot.quarantine", true, TAKES("!lot", "!reason", "by"), "Put a lot in quarantine.", lot_quarantine},
    {"lot.reject", true, TAKES("!lot", "!reason", "by"), "Reject a lot, for good.", lot_reject},
    {"lot.list", false, TAKES("state", "material", "supplier", "limit", "after", "sort"),
     "List the lots, newest first.", stock_lot_list},
    {"lot.show", false, TAKES("!lot"), "Show a lot with its documents, jobs, notes and events.",
     stock_lot_show},

    {"machine.register", true, TAKES("!machine", "!board", "!kind", "serial_number", "name"),
     "Register a machine of the configuration; without a change nothing is written.", machine_register},
    {"machine.identity", true, TAKES("!machine", "usb_path", "firmware", "serial"),
     "Record what a machine says it is.", machine_identity},
    {"machine.confirm", true, TAKES("!machine", "by"), "Confirm that the identity last seen is right.",
     machine_confirm},
    {"machine.unauthorised", true, TAKES("!machine", "!status"),
     "Record that a machine ran with no job open.", machine_unauthorised},
    {"machine.hook", true, TAKES("!machine", "!serial_number", "firmware"),
     "Record who the hook in a machine's firmware says it is.", hook_seen},
    {"machine.blocked", true, TAKES("!machine", "source", "count", "total"),
     "Record that a machine's hook blocked a start.", hook_blocked},
    {"machine.paired", true, TAKES("!machine", "!outcome", "reason", "by"),
     "Record how the pairing of a machine's hook went.", hook_paired},
    {"machine.list", false, TAKES("kind", "limit", "after", "sort"), "List the machines.", machine_list},
    {"machine.show", false, TAKES("!machine"), "Show a machine with its last jobs, notes and events.",
     machine_show},

    {"declaration.make", true,
     TAKES("!machine", "!lots", "operator", "order", "product", "count", "mode", "require", "record"),
     "Declare the lots that lie on a machine.", declaration_make},
    {"declaration.cancel", true, TAKES("!declaration", "!reason", "by"), "Withdraw a declaration.",
     declaration_cancel},
    {"declaration.list", false, TAKES("machine", "state", "limit", "after", "sort"),
     "List declarations, newest first.", declaration_list},

    {"declaration.check", false, TAKES("!declaration", "require"),
     "Would an open declaration still be taken now?", declaration_check},

    {"job.hold", true, TAKES("!machine", "!line"), "Record that a job's first work line waits.", job_hold},
    {"job.start", true, TAKES("!machine", "!declaration", "job", "require"),
     "Start a job: opens its record and takes the declared quantities from the lots.", job_start},
    {"job.refuse", true, TAKES("!job", "!reason"), "Record that a held job was refused.", job_refuse},
    {"job.pause", true, TAKES("!job", "!reason"), "Record that a job was paused.", job_pause},
    {"job.end", true, TAKES("!job", "!state", METERED), "End a job, with what was metered.", job_end},
    {"job.dry_run", true, TAKES("!machine", METERED),
     "Record a job whose beam never rose above the focus limit.", job_dry_run},
    {"job.list", false, TAKES("machine", "from", "to", "state", "record", "lot", "limit", "after", "sort"),
     "List the jobs, newest first.", record_job_list},
    {"job.show", false, TAKES("!job"), "Show a job with its lots, notes and events.", record_job_show},
    {"job.path", false, TAKES("!job"), "The simplified path of a job, for its picture.", record_job_path},

    {"host.start", true, TAKES("!version"), "Record lotgate's start and end what a crash left open.",
     host_start},
    {"host.stop", true, TAKES_NOTHING, "Record lotgate's orderly stop.", host_stop},

    {"record.list", false, TAKES("state", "product", "order", "limit", "after", "sort"),
     "List the manufacture records, newest first.", record_list},
    {"record.show", false, TAKES("!record"), "Show a manufacture record with everything it links.",
     record_show},
    {"record.close", true, TAKES("!record", "good", "scrapped", "by"),
     "Close a manufacture record, with how many pieces are good and how many scrapped.", record_close},
    {"record.deviate", true, TAKES("!record", "!material", "!reason", "!by"),
     "Answer for a material of the bill that a record does without.", record_deviate},

    {"note.add", true, TAKES("!subject", "!text", "photo", "by"),
     "Write a note about a machine, lot, job or record.", note_add},
    {"note.list", false, TAKES("subject", "limit", "after", "sort"),
     "List the notes, all or about one thing.", note_list},
    {"correction.add", true, TAKES("!event", "!field", "!value", "!reason", "by"),
     "Correct a field that was entered wrongly; both values stay visible.", note_correct},
    {"correction.list", false, TAKES("subject", "limit", "after", "sort"),
     "List the corrections, newest first.", note_corrections},

    {"ledger.checkpoint", true, TAKES_NOTHING, "Sign the ledger's head.", ledger_op_checkpoint},
    {"ledger.head", false, TAKES_NOTHING, "The last event's number and hash, and the public key.",
     ledger_op_head},
    {"event.list", false, TAKES("after", "limit", "kind", "sort"), "List the events after a number.",
     ledger_op_events},
    {"lookup", false, TAKES("!code"), "What a scanned code is: a lot, a badge, a machine, a record, a job.",
     ledger_op_lookup},
    {NULL, false, NULL, NULL, NULL},
};

const struct trace_op *const trace_ops[] = {base,       custody_ops,  change_ops,   recall_ops,   quality_ops,
                                            graph_ops,  product_ops,  unit_ops,     customer_ops, order_ops,
                                            import_ops, document_ops, supplier_ops, letter_ops,   NULL};

const struct trace_op *trace_op_find(const char *name) {
    for (const struct trace_op *const *family = trace_ops; *family; family++)
        for (const struct trace_op *op = *family; op->name; op++)
            if (*op->name == *name && strcmp(op->name, name) == 0)
                return op;
    return NULL;
}

// `by` may be an operator's id or badge; then the operator's id is what is written down.
static bool resolve_by(struct ledger *ledger, cJSON *args, struct lg_error *error) {
    const char *by = json_text(args, "by");
    cJSON *row;
    if (!by)
        return true;
    if (!common_row(ledger, "operator_find", common_one("code", by), &row, error))
        return false;
    if (row) {
        cJSON_DeleteItemFromObjectCaseSensitive(args, "by");
        json_add_text(args, "by", json_text(row, "operator"));
        cJSON_Delete(row);
    }
    return true;
}

bool trace_run_inside(struct ledger *ledger, const struct trace_op *op, const struct trace_context *context,
                      const cJSON *args, cJSON **answer, struct lg_error *error) {
    *answer = NULL;
    cJSON *checked = args_normalise(op, args, error);
    bool ok = checked && resolve_by(ledger, checked, error) && people_may(ledger, op->name, checked, error) &&
              op->run(ledger, context, checked, answer, error);
    cJSON_Delete(checked);
    if (!ok) {
        cJSON_Delete(*answer);
        *answer = NULL;
    }
    return ok;
}

bool trace_run(struct ledger *ledger, const char *name, const struct trace_context *context,
               const cJSON *args, cJSON **answer, struct lg_error *error) {
    const struct trace_op *op = trace_op_find(name);
    *answer = NULL;
    if (!op)
        return lg_fail(error, "no_such_operation", "See /api/v1/openapi.json for what there is.",
                       "There is no operation called \"%.48s\".", name);
    if (op->writes && !ledger_is_writer(ledger))
        return lg_fail(error, "ledger_unavailable",
                       "Ask the process that holds the ledger: the daemon, if it runs.",
                       "%s writes, and this connection only reads.", name);
    if (!ledger_begin(ledger, error))
        return false;
    if (!trace_run_inside(ledger, op, context, args, answer, error)) {
        ledger_rollback(ledger);
        return false;
    }
    if (!op->writes) {
        ledger_rollback(ledger); // a read changes nothing; the transaction made it one moment of the ledger
        return true;
    }
    // Persist first, answer after: whoever gets this answer may rely on it through a power cut.
    if (ledger_commit(ledger, error))
        return true;
    cJSON_Delete(*answer);
    *answer = NULL;
    return false;
}
