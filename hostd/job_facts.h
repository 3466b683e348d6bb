// job_facts: what was metered of a job, on its way from the loop to the ledger thread.
//
// The gate's numbers and path are valid inside its callback only. The loop copies them as they are (one block, some tens of
// kilobytes at most) and the ledger thread makes JSON of them.
#ifndef LOTGATE_JOB_FACTS_H
#define LOTGATE_JOB_FACTS_H

#include "gate.h"    // gate_job
#include "request.h" // request

struct job_facts;

// A copy of `job`, which has just ended for `reason`. Its start was durable at `start_us` (UTC), at `start_clock_us` of the
// monotonic clock; a dry run has no such moment and begins with its first line. One block of malloc, owned by the caller. Asserts when memory is out.
struct job_facts *job_facts_keep(const struct gate_job *job, const char *reason, int64_t start_us,
                                 int64_t start_clock_us);
// Adds to the request's args what request->facts tell, as job.end and job.dry_run take it. Any thread.
void job_facts_complete(struct request *request);

#endif
