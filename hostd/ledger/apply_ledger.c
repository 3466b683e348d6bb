// apply_ledger: the ledger's own events.
#include "kinds.h"

const struct event_kind kinds_ledger[] = {
    {.name = "checkpoint",
     .fields = {{"head", FIELD_INTEGER, true},   // seq of the event before this one
                {"hash", FIELD_TEXT, true},      // its hash, hex
                {"signature", FIELD_TEXT, true}, // Ed25519 over site, head and hash, hex
                {"public_key", FIELD_TEXT, true}},
     .statements = {{"INSERT INTO checkpoints (seq, head, hash, signature, public_key, at_us)"
                     " VALUES (:seq, :head, :hash, :signature, :public_key, :time_us)",
                     false}}},
    {.name = NULL},
};
