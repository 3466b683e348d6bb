#include "inbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "mailbox.h"

struct inbox {
    pthread_mutex_t lock; // guards `out` and `closed`
    struct mailbox *box;
    unsigned out; // requests that have not come back
    bool closed;
};

struct away {
    struct inbox *inbox;
    void *asker; // HTTP thread only
};

struct inbox *inbox_create(void (*wake)(void *context), void *context) {
    struct inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox)
        return NULL;
    inbox->box = mailbox_create(wake, context);
    if (!inbox->box) {
        free(inbox);
        return NULL;
    }
    pthread_mutex_init(&inbox->lock, NULL);
    return inbox;
}

static void inbox_free(struct inbox *inbox) {
    mailbox_free(inbox->box);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

// request->done: any thread. The mailbox always has room, since INBOX_AWAY_MAX is below MAILBOX_MAX.
static void came_back(struct request *request) {
    struct away *away = request->owner;
    struct inbox *inbox = away->inbox;
    pthread_mutex_lock(&inbox->lock);
    bool closed = inbox->closed;
    bool last = closed && inbox->out == 1;
    if (closed)
        inbox->out--;
    else
        lg_assert(mailbox_put(inbox->box, request));
    pthread_mutex_unlock(&inbox->lock);
    if (closed) {
        request_free(request);
        free(away);
    }
    if (last)
        inbox_free(inbox);
}

struct away *inbox_send(struct inbox *inbox, const struct serve_backend *backend, const char *op,
                        const char *actor, cJSON *args, void *asker, struct lg_error *error) {
    struct away *away = calloc(1, sizeof *away);
    struct request *request = away ? request_create(op, actor, args, came_back, away) : NULL;
    if (!request) {
        cJSON_Delete(args);
        free(away);
        lg_fail(error, "out_of_memory", "Try again.", "Memory is out.");
        return NULL;
    }
    away->inbox = inbox;
    away->asker = asker;
    pthread_mutex_lock(&inbox->lock);
    bool room = inbox->out < INBOX_AWAY_MAX;
    if (room)
        inbox->out++;
    pthread_mutex_unlock(&inbox->lock);
    if (room && backend->submit(backend->context, request))
        return away;
    if (room) {
        pthread_mutex_lock(&inbox->lock);
        inbox->out--;
        pthread_mutex_unlock(&inbox->lock);
    }
    request_free(request);
    free(away);
    lg_fail(error, "too_busy", "Try again in a moment.",
            "lotgate has more questions waiting than it can take.");
    return NULL;
}

void inbox_forget(struct away *away) {
    away->asker = NULL;
}

struct request *inbox_take(struct inbox *inbox, void **asker) {
    struct request *request = mailbox_take(inbox->box);
    if (!request)
        return NULL;
    struct away *away = request->owner;
    *asker = away->asker;
    free(away);
    pthread_mutex_lock(&inbox->lock);
    inbox->out--;
    pthread_mutex_unlock(&inbox->lock);
    return request;
}

void inbox_close(struct inbox *inbox) {
    void *asker;
    for (struct request *request; (request = inbox_take(inbox, &asker));)
        request_free(request);
    pthread_mutex_lock(&inbox->lock);
    // Anything put between the loop above and here is still in the box: take it with the lock held.
    for (struct request *request; (request = mailbox_take(inbox->box));) {
        free(request->owner);
        request_free(request);
        inbox->out--;
    }
    inbox->closed = true;
    bool last = inbox->out == 0;
    pthread_mutex_unlock(&inbox->lock);
    if (last)
        inbox_free(inbox);
}
