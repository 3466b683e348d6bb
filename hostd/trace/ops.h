// ops: every question and every act of the traceability domain, by name.
//
// One table, three users: the HTTP routes, the command line and the daemon's own job facts all call these by
// name with a JSON object of arguments and get a JSON object (or array) back. Writes run on the one writing
// connection inside one transaction: they return only after the commit is durable. Reads run on any
// connection. Unknown or missing arguments are refused with code "bad_argument" and a sentence.
//
// Writes (op: arguments -> answer). Optional arguments in [ ]. `by` defaults to the actor.
//   supplier.add      supplier name [email phone address]            -> {supplier}
//   supplier.contact  supplier name [role email phone by]            -> {supplier, name}   the same name again changes it
//   material.add      material name [form thickness density grade diameter requires[] hazards[]] -> {material}
//                     form: sheet plate bar tube spool resin block; requires: kinds of document, "mtr:3.1" with the least type
//   operator.add      operator name [badge]                          -> {operator}
//   lot.receive       material supplier supplier_lot quantity [heat cert_heat purchase_order cost currency expires by lot]
//                     -> {lot, state, match, what_next, [missing]}   quarantined where the numbers differ or a document is missing
//   lot.inspect       lot heat cert_heat [by]                        -> {lot, state, match}
//   lot.release       lot [by note]                                  -> {lot, state}
//   lot.quarantine    lot reason [by]                                -> {lot, state}
//   lot.reject        lot reason [by]                                -> {lot, state}
//   lot.split         lot quantity [count reason by]                 -> {lot, pieces[], what_next}
//   lot.merge         lots[] [reason by]                             -> {lot, quantity}
//   lot.mark          lot code [where by] ; lot.mark_lost lot [reason by] -> {lot, mark}
//   lot.adjust        lot quantity reason [by]   (signed: -2sheet)    -> {lot, change, on_hand}
//   lot.count, lot.scrap  lot quantity reason [job by]               -> {lot, change, on_hand}
//   lot.correct       job lot quantity reason [by]                   -> {job, lot, quantity}
//   recall.open       lot reason [mock by]                           -> {recall, lot, kind, lots[], counts}
//   recall.contacted/answered  recall customer [by] ; recall.returned/destroyed  recall order count [by] ; recall.close recall conclusion [by]
//   document.attach   lot|material|supplier sha256 name kind [size type revision issuer issued expires scope supersedes by]
//                     -> {document, lot, missing[], what_next}   the file is stored already; an older edition is superseded
//                     kind: mtr coc sds rohs reach packing_slip test_report other; type: EN 10204's 2.1 2.2 3.1 3.2 of mtr, coc
//   machine.register  machine board kind [serial_number name]        -> {machine, changed}   (idempotent; at daemon start)
//   machine.identity  machine [usb_path firmware serial]             -> {machine, known: bool, changed: bool, was}
//   machine.confirm   machine [by]                                   -> {machine}   the last seen identity is right
//   machine.unauthorised machine status                              -> {}
//   machine.hook      machine serial_number [firmware]               -> {machine, changed: bool, was}
//   machine.blocked   machine [source count total]                   -> {machine}   source: usb, sd, panel, wifi; total alone: what
//                                                                     of the hook's count is not written down yet -> {count}
//   machine.paired    machine outcome [reason by]                    -> {machine}   outcome: paired, refused
//   declaration.make  machine lots[{lot,[quantity]}] [operator order product count mode record] -> {declaration, text, lots, operator}
//                     refused with the codes of the API: no_such_lot, lot_quarantined, lot_rejected, lot_expired,
//                     lot_used_up, certificate_missing, operator_unknown, operator_required (argument `require`[])
//   declaration.cancel declaration reason [by]                       -> {declaration}
//   job.hold          machine line                                   -> {job}
//   job.start         machine declaration [job require[]]                    -> {job, record}  also opens the record, consumes lots
//   job.refuse        job reason                                     -> {job}
//   job.pause         job reason                                     -> {job}
//   job.end           job state reason lines bytes sha256 started ended rapid_um feed_um work_um box[6] work_box[6]
//                     work_us s_min_milli s_max_milli arcs errors pauses overrides replaced [path]  -> {job, record}
//   job.dry_run       machine + the fields of job.end                -> {job}
//   host.start        version                                        -> {ended: [job ...]}  ends what a crash left open (host_lost)
//   host.stop                                                        -> {}
//   record.close      record [good scrapped by]                      -> {record, state}   bom_incomplete where the bill is not met
//   record.deviate    record material reason by                      -> {record, material}
//   product.add       product name [pattern by]                      -> {product}
//   product.bom       product materials[{material, [quantity]}] [by]  -> {product, materials}
//   unit.make         record [product count batch unit by]           -> {record, units[]}
//   unit.scrap        unit reason [by]                               -> {unit}
//   customer.add      name [customer email phone address source by]  -> {customer}
//   customer.change   customer [name email phone address by]         -> {customer}
//   order.add         order customer [ordered items[{product|title, count, [price_cents currency]}] source by] -> {order}
//   order.import      orders[{order, customer{name ...}, items[], [ordered_us]}] [source dry_run by]
//                     -> {orders: [{order, what: new|same|bad, customer, customer_is, problem, what_to_do}]}
//   order.ship        order [units[] carrier tracking partial by]    -> {shipment, order, units}
//   order.cancel      order reason [by]                              -> {order}
//   unit.allocate     unit order [count by]                          -> {unit, order}
//   shipment.return   shipment unit reason [count by]                -> {shipment, unit}
//   note.add          subject text [photo by]                        -> {note}     subject: machine, lot, job or MFG number
//   correction.add    event field value reason [by]                  -> {correction}  replaces one field of an event's view
//   procedure.issue   procedure title [text document by]             -> {procedure, version}
//   training.sign     operator procedure [pin by]                    -> {operator, procedure, version}
//   operator.role     operator role [by] ; operator.pin operator pin [by]
//   hazard.acknowledge lot machine by                                -> {lot, machine, by, warnings}
//   nonconformance.open subject text [photo by] ; nonconformance.close nonconformance disposition reason [by]
//   ledger.checkpoint                                                -> {seq, hash, signature}
//
// Reads
// Lists answer at most `limit` rows (100 when not given, 1000 at most); `after` is the id of the last row seen (seq where
// rows have none of their own); `sort` is a field of ledger/lists.c, with :desc to turn it round. What is not known is
// null. Times are ISO text. `corrected`: NULL, or [{correction, subject, field, was, value, reason, at, by}].
//   supplier.list     [limit after]   -> [{supplier, name, email, phone, address, added, lots, rejected, rejected_percent}]
//   supplier.show     supplier   -> {... contacts[], documents[], newest_lots[]} ; material.show material -> {... documents[]}
//   document.check    as document.attach without its file: would it be taken? ; document.show id
//   document.list     [lot material supplier kind state limit after]  -> [{document, kind, type, revision, name, state, superseded_by,
//                        sha256, size, issuer, issued, expires, scope, attached, of, owner}]   state: current expired superseded
//   lot.request       lot [address]   -> {to, subject, text, missing[]}   the letter to the supplier; nothing_missing, no_supplier
//   declaration.check declaration [require]                          would it still be taken?
//   material.list     [limit after]                                  -> [{material, name, form, grade, thickness, diameter, density, requires[], hazards[], added}]
//   operator.list     [limit after]                                  -> [{operator, name, badge, added}]
//   machine.list      [limit after]                                  -> [{machine, name, board, kind, serial_number, identity,
//                        usb_path, serial, firmware, seen..., declaration, running_job, held_job}]
//   lot.list          [state material supplier limit after sort]     -> [{lot, material, material_name, supplier, supplier_name,
//                        supplier_lot, heat, cert_heat, match, state, reason, quantity, consumed, on_hand, unit, expires, received, ...}]
//   lot.show          lot                                            -> {... documents[], events[], jobs[]}
//   machine.show      machine
//   declaration.list  [machine]                                      open and past declarations
//   job.list          [machine from to state limit after]            -> [{job, machine, serial_number, lots[], operator, record,
//                        state, lines, bytes, sha256, started, ended, ...}]   newest first
//   job.show          job ; job.path job                             -> {points: [[x_um,y_um,work], ...], box}
//   record.list       [limit after] ; record.show record             -> {record, state, jobs[{... lots[], machine, serial_number, operator ...}]}
//   note.list         [subject limit after sort] ; correction.list [subject]
//   recall.look       lot   -> {lot..., balance{...}, ancestors[], descendants[], stock_at_risk[], jobs[], records[], units[],
//                        customers[], orders_shipped[], orders_open[], orders_returned[], orders_unknown[], counts, took_us}
//   recall.list, recall.show recall ; trace.show id -> {id, type, nodes[{type, id, label, state, side, [corrected[]]}], edges[[from, to]], cut}
//   hazard.list lot machine -> [{rule, verdict, why, grade, sources[]}] ; procedure.list, training.list, nonconformance.list
//   product.list/show, unit.list [record product] /show, customer.list/show, order.list [state customer] /show, shipment.list [order]
//   event.list        [after limit kind]                             -> [{seq, time, kind, actor, body, hash}]
//   ledger.head                                                      -> {seq, hash, time, public_key, events}
//   lookup            code                                           -> {type, id}: what a scanned code is (lot, operator badge, machine, record)
#ifndef LOTGATE_TRACE_OPS_H
#define LOTGATE_TRACE_OPS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "ledger.h" // struct ledger

struct trace_context {
    const char *actor;
    int64_t now_us; // UTC
};

struct trace_op {
    const char *name;
    bool writes;
    const char *const *arguments; // NULL-terminated names; a leading '!' marks a required one
    const char *summary;          // one line, for OpenAPI and --help
    bool (*run)(struct ledger *ledger, const struct trace_context *context, const cJSON *args, cJSON **answer,
                struct lg_error *error);
};

// By family, each ending with a NULL name; ends with NULL.
extern const struct trace_op *const trace_ops[];
const struct trace_op *trace_op_find(const char *name);

// Runs one operation: checks the arguments, opens the transaction for a write, commits it or rolls it back.
// On success *answer is owned by the caller. On failure *error says why and what to do, and nothing changed.
// Code "ledger_unavailable" means that the database could not be read or written. Thread: the connection's.
bool trace_run(struct ledger *ledger, const char *op, const struct trace_context *context, const cJSON *args,
               cJSON **answer, struct lg_error *error);

// The same inside the caller's own transaction, for tools that put many acts into one: on failure the caller
// rolls back.
bool trace_run_inside(struct ledger *ledger, const struct trace_op *op, const struct trace_context *context,
                      const cJSON *args, cJSON **answer, struct lg_error *error);

#endif
