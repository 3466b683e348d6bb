// kinds: see kinds.h.
#include "kinds.h"

#include <string.h>

#include "json.h"     // json_get
#include "sequence.h" // sequence_use

static const struct event_kind *const families[] = {
    kinds_people, kinds_lot,    kinds_machine, kinds_declaration, kinds_job,   kinds_record,
    kinds_note,   kinds_ledger, kinds_custody, kinds_product,     kinds_order, kinds_quality,
};

const struct event_kind *kind_find(const char *name) {
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct event_kind *k = families[i]; k->name; k++)
            if (*k->name == *name && strcmp(k->name, name) == 0)
                return k;
    return NULL;
}

static bool has_type(const cJSON *value, enum field_type type) {
    switch (type) {
    case FIELD_TEXT:
        return cJSON_IsString(value);
    case FIELD_INTEGER:
        return cJSON_IsNumber(value); // that it is whole is checked when it is written down
    case FIELD_FLAG:
        return cJSON_IsBool(value);
    case FIELD_LIST:
        return cJSON_IsArray(value);
    case FIELD_END:
        break;
    }
    return false;
}

bool kind_check(const struct event_kind *kind, const cJSON *body, struct lg_error *error) {
    if (!cJSON_IsObject(body))
        return lg_fail(error, "bad_event", "", "The body of a %s event is not an object.", kind->name);
    int known = 0;
    for (const struct kind_field *f = kind->fields; f->type != FIELD_END; f++) {
        const cJSON *value = json_get(body, f->name);
        if (!value && f->required)
            return lg_fail(error, "bad_event", "", "A %s event lacks \"%s\".", kind->name, f->name);
        if (value && !has_type(value, f->type))
            return lg_fail(error, "bad_event", "", "In a %s event \"%s\" has the wrong type.", kind->name,
                           f->name);
        known += value != NULL;
    }
    if (known != cJSON_GetArraySize(body))
        return lg_fail(error, "bad_event", "", "A %s event holds a member that its kind does not have.",
                       kind->name);
    return true;
}

static bool bind(struct store *store, sqlite3_stmt *statement, int index, const struct event *event,
                 const cJSON *item, int64_t position, struct lg_error *error) {
    const char *name = sqlite3_bind_parameter_name(statement, index);
    lg_assert(name && *name == ':');
    name++;
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"seq", event->seq}, {"time_us", event->time_us}, {"position", position}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return sqlite3_bind_int64(statement, index, numbers[i].value) == SQLITE_OK ||
                   store_failed(store, error);
    if (strcmp(name, "actor") == 0)
        return sqlite3_bind_text(statement, index, event->actor, -1, SQLITE_STATIC) == SQLITE_OK ||
               store_failed(store, error);
    const cJSON *value = item ? json_get(item, name) : NULL;
    return store_bind_json(store, statement, index, value ? value : json_get(event->body, name), error);
}

bool kind_execute(struct store *store, const struct kind_statement *s, const struct event *event,
                  const cJSON *item, int64_t position, struct lg_error *error) {
    sqlite3_stmt *statement = store_prepare_literal(store, s->sql, error);
    bool ok = statement != NULL, row;
    for (int i = 1; ok && i <= sqlite3_bind_parameter_count(statement); i++)
        ok = bind(store, statement, i, event, item, position, error);
    ok = ok && store_step(store, statement, &row, error);
    store_done(statement);
    // A statement that must meet a row and meets none is how a contradiction shows: a second end of a job, say.
    if (ok && !s->may_miss && sqlite3_changes(store->db) == 0)
        return lg_fail(error, "bad_event", "", "A %s event contradicts what the ledger holds.", event->kind);
    return ok;
}

static bool link_subject(struct store *store, const struct event *event, const char *member,
                         struct lg_error *error) {
    const char *subject = json_text(event->body, member);
    if (!subject)
        return true;
    sqlite3_stmt *statement = store_prepare_literal(
        store, "INSERT OR IGNORE INTO event_subjects (subject, seq) VALUES (?1, ?2)", error);
    bool row;
    bool ok = statement && sqlite3_bind_text(statement, 1, subject, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_int64(statement, 2, event->seq) == SQLITE_OK &&
              store_step(store, statement, &row, error);
    store_done(statement);
    return ok;
}

bool kind_apply(struct store *store, const struct event_kind *kind, const struct event *event,
                struct lg_error *error) {
    for (int i = 0; i < KIND_STATEMENTS_MAX && kind->statements[i].sql; i++)
        if (!kind_execute(store, &kind->statements[i], event, NULL, 0, error))
            return false;
    for (int i = 0; i < KIND_SUBJECTS_MAX && kind->subjects[i]; i++)
        if (!link_subject(store, event, kind->subjects[i], error))
            return false;
    const char *number = kind->number ? json_text(event->body, kind->number) : NULL;
    if (number && !sequence_use(store, number, error))
        return false;
    return !kind->apply || kind->apply(store, event, error);
}
