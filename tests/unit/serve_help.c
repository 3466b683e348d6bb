#include "serve_help.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "timefmt.h"

static const char live[] =
    "{\"machines\":[{\"machine\":\"laser1\",\"name\":\"Bench \\\"2\\\"\",\"state\":\"held\",\"text\":\"G1 X1\"}]}";
static const char metrics[] =
    "{\"machines\":[{\"machine\":\"laser1\",\"state\":\"held\",\"lines\":12,\"bytes\":340,"
    "\"outstanding\":2,\"jobs\":1},{\"machine\":\"cnc1\",\"state\":\"locked\",\"lines\":3}],\"uptime_seconds\":7}";

static void execute(struct shop *shop, struct request *request) {
    struct trace_context context = {request->actor, time_now_us()};
    if (strcmp(request->op, "machine.live") == 0 || strcmp(request->op, "metrics") == 0) {
        request->answer = help_json(*request->op == 'm' && request->op[1] == 'a' ? live : metrics);
        request->ok = true;
    } else if (strcmp(request->op, "machine.hold") == 0) {
        request->answer = cJSON_CreateObject();
        json_add_text(request->answer, "actor", request->actor);
        request->ok = true;
    } else {
        bool declares = strcmp(request->op, "machine.declare") == 0;
        request->ok = trace_run(shop->help.ledger, declares ? "declaration.make" : request->op, &context,
                                request->args, &request->answer, &request->error);
    }
    request->done(request);
}

static void *backend(void *context) {
    struct shop *shop = context;
    for (struct request *request; (request = mailbox_wait(shop->box));)
        execute(shop, request);
    return NULL;
}

bool shop_submit(void *context, struct request *request) {
    struct shop *shop = context;
    atomic_fetch_add(&shop->submitted, 1);
    if (!atomic_load(&shop->keep))
        return mailbox_put(shop->box, request);
    int place = atomic_load(&shop->kept_count);
    if (place == SERVE_HELP_KEPT)
        return false;
    shop->kept[place] = request;
    atomic_store(&shop->kept_count, place + 1); // seen by the test only after the request stands there
    return true;
}

int shop_setup(void **state) {
    struct shop *shop = calloc(1, sizeof *shop);
    struct lg_error error;
    signal(SIGPIPE, SIG_IGN);
    help_setup(&shop->help);
    help_stock(&shop->help);
    help_job(&shop->help);
    snprintf(shop->socket, sizeof shop->socket, "%s/http.sock", shop->help.directory);
    shop->box = mailbox_create(NULL, NULL);
    struct serve_options options = {"127.0.0.1:0",
                                    shop->socket,
                                    shop->help.directory,
                                    "Kim's Workshop\n10115 Berlin",
                                    {shop, shop_submit}};
    shop->serve = serve_start(&options, &error);
    if (!shop->serve)
        fail_msg("%s: %s", error.code, error.message);
    assert_int_equal(pthread_create(&shop->thread, NULL, backend, shop), 0);
    *state = shop;
    return 0;
}

void shop_stop(struct shop *shop) {
    serve_stop(shop->serve);
    shop->serve = NULL;
}

void shop_release(struct shop *shop) {
    atomic_store(&shop->keep, false);
    int count = atomic_exchange(&shop->kept_count, 0);
    for (int i = 0; i < count; i++)
        assert_true(mailbox_put(shop->box, shop->kept[i]));
}

int shop_teardown(void **state) {
    struct shop *shop = *state;
    char path[256];
    shop_stop(shop);
    shop_release(shop); // late answers find nobody, and must be freed all the same
    mailbox_close(shop->box);
    pthread_join(shop->thread, NULL);
    mailbox_free(shop->box);
    snprintf(path, sizeof path, "%s/documents", shop->help.directory);
    help_remove(path);
    help_teardown(&shop->help);
    free(shop);
    return 0;
}

void shop_until(atomic_int *count, int at_least) {
    int64_t deadline = time_monotonic_us() + 10000000;
    while (atomic_load(count) < at_least) {
        if (time_monotonic_us() > deadline)
            fail_msg("%d of %d after ten seconds", atomic_load(count), at_least);
        usleep(1000);
    }
}

int client_open(const struct shop *shop, bool local) {
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)serve_port(shop->serve))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(path.sun_path, sizeof path.sun_path, "%s", shop->socket);
    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    int rc = local ? connect(fd, (struct sockaddr *)&path, sizeof path)
                   : connect(fd, (struct sockaddr *)&address, sizeof address);
    if (rc != 0)
        fail_msg("connect: %s", strerror(errno));
    return fd;
}

void client_send(int fd, const char *bytes, size_t length) {
    while (length) {
        ssize_t part = send(fd, bytes, length, MSG_NOSIGNAL);
        if (part <= 0)
            return; // the server has closed: its answer, if any, tells why
        bytes += part;
        length -= (size_t)part;
    }
}

// Appends what comes to `text`; 0 at the end of the stream, -1 when the time is over.
static int more(int fd, char **text, size_t *length, int64_t deadline) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int64_t left = (deadline - time_monotonic_us()) / 1000;
    if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
        return -1;
    char piece[16384];
    ssize_t part = recv(fd, piece, sizeof piece, 0);
    if (part <= 0)
        return 0;
    *text = realloc(*text, *length + (size_t)part + 1);
    assert_non_null(*text);
    memcpy(*text + *length, piece, (size_t)part);
    *length += (size_t)part;
    (*text)[*length] = '\0';
    return 1;
}

struct answer client_answer(int fd) {
    struct answer answer = {.status = 0};
    char *text = NULL;
    size_t length = 0, wanted = 0, head = 0;
    int64_t deadline = time_monotonic_us() + 10000000;
    for (;;) {
        char *end = text ? strstr(text, "\r\n\r\n") : NULL;
        if (end && !head) {
            head = (size_t)(end - text) + 4;
            const char *size = strcasestr(text, "\r\nContent-Length:");
            wanted = head + (size && size < end ? strtoul(size + 17, NULL, 10) : 0);
        }
        if (head && length >= wanted)
            break;
        int came = more(fd, &text, &length, deadline);
        if (came < 0)
            fail_msg("no answer within ten seconds; so far: %s", text ? text : "");
        if (came == 0)
            break;
    }
    if (head) {
        assert_true(head < sizeof answer.head);
        memcpy(answer.head, text, head);
        answer.status = atoi(text + 9);
        answer.body = strdup(text + head);
        answer.length = length - head;
    }
    free(text);
    return answer;
}

struct answer client_ask(const struct shop *shop, bool local, const char *method, const char *path,
                         const char *headers, const char *type, const char *body) {
    char head[2048], about[256] = "";
    int fd = client_open(shop, local);
    if (type)
        snprintf(about, sizeof about, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, strlen(body));
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s\r\n", method, path,
             serve_port(shop->serve), headers, about);
    client_send(fd, head, strlen(head));
    if (type)
        client_send(fd, body, strlen(body));
    struct answer answer = client_answer(fd);
    close(fd);
    return answer;
}

char *client_until(int fd, const char *text, int seconds) {
    char *got = NULL;
    size_t length = 0;
    int64_t deadline = time_monotonic_us() + (int64_t)seconds * 1000000;
    while (!got || !strstr(got, text))
        if (more(fd, &got, &length, deadline) <= 0)
            fail_msg("\"%s\" did not come; this did: %s", text, got ? got : "");
    return got;
}

bool client_closed(int fd) {
    char *rest = NULL;
    size_t length = 0;
    int came;
    int64_t deadline = time_monotonic_us() + 10000000;
    while ((came = more(fd, &rest, &length, deadline)) > 0) {
    }
    free(rest);
    return came == 0;
}

void answer_free(struct answer *answer) {
    free(answer->body);
    answer->body = NULL;
}

void answer_is(struct answer answer, int status, const char *code) {
    if (answer.status != status)
        fail_msg("%d instead of %d: %s", answer.status, status, answer.body ? answer.body : "(closed)");
    if (code) {
        cJSON *body = help_json(answer.body);
        const cJSON *error = json_get(body, "error");
        if (!json_text(error, "code") || strcmp(json_text(error, "code"), code) != 0)
            fail_msg("not %s: %s", code, answer.body);
        assert_true(strlen(json_text(error, "message")) > 10);
        assert_non_null(json_text(error, "what_to_do"));
        cJSON_Delete(body);
    }
    answer_free(&answer);
}
