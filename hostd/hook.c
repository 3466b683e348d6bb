// hook: the hook in a machine's firmware, between gate, ledger and key files: who it is, what it blocked, its scanner, pairing.
//
// Key files are written on the ledger thread, in the station's own queue: the loop waits for no disk, and a key is on disk
// before the hook is given it.
#include "daemon.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "json.h"    // json_add_text
#include "keys.h"    // keys_keep
#include "timefmt.h" // time_monotonic_us

static struct gate *gate_of(struct station *s) {
    return wire_gate(s->machine);
}

static cJSON *about(const struct station *s) {
    cJSON *args = cJSON_CreateObject();
    lg_assert(args != NULL);
    json_add_text(args, "machine", s->config.id);
    return args;
}

static void log_failure(struct station *s, struct post *post, const struct lg_error *error) {
    daemon_log(s->daemon, "%s: %s: %s %s", s->config.id, post->kind->op, error->message, error->what_to_do);
}

// --- who it is

static void seen_done(struct station *s, struct post *post, const cJSON *answer) {
    int64_t now = time_monotonic_us();
    const char *was = json_text(answer, "was"), *is = json_text(post->args, "serial_number");
    char sentence[GATE_TEXT_MAX];
    if (!json_flag(answer, "changed", false)) {
        gate_hook_confirmed(gate_of(s), now);
        return;
    }
    snprintf(
        sentence, sizeof sentence,
        "the machine's hook says that it is %.60s, not %.60s: check it, then `lotgate machine confirm %.40s`",
        is, was != NULL ? was : "the one of before", s->config.id);
    gate_hook_refused(gate_of(s), now, sentence);
    view_publish_alarm(s, sentence);
}

static const struct post_kind post_seen = {"machine.hook", false, NULL, seen_done, log_failure, NULL};

void hook_on_seen(struct station *s, const struct gate_fact *fact) {
    cJSON *args = about(s);
    json_add_text(args, "serial_number", fact->text[0] != '\0' ? fact->text : "(none)");
    if (fact->options[0] != '\0')
        json_add_text(args, "firmware", fact->options);
    station_post(s, &post_seen, args);
}

// --- what it blocked

static void blocked_done(struct station *s, struct post *post, const cJSON *answer) {
    int64_t count = 0;
    char text[128];
    (void)post;
    if (!json_integer(answer, "count", &count) || count == 0)
        return; // it was told when it happened
    snprintf(text, sizeof text, "The machine's hook has blocked %lld start%s of which no word came.",
             (long long)count, count == 1 ? "" : "s");
    view_publish_alarm(s, text);
}

static const struct post_kind post_blocked = {"machine.blocked", false,       NULL,
                                              blocked_done,      log_failure, NULL};

// The ledger knows how much of the hook's count it has: what was blocked while lotgate was down is written down once.
void hook_on_blocked(struct station *s, const struct gate_fact *fact) {
    cJSON *args = about(s);
    char text[128];
    json_add_integer(args, "total", fact->number);
    if (fact->text[0] != '\0') {
        json_add_text(args, "source", fact->text);
        snprintf(text, sizeof text, "The machine's hook blocked a start from %.10s.", fact->text);
        view_publish_alarm(s, text);
    }
    station_post(s, &post_blocked, args);
    view_publish_machine(s);
}

// --- its scanner: what it reads counts like a scan at the panel

static void show(struct station *s, const char *text) {
    gate_hook_show(gate_of(s), time_monotonic_us(), text);
}

static void declare_scanned(struct station *s, const char *lot, const char *quantity) {
    cJSON *args = cJSON_CreateObject(), *lots = cJSON_CreateArray(), *one = cJSON_CreateObject();
    json_add_text(one, "lot", lot);
    json_add_text(one, "quantity", quantity);
    cJSON_AddItemToArray(lots, one);
    json_add(args, "lots", lots);
    station_post_for(s, &post_declare, args, NULL, POST_FROM_SCANNER);
}

static void scan_done(struct station *s, struct post *post, const cJSON *answer) {
    const char *type = json_text(answer, "type"), *id = json_text(answer, "id");
    char text[LINK_TEXT_MAX + 1];
    if (type != NULL && id != NULL && strcmp(type, "lot") == 0) {
        declare_scanned(s, id, s->scanned[0] != '\0' ? s->scanned : NULL);
    } else if (type != NULL && id != NULL && strcmp(type, "operator") == 0) {
        snprintf(s->operator_id, sizeof s->operator_id, "%s", id);
        snprintf(text, sizeof text, "%.40s signed on", id);
        show(s, text);
    } else {
        show(s, "no lot, no badge");
    }
}

static void scan_failed(struct station *s, struct post *post, const struct lg_error *error) {
    show(s, strcmp(error->code, "unknown_code") == 0 ? "unknown code" : error->message);
}

static bool scan_ready(struct station *s, struct post *post) {
    const char *code = json_text(post->args, "code");
    if (code[0] != '\0')
        return true;
    show(s, "code too long");
    return false;
}

static const struct post_kind post_scan = {"lookup", false, scan_ready, scan_done, scan_failed, NULL};

// A label may say LOT, LOT=QUANTITY or LOT,QUANTITY.
void hook_on_scan(struct station *s, const struct gate_fact *fact) {
    char code[GATE_TEXT_MAX];
    cJSON *args = cJSON_CreateObject();
    snprintf(code, sizeof code, "%s", strcmp(fact->options, "cut") == 0 ? "" : fact->text);
    char *mark = strpbrk(code, "=,");
    if (mark != NULL)
        *mark++ = '\0';
    json_add_text(args, "code", code);
    s->scanned[0] = '\0';
    if (mark != NULL)
        snprintf(s->scanned, sizeof s->scanned, "%s", mark);
    station_post_for(s, &post_scan, args, NULL, POST_FROM_SCANNER);
}

// --- jobs

void hook_name_job(struct station *s) {
    const cJSON *lots = json_get(s->declared, "lots");
    const char *lot = json_text(cJSON_GetArrayItem(lots, 0), "lot");
    gate_hook_job(gate_of(s), s->job, lot != NULL ? lot : "");
}

// --- key files, on the ledger thread

static bool keep(struct station *s, struct lg_error *error) {
    return keys_keep(s->daemon->data, s->config.id, s->new_key, error);
}

static bool promote(struct station *s, struct lg_error *error) {
    return keys_promote(s->daemon->data, s->config.id, error);
}

static bool drop(struct station *s, struct lg_error *error) {
    return keys_drop(s->daemon->data, s->config.id, error);
}

// These are no operations that can be asked for from outside (route.c knows none of them): the owner is a station.
bool hook_run(struct request *request) {
    static const struct {
        const char *op;
        bool (*run)(struct station *s, struct lg_error *error);
    } ops[] = {{"key.keep", keep}, {"key.promote", promote}, {"key.drop", drop}};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(ops[i].op, request->op) == 0 && request->owner != NULL) {
            request->ok = ops[i].run(request->owner, &request->error);
            return true;
        }
    return false;
}

static const struct post_kind post_promote = {"key.promote", false, NULL, NULL, log_failure, NULL};
static const struct post_kind post_drop = {"key.drop", false, NULL, NULL, log_failure, NULL};

void hook_on_key(struct station *s, const struct gate_fact *fact) {
    station_post(s, fact->number == 1 ? &post_promote : &post_drop, NULL);
}

// --- pairing

static void answer(struct station *s, const struct lg_error *error) {
    struct request *asker = s->pairing_asker;
    s->pairing_asker = NULL;
    s->pairing = false;
    sodium_memzero(s->new_key, sizeof s->new_key);
    if (asker == NULL)
        return;
    asker->ok = error == NULL;
    if (error != NULL)
        asker->error = *error;
    else
        asker->answer = about(s);
    asker->done(asker);
}

void hook_forget(struct station *s) {
    struct lg_error error;
    lg_fail(&error, "stopping", "Start lotgate again.", "lotgate is stopping.");
    answer(s, &error);
}

static void keep_done(struct station *s, struct post *post, const cJSON *unused) {
    struct lg_error error;
    const char *code;
    bool begun = gate_hook_pair(gate_of(s), time_monotonic_us(), s->new_key, &code);
    sodium_memzero(s->new_key, sizeof s->new_key);
    if (begun)
        return;
    live_refusal(s, code, &error);
    answer(s, &error);
}

static void keep_failed(struct station *s, struct post *post, const struct lg_error *error) {
    answer(s, error);
}

static const struct post_kind post_keep = {"key.keep", false, NULL, keep_done, keep_failed, NULL};

static void paired_done(struct station *s, struct post *post, const cJSON *written) {
    struct lg_error error;
    const char *reason = json_text(post->args, "reason");
    if (reason != NULL)
        lg_fail(&error, "not_paired", "The machine's panel and `lotgate machine show` tell its state.", "%s.",
                reason);
    answer(s, reason != NULL ? &error : NULL);
    view_publish_machine(s);
}

static void paired_failed(struct station *s, struct post *post, const struct lg_error *error) {
    log_failure(s, post, error);
    answer(s, error);
}

static const struct post_kind post_paired = {"machine.paired", false, NULL, paired_done, paired_failed, NULL};

void hook_on_paired(struct station *s, const struct gate_fact *fact) {
    cJSON *args = about(s);
    json_add_text(args, "outcome", fact->number ? "paired" : "refused");
    if (!fact->number)
        json_add_text(args, "reason", fact->text);
    if (s->pairing_asker != NULL) {
        const char *by = json_text(s->pairing_asker->args, "by");
        json_add_text(args, "by", by != NULL ? by : s->pairing_asker->actor);
    }
    daemon_log(s->daemon, "%s: %s", s->config.id, fact->number ? "its hook is paired" : fact->text);
    station_post(s, &post_paired, args);
}

void hook_pair(struct station *s, struct request *request) {
    const char *code = "pairing";
    if (!s->pairing && gate_hook_may_pair(wire_gate_look(s->machine), &code)) {
        s->pairing = true;
        s->pairing_asker = request;
        randombytes_buf(s->new_key, sizeof s->new_key);
        if (station_post(s, &post_keep, NULL))
            return;
        s->pairing = false;
        s->pairing_asker = NULL;
        code = "ledger_unavailable";
    }
    live_refusal(s, code, &request->error);
    request->ok = false;
    request->done(request);
}

// --- what is shown

static void describe(char *text, size_t room, const struct gate_hook_view *h) {
    static const char *const without[] = {"not looked for", "none", "does not answer"};
    if (h->presence != GATE_HOOK_PRESENT) {
        snprintf(text, room, "%s", without[h->presence]);
        return;
    }
    int n = snprintf(text, room, "%s", link_state_word(h->state));
    if (h->state != LINK_UNPAIRED)
        n += snprintf(text + n, room - (size_t)n, ", %s", h->paired ? "paired" : "paired with another host");
    if (h->blocked > 0)
        snprintf(text + n, room - (size_t)n, ", blocked %u start%s", h->blocked, h->blocked == 1 ? "" : "s");
}

cJSON *hook_view(const struct gate_view *view) {
    const struct gate_hook_view *h = &view->hook;
    bool present = h->presence == GATE_HOOK_PRESENT;
    char text[128];
    cJSON *value = cJSON_CreateObject();
    describe(text, sizeof text, h);
    json_add_text(value, "text", text);
    json_add(value, "present", cJSON_CreateBool(present));
    if (!present)
        return value;
    json_add_text(value, "state", link_state_word(h->state));
    json_add(value, "paired", cJSON_CreateBool(h->paired));
    json_add_text(value, "serial_number", h->serial_number);
    json_add_text(value, "firmware", h->firmware[0] != '\0' ? h->firmware : NULL);
    json_add_text(value, "job", h->job[0] != '\0' ? h->job : NULL);
    json_add_integer(value, "blocked", h->blocked);
    return value;
}
