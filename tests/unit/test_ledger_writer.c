// The writer thread: many threads ask at once, one connection writes, numbers are unique and without gaps.
#include "ledger_help.h"

#include <pthread.h>

#include "mailbox.h"
#include "writer.h"

#define THREADS 4
#define EACH    50

static void run(struct ledger *ledger, struct request *request) {
    struct trace_context context = {request->actor, HELP_NOW};
    request->ok = trace_run(ledger, request->op, &context, request->args, &request->answer, &request->error);
}

// The asker's side: answers come back to its own mailbox.
struct asker {
    struct ledger_writer *writer;
    struct mailbox *answers;
    int number;
    int notes[EACH];
};

static void give_back(struct request *request) {
    struct asker *asker = request->owner;
    assert_true(mailbox_put(asker->answers, request));
}

static void *ask(void *context) {
    struct asker *asker = context;
    for (int i = 0; i < EACH; i++) {
        char text[32];
        cJSON *args = cJSON_CreateObject();
        snprintf(text, sizeof text, "%d/%d", asker->number, i);
        json_add_text(args, "subject", "laser1");
        json_add_text(args, "text", text);
        struct request *request = request_create("note.add", "test", args, give_back, asker);
        while (!ledger_writer_put(asker->writer, request)) // the queue is full: wait for one of ours
            request_free(mailbox_wait(asker->answers));
        request = mailbox_wait(asker->answers);
        if (request->ok)
            asker->notes[i] = atoi(json_text(request->answer, "note") + strlen("NOTE-"));
        request_free(request);
    }
    return NULL;
}

static void numbers_are_unique_and_gapless_from_four_threads(void **state) {
    struct help h;
    struct asker askers[THREADS];
    pthread_t threads[THREADS];
    bool seen[THREADS * EACH + 1] = {false};
    help_setup(&h);
    help_shop(&h);
    struct ledger_writer *writer = ledger_writer_start(h.ledger, run);
    assert_non_null(writer);
    for (int i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){.writer = writer, .answers = mailbox_create(NULL, NULL), .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        for (int j = 0; j < EACH; j++) {
            int number = askers[i].notes[j];
            assert_in_range(number, 1, THREADS * EACH);
            assert_false(seen[number]);
            seen[number] = true;
        }
    }
    ledger_writer_stop(writer); // closes the ledger; until here the writer may still touch the mailboxes
    for (int i = 0; i < THREADS; i++)
        mailbox_free(askers[i].answers);
    help_open(&h, LEDGER_WRITER);
    struct ledger_verdict verdict;
    assert_true(ledger_verify(h.ledger, NULL, &verdict, &h.error));
    assert_true(verdict.ok);
    help_teardown(&h);
}

// --- the queue's limit ----------------------------------------------------------------------------------

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool entered, open;
    int done;
};
static struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void wait_at_gate(struct ledger *ledger, struct request *request) {
    pthread_mutex_lock(&gate.mutex);
    gate.entered = true;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.open)
        pthread_cond_wait(&gate.changed, &gate.mutex);
    pthread_mutex_unlock(&gate.mutex);
    request->ok = true;
}

static void count_done(struct request *request) {
    pthread_mutex_lock(&gate.mutex);
    gate.done++;
    pthread_mutex_unlock(&gate.mutex);
    request_free(request);
}

static void a_full_queue_says_so_and_stopping_finishes_what_waits(void **state) {
    struct help h;
    help_setup(&h);
    struct ledger_writer *writer = ledger_writer_start(h.ledger, wait_at_gate);
    assert_true(ledger_writer_put(writer, request_create("x", "test", NULL, count_done, NULL)));
    pthread_mutex_lock(&gate.mutex);
    while (!gate.entered) // now the thread works on the first, and the queue is empty
        pthread_cond_wait(&gate.changed, &gate.mutex);
    pthread_mutex_unlock(&gate.mutex);
    for (int i = 0; i < MAILBOX_MAX; i++)
        assert_true(ledger_writer_put(writer, request_create("x", "test", NULL, count_done, NULL)));
    struct request *refused = request_create("x", "test", NULL, count_done, NULL);
    assert_false(ledger_writer_put(writer, refused)); // nothing was taken
    request_free(refused);
    pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.mutex);
    ledger_writer_stop(writer);
    assert_int_equal(gate.done, MAILBOX_MAX + 1);
    help_remove(h.directory);
}

// A reader on another thread sees whole transactions only, while the writer works.
struct reading {
    struct help h;
    int rounds;
};

static void *read_along(void *context) {
    struct reading *r = context;
    for (int i = 0; i < 100; i++) {
        struct trace_context trace = {"test", HELP_NOW};
        cJSON *answer, *args = help_json("{\"limit\":1000}");
        if (trace_run(r->h.ledger, "record.list", &trace, args, &answer, &r->h.error)) {
            const cJSON *record;
            cJSON_ArrayForEach(record, answer) // a record without its job would be half a transaction
                r->rounds -= cJSON_GetArraySize(json_get(record, "jobs")) == 1 ? 0 : 1000;
            cJSON_Delete(answer);
            r->rounds++;
        }
        cJSON_Delete(args);
    }
    return NULL;
}

static void a_reader_sees_whole_transactions_while_the_writer_works(void **state) {
    struct help h;
    struct reading reading = {.rounds = 0};
    pthread_t thread;
    help_setup(&h);
    help_stock(&h);
    reading.h = h;
    help_open(&reading.h, LEDGER_READER);
    assert_int_equal(pthread_create(&thread, NULL, read_along, &reading), 0);
    for (int i = 0; i < 5; i++)
        help_job(&h);
    pthread_join(thread, NULL);
    assert_int_equal(reading.rounds, 100);
    ledger_close(reading.h.ledger);
    help_teardown(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_unique_and_gapless_from_four_threads),
        cmocka_unit_test(a_full_queue_says_so_and_stopping_finishes_what_waits),
        cmocka_unit_test(a_reader_sees_whole_transactions_while_the_writer_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
