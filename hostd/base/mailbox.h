// mailbox: a bounded queue of pointers between threads, with a wake-up for the one that reads.
//
// The three threads (loop, ledger writer, HTTP) pass messages through mailboxes and share nothing else.
// Any thread may put; exactly one takes. Ownership of the message passes with the pointer.
#ifndef LOTGATE_BASE_MAILBOX_H
#define LOTGATE_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#define MAILBOX_MAX 1024

struct mailbox;

// `wake` is called after each put, on the putting thread (uv_async_send, eventfd write); may be NULL when the
// reader blocks in mailbox_wait. NULL when memory is out.
struct mailbox *mailbox_create(void (*wake)(void *context), void *context);
void mailbox_free(struct mailbox *box); // must be empty

// False when MAILBOX_MAX messages wait: the caller keeps the message and says so.
bool mailbox_put(struct mailbox *box, void *message);
void *mailbox_take(struct mailbox *box); // NULL when empty; never blocks
void *mailbox_wait(struct mailbox *box); // blocks; NULL only after mailbox_close
void mailbox_close(struct mailbox *box); // wakes mailbox_wait; later puts return false
size_t mailbox_count(struct mailbox *box);

#endif
