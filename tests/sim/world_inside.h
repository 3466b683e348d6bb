// world_inside: what the files of the world share.
#ifndef LOTGATE_TESTS_WORLD_INSIDE_H
#define LOTGATE_TESTS_WORLD_INSIDE_H

#include "world.h"

// world_wire.c
void world_use_clock(struct world *w);

// world_office.c
void office_open(struct world *w);
void office_stock(struct world *w);
cJSON *office_must(struct world *w, const char *op, const char *json); // the answer, owned by the caller
void office_work(struct world *w);
int64_t office_deadline(const struct world *w);
void office_forget(struct world *w); // what was asked and not answered is lost

// world_check.c
void check_forwarded(struct wire_machine *m, const uint8_t *bytes, size_t length);
void check_heard(struct wire_machine *m, const uint8_t *bytes,
                 size_t length); // what the gate is about to read
void check_executed(void *context, const struct sim_line *line);
void check_overflow(struct wire_machine *m); // the machine's receive buffer has lost nothing

#endif
