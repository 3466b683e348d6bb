// demo: a plausible shop of any size, made through the operations that the daemon and the command line use. Seeded: the same
// options give the same shop. For demonstrations, tests and benches.
//
// In it stands one story of its own: lot ACR-0923-01, from which three records were made, whose units went to exactly
// DEMO_STORY_CUSTOMERS of the customers.
#ifndef LOTGATE_TRACE_DEMO_H
#define LOTGATE_TRACE_DEMO_H

#include "ops.h"

#define DEMO_STORY_LOT       "ACR-0923-01"
#define DEMO_STORY_CUSTOMERS 34
#define DEMO_MACHINES_MAX    64
#define DEMO_JOBS_MAX        10000000

struct demo_options {
    int64_t machines, customers, jobs; // at least 1, 34, 0
    uint64_t seed;
    // Called now and then with the jobs done; may be NULL.
    void (*progress)(void *context, int64_t jobs);
    void *context;
};

// Fills an empty ledger; code not_empty when it holds a lot or customer already. Many acts share a transaction; what was
// committed before a failure stays.
bool demo_fill(struct ledger *ledger, const struct demo_options *options, struct lg_error *error);

#endif
