#include "mailbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "error.h" // lg_assert

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    void (*wake)(void *context);
    void *context;
    size_t head, count;
    bool closed;
    void *messages[MAILBOX_MAX];
};

struct mailbox *mailbox_create(void (*wake)(void *context), void *context) {
    struct mailbox *box = calloc(1, sizeof *box);
    if (box == NULL)
        return NULL;
    pthread_mutex_init(&box->lock, NULL);
    pthread_cond_init(&box->filled, NULL);
    box->wake = wake;
    box->context = context;
    return box;
}

void mailbox_free(struct mailbox *box) {
    if (box == NULL)
        return;
    lg_assert(box->count == 0);
    pthread_cond_destroy(&box->filled);
    pthread_mutex_destroy(&box->lock);
    free(box);
}

bool mailbox_put(struct mailbox *box, void *message) {
    lg_assert(message != NULL);
    pthread_mutex_lock(&box->lock);
    bool taken = !box->closed && box->count < MAILBOX_MAX;
    if (taken) {
        box->messages[(box->head + box->count) % MAILBOX_MAX] = message;
        box->count++;
        pthread_cond_signal(&box->filled);
    }
    pthread_mutex_unlock(&box->lock);
    if (taken && box->wake != NULL)
        box->wake(box->context);
    return taken;
}

static void *take_locked(struct mailbox *box) {
    if (box->count == 0)
        return NULL;
    void *message = box->messages[box->head];
    box->head = (box->head + 1) % MAILBOX_MAX;
    box->count--;
    return message;
}

void *mailbox_take(struct mailbox *box) {
    pthread_mutex_lock(&box->lock);
    void *message = take_locked(box);
    pthread_mutex_unlock(&box->lock);
    return message;
}

void *mailbox_wait(struct mailbox *box) {
    pthread_mutex_lock(&box->lock);
    while (box->count == 0 && !box->closed)
        pthread_cond_wait(&box->filled, &box->lock);
    void *message = take_locked(box);
    pthread_mutex_unlock(&box->lock);
    return message;
}

void mailbox_close(struct mailbox *box) {
    pthread_mutex_lock(&box->lock);
    box->closed = true;
    pthread_cond_broadcast(&box->filled);
    pthread_mutex_unlock(&box->lock);
}

size_t mailbox_count(struct mailbox *box) {
    pthread_mutex_lock(&box->lock);
    size_t count = box->count;
    pthread_mutex_unlock(&box->lock);
    return count;
}
