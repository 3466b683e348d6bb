// writer: see writer.h.
#include "writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "mailbox.h" // mailbox_wait

struct ledger_writer {
    struct ledger *ledger;
    void (*run)(struct ledger *ledger, struct request *request);
    struct mailbox *box;
    pthread_t thread;
};

static void *write_requests(void *context) {
    struct ledger_writer *writer = context;
    struct request *request;
    while ((request = mailbox_wait(writer->box))) {
        writer->run(writer->ledger, request);
        request->done(request); // ownership goes back to the asker here
    }
    ledger_close(writer->ledger);
    return NULL;
}

struct ledger_writer *ledger_writer_start(struct ledger *ledger,
                                          void (*run)(struct ledger *ledger, struct request *request)) {
    struct ledger_writer *writer = calloc(1, sizeof *writer);
    struct mailbox *box = mailbox_create(NULL, NULL);
    if (!writer || !box)
        goto failed;
    *writer = (struct ledger_writer){.ledger = ledger, .run = run, .box = box};
    // Signals are the loop's business.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&writer->thread, NULL, write_requests, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0)
        return writer;
failed:
    if (box)
        mailbox_free(box);
    free(writer);
    return NULL;
}

bool ledger_writer_put(struct ledger_writer *writer, struct request *request) {
    return mailbox_put(writer->box, request);
}

void ledger_writer_stop(struct ledger_writer *writer) {
    mailbox_close(writer->box);
    pthread_join(writer->thread, NULL);
    mailbox_free(writer->box);
    free(writer);
}
