// common_people: roles, PINs and training, as the families ask for them. Not for use outside this folder.
#ifndef LOTGATE_TRACE_COMMON_PEOPLE_H
#define LOTGATE_TRACE_COMMON_PEOPLE_H

#include "ops.h"

#define PEOPLE_PIN_MIN    4
#define PEOPLE_PIN_MAX    64
#define PEOPLE_PIN_OPS    2                  // Argon2id: what a small Pi does in well under a second
#define PEOPLE_PIN_MEMORY (19 * 1024 * 1024) // bytes

bool people_role_known(const char *role);
// The least that may do an act; NULL: it is a machine's or lotgate's own.
const char *people_role_for(const char *op);
// operator < receiver < quality < owner. Nobody is checked as long as no operator has a role above operator; from then on
// `by` must name one whose role is enough. As long as nobody is owner, the first one is named without `by`. Code role_required.
bool people_may(struct ledger *ledger, const char *op, const cJSON *args, struct lg_error *error);

// Where the operator has a PIN it must be the right one: code wrong_pin.
bool people_pin_check(struct ledger *ledger, const char *operator_id, const char *pin,
                      struct lg_error *error);

// Has the operator signed the newest version of the procedure (NULL: of every procedure)?
bool people_trained(struct ledger *ledger, const char *operator_id, const char *procedure, bool *trained,
                    struct lg_error *error);

#endif
