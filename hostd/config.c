#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_suggest.h" // cli_suggest
#include "config_place.h"
#include "gate.h"      // gate_mode, gate_held_action
#include "json.h"      // json_parse
#include "json_scan.h" // json_blank_comments, json_position

struct reader {
    const char *name, *text;
    const cJSON *root;
    struct config_report *report;
};

struct word {
    const char *word;
    int64_t value;
};

enum rule_type {
    RULE_TEXT,    // char[size]
    RULE_ID,      // the same, letters, digits, - and _
    RULE_PATH,    // the same, from the root: it must not depend on where lotgate is started
    RULE_DEVICE,  // the same, or "sim:" and the kind of a simulated machine
    RULE_NUMBER,  // int64_t, whole, from low to high
    RULE_WORD,    // int64_t, one of `words`
    RULE_FLAG,    // int64_t, true or false
    RULE_TEXTS,   // char[high][size] and a size_t count: an array of texts, or one text
    RULE_OBJECT,  // `rules` on the same structure
    RULE_OBJECTS, // an array of at most `high` objects of `size` bytes, and a size_t count
    RULE_REFUSED  // known, but this version does not do it: `advice` says what to do. false and "" are fine
};

struct rule {
    const char *key;
    enum rule_type type;
    size_t offset, size, count; // where in the structure; `count`: where its size_t count is
    int64_t low, high;
    const struct word *words;
    const struct rule *rules;
    const char *advice;
    bool required;
};

static const struct word modes[] = {{"each-job", GATE_EACH_JOB}, {"until-changed", GATE_UNTIL_CHANGED}, {0}};
static const struct word scopes[] = {{"work", 0}, {"strict", 1}, {0}};
static const struct word held_actions[] = {{"wait", GATE_WAIT}, {"refuse", GATE_REFUSE}, {0}};
static const struct word requirements[] = {{"operator", 0}, {"trained", 0}, {0}};
static const struct word stores[] = {{"sqlite", 0}, {0}};

#define MACHINE(field)      .offset = offsetof(struct config_machine, field)
#define MACHINE_TEXT(field) MACHINE(field), .size = sizeof(((struct config_machine *)0)->field)
#define SECONDS(name, from)                                                                                  \
    { .key = #name, .type = RULE_NUMBER, MACHINE(name), .low = from, .high = 86400 }

static const struct rule sender_rules[] = {{.key = "pty", .type = RULE_PATH, MACHINE_TEXT(pty)},
                                           {.key = "tcp",
                                            .type = RULE_TEXTS,
                                            MACHINE(tcp),
                                            .size = CONFIG_TEXT_MAX,
                                            .count = offsetof(struct config_machine, tcp_count),
                                            .high = CONFIG_TCP_MAX},
                                           {0}};

static const struct rule gate_rules[] = {
    {.key = "mode", .type = RULE_WORD, MACHINE(mode), .words = modes},
    {.key = "scope", .type = RULE_WORD, MACHINE(strict), .words = scopes},
    {.key = "held", .type = RULE_WORD, MACHINE(held), .words = held_actions},
    SECONDS(held_seconds, 0),
    SECONDS(idle_seconds, 1),
    SECONDS(armed_seconds, 0),
    SECONDS(focus_seconds, 1),
    {.key = "hook_seconds", .type = RULE_NUMBER, MACHINE(hook_seconds), .low = 5, .high = 3600},
    {.key = "focus_s_percent", .type = RULE_NUMBER, MACHINE(focus_s_percent), .low = 0, .high = 10},
    {.key = "require",
     .type = RULE_TEXTS,
     MACHINE(require),
     .size = CONFIG_ID_MAX,
     .count = offsetof(struct config_machine, require_count),
     .high = CONFIG_REQUIRE_MAX,
     .words = requirements},
    {.key = "spool",
     .type = RULE_REFUSED,
     .advice = "this version cannot spool jobs; write false or leave it out"},
    {0}};

static const struct rule machine_rules[] = {
    {.key = "id", .type = RULE_ID, MACHINE_TEXT(id), .required = true},
    {.key = "name", .type = RULE_TEXT, MACHINE_TEXT(name)},
    {.key = "board", .type = RULE_TEXT, MACHINE_TEXT(board), .required = true},
    {.key = "serial_number", .type = RULE_TEXT, MACHINE_TEXT(serial_number)},
    {.key = "device", .type = RULE_DEVICE, MACHINE_TEXT(device), .required = true},
    {.key = "baud", .type = RULE_NUMBER, MACHINE(baud), .low = 1200, .high = 4000000},
    {.key = "hook", .type = RULE_FLAG, MACHINE(hook)},
    {.key = "sender", .type = RULE_OBJECT, .rules = sender_rules},
    {.key = "gate", .type = RULE_OBJECT, .rules = gate_rules},
    {0}};

static const struct rule http_rules[] = {
    {.key = "listen", .type = RULE_TEXT, .offset = offsetof(struct config, listen), .size = CONFIG_TEXT_MAX},
    {.key = "tls_certificate",
     .type = RULE_REFUSED,
     .advice = "this version speaks no TLS; leave it empty and listen on 127.0.0.1"},
    {.key = "tls_key",
     .type = RULE_REFUSED,
     .advice = "this version speaks no TLS; leave it empty and listen on 127.0.0.1"},
    {0}};

static const struct rule top_rules[] = {
    {.key = "site",
     .type = RULE_ID,
     .offset = offsetof(struct config, site),
     .size = sizeof(((struct config *)0)->site)},
    {.key = "data", .type = RULE_PATH, .offset = offsetof(struct config, data), .size = PATH_MAX},
    {.key = "address",
     .type = RULE_TEXT,
     .offset = offsetof(struct config, address),
     .size = CONFIG_ADDRESS_MAX},
    {.key = "http", .type = RULE_OBJECT, .rules = http_rules},
    {.key = "store", .type = RULE_WORD, .offset = offsetof(struct config, store), .words = stores},
    {.key = "machines",
     .type = RULE_OBJECTS,
     .offset = offsetof(struct config, machines),
     .size = sizeof(struct config_machine),
     .count = offsetof(struct config, machine_count),
     .high = CONFIG_MACHINES_MAX,
     .rules = machine_rules},
    {0}};

static void tell(struct reader *r, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(struct reader *r, size_t offset, const char *format, ...) {
    struct config_report *report = r->report;
    int line, column;
    if (report->mistakes++ >= CONFIG_MISTAKES_MAX)
        return;
    size_t at = strlen(report->text);
    char sentence[256];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    json_position(r->text, offset, &line, &column);
    snprintf(report->text + at, sizeof report->text - at, "%s%s:%d:%d: %s", at > 0 ? "\n" : "", r->name, line,
             column, sentence);
}

static size_t place(const struct reader *r, const cJSON *value) {
    return config_place(r->text, r->root, value);
}

// "; did you mean "baud"?" or "".
static void did_you_mean(char *out, size_t room, const struct cli_suggestion *best) {
    if (best->word != NULL)
        snprintf(out, room, "; did you mean \"%s\"?", best->word);
    else
        out[0] = '\0';
}

static void read_text(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                      const char *path) {
    if (!cJSON_IsString(value))
        tell(r, place(r, value), "%s must be a text in quotes", path);
    else if (value->valuestring[0] == '\0' && rule->required)
        tell(r, place(r, value), "%s must not be empty", path);
    else if (strlen(value->valuestring) >= rule->size)
        tell(r, place(r, value), "%s is longer than %zu bytes", path, rule->size - 1);
    else
        memcpy(into, value->valuestring, strlen(value->valuestring) + 1);
}

static void read_id(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                    const char *path) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (cJSON_IsString(value) && value->valuestring[strspn(value->valuestring, letters)] != '\0')
        tell(r, place(r, value), "%s may hold only letters, digits, - and _", path);
    else if (cJSON_IsString(value) && value->valuestring[0] == '\0')
        tell(r, place(r, value), "%s must not be empty", path);
    else
        read_text(r, rule, value, into, path);
}

static void read_path(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                      const char *path) {
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    bool device = rule->type == RULE_DEVICE;
    if (text[0] != '\0' && text[0] != '/' && !(device && strncmp(text, "sim:", 4) == 0))
        tell(r, place(r, value), "%s must begin with /%s", path,
             device ? ", or be sim:laser or sim:cnc" : "");
    else
        read_text(r, rule, value, into, path);
}

static void read_number(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                        const char *path) {
    double n = value->valuedouble;
    if (!cJSON_IsNumber(value) || n < (double)rule->low || n > (double)rule->high || n != (double)(int64_t)n)
        tell(r, place(r, value), "%s must be a whole number from %lld to %lld", path, (long long)rule->low,
             (long long)rule->high);
    else
        *(int64_t *)into = (int64_t)n;
}

static const struct word *find_word(const struct word *words, const char *text, struct cli_suggestion *best) {
    for (; words->word != NULL; words++) {
        if (strcmp(words->word, text) == 0)
            return words;
        cli_suggest(best, text, words->word);
    }
    return NULL;
}

static void tell_word(struct reader *r, const struct rule *rule, const cJSON *value, const char *path,
                      const struct cli_suggestion *best) {
    char all[128] = "", hint[96];
    for (const struct word *word = rule->words; word->word != NULL; word++) {
        size_t at = strlen(all);
        snprintf(all + at, sizeof all - at, "%s\"%s\"", at > 0 ? " or " : "", word->word);
    }
    did_you_mean(hint, sizeof hint, best);
    tell(r, place(r, value), "%s must be %s%s", path, all, hint);
}

static void read_word(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                      const char *path) {
    struct cli_suggestion best = {NULL, 0};
    const struct word *word =
        cJSON_IsString(value) ? find_word(rule->words, value->valuestring, &best) : NULL;
    if (word == NULL)
        tell_word(r, rule, value, path, &best);
    else
        *(int64_t *)into = word->value;
}

static void read_flag(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                      const char *path) {
    if (!cJSON_IsBool(value))
        tell(r, place(r, value), "%s must be true or false", path);
    else
        *(int64_t *)into = cJSON_IsTrue(value);
}

static void read_refused(struct reader *r, const struct rule *rule, const cJSON *value, void *into,
                         const char *path) {
    bool empty = cJSON_IsFalse(value) || (cJSON_IsString(value) && value->valuestring[0] == '\0');
    if (!empty)
        tell(r, place(r, value), "%s: %s", path, rule->advice);
}

static void read_value(struct reader *r, const struct rule *rule, const cJSON *value, void *object,
                       const char *path);

static void read_texts(struct reader *r, const struct rule *rule, const cJSON *value, void *object,
                       const char *path) {
    const cJSON *first = cJSON_IsArray(value) ? value->child : value;
    size_t n = 0;
    for (const cJSON *item = first; item != NULL; item = cJSON_IsArray(value) ? item->next : NULL) {
        if (n == (size_t)rule->high) {
            tell(r, place(r, item), "%s can hold at most %zu", path, n);
            break;
        }
        struct rule one = {.type = RULE_TEXT, .size = rule->size, .words = rule->words, .required = true};
        struct cli_suggestion best = {NULL, 0};
        if (rule->words != NULL &&
            (!cJSON_IsString(item) || find_word(rule->words, item->valuestring, &best) == NULL))
            tell_word(r, rule, item, path, &best);
        else
            read_text(r, &one, item, (char *)object + rule->offset + n * rule->size, path);
        n++;
    }
    *(size_t *)(void *)((char *)object + rule->count) = n;
}

static void tell_unknown(struct reader *r, const struct rule *rules, const cJSON *value, const char *path) {
    struct cli_suggestion best = {NULL, 0};
    char hint[96];
    for (const struct rule *rule = rules; rule->key != NULL; rule++)
        cli_suggest(&best, value->string, rule->key);
    did_you_mean(hint, sizeof hint, &best);
    tell(r, place(r, value), "unknown key \"%.64s\"%s%s%s", value->string, path[0] != '\0' ? " in " : "",
         path, hint);
}

static void read_object(struct reader *r, const struct rule *rules, const cJSON *value, void *object,
                        const char *path) {
    if (!cJSON_IsObject(value)) {
        tell(r, place(r, value), "%s must be an object in { }", path[0] != '\0' ? path : "the configuration");
        return;
    }
    for (const cJSON *member = value->child; member != NULL; member = member->next) {
        const struct rule *rule = rules;
        while (rule->key != NULL && strcmp(rule->key, member->string) != 0)
            rule++;
        char deeper[128];
        snprintf(deeper, sizeof deeper, "%s%s%s", path, path[0] != '\0' ? "." : "", member->string);
        if (rule->key == NULL)
            tell_unknown(r, rules, member, path);
        else
            read_value(r, rule, member, object, deeper);
    }
    for (const struct rule *rule = rules; rule->key != NULL; rule++)
        if (rule->required && json_get(value, rule->key) == NULL)
            tell(r, place(r, value), "%s needs \"%s\"", path, rule->key);
}

static void read_objects(struct reader *r, const struct rule *rule, const cJSON *value, void *object,
                         const char *path) {
    size_t n = 0;
    if (!cJSON_IsArray(value)) {
        tell(r, place(r, value), "%s must be an array in [ ]", path);
        return;
    }
    for (const cJSON *item = value->child; item != NULL; item = item->next, n++) {
        char deeper[128];
        if (n == (size_t)rule->high) {
            tell(r, place(r, item), "%s can hold at most %zu", path, n);
            break;
        }
        struct config_machine *machine = (struct config_machine *)(void *)((char *)object + rule->offset) + n;
        config_machine_default(machine);
        snprintf(deeper, sizeof deeper, "%.100s[%zu]", path, n);
        read_object(r, rule->rules, item, machine, deeper);
    }
    *(size_t *)(void *)((char *)object + rule->count) = n;
}

static void read_value(struct reader *r, const struct rule *rule, const cJSON *value, void *object,
                       const char *path) {
    static void (*const plain[])(struct reader *, const struct rule *, const cJSON *, void *,
                                 const char *) = {
        [RULE_TEXT] = read_text,       [RULE_ID] = read_id,         [RULE_PATH] = read_path,
        [RULE_DEVICE] = read_path,     [RULE_NUMBER] = read_number, [RULE_WORD] = read_word,
        [RULE_REFUSED] = read_refused, [RULE_FLAG] = read_flag,
    };
    if (rule->type == RULE_OBJECT)
        read_object(r, rule->rules, value, object, path);
    else if (rule->type == RULE_OBJECTS)
        read_objects(r, rule, value, object, path);
    else if (rule->type == RULE_TEXTS)
        read_texts(r, rule, value, object, path);
    else
        plain[rule->type](r, rule, value, (char *)object + rule->offset, path);
}

static bool has_door(const struct config_machine *m, size_t doors, const char *address) {
    for (size_t t = 0; t < doors; t++)
        if (strcmp(m->tcp[t], address) == 0)
            return true;
    return false;
}

// The same door twice: the later machine would take the sender from the earlier one. Port 0 is a free one each time.
static void check_tcp(struct reader *r, size_t where, const struct config *c, size_t i) {
    const struct config_machine *m = &c->machines[i];
    for (size_t t = 0; t < m->tcp_count; t++) {
        const char *port = strrchr(m->tcp[t], ':');
        if (port == NULL || strcmp(port, ":0") == 0)
            continue;
        if (strcmp(m->tcp[t], c->listen) == 0)
            tell(r, where, "machines[%zu] has the same sender.tcp as http.listen: \"%s\"", i, c->listen);
        for (size_t k = 0; k <= i; k++)
            if (has_door(&c->machines[k], k < i ? c->machines[k].tcp_count : t, m->tcp[t]))
                tell(r, where, "machines[%zu] has the same sender.tcp as machines[%zu]: \"%s\"", i, k,
                     m->tcp[t]);
    }
}

// Two machines cannot have one name, one port or one way in.
static void check_pairs(struct reader *r, const struct config *c) {
    const cJSON *machines = json_get(r->root, "machines");
    for (size_t i = 0; i < c->machine_count; i++) {
        size_t where = place(r, cJSON_GetArrayItem(machines, (int)i));
        const struct config_machine *a = &c->machines[i];
        for (size_t k = 0; k < i; k++) {
            const struct config_machine *b = &c->machines[k];
            if (a->id[0] != '\0' && strcmp(a->id, b->id) == 0)
                tell(r, where, "machines[%zu] has the same id as machines[%zu]: \"%s\"", i, k, a->id);
            if (a->device[0] != '\0' && strncmp(a->device, "sim:", 4) != 0 &&
                strcmp(a->device, b->device) == 0)
                tell(r, where, "machines[%zu] has the same device as machines[%zu]", i, k);
            if (a->pty[0] != '\0' && strcmp(a->pty, b->pty) == 0) // the link would lead to the later one
                tell(r, where, "machines[%zu] has the same sender.pty as machines[%zu]", i, k);
        }
        check_tcp(r, where, c, i);
    }
}

void config_machine_default(struct config_machine *m) {
    memset(m, 0, sizeof *m);
    m->mode = -1;
    m->held = GATE_WAIT;
    m->idle_seconds = 2;
    m->focus_s_percent = -1;
    m->focus_seconds = 60;
    m->hook = -1;
    m->hook_seconds = 60;
}

void config_default(struct config *c) {
    memset(c, 0, sizeof *c);
    snprintf(c->site, sizeof c->site, "A");
    snprintf(c->listen, sizeof c->listen, "127.0.0.1:8390");
}

// What json_parse says, its place written like that of every other mistake.
static void tell_json(struct config_report *report, const char *name, const char *message) {
    int line, column, rest = 0;
    report->mistakes = 1;
    if (sscanf(message, "line %d, column %d: %n", &line, &column, &rest) == 2 && rest > 0)
        snprintf(report->text, sizeof report->text, "%s:%d:%d: %s", name, line, column, message + rest);
    else
        snprintf(report->text, sizeof report->text, "%s: %s", name, message);
}

bool config_parse(struct config *config, const char *name, const char *text, size_t length,
                  struct config_report *report) {
    struct lg_error error;
    config_default(config);
    report->mistakes = 0;
    report->text[0] = '\0';
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { // the mark that some editors put before UTF-8
        text += 3;
        length -= 3;
    }
    cJSON *root = json_parse(text, length, true, &error);
    char *plain = root != NULL ? malloc(length + 1) : NULL;
    if (plain == NULL) {
        cJSON_Delete(root);
        tell_json(report, name, root == NULL ? error.message : "not enough memory");
        return false;
    }
    memcpy(plain, text, length);
    plain[length] = '\0';
    json_blank_comments(plain, length, NULL); // json_parse has seen that it can be done
    struct reader reader = {name, plain, root, report};
    read_object(&reader, top_rules, root, config, "");
    if (report->mistakes == 0)
        check_pairs(&reader, config);
    free(plain);
    cJSON_Delete(root);
    return report->mistakes == 0;
}

bool config_load(struct config *config, const char *path, struct config_report *report) {
    FILE *file = fopen(path, "re");
    char *text = file != NULL ? malloc(CONFIG_FILE_MAX + 1) : NULL;
    if (text == NULL) {
        report->mistakes = 1;
        report->unread = true;
        snprintf(report->text, sizeof report->text, "%.400s cannot be read: %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return false;
    }
    size_t length = fread(text, 1, CONFIG_FILE_MAX + 1, file);
    int why = ferror(file) != 0 ? errno : 0;
    fclose(file);
    bool right = false;
    if (why != 0 || length > CONFIG_FILE_MAX) {
        report->mistakes = 1;
        if (why != 0)
            snprintf(report->text, sizeof report->text, "%.400s cannot be read: %s", path, strerror(why));
        else
            snprintf(report->text, sizeof report->text, "%.400s is longer than %d bytes", path,
                     CONFIG_FILE_MAX);
    } else {
        right = config_parse(config, path, text, length, report);
    }
    free(text);
    return right;
}
