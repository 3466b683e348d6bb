// cli_job: one job, told legibly; shared by `job show` and `record show`.
#ifndef LOTGATE_CLI_JOB_H
#define LOTGATE_CLI_JOB_H

#include <cjson/cJSON.h>
#include <stdio.h>

// Prints a job as job.show and record.show answer it: facts, meter, lots with their origin and documents.
void cli_job_print(FILE *out, const cJSON *job);

#endif
