// replay: the tables made anew from the events; ledger_rebuild. See ledger.h.
#include "internal.h"

#include "json.h"   // json_parse
#include "schema.h" // schema_clear_views

static const char *column_text(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

void event_read(sqlite3_stmt *s, struct stored_event *event) {
    struct chain_event *e = &event->chain;
    e->seq = sqlite3_column_int64(s, 0);
    e->site = column_text(s, 1);
    e->time_us = sqlite3_column_int64(s, 2);
    e->kind = column_text(s, 3);
    e->actor = column_text(s, 4);
    e->body = column_text(s, 5);
    e->body_length = (size_t)sqlite3_column_bytes(s, 5);
    e->prev_hash = sqlite3_column_blob(s, 6);
    event->prev_length = (size_t)sqlite3_column_bytes(s, 6);
    event->hash = sqlite3_column_blob(s, 7);
    event->hash_length = (size_t)sqlite3_column_bytes(s, 7);
}

bool event_replay(struct store *store, const struct stored_event *stored, struct lg_error *error) {
    const struct chain_event *e = &stored->chain;
    const struct event_kind *kind = kind_find(e->kind);
    if (!kind)
        return lg_fail(error, "bad_event", "Use the version of lotgate that wrote it.",
                       "There is no kind of event called \"%s\".", e->kind);
    cJSON *body = json_parse(e->body, e->body_length, false, error);
    if (!body)
        return false;
    struct event event = {e->seq, e->time_us, e->site, e->kind, e->actor, body};
    bool ok = kind_check(kind, body, error) && kind_apply(store, kind, &event, error);
    cJSON_Delete(body);
    return ok;
}

static bool replay_all(struct store *store, int64_t *events, struct lg_error *error) {
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT " EVENT_COLUMNS " FROM events ORDER BY seq", error);
    bool row = true, ok = statement != NULL;
    while (ok && (ok = store_step(store, statement, &row, error)) && row) {
        struct stored_event event;
        event_read(statement, &event);
        ok = event_replay(store, &event, error);
        ++*events;
    }
    store_done(statement);
    return ok;
}

bool replay_events(struct store *store, struct lg_error *error) {
    int64_t events = 0;
    return replay_all(store, &events, error);
}

bool ledger_rebuild(struct ledger *ledger, int64_t *events, struct lg_error *error) {
    int64_t count = 0;
    if (!ledger_begin(ledger, error))
        return false;
    bool ok = schema_clear_views(&ledger->store, error) && replay_all(&ledger->store, &count, error);
    if (!ok)
        ledger_rollback(ledger);
    else
        ok = ledger_commit(ledger, error);
    if (ok && events)
        *events = count;
    return ok;
}
