// verify_chain: are the events one chain, and the checkpoints signed with the right key?
//
// Each event names the hash of the one before it, so that a chain can be checked in pieces: every piece begins with what the
// event before it says its own hash is, which the piece before checks. The pieces are checked side by side.
#ifndef LOTGATE_LEDGER_VERIFY_CHAIN_H
#define LOTGATE_LEDGER_VERIFY_CHAIN_H

#include "internal.h"

#define VERIFY_THREADS_MAX 8
#define VERIFY_PIECE_MIN   20000 // events that are worth a thread of their own

struct verify_chain;

// In how many pieces so many events are best checked here: one for each processor, but none too small.
int verify_chain_pieces(int64_t events);
// Starts a thread for each of `pieces` pieces of the events up to `last`, each on a reading connection of its own. NULL with
// an error.
struct verify_chain *verify_chain_start(struct ledger *ledger, int64_t last, int pieces,
                                        const char *public_key_hex, struct lg_error *error);
// Waits for them, fills the verdict's events, checkpoints, head, chain_us and, where something is wrong, first_bad and finding;
// frees. False when reading failed.
bool verify_chain_finish(struct verify_chain *chain, struct ledger_verdict *verdict, struct lg_error *error);

#endif
