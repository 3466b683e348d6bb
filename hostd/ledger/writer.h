// writer: the thread that owns the writing connection.
//
// Requests come in through its mailbox, run one after the other (a function given by the floor above runs
// them: ledger knows no domain), and go back through request->done, called on the writer thread. Nothing else
// in the process writes. A slow disk delays only this thread.
#ifndef LOTGATE_LEDGER_WRITER_H
#define LOTGATE_LEDGER_WRITER_H

#include <stdbool.h>

#include "ledger.h"
#include "request.h"

struct ledger_writer;

// Starts the thread; takes over `ledger` (closed when the thread ends). `run` executes one request: fills answer
// or error. NULL when the thread cannot be made.
struct ledger_writer *ledger_writer_start(struct ledger *ledger,
                                          void (*run)(struct ledger *ledger, struct request *request));
// Hands over a request; false (nothing taken) when the queue is full or the writer is stopping.
bool ledger_writer_put(struct ledger_writer *writer, struct request *request);
// Finishes what waits, closes the ledger, ends the thread, frees.
void ledger_writer_stop(struct ledger_writer *writer);

#endif
