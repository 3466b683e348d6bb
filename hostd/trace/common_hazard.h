// common_hazard: may this material be worked by this machine? Not for use outside this folder.
//
// The rules are data (hazards.json, built in), each with its sources and their grade. A material says what it holds in its
// `hazards`; its id, name and grade are looked at too, so that a PVC sheet is refused on a laser although nobody thought of
// it. `none` among the hazards says that somebody did, and that the name misleads.
#ifndef LOTGATE_TRACE_COMMON_HAZARD_H
#define LOTGATE_TRACE_COMMON_HAZARD_H

#include "ops.h"

// Asked at the declaration: code material_forbidden_here, or hazard_unacknowledged where a warning was not yet read by
// somebody for this lot on this machine.
bool hazard_check(struct ledger *ledger, const char *machine, const char *kind, const char *lot,
                  struct lg_error *error);

// The rules that warn of a lot on a machine: [{rule, why, grade, verdict, sources[]}], owned by the caller; NULL on failure.
cJSON *hazard_rules_for(struct ledger *ledger, const char *kind, const char *lot, struct lg_error *error);

#endif
